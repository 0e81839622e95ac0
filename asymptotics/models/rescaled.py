"""Activations and kernels of a rescaled argument: inputs of another mean variance are another function."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation
from asymptotics.functions.formulas.grammar import Formula
from asymptotics.functions.kernels import Kernel

__all__ = ["hermite_signs", "rescaled_activation", "rescaled_kernel"]


@lru_cache(maxsize=256)
def rescaled_activation(activation: Activation, variance: Fraction) -> Activation:
    r"""The activation :math:`\sigma(\sqrt{v}\,x)`.

    Parameters
    ----------
    activation : Activation
    variance : Fraction
        The mean square of its argument.

    Raises
    ------
    InputError
        If it has no formula.

    Examples
    --------
    >>> str(rescaled_activation(Activation.from_formula("tanh(2*x)"), Fraction(9, 4)))
    'tanh(2*(3/2*x))'
    """
    if variance == 1:
        return activation
    if activation.formula is None:
        advice = "or inputs of mean variance one: Inputs(...).standardized()"
        raise InputError("activation", activation, "a name or a formula for these inputs", advice)
    return Activation.from_formula(_replaced(activation.formula, "x", f"({_root(variance)}*x)"))


@lru_cache(maxsize=256)
def rescaled_kernel(kernel: Kernel, square: Fraction) -> Kernel:
    r"""The kernel :math:`h(\sqrt{v}\,t)`.

    Parameters
    ----------
    kernel : Kernel
    square : Fraction
        Square of the factor: the product of the mean variances of both inputs.

    Raises
    ------
    InputError
        If it has no formula.
    """
    if square == 1:
        return kernel
    if not isinstance(kernel.law, Formula):
        advice = "or inputs of mean variance one: Inputs(...).standardized()"
        raise InputError("kernel", kernel, "a formula in t for these inputs", advice)
    return Kernel.from_formula(_replaced(kernel.law, "t", f"({_root(square)}*t)"))


def hermite_signs(activation: Activation, degrees: int) -> np.ndarray:
    """Signs of the Hermite coefficients of an activation, one where a coefficient is rounding.

    Parameters
    ----------
    activation : Activation
        With a formula; signs of others are taken as one.
    degrees : int
        The last degree.

    Examples
    --------
    >>> hermite_signs(Activation.named("relu"), 4).tolist()
    [1.0, 1.0, 1.0, 1.0, -1.0]
    """
    if activation.formula is None:
        return np.ones(degrees + 1)
    points, weights = np.polynomial.hermite_e.hermegauss(180)
    values = activation(points) * weights / weights.sum()
    found, previous, current = [], np.zeros_like(points), np.ones_like(points)
    for k in range(degrees + 1):
        coefficient = float(values @ current)
        found.append(-1.0 if coefficient < -1e-9 else 1.0)
        previous, current = current, (points * current - math.sqrt(k) * previous) / math.sqrt(k + 1)
    return np.array(found)


def _root(value: Fraction) -> str:
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if above * above == value.numerator and below * below == value.denominator:
        return str(Fraction(above, below))
    return f"sqrt({value})"


def _replaced(formula: Formula, letter: str, text: str) -> str:
    return re.sub(rf"\b{letter}\b", text, formula.text)
