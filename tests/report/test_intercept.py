"""Experiments with an intercept: the conversion is an identity of least squares, and what a simulation finds."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report.comparison import compare

OWN = asy.Convention(intercept=True)


def with_constant(features, labels, ridge):
    """Coefficients and constant of least squares with a penalty on the coefficients only."""
    n, p = features.shape
    table = np.hstack([features, np.ones((n, 1))])
    penalty = ridge * np.diag([1.0] * p + [0.0])
    solved = np.linalg.solve(table.T @ table + penalty, table.T @ labels)
    return solved[:p], solved[p]


def test_a_constant_is_a_sample_less():
    """The coefficients are those of n - 1 rotated samples; the constant is the mean of what they leave."""
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((9, 5)) + 2, rng.standard_normal(9) + 3
    coefficients, constant = with_constant(features, labels, 0.3)
    basis = np.linalg.qr(np.hstack([np.ones((9, 1)), rng.standard_normal((9, 8))]))[0][:, 1:]
    rows, rest = basis.T @ features, basis.T @ labels
    fewer = np.linalg.solve(rows.T @ rows + 0.3 * np.eye(5), rows.T @ rest)
    assert coefficients == pytest.approx(fewer)
    assert constant == pytest.approx(np.mean(labels - features @ fewer))
    left = np.sum((labels - features @ coefficients - constant) ** 2)
    assert left == pytest.approx(np.sum((rest - rows @ fewer) ** 2))


def experiment(function, d, n, p, ridge, noise, trials, seed):
    """Errors with an intercept, drawn from the definitions; false alarms of what follows: below 1e-4."""
    rng = np.random.default_rng(seed)

    def sphere(rows):
        drawn = rng.standard_normal((rows, d))
        return math.sqrt(d) * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    found = []
    for _ in range(trials):
        weights, target = sphere(p), sphere(1)[0] / math.sqrt(d)
        x, fresh = sphere(n), sphere(600)
        z, z_fresh = (function(points @ weights.T / math.sqrt(d)) / math.sqrt(p) for points in (x, fresh))
        y = x @ target + math.sqrt(noise) * rng.standard_normal(n)
        a, constant = with_constant(z, y, ridge)
        test = np.mean((fresh @ target - z_fresh @ a - constant) ** 2)
        found.append((test, np.mean((y - z @ a - constant) ** 2), a @ a / n))
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / math.sqrt(trials)


@pytest.mark.statistical
def test_theory_meets_an_experiment_with_an_intercept():
    sizes, names = {"d": 16, "n": 12, "p": 40}, ("test", "train", "norm")
    model = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.5)
    mean, error = experiment(np.tanh, **sizes, ridge=0.2, noise=0.5, trials=1500, seed=1)
    data = asy.Measurement(
        {**sizes, "ridge": 0.2}, dict(zip(names, mean)), dict(zip(names, error)), convention=OWN
    )
    fair = data.without_intercept(model)
    assert int(fair.parameters["n"]) == 11 and not fair.convention.intercept
    risk = asy.predict(model, fair.regime, ridge=fair.ridge)
    naive = asy.predict(model, data.regime, ridge=data.ridge)
    for name in names:
        best = getattr(fair, name)
        gap = abs(float(best.mean) - float(getattr(risk, name)))
        assert gap < 4 * float(best.standard_error) + 0.02 * float(best.mean), name
    found = float(data.test.mean - naive.test)
    assert abs(found) > 5 * float(data.test.standard_error) and abs(found) / naive.test > 0.04
    assert compare(risk, fair).notes == () and "without_intercept" in compare(naive, data).notes[0]


@pytest.mark.statistical
def test_a_model_that_sees_constants_spends_the_same():
    sizes = {"d": 16, "n": 12, "p": 40}
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.5)
    mean, error = experiment(lambda u: np.maximum(u, 0), **sizes, ridge=0.2, noise=0.5, trials=1500, seed=2)
    data = asy.Measurement({**sizes, "ridge": 0.2}, {"test": mean[0]}, {"test": error[0]}, convention=OWN)
    same = data.without_intercept(model)
    assert int(same.parameters["n"]) == 12 and float(same.test.mean) == float(data.test.mean)
    risk = asy.predict(model, same.regime, ridge=same.ridge)
    assert abs(float(data.test.mean) - risk.test) < 4 * error[0] + 0.02 * risk.test


def test_errors_against_noisy_labels_scale():
    model = asy.RandomFeaturesRidge("erf", {1: 1}, noise="0.5")
    parameters = {"d": 20, "n": 10, "p": 30, "ridge": 0.1}
    means = {"prediction": 1.1, "bias": 0.3, "variance": 0.3, "train": 0.2, "norm": 3.0}
    data = asy.Measurement(parameters, means, convention=OWN).without_intercept(model)
    assert float(data.prediction.mean) == pytest.approx(1.0)
    assert float(data.test.mean) == pytest.approx(0.5)  # without noise: 1.0 - 0.5
    assert float(data.bias.mean + data.variance.mean) == pytest.approx(0.5)
    assert float(data.train.mean) == pytest.approx(0.2 * 10 / 9)
    plain = asy.Measurement(parameters, means)
    assert plain.without_intercept(model) is plain


def test_what_cannot_be_converted_is_said():
    data = asy.Measurement({"d": 20, "n": 10, "p": 30, "ridge": 0.1}, {"test": 0.5}, convention=OWN)
    with pytest.raises(InputError, match="one without a constant"):
        data.without_intercept(asy.RandomFeaturesRidge("erf", {0: 1, 1: 1}))
    with pytest.raises(InputError, match="degrees are needed"):
        data.without_intercept(asy.SpectralRidge([1], [1]))
