"""The field of rational functions in the symbols and averages of some expressions, as fast exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp
from sympy.polys.fields import FracElement, FracField
from sympy.polys.matrices import DomainMatrix

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError


class RationalField:
    """Rational functions over the integers in everything that occurs in the expressions.

    Spectral averages count as variables, as do powers with exponents that are not integers.

    Parameters
    ----------
    expressions : iterable of sympy.Expr

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> field = RationalField([x / y])
    >>> field.expression(field(x / y) + field(1 / y))
    (x + 1)/y
    """

    def __init__(self, expressions: Iterable[sp.Expr]) -> None:
        found: set[sp.Expr] = set()
        for expression in expressions:
            _collect(expression, found)
        ordered = sorted(found, key=lambda g: (not g.is_Symbol, str(g), sp.default_sort_key(g)))
        self.generators: tuple[sp.Expr, ...] = tuple(ordered)
        self.field = FracField(ordered, sp.ZZ, "lex") if ordered else None
        self._images: dict[sp.Expr, Any] = {}
        if self.field is not None:
            self._images = dict(zip(ordered, self.field.gens, strict=True))

    def __call__(self, expression: sp.Expr) -> Any:
        """The expression as an element of the field.

        Raises
        ------
        DerivationError
            If it uses a variable the field was not made with, or is not rational.
        """
        if expression in self._images:
            return self._images[expression]
        if isinstance(expression, sp.Rational):
            one = self._one()
            return one * int(expression.p) / int(expression.q)
        if isinstance(expression, sp.Add):
            result = self(expression.args[0])
            for argument in expression.args[1:]:
                result = result + self(argument)
        elif isinstance(expression, sp.Mul):
            result = self(expression.args[0])
            for argument in expression.args[1:]:
                result = result * self(argument)
        elif isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            base, exponent = self(expression.base), int(expression.exp)
            result = base**exponent if exponent >= 0 else (1 / base) ** (-exponent)
        else:
            raise DerivationError(f"{expression} is not a rational function of {self.generators}")
        self._images[expression] = result
        return result

    def _one(self) -> Any:
        return self.field.one if self.field is not None else sp.S.One

    def expression(self, element: Any) -> sp.Expr:
        """An element of the field as an expression, numerator over denominator."""
        return element.as_expr() if hasattr(element, "as_expr") else sp.sympify(element, strict=True)

    def substitute(self, element: FracElement, variable: sp.Expr, value: FracElement) -> FracElement:
        """The element with a variable replaced by another element.

        Parameters
        ----------
        element : FracElement
            Of the field.
        variable : sympy.Expr
            A generator.
        value : FracElement
            What stands in its place.
        """
        numerator, top = _compose(element.numer, self._images[variable].numer, value)
        denominator, bottom = _compose(element.denom, self._images[variable].numer, value)
        below = value.denom
        return self.field.new(numerator * below**bottom, denominator * below**top)  # type: ignore[union-attr]

    def numerator_after(self, element: FracElement, variable: sp.Expr, value: FracElement) -> Any:
        """Numerator of what :meth:`substitute` returns, before common factors are cancelled.

        Parameters
        ----------
        element : FracElement
            Of the field.
        variable : sympy.Expr
            A generator.
        value : FracElement
            What stands in its place.
        """
        return _compose(element.numer, self._images[variable].numer, value)[0]

    def linear_value(self, element: FracElement, variable: sp.Expr) -> FracElement | None:
        """Value of the variable at which the element vanishes, if its numerator is linear in it.

        Parameters
        ----------
        element : FracElement
            Of the field.
        variable : sympy.Expr
            A generator.
        """
        numerator, generator = element.numer, self._images[variable].numer
        if numerator.degree(generator) != 1:
            return None
        slope = numerator.diff(generator)
        return self.field.new(slope * generator - numerator, slope)  # type: ignore[union-attr]

    def solve(self, matrix: Sequence[Sequence[Any]], right: Sequence[Any]) -> list[Any]:
        """Solution of a linear system, in field elements.

        Parameters
        ----------
        matrix : sequence of Sequence[Any]
            Square, of field elements.
        right : sequence of Any
            One element for each row.
        """
        if not right:
            return []
        size, domain = len(right), self.field.to_domain()  # type: ignore[union-attr]
        left = DomainMatrix([list(row) for row in matrix], (size, size), domain)
        column = DomainMatrix([[value] for value in right], (size, 1), domain)
        return [row[0] for row in left.to_sparse().lu_solve(column.to_sparse()).to_list()]


def _collect(expression: sp.Expr, found: set[sp.Expr]) -> None:
    if isinstance(expression, (sp.Symbol, SpectralAverage)):
        found.add(expression)
    elif isinstance(expression, sp.Pow) and not isinstance(expression.exp, sp.Integer):
        found.add(expression)
    else:
        for argument in expression.args:
            _collect(argument, found)


def _compose(polynomial: Any, generator: Any, value: FracElement) -> tuple[Any, int]:
    """Numerator of a polynomial at a fraction, and the power of the fraction's denominator below it."""
    degree = int(polynomial.degree(generator)) if polynomial else 0
    if degree == 0:
        return polynomial, 0
    index = polynomial.ring.gens.index(generator)
    slices: list[dict[Any, Any]] = [{} for _ in range(degree + 1)]
    for monomial, coefficient in polynomial.terms():
        rest = (*monomial[:index], 0, *monomial[index + 1 :])
        slices[monomial[index]][rest] = coefficient
    total = polynomial.ring.zero
    for power, data in enumerate(slices):
        if data:
            part = polynomial.ring.from_dict(data) * value.denom ** (degree - power)
            total = total + (part * value.numer**power if power else part)
    return total, degree
