"""Inputs with a covariance: levels, features and kernels on them, and errors under another law of the test inputs."""

import math
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.targets import Target
from asymptotics.models.product_levels import counted, shares
from asymptotics.simulation.laws.blocks import BlockInputs
from asymptotics.simulation.laws.laws import SPHERE
from tests.oracles import levels_of_inputs as oracle

HALVES = asy.Inputs.spectrum(["0.4", "1.6"], multiplicities=[1, 1])
SWAPPED = asy.Inputs.spectrum(["1.6", "0.4"], multiplicities=[1, 1])
TANH = asy.RandomFeaturesRidge("tanh(2*x)", target={1: 1}, noise="0.2", inputs=HALVES)
SPIKE_TARGET = {(1, 0): 0.5, (2, 0): 0.5}
SIZES = asy.FiniteSize(d=100, n=400)


def spiked_kernel(strength, kernel="exp(t)", law="sphere"):
    inputs = asy.Inputs.spiked(strength, multiplicities=10, law=law)
    return asy.KernelRidge(kernel, SPIKE_TARGET, noise="0.05", inputs=inputs)


def test_features_on_two_levels_to_all_digits():
    model = TANH
    sizes = asy.Proportional(psi1="6/5", psi2="3/2")
    risk = asy.predict(model, sizes, ridge="0.1", test_inputs=SWAPPED, digits=30)
    for name in ("test", "train", "shifted"):
        assert abs(float(getattr(risk, name)) - oracle.SHIFT[name]) < 6e-15
    line = oracle.SHIFT["error"] + oracle.SHIFT["overlap"] * (oracle.SHIFT["test"] + 0.2)
    assert abs(float(risk.shifted) - line) < 2e-14
    constants = (0.532137468943083, 0.103123765313857)
    s, half = np.array([0.4, 1.6]), np.array([0.5, 0.5])
    found = oracle.layered(s, half, half, constants, 1.2, 1.5, 0.1, 0.2)
    for name, value in found.items():
        assert abs(value / oracle.SHIFT[name] - 1) < 1e-8
    doubles = asy.predict(model, sizes, ridge=0.1, test_inputs=SWAPPED)
    assert abs(doubles.shifted / float(risk.shifted) - 1) < 1e-14
    proved = asy.predict(model, sizes, ridge="0.1", digits=20, certified=True)
    assert proved.test.contains(risk.test)


@pytest.mark.slow
def test_kernels_on_spikes_to_many_digits():
    for strength, known in oracle.SPIKED.items():
        found = asy.predict(spiked_kernel(strength), SIZES, ridge="1e-3", digits=20)
        assert abs(float(found.test) / known - 1) < 4e-16


@pytest.mark.parametrize("strength", oracle.SPIKED)
def test_kernels_on_spikes_by_two_routes(strength):
    known = oracle.SPIKED[strength]
    assert abs(asy.predict(spiked_kernel(strength), SIZES, ridge="1e-3").test / known - 1) < 2e-14
    second = oracle.exponential_kernel(strength, 10, 90, 400, 1e-3, 0.05, SPIKE_TARGET)
    assert abs(second / known - 1) < 1e-11


def test_tangent_kernel_and_features_on_spikes():
    for strength, known in oracle.NETWORK_KERNEL.items():
        model = spiked_kernel(strength, "t*(pi - acos(t))/(2*pi)")
        assert abs(asy.predict(model, SIZES, ridge=1e-3).test - known) < 1e-5
    spikes = asy.Inputs.spiked(16, multiplicities=10)
    model = asy.RandomFeaturesRidge("relu", SPIKE_TARGET, noise="0.05", inputs=spikes)
    found = asy.predict(model, asy.FiniteSize(d=100, n=400, p=300), ridge=1e-3).test
    assert abs(found - oracle.FEATURES_AT_16) < 5e-5


def tangent_network(strength, spikes, activation="relu"):
    inputs = asy.Inputs.spiked(strength, multiplicities=spikes)
    return asy.NeuralTangentRidge(activation, SPIKE_TARGET, noise="0.05", inputs=inputs)


@pytest.mark.parametrize("sizes", oracle.TANGENT)
def test_tangent_features_have_a_block_for_each_level(sizes):
    spikes, d, n, p = sizes
    risk = asy.predict(tangent_network(16, spikes), asy.FiniteSize(d=d, n=n, p=p), ridge=1e-3)
    assert abs(risk.test - oracle.TANGENT[sizes]) < 5e-6
    assert "each level" in risk.made_by["formula"]


