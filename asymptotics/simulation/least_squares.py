"""Ridge regression and minimum-norm least squares through LAPACK, accurate at every ridge.

The normal equations of the smaller side are solved by Cholesky, or for a long path of ridges by one
eigendecomposition, when their condition number is known to be harmless; otherwise the singular value
decomposition of the feature matrix itself is used, which does not square the condition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

Array = NDArray[np.float64]

SAFE_RECIPROCAL_CONDITION = 1e-9
"""Normal equations are trusted above this reciprocal condition number: relative error about 1e-7."""

LONG_PATH = 12
"""From this number of ridges on, one eigendecomposition is cheaper than as many Cholesky factorizations."""


class RidgeProblem:
    """The problem ``min_a |y - Z a|^2 + ridge |a|^2`` for one Z and several right-hand sides and ridges.

    Parameters
    ----------
    features : ndarray, shape (n, p)
        The matrix Z.

    Examples
    --------
    >>> Z = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    >>> RidgeProblem(Z).solve(np.array([[1.0], [2.0], [3.0]]), ridge=1.0).ravel().round(12).tolist()
    [0.5, 0.8]
    """

    def __init__(self, features: Array) -> None:
        self.features = features
        self.dual = features.shape[0] < features.shape[1]
        self._gram: Array | None = None
        self._decomposition: tuple[Array, Array, Array] | None = None

    def solve(self, right_sides: Array, ridge: float) -> Array:
        """Return the minimizers, of least norm when ``ridge = 0``.

        Parameters
        ----------
        right_sides : ndarray, shape (n, r)
            The labels y, one problem per column.
        ridge : float
            Coefficient of the squared norm, nonnegative.

        Returns
        -------
        ndarray, shape (p, r)
        """
        if self._decomposition is None:
            solution = self._solve_normal_equations(right_sides, ridge)
            if solution is not None:
                return solution
        return self._solve_by_singular_values(right_sides, ridge)

    def solve_path(self, right_sides: Array, ridges: Sequence[float]) -> Array:
        """Return the minimizers at every ridge, sharing the expensive part of the work.

        Parameters
        ----------
        right_sides : ndarray, shape (n, r)
            The labels y, one problem per column.
        ridges : sequence of float
            Nonnegative.

        Returns
        -------
        ndarray, shape (len(ridges), p, r)

        Examples
        --------
        >>> Z = np.array([[1.0, 0.0], [0.0, 2.0]])
        >>> RidgeProblem(Z).solve_path(np.array([[1.0], [2.0]]), [0.0, 1.0])[:, :, 0].round(12).tolist()
        [[1.0, 1.0], [0.5, 0.8]]
        """
        if len(ridges) < LONG_PATH:
            return np.stack([self.solve(right_sides, ridge) for ridge in ridges])
        values, vectors = scipy.linalg.eigh(self._normal_matrix(), driver="evd", check_finite=False)
        projected = vectors.T @ (right_sides if self.dual else self.features.T @ right_sides)
        shifted = values[None, :] + np.asarray(ridges, dtype=np.float64)[:, None]
        safe = shifted[:, 0] >= SAFE_RECIPROCAL_CONDITION * shifted[:, -1]
        safe &= shifted[:, 0] > 0
        solutions = np.empty((len(ridges), self.features.shape[1], right_sides.shape[1]))
        for position in np.flatnonzero(safe):
            part = vectors @ (projected / shifted[position][:, None])
            solutions[position] = self.features.T @ part if self.dual else part
        for position in np.flatnonzero(~safe):
            solutions[position] = self._solve_by_singular_values(right_sides, float(ridges[int(position)]))
        return solutions

    def _normal_matrix(self) -> Array:
        if self._gram is None:
            features = self.features
            self._gram = features @ features.T if self.dual else features.T @ features
        return self._gram

    def _solve_normal_equations(self, right_sides: Array, ridge: float) -> Array | None:
        """Solve by Cholesky on the smaller side; None when the result could not be trusted."""
        features = self.features
        matrix = self._normal_matrix().copy()
        matrix.flat[:: len(matrix) + 1] += ridge
        size = float(np.abs(matrix).sum(axis=0).max())
        try:
            factor = scipy.linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        except scipy.linalg.LinAlgError:
            return None
        reciprocal_condition, _ = lapack.dpocon(factor[0], size, uplo="L")
        if not reciprocal_condition >= SAFE_RECIPROCAL_CONDITION:
            return None
        if self.dual:
            return features.T @ scipy.linalg.cho_solve(factor, right_sides, check_finite=False)
        return scipy.linalg.cho_solve(factor, features.T @ right_sides, check_finite=False)

    def _solve_by_singular_values(self, right_sides: Array, ridge: float) -> Array:
        """Solve from the singular values of Z; those at rounding level count as zero when ``ridge = 0``."""
        if self._decomposition is None:
            self._decomposition = _singular_values(self.features)
        left, values, right = self._decomposition
        if ridge > 0:
            weights = values / (values**2 + ridge)
        else:
            floor = max(self.features.shape) * np.finfo(np.float64).eps * values.max(initial=0.0)
            weights = np.divide(1.0, values, out=np.zeros_like(values), where=values > floor)
        return right.T @ (weights[:, None] * (left.T @ right_sides))


def _singular_values(matrix: Array) -> tuple[Array, Array, Array]:
    """Return the thin decomposition, by divide and conquer, or by the slower QR iteration if that fails."""
    try:
        return scipy.linalg.svd(matrix, full_matrices=False, check_finite=False)
    except scipy.linalg.LinAlgError:
        return scipy.linalg.svd(matrix, full_matrices=False, check_finite=False, lapack_driver="gesvd")
