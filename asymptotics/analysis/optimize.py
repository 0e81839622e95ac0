"""Best ridge, best number of features, and the position of the interpolation peak.

A scan in double precision finds the place; there the derivative of the test error, derived from the equations, is
brought to zero between two points of opposite sign. With ``certified=True`` the sign change is proved in ball
arithmetic: the returned interval then contains a point where the slope of the test error changes sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.analysis.slopes import certified_slope, slope_at
from asymptotics.equations.chart import RIDGE
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.exact import Numbers, number
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls, interval
from asymptotics.models.components import TEST
from asymptotics.models.model import Model
from asymptotics.models.regime import Regime
from asymptotics.prediction.points import Place, Point, single
from asymptotics.prediction.predict import predict
from asymptotics.prediction.risk import Risk
from asymptotics.solvers.bracket import as_fraction, bracketed_root

_DOUBLE = 17
_FINE = 400
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Optimum:
    """Where the test error is least, or where it peaks.

    Attributes
    ----------
    parameter : {"ridge", "ridge_per_sample", "features"}
    value : float, mpmath number or Ball
        Zero for the ridgeless limit, infinite where more is always better; in the numbers asked for.
    risk : Risk
        At that value (where no more than a limit: very close to it) or, certified, at its midpoint; in the numbers
        asked for.
    interior : bool
        Whether the slope of the test error vanishes there.
    """

    parameter: str
    value: Any
    risk: Risk
    interior: bool

    def __repr__(self) -> str:
        return f"<Optimum: {self}>"

    def __str__(self) -> str:
        where = "" if self.interior else " (at the end of the range)"
        return f"{self.parameter} = {self.value}{where}: test = {self.risk.test}"


@dataclass(frozen=True)
class _Task:
    """One parameter to be moved, the others fixed.

    Attributes
    ----------
    place : Place
    moving : str
        ``lam``, or a size of the theory.
    point : callable
        The point at a value of it.
    risk : callable
        The risk at values of it.
    """

    place: Place
    moving: str
    point: Callable[[Fraction], Point]
    risk: Callable[..., Risk]

    def slope(self, value: Fraction, digits: int) -> Any:
        return slope_at(self.place.equations.measure, self.point(value), self.moving, digits)

    def solve(self, low: float, high: float, digits: int | None, certified: bool) -> Any:
        """Root of the slope between two values, as a float, an mpmath number or a proved ball."""
        wanted = _DOUBLE if digits is None else digits
        root = bracketed_root(self.slope, Fraction(low), Fraction(high), wanted)
        if certified:
            return self._prove(root, wanted)
        return float(root) if digits is None else Multiprecision(digits).convert(root)

    def _prove(self, root: Fraction, digits: int) -> Ball:
        below, above = root * (1 - Fraction(1, 10**digits)), root * (1 + Fraction(1, 10**digits))
        measure = self.place.equations.measure
        first, second = (
            certified_slope(measure, self.point(value), self.moving, 2 * digits + 10)
            for value in (below, above)
        )
        if not ((first < 0 and second > 0) or (first > 0 and second < 0)):
            raise PrecisionError(
                "the change of sign of the slope could not be proved", "ask for fewer digits"
            )
        return interval(below, above, digits)


def optimal_ridge(
    model: Model, regime: Regime, *, digits: int | None = None, certified: bool = False
) -> Optimum:
    """The ridge with the least test error.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional or FiniteSize
        One point.
    digits : int, optional
        Decimal digits of the answer; double precision if not given.
    certified : bool
        Whether to prove that the slope of the test error changes sign within the returned ball.

    Returns
    -------
    Optimum
        Its parameter is ``ridge_per_sample`` for infinitely many samples. Where the test error falls for ever its
        value is infinite, and the risk is that of a very large ridge.

    Raises
    ------
    InputError
        If the regime holds arrays, or is another one.

    Notes
    -----
    The scan covers ridges from 1e-14 to 1e12 in units of the activation's power, and zero. That the minimum found is
    the global one is a numerical statement; that it is a minimum can be certified.

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
    scale = place.equations.measure.power

    def point(value: Fraction) -> Point:
        return place.point(value, per_sample)

    def risk(value: Any, **kind: Any) -> Risk:
        return predict(model, regime, **{name: value}, **kind)

    task = _Task(place, RIDGE.name, point, risk)
    grid = np.concatenate([[0.0], scale * np.logspace(-14, 12, 26 * 20 + 1)])
    least = max(int(np.nanargmin(_defined(task.risk(grid)))), 1)
    low, high = _descend(task, grid[1:], least - 1)
    if low is None:
        return _at_end(task, name, 0, digits, certified)
    if high is None:
        return _at_end(task, name, math.inf, digits, certified, near=grid[-1])
    return _interior(task, name, low, high, digits, certified)


