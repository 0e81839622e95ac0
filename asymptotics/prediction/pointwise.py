"""Predictions point by point: mpmath numbers with every digit right, or proved balls."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.models.regimes import Polynomial
from asymptotics.prediction.certified import DEFAULT_DIGITS, TAIL, evaluate_certified
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.points import Point, points
from asymptotics.prediction.precise import PointValue, evaluate_precisely
from asymptotics.prediction.requests import SIZE_NAMES, Request
from asymptotics.prediction.risk import COMPONENTS
from asymptotics.prediction.scaling_points import ScaledModel, ball_version, scaled_points
from asymptotics.solvers.solution import Status

MOST_DIGITS = 10000

_COLUMNS = (*COMPONENTS, "effective_ridge", "degrees_of_freedom")


def read_digits(digits: Any, certified: Any) -> int:
    """Number of digits asked for.

    Raises
    ------
    InputError
        If it is no integer between 1 and 10000.

    Examples
    --------
    >>> read_digits(50, False), read_digits(None, True)
    (50, 16)
    """
    if digits is None and certified:
        return DEFAULT_DIGITS
    whole = isinstance(digits, numbers.Integral) and not isinstance(digits, bool)
    if whole and 1 <= int(digits) <= MOST_DIGITS:
        return int(digits)
    raise InputError(
        "digits", digits, f"an integer between 1 and {MOST_DIGITS}, or None for double precision"
    )


def evaluate_pointwise(
    model: Any, regime: Any, request: Request, digits: int, certified: bool
) -> tuple[dict[str, np.ndarray], np.ndarray, list[FixedPointSystem]]:
    """Columns of a risk as object arrays, the status of every point, and the systems that were solved.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional, FiniteSize or Polynomial
    request : Request
    digits : int
    certified : bool
        Whether values are balls with a proof instead of mpmath numbers.

    Raises
    ------
    PrecisionError
        If the digits cannot be guaranteed.
    """
    size = int(np.prod(request.shape))
    columns = {name: np.empty(size, dtype=object) for name in _COLUMNS}
    columns["condition"] = np.full(size, np.inf)
    status = np.full(size, Status.NOT_CONVERGED, dtype=np.int8)
    final, balls = Multiprecision(digits), Balls(digits)
    zero = Ball(balls.convert(0), digits) if certified else final.convert(0)
    used = []
    for item in _items(model, regime, request):
        result = _certified(item, digits) if certified else _attempt(item, digits, final)
        values = complete(result.values, zero) | dict.fromkeys(item.vanishing, zero)
        for name in _COLUMNS:
            columns[name][item.place] = values[name] if certified else final.convert(values[name])
        marked = item.slow and result.status in (Status.SOLVED, Status.LIMIT)
        status[item.place] = Status.SLOW_LIMIT if marked else result.status
        columns["condition"][item.place] = result.condition
        used.append(item.problem.system)
    return columns, status, used


@dataclass(frozen=True)
class _Item:
    """A point with everything needed to answer it."""

    place: int
    point: Point
    model: Any
    problem: ScalarProblem
    vanishing: frozenset[str] = frozenset()
    slow: bool = False


def _items(model: Any, regime: Any, request: Request) -> Iterator[_Item]:
    if isinstance(regime, Polynomial):
        for place, point, piece, scaled in scaled_points(model, regime, request):
            yield _Item(place, point, scaled, piece.problem, piece.vanishing, piece.slow)
        return
    kind = "proportional" if request.dimension is None else "general"
    for place, point in enumerate(points(model.family, SIZE_NAMES[type(regime)], request)):
        yield _Item(place, point, model, problem(model.family, kind, point.chart))


def _certified(item: _Item, digits: int) -> PointValue:
    problems = None
    if isinstance(item.model, ScaledModel):
        problems = item.problem, ball_version(item.problem.system, TAIL)
    return evaluate_certified(item.model, item.point, digits, problems)


def _attempt(item: _Item, digits: int, final: Multiprecision) -> PointValue:
    """A point's outputs; not a number where no root was found."""
    try:
        return evaluate_precisely(item.model, item.point, digits, item.problem)
    except PrecisionError:
        raise
    except SolverError:
        names = (*COMPONENTS, "nu", "T02", "T11")
        return PointValue(dict.fromkeys(names, final.context.nan), Status.NOT_CONVERGED, np.inf)


def exact_noise(model: Any, digits: int) -> Any:
    """Noise variance of a model to a number of digits."""
    return Multiprecision(digits).convert(Fraction(model.noise))


def complete(values: dict[str, Any], zero: Any) -> dict[str, Any]:
    """The outputs of a chart by the names of a risk; without features there is nothing per feature."""
    return {
        "norm_per_feature": zero,
        **values,
        "effective_ridge": values["nu"],
        "degrees_of_freedom": values.get("T02", zero) + values.get("T11", zero),
    }
