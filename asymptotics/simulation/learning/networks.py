r"""Linearized two-layer networks, simulated through n x n kernel matrices: the pd tangent features are never formed.

Given the weights, tangent and random features have the kernels

.. math:: K_{NT} = \frac{XX^\top}{d}\circ\frac{DD^\top}{p},\quad D_{ij} = a_j^0\sigma'(\langle w_j,x_i\rangle/\sqrt d),
          \qquad K_{RF} = \frac{SS^\top}{p},\quad S_{ij} = \sigma(\langle w_j,x_i\rangle/\sqrt d).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Labelled
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.fits import Array, Fit, Function, Learner, features
from asymptotics.simulation.learning.streaming import Real, turned

ROWS = 4096
"""Fresh inputs whose features are held at once."""


@dataclass(frozen=True, eq=False)
class Neurons:
    """The weights of one draw, and the two kernels that they make.

    Attributes
    ----------
    activation, slope : callable
        The function sigma and its derivative.
    first, second : ndarray, shapes (p, d) and (p,)
        Weights of both layers; where the first layer alone is trained ``kernel_weights[0]`` is zero.
    kernel_weights : (float, float)
        Of the kernel of the random and of the tangent features.
    biases : ndarray, shape (p,), or None
        Of the neurons.
    rate : float
        Weight of the slopes in the biases: the variance of these.
    """

    activation: Function
    slope: Function
    first: Real
    second: Real
    kernel_weights: tuple[float, float]
    biases: Real | None = None
    rate: float = 0.0

    def values(self, function: Function, points: Real) -> Real:
        """A function of what neurons see, over ``sqrt(p)``: a bias is the weight of an input that is constant."""
        scale, weights, d = 1 / math.sqrt(self.first.shape[-2]), self.first, points.shape[-1]
        if self.biases is not None:
            constant = np.full((*points.shape[:-1], 1), math.sqrt(d + 1), dtype=points.dtype)
            points = np.concatenate([points * math.sqrt((d + 1) / d), constant], axis=-1)
            weights = np.concatenate([weights, self.biases[..., None]], axis=-1)
        return features(function, points, weights, scale)

    def factors(self, points: Real) -> tuple[Real, Real | None]:
        """Slopes times second layer, and outputs of the neurons where these are trained, both over ``sqrt(p)``."""
        slopes = self.values(self.slope, points) * self.second[..., None, :]
        return slopes, self.values(self.activation, points) if self.kernel_weights[0] else None

    def kernel(self, points: Real, others: Real, known: tuple[Real, Real | None]) -> Real:
        """The kernel between points and others, of which the factors are known.

        Parameters
        ----------
        points, others : ndarray, shapes (n, d) and (m, d)
            Inputs.
        known : (ndarray, ndarray or None)
            What :meth:`factors` returned of the others.
        """
        slopes, outputs = self.factors(points)
        random, tangent = self.kernel_weights
        found = points @ turned(others) / points.shape[-1]
        if self.rate:
            found += self.rate
        found *= tangent
        found *= slopes @ turned(known[0])
        if outputs is not None and known[1] is not None:
            found += random * (outputs @ turned(known[1]))
        return found

    def output(self, points: Real) -> Array:
        """The function of the network."""
        outputs = self.values(self.activation, points)
        return (outputs @ self.second[..., None])[..., 0].astype(np.float64, copy=False)


@dataclass(frozen=True)
class LinearizedNetwork(Learner):
    """Ridge regression on the slopes of a two-layer network in its parameters.

    Attributes
    ----------
    activation, slope : callable
        The function sigma and its derivative, vectorized.
    kernel_weights : (float, float)
        Of the random and of the tangent features; the first is zero where the first layer alone is trained.
    gaussian : bool
        Whether the second layer is Gaussian; signs otherwise.
    starts_randomly : bool
        Whether training starts from the function of the network; from zero otherwise.
    biases : object, optional
        Law of random biases, with ``draw(count, generator)`` and ``variance``; no biases if None.
    """

    activation: Any
    slope: Any
    kernel_weights: tuple[float, float] = (0.0, 1.0)
    gaussian: bool = False
    starts_randomly: bool = False
    biases: Any = None
    kind: ClassVar[str] = "linearized network"
    function_kind: ClassVar[str] = "activation"
    varies_with_sizes: ClassVar[bool] = True

    @property
    def stacks(self) -> bool:  # type: ignore[override]
        """Without biases, which are drawn replicate by replicate."""
        return self.biases is None

    @property
    def function(self) -> Any:
        """The activation."""
        return self.activation

    def options(self) -> dict[str, Any]:
        """What is trained, and from where."""
        return {
            "kernel_weights": list(self.kernel_weights), "gaussian": self.gaussian,
            "starts_randomly": self.starts_randomly,
            **({} if self.biases is None else {"biases": str(self.biases)}),
        }  # fmt: skip

    def centers(self, n: int, p: int) -> int:
        """One coefficient per sample."""
        return n

    def neurons(
        self, d: int, p: int, weights: Law, generator: np.random.Generator, dtype: Any = np.float64
    ) -> Neurons:
        """Draw the weights of both layers.

        Parameters
        ----------
        d, p : int
            Dimension of the inputs, and number of neurons.
        weights : Law
            Of the first layer.
        generator : numpy.random.Generator
        dtype : dtype
            Of what is drawn; always drawn in doubles.
        """
        first = weights.sample(p, d, generator)
        normal = generator.standard_normal(p)
        second = normal if self.gaussian else np.where(normal > 0, 1.0, -1.0)
        biases, rate = None, 0.0
        if self.biases is not None:
            biases, rate = self.biases.draw(p, generator).astype(dtype, copy=False), self.biases.variance
        return Neurons(
            self.activation, self.slope, first.astype(dtype, copy=False), second.astype(dtype, copy=False),
            self.kernel_weights, biases, rate,
        )  # fmt: skip

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw the network; see `Learner.draw`."""
        neurons = self.neurons(points.shape[-1], p, weights, generator, points.dtype)
        known = neurons.factors(points)
        gram = neurons.kernel(points, points, known)
        gram = (gram + gram.swapaxes(-1, -2)) / 2

        def fresh_design(fresh: Array, _: np.random.Generator) -> Real:
            rows = fresh.astype(points.dtype, copy=False)
            if fresh.shape[-2] <= ROWS:
                return neurons.kernel(rows, points, known)
            parts = np.array_split(rows, -(-fresh.shape[-2] // ROWS), axis=-2)
            return np.concatenate([neurons.kernel(part, points, known) for part in parts], axis=-2)

        start = neurons.output if self.starts_randomly else None
        return Fit(gram, p, fresh_design, metric=gram, start=start)


@dataclass(frozen=True, eq=False)
class FromStart:
    """A target without what a function that training starts from has of it; see `Labelled`.

    Attributes
    ----------
    target : Labelled
    start : callable
        The function.
    values : ndarray
        What is left of the target at the training inputs.
    """

    target: Labelled
    start: Callable[[Array], Array]
    values: Array

    @property
    def fresh_inputs(self) -> int | None:
        """As the target."""
        return self.target.fresh_inputs

    @property
    def elsewhere(self) -> FromStart:
        """The same under a test law."""
        target: Any = self.target
        return FromStart(target.elsewhere, self.start, self.values)

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Fresh inputs, and what is left there."""
        for points, values in self.target.fresh(count, step, generator):
            yield points, values - self.start(points)

    def exact_errors(self, fit: Any, solutions: Array, series: Any) -> None:
        """Not known."""
        return
