r"""Polynomial equations in positive symbols as balances: sums of few monomials that several equations share.

An equation may be multiplied by a monomial, and an equation between two monomials makes monomials equal. Modulo those,
a multiple of one equation is added to another where that leaves fewer terms, and every equation is multiplied by the
monomial with which it shares most terms with the others. Where the equations come from traces of a mean inverse, the
terms are then parts of the sizes of its dimensions (degrees of freedom), one for each random matrix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations

import sympy as sp

Monomial = tuple[int, ...]
"""Exponents, of either sign."""

Row = dict[Monomial, int]
"""A sum of monomials with integer coefficients; it vanishes."""


def times(first: Monomial, second: Monomial, power: int = 1) -> Monomial:
    """The first monomial times a power of the second.

    Parameters
    ----------
    first : Monomial
        Exponents by place.
    second : Monomial
        Exponents by place.
    power : int
        Of the second factor.

    Examples
    --------
    >>> times((1, 0), (0, 2), -1)
    (1, -2)
    """
    return tuple(a + power * b for a, b in zip(first, second, strict=True))


@lru_cache(maxsize=1 << 14)
def weight(monomial: Monomial) -> int:
    """Operations that a monomial takes.

    Examples
    --------
    >>> weight((1, 2, -1)), weight((-1, 0, 0)), weight((1, 0, 0))
    (3, 1, 0)
    """
    used = [abs(e) for e in monomial if e]
    bare = bool(used) and all(e <= 0 for e in monomial)
    return max(0, len(used) - 1) + sum(e > 1 for e in used) + bare


def _length(monomial: Monomial) -> tuple[int, int]:
    return weight(monomial), sum(map(abs, monomial))


@dataclass
class Relations:
    """Monomials that are one, in echelon form.

    Attributes
    ----------
    given : list of Monomial
        As they were added.
    """

    given: list[Monomial] = field(default_factory=list)
    _pivots: list[tuple[int, Monomial]] = field(default_factory=list)
    _short: dict[Monomial, Monomial] = field(default_factory=dict)

    def add(self, one: Monomial) -> bool:
        """Whether the monomial could be made one: some exponent of it is, up to sign, one."""
        left = self.normal(one)
        pivot = next((i for i, e in reversed(list(enumerate(left))) if abs(e) == 1), None)
        if pivot is None:
            return False
        left = left if left[pivot] == 1 else tuple(-e for e in left)
        self._pivots = [(i, times(v, left, -v[pivot])) for i, v in self._pivots]
        self._pivots.append((pivot, left))
        self.given.append(one)
        self._short.clear()
        return True

    def normal(self, monomial: Monomial) -> Monomial:
        """The monomial that stands for all equal ones."""
        for pivot, one in self._pivots:
            monomial = times(monomial, one, -monomial[pivot])
        return monomial

    def short(self, monomial: Monomial) -> Monomial:
        """A short monomial equal to it."""
        if monomial not in self._short:
            forms = [times(monomial, one, sign) for one in self.given for sign in (1, -1)]
            best = min(forms, key=_length, default=monomial)
            shorter = _length(best) < _length(monomial)
            self._short[monomial] = self.short(best) if shorter else monomial
        return self._short[monomial]

    def row(self, row: Row) -> Row:
        """The row in normal monomials."""
        result: Row = {}
        for monomial, coefficient in row.items():
            key = self.normal(monomial)
            result[key] = result.get(key, 0) + coefficient
        return {m: c for m, c in result.items() if c}


@dataclass(frozen=True)
class Balances:
    """Equations as sums of shared monomials.

    Attributes
    ----------
    symbols : tuple of sympy.Symbol
        What exponents belong to.
    rows : tuple of Row
        Equations of three or more terms.
    relations : Relations
        The others: monomials that are one.
    """

    symbols: tuple[sp.Symbol, ...]
    rows: tuple[Row, ...]
    relations: Relations


def balances(
    residuals: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], sizes: Sequence[sp.Symbol]
) -> Balances:
    """The balances of polynomial equations.

    Parameters
    ----------
    residuals : sequence of sympy.Expr
        Rational in the symbols, with rational coefficients; their numerators vanish.
    symbols : sequence of sympy.Symbol
        Positive; where there is a choice, the last ones are written in the others.
    sizes : sequence of sympy.Symbol
        Those that equations preferably balance.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> a, n, t, x = map(symbol, "antx")
    >>> found = balances([t * (x * a + 1) - n, a * x + a - n * a], [a, n, t, x], [a, n])
    >>> [len(row) for row in found.rows]
    [3, 3]
    """
    relations = Relations()
    rows = [_row(residual, symbols) for residual in residuals]
    while True:
        rows = _without_pairs([relations.row(row) for row in rows], relations)
        changed = _shorter(rows)
        if changed is None:
            bare = {relations.normal(m) for m in _bare(symbols, sizes)}
            return Balances(tuple(symbols), tuple(_aligned(rows, relations, bare)), relations)
        rows = changed


def _bare(symbols: Sequence[sp.Symbol], some: Sequence[sp.Symbol]) -> list[Monomial]:
    return [tuple(int(s == own) for s in symbols) for own in some]


def _row(residual: sp.Expr, symbols: Sequence[sp.Symbol]) -> Row:
    numerator = sp.fraction(sp.together(residual))[0]
    _, poly = sp.Poly(numerator, *symbols, domain="QQ").clear_denoms(convert=True)
    return {m: int(c) for m, c in poly.terms()}


def _without_pairs(rows: Iterable[Row], relations: Relations) -> list[Row]:
    """The rows without equations between two monomials, which become relations."""
    left, rows = [], list(rows)
    for row in rows:
        pair = list(row.items())
        if len(pair) != 2 or pair[0][1] + pair[1][1] or not relations.add(times(pair[0][0], pair[1][0], -1)):
            left.append(row)
    return left if len(left) == len(rows) else _without_pairs(map(relations.row, left), relations)


def _shorter(rows: Sequence[Row]) -> list[Row] | None:
    """The rows with one of them shorter by a multiple of another, if there is such."""
    for i, k in permutations(range(len(rows)), 2):
        factors = Counter(times(a, b, -1) for a in rows[i] for b in rows[k])
        for factor in sorted(f for f, count in factors.items() if 2 * count > len(rows[k])):
            total = _less(rows[i], {times(m, factor): v for m, v in rows[k].items()})
            if 0 < len(total) < len(rows[i]):
                return [total if place == i else row for place, row in enumerate(rows)]
    return None


def _less(row: Row, other: Row) -> Row:
    """The row minus the multiple of the other that cancels their first common term, if it is an integer one."""
    first = next(m for m in row if m in other)
    if row[first] % other[first]:
        return row
    total = dict(row)
    for monomial, coefficient in other.items():
        total[monomial] = total.get(monomial, 0) - row[first] // other[first] * coefficient
    return {m: c for m, c in total.items() if c}


def _aligned(rows: Sequence[Row], relations: Relations, sizes: Set[Monomial]) -> list[Row]:
    """The rows, each times the monomial that makes the different terms of all of them shortest.

    They begin with a bare size among their terms where that is possible.
    """
    done = [min(_scaled(row, sizes), key=_cost(sizes, relations)) for row in rows]
    while True:
        before = list(done)
        for place, row in enumerate(done):
            known = {m for k, other in enumerate(done) if k != place for m in other} | sizes
            done[place] = min(_scaled(row, known), key=_cost(known, relations))
        if done == before:
            return done


def _cost(known: Set[Monomial], relations: Relations) -> Callable[[Row], tuple[int, int]]:
    def cost(row: Row) -> tuple[int, int]:
        new = [m for m in row if m not in known]
        return sum(1 + weight(relations.short(m)) for m in new), sum(abs(e) for m in new for e in m)

    return cost


def _scaled(row: Row, known: Iterable[Monomial]) -> Iterable[Row]:
    """The row, and its multiples that have most of the known terms."""
    yield row
    factors = Counter(times(k, m, -1) for k in known for m in row)
    most = max(factors.values())
    for factor in sorted(f for f, count in factors.items() if count == most):
        yield {times(m, factor): c for m, c in row.items()}


def expression_of(monomial: Monomial, symbols: Mapping[int, sp.Symbol] | Sequence[sp.Symbol]) -> sp.Expr:
    """The monomial as an expression.

    Parameters
    ----------
    monomial : Monomial
        Exponents by place.
    symbols : mapping of int to sympy.Symbol] or Sequence[sympy.Symbol
        Of the places.
    """
    return sp.Mul(*(symbols[i] ** e for i, e in enumerate(monomial) if e))
