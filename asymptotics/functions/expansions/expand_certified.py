"""Degree decompositions with a proof: every number is a ball that contains the exact value.

Closed forms are evaluated in ball arithmetic, other formulas integrated by `rigorous_quadrature` beside this file.
The ball types come from `asymptotics.functions.formulas.enclosures`, this room's adapter to python-flint.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import as_activation
from asymptotics.functions.expansions.closed_forms import closed_form
from asymptotics.functions.expansions.coordinate import OfCoordinate, by_rigorous_quadrature
from asymptotics.functions.expansions.expand import Source, parity_zeros, read_digits, with_tail
from asymptotics.functions.expansions.harmonics import Expansion, read_degrees, read_dimension
from asymptotics.functions.formulas.enclosures import arb, ball, whole_power, working_precision
from asymptotics.functions.formulas.nodes import Node

__all__ = ["OfCoordinate", "enclose", "expand_certified", "given_exactly"]


def expand_certified(activation: Any, d: Any = math.inf, degrees: int = 10, digits: int = 16) -> Expansion:
    """Power of each degree and total of all higher ones, as balls that are proved to contain them.

    Parameters
    ----------
    activation : str or Activation
        As for `asymptotics.functions.expansions.expand.expand`.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree resolved.
    digits : int
        Decimal digits of relative accuracy of every power and of the tail. A power that vanishes without a known
        reason comes out as a ball around zero whose radius is below ``10**(-3*digits)`` of the total.

    Returns
    -------
    Expansion
        With ``arb`` balls of python-flint; known zeros are exact.

    Raises
    ------
    InputError
        If an argument is not allowed.
    PrecisionError
        If the accuracy cannot be proved, for instance because no bound on the formula's growth is found.

    Notes
    -----
    See the module's description for the error bound.

    Examples
    --------
    >>> e = expand_certified("tanh", degrees=3, digits=20)
    >>> e.powers[0].is_zero(), e.powers[1].rel_accuracy_bits() > 66
    (True, True)
    """
    function, dimension, largest = as_activation(activation), read_dimension(d), read_degrees(degrees)
    accuracy = read_digits(digits)
    if accuracy is None:
        accuracy = 16
    if function.rule is not None:
        raise InputError(
            "certified", function.name, "an activation with a formula", "a function has no proof"
        )
    if function.formula is not None:
        return _certified(function.formula.node, dimension, largest, accuracy)
    return given_exactly(function.powers, function.tail or 0, dimension, largest, accuracy)


def given_exactly(
    powers: Iterable[tuple[int, Any]], tail: Any, d: int | float, degrees: int, digits: int
) -> Expansion:
    """Balls around powers that a user has given, the same in every dimension.

    Parameters
    ----------
    powers : iterable of (int, number)
        Power of some degrees.
    tail : number
        Total of all degrees above the largest given.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree resolved.
    digits : int
        Decimal digits of the balls.

    Returns
    -------
    Expansion
        Balls; degrees that were not given are exactly zero.

    Examples
    --------
    >>> given_exactly([(1, Fraction(1, 2))], Fraction(1, 4), math.inf, 1, 20).tail
    0.250000000000000
    """
    given = {k: Fraction(power) for k, power in powers}
    above = Fraction(tail) + sum((p for k, p in given.items() if k > degrees), Fraction(0))
    exact = [given.get(k, Fraction(0)) for k in range(degrees + 1)]
    with working_precision(math.ceil(digits * math.log2(10)) + 20):
        values = tuple(ball(p) for p in exact)
        zeros = tuple((k, "not given") for k, p in enumerate(exact) if not p)
        return Expansion(
            values, ball(above), ball(sum(exact, above)), d, zeros, "coefficients as given", digits
        )


@lru_cache(maxsize=128)
def _certified(node: Node, d: int | float, degrees: int, digits: int) -> Expansion:
    exact = closed_form(node, d, degrees)
    if exact is not None:
        return enclose(exact.powers, exact.zeros, d, digits, exact.method, "activation")
    source, zeros = by_rigorous_quadrature(node, d, degrees), parity_zeros(node, degrees)
    return enclose(source, zeros, d, digits, "rigorous quadrature between kinks", "activation")


def enclose(
    source: Source, zeros: Mapping[int, str], d: int | float, digits: int, method: str, name: str
) -> Expansion:
    """Raise the precision until every power and the tail are balls as narrow as asked, each relative to itself.

    Parameters
    ----------
    source : callable
        From bits to balls with a proof: powers of degrees 0 .. K, and the total.
    zeros : mapping of int to str
        Degrees known to vanish, with the reason; -1 for the tail.
    d : int or math.inf
        Dimension, passed on.
    digits : int
        Accuracy wanted.
    method : str
        Passed on.
    name : str
        What is expanded, for error messages.

    Returns
    -------
    Expansion
        Balls; a power that vanishes without a known reason is a tiny ball around zero.

    Raises
    ------
    PrecisionError
        If the accuracy cannot be reached.

    Examples
    --------
    >>> enclose(lambda bits: ([arb(1)], arb(2)), {}, math.inf, 10, "", "kernel").tail
    1.00000000000000
    """
    target = math.ceil(digits * math.log2(10)) + 4
    bits = target + 60
    while bits <= 20 * target + 4000:
        powers, tail, total = with_tail(source, zeros, bits)
        with working_precision(2 * bits + 64):
            negligible = abs(total) * whole_power(arb(2), -3 * target)
        shortage = 0
        for k, value in zip([*range(len(powers)), -1], [*powers, tail], strict=True):
            if k not in zeros and not abs(value) < negligible:
                accuracy = value.rel_accuracy_bits()
                shortage = max(shortage, bits if accuracy < 1 and value.contains(0) else target - accuracy)
        if shortage <= 0:
            known = tuple(sorted(zeros.items()))
            return Expansion(tuple(powers), tail, total, d, known, f"{method}, certified", digits)
        bits += shortage + 16
    raise PrecisionError(
        f"the {name}'s coefficients could not be enclosed that tightly", "ask for fewer digits"
    )
