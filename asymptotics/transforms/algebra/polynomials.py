"""Exact polynomial rings over the rationals: one set of operations, interchangeable engines.

:class:`Ring` is what elimination, certificates and root counting are written against. ``flint_adapter.Flint`` is the
fast engine; ``sympy_adapter.Sympy`` the slow one, kept as its oracle: the same calls, the same answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.errors import DerivationError

Element = Any
"""A polynomial, of the engine's own type: it adds, subtracts, multiplies, and compares for equality."""

Monomial = tuple[int, ...]
Rational = tuple[Element, Element]
"""A rational function in lowest terms: numerator, and denominator with positive leading coefficient."""


class Ring(ABC):
    """Polynomials over the rationals in given symbols.

    Every answer is normalised (primitive integer coefficients, positive leading one) and ordered, so that two
    engines, and two runs, return the same.

    Attributes
    ----------
    symbols : tuple of sympy.Symbol
        The generators, first the greatest.
    order : {"lex", "grevlex"}
        Order of monomials.
    """

    symbols: tuple[sp.Symbol, ...]
    order: str
    zero: Element
    one: Element
    gens: tuple[Element, ...]

    def index(self, symbol: sp.Symbol) -> int:
        """Position of a generator."""
        return self.symbols.index(symbol)

    @abstractmethod
    def constant(self, value: Fraction | int) -> Element:
        """A rational number as a polynomial."""

    @abstractmethod
    def from_terms(self, terms: Mapping[Monomial, Fraction]) -> Element:
        """The polynomial with the given coefficients."""

    @abstractmethod
    def terms(self, f: Element) -> tuple[tuple[Monomial, Fraction], ...]:
        """Monomials and coefficients, greatest monomial first."""

    @abstractmethod
    def leading(self, f: Element) -> tuple[Monomial, Fraction]:
        """Greatest monomial of a nonzero polynomial, and its coefficient."""

    @abstractmethod
    def degree(self, f: Element, i: int) -> int:
        """Degree in generator ``i``; -1 for zero.

        Parameters
        ----------
        f : Element
        i : int
            Number of the generator.
        """

    @abstractmethod
    def quotient(self, f: Element, g: Element) -> Element | None:
        """``f/g`` if that is a polynomial, else None.

        Parameters
        ----------
        f, g : Element
        """

    def exact(self, f: Element, g: Element) -> Element:
        """``f/g`` for a ``g`` known to divide ``f``.

        Parameters
        ----------
        f, g : Element

        Raises
        ------
        DerivationError
            If it does not.
        """
        result = self.quotient(f, g)
        if result is None:
            raise DerivationError("a division of polynomials leaves a remainder where it should not")
        return result

    @abstractmethod
    def gcd(self, f: Element, g: Element) -> Element:
        """Greatest common divisor, primitive.

        Parameters
        ----------
        f, g : Element
        """

    @abstractmethod
    def factor(self, f: Element) -> tuple[Fraction, tuple[tuple[Element, int], ...]]:
        """Constant, and irreducible factors over the rationals with their powers, in a reproducible order."""

    @abstractmethod
    def resultant(self, f: Element, g: Element, i: int) -> Element:
        """Resultant in generator ``i``: the determinant of the Sylvester matrix.

        Parameters
        ----------
        f, g : Element
        i : int
            Number of the generator.
        """

    @abstractmethod
    def discriminant(self, f: Element, i: int) -> Element:
        """Discriminant in generator ``i``.

        Parameters
        ----------
        f : Element
        i : int
            Number of the generator.
        """

    @abstractmethod
    def groebner(self, polynomials: Sequence[Element]) -> tuple[Element, ...]:
        """Reduced Groebner basis in the order of the ring, each member primitive, greatest first."""

    @abstractmethod
    def real_roots(self, coefficients: Sequence[int]) -> tuple[tuple[Fraction, Fraction], ...]:
        """Disjoint isolating intervals of the distinct real roots of a polynomial in one variable, ascending.

        ``coefficients`` are integers, constant one first. An interval of width zero is a rational root;
        otherwise the root is inside and no end is a root.
        """

    def normalized(self, f: Element) -> tuple[Fraction, Element]:
        """Content and primitive part: ``f = content * part``, the leading coefficient of ``part`` positive.

        Examples
        --------
        >>> from sympy.abc import a, b
        >>> from asymptotics.transforms.algebra.sympy_adapter import Sympy
        >>> ring = Sympy().ring([a, b])
        >>> ring.normalized(ring.read(b - 2 * a / 3))
        (Fraction(-1, 3), 2*a - 3*b)
        """
        if f == self.zero:
            return Fraction(0), f
        values = [coefficient for _, coefficient in self.terms(f)]
        content = Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))
        if values[0] < 0:
            content = -content
        return content, f * self.constant(1 / content)

    def coefficients(self, f: Element, i: int) -> dict[int, Element]:
        """Coefficients as a polynomial in generator ``i``, by power.

        Parameters
        ----------
        f : Element
        i : int
            Number of the generator.
        """
        parts: dict[int, dict[Monomial, Fraction]] = {}
        for monomial, coefficient in self.terms(f):
            rest = (*monomial[:i], 0, *monomial[i + 1 :])
            parts.setdefault(monomial[i], {})[rest] = coefficient
        return {power: self.from_terms(part) for power, part in sorted(parts.items())}

    def occurring(self, f: Element) -> tuple[int, ...]:
        """Positions of the generators that occur."""
        return tuple(i for i in range(len(self.symbols)) if self.degree(f, i) > 0)

    def one_signed(self, f: Element) -> bool:
        """Whether ``f`` cannot vanish: coefficients of one sign in symbols declared positive.

        Examples
        --------
        >>> from asymptotics.equations.naming import symbol
        >>> from asymptotics.transforms.algebra.sympy_adapter import Sympy
        >>> ring = Sympy().ring([symbol("a"), symbol("b")])
        >>> a, b = ring.gens
        >>> ring.one_signed(a + 2 * b), ring.one_signed(a - b)
        (True, False)
        """
        signs = {coefficient > 0 for _, coefficient in self.terms(f)}
        return len(signs) == 1 and all(self.symbols[i].is_positive for i in self.occurring(f))

    def pseudo_divide(self, f: Element, g: Element, i: int) -> tuple[Element, Element, Element]:
        """``multiplier * f = quotient * g + remainder``, the remainder of lower degree in generator ``i``.

        The multiplier is as small as dividing out common factors makes it.

        Parameters
        ----------
        f, g : Element
        i : int
            Number of the generator.
        """
        degree, lead, shift = self.degree(g, i), None, self.gens[i]
        multiplier, quotient = self.one, self.zero
        while f != self.zero and self.degree(f, i) >= degree:
            lead = self.coefficients(g, i)[degree] if lead is None else lead
            height = self.degree(f, i)
            top = self.coefficients(f, i)[height]
            common = self.gcd(lead, top)
            first, second = self.exact(lead, common), self.exact(top, common)
            second = second * shift ** (height - degree)
            f = first * f - second * g
            quotient, multiplier = first * quotient + second, first * multiplier
        return multiplier, quotient, f

    def substitute(self, f: Element, i: int, value: Rational) -> Rational:
        """``f`` with a rational function in place of generator ``i``, in lowest terms.

        Parameters
        ----------
        f : Element
        i : int
            Number of the generator.
        value : (Element, Element)
            Numerator and denominator.
        """
        numerator, denominator = value
        parts = self.coefficients(f, i)
        highest = max(parts, default=0)
        total = self.zero
        for power, part in parts.items():
            total = total + part * numerator**power * denominator ** (highest - power)
        return self.lowest(total, denominator**highest)

    def lowest(self, numerator: Element, denominator: Element) -> Rational:
        """A quotient in lowest terms.

        Parameters
        ----------
        numerator, denominator : Element
        """
        common = self.gcd(numerator, denominator)
        numerator, denominator = self.exact(numerator, common), self.exact(denominator, common)
        content, denominator = self.normalized(denominator)
        return numerator * self.constant(1 / content), denominator

    def linear_root(self, f: Element, i: int) -> Rational:
        """Solution of ``f = 0`` for generator ``i``, in which ``f`` has degree one.

        Parameters
        ----------
        f : Element
        i : int
            Number of the generator.
        """
        parts = self.coefficients(f, i)
        return self.lowest(-(parts[0] if 0 in parts else self.zero), parts[1])

    def write(self, f: Element) -> sp.Expr:
        """The polynomial as an expanded expression."""
        return sp.Add(
            *(
                sp.Mul(
                    sp.Rational(coefficient.numerator, coefficient.denominator),
                    *(s**power for s, power in zip(self.symbols, monomial, strict=True) if power),
                )
                for monomial, coefficient in self.terms(f)
            )
        )

    def write_rational(self, value: Rational) -> sp.Expr:
        """The rational function as an expression, numerator and denominator factored."""
        numerator, denominator = value
        return self.write_factored(numerator) / self.write_factored(denominator)

    def write_factored(self, f: Element) -> sp.Expr:
        """The polynomial as a product of its irreducible factors."""
        if f == self.zero:
            return sp.S.Zero
        constant, factors = self.factor(f)
        number = sp.Rational(constant.numerator, constant.denominator)
        return sp.Mul(number, *(self.write(factor) ** power for factor, power in factors))

    def read(self, expression: sp.Expr, environment: Mapping[sp.Symbol, Rational] | None = None) -> Element:
        """A polynomial expression as an element.

        Parameters
        ----------
        expression, environment
            As for :meth:`rational`.

        Raises
        ------
        DerivationError
            If it is not a polynomial in the symbols with rational coefficients.
        """
        numerator, denominator = self.rational(expression, environment)
        if self.occurring(denominator):
            raise DerivationError(f"{expression} is not a polynomial in {', '.join(map(str, self.symbols))}")
        return numerator * self.constant(1 / self.leading(denominator)[1])

    def rational(
        self, expression: sp.Expr, environment: Mapping[sp.Symbol, Rational] | None = None
    ) -> Rational:
        """A rational expression in lowest terms.

        Parameters
        ----------
        expression : sympy.Expr
        environment : mapping symbol -> rational function, optional
            What stands for symbols that are no generators.

        Raises
        ------
        DerivationError
            If it is not rational in the symbols, or divides by zero.

        Examples
        --------
        >>> from sympy.abc import a, b
        >>> from asymptotics.transforms.algebra.sympy_adapter import Sympy
        >>> Sympy().ring([a, b]).rational(1 / a + 1 / b)
        (a + b, a*b)
        """
        return _Reader(self, dict(environment or {})).walk(sp.sympify(expression, strict=True))


