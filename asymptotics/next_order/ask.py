"""What ``predict`` asks for the next order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.next_order.corrections import corrections
from asymptotics.next_order.prepared import errors_of
from asymptotics.prediction.accuracy import Columns, Doubles
from asymptotics.prediction.next_order import EXACT, NextOrder
from asymptotics.prediction.requests import Request
from asymptotics.solvers.solution import Status

_NOTHING = 1e-15
"""What a ridge that stands for zero leaves of a training error."""

_DERIVED = "next order: derived for Gaussian matrices"
_ASSUMED = (
    "next order: Gaussian part derived; fixed norms and fourth cumulants of points on the sphere by counting powers, "
    "with numerical evidence"
)
_EXACT = "exact mean where it is known"


def require_finite(request: Request) -> None:
    """Check that there is a next order.

    Raises
    ------
    InputError
        If sizes are infinite by the regime.
    """
    if not request.regime.is_finite:
        raise InputError("order", 1, f"0 for {request.regime.label}", "only FiniteSize has a next order")


def ask(request: Request, accuracy: Any = None) -> tuple[Columns, NextOrder]:
    """The corrected answer to a request, and what it is made of; flattened.

    Raises
    ------
    InputError
        If sizes are infinite by the regime.
    DerivationError
        If the model's program has no next order.
    """
    require_finite(request)
    if accuracy is not None and accuracy.exact:
        raise InputError("digits", True, "None at order 1")
    columns, solved = Doubles().answer_piecewise(request)
    found = corrections(request, solved)
    names = [component.name for component in request.model.components]
    leading = {name: columns.values[name] for name in names}
    # Where the leading order diverges there is no next one.
    endless = columns.status == Status.DIVERGES
    terms = {
        term: {name: _visible(table[name], leading[name], endless) for name in names}
        for term, table in found.terms.items()
    }
    evidence = _DERIVED if len(terms) == 1 else _ASSUMED
    known = request.model.exactly_known(request.sizes, request.ridge)
    status = columns.status
    if known:
        so_far = {name: leading[name] + sum(t[name] for t in terms.values()) for name in names}
        with np.errstate(invalid="ignore"):
            rest = {name: np.where(np.isnan(known[name]), 0.0, known[name] - so_far[name]) for name in known}
        terms[EXACT] = {name: rest.get(name, np.zeros(request.count)) for name in names}
        evidence = f"{evidence}; {_EXACT}"
    order = NextOrder(leading, terms, found.sixth, errors_of(request.model.theory), evidence)
    with np.errstate(invalid="ignore"):
        values = {name: leading[name] + order.correction[name] for name in names}
    for name, column in known.items():
        values[name] = np.where(np.isnan(column), values[name], column)
    lost = np.isnan(sum(values.values())) & (status != Status.NOT_CONVERGED)
    status = np.where(lost, Status.NOT_CONVERGED, status).astype(np.int8)
    evidence_known = (*columns.evidence, evidence)
    return replace(
        columns, values={**columns.values, **values}, status=status, evidence=evidence_known
    ), order


def _visible(term: np.ndarray, leading: np.ndarray, endless: np.ndarray) -> np.ndarray:
    """A term, where the leading order is neither infinite nor exactly zero up to a vanishing ridge."""
    rest = np.where((leading == 0) & (np.abs(term) < _NOTHING), 0.0, term)
    return np.where(endless, np.where(rest == 0, 0.0, np.inf), rest)
