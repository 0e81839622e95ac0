import itertools
import math
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import simulate
from asymptotics.simulation.laws.laws import HYPERCUBE
from asymptotics.simulation.laws.population import expand, shorten
from asymptotics.simulation.laws.sampling import LabelledLaw, sample_target
from asymptotics.simulation.learning.fits import Fit, features

NAMES = ("test", "bias", "variance", "train", "norm")


def relu(x):
    return np.maximum(x, 0.0)


def silu(x):
    return x / (1 + np.exp(-x))


def model(target=None, noise=0.1, **parts):
    return Namespace(target=Namespace(powers=target or {1: 1.0, 2: 0.3}), noise=noise, **parts)


def corners(d):
    """All points of the hypercube."""
    return np.array(list(itertools.product([-1.0, 1.0], repeat=d)))


def krawtchouk(d, degree):
    """Exact values at j = 0, ..., d: sums of products of k of d signs, j of which are negative, over their number."""
    sums = [
        sum((-1) ** i * math.comb(j, i) * math.comb(d - j, degree - i) for i in range(degree + 1))
        for j in range(d + 1)
    ]
    return np.array([float(Fraction(value, math.comb(d, degree))) for value in sums])


def probabilities(d):
    return np.array([math.comb(d, j) / 2**d for j in range(d + 1)])


def powers_of(activation, d):
    """Squared coefficients in all degrees and the total, straight from the definition."""
    flips = np.arange(d + 1)
    values, masses = activation((d - 2 * flips) / math.sqrt(d)), probabilities(d)
    coefficients = [masses @ (values * krawtchouk(d, k)) for k in range(d + 1)]
    return np.array([math.comb(d, k) * c**2 for k, c in enumerate(coefficients)]), masses @ values**2


@pytest.mark.parametrize("d", [1, 2, 7, 40, 101])
def test_zonal_polynomials_are_krawtchouk_polynomials_to_the_highest_degree(d):
    """Errors are weighed as they enter averages: by sqrt(B) and the root of the probability."""
    projections = (d - 2.0 * np.arange(d + 1)) / math.sqrt(d)
    for degree in range(d + 1):
        error = np.abs(HYPERCUBE.zonal_polynomial(d, degree, projections) - krawtchouk(d, degree))
        assert (error * np.sqrt(math.comb(d, degree) * probabilities(d))).max() < 1e-14


@pytest.mark.parametrize("d", [4, 33, 90])
def test_zonal_polynomials_are_orthonormal(d):
    projections = (d - 2.0 * np.arange(d + 1)) / math.sqrt(d)
    basis = np.array(
        [
            math.sqrt(HYPERCUBE.multiplicity(d, k)) * HYPERCUBE.zonal_polynomial(d, k, projections)
            for k in range(d + 1)
        ]
    )
    assert (basis * probabilities(d)) @ basis.T == pytest.approx(np.eye(d + 1), abs=1e-12)


def test_a_zonal_polynomial_is_a_mean_of_walsh_functions():
    """Also the addition formula, by averaging over all points."""
    d = 6
    points = corners(d)
    u, v = points[5], points[38]
    for degree in range(d + 1):
        sets = list(itertools.combinations(range(d), degree))
        walsh = np.mean([points[:, s].prod(axis=1) * u[list(s)].prod() for s in sets], axis=0)
        zonal = HYPERCUBE.zonal_polynomial(d, degree, points @ u / math.sqrt(d))
        assert zonal == pytest.approx(walsh, abs=1e-14)
        for other in range(d + 1):
            product = np.mean(zonal * HYPERCUBE.zonal_polynomial(d, other, points @ v / math.sqrt(d)))
            expected = HYPERCUBE.correlation(d, degree, np.array(u @ v / d)) / math.comb(d, degree)
            assert product == pytest.approx(expected * (degree == other), abs=1e-14)


@pytest.mark.parametrize("activation", [relu, np.sign, np.tanh, np.exp])
@pytest.mark.parametrize("d", [1, 2, 9, 50])
def test_coefficients_are_those_of_the_definition(activation, d):
    powers, total = powers_of(activation, d)
    coefficients, whole = HYPERCUBE.expand(activation, d, d)
    assert coefficients**2 == pytest.approx(powers, abs=1e-14 * total) and whole == pytest.approx(total)


@pytest.mark.parametrize("activation", [relu, np.sign, np.exp])
@pytest.mark.parametrize("d", [64, 501, 3000])
def test_coefficients_are_complete(activation, d):
    """Parseval's identity: nothing is left above degree d, and the degrees near d matter."""
    coefficients, total = HYPERCUBE.expand(activation, d, d)
    assert coefficients @ coefficients == pytest.approx(total, rel=1e-12)


def test_series_keep_the_parity_of_all_coordinates():
    """The sign of a sum of 101 signs has power 2/(101 pi), up to 1/d, on their product."""
    coefficients, _ = HYPERCUBE.expand(np.sign, 101, 101)
    assert coefficients[101] ** 2 == pytest.approx(2 / (101 * math.pi), rel=0.02)
    assert len(shorten(expand(np.sign, HYPERCUBE, 101), p=50).coefficients) == 102
    assert len(shorten(expand(np.tanh, HYPERCUBE, 60), p=50).coefficients) < 40


