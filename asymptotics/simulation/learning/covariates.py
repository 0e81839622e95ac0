r"""Models of which the spectrum is given, simulated with Gaussian variables in the place of the eigenfunctions.

A fresh input is the vector of values :math:`\psi_k(x)` of all eigenfunctions, independent and standard Gaussian;
features are random combinations of them, and the target is one. Eigenvalues too small to resolve are independent
noise in every feature and every input, and the target along them is independent noise in every label.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.models.tested_spectrum import variance_ratios
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.sampling import Law, Predictor
from asymptotics.simulation.learning.fits import Fit, Learner
from asymptotics.simulation.learning.streaming import Real

Array = NDArray[np.float64]

MOST_COORDINATES = 200_000
"""Eigenfunctions that are drawn one by one."""


@dataclass(frozen=True)
class Covariates:
    """Gaussian values of the eigenfunctions, and a target along them: the inputs of a given spectrum.

    Attributes
    ----------
    eigenvalues, target : tuple of float
        Eigenvalue and power of each level.
    multiplicities : tuple of int
        Number of eigenfunctions of each level.
    tail, target_tail : float
        Sum of the eigenvalues, and power of the target, beyond the levels.
    tested : tuple of float
        Variance of every eigenfunction of a level under a test law, over that in training; empty where there is none.
    """

    eigenvalues: tuple[float, ...]
    target: tuple[float, ...]
    multiplicities: tuple[int, ...]
    tail: float
    target_tail: float
    tested: tuple[float, ...] = ()

    weights: ClassVar[tuple[str, ...]] = ("gaussian",)
    exact_weights: ClassVar[str | None] = None
    irreducible: ClassVar[bool] = False
    stacks: ClassVar[bool] = True
    labelled: ClassVar[bool] = True
    law: ClassVar[None] = None

    @property
    def coordinates(self) -> int:
        """Number of eigenfunctions."""
        return sum(self.multiplicities)

    @cached_property
    def roots(self) -> Array:
        """Square root of the eigenvalue of every eigenfunction."""
        return np.sqrt(np.repeat(self.eigenvalues, self.multiplicities))

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """Sizes and digest."""
        numbers = (*self.eigenvalues, *self.target, *self.multiplicities, self.tail, self.target_tail)
        digest = hashlib.sha256(np.array(numbers, dtype="<f8").tobytes()).hexdigest()
        found = {"law": "covariates", "levels": len(self.eigenvalues), "sha256": digest}
        return {**found, "test_variances": list(self.tested)} if self.tested else found

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Refuse spectra with too many eigenfunctions to draw."""
        if d > MOST_COORDINATES:
            allowed = f"at most {MOST_COORDINATES} eigenfunctions in all"
            raise InputError("multiplicities", d, allowed, "put the small eigenvalues into the tail")

    def squared_norms(self, d: int) -> Array:
        """One: there is no kernel of inner products."""
        return np.ones(1)

    def signal(self, powers: Mapping[int, float]) -> float:
        """The power of the target."""
        return math.fsum(self.target) + self.target_tail

    def draw(self, n: int, d: int, generator: np.random.Generator) -> CovariateDraw:
        """Draw the values of all eigenfunctions at n inputs."""
        return CovariateDraw(self, generator.standard_normal((n, d)))


@dataclass(frozen=True, eq=False)
class CovariateDraw:
    """Values of the eigenfunctions at the training inputs of one replicate."""

    inputs: Covariates
    points: Array

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledCovariates:
        """Draw the direction of the target within each level."""
        coordinates: Array = generator.standard_normal((self.points.shape[-1],))
        start = 0
        for power, count in zip(self.inputs.target, self.inputs.multiplicities, strict=True):
            level = coordinates[..., start : start + count]
            level *= math.sqrt(power) / np.linalg.norm(level, axis=-1, keepdims=True)
            start += count
        beyond = math.sqrt(self.inputs.target_tail)
        values: Array = (self.points @ coordinates[..., None])[..., 0]
        values += beyond * generator.standard_normal(values.shape[-1])
        return LabelledCovariates(self.inputs, coordinates, values)


