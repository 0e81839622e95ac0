"""What training does to a model in a regime: rows of nodes, charts that answer them, columns of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.dynamics.general import general_edge, trained_general
from asymptotics.dynamics.levels import LevelChart, as_levels
from asymptotics.dynamics.nodes import Nodes
from asymptotics.dynamics.path import Problem, edge
from asymptotics.dynamics.spectral import problem_of, trained_columns
from asymptotics.dynamics.training import Training
from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.components import ERRORS, RiskValues
from asymptotics.models.model import as_model
from asymptotics.models.ridge_path import on_ridge_path
from asymptotics.models.sizes import shape_of
from asymptotics.prediction.accuracy import Columns, Doubles, column_names
from asymptotics.prediction.evaluate import solve_chart
from asymptotics.prediction.plans import Piece, plan
from asymptotics.prediction.problems import coordinates, ridge_name
from asymptotics.prediction.requests import Request, read_request
from asymptotics.solvers.solution import Status

_ARITHMETIC = Float64()
_CLOSE = 1e-8
_RIDGE = ("ridge", "ridge_per_sample")

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class Trained:
    """A request for a trained predictor.

    Attributes
    ----------
    request : Request
        Sizes; its ridge is zero and not among its parameters, which hold those of the training.
    training : Training
    """

    request: Request
    training: Training

    @property
    def values(self) -> Table:
        """Parameters of the training at every point, flattened."""
        shape = self.request.shape
        return {
            name: np.broadcast_to(value, shape).ravel() for name, value in self.training.parameters.items()
        }

    @property
    def answered(self) -> Request:
        """The request, with a ridge that shrinks about as much as the training."""
        like = self.training.like_ridge(self.values)
        return replace(self.request, ridge=np.broadcast_to(like, (self.request.count,)))


def read_trained(model: Any, regime: Any, training: Any) -> Trained:
    """Validate and broadcast.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    training : Training
        How it learns.

    Raises
    ------
    InputError
        If the training is none, or meaningless at the sizes: beyond the edge of stability where samples are infinite.
    ShapeError
        If shapes do not broadcast.
    """
    if not isinstance(training, Training):
        allowed = "GradientFlow(...), GradientDescent(...) or another training method"
        raise InputError("training", training, allowed)
    own = shape_of(**training.parameters) if training.parameters else ()
    name = "ridge_per_sample" if training.per_sample else "ridge"
    ridge = {"ridge": None, "ridge_per_sample": None, name: np.zeros(own)}
    whole = on_ridge_path(as_model(model))
    request = read_request(whole, regime, ridge["ridge"], ridge["ridge_per_sample"])
    samples = request.sizes[request.model.theory.samples]
    if not training.per_sample and np.any(np.isinf(samples)):
        allowed = "GradientFlow(time_per_sample=...) for infinitely many samples"
        raise InputError("training", training, allowed, "time is then measured in units of one over samples")
    if training.needs_edge and not request.regime.is_point:
        allowed = "a method without steps in polynomial scaling"
        raise InputError("training", training, allowed, "the largest eigenvalues grow with the dimension")
    shown = {k: v for k, v in request.parameters.items() if k not in _RIDGE}
    exact = {k: v for k, v in request.exact.items() if k not in _RIDGE}
    for key in training.shown:
        shown[key] = np.broadcast_to(training.parameters[key], request.shape).astype(float)
        exact[key] = training.given[key]
    return Trained(replace(request, parameters=shown, exact=exact), training)


def trained_risk(asked: Trained) -> Columns:
    """Columns of doubles; NaN where a point could not be solved."""
    request = asked.request
    noise = double("noise", request.model.noise)
    columns = {name: np.full(request.count, np.nan) for name in column_names(request)}
    status = np.full(request.count, Status.NOT_CONVERGED, dtype=np.int8)
    charts: list[Chart] = []
    for piece, where, values in pieces(asked):
        found, status[where] = _answer(asked, piece, where, values)
        for name, column in columns.items():
            if name in found:
                column[where] = 0.0 if name in piece.equations.vanishing else found[name]
        if piece.equations.slow:
            status[where[status[where] == Status.SOLVED]] = Status.SLOW_LIMIT
        charts.append(piece.chart)
    for where, ridge in _finished(asked):
        answer = Doubles().answer(request.at(where, ridge))
        for name, column in columns.items():
            column[where] = answer.values[name]
        status[where] = answer.status
        charts += answer.charts
    for column in columns.values():
        column[status == Status.NOT_CONVERGED] = np.nan
    return Columns(columns, status, np.full(request.count, np.nan), tuple(charts), noise)


def pieces(asked: Trained) -> Iterator[tuple[Piece, np.ndarray, Table]]:
    """Points of one chart that are still being trained, with the parameters of the training as columns."""
    request, training, values = asked.request, asked.training, asked.values
    going = np.ones(request.count, dtype=bool)
    for ended, _ in _finished(asked):
        going[ended] = False
    for piece in plan(request):
        where = piece.where[going[piece.where]]
        if where.size and not (piece.chart.vanishing is None and not training.needs_edge):
            chosen = np.flatnonzero(going[piece.where])
            part = Piece(where, piece.chart, piece.points[chosen], piece.data, piece.equations, piece.powers)
            yield part, where, {name: value[where][:, None] for name, value in values.items()}


def _finished(asked: Trained) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Points where training has come to an end, with the ridge it has come to."""
    request, values = asked.request, asked.values
    ended = np.zeros(request.count, dtype=bool)
    columns = {name: value[:, None] for name, value in values.items()}
    ridge = asked.training.converged(columns) if values else None
    if ridge is not None:
        ended = np.isfinite(ridge)
        if np.any(ended):
            yield np.flatnonzero(ended), ridge[ended]
    for piece in plan(request):
        # Where no ridge is left in the equations every eigenvalue grows with the dimension: training is over at once.
        if piece.chart.vanishing is None and not asked.training.needs_edge:
            where = piece.where[~ended[piece.where]]
            if where.size:
                yield where, np.zeros(where.size)


