r"""Gauss rules for sums over consecutive integers: a few nodes stand for any number of terms.

The nodes are the zeros of the polynomials orthogonal on the integers :math:`0,\dots,N-1` (Gram, or discrete Chebyshev);
the rule is exact for polynomials of degree :math:`2m-1`, its weights are positive and sum to N.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal

_LONG = 10**9
"""From so many terms on, doubles do not tell the rule from that of an integral."""


def recurrence(count: int, order: int) -> list[Fraction]:
    r"""Coefficients :math:`b_j = \frac{j^2(1-j^2/N^2)}{4j^2-1}` of the monic polynomials, j = 1 to order - 1.

    In the coordinate :math:`u = (2y - N + 1)/N` of the integers y they satisfy
    :math:`\pi_{j+1} = u\pi_j - b_j\pi_{j-1}` [NIST DLMF, section 18.22, Hahn polynomials].

    Parameters
    ----------
    count : int
        Number N of integers.
    order : int
        Degree of the highest polynomial, at most N.
    """
    return [
        Fraction(j * j * (count * count - j * j), count * count * (4 * j * j - 1)) for j in range(1, order)
    ]


@lru_cache(maxsize=1024)
def rule(count: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in the coordinate u, between -1 and 1, and their shares of the sum; in double precision.

    Parameters
    ----------
    count : int
        Number of integers.
    order : int
        Number of nodes, fewer than the integers.

    Examples
    --------
    >>> nodes, shares = rule(1000, 5)
    >>> positions = (1000 * nodes + 999) / 2
    >>> round(float(1000 * (shares * positions**2).sum())), sum(k**2 for k in range(1000))
    (332833500, 332833500)
    """
    if count > _LONG:
        count = _LONG
    off = np.sqrt([float(b) for b in recurrence(count, order)])
    nodes, vectors = eigh_tridiagonal(np.zeros(order), off)
    return nodes, vectors[0] ** 2


def refined(count: int, order: int, context: Any) -> tuple[list[Any], list[Any]]:
    """The rule in the numbers of an mpmath context: Newton's method from doubles, each zero with its negative.

    Parameters
    ----------
    count, order : int
        As for `rule`.
    context : mpmath.MPContext
        Its precision is reached in fixed-point integers.
    """
    bits = context.prec + 5 * order + 40
    one = 1 << bits
    slopes = [b.numerator * one // b.denominator for b in recurrence(count, order)]
    start, _ = rule(count, order)
    steps = math.ceil(math.log2(max(context.prec / 44, 1))) + 1
    upper: list[tuple[Any, Any]] = []
    for guess in start[order // 2 :].tolist():
        node = 0 if order % 2 and abs(guess) < 1e-12 else int(guess * 2**60) << (bits - 60)
        for _ in range(steps if node else 0):
            value, slope = _fixed(node, slopes, bits)[:2]
            node -= (value << bits) // slope
        share = (one << bits) // _fixed(node, slopes, bits, True)[2]
        upper.append((context.ldexp(context.mpf(node), -bits), context.ldexp(context.mpf(share), -bits)))
    pairs = [*((-node, share) for node, share in reversed(upper) if node), *upper]
    return [node for node, _ in pairs], [share for _, share in pairs]


def _fixed(node: int, slopes: list[int], bits: int, normed: bool = False) -> tuple[int, int, int]:
    """What `evaluated` gives, in integers over a power of two: polynomial and derivative, or sum of squares."""
    one = 1 << bits
    before, value, before_slope, slope = 0, one, 0, 0
    norm, total = one, one
    for j in range(len(slopes) + 1):
        b = slopes[j - 1] if j else 0
        following = (node * value - b * before) >> bits
        if not normed:
            before_slope, slope = slope, value + ((node * slope - b * before_slope) >> bits)
        elif j < len(slopes):
            norm = norm * slopes[j] >> bits
            total += following * following // norm
        before, value = value, following
    return value, slope, total


def evaluated(node: Any, slopes: list[Any], one: Any) -> tuple[Any, Any, Any]:
    """The polynomial whose zeros are the nodes, its derivative, and the sum of squares of the normed ones below it.

    Parameters
    ----------
    node : number
        In any arithmetic.
    slopes : list of number
        The `recurrence`.
    one : number
        One, in the same arithmetic.
    """
    before, value, before_slope, slope = 0 * one, one, 0 * one, 0 * one
    norm, total = one, one
    for j in range(len(slopes) + 1):
        b = slopes[j - 1] if j else 0 * one
        before, value, before_slope, slope = (
            value, node * value - b * before, slope, value + node * slope - b * before_slope
        )  # fmt: skip
        if j < len(slopes):
            norm = norm * slopes[j]
            total = total + value * value / norm
    return value, slope, total


def ellipse_of(decay: float, rho: float) -> float:
    r"""Longest ratio of ends of a block whose Bernstein ellipse stays where :math:`\operatorname{Re}z^\alpha\ge0`.

    Parameters
    ----------
    decay : float
        The exponent :math:`\alpha`, above one.
    rho : float
        Sum of the half-axes of the ellipse, in half-lengths of the block.
    """
    long, short = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
    tangent = math.tan(min(math.pi / (2 * decay), 1.5)) ** 2
    # (short h)^2 = tangent ((1 + h)^2 - (long h)^2) for a block from 1 to 1 + 2h
    a, b = short**2 + tangent * (long**2 - 1), tangent
    half = (b + math.sqrt(b * b + a * b)) / a
    return 1 + 2 * 0.999 * half
