"""Why an answer is not to be trusted: what every way of asking passes, whatever is asked.

Three say so: the problem that answers (:attr:`Posed.caution`), the model that was asked (:meth:`Model.doubts`), and in
few dimensions the next order, where it is large.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.errors import AsymptoticsError
from asymptotics.models.quantities import D
from asymptotics.prediction.accuracy import Accuracy, Columns
from asymptotics.prediction.learners import ask_next_order
from asymptotics.prediction.requests import Part, Request
from asymptotics.solvers.solution import ANSWERED, Status

__all__ = ["answer_parts", "cautioned", "doubted"]


FEW_DIMENSIONS, LARGE = 8, 0.1
"""Dimensions in which the next order is looked at, and from which size of it, relative to the error, on."""

_LOW = (
    f"few dimensions, and a next order of {100 * LARGE:.0f} % and more: features are not like Gaussian ones there, "
    "and errors may be higher by factors; risk.check() simulates beside it"
)


def answer_parts(
    request: Request, parts: Sequence[Part], accuracy: Accuracy, executor: Executor | None = None
) -> Columns:
    """The answer to a request from those of the problems it is posed as.

    Parameters
    ----------
    request : Request
        What is asked.
    parts : sequence of Part
        Problems it is posed as, with their points.
    accuracy : Accuracy
        How it is answered.
    executor : Executor, optional
        Where points are computed.
    """
    if len(parts) == 1 and parts[0].where is None:
        return _by_part(request, parts[0], accuracy.answer(parts[0].request, executor))
    columns: dict[str, np.ndarray] = {}
    status, condition = np.empty(request.count, dtype=np.int8), np.empty(request.count)
    charts: list[Chart] = []
    evidence: dict[str, None] = {}
    cautions: dict[str, None] = {}
    noise = None
    answers = accuracy.answers([part.request for part in parts], executor)
    for part, found in zip(parts, answers, strict=True):
        found = _by_part(request, part, found)
        where = np.arange(request.count) if part.where is None else part.where
        for name, values in found.values.items():
            columns.setdefault(name, np.empty(request.count, dtype=values.dtype))[where] = values
        status[where], condition[where] = found.status, found.condition
        charts += found.charts
        evidence |= dict.fromkeys(found.evidence)
        cautions |= dict.fromkeys(found.cautions)
        noise = found.noise
    return Columns(columns, status, condition, tuple(charts), noise, tuple(evidence), tuple(cautions))


def _by_part(request: Request, part: Part, found: Columns) -> Columns:
    """What a problem says of its answer, beside what the model says that posed it."""
    found = found if part.request is request else _by_model(part.request, found)
    return cautioned(found, part.caution)


def cautioned(columns: Columns, caution: str, where: Any = True) -> Columns:
    """An answer of which it is known, at some points or all, that no formula is to be trusted.

    Parameters
    ----------
    columns : Columns
    caution : str
        Why; nothing is marked without a reason.
    where : ndarray of bool
    """
    if not caution or not np.any(where):
        return columns
    status = np.where(where & np.isin(columns.status, ANSWERED), Status.UNTRUSTED, columns.status)
    said = dict.fromkeys([*columns.cautions, caution])
    return replace(columns, status=status.astype(np.int8), cautions=tuple(said))


def doubted(request: Request, columns: Columns) -> Columns:
    """An answer marked where there is a reason not to trust it; what a model says of its origin is warned of.

    Parameters
    ----------
    request : Request
        With the ridge, or of a trained predictor one that shrinks about as much.
    columns : Columns
        The answer to it.
    """
    columns = cautioned(columns, request.caution)
    return cautioned(_by_model(request, columns), _LOW, _by_next_order(request))


def _by_model(request: Request, columns: Columns) -> Columns:
    """What the model says of itself."""
    ridge = request.ridge
    if request.per_sample:
        with np.errstate(invalid="ignore"):
            ridge = np.nan_to_num(ridge * request.sizes[request.model.theory.samples])
    values = {name: _doubles(column) for name, column in columns.values.items()}
    dimension = {} if request.dimension is None else {D.name: request.dimension}
    for reason, where in request.model.doubts({**request.sizes, **dimension}, ridge, values).items():
        if np.any(where) and request.model.warns:
            warnings.warn(reason, stacklevel=6)
        columns = cautioned(columns, reason, where)
    return columns


def _doubles(column: np.ndarray) -> np.ndarray:
    """A column as doubles; of balls the middles."""
    if column.dtype != object:
        return column
    return np.array([float(getattr(value, "mid", value)) for value in column])


def _by_next_order(request: Request) -> np.ndarray:
    """Where dimensions are few and the next order is large; of models without one, nowhere."""
    found, model = np.zeros(request.count, dtype=bool), request.model
    if request.dimension is None or not request.itself or model.only_ridge or model.answered_by:
        return found
    where = np.flatnonzero((request.dimension <= FEW_DIMENSIONS) & (request.ridge >= 0))
    if where.size:
        try:
            size = ask_next_order(request.at(where, request.ridge[where]))[1].trust.size
        except AsymptoticsError:
            return found
        found[where] = np.ravel(size) >= LARGE
    return found
