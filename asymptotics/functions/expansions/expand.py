"""Degree decomposition of activations: exact where a closed form exists, quadrature between kinks elsewhere.

Every number is computed with enough extra bits that its own relative error, however small the number, is below the
rounding of the result: coefficients deep in the tail, and the tail itself, lose nothing to cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.expansions.closed_forms import closed_form
from asymptotics.functions.expansions.coordinate import by_rigorous_quadrature, steps_over
from asymptotics.functions.expansions.expand_function import expand_function
from asymptotics.functions.expansions.harmonics import (
    Expansion,
    multiplicity,
    read_degrees,
    read_digits,
    read_dimension,
)
from asymptotics.functions.expansions.quadrature import NotSquareIntegrable, decompose
from asymptotics.functions.formulas.enclosures import REAL, arb, ball, to_float, to_mpf, working_precision
from asymptotics.functions.formulas.evaluation import evaluate, evaluate_array
from asymptotics.functions.formulas.grammar import Node
from asymptotics.functions.formulas.parity import NEVER, parity_degrees
from asymptotics.functions.formulas.pieces import find_kinks

__all__ = ["Expansion", "expand", "multiplicity", "read_digits", "refine"]

Source = Callable[[int], tuple[list[arb], arb]]
"""From bits to the powers of degrees 0 .. K and their total over all degrees, as balls."""


def expand(activation: Any, d: Any = math.inf, degrees: int = 10, digits: int | None = None) -> Expansion:
    """Power ``mu_k^2`` of an activation in each degree, and the exact total of all higher degrees.

    ``mu_k^2`` is the squared L2 norm of the degree-k part of ``sigma(<theta, x>/sqrt(d))`` for theta and x uniform on
    the sphere of radius ``sqrt(d)``; for ``d = inf`` it is the squared normalised Hermite coefficient.

    Parameters
    ----------
    activation : str or Activation
        Name, formula in x, or activation.
    d : int or math.inf
        Dimension, at least 2. (An activation given by coefficients has the same ones at every d.)
    degrees : int
        Largest degree K resolved.
    digits : int, optional
        Decimal digits; the numbers are then mpmath numbers with that many correct digits.

    Returns
    -------
    Expansion
        ``powers`` (k = 0 .. K), ``tail``, ``total``; float64 with relative accuracy near rounding, or mpmath numbers.
        Powers that vanish are exactly zero, with the reason in ``zeros``.

    Raises
    ------
    InputError
        If an argument is not allowed, or the activation is not square-integrable.
    PrecisionError
        If the quadrature of an unusual formula does not converge.

    Notes
    -----
    Closed forms: see `closed_forms` beside this file. Elsewhere: `quadrature`.

    References
    ----------
    docs/howto/activations_and_targets.md.

    Examples
    --------
    >>> e = expand("relu", degrees=3)
    >>> e.powers[1], e.powers[3], round(e.above(1), 15)
    (0.25, 0.0, 0.090845056908105)
    >>> expand("relu", d=3, degrees=1, digits=30).powers[0]
    mpf('0.1875')
    """
    function, dimension, largest = as_activation(activation), read_dimension(d), read_degrees(degrees)
    digits = read_digits(digits)
    if function.rule is not None:
        return expand_function(function.rule, function.places, dimension, largest, digits)
    if function.formula is None:
        return _from_coefficients(function, dimension, largest, digits)
    try:
        return _expand(function.formula.node, dimension, largest, digits)
    except NotSquareIntegrable as error:
        raise _refusal(function, dimension, error.place) from None


def _refusal(activation: Activation, d: int | float, place: float | None) -> InputError:
    """What is wrong with an activation that is not square-integrable, and what to do."""
    inputs = (
        "standard Gaussian x" if d == math.inf else f"x in [-{math.sqrt(d):.4g}, {math.sqrt(d):.4g}], d = {d}"
    )
    advice = f"its square is not integrable near |x| = {round(place or 0, 6):.3g}: bound it there, as min and max do"
    if place is None or (d == math.inf and place > _FAR_OUT):
        advice = (
            "it grows like exp(x^2/4) or faster: damp it, clip it as in min(f, 10),"
            " or use FiniteSize, where |x| is at most sqrt(d)"
        )
    allowed = f"an activation whose mean square E sigma(x)^2 is finite for {inputs}"
    return InputError("activation", activation.name, allowed, advice)


def _from_coefficients(activation: Activation, d: int | float, degrees: int, digits: int | None) -> Expansion:
    given = dict(activation.powers)
    assert activation.tail is not None
    powers = [given.get(k, Fraction(0)) for k in range(degrees + 1)]
    # Doubles are added up exactly: they are equal to fractions, and so are models made of them.
    tail = sum((Fraction(p) for k, p in given.items() if k > degrees), Fraction(activation.tail))
    total = sum((Fraction(p) for p in powers), tail)
    convert: Callable[[Any], Any] = float if digits is None else lambda value: to_mpf(value, digits)
    zeros = tuple((k, "not given") for k, power in enumerate(powers) if not power)
    return Expansion(
        tuple(map(convert, powers)), convert(tail), convert(total), d, zeros, "coefficients as given", digits
    )


@lru_cache(maxsize=512)
def _expand(node: Node, d: int | float, degrees: int, digits: int | None) -> Expansion:
    exact = closed_form(node, d, degrees)
    if exact is not None:
        return refine(exact.powers, exact.zeros, d, digits, exact.method)
    sampled, zeros = cache(quadrature_source(node, d, degrees)), parity_zeros(node, degrees)
    target = _target(digits)
    if steps_over(node, d, max(_CHECKED, target + 4), sampled(target + _GUARD)[1]):
        return refine(by_rigorous_quadrature(node, d, degrees), zeros, d, digits, "rigorous quadrature")
    return refine(sampled, zeros, d, digits, "quadrature between kinks")


def parity_zeros(node: Node, degrees: int) -> dict[int, str]:
    """Degrees that vanish because the even or the odd part is a polynomial.

    Parameters
    ----------
    node : Node
        The activation.
    degrees : int
        Largest degree K.

    Returns
    -------
    dict of int to str
        Degree to reason; -1 stands for everything above K.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> sorted(parity_zeros(parse_formula("gelu(x)").node, 6))
    [3, 5]
    """
    parts = parity_degrees(node)
    zeros = {}
    for k in range(degrees + 1):
        bound, name = parts[k % 2], ("even", "odd")[k % 2]
        if bound == NEVER:
            zeros[k] = f"the activation is {('odd', 'even')[k % 2]}"
        elif k > bound:
            zeros[k] = f"the {name} part of the activation is a polynomial of degree {bound:g}"
    if max(parts) <= degrees:
        zeros[-1] = f"a polynomial of degree {max(parts):g}"
    return zeros


def quadrature_source(node: Node, d: int | float, degrees: int) -> Source:
    """Powers of a formula by quadrature, at any precision.

    Parameters
    ----------
    node : Node
        The activation.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree.

    Returns
    -------
    callable
        From bits to powers and total.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> powers, total = quadrature_source(parse_formula("x").node, math.inf, 1)(100)
    >>> abs(powers[1] - 1) < 1e-25
    True
    """
    exact, implicit = find_kinks(node)

    def source(bits: int) -> tuple[list[arb], arb]:
        def kinks() -> list[arb]:
            return [ball(place) for place in exact] + [
                root for g in implicit for root in sign_changes(g, d, bits + 16)
            ]

        values, total = decompose(lambda t: evaluate(node, t, REAL), d, degrees, bits, kinks)
        with working_precision(2 * bits):
            return [value * value for value in values], total

    return source


def sign_changes(node: Node, d: int | float, bits: int) -> list[arb]:
    """Zeros at which a formula changes sign, found on a grid and refined by bisection.

    Parameters
    ----------
    node : Node
        The function.
    d : int or math.inf
        Zeros are sought within ``|t| < min(sqrt(d), 40)``.
    bits : int
        Accuracy.

    Returns
    -------
    list of arb
        Approximate zeros.

    Examples
    --------
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> [round(float(z.mid()), 6) for z in sign_changes(parse_formula("cos(x)").node, 5, 50)]
    [-1.570796, 1.570796]
    """
    reach = min(math.sqrt(d), 40.0)
    # A grid without special points, so that a zero at a round number lies between two of its points.
    places = np.linspace(-reach, reach, 12001) + 1e-4 / math.pi
    signs = np.sign(evaluate_array(node, places))
    places_around = [
        (places[i], places[i + 1], signs[i] < 0) for i in np.nonzero(signs[1:] * signs[:-1] < 0)[0]
    ]
    with working_precision(bits + 40):
        return [_bisect(node, float(a), float(b), bool(rising), bits) for a, b, rising in places_around]


def _bisect(node: Node, start: float, end: float, rising: bool, bits: int) -> arb:
    """The zero between two floats of opposite sign, to an absolute accuracy of about ``2**-bits`` of their distance."""
    left, right = ball(start), ball(end)
    if left < 0 < right and evaluate(node, arb(0), REAL).contains(0):
        return arb(0)
    smallest = (right - left) * arb(2) ** (-bits)
    while True:
        middle = ((left + right) / 2).mid()
        value = evaluate(node, middle, REAL)
        if value.contains(0) or right - left < smallest:
            return middle
        left, right = (middle, right) if (value < 0) == rising else (left, middle)


_GUARD = 110
_CHECKED = 100
"""Bits to which a sampled mean square is compared with a proved one: structure between samples is not stepped over."""

_FAR_OUT = 15  # of Gaussian inputs
_UNDERFLOW, _OVERFLOW = 1e-310, 1e308  # outside float64's normal range nothing can be relatively accurate


def with_tail(source: Source, zeros: Mapping[int, str], bits: int) -> tuple[list[arb], arb, arb]:
    """Powers, the tail above them, and the total, at a number of bits.

    Parameters
    ----------
    source : callable
        From bits to balls: powers of degrees 0 .. K, and the total.
    zeros : mapping of int to str
        Degrees known to vanish, which come out as exact zeros; -1 for the tail.
    bits : int
        Passed on.

    Returns
    -------
    powers : list of arb
    tail, total : arb

    Examples
    --------
    >>> with_tail(lambda bits: ([arb(1), arb(0, 1)], arb(2)), {1: "odd"}, 60)
    ([1.00000000000000, 0], 1.00000000000000, 2.00000000000000)
    """
    powers, total = source(bits)
    with working_precision(2 * bits + 64):
        powers = [arb(0) if k in zeros else power for k, power in enumerate(powers)]
        return powers, arb(0) if -1 in zeros else total - sum(powers, arb(0)), total


def refine(
    source: Source,
    zeros: Mapping[int, str],
    d: int | float,
    digits: int | None,
    method: str,
    name: str = "activation",
) -> Expansion:
    """Raise the precision until every power and the tail have the accuracy wanted, each relative to itself.

    Parameters
    ----------
    source : callable
        From bits to balls: powers of degrees 0 .. K, and the total.
    zeros : mapping of int to str
        Degrees known to vanish, with the reason; -1 for the tail.
    d : int or math.inf
        Dimension, passed on.
    digits : int or None
        Accuracy wanted.
    method : str
        Passed on.
    name : str
        What is expanded, for error messages.

    Returns
    -------
    Expansion
        Rounded numbers.

    Raises
    ------
    PrecisionError
        If the accuracy cannot be reached.

    Examples
    --------
    >>> refine(lambda bits: ([arb(1)], arb(2)), {}, math.inf, None, "").tail
    1.0
    """
    target = _target(digits)
    bits = target + _GUARD
    limit = 1100 if digits is None else 1000 + 6 * target
    known = dict(zeros)
    while True:
        powers, tail, total = with_tail(source, known, bits)
        values = [*powers, tail]
        shortage = 0
        for k, value in zip([*range(len(powers)), -1], values, strict=True):
            if k in known or value.rel_accuracy_bits() >= target:
                continue
            if digits is None and abs(value) < _UNDERFLOW:
                known[k] = "smaller than any normal float64"
            elif not value.contains(0):
                shortage = max(shortage, target - value.rel_accuracy_bits())
            elif (
                k >= 0
                and bits > 250
                and any(p > 0 for p in powers[k + 2 :: 2])
                and abs(value) < total * arb(2) ** -200
            ):
                known[k] = f"zero to {bits} bits, with higher degrees that are not"
            elif bits >= limit:
                known[k] = f"zero to {bits} bits"
            else:
                shortage = max(shortage, bits)
        if not shortage:
            break
        if bits >= limit:
            raise PrecisionError(
                f"the {name}'s expansion did not reach the accuracy asked for", "ask for fewer digits"
            )
        bits = min(bits + shortage + 16, limit)
    return _rounded([arb(0) if k in known else p for k, p in enumerate(powers)], arb(0) if -1 in known else tail,
                    total, d, known, digits, method)  # fmt: skip


def _target(digits: int | None) -> int:
    """Bits that every number has to have right."""
    return 58 if digits is None else math.ceil(digits * math.log2(10)) + 6


def _rounded(
    powers: list[arb],
    tail: arb,
    total: arb,
    d: int | float,
    known: dict[int, str],
    digits: int | None,
    method: str,
) -> Expansion:
    if digits is None and not (total == 0 or _UNDERFLOW < total < _OVERFLOW):
        raise PrecisionError(
            "the mean square is beyond double precision", "ask for digits=, or rescale the function"
        )
    convert: Callable[[Any], Any] = to_float if digits is None else lambda value: to_mpf(value, digits)
    zeros = tuple(sorted(known.items()))
    return Expansion(tuple(map(convert, powers)), convert(tail), convert(total), d, zeros, method, digits)
