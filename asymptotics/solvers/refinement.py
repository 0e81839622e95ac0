"""The root of a decreasing function at one point, at a precision that rises as it converges.

The same bracketed Newton iteration in the logarithm as for arrays (``scalar.py``), on any arithmetic: a few steps
in double precision, then steps that double the digits. The number of digits lost to the conditioning of the
equation is measured on the way and added to the working precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asymptotics.errors import SolverError
from asymptotics.lowering.arithmetic import Multiprecision, ScalarFloat
from asymptotics.solvers.scalar import MAX_STEP, PATIENCE

Sides = Callable[[Any, Any], tuple[Any, Any, Any]]

_MAX_EVALUATIONS = 400
_GUARD = 4


@dataclass(frozen=True)
class RefinedRoot:
    """A root, how many of its digits are right, and how it was found.

    Attributes
    ----------
    value : number
    arithmetic : Multiprecision or ScalarFloat
        Its precision.
    condition : float
        Common logarithm of the relative change of the root per relative change of the right side.
    digits : float
        Digits that are right; zero if rounding drowned the last step.
    """

    value: Any
    arithmetic: Any
    condition: float
    digits: float


def refine_root(sides: Sides, start: float, digits: int) -> RefinedRoot:
    """Solve ``left(nu) = right`` for ``nu > 0``, ``left`` decreasing through ``right``.

    Parameters
    ----------
    sides : callable
        ``sides(nu, arithmetic)`` returns left, right, and minus the derivative of left in ``log nu``.
    start : float
        Logarithm of any positive guess.
    digits : int
        Relative accuracy wanted, in decimal digits.

    Returns
    -------
    RefinedRoot

    Raises
    ------
    SolverError
        If the iteration does not converge.

    Examples
    --------
    >>> root = refine_root(lambda x, arithmetic: (2 / x, x * 0 + 3, 2 / x), 0.0, 30)
    >>> print(root.value * 3)
    2.0
    """
    wanted = digits + _GUARD
    search = _Search(sides)
    rough = rough_root(sides, start)
    nu, accuracy, condition, working = rough.value, rough.digits, rough.condition, 15
    while accuracy < wanted or working == 15:
        lost = max(condition, 0.0) + _GUARD
        following = math.ceil(min(2 * accuracy + lost, wanted + lost))
        working = following if following > working else working + math.ceil(lost)
        arithmetic = Multiprecision(working)
        nu, accuracy, condition = search.at_precision(arithmetic, arithmetic.convert(nu), working)
    return RefinedRoot(nu, arithmetic, condition, accuracy)


def rough_root(sides: Sides, start: float) -> RefinedRoot:
    """The root to a few digits: in double precision where doubles reach, on short mpmath numbers elsewhere.

    Errors are those of :func:`refine_root`.

    Parameters
    ----------
    sides : callable
        ``sides(nu, arithmetic)`` returns left, right, and minus the derivative of left in ``log nu``.
    start : float
        Logarithm of any positive guess.
    """
    search = _Search(sides)
    double = ScalarFloat()
    try:
        return RefinedRoot(*_reordered(double, search.at_precision(double, math.exp(start), 15, close=1e-6)))
    except (ZeroDivisionError, OverflowError, ValueError, SolverError):
        search, short = _Search(sides), Multiprecision(20)
        guess = short.scaled(short.convert(1), start)
        return RefinedRoot(*_reordered(short, search.at_precision(short, guess, 20)))


def _reordered(arithmetic: Any, found: tuple[Any, float, float]) -> tuple[Any, Any, float, float]:
    value, digits, condition = found
    return value, arithmetic, condition, digits


class _Search:
    """Counts evaluations over all precisions."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.evaluations = 0

    def at_precision(
        self, arithmetic: Any, nu: Any, digits: int, close: float = 1e-3
    ) -> tuple[Any, float, float]:
        """Iterate until a step is small or drowned in rounding: root, digits right, log10 of the condition."""
        low: Any = None
        high: Any = None
        while self.evaluations < _MAX_EVALUATIONS:
            self.evaluations += 1
            left, right, slope = self.sides(nu, arithmetic)
            excess = left - right
            condition = (arithmetic.logarithm(right) - arithmetic.logarithm(slope)) / math.log(10)
            if excess == 0:
                return nu, digits - max(condition, 0.0), condition
            low, high = (nu, high) if excess > 0 else (low, nu)
            ratio = excess / slope
            size = arithmetic.logarithm(abs(ratio)) / math.log(10)
            if abs(ratio) < close:
                nu = nu * (1 + ratio)
                return nu, min(-2 * size, digits - max(condition, 0.0)), condition
            step = (arithmetic.logarithm(left) - arithmetic.logarithm(right)) * float(min(left / slope, 1e30))
            moved = arithmetic.scaled(nu, max(min(step, MAX_STEP), -MAX_STEP))
            halve = self.evaluations > PATIENCE and self.evaluations % 2 == 0 and size > 0
            outside = (low is not None and moved <= low) or (high is not None and moved >= high)
            if step == 0 or outside or halve:
                moved = _inside(arithmetic, nu, low, high)
            if size <= condition - digits + 1 or moved == nu:
                return nu, 0.0, condition
            nu = moved
        raise SolverError("no root found", "report the point")


def _inside(arithmetic: Any, nu: Any, low: Any, high: Any) -> Any:
    """A point well inside the bracket."""
    if low is None:
        return arithmetic.scaled(nu, -7.0)
    if high is None:
        return arithmetic.scaled(nu, 7.0)
    return arithmetic.sqrt(low) * arithmetic.sqrt(high)
