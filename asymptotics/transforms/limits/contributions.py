"""What each level of a spectrum, and its tail, contributes to a spectral average, to leading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balance import BalanceTerm, Interval
from asymptotics.transforms.limits.growth import Exponent, Level, PowerSum, SeparatedLevels


@dataclass(frozen=True)
class Shape:
    """A function of the eigenvalue: monomial numerator over powers of ``s + nu``.

    Attributes
    ----------
    coefficient : sympy.Expr
    power : int
        Net power of ``s``.
    unknown_powers : mapping symbol -> int
    poles : mapping symbol -> int
        Multiplicity of ``s + nu``.
    """

    coefficient: sp.Expr
    power: int
    unknown_powers: Mapping[sp.Symbol, int]
    poles: Mapping[sp.Symbol, int]


@lru_cache(maxsize=256)
def shapes(average: SpectralAverage, unknowns: tuple[sp.Symbol, ...]) -> tuple[Shape, ...]:
    """The averaged function as a sum of monomials over powers of ``s + nu``.

    Parameters
    ----------
    average : SpectralAverage
    unknowns : tuple of sympy.Symbol
        The poles may be at any of them.

    Raises
    ------
    DerivationError
        If a denominator factor is neither ``s`` nor ``s`` plus an unknown.
    """
    s = average.variable
    numerator, denominator = sp.fraction(sp.together(average.function))
    scale, factors = sp.factor_list(denominator)
    shift, poles, below = 0, {}, {}
    for factor, multiplicity in factors:
        pole = factor - s
        if factor == s:
            shift += multiplicity
        elif pole in unknowns:
            poles[pole] = multiplicity
        elif factor in unknowns:
            below[factor] = multiplicity
        elif factor.has(s, *unknowns):
            raise DerivationError(f"{average}: cannot take the limit with the denominator {factor}")
        else:
            scale *= factor**multiplicity
    polynomial = sp.Poly(numerator, s, *unknowns)
    found = []
    for powers, coefficient in polynomial.terms():
        outside = {u: k - below.get(u, 0) for u, k in zip(unknowns, powers[1:], strict=True)}
        found.append(Shape(coefficient / scale, powers[0] - shift, outside, poles))
    return tuple(found)


def _vector(unknowns: Sequence[sp.Symbol], powers: Mapping[sp.Symbol, int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(powers.get(u, 0)) for u in unknowns)


@dataclass(frozen=True)
class Contributions:
    """What the levels contribute to one average.

    Attributes
    ----------
    terms : tuple of BalanceTerm
        Leading contribution of each level, and of the tail where its moment is given.
    corrections : tuple of BalanceTerm
        First corrections to them: lower powers in the multiplicity, finite distance from the pole.
    bounds : tuple of BalanceTerm
        Contributions of the tail known only up to a constant factor.
    """

    terms: tuple[BalanceTerm, ...]
    corrections: tuple[BalanceTerm, ...]
    bounds: tuple[BalanceTerm, ...]


@dataclass(frozen=True)
class _Placed:
    """One function of the eigenvalue at one level, each ``s + nu`` replaced by its larger part."""

    shape: Shape
    level: Level
    weight: PowerSum
    unknowns: tuple[sp.Symbol, ...]
    order: Mapping[sp.Symbol, int]

    def power(self) -> int:
        """Net power of the eigenvalue outside poles at the level's own scale."""
        return self.shape.power - sum(m for pole, m in self.shape.poles.items() if self.order[pole] > 0)

    def leading(self) -> BalanceTerm | None:
        """The leading contribution; nothing if it is identically zero."""
        powers = dict(self.shape.unknown_powers)
        coefficient, exponent = self.shape.coefficient * self.weight.coefficient, self.weight.exponent
        if self.level.exponent is None and self.shape.power > 0:
            return None
        if self.level.exponent is None and self.shape.power < 0:
            raise DerivationError(f"{self.level.name}: the average is infinite at a zero eigenvalue")
        for pole, multiplicity in self.shape.poles.items():
            if self.order[pole] < 0:
                powers[pole] = powers.get(pole, 0) - multiplicity
            elif self.order[pole] == 0 and self.level.exponent is not None:
                coefficient = coefficient / (self.level.coefficient + pole) ** multiplicity
                exponent = exponent - self.level.exponent * multiplicity
        if self.level.exponent is not None:
            coefficient = coefficient * self.level.coefficient ** self.power()
            exponent = exponent + self.level.exponent * self.power()
        for unknown, count in powers.items():
            coefficient = coefficient * unknown**count
        return BalanceTerm(coefficient, exponent, _vector(self.unknowns, powers), self.level.name)

    def corrections(self) -> list[BalanceTerm]:
        """First corrections to the leading contribution."""
        base = self.leading()
        if base is None:
            return []
        label = f"{self.level.name}, next"
        first, later = self.weight.terms[0], self.weight.terms[1:]
        found = [
            BalanceTerm(base.coefficient * c / first[0], base.exponent + e - first[1], base.powers, label)
            for c, e in later[:1]
        ]
        if self.level.inverse is None or self.level.exponent is None:
            return found
        size = self.level.coefficient
        slope = self.power() - sum(
            m * size / (size + pole) for pole, m in self.shape.poles.items() if self.order[pole] == 0
        )
        first, later = self.level.inverse.terms[0], self.level.inverse.terms[1:]
        found += [
            BalanceTerm(
                -base.coefficient * slope * c / first[0], base.exponent + e - first[1], base.powers, label
            )
            for c, e in later[:1]
            if slope != 0
        ]
        for pole, multiplicity in self.shape.poles.items():
            sign = self.order[pole]
            if sign:
                ratio = (pole / size) ** sign
                shift = _vector(self.unknowns, {pole: sign})
                powers = tuple(a + b for a, b in zip(base.powers, shift, strict=True))
                exponent = base.exponent - self.level.exponent * sign
                found.append(BalanceTerm(-multiplicity * base.coefficient * ratio, exponent, powers, label))
        return found


