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
from asymptotics.simulation.streaming import StreamedFeatures

Array = NDArray[np.float64]
Factorize = Callable[[float], Array | None]

SAFE_RECIPROCAL_CONDITION = 1e-9
"""Normal equations are trusted above this reciprocal condition number: relative error about 1e-7."""

LONG_PATH = 12
"""From this number of ridges on, one eigendecomposition is cheaper than as many Cholesky factorizations."""


@dataclass(frozen=True)
class Training:
    r"""How coefficients are found from features Z and labels y.

    Attributes
    ----------
    method : {"ridge", "flow", "descent"}
        Ridge regression with parameter :math:`\lambda` (0: minimum norm); gradient flow
        :math:`\dot a = -Z^T(Za - y)` from 0 up to a time; gradient descent
        :math:`a \leftarrow a - \eta Z^T(Za - y)` from 0 up to a time, which is the number of steps times
        :math:`\eta`.
    step_size : float
        The step :math:`\eta` of gradient descent.

    Notes
    -----
    All are spectral filters: :math:`a = g(Z^TZ) Z^T y` with :math:`g(x) = 1/(x+\lambda)`,
    :math:`(1 - e^{-tx})/x`, :math:`(1 - (1-\eta x)^k)/x`.
    """

    method: str = "ridge"
    step_size: float = 0.0

    @property
    def parameter(self) -> str:
        """Name of the parameter of a path: ``"ridge"`` or ``"time"``."""
        return "ridge" if self.method == "ridge" else "time"

    def filter(self, eigenvalues: Array, parameter: float) -> Array:
        """Return g at nonnegative eigenvalues.

        Raises
        ------
        SimulationError
            When gradient descent diverges.

        Examples
        --------
        >>> Training("flow").filter(np.array([0.0, 2.0]), 1.0).round(6).tolist()
        [1.0, 0.432332]
        """
        if self.method == "ridge":
            return 1.0 / (eigenvalues + parameter)
        if self.method == "flow":
            remaining = -np.expm1(-parameter * eigenvalues)
        else:
            steps = round(parameter / self.step_size)
            if self.step_size * eigenvalues.max(initial=0.0) > 2:
                raise SimulationError(
                    f"gradient descent diverges: step_size = {self.step_size:g} exceeds 2 over the largest eigenvalue "
                    f"{eigenvalues.max():.6g} of Z^T Z; use a smaller step_size"
                )
            small = np.minimum(self.step_size * eigenvalues, 0.5)
            direct = 1.0 - (1.0 - self.step_size * eigenvalues) ** steps
            remaining = np.where(small < 0.5, -np.expm1(steps * np.log1p(-small)), direct)
        vanishing = (
            parameter * eigenvalues < 1e-250
        )  # g(0) = t, also where the quotient would lose its digits
        return np.divide(remaining, eigenvalues, out=np.full_like(eigenvalues, parameter), where=~vanishing)


RIDGE = Training()


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
        features = self.features
        if self._gram is None:
            if isinstance(features, StreamedFeatures):
                self._gram = features.gram()
            else:
                self._gram = features @ features.T if self.dual else features.T @ features
        right = right_sides if self.dual else self._transposed(right_sides)
        inner, safe = solve_gram(self._gram, right, parameters, training, self._factorize)
        count, _, columns = inner.shape
        if self.dual:
            flat = self._transposed(inner.transpose(1, 0, 2).reshape(len(right), -1))
            inner = flat.reshape(-1, count, columns).transpose(1, 0, 2)
        if not safe.all():
            if isinstance(features, StreamedFeatures):
                raise SimulationError(
                    f"features of shape {features.shape} are too large for memory and too ill-conditioned for normal "
                    f"equations at ridge {min(parameters):g}; use a larger ridge or smaller sizes"
                )
            left, values, right_vectors = _singular_values(features)
            projected = left.T @ right_sides
            floor = max(features.shape) * np.finfo(np.float64).eps * values.max(initial=0.0)
            for position in np.flatnonzero(~safe):
                ridge = float(parameters[int(position)])
                weights = _filtered_singular_values(values, ridge, floor)
                inner[position] = right_vectors.T @ (weights[:, None] * projected)
        return inner

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
            values, vectors = scipy.linalg.eigh(self.gram, driver="evd", check_finite=False)
            values = np.maximum(values, 0.0)
            projected = vectors.T @ right_sides
            floor = len(values) * np.finfo(np.float64).eps * values[-1]
            for position in np.flatnonzero(~safe):
                ridge = float(parameters[int(position)])
                inverse = np.divide(
                    1.0, values + ridge, out=np.zeros_like(values), where=values + ridge > floor
                )
                solutions[position] = vectors @ (inverse[:, None] * projected)
        return solutions


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
        safe = (shifted[:, 0] >= SAFE_RECIPROCAL_CONDITION * shifted[:, 1]) & (shifted[:, 0] > 0)
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


def _filtered_singular_values(values: Array, ridge: float, floor: float) -> Array:
    """Return s/(s^2 + ridge) for singular values above the floor; below it they are rounding, and count as 0."""
    weights = np.zeros_like(values)
    return np.divide(values, values**2 + ridge, out=weights, where=values > floor)


def _singular_values(matrix: Array) -> tuple[Array, Array, Array]:
    """Return the thin decomposition, by divide and conquer, or by the slower QR iteration if that fails."""
    try:
        return scipy.linalg.svd(matrix, full_matrices=False, check_finite=False)
    except scipy.linalg.LinAlgError:
        return scipy.linalg.svd(matrix, full_matrices=False, check_finite=False, lapack_driver="gesvd")
