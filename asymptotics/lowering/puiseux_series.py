r"""Truncated Puiseux series: a program run on them returns the expansions of its outputs, to any order.

A series is ``sum_k a_k epsilon^((start + k)/ramification)`` up to, not including, ``epsilon^(order/ramification)``; its
coefficients are numbers of another arithmetic: rationals, rational functions, mpmath numbers or balls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Objects


class PuiseuxNumber:
    """A truncated power series; its arithmetic says what the exponents count.

    Parameters
    ----------
    arithmetic : PuiseuxSeries
    start : int
        Exponent of the first coefficient.
    coefficients : sequence of number
        The first is not zero; empty for zero up to the order.
    order : int or float
        Exponents from here on are unknown; infinite for a polynomial.
    """

    __slots__ = ("arithmetic", "coefficients", "order", "start")

    def __init__(
        self, arithmetic: Any, start: int, coefficients: Sequence[Any], order: float = math.inf
    ) -> None:
        first = next((i for i, a in enumerate(coefficients) if not a == 0), len(coefficients))
        length = len(coefficients) if order == math.inf else min(len(coefficients), int(order) - start)
        kept = list(coefficients[first : max(length, first)])[: arithmetic.terms]
        if len(coefficients) - first > arithmetic.terms:
            order = min(order, start + first + arithmetic.terms)
        self.arithmetic, self.start, self.coefficients, self.order = arithmetic, start + first, kept, order

    def __getitem__(self, exponent: int) -> Any:
        place = exponent - self.start
        return self.coefficients[place] if 0 <= place < len(self.coefficients) else self.arithmetic.zero

    def _end(self) -> int:
        return self.start + len(self.coefficients)

    def _other(self, other: Any) -> PuiseuxNumber | None:
        return other if isinstance(other, PuiseuxNumber) else None

    def __add__(self, other: Any) -> Any:
        return NotImplemented if self._other(other) is None else self._combined(other, False)

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if self._other(other) is None else self._combined(other, True)

    def _combined(self, other: PuiseuxNumber, negative: bool) -> PuiseuxNumber:
        order = min(self.order, other.order)
        if not other.coefficients:
            return PuiseuxNumber(self.arithmetic, self.start, self.coefficients, order)
        start = min(self.start, other.start) if self.coefficients else other.start
        end = max(self._end(), other._end())
        values = [
            self[k] - other[k] if negative else self[k] + other[k]
            for k in range(start, min(end, int(order)) if order < math.inf else end)
        ]
        return PuiseuxNumber(self.arithmetic, start, values, order)

    def __mul__(self, other: Any) -> Any:
        if self._other(other) is None:
            return NotImplemented
        a, b = self.coefficients, other.coefficients
        order = min(self.order + other.start, other.order + self.start)
        if not a or not b:
            return PuiseuxNumber(self.arithmetic, self.start + other.start, [], order)
        length = min(len(a) + len(b) - 1, self.arithmetic.terms + 1)
        values = [
            sum(
                (a[i] * b[k - i] for i in range(max(0, k - len(b) + 1), min(k, len(a) - 1) + 1)),
                self.arithmetic.zero,
            )
            for k in range(length)
        ]
        if length < len(a) + len(b) - 1:
            order = min(order, self.start + other.start + length)
        return PuiseuxNumber(self.arithmetic, self.start + other.start, values, order)

    def __truediv__(self, other: Any) -> Any:
        return NotImplemented if self._other(other) is None else self * other.inverse()

    def _known(self) -> int:
        """Coefficients that a function of this series can have."""
        most = self.arithmetic.terms
        return most if self.order == math.inf else min(int(self.order) - self.start, most)

    def inverse(self) -> PuiseuxNumber:
        """One over the series."""
        if not self.coefficients:
            raise ZeroDivisionError("a series that vanishes to its order has no inverse")
        one, a = self.arithmetic.one, self.coefficients
        known = self._known()
        if len(a) == 1 and self.order == math.inf:
            return PuiseuxNumber(self.arithmetic, -self.start, [one / a[0]])
        values = [one / a[0]]
        for k in range(1, known):
            total = sum(
                (a[i] * values[k - i] for i in range(1, min(k, len(a) - 1) + 1)), self.arithmetic.zero
            )
            values.append(-total / a[0])
        return PuiseuxNumber(self.arithmetic, -self.start, values, -self.start + known)

    def sqrt(self) -> PuiseuxNumber:
        """The square root with positive leading coefficient."""
        if not self.coefficients:
            return PuiseuxNumber(
                self.arithmetic, 0, [], self.order if self.order == math.inf else self.order // 2
            )
        if self.start % 2:
            raise DerivationError("the square root of an odd power needs a finer ramification")
        a = self.coefficients
        known = self._known()
        values = [self.arithmetic.base.sqrt(a[0])]
        if len(a) == 1 and self.order == math.inf:
            return PuiseuxNumber(self.arithmetic, self.start // 2, values)
        for k in range(1, known):
            total = a[k] if k < len(a) else self.arithmetic.zero
            total = total - sum((values[i] * values[k - i] for i in range(1, k)), self.arithmetic.zero)
            values.append(total / (values[0] + values[0]))
        return PuiseuxNumber(self.arithmetic, self.start // 2, values, self.start // 2 + known)

    def shortened(self, count: int) -> PuiseuxNumber:
        """The first coefficients, and the order they reach."""
        if len(self.coefficients) <= count:
            return self
        return PuiseuxNumber(self.arithmetic, self.start, self.coefficients[:count], self.start + count)

    def __str__(self) -> str:
        shown = " + ".join(
            f"({a}) eps^{Fraction(self.start + k, self.arithmetic.ramification)}"
            for k, a in enumerate(self.coefficients)
        )
        tail = (
            ""
            if self.order == math.inf
            else f" + O(eps^{Fraction(int(self.order), self.arithmetic.ramification)})"
        )
        return (shown or "0") + tail


class PuiseuxSeries(Objects):
    """Arithmetic of truncated Puiseux series over another arithmetic.

    Parameters
    ----------
    base : Arithmetic
        Of the coefficients.
    ramification : int
        Exponents are integers over this.
    terms : int
        Number of coefficients carried.

    Examples
    --------
    >>> arithmetic = PuiseuxSeries(Rationals(), 1, 4)
    >>> x = arithmetic.variable()
    >>> print(arithmetic.one_series() / (arithmetic.one_series() + x))
    (1) eps^0 + (-1) eps^1 + (1) eps^2 + (-1) eps^3 + O(eps^4)
    """

    def __init__(self, base: Any, ramification: int, terms: int) -> None:
        self.base, self.ramification, self.terms = base, ramification, terms
        self.zero, self.one = base.convert(0), base.convert(1)

    def convert(self, value: Any) -> PuiseuxNumber:
        """A constant."""
        return (
            value if isinstance(value, PuiseuxNumber) else PuiseuxNumber(self, 0, [self.base.convert(value)])
        )

    def constant(self, value: Any) -> PuiseuxNumber:
        """A constant that is already a number of the base."""
        return PuiseuxNumber(self, 0, [value])

    def one_series(self) -> PuiseuxNumber:
        """One."""
        return self.convert(1)

    def variable(self, exponent: int = 1) -> PuiseuxNumber:
        """A whole power of epsilon."""
        return PuiseuxNumber(self, exponent * self.ramification, [self.one])

    def sqrt(self, value: PuiseuxNumber) -> PuiseuxNumber:
        """Square root."""
        return value.sqrt()


class Rationals(Objects):
    """Exact rational numbers.

    Examples
    --------
    >>> Rationals().sqrt(Fraction(9, 4))
    Fraction(3, 2)
    """

    def convert(self, value: Any) -> Fraction:
        """The number itself."""
        return Fraction(value)

    def sqrt(self, value: Fraction) -> Fraction:
        """Square root of the square of a rational.

        Raises
        ------
        DerivationError
            If the root is irrational.
        """
        roots = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if roots[0] ** 2 != value.numerator or roots[1] ** 2 != value.denominator:
            raise DerivationError(f"the square root of {value} is not rational")
        return Fraction(*roots)
