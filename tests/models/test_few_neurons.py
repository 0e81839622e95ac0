"""Tangent features of a few neurons: checkpoints, the law of slopes, simulation of the network."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.activations import Activation
from asymptotics.models.few_neurons import FewNeurons, slopes_law
from asymptotics.models.network_problems import TangentFeatures
from asymptotics.models.regimes import RealSize
from asymptotics.solvers.solution import Status


def relu(target=None, **options):
    return asy.NeuralTangentRidge("relu", target or {1: 1, 3: "0.3"}, "0.2", **options)


@pytest.mark.parametrize(
    ("p", "psi", "test", "train"),
    [(3, 2, 1.09902112273382, 0.224604745318749), (20, 1.5, 0.767019838198475, 0.0154908972641784)],
)
def test_values(p, psi, test, train):
    """Two routes elsewhere, 15 digits: binomial law of the slopes of relu, ridge 0.05."""
    sizes = asy.FiniteSize(d=100, n=int(100 * psi), p=p)
    risk = asy.predict(relu(), sizes, 0.05)
    assert risk.test == pytest.approx(test, rel=1e-13) and risk.train == pytest.approx(train, rel=1e-13)
    assert "few neurons" in risk.made_by["formula"]
    assert asy.predict(relu(), sizes, "0.05", digits=13).test == pytest.approx(test, rel=1e-12)


@pytest.mark.parametrize("text", ["heaviside(x)", "sign(x)", "heaviside(x - 1/2) + heaviside(-x - 1)"])
def test_laws_of_two_values_are_exact(text):
    """Moments of sums over neurons, against those of one neuron by quadrature."""
    slope, p = Activation.from_formula(text), 4
    mean, variance, weights = slopes_law(slope, p)
    places = np.linspace(-9, 9, 2_000_001) + 1e-7
    density = np.exp(-(places**2) / 2) / math.sqrt(2 * math.pi) * (places[1] - places[0])
    first, second = ((density @ slope(places) ** k) for k in (1, 2))
    assert len(mean) == p + 1 and weights.sum() == pytest.approx(1, rel=1e-12)
    assert weights @ mean == pytest.approx(first, abs=2e-5)
    assert weights @ mean**2 == pytest.approx(second / p + (1 - 1 / p) * first**2, abs=2e-5)
    assert weights @ variance == pytest.approx((1 - 1 / p) * (second - first**2), abs=2e-5)


def test_other_laws_fill_the_space():
    slope, p = Activation.from_formula("exp(x/2)/2"), 6
    mean, variance, weights = slopes_law(slope, p)
    first, second = math.exp(1 / 8) / 2, math.exp(1 / 2) / 4
    assert weights @ mean == pytest.approx(first, rel=1e-10)
    assert weights @ variance == pytest.approx((1 - 1 / p) * (second - first**2), rel=1e-10)


def test_many_neurons_are_blocks():
    """As neurons grow both formulas meet, like one over their number."""
    gaps = []
    for p in (10, 20, 40):
        sizes = RealSize(d=400, n=600)
        few = asy.predict(FewNeurons(relu(), p), sizes, 0.05).test
        blocks = asy.predict(TangentFeatures(relu()), RealSize(d=400, n=600, p=400 * p), 0.05).test
        gaps.append(few / blocks - 1)
    assert abs(gaps[2]) < 0.02 and abs(gaps[2]) < 0.6 * abs(gaps[1]) < 0.4 * abs(gaps[0])


def test_samples_that_no_neuron_sees_are_not_interpolated():
    risk = asy.predict(relu({1: 1}), asy.FiniteSize(d=60, n=[30, 60, 90], p=3), 0)
    assert risk.train == pytest.approx([1.2 / 8] * 3, rel=1e-9)
    assert asy.predict(relu({1: 1}), asy.FiniteSize(d=60, n=90, p=3), 1e-10).train == pytest.approx(
        0.15, rel=1e-6
    )


def test_kernel_weights_and_their_ridge():
    sizes = asy.FiniteSize(d=60, n=90, p=5)
    one, four = asy.predict(relu(), sizes, 0.1), asy.predict(relu(kernel_weights=(1, 4)), sizes, 0.4)
    assert four.test == pytest.approx(one.test, rel=1e-12) and four.norm == pytest.approx(
        one.norm / 4, rel=1e-12
    )


@pytest.mark.parametrize(
    ("options", "sizes", "few", "status"),
    [
        ({}, (100, 150, 20), True, Status.SOLVED),
        ({}, (100, 150, 31), False, Status.SOLVED),
        ({}, (100, 500, 20), False, Status.SOLVED),
        ({"layers": "both"}, (100, 150, 20), False, Status.SOLVED),
        ({"activation": "he3(x)"}, (100, 150, 20), True, Status.SOLVED),
        ({"activation": "he3(x)"}, (100, 500, 20), False, Status.UNTRUSTED),
        ({"activation": "he3(x)", "layers": "both"}, (100, 150, 20), False, Status.UNTRUSTED),
    ],
)
def test_where_it_answers(options, sizes, few, status):
    d, n, p = sizes
    options = {"activation": "relu", **options}
    risk = asy.predict(asy.NeuralTangentRidge(target={1: 1}, **options), asy.FiniteSize(d=d, n=n, p=p), 0.1)
    assert ("few neurons" in risk.made_by["formula"]) == few and risk.status == status


CASES = [
    ("relu", {1: 1, 3: 0.3}, (150, 300, 3)), ("exp(x/2)", {1: 1, 2: 0.3}, (100, 150, 20)),
    ("tanh(x)", {1: 1}, (100, 200, 5)),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "target", "sizes"), CASES)
def test_the_network_simulated(activation, target, sizes):
    """Within three standard errors and three percent, training errors too, where blocks are 8 to 70 percent off."""
    d, n, p = sizes
    model, regime = asy.NeuralTangentRidge(activation, target, "0.2"), asy.FiniteSize(d=d, n=n, p=p)
    found, risk = asy.simulate(model, regime, 0.05, trials=24, seed=4), asy.predict(model, regime, 0.05)
    for name in ("test", "train"):
        one, value = getattr(found, name), getattr(risk, name)
        assert abs(one.mean - value) < 3 * one.standard_error + 0.03 * value
    blocks = asy.predict(TangentFeatures(model), RealSize(d=d, n=n, p=p * d), 0.05)
    assert abs(blocks.train - found.train.mean) > 0.05 * found.train.mean


@pytest.mark.parametrize("asked", [{}, {"digits": 3}])
def test_what_the_equations_do_not_have_is_not_a_number(asked):
    """Few neurons have no effective ridge and no degrees of freedom; many have both."""
    network = asy.NeuralTangentRidge("relu", target={1: 1}, noise=0.1)
    few = asy.predict(network, asy.FiniteSize(d=100, n=150, p=2), ridge=0.1, **asked)
    assert few.test > 0 and math.isnan(few.effective_ridge) and math.isnan(few.degrees_of_freedom)
    many = asy.predict(network, asy.FiniteSize(d=100, n=150, p=80), ridge=0.1)
    assert many.effective_ridge > 0 and 0 < many.degrees_of_freedom < 150
