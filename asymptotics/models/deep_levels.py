"""Constants of the layers of a deep network at the radii that their inputs have, and the law of random biases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from mpmath.libmp import to_rational

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import Activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.moved import linear_and_rest, moved
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.deep_equations import OF_LAW, letters, mark
from asymptotics.models.feature_groups import BiasLaw
from asymptotics.models.layer_constants import LayerConstants, enclosed_layers
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure
from asymptotics.models.network_levels import DoublesOfLists

__all__ = ["LAW_DIGITS", "DeepLevels", "constants_of", "has_mean"]

LAW_DIGITS = 12
"""Digits to which averages over the biases that a mean gives are known."""

_SPARE = 10
_NO_MEAN = 1e-24
"""Share of the mean square below which a squared mean is none."""


def constants_of(
    activations: tuple[Activation, ...], digits: int | None = None
) -> tuple[LayerConstants, ...]:
    """Constants layer by layer, each at the radius that the layer below gives it.

    Parameters
    ----------
    activations : tuple of Activation
        From the inputs outwards.
    digits : int, optional
        Of multiple precision; doubles if None.

    Raises
    ------
    InputError
        If an activation is given by its coefficients and its inputs have another radius than one, or has no linear
        part.

    Examples
    --------
    >>> first, second = constants_of((Activation.named("tanh"), Activation.named("relu")))
    >>> round(first.total, 6), round(second.linear[0], 6)
    (0.394294, 0.25)
    """
    return _constants(activations, digits)


def has_mean(found: LayerConstants) -> bool:
    """Whether a layer has a mean, which gives the neurons above it random biases."""
    return bool(found.mean > _NO_MEAN * found.total)


@lru_cache(maxsize=256)
def _constants(activations: tuple[Activation, ...], digits: int | None) -> tuple[LayerConstants, ...]:
    if not activations:
        return ()
    below, activation = _constants(activations[:-1], digits), activations[-1]
    last = below[-1] if below else None
    if last is None or not has_mean(last):
        found = _alike(activation, last, digits)
    else:
        found = _of_law(activation, last)
    if not any(value > 0 for value in found.linear):
        advice = "nothing of a linear target reaches the layers above"
        raise InputError("layers", str(activation), "activations with a linear part", advice)
    return (*below, found)


def _alike(activation: Activation, last: LayerConstants | None, digits: int | None) -> LayerConstants:
    """All neurons alike: their inputs are Gaussian, of the mean square of the layer below."""
    square = 1 if last is None else last.total
    found = expand(moved(activation, _root(square, digits)), math.inf, 1, digits)
    # Numbers of an expansion are rounded as whoever made them rounds; sums of them shall not be.
    convert = float if digits is None else Multiprecision(digits + _SPARE).convert
    mean, linear, rest = map(convert, (found.powers[0], found.powers[1], found.tail))
    square = convert(square)
    return LayerConstants((1,), (linear / square,), (rest,), mean, mean + linear + rest)


def _of_law(activation: Activation, last: LayerConstants) -> LayerConstants:
    """Neurons with the random biases that the means of the layer below give them."""
    mean, square = float(last.mean), float(last.total) - float(last.mean)
    biases, weights = BiasLaw("normal", 0.0, math.sqrt(mean)).nodes
    constant, linear, rest = linear_and_rest(activation, math.sqrt(square), biases)
    linear = np.maximum(linear, 0.0)
    return LayerConstants(
        tuple(weights.tolist()), tuple((linear / square).tolist()), tuple(rest.tolist()),
        float(weights @ constant), float(weights @ (constant + linear + rest)),
    )  # fmt: skip


def _root(square: Any, digits: int | None) -> Fraction | int:
    """The root of a mean square, as a fraction that is right to the digits."""
    if square == 1:
        return 1
    if digits is None:
        return Fraction(math.sqrt(square))
    arithmetic = Multiprecision(digits + _SPARE)
    return Fraction(*map(int, to_rational(arithmetic.sqrt(arithmetic.convert(square))._mpf_)))


@dataclass(frozen=True)
class DeepLevels(SpectralMeasure):
    """Constants of every layer, isotropic inputs, and a target with a linear part.

    Attributes
    ----------
    network : object
        With ``activations`` (from the inputs outwards), ``target`` and ``noise``.
    kinds : tuple of str
        What each layer is, see :mod:`asymptotics.models.deep_equations`.
    d : int or math.inf
        Dimension; in the limit sizes are in units of it.
    """

    network: Any
    kinds: tuple[str, ...]
    d: int | float

    def doubles(self, size: float) -> Numbers:
        """The constants in double precision."""
        return self._numbers(constants_of(self.network.activations), DoublesOfLists())

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The constants in a precision."""
        return self._numbers(constants_of(self.network.activations, arithmetic.digits), arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved constants.

        Raises
        ------
        PrecisionError
            If a layer below another has a mean, which gives the neurons above it random biases.
        """
        if OF_LAW in self.kinds:
            raise PrecisionError(
                "averages over the random biases that the mean of a layer gives have no proved bounds",
                "take odd activations below the last layer, or leave out certified=True",
            )
        data = self._numbers(enclosed_layers(self.network.activations, arithmetic), arithmetic)
        return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, data.spectrum, data.trace)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Infinite: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of the features, their mean left out."""
        last = constants_of(self.network.activations)[-1]
        return float(last.total) - float(last.mean)

    def _numbers(self, layers: tuple[LayerConstants, ...], arithmetic: Any) -> Numbers:
        """Two levels of the inputs, of which one has no eigenvalue, and behind them the laws of layers."""
        target = self.network.target

        def read(value: Any) -> Any:
            exact = isinstance(value, (int, float, Fraction))
            return arithmetic.convert(Fraction(value) if exact else value)

        zero, one = read(0), read(1)
        size = one if self.d == math.inf else read(int(self.d))
        # A constant in the target is learned for nothing, unless the features have no mean: then it is noise.
        constant = 0 if has_mean(layers[-1]) else Fraction(target.power(0))
        scalars = {"noise": read(Fraction(self.network.noise)), "d": size}
        levels, laws = 2, {}
        for number, (kind, layer) in enumerate(zip(self.kinds, layers, strict=True), 1):
            if kind == OF_LAW:
                laws[number] = levels, levels + len(layer.weights)
                levels += len(layer.weights)
                continue
            end = mark(self.kinds, number)
            scalars |= {f"mu1sq{end}": read(layer.linear[0]), f"mu_starsq{end}": read(layer.rest[0])}

        def column(values: Sequence[Any], begin: int, fill: Any) -> Any:
            behind = levels - begin - len(values)
            return arithmetic.array([fill] * begin + [read(value) for value in values] + [fill] * behind)

        beyond = Fraction(target.above(1)) + constant
        eigenvalues = {"s": column([1, 0], 0, zero)}
        weights = {"T": column([size, 0], 0, zero), "B": column([Fraction(target.power(1)), beyond], 0, zero)}
        for number, (begin, _) in laws.items():
            linear, rest, law = letters(self.kinds, number)
            layer = layers[number - 1]
            eigenvalues[linear] = column(layer.linear, begin, one)
            eigenvalues[rest] = column(layer.rest, begin, one)
            weights[law] = column(layer.weights, begin, zero)
        spectrum = Spectrum(eigenvalues, weights, dict.fromkeys(weights, zero))
        last = layers[-1]
        return Numbers(scalars, spectrum, read(last.total) - read(last.mean))
