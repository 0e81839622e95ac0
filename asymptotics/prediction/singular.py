r"""One-sided limits of vanishing ridge, where ridge zero is a singular point of a chart.

That is at the interpolation threshold ``n = p`` and where the smaller size reaches the rank of the spectrum. Which
powers of the ridge the unknowns follow there, and with which constants, was derived by dominant balance and is read
from the chart; the programs of the chart then run on leading orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.equations.chart import INVERSE_TRACE, RANK, SLOPE, Chart, Orders
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.leading_orders import UNIT, Leading, LeadingArray, LeadingFloat64, LeadingOrder
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program, Spectrum
from asymptotics.models.components import TEST
from asymptotics.models.measures import Numbers
from asymptotics.prediction.plans import ChartPoints
from asymptotics.prediction.points import Point
from asymptotics.prediction.problems import problem
from asymptotics.transforms.limits.singular_limits import singular_limits

_DOUBLE, _LEADING = Float64(), LeadingFloat64()
_EXCESS = symbol("excess")
"""The smaller size minus the rank."""


@dataclass(frozen=True)
class _Order:
    """Leading order of the master unknown in one case: ``base**(1/root) * ridge**exponent``."""

    signs: tuple[tuple[Program, int], ...]
    base: Program
    root: int
    exponent: Fraction

    def holds(self, sizes: Mapping[str, Any]) -> Any:
        """Whether the case is that of the given sizes, rank among them."""
        result: Any = True
        for program, sign in self.signs:
            value = program(sizes, _DOUBLE)["value"]
            result = result & (value > 0 if sign > 0 else value < 0 if sign < 0 else value == 0)
        return result


def _order(signs: tuple[tuple[sp.Expr, int], ...], orders: Orders, chart: Chart) -> _Order:
    """The master unknown's order; what depends on the smaller size is written in how far that exceeds the rank."""
    master = symbol(problem(chart).master)
    coefficient, exponent = orders[master]
    rule = {
        s: e.xreplace({chart.slack: RANK + _EXCESS})
        for s, e in chart.coordinates.items()
        if e.free_symbols == {chart.slack}
    }
    base = coefficient**exponent.denominator
    if base.has(RANK):
        base = sp.factor(sp.cancel(base.xreplace(rule)))
    lowered = tuple((_lowered(expression), sign) for expression, sign in signs)
    return _Order(lowered, _lowered(base), exponent.denominator, exponent)


def _lowered(expression: sp.Expr) -> Program:
    return lower({"value": expression}, sorted(s.name for s in expression.free_symbols))


@cache
def _cases(chart: Chart) -> tuple[_Order, ...]:
    """Every case, as recorded or derived now."""
    return tuple(_order(case.signs, case.orders, chart) for case in chart.singular or singular_limits(chart))


@cache
def _growing(chart: Chart) -> Program:
    """The master unknown for a large ridge, in the inputs of the chart, as short as their relations allow."""
    coefficient, exponent = chart.start[symbol(problem(chart).master)]
    vanishing = chart.vanishing
    if vanishing is None or exponent != 1:
        raise DerivationError(f"{chart.system.name}: the effective ridge does not grow like the ridge")
    sizes = {s: e for s, e in chart.coordinates.items() if s != vanishing}
    back = {e: s for s, e in sizes.items() if e.is_Symbol}
    short = sp.cancel(coefficient.xreplace(sizes)).xreplace(back)
    inputs = set(chart.coordinates)
    if not (short.free_symbols | coefficient.free_symbols) - inputs <= {*chart.sizes}:
        raise DerivationError(f"{chart.system.name}: a large ridge depends on the spectrum: {coefficient}")
    return _lowered((short if short.free_symbols <= inputs else coefficient) * vanishing)


def growing_ridge(chart: Chart, inputs: Mapping[str, Any], arithmetic: Any = _DOUBLE) -> Any:
    """The effective ridge to leading order for a large ridge; zero where no ridge is left in the equations.

    Parameters
    ----------
    chart : Chart
    inputs : mapping name -> number or array
        Values of the inputs of the chart, a large ridge among them.
    arithmetic : Arithmetic
        Of the inputs and of the result.
    """
    if chart.vanishing is None:
        return 0 * inputs[next(iter(inputs))]
    with np.errstate(all="ignore"):
        return _growing(chart)(inputs, arithmetic)["value"]


