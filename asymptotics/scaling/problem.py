"""A chart at sizes that are powers of n: its inputs as sums of powers, its averages through the power law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.chart import Chart
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.functions.power_sums import SumTerm, first_unknown, large_pole, small_pole
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.prediction.problems import coordinates, ridge_name
from asymptotics.scaling.scale_series import ScaleNumber, ScaleSeries
from asymptotics.transforms.limits.power_laws import PowerLaw

MEASURES = {"T": False, "B": True}
"""Spectral measures, and whether the weights of levels decay like the target's powers."""


@dataclass(frozen=True)
class Exponents:
    """The two exponents of a power law.

    Attributes
    ----------
    decay, target_decay : Fraction
    """

    decay: Fraction
    target_decay: Fraction

    def law(self) -> PowerLaw:
        """The spectrum for dominant balance."""
        return PowerLaw(self._expanded)

    def _expanded(
        self, measure: sp.Symbol, i: int, j: int, large: bool, count: int
    ) -> tuple[list[SumTerm], Fraction]:
        b = self.target_decay if MEASURES[measure.name] else Fraction(0)
        if large:
            return large_pole(self.decay, b, i, j, count), Fraction(i - j - count)
        return small_pole(self.decay, b, i, j, count), first_unknown(self.decay, b, i, count)


@dataclass(frozen=True)
class ScaledChart:
    """A chart with the growth of its inputs.

    Attributes
    ----------
    chart : Chart
    exponents : Exponents
    inputs : mapping str -> ScaleNumber
    arithmetic : ScaleSeries
    """

    chart: Chart
    exponents: Exponents
    inputs: Mapping[str, ScaleNumber]
    arithmetic: ScaleSeries

    @property
    def system(self) -> FixedPointSystem:
        """The chart's system."""
        return self.chart.system

    @property
    def pole(self) -> sp.Symbol:
        """The unknown at which averages have their pole."""
        return pole_of(self.system)

    def evaluate(
        self, outputs: tuple[str, ...], unknowns: Mapping[str, ScaleNumber], large: bool
    ) -> dict[str, ScaleNumber]:
        """Residuals of the equations, or the observables, at unknowns.

        Parameters
        ----------
        outputs : tuple of str
            Observables; none for the residuals of the equations, by number.
        unknowns : mapping str -> ScaleNumber
        large : bool
            Whether the pole exceeds every eigenvalue.
        """
        program, names = _program(self.system, outputs)
        values = {**self.inputs, **unknowns}
        table = averages_of(self.system)
        for name in names:
            values[name] = self.average(table[name], unknowns[self.pole.name], large)
        return program(values, self.arithmetic)

    def average(self, average: SpectralAverage, pole: ScaleNumber, large: bool) -> ScaleNumber:
        """A spectral average at a pole that is a sum of powers.

        Parameters
        ----------
        average : SpectralAverage
        pole : ScaleNumber
        large : bool
            Whether it exceeds every eigenvalue.
        """
        arithmetic, total = self.arithmetic, ScaleNumber(self.arithmetic, ())
        count = min(math.ceil(arithmetic.window / abs(pole.lead.value)) + 2, arithmetic.most + 1)
        terms, rest = _expansion(self.system, average, self.exponents, large, count, arithmetic.base.digits)
        for power, value in terms:
            total = total + pole.power(power) * arithmetic.convert(value)
        unknown = max(pole.lead.value * power for power in rest)
        return ScaleNumber(arithmetic, total.terms, max(total.order, unknown))


@lru_cache(maxsize=4096)
def _expansion(
    system: FixedPointSystem,
    average: SpectralAverage,
    exponents: Exponents,
    large: bool,
    count: int,
    digits: int,
) -> tuple[list[tuple[Fraction, Any]], list[Fraction]]:
    """Powers of the pole in an average with their constants, and those from which on terms are left out."""
    found, rest = exponents.law().expanded(average, system.unknown_symbols(), large, count)
    return [(power, constant_of(term, digits) * int(s.coefficient.p) / int(s.coefficient.q))
            for s, _, power, term in found], rest  # fmt: skip


