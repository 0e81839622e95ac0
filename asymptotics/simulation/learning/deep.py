r"""Random features of several layers, drawn as they are defined.

.. math:: \varphi_0 = x,\qquad \varphi_l = \sigma_l(W_l\varphi_{l-1}),\qquad z(x) = \varphi_L/\sqrt{p_L}

with rows of :math:`W_l` of mean square norm one: independent Gaussian entries, rows on the sphere, or orthogonal ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Inputs
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.fits import Array, Fit, Learner, features
from asymptotics.simulation.learning.streaming import Real

Draw = Callable[[int, int, np.random.Generator], Array]


def gaussian_rows(p: int, d: int, generator: np.random.Generator) -> Array:
    """Independent entries of variance ``1/d``.

    Parameters
    ----------
    p, d : int
        Rows and columns.
    generator : numpy.random.Generator
    """
    return generator.standard_normal((p, d)) / math.sqrt(d)


def spherical_rows(p: int, d: int, generator: np.random.Generator) -> Array:
    """Independent rows of norm one.

    Parameters
    ----------
    p, d : int
        Rows and columns.
    generator : numpy.random.Generator
    """
    found = generator.standard_normal((p, d))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def orthogonal_rows(p: int, d: int, generator: np.random.Generator) -> Array:
    """Orthonormal rows, or ``sqrt(p/d)`` times the first d columns of an orthogonal matrix where p is larger.

    Parameters
    ----------
    p, d : int
        Rows and columns.
    generator : numpy.random.Generator

    Examples
    --------
    >>> rows = orthogonal_rows(2, 3, np.random.default_rng(0))
    >>> bool(np.allclose(rows @ rows.T, np.eye(2)))
    True
    >>> frame = orthogonal_rows(4, 2, np.random.default_rng(0))
    >>> bool(np.allclose(frame.T @ frame, 2 * np.eye(2)))
    True
    """
    found, triangle = np.linalg.qr(generator.standard_normal((max(p, d), min(p, d))))
    # The signs make the factor Haar distributed.
    found *= np.where(np.diag(triangle) < 0, -1.0, 1.0)
    return np.asarray(found.T if p <= d else math.sqrt(p / d) * found)


DRAWS: Mapping[str, Draw] = {
    "gaussian": gaussian_rows,
    "sphere": spherical_rows,
    "orthogonal": orthogonal_rows,
}
"""How the weights of a layer are drawn, by the name of their law."""


@dataclass(frozen=True)
class DeepFeatures(Learner):
    """Random features of several layers.

    Attributes
    ----------
    activations : tuple of callable
        From the inputs outwards.
    weights : tuple of str
        Laws of the weights of each layer.
    hidden : tuple of int
        Widths of all layers but the last.
    """

    activations: tuple[Any, ...]
    weights: tuple[str, ...]
    hidden: tuple[int, ...]
    kind: ClassVar[str] = "deep random features"
    function_kind: ClassVar[str] = "activation"

    @property
    def name(self) -> str:
        """The activations."""
        return ", ".join(str(getattr(f, "name", None) or f) for f in self.activations)

    @property
    def function(self) -> Any:
        """The learner itself, by the name of its activations."""
        return self

    def options(self) -> dict[str, Any]:
        """Widths and laws of weights."""
        return {"hidden": list(self.hidden), "layer_weights": list(self.weights)}

    def values(self, d: int, p: int, squared_norm: float = 1.0) -> Array:
        """Values of all activations."""
        grid = math.sqrt(squared_norm) * np.linspace(-8.0, 8.0, 257)
        return np.concatenate([np.asarray(f(grid)) for f in self.activations])

    def choose_weights(self, inputs: Inputs, asked: str | None) -> str:
        """The layers have laws of their own.

        Raises
        ------
        InputError
            If another is asked for.
        """
        if asked is not None:
            raise InputError(
                "weights", asked, "None: asymptotics.Layer(..., weights=) says those of each layer"
            )
        return inputs.weights[0]

    def draw(
        self, points: Real, weights: Law, p: int, generator: np.random.Generator, series: PopulationSeries | None
    ) -> Fit:  # fmt: skip
        """Draw the weights of every layer; see `Learner.draw`."""
        sizes = (points.shape[1], *self.hidden, p)
        drawn = [
            DRAWS[law](after, before, generator)
            for law, (before, after) in zip(self.weights, itertools.pairwise(sizes), strict=True)
        ]

        def apply(inputs: Real, _: np.random.Generator | None = None) -> Real:
            found = inputs.astype(points.dtype, copy=False)
            for number, (activation, rows) in enumerate(zip(self.activations, drawn, strict=True), 1):
                scale = 1 / math.sqrt(p) if number == len(drawn) else 1.0
                by_root = math.sqrt(found.shape[1]) * rows
                found = features(activation, found, by_root.astype(points.dtype, copy=False), scale)
            return found

        return Fit(apply(points), p, apply)
