"""Spectra of features, of tangent features of one's own function, of a covariance and a polynomial."""

import math
import warnings

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError
from asymptotics.models.hermite_products import fit_products, product_levels


def test_features_are_their_kernel():
    generator = np.random.default_rng(0)
    for p in (12, 80):
        features = generator.standard_normal((50, p))
        labels = features[:, 0] + generator.standard_normal(50)
        with warnings.catch_warnings(action="ignore"):
            for heldout in (True, False):
                quick = asy.SpectralRidge.from_features(features, labels, heldout=heldout)
                plain = asy.SpectralRidge.from_kernel_matrix(features @ features.T, labels, heldout=heldout)
                for ridge in (1e-3, 1, 30):
                    found, known = (
                        asy.predict(m, asy.FiniteSize(n=20), ridge=ridge).test for m in (quick, plain)
                    )
                    assert found == pytest.approx(known, rel=1e-8)
                    assert quick.universality(ridge) == pytest.approx(plain.universality(ridge), rel=5e-3)
    for given in (([1, 2], [1, 2]), ([[1], [2]], [1]), ([[np.nan], [1]], [1, 2])):
        with pytest.raises(ShapeError):
            asy.SpectralRidge.from_features(*given)
    with pytest.raises(InputError, match="not zero"):
        asy.SpectralRidge.from_features([[0], [0]], [1, 2])


def network(points, width):
    """A two-layer network of one's own, and its exact Jacobian-vector product."""
    d = points.shape[1]

    def function(a):
        inner = points @ a[: d * width].reshape(d, width) / np.sqrt(d)
        return np.tanh(inner) @ a[d * width :] / np.sqrt(width)

    def jvp(a, v):
        weights, outer = a[: d * width].reshape(d, width), a[d * width :]
        inner = points @ weights / np.sqrt(d)
        moved = points @ v[: d * width].reshape(d, width) / np.sqrt(d)
        change = (moved / np.cosh(inner) ** 2) @ outer + np.tanh(inner) @ v[d * width :]
        return change / np.sqrt(width)

    return function, jvp


def test_the_linearization_of_a_function_of_ones_own():
    """Predicted within 5 % of ridge regression on random halves of the rows; fixed seeds."""
    generator = np.random.default_rng(1)
    points = generator.standard_normal((300, 12))
    points *= np.sqrt(12) / np.linalg.norm(points, axis=1, keepdims=True)
    labels = points[:, 0] + 0.3 * generator.standard_normal(300)
    function, jvp = network(points, 20)
    start = generator.standard_normal(12 * 20 + 20)
    features = asy.tangent_features(function, start, jvp=jvp)
    assert features.shape == (300, 260)
    assert np.allclose(features, asy.tangent_features(function, start), atol=1e-7)
    rest = labels - function(start)
    model = asy.SpectralRidge.from_features(features, rest, heldout=True)
    risk = asy.predict(model, asy.FiniteSize(n=150), ridge=1)
    measured = asy.heldout_curve(features @ features.T, rest, 150, 1, draws=40).test
    assert abs(risk.test - measured.mean) < 0.05 * measured.mean + 3 * measured.standard_error
    # Random directions: right in the mean.
    some = asy.tangent_features(function, start, jvp=jvp, directions=4000, seed=2)
    assert some.shape == (300, 4000)
    kernel = features @ features.T
    assert np.linalg.norm(some @ some.T - kernel) < 0.5 * np.linalg.norm(kernel)
    for options in ({"directions": 0}, {"directions": True}, {"jvp": lambda a, v: np.full(300, np.nan)}):
        with pytest.raises(InputError):
            asy.tangent_features(function, start, **options)
    with pytest.raises(ShapeError):
        asy.tangent_features(lambda a: 1.0, start)
    with pytest.raises(ShapeError):
        asy.tangent_features(function, start, jvp=lambda a, v: np.ones(3))


