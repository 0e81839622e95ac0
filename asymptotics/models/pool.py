"""Kernel matrices of data: their spectrum with the labels in it, and how unequal the leverage of the rows is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.model import Model
from asymptotics.models.posed import Posed

Array = NDArray[np.float64]

LEVEL = 1e-15
"""Eigenvalues of a matrix below this share of the largest one, times the number of rows, are rounding."""

_FEW, _VERY_FEW = 4, 20
_UNIVERSAL = 1.1
"""Leave-one-out over generalized cross-validation above which predictions are marked."""

_PER_DECADE, _MOST, _BLOCK = 8, 240, 1 << 22


@dataclass(frozen=True, eq=False)
class Leverage:
    """Leave-one-out error over generalized cross-validation, by ridge.

    Both estimate the same error where all rows have about the leverage of the mean row: then a spectrum is all there is
    to know. Where few rows weigh much the ratio rises above one, and so do true errors above what a spectrum says.

    Attributes
    ----------
    ridges : ndarray
        Increasing, in the unit of the kernel matrix.
    ratios : ndarray
    """

    ridges: Array
    ratios: Array

    def at(self, ridge: Any) -> Any:
        """The ratio at ridges, interpolated in their logarithm."""
        with np.errstate(divide="ignore"):
            place = np.log(np.maximum(np.asarray(ridge, dtype=float), 0.0))
        return np.interp(place, np.log(self.ridges), self.ratios)


@dataclass(frozen=True, eq=False)
class Pool:
    """What a kernel matrix and labels say of a pool of rows.

    Attributes
    ----------
    eigenvalues : ndarray, shape (N,)
        Of the matrix, decreasing; rounding is zero.
    powers : ndarray, shape (N,)
        Squared coordinates of the labels along the eigenvectors.
    leverage : Leverage
    """

    eigenvalues: Array
    powers: Array
    leverage: Leverage

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.eigenvalues.size


def doubles(name: str, values: Any) -> Array:
    """An array of real doubles.

    Parameters
    ----------
    name : str
        What an error calls it.
    values : array_like
        Any shape.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        given = np.asarray(values)
        if given.dtype.kind != "c":
            return given.astype(float)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(name, values, "an array of real numbers")


