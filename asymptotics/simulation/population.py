r"""Averages over a fresh input, computed exactly instead of from a test set.

Given the weights, the population risk of a predictor :math:`z(x) a` is a quadratic form,

.. math:: E_x (f_\star(x) - z(x) a)^2 = \|f_\star\|^2 - 2 h^T a + a^T U a,

with :math:`U_{jl} = \frac1p E_x \sigma(\langle\theta_j,x\rangle/\sqrt
d)\,\sigma(\langle\theta_l,x\rangle/\sqrt d)` and :math:`h_j = \frac1{\sqrt p} E_x
f_\star(x)\,\sigma(\langle\theta_j,x\rangle/\sqrt d)`. Both are sums over degrees by the addition formula of
zonal polynomials; what is left out of the sum is bounded and negligible, or the series is not used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.sampling import HarmonicTarget, harmonic_multiplicity, zonal_polynomial

Array = NDArray[np.float64]

MOST_DEGREES = 64
TRUNCATION = 1e-6
"""Largest relative error of the risk that leaving out high degrees may cause; see `shorten`."""

ROUNDING = 1e-12
"""A tail below this share of E sigma^2 is rounding, not mass in high degrees."""

CHUNK = 2**14
BLOCK_ELEMENTS = 2**22


@dataclass(frozen=True)
class PopulationSeries:
    """Expansion of an activation on the unit-norm projection of a random input.

    Attributes
    ----------
    law : str
        Law of the inputs.
    d : int
        Their dimension.
    coefficients : tuple of float
        Signed mu_k for degrees 0, 1, ...: ``sigma(u) = sum_k mu_k sqrt(B(d, k)) P_k(u)`` with P_k of
        `asymptotics.simulation.sampling.zonal_polynomial`.
    total : float
        E sigma^2, all degrees together.
    """

    law: str
    d: int
    coefficients: tuple[float, ...]
    total: float

    def kernel(self, cosines: Array) -> Array:
        """Return ``E_x sigma(<u, x>) sigma(<v, x>)`` for unit vectors at given cosines, without the tail."""
        return zonal_sum(self.law, self.d, [mu**2 for mu in self.coefficients], cosines)

    @property
    def tail(self) -> float:
        """Part of E sigma^2 beyond the degrees kept; the exact kernel has it on its diagonal."""
        tail = self.total - math.fsum(mu**2 for mu in self.coefficients)
        return tail if tail > ROUNDING * self.total else 0.0

    def apply_gram(self, weights: Array, vectors: Array) -> Array:
        """Return ``p U a`` for weights ``(p, d)`` on the sphere and vectors a ``(p, r)``, in bounded memory.

        Examples
        --------
        >>> series = PopulationSeries("sphere", 3, (0.0, 1.0), 1.5)
        >>> series.apply_gram(np.sqrt(3) * np.eye(3), np.eye(3)).round(12).tolist()[0]
        [1.5, 0.0, 0.0]
        """
        p = len(weights)
        result = self.tail * vectors
        step = max(1, BLOCK_ELEMENTS // p)
        for start in range(0, p, step):
            rows = slice(start, start + step)
            result[rows] += self.kernel(weights[rows] @ weights.T / self.d) @ vectors
        return result

    def correlation(self, target: HarmonicTarget, weights: Array) -> Array:
        """Return ``sqrt(p) h`` of shape ``(p,)`` for a target and weights ``(p, d)`` on the sphere."""
        values = np.zeros(len(weights))
        for degree, directions, coefficients in target.components:
            if degree >= len(self.coefficients):
                continue
            share = self.coefficients[degree] / math.sqrt(harmonic_multiplicity(self.law, self.d, degree))
            cosines = weights @ directions.T / math.sqrt(self.d)
            powers = [0.0] * degree + [share]
            values += zonal_sum(self.law, self.d, powers, cosines) @ coefficients
        return values

    def averaged_correlation(self, powers: Mapping[int, float], weights: Array, points: Array) -> Array:
        """Return ``sqrt(p) E h f*(x_i)`` of shape ``(p, n)``, averaged over isotropic Gaussian targets.

        Parameters
        ----------
        powers : mapping of int to float
            Power F_k^2 per degree.
        weights, points : ndarray, shapes (p, d) and (n, d)
            On the sphere.
        """
        shares = [
            powers.get(k, 0.0) * mu / math.sqrt(harmonic_multiplicity(self.law, self.d, k))
            for k, mu in enumerate(self.coefficients)
        ]
        return zonal_sum(self.law, self.d, shares, weights @ points.T / self.d)

    def truncated(self, degree: int) -> PopulationSeries:
        """Return the series up to a degree, with the rest in its tail."""
        return PopulationSeries(self.law, self.d, self.coefficients[: degree + 1], self.total)


def zonal_sum(law: str, d: int, powers: list[float], cosines: Array) -> Array:
    r"""Return :math:`\sum_k c_k \rho_k(\langle u,v\rangle)`, a covariance of harmonics.

    Parameters
    ----------
    law : {"sphere", "gaussian"}
        Law of the inputs: :math:`\rho_k` is the Gegenbauer polynomial :math:`Q_k` or the monomial
        :math:`t^k`.
    d : int
        Dimension.
    powers : list of float
        Coefficients c_k.
    cosines : ndarray
        Values of <u, v>, any shape.

    Returns
    -------
    ndarray, same shape

    Examples
    --------
    >>> zonal_sum("gaussian", 5, [1.0, 0.0, 2.0], np.array([0.5])).tolist()
    [1.5]
    """
    result = np.empty(cosines.size)
    flat = np.ascontiguousarray(cosines, dtype=np.float64).ravel()
    for start in range(0, flat.size, CHUNK):  # chunks that stay in cache
        t = flat[start : start + CHUNK]
        previous, current = np.ones_like(t), t.copy()
        total = np.full_like(t, powers[0])
        if len(powers) > 1:
            total += powers[1] * t
        for k in range(1, len(powers) - 1):
            if law == "sphere":
                scale = 1.0 / (k + d - 2)
                previous *= -k * scale
                previous += (2 * k + d - 2) * scale * t * current
            else:
                np.multiply(t, current, out=previous)
            previous, current = current, previous
            if powers[k + 1]:
                total += powers[k + 1] * current
        result[start : start + CHUNK] = total
    return result.reshape(cosines.shape)


def expand(activation: Callable[[Array], Array], law: str, d: int, least_degree: int = 0) -> PopulationSeries:
    """Expand an activation in all the degrees that `shorten` may need.

    Parameters
    ----------
    activation : callable
        Vectorized function.
    law : {"sphere", "gaussian"}
        Law of the inputs.
    d : int
        Dimension.
    least_degree : int
        Highest degree of the target.

    Returns
    -------
    PopulationSeries

    Examples
    --------
    >>> series = expand(np.tanh, "sphere", 30)
    >>> len(shorten(series, p=200, least_degree=1).coefficients)
    11
    """
    coefficients, total = expand_activation(activation, law, d, max(MOST_DEGREES, least_degree))
    return PopulationSeries(law, d, tuple(coefficients.tolist()), total)


def shorten(series: PopulationSeries, p: int, least_degree: int = 0) -> PopulationSeries | None:
    r"""Keep as many degrees as p weights on the sphere need, or return None when those at hand are too few.

    Parameters
    ----------
    series : PopulationSeries
        A long expansion.
    p : int
        Number of weights.
    least_degree : int
        Highest degree of the target.

    Returns
    -------
    PopulationSeries or None

    Notes
    -----
    Leaving out degrees above K changes the off-diagonal part of U by a matrix :math:`\Delta` with mean
    squared Frobenius norm :math:`\sum_{k>K} \mu_k^4 E\rho_k^2 \le \mu_{>K}^4 E\rho_{K+1}^2`, where
    :math:`E\rho_k^2 = 1/B(d,k)` on the sphere. The risk changes by at most :math:`\|\Delta\|\,\|a\|^2`, while
    its diagonal part alone contributes at least :math:`\mu_{>K}^2\|a\|^2/p`-sized terms. The smallest K with
    :math:`p\,\mu_{>K}^2\sqrt{E\rho_{K+1}^2} \le 10^{-6} E\sigma^2` is used, and none above 64.
    """
    law, d, total = series.law, series.d, series.total
    coefficients = np.array(series.coefficients)
    tails = np.maximum(total - np.cumsum(np.square(coefficients)), 0.0)
    tails[tails < ROUNDING * total] = 0.0
    for degree in range(least_degree, len(coefficients)):
        if p * tails[degree] * math.sqrt(_mean_square_correlation(law, d, degree + 1)) <= TRUNCATION * total:
            return series.truncated(degree)
    return None


def _mean_square_correlation(law: str, d: int, degree: int) -> float:
    """Return E rho_k(<u, v>)^2 for independent unit vectors: 1/B(d, k), or E t^(2k)."""
    if law == "sphere":
        return 1.0 / harmonic_multiplicity(law, d, degree)
    return math.exp(sum(math.log((2 * i + 1) / (d + 2 * i)) for i in range(degree)))


def expand_activation(
    activation: Callable[[Array], Array], law: str, d: int, degrees: int
) -> tuple[Array, float]:
    """Return mu_0, ..., mu_degrees with their signs, and E sigma^2, by adaptive Gauss-Legendre quadrature.

    Parameters
    ----------
    activation : callable
        Vectorized function; kinks and jumps are found by bisection.
    law : {"sphere", "gaussian"}
        Law of x in the projection <u, x> with |u| = 1.
    d, degrees : int
        Dimension and highest degree.

    Returns
    -------
    coefficients : ndarray, shape (degrees + 1,)
    total : float

    Examples
    --------
    >>> coefficients, total = expand_activation(np.sign, "sphere", 3, 3)
    >>> (coefficients**2).round(9).tolist(), round(total, 9)
    ([0.0, 0.75, 0.0, 0.109375], 1.0)
    """
    edge = min(math.pi / 2, 13.0 / math.sqrt(d)) if law == "sphere" else 13.0
    panels = np.linspace(-edge, edge, 17)
    left, right = panels[:-1], panels[1:]
    moments = np.zeros(degrees + 3)
    coarse = _panel_moments(activation, law, d, degrees, left, right)
    scale = np.abs(coarse).sum(axis=0)
    for _ in range(60):  # every round halves the panels that are not yet resolved
        middle = (left + right) / 2
        halves = [
            _panel_moments(activation, law, d, degrees, *ends) for ends in ((left, middle), (middle, right))
        ]
        fine = halves[0] + halves[1]
        open_panels = (np.abs(fine - coarse) > 1e-14 * scale).any(axis=1)
        moments += fine[~open_panels].sum(axis=0)
        if not open_panels.any():
            break
        left, right = (
            np.concatenate([left[open_panels], middle[open_panels]]),
            np.concatenate([middle[open_panels], right[open_panels]]),
        )
        coarse = np.concatenate([half[open_panels] for half in halves])
    else:
        moments += coarse.sum(axis=0)
    moments /= moments[-1]
    norms = [math.sqrt(harmonic_multiplicity(law, d, k)) for k in range(degrees + 1)]
    return moments[:-2] * norms, float(moments[-2])


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def _panel_moments(
    activation: Callable[[Array], Array], law: str, d: int, degrees: int, left: Array, right: Array
) -> Array:
    """Integrate sigma P_k for every k, sigma^2 and 1 against the law of the projection, on every panel."""
    variable = (left + right)[:, None] / 2 + (right - left)[:, None] / 2 * _NODES
    if law == "sphere":  # projection sqrt(d) sin(angle), density cos(angle)^(d-2)
        projection = math.sqrt(d) * np.sin(variable)
        density = np.cos(variable) ** (d - 2)
    else:
        projection, density = variable, np.exp(-(variable**2) / 2)
    weights = (right - left)[:, None] / 2 * _WEIGHTS * density
    values = np.asarray(activation(projection), dtype=np.float64)
    if not np.isfinite(values).all():
        raise SimulationError("the activation is not finite on the range of its argument")
    weighted = weights * values
    moments = np.empty((len(left), degrees + 3))
    for k in range(degrees + 1):
        moments[:, k] = (weighted * zonal_polynomial(law, d, k, projection)).sum(axis=1)
    moments[:, -2] = (weighted * values).sum(axis=1)
    moments[:, -1] = weights.sum(axis=1)
    return moments
