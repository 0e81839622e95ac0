"""A training algorithm of the user's own, which need not be linear in the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.learning.spectral import Training

Array = NDArray[np.float64]

ALLOWED = "a function of features (n, m) and labels (n,) that returns m finite coefficients"


@dataclass(frozen=True)
class OwnTraining(Training):
    """Coefficients by any algorithm.

    It is run on the target alone and on the labels; what is counted as the part of the noise is the difference. For an
    algorithm that is linear in the labels these are the solutions for both right-hand sides.

    Attributes
    ----------
    method : str
    algorithm : callable
        From features ``(n, m)``, or the kernel matrix ``(n, n)``, and labels ``(n,)`` to coefficients ``(m,)``; always
        the same.

    Examples
    --------
    >>> own = OwnTraining("own training", algorithm=lambda Z, y: Z.T @ y)
    >>> own.train(np.eye(2), np.array([[1.0, 0.5], [0.0, 0.25]]))[0].tolist()
    [[1.0, 0.5], [0.0, 0.25]]
    """

    algorithm: Callable[[Array, Array], Array] | None = None
    names: ClassVar[tuple[str, ...]] = ()

    def solve(self, problem: Any, design: Any, labels: Array, parameters: Sequence[Any]) -> Array:
        """Coefficients ``(parameters, m, 2)`` by the algorithm."""
        return np.repeat(self.train(design, labels), len(parameters), axis=0)

    def train(self, design: Any, labels: Array) -> Array:
        """Coefficients ``(1, m, 2)`` from the target and from the noise.

        Parameters
        ----------
        design : ndarray, shape (n, m)
            Features of the training inputs, or their kernel matrix.
        labels : ndarray, shape (n, 2)
            Values of the target, and the noise.

        Raises
        ------
        SimulationError
            If they are not one finite number for each feature, or the features are too many to be kept.
        """
        if not isinstance(design, np.ndarray):
            raise SimulationError("the features are too many to be given to an algorithm of your own")
        clean = self._coefficients(design, labels[:, 0])
        noisy = self._coefficients(design, labels.sum(axis=1)) if labels[:, 1].any() else clean
        return np.stack([clean, noisy - clean], axis=-1)[None]

    def _coefficients(self, design: Array, labels: Array) -> Array:
        assert self.algorithm is not None
        found = np.asarray(self.algorithm(design.copy(), labels.copy()), dtype=np.float64)
        if found.shape != design.shape[1:] or not np.isfinite(found).all():
            raise SimulationError(
                f"training turned features of shape {design.shape} into coefficients of shape {found.shape}; it must "
                "return one finite number for each feature"
            )
        return found

    def describe(self) -> dict[str, Any]:
        """The name of the algorithm, and what it makes of a small problem."""
        name = getattr(self.algorithm, "__name__", None) or type(self.algorithm).__name__
        return {**super().describe(), "algorithm": name, "coefficients": self.fingerprint()}

    def fingerprint(self) -> str:
        """Digest of the coefficients of a fixed problem, to six digits."""
        generator = np.random.Generator(np.random.PCG64DXSM(0))
        gram = generator.standard_normal((6, 6))
        found = self._coefficients(gram @ gram.T, generator.standard_normal(6))
        return hashlib.sha256(",".join(f"{value:.5e}" for value in found + 0.0).encode()).hexdigest()[:16]


def as_own_training(algorithm: Any, ensemble: Any, labels: str) -> OwnTraining:
    """A user's algorithm, tried twice on a small problem.

    Parameters
    ----------
    algorithm : callable
        From features ``(n, m)`` and labels ``(n,)`` to coefficients ``(m,)``.
    ensemble : object
        What is asked for as an ensemble: only 1 is allowed.
    labels : str
        How labels are taken: drawn ones only.

    Raises
    ------
    InputError
        If it fails, is not the same twice, or is asked for together with an ensemble or averaged labels.
    """
    found = OwnTraining("own training", algorithm=algorithm)
    if not (np.ndim(ensemble) == 0 and ensemble == 1):
        raise InputError("ensemble", ensemble, "1 for an algorithm of your own")
    if labels == "averaged":
        raise InputError("labels", labels, "'drawn' for an algorithm of your own")
    try:
        once, again = found.fingerprint(), found.fingerprint()
    except Exception as error:
        raise InputError("training", algorithm, ALLOWED, f"calling it failed: {error}") from error
    if once != again:
        raise InputError("training", algorithm, f"{ALLOWED}, the same ones every time")
    return found
