"""Linear systems for slopes, solved without subtractions: M-matrices of which the sums of rows are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.transforms.changes.rewriting import require_subtraction_free

_MEANINGS = ("fall of the logarithm of the load with that of kappa", "one minus the slope")


def eliminated(
    shared: Sequence[Sequence[sp.Expr]], own: Sequence[sp.Expr], falls: Sequence[sp.Symbol],
    stays: Sequence[sp.Symbol], names: tuple[Sequence[sp.Symbol], Sequence[sp.Symbol]],
) -> Iterator[Definition]:  # fmt: skip
    r"""Solutions ``x`` of :math:`(o_i + \sum_j s_{ij})x_i = o_i + \sum_j s_{ij} f_j x_j`, and ``1 - x``.

    The sums of rows of the matrix are :math:`o_i + \sum_j s_{ij}(1 - f_j)`. Eliminating from the last unknown on, a
    pivot is the sum of its row and of what lies beside it: every number is a sum of positive terms.

    Parameters
    ----------
    shared : sequence of sequence of Expr
        The :math:`s_{ij}`.
    own : sequence of Expr
        The :math:`o_i`.
    falls, stays : sequence of Symbol
        The :math:`f_j` and :math:`1 - f_j`.
    names : (sequence of Symbol, sequence of Symbol)
        Of ``x`` and of ``1 - x``.

    Yields
    ------
    Definition
        Pivots and what is eliminated, then the solutions.

    Raises
    ------
    CertificateError
        If an entry is not free of subtractions.

    Examples
    --------
    >>> o, s, f, k, x, y = map(symbol, ["o", "s", "f", "k", "x", "y"])
    >>> print(*eliminated([[s]], [o], [f], [k], ([x], [y])), sep="; ")
    pivot1 := k*s + o; x := o/pivot1; y := k*s/pivot1
    """
    count = len(own)
    away = {(i, j): shared[i][j] * falls[j] for i in range(count) for j in range(count)}
    moved = [sp.Add(*(shared[i][j] * stays[j] for j in range(count))) for i in range(count)]
    right = [list(own), moved]
    sums: list[sp.Expr] = [a + b for a, b in zip(own, moved, strict=True)]

    def named(name: str, value: sp.Expr) -> Definition:
        found = require_subtraction_free(value, name)
        return Definition(symbol(name), found, "elimination of the slopes of the loads")

    for k in reversed(range(count)):
        pivot = named(f"pivot{k + 1}", sums[k] + sp.Add(*(away[k, j] for j in range(k))))
        yield pivot
        for i in range(k):
            step = named(f"share{k + 1}_{i + 1}", away[i, k] / pivot.symbol)
            yield step
            parts = {f"sum{k + 1}_{i + 1}": sums[i] + step.symbol * sums[k]}
            for row, name in zip(right, ("own", "other"), strict=True):
                parts[f"{name}{k + 1}_{i + 1}"] = row[i] + step.symbol * row[k]
            for j in range(k):
                if i != j:
                    parts[f"away{k + 1}_{i + 1}{j + 1}"] = away[i, j] + step.symbol * away[k, j]
            made = [named(name, value) for name, value in parts.items()]
            yield from made
            sums[i], right[0][i], right[1][i] = (d.symbol for d in made[:3])
            away |= {(i, j): d.symbol for j, d in zip((j for j in range(k) if j != i), made[3:], strict=True)}
    for row, solved, text in zip(right, names, _MEANINGS, strict=True):
        for i, name in enumerate(solved):
            value = row[i] + sp.Add(*(away[i, j] * solved[j] for j in range(i)))
            pivot_symbol = symbol(f"pivot{i + 1}")
            yield Definition(name, require_subtraction_free(value, name.name) / pivot_symbol, text)
