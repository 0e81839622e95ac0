r"""The effective ridge below ridge zero: the branch that continues from zero, down to the edge where it ends.

With a ridge below zero the left side of the scalar equation rises with the effective ridge before it falls: it tends
to minus infinity at zero. Where it falls is the branch that continues the solution at ridge zero; it ends where the
left side is largest. In every chart minus the slope of the left side, times the unknown, is ``nu T11 - |lam| w(nu)``
with ``nu T11`` increasing and ``w`` decreasing in ``nu``, so that there is one such place, and a root with a falling
left side lies on the branch.
"""

from __future__ import annotations

import numpy as np

from asymptotics.solvers.scalar import Sides
from asymptotics.solvers.solution import Root, Status

_LEAST = 1e-290
_HALVINGS = 80
_STEPS = 200
_LAST_STEP = 2e-9


def solve_below_zero(sides: Sides, top: np.ndarray) -> Root:
    """Roots on the falling side of functions that rise from minus infinity and then fall.

    Parameters
    ----------
    sides : callable
        As for :func:`~asymptotics.solvers.scalar.solve_decreasing`.
    top : ndarray, shape (points,)
        Roots for a ridge of zero: above the roots sought.

    Returns
    -------
    Root
        ``BELOW_EDGE`` where there is none.

    Examples
    --------
    >>> def sides(nu, points):  # -1/nu + 3/(1 + nu) = 1/4
    ...     left = 3 / (1 + nu) - 1 / nu
    ...     return left, np.full(nu.shape, 0.25), 3 * nu / (1 + nu) ** 2 - 1 / nu, left - 0.25
    >>> solve_below_zero(sides, np.array([11.0])).value
    array([6.37228132])
    """
    every = np.arange(top.size)
    with np.errstate(all="ignore"):
        low = _edge(sides, top, every)
        excess = sides(low, every)[3]
        status = np.where(excess >= 0, Status.NOT_CONVERGED, Status.BELOW_EDGE).astype(np.int8)
        high, nu = np.array(top, dtype=float), np.array(top, dtype=float)
        condition = np.full(nu.shape, np.inf)
        active = np.flatnonzero(status == Status.NOT_CONVERGED)
        for _ in range(_STEPS):
            if not active.size:
                break
            x = nu[active]
            _, right, slope, excess = sides(x, active)
            low[active] = np.where(excess >= 0, x, low[active])
            high[active] = np.where(excess <= 0, x, high[active])
            step = excess / slope
            condition[active] = right / slope
            inside = (x * (1 + step) > low[active]) & (x * (1 + step) < high[active])
            done = (np.abs(step) <= _LAST_STEP) | (high[active] <= low[active] * (1 + 4e-16))
            nu[active] = np.where(done | inside, x * (1 + step), np.sqrt(low[active]) * np.sqrt(high[active]))
            status[active[done]] = Status.SOLVED
            active = active[~done]
    return Root(nu, status, condition)


def _edge(sides: Sides, top: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Where the left side begins to fall, from above."""
    low, high = np.full(top.shape, np.log(_LEAST)), np.log(top)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        falls = sides(np.exp(middle), every)[2] > 0
        low, high = np.where(falls, low, middle), np.where(falls, middle, high)
    return np.exp(high)
