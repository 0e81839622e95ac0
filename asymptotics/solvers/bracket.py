"""The root of a function between two positive points of opposite sign, at a precision that rises as it converges."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from asymptotics.errors import SolverError
from asymptotics.lowering.arithmetic import Multiprecision

Function = Callable[[Fraction, int], Any]

_START = 20
_CLOSE = 1e-6
_MOST = 300
_SPARE = 12


def as_fraction(value: Any) -> Fraction:
    """An mpmath number as the fraction it is.

    Examples
    --------
    >>> as_fraction(Multiprecision(20).convert(Fraction(3, 8)))
    Fraction(3, 8)
    """
    sign, mantissa, exponent, _ = value._mpf_
    signed = -int(mantissa) if sign else int(mantissa)
    return Fraction(signed) * Fraction(2) ** int(exponent)


def bracketed_root(function: Function, low: Fraction, high: Fraction, digits: int) -> Fraction:
    """A root of a continuous function between two positive numbers.

    Parameters
    ----------
    function : callable
        ``function(x, digits)`` is the value at ``x`` with that many digits of the size of its terms.
    low, high : Fraction
        Where the function has opposite signs.
    digits : int
        Relative accuracy of the root; a change of sign within it is checked.

    Returns
    -------
    Fraction

    Raises
    ------
    SolverError
        If there is no change of sign, or it cannot be narrowed down.

    Examples
    --------
    >>> root = bracketed_root(lambda x, digits: Multiprecision(digits).convert(x * x - 2), Fraction(1), Fraction(2), 30)
    >>> abs(root * root - 2) < Fraction(1, 10**29)
    True
    """
    first, second = function(low, _START), function(high, _START)
    if first == 0 or second == 0:
        return low if first == 0 else high
    if (first > 0) == (second > 0):
        raise SolverError("the function has the same sign at both ends", "widen the bracket")
    return _finish(function, *_narrow(function, low, high, first, second), digits)


def _narrow(
    function: Function, low: Fraction, high: Fraction, first: Any, second: Any
) -> tuple[Fraction, Fraction]:
    """Shrink the bracket to a small one by false position, halved in the logarithm where that is slow."""
    arithmetic, side, slow = Multiprecision(_START), 0, 0
    for _ in range(_MOST):
        if high - low <= low * Fraction(_CLOSE):
            return low, high
        if high > 4 * low or slow >= 3:
            middle, slow = (
                arithmetic.sqrt(arithmetic.convert(low)) * arithmetic.sqrt(arithmetic.convert(high)),
                0,
            )
        else:
            middle = arithmetic.convert(low) + arithmetic.convert(high - low) * first / (first - second)
        point = as_fraction(middle)
        if not low < point < high:
            point = (low + high) / 2
        value = function(point, _START)
        if value == 0:
            return point * (1 - Fraction(_CLOSE)), point
        width = high - low
        if (value > 0) == (first > 0):
            second = second / 2 if side == 1 else second
            low, first, side = point, value, 1
        else:
            first = first / 2 if side == -1 else first
            high, second, side = point, value, -1
        slow = slow + 1 if (high - low) * 2 > width else 0
    raise SolverError("the bracket did not close", "report the point")


def _finish(function: Function, low: Fraction, high: Fraction, digits: int) -> Fraction:
    """Secant steps with more and more digits, then a check that the sign changes."""
    working = digits + _SPARE
    previous, current, precision = low, high, 2 * _START
    older, newer = function(low, precision), function(high, precision)
    for _ in range(_MOST):
        if newer == 0:
            break
        arithmetic = Multiprecision(precision)
        step = arithmetic.convert(current - previous) * newer / (newer - older)
        previous, older, current = current, newer, current - as_fraction(step)
        reached = -arithmetic.logarithm(abs(step) / arithmetic.convert(current)) / math.log(10)
        if precision == working and reached >= digits / 1.6 + 2:
            break
        precision = min(max(precision, int(2 * reached) + _SPARE), working)
        newer = function(current, precision)
    margin = current / 10**digits
    below, above = function(current - margin, working), function(current + margin, working)
    if (below > 0) == (above > 0):
        raise SolverError("no change of sign at the root found", "ask for fewer digits")
    return current
