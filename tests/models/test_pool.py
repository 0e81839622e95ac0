"""Kernel matrices of data: what is refused, the leverage of rows by brute force, and where predictions are marked."""

import warnings

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError
from asymptotics.models import pool
from asymptotics.models.pool import Leverage, pool_of, pool_of_features, read_kernel
from asymptotics.solvers.solution import Status


def rows(count=12, width=30, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((count, width))
    features[0] *= 4  # one row of much leverage
    return features, features[:, 0] + generator.standard_normal(count)


def ratio(features, labels, ridge):
    """Leave-one-out, each row left out in turn, over generalized cross-validation."""
    kernel = features @ features.T
    count = len(kernel)
    errors = []
    for place in range(count):
        rest = np.delete(np.arange(count), place)
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + ridge * np.eye(count - 1), labels[rest])
        errors.append(labels[place] - kernel[place, rest] @ weights)
    smoother = ridge * np.linalg.inv(kernel + ridge * np.eye(count))
    return np.mean(np.square(errors)) / (
        np.mean(np.square(smoother @ labels)) / np.mean(np.diag(smoother)) ** 2
    )


@pytest.mark.parametrize("width", [30, 5])
def test_leverage_is_that_of_leaving_rows_out(width):
    """By eigenvectors of the matrix, by singular vectors of the features, and row by row."""
    features, labels = rows(width=width)
    of_features, of_kernel = pool_of_features(features, labels), pool_of(features @ features.T, labels)
    for found in (of_features, of_kernel):
        assert found.rows == 12 and np.all(np.diff(found.eigenvalues) <= 0)
        assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(features @ features.T)[::-1], abs=1e-9)
        assert np.all(found.eigenvalues >= 0) and np.sum(found.eigenvalues == 0) == max(12 - width, 0)
        assert found.powers.sum() == pytest.approx(labels @ labels) and np.all(found.powers >= 0)
        ridges, positive = found.leverage.ridges, found.eigenvalues[found.eigenvalues > 0]
        assert ridges[[0, -1]] == pytest.approx([positive.min() / 100, 100 * positive.max()])
        assert np.log10(ridges[1] / ridges[0]) == pytest.approx(1 / 8, rel=0.05)
        for place in (0, len(ridges) // 2, -1):
            expected = ratio(features, labels, ridges[place])
            assert found.leverage.at(ridges[place]) == pytest.approx(expected, rel=1e-6)
        assert np.ptp(found.leverage.ratios) > 0.05
    small = pool_of_features(features, 1e-3 * labels).leverage.ratios
    assert small == pytest.approx(of_features.leverage.ratios)  # whatever the unit of the labels
    assert of_features.powers[: min(width, 12)] == pytest.approx(of_kernel.powers[: min(width, 12)])


def test_ratios_are_interpolated_in_the_logarithm():
    leverage = Leverage(np.array([1.0, 100.0]), np.array([1.0, 3.0]))
    assert leverage.at([10.0, 0.0, -1.0, 1e9]).tolist() == [2.0, 1.0, 1.0, 3.0]


def test_labels_without_error_have_a_ratio_of_one():
    assert pool_of(np.eye(3), np.zeros(3)).leverage.ratios.tolist() == [1.0] * 33
    assert len(pool_of(np.diag([1.0, 1e-13]), np.ones(2)).leverage.ridges) == 137
    assert len(pool_of(np.diag([1.0, 1e-300]), np.ones(2)).leverage.ridges) == 33  # rounding is zero


SQUARE = np.eye(3)


@pytest.mark.parametrize(
    ("matrix", "labels", "name"),
    [(SQUARE[:2], [1, 2, 3], "matrix"), (np.ones(3), [1, 2, 3], "matrix"), (np.empty((0, 0)), [], "matrix"),
     (SQUARE * np.nan, [1, 2, 3], "matrix"), (np.where(SQUARE, 1.0, np.inf), [1, 2, 3], "matrix"),
     (SQUARE, [1, 2], "labels"), (SQUARE, [1, 2, np.nan], "labels"), (SQUARE, [[1], [2], [3]], "labels"),
     (SQUARE * 1j, [1, 2, 3], "matrix"), (SQUARE, ["a", "b", "c"], "labels"), (SQUARE, 10**400, "labels")],
)  # fmt: skip
def test_what_is_no_kernel_matrix(matrix, labels, name):
    with pytest.raises(InputError, match=f"^{name} = "):
        read_kernel(matrix, labels)


@pytest.mark.parametrize(("off", "symmetric"), [(0.9e-10, True), (1.1e-10, False), (-1.1e-10, False)])
def test_symmetric_up_to_rounding(monkeypatch, off, symmetric):
    """Also where the matrix is read in blocks of two rows."""
    matrix = 7 * np.eye(5) + np.ones((5, 5))
    matrix[4, 1] += 8 * off
    for block in (1 << 22, 10):
        monkeypatch.setattr(pool, "_BLOCK", block)
        if symmetric:
            assert read_kernel(matrix, np.ones(5))[0].tolist() == matrix.tolist()
        else:
            with pytest.raises(InputError, match="not symmetric"):
                read_kernel(matrix, np.ones(5))


def test_negative_eigenvalues_up_to_rounding():
    for least, allowed in ((-1.9e-12, True), (-2.1e-12, False), (-1.0, False)):
        if allowed:
            assert pool_of(np.diag([1.0, least]), [1, 2]).eigenvalues.tolist() == [1.0, 0.0]
        else:
            with pytest.raises(InputError, match="positive semidefinite"):
                pool_of(np.diag([1.0, least]), [1, 2])
    with pytest.raises(InputError, match="positive semidefinite"):
        pool_of(np.zeros((2, 2)), [1, 2])
    assert pool_of(np.diag([1.0, 2.1e-15]), [1, 2]).eigenvalues[1] > 0
    assert pool_of(np.diag([1.0, 1.9e-15]), [1, 2]).eigenvalues[1] == 0


@pytest.mark.parametrize(
    ("features", "labels", "name"),
    [([1, 2], [1, 2], "features"), (np.empty((2, 0)), [1, 2], "features"), ([[1], [np.inf]], [1, 2], "features"),
     ([[1], [2]], [1], "labels"), ([[1], [2]], [1, np.nan], "labels"), (np.zeros((2, 3)), [1, 2], "features")],
)  # fmt: skip
def test_what_are_no_features(features, labels, name):
    with pytest.raises(InputError, match=f"^{name} = ") as caught:
        pool_of_features(features, labels)
    assert isinstance(caught.value, ShapeError) == (np.shape(features) != (2, 3))


def status_of(model, n, ridge):
    """Statuses of a prediction, and its caution, whatever is warned of."""
    with warnings.catch_warnings(action="ignore"):
        risk = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge)
    return risk.status, risk.made_by.get("caution", "")


