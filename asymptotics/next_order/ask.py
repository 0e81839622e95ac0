"""What ``predict`` asks for the next order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.next_order.corrections import corrections
from asymptotics.next_order.precise import precise_terms
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

    Parameters
    ----------
    request : Request
    accuracy : Accuracy, optional
        Doubles by default.

    Raises
    ------
    InputError
        If sizes are infinite by the regime, or digits are asked for that are not known.
    DerivationError
        If the model's program has no next order.
    """
    require_finite(request)
    if accuracy is not None and accuracy.exact:
        columns, terms, sixth = precise_terms(request, accuracy)
        freedom: Any = np.inf * np.ones(request.count)
        known = _known(request, request.exact_rows())
        known = {k: {name: accuracy.number(v) for name, v in table.items()} for k, table in known.items()}
    else:
        columns, solved = Doubles().answer_piecewise(request)
        found = corrections(request, solved)
        terms, sixth, known = found.terms, found.sixth, _known(request, _rows(request))
        freedom = found.freedom
    names = [component.name for component in request.model.components]
    leading = {name: columns.values[name] for name in names}
    # Where the leading order diverges there is no next one.
    endless = columns.status == Status.DIVERGES
    terms = {t: {n: _visible(table[n], leading[n], endless) for n in names} for t, table in terms.items()}
    evidence = _DERIVED if len(terms) == 1 else _ASSUMED
    if known:
        terms[EXACT] = {name: _rest(name, known, leading, terms) for name in names}
        evidence = f"{evidence}; {_EXACT}"
    order = NextOrder(leading, terms, sixth, errors_of(request.model.theory), evidence, freedom)
    with np.errstate(invalid="ignore"):
        values = {name: leading[name] + order.correction[name] for name in names}
    for place, table in known.items():
        for name in names:
            values[name][place] = table[name]
    lost = np.isnan(np.array(sum(values.values()), dtype=float)) & (columns.status != Status.DIVERGES)
    status = np.where(lost, Status.NOT_CONVERGED, columns.status).astype(np.int8)
    said = (*columns.evidence, evidence)
    return replace(columns, values={**columns.values, **values}, status=status, evidence=said), order


def _rows(request: Request) -> Iterator[tuple[dict[str, float], float, None]]:
    """Sizes and ridge of every point, in doubles."""
    for place, ridge in enumerate(request.ridge.tolist()):
        yield {name: float(column[place]) for name, column in request.sizes.items()}, ridge, None


def _known(request: Request, rows: Iterable[tuple[Any, Any, Any]]) -> dict[int, Mapping[str, Any]]:
    """Exact means, by the position of the point."""
    if not np.any(request.ridge == 0):
        return {}
    found = ((k, request.model.exactly_known(sizes, ridge)) for k, (sizes, ridge, _) in enumerate(rows))
    return {place: table for place, table in found if table}


def _rest(name: str, known: Mapping[int, Mapping[str, Any]], leading: Any, terms: Any) -> np.ndarray:
    """What all further orders add to a component."""
    with np.errstate(invalid="ignore"):
        rest: np.ndarray = 0 * leading[name]
    rest[np.isnan(np.asarray(rest, dtype=float))] = 0.0
    for place, table in known.items():
        so_far = leading[name][place] + sum(columns[name][place] for columns in terms.values())
        rest[place] = table[name] - so_far if np.isfinite(float(so_far)) else 0 * rest[place]
    return rest


def _visible(term: np.ndarray, leading: np.ndarray, endless: np.ndarray) -> np.ndarray:
    """A term, zero where a vanishing ridge leaves nothing; unknown where the leading order of an error is infinite."""
    size = np.abs(np.asarray(term, dtype=float))
    nothing = np.asarray(leading == 0, dtype=bool) & (size < _NOTHING)
    rest = np.where(nothing, 0 * np.where(nothing, leading, 0.0), term)
    there = np.isinf(np.asarray(leading, dtype=float))
    silent = (size == 0) | np.asarray(leading == 0, dtype=bool)
    return np.where(endless, np.where(silent, 0.0, np.where(there, np.inf, np.nan)), rest)