@lru_cache(maxsize=4096)
def constant_of(term: SumTerm, digits: int) -> Any:
    """The constant of a term.

    Parameters
    ----------
    term : SumTerm
    digits : int
    """
    return term.value(Multiprecision(digits).context)


def pole_of(system: FixedPointSystem) -> sp.Symbol:
    """The one unknown in the averages of a system.

    Raises
    ------
    DerivationError
        If there are several.
    """
    unknowns = set(system.unknown_symbols())
    poles = {s for a in averages_of(system).values() for s in a.function.free_symbols & unknowns}
    if len(poles) != 1:
        raise DerivationError(f"{system.name}: scaling laws are derived for one effective ridge")
    return poles.pop()


@cache
def averages_of(system: FixedPointSystem) -> dict[str, SpectralAverage]:
    """Definitions that are spectral averages."""
    return {
        d.symbol.name: d.expression for d in system.definitions if isinstance(d.expression, SpectralAverage)
    }


@cache
def _program(system: FixedPointSystem, outputs: tuple[str, ...]) -> tuple[Program, tuple[str, ...]]:
    """Program of residuals or observables with the averages as inputs, and which of them it reads."""
    averages = averages_of(system)
    own = [d for d in system.definitions if d.symbol.name not in averages]
    table = {o.name: o.expression for o in system.observables if o.name in outputs}
    if not outputs:
        table = {str(k): e.residual for k, e in enumerate(system.equations)}
    inputs = [p.symbol.name for p in system.parameters] + [u.symbol.name for u in system.unknowns]
    program = lower(table, [*inputs, *averages], own, ())
    used = {str(i.data) for i in program.instructions if i.operation == "input"}
    return program, tuple(name for name in averages if name in used)


def scaled_inputs(
    chart: Chart, sizes: Mapping[str, ScaleNumber | None], ridge: ScaleNumber, arithmetic: ScaleSeries,
    per_sample: bool = False,
) -> dict[str, ScaleNumber]:  # fmt: skip
    """Inputs of a chart where sizes are powers of n.

    Parameters
    ----------
    chart : Chart
    sizes : mapping str -> ScaleNumber or None
        None for an infinite one.
    ridge : ScaleNumber
    arithmetic : ScaleSeries
    per_sample : bool
        Whether the ridge is given per sample.
    """
    infinite = frozenset(name for name, value in sizes.items() if value is None)
    given = {name: value for name, value in sizes.items() if value is not None}
    return coordinates(chart, per_sample, infinite)({**given, ridge_name(per_sample): ridge}, arithmetic)


def chart_for(
    charts: Iterable[Chart], sizes: Mapping[str, ScaleNumber | None], arithmetic: ScaleSeries
) -> Chart:
    """The chart made for sizes that are powers of n.

    Parameters
    ----------
    charts : iterable of Chart
    sizes : mapping str -> ScaleNumber or None
        None for an infinite one.
    arithmetic : ScaleSeries

    Raises
    ------
    InputError
        If none is.
    """
    for chart in charts:
        if all(_holds(c.expression, sizes, arithmetic) for c in chart.serves):
            return chart
    raise InputError("features", None, "a size that the model's equations are known for")


def _holds(expression: sp.Expr, sizes: Mapping[str, ScaleNumber | None], arithmetic: ScaleSeries) -> bool:
    names = sorted(s.name for s in expression.free_symbols)
    endless = tuple(name for name in names if sizes[name] is None)
    if endless:
        return _grows(expression, endless)
    value = _value(expression)({name: sizes[name] for name in names}, arithmetic)["value"]
    return bool(value.is_zero or value.coefficient > 0)


@cache
def _grows(expression: sp.Expr, endless: tuple[str, ...]) -> bool:
    return bool(sp.Poly(expression, *(s for s in expression.free_symbols if s.name in endless)).LC() > 0)


@cache
def _value(expression: sp.Expr) -> Program:
    return lower({"value": expression}, sorted(s.name for s in expression.free_symbols))
