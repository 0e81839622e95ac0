"""Risk with a proof: balls that contain every observable, from exact or enclosed inputs.

An mpmath solution is the guess; a change of sign of the monotone equation around it proves that the physical
effective ridge exists, is unique and lies in a ball; the observables' programs then run on that ball. The programs
come from the same stored system as those in double precision. At finite dimension the infinitely many degrees that
are not resolved enter with their eigenvalues anywhere between zero and an upper bound.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.library import stored_system
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.limits import leading_orders, limits, threshold_point
from asymptotics.prediction.measures import MOST_DEGREES, SIMPLE_DEGREES, Numbers, assemble, given_levels
from asymptotics.prediction.points import Point
from asymptotics.prediction.precise import PointValue, given_at, resolution, solve_point
from asymptotics.solvers.enclosure import Enclosure, enclose_root
from asymptotics.solvers.solution import Status

DEFAULT_DIGITS = 16
TAIL = "tail_eigenvalue"
_SPARE = 6
_ATTEMPTS = 4


@cache
def ball_problem(model: str, regime: str, chart: str) -> ScalarProblem:
    """A recorded system, reduced and lowered, with the eigenvalue of the spectrum's tail as an input."""
    return scalar_problem(stored_system(model, regime, chart), tail=TAIL)


def evaluate_certified(
    model: Any, point: Point, digits: int, problems: tuple[ScalarProblem, ScalarProblem] | None = None
) -> PointValue:
    """Every output of a chart at one point as a ball of that relative accuracy.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    point : Point
    digits : int
    problems : pair of ScalarProblem, optional
        The system to solve without and with the eigenvalue of the tail, if it is not the recorded one.

    Raises
    ------
    PrecisionError
        If the accuracy cannot be reached, or the model's coefficients are not enclosed by a closed form.
    SolverError
        If no approximate solution is found.
    """
    if problems is None:
        kind = "proportional" if point.dimension is None else "general"
        problems = problem(model.family, kind, point.chart), ball_problem(model.family, kind, point.chart)
    plain, chart_problem = problems
    degrees, rank = resolution(model, point)
    singular = point.without_ridge and (rank <= point.size or point.at_threshold)
    regular = threshold_point(point) if singular else point
    guess, condition = None, 0.0
    if not (singular and rank <= point.size):
        root, degrees = solve_point(model, plain, regular, degrees, digits + _SPARE)
        guess, condition = root.value, max(root.condition, 0.0)
    working = digits + _SPARE + math.ceil(condition)
    for _ in range(_ATTEMPTS):
        arithmetic = Balls(working)
        data = ball_numbers(model, point.dimension, degrees, arithmetic.digits)
        if singular and guess is None and not _tail(data) == 0:
            raise PrecisionError("the rank of the spectrum is not certain", "give a positive ridge")
        with arithmetic.precision():
            nu = None
            if guess is not None:
                nu = prove(chart_problem, regular, data, arithmetic.convert(guess), arithmetic).value
            if singular:
                orders = leading_orders(chart_problem, point, rank, data, nu, arithmetic)
                values, diverges = limits(orders, arithmetic.convert(math.inf), arithmetic.convert(0))
                status = Status.DIVERGES if diverges else Status.LIMIT
            else:
                values = observables(chart_problem, point, data, nu, arithmetic)
                status = Status.LIMIT if point.ridge == 0 else Status.SOLVED
            short = digits - min(arithmetic.digits_of(value) for value in values.values())
        if short <= 0:
            balls = {name: Ball(value, digits) for name, value in values.items()}
            return PointValue(balls, status, 10.0 ** min(condition, 300.0))
        working += math.ceil(short) + 2
        if degrees >= SIMPLE_DEGREES:  # the tail is an interval here, and not gathered in one eigenvalue
            degrees = min(3 * degrees, MOST_DEGREES)
    raise PrecisionError(f"balls of {digits} digits were not reached", "ask for fewer digits")


def _tail(data: Numbers) -> Any:
    return data.scalars["mu_starsq"] if data.spectrum is None else data.spectrum.tails["T"]


def prove(
    chart_problem: ScalarProblem, point: Point, data: Numbers, guess: Any, arithmetic: Balls
) -> Enclosure:
    """Enclose the effective ridge around a guess; the precision of the arithmetic must be in force."""
    given = given_at(point, arithmetic) | data.scalars

    def sides(nu: Any) -> tuple[Any, Any, Any]:
        out = chart_problem.residual({**given, chart_problem.master: nu}, arithmetic, data.spectrum)
        return out["left"], out["right"], out["slope"]

    return enclose_root(sides, guess, arithmetic)


def observables(
    chart_problem: ScalarProblem, point: Point, data: Numbers, nu: Any, arithmetic: Balls
) -> dict[str, Any]:
    """Every output of the chart on a ball of the effective ridge."""
    given = given_at(point, arithmetic) | data.scalars | {chart_problem.master: nu}
    return chart_problem.observables(given, arithmetic, data.spectrum)


@lru_cache(maxsize=256)
def ball_numbers(model: Any, d: int | None, degrees: int, digits: int) -> Numbers:
    """Balls around the numbers of a model's spectrum, and around the eigenvalues in its tail.

    Raises
    ------
    PrecisionError
        If the model's coefficients cannot be enclosed.
    """
    arithmetic = Balls(digits)
    if isinstance(model, SpectralRidge):
        with arithmetic.precision():
            data = given_levels(model, arithmetic)
            return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, data.spectrum)
    expansion = model.expand_certified(math.inf if d is None else d, degrees, digits)
    with arithmetic.precision():
        data = assemble(model, d, expansion.powers, expansion.tail, arithmetic)
        largest = expansion.tail / multiplicity(d, degrees + 1) if d is not None else arithmetic.convert(0)
        return Numbers({**data.scalars, TAIL: arithmetic.to(largest)}, data.spectrum)
