"""Ridge regression with a kernel on rows of data, measured: what predictions from the spectrum are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.components import TEST
from asymptotics.models.pool import LEVEL, read_kernel
from asymptotics.models.quantities import N
from asymptotics.report.measurement import Measurement

__all__ = ["heldout_curve", "loo_curve"]

Array = NDArray[np.float64]


def heldout_curve(
    kernel: Any, labels: Any, n: Any, ridge: Any, *, draws: int = 20, seed: int = 0
) -> Measurement:
    """Mean squared error on the rows left out, over random choices of n rows.

    Parameters
    ----------
    kernel : array_like, shape (N, N)
    labels : array_like, shape (N,)
    n : int or array of int
        Rows drawn, fewer than N; broadcasts with the ridge.
    ridge : number or array
        Of the sum over the rows drawn.
    draws : int
        Random choices of rows.
    seed : int

    Returns
    -------
    Measurement
        ``.test.mean`` and ``.test.standard_error``; for ``compare`` and ``plot``.

    Raises
    ------
    InputError, ShapeError
        If the kernel or the labels are not what ``SpectralRidge.from_kernel_matrix`` takes, or a size or a ridge is not
        in its range.

    Notes
    -----
    See ``docs/howto/real_data.md``.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 60)
    >>> found = heldout_curve(np.exp(-np.subtract.outer(x, x) ** 2), np.sin(3 * x), n=20, ridge=0.1)
    >>> bool(0.005 < found.test.mean < 0.05)
    True
    """
    matrix, y = read_kernel(kernel, labels)

    def error(rows: Array, count: int, lam: float) -> tuple[float, float]:
        drawn, left = rows[:count], rows[count:]
        coefficients = _solve(matrix[np.ix_(drawn, drawn)], lam, y[drawn])
        squares = (y[left] - matrix[np.ix_(left, drawn)] @ coefficients) ** 2
        return float(squares.mean()), _spread(squares)

    return _curve(error, y.size, n, ridge, draws, seed, "held out")


def loo_curve(kernel: Any, labels: Any, n: Any, ridge: Any, *, draws: int = 10, seed: int = 0) -> Measurement:
    """Exact leave-one-out error of ridge regression trained on n rows: the baseline beside every prediction from data.

    Of n + 1 rows each is left out in turn, which takes one inverse. It is unbiased for the error of n rows whatever the
    data are, and asks for nothing but the rows; it cannot say what happens at more rows than there are, with fewer
    features or with more noise.

    Parameters
    ----------
    kernel, labels, n, ridge, seed
        As for :func:`heldout_curve`.
    draws : int
        Random choices of n + 1 rows; one where these are all rows.

    Returns
    -------
    Measurement
        As for :func:`heldout_curve`.

    Raises
    ------
    InputError, ShapeError
        As for :func:`heldout_curve`.

    Notes
    -----
    See ``docs/howto/real_data.md``.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 60)
    >>> found = loo_curve(np.exp(-np.subtract.outer(x, x) ** 2), np.sin(3 * x), n=[20, 59], ridge=0.1)
    >>> bool(0.005 < found.test.mean[0] < 0.05), found.test.mean.shape
    (True, (2,))
    """
    matrix, y = read_kernel(kernel, labels)

    def error(rows: Array, count: int, lam: float) -> tuple[float, float]:
        drawn = rows[: count + 1]
        inverse, null = _inverse(matrix[np.ix_(drawn, drawn)], lam)
        shrunk = inverse if null is None else null
        squares = ((shrunk @ y[drawn]) / np.diag(shrunk)) ** 2
        return float(squares.mean()), _spread(squares)

    return _curve(error, y.size, n, ridge, draws, seed, "leave one out")


def _solve(matrix: Array, ridge: float, labels: Array) -> Array:
    """Coefficients of the predictor on its rows; those of minimum norm without a ridge."""
    if ridge > 0:
        _, found, failed = linalg.lapack.dposv(matrix + ridge * np.eye(len(matrix)), labels, lower=1)
        if not failed:
            return np.asarray(found)
    return np.asarray(_inverse(matrix, ridge)[0] @ labels)


def _inverse(matrix: Array, ridge: float) -> tuple[Array, Array | None]:
    """Inverse of a matrix plus ridge; without a ridge the pseudoinverse, and the projection on its null space."""
    if ridge > 0:
        shifted = matrix + ridge * np.eye(len(matrix))
        factor, failed = linalg.lapack.dpotrf(shifted, lower=1, overwrite_a=1)
        if not failed:
            half, failed = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
        if not failed:
            return np.tril(half) + np.tril(half, -1).T, None
    values, vectors = np.linalg.eigh(matrix)
    values = np.where(values > len(matrix) * LEVEL * values[-1], values, 0.0) + ridge
    seen = values > 0
    inverse = (vectors[:, seen] / values[seen]) @ vectors[:, seen].T
    return inverse, None if seen.all() else vectors[:, ~seen] @ vectors[:, ~seen].T


def _spread(squares: Array) -> float:
    """Standard error of the mean of squared errors."""
    return float(squares.std(ddof=1) / np.sqrt(squares.size)) if squares.size > 1 else float(squares[0])


def _curve(
    error: Callable[..., tuple[float, float]],
    rows: int,
    n: Any,
    ridge: Any,
    draws: int,
    seed: int,
    title: str,
) -> Measurement:
    """Means over random choices of rows; of one choice the standard error is that over its rows."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise InputError("draws", draws, "a positive integer")
    counts, ridges = np.broadcast_arrays(_counts(n, rows), _ridges(ridge))
    mean, spread = np.empty(counts.shape), np.empty(counts.shape)
    for place, count in np.ndenumerate(counts):
        chosen = _choices(rows, count, draws, seed, title)
        found = np.array([error(choice, int(count), float(ridges[place])) for choice in chosen])
        mean[place] = found[:, 0].mean()
        several = len(found) > 1
        spread[place] = found[:, 0].std(ddof=1) / np.sqrt(len(found)) if several else found[0, 1]
    return Measurement(
        {N.name: counts.astype(float), "ridge": ridges},
        {TEST.name: mean},
        {TEST.name: spread},
        trials=draws if draws > 1 else np.inf,
        title=title,
    )


def _choices(rows: int, count: int, draws: int, seed: int, title: str) -> Iterator[Any]:
    """Random orders of the rows, the same for every curve of a seed."""
    generator = np.random.default_rng([seed, int(count)])
    whole = title == "leave one out" and count + 1 == rows
    for _ in range(1 if whole else draws):
        yield generator.permutation(rows)


def _counts(n: Any, rows: int) -> Array:
    counts = np.asarray(n)
    whole = counts.dtype.kind in "iuf" and np.all(counts == np.rint(counts))
    if not whole or np.any(counts < 1) or np.any(counts >= rows):
        raise InputError("n", n, f"whole numbers from 1 to {rows - 1}, so that a row is left out")
    return counts.astype(int)


def _ridges(ridge: Any) -> Array:
    values = np.asarray(ridge)
    if values.ndim:
        return np.array([float(number("ridge", one, minimum=0)) for one in values.ravel()]).reshape(
            values.shape
        )
    return np.asarray(float(number("ridge", ridge, minimum=0)))
