"""Charts of several unknowns: the physical branch by continuation in the ridge, to any accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from asymptotics.equations.averages import letters_of
from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem, system_problem
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure
from asymptotics.prediction.plans import ChartPoints, taken
from asymptotics.prediction.points import Point
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.solution import WITHOUT_VALUES, Root, Status
from asymptotics.solvers.solve import solve

BLOCK = 4096
_SPARE = 2

Found = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


def named_readings(chart: Chart) -> dict[str, str]:
    """What is read off beside the observables, and the name that it has among the definitions of the system."""
    inside = {definition.symbol for definition in chart.system.definitions}
    return {name: str(value) for name, value in chart.readings.items() if value in inside}


@cache
def general_problem(chart: Chart, enclosing: bool = False) -> SystemProblem:
    """A chart lowered for continuation in its ridge; ``enclosing`` takes the eigenvalue of the tail as an input.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    enclosing : bool
        Whether the eigenvalue of the tail is an input.
    """
    ridge = () if chart.vanishing is None else (chart.vanishing.name,)
    tail = TAIL if enclosing else ""
    start = chart.start or None
    return system_problem(chart.system, ridge, start, tail=tail, order=chart.ladder, unique=chart.unique)


def require_numbers(chart: Chart, data: Numbers) -> None:
    """Check that a measure has everything the equations average over and depend on.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    data : Numbers
        Numbers of the measure.

    Raises
    ------
    InputError
        If a parameter, a measure or a letter is missing; the message names it.
    """
    system, levels = chart.system, data.spectrum
    inside = {symbol.name for symbol in chart.coordinates}
    for parameter in system.parameter_symbols():
        if parameter.name not in inside and parameter.name not in data.scalars:
            found = ", ".join(sorted(data.scalars))
            raise InputError("measure", parameter.name, f"a number for it from measure(d), which has {found}")
    if system.measures and levels is None:
        raise InputError("levels", None, "levels of the spectrum, Constants(levels={...})")
    for measure in system.measures:
        letters = letters_of(measure.variable)
        missing = {measure.symbol.name} - set(levels.weights) if levels is not None else set()
        if len(letters) > 1 and levels is not None:
            known = set(levels.eigenvalues) if isinstance(levels.eigenvalues, Mapping) else set()
            missing |= {letter.name for letter in letters} - known
        if missing:
            raise InputError("levels", ", ".join(sorted(missing)), "a column of levels for it")


def _given(problem: SystemProblem, inputs: Mapping[str, Any], data: Numbers) -> dict[str, Any]:
    """The parameters of a problem among the numbers at hand."""
    known = {**inputs, **data.scalars}
    wanted = {*problem.parameters, *_tails(problem)}
    return {name: known[name] for name in known if name in wanted}


def _tails(problem: SystemProblem) -> list[str]:
    """Inputs that describe the tail of a spectrum."""
    return [name for name in problem.sides.inputs if name.startswith(TAIL)]


def solve_general(chart: Chart, points: ChartPoints, data: Numbers) -> Found:
    """Every output of a chart at every point, with status and condition number.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    points : ChartPoints
        Coordinates of every point.
    data : Numbers
        Numbers of the measure.
    """
    require_numbers(chart, data)
    if chart.vanishing is not None and np.any(points.inputs[chart.vanishing.name] < 0):
        raise InputError("ridge", "below zero", "a ridge >= 0 for a model of several equations")
    problem, count = general_problem(chart), points.size.size
    names = [*problem.unknowns, *(o.name for o in chart.system.observables), *named_readings(chart)]
    results = {name: np.full(count, np.nan) for name in names}
    status, condition = np.empty(count, dtype=np.int8), np.empty(count)
    for begin in range(0, count, BLOCK):
        block = slice(begin, begin + BLOCK)
        with np.errstate(all="ignore"):
            part = taken(data, block)
            root = solve(problem, _given(problem, points[block].inputs, part), spectrum=part.spectrum)
        status[block], condition[block] = root.status, root.condition
        found = {**root.unknowns, **root.observables}
        found |= {name: found[of] for name, of in named_readings(chart).items()}
        for name, column in results.items():
            column[block] = found[name]
    lost = ~np.isfinite(sum(results[o.name] for o in chart.system.observables))
    status[lost & (status == Status.SOLVED)] = Status.OUT_OF_RANGE
    for value in results.values():
        value[np.isin(status, WITHOUT_VALUES)] = np.nan
    return results, status, condition


def solve_general_point(measure: SpectralMeasure, point: Point, accuracy: Digits | Proved) -> Root:
    """Outputs of a chart at one point, as mpmath numbers or balls.

    Parameters
    ----------
    measure : SpectralMeasure
        Numbers behind the equations.
    point : Point
        Sizes and ridge, in a chart.
    accuracy : Digits or Proved
        Digits or balls.

    Raises
    ------
    SolverError
        If the path from infinite ridge does not arrive.
    PrecisionError
        If a proof fails, or digits are not reached.
    """
    require_numbers(point.chart, measure.doubles(1.0))
    try:
        if isinstance(accuracy, Digits):
            measure.require_digits(measure.first_degrees(float(point.size)), accuracy.digits)
    except PrecisionError as unresolved:
        return _digits_of_proof(measure, point, accuracy.digits, unresolved)
    problem = general_problem(point.chart, isinstance(accuracy, Proved))
    return solve(problem, lambda arithmetic: numbers_at(problem, measure, point, arithmetic), accuracy)


def _digits_of_proof(measure: SpectralMeasure, point: Point, digits: int, reason: PrecisionError) -> Root:
    """Digits of balls: these hold whatever the degrees are that are not resolved."""
    try:
        root = solve_general_point(measure, point, Proved(digits + _SPARE))
    except (PrecisionError, InputError):
        raise reason from None
    convert = Multiprecision(digits).convert

    def read(table: Mapping[str, Any]) -> dict[str, Any]:
        return {name: convert(getattr(value, "mid", value)) for name, value in table.items()}

    return replace(root, unknowns=read(root.unknowns), observables=read(root.observables), box={})


def numbers_at(
    problem: SystemProblem, measure: SpectralMeasure, point: Point, arithmetic: Any
) -> tuple[dict[str, Any], Spectrum | None]:
    """Inputs and spectrum at a point in the numbers of an arithmetic.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    measure : SpectralMeasure
        Numbers behind the equations.
    point : Point
        Sizes and ridge, in a chart.
    arithmetic : arithmetic
        In which they are numbers.
    """
    data = _numbers(measure, measure.first_degrees(float(point.size)), arithmetic)
    inputs = {name: arithmetic.convert(value) for name, value in point.coordinates.items()}
    none = dict.fromkeys(_tails(problem), arithmetic.convert(0))
    return _given(problem, {**none, **inputs}, data), data.spectrum


def _numbers(measure: SpectralMeasure, degrees: int, arithmetic: Any) -> Numbers:
    """The numbers of a measure in an arithmetic."""
    if isinstance(arithmetic, Balls):
        return measure.balls(degrees, arithmetic.digits)
    if isinstance(arithmetic, Multiprecision):
        return measure.numbers(degrees, arithmetic)
    return measure.doubles(1.0)
