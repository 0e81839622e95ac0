"""Best ridge, best number of features, and the position of the interpolation peak.

A scan in double precision finds the place; there the derivative of the test error, derived from the equations, is
brought to zero between two points of opposite sign. With ``certified=True`` the sign change is proved in ball
arithmetic: the returned interval then contains a point where the slope of the test error changes sign.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from asymptotics.analysis.search import DOUBLE, ROUNDING, Task, measure_for
from asymptotics.analysis.search_below_zero import BelowZero, best_below_zero
from asymptotics.equations.chart import RIDGE
from asymptotics.errors import InputError
from asymptotics.functions.exact import NumbersLike, number
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.models.components import TEST
from asymptotics.models.model import Model
from asymptotics.models.regime import Regime
from asymptotics.prediction.points import Place, Point, single
from asymptotics.prediction.predict import predict
from asymptotics.prediction.problems import is_scalar
from asymptotics.prediction.risk import Risk
from asymptotics.prediction.several import joined, points_of
from asymptotics.printing import Printed
from asymptotics.solvers.bracket import as_fraction

P = ParamSpec("P")
R = TypeVar("R")

_FINE, _LONG = 400, 2000
_ENORMOUS, _HARDLY_ANY = 1e60, 1e-13
"""Ridges, in units of the activation's power, and features, per sample, at which a limit is shown."""


@dataclass(frozen=True, repr=False)
class Optimum(Printed):
    """Where the test error is least, or where it peaks: at one point, or at every point of a grid.

    Attributes
    ----------
    parameter : {"ridge", "ridge_per_sample", "features"}
    value : float, mpmath number, Ball, or array of them
        Zero for the ridgeless limit, infinite where more is always better; in the numbers asked for.
    risk : Risk
        At that value (where no more than a limit: very close to it) or, certified, at its midpoint; in the numbers
        asked for.
    interior : bool or array of bool
        Whether the slope of the test error vanishes there.
    note : str
        What else there is to say of an optimum at an end.
    """

    parameter: str
    value: Any
    risk: Risk
    interior: Any
    note: str = ""

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"{self.parameter} = {np.array2string(np.asarray(self.value), threshold=12)}\n{self.risk}"
        where = "" if self.interior else f" ({self.note or 'at the end of the range'})"
        caution = f"\nuntrusted: {self.risk.caution}" if self.risk.caution else ""
        return f"{self.parameter} = {self.value}{where}: test = {self.risk.test}{caution}"


def each_point(find: Callable[P, R]) -> Callable[P, R]:
    """Let a function of one point answer for arrays of sizes, ridges and noises too: point by point."""
    signature = inspect.signature(find)

    @wraps(find)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        given = signature.bind(*args, **kwargs).arguments
        numbers = {name: given[name] for name in ("ridge",) if name in given}
        shape, points = points_of(given["model"], given["regime"], numbers)
        if shape == ():
            return find(*args, **kwargs)
        found: list[Any] = [
            find(**{**given, "model": model, "regime": regime, **here})  # type: ignore[call-arg]
            for model, regime, here in points
        ]
        return _gathered(shape, found, given["model"])  # type: ignore[return-value]

    return inner


def _gathered(shape: tuple[int, ...], found: list[Optimum | None], model: Any) -> Optimum | None:
    """Optima of the points of a grid as one; where there is none, NaN."""
    known = [one for one in found if one is not None]
    if not known:
        return None
    none = replace(known[0].risk, values=dict.fromkeys(known[0].risk.values, math.nan))
    risks = [none if one is None else one.risk for one in found]
    values = np.empty(len(found), dtype=object)
    values[:] = [math.nan if one is None else one.value for one in found]
    plain = all(isinstance(value, float) for value in values)
    return Optimum(
        known[0].parameter,
        (values.astype(float) if plain else values).reshape(shape),
        joined(risks, np.arange(len(found)).reshape(shape), model),
        np.array([one is not None and one.interior for one in found]).reshape(shape),
        "; ".join(dict.fromkeys(one.note for one in known if one.note)),
    )


