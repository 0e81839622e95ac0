"""Training as a filter of the spectrum, and the decompositions on which a whole path of filters is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from asymptotics.errors import SimulationError

Array = NDArray[np.float64]

NEGATIVE = 1e-7
"""A negative eigenvalue above this share of the largest one is no rounding."""

SAFE_RECIPROCAL_CONDITION = 1e-9
"""Normal equations are trusted above this reciprocal condition number: relative error about 1e-7."""


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
    def names(self) -> tuple[str, ...]:
        """Names of the parameters of a path: of one its values are numbers, of several tuples of them."""
        return ("ridge",) if self.method == "ridge" else ("time",)

    @property
    def stacks(self) -> bool:
        """Whether its filters act on eigenvalues one by one, whatever the others are."""
        return self.method in ("ridge", "flow")

    def describe(self) -> dict[str, Any]:
        """What identifies it in a store, besides its path."""
        return {"training": self.method, "step_size": self.step_size}

    def solve(self, problem: Any, design: Any, labels: Array, parameters: Sequence[Any]) -> Array:
        """Coefficients ``(parameters, m, r)`` of a problem from labels ``(n, r)``.

        Parameters
        ----------
        problem : PathProblem
            The least-squares problem.
        design : ndarray
            Features, if they are at hand.
        labels : ndarray
            Shape (n, r).
        parameters : sequence of Any
            Ridges or times of the path.
        """
        found: Array = problem.solve_path(labels, parameters, self)
        return found

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """The filter g at nonnegative eigenvalues; with ridge 0 they must be positive.

        Parameters
        ----------
        eigenvalues : ndarray
            Not negative.
        parameter : number
            Ridge, time or number of steps.

        Raises
        ------
        SimulationError
            If gradient descent diverges.

        Examples
        --------
        >>> Training("flow").filter(np.array([0.0, 2.0]), 1.0).round(6).tolist()
        [1.0, 0.432332]
        """
        if self.method == "ridge":
            return 1.0 / (eigenvalues + parameter)
        if parameter == np.inf:
            return np.divide(1.0, eigenvalues, out=np.zeros_like(eigenvalues), where=eigenvalues > 0)
        if self.method == "flow":
            learned = -np.expm1(-parameter * eigenvalues)
        else:
            steps = self._steps(eigenvalues, parameter)
            small = np.minimum(self.step_size * eigenvalues, 0.5)
            direct = 1.0 - (1.0 - self.step_size * eigenvalues) ** steps
            learned = np.where(small < 0.5, -np.expm1(steps * np.log1p(-small)), direct)
        vanishing = (
            parameter * eigenvalues < 1e-250
        )  # g(0) = t, also where the quotient would lose its digits
        return np.divide(learned, eigenvalues, out=np.full_like(eigenvalues, parameter), where=~vanishing)

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """``1 - x g(x)``, the share of the labels that is not learned, without cancellation.

        With ridge 0 eigenvalues must be positive.

        Parameters
        ----------
        eigenvalues : ndarray
            Not negative.
        parameter : number
            Ridge, time or number of steps.

        Examples
        --------
        >>> Training().remaining(np.array([1.0, 2.0**70]), 1.0).tolist()
        [0.5, 8.470329472543003e-22]
        """
        if self.method == "ridge":
            return parameter / (eigenvalues + parameter)
        if parameter == np.inf:
            return (eigenvalues == 0).astype(np.float64)
        if self.method == "flow":
            return np.exp(-parameter * eigenvalues)
        return (1.0 - self.step_size * eigenvalues) ** self._steps(eigenvalues, parameter)

    def _steps(self, eigenvalues: Array, time: float) -> int:
        if self.step_size * eigenvalues.max(initial=0.0) > 2:
            raise SimulationError(
                f"gradient descent diverges: step_size = {self.step_size:g} exceeds 2 over the largest eigenvalue "
                f"{eigenvalues.max():.6g} of Z^T Z; use a smaller step_size"
            )
        return round(time / self.step_size)


RIDGE = Training()


@dataclass(frozen=True, eq=False)
class Decomposition:
    r"""A matrix that predicts the training labels, as ``left diag(values) right^T``.

    Every training method has coefficients ``right diag(f) left^T y`` with the filters f of `filters`.

    Attributes
    ----------
    left : ndarray, shape (n, r)
        Orthonormal columns; for an ensemble K such blocks side by side.
    values : ndarray, shape (r,)
        Nonnegative.
    right : ndarray, shape (m, r)
        Orthonormal columns; for an ensemble their blocks on the diagonal, over K.
    power : int
        Filters act on ``values**power``: 2 for features, whose normal equations have squared singular values,
        1 for a kernel matrix.
    members : int
        Size K of an ensemble.

    Examples
    --------
    >>> parts = decompose_kernel(np.diag([1.0, 0.0]))
    >>> parts.solve(np.ones((2, 1)), [0.0, 1.0])[:, :, 0].tolist()
    [[1.0, 0.0], [0.5, 0.0]]
    """

    left: Array
    values: Array
    right: Array
    power: int = 2
    members: int = 1

    def filters(self, parameters: Sequence[Any], training: Training) -> tuple[Array, Array]:
        """Filters f, and the shares ``1 - values f`` of the labels that are not learned.

        Parameters
        ----------
        parameters : sequence
            Ridges, times, or what else training has.
        training : Training
            What they mean.

        Returns
        -------
        filters, remaining : ndarray, shape (len(parameters), r)

        Notes
        -----
        Values at rounding level count as zero: nothing is learned there.
        """
        largest = self.values.max(axis=-1, initial=0.0, keepdims=True)
        size = max(self.left.shape[-2], self.right.shape[-2])
        resolved = ~(self.values <= size * np.finfo(np.float64).eps * largest)
        if self.values.ndim == 1:
            values = self.values[resolved]
        else:  # of every replicate as many: what is not resolved is put away below
            values = np.where(resolved, self.values, np.where(largest > 0, largest, 1.0))
        eigenvalues = values**self.power
        learned = [values ** (self.power - 1) * training.filter(eigenvalues, point) for point in parameters]
        left = [training.remaining(eigenvalues, point) for point in parameters]
        return _placed(learned, resolved, 0.0), _placed(left, resolved, 1.0)

    def solve(self, labels: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """Coefficients ``(len(parameters), m, r)`` for labels ``(n, r)``.

        Parameters
        ----------
        labels : ndarray
            Shape (n, r).
        parameters : sequence of Any
            Ridges or times of the path.
        training : Training
            The method.
        """
        filters, _ = self.filters(parameters, training)
        projected = self.left.swapaxes(-1, -2) @ labels
        paths = np.moveaxis(filters, -2, 0)[..., None]
        return np.stack([self.right @ (weights * projected) for weights in paths], axis=-3)


def _placed(rows: Sequence[Array], resolved: NDArray[np.bool_], other: float) -> Array:
    """What every value of a path is where values are resolved, and another number elsewhere."""
    found = np.full((*resolved.shape[:-1], len(rows), resolved.shape[-1]), other)
    for place, row in enumerate(rows):
        found[..., place, :][resolved] = row if resolved.ndim == 1 else row[resolved]
    return found


def harmless(smallest: Array, largest: Array, least: float = SAFE_RECIPROCAL_CONDITION) -> NDArray[np.bool_]:
    """Whether normal equations with these extreme eigenvalues can be trusted.

    Parameters
    ----------
    smallest : ndarray
        Extreme eigenvalues.
    largest : ndarray
        Of the same shape.
    least : float
        Smallest ratio that is trusted.

    Examples
    --------
    >>> harmless(np.array([1e-8, 1e-10, 0.0]), np.array([1.0, 1.0, 0.0])).tolist()
    [True, False, False]
    """
    return (smallest > 0) & (smallest >= least * largest)


def decompose(features: Array, gram: Array) -> Decomposition:
    """The thin decomposition of features, by their Gram matrix where its condition is harmless.

    Parameters
    ----------
    features : ndarray, shape (n, p)
        The matrix Z.
    gram : ndarray, shape (n, n) or (p, p)
        Z Z^T if n < p, else Z^T Z.

    Returns
    -------
    Decomposition

    Examples
    --------
    >>> Z = np.array([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    >>> decompose(Z, Z.T @ Z).values.round(12).tolist()
    [2.0, 3.0]
    """
    eigenvalues, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    if not harmless(eigenvalues[0], eigenvalues[-1]):
        return decompose_singular(features)
    values = np.sqrt(eigenvalues)
    if features.shape[0] < features.shape[1]:
        return Decomposition(vectors, values, features.T @ vectors / values)
    return Decomposition(features @ vectors / values, values, vectors)


def decompose_singular(features: Array) -> Decomposition:
    """The thin singular value decomposition: slower, and accurate at every condition."""
    try:
        parts = scipy.linalg.svd(features, full_matrices=False, check_finite=False)
    except scipy.linalg.LinAlgError:  # QR iteration is slower still than divide and conquer, and converges
        parts = scipy.linalg.svd(features, full_matrices=False, check_finite=False, lapack_driver="gesvd")
    left, values, right = parts
    return Decomposition(left, values, right.T)


def decompose_kernel(gram: Array) -> Decomposition:
    """The eigendecomposition of a kernel matrix, on which filters act without squares."""
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    return Decomposition(vectors, without_rounding(values), vectors, power=1)


def without_rounding(values: Array) -> Array:
    """Eigenvalues, in increasing order, of a matrix that has no negative ones but by rounding.

    Raises
    ------
    SimulationError
        If it has: a kernel on the sphere need not be one for other inputs.

    Examples
    --------
    >>> without_rounding(np.array([-1e-17, 2.0])).tolist()
    [0.0, 2.0]
    """
    if values[0] < -NEGATIVE * np.abs(values[-1]):
        raise SimulationError(
            f"the kernel is not positive semidefinite on these inputs: its matrix has eigenvalues from {values[0]:.3g} "
            f"to {values[-1]:.3g}; a sum of powers of <x, x'> with nonnegative coefficients is, on all inputs"
        )
    return np.maximum(values, 0.0)


def combine(members: Sequence[Decomposition]) -> Decomposition:
    """The decomposition of an ensemble, whose coefficients are those of its members side by side, over K."""
    return Decomposition(
        np.concatenate([member.left for member in members], axis=1),
        np.concatenate([member.values for member in members]),
        scipy.linalg.block_diag(*(member.right for member in members)) / len(members),
        members=len(members),
    )
