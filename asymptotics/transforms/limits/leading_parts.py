"""Leading parts of exact rational expressions once the growth of every symbol is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.system import Equation
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.growth import ZERO, Exponent


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
        fate = "kept   " if self.kept else "dropped"
        return f"{self.place:<22} {fate} d^({self.exponent!s:<4}) {self.term}"


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
        """Exponent of a product of powers.

        Parameters
        ----------
        symbols : sequence of sympy.Symbol
        powers : sequence of int
            One for each symbol.
        """
        total = ZERO
        for name, power in zip(symbols, powers, strict=True):
            if power:
                total = total + self.exponents.get(name, ZERO) * power
        return total

    def limit(self, expression: sp.Expr) -> sp.Expr:
        """The expression with every scaled parameter replaced by its coefficient."""
        return sp.sympify(expression, strict=True).xreplace(dict(self.coefficients))


@dataclass(frozen=True)
class Weighed:
    """A term of a polynomial, its exponent, and whether it leads."""

    term: sp.Expr
    exponent: Exponent
    kept: bool


@dataclass(frozen=True)
class LeadingPart:
    """Leading part of a polynomial: coefficient times a power of the dimension.

    Attributes
    ----------
    coefficient : sympy.Expr
        In the symbols after the limit.
    exponent : Exponent
    terms : tuple of Weighed
        Every term, in the symbols before the limit.
    """

    coefficient: sp.Expr
    exponent: Exponent
    terms: tuple[Weighed, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing was dropped."""
        return all(item.kept for item in self.terms)

    def rows(self, place: str) -> tuple[Row, ...]:
        """Lines of a balance table."""
        ordered = sorted(self.terms, key=lambda item: -item.exponent.value)
        return tuple(Row(place, str(item.term), item.exponent, item.kept) for item in ordered)


def leading_polynomial(expression: sp.Expr, scaling: Scaling) -> LeadingPart:
    """Leading part of a polynomial; terms of equal exponent that cancel identically are passed over.

    Parameters
    ----------
    expression : sympy.Expr
    scaling : Scaling
        How every symbol grows.

    Raises
    ------
    DerivationError
        If every term cancels.
    """
    expression = sp.sympify(expression, strict=True)
    symbols = sorted(expression.free_symbols, key=lambda s: s.name)
    if not symbols:
        return LeadingPart(expression, ZERO, (Weighed(expression, ZERO, True),))
    weighed = []
    for powers, coefficient in sp.Poly(expression, *symbols).terms():
        monomial = coefficient * sp.Mul(*(s**k for s, k in zip(symbols, powers, strict=True)))
        weighed.append((monomial, scaling.of_monomial(symbols, powers)))
    for top in sorted({e.value for _, e in weighed}, reverse=True):
        layer = [(term, e) for term, e in weighed if e.value == top]
        total = sp.expand(sp.Add(*(scaling.limit(term) for term, _ in layer)))
        if total != 0:
            terms = tuple(Weighed(term, e, e.value == top) for term, e in weighed if e.value <= top)
            if len(layer) == len(weighed):
                total = scaling.limit(expression)
            return LeadingPart(total, layer[0][1], terms)
    raise DerivationError(f"every term of {expression} cancels in this limit")


@dataclass(frozen=True)
class LeadingFraction:
    """One fraction of a rational expression and its leading part."""

    coefficient: sp.Expr
    exponent: Exponent
    numerator: LeadingPart
    denominator: LeadingPart


@dataclass(frozen=True)
class LeadingSum:
    """Leading part of a sum of fractions.

    Attributes
    ----------
    coefficient : sympy.Expr
    exponent : Exponent
    pieces : tuple of LeadingFraction
    """

    coefficient: sp.Expr
    exponent: Exponent
    pieces: tuple[LeadingFraction, ...]

    def rows(self, place: str) -> tuple[Row, ...]:
        """Lines of a balance table."""
        found: list[Row] = []
        for number, piece in enumerate(self.pieces, 1):
            here = place
            if len(self.pieces) > 1:
                here = f"{place} ({number})"
                found.append(Row(place, f"part {number}", piece.exponent, piece.exponent == self.exponent))
            found += piece.numerator.rows(f"{here} numerator")
            found += piece.denominator.rows(f"{here} denominator")
        return tuple(found)


def leading_rational(expression: sp.Expr, scaling: Scaling) -> LeadingSum:
    """Leading part of a rational expression, fraction by fraction.

    Parameters
    ----------
    expression : sympy.Expr
    scaling : Scaling
        How every symbol grows.
    """
    pieces = []
    for fraction in sp.Add.make_args(sp.sympify(expression, strict=True)):
        numerator, denominator = sp.fraction(sp.together(fraction))
        if numerator == 0:
            continue
        above, below = leading_polynomial(numerator, scaling), leading_polynomial(denominator, scaling)
        if above.complete and below.complete:
            coefficient = scaling.limit(fraction)
        else:
            coefficient = _tidy(above.coefficient, below.coefficient)
        pieces.append(LeadingFraction(coefficient, above.exponent - below.exponent, above, below))
    if not pieces:
        return LeadingSum(sp.S.Zero, ZERO, ())
    top = max((piece.exponent for piece in pieces), key=lambda e: e.value)
    kept = [piece.coefficient for piece in pieces if piece.exponent == top]
    return LeadingSum(sp.Add(*kept), top, tuple(pieces))


def _tidy(numerator: sp.Expr, denominator: sp.Expr) -> sp.Expr:
    """A fraction in lowest terms with common monomials taken out."""
    above, below = sp.fraction(sp.cancel(numerator / denominator))
    return sp.factor_terms(above) / sp.factor_terms(below)


def without_monomial_factor(expression: sp.Expr) -> sp.Expr:
    """The expression divided by every positive symbol and number it is a multiple of."""
    number, factors = sp.factor_list(expression)
    rest = [factor**power for factor, power in factors if not factor.is_Symbol]
    if not rest:
        return expression
    return sp.factor_terms(sp.Mul(sp.sign(number), *(sp.expand(factor) for factor in rest)))


def two_sided(form: sp.Expr, moving: Sequence[sp.Symbol], meaning: str) -> Equation:
    """A form that vanishes as an equation: positive terms on one side, negative ones on the other.

    Parameters
    ----------
    form : sympy.Expr
    moving : sequence of sympy.Symbol
        The side without any of these stands right.
    meaning : str
    """
    terms = sp.Add.make_args(sp.expand(form))
    left = [term for term in terms if not term.could_extract_minus_sign()]
    right = [-term for term in terms if term.could_extract_minus_sign()]
    if not left or not right:
        return Equation(form, sp.S.Zero, meaning)
    sides = [sp.Add(*left), sp.Add(*right)]
    if not sides[0].has(*moving):
        sides.reverse()
    return Equation(sides[0], sides[1], meaning)
