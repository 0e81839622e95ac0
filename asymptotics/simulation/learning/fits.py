"""One draw of a model: its features on the training inputs, and the rule for fresh ones."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Inputs
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.least_squares import EnsembleProblem, KernelProblem, RidgeProblem
from asymptotics.simulation.learning.normal_equations import Factorize
from asymptotics.simulation.learning.spectral import RIDGE, Decomposition, Training
from asymptotics.simulation.learning.stacks import StackedProblem
from asymptotics.simulation.learning.streaming import Real, StreamedFeatures, in_double, turned

Array = NDArray[np.float64]
Function = Callable[[Real], Real]

CHUNK, SMALL_CHUNK = 2**17, 2**15
"""Activations are evaluated on so many numbers at a time, which stay in cache; on fewer where all are few."""


class PathProblem(Protocol):
    """Finds coefficients from labels."""

    def solve_path(self, right_sides: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """Coefficients ``(parameters, m, r)`` for labels ``(n, r)``.

        Parameters
        ----------
        right_sides : ndarray
            Shape (n, r).
        parameters : sequence of Any
            Ridges or times of the path.
        training : Training
            The method.
        """

    def decompose(self) -> Decomposition:
        """The decomposition on which coefficients are filters of the labels."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One draw of a learner on one set of training inputs, in the precision of these, or a stack of draws.

    Attributes
    ----------
    design : ndarray or StreamedFeatures, shape (n, m)
        Training predictions are ``design @ coefficients``.
    width : int
        The number p of features of one predictor; 0 for kernels.
    fresh_design : callable
        From inputs ``(k, d)`` and a generator to the matrix ``(k, m)`` that predicts there.
    metric : ndarray, shape (m, m), or None
        Squared norm of coefficients a is ``a^T metric a``; None is the identity.
    members : int
        Number K of predictors with p features each, whose mean is taken and whose squared norms are averaged.
    centers : ndarray, shape (m, d), or None
        Where features are ``scale * sigma(<center_j, x>/sqrt(d))``, or, with a spectrum that is given, have the
        coordinates ``scale * center_j`` along the eigenfunctions.
    scale : float
        See ``centers``.
    start : callable, or None
        The function that training starts from, of inputs ``(k, d)``; zero if None.
    """

    design: Real | StreamedFeatures
    width: int
    fresh_design: Callable[[Array, np.random.Generator], Real]
    metric: Real | None = None
    members: int = 1
    centers: Array | None = None
    scale: float = 1.0
    start: Callable[[Array], Array] | None = None

    def problem(self, gram: Real | None = None, factorize: Factorize | None = None) -> PathProblem:
        """The least-squares problem, with what is known already of its Gram matrix.

        Parameters
        ----------
        gram : Real, optional
            Of this draw, if it is known.
        factorize : Factorize, optional
            How to factor it.
        """
        if isinstance(self.design, np.ndarray) and self.design.ndim > 2:
            return StackedProblem(self.design, self.metric)
        if self.metric is not None:
            return KernelProblem(self.metric, factorize)
        if self.members > 1:
            assert isinstance(self.design, np.ndarray)
            blocks = np.split(self.design, self.members, axis=1)
            return EnsembleProblem([RidgeProblem(block) for block in blocks])
        return RidgeProblem(self.design, gram, factorize)

    def columns(self, n: int, p: int) -> Any:
        """The index of the coefficients that the first n inputs and p features of each predictor have.

        Parameters
        ----------
        n : int
            Inputs.
        p : int
            Features of each predictor.
        """
        if self.metric is not None:
            return slice(0, n)
        if p == self.width:
            return slice(None)
        if self.members == 1:
            return slice(0, p)
        return (np.arange(self.members)[:, None] * self.width + np.arange(p)).ravel()

    def part(self, n: int, p: int) -> Fit:
        """The draw with the first n inputs and p features only, normalized as a draw of these sizes.

        Parameters
        ----------
        n, p : int
            Inputs, and features of each predictor.
        """
        if (n, p) == (self.design.shape[-2], self.width):
            return self
        columns, factor = self.columns(n, p), self.factor(p)
        if isinstance(self.design, StreamedFeatures):
            design: Real | StreamedFeatures = self.design.leading(n, p, factor)
        else:
            design = self.design[:n, columns] * factor
        return replace(
            self,
            design=design,
            width=p,
            fresh_design=lambda points, noise: self.fresh_design(points, noise)[:, columns] * factor,
            metric=None if self.metric is None else self.metric[:n, :n],
            centers=None if self.centers is None else self.centers[columns],
            scale=self.scale * factor,
        )

    def factor(self, p: int) -> float:
        """What features change by when there are p of them only: they carry ``1/sqrt(p)``."""
        return 1.0 if p == self.width else float(np.sqrt(self.width / p))

    def embed(self, n: int, p: int, coefficients: Array) -> Array:
        """Coefficients ``(k, m, r)`` of a part as coefficients of the whole draw, which predict the same.

        Parameters
        ----------
        n : int
            Inputs of the part.
        p : int
            Features of the part.
        coefficients : ndarray
            Shape (k, m, r).
        """
        if (n, p) == (self.design.shape[-2], self.width):
            return coefficients
        count, _, columns = coefficients.shape
        result = np.zeros((count, self.design.shape[1], columns))
        result[:, self.columns(n, p)] = self.factor(p) * coefficients
        return result

    def predict(self, coefficients: Array) -> Real:
        """Predictions ``(n, k)`` on the training inputs for coefficients ``(m, k)``."""
        return in_double(self.design) @ coefficients

    def squared_norms(self, coefficients: Array) -> Array:
        """Squared norms of coefficients ``(k, m)`` as ``(k,)``."""
        images = coefficients if self.metric is None else coefficients @ self.metric
        return self.members * np.einsum("...km,...km->...k", coefficients, images)


class Learner(ABC):
    """What is trained: features or a kernel, as frozen data. Subclasses define `kind`, `function` and `draw`.

    Attributes
    ----------
    kind : str
        Name of the family.
    function_kind : str
        What the function is: activation, kernel, or feature map.
    has_features : bool
        Whether there is a number p of features; a kernel has infinitely many, and draws none.
    least_dimension : int
        Smallest dimension of the inputs.
    varies_with_sizes : bool
        Whether d and p are part of what identifies the function, so that nested sizes with different p are drawn
        separately.
    always_exact : bool
        Whether errors on fresh inputs are known without an expansion of the function.
    stacks : bool
        Whether `draw` takes inputs ``(replicates, n, d)``, with the generators of all.
    """

    kind: ClassVar[str]
    function_kind: ClassVar[str]
    has_features: ClassVar[bool] = True
    least_dimension: ClassVar[int] = 2
    varies_with_sizes: ClassVar[bool] = False
    always_exact: ClassVar[bool] = False
    stacks: ClassVar[bool] = False

    @property
    @abstractmethod
    def function(self) -> Any:
        """What identifies it."""

    def options(self) -> dict[str, int]:
        """What else identifies it."""
        return {}

    @property
    def series_degree(self) -> int | None:
        """The degree up to which features are made of an expansion; None where they are made of the function."""
        return None

    def centers(self, n: int, p: int) -> int:
        """Number m of coefficients.

        Parameters
        ----------
        n : int
            Samples.
        p : int
            Features.
        """
        return p

    def profile(self, d: int) -> Function | None:
        """Sigma of features ``sigma(<center, x>/sqrt(d))``, or None if they have no such form."""
        return None

    def choose_weights(self, inputs: Inputs, asked: str | None) -> str:
        """Name of the law of the weights for inputs, from what a user asked for.

        Parameters
        ----------
        inputs : Inputs
            Their law.
        asked : str, optional
            Name that a user gave.

        Raises
        ------
        InputError
            If the two do not go together.
        """
        if asked is None:
            return inputs.weights[0]
        if not isinstance(asked, str) or asked not in inputs.weights:
            raise InputError("weights", asked, "one of " + ", ".join(map(repr, inputs.weights)))
        return asked

    def check(self, inputs: Inputs, d: int) -> None:
        """Check that the function is defined on inputs of a dimension; nothing by default.

        Parameters
        ----------
        inputs : Inputs
            Their law.
        d : int
            Dimension.

        Raises
        ------
        InputError
            If it is not.
        """
        return

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Values by which the function is told from others of the same name, for inputs with this ``|x|^2/d``.

        Parameters
        ----------
        d : int
            Dimension.
        p : int
            Features.
        squared_norm : float
            Of the inputs, over d.
        """
        return np.asarray(self.function(math.sqrt(squared_norm) * np.linspace(-8.0, 8.0, 257)))

    def fingerprint(self, d: int = 3, p: int = 3, squared_norm: float = 1.0) -> tuple[str, str]:
        """Name of the function, and a digest of its values.

        Two functions of one name do not mix in a store. Seven digits at up to 257 points are compared: enough to
        tell functions apart, few enough that another implementation of the same function counts as the same.

        Parameters
        ----------
        d : int
            Dimension.
        p : int
            Features.
        squared_norm : float
            Of the inputs, over d.
        """
        function = self.function
        name = (
            getattr(function, "name", None) or getattr(function, "__name__", None) or type(function).__name__
        )
        far = (
            (squared_norm,) if squared_norm > 1.0 else ()
        )  # a learner of one's own may know near values only
        with np.errstate(all="ignore"):
            values = np.asarray(self.values(d, p, *far), dtype=np.float64).ravel()
        scale = np.abs(values[np.isfinite(values)]).max(initial=0.0) or 1.0
        rounded = f"{scale:.6e}:" + ",".join(f"{value + 0.0:.7f}" for value in np.round(values / scale, 7))
        return str(name), hashlib.sha256(rounded.encode()).hexdigest()[:16]

    @property
    def dimension(self) -> int | None:
        """The dimension of the inputs, where it is no choice."""
        return None

    def infinitely_wide(self) -> Learner:
        """What it becomes with infinitely many features: itself, where that is no choice."""
        return self

    @abstractmethod
    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw the weights, in double precision, and compute the features in the precision of the inputs.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            Training inputs.
        weights : Law
            Law of the weights.
        p : int
            Number of features; 0 where none are drawn.
        generator : numpy.random.Generator
            Source of randomness.
        series : PopulationSeries or None
            Expansion of the function, where it is needed.

        Returns
        -------
        Fit
        """


def features(activation: Function, points: Real, weights: Real, scale: float) -> Real:
    """``scale * sigma(<theta_j, x_i>/sqrt(d))`` in the precision of the weights.

    Parameters
    ----------
    activation : callable
        The function sigma.
    points : ndarray, shape (..., k, d)
        Inputs x_i as rows.
    weights : ndarray, shape (..., m, d)
        Weights theta_j as rows.
    scale : float
        Factor, such as ``1/sqrt(p)``.

    Returns
    -------
    ndarray, shape (..., k, m)

    Raises
    ------
    SimulationError
        If the activation returns something that is not finite or has another shape.

    Examples
    --------
    >>> features(np.sign, np.array([[3.0, 1.0]]), np.eye(2), 0.5).tolist()
    [[0.5, 0.5]]
    """
    projections = points.astype(weights.dtype, copy=False) @ turned(weights)
    rows = projections.reshape(-1, projections.shape[-1])
    chunk_size = CHUNK if rows.size > 4 * CHUNK else SMALL_CHUNK
    root, step = math.sqrt(points.shape[-1]), max(1, chunk_size // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):  # in chunks of rows, which stay in cache
        chunk = rows[start : start + step]
        chunk /= root
        values = np.asarray(activation(chunk), dtype=weights.dtype)
        if values.shape != chunk.shape:
            raise SimulationError(
                f"the activation turned shape {chunk.shape} into {values.shape}; it must act entry by entry"
            )
        np.multiply(values, scale, out=chunk)
        if not np.isfinite(chunk.sum()):
            raise SimulationError("the activation returned a value that is not finite on the sampled inputs")
    return projections
