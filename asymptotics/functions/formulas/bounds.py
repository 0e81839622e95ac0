"""Proved bounds on how fast a formula grows, read off its tree.

Needed to bound, rigorously, what an integral over the whole line leaves out: ``|f(x)| <= C (1 + |x|)^m e^(a |x|)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from asymptotics.functions.formulas.enclosures import REAL, arb, ball
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.nodes import Node

__all__ = ["Growth", "growth"]


@dataclass(frozen=True)
class Growth:
    """The bound ``constant * (1 + |x|)**power * exp(rate * |x|)``, valid for every real x.

    Parameters
    ----------
    constant : arb
        C, nonnegative.
    power : Fraction
        m, nonnegative.
    rate : arb
        a, nonnegative.

    Examples
    --------
    >>> Growth(arb(2), Fraction(1), arb(0)).times(Growth(arb(3), Fraction(0), arb(1))).constant
    6.00000000000000
    """

    constant: arb
    power: Fraction
    rate: arb

    def plus(self, other: Growth) -> Growth:
        """A bound for the sum."""
        rate = self.rate.max(other.rate)
        return Growth(self.constant + other.constant, max(self.power, other.power), rate)

    def times(self, other: Growth) -> Growth:
        """A bound for the product."""
        return Growth(self.constant * other.constant, self.power + other.power, self.rate + other.rate)

    def raised(self, exponent: Fraction) -> Growth:
        """A bound for a nonnegative power."""
        p = ball(exponent)
        return Growth((1 + self.constant) ** p, self.power * exponent, self.rate * p)


def _constant(value: arb) -> Growth:
    return Growth(abs(value).upper(), Fraction(0), arb(0))


_BOUNDED = {
    "tanh": 1,
    "erf": 1,
    "sin": 1,
    "cos": 1,
    "sign": 1,
    "heaviside": 1,
    "sigmoid": 1,
    "normal_cdf": 1,
    "atan": 2,
}
_NO_LARGER_THAN_ARGUMENT = frozenset({"abs", "relu", "gelu", "silu"})


def growth(node: Node) -> Growth | None:
    """A proved bound on a formula's growth.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    Growth or None
        None if the rules find no bound of this form; there may be one all the same.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> growth(parse_formula("x*tanh(x)").node).power
    Fraction(1, 1)
    >>> growth(parse_formula("exp(x**2)").node) is None
    True
    """
    if node.is_constant:
        return _constant(evaluate(node, arb(0), REAL))
    if node.head == "variable":
        return Growth(arb(1), Fraction(1), arb(0))
    if node.head in _BOUNDED:
        return _constant(arb(_BOUNDED[node.head]))
    inner = [growth(a) for a in node.arguments]
    first = inner[0]
    if node.head == "divide":
        below = lower_bound(node.arguments[1])
        return None if first is None or below is None else first.times(_constant(1 / below))
    if node.head == "power":
        return _power(node, first)
    if node.head in ("exp", "sinh", "cosh"):
        return _exponential(node, first)
    if node.head in ("asin", "acos") or any(f is None for f in inner) or first is None:
        return None
    if node.head == "log":
        below = lower_bound(node.arguments[0])
        return None if below is None else first.plus(_constant(below.log()))
    if node.head in _NO_LARGER_THAN_ARGUMENT:
        return first
    if node.head == "leaky_relu":
        return first.times(_constant(ball(max(Fraction(1), abs(node.value or Fraction(0))))))
    if node.head in ("softplus", "elu"):
        return first.plus(_constant(arb(1)))
    if node.head == "hermite":
        degree = node.value or Fraction(0)
        return first.plus(_constant(ball(degree).sqrt())).raised(degree)  # |He_k(u)| <= (|u| + sqrt k)^k
    second = inner[1]
    assert second is not None
    return first.times(second) if node.head == "multiply" else first.plus(second)  # add, max, min


def _power(node: Node, base: Growth | None) -> Growth | None:
    exponent = node.value
    assert exponent is not None
    if exponent >= 0:
        return None if base is None else base.raised(exponent)
    below = lower_bound(node.arguments[0])
    return None if below is None else _constant(below ** ball(exponent))


def _exponential(node: Node, argument: Growth | None) -> Growth | None:
    if node.head == "exp":
        above = upper_bound(node.arguments[0])
        if above is not None:
            return _constant(above.exp())
    if argument is None or argument.power > 1 or not argument.rate.is_zero():
        return None
    return Growth(argument.constant.exp(), Fraction(0), argument.constant)


def nonnegative(node: Node) -> bool:
    """Whether a formula is provably nonnegative, by structure.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    bool
        False also means "not known".

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> nonnegative(parse_formula("1 + x**2").node)
    True
    """
    if node.is_constant:
        return bool(evaluate(node, arb(0), REAL) >= 0)
    if node.head in ("abs", "relu", "exp", "sigmoid", "heaviside", "normal_cdf", "softplus", "cosh", "acos"):
        return True
    if node.head == "power" and node.value is not None:
        return (
            node.value.numerator % 2 == 0 or node.value.denominator % 2 == 0 or nonnegative(node.arguments[0])
        )
    if node.head in ("add", "divide", "min"):
        return all(nonnegative(a) for a in node.arguments)
    if node.head == "max":
        return any(nonnegative(a) for a in node.arguments)
    if node.head == "multiply":
        return node.arguments[0] == node.arguments[1] or all(nonnegative(a) for a in node.arguments)
    return False


def lower_bound(node: Node) -> arb | None:
    """A positive number that a formula provably never goes below, by structure.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    arb or None
        The bound, if one is found.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> lower_bound(parse_formula("1 + exp(-x)").node)
    1.00000000000000
    """
    if node.is_constant:
        value = evaluate(node, arb(0), REAL)
        return value.lower() if value > 0 else None
    if node.head == "cosh":
        return arb(1)
    bounds = [lower_bound(a) for a in node.arguments]
    known = [b for b in bounds if b is not None]
    if node.head == "add" and known and all(nonnegative(a) for a in node.arguments):
        return sum(known, arb(0))
    if node.head == "max" and known:
        return known[0] if len(known) == 1 else known[0].max(known[1])
    if len(known) < len(node.arguments) or not known:
        return None
    if node.head == "min":
        return known[0].min(known[1])
    if node.head == "multiply":
        return known[0] * known[1]
    if node.head == "power" and node.value is not None and node.value > 0:
        return known[0] ** ball(node.value)
    return known[0] if node.head in ("abs", "relu") else None


def upper_bound(node: Node) -> arb | None:
    """A number that a formula provably never exceeds, by structure.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    arb or None
        The bound, if one is found.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> upper_bound(parse_formula("1 - 2*x**2").node)
    1.00000000000000
    """
    if node.is_constant:
        return evaluate(node, arb(0), REAL).upper()
    if node.head in _BOUNDED:
        return arb(_BOUNDED[node.head])
    if node.head == "multiply":
        for factor, rest in (node.arguments, node.arguments[::-1]):
            if factor.is_constant:
                sign = evaluate(factor, arb(0), REAL)
                above = upper_bound(rest)
                if sign <= 0:
                    return arb(0) if nonnegative(rest) else None
                return sign * above if sign > 0 and above is not None else None
        return None
    bounds = [upper_bound(a) for a in node.arguments]
    known = [b for b in bounds if b is not None]
    if node.head == "min" and known:
        return known[0]
    if node.head in ("add", "max") and len(known) == 2:
        return known[0] + known[1] if node.head == "add" else known[0].max(known[1])
    return None
