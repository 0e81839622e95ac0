r"""Constants of the layers of a deep network, and balls around them where the radius of a layer is one.

The neurons of a layer whose inputs have mean square :math:`r^2` are :math:`\sigma(rz)`, with ``z`` standard normal.
Known at rational radii :math:`l \le r \le u`, their constants are enclosed at ``r``: the density of :math:`rz` over
that of :math:`uz` is at most :math:`u/r`, so that :math:`r\,E\sigma(rz)^2` grows with ``r``; and with
:math:`h_0 = 1, h_1 = z` the slope in ``r`` of :math:`E\sigma(rz)h_k(z)` is
:math:`E\sigma(rz)[(z^2-1)h_k - zh_k']/r`, by Cauchy and Schwarz at most
:math:`\sqrt{c_k\,E\sigma(rz)^2}/r` with :math:`c_0 = E(z^2-1)^2 = 2` and :math:`c_1 = E(z^3-2z)^2 = 7`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.functions.activations import Activation
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.moved import moved
from asymptotics.lowering.balls import Ball, Balls

__all__ = ["LayerConstants", "enclosed_layers"]

_SLOPES = (2, 7)


@dataclass(frozen=True)
class LayerConstants:
    """Constants of one layer, for each neuron of a law, or for all of them alike.

    Attributes
    ----------
    weights, linear, rest : tuple
        Share of the neurons; squared linear constant per weight; variance of what is not linear.
    mean, total : number
        Mean square of the means of neurons, and of the neurons.
    """

    weights: tuple[Any, ...]
    linear: tuple[Any, ...]
    rest: tuple[Any, ...]
    mean: Any
    total: Any


def enclosed_layers(activations: tuple[Activation, ...], arithmetic: Balls) -> tuple[LayerConstants, ...]:
    """Balls around the constants of every layer, each at the radius that the layer below gives it.

    Parameters
    ----------
    activations : tuple of Activation
        From the inputs outwards; all but the last of mean zero.
    arithmetic : Balls
        Its precision must be in force.

    Raises
    ------
    InputError, PrecisionError
        If an activation has no formula, its constants are not enclosed, or a layer below another may have a mean.

    Examples
    --------
    >>> arithmetic = Balls(12)
    >>> with arithmetic.precision():
    ...     layers = enclosed_layers((Activation.named("tanh"), Activation.named("tanh")), arithmetic)
    >>> print(Ball(layers[1].total, 8))
    [0.23645041 +/- 5.01e-10]
    """
    found: list[LayerConstants] = []
    for activation in activations:
        square = found[-1].total if found else arithmetic.convert(1)
        if found and not found[-1].mean == 0:
            raise PrecisionError(
                "the mean of a layer is not certainly zero", "take odd activations below the last layer"
            )
        found.append(_layer(activation, square, arithmetic))
    return tuple(found)


def _layer(activation: Activation, square: Any, arithmetic: Balls) -> LayerConstants:
    """Constants at a radius whose square is a ball."""
    low, high = _around(arithmetic.sqrt(square), arithmetic)
    least = _expanded(activation, low, arithmetic)
    if low == high:
        mean, linear, total = least
    else:
        most = _expanded(activation, high, arithmetic)
        ratio = arithmetic.convert(high / low)
        total = arithmetic.hull(least[2] / ratio, most[2] * ratio)
        # Moments have moved by their slope, at most, over the distance between the radii.
        reach = arithmetic.sqrt(most[2] * ratio) * arithmetic.convert(high / low - 1)
        # A mean that is exactly zero is so for a reason that holds at every radius: parity.
        mean, linear = (
            value if value == 0 else _widened(value, reach * arithmetic.sqrt(arithmetic.convert(slope)), arithmetic)
            for value, slope in zip(least[:2], _SLOPES, strict=True)
        )  # fmt: skip
    return LayerConstants((1,), (linear / square,), (total - mean - linear,), mean, total)


def _expanded(activation: Activation, radius: Fraction, arithmetic: Balls) -> tuple[Any, Any, Any]:
    """Squared mean, squared linear moment, and mean square at a rational radius."""
    found = expand_certified(moved(activation, radius), math.inf, 1, arithmetic.digits)
    return found.powers[0], found.powers[1], found.total


def _widened(square: Any, reach: Any, arithmetic: Balls) -> Any:
    """Square of a moment that has moved by at most so much."""
    moment = arithmetic.sqrt(square)
    return arithmetic.hull(moment - reach, moment + reach) ** 2


def _around(radius: Any, arithmetic: Balls) -> tuple[Fraction, Fraction]:
    """Rational numbers below and above a ball, the same where it is exact."""
    ball = Ball(radius, arithmetic.digits + 5)
    return _exactly(ball.lower), _exactly(ball.upper)


def _exactly(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
