"""Newton's method at many points where the positive solution is known to be the only one: any way leads to it.

It begins far above the given ridge, where unknowns are powers of the ridge and residuals are close to linear in their
logarithms: the first step lands about where the largest degrees of freedom are learned. Later ones are no longer than a
few units.
"""

from __future__ import annotations

import numpy as np

from asymptotics.solvers.linear import newton_steps
from asymptotics.solvers.points import Points

_BEYOND, _LONGEST = 60.0, 3.0
"""Where it begins, in the logarithm of the ridge above the given one, and the longest step in that of an unknown."""

_MOST_ROUNDS, _FINAL = 40, 1e-8


def direct(points: Points) -> tuple[np.ndarray, np.ndarray, int]:
    """Logarithms of the unknowns at points with positive ridges, where they were found, and evaluations.

    Parameters
    ----------
    points : Points
        Of a problem with one positive solution.

    Returns
    -------
    logs : ndarray, shape (unknowns, points)
    found : ndarray of bool
        Elsewhere steps are not finite, or do not become small.
    rounds : int
    """
    exponents = np.array([float(e) for e in points.problem.exponents])[:, None]
    active: np.ndarray = np.arange(points.count)
    found, part, rounds = np.zeros(points.count, dtype=bool), points, 0
    with np.errstate(all="ignore"):
        logs = points.start() + exponents * _BEYOND
        while active.size and rounds < _MOST_ROUNDS:
            shifts = np.zeros((len(points.problem.ridge), active.size))
            residuals, slopes, _ = part.linearized(logs[:, active], shifts)
            steps = newton_steps(slopes, residuals[:, None])[0][:, 0]
            size = np.max(np.abs(steps), axis=0)
            longest = np.minimum(1.0, _LONGEST / size) if rounds else 1.0
            logs[:, active] -= steps * longest
            found[active] = size <= _FINAL
            keep = np.isfinite(size) & (size > _FINAL)
            if not keep.all():
                active, part = active[keep], part.take(keep)
            rounds += 1
        found &= points.admissible(
            np.where(found, logs, 0.0), np.zeros((len(points.problem.ridge), points.count))
        )
    return logs, found, rounds