def test_products_have_the_degrees_of_the_kernel():
    found = product_levels(
        "exp(t)", np.ones(12), {(0,): 1, (1, 1): 0.5, 2: 0.25, (9, 9, 9): 1, 7: 2}, 2, 1000
    )
    assert len(found["eigenvalues"]) == 1 + 12 + 78
    assert math.fsum(found["eigenvalues"]) + found["tail"] == pytest.approx(math.e)
    # Every level of a degree is alike where variances are.
    assert np.ptp(found["eigenvalues"][1:13]) < 1e-15 and np.ptp(found["eigenvalues"][13:]) < 1e-15
    assert sorted(set(found["target"].round(12))) == pytest.approx([0, 0.25 / 78, 0.5 + 0.25 / 78, 1])
    assert found["target_tail"] == pytest.approx(3)
    few = product_levels("exp(t)", np.ones(12), {2: 1}, 2, 20)
    assert len(few["eigenvalues"]) == 1 + 12 + 20
    assert math.fsum(few["eigenvalues"]) + few["tail"] == pytest.approx(math.e)
    assert few["target_tail"] == pytest.approx(1 - 20 / 78)


def inputs(rows, seed=0):
    generator = np.random.default_rng(seed)
    shares = np.arange(1, 41.0) ** -0.7
    shares /= shares.sum()
    z = generator.standard_normal((rows, 40))
    labels = z[:, 0] + 0.7 * z[:, 1] * z[:, 2] + 0.5 * (z[:, 0] ** 2 - 1) / np.sqrt(2)
    return shares, z * np.sqrt(shares), labels + 0.3 * generator.standard_normal(rows)


@pytest.mark.statistical
def test_covariance_and_polynomial_predict_regression():
    """Effective dimension 21: 12 % at exp(t), from four numbers of the target; and from the data alone. Fixed seeds."""
    shares, points, labels = inputs(800)
    assert 1 / np.sum(shares**2) == pytest.approx(21.2, abs=0.1)
    known = {(0,): 1, (1, 2): 0.49, (0, 0): 0.25}
    model = asy.SpectralRidge.from_covariance("exp(t)", shares, known, noise=0.09)
    read = asy.SpectralRidge.from_points("exp(t)", *inputs(3000, seed=1)[1:])
    n = np.array([50, 150, 500])
    measured = asy.heldout_curve(np.exp(points @ points.T), labels, n, 0.05, draws=8).test
    for one in (model, read):
        found = asy.predict(one, asy.FiniteSize(n=n), ridge=0.05).prediction
        assert np.all(abs(found - measured.mean) < 0.12 * measured.mean + 3 * measured.standard_error)


def test_products_are_the_eigenvalues_of_kernel_matrices():
    """The largest fifteen against those of a matrix on 800 rows: 15 %, of which sampling is about half; fixed seed."""
    shares, points, _ = inputs(800)
    found = np.sort(product_levels("exp(t)", shares, {}, 3, 2000)["eigenvalues"])[::-1][:15]
    assert found == pytest.approx(np.linalg.eigvalsh(np.exp(points @ points.T) / 800)[:-16:-1], rel=0.15)


def test_what_labels_are_made_of():
    _, points, labels = inputs(4000)
    fit = fit_products(points, labels, 2, 900)
    assert {(0,), (1, 2), (0, 0)} <= set(fit.target) and len(fit.target) <= 8
    for key, power in {(0,): 1, (1, 2): 0.49, (0, 0): 0.25}.items():
        assert fit.target[key] == pytest.approx(power, abs=0.12)
    assert fit.rest == pytest.approx(0.09, abs=0.06)
    # Inputs with heavy tails: products are correlated, and labels do not get more power than they have.
    heavy = np.random.default_rng(0).standard_t(3, (500, 6))
    fit = fit_products(heavy, heavy[:, 0] ** 2, 2, 900)
    assert sum(fit.target.values()) + fit.rest == pytest.approx(np.mean(heavy[:, 0] ** 4))


@pytest.mark.parametrize(
    ("variances", "target", "options"),
    [
        ([1, 0.1], {1: 1}, {}),
        ([1, 1, 1, -1], {1: 1}, {}),
        (np.ones(5), {(5,): 1}, {}),
        (np.ones(5), {"a": 1}, {}),
        (np.ones(5), {1: -1}, {}),
        (np.ones(5), [1], {}),
        (np.ones(5), {1: 1}, {"degrees": 0}),
        (np.ones(5), {1: 1}, {"levels": 2.5}),
    ],
)
def test_covariances_that_are_refused(variances, target, options):
    with pytest.raises(InputError):
        asy.SpectralRidge.from_covariance("exp(t)", variances, target, **options)
    assert asy.SpectralRidge.from_covariance("exp(t)", np.ones(5), {(4,): 1}).target_tail == 0
