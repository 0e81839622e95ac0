"""Rows of a pool, judged on the rows left out: the formula, its limits, and when it is not to be trusted."""

import warnings

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError
from asymptotics.solvers.solution import Status
from tests.oracles.held_out import held_out


def pool(rows=200, d=30, seed=0, sphere=True):
    """Points, a kernel matrix and labels; on the sphere all rows have about the same leverage."""
    generator = np.random.default_rng(seed)
    points = generator.standard_normal((rows, d))
    if sphere:
        points *= np.sqrt(d) / np.linalg.norm(points, axis=1, keepdims=True)
    labels = points[:, 0] + 0.5 * points[:, 1] * points[:, 2] + 0.3 * generator.standard_normal(rows)
    return points, np.exp(points @ points.T / d), labels


def test_predictions_are_the_formula_on_paper():
    _, kernel, labels = pool()
    model = asy.SpectralRidge.from_kernel_matrix(kernel, labels, heldout=True)
    values, vectors = np.linalg.eigh(kernel)
    powers = (vectors.T @ labels) ** 2
    n, ridge = np.array([1, 10, 100, 199]), np.array([[1e-3], [0.1], [10.0]])
    risk = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge)
    for place, test in np.ndenumerate(risk.test):
        expected = held_out(values, powers, n[place[1]], ridge[place[0], 0])
        assert (test, risk.train[place]) == pytest.approx(expected, rel=1e-8)
    noisy = asy.SpectralRidge.from_kernel_matrix(kernel, labels, noise=0.2, heldout=True)
    expected = held_out(values, powers + 0.2, 50, 0.1)[0]
    assert asy.predict(noisy, asy.FiniteSize(n=50), ridge=0.1).test == pytest.approx(expected, rel=1e-8)


def test_digits_and_proofs_agree_with_doubles():
    model = asy.SpectralRidge.from_kernel_matrix(
        np.diag([3.0, 2, 1, 0.5, 0]), [1, 1, 0.5, 0.2, 0.1], heldout=True
    )
    with warnings.catch_warnings(action="ignore"):
        for ridge in ("0.1", 0):
            for n in (2, 4):  # four is the rank
                plain = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge)
                digits = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge, digits=25)
                proved = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge, certified=True)
                assert plain.status == digits.status
                if np.isfinite(plain.test):
                    assert abs(digits.test - plain.test) < 1e-13 * plain.test
                    assert abs(proved.test.mid - digits.test) < 1e-15 * plain.test


@pytest.mark.statistical
def test_held_out_errors_of_random_subsets():
    """Within four standard errors plus 3 %, from a twentieth to four fifths of the rows; fixed seeds."""
    _, kernel, labels = pool(300)
    model = asy.SpectralRidge.from_kernel_matrix(kernel, labels, heldout=True)
    n = np.array([15, 60, 150, 240])
    risk = asy.predict(model, asy.FiniteSize(n=n), ridge=0.3)
    assert np.all(risk.status == Status.SOLVED)
    measured = asy.heldout_curve(kernel, labels, n, 0.3, draws=60)
    assert np.all(abs(measured.test.mean - risk.test) < 4 * measured.test.standard_error + 0.03 * risk.test)
    assert asy.compare(risk, measured, allowance=0.05).agrees
    # Drawn with replacement and judged on all rows: far below.
    with pytest.warns(UserWarning) as told:
        whole = asy.predict(
            asy.SpectralRidge.from_kernel_matrix(kernel, labels), asy.FiniteSize(n=240), ridge=0.3
        )
    assert "heldout=True" in str(told[0].message) and whole.test < 0.75 * measured.test.mean[-1]


@pytest.mark.statistical
def test_least_squares_on_features_of_data():
    """Ridge zero on 10 features and 300 rows, on both sides of the rank: 4 standard errors plus 4 %."""
    generator = np.random.default_rng(1)
    features = generator.standard_normal((300, 40))
    labels = features[:, 0] + 0.5 * generator.standard_normal(300)
    model = asy.SpectralRidge.from_kernel_matrix(features @ features.T, labels, heldout=True)
    assert (model.null, model.rows) == (260, 300)
    n = np.array([20, 40, 80, 160])
    with warnings.catch_warnings(action="ignore"):
        risk = asy.predict(model, asy.FiniteSize(n=n), ridge=0)
    assert [Status.DIVERGES == status for status in risk.status] == [False, True, False, False]
    measured = asy.heldout_curve(features @ features.T, labels, n, 0, draws=60, seed=2)
    for k in (0, 2, 3):
        error = measured.test.standard_error[k]
        assert abs(measured.test.mean[k] - risk.test[k]) < 4 * error + 0.04 * risk.test[k]


