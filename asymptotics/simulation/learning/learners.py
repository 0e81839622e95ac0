r"""Models that can be simulated: what is drawn besides the data, and which features or kernel it gives.

Every learner is plain frozen data. For one replicate it makes a `Fit`: features of the training inputs, the
least-squares problem in its coefficients, and the rule for fresh inputs. Features of the form
:math:`s\,\sigma(\langle\theta_j,x\rangle/\sqrt d)` have exact population averages; kernels :math:`h(\langle
x,x'\rangle/d)` are of that form too, with the training inputs in the place of the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Inputs
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.fits import Fit, Function, Learner, features
from asymptotics.simulation.learning.streaming import STREAM_ELEMENTS, Real, StreamedFeatures

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ActivationFeatures(Learner):
    """Features that are an activation of linear combinations of the inputs.

    Attributes
    ----------
    activation : callable
        The function sigma.
    """

    activation: Any
    function_kind: ClassVar[str] = "activation"

    @property
    def function(self) -> Any:
        """The activation."""
        return self.activation

    def profile(self, d: int) -> Function:
        """The activation."""
        return self.activation


@dataclass(frozen=True)
class RandomFeatures(ActivationFeatures):
    """Features ``sigma(<theta_j, x>/sqrt(d))/sqrt(p)`` with random weights, or an ensemble of such predictors.

    Attributes
    ----------
    activation : callable
        The function sigma.
    members : int
        Number K of predictors with independent weights on the same data whose mean is taken. The norm is the
        mean of their squared norms.
    """

    members: int = 1
    kind: ClassVar[str] = "random features"

    @property
    def stacks(self) -> bool:  # type: ignore[override]
        """Whether it is one predictor."""
        return self.members == 1

    def options(self) -> dict[str, int]:
        """The size of the ensemble."""
        return {"ensemble": self.members}

    def centers(self, n: int, p: int) -> int:
        """The number of coefficients, K p."""
        return self.members * p

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw K p weights; see `Learner.draw`."""
        centers = weights.sample(self.members * p, points.shape[-1], generator)
        theta, scale = centers.astype(points.dtype, copy=False), 1.0 / math.sqrt(p)

        def fresh_design(fresh: Array, _: np.random.Generator) -> Real:
            return features(self.activation, fresh, theta, scale)

        design: Real | StreamedFeatures
        if points.ndim == 2 and len(points) * len(theta) > STREAM_ELEMENTS and self.members == 1:
            design = StreamedFeatures(
                (len(points), len(theta)),
                lambda rows, columns: features(self.activation, points[rows], theta[columns], scale),
                points.dtype,
            )
        else:
            design = features(self.activation, points, theta, scale)
        return Fit(design, p, fresh_design, members=self.members, centers=centers, scale=scale)


@dataclass(frozen=True)
class SurrogateFeatures(ActivationFeatures):
    r"""Gaussian surrogate of random features: harmonics up to a degree, and independent noise for the rest.

    .. math:: Z_{ij} = \frac1{\sqrt p}\Big(\sum_{k\le\ell} \mu_k \sqrt{B(d,k)}\,
    P_k(\langle\theta_j,x_i\rangle/\sqrt d)
              + \mu_{>\ell}\, g_{ij}\Big)

    with independent standard Gaussian g, drawn afresh for a fresh input, and inputs and weights on the
    sphere, or both on the hypercube. Comparing it with `RandomFeatures` tests the Gaussian equivalence
    itself, apart from what is computed from it.

    Attributes
    ----------
    activation : callable
        The function sigma.
    degree : int
        The degree up to which features are kept.
    """

    degree: int
    kind: ClassVar[str] = "surrogate features"

    def options(self) -> dict[str, int]:
        """The degree."""
        return {"surrogate_degree": self.degree}

    @property
    def series_degree(self) -> int:
        """The degree up to which features are kept."""
        return self.degree

    def choose_weights(self, inputs: Inputs, asked: str | None) -> str:
        """The law for which the degrees of features and inputs are the same."""
        found = super().choose_weights(inputs, asked)
        if not (inputs.irreducible and found == inputs.exact_weights):
            allowed = f"'sphere' or 'hypercube' for {self.kind}, and the same for weights"
            raise InputError("inputs", inputs, allowed)
        return found

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw weights and noise; the series holds the degrees kept."""
        assert series is not None
        d, scale = points.shape[1], 1.0 / math.sqrt(p)
        theta = weights.sample(p, d, generator)
        law = series.law
        zonal = [mu * np.sqrt(law.multiplicity(d, k)) for k, mu in enumerate(series.coefficients)]

        def surrogate(inputs: Real, noise: np.random.Generator) -> Real:
            values = law.zonal_sum(d, zonal, inputs @ theta.T / d)
            values += np.sqrt(series.tail) * noise.standard_normal(values.shape)
            return (values * scale).astype(points.dtype, copy=False)

        design = surrogate(points, generator)
        return Fit(design, p, surrogate, centers=theta, scale=scale)


ROUNDING = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-6}
"""``<x, x'>/d`` beyond [-1, 1] by less than this is rounding."""


