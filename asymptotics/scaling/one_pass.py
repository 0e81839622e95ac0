r"""One pass of stochastic gradient descent over fresh samples: the flow of the population with the noise of its steps.

With batch one and step size :math:`\gamma`, at times :math:`\tau = \gamma\cdot\text{steps}`, the risk solves
:math:`P(\tau) = F(\tau) + \gamma\int_0^\tau K(\tau-u)(P(u)+\sigma^2)\,du`, F the risk of the flow of the population and
:math:`K(\tau) = \sum_i x_i^2e^{-2\tau x_i}` over the eigenvalues of the features' covariance [Paquette2024]. Degrees of
freedom of the flow are :math:`D(t) = \sum_i(1-e^{-tx_i})`, so that :math:`K(\tau) = -D''(2\tau)`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.models.model import as_model
from asymptotics.models.regimes import FiniteSize
from asymptotics.prediction.predict import predict

__all__ = ["one_pass_sgd"]

_PER_DECADE, _EARLY = 40, 1e-4


def one_pass_sgd(model: Any, p: int, steps: Any, *, step_size: float) -> np.ndarray:
    r"""Test error of one-pass stochastic gradient descent with batch one.

    Parameters
    ----------
    model : PowerLawRidge, or another model with features and without an input dimension
    p : int
        Number of features.
    steps : array_like of int, shape (k,)
        Numbers of steps, each on a fresh sample.
    step_size : number
        Below two over the sum of the eigenvalues of the features' covariance, where the noise of the steps stays
        finite.

    Returns
    -------
    ndarray, shape (k,)
        Excess test error, averaged over samples. Accurate to about three digits: the equation is solved on a grid of
        forty points a decade, and steps are taken as short (corrections of relative order step_size * largest
        eigenvalue).

    Raises
    ------
    InputError
        If the step size is not positive or too large, or steps are not positive.

    References
    ----------
    docs/howto/scaling_laws.md; Paquette2024.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10")
    >>> asy.one_pass_sgd(model, 50, [100, 10_000], step_size=0.1).round(3)
    array([0.262, 0.151])
    """
    known = as_model(model)
    wanted = np.atleast_1d(np.asarray(steps, dtype=float))
    gamma, noise = double("step_size", step_size), double("noise", known.noise)
    if not (wanted > 0).all():
        raise InputError("steps", steps, "positive numbers of steps")
    mass = known.measured(None).power
    if not 0 < gamma * mass < 2:
        raise InputError(
            "step_size", step_size, f"a positive number below {2 / mass:.4g}: the steps diverge beyond"
        )
    last = gamma * wanted.max()
    first = min(gamma * wanted.min(), 1 / mass) * _EARLY
    count = math.ceil(_PER_DECADE * math.log10(last / first)) + 1
    times = np.geomspace(first, last, count)
    risk = _solved(known, p, np.concatenate([[0.0], times]), gamma, noise, mass)
    return np.exp(np.interp(np.log(gamma * wanted), np.log(times), np.log(risk[1:])))


def _solved(model: Any, p: int, times: np.ndarray, gamma: float, noise: float, mass: float) -> np.ndarray:
    """The risk at times that begin with zero: the kernel integrated exactly over cells, the risk linear in them."""
    sizes = FiniteSize(n=math.inf, p=p)
    flow = predict(model, sizes, time_per_sample=times[1:]).test
    start = float(predict(model, sizes, time_per_sample=times[1] * _EARLY).test)
    grid = 2 * np.geomspace(times[1] * _EARLY, times[-1], 2 * times.size)
    freedom = predict(model, sizes, time_per_sample=grid).degrees_of_freedom
    slope = np.gradient(np.log(freedom), np.log(grid), edge_order=2) * freedom / grid
    risk = np.concatenate([[start], np.zeros(times.size - 1)])
    for k in range(1, times.size):
        left = 2 * (times[k] - times[: k + 1])
        rate = np.exp(np.interp(np.log(np.maximum(left, grid[0])), np.log(grid), np.log(slope)))
        rate[-1] = mass
        weight = (rate[1:] - rate[:-1]) / 2
        known = float((weight[:-1] * (risk[: k - 1] + risk[1:k])).sum() / 2 + weight[-1] * risk[k - 1] / 2)
        total = float(flow[k - 1] + gamma * (known + noise * weight.sum()))
        risk[k] = total / (1 - gamma * weight[-1] / 2)
    return risk
