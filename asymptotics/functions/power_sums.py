r"""Sums over a power law, by Mellin transform: two families of powers, one fractional and one of integers.

.. math::
    S(b; i, j) = \sum_{k\ge1} k^{-b}\frac{x^i}{(1+x)^j},\quad x = \nu k^\alpha
    \;\sim\; \frac{B(i-\rho,\, j-i+\rho)}{\alpha}\,\nu^\rho
    + \sum_{m\ge0} (-1)^m\frac{(j)_m}{m!}\,\zeta(b-\alpha(i+m))\,\nu^{i+m},\qquad \rho = \frac{b-1}{\alpha}.

The residues of :math:`\Gamma(z+i)\Gamma(j-i-z)\zeta(b+\alpha z)/\Gamma(j)`. Where a fractional power meets
an integer one there is a logarithm, and no such sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import mpmath

from asymptotics.errors import DerivationError

_MOST_TERMS = 200


@cache
def _context() -> Any:
    context = mpmath.MPContext()
    context.dps = 20
    return context


@dataclass(frozen=True)
class SumTerm:
    """One term of an expansion: a constant times a power of the pole.

    Attributes
    ----------
    power : Fraction
    kind : {"beta", "zeta"}
    arguments : tuple of Fraction
        Of the special function.
    factor : Fraction
        In front of it.
    """

    power: Fraction
    kind: str
    arguments: tuple[Fraction, ...]
    factor: Fraction

    def value(self, context: Any) -> Any:
        """The constant, in the numbers of an mpmath context."""
        given = [context.mpf(a.numerator) / a.denominator for a in self.arguments]
        found = context.beta(*given) if self.kind == "beta" else context.zeta(*given)
        return found * self.factor.numerator / self.factor.denominator

    @property
    def sign(self) -> int:
        """Sign of the constant, plus or minus one."""
        return 1 if self.value(_context()) > 0 else -1

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.arguments))
        factor = "" if self.factor == 1 else f"{self.factor}*"
        return f"{factor}{self.kind}({inner})"


def small_pole(alpha: Fraction, b: Fraction, i: int, j: int, count: int) -> list[SumTerm]:
    """Expansion of the sum for a small pole: the fractional power, and that many integer ones.

    Parameters
    ----------
    alpha, b : Fraction
        Decay of the eigenvalues and of the weights (zero for a trace).
    i, j : int
        Powers of x and of 1 + x.
    count : int

    Raises
    ------
    DerivationError
        If the fractional power is the first integer one: the sum is led by a logarithm. Where it is a later one, the
        expansion ends before it.

    Examples
    --------
    >>> [str(term) for term in small_pole(Fraction(3, 2), Fraction(0), 0, 1, 2)]
    ['2/3*beta(2/3, 1/3)', 'zeta(0)', '-1*zeta(-3/2)']
    """
    rho = (b - 1) / alpha
    meets = rho.denominator == 1 and rho >= i
    if meets and rho == i:
        raise DerivationError(
            f"the sum of k^(-{b}) x^{i}/(1 + x)^{j}, x = nu k^{alpha}, has a logarithm: (b - 1)/alpha = {rho} is "
            "a whole number; change an exponent by a little, or ask predict for the exact sum"
        )
    terms = [] if meets else [SumTerm(rho, "beta", (i - rho, j - i + rho), 1 / alpha)]
    for m in range(min(count, int(rho) - i) if meets else count):
        factor = Fraction((-1) ** m * math.comb(j + m - 1, m))
        terms.append(SumTerm(Fraction(i + m), "zeta", (b - alpha * (i + m),), factor))
    return [term for term in terms if term.factor and not _vanishes(term)]


def first_unknown(alpha: Fraction, b: Fraction, i: int, count: int) -> Fraction:
    """The power from which on `small_pole` leaves terms out: a logarithm's, or the next integer one.

    Parameters
    ----------
    alpha, b, i, count
        As for `small_pole`.
    """
    rho = (b - 1) / alpha
    return min(rho, Fraction(i + count)) if rho.denominator == 1 and rho >= i else Fraction(i + count)


def large_pole(alpha: Fraction, b: Fraction, i: int, j: int, count: int) -> list[SumTerm]:
    """Expansion of the sum for a large pole: moments of the spectrum.

    Parameters
    ----------
    alpha, b, i, j, count
        As for `small_pole`.

    Examples
    --------
    >>> [str(term) for term in large_pole(Fraction(3, 2), Fraction(0), 0, 1, 2)]
    ['zeta(3/2)', '-1*zeta(3)']
    """
    return [
        SumTerm(
            Fraction(i - j - m),
            "zeta",
            (b + alpha * (j - i + m),),
            Fraction((-1) ** m * math.comb(j + m - 1, m)),
        )
        for m in range(count)
    ]


def _vanishes(term: SumTerm) -> bool:
    """Whether zeta is at one of its trivial zeros."""
    (argument, *others) = term.arguments
    return not others and argument < 0 and argument.denominator == 1 and argument % 2 == 0


def power_sum(alpha: Fraction, b: Fraction, i: int, j: int, pole: Any, context: Any) -> Any:
    """The sum for a small pole, to the precision of an mpmath context: terms up to the smallest one.

    Parameters
    ----------
    alpha, b, i, j
        As for `small_pole`.
    pole : number of the context
    context : mpmath.MPContext

    Raises
    ------
    DerivationError
        If there is a logarithm, or the pole is too large for the precision.

    Examples
    --------
    >>> import mpmath
    >>> context = mpmath.mp.clone()
    >>> exact = (100 * context.pi * context.coth(100 * context.pi) - 1) / 2
    >>> found = power_sum(Fraction(2), Fraction(0), 0, 1, context.mpf("1e-4"), context)
    >>> bool(abs(found / exact - 1) < 1e-12)
    True
    """
    if first_unknown(alpha, b, i, _MOST_TERMS) < i + _MOST_TERMS:
        raise DerivationError("the sum has a logarithm; use the exact sum")
    total, last, ends = context.mpf(0), context.inf, False
    for term in small_pole(alpha, b, i, j, _MOST_TERMS):
        found = _constant(term, context, context.prec) * pole ** (
            context.mpf(term.power.numerator) / term.power.denominator
        )
        if term.kind == "zeta":
            ends = abs(found) > last
            last = abs(found)
        if ends:
            break
        total += found
        if last < context.eps * abs(total):
            return total
    if ends and last > context.eps * abs(total) * 2**20:
        raise DerivationError("the pole is too large for an expansion of that precision; use the exact sum")
    return total


@lru_cache(maxsize=4096)
def _constant(term: SumTerm, context: Any, precision: int) -> Any:
    """The constant of a term, remembered for each precision."""
    return term.value(context)
