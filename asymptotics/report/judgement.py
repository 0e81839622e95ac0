"""Statistics of many comparisons at once: multiple testing, pooled scores, calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from asymptotics.errors import InputError

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


def skewness_corrected(t: Any, skewness: Any, trials: float) -> Any:
    """Student's t of a skewed sample, mapped so that its tails on both sides are those of a symmetric one.

    Parameters
    ----------
    t : array_like
        Mean over its standard error.
    skewness : array_like
        Of the sample, which counts less in small ones: its share is ``trials/(trials + 2)``.
    trials : float
        Its size; infinitely many need no correction.

    Notes
    -----
    Hall's monotone cubic transformation (J. R. Statist. Soc. B 54, 221, 1992): it takes the term of order
    ``trials**-0.5`` out of the error of the one-sided probabilities.

    Examples
    --------
    >>> skewness_corrected([2.0, -2.0], 1.5, 100.0).round(3).tolist()
    [2.227, -1.786]
    """
    share = 1.0 if trials == math.inf else trials / (trials + 2)
    a, t = share * np.asarray(skewness) / math.sqrt(trials), np.asarray(t, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.isfinite(t), t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6, t)


def detectable(standard_error: Any, trials: float, level: Any, power: float) -> Any:
    """The difference, beyond the allowance, that a test at a two-sided level finds with a given probability.

    Parameters
    ----------
    standard_error : number or array
        Of the mean.
    trials : float
        Replicates.
    level : number
        Two-sided false-alarm rate.
    power : float
        Probability to find it.

    Examples
    --------
    >>> round(float(detectable(1.0, math.inf, 0.05, 0.95)), 2)
    3.6
    """
    return standard_error * (stats.t.isf(np.asarray(level) / 2, trials - 1) + stats.t.ppf(power, trials - 1))


def normal_score(t: float, degrees_of_freedom: float) -> float:
    """Map Student's t to the normal distribution with the same tail probability.

    Parameters
    ----------
    t : float
        Student's t.
    degrees_of_freedom : float
        Replicates less one.

    Examples
    --------
    >>> round(normal_score(12.706204736, 1), 6)
    1.959964
    """
    tail = max(float(stats.t.sf(abs(t), degrees_of_freedom)), 1e-300)  # the smaller tail keeps its digits
    return math.copysign(float(stats.norm.isf(tail)), t)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores that should be standard normal, beside the quantiles that they should have.

    Attributes
    ----------
    scores : ndarray, shape (m,)
        Sorted.
    expected : ndarray, shape (m,)
        Normal quantiles at probabilities ``(i - 1/2)/m``: the horizontal axis of a quantile plot.
    p_value : float
        Of the Kolmogorov-Smirnov test.
    """

    scores: Array
    expected: Array
    p_value: float

    def envelope(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return where each sorted score lies with the given probability if all are standard normal.

        Parameters
        ----------
        level : float, default 0.95
            Of every single one, not of all at once.

        Returns
        -------
        lower, upper : ndarray, shape (m,)

        Notes
        -----
        The i-th smallest of m independent uniform numbers has the beta distribution with parameters i and
        m + 1 - i; its quantiles are mapped by the normal quantile function.

        Examples
        --------
        >>> [edge.round(2).tolist() for edge in calibrate(np.array([0.1])).envelope()]
        [[-1.96], [1.96]]
        """
        if not 0 < level < 1:
            raise InputError("level", level, "a number between 0 and 1")
        rank = np.arange(1, len(self.scores) + 1)
        lower, upper = (
            stats.norm.ppf(stats.beta.ppf(tail, rank, len(rank) + 1 - rank))
            for tail in ((1 - level) / 2, (1 + level) / 2)
        )
        return lower, upper

    def __str__(self) -> str:
        within = [np.mean(np.abs(self.scores) < z) for z in (1.0, 2.0, 3.0)]
        lines = [
            f"{len(self.scores)} scores: mean {self.scores.mean():+.2f}, standard deviation {self.scores.std():.2f}",
            "within 1, 2, 3 standard errors: " + ", ".join(f"{100 * share:.0f} %" for share in within)
            + " (normal: 68, 95, 100 %)",
            f"Kolmogorov-Smirnov p-value {self.p_value:.2g}",
        ]  # fmt: skip
        return "\n".join(lines)


def calibrate(scores: Array) -> Calibration:
    """Compare scores with the normal distribution.

    Parameters
    ----------
    scores : ndarray, shape (m,)
        Independent, at least one.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        When there are no scores, or one is not finite.

    Examples
    --------
    >>> calibration = calibrate(np.array([0.5, -0.5]))
    >>> calibration.expected.round(4).tolist()
    [-0.6745, 0.6745]
    """
    scores = np.sort(np.asarray(scores, dtype=np.float64))
    if scores.size == 0 or not np.isfinite(scores).all():
        raise InputError("scores", scores, "at least one finite number")
    expected = stats.norm.ppf((np.arange(len(scores)) + 0.5) / len(scores))
    return Calibration(scores, expected, float(stats.kstest(scores, stats.norm.cdf).pvalue))
