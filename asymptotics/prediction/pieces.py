"""Pieces of a question, solved: those that share their equations, but not their numbers, as one.

A curve along a size that the spectrum depends on would else be solved point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.errors import SolverError
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import Numbers
from asymptotics.prediction.evaluate import solve_chart
from asymptotics.prediction.general import solve_general, solve_general_point
from asymptotics.prediction.plans import ChartPoints, Piece
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.problems import is_scalar
from asymptotics.prediction.requests import Request
from asymptotics.solvers import accuracy as solvers
from asymptotics.solvers.solution import Status

_CELLS, _SPREAD = 1 << 21, 2
"""Numbers of one array over points and levels, and the ratio of the numbers of levels that are padded to one."""

_DOUBLE = 17
_RETRIED = 200

Found = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]
"""Outputs of a chart, status, condition number."""


@dataclass(frozen=True)
class SolvedPiece:
    """Every output of the chart of a piece, with status and condition number."""

    piece: Piece
    values: dict[str, np.ndarray]
    status: np.ndarray
    condition: np.ndarray


def solve_piece(request: Request, piece: Piece) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Every output of the chart of a piece, with status and condition number.

    Parameters
    ----------
    request : Request
    piece : Piece
        Of it.
    """
    if is_scalar(piece.chart):
        return solve_chart(piece.chart, piece.points, piece.data)
    values, status, condition = solve_general(piece.chart, piece.points, piece.data)
    _retry(request, piece, values, status)
    return values, status, condition


def _retry(request: Request, piece: Piece, values: dict[str, np.ndarray], status: np.ndarray) -> None:
    """In many digits, a few points at which the limit of vanishing ridge is out of the reach of doubles."""
    failed = np.flatnonzero((status == Status.NOT_CONVERGED) & piece.points.limit)
    if not 0 < failed.size <= _RETRIED:
        return
    rows = list(request.exact_rows())
    for place in failed.tolist():
        sizes, ridge, _ = rows[piece.where[place]]
        point = in_chart(piece.chart, sizes, ridge, request.per_sample)
        try:
            root = solve_general_point(piece.equations.measure, point, solvers.Digits(_DOUBLE))
        except SolverError:
            continue
        status[place] = root.status
        for name, value in {**root.unknowns, **root.observables}.items():
            if name in values:
                values[name][place] = float(value)


def solve_pieces(asked: Sequence[tuple[Request, Piece]]) -> list[SolvedPiece]:
    """Every output of the charts of pieces, in numbers that reach down to the effective ridges that are found.

    Parameters
    ----------
    asked : sequence of (Request, Piece)
    """
    pieces = [piece for _, piece in asked]
    found: list[Found] = [({}, np.empty(0), np.empty(0))] * len(pieces)
    for group in groups(pieces):
        if len(group) == 1:
            found[group[0]] = solve_piece(*asked[group[0]])
            continue
        chart, (points, data) = pieces[group[0]].chart, joined([pieces[place] for place in group])
        solve = solve_chart if is_scalar(chart) else solve_general
        values, status, condition = solve(chart, points, data)
        ends = np.cumsum([pieces[place].where.size for place in group])
        for place, end in zip(group, ends, strict=True):
            own = slice(end - pieces[place].where.size, end)
            part = {name: column[own] for name, column in values.items()}
            found[place] = part, status[own], condition[own]
            _retry(*asked[place], part, status[own])
    short = [
        np.flatnonzero(values["nu"] < piece.data.reach) if piece.data.reach > 0 else np.empty(0, dtype=int)
        for piece, (values, _, _) in zip(pieces, found, strict=True)
    ]
    finer = {k: _finer(pieces[k], few) for k, few in enumerate(short) if few.size}
    for place in [k for k, piece in finer.items() if piece.data.reach >= pieces[k].data.reach]:
        status = found[place][1]
        status[short[place]] = np.maximum(status[short[place]], Status.ILL_CONDITIONED)
        del finer[place]
    if finer:
        better_ones = solve_pieces([(asked[place][0], piece) for place, piece in finer.items()])
        for place, better in zip(finer, better_ones, strict=True):
            values, status, condition = found[place]
            for name, column in better.values.items():
                values[name][short[place]] = column
            status[short[place]], condition[short[place]] = better.status, better.condition
    return [SolvedPiece(piece, *one) for piece, one in zip(pieces, found, strict=True)]


