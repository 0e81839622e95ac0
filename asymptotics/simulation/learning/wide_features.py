r"""Random features beyond one activation and independent weights: groups, random biases, orthogonal and sparse weights.

Features are :math:`\sigma_g(s_g\langle\theta_j, x\rangle/\sqrt d + b_j)/\sqrt{r\,p}` with the ridge ``r`` of their
group: a ridge of its own is another scale of the features, and the squared norm is then what the energy weighs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.deep import orthogonal_rows
from asymptotics.simulation.learning.fits import Array, Fit, Learner
from asymptotics.simulation.learning.streaming import Real

_WHOLE = 1e-9


@dataclass(frozen=True)
class WideFeatures(Learner):
    """Random features in groups.

    Attributes
    ----------
    groups : tuple
        With ``activation`` (a vectorized function), ``share``, ``scale`` and ``ridge``.
    biases : object, optional
        With ``draw(count, generator)``; no biases if None.
    structure : str
        ``""`` for the independent weights of the law, ``"orthogonal"`` for rows of a Haar matrix, a tight frame where
        there are more than dimensions.
    density : float
        Share of the entries of a weight that are not zero, at random places.
    """

    groups: tuple[Any, ...]
    biases: Any = None
    structure: str = ""
    density: float = 1.0
    kind: ClassVar[str] = "wide features"
    function_kind: ClassVar[str] = "activation"
    varies_with_sizes: ClassVar[bool] = True

    @property
    def function(self) -> Any:
        """The activation of the first group; the others are options."""
        return self.groups[0].activation

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Values of the functions of all groups."""
        places = math.sqrt(squared_norm) * np.linspace(-8.0, 8.0, 257)
        return np.concatenate([group.activation(float(group.scale) * places) for group in self.groups])

    def options(self) -> dict[str, Any]:
        """What else is drawn."""
        groups = [[str(g.activation), *(float(x) for x in (g.share, g.scale, g.ridge))] for g in self.groups]
        biases = None if self.biases is None else str(self.biases)
        return {"groups": groups, "biases": biases, "structure": self.structure, "density": self.density}

    def widths(self, p: int) -> list[int]:
        """Numbers of features of the groups.

        Raises
        ------
        InputError
            If the shares of so many features are no whole numbers.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> WideFeatures(tuple(SimpleNamespace(share=s) for s in (0.25, 0.75))).widths(8)
        [2, 6]
        """
        exact = [float(group.share) * p for group in self.groups]
        found = [round(width) for width in exact]
        if any(abs(a - b) > _WHOLE * p for a, b in zip(exact, found, strict=True)) or sum(found) != p:
            shares = ", ".join(f"{width:g}" for width in exact)
            advice = f"its groups would have {shares} features"
            raise InputError("p", p, "a number of which the shares of all groups are whole numbers", advice)
        return found

    def weights(self, p: int, d: int, law: Law, generator: np.random.Generator) -> Array:
        """Draw the weights, of mean squared norm ``d``.

        Parameters
        ----------
        p, d : int
            Features, and dimension of the inputs.
        law : Law
            Of dense weights without a structure.
        generator : numpy.random.Generator
        """
        if self.structure == "orthogonal":
            return math.sqrt(d) * orthogonal_rows(p, d, generator)
        if self.density < 1:
            return sparse_rows(p, d, max(1, round(self.density * d)), generator)
        return law.sample(p, d, generator)

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw weights and biases; see `Learner.draw`."""
        d, widths = points.shape[1], self.widths(p)
        theta = self.weights(p, d, weights, generator)
        shifts = np.zeros(p) if self.biases is None else self.biases.draw(p, generator)
        edges = np.cumsum([0, *widths])

        def design(inputs: Array, _: np.random.Generator | None = None) -> Real:
            projections = inputs @ theta.T / math.sqrt(d)
            found = np.empty(projections.shape)
            for group, start, end in zip(self.groups, edges[:-1], edges[1:], strict=True):
                values = group.activation(float(group.scale) * projections[:, start:end] + shifts[start:end])
                found[:, start:end] = values / math.sqrt(p * float(group.ridge))
            return found.astype(points.dtype, copy=False)

        return Fit(design(points), p, design)


def sparse_rows(p: int, d: int, count: int, generator: np.random.Generator) -> Array:
    """Rows of norm ``sqrt(d)`` with Gaussian entries at ``count`` random places, zero elsewhere.

    Parameters
    ----------
    p, d : int
        Rows and columns.
    count : int
        Entries of a row that are not zero.
    generator : numpy.random.Generator

    Examples
    --------
    >>> rows = sparse_rows(4, 9, 2, np.random.default_rng(0))
    >>> (rows != 0).sum(axis=1).tolist(), np.round((rows**2).sum(axis=1), 12).tolist()
    ([2, 2, 2, 2], [9.0, 9.0, 9.0, 9.0])
    """
    order = np.argsort(generator.random((p, d)), axis=1)
    rows = generator.standard_normal((p, d)) * (np.argsort(order, axis=1) < count)
    rows *= math.sqrt(d) / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
