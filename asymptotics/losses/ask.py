"""``predict`` for a convex loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.losses.pairs import Pairs
from asymptotics.losses.samples import OfClasses, OfNumbers, Samples
from asymptotics.losses.stationary import ACCURACY, Stationary
from asymptotics.lowering.angles import share_of_angle
from asymptotics.models.components import CLASSIFICATION_ERROR, OVERLAP, SQUARE, TEST
from asymptotics.models.loss_potential import ASSUMED
from asymptotics.prediction.accuracy import Accuracy, Columns
from asymptotics.prediction.requests import Request
from asymptotics.solvers.solution import Status

_FITTED = 1e-7
"""Share of the samples that are left over, below which they are fitted without a ridge."""

_CURVED = {"logistic": 4.0}
"""Ratio of effective to given ridge where predictions are small, where it is not one: one over the curvature."""


def answer(request: Request, accuracy: Accuracy) -> tuple[Columns, dict[str, list[str]]]:
    """Columns of an answer, and what is said of how it was made.

    Parameters
    ----------
    request : Request
        About a model with a loss.
    accuracy : Accuracy
        Doubles, or it is refused.

    Raises
    ------
    InputError
        In digits, with proofs, in polynomial scaling, below zero, for infinitely many samples, or without a ridge where
        there are no more samples than features.
    """
    model: Any = request.model
    _require(request, accuracy)
    name = "ridge_per_sample" if request.per_sample else "ridge"
    given = {"ridge": None, "ridge_per_sample": None, name: request.exact[name]}
    pairs = Pairs.of(model, request.regime, given["ridge"], given["ridge_per_sample"])
    ridge = request.ridge * (pairs.samples if request.per_sample else 1.0)
    bare = np.flatnonzero(ridge == 0)
    if bare.size and not (pairs.at(ridge[None, bare], bare)["left"] > _FITTED * pairs.samples[bare]).all():
        advice = "features separate or fit all samples: the limit of vanishing ridge is not known here"
        raise InputError("ridge", 0, "positive where there are no more samples than features", advice)
    samples = _samples(model)
    found = Stationary(pairs, samples, ridge, _CURVED.get(model.loss.name, 1.0))
    x, gap = found.solve()
    values, base = found.observed(x)
    columns = {
        key: np.broadcast_to(np.asarray(v, dtype=float), ridge.shape).copy() for key, v in values.items()
    }
    overlap, square = columns[OVERLAP.name], columns[SQUARE.name]
    unit = np.sqrt(pairs.power / found.unit)
    if model.classes is None:
        columns[TEST.name] = pairs.power + square - 2 * overlap
    columns[OVERLAP.name] = overlap / unit
    if model.classes is not None:
        columns[CLASSIFICATION_ERROR.name] = share_of_angle(columns[OVERLAP.name], square)
    for extra in ("effective_ridge", "degrees_of_freedom"):
        columns[extra] = base.values[extra]
    solved = gap <= ACCURACY
    status = np.where(solved, base.status, Status.NOT_CONVERGED).astype(np.int8)
    for column in columns.values():
        column[~solved] = np.nan
    noise = double("noise", model.noise)
    system = found.system
    how = {"formula": [f"{system.name} {system.digest[:16]}"], "evidence": [f"assumed: {ASSUMED}"]}
    return Columns(columns, status, base.condition, base.charts, noise), how


def _samples(model: Any) -> Samples:
    if model.classes is not None:
        return OfClasses(model.classes, model.loss)
    return OfNumbers(double("noise", model.noise), model.loss)


def _require(request: Request, accuracy: Accuracy) -> None:
    if accuracy.exact:
        advice = "integrals over samples are sums in doubles, right to about twelve digits"
        raise InputError("digits", "given", "None for a convex loss", advice)
    if not request.regime.is_point:
        raise InputError("regime", request.regime, "Proportional or FiniteSize for a convex loss")
    theory = request.model.theory
    samples = request.sizes[theory.samples]
    if np.isinf(samples).any():
        raise InputError(request.regime.spelling(theory.samples), np.inf, "finite for a convex loss")
    if (request.ridge < 0).any():
        raise InputError("ridge", float(request.ridge.min()), "a positive number, or zero, for a convex loss")
