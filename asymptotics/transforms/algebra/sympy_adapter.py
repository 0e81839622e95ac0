"""Exact multivariate polynomials by SymPy's own algorithms: slow, and the oracle of the fast engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.orderings import grevlex, lex
from sympy.polys.rings import PolyRing

from asymptotics.transforms.algebra.engines import arranged, basis_order
from asymptotics.transforms.algebra.polynomials import Element, Monomial, Ring


@dataclass(frozen=True)
class Sympy:
    """SymPy's polynomials: the slow engine.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> ring = Sympy().ring([a, b])
    >>> ring.resultant(ring.read(a**2 - b), ring.read(a - 3), 0)
    -b + 9
    """

    def ring(self, symbols: Sequence[sp.Symbol], order: str = "lex") -> Ring:
        """Ring of polynomials in the symbols.

        Parameters
        ----------
        symbols : sequence of sympy.Symbol
        order : {"lex", "grevlex"}
            Of the monomials.
        """
        return _SympyRing(tuple(symbols), order)


class _SympyRing(Ring):
    """Elements are ``sympy.polys.rings.PolyElement``."""

    def __init__(self, symbols: tuple[sp.Symbol, ...], order: str) -> None:
        self.symbols, self.order = symbols, order
        self._ring = PolyRing(symbols, sp.QQ, {"lex": lex, "grevlex": grevlex}[order])
        self.zero, self.one, self.gens = self._ring.zero, self._ring.one, tuple(self._ring.gens)

    def constant(self, value: Fraction | int) -> Element:
        """A rational number as a polynomial."""
        exact = Fraction(value)
        return self._ring.ground_new(sp.QQ(exact.numerator, exact.denominator))

    def from_terms(self, terms: Mapping[Monomial, Fraction]) -> Element:
        """The polynomial with the given coefficients."""
        return self._ring.from_dict({m: sp.QQ(c.numerator, c.denominator) for m, c in terms.items()})

    def terms(self, f: Element) -> tuple[tuple[Monomial, Fraction], ...]:
        """Monomials and coefficients, greatest monomial first."""
        return tuple((tuple(m), _fraction(c)) for m, c in f.terms())

    def leading(self, f: Element) -> tuple[Monomial, Fraction]:
        """Greatest monomial of a nonzero polynomial, and its coefficient."""
        return tuple(f.LM), _fraction(f.LC)

    def degree(self, f: Element, i: int) -> int:
        """Degree in generator ``i``; -1 for zero."""
        return int(f.degree(i)) if f else -1

    def quotient(self, f: Element, g: Element) -> Element | None:
        """``f/g`` if that is a polynomial, else None."""
        result, remainder = divmod(f, g)
        return None if remainder else result

    def gcd(self, f: Element, g: Element) -> Element:
        """Greatest common divisor, primitive."""
        return self.normalized(f.gcd(g))[1]

    def factor(self, f: Element) -> tuple[Fraction, tuple[tuple[Element, int], ...]]:
        """Constant and irreducible factors."""
        return arranged(self, f, [(factor, int(power)) for factor, power in f.factor_list()[1]])

    def resultant(self, f: Element, g: Element, i: int) -> Element:
        """Resultant in generator ``i``."""
        if 0 in (f, g):
            return self.zero
        value = sp.resultant(f.as_expr(), g.as_expr(), self.symbols[i])
        return self._ring.from_expr(sp.expand(value))

    def discriminant(self, f: Element, i: int) -> Element:
        """Discriminant in generator ``i``."""
        return self._ring.from_expr(sp.expand(sp.discriminant(f.as_expr(), self.symbols[i])))

    def groebner(self, polynomials: Sequence[Element]) -> tuple[Element, ...]:
        """Reduced Groebner basis."""
        given = [f.as_expr() for f in polynomials if f]
        basis = sp.groebner(given, *self.symbols, order=self.order, domain=sp.QQ) if given else []
        return basis_order(self, [self._ring.from_expr(p.as_expr()) for p in getattr(basis, "polys", [])])

    def real_roots(self, coefficients: Sequence[int]) -> tuple[tuple[Fraction, Fraction], ...]:
        """Isolating intervals by continued fractions."""
        polynomial = sp.Poly(list(reversed(coefficients)), sp.Dummy("x"), domain=sp.QQ)
        if polynomial.degree() < 1:
            return ()
        polynomial = polynomial.sqf_part()
        found = []
        for (low, high), _ in polynomial.intervals():
            while low != high and 0 in (polynomial.eval(low), polynomial.eval(high)):
                low, high = polynomial.refine_root(low, high, steps=1)
            found.append((_fraction(low), _fraction(high)))
        return tuple(found)


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))