def _answer(asked: Trained, piece: Piece, where: np.ndarray, values: Table) -> tuple[Table, np.ndarray]:
    """Components at the points of one chart: on its spectrum, or by its programs."""
    request, training = asked.request, asked.training
    theory = request.model.theory
    samples = request.sizes[theory.samples][where]
    given = samples if not training.per_sample else np.ones_like(samples)
    level = as_levels(piece.chart)
    if level is not None:
        features = _features(request, level, where)
        spectrum = level.levels(piece.data, _ARITHMETIC)
        problem = problem_of(spectrum, samples, features, piece.data.truncation)
        if is_spectrum(piece, problem, samples, features):
            bound = given * edge(problem) if training.needs_edge else given
            nodes, order = rows_of_nodes(training, values, bound[:, None])
            return _gathered(
                (nodes, order), where.size,
                lambda at, part: trained_columns(
                    problem.take(at), Nodes(part.ridge / given[at][:, None], part.weight), samples[at], features[at]
                ),
            )  # fmt: skip
    sizes = {s.name: request.sizes[s.name][where] for s in piece.chart.sizes}
    bound = given
    if training.needs_edge:
        bound = general_edge(piece.chart, sizes, piece.data, samples)
    nodes, order = rows_of_nodes(training, values, bound[:, None])
    found, status = _gathered(
        (nodes, order), where.size,
        lambda at, part: trained_general(
            piece.chart, {k: v[at] for k, v in sizes.items()}, piece.data, part, training.per_sample, samples[at]
        ),
    )  # fmt: skip
    share = found.pop("freedom_share")
    found["degrees_of_freedom"] = np.where(
        np.isinf(samples), np.nan, share * np.where(np.isinf(samples), 1, samples)
    )
    if theory.features:
        features = request.sizes[theory.features][where]
        found |= RiskValues.of(found).by_features(samples, features).named()
    for name, power in piece.powers.items():
        if name in found and power != 0:
            found[name] = np.full(where.size, 0.0 if power < 0 else np.inf)
    return found, status


