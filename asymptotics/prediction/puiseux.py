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

from asymptotics.errors import InputError
from asymptotics.functions.exact import exact_number
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.leading_orders import UNIT
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.puiseux_series import PuiseuxSeries, Rationals, Series
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.limits import effective_ridge, inverse_trace, threshold_point
from asymptotics.prediction.measures import Numbers, assemble, given_levels, numbers
from asymptotics.prediction.points import Point, single
from asymptotics.prediction.precise import resolution, solve_point
from asymptotics.prediction.risk import COMPONENTS

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


@dataclass(frozen=True)
class RiskSeries:
    """The risk and its parts as series in a small variable.

    Attributes
    ----------
    variable : str
        What is small: ``ridge``, ``1/ridge``, ``gap`` (one minus the ratio of sizes), ``1/features``, ``1/samples``.
    series : mapping component -> Series
    """

    variable: str
    series: Mapping[str, Series]

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
    model : RandomFeaturesRidge or KernelRidge
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
    setting = _Setting.read(model, regime, ridge, ridge_per_sample, small)
    exact = setting.coordinates(PuiseuxSeries(Rationals(), 1, 3))
    lam = "lam" if setting.chart == "wide" else "lam_n"
    constants = {name: series[0] for name, series in exact.items()}
    point = Point(setting.chart, constants, setting.sizes[0], constants[lam], setting.dimension)
    reduced = problem(model.family, "proportional" if setting.dimension is None else "general", setting.chart)
    lead = _leading(model, reduced, point, exact[lam], small, digits)
    arithmetic = PuiseuxSeries(lead.base, lead.ramification, terms + _GUARD)
    given = setting.coordinates(arithmetic)
    given |= {name: arithmetic.constant(value) for name, value in lead.data.scalars.items()}
    spectrum = lifted(lead.data.spectrum, arithmetic)
    root = series_root(reduced, given, spectrum, Series(arithmetic, lead.start, [lead.first]), terms + _GUARD)
    found = reduced.observables({**given, reduced.master: root}, arithmetic, spectrum)
    kept = [name for name in (*COMPONENTS, reduced.master) if name in found]
    return RiskSeries(small, {name: found[name].shortened(terms) for name in kept})


@dataclass(frozen=True)
class _Setting:
    """Which chart, what is fixed in it, and what moves."""

    chart: str
    names: tuple[str, str]
    sizes: tuple[Any, Any]
    dimension: int | None
    per_sample: bool
    ridge: Fraction | None
    small: str

    @classmethod
    def read(cls, model: Any, regime: Any, ridge: Any, ridge_per_sample: Any, small: str) -> _Setting:
        names, n, p, d = single(model, regime)
        varies = small in ("ridge", "1/ridge")
        if varies and (ridge is not None or ridge_per_sample is not None):
            raise InputError("ridge", ridge, f"nothing where the variable is {small}")
        if not varies and (ridge is None) == (ridge_per_sample is None):
            raise InputError("ridge", ridge, "exactly one of ridge and ridge_per_sample")
        per_sample = ridge_per_sample is not None or (varies and n == math.inf)
        given = ridge_per_sample if ridge_per_sample is not None else ridge
        fixed = None if varies else exact_number("ridge", given, minimum=0)
        if model.family == "kernel-ridge":
            if small not in ("ridge", "1/ridge") and not (small == "1/samples" and per_sample):
                raise InputError(
                    "small", small, "ridge, 1/ridge, or 1/samples at fixed ridge_per_sample, for kernels"
                )
            sizes = (math.inf if small == "1/samples" else n, math.inf)
            return cls("samples", names, sizes, d, per_sample, fixed, small)
        wide = small == "1/features" or (small != "1/samples" and p >= n)
        sizes = (n, p) if wide else (p, n)
        if sizes[0] == math.inf or (small == "gap" and math.inf in sizes):
            raise InputError("regime", regime, f"finite sizes where {small} is small")
        return cls("wide" if wide else "tall", names, sizes, d, per_sample, fixed, small)

    def coordinates(self, arithmetic: PuiseuxSeries) -> dict[str, Series]:
        """Inputs of the chart as series in the small variable."""
        one, epsilon = arithmetic.convert(1), arithmetic.variable()
        lam = arithmetic.variable(-1) if self.small == "1/ridge" else epsilon
        lam = lam if self.ridge is None else arithmetic.convert(self.ridge)
        least, largest = self.sizes
        if self.chart == "samples":
            inverse = epsilon if self.small == "1/samples" else _reciprocal(least, arithmetic)
            return {"inv_n": inverse, "lam_n": lam if self.per_sample else lam * inverse}
        scale = arithmetic.convert(least)
        inverse = epsilon if self.small in ("1/features", "1/samples") else _reciprocal(largest, arithmetic)
        gap = one - scale * inverse
        if self.small == "gap":
            gap, inverse = epsilon, (one - epsilon) / scale
        if self.chart == "wide":
            lam = lam * scale if self.per_sample else lam
            return {self.names[0]: scale, "inv_p": inverse, "gap": gap, "lam": lam}
        lam = lam if self.per_sample else lam * inverse
        return {self.names[1]: scale, "inv_n": inverse, "gap": gap, "lam_n": lam}


