"""Exact expectations of traces of Gaussian matrices at finite size: every pairing, whatever its genus.

An oracle for the next order: it shares no code with covariance maps, Dyson equations or overlaps. For
``Z = G S^(1/2) B`` with ``n`` rows, spectrum ``S`` and ``p`` columns of weights of variance ``1/p``, the mean of
``Tr (Z Z')^k`` is a sum over pairings of the letters of each matrix; index loops are counted. Graded by the number of
loops: the most loops are the planar order, one less is the next.
"""

from collections import Counter
from functools import cache


@cache
def pairings(count):
    """All perfect matchings of ``range(count)``."""
    if count == 0:
        return ((),)
    found = []
    for partner in range(1, count):
        rest = [k for k in range(1, count) if k != partner]
        for inner in pairings(count - 2):
            found.append(((0, partner), *((rest[a], rest[b]) for a, b in inner)))
    return tuple(found)


class _Classes:
    def __init__(self, count):
        self.parent = list(range(count))

    def find(self, k):
        while self.parent[k] != k:
            k = self.parent[k]
        return k

    def join(self, a, b):
        self.parent[self.find(a)] = self.find(b)


@cache
def graded_moments(k, features):
    """``{(loops, row loops, column loops, powers of S by loop): count}`` of ``E Tr (Z Z')^k``.

    Without features ``Z = G S^(1/2)``.
    """
    rows = list(range(2 * k))  # letter m has row index rows[m // 2 ...]: letters alternate Z, Z', Z, Z', ...
    table = Counter()
    # Row indices sit between Z'_m and Z_{m+1}; column indices (features, or spectrum) between Z_m and Z'_m.
    row_of = [((m + 1) // 2) % k for m in range(2 * k)]
    column_of = [m // 2 for m in range(2 * k)]
    for first in pairings(2 * k):
        row = _Classes(k)
        for a, b in first:
            row.join(row_of[a], row_of[b])
        row_loops = len({row.find(i) for i in range(k)})
        if not features:
            inner = _Classes(k)
            for a, b in first:
                inner.join(column_of[a], column_of[b])
            powers = Counter(inner.find(column_of[a]) for a, _ in first)
            shape = tuple(sorted(powers.values()))
            table[row_loops + len(shape), row_loops, 0, shape] += 1
            continue
        for second in pairings(2 * k):
            inner, column = _Classes(2 * k), _Classes(k)
            for a, b in (*first, *second):
                inner.join(a, b)
            for a, b in second:
                column.join(column_of[a], column_of[b])
            powers = Counter({inner.find(m): 0 for m in rows})
            for a, _ in first:
                powers[inner.find(a)] += 1
            shape = tuple(sorted(powers.values()))
            column_loops = len({column.find(i) for i in range(k)})
            table[row_loops + column_loops + len(shape), row_loops, column_loops, shape] += 1
    return dict(table)


def moment(k, n, levels, p=None, below=0):
    """Part of ``E Tr (Z Z')^k`` with ``below`` loops less than the planar order."""
    table = graded_moments(k, p is not None)
    most = max(loops for loops, *_ in table)
    total = 0
    for (loops, row_loops, column_loops, shape), count in table.items():
        if loops == most - below:
            term = count * n**row_loops
            for power in shape:
                term *= sum(m * s**power for s, m in levels)
            total += term * (1 if p is None else p ** (column_loops - k))
    return total