class _Reader:
    """Reads expressions; equal subexpressions are read once."""

    def __init__(self, ring: Ring, environment: dict[sp.Basic, Rational]) -> None:
        self.ring = ring
        self.known: dict[sp.Basic, Rational] = {
            s: (g, ring.one) for s, g in zip(ring.symbols, ring.gens, strict=True)
        }
        self.known.update(environment)

    def walk(self, expression: sp.Basic) -> Rational:
        """The expression as a rational function."""
        if expression not in self.known:
            self.known[expression] = self._read(expression)
        return self.known[expression]

    def _read(self, expression: sp.Basic) -> Rational:
        ring = self.ring
        if isinstance(expression, sp.Rational):
            return ring.constant(Fraction(int(expression.p), int(expression.q))), ring.one
        if isinstance(expression, sp.Add):
            return self._sum([self.walk(argument) for argument in expression.args])
        if isinstance(expression, sp.Mul):
            top, bottom = ring.one, ring.one
            for numerator, denominator in map(self.walk, expression.args):
                first, second = ring.lowest(numerator, bottom), ring.lowest(top, denominator)
                top, bottom = first[0] * second[0], first[1] * second[1]
            return ring.lowest(top, bottom)
        if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            numerator, denominator = self.walk(expression.base)
            power = int(expression.exp)
            if power >= 0:
                return numerator**power, denominator**power
            if numerator == ring.zero:
                raise DerivationError(f"{expression} divides by zero")
            return ring.lowest(denominator**-power, numerator**-power)
        if averages_in(expression):  # type: ignore[arg-type]
            raise DerivationError(f"{expression} is a spectral average: substitute a spectrum first")
        names = ", ".join(s.name for s in self.known if isinstance(s, sp.Symbol))
        raise DerivationError(f"{expression} is not rational with rational coefficients in {names}")

    def _sum(self, parts: Iterable[Rational]) -> Rational:
        """Sum over one common denominator at a time."""
        ring = self.ring
        groups: list[list[Element]] = []
        for numerator, denominator in parts:
            group = next((g for g in groups if g[1] == denominator), None)
            if group is None:
                groups.append([numerator, denominator])
            else:
                group[0] = group[0] + numerator
        top, bottom = ring.zero, ring.one
        for numerator, denominator in groups:
            common = ring.gcd(bottom, denominator)
            mine, other = ring.exact(bottom, common), ring.exact(denominator, common)
            top, bottom = top * other + numerator * mine, bottom * other
        return ring.lowest(top, bottom)
