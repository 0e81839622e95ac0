r"""Proof, read off a formula's tree, that all its Taylor coefficients at zero are nonnegative.

Such a function (absolutely monotone) is the sum of its Taylor series on all of [-1, 1], and by Schoenberg (1942) a
positive definite kernel on the sphere of every dimension. The rules are those of series whose coefficients, apart
from the first, have one sign: sums, products, ``exp(P)``, ``(c - P)^a`` for a < 1, ``-log(c - P)``, ``asin(P)``, where
P is a series with nonnegative coefficients and ``c - P`` stays nonnegative up to t = 1, so that everything converges
there. They may miss a kernel, never accept a wrong one.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from asymptotics.functions.formulas.enclosures import REAL, arb, ball, whole_power, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.functions.formulas.nodes import Node
from asymptotics.functions.formulas.pieces import piecewise_polynomial
from asymptotics.functions.kernel_catalogue import kernel_of_name

__all__ = ["absolutely_monotone"]

_BITS = 200


def absolutely_monotone(node: Node) -> bool:
    """Whether all Taylor coefficients of a formula at zero are proved to be nonnegative.

    Parameters
    ----------
    node : Node
        The formula of a kernel.

    Returns
    -------
    bool
        False also means "not known".

    Examples
    --------
    >>> absolutely_monotone(parse_formula("exp(-sqrt(2 - 2*t))", "t").node)
    True
    >>> absolutely_monotone(parse_formula("exp(t) - t", "t").node)
    False
    """
    with working_precision(_BITS):
        found = _series(node)
        return found is not None and found[0] >= 0 and bool(found[1] >= 0)


@lru_cache(maxsize=1)
def _features() -> frozenset[Node]:
    """Kernels of features, whose Taylor coefficients are squares: step and ReLU (Cho and Saul 2009)."""
    texts = [kernel_of_name(name) for name in ("arccos0", "arccos1")]
    return frozenset(
        parse_formula(found[1], "t").node for found in texts if found and isinstance(found[1], str)
    )


def _series(node: Node) -> tuple[int, arb] | None:
    """Common sign of all coefficients but the first (0 for a constant), and the first; None if it is not known."""
    if node.is_constant:
        return 0, evaluate(node, arb(0), REAL)
    if node in _features():
        return 1, evaluate(node, arb(0), REAL)
    polynomial = piecewise_polynomial(node)
    if polynomial is not None:
        return _polynomial(polynomial.pieces[0]) if not polynomial.breaks else None
    inner = [_series(a) for a in node.arguments]
    first = inner[0]
    if first is None or any(found is None for found in inner):
        return None
    if node.head in ("add", "multiply", "divide"):
        second = inner[1]
        assert second is not None
        if node.head == "add":
            return _sum(first, second)
        if node.head == "divide":
            second = _power(second, Fraction(-1), node.arguments[1])
        return None if second is None else _product(first, second)
    if node.head == "power":
        assert node.value is not None
        return _power(first, node.value, node.arguments[0])
    return _function(node, *first)


def _polynomial(coefficients: tuple[Fraction, ...]) -> tuple[int, arb] | None:
    signs = {1 if c > 0 else -1 for c in coefficients[1:] if c}
    if len(signs) > 1:
        return None
    return next(iter(signs), 0), ball(coefficients[0]) if coefficients else arb(0)


def _sum(a: tuple[int, arb], b: tuple[int, arb]) -> tuple[int, arb] | None:
    if a[0] * b[0] < 0:
        return None
    return a[0] or b[0], a[1] + b[1]


def _whole_sign(a: tuple[int, arb]) -> int:
    """Sign of all coefficients, the first included; 0 if they differ or are not known to agree."""
    signs = [s for s in (1, -1) if a[0] * s >= 0 and a[1] * s >= 0]
    return signs[0] if signs else 0


def _product(a: tuple[int, arb], b: tuple[int, arb]) -> tuple[int, arb] | None:
    for one, other in ((a, b), (b, a)):
        if one[0] == 0 and (one[1] > 0 or one[1] < 0):
            return other[0] * (1 if one[1] > 0 else -1), one[1] * other[1]
    sign = _whole_sign(a) * _whole_sign(b)
    return (sign, a[1] * b[1]) if sign else None


def _power(base: tuple[int, arb], exponent: Fraction, node: Node) -> tuple[int, arb] | None:
    sign, first = base
    if exponent.denominator == 1 and exponent >= 0:
        whole = _whole_sign(base) ** int(exponent)
        return (whole, whole_power(first, int(exponent))) if whole else None
    if sign == 1 and exponent.denominator == 1 and first < 0:  # 1/(P - c) = -1/(c - P)
        reversed_ = _decreasing_power(-first, exponent, -evaluate(node, arb(1), REAL))
        flip = -1 if exponent.numerator % 2 else 1
        return None if reversed_ is None else (reversed_[0] * flip, reversed_[1] * flip)
    if sign == 1:
        return None
    return _decreasing_power(first, exponent, evaluate(node, arb(1), REAL))


def _decreasing_power(first: arb, exponent: Fraction, last: arb) -> tuple[int, arb] | None:
    """``(c - P)^a`` from c and the value ``c - P(1)``."""
    if not first > 0 or exponent > 1 or not (last > 0 if exponent < 0 else last >= 0):
        return None
    return (1 if exponent < 0 else -1), REAL.power(first, exponent)


def _function(node: Node, sign: int, first: arb) -> tuple[int, arb] | None:
    last = evaluate(node.arguments[0], arb(1), REAL)
    whole = _whole_sign((sign, first))
    if node.head == "exp" and sign >= 0:
        return 1, first.exp()
    if node.head == "cosh" and whole:
        return 1, first.cosh()
    if node.head == "sinh" and whole:
        return whole, first.sinh()
    if node.head == "log" and sign <= 0 and first > 0 and last > 0:
        return -1, first.log()
    if node.head in ("asin", "acos") and whole and abs(last) <= 1:
        value = first.asin() if node.head == "asin" else first.acos()
        return (whole if node.head == "asin" else -whole), value
    return None