@each_point
def optimal_ridge(
    model: Model,
    regime: Regime,
    *,
    digits: int | None = None,
    certified: bool = False,
    negative: bool = False,
) -> Optimum:
    """The ridge with the least test error.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional or FiniteSize
        Arrays of sizes, and of noises of the model, are answered point by point.
    digits : int, optional
        Decimal digits of the answer; double precision if not given.
    certified : bool
        Whether to prove that the slope of the test error changes sign within the returned ball.
    negative : bool
        Whether ridges below zero count too, down to where no solution continues from ridge zero.

    Returns
    -------
    Optimum
        Its parameter is ``ridge_per_sample`` for infinitely many samples. Where the test error falls for ever its
        value is infinite, and the risk is that of a very large ridge. Where it is the same at every ridge, zero. The
        note says where the slope at ridge zero is positive, so that ridges below zero do better.

    Raises
    ------
    InputError
        If the regime is another one, or shapes do not fit.

    Notes
    -----
    The scan covers ridges from 1e-14 to 1e12 in units of the activation's power, and zero; where the test error falls
    towards an end the sign of its slope is followed over 200 decades more. That the minimum found is the global one is
    a numerical statement; that it is a minimum can be certified.

    References
    ----------
    docs/howto/ten_things.md; MeiMontanari2022.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> best = optimal_ridge(model, asy.Proportional(psi1=math.inf, psi2=3))
    >>> round(best.value, 9)
    0.034154943
    """
    place = _place(model, regime)
    per_sample = place.per_sample
    name = "ridge_per_sample" if per_sample else "ridge"
    scale = place.equations.measure.power or 1.0

    def point(value: Fraction) -> Point:
        return place.point(value, per_sample)

    def risk(value: Any, **kind: Any) -> Risk:
        return predict(model, regime, **{name: value}, **kind)

    measure = measure_for(place, digits, certified)
    levels = measure.many_levels if digits is None and not certified else 0
    task = Task(place, RIDGE.name, point, risk, measure, scale, doubled=bool(levels))
    per_decade = 5 if levels > _LONG else 20
    grid = np.concatenate([[0.0], scale * np.logspace(-14, 12, 26 * per_decade + 1)])
    with warnings.catch_warnings():  # of ridges that are only passed through
        warnings.simplefilter("ignore")
        test = _defined(task.risk(grid))
    if task.is_flat(grid[1:], test):
        return replace(_at_end(task, name, 0, digits, certified), note="the same at every ridge")
    low, high = task.descend(grid[1:], max(int(np.nanargmin(test)), 1) - 1)
    if low is None or high is None:
        low, high = task.beyond(grid[1] if low is None else grid[-1], upwards=high is None)
        if low is None and test[0] <= test[-1]:
            return _zero_or_below(task, name, scale, digits, certified, negative)
    if low is None:
        return _at_end(task, name, math.inf, digits, certified, near=_ENORMOUS * scale)
    best = _interior(task, name, low, high, digits, certified)
    below = best_below_zero(task, scale) if negative else None
    if below is not None and below.least < float(best.risk.test):
        return _below(below, name, digits, certified)
    return best


def _zero_or_below(
    task: Task, name: str, scale: float, digits: int | None, certified: bool, negative: bool
) -> Optimum:
    """The optimum where the test error rises from ridge zero on."""
    at_zero = _at_end(task, name, 0, digits, certified)
    # Of several equations only ridges above zero are known.
    below = best_below_zero(task, scale) if negative or is_scalar(task.point(Fraction(1)).chart) else None
    if below is not None and negative:
        return _below(below, name, digits, certified)
    note = "" if below is None else "the slope there is positive: ridges below zero do better, negative=True"
    return replace(at_zero, note=note)


def _below(found: BelowZero, name: str, digits: int | None, certified: bool) -> Optimum:
    """The optimum at a ridge below zero."""
    size = found.task.solve(found.low, found.high, digits, certified)
    value = Ball(-size.enclosure, size.digits) if isinstance(size, Ball) else -size
    middle = value.mid if isinstance(value, Ball) else value
    shown = middle if isinstance(middle, float) else as_fraction(middle)
    return Optimum(name, value, found.task.risk(shown, digits=digits, certified=certified), True)


@each_point
def optimal_features(
    model: Model, regime: Regime, ridge: NumbersLike, *, digits: int | None = None, certified: bool = False
) -> Optimum:
    """The number of features with the least test error at a given ridge.

    Parameters
    ----------
    model : RandomFeaturesRidge
    regime : Proportional or FiniteSize
        Its samples are kept; its features are the most that are allowed, usually infinitely many.
    ridge : number or array
    digits, certified
        As for :func:`optimal_ridge`.

    Returns
    -------
    Optimum
        Real numbers at finite size as well; ``interior`` is false where as many as allowed are best, or none (then
        the risk is that of very few).

    Raises
    ------
    InputError
        If the model has no features, the regime is not one point of finite samples, or the ridge no number >= 0.

    References
    ----------
    docs/howto/ten_things.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> best = optimal_features(model, asy.Proportional(psi1=3, psi2=3), ridge=1e-3)
    >>> round(best.value, 6), best.interior
    (0.728083, True)
    """
    task, samples, most = _features_task(model, regime, ridge, digits, certified)
    top = 1e6 * samples if most == math.inf else float(most)
    grid = np.append(np.geomspace(1e-4 * samples, top, _FINE), float(most))
    test = _defined(task.risk(grid))
    if task.is_flat(grid[:-1], test):
        return replace(_at_end(task, "features", most, digits, certified), note="the same at every number")
    place = int(np.nanargmin(test))
    # Without a ridge nothing changes once samples and features exceed the rank: there is no slope to follow.
    level = task.point(Fraction(1)).ridge == 0 and test[-1] <= test[place] * (1 + ROUNDING)
    if place >= grid.size - 2 or level:
        return _at_end(task, "features", most, digits, certified)
    low, high = task.descend(grid[:-1], place)
    if low is None:
        low, high = task.beyond(grid[0], upwards=False)
    if low is None and high is None:
        return _at_end(task, "features", 0, digits, certified, near=_HARDLY_ANY * samples)
    if high is None:
        return _at_end(task, "features", most, digits, certified)
    return _interior(task, "features", low, high, digits, certified)