@pytest.mark.slow
@pytest.mark.parametrize("sizes", oracle.TANGENT)
def test_tangent_features_by_direct_sums(sizes):
    spikes, d, n, p = sizes
    given = (16, spikes, d - spikes, n, p, 1e-3, 0.05, SPIKE_TARGET)
    risk = asy.predict(tangent_network(16, spikes), asy.FiniteSize(d=d, n=n, p=p), ridge=1e-3)
    assert abs(risk.test / oracle.tangent_blocks(*given) - 1) < 1e-4
    assert abs(oracle.tangent_blocks(*given, together=True) / oracle.ONE_BLOCK[sizes] - 1) < 1e-3


def test_many_neurons_are_the_tangent_kernel():
    wide = asy.predict(tangent_network(4, 10), asy.FiniteSize(d=100, n=400, p=10**7), ridge=1e-3)
    kernel = asy.predict(spiked_kernel(4, "t*(pi - acos(t))/(2*pi)"), SIZES, ridge=1e-3)
    assert abs(wide.test / kernel.test - 1) < 1e-4
    exact = asy.predict(
        tangent_network(4, 10, "x + x**2/2"), asy.FiniteSize(d=100, n=400, p=30), "1e-3", digits=25
    )
    doubles = asy.predict(tangent_network(4, 10, "x + x**2/2"), asy.FiniteSize(d=100, n=400, p=30), 1e-3)
    assert abs(doubles.test / float(exact.test) - 1) < 1e-12
    free = asy.predict(tangent_network(16, 10), asy.FiniteSize(d=100, n=400, p=[10, 30]), ridge=0)
    near = asy.predict(tangent_network(16, 10), asy.FiniteSize(d=100, n=400, p=[10, 30]), ridge=1e-9)
    assert np.allclose(free.test, near.test, rtol=1e-5)


def test_tangent_features_beyond_two_levels_are_refused():
    three = asy.Inputs.spiked([16, 4], multiplicities=[5, 5])
    sizes = asy.FiniteSize(d=100, n=400, p=30)
    with pytest.raises(InputError, match="two levels"):
        asy.predict(asy.NeuralTangentRidge("relu", {1: 1}, inputs=three), sizes, ridge=0.1)
    both = asy.NeuralTangentRidge(
        "relu", {1: 1}, layers="both", inputs=asy.Inputs.spiked(4, multiplicities=10)
    )
    with pytest.raises(InputError, match="tangent features alone"):
        asy.predict(both, sizes, ridge=0.1)
    with pytest.raises(InputError, match="FiniteSize"):
        asy.predict(tangent_network(4, 10), asy.Proportional(1, 2), ridge=0.1)


def test_one_law_is_no_shift_and_ridge_zero():
    model = spiked_kernel(4)
    same = asy.Inputs.spiked(4, multiplicities=10)
    for ridge in (0, 0.1):
        risk = asy.predict(model, SIZES, ridge=ridge, test_inputs=same)
        assert abs(risk.shifted / risk.test - 1) < 1e-12
        assert risk.test == asy.predict(model, SIZES, ridge=ridge).test

    risk = asy.predict(TANH, asy.Proportional(psi1=2, psi2=math.inf), ridge_per_sample=0, test_inputs=SWAPPED)
    assert 0 < risk.shifted != risk.test


def test_equal_variances_are_the_sphere():
    levels = asy.Inputs.spectrum([1, 1], multiplicities=[1, 3], law="sphere")
    for kernel in ("exp(t)", "(1 + t)**3/8"):
        plain = asy.KernelRidge(kernel, {1: 1, 2: 0.5}, noise=0.1)
        model = asy.KernelRidge(kernel, {1: 1}, noise=0.1, inputs=levels)
        sizes = asy.FiniteSize(d=40, n=100)
        sphere = asy.predict(asy.KernelRidge(kernel, {1: 1}, noise=0.1), sizes, ridge=0.1).test
        # Spheres in each level are a sphere but for the lengths of the levels, which are fixed.
        assert abs(asy.predict(model, sizes, ridge=0.1).test / sphere - 1) < 1e-3
        limit = asy.predict(plain, asy.Proportional(psi2=2), ridge=0.1).test
        gaussian = asy.KernelRidge(
            kernel, {1: 1, 2: 0.5}, noise=0.1, inputs=asy.Inputs.isotropic(law="gaussian")
        )
        assert abs(asy.predict(gaussian, asy.Proportional(psi2=2), ridge=0.1).test / limit - 1) < 1e-13


