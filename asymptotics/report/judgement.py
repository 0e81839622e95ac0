"""Statistics of many comparisons at once: multiple testing, pooled scores, calibration, drift with size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """All independent scores of one observable together.

    Attributes
    ----------
    chi_squared, degrees_of_freedom, p_value : float, int, float
        Sum of squared normal scores, their number, and the probability of a larger sum. It asks for exact
        equality, with no allowance: corrections of finite size make it large once standard errors are small.
    """

    chi_squared: float
    degrees_of_freedom: int
    p_value: float


def pool(scores: Array) -> Pooled:
    """Return the chi-squared statistic of independent scores that should be standard normal.

    Parameters
    ----------
    scores : ndarray, shape (m,)

    Returns
    -------
    Pooled

    Examples
    --------
    >>> pool(np.array([1.0, -1.0])).chi_squared
    2.0
    """
    total = float((np.asarray(scores) ** 2).sum())
    return Pooled(total, len(scores), float(stats.chi2.sf(total, len(scores))) if len(scores) else 1.0)


def holm(p_values: Array, rate: float) -> NDArray[np.bool_]:
    """Return which hypotheses Holm's step-down procedure rejects.

    Parameters
    ----------
    p_values : ndarray, shape (m,)
        One per hypothesis, of any dependence; nan counts as not tested.
    rate : float
        Bound on the probability that any true hypothesis is rejected.

    Returns
    -------
    ndarray of bool, shape (m,)

    Examples
    --------
    >>> holm(np.array([0.001, 0.2, 0.02, np.nan]), 0.05).tolist()
    [True, False, True, False]
    """
    rejected = np.zeros(p_values.shape, dtype=bool)
    tested = int(np.isfinite(p_values).sum())
    for rank, position in enumerate(np.argsort(p_values)[:tested]):
        if p_values[position] > rate / (tested - rank):
            break
        rejected[position] = True
    return rejected


def normal_score(t: float, degrees_of_freedom: int) -> float:
    """Map Student's t to the normal distribution with the same tail probability.

    Examples
    --------
    >>> round(normal_score(12.706204736, 1), 6)
    1.959964
    """
    tail = max(float(stats.t.sf(abs(t), degrees_of_freedom)), 1e-300)  # the smaller tail keeps its digits
    return math.copysign(float(stats.norm.isf(tail)), t)
