r"""Leading orders: numbers ``coefficient * epsilon**exponent`` as epsilon tends to zero from above.

A program without subtractions, run on leading orders, returns the leading order of its outputs: a sum of
nonnegative terms is led by the terms of least exponent, and nothing can cancel. One-sided limits, divergences and
their constants are read off. Exponents are counted in twelfths so that square and cube roots stay integers.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Float64, Objects

UNIT = 12
"""Denominator of exponents."""


class Leading:
    """The leading order of a nonnegative quantity.

    Parameters
    ----------
    coefficient : number
        Positive, or exactly zero for a quantity that is zero.
    exponent : int or float
        In twelfths; infinite for zero.

    Examples
    --------
    >>> small, one = Leading(3.0, 12), Leading(2.0)
    >>> str(one + small), str(small / one), str(small * small)
    ('2.0', '1.5 eps^1', '9.0 eps^2')
    """

    __slots__ = ("coefficient", "exponent")

    def __init__(self, coefficient: Any, exponent: int | float = 0) -> None:
        self.coefficient = coefficient
        self.exponent = math.inf if coefficient == 0 else exponent

    @property
    def power(self) -> Fraction | None:
        """Exponent of epsilon; None for zero."""
        return None if self.exponent == math.inf else Fraction(int(self.exponent), UNIT)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Leading):
            return NotImplemented
        if self.exponent < other.exponent:
            return self
        if self.exponent > other.exponent or self.exponent == math.inf:
            return other
        return Leading(self.coefficient + other.coefficient, self.exponent)

    def __sub__(self, other: Any) -> Any:
        if not isinstance(other, Leading):
            return NotImplemented
        if self.exponent >= other.exponent and other.exponent != math.inf:
            raise DerivationError("a difference of leading orders may cancel")
        return self

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Leading):
            return NotImplemented
        return Leading(self.coefficient * other.coefficient, self.exponent + other.exponent)

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, Leading):
            return NotImplemented
        if other.exponent == math.inf:
            raise ZeroDivisionError("leading order of a quotient by zero")
        return Leading(self.coefficient / other.coefficient, self.exponent - other.exponent)

    def __str__(self) -> str:
        return (
            f"{self.coefficient}"
            if self.power == 0 or self.power is None
            else f"{self.coefficient} eps^{self.power}"
        )

    def __repr__(self) -> str:
        return f"Leading({self.coefficient!r}, {self.exponent!r})"

    def limit(self, infinity: Any, zero: Any) -> Any:
        """Value as epsilon tends to zero.

        Parameters
        ----------
        infinity : number
            In the arithmetic.
        zero : number
            In the arithmetic.
        """
        if self.exponent < 0:
            return infinity
        return self.coefficient if self.exponent == 0 else zero


class LeadingOrder(Objects):
    """Arithmetic of leading orders over another arithmetic.

    Parameters
    ----------
    base : Arithmetic
        Of the coefficients.
    """

    def __init__(self, base: Any) -> None:
        self.base = base

    def convert(self, value: Any) -> Leading:
        """A constant."""
        return value if isinstance(value, Leading) else Leading(self.base.convert(value))

    def sqrt(self, value: Leading) -> Leading:
        """Square root; the exponent must be even."""
        if value.exponent == math.inf:
            return value
        if value.exponent % 2:
            raise DerivationError(f"no square root of {value} in powers of epsilon^(1/{UNIT})")
        return Leading(self.base.sqrt(value.coefficient), value.exponent // 2)


class LeadingArray:
    """Leading orders at many points at once: arrays of nonnegative coefficients and of exponents.

    Parameters
    ----------
    coefficient : ndarray
    exponent : ndarray
        In twelfths; infinite where the coefficient is zero.

    Examples
    --------
    >>> total = LeadingArray(np.array([1.0, 1.0]), np.array([12.0, 0.0])) + np.array([0.0, 2.0])
    >>> total.coefficient, total.exponent
    (array([1., 3.]), array([12.,  0.]))
    """

    __array_ufunc__ = None

    def __init__(self, coefficient: Any, exponent: Any = 0.0) -> None:
        self.coefficient = np.asarray(coefficient, dtype=float)
        self.exponent = np.where(self.coefficient == 0, math.inf, exponent)

    def __add__(self, other: Any) -> LeadingArray:
        other = other if isinstance(other, LeadingArray) else LeadingArray(other)
        least = np.minimum(self.exponent, other.exponent)
        first = np.where(self.exponent == least, self.coefficient, 0.0)
        return LeadingArray(first + np.where(other.exponent == least, other.coefficient, 0.0), least)

    def __mul__(self, other: Any) -> LeadingArray:
        other = other if isinstance(other, LeadingArray) else LeadingArray(other)
        return LeadingArray(self.coefficient * other.coefficient, self.exponent + other.exponent)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> LeadingArray:
        other = other if isinstance(other, LeadingArray) else LeadingArray(other)
        with np.errstate(divide="ignore", invalid="ignore"):
            exponent = np.where(self.coefficient == 0, math.inf, self.exponent - other.exponent)
            return LeadingArray(self.coefficient / other.coefficient, exponent)

    def __rtruediv__(self, other: Any) -> LeadingArray:
        return LeadingArray(other) / self

    def limit(self) -> np.ndarray:
        """Values as epsilon tends to zero."""
        return np.where(self.exponent < 0, math.inf, np.where(self.exponent > 0, 0.0, self.coefficient))


class LeadingFloat64(Float64):
    """Arithmetic of leading orders at many points, in double precision."""

    def sqrt(self, value: LeadingArray) -> LeadingArray:
        """Elementwise square root."""
        return LeadingArray(np.sqrt(value.coefficient), value.exponent / 2)

    def lift(self, value: Any) -> Any:
        """Add a last axis."""
        if not isinstance(value, LeadingArray):
            return super().lift(value)
        return LeadingArray(value.coefficient[..., None], value.exponent[..., None])

    def sum_levels(self, value: Any) -> Any:
        """Sum over the last axis."""
        if not isinstance(value, LeadingArray):
            return super().sum_levels(value)
        least = np.min(value.exponent, axis=-1)
        led = np.where(value.exponent == least[..., None], value.coefficient, 0.0)
        return LeadingArray(led.sum(axis=-1), least)
