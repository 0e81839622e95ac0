"""Exact scalars: the coefficients of expressions and programs."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import InputError
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension


def exact_scalar(value: Any, name: str = "scalar") -> sp.Expr:
    """An exact scalar: a whole number, a fraction, a dimension (its size), or an expression.

    Expressions are built from symbols, fractions and averages by sums, products and powers with rational exponents.

    Parameters
    ----------
    value : object
        What is given.
    name : str
        What an error calls it.

    Raises
    ------
    InputError
        For floats and anything else.

    Examples
    --------
    >>> exact_scalar(Fraction(1, 3)), exact_scalar(Dimension("n"))
    (1/3, n)
    """
    if isinstance(value, Rational) and not isinstance(value, bool):
        return sp.Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, (Dimension, SpectralDimension)):
        return value.size
    if isinstance(value, sp.Expr) and all(map(_exact, sp.preorder_traversal(value))):
        return value
    raise InputError(name, value, "an exact number or expression", "write a Fraction or sympy.Rational")


def exact_divisor(value: Any) -> sp.Expr:
    """One over an exact scalar.

    Raises
    ------
    InputError
        For floats, zero and anything else.
    """
    scalar = exact_scalar(value, "divisor")
    if scalar.is_zero:
        raise InputError("divisor", value, "a scalar that is not zero")
    return 1 / scalar


def _exact(node: sp.Basic) -> bool:
    if isinstance(node, sp.Pow):
        return isinstance(node.exp, sp.Rational)
    return isinstance(node, (sp.Rational, sp.Symbol, sp.Add, sp.Mul, SpectralAverage))


def is_scalar(value: Any) -> bool:
    """Whether a value is meant as a scalar; whether it is exact is asked by :func:`exact_scalar`."""
    return isinstance(value, (int, float, Fraction, Dimension, SpectralDimension, sp.Expr))
