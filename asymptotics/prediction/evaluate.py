"""Solve a lowered system at many points, in blocks that fit the cache."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.library import stored_system
from asymptotics.prediction.spectra import SpectralData
from asymptotics.solvers.scalar import solve_decreasing
from asymptotics.solvers.solution import Status

BLOCK = 8192
_TINY = 1e-100
_HUGE = 1e30
_ARITHMETIC = Float64()

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
    """

    inputs: Values
    size: np.ndarray
    start: np.ndarray
    limit: np.ndarray
    at_threshold: np.ndarray


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
    equal = samples == features
    if chart == "sample_limited":
        return ChartPoints(
            {names[0]: samples, "lam": lam}, samples, lam / samples, lam == 0, np.zeros_like(equal)
        )
    if chart == "feature_limited":
        zero = np.zeros_like(features)
        return ChartPoints(
            {names[1]: features, names[0]: samples}, features, zero, lam == 0, np.zeros_like(equal)
        )
    if chart == "samples":
        inputs = {"inv_n": 1.0 / samples, "lam_n": lam_n}
        return ChartPoints(inputs, samples, lam_n, lam_n == 0, np.zeros_like(equal))
    small, large = (samples, features) if chart == "wide" else (features, samples)
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isinf(large), 1.0, (large - small) / large)
    if chart == "wide":
        inputs = {names[0]: small, "inv_p": 1.0 / large, "gap": gap, "lam": lam}
        return ChartPoints(inputs, small, lam / small, lam == 0, gap == 0)
    inputs = {names[1]: small, "inv_n": 1.0 / large, "gap": gap, "lam_n": lam_n}
    return ChartPoints(inputs, small, lam_n, lam_n == 0, gap == 0)


def solve_chart(
    chart_problem: ScalarProblem, points: ChartPoints, data: SpectralData, noise: float
) -> tuple[Values, np.ndarray, np.ndarray]:
    """Every output of a chart at every point, with status and condition number.

    A ridge of zero is a regular point of the chart unless the smaller size reaches the rank of the spectrum
    or the other size; there the limit is taken at a ridge so small that it is exact to rounding.
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
    singular = (points.limit | without_ridge) & ((data.rank <= size) | points.at_threshold)
    if np.any(singular):
        name = next((name for name in ("lam", "lam_n") if name in inputs), None)
        if name is not None:
            inputs = {**inputs, name: np.where(singular, _TINY * data.smallest, inputs[name])}
    scalars: dict[str, Any] = {**data.inputs, "noise": noise}

    finite = np.isfinite(size)

    def sides(nu: np.ndarray, chosen: np.ndarray | slice) -> tuple[np.ndarray, ...]:
        values = {name: value[chosen] for name, value in inputs.items()}
        out = chart_problem.balanced({**values, **scalars, "nu": nu}, _ARITHMETIC, data.spectrum)
        right = np.broadcast_to(out["right"], nu.shape)
        unlearned = np.where(finite[chosen], out["weight"] * (size[chosen] - out["count"]), right)
        return out["left"], right, out["slope"], out["rest"] - unlearned

    start = data.trace / size + points.start
    root = solve_decreasing(sides, np.where(start > 0, start, 1.0))
    if without_ridge and np.any(singular):
        # Features span everything the model can see: the effective ridge is zero.
        root.value[singular], root.status[singular] = _TINY * data.smallest, Status.LIMIT
    with np.errstate(all="ignore"):
        given = {**inputs, **scalars, "nu": root.value}
        raw = chart_problem.observables(given, _ARITHMETIC, data.spectrum)
    values = {name: np.broadcast_to(np.asarray(v, dtype=float), size.shape).copy() for name, v in raw.items()}
    status = root.status
    status[(status == Status.SOLVED) & points.limit] = Status.LIMIT
    _settle_limits(values, status, singular, data.power + noise)
    lost = (status == Status.SOLVED) & (np.minimum(size, 1e300) * data.truncation > 1e-12)
    status[lost] = Status.ILL_CONDITIONED
    wrong = np.any([~np.isfinite(values[o.name]) for o in chart_problem.system.observables], axis=0)
    status[wrong & (status != Status.DIVERGES) & (status != Status.NOT_CONVERGED)] = Status.OUT_OF_RANGE
    for value in values.values():
        value[(status == Status.NOT_CONVERGED) | (status == Status.OUT_OF_RANGE)] = np.nan
    return values, status, root.condition


def _settle_limits(values: Values, status: np.ndarray, singular: np.ndarray, power: float) -> None:
    """Where the limit was taken at a tiny ridge: what is huge there is infinite, what is tiny is zero."""
    if not np.any(singular):
        return
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature"):
        if name not in values:
            continue
        value = values[name]
        diverges = singular & (value > _HUGE * max(power, 1e-200))
        value[diverges] = np.inf
        value[singular & (value < power / _HUGE)] = 0.0
        if name == "test":
            status[diverges] = Status.DIVERGES
