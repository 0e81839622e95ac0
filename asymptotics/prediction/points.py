"""Single points in exact numbers: what digits, proofs, slopes and series start from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError
from asymptotics.models.model import Equations, Model, as_model
from asymptotics.models.regime import Regime, as_regime
from asymptotics.prediction.problems import chart_of, exact_inputs
from asymptotics.prediction.requests import exact


@dataclass(frozen=True)
class Point:
    """One point, in the coordinates of the chart that serves it.

    Attributes
    ----------
    chart : Chart
    sizes : dict
        Exact, by their names in the theory; an infinite one is a float.
    ridge : Fraction
        As given.
    per_sample : bool
        Whether it is given per sample.
    coordinates : dict
        Inputs of the chart's programs, exact.
    """

    chart: Chart
    sizes: Mapping[str, Fraction | float]
    ridge: Fraction
    per_sample: bool
    coordinates: Mapping[str, Fraction]

    @property
    def size(self) -> Fraction | float:
        """The smaller size."""
        return self.sizes[self.chart.slack.name]

    @property
    def vanishing(self) -> Fraction:
        """The chart's input that vanishes with the ridge."""
        name = self.chart.vanishing
        return Fraction(0) if name is None else self.coordinates[name.name]

    @property
    def without_ridge(self) -> bool:
        """Whether no ridge keeps the effective ridge from vanishing."""
        return self.vanishing == 0

    @property
    def at_threshold(self) -> bool:
        """Whether both sizes are equal."""
        return self.coordinates.get("gap", 1) == 0

    def velocity(self, moving: str) -> dict[str, Any]:
        """Derivatives of the coordinates in the logarithm of a size, or of the ridge (``lam``)."""
        return exact_inputs(self.chart, self.sizes, self.ridge, self.per_sample, moving)

    def with_coordinates(self, **changed: Fraction) -> Point:
        """The point with some coordinates changed; sizes and ridge then say where it came from."""
        return replace(self, coordinates={**self.coordinates, **changed})


def locate(charts: Iterable[Chart], sizes: Mapping[str, Any], ridge: Any, per_sample: bool = False) -> Point:
    """The point with the given sizes and ridge, in the first chart that serves it.

    Parameters
    ----------
    charts : iterable of Chart
        In the order in which they are tried.
    sizes : mapping of str to number
        By name.
    ridge : number
        As read.
    per_sample : bool
        Whether the ridge is per sample.
    """
    return in_chart(chart_of(charts, sizes), sizes, ridge, per_sample)


def in_chart(chart: Chart, sizes: Mapping[str, Any], ridge: Any, per_sample: bool = False) -> Point:
    """The point in a given chart.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    sizes : mapping of str to number
        By name.
    ridge : number
        As read.
    per_sample : bool
        Whether the ridge is per sample.
    """
    ridge = Fraction(ridge)
    return Point(chart, dict(sizes), ridge, per_sample, exact_inputs(chart, sizes, ridge, per_sample))


@dataclass(frozen=True)
class Place:
    """A model and a regime that is one point: exact sizes, and the equations that answer there.

    Attributes
    ----------
    model : Model
    regime : Regime
    sizes : dict
        Exact, by their names in the theory.
    equations : Equations
    """

    model: Model
    regime: Regime
    sizes: Mapping[str, Any]
    equations: Equations

    @property
    def samples(self) -> Any:
        """Number of samples."""
        return self.sizes[self.model.theory.samples]

    @property
    def per_sample(self) -> bool:
        """Whether only a ridge per sample is meaningful."""
        return self.samples == math.inf

    def point(self, ridge: Any, per_sample: bool = False, sizes: Mapping[str, Any] | None = None) -> Point:
        """The point with a ridge, and other values of some sizes."""
        return locate(self.equations.charts, {**self.sizes, **(sizes or {})}, ridge, per_sample)


def single(model: Any, regime: Any, quiet: bool = False) -> Place:
    """The place of a model and a regime that is one point.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes, none of them an array.
    quiet : bool
        Whether what follows has a status of its own; otherwise a caution is warned of.

    Raises
    ------
    InputError
        If it holds arrays, is of polynomial scaling, or does not fit the model.
    """
    model, regime = as_model(model), as_regime(regime)
    regime.parameters(model)
    (problem, *more) = model.posed(regime)
    if more:
        raise InputError("regime", regime, "one point, no arrays")
    if problem.caution and not quiet:
        warnings.warn(problem.caution, stacklevel=3)
    model, regime = problem.model, problem.regime
    given = regime.parameters(model)
    if not regime.is_point:
        raise InputError("regime", regime, "Proportional or FiniteSize")
    if any(np.ndim(value) for value in given.values()):
        raise InputError("regime", regime, "one point, no arrays")
    spelled = {size.name: regime.spelling(size.name) for size in model.theory.sizes}
    sizes = {name: exact(given[text]) for name, text in spelled.items() if text in given}
    sizes |= {name: Fraction(value) for name, value in regime.implied.items() if name in spelled}
    d = regime.dimension
    return Place(model, regime, sizes, regime.equations(model, None if d is None else int(d)))
