"""Leading parts of exact rational expressions once the growth of every symbol is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.growth import ZERO, Exponent


@dataclass(frozen=True)
class Row:
    """One line of a balance table.

    Attributes
    ----------
    place : str
        The definition, equation or observable the term belongs to.
    term : str
        The term, in the symbols of the system before the limit.
    exponent : Exponent
        Power of the dimension (an upper bound if the term says so).
    kept : bool
        Whether it survives in the limit.
    """

    place: str
    term: str
    exponent: Exponent
    kept: bool

    def __str__(self) -> str:
        return (
            f"{self.place:<22} {'kept   ' if self.kept else 'dropped'} d^({self.exponent!s:<4}) {self.term}"
        )


@dataclass(frozen=True)
class Scaling:
    """Exponent of every symbol, and the coefficient that replaces a parameter.

    Attributes
    ----------
    exponents : mapping symbol -> Exponent
    coefficients : mapping symbol -> sympy.Expr
    """

    exponents: Mapping[sp.Symbol, Exponent]
    coefficients: Mapping[sp.Symbol, sp.Expr]

    def of_monomial(self, symbols: Sequence[sp.Symbol], powers: Sequence[int]) -> Exponent:
        """Exponent of a product of powers."""
        total = ZERO
        for name, power in zip(symbols, powers, strict=True):
            if power:
                total = total + self.exponents.get(name, ZERO) * power
        return total


@dataclass(frozen=True)
class Leading:
    """Leading part of an expression: coefficient times a power of the dimension.

    Attributes
    ----------
    coefficient : sympy.Expr
    exponent : Exponent
    terms : tuple of (sympy.Expr, Exponent, bool)
        Every term of a polynomial that was weighed, and whether it was kept.
    detail : tuple of Row
        Balance table of a rational expression.
    """

    coefficient: sp.Expr
    exponent: Exponent
    terms: tuple[tuple[sp.Expr, Exponent, bool], ...]
    detail: tuple[Row, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing was dropped."""
        return all(kept for _, _, kept in self.terms)

    def rows(self, place: str) -> tuple[Row, ...]:
        """Lines of a balance table."""
        ordered = sorted(self.terms, key=lambda term: -term[1].value)
        return tuple(Row(place, str(term), exponent, kept) for term, exponent, kept in ordered)


def leading_polynomial(expression: sp.Expr, scaling: Scaling) -> Leading:
    """Leading part of a polynomial; terms of equal exponent that cancel identically are passed over.

    Raises
    ------
    DerivationError
        If every term cancels.
    """
    symbols = sorted(sp.sympify(expression).free_symbols, key=lambda s: s.name)
    if not symbols:
        return Leading(sp.sympify(expression), ZERO, ((sp.sympify(expression), ZERO, True),))
    weighed = []
    for powers, coefficient in sp.Poly(expression, *symbols).terms():
        monomial = coefficient * sp.Mul(*(s**k for s, k in zip(symbols, powers, strict=True)))
        weighed.append((monomial, scaling.of_monomial(symbols, powers)))
    rule = dict(scaling.coefficients)
    for top in sorted({e.value for _, e in weighed}, reverse=True):
        layer = [(term, e) for term, e in weighed if e.value == top]
        total = sp.expand(sp.Add(*(term.xreplace(rule) for term, _ in layer)))
        if total != 0:
            terms = tuple((term, e, e.value == top) for term, e in weighed)
            if all(kept for _, _, kept in terms):
                total = sp.sympify(expression).xreplace(rule)
            return Leading(total, layer[0][1], terms)
    raise DerivationError(f"every term of {expression} cancels in this limit")


