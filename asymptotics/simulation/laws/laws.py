"""The laws of inputs and weights: points on the sphere, points of the hypercube, standard Gaussian points."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.laws.zonal_quadrature import EDGE, expand_by_quadrature, finite_values

Array = NDArray[np.float64]

CHUNK = 2**14
"""Zonal sums are computed in chunks of this many numbers, which stay in cache."""

MONOMIAL_GROWTH = 10.0
"""Zonal sums are evaluated as polynomials whose coefficients are larger by this factor at most: one digit is lost."""


class RotationInvariantLaw(Law):
    """A law with a density, whose zonal polynomials and correlations obey recurrences in the degree."""

    def directions(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw unit vectors, uniformly on the sphere."""
        directions = generator.standard_normal((count, d))
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        return directions

    def resolved_degree(self, d: int, degree: int) -> int:
        """The degree itself."""
        return degree

    def expand(self, activation: Callable[[Array], Array], d: int, degree: int) -> tuple[Array, float]:
        """The coefficients by adaptive quadrature."""
        return expand_by_quadrature(activation, self, d, degree)

    def zonal_sum(self, d: int, coefficients: Sequence[float], cosines: Array) -> Array:
        """The sum_k c_k rho_k(<u, v>), as a polynomial, or by the recurrence where that loses digits.

        Examples
        --------
        >>> GAUSSIAN.zonal_sum(5, [1.0, 0.0, 2.0], np.array([0.5])).tolist()
        [1.5]
        """
        monomials = _monomials(self, d, tuple(coefficients))
        harmless = np.abs(monomials).sum() <= MONOMIAL_GROWTH * np.abs(coefficients).sum()
        result = np.empty(cosines.size)
        flat = np.ascontiguousarray(cosines, dtype=np.float64).ravel()
        for start in range(0, flat.size, CHUNK):
            t, total = flat[start : start + CHUNK], result[start : start + CHUNK]
            if harmless:
                _horner(monomials, t, total)
            else:
                self._sum_by_recurrence(d, coefficients, t, total)
        return result.reshape(cosines.shape)

    def _sum_by_recurrence(self, d: int, coefficients: Sequence[float], t: Array, total: Array) -> None:
        previous, current = np.zeros_like(t), np.ones_like(t)
        total[:] = coefficients[0]
        for k, coefficient in enumerate(coefficients[1:]):
            slope, back = self._recurrence(d, k)
            previous *= -back
            previous += slope * t * current
            previous, current = current, previous
            if coefficient:
                total += coefficient * current

    @abstractmethod
    def edge(self, d: int) -> float:
        """See `asymptotics.simulation.laws.zonal_quadrature.ProjectedDensity`."""

    @abstractmethod
    def projection(self, d: int, variable: Array) -> tuple[Array, Array]:
        """See `asymptotics.simulation.laws.zonal_quadrature.ProjectedDensity`."""

    @abstractmethod
    def _recurrence(self, d: int, k: int) -> tuple[float, float]:
        """Numbers a and b of ``rho_(k+1) = a t rho_k - b rho_(k-1)``."""


@lru_cache(maxsize=64)
def _monomials(law: RotationInvariantLaw, d: int, coefficients: tuple[float, ...]) -> Array:
    """The coefficients of 1, t, t^2, ... in a zonal sum; the same in every replicate."""
    size = len(coefficients)
    previous, current, total = np.zeros(size), np.eye(1, size)[0], np.zeros(size)
    for k, coefficient in enumerate(coefficients):
        total += coefficient * current
        slope, back = law._recurrence(d, k)
        previous, current = current, slope * np.append(0.0, current[:-1]) - back * previous
    total.setflags(write=False)
    return total


def _horner(monomials: Array, t: Array, total: Array) -> None:
    """Put the polynomial at t into ``total``, in powers of t^2 where it is even or odd."""
    odd, even = monomials[1::2].any(), monomials[::2].any()
    step, first = (1, 0) if odd and even else (2, int(odd))
    argument = t if step == 1 else t * t
    terms = monomials[first::step]
    total[:] = terms[-1]
    for coefficient in terms[-2::-1]:
        total *= argument
        if coefficient:
            total += coefficient
    if first:
        total *= t


