"""Exact random solutions of leading equations: where a nonzero value proves that an expression does not vanish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.variety import Variety, parametrise

_COUNT = 2

Definitions = Callable[[sp.Basic], sp.Expr | None]
"""What stands for a named quantity; nothing for other symbols."""


class SamplePoints:
    """Reproducible exact solutions of equations that are linear, one by one, in some symbol.

    Parameters
    ----------
    forms : sequence of sympy.Expr
        Polynomials that vanish.
    variables : sequence of sympy.Symbol
        Symbols to solve for, first ones first.

    Examples
    --------
    >>> from sympy.abc import n, x, y
    >>> points = SamplePoints([x + y - n], [n])
    >>> points.vanishes(n - x - y), points.vanishes(n - x)
    (True, False)
    """

    def __init__(self, forms: Sequence[sp.Expr], variables: Sequence[sp.Symbol]) -> None:
        self._names: dict[sp.Basic, sp.Expr] = {}
        plain = [self._plain(form) for form in forms]
        extra = sorted({s for form in plain for s in form.free_symbols} - set(variables), key=str)
        self.variety: Variety = parametrise(plain, [*variables, *extra])
        self._random = Random(20)
        self._tables: list[dict[sp.Basic, sp.Expr]] = [{} for _ in range(_COUNT)]
        if not self.variety.left:
            self._solve()

    def _solve(self) -> None:
        solved = {name for name, _ in self.variety.rules}
        free = {s for _, value in self.variety.rules for s in value.free_symbols} - solved
        for table in self._tables:
            for name in sorted(free, key=str):
                table[name] = self._number()
            for name, value in reversed(self.variety.rules):
                table[name] = value.xreplace(table)

    def _number(self) -> sp.Rational:
        return sp.Rational(self._random.randint(2, 10**4), self._random.randint(2, 10**4))

    def _plain(self, expression: sp.Expr) -> sp.Expr:
        """An expression with a symbol for every average."""
        for average in expression.atoms(SpectralAverage):
            self._names.setdefault(average, sp.Dummy(f"average{len(self._names)}", positive=True))
        return expression.xreplace(self._names)

    def vanishes(self, expression: sp.Expr, definitions: Definitions = lambda name: None) -> bool:
        """Whether an expression is zero at every solution, or may be where no solution is known.

        Parameters
        ----------
        expression : sympy.Expr
        definitions : callable
            What stands for a named quantity in the expression.
        """
        if self.variety.left:
            return self.variety.vanishes(self._plain(_written_out(expression, definitions)))
        values = [self._value(expression, table, definitions) for table in self._tables]
        return not any(value.is_finite and value != 0 for value in values)

    def _value(
        self, expression: sp.Expr, table: dict[sp.Basic, sp.Expr], definitions: Definitions
    ) -> sp.Expr:
        plain = self._plain(expression)
        for name in sorted(plain.free_symbols - set(table), key=str):
            inner = definitions(name)
            table[name] = self._number() if inner is None else self._value(inner, table, definitions)
        return plain.xreplace(table)


def _written_out(expression: sp.Expr, definitions: Definitions, depth: int = 100) -> sp.Expr:
    for _ in range(depth):
        found = {s: value for s in expression.free_symbols if (value := definitions(s)) is not None}
        if not found:
            return expression
        expression = expression.xreplace(found)
    raise DerivationError("definitions refer to each other without end")
