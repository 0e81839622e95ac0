"""How components change with the ridge or a size: derived, and evaluated to any accuracy."""

from __future__ import annotations

from functools import cache
from typing import Any

from asymptotics.analysis.general_slopes import general_slope
from asymptotics.equations.chart import Chart
from asymptotics.equations.naming import symbol
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Program
from asymptotics.lowering.sensitivity import sensitivity
from asymptotics.models.measures import TAIL, SpectralMeasure
from asymptotics.prediction.certified import prove
from asymptotics.prediction.points import Point
from asymptotics.prediction.precise import MODERATE, given_at, solve_point
from asymptotics.prediction.problems import enclosing_problem, is_scalar, problem

_SPARE = 6
_VELOCITY = "velocity_of_"


@cache
def slope_program(chart: Chart, moving: tuple[str, ...], component: str, tail: str = "") -> Program:
    """Program for the derivative of a component when some inputs of a chart move, with velocities as inputs.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    moving : tuple of str
        Inputs that move.
    component : str
        What is differentiated.
    tail : str
        Suffix of the names of velocities.
    """
    reduced = enclosing_problem(chart) if tail else problem(chart)
    return sensitivity(reduced, {name: symbol(_VELOCITY + name) for name in moving}, [component], tail)


def slope_at(
    measure: SpectralMeasure, point: Point, moving: str, digits: int, component: str = "test"
) -> Any:
    """Derivative of a component in the logarithm of a size, or of the ridge, as an mpmath number.

    Parameters
    ----------
    measure : SpectralMeasure
    point : Point
        Of positive ridge.
    moving : str
        A size of the theory, or ``lam`` for the ridge.
    digits : int
        Accuracy relative to the terms of the derivative, which cancel where it vanishes.
    component : str
    """
    if not is_scalar(point.chart):
        return general_slope(measure, point, moving, digits, component, certified=False)
    degrees = measure.first_degrees(float(point.size))
    root, degrees = solve_point(measure, point, degrees, digits + _SPARE)
    moderate = abs(root.arithmetic.logarithm(root.value)) < MODERATE
    data = measure.numbers(degrees, root.arithmetic, moderate)
    return _derivative(point, moving, component, data, root.value, root.arithmetic)


def certified_slope(
    measure: SpectralMeasure, point: Point, moving: str, digits: int, component: str = "test"
) -> Any:
    """The same derivative as a ball; parameters are those of :func:`slope_at`.

    Parameters
    ----------
    measure : SpectralMeasure
        Numbers behind the equations.
    point : Point
        Sizes and ridge, in a chart.
    moving : str
        The input that moves.
    digits : int
        Decimal digits of the balls.
    component : str
        What is differentiated.
    """
    if not is_scalar(point.chart):
        return general_slope(measure, point, moving, digits, component, certified=True)
    degrees = measure.first_degrees(float(point.size))
    root, degrees = solve_point(measure, point, degrees, digits + _SPARE)
    arithmetic = Balls(digits + _SPARE + max(int(root.condition), 0))
    data = measure.balls(degrees, arithmetic.digits)
    with arithmetic.precision():
        nu = prove(point, data, arithmetic.convert(root.value), arithmetic).value
        return _derivative(point, moving, component, data, nu, arithmetic, TAIL)


def _derivative(
    point: Point, moving: str, component: str, data: Any, nu: Any, arithmetic: Any, tail: str = ""
) -> Any:
    """The total derivative at a solved point, in the numbers of an arithmetic."""
    velocities = point.velocity(moving)
    program = slope_program(point.chart, tuple(velocities), component, tail)
    given = given_at(point, arithmetic) | dict(data.scalars) | {problem(point.chart).master: nu}
    given |= {_VELOCITY + name: arithmetic.convert(value) for name, value in velocities.items()}
    return program(given, arithmetic, data.spectrum)[component]
