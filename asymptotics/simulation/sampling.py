"""Random inputs, weights, and targets of an experiment, drawn from the definition of the model.

Everything random in one replicate comes from five named streams of one seed sequence, keyed by the sizes of
the configuration (by the dimension alone where sizes are nested) and the number of the replicate. Results
therefore depend neither on the number of workers, nor on the order in which blocks finish, nor on what else is
on the grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LAWS = ("sphere", "gaussian")
"""Laws of inputs and weights: uniform on the sphere of radius sqrt(d), or standard Gaussian in R^d."""


@dataclass(frozen=True)
class Streams:
    """Independent generators of one replicate, one for each random ingredient.

    Separate streams keep the training set of a replicate unchanged when, say, the size of the test set
    changes.
    """

    inputs: np.random.Generator
    weights: np.random.Generator
    target: np.random.Generator
    noise: np.random.Generator
    test_inputs: np.random.Generator


def replicate_streams(seed: int, key: tuple[int, ...], replicate: int) -> Streams:
    """Return the random streams of one replicate of one configuration.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation.
    key : tuple of int
        ``(d, n, p)``: configurations with different sizes get independent streams. Models that are compared
        at the same sizes and seed share inputs, weights and (up to scale) noise: common random numbers. With
        nested sizes ``(d,)``: all n and p of one dimension share them too, the smaller ones their beginning.
    replicate : int
        Number of the replicate, from 0.

    Returns
    -------
    Streams

    Examples
    --------
    >>> first = replicate_streams(0, (5, 7, 9), 3).inputs.standard_normal()
    >>> first == replicate_streams(0, (5, 7, 9), 3).inputs.standard_normal()
    True
    """
    root = np.random.SeedSequence(seed, spawn_key=(*key, replicate))
    return Streams(*(np.random.Generator(np.random.PCG64DXSM(child)) for child in root.spawn(5)))


def sample_points(law: str, count: int, d: int, generator: np.random.Generator) -> Array:
    """Draw ``count`` independent points of R^d, as rows, with E|x|^2 = d.

    Parameters
    ----------
    law : {"sphere", "gaussian"}
        Uniform on the sphere of radius sqrt(d), or standard Gaussian.
    count, d : int
        Number of points and dimension.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (count, d)

    Examples
    --------
    >>> x = sample_points("sphere", 4, 9, np.random.default_rng(0))
    >>> np.allclose(np.linalg.norm(x, axis=1), 3.0)
    True
    """
    points = generator.standard_normal((count, d))
    if law == "sphere":
        points *= math.sqrt(d) / np.linalg.norm(points, axis=1, keepdims=True)
    return points


def harmonic_multiplicity(law: str, d: int, degree: int) -> float:
    """Return E[P_k(<u, x>)^2]^(-1) for a unit vector u, with P_k as in `zonal_polynomial`.

    On the sphere this is the number B(d, k) of linearly independent harmonics of degree k; for Gaussian
    inputs the polynomials are normalized instead, and it is 1.
    """
    if law == "gaussian" or degree == 0:
        return 1.0
    return float(
        math.comb(d + degree - 1, degree) - (math.comb(d + degree - 3, degree - 2) if degree > 1 else 0)
    )


def zonal_polynomial(law: str, d: int, degree: int, projection: Array) -> Array:
    """Evaluate the zonal polynomial of a degree at projections <u, x>, with |u| = 1.

    On the sphere |x| = sqrt(d) this is the Gegenbauer polynomial ``Q_k(<u, x>/sqrt(d))`` with ``Q_k(1) = 1``;
    for Gaussian x it is the Hermite polynomial ``He_k(<u, x>)/sqrt(k!)``.

    Parameters
    ----------
    law : {"sphere", "gaussian"}
        Law of x.
    d, degree : int
        Dimension (at least 2 on the sphere) and degree k.
    projection : ndarray
        Values of <u, x>, any shape.

    Returns
    -------
    ndarray, same shape

    Notes
    -----
    Addition formula: ``E[P_k(<u, x>) P_l(<v, x>)] = 1{k = l} Q_k(<u, v>)/B(d, k)`` on the sphere and
    ``1{k = l} <u, v>^k`` for Gaussian x.

    Examples
    --------
    >>> zonal_polynomial("sphere", 4, 2, np.array([2.0, 0.0])).round(12).tolist()
    [1.0, -0.333333333333]
    """
    if degree == 0:
        return np.ones_like(projection)
    argument = projection / math.sqrt(d) if law == "sphere" else projection
    previous, current = np.ones_like(projection), np.array(argument, dtype=np.float64)
    for k in range(1, degree):
        if law == "sphere":
            following = ((2 * k + d - 2) * argument * current - k * previous) / (k + d - 2)
        else:
            following = (argument * current - math.sqrt(k) * previous) / math.sqrt(k + 1)
        previous, current = current, following
    return current


def _zonal_correlation(law: str, d: int, degree: int, cosine: Array) -> Array:
    """Return B(d, k) E[P_k(<u, x>) P_k(<v, x>)] as a function of <u, v>, by the addition formula."""
    if law == "sphere":
        return zonal_polynomial(law, d, degree, math.sqrt(d) * cosine)
    return cosine**degree


@dataclass(frozen=True, eq=False)
class HarmonicTarget:
    """A random function with exactly the prescribed power in every degree.

    Attributes
    ----------
    law : str
        Law of the inputs that the powers refer to.
    d : int
        Dimension of the inputs.
    components : tuple of (int, ndarray, ndarray)
        Degree k, unit directions ``(m, d)`` and coefficients ``(m,)`` of ``sum_i c_i P_k(<u_i, x>)``.
    """

    law: str
    d: int
    components: tuple[tuple[int, Array, Array], ...]

    @property
    def power(self) -> float:
        """Squared L2 norm of the whole function, all degrees together."""
        return sum(
            float(c @ _zonal_correlation(self.law, self.d, degree, u @ u.T) @ c)
            / harmonic_multiplicity(self.law, self.d, degree)
            for degree, u, c in self.components
        )

    def __call__(self, points: Array) -> Array:
        """Evaluate the target at points ``(count, d)``; returns shape ``(count,)``."""
        values = np.zeros(len(points))
        for degree, directions, coefficients in self.components:
            values += zonal_polynomial(self.law, self.d, degree, points @ directions.T) @ coefficients
        return values


def sample_target(
    powers: Mapping[int, float], law: str, d: int, generator: np.random.Generator
) -> HarmonicTarget:
    """Draw a target function whose squared L2 norm in degree k is exactly F_k^2.

    Parameters
    ----------
    powers : mapping of int to float
        Power F_k^2 per degree k.
    law : {"sphere", "gaussian"}
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
    irreducible representation of the rotation group (Schur's lemma). Many directions instead of one only make
    the replicates fluctuate less.

    Examples
    --------
    >>> target = sample_target({1: 4.0}, "sphere", 6, np.random.default_rng(1))
    >>> degree, directions, coefficients = target.components[0]
    >>> bool(np.isclose((coefficients**2).sum() / 6, 4.0))
    True
    """
    components = []
    for degree, power in sorted(powers.items()):
        count = d if degree > 1 else 1
        directions = generator.standard_normal((count, d))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        coefficients = generator.standard_normal(count)
        if power == 0:
            continue
        correlation = _zonal_correlation(law, d, degree, np.clip(directions @ directions.T, -1.0, 1.0))
        squared_norm = float(coefficients @ correlation @ coefficients) / harmonic_multiplicity(
            law, d, degree
        )
        components.append((degree, directions, coefficients * math.sqrt(power / squared_norm)))
    return HarmonicTarget(law, d, tuple(components))
