"""Ridges below zero: the effective ridge on the branch that continues from ridge zero."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.errors import SolverError
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.prediction.plans import taken
from asymptotics.prediction.points import Point
from asymptotics.prediction.problems import problem
from asymptotics.solvers.below_zero import solve_below_zero
from asymptotics.solvers.scalar import balanced_sides
from asymptotics.solvers.solution import Root, Status
from asymptotics.solvers.solve import solve


def below_zero(chart: Chart, inputs: Mapping[str, np.ndarray], size: np.ndarray, data: Numbers) -> Root:
    """The effective ridge at points of a ridge below zero.

    Parameters
    ----------
    chart : Chart
    inputs : mapping name -> ndarray
        Coordinates of the points.
    size : ndarray
        The smaller size of each.
    data : Numbers

    Returns
    -------
    Root
        ``BELOW_EDGE`` where nothing continues from ridge zero to there: past the edge, and at any ridge below zero
        where both sizes are equal or the smaller one reaches the rank.
    """
    chart_problem, shape = problem(chart), size.shape
    root = Root(np.ones(shape), np.full(shape, Status.BELOW_EDGE, dtype=np.int8), np.full(shape, np.inf))
    possible = np.flatnonzero((data.rank > size) & (inputs.get("gap", np.ones(shape)) > 0))
    if not possible.size or chart.vanishing is None:
        return root
    data = taken(data, possible)
    given = {name: value[possible] for name, value in inputs.items()} | dict(data.scalars)
    least = size[possible]
    without = {**given, chart.vanishing.name: np.zeros(possible.size)}
    guess = data.trace / least
    zero = solve(chart_problem, without, None, data.spectrum, guess=guess, size=least, observables=False)
    found = solve_below_zero(balanced_sides(chart_problem, given, data.spectrum, least), zero.value)
    root.value[possible], root.status[possible] = found.value, found.status
    root.condition[possible] = found.condition
    return root


def start_below_zero(measure: SpectralMeasure, point: Point) -> float:
    """Logarithm of the effective ridge at one point of a ridge below zero, in double precision.

    Parameters
    ----------
    measure : SpectralMeasure
        Numbers of the model.
    point : Point
        The chart, the sizes, and the ridge below zero.

    Raises
    ------
    SolverError
        If there is none.
    """
    size = np.array([float(point.size)])
    inputs = {name: np.array([float(value)]) for name, value in point.coordinates.items()}
    found = below_zero(point.chart, inputs, size, measure.doubles(float(point.size)))
    if found.status[0] != Status.SOLVED:
        raise SolverError(f"no solution at ridge {point.ridge}", Status(int(found.status[0])).advice)
    return math.log(found.value[0])