def first_guess(chart: Chart, inputs: Mapping[str, Any], arithmetic: Any = _DOUBLE) -> Any:
    """The same as where to begin a search; the ridge itself where that order depends on the spectrum.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    inputs : mapping of str to number
        By name.
    arithmetic : arithmetic
        In which they are numbers.
    """
    try:
        return growing_ridge(chart, inputs, arithmetic)
    except DerivationError:
        assert chart.vanishing is not None
        return inputs[chart.vanishing.name]


def vanishing_ridge(
    chart: Chart, points: ChartPoints, root: np.ndarray, data: Numbers
) -> dict[str, LeadingArray]:
    """Leading order, in the ridge of the chart, of every output at many points.

    Parameters
    ----------
    chart : Chart
    points : ChartPoints
        Of ridge zero; the ridge among their inputs is ignored.
    root : ndarray
        Where the rank exceeds the size: the root of ``T(nu) = size``.
    data : Numbers
    """
    chart_problem, inputs = problem(chart), points.inputs
    given: dict[str, Any] = {name: LeadingArray(value) for name, value in inputs.items()} | dict(data.scalars)
    unit = LeadingArray(np.ones(points.size.shape), float(UNIT))
    if chart.vanishing is not None:
        given[chart.vanishing.name] = unit

    def run(nu: LeadingArray) -> dict[str, Any]:
        return chart_problem.observables({**given, chart_problem.master: nu}, _LEADING, data.spectrum)

    with np.errstate(all="ignore"):
        known = {**inputs, **data.scalars, chart_problem.master: root, INVERSE_TRACE.name: _slope(run(unit))}
        nu = _leading_at(chart, points, known | {RANK.name: data.rank, _EXCESS.name: points.size - data.rank})
        found = run(nu)
    return {name: v if isinstance(v, LeadingArray) else LeadingArray(v) for name, v in found.items()}


def _slope(found: Mapping[str, Any]) -> Any:
    """Slope of the trace at a vanishing effective ridge; of no trace at all it is not needed."""
    return found[SLOPE].coefficient if SLOPE in found else None


def _leading_at(chart: Chart, points: ChartPoints, known: Mapping[str, Any]) -> LeadingArray:
    """Leading order of the effective ridge at many points, case by case."""
    coefficient, exponent = np.full(points.size.shape, np.nan), np.zeros(points.size.shape)
    sizes = {**points.sizes, RANK.name: known[RANK.name]}
    for case in _cases(chart):
        here = np.broadcast_to(case.holds(sizes), points.size.shape)
        if here.any():
            value = case.base(known, _DOUBLE)["value"]
            value = np.cbrt(value) if case.root == 3 else value ** (1 / case.root)
            coefficient = np.where(here, value, coefficient)
            exponent = np.where(here, float(case.exponent * UNIT), exponent)
    return LeadingArray(coefficient, exponent)


def effective_ridge(
    chart: Chart, point: Point, rank: Any, root: Any, inverse_trace: Any, arithmetic: Any,
    scalars: Mapping[str, Any] | None = None,
) -> Leading:  # fmt: skip
    """Leading order, in the chart's ridge, of the effective ridge at one point of ridge zero.

    Parameters
    ----------
    chart : Chart
    point : Point
    rank : int, Fraction or float
    root : number or None
        Where the rank exceeds the size: the root of ``T(nu) = size``.
    inverse_trace : number
        Trace of the inverse of the spectrum, where the rank is finite.
    arithmetic : Arithmetic
        Of the result.
    scalars : mapping, optional
        The model's constants.

    Raises
    ------
    DerivationError
        If no case was derived for this point.
    """
    for case in reversed(_cases(chart)):
        if not case.holds({**point.sizes, RANK.name: rank}):
            continue
        known = {name: arithmetic.convert(value) for name, value in point.coordinates.items()} | dict(
            scalars or {}
        )
        known |= {INVERSE_TRACE.name: inverse_trace, problem(chart).master: root}
        if float("inf") not in (rank, point.size):
            excess = Fraction(point.size) - Fraction(rank)
            known |= {RANK.name: arithmetic.convert(Fraction(rank)), _EXCESS.name: arithmetic.convert(excess)}
        value = case.base(known, arithmetic)["value"]
        if case.root > 1:
            value = arithmetic.sqrt(value) if case.root == 2 else arithmetic.root(value, case.root)
        return Leading(value, int(case.exponent * UNIT))
    raise DerivationError(f"{chart.system.name}: no limit of vanishing ridge was derived for {point.sizes}")


