r"""Kernels of inputs with a covariance, in products of harmonics of the levels of equal variance.

With :math:`t = \sum_b a_b t_b`, :math:`t_b` the cosine of two inputs in level :math:`b`, a zonal function of degree
:math:`k` is a sum of products :math:`\prod_b P_{k_b}(t_b)` whose coefficients are its *shares* of multi-degrees. They
come from two recurrences: the one of the zonal polynomial in :math:`t`, and multiplication by :math:`t_b`. Where every
level is on a sphere this is exact. For Gaussian inputs products of Hermite polynomials take the place of harmonics, to
leading order in the number of directions that count: a share is then a term of the multinomial formula.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from asymptotics.functions.expansions.harmonics import multiplicity

__all__ = ["counted", "most_degrees", "shares", "times_cosine"]

Multi = tuple[tuple[int, int], ...]
"""A multi-degree: pairs of level and degree, where the degree is positive."""

MOST_LEVELS = 2000
MOST_DEGREE = 40


def most_degrees(levels: int, times: int = 1) -> int:
    """Largest total degree of which there are not too many multi-degrees.

    Parameters
    ----------
    levels : int
    times : int
        How often the usual number of degrees and multi-degrees may be taken.

    Examples
    --------
    >>> [most_degrees(levels) for levels in (1, 2, 3, 60, 5000)]
    [40, 40, 20, 2, 1]
    """
    degree = 1
    while (
        degree < MOST_DEGREE * times and math.comb(levels + degree + 1, degree + 1) <= MOST_LEVELS * times**2
    ):
        degree += 1
    return degree


def counted(multi: Multi, counts: Sequence[int], law: str) -> int:
    """Number of products of harmonics, or of Hermite polynomials, of a multi-degree.

    Parameters
    ----------
    multi : tuple of (int, int)
    counts : sequence of int
        Directions in each level.
    law : {"sphere", "gaussian"}

    Examples
    --------
    >>> counted(((0, 2), (1, 1)), (3, 4), "sphere"), counted(((0, 2),), (3, 4), "gaussian")
    (20, 6)
    """
    found = 1
    for level, degree in multi:
        n = counts[level]
        if law == "gaussian":
            found *= math.comb(n + degree - 1, degree)
        elif n == 1:
            found *= int(degree <= 1)
        else:
            found *= multiplicity(n, degree)
    return found


def shares(
    weights: Sequence[Any], counts: Sequence[int], d: int, degrees: int, law: str
) -> list[dict[Multi, Any]]:
    """Shares of multi-degrees in every degree.

    Parameters
    ----------
    weights : sequence of number
        The :math:`a_b`, in the numbers of one arithmetic; they sum to one between inputs of one law. A share whose
        degrees add up to the degree itself is right to rounding, others in units of the largest.
    counts : sequence of int
    d : int
        Dimension whose zonal polynomials are meant; of no effect for Gaussian inputs.
    degrees : int
    law : {"sphere", "gaussian"}

    Returns
    -------
    list of dict
        For each degree the share of every multi-degree.

    Examples
    --------
    >>> from fractions import Fraction
    >>> found = shares([Fraction(2, 5), Fraction(3, 5)], (4, 6), 10, 2, "sphere")
    >>> sorted((multi, str(value)) for multi, value in found[2].items() if value)
    [(((0, 1), (1, 1)), '8/15'), (((0, 2),), '2/15'), (((1, 2),), '1/3')]
    """
    return _shares(tuple(weights), tuple(counts), d, degrees, law, weights[0] ** 0)


@lru_cache(maxsize=64, typed=True)
def _shares(
    weights: tuple[Any, ...], counts: tuple[int, ...], d: int, degrees: int, law: str, one: Any
) -> list[dict[Multi, Any]]:
    found: list[dict[Multi, Any]] = [{(): one}]
    for k in range(degrees):
        new = times_cosine(found[-1], weights, counts, law)
        if law == "sphere" and k:
            new = {multi: value * (2 * k + d - 2) for multi, value in new.items()}
            for multi, value in found[-2].items():
                new[multi] = new.get(multi, 0) - value * k
            new = {multi: value / (k + d - 2) for multi, value in new.items() if value != 0}
        found.append(new)
    return found


def times_cosine(
    part: Mapping[Multi, Any], weights: Sequence[Any], counts: Sequence[int], law: str
) -> dict[Multi, Any]:
    """A sum of products of zonal polynomials times ``sum_b weights_b t_b``, in the same products.

    Parameters
    ----------
    part : mapping
        Coefficient of every multi-degree.
    weights, counts, law
        As for :func:`shares`.
    """
    found: dict[Multi, Any] = {}
    for multi, value in part.items():
        degrees = dict(multi)
        for level, weight in enumerate(weights):
            if weight == 0:
                continue
            k, moved = degrees.get(level, 0), value * weight
            if k == 0 or law == "gaussian":
                steps = [(k + 1, moved)]
            else:
                scale = 2 * k + counts[level] - 2
                steps = [(k - 1, moved * k / scale)]
                if counts[level] + k > 2:
                    steps.append((k + 1, moved * (k + counts[level] - 2) / scale))
            for degree, amount in steps:
                other = {**degrees, level: degree}
                key = tuple(sorted((b, j) for b, j in other.items() if j))
                found[key] = found[key] + amount if key in found else amount
    return found
