"""Polynomial scaling: limits derived at the exponents asked for, against published digits and finite sizes."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status

EVERY_DEGREE = asy.Activation.from_coefficients(powers={0: 1, 1: 1, 2: "0.25"}, tail="0.33")
CHECKED = asy.RandomFeaturesRidge(EVERY_DEGREE, target={1: 1, 2: "0.7", 3: "0.7"}, noise="0.3")
EXPONENTIAL = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.3, 3: 0.2}, noise=0.1)


@pytest.mark.parametrize(
    ("kappa", "theta2", "published"),
    [
        (2, 1.5, 2.314491287539384),
        (Fraction(3, 2), 2, 2.6744944807168),
        (Fraction(3, 2), Fraction(2, 3), 2.8886244881777),
    ],
)
def test_published_digits(kappa, theta2, published):
    risk = asy.predict(CHECKED, asy.Polynomial(kappa, kappa, 1, theta2), ridge=0.05)
    assert risk.test == pytest.approx(published, rel=1e-12)


def test_proportional_is_the_first_critical_line():
    grid = np.geomspace(0.1, 10, 9)
    polynomial = asy.predict(EXPONENTIAL, asy.Polynomial(1, 1, grid, 3), ridge=0.01)
    proportional = asy.predict(EXPONENTIAL, asy.Proportional(grid, 3), ridge=0.01)
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature"):
        np.testing.assert_allclose(getattr(polynomial, name), getattr(proportional, name), rtol=1e-13)


def test_wide_networks_are_kernel_ridge_regression():
    wide = asy.predict(EXPONENTIAL, asy.Polynomial(3, 2, 1, 1.3), ridge=0.01)
    kernel = asy.predict(EXPONENTIAL, asy.Polynomial(math.inf, 2, theta2=1.3), ridge=0.01)
    assert wide.test == pytest.approx(kernel.test, rel=1e-14)
    assert wide.norm_per_feature == kernel.norm_per_feature == 0


def test_many_samples_are_the_approximation_error():
    limit = asy.predict(EXPONENTIAL, asy.Polynomial(2, math.inf, 0.8), ridge=0)
    also = asy.predict(EXPONENTIAL, asy.Polynomial(2, 3, 0.8), ridge=0.5)
    assert limit.test == also.test
    assert limit.variance == 0
    assert limit.train == pytest.approx(limit.test + 0.1, rel=1e-14)


@pytest.mark.parametrize("kappa1", ["1/2", "5/2"])
@pytest.mark.parametrize("kappa2", ["3/4", "7/4"])
def test_between_the_lines_whole_degrees_are_learned(kappa1, kappa2):
    risk = asy.predict(EXPONENTIAL, asy.Polynomial(kappa1, kappa2), ridge=0.01)
    learned = math.floor(min(Fraction(kappa1), Fraction(kappa2)))
    assert risk.test == pytest.approx(float(EXPONENTIAL.target.above(learned)), rel=1e-14)
    assert risk.variance == 0


def test_degrees_the_activation_cannot_see_are_never_learned():
    """ReLU has no degree 3: its power stays in the error, and acts as noise where features match samples."""
    model = asy.RandomFeaturesRidge("relu", target={1: 0.5, 3: 0.2}, noise=0.1)
    assert asy.predict(model, asy.Polynomial("9/2", "7/2"), ridge=0.1).test == pytest.approx(0.2)
    critical = asy.predict(model, asy.Polynomial("7/2", "7/2"), ridge=0.01)
    assert critical.bias > 0.2
    assert asy.predict(model, asy.Polynomial(3, 3), ridge=0.01).test == pytest.approx(
        critical.test, rel=1e-12
    )


def test_polynomial_activations_learn_everything_they_can():
    model = asy.RandomFeaturesRidge("he2", target={1: 1, 2: 1}, noise=0.1)
    for kappa in ((3, 4), (3, 3), ("5/2", "7/2")):
        risk = asy.predict(model, asy.Polynomial(*kappa), ridge=0)
        assert (risk.test, risk.variance) == (pytest.approx(1.0), 0)


def test_ridgeless_limits_diverge_only_at_the_threshold():
    theta = np.array([0.5, 1.0, 2.0])
    for kappa in (2, "3/2"):
        risk = asy.predict(EXPONENTIAL, asy.Polynomial(kappa, kappa, theta, 1), ridge=0)
        assert np.isinf(risk.test).tolist() == [False, True, False]
        assert risk.status[1] == Status.DIVERGES


def test_close_to_a_critical_line_the_limit_says_so():
    risk = asy.predict(EXPONENTIAL, asy.Polynomial("199/100", 3), ridge=0.1)
    assert risk.status == Status.SLOW_LIMIT
    assert "FiniteSize" in Status.SLOW_LIMIT.advice


def test_random_points_of_the_quadrant_are_approached_by_finite_sizes():
    """From d = 1e4 to 1e8 the gap falls by the power of d that the balance predicts, or faster."""
    generator = random.Random(7)
    for _ in range(4):
        kappas = [Fraction(generator.choice([1, 2, 3, 5, 6]), 2), Fraction(generator.choice([2, 3, 4, 5]), 2)]
        theta = [generator.uniform(0.3, 3), generator.uniform(0.3, 3)]
        regime = asy.Polynomial(*kappas, *theta)
        gap = np.abs(asy.finite_size_gap(EXPONENTIAL, regime, ridge=0.1, d=[10**4, 10**8]).relative())
        assert gap[1] < gap[0] * 10 ** (-4 * 0.4), (kappas, theta, gap)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((math.inf, math.inf), "kappa1"),
        ((0, 1), "kappa1"),
        (("a", 1), "kappa1"),
        ((1, 1.0000001), "kappa2"),
        ((1, 1, -1), "theta1"),
        ((1, 1, 1, math.inf), "theta2"),
    ],
)
def test_bad_exponents(arguments, names):
    with pytest.raises(InputError, match=names):
        asy.Polynomial(*arguments)


def test_the_ridge_is_of_order_one():
    with pytest.raises(InputError, match="order one"):
        asy.predict(EXPONENTIAL, asy.Polynomial(2, 2), ridge_per_sample=0.1)


def test_gap_needs_a_limit():
    with pytest.raises(InputError, match="regime"):
        asy.finite_size_gap(EXPONENTIAL, asy.FiniteSize(10, 20, 30), ridge=1, d=10)


def test_staircase_tends_to_its_steps():
    risk = asy.staircase(EXPONENTIAL, [0.5, 1.5, 2.5], d=[10**3, 10**6], ridge="1e-8")
    steps = [1.0, 0.5, 0.2]
    assert risk.shape == (2, 3)
    assert np.all(np.abs(risk.test[1] - steps) < np.abs(risk.test[0] - steps))
    assert risk.parameters["kappa"][0].tolist() == [0.5, 1.5, 2.5]
    features = asy.staircase(EXPONENTIAL, [0.5, 1.5], d=10**6, ridge=0, along="features")
    np.testing.assert_allclose(features.test[0], steps[:2], atol=0.02)


def test_tangent_features_learn_one_degree_more_per_neuron():
    """Ghorbani, Mei, Misiakiewicz, Montanari (2021): d^l neurons learn degree l + 1, features only degree l."""
    network = asy.KernelRidge("ntk-relu", target={1: 0.5, 2: 0.3, 4: 0.2})
    risk = asy.staircase(network, [0.5, 1.5], d=[10**4, 10**6], ridge=0, along="neurons")
    left = [0.5, 0.2]
    assert np.all(np.abs(risk.test[1] - left) < np.abs(risk.test[0] - left))
    np.testing.assert_allclose(risk.test[1], left, atol=0.02)
    with pytest.raises(InputError, match="neurons"):
        asy.staircase(EXPONENTIAL, [0.5], d=100, along="neurons")


def test_a_growing_ridge_moves_the_cells():
    """With lam ~ d^(1/2) and n ~ d^(5/4) the ridge, not the tail, decides: degree one is still learned."""
    plain, heavy = asy.atlas(3, "5/4"), asy.atlas(3, "5/4", ridge="1/2")
    assert plain.learned == (0, 1) and heavy.learned == (0,)
    assert plain.system.digest != heavy.system.digest
