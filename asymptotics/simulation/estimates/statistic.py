"""Draws of one observable: mean, standard error, skewness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Statistic:
    """Independent draws of one observable, with their mean and its standard error.

    Parameters
    ----------
    draws : ndarray, shape (..., trials)
        One value per replicate, replicates on the last axis; kept read-only.

    Examples
    --------
    >>> statistic = Statistic([1.0, 2.0, 3.0, 6.0])
    >>> print(statistic.mean, round(statistic.standard_error, 4))
    3.0 1.0801
    """

    draws: Array

    def __post_init__(self) -> None:
        draws = np.array(self.draws, dtype=np.float64)
        draws.setflags(write=False)
        object.__setattr__(self, "draws", draws)

    @property
    def trials(self) -> int:
        """Number of replicates."""
        return self.draws.shape[-1]

    @property
    def mean(self) -> Any:
        """Mean over the replicates; shape of the grid of configurations."""
        return self.draws.mean(axis=-1)

    @property
    def standard_deviation(self) -> Any:
        """Standard deviation of one replicate (divisor trials - 1); shape of the grid."""
        return self.draws.std(axis=-1, ddof=1)

    @property
    def standard_error(self) -> Any:
        """Standard error of the mean, ``standard_deviation/sqrt(trials)``; shape of the grid."""
        return self.standard_deviation / math.sqrt(self.trials)

    @property
    def skewness(self) -> Any:
        """Skewness of the replicates, third central moment over the second to the 3/2; 0 where all are equal."""
        centred = self.draws - self.draws.mean(axis=-1, keepdims=True)
        second, third = (centred**2).mean(axis=-1), (centred**3).mean(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(second > 0, third / second**1.5, 0.0)

    def __repr__(self) -> str:
        if self.draws.ndim == 1:
            return f"Statistic({self.mean:.6g} ± {self.standard_error:.2g}, {self.trials} replicates)"
        return f"Statistic(grid of shape {self.draws.shape[:-1]}, {self.trials} replicates)"