def test_what_a_pool_refuses():
    _, kernel, labels = pool(60)
    model = asy.SpectralRidge.from_kernel_matrix(kernel, labels, heldout=True)
    assert asy.predict(model, asy.FiniteSize(n=59), ridge=1).test > 0
    for n in (60, [10, 61]):
        with pytest.raises(InputError, match="no row left"):
            asy.predict(model, asy.FiniteSize(n=n), ridge=1)
    size = asy.FiniteSize(n=20)
    for asked in ({"time": 1.0}, {"ridge": 1, "ensemble": 3}, {"ridge": 1, "order": 1}):
        with pytest.raises(InputError, match="no more is derived"):
            asy.predict(model, size, **asked)
    with pytest.raises(InputError, match="heldout_curve"):
        asy.simulate(model, size, ridge=1)
    with pytest.raises(InputError, match="number of rows"):
        asy.predict(model, asy.Proportional(psi2=2), ridge=1)


def test_unequal_leverage_is_never_silent():
    """The ratio is leave-one-out over generalized cross-validation, and predictions above 1.1 are marked."""
    for sphere in (True, False):
        points, kernel, _ = pool(sphere=sphere)
        labels = points[:, 0] + 0.5 * points[:, 1] ** 2
        model = asy.SpectralRidge.from_kernel_matrix(kernel, labels, heldout=True)
        inverse = np.linalg.inv(kernel + np.eye(200))
        residuals = inverse @ labels
        left_out = np.mean((residuals / np.diag(inverse)) ** 2)
        ratio = left_out / (np.mean(residuals**2) / np.mean(np.diag(inverse)) ** 2)
        assert model.universality(1) == pytest.approx(ratio, rel=2e-3)
        assert (ratio > 1.1) == (not sphere)
        if sphere:
            assert asy.predict(model, asy.FiniteSize(n=100), ridge=1).status == Status.SOLVED
            continue
        with pytest.warns(UserWarning, match="leverage"):
            risk = asy.predict(model, asy.FiniteSize(n=100), ridge=1)
        assert risk.status == Status.UNTRUSTED and "leverage" in risk.made_by["caution"]
        truth = asy.heldout_curve(kernel, labels, 100, 1, draws=60).test.mean
        assert 1.05 < truth / risk.test < 1.3
        # At the effective ridge the same ratio says by how much.
        assert truth / risk.test == pytest.approx(model.universality(risk.effective_ridge), abs=0.06)
    with pytest.raises(InputError, match="from_kernel_matrix"):
        asy.SpectralRidge([1], target=[1]).universality(1)


def test_leave_one_out_is_exact():
    _, kernel, labels = pool(25)
    errors = []
    for k in range(25):
        rest = np.arange(25) != k
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + 0.1 * np.eye(24), labels[rest])
        errors.append((labels[k] - kernel[k, rest] @ weights) ** 2)
    found = asy.loo_curve(kernel, labels, 24, 0.1).test
    assert found.mean == pytest.approx(np.mean(errors), rel=1e-10)
    assert found.standard_error == pytest.approx(np.std(errors, ddof=1) / 5, rel=1e-10)
    features = np.random.default_rng(0).standard_normal((25, 5))
    errors = []
    for k in range(25):
        rest = np.arange(25) != k
        fit = np.linalg.lstsq(features[rest], labels[rest])[0]
        errors.append((labels[k] - features[k] @ fit) ** 2)
    found = asy.loo_curve(features @ features.T, labels, 24, 0).test.mean
    assert found == pytest.approx(np.mean(errors), rel=1e-8)
    both = [curve(kernel, labels, 12, 0.1, draws=200).test for curve in (asy.loo_curve, asy.heldout_curve)]
    assert abs(both[0].mean - both[1].mean) < 4 * np.hypot(both[0].standard_error, both[1].standard_error)


@pytest.mark.parametrize(
    "options", [{"n": 25}, {"n": 0}, {"n": 2.5}, {"ridge": -1}, {"draws": 0}, {"labels": [1]}]
)
def test_curves_refuse(options):
    _, kernel, labels = pool(25)
    given = {"labels": labels, "n": 10, "ridge": 0.1, **options}
    with pytest.raises((InputError, ShapeError)):
        asy.loo_curve(kernel, **given)
    with pytest.raises((InputError, ShapeError)):
        asy.heldout_curve(kernel, **given)
