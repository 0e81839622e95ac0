r"""Spectra of dot-product kernels with a proof: every number is a ball that contains the exact value.

In infinite dimension the powers are Taylor coefficients at zero, by power series with balls as coefficients. At finite
dimension they are integrals over the angle ``theta = acos t``, by `rigorous_quadrature` beside this file; there
``acos t``, ``sqrt(1 - t^2)`` and ``sqrt(1 - t)`` have no singular ends. The total of all higher degrees is what is left
of ``h(1)``: the series converges there because no power is negative, which is proved too (from the Taylor
coefficients, or degree by degree for polynomials; tangent kernels are kernels of gradients).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.absolute_monotonicity import absolutely_monotone
from asymptotics.functions.expansions.expand import Source, read_digits
from asymptotics.functions.expansions.expand_certified import enclose, given_exactly
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity, read_degrees, read_dimension
from asymptotics.functions.expansions.kernel_spectra import (
    Law,
    evaluate_law,
    law_parity_zeros,
    polynomial_spectrum,
    taylor_spectrum,
)
from asymptotics.functions.expansions.rigorous_quadrature import integrate
from asymptotics.functions.formulas.bounds import Growth
from asymptotics.functions.formulas.enclosures import REAL, acb, arb, working_precision
from asymptotics.functions.formulas.evaluation import FormulaArithmetic, evaluate
from asymptotics.functions.formulas.grammar import Formula
from asymptotics.functions.formulas.nodes import Node, constant
from asymptotics.functions.formulas.pieces import piecewise_polynomial
from asymptotics.functions.kernels import as_kernel

__all__ = ["expand_kernel_certified", "in_angle"]


def expand_kernel_certified(kernel: Any, d: Any = math.inf, degrees: int = 10, digits: int = 16) -> Expansion:
    """Part of ``h(1)`` in each degree and total of all higher ones, as balls that are proved to contain them.

    Parameters
    ----------
    kernel : str or Kernel
        As for `asymptotics.functions.kernels.expand_kernel`.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree resolved.
    digits : int
        Decimal digits of relative accuracy of every power and of the tail.

    Returns
    -------
    Expansion
        With ``arb`` balls of python-flint; known zeros are exact.

    Raises
    ------
    InputError
        If an argument is not allowed, or the kernel is not positive definite in that dimension.
    PrecisionError
        If the accuracy, or that no power is negative, cannot be proved.

    Examples
    --------
    >>> e = expand_kernel_certified("arccos1", d=3, degrees=1, digits=20)
    >>> e.powers[0].contains(arb(3) / 8), e.powers[1].contains(arb(1) / 2), e.tail.rel_accuracy_bits() > 66
    (True, True, True)
    """
    given, dimension, largest = as_kernel(kernel), read_dimension(d), read_degrees(degrees)
    accuracy = read_digits(digits) or 16
    if given.law is None:
        return given_exactly(given.powers, given.tail or 0, dimension, largest, accuracy)
    return _certified(given.law, given.name, dimension, largest, accuracy)


@lru_cache(maxsize=128)
def _certified(law: Law, name: str, d: int | float, degrees: int, digits: int) -> Expansion:
    polynomial = piecewise_polynomial(law.node) if isinstance(law, Formula) else None
    if polynomial is not None and not polynomial.breaks:
        return _polynomial(polynomial.pieces[0], name, d, degrees, digits)
    if isinstance(law, Formula) and not absolutely_monotone(law.node):
        raise PrecisionError(
            f"it is not proved that no power of the kernel {name} is negative",
            "write it with sums, products, exp and powers of one sign, or ask for digits= without certified",
        )
    zeros = law_parity_zeros(law, degrees)
    if d == math.inf:
        source, method = taylor_spectrum(law, name, degrees), "Taylor coefficients"
    else:
        source, method = _gegenbauer(law, int(d), degrees), "rigorous quadrature over the angle"
    return enclose(source, zeros, d, digits, method, "kernel")


def _polynomial(
    coefficients: tuple[Fraction, ...], name: str, d: int | float, degrees: int, digits: int
) -> Expansion:
    """A polynomial has finitely many powers, and all of them are looked at."""
    everything, _ = polynomial_spectrum(coefficients, d, max(degrees, len(coefficients)))
    for k, value in enumerate(everything(64)[0]):
        if value < 0:
            raise InputError(
                "kernel",
                name,
                "a positive definite kernel",
                f"its part in degree {k} is negative for d = {d}",
            )
    source, zeros = polynomial_spectrum(coefficients, d, degrees)
    return enclose(source, zeros, d, digits, "exact polynomial", "kernel")


def _gegenbauer(law: Law, d: int, degrees: int) -> Source:
    counts = [multiplicity(d, k) for k in range(degrees + 1)]
    extra = max(counts).bit_length() // 2 + 10  # a power is sqrt(B) times the coefficient

    def source(bits: int) -> tuple[list[arb], arb]:
        coefficients, _ = integrate(OfAngle(law, d), d, degrees, bits + extra)
        with working_precision(bits + extra + 40):
            powers = [c * arb(b).sqrt() for c, b in zip(coefficients, counts, strict=True)]
            return powers, evaluate_law(law, arb(1), REAL)

    return source


@dataclass(frozen=True)
class OfAngle:
    """A kernel as the rigorous quadrature takes it: ``h(cos theta)`` with ``theta = pi/2 - s/sqrt(d)``.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel, positive definite in dimension d.
    d : int
        Dimension.

    Examples
    --------
    >>> from asymptotics.functions.kernels import as_kernel
    >>> OfAngle(as_kernel("laplace").law, 4)(arb.pi(), arb(2), REAL).contains(1)
    True
    """

    law: Law
    d: int

    def __call__(self, s: Any, t: Any, arithmetic: FormulaArithmetic) -> Any:
        """Value at the angle that belongs to s."""
        angle = arb.pi() / 2 - s / arb(self.d).sqrt()
        if isinstance(self.law, Formula):
            return evaluate(in_angle(self.law.node), angle, arithmetic)
        if self.law.nonlinearity == "relu":
            return _relu_tangent(self.law.depth, angle, arithmetic)
        return self.law.evaluate(arithmetic.call("cos", None, (angle,)), arithmetic)

    def near(self, t: arb) -> OfAngle:
        """Itself: a power series that converges for |t| <= 1 has no kinks between."""
        return self

    def kinks(self) -> list[arb]:
        """None."""
        return []

    def growth(self) -> Growth:
        """The kernel is nowhere larger than at t = 1, being positive definite."""
        return Growth(evaluate_law(self.law, arb(1), REAL).upper(), Fraction(0), arb(0))


def _relu_tangent(depth: int, angle: Any, arithmetic: FormulaArithmetic) -> Any:
    """Neural tangent kernel of ReLU layers on a ball of angles.

    The next covariance is ``1 - 2 w(a)``, ``w(a) = sin^2(a/2) - (sin a - a cos a)/(2 pi)``, whose angle is
    ``2 asin sqrt(w)``: nothing is lost near a = 0. Both are evaluated in mean value form, value at the middle plus
    slope times distance, since balls grow far more in their terms than in themselves.
    """

    def call(head: str, value: Any) -> Any:
        return arithmetic.call(head, None, (value,))

    def half(a: Any) -> Any:
        sine = call("sin", a / 2)
        return sine * sine - (call("sin", a) - a * call("cos", a)) / (2 * pi)

    def root(value: Any) -> Any:
        return arithmetic.power(value, Fraction(1, 2))

    def next_angle(w: Any) -> Any:
        angle = 2 * call("asin", root(w))
        if not isinstance(w, acb) or not w.is_finite():
            return angle
        sharper = 2 * call("asin", root(w.mid())) + (w - w.mid()) / (root(w) * root(1 - w))
        return min(angle, sharper, key=lambda a: float(a.rad()) if a.is_finite() else math.inf)

    pi, tangent = arithmetic.pi(), call("cos", angle)
    for layer in range(1, depth + 1):
        slope = (pi - angle) * call("sin", angle) / (2 * pi)
        w = half(angle.mid()) + slope * (angle - angle.mid())
        tangent = tangent * (1 - angle / pi) + 1 - 2 * w
        if layer < depth:
            angle = next_angle(w)
    return tangent


@lru_cache(maxsize=64)
def in_angle(node: Node) -> Node:
    """A formula in the cosine t as a formula in the angle, equal to it for angles in [0, pi].

    Parameters
    ----------
    node : Node
        The formula in t.

    Returns
    -------
    Node
        The variable is the angle: ``acos t`` is the angle itself, and powers of ``c (1 - t)^a (1 + t)^b`` are powers of
        the sine and cosine of half the angle, so that neither has a singularity at the ends.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> in_angle(parse_formula("acos(t)", "t").node)
    Node(head='variable', arguments=(), value=None)
    """
    if node.head == "variable":
        return Node("cos", (node,))
    if node.head == "acos" and node.arguments[0].head == "variable":
        return node.arguments[0]
    if node.head == "asin" and node.arguments[0].head == "variable":
        minus = Node("multiply", (constant(-1), node.arguments[0]))
        return Node("add", (Node("divide", (Node("pi"), constant(2))), minus))
    if node.head == "power" and node.value is not None and node.value.denominator > 1:
        polynomial = piecewise_polynomial(node.arguments[0])
        split = None if polynomial is None or polynomial.breaks else _zeros_at_ends(polynomial.pieces[0])
        if split is not None:
            return _half_angles(*split, node.value)
    return Node(node.head, tuple(in_angle(a) for a in node.arguments), node.value)


def _zeros_at_ends(coefficients: tuple[Fraction, ...]) -> tuple[Fraction, int, int] | None:
    """``c, a, b`` of a polynomial ``c (1 - t)^a (1 + t)^b``, or None if it is no such polynomial."""
    rest, orders = list(coefficients), {1: 0, -1: 0}
    for end in orders:
        while len(rest) > 1 and sum(c * end**i for i, c in enumerate(rest)) == 0:
            quotient = [Fraction(0)]  # divided by (1 - end*t), which is -end*(t - end): lowest degree first
            for c in rest[:-1]:
                quotient.append(quotient[-1] * end + c)
            rest = quotient[1:]
            orders[end] += 1
    return (
        (rest[0], orders[1], orders[-1]) if len(rest) == 1 and rest[0] > 0 and any(orders.values()) else None
    )


def _half_angles(factor: Fraction, a: int, b: int, exponent: Fraction) -> Node:
    """``(c (1 - t)^a (1 + t)^b)^e`` from ``1 - t = 2 sin^2(theta/2)`` and ``1 + t = 2 cos^2(theta/2)``."""
    half = Node("divide", (Node("variable"), constant(2)))
    result = Node("power", (constant(factor * 2 ** (a + b)),), exponent)
    for head, order in (("sin", a), ("cos", b)):
        if order:
            part = Node("power", (Node(head, (half,)),), 2 * order * exponent)
            result = Node("multiply", (result, part))
    return result
