"""Solve a lowered system at many points, in blocks that fit the cache."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.library import stored_system
from asymptotics.prediction.singular import vanishing_ridge
from asymptotics.prediction.spectra import SpectralData
from asymptotics.solvers.scalar import solve_decreasing
from asymptotics.solvers.solution import Root, Status

BLOCK = 8192
_EPS = np.finfo(float).eps
_LOSS = 1e-10
_TRUNCATION = 1e-12
_ARITHMETIC = Float64()
_RIGHT = (Status.SOLVED, Status.LIMIT)

Values = dict[str, np.ndarray]


@cache
def problem(model: str, regime: str, chart: str) -> ScalarProblem:
    """A recorded system, reduced and lowered; done once a process."""
    return scalar_problem(stored_system(model, regime, chart))


@dataclass(frozen=True)
class ChartPoints:
    """Points of one chart.

    Attributes
    ----------
    inputs : dict
        Coordinates of the chart by name.
    size : ndarray
        The smaller size.
    start : ndarray
        Scale of the ridge against the trace, for the first guess: the guess is ``trace/size + start``.
    limit : ndarray of bool
        Where the ridge is zero.
    at_threshold : ndarray of bool
        Where both sizes are equal.
    rounded, gap_rounded : ndarray of bool
        Where the smaller size, or the difference of sizes, may stand for another number.
    """

    inputs: Values
    size: np.ndarray
    start: np.ndarray
    limit: np.ndarray
    at_threshold: np.ndarray
    rounded: np.ndarray
    gap_rounded: np.ndarray


def charts(family: str, samples: np.ndarray, features: np.ndarray) -> dict[str, np.ndarray]:
    """Which points each chart of a model serves."""
    if family == "kernel-ridge":
        return {"samples": np.ones(samples.shape, dtype=bool)}
    wide = features >= samples
    return {"wide": wide, "tall": ~wide}


def chart_points(
    chart: str,
    names: tuple[str, str],
    samples: np.ndarray,
    features: np.ndarray,
    lam: np.ndarray,
    lam_n: np.ndarray,
) -> ChartPoints:
    """Coordinates of a chart at the given sizes and ridges."""
    never = np.zeros(samples.shape, dtype=bool)
    long = ~_short(samples), ~_short(features)
    if chart == "sample_limited":
        inputs = {names[0]: samples, "lam": lam}
        return ChartPoints(inputs, samples, lam / samples, lam == 0, never, long[0], never)
    if chart == "feature_limited":
        inputs = {names[1]: features, names[0]: samples}
        return ChartPoints(inputs, features, np.zeros_like(features), lam == 0, never, long[1], never)
    if chart == "samples":
        inputs = {"inv_n": 1.0 / samples, "lam_n": lam_n}
        return ChartPoints(inputs, samples, lam_n, lam_n == 0, never, long[0], never)
    small, large = (samples, features) if chart == "wide" else (features, samples)
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isinf(large), 1.0, (large - small) / large)
    uncertain = (long[0] | long[1]) & (gap > 0)
    if chart == "wide":
        inputs = {names[0]: small, "inv_p": 1.0 / large, "gap": gap, "lam": lam}
        return ChartPoints(inputs, small, lam / small, lam == 0, gap == 0, long[0], uncertain)
    inputs = {names[1]: small, "inv_n": 1.0 / large, "gap": gap, "lam_n": lam_n}
    return ChartPoints(inputs, small, lam_n, lam_n == 0, gap == 0, long[1], uncertain)


def _short(size: np.ndarray) -> np.ndarray:
    """Where a number has few binary digits, as integers and simple fractions have: then it is meant exactly."""
    with np.errstate(over="ignore"):
        return size.astype(np.float32) == size


def solve_chart(
    chart_problem: ScalarProblem, points: ChartPoints, data: SpectralData, noise: float
) -> tuple[Values, np.ndarray, np.ndarray]:
    """Every output of a chart at every point, with status and condition number.

    A ridge of zero is a regular point of the chart unless the smaller size reaches the rank of the spectrum
    or the other size; there the limit is taken by leading orders.
    """
    names = chart_problem.observables.outputs
    count = points.size.size
    results = {name: np.empty(count) for name in names}
    status = np.empty(count, dtype=np.int8)
    condition = np.empty(count)
    for begin in range(0, count, BLOCK):
        block = slice(begin, begin + BLOCK)
        part = ChartPoints(
            {name: value[block] for name, value in points.inputs.items()},
            points.size[block], points.start[block], points.limit[block], points.at_threshold[block],
            points.rounded[block], points.gap_rounded[block],
        )  # fmt: skip
        values, status[block], condition[block] = _solve_block(chart_problem, part, data, noise)
        for name in names:
            results[name][block] = values[name]
    return results, status, condition


def _solve_block(
    chart_problem: ScalarProblem, points: ChartPoints, data: SpectralData, noise: float
) -> tuple[Values, np.ndarray, np.ndarray]:
    inputs, size = points.inputs, points.size
    without_ridge = not inputs.keys() & {"lam", "lam_n"}
    limit = points.limit | without_ridge
    collapsed = limit & (data.rank <= size)
    threshold = limit & points.at_threshold & ~collapsed
    scalars: dict[str, Any] = {**data.inputs, "noise": noise}
    regular = {**inputs, "gap": np.where(threshold, 1.0, inputs["gap"])} if np.any(threshold) else inputs
    root = _solve(chart_problem, regular, points, data, scalars, np.flatnonzero(~collapsed))
    root.status[collapsed] = Status.LIMIT
    with np.errstate(all="ignore"):
        given = {**inputs, **scalars, "nu": root.value}
        raw = chart_problem.observables(given, _ARITHMETIC, data.spectrum)
    values = {name: np.broadcast_to(np.asarray(v, dtype=float), size.shape).copy() for name, v in raw.items()}
    status, nearness = root.status, _threshold_condition(values, inputs)
    status[(status == Status.SOLVED) & points.limit] = Status.LIMIT
    _take_limits(chart_problem, points, data, scalars, root.value, collapsed | threshold, values, status)
    right = np.isin(status, _RIGHT)
    loss = _EPS * (points.rounded * root.condition + points.gap_rounded * nearness)
    status[right & (loss > _LOSS)] = Status.ILL_CONDITIONED
    status[right & (truncation_error(values, data) > _TRUNCATION)] = Status.ILL_CONDITIONED
    total = sum(values[observable.name] for observable in chart_problem.system.observables)
    # In a limit an infinity is an answer; elsewhere it is an overflow.
    lost = np.where(collapsed | threshold, np.isnan(total), ~np.isfinite(total))
    status[lost & np.isin(status, (*_RIGHT, Status.ILL_CONDITIONED))] = Status.OUT_OF_RANGE
    for value in values.values():
        value[np.isin(status, (Status.NOT_CONVERGED, Status.OUT_OF_RANGE))] = np.nan
    return values, status, root.condition + nearness


def _solve(
    chart_problem: ScalarProblem, inputs: Values, points: ChartPoints, data: SpectralData,
    scalars: dict[str, Any], solvable: np.ndarray,
) -> Root:  # fmt: skip
    """The effective ridge at the points that have a positive one; one elsewhere."""
    size = points.size
    finite = np.isfinite(size)

    def sides(nu: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, ...]:
        at = solvable[chosen]
        values = {name: value[at] for name, value in inputs.items()}
        out = chart_problem.balanced({**values, **scalars, "nu": nu}, _ARITHMETIC, data.spectrum)
        right = np.broadcast_to(out["right"], nu.shape)
        unlearned = np.where(finite[at], out["weight"] * (size[at] - out["count"]), right)
        return out["left"], right, out["slope"], out["rest"] - unlearned

    start = (data.trace / size + points.start)[solvable]
    found = solve_decreasing(sides, np.where(start > 0, start, 1.0))
    root = Root(
        np.ones(size.shape), np.zeros(size.shape, dtype=np.int8), np.zeros(size.shape), found.iterations
    )
    root.value[solvable], root.status[solvable] = found.value, found.status
    root.condition[solvable] = found.condition
    return root


def _threshold_condition(values: Values, inputs: Values) -> Any:
    """Relative change of the larger slack per relative change of a size: large close to ``n = p``."""
    if "gap" not in inputs:
        return 0.0
    slack, inverse = (values["c"], inputs["inv_p"]) if "inv_p" in inputs else (values["h"], inputs["inv_n"])
    with np.errstate(all="ignore"):
        condition = (1.0 - inputs["gap"]) / (values["eta"] + slack * inverse)
    return np.where(np.isfinite(condition), condition, 0.0)


def truncation_error(values: Values, data: SpectralData) -> Any:
    """Bound on the relative error from degrees that are not resolved."""
    size, order = data.truncation
    if size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        return size / values["nu"] ** order / np.minimum(values["T11"], values["T02"])


def _take_limits(
    chart_problem: ScalarProblem, points: ChartPoints, data: SpectralData, scalars: dict[str, Any],
    root: np.ndarray, singular: np.ndarray, values: Values, status: np.ndarray,
) -> None:  # fmt: skip
    """Replace values at singular points of the chart by one-sided limits."""
    where = np.flatnonzero(singular & (status != Status.NOT_CONVERGED))
    if not where.size:
        return
    inputs = {name: value[where] for name, value in points.inputs.items()}
    orders = vanishing_ridge(chart_problem, inputs, points.size[where], root[where], data, scalars)
    for name, order in orders.items():
        values[name][where] = order.limit()
    status[where] = np.where(orders["test"].exponent < 0, Status.DIVERGES, Status.LIMIT)
