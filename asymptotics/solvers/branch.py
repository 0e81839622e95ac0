"""The physical solution at points: from infinite ridge to the ridges given, on the real line and off it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.solvers.continuation import Followed, follow
from asymptotics.solvers.linear import newton_steps
from asymptotics.solvers.points import Track

_OFFSETS = (0, 2, 4, 7, 11, 16, *(round(20 * 1.22**k) for k in range(28)))
_FURTHER = 3.0
_NEAR, _DECAY, _EXACT = 0.1, 0.7, 1e-7


@dataclass(frozen=True)
class Branch:
    """Solutions on the physical branch.

    Attributes
    ----------
    logs : ndarray, shape (unknowns, points)
    arrived : ndarray of bool
    offsets : ndarray
        How far above the given ridge, in the logarithm, the path began.
    rounds : int
    """

    logs: np.ndarray
    arrived: np.ndarray
    offsets: np.ndarray
    rounds: int


def real_branch(track: Track) -> Branch:
    """Continue from infinite ridge, where leading orders are explicit, to the ridges given.

    The path begins where Newton's step from the leading orders is small, and becomes smaller further out.
    """
    begin = track.start()
    offsets, rounds = starting_offsets(track, begin)
    found = np.isfinite(offsets)
    exponents = np.array([float(e) for e in track.problem.exponents])[:, None]
    chosen = np.flatnonzero(found)
    logs, arrived = np.full(begin.shape, np.nan, dtype=begin.dtype), np.zeros(found.shape, dtype=bool)
    if chosen.size:
        shifts = np.broadcast_to(offsets[chosen], (len(track.problem.ridge), chosen.size))
        start = begin[:, chosen] + exponents * offsets[chosen]
        path = along(track.take(chosen), start, shifts)
        logs[:, chosen], arrived[chosen] = path.logs, path.arrived
        rounds += path.rounds
    return Branch(logs, arrived, offsets, rounds)


def along(track: Track, start: np.ndarray, shifts: np.ndarray, first_step: float = 2.0) -> Followed:
    """Follow solutions while the shifts (ridges, points) of the logarithms of the ridges shrink to zero.

    Parameters
    ----------
    track : Track
        Equations at points.
    start : ndarray
        Logarithms of the unknowns.
    shifts : ndarray
        Of the logarithms of the ridges at the start.
    first_step : float
        Share of the way.
    """
    kind = np.result_type(start.dtype, shifts.dtype)

    def linearize(logs: np.ndarray, r: np.ndarray, at: np.ndarray) -> Any:
        part = track if at.size == track.count else track.take(at)
        residuals, slopes, ridges = part.linearized(logs, shifts[:, at] * r)
        return residuals, slopes, np.sum(ridges * shifts[:, at], axis=1)

    def admissible(logs: np.ndarray, r: np.ndarray, at: np.ndarray) -> np.ndarray:
        if not track.problem.conditions.outputs:
            return np.ones(at.size, dtype=bool)
        return track.take(at).admissible(logs, shifts[:, at] * r)

    length = np.max(np.abs(shifts), axis=0)
    return follow(linearize, admissible, start.astype(kind), length, first_step)


def starting_offsets(track: Track, begin: np.ndarray) -> tuple[np.ndarray, int]:
    """How far out the leading orders are good enough, at every point, and the evaluations that took.

    Parameters
    ----------
    track : Track
    begin : ndarray, shape (unknowns, points)
        Logarithms of the leading orders at the ridge given, from :meth:`Track.start`.

    Returns
    -------
    offsets : ndarray, shape (points,)
        In the logarithm of the ridge, above the one given; infinite where nowhere.
    rounds : int
    """
    offsets, rounds = np.full(track.count, np.inf), 0
    for offset in _OFFSETS:
        left = np.flatnonzero(np.isinf(offsets))
        if not left.size:
            break
        rounds += 2
        near = _first_step(track.take(left), begin[:, left], offset)
        close = np.flatnonzero(near <= _NEAR)
        if close.size:
            at = left[close]
            further = _first_step(track.take(at), begin[:, at], offset + _FURTHER)
            good = (further <= _DECAY * near[close]) | (further <= _EXACT)
            offsets[at[good]] = offset
    return offsets, rounds


def _first_step(track: Track, begin: np.ndarray, offset: float) -> np.ndarray:
    """Length of Newton's first step from the leading orders."""
    exponents = np.array([float(e) for e in track.problem.exponents])[:, None]
    with np.errstate(all="ignore"):
        shifts = np.full((len(track.problem.ridge), track.count), offset)
        residuals, slopes, _ = track.linearized(begin + exponents * offset, shifts)
        found, _ = newton_steps(slopes, residuals[:, None])
    size = np.max(np.abs(found[:, 0]), axis=0)
    return np.where(np.isfinite(size), size, np.inf)
