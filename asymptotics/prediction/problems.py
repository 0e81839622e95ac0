"""Charts made ready to be solved: reduced and lowered, once a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sympy as sp

from asymptotics.equations.chart import RIDGE, RIDGE_PER_SAMPLE, SENSITIVITY, Chart
from asymptotics.equations.domain import Condition
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.lowering.puiseux_series import Rationals
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.measures import TAIL

_EXACT = Rationals()
_DOUBLE = Float64()


@cache
def problem(chart: Chart) -> ScalarProblem:
    """A chart as one monotone equation, with what is read off it.

    Raises
    ------
    DerivationError
        If its system is none.
    """
    return scalar_problem(chart.system, readings=_sums(chart))


@cache
def enclosing_problem(chart: Chart) -> ScalarProblem:
    """The same with the eigenvalue of the spectrum's tail as an input."""
    return scalar_problem(chart.system, tail=TAIL, readings=_sums(chart))


def _sums(chart: Chart) -> dict[str, sp.Expr]:
    """The readings that are free of subtractions, as everything is that limits are taken of."""
    return {name: expression for name, expression in chart.readings.items() if name != SENSITIVITY}


@cache
def sensitivity_of(chart: Chart) -> Program:
    """Program for what a rounding of the sizes is multiplied by, in inputs and outputs of the chart."""
    expression = chart.readings.get(SENSITIVITY, sp.S.Zero)
    return lower({SENSITIVITY: expression}, sorted(s.name for s in expression.free_symbols))


@cache
def is_scalar(chart: Chart) -> bool:
    """Whether a chart reduces to one monotone equation."""
    try:
        problem(chart)
    except (DerivationError, StopIteration):
        return False
    return True


def require_scalar(charts: Iterable[Chart], what: str) -> None:
    """Check that charts reduce to one monotone equation.

    Parameters
    ----------
    charts : iterable of Chart
        Coordinates of the equations.
    what : str
        What is asked, for the message.

    Raises
    ------
    InputError
        If one does not.
    """
    for chart in charts:
        if not is_scalar(chart):
            allowed = "a model whose equations reduce to one monotone equation"
            raise InputError(
                "model", chart.system.name, allowed, f"{what} is made for these; predict is for all"
            )


@cache
def coordinates(
    chart: Chart, per_sample: bool, infinite: frozenset[str] = frozenset(), moving: str = "",
    expanded: bool = False,
) -> Program:  # fmt: skip
    """Program for the inputs of a chart, or for their derivatives, in sizes and ridge.

    Parameters
    ----------
    chart : Chart
    per_sample : bool
        Whether the ridge is given per sample.
    infinite : frozenset of str
        Sizes that are infinite.
    moving : str
        Size, or ``lam``, in whose logarithm the inputs are differentiated; empty for the inputs themselves.
    expanded : bool
        Whether fractions are written out, so that each size occurs once where that is possible: tight in balls.
    """
    sizes = [symbol(name) for name in sorted(infinite)]
    if moving:
        table = chart.velocity(symbol(moving), per_sample, sizes)
    else:
        table = chart.inputs(per_sample, sizes)
    ridge = RIDGE_PER_SAMPLE if per_sample else RIDGE
    names = [*(size.name for size in chart.sizes), ridge.name]
    return lower({s.name: sp.expand(e) if expanded else e for s, e in table.items()}, names)


def ridge_name(per_sample: bool) -> str:
    """Name of the ridge as it is given, in the coordinates of a chart."""
    return (RIDGE_PER_SAMPLE if per_sample else RIDGE).name


def exact_inputs(
    chart: Chart, sizes: Mapping[str, Any], ridge: Any, per_sample: bool, moving: str = ""
) -> dict[str, Any]:
    """Inputs of a chart, or their derivatives, at exactly given sizes.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    sizes : mapping of str to number
        By name, exact.
    ridge : number
        Exact.
    per_sample : bool
        Whether the ridge is per sample.
    moving : str
        Name of what derivatives are taken in; empty for values.
    """
    infinite = frozenset(name for name, value in sizes.items() if value == float("inf"))
    given = {name: value for name, value in sizes.items() if name not in infinite}
    program = coordinates(chart, per_sample, infinite, moving)
    return program({**given, ridge_name(per_sample): ridge}, _EXACT)


def serves(chart: Chart, sizes: Mapping[str, Any]) -> Any:
    """Whether a chart is made for sizes, which may be arrays, exact or infinite.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    sizes : mapping of str to number
        By name.
    """
    result: Any = True
    for condition in chart.serves:
        value = condition_program(condition)(sizes, _DOUBLE)["value"]
        result = result & (value > 0 if condition.strict else value >= 0)
    return result


@cache
def condition_program(condition: Condition) -> Program:
    """Program for what a condition on sizes says is not negative, by the name ``value``."""
    names = [s.name for s in condition.expression.free_symbols]
    return lower({"value": condition.expression}, sorted(names))


def chart_of(charts: Iterable[Chart], sizes: Mapping[str, Any]) -> Chart:
    """The first chart that serves one point.

    Parameters
    ----------
    charts : iterable of Chart
        In the order in which they are tried.
    sizes : mapping of str to number
        By name.

    Raises
    ------
    DerivationError
        If none does.
    """
    for chart in charts:
        if serves(chart, sizes):
            return chart
    raise DerivationError(f"no chart serves {dict(sizes)}")
