"""Curves of the risk, enclosed on whole pieces of a parameter's range.

On a piece the equation is solved for its Taylor series with balls as coefficients: value, slope and curvature are then
enclosed at every point of the piece at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.functions.exact import exact_number
from asymptotics.lowering.balls import Ball, Balls, BallSeries
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.prediction.certified import ball_numbers, ball_problem, prove
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.measures import Numbers
from asymptotics.prediction.points import Point, locate, single
from asymptotics.prediction.precise import resolution, solve_point
from asymptotics.prediction.risk import COMPONENTS

_DIGITS = 30
_GUESS = 12
SHOWN = 16
_TERMS = 5


@dataclass(frozen=True)
class Curve:
    """One component of the risk along one parameter.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional or FiniteSize
        One point; its value of the moving parameter is not used.
    ridge, ridge_per_sample : number, optional
        Fixed, unless the ridge moves.
    over : {"features", "samples", "ridge"}
        The moving parameter; ``ridge`` is per sample for infinitely many samples.
    component : str

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> curve = Curve(model, asy.Proportional(psi1=1, psi2=2), ridge="0.01", over="features")
    >>> curve.at("3").contains(asy.predict(model, asy.Proportional(3, 2), "0.01", digits=25).test)
    True
    """

    model: Any
    regime: Any
    ridge: Any = None
    over: str = "features"
    component: str = "test"
    ridge_per_sample: Any = None

    def __post_init__(self) -> None:
        single(self.model, self.regime)
        if self.over not in ("features", "samples", "ridge"):
            raise InputError("over", self.over, "features, samples or ridge")
        if self.component not in COMPONENTS:
            raise InputError("component", self.component, f"one of {', '.join(COMPONENTS)}")
        if (self.over == "ridge") != (self.ridge is None and self.ridge_per_sample is None):
            raise InputError("ridge", self.ridge, "given, unless it is the parameter that moves")
        if self.over == "features" and self.model.family == "kernel-ridge":
            raise InputError("over", self.over, "samples or ridge for kernel ridge regression")

    def at(self, value: Any) -> Ball:
        """Enclosure of the component at one exactly given value of the parameter."""
        exact = exact_number(self.over, value)
        local = Piece(self, exact, exact).coefficients(exact, 1)
        if local is None:
            raise PrecisionError(f"the component could not be enclosed at {self.over} = {value}")
        return Ball(local[0], SHOWN)

    def threshold(self) -> Fraction | None:
        """Where the sizes are equal, if the parameter is a size."""
        _, n, p, _ = single(self.model, self.regime)
        other = {"features": n, "samples": p, "ridge": math.inf}[self.over]
        return None if other == math.inf else Fraction(other)

    def point(self, value: Fraction, wide: bool) -> Point:
        """The point at a value, in the wanted chart where both serve it."""
        names, n, p, d = single(self.model, self.regime)
        n, p = (value if self.over == "samples" else n), (value if self.over == "features" else p)
        if self.ridge_per_sample is not None or (self.over == "ridge" and n == math.inf):
            lam_n = value if self.over == "ridge" else exact_number("ridge_per_sample", self.ridge_per_sample)
            lam = Fraction(0) if n == math.inf else lam_n * n
        else:
            lam = value if self.over == "ridge" else exact_number("ridge", self.ridge)
            lam_n = Fraction(0) if n == math.inf else lam / n
        found = locate(self.model.family, names, n, p, lam, lam_n, d)
        if found.chart == "wide" and not wide and n == p:
            coordinates = {names[1]: p, "inv_n": 1 / p, "gap": Fraction(0), "lam_n": lam_n}
            return Point("tall", coordinates, p, lam_n, d)
        return found


@dataclass(frozen=True)
class Local:
    """A component on a piece ``[lower, upper]`` of the parameter's range.

    Attributes
    ----------
    lower, upper : Fraction
    value, slope, curvature : Ball
        Enclose the component, and its first and second derivatives times a positive number, on the whole piece.
    """

    lower: Fraction
    upper: Fraction
    value: Ball
    slope: Ball
    curvature: Ball


class Piece:
    """Taylor coefficients of a component on an interval of the parameter, all of it on one side of ``n = p``."""

    def __init__(self, curve: Curve, lower: Fraction, upper: Fraction) -> None:
        self.curve, self.lower, self.upper = curve, lower, upper
        border = curve.threshold()
        side = (lower + upper) / 2
        self.wide = border is None or (side >= border if curve.over == "features" else side <= border)

    def local(self) -> Local | None:
        """Enclosures on the interval, or None if the equation could not be solved there as a whole."""
        middle = (self.lower + self.upper) / 2
        found = self._solved(middle, ((self.lower, self.upper, _TERMS), (middle, middle, _TERMS)))
        if found is None:
            return None
        wide, narrow = found
        arithmetic = Balls(_DIGITS)
        with arithmetic.precision():
            range_ = arithmetic.hull(arithmetic.convert(self.lower), arithmetic.convert(self.upper))
            step, ratio = range_ / arithmetic.convert(middle) - 1, arithmetic.convert(middle) / range_
            # Taylor's formula at the middle; the last coefficient is taken on the whole interval.
            taylor = [*narrow[:-1], wide[-1] * ratio ** (_TERMS - 1)]
            value = arithmetic.meet(wide[0], _sum(taylor, step))
            slope = arithmetic.meet(wide[1] * ratio, _sum([k * a for k, a in enumerate(taylor)][1:], step))
            bend = _sum([k * (k - 1) * a for k, a in enumerate(taylor)][2:], step)
            curvature = arithmetic.meet(2 * wide[2] * ratio * ratio, bend)
            return Local(self.lower, self.upper, *(Ball(v, SHOWN) for v in (value, slope, curvature)))

    def coefficients(self, value: Fraction, terms: int) -> list[Any] | None:
        """Balls around ``x^k f^(k)(x)/k!`` at one point."""
        found = self._solved(value, ((value, value, terms),))
        return None if found is None else found[0]

    def _solved(
        self, middle: Fraction, wanted: tuple[tuple[Fraction, Fraction, int], ...]
    ) -> list[Any] | None:
        """Taylor coefficients on intervals around one middle; None if one of them is not finite."""
        model, centre = self.curve.model, self.curve.point(middle, self.wide)
        kind = "proportional" if centre.dimension is None else "general"
        try:
            plain = problem(model.family, kind, centre.chart)
            root, degrees = solve_point(model, plain, centre, resolution(model, centre)[0], _GUESS)
            data = ball_numbers(model, centre.dimension, degrees, _DIGITS)
            reduced = ball_problem(model.family, kind, centre.chart)
            found = [self._coefficients(reduced, centre, data, root.value, *item) for item in wanted]
        except (SolverError, ZeroDivisionError, ValueError):
            return None
        return found if all(value.is_finite() for values in found for value in values) else None

    def _coefficients(
        self,
        reduced: ScalarProblem,
        centre: Point,
        data: Numbers,
        guess: Any,
        lower: Fraction,
        upper: Fraction,
        terms: int,
    ) -> list[Any]:
        """Balls around ``x^k f^(k)(x)/k!`` for every x of an interval."""
        arithmetic, series = Balls(_DIGITS), BallSeries(terms)
        with arithmetic.precision():
            range_ = arithmetic.hull(arithmetic.convert(lower), arithmetic.convert(upper))
            given = self._coordinates(centre, series, range_)
            values = {name: series.coefficient(value, 0) for name, value in given.items()}
            start = Point(centre.chart, values, centre.size, centre.ridge, centre.dimension)
            nu = prove(reduced, start, data, arithmetic.convert(guess), arithmetic).value
            given |= {name: series.convert(value) for name, value in data.scalars.items()}
            spectrum = _lifted(data.spectrum, series)
            known = [nu]
            while len(known) < terms:
                root = series.series(known)
                out = reduced.residual({**given, reduced.master: root}, series, spectrum)
                correction = root * (out["left"] - out["right"]) / out["slope"]
                known += [
                    series.coefficient(correction, k) for k in range(len(known), min(2 * len(known), terms))
                ]
            root = series.series(known)
            found = reduced.observables({**given, reduced.master: root}, series, spectrum)[
                self.curve.component
            ]
            return [series.coefficient(found, k) for k in range(terms)]

    def _coordinates(self, centre: Point, series: BallSeries, range_: Any) -> dict[str, Any]:
        """Inputs of the chart as series in the relative change of the parameter, on the whole interval."""
        names, n, _p, _ = single(self.curve.model, self.curve.regime)
        moving = series.series([range_, range_])
        fixed = {name: series.convert(value) for name, value in centre.coordinates.items()}
        one, over = series.convert(1), self.curve.over
        if over == "ridge":
            name = "lam" if centre.chart == "wide" else "lam_n"
            per_sample = centre.chart == "wide" or n == math.inf
            return {**fixed, name: moving if per_sample else moving * series.convert(1 / Fraction(n))}
        if centre.chart == "samples":
            inverse = one / moving
            return {"inv_n": inverse, "lam_n": self._ridge_per_sample(series, inverse)}
        smaller = names[0] if centre.chart == "wide" else names[1]
        inverse_name = "inv_p" if centre.chart == "wide" else "inv_n"
        if (over == "samples") == (centre.chart == "wide"):
            size, inverse = moving, fixed[inverse_name]
        else:
            size, inverse = fixed[smaller], one / moving
        result = {smaller: size, inverse_name: inverse, "gap": one - size * inverse}
        if centre.chart == "wide":
            ridge = self.curve.ridge_per_sample
            return {
                **result,
                "lam": fixed["lam"] if ridge is None else series.convert(exact_number("", ridge)) * size,
            }
        return {**result, "lam_n": self._ridge_per_sample(series, inverse)}

    def _ridge_per_sample(self, series: BallSeries, inverse: Any) -> Any:
        if self.curve.ridge_per_sample is not None:
            return series.convert(exact_number("ridge_per_sample", self.curve.ridge_per_sample))
        return series.convert(exact_number("ridge", self.curve.ridge)) * inverse


def _sum(coefficients: Sequence[Any], step: Any) -> Any:
    """A polynomial in the relative change of the parameter."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * step + coefficient
    return total


def _lifted(spectrum: Spectrum | None, series: BallSeries) -> Spectrum | None:
    """A spectrum whose numbers are constant series."""
    if spectrum is None:
        return None
    weights = {name: series.array(values) for name, values in spectrum.weights.items()}
    tails = {name: series.convert(value) for name, value in spectrum.tails.items()}
    return Spectrum(series.array(spectrum.eigenvalues), weights, tails)
