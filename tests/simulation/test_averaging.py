"""Averaged labels along a path, against the traces of the definition, parameter by parameter."""

import math
from types import SimpleNamespace as Namespace

import numpy as np
import pytest
import scipy.linalg
from scipy.special import eval_gegenbauer

from asymptotics.errors import InputError
from asymptotics.simulation import simulate
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.learning.averaging import average_labels
from asymptotics.simulation.learning.learners import KernelRegression, RandomFeatures
from asymptotics.simulation.learning.spectral import RIDGE, Training

D, NOISE, POWERS = 6, 0.3, {0: 0.2, 1: 1.0, 3: 0.5}
MU = (0.4, -0.7, 0.3, 0.2)
KERNEL = (0.3, 1.0, 0.7, 0.5, 0.2)
RIDGES = (0.0, 1e-6, 1e-2, 1.0, 1e4)
STEP = 0.02


def zonal(k, cosines):
    return eval_gegenbauer(k, D / 2 - 1, cosines) / eval_gegenbauer(k, D / 2 - 1, 1.0)


def activation(u):
    """An activation with the coefficients above and no others."""
    return sum(
        mu * math.sqrt(SPHERE.multiplicity(D, k)) * zonal(k, u / math.sqrt(D)) for k, mu in enumerate(MU)
    )


def kernel(t):
    return sum(c * zonal(k, t) for k, c in enumerate(KERNEL))


def operator(features, method, parameter):
    """The matrix from labels to coefficients, as the method is defined."""
    n, p = features.shape
    gram = features.T @ features
    if method == "ridge" and parameter == 0:
        return np.linalg.pinv(features)
    if method == "ridge":
        return np.linalg.solve(gram + parameter * np.eye(p), features.T)
    if method == "flow":  # the differential equation with its source, as one larger exponential
        system = np.block([[-gram, features.T], [np.zeros((n, p + n))]])
        return scipy.linalg.expm(parameter * system)[:p, p:]
    result = np.zeros((p, n))
    for _ in range(round(parameter / STEP)):
        result -= STEP * features.T @ (features @ result - np.eye(n))
    return result


def observables(design, coefficients, centers, points, mu, scale, metric, norm_scale):
    """Traces of the definition for a matrix of coefficients ``(m, n)``."""
    n = len(points)
    cosines = points @ points.T / D
    covariance = sum(power * zonal(k, cosines) for k, power in POWERS.items())
    labels = covariance + NOISE * np.eye(n)
    between = centers @ centers.T / D
    population = scale**2 * sum(c**2 * zonal(k, between) for k, c in enumerate(mu))
    share = [c / math.sqrt(SPHERE.multiplicity(D, k)) for k, c in enumerate(mu)]
    correlation = scale * sum(
        POWERS.get(k, 0.0) * s * zonal(k, centers @ points.T / D) for k, s in enumerate(share)
    )
    bias = (
        sum(POWERS.values())
        - 2 * np.trace(coefficients.T @ correlation)
        + np.trace(coefficients.T @ population @ coefficients @ covariance)
    )
    variance = NOISE * np.trace(coefficients.T @ population @ coefficients)
    residual = np.eye(n) - design @ coefficients
    train = np.trace(residual.T @ residual @ labels) / n
    norm = norm_scale * np.trace(coefficients.T @ metric @ coefficients @ labels) / n
    return [bias + variance, bias, variance, train, norm]


def series(mu):
    return PopulationSeries(SPHERE, D, tuple(mu), math.fsum(c**2 for c in mu))


METHODS = [
    ("ridge", RIDGE, RIDGES),
    ("flow", Training("flow"), (0.0, 0.3, 3.0)),
    ("descent", Training("descent", STEP), (0.0, STEP, 50 * STEP)),
]


@pytest.mark.parametrize("shape", [(25, 14), (14, 25), (18, 18)])
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(("method", "training", "path"), METHODS, ids=[m[0] for m in METHODS])
def test_features(shape, members, method, training, path):
    n, p = shape
    generator = np.random.default_rng(n + members)
    points = SPHERE.sample(n, D, generator)
    fit = RandomFeatures(activation, members).draw(points, SPHERE, p, generator, None)
    found = average_labels(fit, points, series(MU), POWERS, NOISE).along(path, training)
    for parameter, row in zip(path, found, strict=True):
        blocks = np.split(fit.design, members, axis=1)
        coefficients = np.concatenate([operator(block, method, parameter) for block in blocks]) / members
        expected = observables(
            fit.design, coefficients, fit.centers, points, MU, fit.scale, np.eye(members * p), members
        )
        interpolates = method == "ridge" and parameter == 0 and p >= n
        assert row == pytest.approx(
            expected, rel=1e-8 if shape[0] == shape[1] else 1e-10, abs=1e-24 * interpolates
        )


@pytest.mark.parametrize(("method", "training", "path"), METHODS, ids=[m[0] for m in METHODS])
def test_kernels(method, training, path):
    n = 15
    generator = np.random.default_rng(1)
    points = SPHERE.sample(n, D, generator)
    fit = KernelRegression(kernel).draw(points, SPHERE, 0, generator, None)
    mu = [c / math.sqrt(SPHERE.multiplicity(D, k)) for k, c in enumerate(KERNEL)]
    found = average_labels(fit, points, series(mu), POWERS, NOISE).along(path, training)
    values, vectors = np.linalg.eigh(fit.design)
    for parameter, row in zip(path, found, strict=True):
        gains = {
            "ridge": lambda x, r=parameter: 1 / (x + r),
            "flow": lambda x, t=parameter: (1 - np.exp(-t * x)) / x,
            "descent": lambda x, t=parameter: (1 - (1 - STEP * x) ** round(t / STEP)) / x,
        }
        coefficients = vectors * gains[method](values) @ vectors.T
        expected = observables(fit.design, coefficients, points, points, mu, 1.0, fit.design, 1.0)
        assert row == pytest.approx(expected, rel=1e-10, abs=1e-20)


def test_labels_outside_the_range_of_the_features_stay_in_the_train_error():
    """Features of degree 1 alone: a target of degree 2 is never fitted."""
    model = Namespace(activation=lambda x: x, target=Namespace(powers={2: 1.0}), noise=0.0)
    estimate = simulate(model, Namespace(d=4, n=2000, p=3), [0.0, 1.0], trials=2, labels="averaged")
    assert estimate.train.draws == pytest.approx(1.0, abs=0.02)
    assert (estimate.train.draws <= 1.0).all() and (estimate.test.draws >= 1.0).all()


def test_labels_are_not_averaged_when_the_matrices_do_not_fit(toy, monkeypatch):
    monkeypatch.setattr("asymptotics.simulation.design.learning_plan.STREAM_ELEMENTS", 100)
    with pytest.raises(InputError, match="labels") as caught:
        simulate(toy(), Namespace(d=8, n=20, p=50), 0.1, trials=2, labels="averaged")
    assert 'labels="drawn"' in str(caught.value)
