"""Minima over constants of powers: smooth positive functions of a few logarithms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from asymptotics.errors import SolverError

_REACH, _STEP = 9, 3
_NEWTON, _STIFF, _LONGEST = 60, 10**8, 2
_FLAT = 1e-6


def least(function: Callable[[Sequence[Any]], Any], count: int, context: Any) -> tuple[list[Any], Any] | None:
    """Where a positive function of positive numbers is least, and its value there; None without an inner minimum.

    Parameters
    ----------
    function : callable
        Of a list of numbers of the context.
    count : int
        How many.
    context : mpmath.MPContext

    Raises
    ------
    SolverError
        If Newton's method does not converge from the best point of a grid.

    Notes
    -----
    A grid over eight decades in each direction, then Newton's method on differences of the logarithm.

    Examples
    --------
    >>> from asymptotics.lowering.arithmetic import Multiprecision
    >>> place, value = least(lambda x: x[0] + 4 / x[0], 1, Multiprecision(30).context)
    >>> round(float(place[0]), 9), round(float(value), 9)
    (2.0, 4.0)
    """

    def at(logs: Sequence[Any]) -> Any:
        return context.log(function([context.exp(y) for y in logs]))

    ticks = [context.mpf(k) for k in range(-_REACH, _REACH + 1, _STEP)]
    table = {
        place: at([ticks[i] for i in place]) for place in itertools.product(range(len(ticks)), repeat=count)
    }
    best = min(table, key=lambda place: table[place])
    low = table[best]
    inside = all(0 < i < len(ticks) - 1 for i in best)
    if not inside or max(table.values()) - low < _FLAT:
        return None
    logs = _newton(at, [ticks[i] for i in best], context)
    return [context.exp(y) for y in logs], context.exp(at(logs))


def _newton(at: Callable[[Sequence[Any]], Any], logs: list[Any], context: Any) -> list[Any]:
    """Newton's method, damped by a multiple of the unit matrix until the function decreases [Levenberg 1944].

    Raises
    ------
    SolverError
        If it does not converge.
    """
    h, damping = context.mpf(10) ** (-(context.dps // 4)), context.mpf(0)
    value = at(logs)
    for _ in range(_NEWTON):
        slope, curve = _differences(at, logs, value, h, context)
        step, found = None, value
        while damping < _STIFF:
            step = _step(curve, slope, damping, context)
            if step is not None:
                found = at([y + x for y, x in zip(logs, step, strict=True)])
                if found <= value:
                    break
            step, damping = None, max(4 * damping, context.mpf(10) ** -4)
        if step is None:
            break
        logs, value = [y + x for y, x in zip(logs, step, strict=True)], found
        if max(abs(x) for x in step) < h and damping < h:
            return logs
        damping = damping / 16 if damping > 10**-5 else context.mpf(0)
    if max(abs(x) for x in slope) < context.sqrt(h):
        return logs
    raise SolverError("no minimum was found")


def _step(curve: Any, slope: Any, damping: Any, context: Any) -> list[Any] | None:
    """A damped step; nothing where it does not lead down."""
    try:
        step = -context.lu_solve(curve + damping * context.eye(len(slope)), slope)
    except ZeroDivisionError:
        return None
    longest = max(abs(x) for x in step)
    if sum(x * y for x, y in zip(step, slope, strict=True)) > 0 or longest > _LONGEST:
        return None
    return list(step)


def _differences(
    at: Callable[[Sequence[Any]], Any], logs: Sequence[Any], value: Any, h: Any, context: Any
) -> tuple[Any, Any]:
    """Central differences: gradient and second derivatives."""
    count = len(logs)

    def moved(shifts: dict[int, int]) -> Any:
        return at([y + shifts.get(k, 0) * h for k, y in enumerate(logs)])

    slope, curve = context.matrix(count, 1), context.matrix(count, count)
    for i in range(count):
        up, down = moved({i: 1}), moved({i: -1})
        slope[i] = (up - down) / (2 * h)
        curve[i, i] = (up - 2 * value + down) / h**2
        for k in range(i):
            corners = [moved({i: a, k: b}) * a * b for a in (1, -1) for b in (1, -1)]
            curve[i, k] = curve[k, i] = sum(corners) / (4 * h**2)
    return slope, curve
