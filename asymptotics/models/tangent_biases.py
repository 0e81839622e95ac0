r"""Linearized networks with random biases: all their features as one law of constants.

Neurons are :math:`\sigma(\langle w_j,x\rangle/\sqrt d + b_j)`, and biases are trained with the first layer, in units
of their standard deviation s. With :math:`\kappa_b` the kernel of :math:`\sigma'(\cdot + b)`, the slopes of a neuron in
its weights are ``d`` features of kernel :math:`t\,\kappa_b(t)`, that in its bias one of kernel
:math:`s^2\kappa_b(t)`, and its output, where it is trained, one more. Features are taken for independent, of a law of
constants over the biases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.moved import linear_and_rest
from asymptotics.models.feature_law import FEATURE_LAW, LAW_DIGITS, FeatureLaw, Row
from asymptotics.models.gaussian_squares import gaussian_squares
from asymptotics.models.model import Model
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.posed import Posed
from asymptotics.models.regimes import real_sizes
from asymptotics.models.theory import Theory

__all__ = ["BiasedNetwork", "pose_with_biases"]

FORMULA = "all features of a law of constants over the biases (prediction)"
_DEGREE_TWO = "degree two is partly learned there, and is taken for noise"
_SINGLE = "slopes of a few neurons weigh samples unequally"
_SAMPLES, _FEWEST, _SHORT = 0.125, 30, 4.0


@lru_cache(maxsize=64)
def _rows(network: Any, d: int) -> tuple[Row, ...]:
    """Features of every kind at every node of the laws of biases and of the second layer."""
    points, weights = network.biases.nodes
    square, random, tangent = network.biases.variance, *map(float, network.kernel_weights)
    mean, linear, rest = linear_and_rest(network.slope, 1.0, points, d)
    # Times t: of degree zero is what degree one was, of degree one the constant.
    slopes = linear / d, mean, (mean + linear + rest) - linear / d - mean
    second = gaussian_squares(DoublesOfLists()) if network.gaussian else ([1.0], [1.0])
    kinds = [(d, tangent, slopes, second), (1, tangent * square, (mean, linear, rest), second)]
    if network.trains_both:
        outputs = linear_and_rest(network.activation, 1.0, points, d)
        kinds.append((1, random, outputs, ([1.0], [1.0])))
    total = sum(count for count, *_ in kinds)
    # Every kind is a mean over neurons, whatever its share of all features.
    return tuple(
        (weight * part * count / total, *(float(scale * w * column[k]) for column in columns), count / total)
        for count, scale, columns, law in kinds
        for w, part in zip(*law, strict=True)
        for k, weight in enumerate(weights.tolist())
    )


@dataclass(frozen=True)
class NetworkLaw(FeatureLaw):
    """The law of the constants of all features of a linearized network with biases.

    Attributes
    ----------
    model : BiasedNetwork
        With ``network``.
    """

    def rows(self, digits: int | None = None, certified: bool = False) -> tuple[Row, ...]:
        """Nodes of the laws, in doubles."""
        return _rows(self.model.network, int(self.d))


@dataclass(frozen=True)
class BiasedNetwork(Model):
    """A linearized network with random biases, as features of a law of constants.

    Attributes
    ----------
    network : NeuralTangentRidge
    """

    network: Any
    theory: ClassVar[Theory] = FEATURE_LAW
    has_dimension: ClassVar[bool | None] = True
    without_next_order: ClassVar[str] = "features with biases"

    @property
    def biases(self) -> Any:
        """Their law."""
        return self.network.biases

    @property
    def target(self) -> Any:
        """Of the network."""
        return self.network.target

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the network."""
        return self.network.noise

    @property
    def digits_known(self) -> float:
        """Those of averages over the biases."""
        return min(float(self.network.activation.digits_known), LAW_DIGITS)

    def measure(self, d: int | float | None) -> NetworkLaw:
        """The law of the constants."""
        return NetworkLaw(self, math.inf if d is None else d)

    def __str__(self) -> str:
        return str(self.network)


def pose_with_biases(network: Any, regime: Any, shape: tuple[int, ...]) -> Iterator[Posed]:
    """The problems that answer for a linearized network with biases.

    Parameters
    ----------
    network : NeuralTangentRidge
        With ``biases``.
    regime : Regime
    shape : tuple of int
        Of the question.

    Raises
    ------
    InputError
        In a limit, from a random function, and with inputs of a covariance: simulations know them.
    """
    simulated = "simulate(...) draws such networks; equations are known for output='zero' on the sphere"
    if network.starts_randomly or network.inputs is not None:
        raise InputError("biases", str(network.biases), "None here", simulated)
    if regime.dimension is None:
        advice = "slopes in weights and in biases are different numbers of features: give FiniteSize"
        raise InputError("regime", regime, "FiniteSize", advice)
    given = regime.parameters(network)
    d, n, p = (np.broadcast_to(np.asarray(given[k], dtype=float), shape).ravel() for k in ("d", "n", "p"))
    features = p * (d + (2 if network.trains_both else 1))
    many, single = n > _SAMPLES * d**2, (p <= _FEWEST) & (n <= _SHORT * d)
    for caution, chosen in {_DEGREE_TWO: many, _SINGLE: single & ~many, "": ~(many | single)}.items():
        if (where := np.flatnonzero(chosen)).size:
            sizes = real_sizes({"d": d, "n": n, "p": features}, where, shape)
            yield Posed(BiasedNetwork(network), *sizes, FORMULA, caution)
