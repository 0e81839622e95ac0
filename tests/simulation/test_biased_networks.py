"""Linearized networks with random biases: simulated through kernels as with explicit features, and predicted."""

import math
import warnings

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.models.feature_groups import read_biases
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.learning.networks import LinearizedNetwork

TARGET = {1: 1, 2: "0.3"}
SIZES = asy.FiniteSize(d=60, n=120, p=80)


def network(activation="relu", biases="normal(0, 1)", **options):
    return asy.NeuralTangentRidge(activation, TARGET, "0.2", biases=biases, **options)


@pytest.mark.parametrize("weights", [(0.0, 1.0), (0.5, 2.0)])
def test_kernels_are_those_of_explicit_slopes(weights):
    """Slopes of the network in every parameter, by differences: weights, biases over their deviation, second layer."""
    d, p, law = 5, 4, read_biases("uniform(-1, 2)")
    learner = LinearizedNetwork(np.tanh, lambda x: 1 - np.tanh(x) ** 2, weights, gaussian=True, biases=law)
    rng = np.random.default_rng(1)
    points = SPHERE.sample(9, d, rng)
    fit = learner.draw(points, SPHERE, p, np.random.default_rng(2), None)
    one = learner.neurons(d, p, SPHERE, np.random.default_rng(2))
    start = np.concatenate([one.first.ravel(), one.biases / math.sqrt(3 / 4), one.second])

    def output(parameters):
        first, rest = parameters[: p * d].reshape(p, d), parameters[p * d :]
        inside = points @ first.T / math.sqrt(d) + math.sqrt(3 / 4) * rest[:p]
        return np.tanh(inside) @ rest[p:] / math.sqrt(p)

    step = 1e-6 * np.eye(len(start))
    Z = np.array([(output(start + h) - output(start - h)) / 2e-6 for h in step]).T
    scale = np.repeat([weights[1], weights[1], weights[0]], [p * d, p, p])
    assert law.variance == 3 / 4
    assert np.allclose(fit.design, (Z * scale) @ Z.T, atol=1e-8)


@pytest.mark.slow
def test_no_bias_is_a_bias_of_no_width():
    """A law as narrow as nothing is the network without biases, simulated; predicted up to its degree two."""
    plain, few = asy.NeuralTangentRidge("relu", TARGET, "0.2"), asy.FiniteSize(d=10, n=20, p=12)
    narrow = network(biases="normal(0, 1e-9)")
    errors = [asy.simulate(model, few, 0.05, trials=3, seed=1).test.mean for model in (narrow, plain)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-5)
    near, exact = (asy.predict(model, SIZES, 0.05).test for model in (narrow, plain))
    assert near == pytest.approx(exact, rel=0.02)


CASES = [
    ("relu", "normal(0, 1)", {}, (60, 120, 80)),
    ("relu", "uniform(-1, 1)", {"layers": "both"}, (60, 120, 80)),
    ("tanh", "normal(0.5, 0.7)", {"layers": "both"}, (60, 100, 90)),
    ("relu", "normal(0, 1)", {"second_layer": "gaussian", "kernel_weights": (1, "0.5")}, (60, 100, 100)),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "biases", "options", "sizes"), CASES)
def test_theory_and_simulation(activation, biases, options, sizes):
    """Within three standard errors and three percent: false alarms in less than one seed of a hundred."""
    model = network(activation, biases, **options)
    d, n, p = sizes
    regime = asy.FiniteSize(d=d, n=n, p=p)
    found, risk = asy.simulate(model, regime, 0.05, trials=60, seed=5), asy.predict(model, regime, 0.05)
    assert risk.status == asy.Status.SOLVED
    for name, allowed in (("test", 0.03), ("train", 0.1), ("norm", 0.05)):
        one = getattr(found, name)
        assert abs(one.mean - getattr(risk, name)) < 3 * one.standard_error + allowed * getattr(risk, name)


def test_a_bias_counts():
    """What is measured with biases is what theory says of them, and not what it says without."""
    model, plain = network(biases="normal(0, 4)"), asy.NeuralTangentRidge("relu", TARGET, "0.2")
    found = asy.simulate(model, SIZES, 0.05, trials=12, seed=5).test
    with_biases, without = (asy.predict(m, SIZES, 0.05).test for m in (model, plain))
    assert abs(found.mean - with_biases) < 4 * found.standard_error + 0.03 * with_biases
    assert abs(found.mean - without) > 4 * found.standard_error + 0.03 * without


@pytest.mark.parametrize(
    ("options", "regime", "words"),
    [
        ({}, asy.Proportional(psi1=2, psi2=3), "FiniteSize"),
        ({"output": "random"}, SIZES, "simulate"),
        ({"output": "random", "layers": "both"}, SIZES, "simulate"),
    ],
)
def test_what_is_refused(options, regime, words):
    with pytest.raises(asy.InputError, match=words):
        asy.predict(network(**options), regime, 0.05)


def test_what_is_beside_it_is_not():
    """A simulation of a random start, in single numbers; what is asked of degrees is refused by name."""
    sizes = asy.FiniteSize(d=10, n=20, p=10)
    assert math.isfinite(asy.simulate(network(output="random"), sizes, 0.1, trials=2, seed=1).test.mean)
    with pytest.raises(asy.InputError, match="biases"):
        network().expand(10, 2)
    with pytest.raises(asy.InputError, match="biases"):
        network(biases="cauchy(0, 1)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few = asy.predict(network(), asy.FiniteSize(d=60, n=120, p=10), 0.05)
    assert few.status == asy.Status.UNTRUSTED
