r"""Exact mean risk of least squares on Gaussian rows, at any finite size.

With ``A = G S^{1/2}`` and more samples than dimensions the only moment needed is that of an inverse Wishart matrix,
which integration by parts gives in one line: from :math:`E\,G^\top G\,W^{-1} = 1` with :math:`W = G^\top G`,

.. math:: 1 = n\,c - (D + 1)\,c, \qquad E\,W^{-1} = c\,1,

the two terms of the derivative of :math:`W^{-1}` being the loop (``D``) and the twist (``1``). With fewer samples than
dimensions and all eigenvalues equal, the same holds with rows and columns exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["exact_least_squares", "inverse_wishart"]


def inverse_wishart(rows: Any, dimension: Any) -> Any:
    """Mean of the inverse of a Wishart matrix, as a multiple of the identity; infinite where there is none.

    Parameters
    ----------
    rows, dimension : number
        Numbers of independent standard Gaussian rows, and their dimension.

    Examples
    --------
    >>> from fractions import Fraction
    >>> inverse_wishart(Fraction(32), 20), inverse_wishart(21, 20)
    (Fraction(1, 11), inf)
    """
    loop, twist = dimension, 1
    slope = rows - (loop + twist)
    return 1 / slope if slope > 0 else math.inf


def exact_least_squares(levels: Sequence[tuple[Any, int, Any]], noise: Any, samples: Any) -> dict[str, Any]:
    """Components of the mean risk at ridge zero and infinitely many features; empty if they are not known.

    Parameters
    ----------
    levels : sequence of (eigenvalue, multiplicity, power)
        Without a tail.
    noise, samples : number
        Exact numbers, such as fractions, give exact results.

    Examples
    --------
    >>> from fractions import Fraction
    >>> levels = [(Fraction(2), 20, Fraction(1))]
    >>> found = [exact_least_squares(levels, Fraction(1), Fraction(n))["test"] for n in (32, 10)]
    >>> print(*found)
    20/11 29/18
    """
    size = sum(count for _, count, _ in levels)
    first = levels[0][0]
    over, equal = samples >= size, all(s == first for s, _, _ in levels)
    if not (over or equal) or not all(s > 0 for s, _, _ in levels):
        return {}
    rank, share = (size, samples / samples) if over else (samples, samples / size)
    moment = inverse_wishart(max(samples, size), rank)
    inverses = sum(count / s for s, count, _ in levels) if over else rank / first
    target, weighed = sum(b for _, _, b in levels), sum(b / s for s, _, b in levels)
    from_noise = [noise * size * moment if noise else noise for size in (rank, inverses)]
    bias, variance = (1 - share) * target, from_noise[0]
    return {
        "test": bias + variance,
        "bias": bias,
        "variance": variance,
        "train": noise * (1 - rank / samples),
        "norm": (share * weighed + from_noise[1]) / samples,
        "norm_per_feature": 0 * share,
    }
