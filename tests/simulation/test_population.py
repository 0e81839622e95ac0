import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import eval_gegenbauer

from asymptotics.errors import InputError
from asymptotics.simulation import simulate
from asymptotics.simulation.laws.laws import GAUSSIAN, HYPERCUBE, SPHERE
from asymptotics.simulation.laws.population import PopulationSeries, expand, shorten
from asymptotics.simulation.laws.sampling import LabelledLaw, sample_target
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.laws.zonal_quadrature import expand_by_quadrature
from asymptotics.simulation.learning.experiment import (
    Experiment,
    Task,
    run_replicate,
    sampled_errors,
)
from asymptotics.simulation.learning.fits import Fit, features
from asymptotics.simulation.learning.learners import KernelRegression, RandomFeatures, SurrogateFeatures
from asymptotics.simulation.learning.nesting import Member


def relu(x):
    return np.maximum(x, 0.0)


def hinge(x):
    return np.maximum(x, 0.3)


def hermite_powers_of_relu(degrees):
    """Known closed form: mu_0^2 = 1/(2 pi), mu_1^2 = 1/4, mu_k^2 = ((k-3)!!)^2 / (2 pi k!) for even k."""
    double = [1.0] * (degrees + 3)
    for k in range(2, degrees + 3):
        double[k] = double[k - 2] * k
    even = [double[max(k - 3, 0)] ** 2 / (2 * math.pi * math.factorial(k)) for k in range(degrees + 1)]
    return [0.25 if k == 1 else value * (k % 2 == 0) for k, value in enumerate(even)]


def test_hermite_coefficients_of_relu():
    coefficients, total = GAUSSIAN.expand(relu, 10, 12)
    assert coefficients**2 == pytest.approx(hermite_powers_of_relu(12), abs=1e-13)
    assert total == pytest.approx(0.5, rel=1e-13)
    assert coefficients[1] > 0 and coefficients[4] < 0


