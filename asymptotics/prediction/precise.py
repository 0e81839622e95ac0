"""Risk to any number of digits: the same straight-line programs as in double precision, on mpmath numbers.

Every observable is free of subtractions in the unknowns of its chart, so it has the relative accuracy of the
effective ridge; the working precision is the digits asked for, plus those the equation for the effective ridge
loses (measured while solving), plus a few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.limits import leading_orders, limits, threshold_point
from asymptotics.prediction.measures import degrees_for, first_degrees, logarithm, numbers, shape
from asymptotics.prediction.points import Point
from asymptotics.solvers.refinement import RefinedRoot, refine_root, rough_root
from asymptotics.solvers.solution import Status

_SPARE = 4


@dataclass(frozen=True)
class PointValue:
    """Every output of a chart at one point.

    Attributes
    ----------
    values : dict
    status : Status
    condition : float
        Relative change of the effective ridge per relative change of the smaller size.
    """

    values: dict[str, Any]
    status: Status
    condition: float


def evaluate_precisely(
    model: Any, point: Point, digits: int, chart_problem: ScalarProblem | None = None
) -> PointValue:
    """Every output of a chart at one point, with that many digits right.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    point : Point
    digits : int
    chart_problem : ScalarProblem, optional
        The system to solve, if it is not the recorded one.

    Raises
    ------
    PrecisionError
        If the spectrum at finite dimension cannot be resolved to so many digits.
    SolverError
        If the root finder does not converge.
    """
    if chart_problem is None:
        kind = "proportional" if point.dimension is None else "general"
        chart_problem = problem(model.family, kind, point.chart)
    degrees, rank = resolution(model, point)
    if point.without_ridge and (rank <= point.size or point.at_threshold):
        return _limit(model, chart_problem, point, rank, degrees, digits + _SPARE)
    root, degrees = solve_point(model, chart_problem, point, degrees, digits + _SPARE)
    data = numbers(model, point.dimension, degrees, root.arithmetic)
    given = given_at(point, root.arithmetic) | data.scalars | {chart_problem.master: root.value}
    values = chart_problem.observables(given, root.arithmetic, data.spectrum)
    status = Status.LIMIT if point.ridge == 0 else Status.SOLVED
    return PointValue(values, status, 10.0 ** min(root.condition, 300.0))


def _limit(
    model: Any,
    chart_problem: ScalarProblem,
    point: Point,
    rank: int | float | Fraction,
    degrees: int,
    digits: int,
) -> PointValue:
    """Limit of vanishing ridge at a singular point."""
    arithmetic, nu, condition = Multiprecision(digits), None, 0.0
    if rank > point.size:
        root, degrees = solve_point(model, chart_problem, threshold_point(point), degrees, digits)
        arithmetic, nu, condition = root.arithmetic, root.value, root.condition
    data = numbers(model, point.dimension, degrees, arithmetic)
    orders = leading_orders(chart_problem, point, rank, data, nu, arithmetic)
    values, diverges = limits(orders, arithmetic.context.inf, arithmetic.convert(0))
    status = Status.DIVERGES if diverges else Status.LIMIT
    return PointValue(values, status, 10.0 ** min(condition, 300.0))


def resolution(model: Any, point: Point) -> tuple[int, int | float | Fraction]:
    """Degrees to resolve at first, and the rank of the spectrum."""
    degrees = first_degrees(model, point.dimension, float(point.size))
    return degrees, shape(model, point.dimension, degrees).rank


def given_at(point: Point, arithmetic: Any) -> dict[str, Any]:
    """Coordinates of the point in the numbers of an arithmetic."""
    return {name: arithmetic.convert(value) for name, value in point.coordinates.items()}


def solve_point(
    model: Any, chart_problem: ScalarProblem, point: Point, degrees: int, digits: int
) -> tuple[RefinedRoot, int]:
    """Effective ridge to the given number of digits, and the number of degrees that takes."""
    start = _start(numbers(model, point.dimension, degrees, Multiprecision(32)), point)
    while point.dimension is not None and not isinstance(model, SpectralRidge):
        enough, start = _degrees(model, chart_problem, point, degrees, start, digits)
        if enough == degrees:
            break
        degrees = enough
    return refine_root(_sides(model, chart_problem, point, degrees), start, digits), degrees


def _degrees(
    model: Any, chart_problem: ScalarProblem, point: Point, degrees: int, start: float, digits: int
) -> tuple[int, float]:
    """Degrees to resolve, judged at a rough root for ``degrees``, and the logarithm of that root."""
    rough = rough_root(_sides(model, chart_problem, point, degrees), start)
    data = numbers(model, point.dimension, degrees, rough.arithmetic)
    given = given_at(point, rough.arithmetic) | data.scalars | {chart_problem.master: rough.value}
    found = chart_problem.observables(given, rough.arithmetic, data.spectrum)
    # The rest of the spectrum adds to the first and would add to the second; both occur as factors.
    least = min(found["T11"], found["T02"])
    ridge = logarithm(rough.value)
    scale = math.floor(2 * ridge + logarithm(least)) - 1
    assert point.dimension is not None
    enough = degrees_for(model, point.dimension, degrees, digits + 1, scale, math.floor(ridge))
    return enough, rough.arithmetic.logarithm(rough.value)


def _sides(model: Any, chart_problem: ScalarProblem, point: Point, degrees: int) -> Any:
    last: list[Any] = [None, {}, None]

    def sides(nu: Any, arithmetic: Any) -> tuple[Any, Any, Any]:
        if last[0] is not arithmetic:
            data = numbers(model, point.dimension, degrees, arithmetic)
            last[:] = arithmetic, given_at(point, arithmetic) | data.scalars, data.spectrum
        _, given, spectrum = last
        out = chart_problem.residual({**given, chart_problem.master: nu}, arithmetic, spectrum)
        return out["left"], out["right"], out["slope"]

    return sides


def _start(data: Any, point: Point) -> float:
    """Logarithm of a first guess, ``(trace + ridge)/size``."""
    if data.spectrum is None:
        squares = [value for name, value in data.scalars.items() if name.startswith("mu")]
        trace = sum(squares[1:], squares[0])
    else:
        trace = sum(
            (data.spectrum.eigenvalues * data.spectrum.weights["T"]).tolist(), data.spectrum.tails["T"]
        )
    arithmetic = Multiprecision(20)
    ridge = arithmetic.convert(point.ridge)
    if point.size == math.inf:
        guess = ridge
    else:
        size = arithmetic.convert(point.size)
        guess = trace / size + (ridge if "lam_n" in point.coordinates else ridge / size)
    return arithmetic.logarithm(guess) if guess > 0 else 0.0
