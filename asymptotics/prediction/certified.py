"""Risk with a proof: balls that contain every observable, from exact or enclosed inputs.

An mpmath solution is the guess; a change of sign of the monotone equation around it proves that the physical
effective ridge exists, is unique and lies in a ball; the observables' programs then run on that ball. The programs
come from the same stored system as those in double precision. At finite dimension the infinitely many degrees that
are not resolved enter with their eigenvalues anywhere between zero and an upper bound.
"""

from __future__ import annotations

import math
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.prediction.points import Point
from asymptotics.prediction.precise import PointValue, given_at, solve_point
from asymptotics.prediction.problems import enclosing_problem
from asymptotics.prediction.singular import leading_orders, limits, threshold_point
from asymptotics.solvers.enclosure import Enclosure, enclose_root
from asymptotics.solvers.solution import Status

_SPARE = 6
_ATTEMPTS = 4


def evaluate_certified(measure: SpectralMeasure, point: Point, digits: int) -> PointValue:
    """Every output of a chart at one point as a ball of that relative accuracy.

    Parameters
    ----------
    measure : SpectralMeasure
    point : Point
    digits : int

    Raises
    ------
    PrecisionError
        If the accuracy cannot be reached, or the model's coefficients are not enclosed by a closed form.
    SolverError
        If no approximate solution is found.
    """
    degrees = measure.first_degrees(float(point.size))
    rank = measure.rank(degrees)
    singular = point.without_ridge and (rank <= point.size or point.at_threshold)
    regular = threshold_point(point) if singular and point.at_threshold else point
    guess, condition = None, 0.0
    if not (singular and rank <= point.size):
        root, degrees = solve_point(measure, regular, degrees, digits + _SPARE)
        guess, condition = root.value, max(root.condition, 0.0)
    working = digits + _SPARE + math.ceil(condition)
    for _ in range(_ATTEMPTS):
        arithmetic = Balls(working)
        data = measure.balls(degrees, arithmetic.digits)
        if singular and guess is None and not measure.certain_rank(data):
            raise PrecisionError("the rank of the spectrum is not certain", "give a positive ridge")
        with arithmetic.precision():
            nu = None
            if guess is not None:
                nu = prove(regular, data, arithmetic.convert(guess), arithmetic).value
            if singular:
                orders = leading_orders(point.chart, point, rank, data, nu, arithmetic)
                values, diverges = limits(orders, arithmetic.convert(math.inf), arithmetic.convert(0))
                status = Status.DIVERGES if diverges else Status.LIMIT
            else:
                values = outputs(point, data, nu, arithmetic)
                status = Status.LIMIT if point.ridge == 0 else Status.SOLVED
            short = digits - min(arithmetic.digits_of(value) for value in values.values())
        if short <= 0:
            balls = {name: Ball(value, digits) for name, value in values.items()}
            return PointValue(balls, status, 10.0 ** min(condition, 300.0))
        working += math.ceil(short) + 2
        degrees = measure.more_degrees(degrees)
    raise PrecisionError(f"balls of {digits} digits were not reached", "ask for fewer digits")


def prove(point: Point, data: Numbers, guess: Any, arithmetic: Balls) -> Enclosure:
    """Enclose the effective ridge around a guess; the precision of the arithmetic must be in force.

    Parameters
    ----------
    point : Point
        Sizes and ridge, in a chart.
    data : Numbers
        Numbers as balls.
    guess : number
        Close to the effective ridge.
    arithmetic : Balls
        Balls of a precision.
    """
    chart_problem = enclosing_problem(point.chart)
    given = given_at(point, arithmetic) | dict(data.scalars)

    def sides(nu: Any) -> tuple[Any, Any, Any]:
        out = chart_problem.residual({**given, chart_problem.master: nu}, arithmetic, data.spectrum)
        return out["left"], out["right"], out["slope"]

    return enclose_root(sides, guess, arithmetic)


def outputs(point: Point, data: Numbers, nu: Any, arithmetic: Balls) -> dict[str, Any]:
    """Every output of the chart on a ball of the effective ridge.

    Parameters
    ----------
    point : Point
        Sizes and ridge, in a chart.
    data : Numbers
        Numbers as balls.
    nu : Ball
        The effective ridge.
    arithmetic : Balls
        Balls of a precision.
    """
    chart_problem = enclosing_problem(point.chart)
    given = given_at(point, arithmetic) | dict(data.scalars) | {chart_problem.master: nu}
    return chart_problem.observables(given, arithmetic, data.spectrum)
