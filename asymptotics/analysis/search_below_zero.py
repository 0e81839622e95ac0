"""The best ridge below zero: where the branch ends, and the least test error before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from asymptotics.analysis.search import Task
from asymptotics.prediction.risk import Risk
from asymptotics.solvers.solution import Status

_ROUNDS, _POINTS = 14, 40
_TOWARDS = 120


@dataclass(frozen=True)
class BelowZero:
    """Where a minimum below ridge zero lies.

    Attributes
    ----------
    task : Task
        In the size of the ridge, without its sign.
    low, high : float
        Values around the minimum.
    least : float
        The least test error that was scanned.
    """

    task: Task
    low: float
    high: float
    least: float


def best_below_zero(task: Task, scale: float) -> BelowZero | None:
    """The place of the least test error below ridge zero; None where it is not there, or nothing is.

    Parameters
    ----------
    task : Task
        That moves the ridge.
    scale : float
        Unit of the ridge.
    """
    mirrored = replace(task, point=lambda value: task.point(-value))

    def test(sizes: np.ndarray) -> Risk:
        return task.risk(-sizes)

    end = _edge(test, scale)
    if end == 0.0:
        return None
    towards = np.geomspace(1e-9, 0.5, _TOWARDS)
    grid = end * np.concatenate([towards, 1 - towards[-2::-1]])
    found = np.asarray(test(grid).test, dtype=float)
    known = np.isfinite(found)
    grid, found = grid[known], found[known]
    low, high = mirrored.descend(grid, int(np.argmin(found)))
    if low is None or high is None:
        return None
    return BelowZero(mirrored, low, high, float(found.min()))


def _edge(test: object, scale: float) -> float:
    """The largest size of a ridge below zero that has a solution; zero if none has."""
    trial = scale * np.logspace(-14, 20, 35 * 2)
    low = 0.0
    for _ in range(_ROUNDS):
        status = np.asarray(test(trial).status)  # type: ignore[operator]
        good = np.flatnonzero(status != Status.BELOW_EDGE)
        if not good.size:
            return low
        low, last = float(trial[good[-1]]), int(good[-1])
        if last == trial.size - 1:
            return low
        trial = np.linspace(low, float(trial[last + 1]), _POINTS)[1:]
        if trial[0] <= low * (1 + 1e-15):
            return low
    return low
