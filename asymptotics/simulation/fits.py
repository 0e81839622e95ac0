"""One draw of a model: its features on the training inputs, and the rule for fresh ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.least_squares import RIDGE, Training
from asymptotics.simulation.population import PopulationSeries
from asymptotics.simulation.streaming import StreamedFeatures

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


class PathProblem(Protocol):
    """Finds coefficients from labels."""

    def solve_path(
        self, right_sides: Array, parameters: Sequence[float], training: Training = RIDGE
    ) -> Array:
        """Return coefficients ``(parameters, m, r)`` for labels ``(n, r)``."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One draw of a learner on one set of training inputs.

    Attributes
    ----------
    design : ndarray or StreamedFeatures, shape (n, m)
        Training predictions are ``design @ coefficients``.
    problem : PathProblem
        Finds the coefficients.
    fresh_design : callable
        From inputs ``(k, d)`` and a generator to the matrix ``(k, m)`` that predicts there.
    metric : ndarray, shape (m, m), or None
        Squared norm of coefficients a is ``a^T metric a``; None is the identity.
    norm_scale : float
        Factor of the squared norm.
    centers : ndarray, shape (m, d), or None
        Where features are ``scale * sigma(<center_j, x>/sqrt(d))``.
    scale : float
        See ``centers``.
    """

    design: Array | StreamedFeatures
    problem: PathProblem
    fresh_design: Callable[[Array, np.random.Generator], Array]
    metric: Array | None = None
    norm_scale: float = 1.0
    centers: Array | None = None
    scale: float = 1.0

    def squared_norms(self, coefficients: Array) -> Array:
        """Return squared norms of coefficients ``(k, m)`` as ``(k,)``."""
        images = coefficients if self.metric is None else coefficients @ self.metric
        return self.norm_scale * np.einsum("km,km->k", coefficients, images)


class Learner(Protocol):
    """What the simulator asks of a model."""

    @property
    def kind(self) -> str:
        """Name of the family."""

    @property
    def function_kind(self) -> str:
        """What the function is: activation, kernel, or feature map."""

    @property
    def function(self) -> Any:
        """What identifies it."""

    def options(self) -> dict[str, int]:
        """Return what else identifies it."""

    def centers(self, n: int, p: int) -> int:
        """Return the number m of coefficients."""

    def profile(self, d: int) -> Function | None:
        """Return sigma of features ``sigma(<center, x>/sqrt(d))``, or None if they have no such form."""

    def draw(
        self,
        points: Array,
        weights: str,
        p: int,
        generator: np.random.Generator,
        series: PopulationSeries | None,
    ) -> Fit:
        """Draw the weights and set up the least-squares problem."""


def features(activation: Function, points: Array, weights: Array, scale: float) -> Array:
    """Return ``scale * sigma(<theta_j, x_i>/sqrt(d))``.

    Parameters
    ----------
    activation : callable
        The function sigma.
    points : ndarray, shape (k, d)
        Inputs x_i as rows.
    weights : ndarray, shape (m, d)
        Weights theta_j as rows.
    scale : float
        Factor, such as ``1/sqrt(p)``.

    Returns
    -------
    ndarray, shape (k, m)

    Raises
    ------
    SimulationError
        When the activation returns something that is not finite or has another shape.

    Examples
    --------
    >>> features(np.sign, np.array([[3.0, 1.0]]), np.eye(2), 0.5).tolist()
    [[0.5, 0.5]]
    """
    projections = points @ weights.T
    projections /= np.sqrt(points.shape[1])
    values = np.asarray(activation(projections), dtype=np.float64)
    if values.shape != projections.shape:
        raise SimulationError(
            f"the activation turned shape {projections.shape} into {values.shape}; it must act entry by entry"
        )
    np.multiply(values, scale, out=projections)
    if not np.isfinite(projections.sum()):
        raise SimulationError("the activation returned a value that is not finite on the sampled inputs")
    return projections
