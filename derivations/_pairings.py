"""Exact means of words in the entries of a Gaussian matrix, by pairings of its letters.

Nothing of the engine enters: a pairing identifies the rows and the columns of two letters, and every class of rows or
of columns is summed over once.
"""

from functools import cache

__all__ = ["mean_of", "power_of_gram", "product_of_traces"]


@cache
def matchings(count):
    """All perfect matchings of ``range(count)``."""
    if not count:
        return ((),)
    found = []
    for partner in range(1, count):
        rest = [k for k in range(1, count) if k != partner]
        found += [((0, partner), *((rest[a], rest[b]) for a, b in inner)) for inner in matchings(count - 2)]
    return tuple(found)


def classes(count, pairs):
    """How many classes pairs leave of ``range(count)``."""
    root = list(range(count))

    def find(k):
        while root[k] != k:
            k = root[k]
        return k

    for a, b in pairs:
        root[find(a)] = find(b)
    return sum(find(k) == k for k in range(count))


def mean_of(letters, rows, columns, d, p, same=()):
    """Mean of a sum over ``rows`` indices up to d and ``columns`` up to p of a product of standard Gaussian entries.

    ``letters`` are pairs (row, column) of indices; rows in pairs of ``same`` are equal.
    """
    total = 0
    for matching in matchings(len(letters)):
        alike = [(letters[a][0], letters[b][0]) for a, b in matching]
        beside = [(letters[a][1], letters[b][1]) for a, b in matching]
        total += d ** classes(rows, [*same, *alike]) * p ** classes(columns, beside)
    return total


def power_of_gram(k, d, p):
    """Mean of ``(2p)^k Tr G^k``, G the Gram matrix of the symmetric parts of ``w_j`` times ``e_a``.

    An entry of ``2p G`` is ``<w_j, w_l>`` where the directions are the same, and ``w_j[b] w_l[a]``: a word for every
    choice of one of them in k factors.
    """
    total = 0
    for choice in range(2**k):
        letters, same = [], []
        for i in range(k):
            after = (i + 1) % k
            if choice >> i & 1:
                letters += [(after, i), (i, after)]
            else:
                letters += [(k + i, i), (k + i, after)]
                same.append((i, after))
        # Inner rows of factors of the other kind are no indices: they stand for the direction of their own factor.
        same += [(k + i, i) for i in range(k) if choice >> i & 1]
        total += mean_of(letters, 2 * k, k, d, p, same)
    return total


def product_of_traces(a, b, d, p):
    """Mean of ``Tr (W W')^a Tr (W W')^b``; the trace of no factors is d."""
    letters = [
        letter
        for first, size in ((0, a), (a, b))
        for i in range(size)
        for letter in ((first + i, first + i), (first + (i + 1) % size, first + i))
    ]
    return mean_of(letters, a + b, a + b, d, p) * d ** ((a == 0) + (b == 0))
