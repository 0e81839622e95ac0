r"""The population pair of any model, read off ridge regression on it.

Ridge regression with ridge :math:`\ell` and unit noise determines the pair at its effective ridge: by the rule
:func:`asymptotics.models.pair_learners.ridge_rule` its bias, variance and training error are functions of it that can
be solved for it. So a learner that asks a model for the pair alone is had for every model that ``predict`` answers
for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.models.components import BIAS, OVERLAP, SQUARE
from asymptotics.prediction.accuracy import Columns, Doubles
from asymptotics.prediction.requests import Request, read_request

Array = NDArray[np.float64]
Places = NDArray[np.intp]

FAR = 1e40
"""A ridge at which nothing is learned."""

_LITTLE = 0.03
"""Captured share below which differences of powers lose digits."""


@dataclass(frozen=True)
class Pairs:
    """Ridge regression at the points of a question, at any ridges.

    Attributes
    ----------
    unit, still : Request
        The points with label noise one and zero.
    samples : ndarray
        Number of samples at every point.
    """

    unit: Request
    still: Request
    samples: Array

    @classmethod
    def of(cls, model: Any, regime: Any, ridge: Any, ridge_per_sample: Any) -> Pairs:
        """The points of a question about a model with a loss."""
        unit, still = (read_request(model.with_noise(k), regime, ridge, ridge_per_sample) for k in (1, 0))
        return cls(unit, still, unit.sizes[unit.model.theory.samples])

    def answer(self, request: Request, ridges: Array, where: Places) -> Columns:
        """Ridge regression at ridges ``(k, points)`` for the points of some positions, flattened."""
        times = len(ridges)
        sizes = {name: np.tile(values[where], times) for name, values in request.sizes.items()}
        dimension = None if request.dimension is None else np.tile(request.dimension[where], times)
        asked = replace(
            request, shape=(ridges.size,), sizes=sizes, ridge=ridges.ravel(), per_sample=False, dimension=dimension,
            parameters={}, exact={},
        )  # fmt: skip
        return Doubles().answer(asked)

    @cached_property
    def everywhere(self) -> Places:
        """Positions of all points."""
        return np.arange(self.samples.size)

    @cached_property
    def power(self) -> Array:
        """Power of the target at every point: the error of a predictor that has learned nothing."""
        far = np.full((1, self.samples.size), FAR)
        return np.asarray(self.answer(self.unit, far, self.everywhere).risk.bias)

    def at(self, ridges: Array, where: Places) -> dict[str, Array]:
        """The pair at the effective ridges of ridge regression.

        Parameters
        ----------
        ridges : ndarray, shape (k, points)
        where : ndarray of int
            Positions of the points.

        Returns
        -------
        dict of ndarray, shape (k, points)
            ``left``: samples minus degrees of freedom; and quantities of the pair below a learner by their symbols. The
            effective ridge on features that carry one over the root of their number is ``ridge/left``.
        """
        columns = self.answer(self.unit, ridges, where)
        risk = columns.risk.mapped(lambda values: np.reshape(values, ridges.shape))
        n, power = self.samples[where], self.power[where]
        excess = 1 + risk.variance
        # variance = df2/(n - df2), bias = n Q/(n - df2), train = left^2 (test + 1)/n^2,
        # left (R + 1)/n = train + ridge norm.
        df2, error = n * risk.variance / excess, risk.bias / excess
        left, whole = n * np.sqrt(risk.train / (risk.test + 1)), n * (risk.train + ridges * risk.norm)
        known = columns.values.get(OVERLAP.name)
        if known is None:
            with np.errstate(divide="ignore", invalid="ignore"):
                captured = power - np.where(ridges > 0, whole / left - 1, error)
        else:
            captured = np.reshape(known, ridges.shape)
            left = np.where(ridges > 0, whole / (1 + power - captured), left)
        learned = error - power + 2 * captured
        if known is not None and np.any(captured < _LITTLE * power):
            still = self.answer(self.still, ridges, where).values
            square, bias = (np.reshape(still[name], ridges.shape) for name in (SQUARE.name, BIAS.name))
            learned = square - df2 / n * bias
        freedom = np.reshape(columns.values["degrees_of_freedom"], ridges.shape)
        freedom = np.where(freedom > 0, freedom, n - left)
        return {
            "left": left,
            "df_in": freedom,
            "df2_in": df2,
            "captured_in": captured,
            "learned_in": learned,
        }

    def rates(self, ridges: Array) -> tuple[Mapping[str, Array], Columns]:
        """The parts of the pair that vanish with the ridge, over the effective ridge; and the answer they are read off.

        The norm is affine in the label noise: ``n norm = penalty + partial (Q + noise)/(n - df2)``, all over it.
        """
        columns = self.answer(self.unit, ridges[None], self.everywhere)
        unit, still = columns.risk, self.answer(self.still, ridges[None], self.everywhere).risk
        n = self.samples
        partial = (unit.norm - still.norm) * n * (n / (1 + unit.variance))
        return {"partial_in": partial, "penalty_in": still.norm * n - partial * unit.bias / n}, columns
