"""Activations of scaled and shifted arguments: neurons with an input scale and a bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import Activation
from asymptotics.functions.formulas.grammar import Formula, Node, constant

__all__ = ["linear_and_rest", "moved"]

_EDGE, _WIDTH = 13.0, 0.8
_NODES = (20, 26)
_AGREE = 1e-10


@dataclass(frozen=True)
class _OfMoved:
    """A function of a scaled and shifted argument; it can be sent to other processes if the function can."""

    function: Any
    scale: float
    shift: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The function at ``scale * values + shift``."""
        found: np.ndarray = self.function(self.scale * values + self.shift)
        return found


def moved(activation: Activation, scale: Any = 1, shift: Any = 0) -> Activation:
    """The activation ``x -> sigma(scale x + shift)``.

    Parameters
    ----------
    activation : Activation
    scale, shift : int, Fraction or float
        Taken exactly.

    Returns
    -------
    Activation
        With a formula where the given one has one.

    Raises
    ------
    InputError
        If the activation is given by its coefficients: those of another argument are not known.

    Examples
    --------
    >>> found = moved(Activation.named("relu"), 2, -1)
    >>> found([0.25, 1.0]).tolist(), found.kinks
    ([0.0, 1.0], (1/2,))
    """
    if scale == 1 and shift == 0:
        return activation
    name = f"{activation} at {scale}*x" + (f" + {shift}" if shift else "")
    if activation.formula is not None:
        argument = Node("multiply", (constant(Fraction(scale)), Node("variable")))
        if shift:
            argument = Node("add", (argument, constant(Fraction(shift))))
        node = _replaced(activation.formula.node, argument)
        return Activation(name, Formula(node, activation.formula.variable, name))
    if activation.rule is None:
        advice = "its powers at another argument are not known: give a formula"
        raise InputError("activation", activation, "a formula or a function", advice)
    places = tuple(sorted((place - float(shift)) / float(scale) for place in activation.places))
    return Activation(name, rule=_OfMoved(activation.rule, float(scale), float(shift)), places=places)


def _replaced(node: Node, argument: Node) -> Node:
    """A formula with another one in the place of its variable."""
    if node.head == "variable":
        return argument
    return Node(node.head, tuple(_replaced(inner, argument) for inner in node.arguments), node.value)


def linear_and_rest(
    activation: Activation, scale: float, shifts: np.ndarray, d: float = math.inf
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Constant, linear and remaining power of ``x -> sigma(scale x + shift)``, shift by shift.

    Parameters
    ----------
    activation : Activation
    scale : float
    shifts : ndarray, shape (k,)
    d : int or math.inf
        Dimension: ``x`` is one coordinate of a point of the sphere of radius :math:`\sqrt d`, standard normal in the
        limit.

    Returns
    -------
    constant, linear, rest : ndarray, shape (k,)
        Squared mean, squared mean of ``x sigma``, and variance without the latter, right to about 1e-13 of the mean
        square.

    Raises
    ------
    InputError
        If the activation is given by its coefficients.
    PrecisionError
        If two rules do not agree to ten digits.

    Examples
    --------
    >>> constant, linear, rest = linear_and_rest(Activation.named("relu"), 1.0, np.array([0.0]))
    >>> round(float(linear[0]), 12), round(float(rest[0]), 12)
    (0.25, 0.090845056908)
    """
    if activation.formula is None and activation.rule is None:
        advice = "its powers at another argument are not known: give a formula"
        raise InputError("activation", activation, "a formula or a function", advice)
    kinks = np.array([float(kink) for kink in activation.kinks])
    found = []
    for nodes in _NODES:
        rows = [_powers(activation, scale, float(shift), kinks, d, nodes) for shift in shifts]
        found.append(np.array(rows).reshape(-1, 3).T)
    total = found[1].sum(axis=0)
    if np.any(np.abs(found[1] - found[0]) > _AGREE * total):
        raise PrecisionError(
            f"averages of {activation} over random biases do not converge", "give a formula, or its kinks"
        )
    constant_part, linear, rest = found[1]
    return constant_part, linear, rest


def _powers(
    activation: Activation, scale: float, shift: float, kinks: np.ndarray, d: float, nodes: int
) -> tuple[float, float, float]:
    """By Gauss rules between kinks, on panels of the width of a standard deviation."""
    edge = min(_EDGE, math.sqrt(d))
    inside = (kinks - shift) / scale
    panels = np.linspace(-edge, edge, math.ceil(2 * edge / _WIDTH) + 1)
    panels = np.unique(np.concatenate([panels, inside[np.abs(inside) < edge]]))
    points, weights = np.polynomial.legendre.leggauss(nodes)
    half = np.diff(panels)[:, None] / 2
    x = (panels[:-1, None] + half * (1 + points)).ravel()
    logarithm = -(x**2) / 2 if d == math.inf else (d - 3) / 2 * np.log1p(-(x**2) / d)
    mass = (half * weights).ravel() * np.exp(logarithm)
    mass /= mass.sum()
    values = activation(scale * x + shift)
    mean, slope = float(mass @ values), float(mass @ (values * x))
    rest = float(mass @ (values - mean - slope * x) ** 2)
    return mean**2, slope**2, rest
