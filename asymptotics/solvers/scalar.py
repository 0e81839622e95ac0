"""Roots of decreasing functions at many points at once: Newton in the logarithm, kept inside a bracket.

A left side that is a sum of positive terms decreasing in the unknown has log-log slope between -1 and 0 for
every model here, so Newton's step on ``log(left/right)`` against ``log(unknown)`` is exact at both ends; a
sign change already seen bounds every step, so the iteration cannot leave the physical branch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from asymptotics.solvers.solution import Root, Status

Sides = Callable[[np.ndarray, np.ndarray | slice], tuple[np.ndarray, np.ndarray, np.ndarray]]

_MAX_STEP = 60.0
_MAX_ITERATIONS = 200
_EPS = np.finfo(float).eps


def solve_decreasing(sides: Sides, start: np.ndarray) -> Root:
    """Solve ``left(nu) = right`` for ``nu > 0`` at every point, ``left`` decreasing from above to below.

    Parameters
    ----------
    sides : callable
        ``sides(nu, points)`` returns left, right and slope (minus the derivative of left in ``log nu``) at
        the given points (an index array or a slice).
    start : ndarray, shape (points,)
        Any positive guesses.

    Returns
    -------
    Root
        ``NOT_CONVERGED`` where the bracket did not close; ``ILL_CONDITIONED`` where a relative rounding of
        the right side moves the root by more than 1e-10.
    """
    nu = np.array(start, dtype=float)
    low, high = np.zeros_like(nu), np.full_like(nu, np.inf)
    status = np.full(nu.shape, Status.NOT_CONVERGED, dtype=np.int8)
    condition = np.full(nu.shape, np.inf)
    active: np.ndarray = np.arange(nu.size)
    iteration = 0
    with np.errstate(all="ignore"):
        while active.size and iteration < _MAX_ITERATIONS:
            iteration += 1
            x = nu[active]
            left, right, slope = sides(x, active)
            excess = left - right
            low[active] = np.where(excess >= 0, x, low[active])
            high[active] = np.where(excess <= 0, x, high[active])
            step = np.log1p(excess / right) * left / slope
            moved = _inside(x, step, low[active], high[active])
            sensitivity = right / slope
            condition[active] = sensitivity
            done = (
                (excess == 0) | (np.abs(moved - x) <= _EPS * x) | (high[active] - low[active] <= 2 * _EPS * x)
            )
            noise = np.abs(excess) <= 2 * _EPS * right
            done |= noise & (np.abs(moved - x) <= 4 * _EPS * x * np.maximum(sensitivity, 1))
            nu[active] = np.where(excess == 0, x, moved)
            status[active[done]] = Status.SOLVED
            active = active[~done]
    status[(status == Status.SOLVED) & (condition * _EPS > 1e-10)] = Status.ILL_CONDITIONED
    return Root(nu, status, condition, iteration)


def _inside(x: np.ndarray, step: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Newton's point, or a point well inside the bracket if Newton leaves it."""
    step = np.where(np.isfinite(step), np.clip(step, -_MAX_STEP, _MAX_STEP), 0.0)
    candidate = x * np.exp(step)
    unbounded_above, unbounded_below = np.isinf(high), low == 0
    middle = np.sqrt(low) * np.sqrt(high)
    middle = np.where(unbounded_above, x * 1e3, np.where(unbounded_below, x * 1e-3, middle))
    outside = ~((candidate > low) & (candidate < high)) & (step != 0)
    stuck = (step == 0) & (high > low)
    return np.where(outside | stuck, middle, candidate)
