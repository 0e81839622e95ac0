"""Balls around the power of each degree of a model's activation, from closed forms."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Balls
from asymptotics.models.closed_forms import closed_form

_MOST_EXTRA = 4000


@lru_cache(maxsize=256)
def certified_powers(model: Any, d: int | None, degrees: int, digits: int) -> tuple[list[Any], Any]:
    """Balls of that relative accuracy: power of each degree up to ``degrees``, and the total of all higher ones.

    Parameters
    ----------
    model : RandomFeaturesRidge
    d : int or None
        None for the Gaussian limit of infinite dimension.
    degrees : int
    digits : int

    Raises
    ------
    PrecisionError
        If the model's coefficients have no closed form.
    """
    activation = getattr(model, "activation", None)
    if activation is None:
        raise PrecisionError(
            "certified coefficients are available for activations only", "ask for digits= alone"
        )
    if activation.formula is None:
        return _given(activation, degrees, Balls(digits))
    exact = closed_form(activation.formula.node, math.inf if d is None else d, degrees)
    if exact is None:
        raise PrecisionError(
            f"no closed form encloses the coefficients of {activation} in "
            + ("infinite dimension" if d is None else f"dimension {d}"),
            "ask for digits= without certified, or give coefficients by Activation.from_coefficients",
        )
    wanted, extra = Balls(digits).bits, 40
    while extra <= _MOST_EXTRA:
        arithmetic = Balls(digits + extra)
        powers, total = exact.powers(arithmetic.bits)
        with arithmetic.precision():
            zero = arithmetic.convert(0)
            powers = [zero if k in exact.zeros else power for k, power in enumerate(powers)]
            tail = zero if -1 in exact.zeros else total - sum(powers, zero)
        shortest = min((v.rel_accuracy_bits() for v in (*powers, tail) if v.rad() != 0), default=wanted)
        if shortest >= wanted:
            return powers, tail
        extra += max(int((wanted - shortest) * math.log10(2)), extra)
    raise PrecisionError(
        f"the coefficients of {activation} were not enclosed to {digits} digits", "ask for fewer"
    )


def _given(activation: Any, degrees: int, arithmetic: Balls) -> tuple[list[Any], Any]:
    """Coefficients as the user gave them, exactly."""
    given = {k: Fraction(power) for k, power in activation.powers}
    tail = Fraction(activation.tail) + sum((power for k, power in given.items() if k > degrees), Fraction(0))
    with arithmetic.precision():
        powers = [arithmetic.convert(given.get(k, Fraction(0))) for k in range(degrees + 1)]
        return powers, arithmetic.convert(tail)
