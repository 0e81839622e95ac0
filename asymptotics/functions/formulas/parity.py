"""Which parities of a formula end, and at which degree: exact zeros of its expansion, by structure."""

from __future__ import annotations

import math

from asymptotics.functions.formulas.nodes import Node
from asymptotics.functions.formulas.pieces import PiecewisePolynomial, piecewise_polynomial

__all__ = ["NEVER", "parity_degrees"]

NEVER = -1
"""Degree of a part that vanishes."""

Parts = tuple[float, float]


def _product(a: float, b: float) -> float:
    return NEVER if NEVER in (a, b) else a + b


def _product_parts(a: Parts, b: Parts) -> Parts:
    even = max(_product(a[0], b[0]), _product(a[1], b[1]))
    odd = max(_product(a[0], b[1]), _product(a[1], b[0]))
    return even, odd


def parity_degrees(node: Node) -> tuple[float, float]:
    """Bounds on the degrees of a formula's even and odd part, where those are polynomials.

    An activation such as softplus is ``x/2`` plus an even function: its odd part is a polynomial of degree one, so
    its odd coefficients vanish exactly from degree three on. The rules are structural and exact; they may miss a
    cancellation, never invent one.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    even, odd : float
        Degree bound of each part: -1 if it vanishes, ``inf`` if it is no polynomial.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> parity_degrees(parse_formula("softplus(x)").node), parity_degrees(parse_formula("tanh(x)").node)
    ((inf, 1.0), (-1, inf))
    """
    polynomial = piecewise_polynomial(node)
    if polynomial is not None:
        return _polynomial_parts(polynomial)
    if node.is_constant:
        return 0, NEVER
    parts = [parity_degrees(a) for a in node.arguments]
    if node.head == "add":
        return max(parts[0][0], parts[1][0]), max(parts[0][1], parts[1][1])
    if node.head == "multiply":
        return _product_parts(parts[0], parts[1])
    if node.head == "divide":
        inverse = (0.0, NEVER) if node.arguments[1].is_constant else _function_parts("even or odd", parts[1])
        return _product_parts(parts[0], inverse)
    if node.head == "power" and node.value is not None and node.value.denominator == 1:
        base = parts[0] if node.value >= 0 else _function_parts("even or odd", parts[0])
        result: Parts = (0, NEVER)
        for _ in range(abs(int(node.value))):
            result = _product_parts(result, base)
        return result
    if node.head in ("max", "min"):  # (a + b ± |a - b|)/2
        difference = (max(parts[0][0], parts[1][0]), max(parts[0][1], parts[1][1]))
        size = _function_parts("even", difference)
        return max(difference[0], size[0]), max(difference[1], size[1])
    if node.head == "hermite":
        return _function_parts("even" if int(node.value or 0) % 2 == 0 else "odd", parts[0])
    kind, linear = _PARITY_RULES.get(node.head, ("other", None))
    outer = _function_parts(kind, parts[0])
    inner: Parts = {"constant": (0, NEVER), "argument": parts[0], None: (NEVER, NEVER)}[linear]
    return max(outer[0], inner[0]), max(outer[1], inner[1])


_PARITY_RULES: dict[str, tuple[str, str | None]] = {
    **dict.fromkeys(("tanh", "erf", "sin", "sinh", "atan", "asin", "sign"), ("odd", None)),
    **dict.fromkeys(("abs", "cos", "cosh"), ("even", None)),
    **dict.fromkeys(
        ("sigmoid", "heaviside", "normal_cdf", "acos"), ("odd", "constant")
    ),  # constant + odd function
    **dict.fromkeys(
        ("relu", "leaky_relu", "softplus", "gelu", "silu"), ("even", "argument")
    ),  # u/2 + even function
}


def _function_parts(kind: str, inner: Parts) -> Parts:
    """Parts of a function of given parity applied to something with the given parts."""
    if inner[1] == NEVER:
        return math.inf, NEVER
    if inner[0] == NEVER and kind != "other":
        return (math.inf, NEVER) if kind == "even" else (NEVER, math.inf)
    return math.inf, math.inf


def _polynomial_parts(f: PiecewisePolynomial) -> Parts:
    """Exact answer for a piecewise polynomial: compare it with its mirror image."""
    even, odd = (math.inf if part.breaks else float(len(part.pieces[0]) - 1) for part in f.parts())
    return even, odd
