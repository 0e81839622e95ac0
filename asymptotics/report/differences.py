"""Differences of theory and simulation in every configuration, and how sure one can be of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from asymptotics.report.judgement import skewness_corrected

Array = NDArray[np.float64]

POWER = 0.95
"""Probability with which the smallest difference that is said to be found is found."""


@dataclass(frozen=True, eq=False)
class ObservableComparison:
    """One observable in every configuration; arrays have the shape of the grid.

    Attributes
    ----------
    theory, mean, standard_error : ndarray
        Prediction, Monte Carlo mean, its standard error.
    z : ndarray
        ``(mean - theory)/standard_error``; nan where theory is not finite, so that nothing can be compared.
    excess : ndarray
        The same after taking the allowance off the difference, at least 0.
    p_value : ndarray
        Two-sided probability of such an excess, from Student's t with ``trials - 1`` degrees of freedom.
    rejected : ndarray of bool
        True where the excess is significant after the correction for multiple testing.
    detectable : ndarray
        Smallest true difference that would have been found with probability `POWER`.
    """

    theory: Array
    mean: Array
    standard_error: Array
    z: Array
    excess: Array
    p_value: Array
    rejected: NDArray[np.bool_]
    detectable: Array

    @property
    def detectable_percent(self) -> str:
        """The same in percent of theory, the smallest and the largest of the grid; empty where nothing is compared."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * self.detectable / np.abs(self.theory)
        known = share[np.isfinite(share)]
        if not known.size:
            return ""
        ends = dict.fromkeys(f"{value:.2g}" for value in (known.min(), known.max()))
        return " to ".join(ends) + " %"

    @property
    def difference(self) -> Array:
        """``mean - theory``."""
        return self.mean - self.theory

    @property
    def percent(self) -> Array:
        """Difference in percent of theory; 0 where both vanish."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.mean == self.theory, 0.0, 100 * self.difference / np.abs(self.theory))


def differences(theory: Array, statistic: Any, allowance: float, floor: Any) -> dict[str, Array]:
    """Return the arrays of an `ObservableComparison`; differences below the floor are rounding.

    Parameters
    ----------
    theory : ndarray
        Of the shape of the estimate.
    statistic : Statistic
        Mean and standard error.
    allowance : float
        Relative difference that is allowed.
    floor : number or array
        Below which differences are rounding.
    """
    mean, error = np.asarray(statistic.mean), np.asarray(statistic.standard_error)
    comparable = np.isfinite(theory)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference, room = np.abs(mean - theory), allowance * np.abs(theory)
        z = np.where(difference <= floor, 0.0, (mean - theory) / error)
        excess = np.where(difference <= np.maximum(floor, room), 0.0, (difference - room) / error)
    z, excess = np.where(comparable, z, np.nan), np.where(comparable, excess, np.nan)
    signed = skewness_corrected(np.copysign(excess, z), statistic.skewness, statistic.trials)
    p_value = np.where(excess == 0, 1.0, 2 * stats.t.sf(np.abs(signed), statistic.trials - 1))
    p_value = np.where(comparable, p_value, np.nan)
    return {
        "theory": theory,
        "mean": mean,
        "standard_error": error,
        "z": z,
        "excess": excess,
        "p_value": p_value,
    }