@given(d=st.integers(2, 400), degree=st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_a_zonal_polynomial_is_its_own_expansion(d, degree):
    alpha = (d - 2) / 2

    def activation(u):
        if d == 2:
            return np.cos(degree * np.arccos(np.clip(u / math.sqrt(2), -1, 1)))
        return eval_gegenbauer(degree, alpha, u / math.sqrt(d)) / eval_gegenbauer(degree, alpha, 1.0)

    coefficients, total = SPHERE.expand(activation, d, 8)
    count = SPHERE.multiplicity(d, degree)
    expected = np.zeros(9)
    expected[degree] = 1 / math.sqrt(count)
    assert coefficients * math.sqrt(count) == pytest.approx(expected * math.sqrt(count), abs=1e-8)
    assert total * count == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("activation", [relu, np.sign, hinge, np.tanh, np.exp])
@pytest.mark.parametrize("d", [3, 17, 1000])
def test_powers_approach_the_total(activation, d):
    coefficients, total = SPHERE.expand(activation, d, 60)
    partial = np.cumsum(coefficients**2)
    assert (np.diff(partial) >= 0).all() and partial[-1] <= total * (1 + 1e-12)
    assert partial[-1] > 0.8 * total


def test_zonal_sum_matches_gegenbauer_polynomials():
    t = np.linspace(-1, 1, 7)
    powers = [0.5, 0.0, 2.0, -1.0, 0.25]
    expected = sum(
        c * eval_gegenbauer(k, 3.0, t) / eval_gegenbauer(k, 3.0, 1.0) for k, c in enumerate(powers)
    )
    assert SPHERE.zonal_sum(8, powers, t) == pytest.approx(expected, abs=1e-14)
    expected = sum(c * t**k for k, c in enumerate(powers))
    assert GAUSSIAN.zonal_sum(8, powers, t) == pytest.approx(expected, abs=1e-14)
    assert SPHERE.zonal_sum(8, [3.0], t).tolist() == [3.0] * 7


@pytest.mark.parametrize(("d", "degrees"), [(3, 40), (5, 4), (12, 30), (100, 13), (2000, 64)])
@pytest.mark.parametrize("step", [1, 2])
def test_long_zonal_sums_keep_their_digits(d, degrees, step):
    """Whether they are summed as polynomials or by the recurrence, with all degrees, even or odd ones."""
    t = np.linspace(-1, 1, 301)
    zonal = [eval_gegenbauer(k, d / 2 - 1, t) / eval_gegenbauer(k, d / 2 - 1, 1.0) for k in range(degrees)]
    for first in range(step):
        coefficients = [(-0.9) ** k * ((k - first) % step == 0) for k in range(degrees)]
        expected = np.asarray(coefficients) @ np.array(zonal)
        assert SPHERE.zonal_sum(d, coefficients, t) == pytest.approx(expected, abs=3e-13)


@pytest.mark.parametrize("law", [SPHERE, GAUSSIAN])
def test_kernels_of_sign_and_relu_have_their_closed_forms(law):
    """Arc-sine and arc-cosine kernels, the same for every rotation-invariant law with E|x|^2 = d."""
    t = np.array([-0.6, -0.1, 0.0, 0.45, 0.6])
    arcsine = 2 / math.pi * np.arcsin(t)
    assert expand(np.sign, law, 24).kernel(t) == pytest.approx(arcsine, abs=1e-10)
    arccosine = (np.sqrt(1 - t**2) + (math.pi - np.arccos(t)) * t) / (2 * math.pi)
    assert expand(relu, law, 24).kernel(t) == pytest.approx(arccosine, abs=1e-10)


@pytest.mark.parametrize("law", [SPHERE, GAUSSIAN])
def test_blocks_of_the_gram_matrix_do_not_matter(law, monkeypatch):
    weights = SPHERE.sample(50, 9, np.random.default_rng(0))
    series = PopulationSeries(law, 9, (0.1, -0.7, 0.3, 0.2), 1.0)
    whole = series.apply_gram(weights, np.eye(50))
    monkeypatch.setattr("asymptotics.simulation.laws.population.BLOCK_ELEMENTS", 170)
    assert series.apply_gram(weights, np.eye(50)) == pytest.approx(whole, abs=1e-15)
    assert np.diag(whole) == pytest.approx(np.ones(50))
    assert np.linalg.eigvalsh(whole).min() > 0


def test_truncation_keeps_the_degrees_it_needs():
    short = shorten(expand(relu, SPHERE, 60), p=100)
    long = shorten(expand(relu, SPHERE, 60), p=5000)
    assert 5 < len(short.coefficients) < len(long.coefficients) < 30
    assert shorten(expand(np.sign, SPHERE, 5), p=1000) is None
    polynomial = shorten(expand(lambda x: x**2 - 1, SPHERE, 5), p=1000)
    assert len(polynomial.coefficients) == 3 and polynomial.tail == 0
    assert len(shorten(expand(lambda x: x, SPHERE, 5), p=10, least_degree=4).coefficients) == 5


@pytest.mark.statistical
@pytest.mark.parametrize("law", [SPHERE, GAUSSIAN])
@pytest.mark.parametrize("activation", [relu, np.tanh])
def test_exact_errors_agree_with_a_large_test_set(activation, law):
    """One fitted predictor, exact against 200000 fresh inputs: within 5 standard errors (rate below 1e-5)."""
    d, p = 15, 60
    generator = np.random.default_rng(7)
    weights = SPHERE.sample(p, d, generator)
    target = sample_target({0: 0.2, 1: 1.0, 2: 0.5, 3: 0.3}, law, d, generator)
    solutions = generator.standard_normal((2, p, 2))
    series = shorten(expand(activation, law, d, 3), p, 3)
    fit = Fit(
        np.empty((0, p)),
        p,
        lambda fresh, _: features(activation, fresh, weights, 0.2),
        centers=weights,
        scale=0.2,
    )
    exact = LabelledLaw(target, None).exact_errors(fit, solutions, series)
    experiment = Experiment(RandomFeatures(activation), (), 0.0, inputs=law, test_samples=20_000)
    task = Task(experiment, d, (Member(10, p, (0.0, 1.0)),), (d, 10, p), 0)
    labelled = LabelledLaw(target, np.empty(0))
    sampled = np.stack([sampled_errors(task, fit, labelled, solutions, generator) for _ in range(10)])
    error = sampled.std(axis=0, ddof=1) / math.sqrt(10)
    assert (np.abs(sampled.mean(axis=0) - exact) < 6 * error).all()
    assert exact[:, 0] != pytest.approx(exact[:, 1] + exact[:, 2])


@pytest.mark.statistical
def test_three_ways_of_averaging_agree(toy):
    """Sampled test set, exact average, and averaged labels estimate the same means.

    Each pair within 4.5 standard errors: false-alarm rate of the 10 comparisons 1e-4.
    """
    from types import SimpleNamespace as Namespace

    model, regime = toy(relu, {1: 1.0, 2: 0.5}, 0.2), Namespace(d=12, n=50, p=40)
    ways = [{"test_error": "sampled"}, {"test_error": "exact"}, {"labels": "averaged"}]
    seeds = [1, 2, 3]
    estimates = [
        simulate(model, regime, 0.05, trials=300, seed=s, **w) for s, w in zip(seeds, ways, strict=True)
    ]
    for other in estimates[1:]:
        for name in ("test", "bias", "variance", "train", "norm"):
            first, second = getattr(estimates[0], name), getattr(other, name)
            error = math.hypot(first.standard_error, second.standard_error)
            assert abs(first.mean - second.mean) < 4.5 * error, name
    spread = [estimate.test.standard_deviation for estimate in estimates]
    assert spread[0] > spread[1] > 1.5 * spread[2]


def test_exact_and_sampled_share_the_training_set(toy):
    from types import SimpleNamespace as Namespace

    arguments = dict(regime=Namespace(d=12, n=50, p=40), ridge=0.05, trials=4)
    exact = simulate(toy(relu), test_error="exact", **arguments)
    sampled = simulate(toy(relu), test_samples=500, **arguments)
    assert np.array_equal(exact.train.draws, sampled.train.draws)
    assert exact.test.draws == pytest.approx(sampled.test.draws, rel=0.4)
    assert exact.provenance["exact_test_error_sizes"] == [[12, 50, 40]]
    assert sampled.provenance["sampled_test_error_sizes"] == [[12, 50, 40]]


def test_where_the_series_is_too_long_a_test_set_is_used(toy):
    from types import SimpleNamespace as Namespace

    regime = Namespace(d=4, n=20, p=40)
    assert simulate(toy(np.sign), regime, 0.1, trials=2).provenance["sampled_test_error_sizes"]
    for options in ({"test_error": "exact"}, {"labels": "averaged"}):
        with pytest.raises(InputError, match="too many degrees"):
            simulate(toy(np.sign), regime, 0.1, trials=2, **options)
        with pytest.raises(InputError, match="spherical"):
            simulate(toy(np.tanh), regime, 0.1, trials=2, weights="gaussian", **options)
    with pytest.raises(InputError, match="spherical"):
        simulate(toy(np.tanh), regime, 0.1, trials=2, inputs="gaussian", labels="averaged")
    with pytest.raises(InputError, match="labels"):
        simulate(toy(np.tanh), regime, 0.1, trials=2, test_error="sampled", labels="averaged")


@pytest.mark.statistical
@pytest.mark.parametrize("law", [SPHERE, HYPERCUBE], ids=["sphere", "hypercube"])
@pytest.mark.parametrize(
    "learner",
    [
        RandomFeatures(np.tanh),
        RandomFeatures(np.tanh, members=3),
        SurrogateFeatures(np.tanh, 1),
        KernelRegression(np.exp),
    ],
    ids=["features", "ensemble", "surrogate", "kernel"],
)
def test_averaged_labels_are_the_mean_over_labels(learner, law):
    """Average the drawn-label observables of one (X, Theta) over many targets and noises by hand.

    Five standard errors for 5 observables: false-alarm rate 3e-6 per learner and law.
    """
    d, n, ridge = 5, 14, 0.3
    p = 0 if isinstance(learner, KernelRegression) else 10
    series = shorten(expand(learner.profile(d), law, d, 2), 30, 2)
    if isinstance(learner, SurrogateFeatures):
        series = replace(series.truncated(1), complete=True)
    experiment = Experiment(learner, ((1, 1.0), (2, 0.5)), 0.3, inputs=law, weights=law, average_labels=True)
    averaged = run_replicate(
        Task(experiment, d, (Member(n, p, (ridge,)),), (d, n, p), 0, series=series, exact=True), 0
    )[0, :5]
    streams = replicate_streams(0, (d, n, p), 0)
    points = law.sample(n, d, streams.inputs)
    fit = learner.draw(points, law, p, streams.weights, series)
    generator = np.random.default_rng(0)
    targets, drawn = [], []
    for _ in range(2000):
        targets.append(sample_target({1: 1.0, 2: 0.5}, law, d, generator))
        drawn.append(np.column_stack([targets[-1](points), math.sqrt(0.3) * generator.standard_normal(n)]))
    solutions = fit.problem().solve_path(np.hstack(drawn), [ridge])[0]
    rows = []
    for k, (target, labels) in enumerate(zip(targets, drawn, strict=True)):
        solution = solutions[:, 2 * k : 2 * k + 2]
        both = solution.sum(axis=1)
        residual = labels.sum(axis=1) - fit.design @ both
        errors = LabelledLaw(target, None).exact_errors(fit, solution[None], series)[0]
        rows.append([*errors, residual @ residual / n, fit.squared_norms(both[None])[0] / n])
    mean, error = np.mean(rows, axis=0), np.std(rows, axis=0) / math.sqrt(len(rows))
    assert (np.abs(mean - averaged) < 5 * error).all()


class Cap:
    """A function whose state may change, and so its expansion."""

    def __init__(self, level):
        self.level = level

    def __call__(self, x):
        return np.clip(x, -self.level, self.level)


def test_expansions_are_remembered_as_long_as_the_function_is_the_same():
    cap = Cap(1.0)
    first = expand_by_quadrature(cap, SPHERE, 9, 4)[0]
    assert expand_by_quadrature(cap, SPHERE, 9, 4)[0] is first
    cap.level = 0.5
    assert expand_by_quadrature(cap, SPHERE, 9, 4)[0][1] < 0.9 * first[1]
