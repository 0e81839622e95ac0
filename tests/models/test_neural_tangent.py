"""Linearized networks as blocks: published and independently computed values, limits, refusals."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.models.gaussian_squares import gaussian_squares
from asymptotics.models.network_levels import DoublesOfLists

LINEAR = asy.Proportional(psi1=2, psi2=3)
TARGET = {1: 1, 2: "0.3"}


def network(activation="relu", target=None, noise="0.2", **options):
    return asy.NeuralTangentRidge(activation, TARGET if target is None else target, noise, **options)


@pytest.mark.parametrize(
    ("options", "test", "train", "norm"),
    [
        ({"layers": "both", "kernel_weights": (1, "0.7")},
         "0.24896174822517743312", "0.011872491487721526826", "1.5852322901357181569"),
        ({}, "0.20273289491195903386", "0.010178107730112034522", "1.717262784983064549"),
        ({"layers": "both", "kernel_weights": (1, "0.7"), "output": "random"},
         "0.30444665363975777398", "0.012887565286806318859", "1.8266631661461474246"),
    ],
)  # fmt: skip
def test_proportional_values(options, test, train, norm):
    """relu, linear target, noise 0.4, ridge 0.05, found with implicit and with numerical derivatives to 24 digits."""
    model = network(target={1: 1}, noise="0.4", **options)
    risk = asy.predict(model, LINEAR, "0.05")
    known = {"test": test, "train": train, "norm": norm}
    for name, value in known.items():
        assert getattr(risk, name) == pytest.approx(float(value), rel=1e-13)
    many = asy.predict(model, LINEAR, "0.05", digits=18)
    assert all(abs(float(getattr(many, name)) - float(value)) < 1e-16 * 4 for name, value in known.items())
    assert "independent features" in risk.made_by["formula"]


VALUES = [
    ("relu", {}, (100, 150, 120), 0.05, (0.72653, 0.01268, 2.1616)),
    ("relu", {"layers": "both"}, (100, 150, 120), 0.05, (0.77418, 0.00792, 1.5845)),
    ("relu", {"layers": "both"}, (100, 300, 40), 0.02, (0.60735, 0.00259, 2.0818)),
    ("exp(x/2)", {"layers": "both"}, (100, 150, 120), 0.05, (0.74943, 0.02344, 1.9956)),
    ("exp(x/2)", {"layers": "both"}, (100, 300, 40), 0.02, (0.55723, 0.01242, 3.318)),
    ("relu", {"layers": "both", "output": "random"}, (100, 150, 120), 0.05, (0.86537, None, None)),
    ("relu", {"output": "random"}, (100, 150, 120), 0.05, (0.99537, None, None)),
    ("relu", {"layers": "both", "kernel_weights": (1, "0.2"), "target": {0: "0.5", 1: 1, 2: "0.3"}},
     (100, 120, 120), 1e-3, (1.1572, None, 5.813)),
]  # fmt: skip


@pytest.mark.parametrize(("activation", "options", "sizes", "ridge", "values"), VALUES)
def test_finite_size_values(activation, options, sizes, ridge, values):
    """Solved elsewhere with levels up to degree 12, to the digits printed there."""
    d, n, p = sizes
    risk = asy.predict(network(activation, **options), asy.FiniteSize(d=d, n=n, p=p), ridge)
    for name, value in zip(("test", "train", "norm"), values, strict=True):
        if value is not None:
            assert getattr(risk, name) == pytest.approx(value, rel=6e-4)


def test_gaussian_second_layer_costs_more():
    """A second layer of signs is the better network: .9423 against 1.2459, computed elsewhere (ridge .01)."""
    models = [
        network(target={1: "0.5", 2: 1}, noise="0.1", second_layer=law) for law in ("signs", "gaussian")
    ]
    signs, gaussian = (
        asy.predict(model, asy.FiniteSize(d=40, n=800, p=[40, 10**6]), 0.01).test for model in models
    )
    assert signs[0] == pytest.approx(0.9423, rel=1e-2) and gaussian[0] == pytest.approx(1.2459, rel=4e-4)
    assert gaussian[1] == pytest.approx(signs[1], rel=1e-3)


def test_the_law_of_squares_is_integrated_to_rounding():
    """E w/(1 + x w) for the square of a normal variable, in terms of the error function."""
    w, weight = map(np.array, gaussian_squares(DoublesOfLists()))
    for x in (0.5, 1.0, 1e4):
        inverse = 1 / (2 * x)
        exact = (1 - math.sqrt(math.pi * inverse) * math.exp(inverse) * math.erfc(math.sqrt(inverse))) / x
        assert weight @ (w / (1 + x * w)) == pytest.approx(exact, rel=1e-13)
    assert weight @ w**2 == pytest.approx(3, rel=1e-13)


def test_first_layer_is_random_features_of_which_there_are_pd():
    model, sizes = network(), asy.FiniteSize(d=30, n=90, p=[35, 60])
    plain = asy.predict(model, sizes, 0.1)
    weighted = asy.predict(network(kernel_weights=(1, 4)), sizes, 0.4)
    assert weighted.test == pytest.approx(plain.test, rel=1e-12)
    both = asy.predict(network(layers="both", kernel_weights=("1e-9", 1)), sizes, 0.1)
    assert both.test == pytest.approx(plain.test, rel=1e-7)
    tangentless = asy.predict(network(layers="both", kernel_weights=(1, "1e-9")), sizes, 0.1)
    features = asy.RandomFeaturesRidge("relu", TARGET, "0.2")
    assert tangentless.test == pytest.approx(asy.predict(features, sizes, 0.1).test, rel=1e-6)


def test_infinitely_many_neurons_are_kernel_ridge_regression():
    """For relu the tangent kernel of the first layer is t (1/2 - acos(t)/(2 pi))."""
    sizes = asy.FiniteSize(d=30, n=90)
    kernel = asy.KernelRidge("t*(1/2 - acos(t)/(2*pi))", TARGET, "0.2")
    wide = asy.predict(network(), sizes, 0.1)
    assert wide.test == pytest.approx(asy.predict(kernel, sizes, 0.1).test, rel=1e-10)
    both = asy.predict(network(layers="both"), asy.FiniteSize(d=30, n=90, p=[math.inf, 10**9]), 0.1)
    assert both.test[0] == pytest.approx(both.test[1], rel=1e-6)


def test_proportional_is_the_limit_of_finite_sizes():
    for options in (
        {},
        {"layers": "both"},
        {"layers": "both", "output": "random"},
        {"second_layer": "gaussian"},
    ):
        model = network(target={1: 1}, **options)
        limit = asy.predict(model, LINEAR, 0.1).test
        gaps = [
            asy.predict(model, asy.FiniteSize(d=d, n=3 * d, p=2 * d), 0.1).test - limit for d in (1000, 2000)
        ]
        assert abs(gaps[1]) < 0.01 and gaps[0] / gaps[1] == pytest.approx(2, abs=0.2)


def test_a_constant_target_is_learned_as_slowly_as_a_linear_one():
    """Tangent features have a small eigenvalue in degree zero; random ones a large one."""
    alone = asy.predict(network(target={0: 1}, noise=0), asy.Proportional(1, 2), 0.1).test
    both = asy.predict(network(target={0: 1}, noise=0, layers="both"), asy.Proportional(1, 2), 0.1).test
    large = asy.predict(network(target={0: 1}, noise=0), asy.FiniteSize(d=4000, n=8000, p=4000), 0.1).test
    assert both == 0 and 0.2 < alone < 1 and large == pytest.approx(alone, rel=2e-3)


def test_ridge_zero_and_infinitely_many_samples():
    for options in ({}, {"layers": "both"}, {"second_layer": "gaussian"}):
        model = network(**options)
        sizes = asy.FiniteSize(d=30, n=100, p=[2, 50])
        zero, small = (asy.predict(model, sizes, ridge).test for ridge in (0, 1e-12))
        # Neurons with almost no second layer make eigenvalues that are small against any ridge.
        assert zero == pytest.approx(small, rel=1e-4 if options else 1e-7)
        endless = asy.predict(model, asy.FiniteSize(d=30, n=math.inf, p=50), ridge_per_sample=1e-4)
        many = asy.predict(model, asy.FiniteSize(d=30, n=10**9, p=50), ridge_per_sample=1e-4)
        assert endless.test == pytest.approx(many.test, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "second"}, "layers"),
        ({"second_layer": "uniform"}, "second_layer"),
        ({"output": "one"}, "output"),
        ({"kernel_weights": (1,)}, "kernel_weights"),
        ({"kernel_weights": (1, 0)}, "positive"),
        ({"kernel_weights": (0, 1), "layers": "both"}, "positive"),
        ({"activation": "sign"}, "jumps"),
        ({"activation": "exp(x**2)"}, "square"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(asy.InputError, match=message):
        asy.predict(network(**options), LINEAR, 0.1)


def test_what_is_beside_it_is_not():
    for options in (
        {"kernel_weights": (0, 1)},
        {"activation": "abs"},
        {"kernel_weights": [1, 2], "layers": "both"},
    ):
        assert asy.predict(network(**options), LINEAR, 0.1).test > 0
    with pytest.raises(asy.InputError, match="one size of features"):
        asy.optimal_features(network(), asy.FiniteSize(d=30, n=100, p=50), ridge=0.1)
    with pytest.raises(asy.InputError, match="FiniteSize"):
        asy.predict(network(layers="both"), asy.Polynomial(1, 1), 0.1)


def test_learners_that_models_share():
    """What is trained in time, and the best ridge, are asked of the equations that answer."""
    model, sizes = network(), asy.FiniteSize(d=30, n=90, p=40)
    best = asy.optimal_ridge(model, sizes)
    risk = asy.predict(model, sizes, best.value)
    assert risk.test <= min(asy.predict(model, sizes, best.value * f).test for f in (0.8, 1.25))
    few = asy.FiniteSize(d=30, n=90, p=10)
    best = asy.optimal_ridge(model, few)
    assert best.risk.test <= asy.predict(model, few, 1.25 * best.value).test
    flow = asy.predict(model, sizes, time=[0, 1e7])
    assert flow.test[0] == pytest.approx(1.3) and flow.test[1] == pytest.approx(
        asy.predict(model, sizes, 0).test, rel=1e-3
    )
