r"""Scaling laws: exponents and constants of the risk where sizes and ridge are powers of the number of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import SPLIT, TEST
from asymptotics.models.model import Model, as_model
from asymptotics.printing import Printed
from asymptotics.scaling.power import Asymptote, Power, crossing, read_ridge, read_size, table_of
from asymptotics.scaling.problem import Exponents, ScaledChart, chart_for, scaled_inputs
from asymptotics.scaling.scale_series import ScaleNumber, ScaleSeries
from asymptotics.scaling.solution import ScaledSolution, solve
from asymptotics.transforms.limits.cells import Cell, cell
from asymptotics.transforms.limits.growth import ZERO, Exponent

__all__ = ["ScalingLaw"]

RIDGE_EXPONENT, FEATURE_EXPONENT = symbol("ridge"), symbol("features")
"""Exponents of the ridge and of the features, the coordinates of cells."""

_WIDEST = Fraction(8)
_TERMS = 24
_SPARE = 20
PARTS = tuple(component.name for component in SPLIT)


@dataclass(frozen=True)
class Question:
    """A model with sizes and ridge as powers of n.

    Attributes
    ----------
    model : Model
    features, ridge : Power or None
        Infinitely many features; no ridge.
    digits : int
        Working precision.
    """

    model: Model
    features: Power | None
    ridge: Power | None
    digits: int

    def scaled(self, window: Fraction, most: int = _TERMS, symbolic: bool = False) -> ScaledChart:
        """The chart that serves, with its inputs as sums of powers."""
        arithmetic = ScaleSeries(Multiprecision(self.digits), window, most)
        theory = self.model.theory
        names = [size.name for size in theory.sizes]
        others = [name for name in names if name != theory.samples]
        sizes: dict[str, ScaleNumber | None] = {theory.samples: arithmetic.size(Fraction(1))}
        sizes |= {name: _grown(self.features, FEATURE_EXPONENT, arithmetic, symbolic) for name in others}
        ridge = _grown(self.ridge, RIDGE_EXPONENT, arithmetic, symbolic)
        ridge = ScaleNumber(arithmetic, ()) if ridge is None else ridge
        self._require_finite(sizes, ridge)
        chart = chart_for(theory.at_finite_size(), sizes, arithmetic)
        noise = arithmetic.convert(Fraction(self.model.noise))
        inputs = {**scaled_inputs(chart, sizes, ridge, arithmetic), "noise": noise}
        return ScaledChart(chart, Exponents(*self.model.measured(None).decays()), inputs, arithmetic)

    def _require_finite(self, sizes: Mapping[str, ScaleNumber | None], ridge: ScaleNumber) -> None:
        """Refuse features as many as samples without a ridge.

        Raises
        ------
        DerivationError
            There.
        """
        samples = sizes[self.model.theory.samples]
        for name, size in sizes.items():
            if size is None or samples is None or name == self.model.theory.samples or not ridge.is_zero:
                continue
            if (size - samples).is_zero:
                raise DerivationError(
                    "the test error is infinite without a ridge where there are as many features as samples: give a "
                    "ridge, or another constant in features"
                )

    def solved(self, window: Fraction, most: int = _TERMS, symbolic: bool = False) -> ScaledSolution:
        """Its solution."""
        return solve(self.scaled(window, most, symbolic))

    def leading(self, name: str) -> ScaleNumber:
        """Leading part of one observable."""
        return self.solved(Fraction(1), 1).observables(name)[name]

    def cell(self, *names: str) -> Cell:
        """Exponents of ridge and features on which the same terms lead in these observables."""
        found = self.solved(Fraction(1), 1, True)
        found.observables(*names)
        arithmetic = found.scaled.arithmetic
        equal, larger = list(arithmetic.equal.values()), list(arithmetic.larger.values())
        for top, other in found.comparisons:
            (equal if top.value == other.value else larger).append(top - other)
        pole = found.unknowns[found.scaled.pole.name].lead
        larger.append(pole if found.large else ZERO - pole)
        return cell(
            [e for e in equal if e.slopes or e.constant], [e for e in larger if e.slopes or e.constant]
        )


def _grown(power: Power | None, name: Any, arithmetic: ScaleSeries, symbolic: bool) -> ScaleNumber | None:
    if power is None:
        return None
    exponent = power.exponent
    form = Exponent.of(name, {name: exponent}) if symbolic else Exponent.of(exponent)
    return arithmetic.monomial(arithmetic.base.convert(power.constant), form)


@dataclass(frozen=True, repr=False)
class ScalingLaw(Printed):
    """Asymptotes of every component of the risk.

    Attributes
    ----------
    model : Model
    features, ridge : Power or None
        None for infinitely many features, and for no ridge.
    asymptotes : mapping str -> Asymptote
        By component, and of the ``effective_ridge``.
    cell : Cell
        Exponents ``ridge`` and ``features`` for which the test error is led by the same terms.

    Raises
    ------
    AttributeError
        If a component is asked for that the model's risk does not have.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay=2, target_decay="5/2", noise="1/10")
    >>> law = asy.scaling_law(model, ridge=asy.Power("1/2"))
    >>> law.bias.exponent, law.variance.exponent, law.crossovers["bias = variance"] < 1
    (Fraction(-3, 8), Fraction(-3, 4), True)

    See docs/howto/scaling_laws.md.
    """

    model: Model
    features: Power | None
    ridge: Power | None
    asymptotes: Mapping[str, Asymptote]
    cell: Cell = field(compare=False)

    def __getattr__(self, name: str) -> Asymptote:
        found: Mapping[str, Asymptote] = self.__dict__.get("asymptotes", {})
        if name in found:
            return found[name]
        raise AttributeError(f"a scaling law has no {name}; it has {', '.join(found)}")

    @property
    def exponent(self) -> Fraction | None:
        """Power of n of the test error."""
        return self.asymptotes[TEST.name].exponent

    @property
    def constant(self) -> Any:
        """What stands in front of it."""
        return self.asymptotes[TEST.name].constant

    @property
    def next(self) -> Asymptote:
        """The test error without its leading term."""
        return self.asymptotes[TEST.name].next

    @property
    def crossover(self) -> float | None:
        """Number of samples at which the first two terms of the test error are equally large."""
        return self.asymptotes[TEST.name].crossover

    @property
    def crossovers(self) -> dict[str, float]:
        """Every number of samples at which one term takes over from another."""
        first, second = (self.asymptotes[name] for name in PARTS)
        found = {f"{PARTS[0]} = {PARTS[1]}": crossing(first, second)}
        found |= {f"{name}: first = second term": a.crossover for name, a in self.asymptotes.items()}
        return {name: value for name, value in found.items() if value is not None}

    def __str__(self) -> str:
        features = "infinitely many features" if self.features is None else f"p = {self.features}"
        ridge = "no ridge" if self.ridge is None else f"ridge = {self.ridge}"
        lines = [f"scaling law of {self.model}", f"  {features}, {ridge}", table_of(self.asymptotes)]
        met = self.crossovers.get(f"{PARTS[0]} = {PARTS[1]}")
        lines += [] if met is None else [f"  {PARTS[0]} and {PARTS[1]} are equal at n = {met:.3g}"]
        return "\n".join([*lines, f"  the same law where {self.cell}"])


def question(model: Any, features: Any, ridge: Any, digits: int | None) -> Question:
    """What is asked, read and checked.

    Parameters
    ----------
    model, features, ridge, digits
        As for :func:`asymptotics.scaling_law`.

    Raises
    ------
    InputError
        If the model is no infinite power law, its noise an array, or sizes or ridge are no powers.
    """
    known = as_model(model)
    known.measured(None).decays()
    if isinstance(known.noise, tuple):
        raise InputError("noise", known.noise, "one number", "ask once for each")
    working = max(digits or 0, 15) + _SPARE
    return Question(known, read_size("features", features), read_ridge(ridge), working)


def law_of(asked: Question, digits: int | None, terms: int = 2) -> ScalingLaw:
    """The law at powers that are given.

    Parameters
    ----------
    asked : Question
    digits : int or None
        Of the constants; None for floats.
    terms : int
        Wanted of the test error and its parts.
    """
    names = tuple(c.name for c in asked.model.components)
    window, found, reached = Fraction(1, 2), None, None
    while window <= _WIDEST:
        solution = asked.solved(window)
        values = solution.observables(*names)
        found = {**values, "effective_ridge": solution.unknowns[solution.scaled.pole.name]}
        few = [n for n in (TEST.name, *PARTS) if len(found[n].terms) < terms and found[n].order > -math.inf]
        orders = [found[name].order for name in few]
        if not few or orders == reached:  # a logarithm ends the expansion
            break
        reached, window = orders, 2 * window
    assert found is not None
    asymptotes = {name: Asymptote.of(value, digits) for name, value in found.items()}
    return ScalingLaw(asked.model, asked.features, asked.ridge, asymptotes, asked.cell(TEST.name))