def leading_orders(
    chart: Chart, point: Point, rank: int | float | Fraction, data: Numbers, root: Any, arithmetic: Any
) -> dict[str, Leading]:
    """Leading order, in the ridge of the chart, of every output at one point.

    Parameters
    ----------
    chart : Chart
    point : Point
    rank : int, Fraction or float
        Of the spectrum; infinite with a tail.
    data : Numbers
        Constants and spectrum of the model.
    root : number or None
        Where the rank exceeds the size: the root of ``T(nu) = size``.
    arithmetic : Arithmetic
        Of the result.
    """
    chart_problem, order = problem(chart), LeadingOrder(arithmetic)
    unit = Leading(arithmetic.convert(1), UNIT)
    given = {key: order.convert(value) for key, value in point.coordinates.items()}
    if chart.vanishing is not None:
        given[chart.vanishing.name] = unit
    given |= {key: Leading(value) for key, value in data.scalars.items()}
    spectrum = _lifted(data.spectrum, order)

    def run(nu: Leading) -> dict[str, Leading]:
        return chart_problem.observables({**given, chart_problem.master: nu}, order, spectrum)

    # All levels are learned: the slope of the trace at nu = 0 is the trace of the inverse spectrum.
    inverse = None if root is not None else _slope(run(unit))
    return run(effective_ridge(chart, point, rank, root, inverse, arithmetic, data.scalars))


def _lifted(spectrum: Spectrum | None, order: LeadingOrder) -> Spectrum | None:
    if spectrum is None:
        return None

    def lift(values: Any) -> Any:
        return order.array([Leading(value) for value in values])

    weights = {name: lift(value) for name, value in spectrum.weights.items()}
    tails = {name: Leading(value) for name, value in spectrum.tails.items()}
    return Spectrum(lift(spectrum.eigenvalues), weights, tails)


def inverse_trace(data: Numbers, arithmetic: Any, chart: Chart, point: Point) -> Any:
    """Trace of the inverse of the spectrum, over its nonzero eigenvalues.

    Parameters
    ----------
    data : Numbers
        Constants and spectrum of the model, of finite rank.
    arithmetic : Arithmetic
        Of the result.
    chart : Chart
    point : Point
    """
    order = LeadingOrder(arithmetic)
    given = {key: order.convert(value) for key, value in point.coordinates.items()}
    given |= {key: Leading(value) for key, value in data.scalars.items()}
    unit = Leading(arithmetic.convert(1), UNIT)
    given |= {problem(chart).master: unit} | ({} if chart.vanishing is None else {chart.vanishing.name: unit})
    return problem(chart).observables(given, order, _lifted(data.spectrum, order))[SLOPE].coefficient


def limits(orders: dict[str, Leading], infinity: Any, zero: Any) -> tuple[dict[str, Any], bool]:
    """Limits of leading orders, and whether the test error diverges.

    Parameters
    ----------
    orders : mapping of str to Leading
        Leading orders by output.
    infinity : number
        In the arithmetic.
    zero : number
        In the arithmetic.
    """
    values = {name: order.limit(infinity, zero) for name, order in orders.items()}
    return values, orders[TEST.name].exponent < 0


def threshold_point(point: Point) -> Point:
    """A regular point with the effective ridge of a threshold point: no ridge and gap one."""
    return point.with_coordinates(gap=Fraction(1))
