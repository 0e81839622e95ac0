"""How accurately a request is answered: doubles, digits, or a proof. One evaluator, three accuracies."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.equations.chart import DEGREES_OF_FREEDOM, Chart
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.functions.exact import double
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.models.components import RiskValues
from asymptotics.models.measures import SpectralMeasure
from asymptotics.models.model import Equations
from asymptotics.prediction.certified import evaluate_certified
from asymptotics.prediction.general import named_readings, solve_general_point
from asymptotics.prediction.limit_charts import LimitChart, at_infinite_sizes
from asymptotics.prediction.pieces import SolvedPiece, solve_piece, solve_pieces
from asymptotics.prediction.plans import plan
from asymptotics.prediction.points import Point, in_chart
from asymptotics.prediction.precise import PointValue, evaluate_precisely
from asymptotics.prediction.problems import chart_of, is_scalar
from asymptotics.prediction.requests import Request, require_doubles
from asymptotics.resources import require_memory
from asymptotics.solvers import accuracy as solvers
from asymptotics.solvers.solution import ANSWERED, Status

MOST_DIGITS = 10000
DEFAULT_DIGITS = 16
POINT_ELEMENTS = 250
"""Doubles in the place of which a point in digits or with proofs takes memory, at least; measured: 290 to 490."""


@dataclass(frozen=True)
class Columns:
    """An answer, flattened.

    Attributes
    ----------
    values : dict
        By component, and ``effective_ridge``, ``degrees_of_freedom``.
    status, condition : ndarray
    charts : tuple of Chart
        What was solved.
    noise : number
        Of the label noise, in the numbers of the answer.
    evidence : tuple of str
        What is known about the solutions, where they are not roots of one monotone equation.
    cautions : tuple of str
        Why some points are not to be trusted.
    """

    values: dict[str, np.ndarray]
    status: np.ndarray
    condition: np.ndarray
    charts: tuple[Chart, ...]
    noise: Any
    evidence: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def said(self) -> dict[str, str]:
        """The cautions, as an answer has them."""
        return {"caution": "; ".join(self.cautions)} if self.cautions else {}

    @property
    def risk(self) -> RiskValues:
        """Columns of the components that every table of risks has."""
        return RiskValues.of(self.values)


class Accuracy(ABC):
    """How accurately a request is answered."""

    exact = True
    """Whether parameters are kept exactly in the answer."""

    proves = False
    """Whether answers are balls."""

    @abstractmethod
    def answer(self, request: Request, executor: Executor | None = None) -> Columns:
        """The answer to a request.

        Parameters
        ----------
        request : Request
            What is asked.
        executor : Executor, optional
            Where points are computed.
        """

    def answers(self, requests: Sequence[Request], executor: Executor | None = None) -> list[Columns]:
        """The answers to several requests.

        Parameters
        ----------
        requests : sequence of Request
        executor : Executor, optional
            Where points are computed.
        """
        return [self.answer(request, executor) for request in requests]


def column_names(request: Request) -> tuple[str, ...]:
    """Columns of the equations: components of the model, the effective ridge, the degrees of freedom."""
    model = request.model
    names = (component.name for component in model.components if component not in model.read)
    return (*names, "effective_ridge", "degrees_of_freedom")


@dataclass(frozen=True)
class Doubles(Accuracy):
    """Double precision, whole arrays at once."""

    exact = False

    def answer(self, request: Request, executor: Executor | None = None) -> Columns:
        """Columns of doubles; NaN where a point could not be solved."""
        return self.answers([request])[0]

    def answers(self, requests: Sequence[Request], executor: Executor | None = None) -> list[Columns]:
        """Columns of doubles; what shares its equations is solved at once."""
        for request in requests:
            require_doubles(request)
        asked = [(number, piece) for number, one in enumerate(requests) for piece in plan(one, first=True)]
        solved = solve_pieces([(requests[number], piece) for number, piece in asked])
        found: list[list[SolvedPiece]] = [[] for _ in requests]
        for (number, _), one in zip(asked, solved, strict=True):
            found[number].append(one)
        return [self._columns(request, pieces) for request, pieces in zip(requests, found, strict=True)]

    def answer_piecewise(self, request: Request) -> tuple[Columns, list[SolvedPiece]]:
        """An answer, and what was solved chart by chart."""
        require_doubles(request)
        solved = [SolvedPiece(piece, *solve_piece(request, piece)) for piece in plan(request)]
        return self._columns(request, solved), solved

    @staticmethod
    def _columns(request: Request, solved: Sequence[SolvedPiece]) -> Columns:
        noise = double("noise", request.model.noise)
        columns = {name: np.full(request.count, np.nan) for name in column_names(request)}
        condition = np.full(request.count, np.inf)
        status = np.full(request.count, Status.NOT_CONVERGED, dtype=np.int8)
        for found in solved:
            piece, where = found.piece, found.piece.where
            status[where], condition[where] = found.status, found.condition
            zero = np.zeros(where.size)
            complete = _complete(found.values, zero, column_names(request), piece.equations)
            for name, column in columns.items():
                column[where] = _limited(name, complete[name], piece.equations, piece.powers, zero, np.inf)
            if piece.equations.slow:
                status[where[np.isin(status[where], ANSWERED)]] = Status.SLOW_LIMIT
        charts = tuple(found.piece.chart for found in solved)
        columns |= request.model.read_off(columns)
        return Columns(columns, status, condition, charts, noise)


@dataclass(frozen=True)
class _Item:
    """One point with everything needed to answer it."""

    point: Point
    equations: Equations
    powers: Mapping[str, Fraction]


class _Pointwise(Accuracy):
    """Point by point, in this process or on an executor."""

    digits: int

    @abstractmethod
    def value(self, item: _Item) -> PointValue:
        """Every output at one point, in the numbers of the answer."""

    @abstractmethod
    def number(self, value: Any) -> Any:
        """An exactly known number, or a result, in the numbers of the answer."""

    def answer(self, request: Request, executor: Executor | None = None) -> Columns:
        """Columns of objects; not a number where a point could not be solved."""
        require_memory(POINT_ELEMENTS * request.count, "shape", request.shape, "an answer in digits")
        names = column_names(request)
        columns = {name: np.empty(request.count, dtype=object) for name in names}
        condition = np.full(request.count, np.inf)
        status = np.full(request.count, Status.NOT_CONVERGED, dtype=np.int8)
        items = list(_items(request))
        results = map(self.value, items) if executor is None else executor.map(self.value, items)
        zero, known = self.number(0), dict[str, None]()
        for place, (item, result) in enumerate(zip(items, results, strict=True)):
            values = _complete(result.values, zero, names, item.equations)
            for name, value in request.model.read_off(values).items():
                values[name] = value
                columns.setdefault(name, np.empty(request.count, dtype=object))
            for name, column in columns.items():
                value = _limited(name, values[name], item.equations, item.powers, zero, np.inf)
                column[place] = self.number(value)
            marked = item.equations.slow and result.status in ANSWERED
            status[place] = Status.SLOW_LIMIT if marked else result.status
            condition[place] = result.condition
            known.setdefault(result.evidence)
        noise = Multiprecision(self.digits).convert(Fraction(request.model.noise))
        charts = tuple(item.point.chart for item in items)
        return Columns(columns, status, condition, charts, noise, tuple(filter(None, known)))


def _items(request: Request) -> Iterator[_Item]:
    known: dict[int | None, Equations] = {}
    for sizes, ridge, d in request.exact_rows():
        if d not in known:
            known[d] = request.regime.equations(request.model, d)
        equations = known[d]
        chart = chart_of(equations.charts, sizes)
        limit = LimitChart(chart, {})
        if not is_scalar(chart):
            infinite = frozenset(size.name for size in chart.sizes if sizes[size.name] == np.inf)
            limit = at_infinite_sizes(chart, infinite)
        point = in_chart(limit.chart, sizes, ridge, request.per_sample)
        yield _Item(point, equations, limit.powers)


def _limited(
    name: str, value: Any, equations: Equations, powers: Mapping[str, Fraction], zero: Any, infinity: Any
) -> Any:
    """A component, unless the limit has lost it or made it infinite."""
    power = -1 if name in equations.vanishing else powers.get(name, 0)
    return value if power == 0 else zero if power < 0 else infinity


@dataclass(frozen=True)
class Digits(_Pointwise):
    """mpmath numbers of which every digit is right.

    Attributes
    ----------
    digits : int
    """

    digits: int

    def number(self, value: Any) -> Any:
        """An mpmath number."""
        return Multiprecision(self.digits).convert(value)

    def value(self, item: _Item) -> PointValue:
        """Outputs to that many digits; not a number where no root was found."""
        measure, chart = item.equations.measure, item.point.chart
        try:
            if not is_scalar(chart):
                return _general(measure, item.point, solvers.Digits(self.digits))
            return evaluate_precisely(measure, item.point, self.digits)
        except PrecisionError:
            raise
        except SolverError:
            names = (*(o.name for o in chart.system.observables), "nu")
            nan = Multiprecision(self.digits).context.nan
            status = Status.BELOW_EDGE if item.point.vanishing < 0 else Status.NOT_CONVERGED
            return PointValue(dict.fromkeys(names, nan), status, np.inf)


@dataclass(frozen=True)
class Proved(_Pointwise):
    """Balls, with existence and uniqueness of the solution proved.

    Where the equations reduce to one monotone equation the branch is proved with them. Where they do not, it was
    followed from infinite ridge in floating point, and the answer says so.

    Attributes
    ----------
    digits : int
    """

    digits: int = DEFAULT_DIGITS
    proves = True

    def number(self, value: Any) -> Ball:
        """A ball."""
        arithmetic = Balls(self.digits)
        with arithmetic.precision():
            return value if isinstance(value, Ball) else Ball(arithmetic.convert(value), self.digits)

    def value(self, item: _Item) -> PointValue:
        """Enclosed outputs."""
        measure = item.equations.measure
        if not is_scalar(item.point.chart):
            return _general(measure, item.point, solvers.Proved(self.digits))
        return evaluate_certified(measure, item.point, self.digits)


def _general(measure: SpectralMeasure, point: Point, accuracy: solvers.Digits | solvers.Proved) -> PointValue:
    """Outputs of a chart of several unknowns at one point."""
    root = solve_general_point(measure, point, accuracy)
    values, status = {**root.unknowns, **root.observables}, Status(int(root.status))
    values |= {name: values[of] for name, of in named_readings(point.chart).items() if of in values}
    return PointValue(values, status, float(root.condition), str(root.evidence))


def _complete(
    values: dict[str, Any], zero: Any, names: tuple[str, ...], equations: Equations
) -> dict[str, Any]:
    """Outputs of a chart by the names of the columns; a limit may have lost some (zero), equations lack some (NaN)."""
    lost = zero if any(DEGREES_OF_FREEDOM in chart.readings for chart in equations.charts) else math.nan
    diagnostics = {DEGREES_OF_FREEDOM: lost, "effective_ridge": values.get("nu", lost)}
    return {**dict.fromkeys(names, zero), **diagnostics, **values}


def read_accuracy(digits: Any, certified: bool, known: float = math.inf) -> Accuracy:
    """The accuracy that is asked for, of a model whose numbers are known to so many digits.

    Parameters
    ----------
    digits : int
        What the user asked for.
    certified : bool
        Whether values are balls.
    known : float
        Decimal digits of the model's numbers.

    Raises
    ------
    InputError
        If the number of digits is no integer between 1 and 10000, or the numbers behind the model are not known
        as well as that.

    Examples
    --------
    >>> read_accuracy(50, False), read_accuracy(None, True), read_accuracy(None, False)
    (Digits(digits=50), Proved(digits=16), Doubles())
    """
    if digits is None:
        return Proved() if certified else Doubles()
    whole = isinstance(digits, numbers.Integral) and not isinstance(digits, bool)
    if not (whole and 1 <= int(digits) <= MOST_DIGITS):
        allowed = f"an integer between 1 and {MOST_DIGITS}, or None for double precision"
        raise InputError("digits", digits, allowed)
    if digits > known:
        raise InputError(
            "digits", digits, f"at most {known:.0f} for this model", "a formula has any number of digits"
        )
    return Proved(int(digits)) if certified else Digits(int(digits))