def test_a_larger_test_variance_scales_a_linear_model():
    """A linear kernel learns a linear function: all errors grow with the variance of the test inputs."""
    model = asy.KernelRidge("t", {1: 1}, noise=0.2, inputs=HALVES)
    double = asy.Inputs.spectrum(["0.8", "3.2"], multiplicities=[1, 1])
    for sizes in (asy.Proportional(psi2=2), asy.FiniteSize(d=40, n=80)):
        risk = asy.predict(model, sizes, ridge=0.1, test_inputs=double)
        assert abs(risk.shifted / risk.test - 2) < 1e-13


def test_shares_of_degrees():
    """A zonal polynomial is the sum of products of zonal polynomials of the levels with its shares."""
    weights, sizes, cosines = (0.7, 0.3), (4, 8), np.array([[0.3, -0.5, 1.0], [0.9, 0.2, 1.0]])
    exact = shares([Fraction(7, 10), Fraction(3, 10)], sizes, 12, 6, "sphere")
    doubles = shares(weights, sizes, 12, 6, "sphere")
    for k, part in enumerate(exact):
        assert sum(part.values()) == 1 and min(part.values()) >= 0
        assert all(abs(float(share) - doubles[k].get(multi, 0)) < 1e-15 for multi, share in part.items())
        total = sum(
            float(share) * math.prod(SPHERE.correlation(sizes[b], j, cosines[b]) for b, j in multi)
            for multi, share in part.items()
        )
        assert np.allclose(total, SPHERE.correlation(12, k, np.dot(weights, cosines)), atol=1e-14)
    whole = sum(counted(multi, sizes, "gaussian") for multi in shares(weights, sizes, 12, 3, "gaussian")[3])
    assert whole == math.comb(14, 3)


def test_a_spectrum_under_another_law():
    model = asy.SpectralRidge([2, 1, 0.5], [1, 1, 0.3], multiplicities=[20, 30, 40], noise=0.1, tail=1)
    sizes = asy.FiniteSize(n=60, p=80)
    same = asy.predict(model, sizes, ridge=0.1, test_inputs=asy.Inputs.spectrum([2, 1, 0.5]))
    assert abs(same.shifted / same.test - 1) < 1e-13
    shifted = asy.predict(
        model, sizes, ridge="0.1", test_inputs=asy.Inputs.spectrum([1, 2, 3]), certified=True
    )
    assert shifted.shifted.contains(asy.predict(model, sizes, "0.1", digits=30,
                                                test_inputs=asy.Inputs.spectrum([1, 2, 3])).shifted)  # fmt: skip
    with pytest.raises(InputError, match="one for each level"):
        asy.predict(model, sizes, ridge=0.1, test_inputs=asy.Inputs.spectrum([1, 2]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: asy.Inputs.spectrum([1, -1]), "variances = -1: expected a positive"),
        (lambda: asy.Inputs.spectrum([1, 0]), "variances = 0: expected a positive"),
        (lambda: asy.Inputs.spectrum([1, math.inf]), "variances = inf"),
        (lambda: asy.Inputs.spectrum([[1, 0], [0, 1]]), "a list of numbers"),
        (lambda: asy.Inputs.spectrum([1, 2], multiplicities=[1]), "2, one per variance"),
        (lambda: asy.Inputs.spiked(4, multiplicities=[0.6, 0.6]), "one per spike"),
        (lambda: asy.Inputs.spiked([4, 5], multiplicities=[0.6, 0.6]), "below one"),
        (lambda: asy.Inputs.from_data(np.ones((5, 3))), "vanishing eigenvalue"),
        (lambda: asy.Inputs.from_data(np.ones((3, 5))), "more rows than columns"),
        (lambda: asy.Inputs.isotropic(law="cube"), "'gaussian' or 'sphere'"),
        (lambda: asy.Inputs.spectrum([1, 2, 3]).levels(100), "whole numbers of directions"),
        (lambda: asy.Inputs.power_law(1).levels(math.inf), "a limit in proportion"),
        (lambda: asy.KernelRidge("exp(t)", {1: 1}, inputs="sphere"), "Inputs.isotropic"),
        (lambda: asy.KernelRidge("exp(t)", {1: [1, 2], 2: [1]}), "degree 1 only"),
        (lambda: asy.KernelRidge("exp(t)", {1: 1, (1, 0): 1}), "either as a whole or by parts"),
    ],
)
def test_bad_declarations_name_the_value(make, message):
    with pytest.raises((InputError, ShapeError), match=message):
        make()


