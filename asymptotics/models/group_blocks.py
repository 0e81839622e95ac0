"""Groups of random features at finite dimension, every degree of them: blocks of independent features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar

from asymptotics.equations.chart import Chart
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.components import RISK
from asymptotics.models.library import stored_chart
from asymptotics.models.measures import STEP, Numbers, SpectralMeasure
from asymptotics.models.model import Model
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.posed import no_joint_program
from asymptotics.models.sphere_levels import SIMPLE_DEGREES, degrees_needed
from asymptotics.models.theory import Size, Theory
from asymptotics.models.unresolved import enclosed_tail, require_unseen

__all__ = ["GROUP_DIGITS", "MOST_GROUPS", "GroupBlocks", "GroupLevels"]

MOST_GROUPS = 3
"""Groups of which every degree is kept: their equations are recorded."""

GROUP_DIGITS = 30
"""Digits that can be asked for: beyond the degrees that are kept a group acts as noise."""

_RESOLVED = 10**40


def charts(count: int, regime: str = "general") -> tuple[Chart, ...]:
    """The equations of so many groups.

    Parameters
    ----------
    count : int
        Number of groups, for which equations are on record.
    regime : str
        Which of them: ``"general"``, or the name of a limit on record.
    """
    return (stored_chart("feature-law", regime, f"groups{count}"),)


@cache
def theory(count: int) -> Theory:
    """The theory of so many groups."""
    return Theory(
        f"feature-groups{count}",
        no_joint_program("features in groups"),
        sizes=(Size("n", "samples"), Size("p", "features")),
        features="p",
        finite=lambda: charts(count),
        limit=lambda: charts(count),
        observables=RISK,
    )


@dataclass(frozen=True)
class GroupLevels(SpectralMeasure):
    """Levels of groups of features on the sphere, degree by degree.

    Attributes
    ----------
    model : object
        With ``groups``, ``target`` and ``noise``.
    d : int
    """

    model: Any
    d: int

    def doubles(self, size: float) -> Numbers:
        """Levels that matter for a smaller size of ``size``."""
        return self._numbers(
            max(degrees_needed(self.d, size), self.model.target.largest_degree), DoublesOfLists()
        )

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels of a precision."""
        return self._numbers(degrees, arithmetic)

    def require_digits(self, degrees: int, digits: int) -> None:
        """Check that degrees that are not resolved are not seen."""
        require_unseen((e.tail for e in self._expansions(degrees, None)), self.d, degrees, digits)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved levels, and what bounds the eigenvalues in the tail."""
        found = self._numbers(degrees, arithmetic, certified=True)
        names = range(1, len(self.model.groups) + 1)
        rests = {f"rest_{g}": (f"s_{g}", found.scalars[f"rest_{g}"]) for g in names}
        return enclosed_tail(found, rests, multiplicity(self.d, degrees + 1), arithmetic)

    def first_degrees(self, size: float) -> int:
        """Degrees up to a multiplicity far above all sizes."""
        degree = max(self.model.target.largest_degree, 1)
        while degree < SIMPLE_DEGREES and multiplicity(self.d, degree + 1) < _RESOLVED:
            degree += 1
        return degree

    def rank(self, degrees: int) -> int | float | Fraction:
        """Infinite: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        pairs = zip(self._expansions(1, None), self.model.groups, strict=True)
        return sum(float(e.total) * float(g.share) / float(g.ridge) for e, g in pairs)

    def _expansions(self, degrees: int, digits: int | None, certified: bool = False) -> list[Expansion]:
        functions = [group.function for group in self.model.groups]
        if certified:
            return [expand_certified(function, self.d, degrees, digits or STEP) for function in functions]
        return [expand(function, self.d, degrees, digits) for function in functions]

    def _numbers(self, degrees: int, arithmetic: Any, certified: bool = False) -> Numbers:
        """Eigenvalues of a group with its share, over its ridge."""
        convert, target = arithmetic.convert, self.model.target
        found = self._expansions(degrees, arithmetic.digits, certified)
        scales = [convert(Fraction(g.share)) / convert(Fraction(g.ridge)) for g in self.model.groups]
        counts = [convert(multiplicity(self.d, k)) for k in range(degrees + 1)]
        zero = convert(Fraction(0))
        scalars, columns = {"noise": convert(Fraction(self.model.noise))}, {}
        for g, (e, scale) in enumerate(zip(found, scales, strict=True), 1):
            powers = [convert(power) * scale / count for power, count in zip(e.powers, counts, strict=True)]
            columns[f"s_{g}"] = arithmetic.array([*powers, zero])
            scalars[f"rest_{g}"] = convert(e.tail) * scale
            scalars[f"share_{g}"] = convert(Fraction(self.model.groups[g - 1].share))
        wanted = [convert(Fraction(target.power(k))) for k in range(degrees + 1)]
        beyond = convert(Fraction(target.above(degrees)))
        weights = {"T": arithmetic.array([*counts, zero]), "B": arithmetic.array([*wanted, beyond])}
        spectrum = Spectrum(columns, weights, dict.fromkeys(weights, zero))
        trace = sum((convert(e.total) * scale for e, scale in zip(found, scales, strict=True)), zero)
        return Numbers(scalars, spectrum, trace)


@dataclass(frozen=True)
class GroupBlocks(Model):
    """Groups of random features at finite dimension.

    Attributes
    ----------
    features : RandomFeaturesRidge
    groups : tuple of Group
    """

    features: Any
    groups: tuple[Any, ...]
    has_dimension: ClassVar[bool | None] = True
    without_next_order: ClassVar[str] = "features in groups"

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """That of so many groups."""
        return theory(len(self.groups))

    @property
    def target(self) -> Any:
        """Of the features."""
        return self.features.target

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the features."""
        return self.features.noise

    @property
    def digits_known(self) -> float:
        """Those of the activations."""
        return min(GROUP_DIGITS, *(float(group.activation.digits_known) for group in self.groups))

    def measure(self, d: int | float | None) -> GroupLevels:
        """Levels of all groups."""
        assert d is not None
        return GroupLevels(self, int(d))

    def __str__(self) -> str:
        return str(self.features)
