"""Exact multivariate polynomials by FLINT: the one door to its polynomial types.

Resultants, discriminants, greatest common divisors, factors, Groebner bases and real roots of polynomials over
the rationals, behind the same operations as the slow engine of ``polynomials``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from asymptotics.transforms.algebra.engines import arranged, basis_order
from asymptotics.transforms.algebra.polynomials import Element, Monomial, Ring

_ORDERS = {"lex": "lex", "grevlex": "degrevlex"}


@dataclass(frozen=True)
class Flint:
    """FLINT's polynomials: the fast engine.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> ring = Flint().ring([a, b])
    >>> ring.write(ring.resultant(ring.read(a**2 - b), ring.read(a - 3), 0))
    9 - b
    >>> ring.write_factored(ring.read(a**2 - b**2))
    (a - b)*(a + b)
    """

    def ring(self, symbols: Sequence[sp.Symbol], order: str = "lex") -> Ring:
        """Ring of polynomials in the symbols.

        Parameters
        ----------
        symbols : sequence of sympy.Symbol
        order : {"lex", "grevlex"}
            Of the monomials.
        """
        return _FlintRing(tuple(symbols), order)


class _FlintRing(Ring):
    """Elements are ``flint.fmpq_mpoly``; generators are numbered, so that any name of a symbol will do."""

    def __init__(self, symbols: tuple[sp.Symbol, ...], order: str) -> None:
        self.symbols, self.order = symbols, order
        names = tuple(f"x{i}" for i in range(len(symbols)))
        self._context = flint.fmpq_mpoly_ctx.get(names, _ORDERS[order])
        self._integers = flint.fmpz_mpoly_ctx.get(names, _ORDERS[order])
        self.zero, self.one = self._context.constant(0), self._context.constant(1)
        self.gens = tuple(self._context.gens())

    def constant(self, value: Fraction | int) -> Element:
        """A rational number as a polynomial."""
        exact = Fraction(value)
        return self._context.constant(flint.fmpq(exact.numerator, exact.denominator))

    def from_terms(self, terms: Mapping[Monomial, Fraction]) -> Element:
        """The polynomial with the given coefficients."""
        return self._context.from_dict({m: flint.fmpq(c.numerator, c.denominator) for m, c in terms.items()})

    def terms(self, f: Element) -> tuple[tuple[Monomial, Fraction], ...]:
        """Monomials and coefficients, greatest monomial first."""
        return tuple((tuple(map(int, m)), _fraction(c)) for m, c in zip(f.monoms(), f.coeffs(), strict=True))

    def leading(self, f: Element) -> tuple[Monomial, Fraction]:
        """Greatest monomial of a nonzero polynomial, and its coefficient."""
        return tuple(map(int, f.monomial(0))), _fraction(f.coefficient(0))

    def degree(self, f: Element, i: int) -> int:
        """Degree in generator ``i``; -1 for zero."""
        return int(f.degrees()[i]) if f else -1

    def quotient(self, f: Element, g: Element) -> Element | None:
        """``f/g`` if that is a polynomial, else None."""
        result, remainder = divmod(f, g)
        return None if remainder else result

    def gcd(self, f: Element, g: Element) -> Element:
        """Greatest common divisor, primitive."""
        return self.normalized(f.gcd(g))[1]

    def factor(self, f: Element) -> tuple[Fraction, tuple[tuple[Element, int], ...]]:
        """Constant and irreducible factors."""
        return arranged(self, f, [(factor, int(power)) for factor, power in f.factor()[1]])

    def resultant(self, f: Element, g: Element, i: int) -> Element:
        """Resultant in generator ``i``."""
        return f.resultant(g, i)

    def discriminant(self, f: Element, i: int) -> Element:
        """Discriminant in generator ``i``."""
        return f.discriminant(i)

    def groebner(self, polynomials: Sequence[Element]) -> tuple[Element, ...]:
        """Reduced Groebner basis by Buchberger's algorithm."""
        given = [self._integer(f) for f in polynomials if f]
        if not given:
            return ()
        vector = flint.fmpz_mpoly_vec(given, self._integers)
        basis: Any = vector.buchberger_naive().autoreduction(groebner=True)  # type: ignore[call-arg]
        return basis_order(self, [self._context.from_dict(dict(f.to_dict())) for f in basis])

    def _integer(self, f: Element) -> Any:
        """A multiple with integer coefficients, as FLINT's integer polynomial."""
        primitive = self.normalized(f)[1]
        return self._integers.from_dict({m: c.numerator for m, c in self.terms(primitive)})

    def real_roots(self, coefficients: Sequence[int]) -> tuple[tuple[Fraction, Fraction], ...]:
        """Isolating intervals: FLINT separates all complex roots; the real ones have imaginary part zero."""
        found: Any = flint.fmpz_poly(list(coefficients)).complex_roots()
        balls = [root.real for root, _ in found if root.imag.is_zero()]
        ends = ((_dyadic(ball.mid()), _dyadic(ball.rad())) for ball in balls)
        return tuple(sorted((middle - radius, middle + radius) for middle, radius in ends))


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _dyadic(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
