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

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.functions.exact import exact_number
from asymptotics.lowering.ball_series import BallSeries
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import Numbers
from asymptotics.prediction.certified import prove
from asymptotics.prediction.points import Place, Point, in_chart, single
from asymptotics.prediction.precise import solve_point
from asymptotics.prediction.problems import coordinates, enclosing_problem, require_scalar, ridge_name, serves

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

    Raises
    ------
    InputError
        If the component or the moving parameter is unknown, or a ridge is missing.

    References
    ----------
    docs/howto/digits_and_proofs.md.

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
        place = self.place
        require_scalar(place.equations.charts, "a proved curve")
        if self.over not in ("features", "samples", "ridge"):
            raise InputError("over", self.over, "features, samples or ridge")
        names = [component.name for component in place.model.components]
        if self.component not in names:
            raise InputError("component", self.component, f"one of {', '.join(names)}")
        if (self.over == "ridge") != (self.ridge is None and self.ridge_per_sample is None):
            raise InputError("ridge", self.ridge, "given, unless it is the parameter that moves")
        if self.over == "features" and place.model.theory.only_infinite():
            raise InputError("over", self.over, "samples or ridge for kernel ridge regression")

    @property
    def place(self) -> Place:
        """Model and sizes; the value of the moving parameter among them is not used."""
        return single(self.model, self.regime)

    @property
    def moving(self) -> str:
        """The moving size by its name in the theory, or ``lam``."""
        theory = self.place.model.theory
        return {"features": theory.features, "samples": theory.samples, "ridge": RIDGE.name}[self.over]

    @property
    def per_sample(self) -> bool:
        """Whether the ridge is one per sample."""
        return self.ridge_per_sample is not None or (self.over == "ridge" and self.place.per_sample)

    def at(self, value: Any) -> Ball:
        """Enclosure of the component at one exactly given value of the parameter."""
        exact = exact_number(self.over, value)
        local = Arc(self, exact, exact).coefficients(exact, 1)
        if local is None:
            raise PrecisionError(f"the component could not be enclosed at {self.over} = {value}")
        return Ball(local[0], SHOWN)

    def threshold(self) -> Fraction | None:
        """Where the chart changes, if the parameter is a size: at the other size."""
        charts, sizes = self.place.equations.charts, self.place.sizes
        others = {sizes[size.name] for chart in charts for size in chart.sizes if size.name != self.moving}
        if self.over == "ridge" or len(charts) < 2 or others == {math.inf}:
            return None
        return Fraction(others.pop())

    def chart(self, value: Fraction) -> Chart:
        """The chart that serves the inside of a piece around a value."""
        sizes = {**self.place.sizes, self.moving: value}
        return next(chart for chart in self.place.equations.charts if serves(chart, sizes))

    def point(self, value: Fraction, chart: Chart) -> Point:
        """The point at a value, in a chart.

        Parameters
        ----------
        value : Fraction
            Of the moving parameter.
        chart : Chart
            The coordinates that serve there.
        """
        given = self.ridge_per_sample if self.ridge_per_sample is not None else self.ridge
        ridge = value if self.over == "ridge" else exact_number("ridge", given)
        sizes = dict(self.place.sizes)
        if self.over != "ridge":
            sizes[self.moving] = value
        return in_chart(chart, sizes, ridge, self.per_sample)


@dataclass(frozen=True)
class Extremum:
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


class Arc:
    """Taylor coefficients of a component on an interval of the parameter, all of it on one side of ``n = p``."""

    def __init__(self, curve: Curve, lower: Fraction, upper: Fraction) -> None:
        self.curve, self.lower, self.upper = curve, lower, upper
        self.chart = curve.chart((lower + upper) / 2)

    def local(self) -> Extremum | None:
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
            return Extremum(self.lower, self.upper, *(Ball(v, SHOWN) for v in (value, slope, curvature)))

    def coefficients(self, value: Fraction, terms: int) -> list[Any] | None:
        """Balls around ``x^k f^(k)(x)/k!`` at one point.

        Parameters
        ----------
        value : Fraction
            Of the moving parameter, on the arc.
        terms : int
            Number of coefficients.
        """
        found = self._solved(value, ((value, value, terms),))
        return None if found is None else found[0]

    def _solved(
        self, middle: Fraction, wanted: tuple[tuple[Fraction, Fraction, int], ...]
    ) -> list[Any] | None:
        """Taylor coefficients on intervals around one middle; None if one of them is not finite."""
        measure, centre = self.curve.place.equations.measure, self.curve.point(middle, self.chart)
        try:
            degrees = measure.first_degrees(float(centre.size))
            root, degrees = solve_point(measure, centre, degrees, _GUESS)
            data = measure.balls(degrees, _DIGITS)
            found = [self._coefficients(centre, data, root.value, *item) for item in wanted]
        except (SolverError, ZeroDivisionError, ValueError):
            return None
        return found if all(value.is_finite() for values in found for value in values) else None

    def _coefficients(
        self, centre: Point, data: Numbers, guess: Any, lower: Fraction, upper: Fraction, terms: int
    ) -> list[Any]:
        """Balls around ``x^k f^(k)(x)/k!`` for every x of an interval."""
        arithmetic, series, reduced = Balls(_DIGITS), BallSeries(terms), enclosing_problem(self.chart)
        with arithmetic.precision():
            range_ = arithmetic.hull(arithmetic.convert(lower), arithmetic.convert(upper))
            given = self._coordinates(centre, series, range_)
            values = {name: series.coefficient(value, 0) for name, value in given.items()}
            nu = prove(centre.with_coordinates(**values), data, arithmetic.convert(guess), arithmetic).value
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
        infinite = frozenset(name for name, value in centre.sizes.items() if value == math.inf)
        given = {n: series.convert(value) for n, value in centre.sizes.items() if n not in infinite}
        ridge = ridge_name(self.curve.per_sample)
        given[ridge] = series.convert(centre.ridge)
        given[ridge if self.curve.over == "ridge" else self.curve.moving] = series.series([range_, range_])
        return coordinates(self.chart, self.curve.per_sample, infinite, expanded=True)(given, series)


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
