r"""Training methods by their definitions: one step, or what is learned along an eigenvector, for one drawn matrix.

Every method here is linear in the labels and starts from zero. Along an eigenvector of :math:`Z^TZ` with eigenvalue x
the coefficient of a unit label is a number :math:`g(x)`: of a method with steps, what that many make of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.learning.spectral import Training

__all__ = ["Combination", "Components", "Filter", "Flow", "Iterated", "Momentum"]

Array = NDArray[np.float64]

_EDGE = 1e-9


def _repeated(rows: Sequence[Sequence[Any]], times: int, start: Array) -> Array:
    """The first entry of what a linear map, with one matrix per eigenvalue, makes of a start in so many steps."""
    matrix = np.stack(
        [np.stack(np.broadcast_arrays(*row, rows[0][0])[:-1], axis=-1) for row in rows], axis=-2
    )
    found: Array = np.linalg.matrix_power(matrix.astype(np.float64), times)[..., 0, :] @ start
    return found


@dataclass(frozen=True)
class Flow(Training):
    r"""Gradient flow with weight decay, :math:`\dot a = -Z^T(Za - y) - \delta a`, for a time.

    Examples
    --------
    >>> Flow("gradient flow").filter(np.array([0.0, 2.0]), (np.inf, 0.5)).tolist()
    [2.0, 0.4]
    """

    names: ClassVar[tuple[str, ...]] = ("time", "ridge")

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """What is learned, over the eigenvalue."""
        time, ridge = parameter
        return Training("flow").filter(eigenvalues + ridge, time)

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """The share of the labels that is left."""
        time, ridge = parameter
        return ridge * self.filter(eigenvalues, parameter) + Training("flow").remaining(
            eigenvalues + ridge, time
        )


@dataclass(frozen=True)
class Momentum(Training):
    r"""Steps from zero: gradient descent, the heavy ball, and Nesterov's method with constant momentum.

    Attributes
    ----------
    method : str
    momentum : {"none", "before", "ahead"}
        The gradient is taken where the coefficients are, or where the momentum takes them.

    Notes
    -----
    With the step :math:`\eta` and the momentum :math:`\beta`, the heavy ball is
    :math:`a_{k+1} = a_k - \eta\nabla(a_k) + \beta(a_k - a_{k-1})`, Nesterov's method
    :math:`a_{k+1} = b_k - \eta\nabla(b_k)`, :math:`b_k = a_k + \beta(a_k - a_{k-1})`. As many steps as are asked for
    are one power of the matrix of a step.

    Examples
    --------
    >>> Momentum("heavy ball", momentum="before").filter(np.array([1.0]), (2, 0.25, 0.5)).tolist()
    [0.5625]
    """

    momentum: str = "none"

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Steps, their size, and the momentum if there is one."""
        return ("steps", "step_size") + (() if self.momentum == "none" else ("momentum",))

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """The coefficient of a unit label after the steps."""
        steps, now, before = self._step(eigenvalues, parameter)
        fresh, start = np.full_like(now, parameter[1]), np.array([0.0, 0.0, 1.0])
        return _repeated([[now, before, fresh], [1, 0, 0], [0, 0, 1]], steps, start)

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """What the same steps leave of a unit label."""
        steps, now, before = self._step(eigenvalues, parameter)
        return _repeated([[now, before], [1, 0]], steps, np.ones(2))

    def _step(self, eigenvalues: Array, parameter: Any) -> tuple[int, Array, Array]:
        """Number of steps, and what a step takes of a coefficient and of the one before.

        Raises
        ------
        SimulationError
            If steps grow without bound.
        """
        steps, step_size, *rest = parameter
        beta = rest[0] if rest else 0.0
        kept = 1.0 - step_size * eigenvalues
        ahead = kept if self.momentum == "ahead" else 1.0
        now, before = kept + beta * ahead, -beta * ahead * np.ones_like(kept)
        if eigenvalues.size:
            worst = int(np.argmax(eigenvalues))
            growth = np.abs(np.roots([1.0, -now[worst], -before[worst]])).max()
            if growth > 1 + _EDGE:
                raise SimulationError(
                    f"{self.method} diverges: with step_size = {step_size:g} it grows by {growth:.6g} per step along "
                    f"the largest eigenvalue {eigenvalues[worst]:.6g} of Z^T Z; use a smaller step_size"
                )
        return round(steps), now, before