@dataclass(frozen=True, eq=False)
class LabelledCovariates:
    """A target along the eigenfunctions, with what lies beyond them; see `Labelled`."""

    inputs: Covariates
    coordinates: Array
    values: Array
    stretch: Any = 1.0
    fresh_inputs: ClassVar[int | None] = None

    @property
    def elsewhere(self) -> LabelledCovariates:
        """The same target with eigenfunctions of the test law."""
        stretch = np.sqrt(np.repeat(self.inputs.tested, self.inputs.multiplicities))
        return LabelledCovariates(self.inputs, self.coordinates, self.values, stretch)

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Draw fresh inputs."""
        for start in range(0, count, step):
            rows = min(step, count - start)
            points = generator.standard_normal((rows, self.coordinates.shape[-1]))
            points *= self.stretch
            beyond = math.sqrt(self.inputs.target_tail) * generator.standard_normal(rows)
            yield points, (points @ self.coordinates[..., None])[..., 0] + beyond

    def exact_errors(self, fit: Predictor, solutions: Array, series: Any = None) -> Array:
        r"""Test, bias and variance, averaged over the fresh input without sampling.

        Parameters
        ----------
        fit : Predictor
            A draw of `SpectralFeatures` or `SpectralKernel`.
        solutions : ndarray, shape (points, m, 2)
            Coefficients from the target and from the noise.
        series : None
            Not needed.

        Returns
        -------
        ndarray, shape (points, 3)

        Notes
        -----
        The predictor :math:`\sum_j a_j z_j` has the coordinates :math:`\sum_j a_j c_j` along the eigenfunctions, with
        the rows :math:`c_j` of ``scale * centers``, and independent noise of variance :math:`|a|^2` ``scale**2 * tail``
        of its own at a fresh input; the kernel of infinitely many features has no such noise there.
        """
        assert fit.centers is not None
        noise = 0.0 if fit.metric is not None else self.inputs.tail * fit.scale**2
        fitted = fit.scale * (fit.centers.swapaxes(-1, -2)[..., None, :, :] @ solutions)  # (points, N, 2)
        missing = self.coordinates[..., None, :] - fitted[..., 0]

        def squared(coordinates: Array, coefficients: Array) -> Array:
            norms = np.einsum("...rk,...rk->...r", coordinates, coordinates)
            return norms + noise * np.einsum("...rm,...rm->...r", coefficients, coefficients)

        bias = squared(missing, solutions[..., 0]) + self.inputs.target_tail
        variance = squared(fitted[..., 1], solutions[..., 1])
        test = squared(missing - fitted[..., 1], solutions.sum(axis=-1)) + self.inputs.target_tail
        return np.stack([test, bias, variance], axis=-1)


@dataclass(frozen=True)
class SpectralFeatures(Learner):
    """Random combinations of the eigenfunctions.

    Attributes
    ----------
    inputs : Covariates
        The spectrum.
    """

    inputs: Covariates
    kind: ClassVar[str] = "spectral features"
    function_kind: ClassVar[str] = "spectrum"
    least_dimension: ClassVar[int] = 1  # one eigenfunction is a spectrum
    always_exact: ClassVar[bool] = True
    stacks: ClassVar[bool] = True

    @property
    def function(self) -> Covariates:
        """The spectrum."""
        return self.inputs

    @property
    def dimension(self) -> int:
        """Number of eigenfunctions."""
        return self.inputs.coordinates

    def infinitely_wide(self) -> SpectralKernel:
        """The kernel."""
        return SpectralKernel(self.inputs)

    def fingerprint(self, d: int = 3, p: int = 3, squared_norm: float = 1.0) -> tuple[str, str]:
        """``given``, and the digest of the spectrum."""
        return "given", self.inputs.describe([])["sha256"][:16]

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """The combinations, and what every feature has of the tail."""
        roots, tail = self.inputs.roots.astype(points.dtype), math.sqrt(self.inputs.tail)
        combinations = roots * generator.standard_normal((p, roots.size)).astype(points.dtype)
        scale = 1.0 / math.sqrt(p)

        def features(inputs: Real, noise: np.random.Generator) -> Real:
            values = inputs.astype(points.dtype, copy=False) @ combinations.swapaxes(-1, -2)
            if tail:
                values += tail * noise.standard_normal(values.shape[-2:]).astype(points.dtype)
            values *= scale
            return values

        return Fit(features(points, generator), p, features, centers=combinations, scale=scale)


@dataclass(frozen=True)
class SpectralKernel(SpectralFeatures):
    """The kernel of infinitely many such features."""

    has_features: ClassVar[bool] = False

    def centers(self, n: int, p: int) -> int:
        """One per sample."""
        return n

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """The kernel matrix; nothing is drawn."""
        roots, tail = self.inputs.roots.astype(points.dtype), math.sqrt(self.inputs.tail)
        scaled = points * roots
        gram = scaled @ scaled.swapaxes(-1, -2)
        np.einsum("...ii->...i", gram)[...] += tail**2
        centers = scaled * roots
        return Fit(gram, 0, lambda fresh, _: fresh @ centers.swapaxes(-1, -2), metric=gram, centers=centers)


def as_covariates(model: Any, test_inputs: Any = None) -> Covariates:
    """The inputs of a model whose spectrum is given.

    Parameters
    ----------
    model : SpectralRidge
        With ``eigenvalues``, ``target``, ``multiplicities``, ``tail`` and ``target_tail``.
    test_inputs : Inputs, optional
        Variances of the levels under another law.

    Raises
    ------
    InputError
        If multiplicities are shares and no integers.
    """
    counts = tuple(model.multiplicities)
    if any(count != int(count) for count in counts):
        raise InputError("multiplicities", counts, "positive integers, to be drawn")
    return Covariates(
        tuple(float(value) for value in model.eigenvalues),
        tuple(float(power) for power in model.target),
        counts,
        float(model.tail),
        float(model.target_tail),
        () if test_inputs is None else tuple(map(float, variance_ratios(model.eigenvalues, test_inputs))),
    )
