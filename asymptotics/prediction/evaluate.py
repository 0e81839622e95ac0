"""Solve a lowered chart at many points, in blocks that fit the cache."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.equations.chart import SENSITIVITY, Chart
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.models.components import TEST
from asymptotics.models.measures import Numbers
from asymptotics.prediction.below_zero import below_zero
from asymptotics.prediction.plans import ChartPoints, taken
from asymptotics.prediction.problems import problem, sensitivity_of
from asymptotics.prediction.singular import first_guess, vanishing_ridge
from asymptotics.solvers.solution import ANSWERED, WITHOUT_VALUES, Root, Status
from asymptotics.solvers.solve import solve

BLOCK = 8192
_MOST = 1 << 22
"""Numbers of one array over points and levels."""
_EPS = np.finfo(float).eps
_LOSS = 1e-10
_TRUNCATION, _UNRESOLVED = 1e-12, 1e3
_ARITHMETIC = Float64()

Values = dict[str, np.ndarray]


def solve_chart(chart: Chart, points: ChartPoints, data: Numbers) -> tuple[Values, np.ndarray, np.ndarray]:
    """Every output of a chart at every point, with status and condition number.

    A ridge of zero is a regular point of the chart unless the smaller size reaches the rank of the spectrum
    or the other size; there the limit is taken by leading orders.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    points : ChartPoints
        Coordinates of every point.
    data : Numbers
        Numbers of the measure.
    """
    count = points.size.size
    results = {name: np.empty(count) for name in problem(chart).observables.outputs}
    status = np.empty(count, dtype=np.int8)
    condition = np.empty(count)
    levels = 1 if data.spectrum is None else np.shape(data.spectrum.each_row()[0])[-1]
    size = max(1, min(BLOCK, _MOST // max(levels, 1)))
    for begin in range(0, count, size):
        block = slice(begin, begin + size)
        part, numbers = points[block], taken(data, block)
        values, status[block], condition[block], suspect = _solve_block(chart, part, numbers)
        if suspect.size:
            loss = _measured_loss(chart, part[suspect], values, suspect, taken(numbers, suspect))
            harmless = suspect[loss <= _LOSS]
            status[begin + harmless] = np.where(part.limit[harmless], Status.LIMIT, Status.SOLVED)
        for name, column in results.items():
            column[block] = values[name]
    return results, status, condition


def _measured_loss(
    chart: Chart, points: ChartPoints, values: Values, where: np.ndarray, data: Numbers
) -> np.ndarray:
    """What a rounding of the sizes does to the observables, relative to them, at the points of ``where``."""
    scales = [s.name for s, e in chart.coordinates.items() if e.free_symbols == {chart.slack}]
    exact = np.zeros(points.size.shape, dtype=bool)
    nearly, size = points.inputs.get("gap", exact) + _EPS * points.gap_rounded, 1 + _EPS * points.rounded
    moves: list[Values] = [{name: points.inputs[name] * size for name in scales}]
    moves += [{"gap": nearly}] if "gap" in points.inputs else []
    loss = np.zeros(points.size.shape)
    for move in moves:
        moved = replace(points, inputs={**points.inputs, **move}, rounded=exact, gap_rounded=exact)
        if "gap" not in move:
            moved = replace(moved, size=points.size * size)
        found = _solve_block(chart, moved, data)[0]
        for observable in chart.system.observables:
            old = values[observable.name][where]
            with np.errstate(all="ignore"):
                change = np.abs(found[observable.name] - old) / np.abs(old)
            loss += np.where(found[observable.name] == old, 0.0, np.where(np.isnan(change), np.inf, change))
    return loss


def _solve_block(
    chart: Chart, points: ChartPoints, data: Numbers
) -> tuple[Values, np.ndarray, np.ndarray, np.ndarray]:
    """The same for one block: roots where there are positive ones, limits elsewhere, and flags.

    The last part of the answer are the positions of points that are flagged for nothing but what a rounding of the
    sizes may do.
    """
    chart_problem, inputs, size = problem(chart), points.inputs, points.size
    limit = points.limit | (chart.vanishing is None)
    collapsed = limit & (data.rank <= size)
    threshold = limit & points.at_threshold & ~collapsed
    regular = {**inputs, "gap": np.where(threshold, 1.0, inputs["gap"])} if np.any(threshold) else inputs
    start = data.trace / size + first_guess(chart, inputs)
    negative = np.zeros(size.shape, bool) if chart.vanishing is None else inputs[chart.vanishing.name] < 0
    root = _solve(chart_problem, regular, size, start, data, np.flatnonzero(~collapsed & ~negative))
    if np.any(negative):
        below = below_zero(chart, points[negative].inputs, size[negative], taken(data, negative))
        root.value[negative], root.status[negative] = below.value, below.status
        root.condition[negative] = below.condition
    root.status[collapsed] = Status.LIMIT
    with np.errstate(all="ignore"):
        given = {**inputs, **data.scalars, chart_problem.master: root.value}
        raw = chart_problem.observables(given, _ARITHMETIC, data.spectrum)
    values = {name: np.broadcast_to(np.asarray(v, dtype=float), size.shape).copy() for name, v in raw.items()}
    with np.errstate(all="ignore"):
        nearness = sensitivity_of(chart)({**inputs, **values}, _ARITHMETIC)[SENSITIVITY]
    nearness = np.where(np.isfinite(nearness), nearness, 0.0)
    root.status[(root.status == Status.SOLVED) & points.limit] = Status.LIMIT
    singular = collapsed | threshold
    _take_limits(chart, points, data, root, singular, values)
    suspect = _flag(chart_problem, points, data, root, nearness, singular, values)
    return values, root.status, root.condition + nearness, suspect


def _flag(
    chart_problem: ScalarProblem, points: ChartPoints, data: Numbers, root: Root, nearness: np.ndarray,
    singular: np.ndarray, values: Values,
) -> np.ndarray:  # fmt: skip
    """Mark what rounding, truncation or overflow have spoiled, and take its values away where they are wrong.

    Returns where rounding alone may have.
    """
    status, right = root.status, np.isin(root.status, ANSWERED)
    with np.errstate(invalid="ignore"):
        loss = _EPS * (points.rounded * root.condition + points.gap_rounded * nearness)
    status[right & (loss > _LOSS)] = Status.ILL_CONDITIONED
    beyond = truncation_error(chart_problem, values, data)
    cut = right & (beyond > _TRUNCATION)
    status[cut] = Status.ILL_CONDITIONED
    total = sum(values[observable.name] for observable in chart_problem.system.observables)
    # In a limit an infinity is an answer; elsewhere it is an overflow.
    lost = np.where(singular, np.isnan(total), ~np.isfinite(total))
    # Degrees that are not resolved decide where the effective ridge is below their eigenvalues.
    lost = lost | (cut & (beyond > _UNRESOLVED) & (values[chart_problem.master] < data.truncation[0]))
    status[lost & np.isin(status, (*ANSWERED, Status.ILL_CONDITIONED))] = Status.OUT_OF_RANGE
    if data.truncation[0] and data.spectrum is not None:
        # Without a ridge more samples than eigenvalues that are kept, of infinitely many, have no root.
        kept = np.sum(np.where(data.spectrum.eigenvalues > 0, data.spectrum.weights["T"], 0.0))
        status[(status == Status.NOT_CONVERGED) & points.limit & (points.size >= kept)] = Status.OUT_OF_RANGE
    for value in values.values():
        value[np.isin(status, WITHOUT_VALUES)] = np.nan
    return np.flatnonzero((status == Status.ILL_CONDITIONED) & ~cut)


def _solve(
    chart_problem: ScalarProblem, inputs: Values, size: np.ndarray, start: np.ndarray, data: Numbers,
    solvable: np.ndarray,
) -> Root:  # fmt: skip
    """The effective ridge at the points that have a positive one; one elsewhere."""
    root = Root(np.ones(size.shape), np.zeros(size.shape, dtype=np.int8), np.zeros(size.shape))
    data = taken(data, solvable)
    given = {name: value[solvable] for name, value in inputs.items()} | dict(data.scalars)
    guess, counted = np.where(start > 0, start, 1.0)[solvable], size[solvable]
    found = solve(chart_problem, given, None, data.spectrum, guess=guess, size=counted, observables=False)
    root.value[solvable], root.status[solvable] = found.value, found.status
    root.condition[solvable] = found.condition
    return root


def truncation_error(chart_problem: ScalarProblem, values: Values, data: Numbers) -> Any:
    """Bound on the relative error from degrees that are not resolved.

    Parameters
    ----------
    chart_problem : ScalarProblem
        One monotone equation.
    values : Values
        Its solution.
    data : Numbers
        Numbers of the measure.
    """
    size, order = data.truncation
    if size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        least = np.minimum.reduce([values[name] for name in chart_problem.traces])
        return (size / values[chart_problem.master]) ** order / least


def _take_limits(
    chart: Chart, points: ChartPoints, data: Numbers, root: Root, singular: np.ndarray, values: Values
) -> None:
    """Replace values at singular points of the chart by one-sided limits."""
    where = np.flatnonzero(singular & (root.status != Status.NOT_CONVERGED))
    if not where.size:
        return
    orders = vanishing_ridge(chart, points[where], root.value[where], taken(data, where))
    for name, order in orders.items():
        values[name][where] = order.limit()
    root.status[where] = np.where(orders[TEST.name].exponent < 0, Status.DIVERGES, Status.LIMIT)
