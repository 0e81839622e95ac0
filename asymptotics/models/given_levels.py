"""A spectrum that is given, level by level, in every arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.functions.exact import double
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.pairs import LARGEST, Pairs
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure

__all__ = ["GivenLevels"]

_ROWS = ("eigenvalues", "multiplicities", "target")
_MANY = 256
"""Levels from which pairs of doubles take the place of a multiple precision where that is enough."""


@dataclass(frozen=True)
class GivenLevels(SpectralMeasure):
    """A spectrum that is given: the model holds its levels.

    Attributes
    ----------
    model : SpectralRidge
    """

    model: Any

    def doubles(self, size: float) -> Numbers:
        """Levels and tails as they are."""
        model = self.model
        eigenvalues, counts, target = model.arrays
        tails = {"T": double("tail", model.tail), "B": double("target_tail", model.target_tail)}
        spectrum = Spectrum(eigenvalues, {"T": counts, "B": target}, tails)
        return Numbers(self.scalars(double), spectrum, model.total, model.rank)

    def scalars(self, convert: Callable[[str, Any], Any]) -> dict[str, Any]:
        """The constants beside the levels, each converted from its name and value."""
        return {"noise": convert("noise", self.model.noise)}

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels and tails of a precision."""
        given = {name: arithmetic.array(list(map(Fraction, getattr(self.model, name)))) for name in _ROWS}
        found = self._converted(arithmetic, given)
        assert found.spectrum is not None
        return replace(found, trace=found.spectrum.trace)

    def in_pairs(self, arithmetic: Multiprecision) -> Numbers | None:
        """Levels in pairs of doubles, where they are many and of moderate size; the rest as in digits."""
        rows = _rows_in_pairs(self.model)
        return None if rows is None else self._converted(arithmetic, rows)

    def _converted(self, arithmetic: Any, rows: Mapping[str, Any]) -> Numbers:
        """Constants and tails in an arithmetic, levels as they are wanted."""
        model, tails = self.model, {"T": self.model.tail, "B": self.model.target_tail}

        def number(name: str, value: Any) -> Any:
            return arithmetic.convert(Fraction(value))

        spectrum = Spectrum(
            rows["eigenvalues"],
            {"T": rows["multiplicities"], "B": rows["target"]},
            {name: number(name, value) for name, value in tails.items()},
        )
        return Numbers(self.scalars(number), spectrum, number("total", model.total))

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """The exact levels; their tail has eigenvalue zero."""
        data = self.in_digits(degrees, arithmetic)
        return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, data.spectrum, data.trace)

    def exactly(self, arithmetic: Any, degrees: int) -> Numbers:
        """The levels as they were given."""
        return self.in_digits(degrees, arithmetic)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Number of positive eigenvalues; infinite with a tail."""
        return self.model.rank

    @property
    def power(self) -> float:
        """Sum of all eigenvalues."""
        return self.model.total


@lru_cache(maxsize=16)
def _rows_in_pairs(model: Any) -> dict[str, Pairs] | None:
    """Each row of a given spectrum in pairs, where levels are many and of moderate size."""
    if len(model.eigenvalues) < _MANY:
        return None
    for values in model.arrays:
        size = values[values != 0]
        if size.size and not (size.max() < LARGEST and size.min() > 1 / LARGEST):
            return None
    return {name: Pairs.of(getattr(model, name)) for name in _ROWS}