def leading_rational(expression: sp.Expr, scaling: Scaling, place: str = "") -> Leading:
    """Leading part of a rational expression, fraction by fraction."""
    pieces: list[tuple[sp.Expr, Exponent, Leading, Leading]] = []
    for piece in sp.Add.make_args(sp.sympify(expression)):
        numerator, denominator = sp.fraction(sp.together(piece))
        if numerator == 0:
            continue
        above, below = leading_polynomial(numerator, scaling), leading_polynomial(denominator, scaling)
        if above.complete and below.complete:
            coefficient = piece.xreplace(dict(scaling.coefficients))
        else:
            coefficient = sp.cancel(above.coefficient / below.coefficient)
        pieces.append((coefficient, above.exponent - below.exponent, above, below))
    if not pieces:
        return Leading(sp.S.Zero, ZERO, ())
    top = max(exponent for _, exponent, _, _ in pieces)
    rows: list[Row] = []
    for number, (_, exponent, above, below) in enumerate(pieces, 1):
        piece_place = f"{place} ({number})" if len(pieces) > 1 else place
        if len(pieces) > 1:
            rows.append(Row(place, f"part {number}", exponent, exponent == top))
        rows += [*above.rows(f"{piece_place} numerator"), *below.rows(f"{piece_place} denominator")]
    kept = [coefficient for coefficient, exponent, _, _ in pieces if exponent == top]
    return Leading(sp.Add(*kept), next(e for _, e, _, _ in pieces if e == top), (), tuple(rows))


def without_monomial_factor(expression: sp.Expr) -> sp.Expr:
    """The expression divided by every positive symbol and number it is a multiple of."""
    number, factors = sp.factor_list(expression)
    rest = [factor**power for factor, power in factors if not factor.is_Symbol]
    if not rest:
        return expression
    return sp.factor_terms(sp.Mul(sp.sign(number), *(sp.expand(factor) for factor in rest)))


@dataclass(frozen=True)
class Variety:
    """Rational parametrisation of the solutions: equations solved for symbols they are linear in."""

    rules: tuple[tuple[sp.Symbol, sp.Expr], ...]
    left: tuple[sp.Expr, ...]

    def vanishes(self, expression: sp.Expr) -> bool:
        """Whether an expression is zero at every solution (or may be, where no parametrisation is known).

        A nonzero exact value at one rational point proves that it is not; the points are reproducible.
        """
        if any(expression.free_symbols & equation.free_symbols for equation in self.left):
            value = expression
            for name, solved in self.rules:
                value = sp.cancel(value.xreplace({name: solved}))
            numerator = sp.fraction(sp.cancel(value))[0]
            return value == 0 or any(not sp.gcd(numerator, equation).is_number for equation in self.left)
        generator = Random(20)
        values = [self._value(expression, generator) for _ in range(3)]
        return not any(value.is_finite and value != 0 for value in values)

    def _value(self, expression: sp.Expr, generator: Random) -> sp.Expr:
        """Exact value at a random rational solution."""
        solved = {name for name, _ in self.rules}
        free: set[sp.Symbol] = set(expression.free_symbols)
        for _, value in self.rules:
            free |= value.free_symbols
        point: dict[sp.Basic, sp.Expr] = {
            s: sp.Rational(generator.randint(2, 10**6), generator.randint(2, 10**6))
            for s in sorted(free - solved, key=lambda s: s.name)
        }
        for name, value in reversed(self.rules):
            point[name] = value.xreplace(point)
        return sp.sympify(expression.xreplace(point))


def parametrise(equations: Sequence[sp.Expr], prefer: Sequence[sp.Symbol]) -> Variety:
    """Solve equations one by one for a symbol each is linear in, trying ``prefer`` first."""
    rules: list[tuple[sp.Symbol, sp.Expr]] = []
    left: list[sp.Expr] = []
    for equation in equations:
        residual = sp.cancel(equation)
        for name, solved in rules:
            residual = sp.cancel(residual.xreplace({name: solved}))
        numerator = sp.fraction(residual)[0]
        order = [s for s in prefer if numerator.has(s)]
        linear = next((s for s in order if sp.degree(numerator, s) == 1), None)
        if linear is None:
            left.append(numerator)
            continue
        polynomial = sp.Poly(numerator, linear)
        rules.append((linear, sp.cancel(-polynomial.nth(0) / polynomial.nth(1))))
    return Variety(tuple(rules), tuple(left))
