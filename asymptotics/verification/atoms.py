"""Spectral averages and radicals as symbols, with the relations that make the replacement exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError


def _partial_fractions(function: sp.Expr, s: sp.Symbol) -> dict[sp.Expr, sp.Expr]:
    """Coefficients of a rational function ``f`` of ``s`` in ``s`` times the partial fractions of ``f/s``.

    That basis is unique, and functions that vanish at ``s = 0`` need no trace of the identity in it.
    """
    numerator, denominator = sp.fraction(sp.together(function / s))
    bottom = sp.Poly(denominator, s)
    scale, factors = bottom.factor_list() if bottom.degree() > 0 else (denominator, [])
    terms: dict[sp.Expr, sp.Expr] = {}
    quotient, remainder = sp.Poly(numerator, s).div(bottom)
    for (power,), value in quotient.terms():
        _add(terms, s ** (power + 1), value)
    for number, (factor, multiplicity) in enumerate(factors):
        others = sp.Mul(*(f.as_expr() ** m for k, (f, m) in enumerate(factors) if k != number)) * scale
        if factor.degree() != 1:
            raise DerivationError(f"{function} has a pole that is not rational in its parameters")
        root = sp.cancel(-factor.nth(0) / factor.nth(1))
        monic = s - root
        # Taylor coefficients at the pole, by repeated division
        top, low = sp.Poly(remainder.as_expr().subs(s, s + root), s), sp.Poly(others.subs(s, s + root), s)
        series = _series(top, low, multiplicity)
        for order, value in enumerate(series):
            power = multiplicity - order
            _add(terms, s * monic**-power, sp.cancel(value / factor.nth(1) ** multiplicity))
    return {basis: value for basis, value in terms.items() if value != 0}


def _add(terms: dict[sp.Expr, sp.Expr], basis: sp.Expr, value: sp.Expr) -> None:
    terms[basis] = terms.get(basis, sp.S.Zero) + value


def _series(numerator: sp.Poly, denominator: sp.Poly, length: int) -> list[sp.Expr]:
    """First Taylor coefficients of a quotient of polynomials at zero."""
    values: list[sp.Expr] = []
    lead = denominator.nth(0)
    for order in range(length):
        known = sum((values[k] * denominator.nth(order - k) for k in range(order)), sp.S.Zero)
        values.append(sp.cancel((numerator.nth(order) - known) / lead))
    return values


@dataclass
class Atoms:
    """Symbols standing for spectral averages and for radicals, with the relations of the radicals.

    Attributes
    ----------
    averages : dict
        (basis function, measure) to symbol.
    radicals : dict
        (base, order) to symbol.
    """

    averages: dict[tuple[sp.Expr, sp.Symbol], sp.Symbol] = field(default_factory=dict)
    radicals: dict[tuple[sp.Expr, int], sp.Symbol] = field(default_factory=dict)
    relations: list[tuple[sp.Expr, sp.Symbol]] = field(default_factory=list)

    def resolve(self, expression: sp.Expr) -> sp.Expr:
        """The expression with averages and radicals replaced by symbols.

        Raises
        ------
        DerivationError
            If it holds a float or a function that is neither rational nor a root.
        """
        expression = sp.sympify(expression, strict=True)
        if expression.has(sp.Float):
            raise DerivationError(f"{expression} holds a floating-point number; checks are exact")
        return self._walk(expression)

    def _walk(self, expression: sp.Expr) -> sp.Expr:
        if isinstance(expression, SpectralAverage):
            return self._average(expression)
        if expression.is_Rational or expression.is_Symbol:
            return expression
        if isinstance(expression, sp.Pow) and expression.exp.is_Rational:
            base, exponent = self._walk(expression.base), expression.exp
            return base**exponent if exponent.is_Integer else self._radical(base, exponent.q) ** exponent.p
        if isinstance(expression, (sp.Add, sp.Mul)):
            return expression.func(*(self._walk(argument) for argument in expression.args))
        if expression is sp.I:
            return self._radical(sp.S.NegativeOne, 2)
        raise DerivationError(f"{expression} is neither rational, nor a root, nor a spectral average")

    def _average(self, average: SpectralAverage) -> sp.Expr:
        total = sp.S.Zero
        for basis, coefficient in _partial_fractions(average.function, average.variable).items():
            key = (basis, average.measure)
            if key not in self.averages:
                positive = True if basis.is_positive else None
                self.averages[key] = sp.Symbol(f"{average.measure}[{basis}]", positive=positive)
            total += self._walk(coefficient) * self.averages[key]
        return total

    def _radical(self, base: sp.Expr, order: int) -> sp.Symbol:
        key = (sp.cancel(base), order)
        if key not in self.radicals:
            name = f"({key[0]})^(1/{order})"
            self.radicals[key] = sp.Symbol(name)
            self.relations.append((self.radicals[key] ** order - key[0], self.radicals[key]))
        return self.radicals[key]
