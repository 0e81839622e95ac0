"""What each level of a spectrum, and its tail, contributes to a spectral average, to leading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError
from asymptotics.transforms.balance import Interval, Term
from asymptotics.transforms.growth import Exponent, Growth, Level, Levels


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


def shapes(average: SpectralAverage, unknowns: Sequence[sp.Symbol]) -> list[Shape]:
    """The averaged function as a sum of monomials over powers of ``s + nu``.

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
    return found


def _vector(unknowns: Sequence[sp.Symbol], powers: Mapping[sp.Symbol, int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(powers.get(u, 0)) for u in unknowns)


def _at_level(
    shape: Shape, level: Level, weight: Growth, unknowns: Sequence[sp.Symbol], region: Mapping[int, Interval]
) -> Term | None:
    """Leading contribution of one explicit level."""
    powers = dict(shape.unknown_powers)
    coefficient, exponent = shape.coefficient * weight.coefficient, weight.exponent
    if level.exponent is None:
        if shape.power > 0:
            return None
        if shape.power < 0:
            raise DerivationError(f"{level.name}: the average is infinite at a zero eigenvalue")
        for pole, multiplicity in shape.poles.items():
            powers[pole] = powers.get(pole, 0) - multiplicity
    else:
        size, power = level.coefficient, shape.power
        for pole, multiplicity in shape.poles.items():
            order = region[list(unknowns).index(pole)].compare(level.exponent)
            if order > 0:
                power -= multiplicity
            elif order < 0:
                powers[pole] = powers.get(pole, 0) - multiplicity
            else:
                coefficient = coefficient / (size + pole) ** multiplicity
                exponent = exponent - level.exponent * multiplicity
        coefficient = coefficient * size**power
        exponent = exponent + level.exponent * power
    for unknown, count in powers.items():
        coefficient = coefficient * unknown**count
    return Term(coefficient, exponent, _vector(unknowns, powers), level.name)


def _of_tail(
    shape: Shape, measure: sp.Symbol, levels: Levels, unknowns: Sequence[sp.Symbol]
) -> tuple[Term | None, list[Term]]:
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
    term = Term(coefficient, exponent, _vector(unknowns, powers), "tail")
    if order < power or not shape.poles:
        return None, [Term(coefficient, exponent, term.powers, "tail, at most")]
    bounds = []
    for pole in shape.poles:
        slower = {**powers, pole: powers[pole] - 1}
        vector = _vector(unknowns, slower)
        bounds.append(Term(coefficient / pole, exponent + tail.bound, vector, "tail, next, at most"))
    return term, bounds


def contributions(
    average: SpectralAverage, levels: Levels, unknowns: Sequence[sp.Symbol], region: Mapping[int, Interval]
) -> tuple[list[Term], list[Term]]:
    """Leading contribution of every level and of the tail to an average.

    Parameters
    ----------
    average : SpectralAverage
    levels : Levels
    unknowns : sequence of sympy.Symbol
    region : mapping position of an unknown -> Interval
        Where its exponent lies relative to the eigenvalues.

    Returns
    -------
    terms : list of Term
    bounds : list of Term
        Contributions of the tail known only up to a constant factor.

    Raises
    ------
    DerivationError
        If the average cannot be resolved into levels.
    """
    terms: list[Term] = []
    bounds: list[Term] = []
    for shape in shapes(average, unknowns):
        for level in levels.explicit:
            weight = level.weights.get(average.measure)
            if weight is None:
                raise DerivationError(f"{level.name} has no weight in the measure {average.measure}")
            term = _at_level(shape, level, weight, unknowns, region)
            if term is not None:
                terms.append(term)
        if levels.tail is not None:
            term, left_out = _of_tail(shape, average.measure, levels, unknowns)
            bounds += left_out
            if term is not None:
                terms.append(term)
    return terms, bounds


def regions(unknown: int, levels: Levels) -> list[Interval]:
    """Intervals for the exponent of a pole, between and at the exponents of the eigenvalues."""
    edges: list[Exponent] = levels.exponents()
    found: list[Interval] = []
    above: Exponent | None = None
    for edge in edges:
        found += [Interval(unknown, edge, above), Interval(unknown, edge, edge)]
        above = edge
    found.append(Interval(unknown, levels.tail.bound if levels.tail is not None else None, above))
    return found
