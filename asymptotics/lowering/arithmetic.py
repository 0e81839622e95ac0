"""The numbers a program runs on: float64 arrays, mpmath numbers, Arb balls.

An arithmetic converts exact constants and knows the few operations that are not Python operators. No global
precision is touched: mpmath numbers belong to a context of their own, and ball code runs in a local one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

import mpmath
import numpy as np


class Arithmetic(Protocol):
    """What a program needs besides ``+ - * /``."""

    def convert(self, value: Any) -> Any:
        """An exact constant as a number of this arithmetic."""

    def sqrt(self, value: Any) -> Any:
        """Square root."""

    def lift(self, value: Any) -> Any:
        """A point value made to broadcast against level values."""

    def sum_levels(self, value: Any) -> Any:
        """Sum over the levels, the last axis."""


class Float64:
    """Vectorized double precision."""

    def convert(self, value: Fraction) -> float:
        """The nearest double."""
        return float(value)

    def sqrt(self, value: Any) -> Any:
        """Elementwise square root."""
        return np.sqrt(value)

    def lift(self, value: Any) -> Any:
        """Add a last axis."""
        return np.asarray(value)[..., None]

    def sum_levels(self, value: Any) -> Any:
        """Sum over the last axis."""
        return np.sum(value, axis=-1)


class _Objects:
    """Level values are NumPy object arrays of single numbers; point values are single numbers."""

    def lift(self, value: Any) -> Any:
        """Single numbers broadcast as they are."""
        return value

    def sum_levels(self, value: Any) -> Any:
        """Sum of the levels."""
        return sum(value.ravel().tolist(), self.convert(Fraction(0)))

    def convert(self, value: Any) -> Any:
        """To be defined by the arithmetic."""
        raise NotImplementedError


class Multiprecision(_Objects):
    """mpmath numbers with a precision of their own.

    Parameters
    ----------
    digits : int
        Working precision in decimal digits.

    Examples
    --------
    >>> Multiprecision(30).convert(Fraction(1, 3))
    mpf('0.33333333333333333333333333333337')
    """

    def __init__(self, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits

    def convert(self, value: Any) -> Any:
        """The nearest number of this precision; strings are read as decimals or ratios."""
        if isinstance(value, (Fraction, int)):
            value = Fraction(value)
            return self.context.mpf(value.numerator) / value.denominator
        if isinstance(value, str):
            return self.convert(Fraction(value))
        return self.context.mpf(value)

    def sqrt(self, value: Any) -> Any:
        """Square root."""
        return self.context.sqrt(value)
