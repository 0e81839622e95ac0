"""Simulation of linearized networks: the same as with explicit features, and paired with theory."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.learning.networks import LinearizedNetwork

TARGET = {1: 1, 2: "0.3"}


def explicit(neurons, points):
    """All features of a draw, as columns."""
    d, p = points.shape[1], len(neurons.first)
    projections = points @ neurons.first.T / np.sqrt(d)
    random, tangent = neurons.kernel_weights
    slopes = neurons.slope(projections) * neurons.second
    columns = (slopes[:, :, None] * points[:, None, :]).reshape(len(points), -1)
    parts = [np.sqrt(tangent / (p * d)) * columns]
    return np.hstack([*parts, np.sqrt(random / p) * neurons.activation(projections)] if random else parts)


@pytest.mark.parametrize("weights", [(0.0, 1.0), (0.5, 2.0)])
@pytest.mark.parametrize("n", [12, 60])
def test_predictions_are_those_of_explicit_features(weights, n):
    """For n above and below the number of features, at ridges and at none."""
    d, p = 6, 5
    learner = LinearizedNetwork(np.tanh, lambda x: 1 - np.tanh(x) ** 2, weights, gaussian=True)
    rng = np.random.default_rng(1)
    points, fresh = SPHERE.sample(n, d, rng), SPHERE.sample(7, d, rng)
    fit = learner.draw(points, SPHERE, p, np.random.default_rng(2), None)
    neurons = learner.neurons(d, p, SPHERE, np.random.default_rng(2))
    Z, F, labels = explicit(neurons, points), explicit(neurons, fresh), rng.standard_normal(n)
    assert np.allclose(fit.design, Z @ Z.T)
    for ridge in (0.1, 0.0):
        (found,) = fit.problem().solve_path(labels[:, None], [ridge])
        wanted = np.linalg.lstsq(Z.T @ Z + ridge * np.eye(Z.shape[1]), Z.T @ labels, rcond=1e-12)[0]
        assert np.allclose(fit.fresh_design(fresh, rng) @ found[:, 0], F @ wanted, atol=1e-8)
        assert fit.squared_norms(found.T)[0] == pytest.approx(wanted @ wanted, rel=1e-7)


def test_a_random_start_is_the_function_of_the_network():
    """Trained with a large ridge, the error is that of the start: its power adds to that of the target."""
    power = asy.expand("relu", 20, 0).total
    model = asy.NeuralTangentRidge("relu", {1: 1}, layers="both", output="random")
    zero = asy.NeuralTangentRidge("relu", {1: 1}, layers="both")
    sizes = asy.FiniteSize(d=20, n=30, p=40)
    for one, wanted in ((model, 1 + power), (zero, 1)):
        found = asy.simulate(one, sizes, 1e9, trials=40, seed=3)
        assert abs(found.test.mean - wanted) < 5 * found.test.standard_error + 1e-12
        assert abs(asy.predict(one, sizes, 1e9).test - wanted) < 1e-6


CASES = [
    ("relu", {}, (60, 90, 70), 0.05),
    ("relu", {"layers": "both"}, (60, 90, 70), 0.02),
    ("relu", {"layers": "both", "output": "random"}, (60, 90, 70), 0.05),
    ("relu", {"second_layer": "gaussian", "output": "random"}, (60, 150, 50), 0.05),
    (
        "exp(x/2)",
        {"layers": "both", "kernel_weights": (2, "0.5"), "second_layer": "gaussian"},
        (60, 90, 70),
        0.1,
    ),
]


@pytest.mark.parametrize(("activation", "options", "sizes", "ridge"), CASES)
def test_theory_and_simulation(activation, options, sizes, ridge):
    """Within three standard errors and three percent: false alarms in less than one seed of a hundred."""
    model = asy.NeuralTangentRidge(activation, TARGET, "0.2", **options)
    d, n, p = sizes
    regime = asy.FiniteSize(d=d, n=n, p=p)
    found, risk = asy.simulate(model, regime, ridge, trials=40, seed=5), asy.predict(model, regime, ridge)
    for name, allowed in (("test", 0.03), ("train", 0.08), ("norm", 0.05)):
        one = getattr(found, name)
        assert abs(one.mean - getattr(risk, name)) < 3 * one.standard_error + allowed * getattr(risk, name)


def test_what_does_not_apply_is_refused():
    model, sizes = asy.NeuralTangentRidge("relu", {1: 1}), asy.FiniteSize(d=9, n=9, p=9)
    with pytest.raises(asy.InputError, match="ensemble"):
        asy.simulate(model, sizes, 0.1, ensemble=3, trials=2)
    with pytest.raises(asy.InputError, match="surrogate_degree"):
        asy.simulate(model, sizes, 0.1, surrogate_degree=2, trials=2)
    with pytest.raises(asy.InputError, match="exact"):
        asy.simulate(model, sizes, 0.1, test_error="exact", trials=2)
    assert asy.simulate(model, sizes, 0.1, test_error="sampled", trials=2).trials == 2