@dataclass(frozen=True)
class Iterated(Training):
    r"""Ridge regression on what is left, several times.

    Examples
    --------
    >>> Iterated("iterated ridge").remaining(np.array([0.0, 0.5]), (0.5, 3)).tolist()
    [1.0, 0.125]
    """

    names: ClassVar[tuple[str, ...]] = ("ridge", "times")

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """Every time the ridge solution for what is left is added."""
        ridge, times = parameter
        solved = 1.0 / (eigenvalues + ridge)
        return _repeated([[ridge * solved, solved], [0, 1]], round(times), np.array([0.0, 1.0]))

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """The share that ridge regression leaves, as many times."""
        ridge, times = parameter
        return (ridge / (eigenvalues + ridge)) ** round(times)


@dataclass(frozen=True)
class Components(Training):
    """Least squares on the principal components with eigenvalues above a threshold.

    Examples
    --------
    >>> Components("principal components").filter(np.array([0.2, 2.0]), 0.5).tolist()
    [0.0, 0.5]
    """

    names: ClassVar[tuple[str, ...]] = ("above",)

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """The inverse, above the threshold."""
        return self._above(eigenvalues, parameter) / np.maximum(eigenvalues, parameter)

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """Everything below the threshold."""
        return 1.0 - self._above(eigenvalues, parameter)

    @staticmethod
    def _above(eigenvalues: Array, parameter: Any) -> Array:
        return (eigenvalues > parameter).astype(np.float64)


@dataclass(frozen=True)
class Filter(Training):
    """What a function leaves of the labels.

    Attributes
    ----------
    method : str
    left : callable
        An array of eigenvalues to an array.

    Examples
    --------
    >>> Filter("spectral filter", left=lambda x: 1 / (1 + x)).filter(np.array([0.0, 1.0]), ()).tolist()
    [0.0, 0.5]
    """

    left: Callable[[Array], Array] | None = None
    names: ClassVar[tuple[str, ...]] = ()

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """What is learned over the eigenvalue; nothing at eigenvalues of rounding."""
        resolved = eigenvalues > np.finfo(np.float64).eps * eigenvalues.max(initial=0.0)
        learned = 1.0 - self.remaining(eigenvalues, parameter)
        return np.divide(learned, eigenvalues, out=np.zeros_like(eigenvalues), where=resolved)

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """The value of the function.

        Raises
        ------
        InputError
            If it does not give one finite number for each eigenvalue, or not one at zero.
        """
        assert self.left is not None
        asked = np.append(eigenvalues, 0.0)
        found = np.asarray(self.left(asked), dtype=np.float64)
        if found.shape != asked.shape or not np.isfinite(found).all():
            raise InputError("left", self.left, "one finite number for each eigenvalue")
        if abs(found[-1] - 1) > _EDGE:
            raise InputError("left", float(found[-1]), "a function that is one at zero")
        return found[:-1]

    def describe(self) -> dict[str, Any]:
        """The method, and its values."""
        grid = np.geomspace(1e-8, 1e8, 129)
        with np.errstate(all="ignore"):
            values = np.asarray(self.left(grid) if self.left else [], dtype=np.float64)
        return {**super().describe(), "filter": [float(f"{value:.7g}") for value in values.ravel()]}


@dataclass(frozen=True)
class Combination(Training):
    """A weighted sum of ridge predictors.

    Attributes
    ----------
    method : str
    ridges, weights : tuple of float

    Examples
    --------
    >>> mean = Combination("combination of ridges", ridges=(1.0, 3.0), weights=(0.5, 0.5))
    >>> mean.remaining(np.array([1.0]), ()).tolist()
    [0.625]
    """

    ridges: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    names: ClassVar[tuple[str, ...]] = ()

    def filter(self, eigenvalues: Array, parameter: Any) -> Array:
        """Of each ridge, weighted."""
        return self._sum(lambda ridge: 1.0 / (eigenvalues + ridge))

    def remaining(self, eigenvalues: Array, parameter: Any) -> Array:
        """Of each ridge, weighted."""
        return self._sum(lambda ridge: ridge / (eigenvalues + ridge))

    def _sum(self, term: Callable[[float], Array]) -> Array:
        terms = [weight * term(ridge) for ridge, weight in zip(self.ridges, self.weights, strict=True)]
        return np.sum(terms, axis=0)

    def describe(self) -> dict[str, Any]:
        """The method, its ridges and weights."""
        return {**super().describe(), "ridges": list(self.ridges), "weights": list(self.weights)}
