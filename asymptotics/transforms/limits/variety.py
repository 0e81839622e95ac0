"""Exact tests of whether an expression vanishes on the solutions of a system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import sympy as sp


@dataclass(frozen=True)
class Variety:
    """Rational parametrisation of the solutions: equations solved for symbols they are linear in.

    Attributes
    ----------
    rules : tuple of (symbol, sympy.Expr)
        Each value may contain symbols solved for by later rules.
    left : tuple of sympy.Expr
        Equations that are linear in nothing.
    """

    rules: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    left: tuple[sp.Expr, ...] = ()

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
        values = [
            sp.sympify(expression.xreplace(point), strict=True)
            for point in self.points(expression.free_symbols)
        ]
        return not any(value.is_finite and value != 0 for value in values)

    def points(self, symbols: set[sp.Symbol], count: int = 3) -> Iterator[dict[sp.Basic, sp.Expr]]:
        """Random rational solutions, the same ones at every call.

        Parameters
        ----------
        symbols : set of sympy.Symbol
        count : int
        """
        generator = Random(20)
        solved = {name for name, _ in self.rules}
        free = set(symbols)
        for _, value in self.rules:
            free |= value.free_symbols
        for _ in range(count):
            point: dict[sp.Basic, sp.Expr] = {
                s: sp.Rational(generator.randint(2, 10**6), generator.randint(2, 10**6))
                for s in sorted(free - solved, key=lambda s: s.name)
            }
            for name, value in reversed(self.rules):
                point[name] = value.xreplace(point)
            yield point


def parametrise(equations: Sequence[sp.Expr], prefer: Sequence[sp.Symbol]) -> Variety:
    """Solve equations one by one for a symbol each is linear in, trying ``prefer`` first.

    Parameters
    ----------
    equations : sequence of sympy.Expr
        Polynomials that vanish.
    prefer : sequence of sympy.Symbol
    """
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
