"""Derivatives of formulas, as formulas: exact, by the rules of calculus."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from asymptotics.errors import InputError
from asymptotics.functions.formulas.nodes import Node, constant

__all__ = ["derivative"]

_ZERO, _ONE = constant(0), constant(1)


@lru_cache(maxsize=256)
def derivative(node: Node) -> Node:
    """The derivative of a formula; at a kink, the mean of the slopes on both sides.

    Parameters
    ----------
    node : Node
        A formula of one variable.

    Returns
    -------
    Node
        Without terms and factors that are zero or one.

    Raises
    ------
    InputError
        If the function jumps, so that its derivative is no function.

    Examples
    --------
    >>> import sympy
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> from asymptotics.functions.formulas.nodes import to_sympy
    >>> to_sympy(derivative(parse_formula("x**3 + tanh(2*x)").node), sympy.Symbol("x"))
    3*x**2 - 2*tanh(2*x)**2 + 2
    >>> derivative(parse_formula("max(x, 0)").node).head
    'heaviside'
    """
    if node.is_constant:
        return _ZERO
    if node.head == "variable":
        return _ONE
    if node.head in _RULES:
        return _RULES[node.head](*node.arguments)
    if node.head in ("sign", "heaviside"):
        raise InputError("activation", node.head, "a function without jumps", "a jump has no derivative")
    (inner,) = node.arguments
    return _times(_outer(node, inner), derivative(inner))


def _outer(node: Node, u: Node) -> Node:
    """Derivative of a function of one argument in that argument."""
    value = node.value
    if node.head == "power":
        assert value is not None
        return _times(constant(value), _power(u, value - 1))
    if node.head == "hermite":
        assert value is not None
        lower = _ONE if value == 1 else Node("hermite", (u,), value - 1)
        return _times(constant(value), lower)
    if node.head == "leaky_relu":
        assert value is not None
        return _plus(constant(value), _times(constant(1 - value), _call("heaviside", u)))
    return _FUNCTIONS[node.head](u)


def _plus(a: Node, b: Node) -> Node:
    if _ZERO in (a, b):
        return b if a == _ZERO else a
    if a.head == b.head == "number":
        assert a.value is not None and b.value is not None
        return constant(a.value + b.value)
    return Node("add", (a, b))


def _times(a: Node, b: Node) -> Node:
    if _ZERO in (a, b):
        return _ZERO
    if _ONE in (a, b):
        return b if a == _ONE else a
    if a.head == b.head == "number":
        assert a.value is not None and b.value is not None
        return constant(a.value * b.value)
    return Node("multiply", (a, b))


def _minus(a: Node, b: Node) -> Node:
    return _plus(a, _times(constant(-1), b))


def _power(a: Node, exponent: Fraction | int) -> Node:
    return _ONE if exponent == 0 else a if exponent == 1 else Node("power", (a,), Fraction(exponent))


def _call(head: str, u: Node) -> Node:
    return Node(head, (u,))


def _density(u: Node) -> Node:
    """The standard normal density."""
    scale = _power(_times(constant(2), Node("pi")), Fraction(-1, 2))
    return _times(scale, _call("exp", _times(constant(Fraction(-1, 2)), _power(u, 2))))


def _product(a: Node, b: Node) -> Node:
    return _plus(_times(derivative(a), b), _times(a, derivative(b)))


def _quotient(a: Node, b: Node) -> Node:
    above = _minus(_times(derivative(a), b), _times(a, derivative(b)))
    return Node("divide", (above, _power(b, 2)))


def _larger(a: Node, b: Node) -> Node:
    """Derivative of the larger of two functions."""
    return _plus(
        _times(_call("heaviside", _minus(a, b)), derivative(a)),
        _times(_call("heaviside", _minus(b, a)), derivative(b)),
    )


def _smaller(a: Node, b: Node) -> Node:
    return _plus(
        _times(_call("heaviside", _minus(b, a)), derivative(a)),
        _times(_call("heaviside", _minus(a, b)), derivative(b)),
    )


_RULES: dict[str, Callable[..., Node]] = {
    "add": lambda a, b: _plus(derivative(a), derivative(b)),
    "multiply": _product,
    "divide": _quotient,
    "max": _larger,
    "min": _smaller,
}


def _root_of_rest(u: Node, sign: int) -> Node:
    return _times(constant(sign), _power(_minus(_ONE, _power(u, 2)), Fraction(-1, 2)))


def _logistic(u: Node) -> Node:
    return _call("sigmoid", u)


def _logistic_rest(u: Node) -> Node:
    return _call("sigmoid", _times(constant(-1), u))


_FUNCTIONS: dict[str, Callable[[Node], Node]] = {
    "abs": lambda u: _call("sign", u),
    "acos": lambda u: _root_of_rest(u, -1),
    "asin": lambda u: _root_of_rest(u, 1),
    "atan": lambda u: Node("divide", (_ONE, _plus(_ONE, _power(u, 2)))),
    "cos": lambda u: _times(constant(-1), _call("sin", u)),
    "cosh": lambda u: _call("sinh", u),
    "elu": lambda u: _call("exp", Node("min", (u, _ZERO))),
    "erf": lambda u: _times(
        _times(constant(2), _power(Node("pi"), Fraction(-1, 2))),
        _call("exp", _times(constant(-1), _power(u, 2))),
    ),
    "exp": lambda u: _call("exp", u),
    "gelu": lambda u: _plus(_call("normal_cdf", u), _times(u, _density(u))),
    "log": lambda u: Node("divide", (_ONE, u)),
    "normal_cdf": _density,
    "relu": lambda u: _call("heaviside", u),
    "sigmoid": lambda u: _times(_logistic(u), _logistic_rest(u)),
    "silu": lambda u: _plus(_logistic(u), _times(u, _times(_logistic(u), _logistic_rest(u)))),
    "sin": lambda u: _call("cos", u),
    "sinh": lambda u: _call("cosh", u),
    "softplus": _logistic,
    "tanh": lambda u: _minus(_ONE, _power(_call("tanh", u), 2)),
}