def optimal_features(
    model: Model, regime: Regime, ridge: Numbers, *, digits: int | None = None, certified: bool = False
) -> Optimum:
    """The number of features with the least test error at a given ridge.

    Parameters
    ----------
    model : RandomFeaturesRidge
    regime : Proportional or FiniteSize
        Its samples are kept; its features are the most that are allowed, usually infinitely many.
    ridge : number
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

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> best = optimal_features(model, asy.Proportional(psi1=3, psi2=3), ridge=1e-3)
    >>> round(best.value, 6), best.interior
    (0.728083, True)
    """
    task, samples, most = _features_task(model, regime, ridge)
    top = 1e6 * samples if most == math.inf else float(most)
    grid = np.append(np.geomspace(1e-4 * samples, top, _FINE), float(most))
    test = _defined(task.risk(grid))
    place = int(np.nanargmin(test))
    # Without a ridge nothing changes once samples and features exceed the rank: there is no slope to follow.
    level = task.point(Fraction(1)).ridge == 0 and test[-1] <= test[place] * (1 + _ROUNDING)
    if place >= grid.size - 2 or level:
        return _at_end(task, "features", most, digits, certified)
    low, high = (None, None) if place == 0 else _descend(task, grid[:-1], place)
    if low is None:
        return _at_end(task, "features", 0, digits, certified, near=grid[0])
    if high is None:
        return _at_end(task, "features", most, digits, certified)
    return _interior(task, "features", low, high, digits, certified)


def interpolation_peak(
    model: Model, regime: Regime, ridge: Numbers, *, digits: int | None = None, certified: bool = False
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

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> peak = interpolation_peak(model, asy.Proportional(psi1=math.inf, psi2=2), ridge=1e-3)
    >>> round(peak.value, 6)
    1.947771
    """
    task, samples, _ = _features_task(model, regime, ridge)
    if number("ridge", ridge) == 0:
        return _at_end(task, "features", Fraction(samples), digits, certified)
    offsets = np.geomspace(1e-9, 0.99, _FINE)
    grid = samples * np.concatenate([1 - offsets[::-1], [1.0], 1 + offsets, np.geomspace(2, 100, 60)])
    test = _defined(task.risk(grid))
    inner = _peaks(test)
    while inner.size:
        place = int(inner[np.argmax(test[inner])])
        low, high = _descend(task, grid, place, -1)
        if low is not None and high is not None:
            return _interior(task, "features", low, high, digits, certified)
        # Rounding made this maximum: the test error rises all the way to an end.
        inner = inner[inner > place] if low is None else inner[inner < place]
    return None


def _features_task(model: Any, regime: Any, ridge: Any) -> tuple[_Task, float, Any]:
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

    return _Task(place, features, point, risk), float(place.samples), place.sizes[features]


def _place(model: Any, regime: Any) -> Place:
    place = single(model, regime)
    if all(component.name != TEST.name for component in place.model.components):
        raise InputError("model", place.model.theory.name, "a model with a component named test")
    return place


def _defined(risk: Risk) -> np.ndarray:
    return np.asarray(risk.test, dtype=float)


def _descend(task: _Task, grid: np.ndarray, place: int, sign: int = 1) -> tuple[Any, Any]:
    """Two values around a minimum of the test error (a maximum for sign -1), found downhill from a grid point.

    Where the test error is flat to rounding, its slope is not. The first value is None where downhill leads to the
    start of the grid, the second where it leads to the end.
    """

    def slope(index: int) -> Any:
        return sign * task.slope(Fraction(grid[index]), _DOUBLE)

    near, step = place, -1 if slope(place) >= 0 else 1
    while True:
        far = min(max(near + step, 0), grid.size - 1)
        if far == near:
            return (None, grid[near]) if step < 0 else (grid[near], None)
        if slope(far) * step > 0:
            return grid[min(near, far)], grid[max(near, far)]
        near, step = far, 2 * step


def _peaks(test: np.ndarray) -> np.ndarray:
    """Grid points from which the test error falls to both sides, by more than rounding."""
    kept = [0]
    for k, value in enumerate(test.tolist()):
        if abs(value - test[kept[-1]]) > _ROUNDING * test[kept[-1]]:
            kept.append(k)
    rising = np.diff(test[kept]) > 0
    return np.array(kept)[1:-1][rising[:-1] & ~rising[1:]]


def _interior(
    task: _Task, name: str, low: float, high: float, digits: int | None, certified: bool
) -> Optimum:
    value = task.solve(low, high, digits, certified)
    middle = value.mid if isinstance(value, Ball) else value
    shown = middle if isinstance(middle, float) else as_fraction(middle)
    return Optimum(name, value, task.risk(shown, digits=digits, certified=certified), True)


def _at_end(
    task: _Task, name: str, value: Any, digits: int | None, certified: bool, near: Any = None
) -> Optimum:
    """An optimum at the end of a range; its risk is that of a value near it, where it has none itself."""
    risk = task.risk(value if near is None else near, digits=digits, certified=certified)
    return Optimum(name, _shown(value, digits, certified), risk, False)


def _shown(value: Any, digits: int | None, certified: bool) -> Any:
    """An exactly known value in the numbers asked for."""
    if certified:
        arithmetic = Balls(_DOUBLE if digits is None else digits)
        with arithmetic.precision():
            return Ball(arithmetic.convert(value), arithmetic.digits)
    return float(value) if digits is None else Multiprecision(digits).convert(value)
