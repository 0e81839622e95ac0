"""Gradient flow of trained networks: the limit of small steps, its own accuracy, the linearization in time."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.simulation.learning.gradient_flow import integrate, linear_flow

SMALL = {"d": 6, "n": 20, "p": 12, "noise": 0.1, "seed": 1, "test_samples": 300}
TARGET = {1: 1.0, 2: 0.3}


def test_an_integrator_of_stated_accuracy():
    """A pendulum, whose energy is kept; what a coarser run differs by is more than the error."""
    flow = integrate(lambda y: np.array([y[1], -np.sin(y[0])]), np.array([1.0, 0.0]), [0.0, 1.0, 20.0], 1e-10)
    energy = flow.states[:, 1] ** 2 / 2 - np.cos(flow.states[:, 0])
    assert np.allclose(energy, -math.cos(1.0), atol=1e-8) and list(flow.steps) == sorted(flow.steps)
    exact = integrate(lambda y: -(y**3), np.ones(1), [0.0, 4.0], 1e-6)
    error = abs(exact.states[1, 0] - 1 / 3)  # y = (1 + 2t)^(-1/2)
    assert error < 1e-5 and error < 2 * abs(exact.states[1, 0] - exact.coarse[1, 0]) + 1e-12


def test_the_flow_of_a_linear_model():
    """In closed form as integrated; a kernel of rank one, whose other samples are never learned."""
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((7, 3)), rng.standard_normal(4)
    kernel = features @ features[:4].T
    closed = linear_flow(kernel, labels, [0.0, 0.3, 30.0])

    def rate(w):
        return features[:4].T @ (labels - features[:4] @ w)

    found = integrate(rate, np.zeros(3), [0.0, 0.3, 30.0], 1e-11).states @ features.T
    assert np.allclose(closed, found, atol=1e-7)


def test_small_steps_approach_the_flow():
    """Half the step of gradient descent, half the distance, to five percent; the loss falls all along."""
    flow = asy.train_network("tanh", TARGET, time=1.0, tolerance=1e-9, **SMALL)
    assert flow.accuracy.max() < 1e-6 and np.all(np.diff(flow.train) < 0) and flow.step_size == 0
    off = []
    for steps in (200, 400):
        path = asy.train_network("tanh", TARGET, steps=steps, step_size=1.0 / steps, checkpoints=3, **SMALL)
        assert path.times[-1] == pytest.approx(flow.times[-1])
        off.append(path.train[-1] - flow.train[-1])
    assert 0 < abs(off[1]) < 0.01 and off[0] / off[1] == pytest.approx(2, rel=0.05)


def test_what_the_accuracy_says_holds():
    """At a coarse tolerance the distance from a fine path is below what is reported, of kinks too."""
    for activation, best in (("tanh", 1e-8), ("relu", 2e-4)):
        coarse = asy.train_network(activation, TARGET, time=1.0, tolerance=5e-3, checkpoints=3, **SMALL)
        fine = asy.train_network(activation, TARGET, time=1.0, tolerance=best, checkpoints=3, **SMALL)
        change = abs(math.sqrt(coarse.test[-1]) - math.sqrt(fine.test[-1]))
        assert change < 2 * coarse.accuracy[-1] * math.sqrt(TARGET[1] + TARGET[2])
        assert fine.accuracy[-1] < coarse.accuracy[-1]


def test_lazy_flow_is_its_linearization():
    """At output scale 1, 10, 100 the distance falls at least like one over the scale."""
    paths = [
        asy.train_network("tanh", TARGET, time=4.0, scale=scale, **SMALL) for scale in (1.0, 10.0, 100.0)
    ]
    far, near, lazy = (path.distance[-1] for path in paths)
    assert max(path.accuracy.max() for path in paths) < 1e-3
    assert far > 0.02 and near < far / 10 and lazy < near / 10


@pytest.mark.slow
def test_lazy_flow_is_the_theory_of_training_time():
    """Twelve networks of pairs of neurons, at two times: within three standard errors and three percent."""
    common = {"d": 30, "n": 60, "p": 120, "noise": 0.1, "scale": 200.0, "checkpoints": 3}
    paths = [asy.train_network("tanh", TARGET, time=8.0, seed=k, **common) for k in range(12)]
    model = asy.NeuralTangentRidge("tanh", {1: 1, 2: "0.3"}, "0.1", layers="both")
    for k in (1, 2):
        tests = np.array([path.test[k] for path in paths])
        risk = asy.predict(model, asy.FiniteSize(d=30, n=60, p=60), time=float(paths[0].times[k]))
        assert abs(tests.mean() - risk.test) < 3 * tests.std(ddof=1) / math.sqrt(12) + 0.03 * risk.test


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time": -1.0}, "time"),
        ({"time": math.inf}, "time"),
        ({"time": 1.0, "step_size": 0.1}, "gradient flow has none"),
        ({"time": 1.0, "tolerance": 1.0}, "tolerance"),
    ],
)
def test_what_is_refused(options, words):
    with pytest.raises(asy.InputError, match=words):
        asy.train_network("tanh", TARGET, **{**SMALL, **options})
