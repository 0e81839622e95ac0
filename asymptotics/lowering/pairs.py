"""Arrays of pairs of doubles: about 31 digits for the levels of a long spectrum, at the speed of arrays.

Points keep their numbers of a multiple precision; only what runs over the levels is an array of unevaluated sums
``high + low``. Sums and products are those of Dekker and Knuth, without fused operations.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

PAIR_DIGITS = 36
"""Working precisions up to this are served: they hold a reserve of eight digits over what is asked for."""

LARGEST = 1e70
"""Numbers beyond this, or closer to zero than its inverse, are left to a multiple precision."""

_SPLIT = 134217729.0


class Pairs:
    """An array of numbers ``high + low``.

    Examples
    --------
    >>> third = Pairs(np.ones(2)) / Pairs(np.full(2, 3.0))
    >>> (third * Pairs(np.full(2, 3.0)) - Pairs(np.ones(2))).high.tolist()
    [0.0, 0.0]
    """

    __array_ufunc__ = None  # operators of arrays of objects defer to those here

    def __init__(self, high: Any, low: Any = 0.0) -> None:
        self.high, self.low = high, low

    @classmethod
    def of(cls, values: Any) -> Pairs:
        """Exact numbers, doubles or fractions."""
        high = np.array(list(map(float, values)))
        low = np.zeros(high.shape)
        for place, (value, near) in enumerate(zip(values, high.tolist(), strict=True)):
            if value != near:
                low[place] = float(Fraction(value) - Fraction(near))
        return cls(high, low)

    def __add__(self, other: Any) -> Pairs:
        right = _pair(other)
        total, rest = _two_sum(self.high, right.high)
        return _renormalized(total, rest + (self.low + right.low))

    __radd__ = __add__

    def __neg__(self) -> Pairs:
        return Pairs(-self.high, -self.low)

    def __sub__(self, other: Any) -> Pairs:
        return self + -_pair(other)

    def __rsub__(self, other: Any) -> Pairs:
        return _pair(other) + -self

    def __mul__(self, other: Any) -> Pairs:
        right = _pair(other)
        product, rest = _two_product(self.high, right.high)
        return _renormalized(product, rest + (self.high * right.low + self.low * right.high))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Pairs:
        right = _pair(other)
        first = self.high / right.high
        rest = self - right * Pairs(first)
        second = rest.high / right.high
        third = (rest - right * Pairs(second)).high / right.high
        total, low = _two_sum(first, second)
        return _renormalized(total, low + third)

    def __rtruediv__(self, other: Any) -> Pairs:
        return _pair(other) / self

    def total(self, convert: Any) -> Any:
        """The sum of all, as a number of the points: pairwise, so that errors do not pile up."""
        high, low = np.ravel(self.high), np.broadcast_to(self.low, np.shape(self.high)).ravel()
        while high.size > 16:
            if high.size % 2:
                high, low = np.append(high, 0.0), np.append(low, 0.0)
            half = Pairs(high[::2], low[::2]) + Pairs(high[1::2], low[1::2])
            high, low = half.high, half.low
        parts = [convert(Fraction(part)) for part in (*high.tolist(), *low.tolist())]
        return sum(parts, convert(Fraction(0)))


def _pair(value: Any) -> Pairs:
    """A number of the points, alone or in an array of one, as a pair."""
    if isinstance(value, Pairs):
        return value
    number = value.item() if isinstance(value, np.ndarray) else value
    high = float(number)
    return Pairs(np.float64(high), float(number - high))


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Any, b: Any) -> tuple[Any, Any]:
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Any) -> tuple[Any, Any]:
    scaled = _SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def _renormalized(high: Any, low: Any) -> Pairs:
    total = high + low
    return Pairs(total, low - (total - high))
