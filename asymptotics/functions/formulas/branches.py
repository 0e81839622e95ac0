"""Formulas between two kinks: every absolute value, maximum and step replaced by the branch that holds there."""

from __future__ import annotations

from fractions import Fraction

from asymptotics.functions.formulas.enclosures import REAL, arb
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.nodes import Node, constant
from asymptotics.functions.formulas.pieces import find_kinks

__all__ = ["branch"]


def branch(node: Node, place: arb) -> Node:
    """The formula that equals `node` on the whole interval between kinks that contains `place`.

    Only functions whose argument has exactly known zeros are replaced, so the result is proved to agree with the
    formula up to the neighbouring kinks of `asymptotics.functions.formulas.pieces.find_kinks`.

    Parameters
    ----------
    node : Node
        The formula.
    place : arb
        A number strictly between two kinks.

    Returns
    -------
    Node
        Analytic across those kinks, wherever a branch could be chosen.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> branch(parse_formula("relu(x - 1)").node, arb(0)).value
    Fraction(0, 1)
    """
    if not node.arguments or node.is_constant:
        return node
    chosen = _chosen(node, place)
    if chosen is not None:
        return chosen
    return Node(node.head, tuple(branch(a, place) for a in node.arguments), node.value)


def _sign(node: Node, place: arb) -> int:
    """Sign on the whole interval around `place`, or 0 if it is not known."""
    _, implicit = find_kinks(Node("abs", (node,)))
    if implicit:
        return 0
    value = evaluate(node, place, REAL)
    return 1 if value > 0 else -1 if value < 0 else 0


def _times(factor: Fraction, node: Node) -> Node:
    return node if factor == 1 else Node("multiply", (constant(factor), node))


def _chosen(node: Node, place: arb) -> Node | None:
    if node.head in ("max", "min"):
        left, right = node.arguments
        sign = _sign(Node("add", (left, _times(Fraction(-1), right))), place)
        if not sign:
            return None
        return branch(left if (sign > 0) == (node.head == "max") else right, place)
    if node.head not in ("abs", "sign", "heaviside", "relu", "leaky_relu", "elu"):
        return None
    sign = _sign(node.arguments[0], place)
    if not sign:
        return None
    inner = branch(node.arguments[0], place)
    if node.head == "sign":
        return constant(sign)
    if node.head == "heaviside":
        return constant((1 + sign) // 2)
    if node.head == "abs":
        return _times(Fraction(sign), inner)
    if sign > 0:
        return inner
    if node.head == "leaky_relu":
        return _times(node.value or Fraction(0), inner)
    return constant(0) if node.head == "relu" else Node("add", (Node("exp", (inner,)), constant(-1)))
