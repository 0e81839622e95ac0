"""Corrections of the next order at many points, in double precision: every component, term by term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.next_order.jets import Jet
from asymptotics.next_order.prepared import Prepared, prepared, strength_name
from asymptotics.next_order.response import respond
from asymptotics.next_order.sphere import sphere_potentials
from asymptotics.prediction.pieces import SolvedPiece, solve_piece
from asymptotics.prediction.plans import plan
from asymptotics.prediction.requests import Request
from asymptotics.solvers.solution import Status

GAUSSIAN = "gaussian"
"""The term that every program has: half the log-determinant of the Jacobian of its Dyson fixed-point map."""

_HUGE, _TINY = 1e18, 1e-30
"""Sizes and ridges that doubles do not tell from infinity and zero."""

_TAIL = 1e-60
_AGREE = 1e-6
"""How well every trace has to agree with its definition."""

_BLOCK = 1 << 14
"""Points times levels that are worked on together."""

_ARITHMETIC = Float64()
_SOLVED = (Status.SOLVED, Status.LIMIT, Status.ILL_CONDITIONED)

Terms = dict[str, dict[str, np.ndarray]]
"""By name of the term and of the component."""


@dataclass(frozen=True)
class Corrections:
    """Terms of the next order, flattened.

    Attributes
    ----------
    terms : mapping term -> component -> ndarray
    sixth : ndarray
        The size of the sixth cumulant of what is not learned, relative to the fourth; zero without such terms.
    freedom : ndarray
        The smaller size times the determinant of the Jacobian: what the expansion is in one over.
    """

    terms: Terms
    sixth: np.ndarray
    freedom: np.ndarray


def corrections(request: Request, solved: Sequence[SolvedPiece] | None = None) -> Corrections:
    """The terms of the next order at every point of a request; NaN where a point could not be solved.

    Parameters
    ----------
    request : Request
    solved : sequence of SolvedPiece, optional
        What was solved for the request, which is used where no size is infinite and no ridge zero.
    """
    names = [component.name for component in request.model.components]
    ready, regular = prepared(request.model.theory), _regular(request)
    if solved is None or regular is not request:
        solved = [SolvedPiece(piece, *solve_piece(regular, piece)) for piece in plan(regular)]
    terms: Terms = {GAUSSIAN: {name: np.full(request.count, np.nan) for name in names}}
    sixth, freedom = np.zeros(request.count), np.full(request.count, np.nan)
    for points in _gathered(ready, regular, solved):
        found, sixth[points.where], freedom[points.where] = points.terms(ready, regular)
        for term, columns in found.items():
            table = terms.setdefault(term, {name: np.zeros(request.count) for name in names})
            for name, column in columns.items():
                table[name][points.where] = column
    return Corrections(terms, sixth, freedom)


def _regular(request: Request) -> Request:
    """The request with sizes and ridges at which nothing is infinite or zero, to double precision."""
    zero, endless = request.ridge == 0, {k for k, v in request.sizes.items() if np.isinf(v).any()}
    if not zero.any() and not endless:
        return request
    sizes = {name: np.where(np.isinf(v), _HUGE, v) for name, v in request.sizes.items()}
    ridge = request.ridge.copy()
    for group, d in request.groups():
        unit = request.regime.equations(request.model, d).measure.power * _TINY
        ridge[group] = np.where(zero[group], unit, ridge[group])
    return replace(request, sizes=sizes, ridge=ridge)


@dataclass(frozen=True)
class _Points:
    """Points of one dimension, from whatever charts solved them."""

    where: np.ndarray
    values: Mapping[str, np.ndarray]
    example: SolvedPiece

    def terms(self, ready: Prepared, request: Request) -> tuple[Terms, Any, Any]:
        """Terms of the next order, the size of the sixth cumulant, and the smaller size times the determinant."""
        piece = self.example.piece
        d = None if request.dimension is None else int(request.dimension[self.where[0]])
        beyond = request.model.fluctuations(d, piece.largest)
        at, worst = ready.solved(self.values, piece.data, _ARITHMETIC, _TAIL)
        response = respond(ready.lowered, at)
        potentials, sixth = {GAUSSIAN: response.potential()}, np.zeros(self.where.shape)
        smaller = np.minimum.reduce([self.values[size.name] for size in ready.theory.sizes])
        if beyond is None and request.inputs is not None:
            raise InputError("inputs", request.inputs, "None", "the program says what its inputs are")
        if beyond is not None:
            beyond = beyond.under(request.inputs)
            found, sixth = sphere_potentials(response, beyond, smaller)
            potentials |= found
        wrong = ~(np.broadcast_to(worst, self.where.shape) < _AGREE)
        columns = {name: value[:, 0] for name, value in at.values.items()}
        factors = ready.factors({**self.values, **columns}, _ARITHMETIC)
        terms = {term: components(ready, factors, potential) for term, potential in potentials.items()}
        marked = {
            term: {name: np.where(wrong, np.nan, column) for name, column in table.items()}
            for term, table in terms.items()
        }
        return marked, sixth, smaller * response.determinant()


def _gathered(ready: Prepared, request: Request, solved: Iterable[SolvedPiece]) -> Iterator[_Points]:
    """Solved points, those of one spectrum together."""
    groups: dict[int, list[SolvedPiece]] = {}
    for found in solved:
        groups.setdefault(id(found.piece.data), []).append(found)
    for pieces in groups.values():
        parts = [_given(ready, request, piece) for piece in pieces]
        names = set.intersection(*(set(values) for _, values in parts))
        where = np.concatenate([places for places, _ in parts])
        values = {name: np.concatenate([part[name] for _, part in parts]) for name in names}
        levels = pieces[0].piece.data.spectrum
        count = 1 if levels is None else np.shape(levels.each_row()[0])[-1]
        size = max(1, _BLOCK // max(count, 1))
        for begin in range(0, where.size, size):
            block = slice(begin, begin + size)
            yield _Points(where[block], {name: v[block] for name, v in values.items()}, pieces[0])


def _given(ready: Prepared, request: Request, found: SolvedPiece) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Sizes, parameters and unknowns at the points of a piece that are solved."""
    piece, theory = found.piece, ready.theory
    part = np.flatnonzero(np.isin(found.status, _SOLVED))
    where = piece.where[part]
    sizes = {name: column[where] for name, column in request.sizes.items()}
    ridge = request.ridge[where] * (sizes[theory.samples] if request.per_sample else 1.0)
    given = {name: np.asarray(column)[part] for name, column in found.values.items()}
    given |= {name: column[part] for name, column in piece.points.inputs.items()}
    given |= {name: np.full(part.size, float(value)) for name, value in piece.data.scalars.items()}
    given |= {**sizes, theory.ridge: ridge}
    return where, {**given, **theory.unknowns_from(given, _ARITHMETIC)}


def components(ready: Prepared, factors: Mapping[str, Any], potential: Jet) -> dict[str, Any]:
    """What a term of the potential adds to every component: minus its mixed slopes, times their factors.

    Parameters
    ----------
    ready : Prepared
        Equations and their numbers at points.
    factors : mapping of str to number
        Of each component, by source.
    potential : Jet
        A term with its slopes in the sources.
    """
    names = [form.name for form in ready.lowered.loop.potentials]
    found = {}
    for reading in ready.readings:
        total: Any = 0
        for form, source in reading.slopes:
            total = total - factors[strength_name(names[form])] * potential.both[form, source]
        found[reading.name] = factors[reading.factor] * total
    return found
