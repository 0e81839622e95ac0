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

from asymptotics.simulation.laws.sampling import HarmonicTarget, Law

Array = NDArray[np.float64]

MOST_DEGREES = 64
"""Highest degree of an expansion under a law that has infinitely many, unless the target needs more."""

TRUNCATION = 1e-6
"""Largest relative error of the risk that leaving out high degrees may cause; see `shorten`."""

ROUNDING = 1e-12
"""A tail below this share of E sigma^2 is rounding, not mass in high degrees."""

EPSILON = 1e-15
"""Rounding errors of an entry of the Gram matrix, as a share of E sigma^2."""

BLOCK_ELEMENTS, BLOCK_ROWS = 2**22, 256
"""Largest blocks of the population Gram matrix, of whose symmetric halves one is computed."""


@dataclass(frozen=True)
class PopulationSeries:
    """Expansion of an activation on the projection of a random input on a direction.

    Weights are directions times sqrt(d): on the sphere for inputs on the sphere and for Gaussian ones, points of
    the hypercube for inputs on the hypercube.

    Attributes
    ----------
    law : Law
        Law of the inputs.
    d : int
        Their dimension.
    coefficients : tuple of float
        Signed mu_k for degrees 0, 1, ...: ``sigma(u) = sum_k mu_k sqrt(B(d, k)) P_k(u)`` with P_k of
        `asymptotics.simulation.laws.sampling.Law`.
    total : float
        E sigma^2, all degrees together.
    complete : bool
        Whether what is beyond the degrees kept is on the diagonal alone, as independent noise is.
    """

    law: Law
    d: int
    coefficients: tuple[float, ...]
    total: float
    complete: bool = False

    def kernel(self, cosines: Array) -> Array:
        """``E_x sigma(<u, x>) sigma(<v, x>)`` for unit vectors at given cosines, without the tail."""
        return self.law.zonal_sum(self.d, [mu**2 for mu in self.coefficients], cosines)

    @property
    def tail(self) -> float:
        """Part of E sigma^2 beyond the degrees kept; the exact kernel has it on its diagonal."""
        tail = self.total - math.fsum(mu**2 for mu in self.coefficients)
        return tail if tail > ROUNDING * self.total else 0.0

    def uncertainty(self, count: int) -> float:
        r"""Bound of what ``p a^T U a`` may be off by, per ``|a|^2`` of this many coefficients.

        Left out are degrees above those kept, :math:`\mu_{>K}^2\sqrt{\delta_{K+1}}` per entry of the Gram matrix, see
        `shorten`; what is kept has rounding errors. Near interpolation without a ridge coefficients may be so large
        that neither is small against the error that is averaged.
        """
        left_out = 0.0 if self.complete else self.total - math.fsum(mu**2 for mu in self.coefficients)
        decay = math.sqrt(self.law.decay(self.d, len(self.coefficients)))
        return count * (max(left_out, 0.0) * decay + EPSILON * self.total)

    def apply_gram(self, weights: Array, vectors: Array) -> Array:
        """``p U a`` for weights ``(p, d)`` and vectors a ``(p, r)``, in bounded memory.

        Parameters
        ----------
        weights : ndarray
            Shape (p, d).
        vectors : ndarray
            Shape (p, r).

        Examples
        --------
        >>> from asymptotics.simulation.laws.laws import SPHERE
        >>> series = PopulationSeries(SPHERE, 3, (0.0, 1.0), 1.5)
        >>> series.apply_gram(np.sqrt(3) * np.eye(3), np.eye(3)).round(12).tolist()[0]
        [1.5, 0.0, 0.0]
        """
        p = weights.shape[-2]
        result = self.tail * vectors
        step = max(1, min(BLOCK_ROWS, BLOCK_ELEMENTS // p))
        for start in range(0, p, step):
            rows, below = slice(start, start + step), slice(start + step, p)
            block = self.kernel(weights[..., rows, :] @ weights[..., start:, :].swapaxes(-1, -2) / self.d)
            result[..., rows, :] += block @ vectors[..., start:, :]
            result[..., below, :] += block[..., step:].swapaxes(-1, -2) @ vectors[..., rows, :]
        return result

    def correlation(self, target: HarmonicTarget, weights: Array) -> Array:
        """``sqrt(p) h`` of shape ``(p,)`` for a target and weights ``(p, d)``.

        Parameters
        ----------
        target : HarmonicTarget
            With its degrees.
        weights : ndarray
            Shape (p, d).
        """
        values = np.zeros(weights.shape[:-1])
        for degree, directions, coefficients in target.components:
            if degree >= len(self.coefficients):
                continue
            share = self.coefficients[degree] / math.sqrt(self.law.multiplicity(self.d, degree))
            cosines = weights @ directions.swapaxes(-1, -2) / math.sqrt(self.d)
            powers = [0.0] * degree + [share]
            values += (self.law.zonal_sum(self.d, powers, cosines) @ coefficients[..., None])[..., 0]
        return values

    def averaged_correlation(self, powers: Mapping[int, float], weights: Array, points: Array) -> Array:
        """``sqrt(p) E h f*(x_i)`` of shape ``(p, n)``, averaged over isotropic Gaussian targets.

        Parameters
        ----------
        powers : mapping of int to float
            Power F_k^2 per degree.
        weights, points : ndarray, shapes (p, d) and (n, d)
            Of the law of the series, which is that of weights and inputs.
        """
        kept = self.coefficients[: max(powers, default=0) + 1]
        shares = [
            powers.get(k, 0.0) * mu / math.sqrt(self.law.multiplicity(self.d, k)) for k, mu in enumerate(kept)
        ]
        return self.law.zonal_sum(self.d, shares, weights @ points.swapaxes(-1, -2) / self.d)

    def truncated(self, degree: int) -> PopulationSeries:
        """The series up to a degree, with the rest in its tail."""
        return PopulationSeries(self.law, self.d, self.coefficients[: degree + 1], self.total)


def expand(activation: Callable[[Array], Array], law: Law, d: int, least_degree: int = 0) -> PopulationSeries:
    """Expand an activation in all the degrees that `shorten` may need.

    Parameters
    ----------
    activation : callable
        Vectorized function.
    law : Law
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
    >>> from asymptotics.simulation.laws.laws import SPHERE
    >>> series = expand(np.tanh, SPHERE, 30)
    >>> len(shorten(series, p=200, least_degree=1).coefficients)
    11
    """
    degree = law.resolved_degree(d, max(MOST_DEGREES, least_degree))
    coefficients, total = law.expand(activation, d, degree)
    return PopulationSeries(law, d, tuple(coefficients.tolist()), total)


def shorten(series: PopulationSeries, p: int, least_degree: int = 0) -> PopulationSeries | None:
    r"""Keep as many degrees as p weights need, or return None when those at hand are too few.

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
    squared Frobenius norm :math:`\sum_{k>K} \mu_k^4 E\rho_k^2 \le \mu_{>K}^4 \delta_{K+1}`, where
    :math:`\delta_k = \max_{l\ge k} E\rho_l^2` is the decay of the law, 1/B(d, k) on the sphere. The risk
    changes by at most :math:`\|\Delta\|\,\|a\|^2`, which is asked for again once a is known, while its diagonal
    part alone contributes at least
    :math:`\mu_{>K}^2\|a\|^2/p`-sized terms. The smallest K with :math:`p\,\mu_{>K}^2\sqrt{\delta_{K+1}} \le
    10^{-6} E\sigma^2` is used, and none above the degree expanded to.
    """
    law, d, total = series.law, series.d, series.total
    coefficients = np.array(series.coefficients)
    tails = np.maximum(total - np.cumsum(np.square(coefficients)), 0.0)
    tails[tails < ROUNDING * total] = 0.0
    for degree in range(min(least_degree, len(coefficients) - 1), len(coefficients)):
        if p * tails[degree] * math.sqrt(law.decay(d, degree + 1)) <= TRUNCATION * total:
            return series.truncated(degree)
    return None