def spectrum_of(asked: Trained, place: int) -> LevelChart | None:
    """How the chart of one point reads as a spectrum, if it is one.

    Parameters
    ----------
    asked : Trained
        What was asked.
    place : int
        Index of a point.
    """
    request = asked.request
    one = request.at(np.array([place]), np.zeros(1))
    (piece,) = plan(one)
    level = as_levels(piece.chart)
    if level is None:
        return None
    samples, features = one.sizes[request.model.theory.samples], _features(one, level, np.zeros(1, dtype=int))
    problem = problem_of(level.levels(piece.data, _ARITHMETIC), samples, features)
    return level if is_spectrum(piece, problem, samples, features) else None


def rows_of_nodes(
    training: Training, values: Table, bound: np.ndarray
) -> tuple[list[Nodes], list[np.ndarray]]:
    """Nodes of every row, rows with equally many nodes together, and which rows these are.

    Parameters
    ----------
    training : Training
        How it learns.
    values : Table
        Parameters by name.
    bound : ndarray
        Upper end of the spectrum, for each row.

    Raises
    ------
    InputError
        If a step size is beyond the edge of stability.
    """
    training.check_steps(values, bound)
    keys = training.groups(values, bound)
    order = [np.flatnonzero(keys == key) for key in np.unique(keys)]
    nodes = [training.nodes({n: v[at] for n, v in values.items()}, bound[at]) for at in order]
    return nodes, order


def _gathered(
    groups: tuple[list[Nodes], list[np.ndarray]], count: int,
    answer: Callable[[np.ndarray, Nodes], tuple[Table, np.ndarray]],
) -> tuple[Table, np.ndarray]:  # fmt: skip
    """Answers of groups of rows put together."""
    table: Table = {}
    status = np.full(count, Status.NOT_CONVERGED, dtype=np.int8)
    for nodes, at in zip(*groups, strict=True):
        found, status[at] = answer(at, nodes)
        for name, value in found.items():
            table.setdefault(name, np.full(count, np.nan))[at] = value
    return table, status


def _features(request: Request, level: LevelChart, where: np.ndarray) -> np.ndarray:
    """Number of features in rows; infinite for a kernel."""
    name = request.model.theory.features
    endless = level.wide or name not in request.sizes
    return np.full(where.size, np.inf) if endless else request.sizes[name][where]


def is_spectrum(piece: Piece, problem: Problem, samples: np.ndarray, features: np.ndarray) -> bool:
    """Whether a chart is what it was read as: its observables at one ridge are those of two equal ridges.

    Parameters
    ----------
    piece : Piece
        Chart with its points.
    problem : Problem
        As which it was read.
    samples : ndarray
        For each point.
    features : ndarray
        For each point.
    """
    levels, first = problem.levels, slice(0, 1)
    total = levels.trace + float(np.sum(levels.multiplicities * levels.eigenvalues))
    ridge = total / problem.small[first]
    program = coordinates(piece.chart, True, _infinite(piece, first))
    sizes = {name: value[first] for name, value in piece.points.sizes.items() if np.isfinite(value[0])}
    points = replace(piece.points[first], inputs=_inputs(program, sizes, ridge), limit=np.array([False]))
    known, status, _ = solve_chart(piece.chart, points, piece.data)
    nodes = Nodes(ridge[:, None] + 0j, np.ones((1, 1)) + 0j)
    found, _ = trained_columns(problem.take(first), nodes, samples[first], features[first])
    scale = levels.power + float(np.sum(levels.powers)) + levels.noise
    names = [component.name for component in ERRORS]
    close = [abs(found[name] - known[name])[0] <= _CLOSE * scale for name in names]
    return bool(status[0] in (Status.SOLVED, Status.ILL_CONDITIONED) and all(close))


def _infinite(piece: Piece, rows: slice) -> frozenset[str]:
    return frozenset(name for name, value in piece.points.sizes.items() if np.all(np.isinf(value[rows])))


def _inputs(program: Any, sizes: Table, ridge: np.ndarray) -> Table:
    """Coordinates of the first point of a chart at a ridge per sample."""
    found = program({**sizes, ridge_name(True): ridge}, _ARITHMETIC)
    return {
        name: np.broadcast_to(np.asarray(value, dtype=float), (1,)).copy() for name, value in found.items()
    }
