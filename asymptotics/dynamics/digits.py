"""Trained risk of whole requests to any number of digits, or with proofs, point by point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from asymptotics.dynamics.enclosed import enclosed
from asymptotics.dynamics.evaluate import Trained, spectrum_of
from asymptotics.dynamics.precise import SpectrumPoint, to_digits
from asymptotics.dynamics.precise_general import GeneralPoint
from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.model import Equations
from asymptotics.prediction.accuracy import Columns, Digits, Proved, column_names
from asymptotics.prediction.limit_charts import LimitChart, at_infinite_sizes
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.precise import solve_point
from asymptotics.prediction.problems import chart_of, is_scalar
from asymptotics.prediction.requests import Request, exact
from asymptotics.solvers.solution import Status

_MEASURED = "sums over pairs of complex ridges on two contours agree to the digits given"
_PROVED = (
    "every complex effective ridge is proved, on the branch by the signs of both slacks (Earle, Hamilton 1970)",
    "what sums lose against the filter is bounded; the limit has no outliers (Bai, Silverstein 1998)",
)


@dataclass(frozen=True)
class _Row:
    """One point of a request, exact."""

    equations: Equations
    limit: LimitChart
    sizes: Mapping[str, Any]
    values: dict[str, Fraction]
    ended: Fraction | None
    place: int


def trained_to_digits(
    asked: Trained, digits: int, executor: Executor | None = None, *, certified: bool = False
) -> Columns:
    """Columns of mpmath numbers of which two computations agree in every digit, or of balls.

    Parameters
    ----------
    asked : Trained
    digits : int
    executor : Executor, optional
        Where points are computed.
    certified : bool
        Whether they are proved instead.

    Raises
    ------
    InputError
        If the method has no contour in many digits, or no proved bound.
    PrecisionError
        If digits cannot be confirmed, or proved.
    """
    request, names = asked.request, column_names(asked.request)
    accuracy: Digits | Proved = Proved(digits) if certified else Digits(digits)
    columns = {name: np.full(request.count, accuracy.number(math.nan), dtype=object) for name in names}
    status = np.full(request.count, Status.NOT_CONVERGED, dtype=np.int8)
    rows = _rows(asked)
    for row in rows:
        if row.ended is not None:
            answer = accuracy.answer(_ridge_request(asked.request, row))
            for name in names:
                columns[name][row.place] = answer.values[name][0]
            status[row.place] = answer.status[0]
    going = [row for row in rows if row.ended is None]
    work = partial(_value, asked, digits, certified)
    results = map(work, going) if executor is None else executor.map(work, going)
    for row, found in zip(going, results, strict=True):
        if found is not None:
            for name in names:
                columns[name][row.place] = accuracy.number(_component(name, found, row))
            status[row.place] = Status.SLOW_LIMIT if row.equations.slow else Status.SOLVED
    noise = Multiprecision(digits).convert(Fraction(request.model.noise))
    charts = tuple(row.limit.chart for row in rows)
    return Columns(
        columns, status, np.full(request.count, np.nan), charts, noise, _PROVED if certified else (_MEASURED,)
    )


def _component(name: str, found: dict[str, Any], row: _Row) -> Any:
    power = -1 if name in row.equations.vanishing else row.limit.powers.get(name, 0)
    if power != 0:
        return 0 if power < 0 else math.inf
    return found.get(name, math.nan)


def _rows(asked: Trained) -> list[_Row]:
    request, training = asked.request, asked.training
    name = "ridge_per_sample" if training.per_sample else "ridge"
    whole = replace(request, exact={**request.exact, name: 0})
    given = replace(request, exact=dict(training.given)).exact_parameters()
    columns = {key: np.asarray(given[key], dtype=object).ravel() for key in training.parameters}
    known: dict[int | None, Equations] = {}
    rows = []
    for place, (sizes, _, d) in enumerate(whole.exact_rows()):
        if d not in known:
            known[d] = request.regime.equations(request.model, d)
        chart = chart_of(known[d].charts, sizes)
        limit = LimitChart(chart, {})
        if not is_scalar(chart):
            limit = at_infinite_sizes(chart, frozenset(k for k, v in sizes.items() if v == math.inf))
        values = {key: column[place] for key, column in columns.items()}
        rows.append(_Row(known[d], limit, sizes, values, _end(values, limit), place))
    return rows


def _end(values: dict[str, Any], limit: LimitChart) -> Fraction | None:
    """The ridge at which training has come to an end, if it has."""
    if limit.chart.vanishing is None:
        return Fraction(0)
    if math.inf in (values.get("time"), values.get("time_per_sample")):
        return Fraction(values["ridge"])
    return None


def _ridge_request(request: Request, row: _Row) -> Request:
    """The question for ridge regression at one point, exact."""
    at = [row.place]
    name = "ridge_per_sample" if request.per_sample else "ridge"
    columns = {
        k: np.broadcast_to(np.asarray(v, dtype=object), request.shape) for k, v in request.exact.items()
    }
    known = {key: exact(column.flat[row.place]) for key, column in columns.items()}
    return replace(
        request.at(np.array(at), np.array([float(row.ended or 0)])), exact={**known, name: row.ended}
    )


def _value(asked: Trained, digits: int, certified: bool, row: _Row) -> dict[str, Any] | None:
    """Components at one point; None where no solution was found."""
    try:
        if certified:
            return enclosed(_on_spectrum(_point(asked, digits, row)), digits)
        return to_digits(_point(asked, digits, row).sums, digits)
    except SolverError as error:
        if type(error) is SolverError:
            return None
        raise


def _on_spectrum(point: SpectrumPoint | GeneralPoint) -> SpectrumPoint:
    if isinstance(point, GeneralPoint):
        allowed = "False for a model that is not on one spectrum"
        raise InputError("certified", True, allowed, "digits= compares two contours instead")
    return point


def _point(asked: Trained, digits: int, row: _Row) -> SpectrumPoint | GeneralPoint:
    """The point on its spectrum, or in its chart."""
    theory, training = asked.request.model.theory, asked.training
    samples, measure, chart = row.sizes[theory.samples], row.equations.measure, row.limit.chart
    if any(value == 0 for key, value in row.values.items() if key.startswith("time")):
        raise InputError("time", 0, "a positive time where digits are asked for")
    level = spectrum_of(asked, row.place)
    if level is None:
        sizes = {s.name: row.sizes[s.name] for s in chart.sizes}
        return GeneralPoint(measure, chart, sizes, samples, training, row.values)
    features = math.inf if level.wide else row.sizes.get(theory.features, math.inf)
    degrees = measure.first_degrees(float(min(samples, features)))
    if measure.truncated:
        point = in_chart(chart, row.sizes, _smallest(row.values), asked.request.per_sample)
        degrees = solve_point(measure, point, degrees, digits + 6)[1]
    return SpectrumPoint(measure, level, degrees, samples, features, training, row.values)


def _smallest(values: dict[str, Fraction]) -> Fraction:
    """A ridge about as small as the smallest node."""
    time = values.get("time", values.get("time_per_sample", Fraction(1)))
    if "steps" in values:
        time = values["steps"] * values["step_size"]
    return values.get("ridge", Fraction(0)) / 4 + 1 / (time + 1)
