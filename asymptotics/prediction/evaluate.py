"""Solve a lowered system at many points, in blocks that fit the cache."""

from __future__ import annotations

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


def chart_inputs(chart: str, samples: np.ndarray, features: np.ndarray, lam: np.ndarray, lam_n: np.ndarray,
                 names: tuple[str, str]) -> tuple[Values, np.ndarray, np.ndarray]:  # fmt: skip
    """Coordinates of a chart; the smaller size and the ridge in the units of the chart come beside them."""
    small, large = (samples, features) if chart == "wide" else (features, samples)
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isinf(large), 1.0, (large - small) / large)
    inverse = 1.0 / large
    if chart == "wide":
        return {names[0]: small, "inv_p": inverse, "gap": gap, "lam": lam}, small, lam
    return {names[1]: small, "inv_n": inverse, "gap": gap, "lam_n": lam_n}, small, lam_n * small


def solve_chart(
    chart_problem: ScalarProblem, inputs: Values, size: np.ndarray, ridge: np.ndarray, data: SpectralData,
    noise: float,
) -> tuple[Values, np.ndarray, np.ndarray]:  # fmt: skip
    """Every output of a chart at every point, with status and condition number.

    A ridge of zero is a regular point of the chart unless the smaller size reaches the rank of the spectrum
    or the other size; there the limit is taken at a ridge so small that it is exact to rounding.
    """
    names = chart_problem.observables.outputs
    results = {name: np.empty(size.shape) for name in names}
    status = np.empty(size.shape, dtype=np.int8)
    condition = np.empty(size.shape)
    for begin in range(0, size.size, BLOCK):
        block = slice(begin, begin + BLOCK)
        part = {name: value[block] for name, value in inputs.items()}
        values, status[block], condition[block] = _solve_block(
            chart_problem, part, size[block], ridge[block], data, noise
        )
        for name in names:
            results[name][block] = values[name]
    return results, status, condition


def _solve_block(
    chart_problem: ScalarProblem, inputs: Values, size: np.ndarray, ridge: np.ndarray, data: SpectralData,
    noise: float,
) -> tuple[Values, np.ndarray, np.ndarray]:  # fmt: skip
    limit = ridge == 0
    singular = limit & ((data.rank <= size) | (inputs["gap"] == 0))
    if np.any(singular):
        name = "lam" if "lam" in inputs else "lam_n"
        inputs = {**inputs, name: np.where(singular, _TINY * data.smallest, inputs[name])}
    scalars: dict[str, Any] = {**data.inputs, "noise": noise}

    def sides(nu: np.ndarray, points: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values = {name: value[points] for name, value in inputs.items()}
        out = chart_problem.residual({**values, **scalars, "nu": nu}, _ARITHMETIC, data.spectrum)
        return out["left"], np.broadcast_to(out["right"], nu.shape), out["slope"]

    start = (data.trace + ridge) / size
    root = solve_decreasing(sides, np.where(start > 0, start, 1.0))
    with np.errstate(all="ignore"):
        given = {**inputs, **scalars, "nu": root.value}
        raw = chart_problem.observables(given, _ARITHMETIC, data.spectrum)
    values = {name: np.broadcast_to(np.asarray(v, dtype=float), size.shape).copy() for name, v in raw.items()}
    status = root.status
    status[(status == Status.SOLVED) & limit] = Status.LIMIT
    _settle_limits(values, status, singular, data.power + noise)
    lost = (status == Status.SOLVED) & (np.minimum(size, 1e300) * data.truncation > 1e-12)
    status[lost] = Status.ILL_CONDITIONED
    for value in values.values():
        value[status == Status.NOT_CONVERGED] = np.nan
    return values, status, root.condition


def _settle_limits(values: Values, status: np.ndarray, singular: np.ndarray, power: float) -> None:
    """Where the limit was taken at a tiny ridge: what is huge there is infinite, what is tiny is zero."""
    if not np.any(singular):
        return
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature"):
        value = values[name]
        diverges = singular & (value > _HUGE * max(power, 1e-200))
        value[diverges] = np.inf
        value[singular & (value < power / _HUGE)] = 0.0
        if name == "test":
            status[diverges] = Status.DIVERGES
