"""Least squares of many small draws at once: stacks of matrices, which LAPACK takes one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.simulation.learning.spectral import (
    NEGATIVE,
    RIDGE,
    SAFE_RECIPROCAL_CONDITION,
    Decomposition,
    Training,
    harmless,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StackedProblem:
    """The problems of `asymptotics.simulation.learning.least_squares`, one for each draw of a stack.

    Attributes
    ----------
    design : ndarray, shape (draws, n, m)
        Features.
    metric : ndarray, shape (draws, m, m), or None
        Kernel matrices, which are the designs then.

    Notes
    -----
    A draw of a kernel that is not positive semidefinite has solutions that are no numbers: alone it is an error.

    Examples
    --------
    >>> Z = np.array([[[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]])
    >>> StackedProblem(Z, None).solve_path(np.ones((2, 3, 1)), [0.0])[:, 0, :, 0].round(12).tolist()
    [[1.0, 0.5], [0.5, 0.5]]
    """

    design: Array
    metric: Array | None

    def solve_path(self, right_sides: Array, parameters: Sequence[Any], training: Training = RIDGE) -> Array:
        """Coefficients ``(draws, parameters, m, r)`` for labels ``(draws, n, r)``."""
        return self.decompose().solve(right_sides, parameters, training)

    def decompose(self) -> Decomposition:
        """The decompositions of all draws: of Gram matrices, and of features where these are ill-conditioned."""
        if self.metric is not None:
            values, vectors = np.linalg.eigh(self.metric)
            negative = values[:, :1] < -NEGATIVE * np.abs(values[:, -1:])
            values = np.where(negative, np.nan, np.maximum(values, 0.0))
            return Decomposition(vectors, values, vectors, power=1)
        rows = self.design.swapaxes(-1, -2)
        wide = self.design.shape[-2] < self.design.shape[-1]
        values, vectors = np.linalg.eigh(self.design @ rows if wide else rows @ self.design)
        least = len(values[0]) * SAFE_RECIPROCAL_CONDITION  # of the norm of which one draw is judged by
        safe = harmless(values[:, 0], values[:, -1], least)
        values = np.sqrt(np.where(safe[:, None], values, 1.0))
        other = (rows if wide else self.design) @ vectors / values[:, None]
        left, right = (vectors, other) if wide else (other, vectors)
        if not safe.all():
            left[~safe], values[~safe], turned = np.linalg.svd(self.design[~safe], full_matrices=False)
            right[~safe] = turned.swapaxes(-1, -2)
        return Decomposition(left, values, right)
