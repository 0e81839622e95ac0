"""Formula trees as immutable data, and as exact SymPy expressions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

__all__ = ["Node", "constant", "hermite_monic", "to_sympy"]


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a formula's tree.

    Parameters
    ----------
    head : str
        ``"number"``, ``"pi"``, ``"variable"``, ``"add"``, ``"multiply"``, ``"divide"``, ``"power"``,
        ``"hermite"`` (the monic probabilists' polynomial of degree `value`), or the name of a function of `FUNCTIONS`.
    arguments : tuple of Node
        The operands.
    value : Fraction, optional
        The number itself, the exponent of a power, the degree of a Hermite polynomial, or a slope.

    Examples
    --------
    >>> Node("abs", (Node("variable"),)).is_constant
    False
    """

    head: str
    arguments: tuple[Node, ...] = ()
    value: Fraction | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the variable does not occur."""
        return self.head != "variable" and all(a.is_constant for a in self.arguments)


def constant(value: Fraction | int) -> Node:
    """A rational number as a node.

    Parameters
    ----------
    value : Fraction or int
        The number.

    Returns
    -------
    Node
        Its leaf.

    Examples
    --------
    >>> constant(3).value
    Fraction(3, 1)
    """
    return Node("number", (), Fraction(value))


def hermite_monic(degree: int, x: Any, one: Any) -> Any:
    """Monic probabilists' Hermite polynomial by its recurrence, on anything that adds and multiplies.

    Parameters
    ----------
    degree : int
        Degree.
    x : object
        Argument.
    one : object
        The number one, of the same kind.

    Returns
    -------
    object
        ``He_degree(x)``, from ``He_{k+1} = x He_k - k He_{k-1}``.

    Examples
    --------
    >>> hermite_monic(3, 2, 1)
    2
    """
    previous, current = one, x
    for k in range(1, degree):
        previous, current = current, x * current - previous * k
    return current if degree else one


def to_sympy(node: Node, x: sympy.Symbol) -> sympy.Expr:
    """A tree as an exact SymPy expression.

    Parameters
    ----------
    node : Node
        The tree.
    x : sympy.Symbol
        Real symbol for the variable.

    Returns
    -------
    sympy.Expr
        The same function.

    Examples
    --------
    >>> to_sympy(Node("power", (Node("variable"),), Fraction(2)), sympy.Symbol("x", real=True))
    x**2
    """
    if node.head == "variable":
        return x
    if node.head == "pi":
        return sympy.pi
    value = None if node.value is None else sympy.Rational(node.value.numerator, node.value.denominator)
    if node.head == "number":
        return value
    return _SYMPY[node.head](value, *(to_sympy(a, x) for a in node.arguments))


def _sympy_function(function: object) -> object:
    return lambda _, *arguments: function(*arguments)  # type: ignore[operator]


_SYMPY: dict[str, Any] = {
    name: _sympy_function(getattr(sympy, name))
    for name in ("acos", "asin", "atan", "cos", "cosh", "erf", "exp", "log", "sign", "sin", "sinh", "tanh")
}
_SYMPY.update(
    {
        "add": lambda _, a, b: a + b,
        "multiply": lambda _, a, b: a * b,
        "divide": lambda _, a, b: a / b,
        "power": lambda value, a: a**value,
        "hermite": lambda value, a: sympy.expand(hermite_monic(int(value), a, sympy.Integer(1))),
        "abs": lambda _, a: sympy.Abs(a),
        "max": lambda _, a, b: sympy.Max(a, b),
        "min": lambda _, a, b: sympy.Min(a, b),
        "relu": lambda _, a: sympy.Max(a, 0),
        "leaky_relu": lambda value, a: sympy.Piecewise((a, a >= 0), (value * a, True)),
        "heaviside": lambda _, a: sympy.Heaviside(a, sympy.Rational(1, 2)),
        "normal_cdf": lambda _, a: (1 + sympy.erf(a / sympy.sqrt(2))) / 2,
        "gelu": lambda _, a: a * (1 + sympy.erf(a / sympy.sqrt(2))) / 2,
        "sigmoid": lambda _, a: 1 / (1 + sympy.exp(-a)),
        "silu": lambda _, a: a / (1 + sympy.exp(-a)),
        "softplus": lambda _, a: sympy.log(1 + sympy.exp(a)),
        "elu": lambda _, a: sympy.Piecewise((a, a >= 0), (sympy.exp(a) - 1, True)),
    }
)
