"""Roots of decreasing functions at many points at once: Newton in the logarithm, kept inside a bracket.

A left side that is a sum of positive terms decreasing in the unknown has log-log slope between -1 and 0 for
every model here, so Newton's step on ``log(left/right)`` against ``log(unknown)`` is exact at both ends; a
sign change already seen bounds every step, so the iteration cannot leave the physical branch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.solvers.solution import Root, Status

Sides = Callable[[np.ndarray, Any], tuple[np.ndarray, ...]]

MAX_STEP = 60.0
_MAX_ITERATIONS = 300
_LAST_STEP = 2e-9
PATIENCE = 24
"""Evaluations after which every other step halves the bracket: Newton's may jump across the root for ever."""


def balanced_sides(
    problem: ScalarProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None, sizes: np.ndarray | None
) -> Sides:
    """Both sides of a scalar problem at chosen points, in double precision.

    Parameters
    ----------
    problem : ScalarProblem
    inputs : mapping name -> number or ndarray, shape (points,)
    spectrum : Spectrum or None
        Its arrays may have points as their first axis.
    sizes : ndarray or None
        What counts of learned eigenvalues are compared with, so that a plateau at that count loses no digits.
    """

    def sides(nu: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, ...]:
        values = {name: v if np.ndim(v) == 0 else v[chosen] for name, v in inputs.items()}
        levels = None if spectrum is None else spectrum.take(chosen)
        out = problem.balanced({**values, problem.master: nu}, Float64(), levels)
        right = np.broadcast_to(out["right"], nu.shape)
        missing = right - out["weight"] * out["count"]
        if sizes is not None:
            finite = np.isfinite(sizes[chosen])
            missing = np.where(finite, out["weight"] * (sizes[chosen] - out["count"]), right)
        return out["left"], right, out["slope"], out["rest"] - missing

    return sides


def solve_decreasing(sides: Sides, start: np.ndarray) -> Root:
    """Solve ``left(nu) = right`` for ``nu > 0`` at every point, ``left`` decreasing from above to below.

    Parameters
    ----------
    sides : callable
        ``sides(nu, points)`` returns left, right, slope (minus the derivative of left in ``log nu``) and
        ``left - right`` (computed without cancellation where that is possible) at the given points (an index
        array).
    start : ndarray, shape (points,)
        Any positive guesses.

    Returns
    -------
    Root
        ``NOT_CONVERGED`` where the bracket did not close.
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
            left, right, slope, excess = sides(x, active)
            low[active] = np.where(excess >= 0, x, low[active])
            high[active] = np.where(excess <= 0, x, high[active])
            step = np.log1p(excess / right) * left / slope
            condition[active] = right / slope
            # Newton doubles the digits: after so small a step the error is below rounding.
            done = np.abs(step) <= _LAST_STEP
            halve = iteration > PATIENCE and iteration % 2 == 0
            nu[active] = np.where(done, x + x * step, _inside(x, step, low[active], high[active], halve))
            status[active[done]] = Status.SOLVED
            active = active[~done]
    return Root(nu, status, condition, iteration)


def _inside(
    x: np.ndarray, step: np.ndarray, low: np.ndarray, high: np.ndarray, halve: bool = False
) -> np.ndarray:
    """Newton's point, or a point well inside the bracket if Newton leaves it or is not wanted."""
    step = np.where(np.isfinite(step), np.clip(step, -MAX_STEP, MAX_STEP), 0.0)
    candidate = x * np.exp(step)
    unbounded_above, unbounded_below = np.isinf(high), low == 0
    middle = np.sqrt(low) * np.sqrt(high)
    middle = np.where(unbounded_above, x * 1e3, np.where(unbounded_below, x * 1e-3, middle))
    outside = (halve | ~((candidate > low) & (candidate < high))) & (step != 0)
    stuck = (step == 0) & (high > low)
    return np.where(outside | stuck, middle, candidate)
