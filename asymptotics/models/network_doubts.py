"""What single neurons do to the training error of tangent features beyond their blocks: an estimate, for cautions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.models.components import TEST, TRAIN

__all__ = ["training_doubts"]

WRONG = 0.15
"""Estimated relative error of the training error from which there is a caution."""

_MEASURED = 2.5
"""Error over the relative variance of the kernel beyond degree one, at a vanishing ridge: simulation has 2 to 3.3."""

_NEGLIGIBLE = 1e-6
"""Training errors, in units of the labels' error at a new input, that nobody compares."""

SINGLE_NEURONS = (
    "a few neurons with slopes of large kurtosis: what is not learned is a ridge of its own for each sample, and "
    "training errors are higher by 15 % and more, test errors by less"
)


def training_doubts(network: Any, neurons: Any, values: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Where the training error is estimated to be too far off.

    Parameters
    ----------
    network : NeuralTangentRidge
        With ``slope``, ``gaussian``, ``noise``.
    neurons : float or ndarray
    values : mapping component -> ndarray
        What theory answers.

    Notes
    -----
    Beyond the linear part the kernel of a sample with itself is a mean over the neurons, of relative variance
    ``(kurtosis - 1)/p``, and its share in the ridge of that sample is what is not learned. The training error weighs
    samples with the square of what is left of them.
    """
    test, train = (np.asarray(values[part.name], dtype=float) for part in (TEST, TRAIN))
    with np.errstate(all="ignore"):
        left = train / (test + float(network.noise))
        off = (
            _MEASURED * (_kurtosis(network.slope, network.gaussian) - 1) / neurons * (1 - np.sqrt(left)) ** 4
        )
        return {SINGLE_NEURONS: (off > WRONG) & (left > _NEGLIGIBLE) & (left < 1)}


@lru_cache(maxsize=256)
def _kurtosis(slope: Any, gaussian: bool) -> float:
    """Of the slopes around their mean; of those times a Gaussian second layer too. One where it is not known."""
    if getattr(slope, "formula", None) is None:
        return 1.0
    points, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()
    values = slope(points)

    def of(deviations: np.ndarray) -> float:
        square = float(weights @ deviations**2)
        return float(weights @ deviations**4) / square**2 if square > 0 else 1.0

    around = of(values - float(weights @ values))
    return max(around, 3 * of(values)) if gaussian else around
