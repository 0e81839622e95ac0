"""What unequal lengths of Gaussian inputs do to features and kernels beyond their levels: an estimate, for cautions.

Theory diagonalizes features at the mean length of the inputs. Lengths that vary do three things that it leaves out.
Degrees that are not learned act as a ridge that differs from sample to sample, which raises the training error; samples
far out along a spike, which say most of it, have the largest of these ridges; and the linear part of features that are
not homogeneous bends with the length, into a cubic part along the target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.models.components import BIAS, TEST
from asymptotics.models.input_levels import level_weights, target_parts
from asymptotics.models.inputs import mean_variance

__all__ = ["Lengths", "lengths"]

_STEP = Fraction(1, 16)

TEST_WRONG, TRAIN_WRONG = 0.1, 0.15
"""Estimated relative errors from which there is a caution; docs/howto/trust_table.md has them beside simulations."""

_ALIGNED = 0.8

TESTED = (
    "Gaussian inputs of unequal length along a strong direction that holds the target: test errors are higher by 10 % "
    "and more; law='sphere' has equal lengths"
)
TRAINED = (
    "Gaussian inputs of unequal length: degrees that are not learned are a ridge of its own for each sample, and "
    "training errors are higher by 15 % and more; law='sphere' has equal lengths"
)


@dataclass(frozen=True)
class Lengths:
    """How features change with the length of an input.

    Attributes
    ----------
    spread : float
        Standard deviation of the squared length, over its mean.
    tail : float
        Power of the features in degrees above one.
    steeper : float
        Relative change of that power per relative change of the squared length.
    aligned : float
        Share of one direction in the squared length, averaged over the linear part of the target.
    cubic : float
        Power of the cubic part, where the linear one is learned; zero if features are homogeneous.
    """

    spread: float
    tail: float
    steeper: float
    aligned: float
    cubic: float

    def doubts(self, ridge: np.ndarray, values: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
        """Where the test error or the training error is estimated to be too far off.

        Parameters
        ----------
        ridge : ndarray
        values : mapping component -> ndarray
            What theory answers.
        """
        with np.errstate(all="ignore"):
            unlearned = self.tail / (self.tail + np.maximum(ridge, 0.0))
            varied = self.steeper * unlearned
            test, bias = (np.asarray(values[part.name], dtype=float) for part in (TEST, BIAS))
            off = self.aligned * varied * bias / test + self.cubic / test
            # Homogeneous features, of which the tail is as steep as the squared length, weigh samples and labels alike.
            train = (self.spread * varied) ** 2 + _ALIGNED * self.aligned * (varied - unlearned)
            return {TESTED: off > TEST_WRONG, TRAINED: train > TRAIN_WRONG}


@lru_cache(maxsize=256)
def lengths(measure: Any) -> Lengths:
    """How features on Gaussian inputs change with the length of these.

    Parameters
    ----------
    measure : InputLevels
        At a finite dimension.
    """
    model, own = measure.model, measure.levels[0]
    mean = mean_variance(own)
    below, at, above = (
        model.powers(variance, math.inf, 1, None)
        for variance in (mean * (1 - _STEP), mean, mean * (1 + _STEP))
    )
    width = math.log((1 + _STEP) / (1 - _STEP))
    steeper = math.log(above.tail / below.tail) / width if at.tail > 0 else 0.0
    # Of the linear coefficient over the length, per relative change of the length.
    bent = math.log(above.powers[1] / below.powers[1]) / width - 1 if at.powers[1] > 0 else 0.0
    shares = [float(w / level.count) for w, level in zip(level_weights(own), own, strict=True)]
    parts, _ = target_parts(model.target, own, 1)
    linear = [float(parts.get(((place, 1),), 0)) for place in range(len(own))]
    total = sum(linear)
    aligned = sum(p * s for p, s in zip(linear, shares, strict=True)) / total if total else 0.0
    # The square of the part that bends, at right angles to the target; along a spike simulation has twice as much.
    curved = sum(p * (measure.spread**2 / 4 + 2.5 * s**2) for p, s in zip(linear, shares, strict=True))
    return Lengths(measure.spread, float(at.tail), steeper, aligned, bent**2 * curved)
