r"""Trained risk of any chart: its programs run on divided differences.

What is asked of a model is its ridge path: test, training error and norm, with label noise among its parameters. By the
identity for pairs of ridges (:func:`asymptotics.dynamics.cross.pair_identity`)

.. math:: \gamma_a\gamma_b\,(R_{ab} + \sigma^2) = t_b - \lambda_b\,\Delta t - \lambda_a\lambda_b\,\Delta\nu,
          \qquad \gamma^2 = t/(R + \sigma^2),

with training error t, norm :math:`\nu` and their divided differences. These come from the programs of the
chart without a subtraction, those of the unknowns from the equations: a linear system with the mean slopes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from asymptotics.dynamics.differences import Difference, Differences
from asymptotics.dynamics.nodes import Nodes
from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem
from asymptotics.models.components import RIDGE_PATH, RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.measures import Numbers
from asymptotics.prediction.general import general_problem
from asymptotics.prediction.problems import coordinates, ridge_name
from asymptotics.solvers.solution import ANSWERED, Root, Status
from asymptotics.solvers.solve import solve

CELLS = 60_000
_ABOVE, _DENSE, _LARGE, _SECTIONS = 1e-5, 1e-3, 1e8, 40
BEYOND = 1e60
_ROUNDING, _LOSS = 1e-15, 1e-9
_MATES: Any = (np.asarray, np.conj)
_ARITHMETIC = Float64()
_DIFFERENCES = Differences(_ARITHMETIC)

Columns = dict[str, np.ndarray]


def require_path(chart: Chart) -> None:
    """Check that a chart has what training needs.

    Raises
    ------
    InputError
        If an observable or the label noise is missing.
    """
    have = {o.name for o in chart.system.observables}
    missing = [component.name for component in RIDGE_PATH if component.name not in have]
    if NOISE not in chart.system.parameter_symbols():
        missing.append("noise (a parameter)")
    if missing or chart.vanishing is None:
        shown = ", ".join(missing) or "a ridge in its equations"
        allowed = "a model whose program declares test, train and norm (per sample), with label noise 'noise'"
        raise InputError(
            "model", chart.system.name, allowed, f"training is computed from these; missing: {shown}"
        )


def trained_general(
    chart: Chart, sizes: Columns, data: Numbers, nodes: Nodes, per_sample: bool, samples: np.ndarray
) -> tuple[Columns, np.ndarray]:
    """Components of the risk of a filter, row by row, with status.

    Parameters
    ----------
    chart : Chart
    sizes : dict
        Finite sizes by name, in rows.
    data : Numbers
    nodes : Nodes
        With ridges as they are given: per sample or not.
    per_sample : bool
    samples : ndarray
        Number of samples in every row; may be infinite.
    """
    require_path(chart)
    rows, count = nodes.ridge.shape
    block = max(1, CELLS // count**2)
    parts, status = [], np.empty(rows, dtype=np.int8)
    for begin in range(0, rows, block):
        at = slice(begin, begin + block)
        path = _Path(
            chart, {k: v[at] for k, v in sizes.items()}, data, nodes.ridge[at], per_sample, samples[at]
        )
        status[at] = path.status
        parts.append(path.sums(nodes.weight[at]))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, status


def general_edge(chart: Chart, sizes: Columns, data: Numbers, samples: np.ndarray) -> np.ndarray:
    """Largest eigenvalue of the kernel matrix in every row, to five digits: where the slack turns complex.

    Just above the negative axis the imaginary part of the slack is the density of eigenvalues.

    Parameters
    ----------
    chart : Chart
        Of the equations.
    sizes : Columns
        Columns by name.
    data : Numbers
        Numbers of the measure.
    samples : ndarray
        For each row.
    """
    require_path(chart)

    def dense(x: np.ndarray) -> np.ndarray:
        ridge = -x * np.exp(-1j * _ABOVE)
        gamma = _Path(chart, sizes, data, ridge, False, samples).gamma
        return np.abs(np.imag(gamma)) > _DENSE * np.abs(gamma)

    with np.errstate(all="ignore"):
        far = np.full((samples.size, 1), _LARGE)
        mean = np.real(far * (1 - _Path(chart, sizes, data, far + 0j, False, samples).gamma))
        low, high = 0.5 * mean, 1e5 * mean
        for _ in range(4):
            grid = low * (high / low) ** (np.arange(_SECTIONS + 1) / _SECTIONS)
            inside = dense(grid)
            last = inside.shape[1] - 1 - np.argmax(inside[:, ::-1], axis=1)
            low = np.take_along_axis(grid, last[:, None], axis=1)
            high = np.take_along_axis(grid, np.minimum(last + 1, _SECTIONS)[:, None], axis=1)
    return high[:, 0]


class _Path:
    """Solutions of a chart at nodes, and what pairs of them have."""

    def __init__(
        self, chart: Chart, sizes: Columns, data: Numbers, ridge: np.ndarray, per_sample: bool, samples: np.ndarray
    ) -> None:  # fmt: skip
        self.problem: SystemProblem = general_problem(chart)
        self.spectrum: Spectrum | None = data.spectrum
        self.shape = rows, count = ridge.shape
        program = coordinates(chart, per_sample)
        flat = {name: np.repeat(value, count) for name, value in sizes.items()}
        given = program({**flat, ridge_name(per_sample): ridge.ravel()}, _ARITHMETIC)
        self.inputs = {k: v for k, v in {**data.scalars, **given}.items() if k in self.problem.parameters}
        self.root: Root = solve(self.problem, self.inputs, spectrum=data.spectrum)
        solved = np.isin(self.root.status, ANSWERED)
        self.noise = data.scalars[NOISE.name]
        self.endless = np.isinf(samples)
        # The minimum per sample is train + ridge norm, in the unit in which the norm is finite.
        scale = np.where(self.endless | (not per_sample), 1.0, samples)
        self.ridge = ridge * scale[:, None]
        inside = np.where(self.endless, 1.0, np.where(per_sample, 1.0, samples))[:, None]
        self.gamma = self._slack(ridge / inside)
        lost = (_ROUNDING > _LOSS * np.abs(self.gamma)).any(axis=1)
        right = np.where(lost, Status.ILL_CONDITIONED, Status.SOLVED)
        self.status = np.where(solved.reshape(rows, count).all(axis=1), right, Status.NOT_CONVERGED)

    def _at_nodes(self, value: Any) -> np.ndarray:
        return np.broadcast_to(value, self.root.status.shape).reshape(self.shape)

    def _slack(self, per_sample: np.ndarray) -> np.ndarray:
        """``c/n``: the root of the ratio of errors that lies on the physical branch."""
        with np.errstate(all="ignore"):
            known = RiskValues.of(self.root.observables).mapped(self._at_nodes)
            value = np.sqrt(known.train / (known.test + self.noise))
            sign = np.where(np.real(value / np.sqrt(per_sample)) >= 0, 1.0, -1.0)
        return sign * value

    def sums(self, weight: np.ndarray) -> Columns:
        """Sums over pairs of nodes and their conjugates."""

        def summed(value: np.ndarray, second: np.ndarray) -> np.ndarray:
            return np.real(np.einsum("ri,rij,rj->r", weight, value, second, optimize=True)) / 2

        with np.errstate(all="ignore"):
            one, two = (self._pairs(mate).mapped(partial(summed, second=mate(weight))) for mate in _MATES)
        total = one + two
        found = replace(total, variance=total.test - total.bias).named()
        return {**found, "freedom_share": np.real(np.sum(weight * (1 - self.gamma), axis=1))}

    def _pairs(self, mate: Any) -> RiskValues:
        """Test, bias, train and norm of pairs, shape (rows, nodes, nodes)."""
        rows, count = self.shape
        first, second = np.repeat(np.arange(count), count), np.tile(np.arange(count), count)

        def both(value: Any) -> tuple[Any, Any]:
            value = self._at_nodes(value)
            return value[:, first].ravel(), mate(value[:, second]).ravel()

        # Differences are in the ridge as the equations have it: the ridge itself, or over the samples.
        own = both(self.inputs[self.problem.ridge[0]])

        values = self._differences(both)
        gamma, gamma_b = both(self.gamma.ravel())
        ridge, _ = both(self.ridge.ravel())

        def at_noise(noise: Any) -> RiskValues:
            return RiskValues.of(
                self.problem.observables({**values, NOISE.name: noise}, _DIFFERENCES, self.spectrum)
            )

        found = pair_values(at_noise, (self.noise, 0.0), own, ridge, gamma * gamma_b)
        return found.mapped(lambda value: value.reshape(rows, count, count))

    def _differences(self, both: Any) -> dict[str, Any]:
        """Every input and unknown at pairs, with its divided difference in the ridge."""
        problem = self.problem
        names = (*problem.unknowns, *problem.ridge)
        seeds = len(names)
        whole = {**self.inputs, **self.root.unknowns}
        values: dict[str, Any] = {}
        for name, value in whole.items():
            one, two = both(value)
            if name in names:
                unit = tuple(1.0 if k == names.index(name) else None for k in range(seeds))
                values[name] = Difference(one, two, unit)
            else:
                values[name] = one
        sides = problem.evaluate(values, _DIFFERENCES, self.spectrum)
        size = len(problem.unknowns)
        points = values[names[0]].first.size
        slopes = np.zeros((points, size, seeds), dtype=complex)
        for row, (above, below) in enumerate(zip(sides.positive, sides.negative, strict=True)):
            residual = _as_difference(above, seeds) - _as_difference(below, seeds)
            scale = np.abs(_as_difference(above, seeds).first)
            for column, slope in enumerate(residual.slopes):
                if slope is not None:
                    slopes[:, row, column] = slope / scale
        moved = np.linalg.solve(slopes[:, :, :size], -slopes[:, :, size:].sum(axis=2, keepdims=True))[..., 0]
        total = {}
        for name, value in values.items():
            if name in problem.unknowns:
                total[name] = Difference(value.first, value.second, (moved[:, problem.unknowns.index(name)],))
            elif name in problem.ridge:
                total[name] = Difference(value.first, value.second, (np.ones(points),))
            else:
                total[name] = value
        return total


def _as_difference(value: Any, seeds: int) -> Difference:
    return value if isinstance(value, Difference) else Difference(value, value, (None,) * seeds)


def pair_values(
    at_noise: Callable[[Any], RiskValues], noises: tuple[Any, Any], own: tuple[Any, Any], ridge: Any, below: Any
) -> RiskValues:  # fmt: skip
    """Test, bias, train and norm of a pair of ridges, by the identity for pairs.

    Parameters
    ----------
    at_noise : callable
        Observables at a label noise, with divided differences in the ridge as the equations have it.
    noises : tuple
        The label noise, and none.
    own : tuple
        Both ridges as the equations have them.
    ridge : number or array
        The first, in the unit in which the minimum is training error plus ridge times norm.
    below : number or array
        Product of the slacks.
    """

    def minimum(noise: Any) -> tuple[Any, Any]:
        out = at_noise(noise)
        train, norm = _with_slope(out.train), _with_slope(out.norm)
        value = train.second - own[1] * (train.slopes[0] + ridge * norm.slopes[0])
        product = norm.second + own[0] * (train.slopes[0] / ridge + norm.slopes[0])
        # Beyond all eigenvalues a ridge is the zero predictor, and the minimum at the other is what both share.
        least = train.first + ridge * norm.first, train.second + ridge * (own[1] / own[0]) * norm.second
        zero = abs(own[0]) > BEYOND, abs(own[1]) > BEYOND
        value = _chosen(zero[1], least[0], _chosen(zero[0], least[1], value))
        return value, _chosen(zero[0] | zero[1], 0 * norm.first, product)

    noise, none = noises
    train, norm = minimum(noise)
    return RiskValues(
        test=train / below - noise, bias=minimum(none)[0] / below - none, train=train, norm=norm
    )


def _chosen(condition: Any, one: Any, other: Any) -> Any:
    """One of two, of numbers or of arrays."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, one, other)
    return one if condition else other


def _with_slope(value: Any) -> Difference:
    """An observable with a slope that is a number or an array."""
    value = _as_difference(value, 1)
    slope = value.slopes[0]
    return Difference(value.first, value.second, (0.0 if slope is None else slope,))
