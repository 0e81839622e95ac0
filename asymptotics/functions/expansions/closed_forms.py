r"""Degree decompositions that are known exactly.

Two families cover most activations in use.

**Polynomials on each half line** (relu, leaky relu, abs, heaviside, sign, all polynomials), at every dimension. Write
``sigma(t) = A(t) + B(t) sign(t)`` with polynomials A, B. For ``s + k`` of the right parity and the monic orthogonal
polynomial ``pi_k`` of squared norm ``h_k``, Rodrigues' formula and the beta integral give the one-term result

    u_k(s) = E[|t|^s sign(t)^k pi_k(t)] / h_k,
    u_{k+2}(s) / u_k(s) = (2k + d)(2k + d + 2)(s - k) / (d (k + 1)(k + 2)(s + k + d)),

starting from the moments ``u_0(s) = E|t|^s`` and ``u_1(s) = E|t|^{s+1}``, which obey
``E|t|^{j+2} = E|t|^j d (j + 1)/(j + d)``. So every coefficient is ``alpha + beta E|t|`` with rational alpha, beta: no
cancellation, exact zeros, any degree. (For d = inf: ratio ``(s - k)/((k + 1)(k + 2))``, the Hermite case.)

**Functions with an elementary dual kernel**, for Gaussian inputs: if ``E sigma(u) sigma(v) = K(rho)`` for standard
Gaussians of correlation rho, then ``mu_k^2`` is the k-th Taylor coefficient of K, and ``E sigma^2 = K(1)``:

    erf(a x)   (2/pi) arcsin(q rho), q = 2a^2/(1 + 2a^2)      (Williams 1996)
    sin(a x)   exp(-a^2) sinh(a^2 rho)          cos(a x)   exp(-a^2) cosh(a^2 rho)
    exp(a x)   exp(a^2) exp(a^2 rho)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.functions.expansions.harmonics import recurrence
from asymptotics.functions.formulas.enclosures import REAL, arb, ball, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.nodes import Node
from asymptotics.functions.formulas.pieces import piecewise_polynomial, split_constant

__all__ = ["ClosedForm", "closed_form"]


@dataclass(frozen=True)
class ClosedForm:
    """Exact powers of every degree, to be evaluated at any precision.

    Parameters
    ----------
    powers : callable
        From bits to (list of balls ``mu_k^2`` for k = 0 .. K, ball ``E sigma^2``).
    zeros : dict of int to str
        Degrees that vanish exactly, with the reason; -1 is the tail above K.
    method : str
        The closed form used, in words.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> closed_form(parse_formula("relu(x)").node, math.inf, 3).zeros
    {3: 'exact coefficient is zero'}
    """

    powers: Callable[[int], tuple[list[arb], arb]]
    zeros: dict[int, str]
    method: str


def closed_form(node: Node, d: int | float, degrees: int) -> ClosedForm | None:
    """The exact decomposition of a formula, if it belongs to a known family.

    Parameters
    ----------
    node : Node
        The activation.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree K.

    Returns
    -------
    ClosedForm or None
        None if no closed form is known.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> closed_form(parse_formula("tanh(x)").node, math.inf, 3) is None
    True
    """
    factors, core = split_constant(node)
    pieces = piecewise_polynomial(core)
    if pieces is not None and all(b == 0 for b in pieces.breaks):
        below, above = pieces.pieces[0], pieces.pieces[-1]
        return _signed_polynomial(factors, below, above, d, degrees)
    if d == math.inf and core.head in _DUAL and core.arguments:
        inner = piecewise_polynomial(core.arguments[0])
        if inner is not None and not inner.breaks and len(inner.pieces[0]) == 2 and not inner.pieces[0][0]:
            return _dual_kernel(factors, core.head, inner.pieces[0][1], degrees)
    return None


def _squared_constant(factors: list[Node]) -> arb:
    """Square of a product of constants, exact for square roots of rationals."""
    result = arb(1)
    for factor in factors:
        if factor.head == "power" and factor.value == Fraction(1, 2):
            result *= evaluate(factor.arguments[0], arb(0), REAL)
        else:
            value = evaluate(factor, arb(0), REAL)
            result *= value * value
    return result


def absolute_moments(d: int | float, last: int) -> list[Fraction]:
    """Moments ``E|t|^j``, ``j = 0 .. last``, of one coordinate; the odd ones in units of ``E|t|``.

    Parameters
    ----------
    d : int or math.inf
        Dimension.
    last : int
        Last moment.

    Returns
    -------
    list of Fraction
        Exact.

    Examples
    --------
    >>> absolute_moments(math.inf, 4)
    [Fraction(1, 1), Fraction(1, 1), Fraction(1, 1), Fraction(2, 1), Fraction(3, 1)]
    """
    moments = [Fraction(1), Fraction(1)]
    for j in range(last - 1):
        moments.append(moments[j] * (j + 1) * (1 if d == math.inf else Fraction(int(d), j + int(d))))
    return moments


def mean_absolute(d: int | float) -> arb:
    """``E|t|`` at the current precision: ``sqrt(2/pi)`` for d = inf, ``sqrt(d/pi) Gamma(d/2)/Gamma((d+1)/2)`` else.

    Parameters
    ----------
    d : int or math.inf
        Dimension.

    Returns
    -------
    arb
        Enclosure.

    Examples
    --------
    >>> abs(mean_absolute(2) - 2 * arb(2).sqrt() / arb.pi()) < 1e-14
    True
    """
    if d == math.inf:
        return (2 / arb.pi()).sqrt()
    half = arb(int(d)) / 2
    return (arb(int(d)) / arb.pi()).sqrt() * (half.lgamma() - (half + arb(1) / 2).lgamma()).exp()


def projections(
    terms: dict[int, Fraction], even: bool, signed: bool, d: int | float, degrees: int
) -> list[Fraction]:
    """Sum over s of terms[s] u_k(s) for one parity of k (other degrees zero), in units of E|t| where `signed`.

    Parameters
    ----------
    terms : mapping of int to Fraction
        Power of the variable to its coefficient.
    even : bool
        Parity of the degrees.
    signed : bool
        Whether units are E|t|.
    d : int or float
        Dimension, possibly infinite.
    degrees : int
        Largest degree.
    """
    result = [Fraction(0)] * (degrees + 1)
    moments = absolute_moments(d, max(terms, default=0) + 2)
    start = 0 if even else 1
    for s, weight in terms.items():
        if (s + signed) % 2 != start:
            continue
        u = weight * moments[s + start]
        for k in range(start, degrees + 1, 2):
            result[k] += u
            if d == math.inf:
                u *= Fraction(s - k, (k + 1) * (k + 2))
            else:
                size = int(d)
                u *= Fraction(
                    (2 * k + size) * (2 * k + size + 2) * (s - k), size * (k + 1) * (k + 2) * (s + k + size)
                )
            if not u:
                break
    return result


def _signed_polynomial(
    factors: list[Node],
    below: tuple[Fraction, ...],
    above: tuple[Fraction, ...],
    d: int | float,
    degrees: int,
) -> ClosedForm:
    length = max(len(below), len(above))
    low = [*below, *[Fraction(0)] * (length - len(below))]
    high = [*above, *[Fraction(0)] * (length - len(above))]
    plain = {s: (u + v) / 2 for s, (u, v) in enumerate(zip(high, low, strict=True)) if u + v}
    signed = {s: (u - v) / 2 for s, (u, v) in enumerate(zip(high, low, strict=True)) if u != v}
    rational, irrational = ([Fraction(0)] * (degrees + 1) for _ in range(2))
    for even in (True, False):
        for k, value in enumerate(projections(plain, even, False, d, degrees)):
            rational[k] += value
        for k, value in enumerate(projections(signed, even, True, d, degrees)):
            irrational[k] += value
    moments = absolute_moments(d, 2 * length)
    total = [Fraction(0), Fraction(0)]  # in units of 1 and of E|t|
    for first, second, sign in (
        (plain, plain, 0),
        (signed, signed, 0),
        (plain, signed, 1),
        (signed, plain, 1),
    ):
        for i, u in first.items():
            for j, v in second.items():
                if (i + j + sign) % 2 == 0:
                    total[(i + j) % 2] += u * v * moments[i + j]
    zeros = {
        k: "exact coefficient is zero" for k in range(degrees + 1) if not rational[k] and not irrational[k]
    }
    if not signed and length - 1 <= degrees:
        zeros[-1] = f"a polynomial of degree {length - 1}"
    steps = recurrence(d, degrees)

    def powers(bits: int) -> tuple[list[arb], arb]:
        guard = 0 if d == math.inf else 8 * int(d).bit_length()
        with working_precision(bits + guard):
            mean = mean_absolute(d) if signed else arb(0)
            scale = _squared_constant(factors)
            values, norm = [], Fraction(1)
            for k in range(degrees + 1):
                norm *= steps[k] if k else 1
                value = ball(rational[k]) + ball(irrational[k]) * mean
                values.append(scale * value * value * ball(norm))
            return values, scale * (ball(total[0]) + ball(total[1]) * mean)

    kind = "a polynomial" if not signed else "a polynomial on each half line"
    return ClosedForm(powers, zeros, f"exact moments of {kind}")


def _erf_terms(a: Fraction, degrees: int) -> list[Fraction]:
    q = 2 * a * a / (1 + 2 * a * a)
    return [
        Fraction(math.comb(k - 1, (k - 1) // 2), 2 ** (k - 1) * k) * q**k if k % 2 else Fraction(0)
        for k in range(degrees + 1)
    ]


def _exponential_terms(a: Fraction, degrees: int, parity: int | None) -> list[Fraction]:
    return [
        Fraction(a ** (2 * k), math.factorial(k)) if parity is None or k % 2 == parity else Fraction(0)
        for k in range(degrees + 1)
    ]


_DUAL: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    # name: (rational Taylor coefficients, their common factor, their sum at rho = 1)
    "erf": (_erf_terms, lambda a: 2 / arb.pi(), lambda a: ball(2 * a * a / (1 + 2 * a * a)).asin()),
    "sin": (
        lambda a, n: _exponential_terms(a, n, 1),
        lambda a: (-ball(a * a)).exp(),
        lambda a: ball(a * a).sinh(),
    ),
    "cos": (
        lambda a, n: _exponential_terms(a, n, 0),
        lambda a: (-ball(a * a)).exp(),
        lambda a: ball(a * a).cosh(),
    ),
    "exp": (
        lambda a, n: _exponential_terms(a, n, None),
        lambda a: ball(a * a).exp(),
        lambda a: ball(a * a).exp(),
    ),
}


def _dual_kernel(factors: list[Node], head: str, a: Fraction, degrees: int) -> ClosedForm:
    taylor, factor, at_one = _DUAL[head]
    terms = taylor(a, degrees)
    parity = "even" if head == "cos" else "odd"
    zeros = {k: f"the activation is {parity}" for k, term in enumerate(terms) if not term}

    def powers(bits: int) -> tuple[list[arb], arb]:
        with working_precision(bits):
            scale = _squared_constant(factors) * factor(a)
            return [scale * ball(term) for term in terms], scale * at_one(a)

    return ClosedForm(powers, zeros, f"Taylor coefficients of the dual kernel of {head}")
