"""Plans: which chart answers which points, with which numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.measures import Numbers
from asymptotics.models.model import Equations
from asymptotics.prediction.limit_charts import LimitChart, at_infinite_sizes
from asymptotics.prediction.problems import coordinates, is_scalar, ridge_name, serves
from asymptotics.prediction.requests import Request

_ARITHMETIC = Float64()


@dataclass(frozen=True)
class ChartPoints:
    """Points of one chart.

    Attributes
    ----------
    inputs : dict
        Coordinates of the chart by name.
    sizes : dict
        Sizes by their names in the theory.
    size : ndarray
        The smaller size.
    limit : ndarray of bool
        Where the ridge is zero.
    rounded, gap_rounded : ndarray of bool
        Where the smaller size, or the difference of sizes, may stand for another number.
    """

    inputs: dict[str, np.ndarray]
    sizes: dict[str, np.ndarray]
    size: np.ndarray
    limit: np.ndarray
    rounded: np.ndarray
    gap_rounded: np.ndarray

    @property
    def at_threshold(self) -> Any:
        """Where both sizes are equal."""
        return self.inputs["gap"] == 0 if "gap" in self.inputs else np.zeros(self.size.shape, dtype=bool)

    def __getitem__(self, block: Any) -> ChartPoints:
        parts = (self.size, self.limit, self.rounded, self.gap_rounded)
        inputs, sizes = ({k: v[block] for k, v in table.items()} for table in (self.inputs, self.sizes))
        return ChartPoints(inputs, sizes, *(part[block] for part in parts))


def taken(data: Numbers, chosen: Any) -> Numbers:
    """Numbers at some of the points, where they differ between points: along their first axis.

    Parameters
    ----------
    data : Numbers
    chosen : index array, mask or slice
    """
    if np.ndim(data.trace) == 0:
        return data
    scalars = {name: v if np.ndim(v) == 0 else v[chosen] for name, v in data.scalars.items()}
    levels = None if data.spectrum is None else data.spectrum.take(chosen)
    return replace(data, scalars=scalars, spectrum=levels, trace=data.trace[chosen], rank=data.rank[chosen])


@dataclass(frozen=True)
class Piece:
    """Points answered by one chart.

    Attributes
    ----------
    where : ndarray of int
        Positions in the flattened request.
    chart : Chart
    points : ChartPoints
    data : Numbers
    equations : Equations
    powers : mapping component -> Fraction
        Components that vanish (negative) or diverge (positive) because a size is infinite.
    largest : float
        The largest of the smaller sizes, which the numbers are resolved for.
    """

    where: np.ndarray
    chart: Chart
    points: ChartPoints
    data: Numbers
    equations: Equations
    powers: Mapping[str, Fraction] = field(default_factory=dict)
    largest: float = 0.0


def plan(request: Request, first: bool = False) -> Iterator[Piece]:
    """Divide the points of a request among dimensions and charts.

    Parameters
    ----------
    request : Request
    first : bool
        Whether numbers to begin with will do: who solves with them has to look how far they reach.
    """
    for group, equations, largest in _resolved(request):
        sizes = {name: values[group] for name, values in request.sizes.items()}
        data = equations.measure.first(largest) if first else equations.measure.doubles(largest)
        left = np.ones(group.shape, dtype=bool)
        for chart in equations.charts:
            served = left & serves(chart, sizes)
            left &= ~served
            where = group[served]
            for limit, part in _variants(chart, request, where):
                points = chart_points(limit.chart, request, part)
                yield Piece(part, limit.chart, points, data, equations, limit.powers, largest)


def _resolved(request: Request) -> Iterator[tuple[np.ndarray, Equations, float]]:
    """Positions of points that share a dimension and its numbers, their equations, and the largest smaller size."""
    for group, d in request.groups():
        equations = request.regime.equations(request.model, d)
        least = np.min([values[group] for values in request.sizes.values()], axis=0)
        kinds = equations.measure.resolution(least)
        for kind in np.unique(kinds):
            chosen = kinds == kind
            yield group[chosen], equations, float(least[chosen].max())


def _variants(chart: Chart, request: Request, where: np.ndarray) -> Iterator[tuple[LimitChart, np.ndarray]]:
    """The chart itself, whose coordinates are regular at infinite sizes, or its limits there."""
    if not where.size:
        return
    if is_scalar(chart):
        yield LimitChart(chart, {}), where
        return
    for infinite, chosen in _patterns({s.name: request.sizes[s.name][where] for s in chart.sizes}):
        yield at_infinite_sizes(chart, infinite), where[chosen]


def chart_points(chart: Chart, request: Request, where: np.ndarray) -> ChartPoints:
    """Coordinates of a chart at some points of a request.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    request : Request
        What is asked.
    where : ndarray
        Indices of points.
    """
    sizes = {symbol.name: request.sizes[symbol.name][where] for symbol in chart.sizes}
    ridge = request.ridge[where]
    inputs = {s.name: np.empty(where.size) for s in chart.coordinates}
    for infinite, chosen in _patterns(sizes):
        program = coordinates(chart, request.per_sample, infinite)
        given = {name: values[chosen] for name, values in sizes.items() if name not in infinite}
        with np.errstate(all="ignore"):
            found = program({**given, ridge_name(request.per_sample): ridge[chosen]}, _ARITHMETIC)
        for name, value in found.items():
            inputs[name][chosen] = value
    size = sizes[chart.slack.name]
    long = {name: ~_short(values) for name, values in sizes.items()}
    vanishing = None if chart.vanishing is None else inputs[chart.vanishing.name]
    limit = ridge == 0 if vanishing is None else vanishing == 0
    uncertain = np.zeros(where.size, dtype=bool)
    if "gap" in inputs:
        uncertain = np.any(list(long.values()), axis=0) & (inputs["gap"] > 0)
    return ChartPoints(inputs, sizes, size, limit, long[chart.slack.name], uncertain)


def _patterns(sizes: dict[str, np.ndarray]) -> Iterator[tuple[frozenset[str], np.ndarray]]:
    """Which sizes are infinite, and where."""
    names = list(sizes)
    infinite = np.isinf(np.array(list(sizes.values())))
    if not infinite.any():
        yield frozenset(), np.arange(infinite.shape[1])
        return
    for pattern in np.unique(infinite, axis=1).T:
        chosen = np.flatnonzero((infinite == pattern[:, None]).all(axis=0))
        yield frozenset(name for name, endless in zip(names, pattern, strict=True) if endless), chosen


def _short(size: np.ndarray) -> np.ndarray:
    """Where a number is whole or has few binary digits, as simple fractions have: then it is meant exactly."""
    with np.errstate(over="ignore"):
        return (size.astype(np.float32) == size) | ((size == np.rint(size)) & (np.abs(size) < 2.0**53))