def _finer(piece: Piece, few: np.ndarray) -> Piece:
    """Some points of a piece, with numbers that reach further."""
    data = piece.equations.measure.finer(piece.data.reach)
    return replace(piece, where=piece.where[few], points=piece.points[few], data=data)


def groups(pieces: Sequence[Piece]) -> Iterator[list[int]]:
    """Positions of pieces that are solved as one: of one chart, with about as many levels."""
    alike: dict[Any, list[int]] = {}
    for place, piece in enumerate(pieces):
        alike.setdefault(_kind(piece) or place, []).append(place)
    for members in alike.values():
        members.sort(key=lambda place: _levels(pieces[place].data))
        group: list[int] = []
        for place in members:
            levels = _levels(pieces[place].data)
            count = sum(pieces[k].where.size for k in (*group, place))
            if group and (levels > _SPREAD * _levels(pieces[group[0]].data) or count * levels > _CELLS):
                yield group
                group = []
            group.append(place)
        yield group


def _kind(piece: Piece) -> Any:
    """What pieces that go together have in common; None for one that stays alone."""
    data, levels = piece.data, piece.data.spectrum
    if levels is None or data.truncation[0] or any(np.ndim(row) != 1 for row in levels.each_row()):
        return None
    letters = tuple(levels.eigenvalues) if isinstance(levels.eigenvalues, Mapping) else ()
    return piece.chart, letters, tuple(levels.weights), tuple(data.scalars)


def _levels(data: Numbers) -> int:
    return 1 if data.spectrum is None else max(len(row) for row in data.spectrum.each_row())


def joined(pieces: Sequence[Piece]) -> tuple[ChartPoints, Numbers]:
    """The points of several pieces one after the other, and the numbers of each of them."""
    counts = [piece.where.size for piece in pieces]
    points, data = [piece.points for piece in pieces], [piece.data for piece in pieces]
    spectra = [one.spectrum for one in data if one.spectrum is not None]
    first, like = points[0], spectra[0]

    def each(values: Sequence[Any]) -> Any:
        return np.repeat([float(value) for value in values], counts)

    # Levels that fill up have no weight; an eigenvalue that there is keeps them in range.
    if isinstance(like.eigenvalues, Mapping):
        letters: Any = {
            name: _table([s.eigenvalues[name] for s in spectra], counts, np.max) for name in like.eigenvalues
        }
    else:
        letters = _table([s.eigenvalues for s in spectra], counts, np.max)
    weights = {name: _table([s.weights[name] for s in spectra], counts, _zero) for name in like.weights}
    tails = {name: each([s.tails[name] for s in spectra]) for name in like.tails}
    scalars = {name: each([one.scalars[name] for one in data]) for name in data[0].scalars}
    numbers = Numbers(
        scalars,
        Spectrum(letters, weights, tails),
        each([one.trace for one in data]),
        each([one.rank for one in data]),
    )
    inputs, sizes = (
        {
            name: np.concatenate([getattr(one, table)[name] for one in points])
            for name in getattr(first, table)
        }
        for table in ("inputs", "sizes")
    )
    rest = (
        np.concatenate([getattr(one, name) for one in points])
        for name in ("size", "limit", "rounded", "gap_rounded")
    )
    return ChartPoints(inputs, sizes, *rest), numbers


def _zero(row: np.ndarray) -> float:
    return 0.0


def _table(
    rows: Sequence[np.ndarray], counts: Sequence[int], fill: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Rows of any length, filled up to one, each as often as its piece has points."""
    table = np.empty((len(rows), max(map(len, rows))))
    for place, row in zip(table, rows, strict=True):
        place[: len(row)], place[len(row) :] = row, fill(row)
    return np.repeat(table, counts, axis=0)
