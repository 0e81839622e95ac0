"""Degree decompositions with a proof: every number is a ball that contains the exact value.

Closed forms are evaluated in ball arithmetic, other formulas integrated by `asymptotics.models.rigorous_quadrature`.
The ball types come from `asymptotics.models.balls`, this room's adapter to python-flint.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.models.activations import as_activation
from asymptotics.models.balls import arb, ball, whole_power, working_precision
from asymptotics.models.closed_forms import closed_form
from asymptotics.models.expansions import parity_zeros, read_digits
from asymptotics.models.harmonics import Expansion, read_degrees, read_dimension
from asymptotics.models.nodes import Node
from asymptotics.models.rigorous_quadrature import integrate

__all__ = ["expand_certified"]


def expand_certified(activation: Any, d: Any = math.inf, degrees: int = 10, digits: int = 16) -> Expansion:
    """Power of each degree and total of all higher ones, as balls that are proved to contain them.

    Parameters
    ----------
    activation : str or Activation
        As for `asymptotics.models.expansions.expand`.
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
    if function.formula is not None:
        return _certified(function.formula.node, dimension, largest, accuracy)
    given = {k: Fraction(power) for k, power in function.powers}
    above = Fraction(function.tail or 0) + sum((p for k, p in given.items() if k > largest), Fraction(0))
    exact = [given.get(k, Fraction(0)) for k in range(largest + 1)]
    with working_precision(math.ceil(accuracy * math.log2(10)) + 20):
        values = tuple(ball(p) for p in exact)
        zeros = tuple((k, "not given") for k, p in enumerate(exact) if not p)
        return Expansion(
            values, ball(above), ball(sum(exact, above)), dimension, zeros, "coefficients as given", accuracy
        )


@lru_cache(maxsize=128)
def _certified(node: Node, d: int | float, degrees: int, digits: int) -> Expansion:
    target = math.ceil(digits * math.log2(10)) + 4
    exact = closed_form(node, d, degrees)
    zeros = exact.zeros if exact is not None else parity_zeros(node, degrees)
    method = exact.method if exact is not None else "rigorous quadrature between kinks"
    bits = target + 60
    while bits <= 20 * target + 4000:
        powers, total = exact.powers(bits) if exact is not None else integrate(node, d, degrees, bits)
        with working_precision(2 * bits + 64):
            powers = [arb(0) if k in zeros else power for k, power in enumerate(powers)]
            tail = arb(0) if -1 in zeros else total - sum(powers, arb(0))
            negligible = abs(total) * whole_power(arb(2), -3 * target)
        shortage = 0
        for k, value in zip([*range(degrees + 1), -1], [*powers, tail], strict=True):
            if k not in zeros and not abs(value) < negligible:
                accuracy = value.rel_accuracy_bits()
                shortage = max(shortage, bits if accuracy < 1 and value.contains(0) else target - accuracy)
        if shortage <= 0:
            known = tuple(sorted(zeros.items()))
            return Expansion(tuple(powers), tail, total, d, known, f"{method}, certified", digits)
        bits += shortage + 16
    raise PrecisionError(
        "the activation's coefficients could not be enclosed that tightly", "ask for fewer digits"
    )
