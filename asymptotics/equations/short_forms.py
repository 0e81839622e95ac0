"""Short forms of one equation, and of the averages in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import combinations

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol


def operations(expressions: Iterable[sp.Expr]) -> int:
    """Operations of expressions."""
    return sum(int(sp.count_ops(e)) for e in expressions)


def joined_averages(
    residuals: Sequence[sp.Expr], table: Mapping[sp.Symbol, sp.Expr]
) -> tuple[list[sp.Expr], dict[sp.Symbol, sp.Expr]]:
    """Residuals where averages that only occur in sums are the average of a sum, and the averages they use.

    Parameters
    ----------
    residuals : sequence of sympy.Expr
        Sums in which averages occur.
    table : mapping of sympy.Symbol to sympy.Expr
        Symbol of an average to what is averaged.

    Examples
    --------
    >>> s, nu, x, y, T = map(symbol, ["s", "nu", "T02", "T11", "T"])
    >>> table = {x: SpectralAverage(s**2 / (s + nu) ** 2, s, T), y: SpectralAverage(nu * s / (s + nu) ** 2, s, T)}
    >>> joined_averages([x + y - nu], table)
    ([T01 - nu], {T01: T[s/(nu + s)]})
    """
    residuals = list(residuals)
    table = {
        s: table[s] for s in sorted({s for r in residuals for s in r.free_symbols} & set(table), key=str)
    }
    for x, y in combinations(table, 2):
        name = _joined_name(x.name, y.name)
        joined = None if name is None else joined_average(symbol(name), x + y, table)
        if name is None or joined is None:
            continue
        moved = [sp.expand(r.xreplace({x: symbol(name) - y})) for r in residuals]
        if not any(r.has(y) for r in moved):
            rest = {s: e for s, e in table.items() if s not in (x, y)}
            return joined_averages(moved, {**rest, symbol(name): joined})
    return residuals, table


def joined_average(
    name: sp.Symbol, expression: sp.Expr, table: Mapping[sp.Symbol, sp.Expr]
) -> SpectralAverage | None:
    """The average that a sum of two averages is, if it has the name of that.

    Parameters
    ----------
    name : sympy.Symbol
    expression : sympy.Expr
    table : mapping symbol -> expression
        Definitions.

    Examples
    --------
    >>> s, nu, x, y, T = map(symbol, ["s", "nu", "T02", "T11", "T"])
    >>> table = {x: SpectralAverage(s**2 / (s + nu) ** 2, s, T), y: SpectralAverage(nu * s / (s + nu) ** 2, s, T)}
    >>> joined_average(symbol("T01"), x + y, table)
    T[s/(nu + s)]
    """
    parts = [table.get(a) for a in expression.args] if expression.is_Add else []
    averages = [part for part in parts if isinstance(part, SpectralAverage)]
    if len(averages) != 2 or len(parts) != 2 or len({(a.variable, a.measure) for a in averages}) != 1:
        return None
    if _joined_name(*(a.name for a in expression.args)) != name.name:
        return None
    total = sp.factor(sum(a.function for a in averages))
    return SpectralAverage(total, averages[0].variable, averages[0].measure)


_DIGITS = re.compile(r"(.*[A-Za-z_])([0-9])([0-9])\Z")


def _joined_name(first: str, second: str) -> str | None:
    """Name of the sum of two neighbours ``x^i w^j`` of the basis: ``x + w = 1``."""
    a, b = _DIGITS.match(first), _DIGITS.match(second)
    if a is None or b is None or a[1] != b[1]:
        return None
    (i, j), (k, m) = (map(int, a.groups()[1:]), map(int, b.groups()[1:]))
    return f"{a[1]}{min(i, k)}{min(j, m)}" if i + j == k + m and abs(i - k) == 1 else None


def sides(terms: Sequence[sp.Expr], sizes: Set[sp.Symbol]) -> tuple[sp.Expr, sp.Expr]:
    """An equation that terms add up to zero, in the shortest of a few forms.

    Parameters
    ----------
    terms : sequence of sympy.Expr
        That add up to zero.
    sizes : Set[sympy.Symbol]
        Symbols that count as sizes.

    Examples
    --------
    >>> x, p, q, lam = map(symbol, ["x", "p", "q", "lam"])
    >>> sides([lam * p * q, -p * q, p * x, q * x, -(x**2)], {p, q, lam})
    (lam*p*q, (p - x)*(q - x))
    """
    total = sp.Add(*terms)
    forms = [_split(sp.Add.make_args(total))]
    forms += [(_nested(left), _nested(right)) for left, right in forms]
    if len(terms) > 3 or any(map(_divides, terms)):
        numerator = sp.fraction(sp.together(total))[0]
        for s in sorted(numerator.free_symbols, key=str):
            coefficients = sp.Poly(numerator, s).terms()
            parts = [_positive(sp.factor(c) * s ** k[0], sizes) for k, c in coefficients]
            forms.append(_split(parts))
    return min(forms, key=lambda form: (operations(form), _differences(form), any(map(_divides, form))))


def _differences(form: Iterable[sp.Expr]) -> int:
    sums = (a for side in form for a in side.atoms(sp.Add))
    return sum(any(t.could_extract_minus_sign() for t in a.args) for a in sums)


def _divides(expression: sp.Expr) -> bool:
    return any(power.exp.is_negative for power in expression.atoms(sp.Pow))


def _split(parts: Iterable[sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """What is added and what is subtracted, the longer side first."""
    minus = [p for p in parts if p.could_extract_minus_sign()]
    plus = [p for p in parts if not p.could_extract_minus_sign()]
    left, right = sp.Add(*plus), sp.Add(*(-p for p in minus))
    return (left, right) if len(plus) >= len(minus) else (right, left)


def _positive(product: sp.Expr, sizes: Set[sp.Symbol]) -> sp.Expr:
    """The product with differences whose first term is a size."""
    sign, factors = sp.S.One, []
    for factor in sp.Mul.make_args(product):
        base, power = factor.as_base_exp()
        own = [t for t in sp.Add.make_args(base) if t.free_symbols <= sizes]
        if base.is_Add and own and own[0].could_extract_minus_sign():
            base, sign = -base, sign * (-1) ** power
        factors.append(base**power)
    return sign * sp.Mul(*factors)


def _nested(expression: sp.Expr) -> sp.Expr:
    """The sum with a symbol in front of what it multiplies, where that is shorter."""
    times = Counter(s for term in sp.Add.make_args(expression) for s in term.free_symbols)
    several = sorted((s for s, count in times.items() if count > 1), key=str)
    forms = [expression, *([sp.factor_terms(expression)] if several else [])]
    forms += [sp.collect(expression, s, sp.factor_terms) for s in several]
    return min(forms, key=sp.count_ops)
