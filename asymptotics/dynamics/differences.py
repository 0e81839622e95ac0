r"""Divided differences carried through programs, so that nothing is subtracted.

A number of this arithmetic is the pair of values of a quantity at two points, and its slopes: the difference of the
values is exactly the sum of slopes times the differences of independent quantities. Products, quotients and roots of
such numbers have slopes of the same kind, of which none is a difference of close numbers. At equal points these are
derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Slopes = tuple[Any, ...]


def _plus(one: Any, two: Any) -> Any:
    if one is None or two is None:
        return two if one is None else one
    return one + two


def _times(one: Any, two: Any) -> Any:
    return None if one is None else one * two


class Difference:
    """A quantity at two points, with slopes; None stands for a slope of zero.

    Examples
    --------
    >>> x = Difference(2.0, 3.0, (1.0,))
    >>> y = x * x / (x + 1.0)
    >>> y.slopes[0] == 9 / 4 - 4 / 3
    True
    """

    __slots__ = ("first", "second", "slopes")
    __array_ufunc__ = None

    def __init__(self, first: Any, second: Any, slopes: Slopes) -> None:
        self.first, self.second, self.slopes = first, second, slopes

    def _of(self, other: Any) -> Difference:
        return (
            other if isinstance(other, Difference) else Difference(other, other, (None,) * len(self.slopes))
        )

    def __add__(self, other: Any) -> Difference:
        if not isinstance(other, Difference):
            return Difference(self.first + other, self.second + other, self.slopes)
        slopes = tuple(_plus(a, b) for a, b in zip(self.slopes, other.slopes, strict=True))
        return Difference(self.first + other.first, self.second + other.second, slopes)

    __radd__ = __add__

    def __neg__(self) -> Difference:
        return Difference(-self.first, -self.second, tuple(None if s is None else -s for s in self.slopes))

    def __sub__(self, other: Any) -> Difference:
        return self + (-other)

    def __rsub__(self, other: Any) -> Difference:
        return (-self) + other

    def __mul__(self, other: Any) -> Difference:
        if not isinstance(other, Difference):
            slopes = tuple(_times(s, other) for s in self.slopes)
            return Difference(self.first * other, self.second * other, slopes)
        slopes = tuple(
            _plus(_times(b, self.first), _times(a, other.second))
            for a, b in zip(self.slopes, other.slopes, strict=True)
        )
        return Difference(self.first * other.first, self.second * other.second, slopes)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Difference:
        if not isinstance(other, Difference):
            return self * (1 / other)
        first, inverse = self.first / other.first, 1 / other.second
        slopes = tuple(
            _times(_plus(a, _times(b, -first)), inverse)
            for a, b in zip(self.slopes, other.slopes, strict=True)
        )
        return Difference(first, self.second * inverse, slopes)

    def __rtruediv__(self, other: Any) -> Difference:
        return self._of(other) / self


class Differences:
    """The arithmetic of differences over another arithmetic, of arrays or of single numbers."""

    def __init__(self, arithmetic: Any) -> None:
        self.inner = arithmetic

    def convert(self, value: Any) -> Any:
        """An exact constant in the inner arithmetic."""
        return self.inner.convert(value)

    def sqrt(self, value: Any) -> Any:
        """Square root."""
        if not isinstance(value, Difference):
            return self.inner.sqrt(value)
        first, second = self.inner.sqrt(value.first), self.inner.sqrt(value.second)
        inverse = 1 / (first + second)
        return Difference(first, second, tuple(_times(s, inverse) for s in value.slopes))

    def lift(self, value: Any) -> Any:
        """A point value made to broadcast against level values."""
        return self._through(self.inner.lift, value)

    def sum_levels(self, value: Any) -> Any:
        """Sum over levels."""
        return self._through(self.inner.sum_levels, value)

    def balance(self, share: Any, rest: Any) -> Any:
        """Not needed here."""
        raise NotImplementedError

    def learned(self, first: Any, second: Any) -> Any:
        """Not needed here."""
        raise NotImplementedError

    @staticmethod
    def _through(function: Any, value: Any) -> Any:
        if not isinstance(value, Difference):
            return function(value)
        slopes = tuple(None if s is None else function(np.asarray(s)) for s in value.slopes)
        return Difference(function(value.first), function(value.second), slopes)