def read_kernel(matrix: Any, labels: Any) -> tuple[Array, Array]:
    """A symmetric matrix of finite numbers, and one label per row.

    Parameters
    ----------
    matrix : array_like, shape (n, n)
        The kernel between all rows of a pool.
    labels : array_like, shape (n,)

    Raises
    ------
    InputError
        If the matrix is not symmetric, or what is given are not real numbers.
    ShapeError
        If it is not square, or the labels are not one per row.
    """
    kernel, y = doubles("matrix", matrix), doubles("labels", labels)
    square = kernel.ndim == 2 and kernel.shape[0] == kernel.shape[1]
    if not (square and kernel.size and np.isfinite(kernel).all()):
        raise ShapeError("matrix", kernel.shape, "a square matrix of finite numbers")
    if y.shape != kernel.shape[:1] or not np.isfinite(y).all():
        raise ShapeError("labels", y.shape, f"{len(kernel)} finite numbers, one per row of the matrix")
    rows = max(1, _BLOCK // len(kernel))
    blocks = range(0, len(kernel), rows)
    scale = max(float(np.abs(kernel[k : k + rows]).max()) for k in blocks)
    off = max(float(np.abs(kernel[k : k + rows] - kernel[:, k : k + rows].T).max()) for k in blocks)
    if off > 1e-10 * scale:
        raise InputError("matrix", "not symmetric", "a symmetric matrix")
    return kernel, y


def pool_of(matrix: Any, labels: Any) -> Pool:
    """The spectrum of a kernel matrix, with the labels in it.

    Parameters
    ----------
    matrix : array_like, shape (n, n)
        The kernel between all rows of a pool.
    labels : array_like, shape (n,)

    Raises
    ------
    InputError, ShapeError
        As :func:`read_kernel`, and if the matrix is not positive semidefinite.
    """
    kernel, y = read_kernel(matrix, labels)
    values, vectors = np.linalg.eigh(kernel)
    floor = len(kernel) * LEVEL * max(values[-1], 0.0)
    if values[0] < -1e3 * floor or values[-1] <= 0:
        raise InputError("matrix", float(values[0]), "a positive semidefinite matrix", "see its eigenvalues")
    values = np.where(values > floor, values, 0.0)
    along = vectors.T @ y
    leverage = _leverage(values, vectors, along)
    return Pool(values[::-1], (along**2)[::-1], leverage)


def pool_of_features(features: Any, labels: Any) -> Pool:
    """The spectrum of the kernel of a matrix of features, by its singular values.

    Parameters
    ----------
    features : array_like, shape (n, p)
        One row for each row of the pool.
    labels : array_like, shape (n,)

    Raises
    ------
    InputError, ShapeError
        If features and labels are not finite, or do not fit.
    """
    z, y = doubles("features", features), doubles("labels", labels)
    if z.ndim != 2 or not z.size or not np.isfinite(z).all():
        raise ShapeError("features", z.shape, "a matrix of finite numbers")
    if y.shape != z.shape[:1] or not np.isfinite(y).all():
        raise ShapeError("labels", y.shape, f"{len(z)} finite numbers, one per row of the features")
    vectors, singular, _ = np.linalg.svd(z, full_matrices=False)
    seen = singular > len(z) * LEVEL * singular[0]
    if not seen.any():
        raise InputError("features", "zero", "a matrix that is not zero")
    values, vectors = singular[seen] ** 2, vectors[:, seen]
    along, missing = vectors.T @ y, len(z) - int(seen.sum())
    rest = y - vectors @ along
    eigenvalues, powers = np.append(values, np.zeros(missing)), np.append(along**2, np.zeros(missing))
    if missing:
        powers[-missing:] = rest @ rest / missing
    return Pool(eigenvalues, powers, _leverage(values, vectors, along, rest))


def _leverage(values: Array, vectors: Array, along: Array, rest: Array | None = None) -> Leverage:
    """The ratio at ridges from below the spectrum to above it: one product of matrices.

    Labels in directions without an eigenvector are ``rest``.
    """
    positive = values[values > 0]
    low, high = 1e-2 * positive.min(), 1e2 * positive.max()
    count = min(int(_PER_DECADE * np.log10(high / low)) + 1, _MOST)
    ridges = np.geomspace(low, high, count)
    shrunk = ridges / (values[:, None] + ridges)  # ridge times the inverse
    residuals = vectors @ (along[:, None] * shrunk)
    squares = np.square(vectors)
    kept = squares @ shrunk  # one minus the leverage of each row
    if rest is not None:
        residuals = residuals + rest[:, None]
        kept = kept + np.maximum(1 - squares.sum(axis=1), 0.0)[:, None]
    with np.errstate(all="ignore"):
        left_out = np.mean((residuals / kept) ** 2, axis=0)
        generalized = np.mean(residuals**2, axis=0) / np.mean(kept, axis=0) ** 2
        ratios = np.where(generalized > 0, left_out / generalized, 1.0)
    return Leverage(ridges, np.where(np.isfinite(ratios), ratios, np.inf))


class MeasuredSpectrum(Model):
    """A model whose spectrum may have been measured on rows of data: how far it is then to be trusted.

    Attributes
    ----------
    points : int or None
        Rows, where all of them stand for the population.
    leverage : Leverage or None
    """

    points: int | None
    leverage: Leverage | None
    caution: str
    warns: ClassVar[bool] = True

    def universality(self, ridge: Any) -> Any:
        """Leave-one-out error over generalized cross-validation on all rows that the spectrum was measured on.

        Parameters
        ----------
        ridge : number or array
            Of the sum over the rows.

        Returns
        -------
        float or ndarray
            About one where a spectrum is all there is to know of the data. Above 1.1 predictions are marked
            ``UNTRUSTED``: true errors are then larger, by about this ratio where most rows are drawn.

        Raises
        ------
        InputError
            If the spectrum was not measured.

        Examples
        --------
        >>> import asymptotics as asy
        >>> x = np.linspace(-1, 1, 60)
        >>> model = asy.SpectralRidge.from_kernel_matrix(np.exp(-np.subtract.outer(x, x) ** 2), np.sin(3 * x))
        >>> round(float(model.universality(0.1)), 1)
        1.1
        """
        if self.leverage is None:
            raise InputError("model", self, "one that SpectralRidge.from_kernel_matrix made")
        return self.leverage.at(ridge)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The model itself; a warning where rows that were drawn weigh in what is called the test error."""
        if self.points is not None and np.any(self._drawn(regime) > self.points / _VERY_FEW):
            warnings.warn(
                f"samples are more than 1/{_VERY_FEW} of the {self.points} rows, and rows that were drawn count in the "
                "test error: from_kernel_matrix(..., heldout=True) is for the error on the others",
                stacklevel=6,
            )
        return (Posed(self, regime, caution=self.caution),)

    def _drawn(self, regime: Any) -> np.ndarray:
        """Samples of a regime, those of the population left out."""
        samples = np.asarray(vars(regime)[regime.spelling(self.theory.samples)], dtype=float)
        return np.where(np.isfinite(samples), samples, 0.0)

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where samples are not few beside the points the spectrum was measured on, and where leverage is unequal."""
        if self.points is None or self.leverage is None:
            return {}
        samples = sizes[self.theory.samples]
        many = (samples > self.points / _FEW) & np.isfinite(samples)
        return {
            f"samples are more than 1/{_FEW} of the rows that the spectrum was measured on": many,
            **self._unequal(ridge, self.points * values["effective_ridge"]),
        }

    def _unequal(self, *ridges: np.ndarray) -> Mapping[str, np.ndarray]:
        """Where rows have so unequal leverage that a spectrum says too little of them."""
        assert self.leverage is not None
        ratio = np.fmax.reduce([self.leverage.at(ridge) for ridge in ridges])
        largest = float(np.fmax.reduce(np.ravel(ratio), initial=1.0))
        text = (
            f"some rows have much more leverage than others (leave-one-out over generalized cross-validation up to "
            f"{largest:.2f}): errors are larger than a spectrum says; see loo_curve"
        )
        return {text: ratio > _UNIVERSAL}
