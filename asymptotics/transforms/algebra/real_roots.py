"""Real algebraic numbers: a polynomial and an interval with rational ends that holds exactly one root of it.

Everything is exact: Sturm's theorem says how many roots an interval holds, bisection shrinks it, and the sign of
another polynomial at the root is found by shrinking until its range has one sign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm

import sympy as sp

from asymptotics.errors import CertificateError
from asymptotics.transforms.algebra.engines import Engine

Coefficients = tuple[Fraction, ...]
"""A polynomial in one variable, constant coefficient first, without leading zeros."""


def value_at(polynomial: Sequence[Fraction | int], point: Fraction) -> Fraction:
    """Value at a rational point.

    Parameters
    ----------
    polynomial : sequence of Fraction or int
        Constant coefficient first.
    point : Fraction

    Examples
    --------
    >>> value_at([1, 2, 3], Fraction(1, 2))
    Fraction(11, 4)
    """
    total = Fraction(0)
    for coefficient in reversed(polynomial):
        total = total * point + coefficient
    return total


def value_range(
    polynomial: Sequence[Fraction | int], low: Fraction, high: Fraction
) -> tuple[Fraction, Fraction]:
    """An interval that contains the values on ``[low, high]`` (Horner's rule on intervals).

    Parameters
    ----------
    polynomial : sequence of Fraction or int
        Constant coefficient first.
    low, high : Fraction
    """
    bottom = top = Fraction(0)
    for coefficient in reversed(polynomial):
        products = (bottom * low, bottom * high, top * low, top * high)
        bottom, top = min(products) + coefficient, max(products) + coefficient
    return bottom, top


def _trimmed(values: Sequence[Fraction]) -> list[Fraction]:
    found = list(values)
    while found and found[-1] == 0:
        found.pop()
    return found


def _primitive(values: list[Fraction]) -> list[Fraction]:
    """The polynomial times a positive number that makes its coefficients coprime integers."""
    if not values:
        return values
    scale = lcm(*(v.denominator for v in values))
    content = gcd(*(int(v * scale) for v in values))
    return [v * scale / content for v in values]


def sturm_chain(polynomial: Sequence[Fraction | int]) -> tuple[Coefficients, ...]:
    """Sturm's sequence of a polynomial, each member up to a positive factor, over what they have in common.

    So none vanishes where all the others do, and multiple roots are counted once, at the ends of intervals too.

    Examples
    --------
    >>> [[int(c) for c in member] for member in sturm_chain([-2, 0, 1])]
    [[-2, 0, 1], [0, 1], [1]]
    """
    chain = [_primitive(_trimmed([Fraction(c) for c in polynomial]))]
    chain.append(_primitive([k * c for k, c in enumerate(chain[0])][1:]))
    while chain[-1]:
        chain.append(_primitive([-c for c in _remainder(chain[-2], chain[-1])]))
    members = [member for member in chain if member]
    return tuple(tuple(_primitive(_divided(member, members[-1])[0])) for member in members)


def sturm_count(
    chain: Sequence[Coefficients], low: Fraction | None = None, high: Fraction | None = None
) -> int:
    """Number of distinct real roots in ``(low, high]``, by Sturm's theorem; None is infinity.

    Parameters
    ----------
    chain : sequence of tuple of Fraction
        From :func:`sturm_chain`.
    low, high : Fraction, optional

    Examples
    --------
    >>> sturm_count(sturm_chain([-2, 0, 1])), sturm_count(sturm_chain([-2, 0, 1]), Fraction(0))
    (2, 1)
    """
    return _variations(chain, low, -1) - _variations(chain, high, 1)


def _variations(chain: Sequence[Coefficients], point: Fraction | None, side: int) -> int:
    if point is None:
        values = [member[-1] * side ** (len(member) - 1) for member in chain]
    else:
        values = [value_at(member, point) for member in chain]
    signs = [value > 0 for value in values if value != 0]
    return sum(1 for first, second in pairwise(signs) if first != second)


@dataclass(frozen=True)
class RealRoot:
    """A real algebraic number.

    Attributes
    ----------
    polynomial : tuple of Fraction
        Irreducible over the rationals, constant coefficient first.
    low, high : Fraction
        The root is the only one in between; equal if it is rational.

    Examples
    --------
    >>> root = RealRoot((Fraction(-2), Fraction(0), Fraction(1)), Fraction(1), Fraction(2))
    >>> root.decimal(20), root.sign([Fraction(-3, 2), Fraction(1)])
    ('1.4142135623730950488', -1)
    """

    polynomial: Coefficients
    low: Fraction
    high: Fraction

    def refined(self, width: Fraction) -> RealRoot:
        """The same root in an interval not wider than ``width``."""
        low, high = self.low, self.high
        below = value_at(self.polynomial, low) > 0
        while high - low > width:
            middle = (low + high) / 2
            if (value_at(self.polynomial, middle) > 0) == below:
                low = middle
            else:
                high = middle
        return replace(self, low=low, high=high)

    def sign(self, polynomial: Sequence[Fraction | int]) -> int:
        """Sign of another polynomial at the root: -1, 0 or 1, exactly."""
        if not _remainder(polynomial, self.polynomial):
            return 0
        root = self
        while True:
            bottom, top = value_range(polynomial, root.low, root.high)
            if bottom > 0 or top < 0:
                return 1 if bottom > 0 else -1
            root = root.refined((root.high - root.low) / 2**20)

    def quotient(
        self, numerator: Sequence[Fraction | int], denominator: Sequence[Fraction | int], width: Fraction
    ) -> tuple[Fraction, Fraction]:
        """Interval not wider than ``width`` with the value of a rational function at the root.

        Parameters
        ----------
        numerator, denominator : sequence of Fraction or int
            Constant coefficient first.
        width : Fraction

        Raises
        ------
        ZeroDivisionError
            If the denominator vanishes there.
        """
        top_rest, bottom_rest = (_remainder(f, self.polynomial) for f in (numerator, denominator))
        if not bottom_rest:
            raise ZeroDivisionError("the denominator vanishes at the root")
        value = (top_rest[-1] if len(top_rest) == len(bottom_rest) else Fraction(0)) / bottom_rest[-1]
        if top_rest == _trimmed([value * c for c in bottom_rest]):  # rational
            return value, value
        root = self
        while True:
            bottom, top = value_range(denominator, root.low, root.high)
            if bottom > 0 or top < 0:
                ends = [a / b for a in value_range(numerator, root.low, root.high) for b in (bottom, top)]
                if max(ends) - min(ends) <= width:
                    return min(ends), max(ends)
            root = root.refined((root.high - root.low) / 2**20)

    def decimal(self, digits: int) -> str:
        """The root in decimal notation, rounded correctly to ``digits`` significant digits."""
        return decimal(lambda width: self.quotient((0, 1), (1,), width), digits)


def decimal(enclosure: Callable[[Fraction], tuple[Fraction, Fraction]], digits: int) -> str:
    """A number rounded correctly, from a function that encloses it in intervals of any width.

    The intervals of a rational number must shrink to a point, or rounding may never be decided.

    Parameters
    ----------
    enclosure : callable of Fraction
        Two rational ends, not further apart than the argument.
    digits : int
        Significant ones.
    """
    width = Fraction(1, 10**digits)
    while True:
        low, high = enclosure(width)
        shown = {str(sp.Float(sp.Rational(v.numerator, v.denominator), digits)) for v in (low, high)}
        if len(shown) == 1:
            return shown.pop()
        width = width / 10**10


def _divided(
    polynomial: Sequence[Fraction | int], divisor: Sequence[Fraction]
) -> tuple[list[Fraction], list[Fraction]]:
    """Quotient and remainder."""
    rest = _trimmed([Fraction(c) for c in polynomial])
    quotient = [Fraction(0)] * max(len(rest) - len(divisor) + 1, 0)
    while len(rest) >= len(divisor):
        factor, shift = rest[-1] / divisor[-1], len(rest) - len(divisor)
        quotient[shift] = factor
        for k, coefficient in enumerate(divisor):
            rest[shift + k] -= factor * coefficient
        rest = _trimmed(rest[:-1])
    return quotient, rest


def _remainder(polynomial: Sequence[Fraction | int], divisor: Sequence[Fraction]) -> list[Fraction]:
    return _divided(polynomial, divisor)[1]


def real_roots(polynomial: Sequence[Fraction | int], engine: Engine) -> tuple[RealRoot, ...]:
    """The real roots of an irreducible polynomial, ascending.

    The engine proposes isolating intervals; that they are, and that no root is missing, is then proved by Sturm's
    theorem.

    Parameters
    ----------
    polynomial : sequence of Fraction or int
        Constant coefficient first; irreducible over the rationals.
    engine : Engine

    Raises
    ------
    CertificateError
        If the proof fails.

    Examples
    --------
    >>> from asymptotics.transforms.algebra.flint_adapter import Flint
    >>> [root.decimal(5) for root in real_roots([-2, 0, 1], Flint())]
    ['-1.4142', '1.4142']
    """
    values = _primitive(_trimmed([Fraction(c) for c in polynomial]))
    if len(values) == 2:
        root = -values[0] / values[1]
        return (RealRoot(tuple(values), root, root),)
    proposed = engine.ring([sp.Symbol("x")]).real_roots([int(v) for v in values])
    chain = sturm_chain(values)
    each = all(sturm_count(chain, low, high) == 1 for low, high in proposed)
    if not each or sturm_count(chain) != len(proposed):
        raise CertificateError("Sturm's theorem counts other real roots than were isolated")
    return tuple(RealRoot(tuple(values), low, high) for low, high in proposed)
