r"""Sums of powers of a large size, with any real exponents: programs run on them return asymptotic expansions.

A number is :math:`\sum_k a_k n^{e_k}` with decreasing exponents, known down to an order. Exponents are linear forms in
scaling exponents with their values at a point (:class:`~asymptotics.transforms.limits.growth.Exponent`), coefficients
numbers of another arithmetic. Every comparison of exponents that decides which term leads can be noted: together they
are the cell on which the same terms lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Multiprecision, Objects
from asymptotics.transforms.limits.growth import ZERO, Exponent

Term = tuple[Exponent, Any]
Order = Fraction | float

_LOST = 10
"""Digits above the rounding of the arithmetic up to which a sum counts as zero."""


class ScaleNumber:
    """A sum of powers.

    Parameters
    ----------
    arithmetic : ScaleSeries
    terms : sequence of (Exponent, coefficient)
        By decreasing exponent.
    order : Fraction or float
        Powers up to this one are not known; minus infinity for a finite sum.
    """

    __slots__ = ("arithmetic", "order", "terms")

    def __init__(self, arithmetic: ScaleSeries, terms: Sequence[Term], order: Order = -math.inf) -> None:
        kept = [term for term in terms if term[0].value > order]
        if kept:
            floor = kept[0][0].value - arithmetic.window
            inside = [term for term in kept if term[0].value > floor][: arithmetic.most]
            if len(inside) < len(kept):
                order = max(order, kept[len(inside)][0].value)
            kept = inside
        self.arithmetic, self.terms, self.order = arithmetic, tuple(kept), order

    @property
    def lead(self) -> Exponent:
        """The largest exponent.

        Raises
        ------
        DerivationError
            If no term is known.
        """
        if not self.terms:
            raise DerivationError("a quantity vanishes to all orders that were computed")
        return self.terms[0][0]

    @property
    def coefficient(self) -> Any:
        """Coefficient of the leading power."""
        self.lead  # noqa: B018  refuses where there is none
        return self.terms[0][1]

    @property
    def is_zero(self) -> bool:
        """Whether it is exactly zero."""
        return not self.terms and self.order == -math.inf

    def __add__(self, other: Any) -> Any:
        return self._plus(other, 1) if isinstance(other, ScaleNumber) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return self._plus(other, -1) if isinstance(other, ScaleNumber) else NotImplemented

    def _plus(self, other: ScaleNumber, sign: int) -> ScaleNumber:
        self.arithmetic.compare(self, other)
        signed = other.terms if sign > 0 else [(e, -a) for e, a in other.terms]
        return self.arithmetic.collected([*self.terms, *signed], max(self.order, other.order))

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, ScaleNumber):
            return NotImplemented
        if self.is_zero or other.is_zero:
            return ScaleNumber(self.arithmetic, ())
        order = max(self._top() + other.order, other._top() + self.order)
        products = [(e + f, a * b) for e, a in self.terms for f, b in other.terms]
        return self.arithmetic.collected(products, order)

    def _top(self) -> Order:
        return self.terms[0][0].value if self.terms else self.order

    def __truediv__(self, other: Any) -> Any:
        return self * other.power(Fraction(-1)) if isinstance(other, ScaleNumber) else NotImplemented

    def power(self, exponent: Fraction) -> ScaleNumber:
        """A real power of a number with a positive leading coefficient, by the binomial series.

        Raises
        ------
        DerivationError
            If a negative power is asked of zero.
        """
        if self.is_zero and exponent > 0:
            return self
        arithmetic, lead, first = self.arithmetic, self.lead, self.coefficient
        base = ScaleNumber(arithmetic, [(lead * exponent, arithmetic.base_power(first, exponent))])
        order = self.order - lead.value
        rest = ScaleNumber(arithmetic, [(e - lead, a / first) for e, a in self.terms[1:]], order)
        total = power = arithmetic.one
        if not rest.terms:
            return base * ScaleNumber(arithmetic, total.terms, order)
        factor, k = Fraction(1), 0
        while True:
            k += 1
            factor = factor * (exponent - k + 1) / k
            power = power * rest
            if factor == 0:
                return base * total
            top = power._top()
            if not power.terms or top <= max(-arithmetic.window, total.order):
                return base * ScaleNumber(arithmetic, total.terms, max(top, total.order))
            total = total + power * arithmetic.convert(factor)

    def __str__(self) -> str:
        shown = " + ".join(f"{a} n^({e})" for e, a in self.terms)
        tail = "" if self.order == -math.inf else f" + O(n^({self.order}))"
        return (shown or "0") + tail


class ScaleSeries(Objects):
    """Arithmetic of sums of powers over mpmath numbers.

    Parameters
    ----------
    base : Multiprecision
        Of the coefficients.
    window : Fraction
        How far below the leading exponent terms are kept.
    most : int
        Number of terms kept at most; one term notes the comparisons it rests on.

    Examples
    --------
    >>> arithmetic = ScaleSeries(Multiprecision(30), Fraction(3))
    >>> n = arithmetic.size(Fraction(1))
    >>> print(arithmetic.one / (arithmetic.one + n))
    1.0 n^(-1) + -1.0 n^(-2) + 1.0 n^(-3) + O(n^(-4))
    """

    def __init__(self, base: Multiprecision, window: Fraction, most: int = 60) -> None:
        self.base, self.window, self.most = base, window, most
        self.larger: dict[tuple[Any, ...], Exponent] = {}
        self.equal: dict[tuple[Any, ...], Exponent] = {}
        self._tiny = base.context.mpf(10) ** (_LOST - base.digits)
        self.one = self.convert(1)

    def convert(self, value: Any) -> ScaleNumber:
        """A constant."""
        if isinstance(value, ScaleNumber):
            return value
        return self.monomial(self.base.convert(value), ZERO)

    def monomial(self, coefficient: Any, exponent: Exponent) -> ScaleNumber:
        """A coefficient times a power; nothing for a coefficient that is zero.

        Parameters
        ----------
        coefficient : number of the base
        exponent : Exponent
        """
        return ScaleNumber(self, [] if coefficient == 0 else [(exponent, coefficient)])

    def size(self, exponent: Any) -> ScaleNumber:
        """A power of the large size."""
        return self.monomial(self.base.convert(1), Exponent.of(exponent))

    def sqrt(self, value: ScaleNumber) -> ScaleNumber:
        """Square root."""
        return value.power(Fraction(1, 2))

    def base_power(self, value: Any, exponent: Fraction) -> Any:
        """A power of a positive coefficient.

        Parameters
        ----------
        value : number of the base
        exponent : Fraction
        """
        if exponent == -1:
            return 1 / value
        return value ** self.base.convert(exponent)

    def compare(self, first: ScaleNumber, second: ScaleNumber) -> None:
        """Note which of two numbers leads, where only leading terms are kept.

        Parameters
        ----------
        first, second : ScaleNumber
        """
        if self.most > 1 or not first.terms or not second.terms:
            return
        difference = first.lead - second.lead
        if difference.value < 0:
            difference = -difference
        if difference.slopes:
            (self.larger if difference.value else self.equal)[difference.key()] = difference

    def collected(self, terms: Iterable[Term], order: Order) -> ScaleNumber:
        """Terms of equal exponent added up; a sum that is rounding noise is zero.

        Parameters
        ----------
        terms : iterable of (Exponent, coefficient)
        order : Fraction or float
            Powers up to this one are not known.
        """
        sums: dict[Fraction, list[Any]] = {}
        for exponent, value in terms:
            if exponent.value <= order:
                continue
            found = sums.get(exponent.value)
            if found is None:
                sums[exponent.value] = [exponent, value, abs(value)]
            else:
                found[1] += value
                found[2] += abs(value)
        kept = [(e, a) for e, a, size in sums.values() if abs(a) > self._tiny * size]
        kept.sort(key=lambda term: -term[0].value)
        return ScaleNumber(self, kept, order)