@dataclass(frozen=True)
class Sphere(RotationInvariantLaw):
    r"""Uniform on the sphere of radius sqrt(d).

    Harmonics are spherical harmonics, :math:`P_k(u) = \rho_k(u/\sqrt d)` is the Gegenbauer polynomial with
    value 1 at the pole, and B(d, k) is the number of linearly independent harmonics of degree k.

    Examples
    --------
    >>> x = SPHERE.sample(4, 9, np.random.default_rng(0))
    >>> np.allclose(np.linalg.norm(x, axis=1), 3.0)
    True
    >>> SPHERE.zonal_polynomial(4, 2, np.array([2.0, 0.0])).round(12).tolist()
    [1.0, -0.333333333333]
    """

    name: ClassVar[str] = "sphere"
    weights: ClassVar[tuple[str, ...]] = ("sphere", "gaussian", "hypercube")
    exact_weights: ClassVar[str | None] = "sphere"
    irreducible: ClassVar[bool] = True
    stacks: ClassVar[bool] = True

    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw Gaussian points and project them on the sphere."""
        points = generator.standard_normal((count, d))
        points *= math.sqrt(d) / np.linalg.norm(points, axis=-1, keepdims=True)
        return points

    def multiplicity(self, d: int, degree: int) -> float:
        """``C(d+k-1, k) - C(d+k-3, k-2)``; infinity beyond the range of float64."""
        if degree == 0:
            return 1.0
        lower = math.comb(d + degree - 3, degree - 2) if degree > 1 else 0
        try:
            return float(math.comb(d + degree - 1, degree) - lower)
        except OverflowError:
            return math.inf

    def zonal_polynomial(self, d: int, degree: int, projection: Array) -> Array:
        """The Gegenbauer polynomial of ``<u, x>/sqrt(d)``; in the plane, Chebyshev's."""
        if degree == 0:
            return np.ones_like(projection)
        t = projection / math.sqrt(d)
        previous, current = np.ones_like(projection), np.array(t, dtype=np.float64)
        for k in range(1, degree):
            previous, current = current, ((2 * k + d - 2) * t * current - k * previous) / (k + d - 2)
        return current

    def correlation(self, d: int, degree: int, cosines: Array) -> Array:
        """The Gegenbauer polynomial of the cosine."""
        return self.zonal_polynomial(d, degree, math.sqrt(d) * cosines)

    def decay(self, d: int, degree: int) -> float:
        """1/B(d, k), which decreases with the degree."""
        return 1.0 / self.multiplicity(d, degree)

    def edge(self, d: int) -> float:
        """Stop at an angle of pi/2, or where the mass beyond is negligible."""
        return min(math.pi / 2, EDGE / math.sqrt(d))

    def projection(self, d: int, variable: Array) -> tuple[Array, Array]:
        """``sqrt(d) sin(angle)``, with density ``cos(angle)^(d-2)``."""
        return math.sqrt(d) * np.sin(variable), np.cos(variable) ** (d - 2)

    def _recurrence(self, d: int, k: int) -> tuple[float, float]:
        return ((2 * k + d - 2) / (k + d - 2), k / (k + d - 2)) if k else (1.0, 0.0)


