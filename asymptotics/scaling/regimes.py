r"""The atlas of a power law: every law of the test error in the plane of exponents of ridge and features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from asymptotics.errors import DerivationError
from asymptotics.models.components import TEST
from asymptotics.printing import Printed
from asymptotics.scaling.law import FEATURE_EXPONENT, PARTS, RIDGE_EXPONENT, Question, question
from asymptotics.scaling.power import Power
from asymptotics.scaling.scale_series import ScaleNumber
from asymptotics.transforms.limits.cells import Cell
from asymptotics.transforms.limits.growth import Exponent
from asymptotics.transforms.limits.polygons import Point, area, as_mapping, inner_point, polygon

__all__ = ["ScalingRegime", "scaling_atlas"]

AXES = (RIDGE_EXPONENT, FEATURE_EXPONENT)
FEATURES, RIDGE = Fraction(5, 3), Fraction(7, 5)
"""Constants at which laws are compared: with features equal to samples the ridgeless limit is another one."""

_INSIDE = Fraction(1, 997)
_SAME = 1e-9


@dataclass(frozen=True, repr=False)
class ScalingRegime(Printed):
    """One law of the test error in the plane of exponents.

    Attributes
    ----------
    cells : tuple of Cell
        Exponents ``ridge`` and ``features`` on which it holds: the union of cells that touch.
    corners : tuple of tuples of (ridge, features)
        Corners of each cell inside the box.
    exponents : mapping str -> Exponent
        Of test error, bias, variance and effective ridge, as linear forms in ``ridge`` and ``features``.
    limited_by : {"ridge", "samples", "features"}, joined by "and" where cells meet
        What sets the effective ridge.
    led_by : str
        Bias or variance, or both.
    """

    cells: tuple[Cell, ...]
    corners: tuple[tuple[Point, ...], ...]
    exponents: dict[str, Exponent]
    limited_by: str
    led_by: str

    @property
    def dimension(self) -> int:
        """Two for an open cell, one for an edge, zero for a corner."""
        return min(len(self.corners[0]), 3) - 1

    def __str__(self) -> str:
        kind = ("corner", "edge", "cell")[self.dimension]
        return (
            f"{kind}: test ~ n^({self.exponents[TEST.name]}), limited by {self.limited_by}, led by {self.led_by}, "
            f"where {' or '.join(map(str, self.cells))}"
        )


def scaling_atlas(model: Any) -> tuple[ScalingRegime, ...]:
    r"""Every scaling law of a power law: open cells, edges and corners of the exponents of ridge and features.

    Parameters
    ----------
    model : PowerLawRidge

    Returns
    -------
    tuple of ScalingRegime
        By decreasing dimension. Ridges from ``n^(-decay)`` to ``n^1``, features up to ``n^(decay + 2)``: beyond, laws
        do not change.

    Raises
    ------
    InputError
        If the model is no infinite power law.
    DerivationError
        If the cells found do not fill the box exactly, or a power has a logarithm.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10")
    >>> for regime in scaling_atlas(model):
    ...     print(regime.dimension, regime.limited_by, regime.exponents["test"])
    2 samples -9/10
    2 features -9*features/10
    2 ridge 3*ridge/5 - 3/5
    1 samples -9/10
    1 ridge and samples -9/10
    1 ridge and features -9*features/10
    0 ridge and samples and features -9/10

    See docs/howto/scaling_laws.md.
    """
    return merged(strata(question(model, Power(1), Power(0), None)))


@dataclass(frozen=True)
class Stratum:
    """A cell of the plane on which the same terms lead, in one chart, with its law at fixed constants.

    Attributes
    ----------
    cell : Cell
    corners : tuple of (ridge, features)
    exponents : dict
        Of test error, its parts and the effective ridge.
    constants : dict
        Their constants at :data:`FEATURES` and :data:`RIDGE`.
    limited_by, led_by : str
    """

    cell: Cell
    corners: tuple[Point, ...]
    exponents: dict[str, Exponent]
    constants: dict[str, Any]
    limited_by: str
    led_by: str

    def touches(self, other: Stratum) -> bool:
        """Whether a stratum lies in the closure of this one."""
        point = as_mapping(AXES, inner_point(other.corners))
        exact = {s: Fraction(int(v.p), int(v.q)) for s, v in point.items()}
        zero = all(form.at(exact) == 0 for form in self.cell.equalities)
        return zero and all(form.at(exact) >= 0 for form in self.cell.inequalities)

    def continues(self, other: Stratum) -> bool:
        """Whether the law of this stratum is that of another one that it touches."""
        point = dict(zip(AXES, inner_point(other.corners), strict=True))

        def value(e: Exponent) -> Fraction:
            return sum((point[s] * v for s, v in e.slopes), e.constant)

        same = self.constants.keys() == other.constants.keys() and all(
            abs(self.constants[k] / other.constants[k] - 1) < _SAME for k in self.constants
        )
        return same and all(value(e) == value(other.exponents[name]) for name, e in self.exponents.items())


def strata(asked: Question) -> tuple[Stratum, ...]:
    """Every stratum in the box: ridges from ``n^(-decay)`` to ``n^1``, features up to ``n^(decay + 2)``.

    Raises
    ------
    DerivationError
        If those found do not fill it.
    """
    alpha, _ = asked.model.measured(None).decays()
    box = ((-alpha, Fraction(0)), (Fraction(1), alpha + 2))
    found: list[Stratum] = []
    waiting: list[Point] = [(box[0][0] + Fraction(2, 7), Fraction(3, 7))]
    while waiting:
        point = waiting.pop()
        inside = all(low < x < high for low, x, high in zip(box[0], point, box[1], strict=True))
        if not inside or any(r.cell.contains(as_mapping(AXES, point)) for r in found):
            continue
        ridge, features = Power(point[0], RIDGE), Power(point[1], FEATURES)
        stratum = _stratum(replace(asked, ridge=ridge, features=features), box)
        found.append(stratum)
        waiting += _around(stratum.corners)
    covered = sum((area(stratum.corners) for stratum in found), Fraction(0))
    whole = (box[1][0] - box[0][0]) * (box[1][1] - box[0][1])
    if covered != whole:
        raise DerivationError(f"the cells found cover {covered} of the area {whole}")
    return tuple(found)


def _stratum(asked: Question, box: tuple[Point, Point]) -> Stratum:
    solution = asked.solved(Fraction(1), 1, True)
    values = solution.observables(TEST.name, *PARTS)
    leaders = _leaders(values)
    values |= {"effective_ridge": solution.unknowns[solution.scaled.pole.name]}
    known = {name: value for name, value in values.items() if value.terms}
    cell = asked.cell(TEST.name)
    return Stratum(
        cell,
        polygon(cell, AXES, box),
        {name: value.lead for name, value in known.items()},
        {name: value.coefficient for name, value in known.items()},
        _limits(asked),
        leaders,
    )


def merged(found: tuple[Stratum, ...]) -> tuple[ScalingRegime, ...]:
    """Strata with one law put together: the chart that is used is not part of a law."""
    ordered = sorted(found, key=lambda r: (-min(len(r.corners), 3), inner_point(r.corners)))
    groups: list[list[Stratum]] = []
    for stratum in ordered:
        home = next(
            (
                group
                for group in groups
                if any(_same_law(member, stratum) for member in group)
                or any(m.touches(stratum) and m.continues(stratum) for m in group)
            ),
            None,
        )
        if home is None:
            groups.append([stratum])
        else:
            home.append(stratum)
    return tuple(
        ScalingRegime(
            tuple(m.cell for m in group if len(m.corners) >= min(len(group[0].corners), 3)),
            tuple(m.corners for m in group if len(m.corners) >= min(len(group[0].corners), 3)),
            group[0].exponents,
            group[0].limited_by,
            group[0].led_by,
        )
        for group in groups
    )


def _same_law(first: Stratum, second: Stratum) -> bool:
    """Whether two strata of one dimension, on either side of a third, have one law."""
    forms = {name: e.key() for name, e in first.exponents.items()}
    return (
        min(len(first.corners), 3) == min(len(second.corners), 3) == 3
        and forms == {name: e.key() for name, e in second.exponents.items()}
        and first.continues(second)
    )


def _leaders(values: dict[str, ScaleNumber]) -> str:
    top = values[TEST.name].lead
    return " and ".join(name for name in PARTS if values[name].terms and values[name].lead == top)


def _limits(asked: Question) -> str:
    """What the effective ridge changes with: the constant of the ridge, the features, or neither."""

    def pole(features: Fraction, ridge: Fraction) -> tuple[Fraction, Any]:
        assert asked.features is not None and asked.ridge is not None
        powers = Power(asked.features.exponent, features), Power(asked.ridge.exponent, ridge)
        solution = replace(asked, features=powers[0], ridge=powers[1]).solved(Fraction(1), 1)
        found = solution.unknowns[solution.scaled.pole.name]
        return found.lead.value, found.coefficient

    def differs(other: tuple[Fraction, Any]) -> bool:
        return bool(abs(other[1] / here[1] - 1) > _SAME)

    here = pole(FEATURES, RIDGE)
    endless = replace(asked, features=None, ridge=None).solved(Fraction(1), 1)
    words = ["ridge"] if differs(pole(FEATURES, 2 * RIDGE)) else []
    # Samples count where the effective ridge is of the order of that without ridge and with all features.
    same = endless.unknowns[endless.scaled.pole.name].lead.value == here[0]
    words += ["samples"] if same else []
    words += ["features"] if differs(pole(2 * FEATURES, RIDGE)) else []
    return " and ".join(words)


def _around(corners: tuple[Point, ...]) -> Iterator[Point]:
    """Points to look at next: corners, middles of sides, and points just beyond each side."""
    yield inner_point(corners)
    yield from corners
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        yield middle
        along = (there[0] - here[0], there[1] - here[1])
        length = max(abs(along[0]), abs(along[1])) or Fraction(1)
        for sign in (1, -1):
            step = sign * _INSIDE
            yield (middle[0] - step * along[1] / length, middle[1] + step * along[0] / length)
