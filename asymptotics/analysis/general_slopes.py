"""How components of a chart of several unknowns change with a size or the ridge: implicit differentiation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls, solve_linear
from asymptotics.lowering.differentiation import SlopeNames, differentiate
from asymptotics.lowering.program import Program
from asymptotics.models.measures import SpectralMeasure
from asymptotics.prediction.general import general_problem, numbers_at, solve_general_point
from asymptotics.prediction.points import Point
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.linear import solve_many

_SPARE = 10


@dataclass(frozen=True)
class _Slopes:
    """Both sides of the equations, and a component, with their slopes in the logarithms of unknowns and of inputs."""

    sides: Program
    rows: dict[str, SlopeNames]
    reading: Program
    row: SlopeNames


@cache
def _slopes(chart: Chart, moving: tuple[str, ...], component: str, enclosing: bool) -> _Slopes:
    problem = general_problem(chart, enclosing)
    directions = [[name] for name in (*problem.unknowns, *moving)]
    sides, rows = differentiate(problem.sides, directions)
    only = Program(
        problem.observables.inputs,
        problem.observables.instructions,
        {component: problem.observables.outputs[component]},
    )
    reading, row = differentiate(only, directions)
    return _Slopes(sides, rows, reading, row[component])


def general_slope(
    measure: SpectralMeasure, point: Point, moving: str, digits: int, component: str, certified: bool
) -> Any:
    """Derivative of a component in the logarithm of a size or of the ridge, as an mpmath number or a ball.

    Parameters
    ----------
    measure : SpectralMeasure
    point : Point
        Of positive ridge.
    moving : str
        A size of the theory, or ``lam``.
    digits : int
    component : str
    certified : bool
        Whether the solution is proved, and the derivative a ball.
    """
    working = digits + _SPARE
    root = solve_general_point(measure, point, Proved(working) if certified else Digits(working))
    arithmetic: Any = Balls(working) if certified else Multiprecision(working)
    if certified:
        with arithmetic.precision():
            return _total(measure, point, moving, component, root.unknowns, arithmetic)
    return _total(measure, point, moving, component, root.unknowns, arithmetic)


def _total(
    measure: SpectralMeasure, point: Point, moving: str, component: str, unknowns: Any, arithmetic: Any
) -> Any:
    """The total derivative at a solution, in the numbers of an arithmetic."""
    velocities = {name: value for name, value in point.velocity(moving).items() if value != 0}
    proved = isinstance(arithmetic, Balls)
    problem = general_problem(point.chart, proved)
    found = _slopes(point.chart, tuple(velocities), component, proved)
    inputs, spectrum = numbers_at(problem, measure, point, arithmetic)
    at = {**inputs, **{name: arithmetic.convert(value) for name, value in unknowns.items()}}
    speeds = [arithmetic.convert(v) / inputs[name] for name, v in velocities.items()]
    zero, size = arithmetic.convert(0), len(problem.unknowns)
    out = found.sides(at, arithmetic, spectrum)

    def slope(side: str, equation: int, direction: int) -> Any:
        name = found.rows[f"{side} {equation}"][direction]
        return zero if name is None else out[name]

    rows = [
        [slope("positive", i, k) - slope("negative", i, k) for k in range(size + len(speeds))]
        for i in range(size)
    ]
    force = [[-sum((row[size + k] * v for k, v in enumerate(speeds)), zero)] for row in rows]
    responses = _solved([row[:size] for row in rows], force, proved)
    read = found.reading(at, arithmetic, spectrum)
    gradient = [zero if name is None else read[name] for name in found.row]
    moved = [*responses, *speeds]
    return sum((slope * speed for slope, speed in zip(gradient, moved, strict=True)), zero)


def _solved(matrix: list[list[Any]], right: list[list[Any]], proved: bool) -> list[Any]:
    if proved:
        return [row[0] for row in solve_linear(matrix, right)]
    found, _ = solve_many(_objects(matrix), _objects(right))
    return found[:, 0, 0].tolist()


def _objects(rows: list[list[Any]]) -> np.ndarray:
    """Rows of numbers as an array of objects with one point."""
    result = np.empty((len(rows), len(rows[0]), 1), dtype=object)
    for i, row in enumerate(rows):
        result[i, :, 0] = row
    return result
