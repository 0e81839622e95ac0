"""Random inputs and targets of an experiment, drawn from the definition of the model."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError

Array = NDArray[np.float64]


class Law(ABC):
    r"""A law of points x in R^d with E|x|^2 = d, and the zonal polynomials that are orthogonal under it.

    A direction u is a vector on which :math:`\langle u, x\rangle` has variance 1. For every degree k there
    is a polynomial :math:`P_k` such that, by the addition formula,

    .. math:: E\,P_k(\langle u,x\rangle)\,P_l(\langle v,x\rangle)
              = 1\{k = l\}\,\rho_k(\langle u,v\rangle)/B(d,k), \qquad \rho_k(1) = 1.

    Subclasses are frozen data without fields, or with the parameters of the law.

    Attributes
    ----------
    name : str
        How users call it.
    weights : tuple of str
        Names of the laws of weights that go with these inputs, the default first.
    exact_weights : str or None
        The law of weights for which averages over a fresh input are sums over degrees.
    irreducible : bool
        Whether harmonics of one degree are an irreducible representation of the symmetries of the law, so that
        the mean of a quadratic observable depends on the target through its powers only.
    stacks : bool
        Whether points of several replicates may be drawn at once, with the replicates on the first axis; see
        `asymptotics.simulation.laws.streams.StackedGenerator`.
    atoms : bool
        Whether two points may be the same.
    """

    name: ClassVar[str]
    weights: ClassVar[tuple[str, ...]]
    exact_weights: ClassVar[str | None]
    irreducible: ClassVar[bool]
    stacks: ClassVar[bool] = False
    atoms: ClassVar[bool] = False
    labelled: ClassVar[bool] = False

    @property
    def law(self) -> Law:
        """The law itself: averages over a fresh input may be sums over degrees."""
        return self

    @abstractmethod
    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw ``count`` independent points, as rows ``(count, d)``."""

    @abstractmethod
    def directions(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw ``count`` independent directions, as rows ``(count, d)``."""

    def cosines(self, directions: Array) -> Array:
        """<u_i, u_j>, the correlations of the projections on directions ``(count, d)``."""
        return directions @ directions.swapaxes(-1, -2)

    @abstractmethod
    def multiplicity(self, d: int, degree: int) -> float:
        """B(d, k), the inverse of E P_k(<u, x>)^2.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        degree : int
            k, at least 0.
        """

    @abstractmethod
    def zonal_polynomial(self, d: int, degree: int, projection: Array) -> Array:
        """P_k at projections <u, x> of any shape.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        degree : int
            k, at least 0.
        projection : ndarray
            Numbers ``<u, x>``, of variance 1 under the law.
        """

    @abstractmethod
    def correlation(self, d: int, degree: int, cosines: Array) -> Array:
        """The rho_k at cosines <u, v> of any shape."""

    @abstractmethod
    def zonal_sum(self, d: int, coefficients: Sequence[float], cosines: Array) -> Array:
        """The sum_k c_k rho_k(<u, v>) at cosines <u, v> of any shape: a covariance of harmonics.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        coefficients : sequence of float
            c_0, c_1, ...
        cosines : ndarray
            Between -1 and 1.
        """

    @abstractmethod
    def decay(self, d: int, degree: int) -> float:
        """The largest E rho_l(<u, v>)^2 of any degree l >= k, for independent directions u and v.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        degree : int
            k, at least 0.
        """

    def highest_degree(self, d: int) -> float:
        """The degree above which there are no harmonics."""
        return math.inf

    @abstractmethod
    def resolved_degree(self, d: int, degree: int) -> int:
        """The highest degree to expand in when at least the given one is wanted.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        degree : int
            The one that is wanted.
        """

    @abstractmethod
    def expand(self, activation: Callable[[Array], Array], d: int, degree: int) -> tuple[Array, float]:
        r""":math:`\mu_k = \sqrt{B(d,k)}\,E\,\sigma P_k` for k up to a degree, and :math:`E\sigma^2`."""

    def describe(self, dimensions: Iterable[int]) -> Any:
        """What identifies the law in these dimensions, as plain data."""
        return self.name

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Raise InputError where there is no target of these degrees."""
        highest = max((degree for degree, power in powers.items() if power > 0), default=0)
        if highest > self.highest_degree(d):
            raise InputError("target degree", highest, f"at most d = {d} for {self.name} inputs")
        for degree, power in powers.items():
            if power > 0 and not math.isfinite(self.multiplicity(d, degree)):
                allowed = f"one with fewer than 1e308 harmonics in dimension {d}"
                raise InputError("target degree", degree, allowed, "use a lower degree")

    def squared_norms(self, d: int) -> Array:
        """Values of ``|x|^2/d`` at which a kernel must be finite."""
        return np.ones(1)

    def signal(self, powers: Mapping[int, float]) -> float:
        """The expectation of ``f*(x)^2``, the sum of the powers."""
        return sum(powers.values())

    def draw(self, n: int, d: int, generator: np.random.Generator) -> LawDraw:
        """Draw the training inputs of one replicate."""
        return LawDraw(self, self.sample(n, d, generator))


@dataclass(frozen=True, eq=False)
class HarmonicTarget:
    """A random function with exactly the prescribed power in every degree.

    Attributes
    ----------
    law : Law
        Law of the inputs that the powers refer to.
    d : int
        Dimension of the inputs.
    components : tuple of (int, ndarray, ndarray)
        Degree k, directions ``(m, d)`` and coefficients ``(m,)`` of ``sum_i c_i P_k(<u_i, x>)``.
    """

    law: Law
    d: int
    components: tuple[tuple[int, Array, Array], ...]

    @property
    def power(self) -> Array:
        """Squared L2 norm of the whole function, all degrees together."""
        norms = [squared_norm(self.law, self.d, k, self.law.cosines(u), c) for k, u, c in self.components]
        return np.sum(norms, axis=0)

    def __call__(self, points: Array) -> Array:
        """Evaluate the target at points ``(count, d)``; returns shape ``(count,)``."""
        values = np.zeros(points.shape[:-1])
        for degree, directions, coefficients in self.components:
            zonal = self.law.zonal_polynomial(self.d, degree, points @ directions.swapaxes(-1, -2))
            values += (zonal @ coefficients[..., None])[..., 0]
        return values


def sample_target(
    powers: Mapping[int, float], law: Law, d: int, generator: np.random.Generator
) -> HarmonicTarget:
    """Draw a target function whose squared L2 norm in degree k is exactly F_k^2.

    Parameters
    ----------
    powers : mapping of int to float
        Power F_k^2 per degree k.
    law : Law
        Law of the inputs.
    d : int
        Dimension.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    HarmonicTarget

    Notes
    -----
    The component of degree k is ``F_k sum_i c_i P_k(<u_i, x>)`` along d random directions u_i (one for
    k = 0, 1), with Gaussian coefficients rescaled so that ``c^T C c = B(d, k)``, where ``C_ij`` is the
    correlation of the zonal polynomials given by the addition formula. The power is therefore exact for every
    draw, not only on average.

    On the sphere the mean of every quadratic observable (bias, train error, norm) depends on the target only
    through the powers: inputs and weights are rotation invariant and harmonics of one degree form an
    irreducible representation of the rotation group (Schur's lemma); on the hypercube so do the Walsh
    functions of one degree, for permutations and changes of signs of the coordinates. Many directions instead
    of one only make the replicates fluctuate less.

    Examples
    --------
    >>> from asymptotics.simulation.laws.laws import SPHERE
    >>> target = sample_target({1: 4.0}, SPHERE, 6, np.random.default_rng(1))
    >>> degree, directions, coefficients = target.components[0]
    >>> bool(np.isclose((coefficients**2).sum() / 6, 4.0))
    True
    """
    components = []
    for degree, power in sorted(powers.items()):
        count = d if degree > 1 else 1
        directions = law.directions(count, d, generator)
        coefficients = generator.standard_normal(count)
        if power == 0:
            continue
        cosines = np.clip(law.cosines(directions), -1.0, 1.0)
        whole = squared_norm(law, d, degree, cosines, coefficients)
        components.append((degree, directions, coefficients * np.sqrt(power / whole)[..., None]))
    return HarmonicTarget(law, d, tuple(components))


def squared_norm(law: Law, d: int, degree: int, cosines: Array, coefficients: Array) -> Array:
    """E (sum_i c_i P_k(<u_i, x>))^2, by the addition formula.

    Parameters
    ----------
    law : Law
        Of the inputs x.
    d : int
        Their dimension.
    degree : int
        k, at least 0.
    cosines : ndarray, shape (m, m)
        Between the directions u_i.
    coefficients : ndarray, shape (m,)
        The c_i.
    """
    rows = coefficients[..., None, :]
    norms: Array = (rows @ law.correlation(d, degree, cosines) @ rows.swapaxes(-1, -2))[..., 0, 0]
    return norms / law.multiplicity(d, degree)


class Predictor(Protocol):
    """What an exact average asks of a draw of a learner; see `asymptotics.simulation.learning.fits.Fit`."""

    @property
    def centers(self) -> Array | None:
        """Centers of the features."""

    @property
    def scale(self) -> float:
        """Factor of the features."""

    @property
    def metric(self) -> Array | None:
        """Squared norm of coefficients, where it is that of a kernel."""


UNCERTAIN = 1e-2
"""Averages over fresh inputs whose bound of errors is a larger share of them are sampled instead."""


class SeriesLike(Protocol):
    """What it asks of an expansion; see `asymptotics.simulation.laws.population.PopulationSeries`."""

    def apply_gram(self, weights: Array, vectors: Array) -> Array:
        """Population Gram matrix times vectors."""

    def correlation(self, target: HarmonicTarget, weights: Array) -> Array:
        """Population correlation with a target."""

    def uncertainty(self, count: int) -> float:
        """Bound of errors of the Gram matrix of this many weights, as an operator."""


@dataclass(frozen=True, eq=False)
class LawDraw:
    """Training inputs drawn from a law; see `Draw`."""

    law: Law
    points: Array

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledLaw:
        """Draw a target."""
        target = sample_target(powers, self.law, self.points.shape[-1], generator)
        return LabelledLaw(target, target(self.points))


@dataclass(frozen=True, eq=False)
class LabelledLaw:
    """A target drawn for inputs of a law; see `Labelled`."""

    target: HarmonicTarget
    values: Array
    fresh_inputs: ClassVar[int | None] = None

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Draw fresh inputs."""
        for start in range(0, count, step):
            points = self.target.law.sample(min(step, count - start), self.target.d, generator)
            yield points, self.target(points)

    def exact_errors(self, fit: Predictor, solutions: Array, series: SeriesLike | None) -> Array | None:
        """Sums over degrees, where the features have an expansion that is good enough; see `Labelled`."""
        if series is None or fit.centers is None:
            return None
        columns = solutions.swapaxes(-3, -2).reshape(*solutions.shape[:-3], solutions.shape[-2], -1)
        images = fit.scale**2 * series.apply_gram(fit.centers, columns)
        forms = np.einsum("...rpi,...prj->...rij", solutions, images.reshape(*columns.shape[:-1], -1, 2))
        correlation = series.correlation(self.target, fit.centers)
        projections = fit.scale * np.einsum("...rpi,...p->...ri", solutions, correlation)
        bias = self.target.power[..., None] - 2 * projections[..., 0] + forms[..., 0, 0]
        cross = projections[..., 1] - (forms[..., 0, 1] + forms[..., 1, 0]) / 2
        variance = forms[..., 1, 1]
        size = fit.scale**2 * np.einsum("...rpi,...rpi->...r", solutions, solutions)
        rough = series.uncertainty(columns.shape[-2]) * size > UNCERTAIN * (bias + variance)
        found = np.stack([bias + variance - 2 * cross, bias, variance], axis=-1)
        return np.where(rough[..., None], np.nan, found)
