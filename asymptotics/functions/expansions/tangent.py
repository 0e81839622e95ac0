r"""Power per degree of the tangent features of a two-layer network.

The features :math:`\sigma'(\langle\theta,x\rangle/\sqrt d)\,x_i/\sqrt d` have the kernel
:math:`t\,\kappa(t)`, with :math:`\kappa` the kernel of :math:`\sigma'`: the power of :math:`\sigma'` in each degree
moves one degree up or down, as the three-term recurrence of the harmonics says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion, recurrence
from asymptotics.functions.formulas.derivative import derivative
from asymptotics.functions.formulas.enclosures import working_precision
from asymptotics.functions.formulas.grammar import Formula
from asymptotics.functions.formulas.nodes import Node

__all__ = ["expand_tangent", "expand_tangent_certified", "radial_of", "rescaled", "slope_of"]

_SPARE = 10


@lru_cache(maxsize=256)
def slope_of(activation: Any) -> Activation:
    """The derivative of an activation.

    Raises
    ------
    InputError
        If it is not known, or is no function: the activation jumps, is a function of arrays, or has coefficients
        beyond those given.

    Examples
    --------
    >>> slope_of("relu")([-1.0, 2.0]).tolist()
    [0.0, 1.0]
    >>> str(slope_of(Activation.from_coefficients({1: "1/2", 2: "1/4"})))
    'activation with mu_0^2 = 1/2, mu_1^2 = 1/2; above: 0'
    """
    given = as_activation(activation)
    if given.rule is not None:
        advice = "write it as a formula: tangent features need its derivative"
        raise InputError("activation", given, "a name or a formula", advice)
    if given.formula is not None:
        return Activation(f"slope of {given.name}", Formula(derivative(given.formula.node)))
    if given.tail:
        allowed = "coefficients without a tail"
        advice = "tangent features weigh degree k with k mu_k^2, which a tail does not say"
        raise InputError("activation", given, allowed, advice)
    powers = tuple((k - 1, k * power) for k, power in given.powers if k)
    return Activation("coefficients", None, powers or ((0, Fraction(0)),), Fraction(0))


@lru_cache(maxsize=256)
def radial_of(activation: Any) -> Activation:
    """A tangent feature along the direction of its own neuron: ``x`` times the derivative of the activation.

    Raises
    ------
    InputError
        If the derivative is not known as a formula.

    Examples
    --------
    >>> radial_of("he2(x)")([-1.0, 3.0]).tolist()
    [1.4142135623730951, 12.727922061357857]
    """
    slope = slope_of(activation)
    if slope.formula is None:
        advice = "signs of its coefficients count, and only their squares are given"
        raise InputError("activation", as_activation(activation), "a name or a formula", advice)
    node = Node("multiply", (Node("variable"), slope.formula.node))
    return Activation(f"x times the {slope.name}", Formula(node))


def expand_tangent(
    activation: Any, d: Any = math.inf, degrees: int = 10, digits: int | None = None
) -> Expansion:
    """Power of the tangent features in each degree, and the exact total of all higher ones.

    Parameters
    ----------
    activation : str or Activation
    d : int or math.inf
        Dimension of the sphere on which inputs and weights are; infinite for the Gaussian limit.
    degrees : int
        Largest degree resolved.
    digits : int, optional
        Decimal digits; the numbers are then mpmath numbers.

    Returns
    -------
    Expansion
        The total is the mean square of the slope of the activation.

    Raises
    ------
    InputError
        If the slope of the activation is not known (see `slope_of`) or not square-integrable.

    Examples
    --------
    >>> e = expand_tangent("relu", degrees=2)
    >>> e.powers[1], round(e.powers[2], 12), round(e.tail, 12)
    (0.25, 0.159154943092, 0.090845056908)
    >>> expand_tangent("x**2", d=4, degrees=3).powers
    (1.0, 0.0, 3.0, 0.0)
    """
    return _of_slope(slope_of(activation), d, degrees, digits)


@lru_cache(maxsize=512)
def _of_slope(slope: Activation, d: int | float, degrees: int, digits: int | None) -> Expansion:
    wanted = None if digits is None else digits + _SPARE
    found = expand(slope, d, degrees + 1, wanted)
    context = nullcontext() if digits is None else mpmath.workdps(digits + _SPARE)
    return replace(_shifted(found, degrees, context), digits=digits)


def expand_tangent_certified(
    activation: Any, d: Any = math.inf, degrees: int = 10, digits: int = 16
) -> Expansion:
    """The same as balls that are proved to contain the powers; parameters are those of `expand_tangent`.

    Parameters
    ----------
    activation : Activation
        Or what reads as one.
    d : int or inf
        Dimension of the sphere.
    degrees : int
        Largest degree.
    digits : int
        Decimal digits of the balls.

    Examples
    --------
    >>> expand_tangent_certified("relu", 5, 1, 20).powers[1].rel_accuracy_bits() > 66
    True
    """
    found = expand_certified(slope_of(activation), d, degrees + 1, digits + 2)
    bits = math.ceil((digits + _SPARE) * math.log2(10)) + 64
    return replace(_shifted(found, degrees, working_precision(bits)), digits=digits)


def _shares(d: int | float, degrees: int) -> tuple[list[Fraction], list[Fraction]]:
    """Parts of ``t P_k`` in the degrees above and below, k = 0 .. degrees: they sum to one."""
    if d == math.inf:
        return [Fraction(1)] * (degrees + 1), [Fraction(0)] * (degrees + 1)
    up, down = [Fraction(1)], [Fraction(0)]
    for square in recurrence(d, degrees)[1:]:
        down.append(square / (int(d) * up[-1]))
        up.append(1 - down[-1])
    return up, down


def _shifted(slope: Expansion, degrees: int, context: AbstractContextManager[Any]) -> Expansion:
    """The expansion times t; every number is a sum of positive ones."""
    up, down = _shares(slope.d, degrees + 1)

    def part(shares: Sequence[Fraction], k: int) -> Any:
        share = shares[k]
        return slope.powers[k] * share.numerator / share.denominator

    with context:
        powers = [part(down, 1)]
        powers += [part(up, k - 1) + part(down, k + 1) for k in range(1, degrees + 1)]
        tail = slope.tail + part(up, degrees) + part(up, degrees + 1)
    missing = {-1, *dict(slope.zeros)}
    vanishing = [k for k in range(degrees + 1) if missing.issuperset((k - 1, k + 1))]
    zeros = tuple((k, "the slope has neither neighbour") for k in vanishing)
    method = f"tangent features: {slope.method}"
    return Expansion(tuple(powers), tail, slope.total, slope.d, zeros, method)


def rescaled(expansion: Expansion, weight: Fraction | float, certified: bool = False) -> Expansion:
    """An expansion times a positive number.

    Parameters
    ----------
    expansion : Expansion
        Powers and tail.
    weight : Fraction or float
        Positive.
    certified : bool
        Whether powers are balls.

    Examples
    --------
    >>> rescaled(expand_tangent("relu", degrees=1), Fraction(1, 2)).powers
    (0.0, 0.125)
    """
    if weight == 1:
        return expansion
    exact = Fraction(weight)
    context: AbstractContextManager[Any] = nullcontext()
    if expansion.digits is not None:
        digits = expansion.digits + _SPARE
        context = working_precision(4 * digits + 64) if certified else mpmath.workdps(digits)

    def times(value: Any) -> Any:
        return value * exact.numerator / exact.denominator

    with context:
        powers = tuple(map(times, expansion.powers))
        return replace(expansion, powers=powers, tail=times(expansion.tail), total=times(expansion.total))
