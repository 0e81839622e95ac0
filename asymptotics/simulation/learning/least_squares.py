"""Least squares with ridge or by gradient steps, through LAPACK, accurate at every ridge and time.

The normal equations of the smaller side are solved by Cholesky, or for a long path of ridges by one
eigendecomposition, when their condition number is known to be harmless; otherwise the singular value
decomposition of the feature matrix itself is used, which does not square the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.learning.normal_equations import (
    SINGLE_KERNEL_CONDITION,
    SINGLE_RECIPROCAL_CONDITION,
    Factorize,
    on_stack,
    solve_gram,
    solve_refined,
)
from asymptotics.simulation.learning.spectral import (
    RIDGE,
    Decomposition,
    Training,
    combine,
    decompose,
    decompose_kernel,
    decompose_singular,
)
from asymptotics.simulation.learning.streaming import Real, StreamedFeatures, in_double

Array = NDArray[np.float64]

NORM_ERROR, SINGLE_NORM_ERROR = 1e-7, 3e-5
"""Relative error of the squared norm of a kernel predictor above which it is not trusted."""


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
        features: Real | StreamedFeatures,
        gram: Real | None = None,
        factorize: Factorize | None = None,
    ) -> None:
        self.features = features
        self.dual = features.shape[0] < features.shape[1]
        self._gram, self._factorize = gram, factorize

    def solve_path(self, right_sides: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """The coefficients at every ridge or time, sharing the expensive part of the work.

        Parameters
        ----------
        right_sides : ndarray, shape (n, r)
            The labels y, one problem per column.
        parameters : sequence
            Ridges, times, or what else training has, nonnegative. Ridge 0 gives the minimizer of least norm.
        training : Training
            Ridge regression by default.

        Returns
        -------
        ndarray, shape (len(parameters), p, r)

        Raises
        ------
        SimulationError
            If streamed features are too ill-conditioned for normal equations, or features in single precision
            for that precision.
        """
        if self.features.dtype == np.float32:
            return self._solve_refined(right_sides, parameters)
        right = right_sides if self.dual else self._transposed(right_sides)
        inner, safe = solve_gram(self.gram(), right, parameters, training, self._factorize)
        if self.dual:
            inner = on_stack(self._transposed, inner)
        if not safe.all():
            if isinstance(self.features, StreamedFeatures):
                raise SimulationError(
                    f"features of shape {self.features.shape} are too large for memory and too ill-conditioned for "
                    f"normal equations at {', '.join(training.names)} = {parameters[int(np.argmin(safe))]}; "
                    "use a larger ridge, a shorter time or smaller sizes"
                )
            unsafe = [parameters[int(i)] for i in np.flatnonzero(~safe)]
            inner[~safe] = decompose_singular(self.features).solve(right_sides, unsafe, training)
        return inner

    def decompose(self) -> Decomposition:
        """The decomposition of features that are held in memory."""
        assert not isinstance(self.features, StreamedFeatures)  # a campaign refuses what would need it
        return decompose(self.features, self.gram())

    def gram(self) -> Real:
        """``Z Z^T`` if n < p, else ``Z^T Z``."""
        if self._gram is None:
            features = self.features
            if isinstance(features, StreamedFeatures):
                self._gram = features.gram()
            else:
                self._gram = features @ features.T if self.dual else features.T @ features
        return self._gram

    def _transposed(self, vectors: Real) -> Real:
        features = in_double(self.features)
        return (
            features.transposed(vectors) if isinstance(features, StreamedFeatures) else features.T @ vectors
        )

    def _solve_refined(self, right_sides: Array, ridges: Sequence[float]) -> Array:
        wide, gram, transposed = in_double(self.features), self.gram(), self._transposed
        least, factorize = SINGLE_RECIPROCAL_CONDITION, self._factorize
        if not self.dual:
            right = transposed(right_sides)
            return solve_refined(gram, lambda v: transposed(wide @ v), right, ridges, least, factorize)
        inner = solve_refined(gram, lambda v: wide @ transposed(v), right_sides, ridges, least, factorize)
        return on_stack(transposed, inner)


@dataclass(frozen=True)
class EnsembleProblem:
    """Independent problems on the same labels, whose predictors are averaged: coefficients side by side, over K."""

    members: list[RidgeProblem]

    def solve_path(self, right_sides: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """Coefficients ``(parameters, K p, r)``."""
        solutions = [member.solve_path(right_sides, parameters, training) for member in self.members]
        return np.concatenate(solutions, axis=1) / len(self.members)

    def decompose(self) -> Decomposition:
        """The decompositions of the members as one."""
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

    def __init__(self, gram: Real, factorize: Factorize | None = None) -> None:
        self.gram, self._factorize = gram, factorize

    def solve_path(self, right_sides: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """``alpha = g(K) y`` at every ridge or time; see `RidgeProblem.solve_path`.

        With ridge 0 eigenvalues at rounding level count as zero.
        """
        if self.gram.dtype == np.float32:
            wide = in_double(self.gram)
            least, factorize = SINGLE_KERNEL_CONDITION, self._factorize
            refined = solve_refined(self.gram, lambda v: wide @ v, right_sides, parameters, least, factorize)
            if not self._resolves_norms(refined, SINGLE_NORM_ERROR).all():
                raise SimulationError("the norm is lost in the rounding of the kernel; use double precision")
            return refined
        solutions, safe = solve_gram(self.gram, right_sides, parameters, training, self._factorize)
        if training.method == "ridge":
            safe &= self._resolves_norms(solutions, NORM_ERROR)
        if not safe.all():
            unsafe = [parameters[int(i)] for i in np.flatnonzero(~safe)]
            solutions[~safe] = self.decompose().solve(right_sides, unsafe, training)
        return solutions

    def _resolves_norms(self, solutions: Array, error: float) -> NDArray[np.bool_]:
        """Where ``alpha^T K alpha`` stands out of what the rounding of K leaves of it.

        Along the null space of K coefficients are as large as labels over the ridge, and contribute nothing but that.
        """
        images = on_stack(lambda v: in_double(self.gram) @ v, solutions)
        norms = np.einsum("imr,imr->i", solutions, images)
        scale = np.finfo(self.gram.dtype).eps * float(np.abs(self.gram).sum(axis=0).max())
        return scale * np.einsum("imr,imr->i", solutions, solutions) <= error * norms

    def decompose(self) -> Decomposition:
        """The eigendecomposition of the kernel matrix."""
        return decompose_kernel(self.gram)
