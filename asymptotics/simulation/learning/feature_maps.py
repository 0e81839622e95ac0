"""Feature maps to simulate, beyond one random layer; patterns for a user's own.

A feature map is called once per replicate as ``feature_map(generator, d, p)``. It draws whatever is random
and returns a function from inputs ``(k, d)`` to features ``(k, m)``, scaled as the features of the model are.
Plain frozen data with a ``__call__``, as below, can be sent to worker processes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.learning.streaming import Real

Function = Callable[[Real], Real]


@dataclass(frozen=True)
class TangentFeatures:
    r"""Tangent features of a two-layer network with p hidden units.

    .. math:: z(x) = \Big(\frac{\sigma'(\langle\theta_j,x\rangle/\sqrt d)\,x_i}{\sqrt{p\,d}}\Big)_{j\le
    p,\,i\le d}

    followed, if an activation is given, by the features of the second layer,
    :math:`\sigma(\langle\theta_j,x\rangle/\sqrt d)/\sqrt p`. Weights are uniform on the sphere of radius
    :math:`\sqrt d`.

    Attributes
    ----------
    derivative : callable
        The derivative of the activation, vectorized.
    activation : callable, optional
        The activation, to add the features of the second layer.

    Examples
    --------
    >>> mapping = TangentFeatures(np.cos, np.sin)(np.random.default_rng(0), 4, 3)
    >>> mapping(np.ones((2, 4))).shape
    (2, 15)
    """

    derivative: Function
    activation: Function | None = None

    def __call__(self, generator: np.random.Generator, d: int, p: int) -> Function:
        """Draw the weights and return the map."""
        weights = SPHERE.sample(p, d, generator)

        def features(points: Real) -> Real:
            projections = points @ weights.astype(points.dtype, copy=False).T / math.sqrt(d)
            tangent = self.derivative(projections)[:, :, None] * points[:, None, :]
            parts = [tangent.reshape(len(points), -1) / math.sqrt(p * d)]
            if self.activation is not None:
                parts.append(self.activation(projections) / math.sqrt(p))
            return np.concatenate(parts, axis=1)

        return features


@dataclass(frozen=True)
class DeepFeatures:
    r"""Features of several random layers, the last of width p.

    .. math:: h_0 = x,\qquad h_{l+1} = \sigma(W_l h_l/\sqrt{\dim h_l}),\qquad z(x) = h_L/\sqrt p

    with independent standard Gaussian :math:`W_l`.

    Attributes
    ----------
    activation : callable
        The function sigma, the same in every layer.
    widths : tuple of float
        Widths of the hidden layers before the last, in units of d.

    Examples
    --------
    >>> mapping = DeepFeatures(np.tanh, widths=(2.0, 1.5))(np.random.default_rng(0), 4, 3)
    >>> mapping(np.ones((2, 4))).shape
    (2, 3)
    """

    activation: Function
    widths: tuple[float, ...] = ()

    def __call__(self, generator: np.random.Generator, d: int, p: int) -> Function:
        """Draw the weights of every layer and return the map."""
        sizes = [d, *(max(1, round(width * d)) for width in self.widths), p]
        layers = [generator.standard_normal((after, before)) for before, after in itertools.pairwise(sizes)]

        def features(points: Real) -> Real:
            hidden = points
            for layer in layers:
                width = math.sqrt(hidden.shape[1])
                hidden = self.activation(hidden @ layer.astype(points.dtype, copy=False).T / width)
            return hidden / math.sqrt(p)

        return features