def test_bad_questions_name_the_value():
    model = asy.KernelRidge("exp(t)", {1: [1, 2, 3]}, inputs=HALVES)
    with pytest.raises(InputError, match="one entry for each of the 2 levels"):
        asy.predict(model, asy.FiniteSize(d=40, n=80), ridge=0.1)
    good = asy.KernelRidge("exp(t)", {1: 1, 2: 1}, inputs=HALVES)
    with pytest.raises(InputError, match=r"test_inputs.*2 levels"):
        asy.predict(good, SIZES, ridge=0.1, test_inputs=asy.Inputs.spectrum([1, 2], multiplicities=[1, 3]))
    with pytest.raises(InputError, match="degree one here"):
        asy.predict(good, SIZES, ridge=0.1, test_inputs=SWAPPED)
    assert asy.predict(good, asy.Proportional(psi2=2), ridge=0.1, test_inputs=SWAPPED).shifted > 0
    with pytest.raises(InputError, match="Proportional or FiniteSize"):
        asy.predict(good, asy.Polynomial(kappa2=2), ridge=0.1)
    with pytest.raises(InputError, match="test_inputs"):
        asy.predict(good, SIZES, time=1, test_inputs=HALVES)
    with pytest.raises(InputError, match="order"):
        asy.predict(good, SIZES, ridge=0.1, order=1)


def test_questions_of_other_rooms_are_answered_on_these_inputs():
    sizes = asy.FiniteSize(d=40, n=60, p=50)
    best = asy.optimal_ridge(TANH, sizes)
    near = asy.predict(TANH, sizes, ridge=[best.value * x for x in (0.9, 1, 1.1)]).test
    assert near[1] < near[0] and near[1] < near[2]
    flow = asy.predict(TANH, sizes, time=5.0)
    assert 0 < flow.test < 2
    assert (
        abs(
            sum(asy.predict(TANH, sizes, ridge=0.1).parts.values()) / asy.predict(TANH, sizes, ridge=0.1).test
            - 1
        )
        < 1e-10
    )


def test_what_does_not_go_with_another_law_of_the_test_inputs_is_refused():
    sizes = asy.FiniteSize(d=40, n=60, p=50)
    for option in (
        {"labels": "averaged"},
        {"precision": "single"},
        {"ensemble": asy.Ensemble(3, share="none")},
        {"inputs": "gaussian"},
    ):
        with pytest.raises(InputError):
            asy.simulate(TANH, sizes, ridge=0.1, trials=2, test_inputs=SWAPPED, **option)
    with pytest.raises(InputError, match="test_inputs = 'gaussian'"):
        asy.simulate(TANH, sizes, ridge=0.1, trials=2, test_inputs="gaussian")
    plain = asy.simulate(TANH, sizes, ridge=0.1, trials=2, test_samples=100)
    both = asy.simulate(TANH, sizes, ridge=0.1, trials=2, test_samples=100, test_inputs=SWAPPED)
    assert (plain.test.draws == both.test.draws).all() and both.shifted.mean != both.test.mean


def test_spectra_with_many_levels_are_not_trusted_where_degrees_are_not_told_apart():
    model = asy.KernelRidge("exp(t)", {1: 1}, noise=0.1, inputs=asy.Inputs.power_law("0.3"))
    risk = asy.predict(model, asy.FiniteSize(d=60, n=[60, 60000]), ridge=2)
    assert [str(status) for status in risk.status] == ["solved", "untrusted"]


def test_gaussian_inputs_of_very_different_lengths_are_not_trusted():
    """At strength 16 the simulated test error is 0.0904(15) where theory says 0.0810, at strength 4 both are 0.33."""
    asked = [(16, "gaussian", 1e-3), (4, "gaussian", 1), (16, "sphere", 1e-3)]
    found = [asy.predict(spiked_kernel(r, law=law), SIZES, ridge=ridge) for r, law, ridge in asked]
    assert [str(risk.status) for risk in found] == ["untrusted", "solved", "solved"]
    assert "lengths" in found[0].made_by["caution"]
    spikes = asy.Inputs.spiked(16, 10, law="gaussian")
    shifted = asy.predict(spiked_kernel(16, law="gaussian"), SIZES, 1e-3, test_inputs=spikes)
    assert str(shifted.status) == "untrusted"