def measured(**options):
    """A spectrum measured on eighty points of the sphere in thirty dimensions."""
    points = np.random.default_rng(0).standard_normal((80, 30))
    points *= np.sqrt(30) / np.linalg.norm(points, axis=1, keepdims=True)
    return asy.SpectralRidge.from_kernel_matrix(np.exp(points @ points.T / 30), points[:, 0], **options)


@pytest.mark.parametrize(("n", "warned"), [(4, False), (5, True), ([3, 5], True)])
def test_rows_that_weigh_in_the_test_error_are_told(n, warned):
    """Above a twentieth of eighty."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        asy.predict(measured(), asy.FiniteSize(n=n), ridge=0.1)
    assert any("more than 1/20 of the 80 rows" in str(one.message) for one in found) == warned


def test_unequal_leverage_is_told_from_a_tenth_on(monkeypatch):
    model = measured()
    for peak, told in ((1.1, False), (1.11, True)):
        object.__setattr__(model, "leverage", Leverage(np.array([1e-3, 1e3]), np.array([peak, peak])))
        assert model.universality(0.1) == pytest.approx(peak)
        status, caution = status_of(model, 4, 0.1)
        assert (status == Status.UNTRUSTED) == told == (f"up to {peak:.2f}" in caution)
    with pytest.raises(InputError, match="from_kernel_matrix"):
        asy.SpectralRidge([1], [1]).universality(0.1)


def test_the_effective_ridge_of_all_rows_counts_as_well():
    """Leverage at the ridge itself, or at the one that so few samples act like, whichever is larger."""
    model = measured()
    risk = asy.predict(model, asy.FiniteSize(n=4), ridge=1e-6)
    effective = 80 * risk.effective_ridge
    for at in (1e-6, effective):
        ridges = np.array([at / 1.01, at, at * 1.01])
        object.__setattr__(model, "leverage", Leverage(ridges, np.array([1.0, 2.0, 1.0])))
        assert status_of(model, 4, 1e-6)[0] == Status.UNTRUSTED
    object.__setattr__(
        model, "leverage", Leverage(effective * np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 1.0]))
    )
    assert status_of(model, 4, 1e-6)[0] == Status.SOLVED
    assert status_of(model, [20, 21], 1e-6)[0].words.tolist() == ["solved", "untrusted"]