def _of_tail(
    shape: Shape, measure: sp.Symbol, levels: SeparatedLevels, unknowns: Sequence[sp.Symbol]
) -> tuple[BalanceTerm | None, list[BalanceTerm]]:
    """Contribution of the tail (``None`` if its moment is not given), and bounds on what is left out."""
    assert levels.tail is not None
    tail, power = levels.tail, shape.power
    moments = tail.moments.get(measure, {})
    order = max((k for k in moments if k <= power), default=None)
    if order is None:
        raise DerivationError(f"the tail has no finite moment of order {power} or below in {measure}")
    powers = dict(shape.unknown_powers)
    for pole, multiplicity in shape.poles.items():
        powers[pole] = powers.get(pole, 0) - multiplicity
    coefficient = shape.coefficient * moments[order].coefficient
    for unknown, count in powers.items():
        coefficient = coefficient * unknown**count
    exponent = moments[order].exponent + tail.bound * (power - order)
    term = BalanceTerm(coefficient, exponent, _vector(unknowns, powers), "tail")
    if order < power or not shape.poles:
        return None, [BalanceTerm(coefficient, exponent, term.powers, "tail, at most")]
    bounds = []
    for pole in shape.poles:
        slower = {**powers, pole: powers[pole] - 1}
        vector = _vector(unknowns, slower)
        bounds.append(BalanceTerm(coefficient / pole, exponent + tail.bound, vector, "tail, next, at most"))
    return term, bounds


def contributions(
    average: SpectralAverage,
    levels: SeparatedLevels,
    unknowns: Sequence[sp.Symbol],
    region: Mapping[int, Interval],
    corrected: bool = True,
) -> Contributions:
    """Contribution of every level and of the tail to an average.

    Parameters
    ----------
    average : SpectralAverage
    levels : SeparatedLevels
    unknowns : sequence of sympy.Symbol
    region : mapping position of an unknown -> Interval
        Where its exponent lies relative to the eigenvalues.
    corrected : bool
        Whether first corrections are worked out too.

    Returns
    -------
    Contributions

    Raises
    ------
    DerivationError
        If the average cannot be resolved into levels.
    """
    terms: list[BalanceTerm] = []
    corrections: list[BalanceTerm] = []
    bounds: list[BalanceTerm] = []
    for shape in shapes(average, tuple(unknowns)):
        for level in levels.explicit:
            weight = level.weights.get(average.measure)
            if weight is None:
                raise DerivationError(f"{level.name} has no weight in the measure {average.measure}")
            order = {
                pole: -1
                if level.exponent is None
                else region[list(unknowns).index(pole)].compare(level.exponent)
                for pole in shape.poles
            }
            placed = _Placed(shape, level, weight, tuple(unknowns), order)
            term = placed.leading()
            if term is not None:
                terms.append(term)
                corrections += placed.corrections() if corrected else []
        if levels.tail is not None:
            term, left_out = _of_tail(shape, average.measure, levels, unknowns)
            bounds += left_out
            if term is not None:
                terms.append(term)
    return Contributions(tuple(terms), tuple(corrections), tuple(bounds))


def regions(unknown: int, levels: SeparatedLevels) -> list[Interval]:
    """Intervals for the exponent of a pole, between and at the exponents of the eigenvalues.

    Parameters
    ----------
    unknown : int
        Position of the pole among the unknowns.
    levels : SeparatedLevels
    """
    edges: list[Exponent] = levels.exponents()
    found: list[Interval] = []
    above: Exponent | None = None
    for edge in edges:
        found += [Interval(unknown, edge, above), Interval(unknown, edge, edge)]
        above = edge
    found.append(Interval(unknown, levels.tail.bound if levels.tail is not None else None, above))
    return found
