"""Two-layer networks that are trained: gradients, their linearization, what they learn beyond it."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.simulation.learning.trained_networks import _Network


def test_a_step_is_the_gradient():
    """Of half the squared loss in both layers, by differences."""
    rng = np.random.default_rng(0)
    network = _Network.drawn("tanh(x)", 4, 6, 2.0, True, False, rng)
    points, labels, tiny = rng.standard_normal((5, 4)), rng.standard_normal(5), 1e-6

    def loss(first, second):
        other = _Network(network.activation, network.slope, first, second, 2.0, True)
        return 0.5 * np.sum((labels - other(points)) ** 2)

    first, second = network.first, network.second
    step = np.zeros_like(first)
    step[2, 1] = tiny
    slopes = [(loss(first + step, second) - loss(first - step, second)) / (2 * tiny)]
    bump = np.zeros(6)
    bump[3] = tiny
    slopes.append((loss(first, second + bump) - loss(first, second - bump)) / (2 * tiny))
    network.step(points, labels, 1e-3)
    moved = [(network.first - first)[2, 1], (network.second - second)[3]]
    assert moved == pytest.approx([-1e-3 / 4 * slope for slope in slopes], rel=1e-6)


def test_the_output_scale_makes_training_lazy():
    """At output scale 1, 10, 100 the distance from the linearization falls at least like one over the scale."""
    paths = [
        asy.train_network(
            "tanh(x)", {1: 1.0, 2: 0.3}, d=15, n=60, p=40, noise=0.1, scale=scale, steps=150, seed=1
        )
        for scale in (1.0, 10.0, 100.0)
    ]
    near, lazy, laziest = (path.distance[-1] for path in paths)
    assert near > 0.02 and lazy < near / 10 and laziest < lazy / 10
    assert paths[2].test[-1] == pytest.approx(paths[2].linear_test[-1], rel=1e-3)
    assert paths[0].distance[0] == 0 and set(paths[0].overlaps) == {1, 2}
    assert paths[0].train[-1] < paths[0].train[0] and "distance" in str(paths[0])


def test_the_linearization_is_the_one_of_theory():
    """Trained for long it has the least norm, as without ridge; pairs of neurons count as one."""
    model = asy.NeuralTangentRidge("relu", {1: 1}, "0.2", layers="both")
    risk = asy.predict(model, asy.FiniteSize(d=20, n=30, p=60), 1e-8)
    common = {"d": 20, "n": 30, "p": 120, "noise": 0.2, "steps": 800, "scale": 100.0}
    tests = [
        asy.train_network("relu", {1: 1.0}, **common, seed=k, checkpoints=3).linear_test[-1] for k in range(6)
    ]
    assert abs(np.mean(tests) - risk.test) < 3 * np.std(tests) / np.sqrt(5) + 0.05 * risk.test


def test_scalings_and_refusals():
    common = {"d": 8, "n": 20, "p": 16, "steps": 20, "seed": 2}
    plain = asy.train_network("relu", {1: 1}, scale=0.25, **common)
    field = asy.train_network("relu", {1: 1}, scale=1.0, scaling="mean-field", **common)
    assert plain.test == pytest.approx(field.test)
    first = asy.train_network("relu", lambda x: x[:, 0], layers="first", **common)
    assert first.test[-1] < first.test[0] and not first.overlaps
    for options, message in (
        ({"layers": "second"}, "layers"),
        ({"p": 15}, "even"),
        ({"step_size": 1e3, "scale": 0.1}, "diverges"),
    ):
        with pytest.raises(asy.InputError, match=message), np.errstate(all="ignore"):
            asy.train_network("x**3", {1: 1}, **{**common, "steps": 200, **options})


@pytest.mark.slow
def test_a_direction_of_degree_two_is_learned_by_a_few_neurons():
    """And not by the linearization of as many: (x_1^2 - 1)/sqrt(2), ten quadratic neurons in twenty dimensions."""
    path = asy.train_network(
        "x**2/2", lambda x: (x[:, 0] ** 2 - 1) / np.sqrt(2), d=20, n=600, p=10, start="random", steps=1500,
        step_size=1e-3, seed=1,
    )  # fmt: skip
    assert path.test[-1] < 0.12 < 0.2 < path.linear_test[-1]
