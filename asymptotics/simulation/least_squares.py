"""Least squares with ridge or by gradient steps, through LAPACK, accurate at every ridge and time.

The normal equations of the smaller side are solved by Cholesky, or for a long path of ridges by one
eigendecomposition, when their condition number is known to be harmless; otherwise the singular value
decomposition of the feature matrix itself is used, which does not square the condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

from asymptotics.errors import SimulationError
from asymptotics.simulation.spectral import (
    RIDGE,
    SAFE_RECIPROCAL_CONDITION,
    Decomposition,
    Training,
    combine,
    decompose,
    decompose_kernel,
    decompose_singular,
    harmless,
)
from asymptotics.simulation.streaming import StreamedFeatures

Array = NDArray[np.float64]
Factorize = Callable[[float], Array | None]

LONG_PATH = 12
"""From this number of ridges on, one eigendecomposition is cheaper than as many Cholesky factorizations."""


class RidgeProblem:
    """The problem ``min_a |y - Z a|^2 + ridge |a|^2`` for one Z and several right-hand sides and ridges.

    Parameters
    ----------
    features : ndarray or StreamedFeatures, shape (n, p)
        The matrix Z.
    gram : ndarray, optional
        ``Z Z^T`` if n < p, else ``Z^T Z``, if it is known.
    factorize : callable, optional
        Gives the lower Cholesky factor of ``gram + ridge`` at a ridge, or None, if it is known.

    Examples
    --------
    >>> Z = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    >>> labels = np.array([[1.0], [2.0], [3.0]])
    >>> RidgeProblem(Z).solve_path(labels, [0.0, 1.0])[:, :, 0].round(12).tolist()
    [[1.0, 1.0], [0.5, 0.8]]
    """

    def __init__(
        self,
        features: Array | StreamedFeatures,
        gram: Array | None = None,
        factorize: Factorize | None = None,
    ) -> None:
        self.features = features
        self.dual = features.shape[0] < features.shape[1]
        self._gram, self._factorize = gram, factorize

    def solve_path(
        self, right_sides: Array, parameters: Sequence[float], training: Training = RIDGE
    ) -> Array:
        """Return the coefficients at every ridge or time, sharing the expensive part of the work.

        Parameters
        ----------
        right_sides : ndarray, shape (n, r)
            The labels y, one problem per column.
        parameters : sequence of float
            Ridges or times, nonnegative. Ridge 0 gives the minimizer of least norm.
        training : Training
            Ridge regression by default.

        Returns
        -------
        ndarray, shape (len(parameters), p, r)

        Raises
        ------
        SimulationError
            When streamed features are too ill-conditioned for normal equations.
        """
        right = right_sides if self.dual else self._transposed(right_sides)
        inner, safe = solve_gram(self.gram(), right, parameters, training, self._factorize)
        count, _, columns = inner.shape
        if self.dual:
            flat = self._transposed(inner.transpose(1, 0, 2).reshape(len(right), -1))
            inner = flat.reshape(-1, count, columns).transpose(1, 0, 2)
        if not safe.all():
            if isinstance(self.features, StreamedFeatures):
                raise SimulationError(
                    f"features of shape {self.features.shape} are too large for memory and too ill-conditioned for "
                    f"normal equations at ridge {min(parameters):g}; use a larger ridge or smaller sizes"
                )
            unsafe = [float(parameters[int(i)]) for i in np.flatnonzero(~safe)]
            inner[~safe] = decompose_singular(self.features).solve(right_sides, unsafe)
        return inner

    def decompose(self) -> Decomposition:
        """Return the decomposition of features that are held in memory."""
        assert not isinstance(self.features, StreamedFeatures)  # a campaign refuses what would need it
        return decompose(self.features, self.gram())

    def gram(self) -> Array:
        """Return ``Z Z^T`` if n < p, else ``Z^T Z``."""
        if self._gram is None:
            features = self.features
            if isinstance(features, StreamedFeatures):
                self._gram = features.gram()
            else:
                self._gram = features @ features.T if self.dual else features.T @ features
        return self._gram

    def _transposed(self, vectors: Array) -> Array:
        if isinstance(self.features, StreamedFeatures):
            return self.features.transposed(vectors)
        return self.features.T @ vectors


@dataclass(frozen=True)
class EnsembleProblem:
    """Independent problems on the same labels, whose predictors are averaged: coefficients side by side, over K."""

    members: list[RidgeProblem]

    def solve_path(
        self, right_sides: Array, parameters: Sequence[float], training: Training = RIDGE
    ) -> Array:
        """Return coefficients ``(parameters, K p, r)``."""
        solutions = [member.solve_path(right_sides, parameters, training) for member in self.members]
        return np.concatenate(solutions, axis=1) / len(self.members)

    def decompose(self) -> Decomposition:
        """Return the decompositions of the members as one."""
        return combine([member.decompose() for member in self.members])


class KernelProblem:
    """Coefficients of kernel regression ``f(x) = sum_i alpha_i k(x, x_i)`` for one kernel matrix.

    Parameters
    ----------
    gram : ndarray, shape (n, n)
        The kernel matrix K, symmetric and positive semidefinite.
    factorize : callable, optional
        Gives the lower Cholesky factor of ``K + ridge`` at a ridge, or None, if it is known.

    Examples
    --------
    >>> KernelProblem(np.diag([1.0, 3.0])).solve_path(np.array([[1.0], [2.0]]), [1.0])[0].ravel().round(12).tolist()
    [0.5, 0.5]
    """

    def __init__(self, gram: Array, factorize: Factorize | None = None) -> None:
        self.gram, self._factorize = gram, factorize

    def solve_path(
        self, right_sides: Array, parameters: Sequence[float], training: Training = RIDGE
    ) -> Array:
        """Return ``alpha = g(K) y`` at every ridge or time; see `RidgeProblem.solve_path`.

        With ridge 0 eigenvalues at rounding level count as zero.
        """
        solutions, safe = solve_gram(self.gram, right_sides, parameters, training, self._factorize)
        if not safe.all():
            unsafe = [float(parameters[int(i)]) for i in np.flatnonzero(~safe)]
            solutions[~safe] = self.decompose().solve(right_sides, unsafe)
        return solutions

    def decompose(self) -> Decomposition:
        """Return the eigendecomposition of the kernel matrix."""
        return decompose_kernel(self.gram)


def solve_gram(
    gram: Array,
    right_sides: Array,
    parameters: Sequence[float],
    training: Training,
    factorize: Factorize | None = None,
) -> tuple[Array, NDArray[np.bool_]]:
    """Apply the filter of a training method, as a function of a Gram matrix, to right-hand sides.

    Parameters
    ----------
    gram : ndarray, shape (m, m)
        Symmetric, positive semidefinite.
    right_sides : ndarray, shape (m, r)
        Vectors as columns.
    parameters : sequence of float
        Ridges or times.
    training : Training
        The filter g.
    factorize : callable, optional
        Gives the lower Cholesky factor of ``gram + ridge``, or None where there is none.

    Returns
    -------
    solutions : ndarray, shape (len(parameters), m, r)
    safe : ndarray of bool, shape (len(parameters),)
        False where the condition number is too large for the digits to be trusted; the solution is then zero.
    """
    solutions = np.zeros((len(parameters), *right_sides.shape))
    safe = np.zeros(len(parameters), dtype=bool)
    if training.method == "ridge" and len(parameters) < LONG_PATH:
        for position, ridge in enumerate(parameters):
            factor = cholesky(gram, ridge) if factorize is None else factorize(float(ridge))
            solution = _solve_by_cholesky(gram, factor, right_sides, ridge)
            if solution is not None:
                solutions[position], safe[position] = solution, True
        return solutions, safe
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    if training.method == "ridge":
        shifted = values[[0, -1]] + np.asarray(parameters)[:, None]
        safe = harmless(shifted[:, 0], shifted[:, 1])
    else:  # filters of gradient flow and descent are bounded: no condition number enters
        values, safe = np.maximum(values, 0.0), np.ones(len(parameters), dtype=bool)
    projected = vectors.T @ right_sides
    filters = [training.filter(values, float(parameters[int(i)])) for i in np.flatnonzero(safe)]
    if filters:
        weighted = np.stack(filters, axis=1)[:, :, None] * projected[:, None, :]  # (m, safe, r)
        found = vectors @ weighted.reshape(len(values), -1)
        solutions[safe] = found.reshape(weighted.shape).transpose(1, 0, 2)
    return solutions, safe


def cholesky(gram: Array, ridge: float) -> Array | None:
    """Return a matrix with the Cholesky factor of ``gram + ridge`` in its lower triangle, or None without one."""
    matrix = gram.copy()
    matrix.flat[:: len(matrix) + 1] += ridge
    try:
        return scipy.linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)[0]
    except scipy.linalg.LinAlgError:
        return None


def _solve_by_cholesky(gram: Array, factor: Array | None, right_sides: Array, ridge: float) -> Array | None:
    """Return ``(gram + ridge)^(-1) right_sides``, or None when its condition number is too large."""
    if factor is None:
        return None
    size = float(np.abs(gram).sum(axis=0).max()) + ridge
    reciprocal_condition, _ = lapack.dpocon(factor, size, uplo="L")
    if not reciprocal_condition >= SAFE_RECIPROCAL_CONDITION:
        return None
    return scipy.linalg.cho_solve((factor, True), right_sides, check_finite=False)
