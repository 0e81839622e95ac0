"""``predict`` against published digits, published rational functions, and the published finite-size equations."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError
from asymptotics.models.components import NAMES as COMPONENTS
from tests.oracles import checkpoints, finite_size, proportional

MU_STAR = proportional.relu_mu_star_squared()
UNIT = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
EXACT = {"rel": 1e-12, "abs": 0}


def close(value):
    return pytest.approx(value, **EXACT)


@pytest.mark.parametrize("row", checkpoints.MEI_MONTANARI + checkpoints.MORE_ROWS, ids=str)
def test_published_rows(row):
    psi1, psi2, lam_bar, *rest = row
    bias, variance = rest[1:3] if len(rest) > 2 else rest
    risk = asy.predict(UNIT, asy.Proportional(psi1, psi2), ridge=lam_bar * MU_STAR * psi2)
    assert (risk.bias, risk.variance) == (close(bias), close(variance))
    assert risk.test == close(bias + variance)
    assert risk.status == asy.Status.SOLVED
    if len(rest) > 2:
        assert risk.effective_ridge == close(rest[4])  # d nu2


@pytest.mark.parametrize(("psi1", "psi2", "bias", "variance"), checkpoints.RIDGELESS)
def test_ridgeless_on_both_sides(psi1, psi2, bias, variance):
    risk = asy.predict(UNIT, asy.Proportional(psi1, psi2), ridge=0)
    assert (risk.bias, risk.variance) == (close(bias), close(variance))
    assert risk.status == asy.Status.LIMIT
    assert (risk.train == 0) == (psi1 > psi2)


@pytest.mark.parametrize(
    ("psi", "lam_bar", "bias", "variance", "bias_population"), checkpoints.WIDE_AND_LARGE_SAMPLE
)
def test_infinitely_many_features_or_samples(psi, lam_bar, bias, variance, bias_population):
    wide = asy.predict(UNIT, asy.Proportional(math.inf, psi), ridge=lam_bar * MU_STAR * psi)
    assert (wide.bias, wide.variance) == (close(bias), close(variance))
    population = asy.predict(UNIT, asy.Proportional(psi, math.inf), ridge_per_sample=lam_bar * MU_STAR)
    assert (population.bias, population.variance) == (close(bias_population), 0)


def test_train_and_norm():
    model, ridge = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2"), 0.3 * MU_STAR
    risk = asy.predict(model, asy.Proportional(2, 3), ridge=ridge)
    expected = checkpoints.TRAIN_AND_NORM
    assert (risk.test, risk.train) == (close(expected["test"]), close(expected["train"]))
    # For a mean loss with ridge psi1 lam |a|^2, features without 1/sqrt(p): psi1 |a|^2 is psi2 times ours per sample.
    assert risk.norm == close(expected["norm"] / 3)
    assert risk.norm_per_feature == close(expected["norm"] / 2)
    assert risk.train + ridge * risk.norm == close(expected["objective"])
    assert risk.prediction == close(expected["test"] + 0.5)


@pytest.fixture(scope="module")
def random_points():
    """1000 points over six orders of magnitude of the ridge and three of sizes and of zeta^2."""
    generator = np.random.default_rng(20231)
    sizes = 10 ** generator.uniform(-1.5, 1.5, (2, 1000))
    return [*sizes, 10 ** generator.uniform(-4, 2, 1000), 10 ** generator.uniform(-1.5, 1.5, 1000)]


def test_published_rational_functions_at_random_points(random_points):
    """Bias and variance from E0, E1, E2 at the published fixed point, to 1e-10; target and noise random too."""
    psi1, psi2, lam_bar, zeta2 = random_points
    powers = np.random.default_rng(7).uniform(0, 2, (3, 1000))
    for i in range(1000):
        activation = asy.Activation.from_coefficients({0: 0.3, 1: zeta2[i]}, tail=1)
        model = asy.RandomFeaturesRidge(activation, {1: powers[0, i], 3: powers[1, i]}, noise=powers[2, i])
        risk = asy.predict(model, asy.Proportional(psi1[i], psi2[i]), ridge=lam_bar[i] * psi2[i])
        expected = proportional.risk(psi1[i], psi2[i], zeta2[i], lam_bar[i], *powers[:, i])
        assert risk.bias == pytest.approx(expected.bias, rel=1e-10)
        assert risk.variance == pytest.approx(expected.variance, rel=1e-10)


def rectified(x):
    return max(x, finite_size.CONTEXT.zero)


def cube(x):
    return x**3 / 2 - x


FINITE = [
    # activation, the same in mpmath, kinks, target, noise, d, n, p, ridge
    ("relu", rectified, (0,), {1: 1, 2: 0.5, 3: 0.25}, 0.3, 12, 90, 60, 0.01),
    ("relu", rectified, (0,), {0: 1, 1: 1}, 0.1, 30, 40, 400, 1e-4),
    ("abs", abs, (0,), {1: 0.5, 2: 1}, 0, 10, 70, 70, 0.1),
    ("x**3/2 - x", cube, (), {1: 1, 3: 1}, 0.2, 9, 150, 120, 1e-3),
    ("tanh", finite_size.CONTEXT.tanh, (), {1: 1, 3: 0.3, 4: 0.1}, 0.2, 20, 25, 30, 5.0),
    ("heaviside(x) - 1/2", lambda x: finite_size.CONTEXT.sign(x) / 2, (0,), {1: 1}, 0.5, 8, 2000, 500, 1e-2),
]


@pytest.mark.parametrize("case", FINITE, ids=[case[0] for case in FINITE])
def test_published_finite_size_equations(case):
    activation, function, kinks, target, noise, d, n, p, ridge = case
    expected = finite_size.equivalent(
        *finite_size.gegenbauer_powers(function, d, 34, kinks), target, noise, d, n, p, ridge
    )
    risk = asy.predict(
        asy.RandomFeaturesRidge(activation, target, noise), asy.FiniteSize(d, n, p), ridge=ridge
    )
    for name in ("test", "bias", "variance", "train", "norm"):
        # 34 degrees leave a tail whose eigenvalues are small, not zero: n/B(8, 35) = 4e-5 of a 1e-2 power.
        tolerance = 1e-6 if activation.startswith("heaviside") else 1e-11
        assert getattr(risk, name) == pytest.approx(getattr(expected, name), rel=tolerance, abs=1e-300), name


def test_finite_sizes_converge_to_the_limit_like_one_over_d():
    model = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/4"}, noise="0.1")
    limit = asy.predict(model, asy.Proportional(2, 3), ridge="0.01")
    d = 10 ** np.arange(2, 7)
    finite = asy.predict(model, asy.FiniteSize(d, 3 * d, 2 * d), ridge="0.01")
    for name in COMPONENTS:
        gaps = np.abs(getattr(finite, name) / getattr(limit, name) - 1)
        assert gaps[0] < 0.2
        assert gaps[:-1] / gaps[1:] == pytest.approx(10, rel=0.1), name


@pytest.mark.parametrize("target", [{0: 1}, {0: 1, 1: 1}, {2: 1}, {1: 1, 3: 1}])
@pytest.mark.parametrize("activation", ["tanh", "relu", "abs", "he2"])
def test_every_degree_of_the_target_survives_the_limit(activation, target):
    """Constants, degrees that are never learned, activations without a linear part: the limit is approached."""
    model = asy.RandomFeaturesRidge(activation, target, noise="0.1")
    limit = asy.predict(model, asy.Proportional(2, 3), ridge="0.1")
    finite = asy.predict(model, asy.FiniteSize(10**5, 3 * 10**5, 2 * 10**5), ridge="0.1")
    for name in COMPONENTS:
        assert getattr(finite, name) == pytest.approx(getattr(limit, name), rel=1e-3, abs=1e-4), name


def test_limits_of_infinite_sizes_are_approached():
    model = asy.RandomFeaturesRidge("erf", target={1: 1}, noise="0.2")
    for regime, far in [
        (asy.Proportional(math.inf, 3), asy.Proportional(1e7, 3)),
        (asy.FiniteSize(20, 60), asy.FiniteSize(20, 60, 10**8)),
    ]:
        near, limit = (asy.predict(model, r, ridge=0.1) for r in (far, regime))
        for name in ("test", "train", "norm"):
            assert getattr(near, name) == pytest.approx(getattr(limit, name), rel=1e-5), name
    for regime, far in [
        (asy.Proportional(2, math.inf), asy.Proportional(2, 1e7)),
        (asy.FiniteSize(20, math.inf, 40), asy.FiniteSize(20, 10**9, 40)),
    ]:
        near, limit = (asy.predict(model, r, ridge_per_sample=0.1) for r in (far, regime))
        for name in ("test", "train", "norm_per_feature"):
            assert getattr(near, name) == pytest.approx(getattr(limit, name), rel=1e-5), name
    assert limit.variance == 0


@pytest.mark.parametrize("regime", [asy.Proportional(2, 2), asy.FiniteSize(30, 60, 60)])
def test_ridgeless_risk_diverges_where_features_equal_samples(regime):
    risk = asy.predict(UNIT, regime, ridge=0)
    assert (risk.test, risk.bias, risk.variance, risk.norm) == (math.inf,) * 4
    assert risk.train == 0
    assert risk.status == asy.Status.DIVERGES


def test_divergence_is_approached_like_the_root_of_the_ridge():
    risk = asy.predict(UNIT, asy.Proportional(3, 3), ridge=10.0 ** np.arange(-6, -15, -2))
    assert risk.test[1:] / risk.test[:-1] == pytest.approx(10, rel=0.01)


def test_numbers_beyond_double_precision_are_flagged():
    """Never an unflagged NaN: on grids a status, at a single point an error with advice."""
    ridge = 10.0 ** np.array([100, 150, 200, 300])
    risk = asy.predict(UNIT, asy.Proportional(1, 2), ridge=ridge)
    flagged = risk.status == asy.Status.OUT_OF_RANGE
    assert flagged[-1] and not flagged[0]
    assert np.array_equal(np.isnan(risk.test), flagged)
    with pytest.raises(asy.SolverError, match=r"range of double precision.*digits="):
        asy.predict(UNIT, asy.Proportional(1, 2), ridge=1e300)
    assert asy.predict(UNIT, asy.Proportional(1, 2), ridge=1e300, digits=15).test == pytest.approx(1)


def test_scalar_in_scalar_out_and_broadcasting():
    point = asy.predict(UNIT, asy.Proportional(2, 3), ridge=0.1)
    assert all(type(getattr(point, name)) is float for name in COMPONENTS)
    grid = asy.predict(
        UNIT, asy.Proportional(np.array([[1.0], [2.0]]), [2.0, 3.0, math.inf]), ridge_per_sample=0.1 / 3
    )
    assert grid.shape == grid.parameters["psi1"].shape == grid.status.shape == (2, 3)
    assert grid.test[1, 1] == pytest.approx(point.test, rel=1e-14)
    assert grid.variance[0, 2] == 0
    empty = asy.predict(UNIT, asy.Proportional(np.array([]), 3), ridge=0.1)
    assert empty.shape == (0,)


def test_values_do_not_depend_on_their_neighbours():
    """A point alone and the same point in a grid, across block borders, agree to the last digits."""
    psi1 = np.geomspace(0.1, 10, 20001)
    grid = asy.predict(UNIT, asy.Proportional(psi1, 3), ridge=1e-3)
    for i in (0, 8191, 8192, 20000):
        alone = asy.predict(UNIT, asy.Proportional(psi1[i], 3), ridge=1e-3)
        assert grid.test[i] == pytest.approx(alone.test, rel=1e-13)


@pytest.mark.parametrize("two", [2, 2.0, "2", "2.0", Fraction(2), "4/2", np.float64(2), np.int64(2)])
def test_ways_to_write_a_number(two):
    expected = asy.predict(UNIT, asy.Proportional(2, 3), ridge=0.2)
    assert asy.predict(UNIT, asy.Proportional(two, 3), ridge="1/5") == expected
    assert asy.predict(UNIT, asy.FiniteSize(30, 40, two), ridge=1).parameters["p"] == 2


sizes = st.floats(1e-3, 1e3)
ridges = st.floats(1e-8, 1e4)


@given(sizes, sizes, ridges)
def test_invariants(psi1, psi2, ridge):
    """Identities and bounds that hold for every parameter."""
    model = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.3)
    risk = asy.predict(model, asy.Proportional(psi1, psi2), ridge=ridge)
    assert risk.test == pytest.approx(risk.bias + risk.variance)
    assert risk.norm_per_feature * psi1 == pytest.approx(risk.norm * psi2)
    # The zero predictor is feasible, and costs the power of the labels.
    assert risk.train + ridge * risk.norm <= 1.8 * (1 + 1e-12)
    # Generalized cross-validation: training error = (1 - T/n)^2 (test + noise).
    leverage = 1 - risk.degrees_of_freedom / psi2
    if leverage > 1e-3:
        assert risk.train == pytest.approx(leverage**2 * risk.prediction, rel=1e-8)
    assert risk.degrees_of_freedom < min(psi1, psi2)
    assert risk.status in (asy.Status.SOLVED, asy.Status.ILL_CONDITIONED)


@given(sizes, sizes, ridges)
def test_training_error_increases_and_norm_decreases_with_the_ridge(psi1, psi2, ridge):
    risk = asy.predict(UNIT, asy.Proportional(psi1, psi2), ridge=[ridge, 1.1 * ridge])
    assert risk.train[0] <= risk.train[1] * (1 + 1e-10)
    assert risk.norm[0] >= risk.norm[1] * (1 - 1e-10)


BAD = [
    ("psi1", lambda: asy.Proportional(-1, 2)),
    ("psi2", lambda: asy.Proportional(1, 0)),
    ("psi1", lambda: asy.Proportional(math.nan, 2)),
    ("psi1", lambda: asy.Proportional([1.0, math.nan], 2)),
    ("psi1", lambda: asy.Proportional("two", 2)),
    ("psi1", lambda: asy.Proportional(None, 2)),
    ("psi1", lambda: asy.Proportional([[1, 2], [3]], 2)),
    ("psi1", lambda: asy.Proportional(np.array(["a"]), 2)),
    ("d", lambda: asy.FiniteSize(-3, 10, 10)),
    ("d", lambda: asy.FiniteSize(math.inf, 10, 10)),
    ("n", lambda: asy.FiniteSize(30, 10.5, 10)),
    ("n", lambda: asy.FiniteSize(30, 0, 10)),
    ("p", lambda: asy.FiniteSize(30, 10, [5, -5])),
    ("activation", lambda: asy.RandomFeaturesRidge("rellu", {1: 1})),
    ("activation", lambda: asy.RandomFeaturesRidge("x.real", {1: 1})),
    ("activation", lambda: asy.RandomFeaturesRidge("__import__('os').system('true')", {1: 1})),
    (
        "activation",
        lambda: asy.predict(asy.RandomFeaturesRidge("1/x", {1: 1}), asy.Proportional(1, 2), ridge=1),
    ),
    ("activation", lambda: asy.RandomFeaturesRidge(3, {1: 1})),
    ("target", lambda: asy.RandomFeaturesRidge("relu", 1)),
    ("target", lambda: asy.RandomFeaturesRidge("relu", "1:1")),
    ("target", lambda: asy.RandomFeaturesRidge("relu", {-1: 1})),
    ("target", lambda: asy.RandomFeaturesRidge("relu", {1.5: 1})),
    ("target[1]", lambda: asy.RandomFeaturesRidge("relu", {1: -1})),
    ("target[1]", lambda: asy.RandomFeaturesRidge("relu", {1: math.inf})),
    ("noise", lambda: asy.RandomFeaturesRidge("relu", {1: 1}, noise=-0.1)),
    ("noise", lambda: asy.RandomFeaturesRidge("relu", {1: 1}, noise=math.nan)),
    ("ridge", lambda: asy.predict(UNIT, asy.Proportional(1, 2), ridge=[0.1, math.inf])),
    ("ridge", lambda: asy.predict(UNIT, asy.Proportional(1, 2))),
    ("ridge", lambda: asy.predict(UNIT, asy.Proportional(1, 2), ridge=1, ridge_per_sample=1)),
    ("ridge", lambda: asy.predict(UNIT, asy.Proportional(1, math.inf), ridge=1)),
    ("regime", lambda: asy.predict(UNIT, (1, 2), ridge=1)),
    ("model", lambda: asy.predict("relu", asy.Proportional(1, 2), ridge=1)),
    ("psi2", lambda: asy.predict(UNIT, asy.Proportional(math.inf, math.inf), ridge=0)),
]


@pytest.mark.parametrize(("name", "call"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_named_in_one_line(name, call):
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name} = ") and "expected" in message
    assert "\n" not in message and len(message) < 300


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ShapeError, match=r"psi1: \(2,\), psi2: \(3,\)"):
        asy.Proportional([1, 2], [1, 2, 3])
    with pytest.raises(ShapeError, match=r"ridge: \(2,\)"):
        asy.predict(UNIT, asy.Proportional([1, 2, 3], 2), ridge=[1, 2])


@pytest.mark.slow
def test_a_million_points_in_bounded_memory():
    """Blocks bound the working memory: beyond inputs and outputs, 14 columns of 8 MB, a few dozen MB."""
    import tracemalloc

    generator = np.random.default_rng(0)
    psi1, psi2 = 10 ** generator.uniform(-4, 4, (2, 10**6))
    ridge = 10 ** generator.uniform(-12, 6, 10**6)
    tracemalloc.start()
    risk = asy.predict(UNIT, asy.Proportional(psi1, psi2), ridge=ridge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500e6
    assert np.isfinite(risk.test).all()
    assert set(np.unique(risk.status)) <= {asy.Status.SOLVED, asy.Status.ILL_CONDITIONED}