def clip_rounding(t: Real) -> Real:
    """Values of ``<x, x'>/d``, those that rounding has put beyond [-1, 1] at its ends.

    Examples
    --------
    >>> clip_rounding(np.array([0.5, 1 + 1e-15, 1.5])).tolist()
    [0.5, 1.0, 1.5]
    """
    return np.where(np.abs(t) <= 1 + ROUNDING[t.dtype], np.clip(t, -1.0, 1.0), t)


@dataclass(frozen=True)
class KernelProfile:
    """A kernel h(t), t = <x, x'>/d, as a function of ``<x, x'>/sqrt(d)``."""

    kernel: Any
    d: int

    def __call__(self, projection: Real) -> Real:
        """The kernel h at ``projection/sqrt(d)``.

        Raises
        ------
        SimulationError
            If a value is not finite.
        """
        t = clip_rounding(projection / math.sqrt(self.d))
        with np.errstate(all="ignore"):
            values = np.asarray(self.kernel(t))
        if values.shape == t.shape and not np.isfinite(values.sum()):
            raise SimulationError(
                f"the kernel is not finite at <x, x'>/d = {t[~np.isfinite(values)][0]:.6g}; for inputs off the "
                "sphere it must be finite beyond [-1, 1] too"
            )
        return values


@dataclass(frozen=True)
class KernelRegression(Learner):
    """Kernel ridge regression with ``h(<x, x'>/d)``.

    Attributes
    ----------
    kernel : callable
        Vectorized function h: on [-1, 1] for inputs with ``|x|^2 = d``, beyond it for others.
    """

    kernel: Any
    kind: ClassVar[str] = "kernel"
    function_kind: ClassVar[str] = "kernel"
    has_features: ClassVar[bool] = False
    stacks: ClassVar[bool] = True

    @property
    def function(self) -> Any:
        """The kernel."""
        return self.kernel

    def centers(self, n: int, p: int) -> int:
        """One per sample."""
        return n

    def profile(self, d: int) -> Function:
        """The kernel as an activation."""
        return KernelProfile(self.kernel, d)

    def choose_weights(self, inputs: Inputs, asked: str | None) -> str:
        """There are none, and the law that is named means nothing."""
        if asked not in (None, inputs.weights[0]):
            raise InputError("weights", asked, "nothing: a kernel has no weights")
        return inputs.weights[0]

    def check(self, inputs: Inputs, d: int) -> None:
        """Refuse inputs at whose norms the kernel is not finite."""
        norms = inputs.squared_norms(d)
        with np.errstate(all="ignore"):
            values = np.asarray(self.kernel(clip_rounding(norms)), dtype=np.float64)
        if not np.isfinite(values).all():
            allowed = f"a function that is finite at |x|^2/d = {norms[~np.isfinite(values)][0]:.6g}"
            raise InputError("kernel", self.kernel, allowed, "these inputs are not on the sphere")

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Values between inputs of this ``|x|^2/d``."""
        return np.asarray(self.kernel(squared_norm * np.linspace(-1.0, 1.0, 257)))

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Nothing is drawn: the centers are the training inputs."""
        profile = self.profile(points.shape[-1])
        gram = features(profile, points, points, 1.0)
        gram = (gram + gram.swapaxes(-1, -2)) / 2

        def fresh_design(fresh: Array, _: np.random.Generator) -> Real:
            return features(profile, fresh, points, 1.0)

        return Fit(gram, 0, fresh_design, metric=gram, centers=points.astype(np.float64, copy=False))


@dataclass(frozen=True)
class MappedFeatures(Learner):
    """Features of the user's own making.

    Attributes
    ----------
    feature_map : callable
        ``feature_map(generator, d, p)`` draws whatever is random and returns a function from inputs ``(k,
        d)`` to features ``(k, m)``, scaled as wanted; called once per replicate.
    """

    feature_map: Any
    kind: ClassVar[str] = "feature map"
    function_kind: ClassVar[str] = "feature_map"
    varies_with_sizes: ClassVar[bool] = True

    @property
    def function(self) -> Any:
        """The feature map."""
        return self.feature_map

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Features of three inputs, of a map drawn at these sizes."""
        generator = np.random.Generator(np.random.PCG64DXSM(0))
        features = self.feature_map(generator, d, p)
        return np.asarray(features(math.sqrt(squared_norm) * generator.standard_normal((3, d))))

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw a map and apply it."""
        mapping = self.feature_map(generator, points.shape[1], p)

        def apply(inputs: Real, _: np.random.Generator | None = None) -> Real:
            values = np.asarray(mapping(inputs.astype(points.dtype, copy=False)), dtype=points.dtype)
            if values.ndim != 2 or len(values) != len(inputs) or not np.isfinite(values).all():
                raise SimulationError(
                    f"the feature map turned inputs of shape {inputs.shape} into shape {values.shape}; it must return "
                    "one row of finite features per input"
                )
            return values

        design = apply(points)
        return Fit(design, p, apply)