def _reciprocal(size: Any, arithmetic: PuiseuxSeries) -> Series:
    return arithmetic.convert(0 if size == math.inf else 1 / Fraction(size))


def _leading(
    model: Any, reduced: ScalarProblem, point: Point, ridge: Series, small: str, digits: int | None
) -> _Leading:
    """Leading term of the effective ridge; ``point`` is where the variable is zero, ``ridge`` the chart's ridge."""
    if small == "1/ridge":
        base = Rationals() if digits is None else Multiprecision(digits + _SPARE)
        first = 1 / Fraction(point.size) if point.chart == "wide" else ridge.coefficients[0]
        return _Leading(base.convert(first), -1, 1, _plain_numbers(model, point, base, digits), base)
    if digits is None:
        raise InputError(
            "digits", digits, "given, where the variable is not 1/ridge", "coefficients are irrational"
        )
    degrees, rank = resolution(model, point)
    if point.ridge > 0 or rank > point.size:
        regular = point if point.ridge > 0 else threshold_point(point)
        root, degrees = solve_point(model, reduced, regular, degrees, digits + _SPARE)
        data = numbers(model, point.dimension, degrees, root.arithmetic)
        return _Leading(
            root.value, 0, 2 if small == "ridge" and point.at_threshold else 1, data, root.arithmetic
        )
    if not ridge.coefficients:
        raise InputError(
            "ridge", 0, "a positive ridge where the smaller size reaches the rank of the spectrum"
        )
    base = Multiprecision(digits + _SPARE)
    data = numbers(model, point.dimension, degrees, base)
    order = effective_ridge(point, rank, inverse_trace(data, base), base)
    ramification = UNIT // int(order.exponent)
    scale = base.convert(ridge.coefficients[0])
    first = order.coefficient * (scale if ramification == 1 else base.root(scale, ramification))
    return _Leading(first, 1, ramification, data, base)


def _plain_numbers(model: Any, point: Point, base: Any, digits: int | None) -> Numbers:
    """The spectrum in numbers of the base, exact if no digits are given."""
    degrees, _ = resolution(model, point)
    if digits is not None:
        return numbers(model, point.dimension, degrees, base)
    if isinstance(model, SpectralRidge):
        return given_levels(model, base)
    activation = getattr(model, "activation", None)
    if activation is None or activation.formula is not None:
        raise InputError("digits", None, "given, unless the activation is given by its coefficients")
    powers = dict(activation.powers)
    top = max([degrees, *powers])
    values = [Fraction(powers.get(k, 0)) for k in range(top + 1)]
    tail = Fraction(activation.tail)
    if point.dimension is None:
        values, tail = values[:2], tail + sum(values[2:], Fraction(0))
    return assemble(model, point.dimension, values, tail, base)


def lifted(spectrum: Spectrum | None, arithmetic: PuiseuxSeries) -> Spectrum | None:
    """A spectrum whose numbers are constant series."""
    if spectrum is None:
        return None

    def lift(values: Any) -> Any:
        return arithmetic.array([arithmetic.constant(value) for value in values])

    weights = {name: lift(value) for name, value in spectrum.weights.items()}
    tails = {name: arithmetic.constant(value) for name, value in spectrum.tails.items()}
    return Spectrum(lift(spectrum.eigenvalues), weights, tails)


def series_root(
    reduced: ScalarProblem, given: Mapping[str, Series], spectrum: Spectrum | None, first: Series, count: int
) -> Series:
    """The effective ridge as a series: each step doubles the number of coefficients that are right."""
    root, known = first, 1
    while known < count:
        out = reduced.residual({**given, reduced.master: root}, first.arithmetic, spectrum)
        correction = root * (out["left"] - out["right"]) / out["slope"]
        further = [correction[root.start + k] for k in range(known, min(2 * known, count))]
        values = [root[root.start + k] for k in range(known)] + further
        known += len(further)
        root = Series(first.arithmetic, first.start, values)
    return Series(first.arithmetic, first.start, root.coefficients, first.start + count)
