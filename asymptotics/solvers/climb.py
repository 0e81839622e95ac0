"""Solutions of ladders at many points: bisection in the first unknown, then Newton's method on the system."""

from __future__ import annotations

import numpy as np

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.ladder import LEFT, RIGHT
from asymptotics.solvers.linear import newton_steps
from asymptotics.solvers.points import Points

_WIDEN, _HALVINGS, _CORRECTIONS = 12, 20, 4
_FAR, _FINAL = 0.5, 1e-8


def climbed(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the unknowns at points with positive ridges, and where they were found.

    Parameters
    ----------
    points : Points
        Of a problem with a ladder.

    Returns
    -------
    logs : ndarray, shape (unknowns, points)
    found : ndarray of bool
        Elsewhere doubles lose the unknowns above the first one in a difference.
    """
    with np.errstate(all="ignore"):
        logs = _bisected(points)
        found = np.all(np.isfinite(logs), axis=0)
        still, shifts = np.ones(points.count, dtype=bool), np.zeros((len(points.problem.ridge), points.count))
        for _ in range(_CORRECTIONS):
            residuals, slopes, _ = points.linearized(np.where(found, logs, 0.0), shifts)
            steps, _ = newton_steps(slopes, residuals[:, None])
            size = np.max(np.abs(steps[:, 0]), axis=0)
            found &= np.isfinite(size) & (size < _FAR)
            logs = np.where(found & still, logs - steps[:, 0], logs)
            still = size > _FINAL
            if not np.any(found & still):
                break
    return logs, found & ~still


def _bisected(points: Points) -> np.ndarray:
    """The first unknown to a few digits, and what follows from it."""
    ladder = points.problem.ladder
    assert ladder is not None
    places = [points.problem.unknowns.index(name) for name in ladder.unknowns]

    def climb(first: np.ndarray) -> dict[str, np.ndarray]:
        values = {**points.inputs, ladder.unknowns[0]: np.exp(first)}
        out = ladder.climb(values, Float64(), points.spectrum)
        return {name: np.broadcast_to(value, first.shape) for name, value in out.items()}

    def too_small(first: np.ndarray) -> np.ndarray:
        out = climb(first)
        above = np.stack([out[name] for name in ladder.unknowns[1:]])
        bad = np.any(~(above > 0), axis=0) | ~(out[LEFT] <= out[RIGHT])
        return np.asarray(bad, dtype=bool)

    low = high = points.start()[places[0]]
    step = np.ones_like(low)
    for _ in range(_WIDEN):
        below, above = too_small(low), too_small(high)
        if np.all(below) and not np.any(above):
            break
        low, high = np.where(below, low, low - step), np.where(above, high + step, high)
        step = 2 * step
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        small = too_small(middle)
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    out = climb(high)
    logs = np.empty((len(places), points.count))
    logs[places[0]] = high
    for place, name in zip(places[1:], ladder.unknowns[1:], strict=True):
        logs[place] = np.log(out[name])
    return logs