@each_point
def interpolation_peak(
    model: Model, regime: Regime, ridge: NumbersLike, *, digits: int | None = None, certified: bool = False
) -> Optimum | None:
    """The number of features near the samples at which the test error peaks.

    Parameters
    ----------
    model, regime, ridge, digits, certified
        As for :func:`optimal_features`; only the samples of the regime are used.

    Returns
    -------
    Optimum or None
        None if the test error has no local maximum in the features; the samples themselves, where the test error
        diverges, at ridge zero.

    Raises
    ------
    InputError
        As for :func:`optimal_features`.

    References
    ----------
    docs/theory/solver.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> peak = interpolation_peak(model, asy.Proportional(psi1=math.inf, psi2=2), ridge=1e-3)
    >>> round(peak.value, 6)
    1.947771
    """
    task, samples, _ = _features_task(model, regime, ridge, digits, certified)
    if number("ridge", ridge) == 0:
        return _at_end(task, "features", Fraction(samples), digits, certified)
    offsets = np.geomspace(1e-9, 0.99, _FINE)
    grid = samples * np.concatenate([1 - offsets[::-1], [1.0], 1 + offsets, np.geomspace(2, 100, 60)])
    test = _defined(task.risk(grid))
    inner = _peaks(test)
    while inner.size:
        place = int(inner[np.argmax(test[inner])])
        low, high = task.descend(grid, place, -1)
        if low is not None and high is not None:
            return _interior(task, "features", low, high, digits, certified)
        # Rounding made this maximum: the test error rises all the way to an end.
        inner = inner[inner > place] if low is None else inner[inner < place]
    return None


def _features_task(
    model: Any, regime: Any, ridge: Any, digits: int | None, certified: bool
) -> tuple[Task, float, Any]:
    """The task of moving the features, the samples, and the most features that are allowed."""
    place = _place(model, regime)
    features = place.model.feature_size
    if place.per_sample:
        raise InputError(place.regime.spelling(place.model.theory.samples), math.inf, "a finite value")
    given = number("ridge", ridge, minimum=0)

    def point(value: Fraction) -> Point:
        return place.point(given, sizes={features: value})

    def risk(value: Any, **kind: Any) -> Risk:
        return predict(model, place.regime.moved(features, value), given, **kind)

    samples, measure = float(place.samples), measure_for(place, digits, certified)
    return Task(place, features, point, risk, measure, samples), samples, place.sizes[features]


def _place(model: Any, regime: Any) -> Place:
    place = single(model, regime, quiet=True)
    if all(component.name != TEST.name for component in place.model.components):
        raise InputError("model", place.model.theory.name, "a model with a component named test")
    return place


def _defined(risk: Risk) -> np.ndarray:
    return np.asarray(risk.test, dtype=float)


def _peaks(test: np.ndarray) -> np.ndarray:
    """Grid points from which the test error falls to both sides, by more than rounding."""
    kept = [0]
    for k, value in enumerate(test.tolist()):
        if abs(value - test[kept[-1]]) > ROUNDING * test[kept[-1]]:
            kept.append(k)
    rising = np.diff(test[kept]) > 0
    return np.array(kept)[1:-1][rising[:-1] & ~rising[1:]]


def _interior(task: Task, name: str, low: float, high: float, digits: int | None, certified: bool) -> Optimum:
    value = task.solve(low, high, digits, certified)
    middle = value.mid if isinstance(value, Ball) else value
    shown = middle if isinstance(middle, float) else as_fraction(middle)
    return Optimum(name, value, task.risk(shown, digits=digits, certified=certified), True)


def _at_end(
    task: Task, name: str, value: Any, digits: int | None, certified: bool, near: Any = None
) -> Optimum:
    """An optimum at the end of a range; its risk is that of a value near it, where it has none itself."""
    risk = task.risk(value if near is None else near, digits=digits, certified=certified)
    return Optimum(name, _shown(value, digits, certified), risk, False)


def _shown(value: Any, digits: int | None, certified: bool) -> Any:
    """An exactly known value in the numbers asked for."""
    if certified:
        arithmetic = Balls(DOUBLE if digits is None else digits)
        with arithmetic.precision():
            return Ball(arithmetic.convert(value), arithmetic.digits)
    return float(value) if digits is None else Multiprecision(digits).convert(value)
