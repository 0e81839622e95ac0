"""Risk to any number of digits: the same straight-line programs as in double precision, on mpmath numbers.

Every observable is free of subtractions in the unknowns of its chart, so it has the relative accuracy of the
effective ridge; the working precision is the digits asked for, plus those the equation for the effective ridge
loses (measured while solving), plus a few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.models.sphere_levels import logarithm
from asymptotics.prediction.below_zero import start_below_zero
from asymptotics.prediction.points import Point
from asymptotics.prediction.problems import problem
from asymptotics.prediction.singular import first_guess, leading_orders, limits, threshold_point
from asymptotics.solvers.refinement import RefinedRoot, refine_root, rough_root
from asymptotics.solvers.solution import Status

_SPARE = 4
MODERATE = 150.0
"""Effective ridges of a smaller natural logarithm, in size, are held by pairs of doubles with their squares."""


@dataclass(frozen=True)
class PointValue:
    """Every output of a chart at one point.

    Attributes
    ----------
    values : dict
    status : Status
    condition : float
        Relative change of the effective ridge per relative change of the smaller size.
    evidence : str
        What is known about the solution, where it is not the root of one monotone equation.
    """

    values: dict[str, Any]
    status: Status
    condition: float
    evidence: str = ""


def evaluate_precisely(measure: SpectralMeasure, point: Point, digits: int) -> PointValue:
    """Every output of a chart at one point, with that many digits right.

    Parameters
    ----------
    measure : SpectralMeasure
    point : Point
    digits : int

    Raises
    ------
    PrecisionError
        If the spectrum at finite dimension cannot be resolved to so many digits.
    SolverError
        If the root finder does not converge.
    """
    degrees = measure.first_degrees(float(point.size))
    rank = measure.rank(degrees)
    if point.without_ridge and (rank <= point.size or point.at_threshold):
        return _limit(measure, point, rank, degrees, digits + _SPARE)
    root, degrees = solve_point(measure, point, degrees, digits + _SPARE)
    data = measure.numbers(degrees, root.arithmetic)
    values = outputs(point, data, root.value, root.arithmetic)
    status = Status.LIMIT if point.ridge == 0 else Status.SOLVED
    return PointValue(values, status, 10.0 ** min(root.condition, 300.0))


def _limit(measure: SpectralMeasure, point: Point, rank: Any, degrees: int, digits: int) -> PointValue:
    """Limit of vanishing ridge at a singular point."""
    arithmetic, nu, condition = Multiprecision(digits), None, 0.0
    if rank > point.size:
        root, degrees = solve_point(measure, threshold_point(point), degrees, digits)
        arithmetic, nu, condition = root.arithmetic, root.value, root.condition
    data = measure.numbers(degrees, arithmetic)
    orders = leading_orders(point.chart, point, rank, data, nu, arithmetic)
    values, diverges = limits(orders, arithmetic.context.inf, arithmetic.convert(0))
    status = Status.DIVERGES if diverges else Status.LIMIT
    return PointValue(values, status, 10.0 ** min(condition, 300.0))


def given_at(point: Point, arithmetic: Any) -> dict[str, Any]:
    """Coordinates of the point in the numbers of an arithmetic.

    Parameters
    ----------
    point : Point
        Sizes and ridge, in a chart.
    arithmetic : arithmetic
        In which they are numbers.
    """
    return {name: arithmetic.convert(value) for name, value in point.coordinates.items()}


def outputs(point: Point, data: Numbers, nu: Any, arithmetic: Any) -> dict[str, Any]:
    """Every output of the point's chart at an effective ridge.

    Parameters
    ----------
    point : Point
        Sizes and ridge, in a chart.
    data : Numbers
        Numbers of the measure.
    nu : number
        Effective ridge.
    arithmetic : arithmetic
        Of these numbers.
    """
    chart_problem = problem(point.chart)
    given = given_at(point, arithmetic) | dict(data.scalars) | {chart_problem.master: nu}
    return chart_problem.observables(given, arithmetic, data.spectrum)


def solve_point(measure: SpectralMeasure, point: Point, degrees: int, digits: int) -> tuple[RefinedRoot, int]:
    """Effective ridge to the given number of digits, and the number of degrees that takes.

    Parameters
    ----------
    measure : SpectralMeasure
        Numbers behind the equations.
    point : Point
        Sizes and ridge, in a chart.
    degrees : int
        Resolved one by one, to begin with.
    digits : int
        Decimal digits.
    """
    if point.vanishing < 0:
        start = start_below_zero(measure, point)
    else:
        start = _start(measure.numbers(degrees, Multiprecision(32)), point)
    while True:
        enough, start = _degrees(measure, point, degrees, start, digits)
        if enough == degrees:
            break
        degrees = enough
    return refine_root(_sides(measure, point, degrees, abs(start) < MODERATE), start, digits), degrees


def _degrees(
    measure: SpectralMeasure, point: Point, degrees: int, start: float, digits: int
) -> tuple[int, float]:
    """Degrees to resolve, judged at a rough root for ``degrees``, and the logarithm of that root."""
    if not measure.truncated:
        return degrees, start
    rough = rough_root(_sides(measure, point, degrees), start)
    # On numbers without a largest or smallest exponent: traces underflow where the ridge is enormous.
    arithmetic = Multiprecision(20)
    nu = arithmetic.convert(rough.value)
    found = outputs(point, measure.numbers(degrees, arithmetic), nu, arithmetic)
    # The rest of the spectrum adds to one trace and would add to the other; both occur as factors.
    least = min(found[name] for name in problem(point.chart).traces)
    if least == 0:  # no degree that is resolved acts
        return measure.acting_degrees(degrees), start
    ridge = logarithm(nu)
    scale = math.floor(2 * ridge + logarithm(least)) - 1
    enough = measure.enough_degrees(degrees, digits + 1, scale, math.floor(ridge))
    return enough, rough.arithmetic.logarithm(rough.value)


def _sides(measure: SpectralMeasure, point: Point, degrees: int, moderate: bool = False) -> Any:
    """Both sides of the chart's equation, on the numbers of whatever arithmetic is asked for."""
    chart_problem = problem(point.chart)
    last: list[Any] = [None, {}, None]

    def sides(nu: Any, arithmetic: Any) -> tuple[Any, Any, Any]:
        if last[0] is not arithmetic:
            data = measure.numbers(degrees, arithmetic, moderate)
            last[:] = arithmetic, given_at(point, arithmetic) | dict(data.scalars), data.spectrum
        _, given, spectrum = last
        out = chart_problem.residual({**given, chart_problem.master: nu}, arithmetic, spectrum)
        return out["left"], out["right"], out["slope"]

    return sides


def _start(data: Numbers, point: Point) -> float:
    """Logarithm of a first guess: what the trace asks for without a ridge, and a large ridge without a trace."""
    arithmetic = Multiprecision(20)
    guess = first_guess(point.chart, given_at(point, arithmetic), arithmetic)
    if point.size != math.inf:
        guess = data.trace / arithmetic.convert(point.size) + guess
    return arithmetic.logarithm(guess) if guess > 0 else 0.0
