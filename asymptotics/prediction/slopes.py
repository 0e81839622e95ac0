"""How observables change with the ridge, the features or the samples: derived, and evaluated to any accuracy."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Program
from asymptotics.lowering.sensitivity import sensitivity
from asymptotics.prediction.certified import TAIL, ball_numbers, ball_problem, prove
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.measures import numbers
from asymptotics.prediction.points import Point
from asymptotics.prediction.precise import given_at, resolution, solve_point

_SPARE = 6


def _velocities(chart: str, parameter: str, names: tuple[str, str]) -> dict[str, Any]:
    """Derivatives of a chart's coordinates in the logarithm of a parameter; ``names`` of samples and features."""
    inv_p, inv_n, gap = symbol("inv_p"), symbol("inv_n"), symbol("gap")
    lam_n, samples, features = symbol("lam_n"), symbol(names[0]), symbol(names[1])
    table = {
        ("wide", "ridge"): {"lam": symbol("lam")},
        ("tall", "ridge"): {"lam_n": lam_n},
        ("samples", "ridge"): {"lam_n": lam_n},
        ("wide", "features"): {"inv_p": -inv_p, "gap": 1 - gap},
        ("tall", "features"): {names[1]: features, "gap": gap - 1},
        ("wide", "samples"): {names[0]: samples, "gap": gap - 1},
        ("tall", "samples"): {"inv_n": -inv_n, "gap": 1 - gap, "lam_n": -lam_n},
        ("samples", "samples"): {"inv_n": -inv_n, "lam_n": -lam_n},
    }
    if (chart, parameter) not in table:
        raise DerivationError(f"no derivative in {parameter} in the chart {chart}")
    return table[chart, parameter]


@cache
def slope_program(
    family: str, regime: str, chart: str, parameter: str, observable: str, tail: str = ""
) -> Program:
    """Program for the derivative of an observable in the logarithm of ``ridge``, ``features`` or ``samples``."""
    names = ("psi2", "psi1") if regime == "proportional" else ("n", "p")
    reduced = ball_problem(family, regime, chart) if tail else problem(family, regime, chart)
    return sensitivity(reduced, _velocities(chart, parameter, names), [observable], tail)


def slope_at(model: Any, point: Point, parameter: str, digits: int, observable: str = "test") -> Any:
    """Derivative of an observable in the logarithm of a parameter, as an mpmath number.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    point : Point
        Of positive ridge.
    parameter : {"ridge", "features", "samples"}
    digits : int
        Accuracy relative to the terms of the derivative, which cancel where it vanishes.
    observable : str
    """
    regime = "proportional" if point.dimension is None else "general"
    degrees, _ = resolution(model, point)
    reduced = problem(model.family, regime, point.chart)
    root, degrees = solve_point(model, reduced, point, degrees, digits + _SPARE)
    data = numbers(model, point.dimension, degrees, root.arithmetic)
    given = given_at(point, root.arithmetic) | data.scalars | {reduced.master: root.value}
    program = slope_program(model.family, regime, point.chart, parameter, observable)
    return program(given, root.arithmetic, data.spectrum)[observable]


def certified_slope(model: Any, point: Point, parameter: str, digits: int, observable: str = "test") -> Any:
    """The same derivative as a ball; parameters are those of :func:`slope_at`."""
    regime = "proportional" if point.dimension is None else "general"
    degrees, _ = resolution(model, point)
    plain = problem(model.family, regime, point.chart)
    root, degrees = solve_point(model, plain, point, degrees, digits + _SPARE)
    reduced = ball_problem(model.family, regime, point.chart)
    arithmetic = Balls(digits + _SPARE + max(int(root.condition), 0))
    data = ball_numbers(model, point.dimension, degrees, arithmetic.digits)
    program = slope_program(model.family, regime, point.chart, parameter, observable, TAIL)
    with arithmetic.precision():
        nu = prove(reduced, point, data, arithmetic.convert(root.value), arithmetic).value
        given = given_at(point, arithmetic) | data.scalars | {reduced.master: nu}
        return program(given, arithmetic, data.spectrum)[observable]


def moved(point: Point, name: str, value: Fraction) -> Point:
    """The point with one coordinate changed."""
    ridge = value if name in ("lam", "lam_n") else point.ridge
    return Point(point.chart, {**point.coordinates, name: value}, point.size, ridge, point.dimension)
