r"""Averages over target and noise, computed exactly instead of from drawn labels, for a whole path at once.

Every observable is a quadratic form in the labels. A Gaussian random function with covariance
:math:`C = \sum_k F_k^2 Q_k(\langle x,x'\rangle/d)` has the prescribed mean power in every degree; since the mean
over inputs and weights of such a form depends on the target through the powers only, averaging over this function
leaves every expectation unchanged and removes the fluctuations of target and noise.

With the decomposition :math:`P\,\mathrm{diag}(s)V^T` of `asymptotics.simulation.learning.spectral` the coefficients are
:math:`V\,\mathrm{diag}(f)P^Ty`, so that only the filter f depends on the ridge or time. For labels of covariance
:math:`C+\sigma^2`, population Gram matrix U and population correlation H with the training labels,

.. math::

   \text{bias} &= \textstyle\sum_k F_k^2 - 2 f^T\mathrm{diag}(V^THP) + f^T(V^TUV\circ P^TCP)f,\\
   \text{variance} &= \sigma^2 f^T(V^TUV\circ P^TP)f,\qquad
   n\,\text{norm} = f^T(V^TV\circ L)f,\quad L = P^TCP + \sigma^2P^TP,
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.sampling import UNCERTAIN
from asymptotics.simulation.learning.fits import Fit
from asymptotics.simulation.learning.spectral import Decomposition, Training

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelAverages:
    """The forms of all observables in the filters, for one draw of inputs and weights.

    Attributes
    ----------
    decomposition : Decomposition
        Of what predicts the training labels; r is the number of its values.
    power : float
        Sum of the powers of the target.
    noise : float
        Variance of the label noise.
    gain : ndarray, shape (r,)
        Alignment of the predictor with the target: the linear term of the bias.
    bias, variance, norm, train : ndarray, shape (r, r)
        Quadratic terms; that of the train error is in the shares that are not learned.
    linear : ndarray, shape (r,)
        Linear term of the train error in these shares.
    outside : ndarray, shape ()
        Train error of labels outside the range of the features.
    uncertainty : ndarray, shape (r, r)
        Quadratic terms of a bound of what test errors may be off by.
    """

    decomposition: Decomposition
    power: float
    gain: Array
    bias: Array
    variance: Array
    norm: Array
    train: Array
    linear: Array
    outside: Array
    uncertainty: Array

    def along(self, parameters: Sequence[Any], training: Training) -> Array:
        """Test, bias, variance, train and norm ``(len(parameters), 5)`` at every ridge or time.

        Parameters
        ----------
        parameters : sequence of Any
            Ridges or times.
        training : Training
            The method.

        Returns
        -------
        ndarray
            Not numbers where coefficients are so large that the exact average over fresh inputs is none.
        """
        filters, remaining = self.decomposition.filters(parameters, training)
        bias = self.power - 2 * _along(self.gain, filters) + _forms(self.bias, filters)
        variance = _forms(self.variance, filters)
        rough = _forms(self.uncertainty, filters) > UNCERTAIN * (bias + variance)
        train = self.outside[..., None] + 2 * _along(self.linear, remaining) + _forms(self.train, remaining)
        found = np.stack([bias + variance, bias, variance, train, _forms(self.norm, filters)], axis=-1)
        return np.where(rough[..., None], np.nan, found)


def _along(vector: Array, vectors: Array) -> Array:
    """``<vector, v>`` for every row v."""
    return (vectors @ vector[..., None])[..., 0]


def _forms(matrix: Array, vectors: Array) -> Array:
    """``v^T matrix v`` for every row v."""
    return np.einsum("...ij,...ij->...i", vectors @ matrix, vectors)


def average_labels(
    fit: Fit, points: Array, series: PopulationSeries, powers: Mapping[int, float], noise: float
) -> LabelAverages:
    """All observables of a fit as forms, averaged over target and noise.

    Parameters
    ----------
    fit : Fit
        One draw of a learner, with centers on the sphere.
    points : ndarray, shape (n, d)
        Training inputs on the sphere.
    series : PopulationSeries
        Expansion of the activation.
    powers : mapping of int to float
        Power F_k^2 of the target per degree.
    noise : float
        Variance of the label noise.

    Returns
    -------
    LabelAverages

    Notes
    -----
    With m coefficients and r = min(n, m) the cost is that of one decomposition and ``m^2 (d + r)``; every
    ridge or time adds ``r^2``. Memory: about five matrices (n, m), one of them for each of features, left and
    right vectors, and six matrices (n, n), (r, r).

    Examples
    --------
    >>> from asymptotics.simulation.laws.laws import SPHERE
    >>> from asymptotics.simulation.learning.learners import KernelRegression
    >>> points = np.sqrt(3) * np.eye(3)
    >>> fit = KernelRegression(lambda t: t).draw(points, SPHERE, 0, np.random.default_rng(0), None)
    >>> series = PopulationSeries(SPHERE, 3, (0.0, 3**-0.5), 1 / 3)
    >>> average_labels(fit, points, series, {1: 1.0}, 0.0).along([1.0], Training()).round(12).tolist()
    [[0.25, 0.25, 0.0, 0.25, 0.25]]
    """
    assert fit.centers is not None
    n, d = points.shape[-2:]
    parts = fit.problem().decompose()
    left, right, share = parts.left, parts.right, 1.0 / parts.members
    degrees = [powers.get(k, 0.0) for k in range(max(powers, default=0) + 1)]
    correlation = series.averaged_correlation(powers, fit.centers, points)
    left_rows, right_rows = left.swapaxes(-1, -2), right.swapaxes(-1, -2)
    gain = fit.scale * np.einsum("...mr,...mr->...r", right, correlation @ left)
    population = fit.scale**2 * right_rows @ series.apply_gram(fit.centers, right)
    target = left_rows @ (series.law.zonal_sum(d, degrees, points @ points.swapaxes(-1, -2) / d) @ left)
    overlap = left_rows @ left
    labels = target + noise * overlap
    squared = right_rows @ (right if fit.metric is None else fit.metric @ right)
    train = share**2 * overlap * labels
    linear, outside = np.zeros_like(gain), np.zeros(gain.shape[:-1])
    if gain.shape[-1] < parts.members * n:  # otherwise every label is in the range, and these terms vanish
        own = np.einsum("...rr->...r", labels)
        linear = share * own - train.sum(axis=-1)
        outside = n * (sum(degrees) + noise) - 2 * share * own.sum(axis=-1) + train.sum(axis=(-1, -2))
    return LabelAverages(
        decomposition=parts,
        power=sum(degrees),
        gain=gain,
        bias=population * target,
        variance=noise * population * overlap,
        norm=fit.members * squared * labels / n,
        train=train / n,
        linear=linear / n,
        outside=np.maximum(outside, 0.0) / n,
        uncertainty=fit.scale**2 * series.uncertainty(fit.centers.shape[-2]) * (right_rows @ right) * labels,
    )