def test_power_of_a_target_is_exact():
    for d, degree in [(5, 1), (5, 2), (6, 4), (6, 6), (2, 2)]:
        target = sample_target({degree: 2.5}, HYPERCUBE, d, np.random.default_rng(degree))
        assert np.mean(target(corners(d)) ** 2) == pytest.approx(2.5, rel=1e-12)
        assert target.power == pytest.approx(2.5, rel=1e-12)


@pytest.mark.parametrize("activation", [relu, np.sign, np.tanh])
def test_exact_errors_are_means_over_all_points(activation):
    d, p = 9, 30
    generator = np.random.default_rng(3)
    weights = HYPERCUBE.sample(p, d, generator)
    target = sample_target({0: 0.2, 1: 1.0, 2: 0.5, 8: 0.3}, HYPERCUBE, d, generator)
    solutions = generator.standard_normal((2, p, 2))
    series = shorten(expand(activation, HYPERCUBE, d, 8), p, 8)
    fit = Fit(np.empty((0, p)), None, None, centers=weights, scale=0.2)
    whole = features(activation, corners(d), weights, 0.2) @ solutions
    bias = target(corners(d)) - whole[..., 0]
    means = np.array([((bias - whole[..., 1]) ** 2), bias**2, whole[..., 1] ** 2]).mean(axis=2).T
    assert LabelledLaw(target, None).exact_errors(fit, solutions, series) == pytest.approx(means, rel=1e-9)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("parts", "p"), [({"activation": silu}, 90), ({"activation": relu}, 40), ({"kernel": np.exp}, math.inf)]
)
def test_theory_of_walsh_functions(parts, p, fixed_point):
    """Fixed point with C(d, k) harmonics of degree k: 4 standard errors plus 3 % (6 % train and norm).

    Without finite-size effects the false-alarm rate of the 15 comparisons would be 0.1 %.
    """
    d, n, ridge, target = 16, 60, 0.1, {1: 1.0, 2: 0.3}
    estimate = simulate(
        model(target, **parts),
        Namespace(d=d, n=n, p=p),
        ridge,
        trials=60,
        labels="averaged",
        inputs="hypercube",
    )
    counts = np.array([math.comb(d, k) for k in range(d + 1)], dtype=float)
    if "kernel" in parts:
        flips = np.arange(d + 1)
        values = np.exp(1 - 2 * flips / d) * probabilities(d)
        powers = counts * [values @ krawtchouk(d, k) for k in range(d + 1)]
    else:
        powers, _ = powers_of(parts["activation"], d)
    energy = np.array([target.get(k, 0.0) for k in range(d + 1)])
    theory = fixed_point(counts, powers / counts, 0.0, energy, 0.1, n, p, ridge)
    for name in NAMES:
        statistic, expected = getattr(estimate, name), getattr(theory, name)
        allowance = 0.06 if name in ("train", "norm") else 0.03
        assert abs(statistic.mean - expected) < 4 * statistic.standard_error + allowance * expected, name


@pytest.mark.statistical
def test_three_ways_of_averaging_agree():
    """Test set, exact average, averaged labels: each pair within 4.5 standard errors (rate 1e-4 together)."""
    ways = [{"test_error": "sampled"}, {"test_error": "exact"}, {"labels": "averaged"}]
    estimates = [
        simulate(
            model(activation=relu, noise=0.2),
            Namespace(d=12, n=50, p=40),
            0.05,
            trials=200,
            seed=seed,
            inputs="hypercube",
            **way,
        )
        for seed, way in enumerate(ways)
    ]
    for other in estimates[1:]:
        for name in NAMES:
            first, second = getattr(estimates[0], name), getattr(other, name)
            error = math.hypot(first.standard_error, second.standard_error)
            assert abs(first.mean - second.mean) < 4.5 * error, name


def test_weights_are_on_the_hypercube_by_default():
    arguments = (model(activation=relu), Namespace(d=12, n=30, p=20), 0.1)
    cube = simulate(*arguments, trials=2, inputs="hypercube")
    assert cube.provenance["inputs"] == cube.provenance["weights"] == "hypercube"
    assert cube.provenance["exact_test_error_sizes"] == [[12, 30, 20]]
    mixed = simulate(*arguments, trials=2, inputs="hypercube", weights="sphere")
    assert mixed.provenance["sampled_test_error_sizes"] == [[12, 30, 20]]
    with pytest.raises(InputError, match="both on the hypercube"):
        simulate(*arguments, trials=2, inputs="hypercube", weights="sphere", test_error="exact")
    with pytest.raises(InputError, match="'hypercube' for surrogate"):
        simulate(*arguments, trials=2, inputs="hypercube", weights="sphere", surrogate_degree=1)


def test_there_are_no_functions_above_degree_d():
    regime = Namespace(d=[3, 8], n=30, p=20)
    with pytest.raises(InputError, match="at most d = 3 for hypercube inputs"):
        simulate(model({1: 1.0, 5: 0.1}, activation=relu), regime, 0.1, trials=2, inputs="hypercube")
    assert (
        simulate(model({1: 1.0, 5: 0.0}, activation=relu), regime, 0.1, trials=2, inputs="hypercube").trials
        == 2
    )
    with pytest.raises(SimulationError, match="no multiple of 2/d"):
        HYPERCUBE.correlation(4, 2, np.array([0.3]))