def test_overlaps_are_the_shares_that_the_effective_ridge_leaves():
    model, sizes = asy.KernelRidge("exp(t)", {1: 1, 2: 0.5}, noise=0.05), asy.FiniteSize(d=100, n=400)
    risk, found = asy.predict(model, sizes, ridge=0.1), asy.overlaps(model, sizes, 0.1)
    for k, count in ((1, 100), (2, 5049)):
        level = model.expand(100, 2).powers[k] / count
        assert abs(found[k] - level / (level + risk.effective_ridge)) < 1e-12
    strengths = [
        asy.overlaps(tangent_network(r, 10), asy.FiniteSize(d=100, n=400, p=30), 1e-3) for r in (1, 16)
    ]
    assert strengths[0][2, 0] < 0.05 and 0.5 < strengths[1][2, 0] < strengths[1][1, 0] < 1
    with pytest.raises(InputError, match="positive numbers"):
        asy.overlaps(model, sizes, 0)
    with pytest.raises(InputError, match="target by degrees"):
        asy.overlaps(asy.SpectralRidge([1], [1]), asy.FiniteSize(n=3), 0.1)


@pytest.mark.parametrize("law", ["sphere", "gaussian"])
def test_inputs_of_the_experiment_have_their_levels(law):
    inputs = asy.Inputs.spiked(4, multiplicities=10, law=law)
    block = BlockInputs(inputs, Target({(1, 0): 0.5, (0, 1): 0.25, (2, 0): 0.25}))
    generator = np.random.default_rng(0)
    points = block.sample(20000, 40, generator)
    assert abs(np.mean(points**2) - 1) < 0.01
    assert abs(np.mean(points[:, :10] ** 2) / np.mean(points[:, 10:] ** 2) - 4) < 0.1
    drawn = block.draw(20000, 40, generator).label({1: 0.75, 2: 0.25}, generator)
    assert abs(np.mean(drawn.values**2) - 1) < 0.05


ROWS = {
    "features": (TANH, asy.FiniteSize(d=200, n=300, p=240), SWAPPED),
    "spikes": (spiked_kernel(4), SIZES, asy.Inputs.spiked(8, multiplicities=10)),
    "gaussian spikes": (spiked_kernel(4, law="gaussian"), SIZES, None),
    "spectrum": (
        asy.SpectralRidge([2, 1, 0.5], [1, 1, 0.3], multiplicities=[20, 30, 40], noise=0.1, tail=1),
        asy.FiniteSize(n=60, p=80),
        asy.Inputs.spectrum([1, 2, 3]),
    ),
    "tangent features": (tangent_network(16, 10), asy.FiniteSize(d=100, n=400, p=30), None),
    "tangent kernel": (spiked_kernel(16, "t*(pi - acos(t))/(2*pi)"), SIZES, None),
}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_against_simulation(row):
    """Each observable within three standard errors and 2 %: 1.4 % false alarms in five observables at a time."""
    model, sizes, tested = ROWS[row]
    risk = asy.predict(model, sizes, ridge=0.1 if row == "features" else 1e-3, test_inputs=tested)
    ridge = 0.1 if row == "features" else 1e-3
    estimate = asy.simulate(model, sizes, ridge=ridge, trials=40, seed=5, test_inputs=tested)
    for name in ("test", "train", *(("shifted",) if tested is not None else ())):
        statistic, theory = getattr(estimate, name), getattr(risk, name)
        allowance = 0.05 if row == "gaussian spikes" else 0.02
        assert abs(statistic.mean - theory) < 3 * statistic.standard_error + allowance * theory, name


def test_a_spike_of_one_direction_on_a_sphere_has_no_degree_two():
    """Its square is a constant: a target there is refused, where a division by zero was raised."""
    spike = {law: asy.Inputs.spiked(8, multiplicities=1, law=law) for law in ("sphere", "gaussian")}
    models = {
        law: asy.RandomFeaturesRidge("tanh", {1: 1, 2: 0.5}, noise=0.1, inputs=inputs)
        for law, inputs in spike.items()
    }
    sizes = asy.FiniteSize(d=30, n=20, p=40)
    with pytest.raises(InputError, match="one direction"):
        asy.predict(models["sphere"], sizes, ridge=0.1)
    assert asy.predict(models["gaussian"], sizes, ridge=0.1).test > 0
    linear = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.1, inputs=spike["sphere"])
    assert asy.predict(linear, sizes, ridge=0.1).test > 0
