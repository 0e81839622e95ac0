"""Degrees that are not told apart, in the numbers of a proof: their eigenvalues are anywhere up to a bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import TAIL, Numbers

__all__ = ["enclosed_tail", "require_unseen"]

_MARGIN = 12
"""Digits by which a tail of small eigenvalues may count for more than its share of the whole."""


def require_unseen(tails: Iterable[Any], d: int, degrees: int, digits: int) -> None:
    """Check that degrees that are not told apart are not seen in so many digits.

    Parameters
    ----------
    tails : iterable of number
        Powers above the degrees that are resolved.
    d, degrees : int
        Dimension, and degrees that are resolved one by one.
    digits : int
        Decimal digits of an answer.

    Raises
    ------
    PrecisionError
        If they would be.
    """
    known = math.log10(multiplicity(d, degrees + 1))
    if known < digits + _MARGIN and any(tail > 0 for tail in tails):
        raise PrecisionError(
            f"the spectrum in dimension {d} decays too slowly for so many digits",
            f"ask for at most {max(int(known) - _MARGIN, 1)} digits, take a larger d, or certified=True",
        )


def enclosed_tail(
    numbers: Numbers, rests: Mapping[str, tuple[str, Any]], count: int, arithmetic: Balls
) -> Numbers:
    """Numbers whose rests, sums of eigenvalues taken for zero, are the tail of their spectrum instead.

    Every eigenvalue of a block in the tail is below its sum over the least multiplicity there. Traces over the tail
    are the sum times a function of eigenvalues in a ball from zero to that bound; what the target has beyond is a
    level, the last but those of laws, of eigenvalues in such balls.

    Parameters
    ----------
    numbers : Numbers
        With levels of blocks, of which those without multiplicity hold the rest of the target.
    rests : mapping name -> (letter, number)
        Sum of the eigenvalues in the tail, by the name that it has among the scalars.
    count : int
        Least multiplicity of a degree in the tail.
    arithmetic : Balls
        Its precision must be in force.
    """
    zero = arithmetic.convert(0)
    bounds = {
        letter: arithmetic.hull(zero, arithmetic.upper(rest / count)) if rest != 0 else zero
        for letter, rest in rests.values()
    }
    widest = zero
    for bound in bounds.values():
        widest = arithmetic.hull(widest, bound)
    spectrum = numbers.spectrum
    assert spectrum is not None
    columns = dict(spectrum.eigenvalues)
    counts, powers = (spectrum.weights[name].tolist() for name in ("T", "B"))
    unlearned = [not (t != 0) and b != 0 for t, b in zip(counts, powers, strict=True)]
    for letter, bound in bounds.items():
        row = zip(unlearned, columns[letter].tolist(), strict=True)
        columns[letter] = arithmetic.array([bound if beyond else value for beyond, value in row])
    # A law of one letter has its tail in the spectrum; of a joint law every letter has one among the inputs.
    masses = {f"{TAIL}_{letter}": rest for letter, rest in rests.values()}
    mass = zero
    if len(rests) == 1:
        (mass,), masses = masses.values(), {}
    found = Spectrum(columns, spectrum.weights, {**spectrum.tails, "T": mass})
    scalars = {**numbers.scalars, **dict.fromkeys(rests, zero), **masses, TAIL: widest}
    return replace(numbers, scalars=scalars, spectrum=found)
