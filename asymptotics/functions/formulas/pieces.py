"""Exact structure of a formula: piecewise polynomials and kinks."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from asymptotics.functions.formulas.nodes import Node

__all__ = ["PiecewisePolynomial", "find_kinks", "piecewise_polynomial", "split_constant"]

Polynomial = tuple[Fraction, ...]
"""Coefficients, lowest degree first, without trailing zeros; the zero polynomial is empty."""


@dataclass(frozen=True)
class PiecewisePolynomial:
    """A function that is a polynomial with rational coefficients between consecutive breaks.

    Parameters
    ----------
    breaks : tuple of sympy.Expr
        Real algebraic numbers in increasing order.
    pieces : tuple of tuple of Fraction
        One polynomial more than there are breaks, coefficients lowest degree first.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> piecewise_polynomial(parse_formula("max(x, 0)").node)
    PiecewisePolynomial(breaks=(0,), pieces=((), (Fraction(0, 1), Fraction(1, 1))))
    """

    breaks: tuple[sympy.Expr, ...]
    pieces: tuple[Polynomial, ...]

    def refined(self, breaks: tuple[sympy.Expr, ...]) -> tuple[Polynomial, ...]:
        """The pieces over a finer list of breaks."""
        result, index = [], 0
        for left in (None, *breaks):
            if left is not None and index < len(self.breaks) and self.breaks[index] == left:
                index += 1
            result.append(self.pieces[index])
        return tuple(result)

    def parts(self) -> tuple[PiecewisePolynomial, PiecewisePolynomial]:
        """The even and the odd part."""
        mirrored = PiecewisePolynomial(
            tuple(-b for b in reversed(self.breaks)),
            tuple(tuple(c * (-1) ** i for i, c in enumerate(piece)) for piece in reversed(self.pieces)),
        )
        half, minus = (PiecewisePolynomial((), ((value,),)) for value in (Fraction(1, 2), Fraction(-1)))
        even = _combine("multiply", half, _combine("add", self, mirrored))
        odd = _combine("multiply", half, _combine("add", self, _combine("multiply", minus, mirrored)))
        return even, odd

    def simplified(self) -> PiecewisePolynomial:
        """The same function without breaks at which nothing changes."""
        breaks, pieces = [], [self.pieces[0]]
        for place, piece in zip(self.breaks, self.pieces[1:], strict=True):
            if piece != pieces[-1]:
                breaks.append(place)
                pieces.append(piece)
        return PiecewisePolynomial(tuple(breaks), tuple(pieces))


def _trim(coefficients: list[Fraction]) -> Polynomial:
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    return tuple(coefficients)


def _add(a: Polynomial, b: Polynomial) -> Polynomial:
    long, short = (a, b) if len(a) >= len(b) else (b, a)
    return _trim([c + (short[i] if i < len(short) else 0) for i, c in enumerate(long)])


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    if not a or not b:
        return ()
    result = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, u in enumerate(a):
        for j, v in enumerate(b):
            result[i + j] += u * v
    return _trim(result)


def _sorted(places: set[sympy.Expr]) -> tuple[sympy.Expr, ...]:
    return tuple(sorted(places, key=lambda place: place if place.is_Rational else place.evalf(80)))


@lru_cache(maxsize=256)
def _roots(polynomial: Polynomial) -> tuple[sympy.Expr, ...]:
    """All real roots of a nonzero polynomial, exact, without multiplicity."""
    if len(polynomial) < 2:
        return ()
    if len(polynomial) == 2:
        root = -polynomial[0] / polynomial[1]
        return (sympy.Rational(root.numerator, root.denominator),)
    x = sympy.Symbol("x")
    terms = [sympy.Rational(c.numerator, c.denominator) for c in reversed(polynomial)]
    return tuple(dict.fromkeys(sympy.Poly(terms, x, domain="QQ").real_roots()))


def _value(polynomial: Polynomial, x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(polynomial):
        total = total * x + c
    return total


def _between(left: sympy.Expr | None, right: sympy.Expr | None) -> Fraction:
    """A rational point strictly inside an interval (None: unbounded)."""
    if left is None:
        return Fraction(0) if right is None else Fraction(math.floor(right)) - 1
    if right is None:
        return Fraction(math.floor(left)) + 2
    middle = (left + right) / 2
    if middle.is_Rational:
        return Fraction(int(middle.p), int(middle.q))
    width = right - left
    scale = 2 ** (8 + max(0, math.ceil(-math.log2(float(width.evalf(30))))))
    return Fraction(math.floor((middle * scale).evalf(60)), scale)


def _root_intervals(f: PiecewisePolynomial) -> list[tuple[sympy.Expr | None, sympy.Expr | None, Polynomial]]:
    """Cut every piece of `f` at its real roots."""
    result: list[tuple[sympy.Expr | None, sympy.Expr | None, Polynomial]] = []
    edges = (None, *f.breaks, None)
    for left, right, piece in zip(edges[:-1], edges[1:], f.pieces, strict=True):
        inside = []
        for root in _roots(piece):
            after = left is None or bool((root - left).evalf(80) > 0)
            before = right is None or bool((right - root).evalf(80) > 0)
            if after and before and root not in (left, right):
                inside.append(root)
        cuts = (left, *_sorted(set(inside)), right)
        result.extend((a, b, piece) for a, b in itertools.pairwise(cuts))
    return result


def _by_sign(
    f: PiecewisePolynomial, positive: Polynomial, negative: Polynomial, by: str
) -> PiecewisePolynomial:
    """Multiply `f` (``by="factor"``) by, or replace it (``by="value"``) with, one polynomial where it is positive and
    another where it is negative.
    """
    breaks, pieces = [], []
    for left, right, piece in _root_intervals(f):
        if left is not None:
            breaks.append(left)
        sign = _value(piece, _between(left, right)) if piece else Fraction(0)
        chosen = positive if sign > 0 else negative if sign < 0 else ()
        pieces.append(_multiply(piece, chosen) if by == "factor" else chosen)
        if not piece and by == "value":  # identically zero: the value at zero is the mean of both sides
            pieces[-1] = _multiply(_add(positive, negative), (Fraction(1, 2),))
    return PiecewisePolynomial(tuple(breaks), tuple(pieces)).simplified()


def _combine(head: str, f: PiecewisePolynomial, g: PiecewisePolynomial) -> PiecewisePolynomial:
    breaks = _sorted({*f.breaks, *g.breaks})
    operation = _add if head == "add" else _multiply
    pieces = tuple(operation(a, b) for a, b in zip(f.refined(breaks), g.refined(breaks), strict=True))
    return PiecewisePolynomial(breaks, pieces).simplified()


_ONE: Polynomial = (Fraction(1),)
_MINUS: Polynomial = (Fraction(-1),)


def _hermite_coefficients(degree: int) -> list[Fraction]:
    """Coefficients of the monic Hermite polynomial, lowest degree first."""
    previous, current = [Fraction(1)], [Fraction(0), Fraction(1)]
    for k in range(1, degree):
        following = [Fraction(0), *current]
        for i, c in enumerate(previous):
            following[i] -= k * c
        previous, current = current, following
    return current if degree else [Fraction(1)]


def piecewise_polynomial(node: Node) -> PiecewisePolynomial | None:
    """The exact piecewise polynomial that a formula is, if it is one with rational coefficients.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    PiecewisePolynomial or None
        None if the formula contains anything else (``pi``, ``tanh``, roots ...).

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> piecewise_polynomial(parse_formula("abs(x**2 - 2)").node).breaks
    (-sqrt(2), sqrt(2))
    >>> piecewise_polynomial(parse_formula("tanh(x)").node) is None
    True
    """
    if node.head == "variable":
        return PiecewisePolynomial((), ((Fraction(0), Fraction(1)),))
    if node.head == "number":
        assert node.value is not None
        return PiecewisePolynomial((), (_trim([node.value]),))
    inner = [piecewise_polynomial(a) for a in node.arguments]
    if not inner or any(f is None for f in inner):
        return None
    f = inner[0]
    assert f is not None
    if node.head in ("add", "multiply"):
        assert inner[1] is not None
        return _combine(node.head, f, inner[1])
    if node.head == "power" and node.value is not None and node.value.denominator == 1 and node.value >= 0:
        result = PiecewisePolynomial((), (_ONE,))
        for _ in range(int(node.value)):
            result = _combine("multiply", result, f)
        return result
    if node.head == "hermite" and node.value is not None:
        coefficients = _hermite_coefficients(int(node.value))
        result = PiecewisePolynomial((), ((),))
        for c in reversed(coefficients):
            shifted = _combine("multiply", result, f)
            result = _combine("add", shifted, PiecewisePolynomial((), (_trim([c]),)))
        return result
    if node.head in ("max", "min"):
        assert inner[1] is not None
        difference = _combine("add", f, _combine("multiply", PiecewisePolynomial((), (_MINUS,)), inner[1]))
        chosen = (
            _by_sign(difference, _ONE, (), "factor")
            if node.head == "max"
            else _by_sign(difference, (), _ONE, "factor")
        )
        return _combine("add", inner[1], chosen)
    signs = {
        "abs": (_ONE, _MINUS, "factor"),
        "relu": (_ONE, (), "factor"),
        "leaky_relu": (_ONE, _trim([node.value or Fraction(0)]), "factor"),
        "sign": (_ONE, _MINUS, "value"),
        "heaviside": (_ONE, (), "value"),
    }
    return _by_sign(f, *signs[node.head]) if node.head in signs else None


def split_constant(node: Node) -> tuple[list[Node], Node]:
    """Take constant factors off a formula.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    factors : list of Node
        Constant nodes.
    rest : Node
        What they multiply.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> factors, rest = split_constant(parse_formula("sqrt(2)*relu(x)/3").node)
    >>> len(factors), rest.head
    (2, 'relu')
    """
    if node.head == "multiply":
        left, right = node.arguments
        for factor, rest in ((left, right), (right, left)):
            if factor.is_constant:
                more, core = split_constant(rest)
                return [factor, *more], core
    if node.head == "divide" and node.arguments[1].is_constant:
        more, core = split_constant(node.arguments[0])
        return [Node("divide", (Node("number", (), Fraction(1)), node.arguments[1])), *more], core
    return [], node


_KINKED = frozenset({"abs", "sign", "heaviside", "relu", "leaky_relu", "elu", "max", "min"})
_ODD_MONOTONE = frozenset({"tanh", "erf", "sinh", "atan", "asin"})


def find_kinks(node: Node) -> tuple[tuple[sympy.Expr, ...], tuple[Node, ...]]:
    """Places where a formula is not analytic: exact ones, and functions whose zeros are the other ones.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    exact : tuple of sympy.Expr
        Real algebraic numbers, increasing.
    implicit : tuple of Node
        Functions with a kink of the formula at every change of sign, for which no exact zero is known.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> find_kinks(parse_formula("max(min(x, 1), -1)").node)[0]
    (-1, 1)
    """
    polynomial = piecewise_polynomial(node)
    if polynomial is not None:
        return polynomial.breaks, ()
    exact: set[sympy.Expr] = set()
    implicit: dict[Node, None] = {}
    for argument in node.arguments:
        places, others = find_kinks(argument)
        exact.update(places)
        implicit.update(dict.fromkeys(others))
    zero_set = _singular_argument(node)
    if zero_set is not None and not zero_set.is_constant:
        while zero_set.head in _ODD_MONOTONE:
            zero_set = zero_set.arguments[0]
        inside = piecewise_polynomial(zero_set)
        if inside is None:
            implicit[zero_set] = None
        else:
            exact.update(inside.breaks)
            exact.update(left for left, _, _ in _root_intervals(inside) if left is not None)
    return _sorted(exact), tuple(implicit)


def _singular_argument(node: Node) -> Node | None:
    """The function at whose zeros this node may fail to be analytic."""
    if node.head in ("max", "min"):
        for one, other in (node.arguments, reversed(node.arguments)):
            if other.head == "number" and not other.value:
                return one
        minus = Node("multiply", (Node("number", (), Fraction(-1)), node.arguments[1]))
        return Node("add", (node.arguments[0], minus))
    if node.head in _KINKED or node.head == "log":
        return node.arguments[0]
    if node.head == "divide":
        return node.arguments[1]
    if node.head == "power" and node.value is not None and (node.value.denominator != 1 or node.value < 0):
        return node.arguments[0]
    return None
