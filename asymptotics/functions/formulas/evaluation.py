"""Formulas on float64 arrays: closures built from the tree, with overflow-free forms of every function."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from scipy import special

from asymptotics.functions.formulas.nodes import Node, hermite_monic

__all__ = ["ARRAYS", "FormulaArithmetic", "evaluate", "evaluate_array"]


class FormulaArithmetic(Protocol):
    """What a kind of number must offer for a formula to be evaluated on it."""

    def number(self, value: Fraction) -> Any:
        """The rational number `value`."""

    def pi(self) -> Any:
        """The number pi."""

    def power(self, base: Any, exponent: Fraction) -> Any:
        """`base` to the rational power `exponent`.

        Parameters
        ----------
        base : number
            In this arithmetic.
        exponent : Fraction
            Any fraction.
        """

    def call(self, head: str, value: Fraction | None, arguments: tuple[Any, ...]) -> Any:
        """The function `head` at `arguments`; `value` is its parameter, if it has one.

        Parameters
        ----------
        head : str
            Name of the function.
        value : Fraction, optional
            Its parameter, if it has one.
        arguments : tuple of Any
            Numbers in this arithmetic.
        """


def evaluate(node: Node, argument: Any, arithmetic: FormulaArithmetic) -> Any:
    """Value of a formula's tree at `argument`, in the given arithmetic.

    Parameters
    ----------
    node : Node
        The tree.
    argument : object
        The variable's value: a number, array, ball or power series that `arithmetic` understands.
    arithmetic : FormulaArithmetic
        Supplies constants and functions; sums, products and quotients use the operators of the values.

    Returns
    -------
    object
        The value, of the kind of `argument`, or a constant.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> evaluate(parse_formula("relu(x) + 1").node, np.array([-2.0, 3.0]), ARRAYS)
    array([1., 4.])
    """
    if node.head == "variable":
        return argument
    if node.head == "number":
        assert node.value is not None
        return arithmetic.number(node.value)
    if node.head == "pi":
        return arithmetic.pi()
    values = tuple(evaluate(a, argument, arithmetic) for a in node.arguments)
    if node.head == "add":
        return values[0] + values[1]
    if node.head == "multiply":
        return values[0] * values[1]
    if node.head == "divide":
        return values[0] / values[1]
    if node.head == "power":
        assert node.value is not None
        return arithmetic.power(values[0], node.value)
    if node.head == "hermite":
        assert node.value is not None
        return hermite_monic(int(node.value), values[0], arithmetic.number(Fraction(1)))
    return arithmetic.call(node.head, node.value, values)


class _Arrays:
    """Float64 arithmetic on arrays; no function overflows where its value does not."""

    def number(self, value: Fraction) -> Any:
        return np.float64(float(value))

    def pi(self) -> Any:
        return np.float64(np.pi)

    def power(self, base: Any, exponent: Fraction) -> Any:
        if exponent == Fraction(1, 2):
            return np.sqrt(base)
        if exponent.denominator == 1 and 0 <= exponent <= 4:
            return base ** int(exponent)
        return np.float_power(base, float(exponent))

    def call(self, head: str, value: Fraction | None, arguments: tuple[Any, ...]) -> Any:
        if head == "leaky_relu":
            assert value is not None
            return np.where(arguments[0] > 0, arguments[0], float(value) * arguments[0])
        return _FUNCTIONS[head](*arguments)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "asin": np.arcsin,
    "atan": np.arctan,
    "cos": np.cos,
    "cosh": np.cosh,
    "elu": lambda u: np.where(u > 0, u, np.expm1(np.minimum(u, 0.0))),
    "erf": special.erf,
    "exp": np.exp,
    "gelu": lambda u: u * special.ndtr(u),
    "heaviside": lambda u: np.heaviside(u, 0.5),
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "normal_cdf": special.ndtr,
    "relu": lambda u: np.maximum(u, 0.0),
    "sigmoid": special.expit,
    "sign": np.sign,
    "silu": lambda u: u * special.expit(u),
    "sin": np.sin,
    "sinh": np.sinh,
    "softplus": lambda u: np.logaddexp(0.0, u),
    "tanh": np.tanh,
}

ARRAYS: FormulaArithmetic = _Arrays()
"""Float64 arithmetic on NumPy arrays."""


def evaluate_array(node: Node, values: Any) -> np.ndarray:
    """Value of a formula on an array, in float64, without warnings.

    Parameters
    ----------
    node : Node
        The tree.
    values : array_like
        Real numbers of any shape.

    Returns
    -------
    numpy.ndarray
        Float64 array of the same shape; ``nan`` where the formula is not real.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> evaluate_array(parse_formula("softplus(x)").node, [-1000.0, 1000.0])
    array([   0., 1000.])
    """
    argument = np.asarray(values, dtype=np.float64)
    # Overflow to infinity and invalid operations are values here; callers test for them where they matter.
    with np.errstate(all="ignore"):
        result = evaluate(node, argument, ARRAYS)
    return np.broadcast_to(np.asarray(result, dtype=np.float64), argument.shape) + 0.0
