r"""Linear systems solved in names: one short definition for each step of the elimination.

Nothing is multiplied out, so the definitions grow like the operations of a numerical elimination. An unknown is
eliminated by its own equation. Fixed-point equations of positive traces are monotone: traces of variables fall where
those of multipliers rise. In logarithms, with the signs of the multipliers' traces flipped, their linear system is
:math:`1 - A` with :math:`A \ge 0`, and along the physical branch the spectral radius of ``A`` is below one. So every
pivot is positive, in any order; an equation that was shortened by another one only has to wait for it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError
from asymptotics.symbolic.progress import report

_SIMPLE = 2
"""Expressions of at most this many operations get no name of their own."""


@dataclass
class Names:
    """Definitions made one after the other; equal expressions share a name.

    Parameters
    ----------
    prefix : str
        Letter of the names.

    Notes
    -----
    Every expression is also evaluated at a random rational point, so that what cancels is known to be zero.
    """

    prefix: str = "R"
    definitions: list[Definition] = field(default_factory=list)
    _known: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)
    _values: dict[sp.Symbol, sp.Rational] = field(default_factory=dict)
    _random: random.Random = field(default_factory=lambda: random.Random(17))

    def value(self, expression: sp.Expr) -> sp.Rational:
        """Exact value at the random point."""
        for s in sorted(expression.free_symbols, key=lambda s: s.name):
            if s not in self._values:
                self._values[s] = sp.Rational(self._random.randint(2, 97), self._random.randint(2, 23))
        return expression.xreplace({s: self._values[s] for s in expression.free_symbols})

    def __call__(self, expression: sp.Expr, meaning: str = "step of the elimination") -> sp.Expr:
        """The expression, zero if it cancels, or a name for it unless it is simple."""
        expression = sp.sympify(expression, strict=True)
        value = self.value(expression)
        if value == 0:
            return sp.S.Zero
        if sp.count_ops(expression) <= _SIMPLE:
            return expression
        if expression not in self._known:
            name = symbol(f"{self.prefix}{len(self.definitions) + 1}")
            self._known[expression] = name
            self._values[name] = value
            self.definitions.append(Definition(name, expression, meaning))
        return self._known[expression]


Row = dict[int, sp.Expr]


def solve_in_names(
    matrix: Sequence[Sequence[sp.Expr]],
    columns: Sequence[Sequence[sp.Expr]],
    names: Names,
    before: Iterable[tuple[int, int]] = (),
) -> list[list[sp.Expr]]:
    """Solutions of a linear system with several right sides, in names.

    Parameters
    ----------
    matrix : sequence of rows
        Square; the diagonal is eliminated.
    columns : sequence of sequences
        Right sides.
    names : Names
        Gets a definition for every step.
    before : iterable of (int, int)
        Pairs of positions, the first to be eliminated before the second.

    Returns
    -------
    list of list of sympy.Expr
        One solution for each right side.

    Raises
    ------
    DerivationError
        If the matrix is singular.

    Examples
    --------
    >>> a, b, c = map(symbol, "abc")
    >>> names = Names()
    >>> solve_in_names([[a, 0], [1, b]], [[c, 0]], names)
    [[c/a, R1]]
    >>> print(names.definitions[0])
    R1 := -c/(a*b)
    """
    size = len(matrix)
    entry = "entry of the linear response"
    rows: list[Row] = [{k: e for k, v in enumerate(row) if (e := names(v, entry)) != 0} for row in matrix]
    right: list[Row] = [
        {k: e for k, column in enumerate(columns) if (e := names(column[i], entry)) != 0} for i in range(size)
    ]
    order: list[tuple[int, int]] = []
    left, pending = set(range(size)), list(before)
    while left:
        report("solving the linear response")
        i, pivot = _pivot(rows, left, order, pending)
        order.append((i, pivot))
        left.remove(pivot)
        for k in range(size):
            if k not in {r for r, _ in order} and pivot in rows[k]:
                factor = names(rows[k].pop(pivot) / rows[i][pivot])
                _subtract(rows[k], factor, {c: v for c, v in rows[i].items() if c != pivot}, names)
                _subtract(right[k], factor, right[i], names)
    solutions: list[Row] = [{} for _ in columns]
    for i, pivot in reversed(order):
        for number, solution in enumerate(solutions):
            total = right[i].get(number, sp.S.Zero)
            for c, value in rows[i].items():
                if c != pivot and c in solution:
                    total -= value * solution[c]
            solution[pivot] = names(total / rows[i][pivot], "response")
    return [[solution.get(k, sp.S.Zero) for k in range(size)] for solution in solutions]


def _pivot(
    rows: Sequence[Row], left: set[int], order: Sequence[tuple[int, int]], before: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Row and column of the next pivot: on the diagonal if that does not vanish, with the least fill."""
    done = {i for i, _ in order}
    waiting = {second for first, second in before if first in left and second in left}
    best: tuple[tuple[int, ...], tuple[int, int]] | None = None
    for pivot in sorted(left):
        users = sum(pivot in row for i, row in enumerate(rows) if i not in done)
        for i in [pivot] if pivot in rows[pivot] and pivot not in done else range(len(rows)):
            if i not in done and pivot in rows[i]:
                cost = (int(pivot in waiting or i != pivot), (users - 1) * (len(rows[i]) - 1), pivot, i)
                if best is None or cost < best[0]:
                    best = cost, (i, pivot)
    if best is None:
        raise DerivationError("the linear system of the response is singular")
    return best[1]


def _subtract(row: Row, factor: sp.Expr, other: Mapping[int, sp.Expr], names: Names) -> None:
    for c, value in other.items():
        difference = names(row.pop(c, sp.S.Zero) - factor * value)
        if difference != 0:
            row[c] = difference