@dataclass(frozen=True)
class Gaussian(RotationInvariantLaw):
    r"""Standard Gaussian in R^d.

    :math:`P_k = He_k/\sqrt{k!}` is the normalized Hermite polynomial, :math:`\rho_k(t) = t^k`, and
    B(d, k) = 1.
    """

    name: ClassVar[str] = "gaussian"
    weights: ClassVar[tuple[str, ...]] = ("gaussian", "sphere", "hypercube")
    exact_weights: ClassVar[str | None] = "sphere"
    irreducible: ClassVar[bool] = False
    stacks: ClassVar[bool] = True

    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw independent entries."""
        return generator.standard_normal((count, d))

    def multiplicity(self, d: int, degree: int) -> float:
        """One."""
        return 1.0

    def zonal_polynomial(self, d: int, degree: int, projection: Array) -> Array:
        """The normalized Hermite polynomial."""
        return hermite_polynomial(degree, projection)

    def correlation(self, d: int, degree: int, cosines: Array) -> Array:
        """``cosines**k``."""
        return cosines**degree

    def decay(self, d: int, degree: int) -> float:
        """E t^(2k) for the cosine t of two directions."""
        return math.exp(sum(math.log((2 * i + 1) / (d + 2 * i)) for i in range(degree)))

    def squared_norms(self, d: int) -> Array:
        """One, and one standard deviation more."""
        return 1.0 + np.array([0.0, math.sqrt(2.0 / d)])

    def edge(self, d: int) -> float:
        """Stop where the mass beyond is negligible."""
        return EDGE

    def projection(self, d: int, variable: Array) -> tuple[Array, Array]:
        """The variable itself, with its Gaussian density."""
        return variable, np.exp(-(variable**2) / 2)

    def _recurrence(self, d: int, k: int) -> tuple[float, float]:
        return 1.0, 0.0


def hermite_polynomial(degree: int, values: Array) -> Array:
    """``He_k/sqrt(k!)``.

    Parameters
    ----------
    degree : int
        K.
    values : ndarray
        Of any shape.

    Examples
    --------
    >>> hermite_polynomial(2, np.array([1.0, 3.0])).round(12).tolist()
    [0.0, 5.656854249492]
    """
    previous, current = np.ones_like(values), np.array(values, dtype=np.float64)
    if degree == 0:
        return previous
    for k in range(1, degree):
        previous, current = current, (values * current - math.sqrt(k) * previous) / math.sqrt(k + 1)
    return current


@dataclass(frozen=True)
class Hypercube(Law):
    r"""Uniform on the hypercube :math:`\{-1, 1\}^d`.

    Harmonics are Walsh functions, products of k coordinates, of which there are B(d, k) = C(d, k), and none
    above degree d. Directions are points of the hypercube divided by sqrt(d), so that <u, v> is
    :math:`1 - 2j/d` when j signs differ, and :math:`\rho_k` is the Krawtchouk polynomial of j with value 1 at
    j = 0: the mean of all products of k of the signs.

    Notes
    -----
    Only the d + 1 values of j occur, so every sum over degrees is a table. The recurrence
    :math:`(d-k)\rho_{k+1} = (d-2j)\rho_k - k\rho_{k-1}` loses its digits above degree d/2; there
    :math:`\rho_{d-k} = (-1)^j\rho_k` is used, since the complement of a set of signs has the same product as
    the set, up to the product of all.

    Correlations do not decay with the degree: :math:`\rho_d = \pm1` is the parity of j. A series is therefore
    cut only where the activation has nothing left, and otherwise holds all d + 1 degrees, without a tail.

    Examples
    --------
    >>> x = HYPERCUBE.sample(4, 9, np.random.default_rng(0))
    >>> np.unique(x).tolist()
    [-1.0, 1.0]
    >>> HYPERCUBE.correlation(4, 2, np.array([1.0, 0.5, 0.0])).round(12).tolist()
    [1.0, 0.0, -0.333333333333]
    """

    name: ClassVar[str] = "hypercube"
    weights: ClassVar[tuple[str, ...]] = ("hypercube", "sphere", "gaussian")
    exact_weights: ClassVar[str | None] = "hypercube"
    irreducible: ClassVar[bool] = True
    stacks: ClassVar[bool] = True
    atoms: ClassVar[bool] = True

    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw independent signs."""
        return np.where(generator.integers(0, 2, (count, d), dtype=np.int8), 1.0, -1.0)

    def directions(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw points of the hypercube, divided by sqrt(d)."""
        return self.sample(count, d, generator) / math.sqrt(d)

    def multiplicity(self, d: int, degree: int) -> float:
        """``C(d, k)``; infinity beyond the range of float64."""
        try:
            return float(math.comb(d, degree))
        except OverflowError:
            return math.inf

    def zonal_polynomial(self, d: int, degree: int, projection: Array) -> Array:
        """The Krawtchouk polynomial at ``<u, x>/sqrt(d)``."""
        return self.correlation(d, degree, projection / math.sqrt(d))

    def correlation(self, d: int, degree: int, cosines: Array) -> Array:
        """The Krawtchouk polynomial at cosines."""
        return self.zonal_sum(d, [0.0] * degree + [1.0], cosines)

    def zonal_sum(self, d: int, coefficients: Sequence[float], cosines: Array) -> Array:
        """The sum_k c_k rho_k(<u, v>), from the table of its d + 1 values."""
        return _walsh_table(d, coefficients)[_differing_signs(d, cosines)]

    def decay(self, d: int, degree: int) -> float:
        """One, which the parity of all coordinates has, and 0 above degree d."""
        return float(degree <= d)

    def highest_degree(self, d: int) -> float:
        """The dimension d."""
        return d

    def resolved_degree(self, d: int, degree: int) -> int:
        """The dimension d: the expansion is complete."""
        return d

    def expand(self, activation: Callable[[Array], Array], d: int, degree: int) -> tuple[Array, float]:
        """The coefficients as finite sums over the binomial law of j.

        Notes
        -----
        The recurrence is that of orthonormal polynomials times the square root of their weight, which neither
        overflows nor underflows where projections are at most 13; beyond lies a mass of 2e-37.
        """
        flips, weights = _binomial_law(d)
        sums, root = d - 2.0 * flips, np.sqrt(weights)
        values = finite_values(activation, sums / math.sqrt(d))
        parity = 1.0 - 2.0 * (flips % 2)
        coefficients = np.empty(d + 1)
        previous, current = np.zeros_like(root), root
        for k in range(d // 2 + 1):
            coefficients[k] = (root * values) @ current
            coefficients[d - k] = (root * values * parity) @ current if 2 * k < d else coefficients[k]
            following = sums * current - math.sqrt(k * (d - k + 1)) * previous
            previous, current = current, following / math.sqrt((k + 1) * (d - k))
        return coefficients[: degree + 1], float(weights @ values**2)


def _binomial_law(d: int) -> tuple[Array, Array]:
    """The numbers j of differing signs with ``|d - 2j| <= EDGE sqrt(d)``, and their probabilities."""
    last = min(d, (d + int(EDGE * math.sqrt(d))) // 2)
    upper = np.arange((d + 1) // 2, last + 1, dtype=np.float64)  # the other half mirrors it
    masses = np.cumprod(np.append(1.0, (d - upper[:-1]) / (upper[:-1] + 1.0)))
    mirrored = slice(None, 0 if d % 2 == 0 else None, -1)
    flips = np.concatenate([d - upper[mirrored], upper])
    masses = np.concatenate([masses[mirrored], masses])
    return flips, masses / masses.sum()


def _differing_signs(d: int, cosines: Array) -> NDArray[np.int64]:
    """Numbers j of cosines 1 - 2j/d."""
    signs = (d - d * cosines) / 2
    flips = np.rint(signs)
    if np.abs(signs - flips).max(initial=0.0) > 1e-3:
        raise SimulationError(
            f"a cosine is no multiple of 2/d: Walsh functions in dimension {d} need points of the hypercube"
        )
    return flips.astype(np.int64)


def _walsh_table(d: int, coefficients: Sequence[float]) -> Array:
    """The sum_k c_k rho_k at j = 0, ..., d."""
    whole = np.zeros(d + 1)
    whole[: len(coefficients)] = coefficients[: d + 1]
    flips = np.arange(d + 1, dtype=np.float64)
    parity, sums = 1.0 - 2.0 * (flips % 2), d - 2.0 * flips
    previous, current, total = np.zeros(d + 1), np.ones(d + 1), np.zeros(d + 1)
    for k in range(d // 2 + 1):
        total += whole[k] * current
        if 2 * k < d:
            total += whole[d - k] * parity * current
        previous, current = current, (sums * current - k * previous) / (d - k)
    return total


SPHERE, GAUSSIAN, HYPERCUBE = Sphere(), Gaussian(), Hypercube()

LAWS: Mapping[str, Law] = {law.name: law for law in (SPHERE, GAUSSIAN, HYPERCUBE)}
"""The laws by name."""
