"""Random features whose constants have a law: the numbers behind the equations, and the model that they are of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, ClassVar

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.moved import linear_and_rest
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.components import RISK
from asymptotics.models.feature_law_equations import equivalent
from asymptotics.models.library import stored_chart
from asymptotics.models.measures import STEP, TAIL, Numbers, SpectralMeasure
from asymptotics.models.model import Model
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.posed import no_joint_program
from asymptotics.models.theory import Size, Theory

__all__ = ["LAW_DIGITS", "FeatureLaw", "LawFeatures"]

LAW_DIGITS = 12
"""Digits to which averages over random biases are known."""


def _charts(regime: str) -> tuple[Any, ...]:
    return (stored_chart("feature-law", regime, "inverse"),)


FEATURE_LAW = Theory(
    "feature-law",
    no_joint_program("features in groups or with biases"),
    sizes=(Size("n", "samples"), Size("p", "features")),
    features="p",
    finite=partial(_charts, "general"),
    limit=partial(_charts, "proportional"),
    equivalent=equivalent,
    observables=RISK,
)

Row = tuple[Any, Any, Any, Any, Any]
"""Share of the features, their squared constant, linear constant and the variance of the rest, and their ridge."""


@lru_cache(maxsize=128)
def _over_biases(groups: Any, biases: Any, d: Any) -> tuple[Row, ...]:
    """Features with random biases, by nodes of their law."""
    points, weights = biases.nodes
    rows: list[Row] = []
    for group in groups:
        parts = linear_and_rest(group.activation, float(group.scale), points, d)
        columns = ((float(group.share) * weights).tolist(), *(part.tolist() for part in parts))
        rows += [(*row, group.ridge) for row in zip(*columns, strict=True)]
    return tuple(rows)


@dataclass(frozen=True)
class FeatureLaw(SpectralMeasure):
    """The law of the constants of features, isotropic inputs, and a target with a linear part.

    Attributes
    ----------
    model : object
        With ``groups`` (of :class:`~asymptotics.models.feature_groups.Group`), ``biases`` (a law, or None),
        ``target`` and ``noise``.
    d : int or math.inf
        Dimension; in the limit sizes are in units of it.
    """

    model: Any
    d: int | float

    def rows(self, digits: int | None = None, certified: bool = False) -> tuple[Row, ...]:
        """The law, group by group; nodes of the law of biases where there is one.

        Parameters
        ----------
        digits : int, optional
            Accuracy of the constants; doubles without it.
        certified : bool
            Whether they are proved balls.
        """
        if self.model.biases is not None:
            return _over_biases(self.model.groups, self.model.biases, self.d)
        rows = []
        for group in self.model.groups:
            make = (
                partial(expand_certified, digits=digits or STEP)
                if certified
                else partial(expand, digits=digits)
            )
            found = make(group.function, self.d, 1)
            parts = (found.powers[0], found.powers[1], found.tail)
            rows.append((group.share, *parts, group.ridge))
        return tuple(rows)

    def doubles(self, size: float) -> Numbers:
        """The law in double precision."""
        return self._numbers(self.rows(), DoublesOfLists())

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The law in a precision."""
        return self._numbers(self.rows(arithmetic.digits), arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved constants.

        Raises
        ------
        PrecisionError
            If biases are random.
        """
        if self.model.biases is not None:
            raise PrecisionError(
                "averages over random biases have no proved bounds", "leave out certified=True"
            )
        found = self._numbers(self.rows(arithmetic.digits, certified=True), arithmetic)
        return Numbers({**found.scalars, TAIL: arithmetic.convert(0)}, found.spectrum, found.trace)

    def _numbers(self, rows: tuple[Row, ...], arithmetic: Any) -> Numbers:
        """Two levels of the inputs, of which one has no eigenvalue, and the law of the features behind them.

        A ridge that is larger for some features is smaller constants of theirs.
        """
        convert, target = arithmetic.convert, self.model.target

        def read(value: Any) -> Any:
            return convert(Fraction(value)) if isinstance(value, (int, float, Fraction)) else convert(value)

        zero, one = convert(Fraction(0)), convert(Fraction(1))
        size = one if self.d == math.inf else convert(Fraction(int(self.d)))
        constant = target.power(0) if all(row[1] == 0 for row in rows) else 0
        beyond = Fraction(target.above(1)) + Fraction(constant)
        shares = [read(row[0]) for row in rows]
        linear, rest = ([read(row[k]) / read(row[4]) for row in rows] for k in (2, 3))
        columns = {
            "s": [one, zero] + [zero] * len(rows),
            "m": [linear[0]] * 2 + linear, "w": [rest[0]] * 2 + rest,
            "T": [size, zero] + [zero] * len(rows),
            "B": [convert(Fraction(target.power(1))), convert(beyond)] + [zero] * len(rows),
            "A": [zero, zero, *shares],
        }  # fmt: skip
        arrays = {name: arithmetic.array(column) for name, column in columns.items()}
        weights = {name: arrays.pop(name) for name in ("T", "B", "A")}
        spectrum = Spectrum(arrays, weights, dict.fromkeys(weights, zero))
        trace = sum((a * (m + w) for a, m, w in zip(shares, linear, rest, strict=True)), zero)
        return Numbers({"noise": convert(Fraction(self.model.noise)), "d": size}, spectrum, trace)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Infinite: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return float(sum(float(row[0]) * sum(map(float, row[1:4])) / float(row[4]) for row in self.rows()))


@dataclass(frozen=True)
class LawFeatures(Model):
    """Random features in groups or with random biases.

    Attributes
    ----------
    features : RandomFeaturesRidge
        Whose groups, biases, target and noise these are.
    groups : tuple of Group
    """

    features: Any
    groups: tuple[Any, ...]

    theory: ClassVar[Theory] = FEATURE_LAW
    has_dimension: ClassVar[bool | None] = True
    without_next_order: ClassVar[str] = "features in groups or with biases"

    @property
    def biases(self) -> Any:
        """Law of the biases; None where there are none."""
        return self.features.biases

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
        """Those of the activations; of averages over biases fewer."""
        known = min(group.activation.digits_known for group in self.groups)
        return min(known, LAW_DIGITS) if self.biases is not None else known

    def measure(self, d: int | float | None) -> FeatureLaw:
        """The law of the constants.

        Raises
        ------
        InputError
            If no feature has a linear part.
        """
        found = FeatureLaw(self, math.inf if d is None else d)
        if all(row[2] == 0 for row in found.rows()):
            advice = "nothing of a linear target is learned: the risk is that of predicting a constant"
            raise InputError("activation", self.features, "one with a linear part in some feature", advice)
        return found

    def __str__(self) -> str:
        return str(self.features)
