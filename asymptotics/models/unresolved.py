"""Degrees that are not told apart, in the numbers of a proof: their eigenvalues are anywhere up to a bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import TAIL, Numbers

__all__ = ["enclosed_tail"]


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
    for letter, bound in bounds.items():
        row = columns[letter].tolist()
        unlearned = [not (t != 0) and b != 0 for t, b in zip(*_rows(spectrum), strict=True)]
        columns[letter] = arithmetic.array(
            [bound if u else value for u, value in zip(unlearned, row, strict=True)]
        )
    # A law of one letter has its tail in the spectrum; of a joint law every letter has one among the inputs.
    masses = {f"{TAIL}_{letter}": rest for letter, rest in rests.values()} if len(rests) > 1 else {}
    (mass,) = [rest for _, rest in rests.values()] if len(rests) == 1 else [zero]
    found = Spectrum(columns, spectrum.weights, {**spectrum.tails, "T": mass})
    scalars = {**numbers.scalars, **dict.fromkeys(rests, zero), **masses, TAIL: widest}
    return replace(numbers, scalars=scalars, spectrum=found)


def _rows(spectrum: Spectrum) -> tuple[list[Any], list[Any]]:
    return spectrum.weights["T"].tolist(), spectrum.weights["B"].tolist()
