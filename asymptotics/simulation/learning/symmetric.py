"""Kernels and random features averaged over a group of permutations of the coordinates of the inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Inputs
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.fits import Array, Fit, Function, Learner, features
from asymptotics.simulation.learning.learners import KernelProfile
from asymptotics.simulation.learning.streaming import Real


def averaged(function: Function, points: Real, others: Real, elements: np.ndarray, scale: float) -> Real:
    """Mean over the group of ``scale * function(<other, g x>/sqrt(d))``, shape (points, others).

    Parameters
    ----------
    function : callable
        Vectorized.
    points, others : ndarray, shapes (n, d) and (m, d)
        Inputs.
    elements : ndarray of int, shape (elements, d)
        The group, as permutations of the coordinates.
    scale : float
        Multiplies every value.
    """
    total = np.zeros((len(points), len(others)), dtype=points.dtype)
    for element in elements:
        total += features(function, points, others[:, element], scale)
    return np.asarray(total / len(elements))


@dataclass(frozen=True)
class AveragedKernel(Learner):
    """Kernel ridge regression with a kernel averaged over a group.

    Attributes
    ----------
    kernel : callable
        Vectorized function h on [-1, 1].
    symmetry : object
        With ``elements(d)``.
    """

    kernel: Any
    symmetry: Any
    kind: ClassVar[str] = "averaged kernel"
    function_kind: ClassVar[str] = "kernel"
    has_features: ClassVar[bool] = False

    @property
    def function(self) -> Any:
        """The kernel."""
        return self.kernel

    def options(self) -> dict[str, Any]:
        """The group."""
        return {"invariance": str(self.symmetry)}

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Values of the kernel before it is averaged."""
        return np.asarray(self.kernel(np.linspace(-1.0, 1.0, 257)))

    def check(self, inputs: Inputs, d: int) -> None:
        """Refuse dimensions that the group does not act on."""
        self.symmetry.elements(d)

    def centers(self, n: int, p: int) -> int:
        """One per sample."""
        return n

    def choose_weights(self, inputs: Inputs, asked: str | None) -> str:
        """There are none.

        Raises
        ------
        InputError
            If a law is asked for.
        """
        if asked not in (None, inputs.weights[0]):
            raise InputError("weights", asked, "nothing: a kernel has no weights")
        return inputs.weights[0]

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Nothing is drawn."""
        d = points.shape[1]
        elements, profile = self.symmetry.elements(d), KernelProfile(self.kernel, d)
        gram = averaged(profile, points, points, elements, 1.0)
        gram = (gram + gram.T) / 2

        def fresh_design(fresh: Array, _: np.random.Generator) -> Real:
            return averaged(profile, fresh.astype(points.dtype, copy=False), points, elements, 1.0)

        return Fit(gram, 0, fresh_design, metric=gram)


@dataclass(frozen=True)
class AveragedFeatures(Learner):
    """Random features averaged over a group.

    Attributes
    ----------
    activation : callable
    symmetry : object
        With ``elements(d)``.
    """

    activation: Any
    symmetry: Any
    kind: ClassVar[str] = "averaged random features"
    function_kind: ClassVar[str] = "activation"

    @property
    def function(self) -> Any:
        """The activation."""
        return self.activation

    def options(self) -> dict[str, Any]:
        """The group."""
        return {"invariance": str(self.symmetry)}

    def check(self, inputs: Inputs, d: int) -> None:
        """Refuse dimensions that the group does not act on."""
        self.symmetry.elements(d)

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw weights; see `Learner.draw`."""
        d = points.shape[1]
        elements = self.symmetry.elements(d)
        theta = weights.sample(p, d, generator).astype(points.dtype, copy=False)

        def apply(inputs: Real, _: np.random.Generator | None = None) -> Real:
            rows = inputs.astype(points.dtype, copy=False)
            return averaged(self.activation, rows, theta, elements, 1 / math.sqrt(p))

        return Fit(apply(points), p, apply)
