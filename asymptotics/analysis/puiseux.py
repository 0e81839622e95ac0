"""Expansions of the risk around a limit: small or large ridge, close to ``n = p``, many features or samples.

The chart's equation is solved for the effective ridge as a Puiseux series, by Newton's iteration on series from its
leading term; the programs of the observables then run on that series. Exponents of divergences and their constants
are the leading terms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError
from asymptotics.functions.exact import exact_number
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.leading_orders import UNIT
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.puiseux_series import PuiseuxNumber, PuiseuxSeries, Rationals
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.prediction.points import Place, Point, in_chart, single
from asymptotics.prediction.precise import solve_point
from asymptotics.prediction.problems import chart_of, coordinates, problem, require_scalar, ridge_name
from asymptotics.prediction.singular import effective_ridge, growing_ridge, inverse_trace, threshold_point
from asymptotics.printing import Printed

VARIABLES = ("ridge", "1/ridge", "gap", "1/features", "1/samples")
_GUARD = 8
_SPARE = 8


@dataclass(frozen=True)
class _Leading:
    """Leading term ``first * variable^(start/ramification)`` of the effective ridge, and the numbers it is made of."""

    first: Any
    start: int
    ramification: int
    data: Numbers
    base: Any


@dataclass(frozen=True, repr=False)
class RiskSeries(Printed):
    """The risk and its parts as series in a small variable.

    Attributes
    ----------
    variable : str
        What is small: ``ridge``, ``1/ridge``, ``gap`` (one minus the ratio of sizes), ``1/features``, ``1/samples``.
    series : mapping component -> PuiseuxNumber
    """

    variable: str
    series: Mapping[str, PuiseuxNumber]

    def leading(self, component: str = "test") -> tuple[Fraction, Any]:
        """Exponent and constant of the leading term.

        Raises
        ------
        InputError
            If the component vanishes to the order of the expansion.
        """
        terms = self.terms(component)
        if not terms:
            raise InputError("component", component, "one that does not vanish", "ask for more terms")
        return terms[0]

    def terms(self, component: str = "test") -> list[tuple[Fraction, Any]]:
        """Exponents and coefficients of every term."""
        series = self.series[component]
        unit = series.arithmetic.ramification
        return [(Fraction(series.start + k, unit), a) for k, a in enumerate(series.coefficients)]

    def __call__(self, value: Any, component: str = "test") -> Any:
        """Sum of the terms at a small positive value (for ``1/ridge``, one over the ridge), as an mpmath number."""
        series = self.series[component]
        arithmetic = Multiprecision(getattr(series.arithmetic.base, "digits", 30))
        small = arithmetic.convert(value)
        step = arithmetic.root(small, series.arithmetic.ramification)
        total = arithmetic.convert(0)
        for k, a in enumerate(series.coefficients):
            total = total + arithmetic.convert(a) * step ** (series.start + k)
        return total

    def __str__(self) -> str:
        return "\n".join(f"{name} = {series}" for name, series in self.series.items()).replace(
            "eps", self.variable
        )


def expand_risk(
    model: Any, regime: Any, ridge: Any = None, *, small: str, terms: int = 4, digits: int | None = 30,
    ridge_per_sample: Any = None,
) -> RiskSeries:  # fmt: skip
    """Expand the risk in a small variable.

    Parameters
    ----------
    model : Model
    regime : Proportional or FiniteSize
        One point. For ``gap``, its smaller size is kept and the larger one approaches it; for ``1/features`` and
        ``1/samples`` the other size is kept.
    ridge, ridge_per_sample : number, optional
        Kept fixed; not given where the ridge is the variable.
    small : {"ridge", "1/ridge", "gap", "1/features", "1/samples"}
        What tends to zero. The ridge is per sample for infinitely many samples.
    terms : int
        Number of coefficients; their exponents are multiples of 1, or of 1/2 or 1/3 where the limit is singular.
    digits : int or None
        Digits of the coefficients; None for exact rational ones, where they are rational (coefficients given
        exactly, and a large ridge).

    Returns
    -------
    RiskSeries

    Raises
    ------
    InputError
        If an argument is not allowed.

    References
    ----------
    docs/howto/limits_of_sizes_and_ridge.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    >>> peak = expand_risk(model, asy.Proportional(2, 2), small="ridge", terms=3)
    >>> exponent, constant = peak.leading("test")
    >>> print(exponent, round(float(constant), 6))
    -1/2 0.236204
    """
    if small not in VARIABLES:
        raise InputError("small", small, f"one of {', '.join(VARIABLES)}")
    place = single(model, regime)
    require_scalar(place.equations.charts, "expand_risk")
    setting = _Setting.read(place, ridge, ridge_per_sample, small)
    chart, point = setting.chart, setting.point()
    exact = setting.coordinates(PuiseuxSeries(Rationals(), 1, 3))
    lead = _leading(setting.place.equations.measure, point, exact, small, digits)
    arithmetic = PuiseuxSeries(lead.base, lead.ramification, terms + _GUARD)
    given = setting.coordinates(arithmetic)
    given |= {name: arithmetic.constant(value) for name, value in lead.data.scalars.items()}
    spectrum = lifted(lead.data.spectrum, arithmetic)
    reduced = problem(chart)
    root = series_root(
        reduced, given, spectrum, PuiseuxNumber(arithmetic, lead.start, [lead.first]), terms + _GUARD
    )
    found = reduced.observables({**given, reduced.master: root}, arithmetic, spectrum)
    wanted = (*(component.name for component in setting.place.model.components), reduced.master)
    kept = [name for name in wanted if name in found]
    return RiskSeries(small, {name: found[name].shortened(terms) for name in kept})


@dataclass(frozen=True)
class _Setting:
    """What is fixed, and what moves; the chart is regular where the variable is zero."""

    place: Place
    chart: Chart
    sizes: Mapping[str, Any]
    per_sample: bool
    ridge: Fraction | None
    small: str

    @classmethod
    def read(cls, place: Place, ridge: Any, ridge_per_sample: Any, small: str) -> _Setting:
        varies = small in ("ridge", "1/ridge")
        if varies and (ridge is not None or ridge_per_sample is not None):
            raise InputError("ridge", ridge, f"nothing where the variable is {small}")
        if not varies and (ridge is None) == (ridge_per_sample is None):
            raise InputError("ridge", ridge, "exactly one of ridge and ridge_per_sample")
        per_sample = ridge_per_sample is not None or (varies and place.per_sample)
        given = ridge_per_sample if ridge_per_sample is not None else ridge
        fixed = None if varies else exact_number("ridge", given, minimum=0)
        moving = _moving_size(place, small, per_sample)
        sizes = {**place.sizes, moving: math.inf} if moving else dict(place.sizes)
        charts = place.equations.charts
        chart = chart_of(charts, sizes)
        finite = {name for name, value in sizes.items() if value != math.inf}
        if (chart.slack.name not in finite and len(charts) > 1) or (small == "gap" and len(finite) < 2):
            raise InputError("regime", place.regime, f"finite sizes where {small} is small")
        return cls(place, chart, sizes, per_sample, fixed, small)

    def point(self) -> Point:
        """Where the variable is zero; at the threshold for ``gap``, and of no ridge where the ridge grows."""
        sizes = dict(self.sizes)
        if self.small == "gap":
            sizes = dict.fromkeys(sizes, sizes[self.chart.slack.name])
        return in_chart(self.chart, sizes, self.ridge or 0, self.per_sample)

    def coordinates(self, arithmetic: PuiseuxSeries) -> dict[str, PuiseuxNumber]:
        """Inputs of the chart as series in the small variable."""
        one, epsilon, slack = arithmetic.convert(1), arithmetic.variable(), self.chart.slack.name
        given, infinite = {}, set()
        for name, value in self.sizes.items():
            if self.small == "gap" and name != slack:
                given[name] = arithmetic.convert(self.sizes[slack]) / (one - epsilon)
            elif value != math.inf:
                given[name] = arithmetic.convert(value)
            elif name == _moving_size(self.place, self.small, self.per_sample):
                given[name] = one / epsilon
            else:
                infinite.add(name)
        lam = arithmetic.variable(-1) if self.small == "1/ridge" else epsilon
        given[ridge_name(self.per_sample)] = lam if self.ridge is None else arithmetic.convert(self.ridge)
        return coordinates(self.chart, self.per_sample, frozenset(infinite))(given, arithmetic)


def _moving_size(place: Place, small: str, per_sample: bool) -> str:
    """The size that grows where its inverse is small; empty if none does.

    Raises
    ------
    InputError
        If the model is a kernel, and the variable not one that it has.
    """
    theory = place.model.theory
    if theory.only_infinite() and small not in ("ridge", "1/ridge"):
        if not (small == "1/samples" and per_sample):
            allowed = "ridge, 1/ridge, or 1/samples at fixed ridge_per_sample, for kernels"
            raise InputError("small", small, allowed)
    return {"1/samples": theory.samples, "1/features": theory.features}.get(small, "")


def _leading(
    measure: SpectralMeasure,
    point: Point,
    inputs: Mapping[str, PuiseuxNumber],
    small: str,
    digits: int | None,
) -> _Leading:
    """Leading term of the effective ridge; ``point`` is where the variable is zero."""
    degrees = measure.first_degrees(float(point.size))
    base: Any = Rationals() if digits is None else Multiprecision(digits + _SPARE)
    if small == "1/ridge":
        data = measure.exactly(base, degrees) if digits is None else measure.numbers(degrees, base)
        arithmetic = next(iter(inputs.values())).arithmetic
        first = growing_ridge(point.chart, inputs, arithmetic).coefficients[0]
        return _Leading(base.convert(first), -1, 1, data, base)
    if digits is None:
        raise InputError(
            "digits", digits, "given, where the variable is not 1/ridge", "coefficients are irrational"
        )
    rank = measure.rank(degrees)
    if point.vanishing > 0 or rank > point.size:
        regular = threshold_point(point) if point.without_ridge and point.at_threshold else point
        root, degrees = solve_point(measure, regular, degrees, digits + _SPARE)
        data = measure.numbers(degrees, root.arithmetic)
        ramification = 2 if small == "ridge" and point.at_threshold else 1
        return _Leading(root.value, 0, ramification, data, root.arithmetic)
    vanishing = point.chart.vanishing
    ridge = [] if vanishing is None else inputs[vanishing.name].coefficients
    if not ridge:
        raise InputError(
            "ridge", 0, "a positive ridge where the smaller size reaches the rank of the spectrum"
        )
    data = measure.numbers(degrees, base)
    inverse = inverse_trace(data, base, point.chart, point)
    order = effective_ridge(point.chart, point, rank, None, inverse, base)
    ramification = UNIT // int(order.exponent)
    scale = base.convert(ridge[0])
    first = order.coefficient * (scale if ramification == 1 else base.root(scale, ramification))
    return _Leading(first, 1, ramification, data, base)


def lifted(spectrum: Spectrum | None, arithmetic: PuiseuxSeries) -> Spectrum | None:
    """A spectrum whose numbers are constant series.

    Parameters
    ----------
    spectrum : Spectrum, optional
        Levels with numbers, if the model has any.
    arithmetic : PuiseuxSeries
        The ring of series.
    """
    if spectrum is None:
        return None

    def lift(values: Any) -> Any:
        return arithmetic.array([arithmetic.constant(value) for value in values])

    weights = {name: lift(value) for name, value in spectrum.weights.items()}
    tails = {name: arithmetic.constant(value) for name, value in spectrum.tails.items()}
    return Spectrum(lift(spectrum.eigenvalues), weights, tails)


def series_root(
    reduced: ScalarProblem,
    given: Mapping[str, PuiseuxNumber],
    spectrum: Spectrum | None,
    first: PuiseuxNumber,
    count: int,
) -> PuiseuxNumber:
    """The effective ridge as a series: each step doubles the number of coefficients that are right.

    Parameters
    ----------
    reduced : ScalarProblem
        One monotone equation.
    given : mapping of str to PuiseuxNumber
        Inputs of the chart as series.
    spectrum : Spectrum, optional
        Levels as series.
    first : PuiseuxNumber
        Leading order of the root.
    count : int
        Coefficients that are wanted.
    """
    root, known = first, 1
    while known < count:
        out = reduced.residual({**given, reduced.master: root}, first.arithmetic, spectrum)
        correction = root * (out["left"] - out["right"]) / out["slope"]
        further = [correction[root.start + k] for k in range(known, min(2 * known, count))]
        values = [root[root.start + k] for k in range(known)] + further
        known += len(further)
        root = PuiseuxNumber(first.arithmetic, first.start, values)
    return PuiseuxNumber(first.arithmetic, first.start, root.coefficients, first.start + count)
