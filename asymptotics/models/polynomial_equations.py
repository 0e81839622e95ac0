"""Polynomial scaling: the limit of a model's equations at given exponents, in coordinates to solve it in.

Nothing here knows which regime a pair of exponents belongs to: the limit is taken by dominant balance, and what
survives decides the coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import sympy as sp

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Unknown
from asymptotics.errors import DerivationError, InputError
from asymptotics.models import kernel_ridge_equations as kernel_ridge
from asymptotics.models import random_features_equations as random_features
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import (
    FEATURES,
    LAM,
    NU,
    SAMPLES,
    SOURCES,
    C,
    as_chart,
    degrees_of_freedom,
    require_implied,
    subtraction_free,
)
from asymptotics.transforms.limits.atlas import KAPPA1, KAPPA2, ScalingRegime, atlas
from asymptotics.transforms.limits.growth import ZERO, Exponent

_SAMPLES, _FEATURES = "theta2", "theta1"


@dataclass(frozen=True)
class Degrees:
    """Which degrees of an activation or kernel act at all.

    Attributes
    ----------
    unseen : tuple of int
        Degrees with eigenvalue zero, as far as they were looked at.
    highest : int or None
        The last one with a positive eigenvalue, if there is a last one.
    degeneracy : int
        Power of the dimension by which multiplicities are smaller than those of all harmonics.
    """

    unseen: tuple[int, ...] = ()
    highest: int | None = None
    degeneracy: int = 0


@dataclass(frozen=True)
class PolynomialLimit:
    """A model's limit at one pair of exponents.

    Attributes
    ----------
    regime : ScalingRegime
        As dominant balance gives it, with the cell of exponents on which it holds.
    charts : tuple of Chart
        What is solved: wide and tall where both sizes matter, one chart where one does.
    """

    regime: ScalingRegime
    charts: tuple[Chart, ...]

    @property
    def last(self) -> int:
        """Highest degree that is resolved; higher ones act through their totals."""
        return max((*self.regime.learned, *self.regime.partly_learned, *self.regime.noise))

    def vanishing(self) -> frozenset[str]:
        """Observables whose limit is zero: those that fall with a power of the dimension."""
        scales = dict(self.regime.limit.observables)
        shift = Exponent.of(KAPPA2 - KAPPA1, dict(zip((KAPPA1, KAPPA2), self.regime.inner, strict=True)))
        # An infinite exponent is any large one; of those the powers here do not depend.
        scales["norm_per_feature"] = scales["norm"] + shift
        if self.regime.point[0] == math.inf:
            scales["norm_per_feature"] = Exponent.of(-1)
        return frozenset(name for name, scale in scales.items() if scale < ZERO)


MOST_EXTRA_LEVELS = 3
"""Degrees beyond the critical one that a limit may need, where the model cannot see some of them."""

MOST_EXPONENT = 12
"""The smaller exponent may not exceed this: the limit is derived degree by degree."""


def levels_to_know(kappa1: Fraction | float, kappa2: Fraction | float) -> int:
    """Degrees that may have to be resolved one by one at these exponents.

    Parameters
    ----------
    kappa1 : Fraction or float
        Exponent of the features.
    kappa2 : Fraction or float
        Exponent of the samples.

    Raises
    ------
    InputError
        If they are too many to be derived in a few seconds.
    """
    least = min(kappa1, kappa2)
    if least > MOST_EXPONENT:
        name = "kappa1" if kappa1 <= kappa2 else "kappa2"
        advice = "every power of the dimension is one more degree to derive; FiniteSize answers at any size"
        raise InputError(name, least, f"at most {MOST_EXPONENT} for the smaller exponent", advice)
    return max(1, math.ceil(least)) + MOST_EXTRA_LEVELS


@cache
def polynomial_regime(
    family: str,
    kappa1: Fraction | float,
    kappa2: Fraction | float,
    degrees: Degrees = Degrees(),
    ridge: Fraction = Fraction(0),
) -> ScalingRegime:
    """The cell of exponents around a point and the limit that holds on it, derived.

    Parameters
    ----------
    family : {"random-features", "kernel-ridge"}
    kappa1, kappa2 : Fraction or math.inf
        ``p = theta1 d^kappa1``, ``n = theta2 d^kappa2``; not both infinite.
    degrees : Degrees
        Which degrees act at all.
    ridge : Fraction
        Exponent of the ridge, ``lam ~ d^ridge``.

    Raises
    ------
    InputError
        If kernel ridge regression is asked about a finite number of features, or infinitely many samples.
    DerivationError
        If no balance, or more than one, is consistent.
    """
    options: dict[str, Any] = {
        "ridge": ridge + degrees.degeneracy if ridge else ridge,
        "degeneracy": degrees.degeneracy,
        "vanishing": degrees.unseen,
        "highest": degrees.highest,
        "observables": ("test", "train", "norm"),
    }
    if family == "kernel-ridge" or kappa1 == math.inf:
        if kappa2 == math.inf:
            raise InputError("kappa2", kappa2, "a finite exponent for kernel ridge regression")
        return atlas(kernel_ridge.equivalent(), math.inf, kappa2, **options)
    return atlas(random_features.equivalent(), kappa1, kappa2, **options)


@cache
def polynomial_limit(
    family: str,
    kappa1: Fraction | float,
    kappa2: Fraction | float,
    degrees: Degrees = Degrees(),
) -> PolynomialLimit:
    """The limit of a model at given exponents, in the coordinates to solve it in.

    Parameters
    ----------
    family, kappa1, kappa2, degrees
        As in :func:`polynomial_regime`.
    """
    regime = polynomial_regime(family, kappa1, kappa2, degrees)
    return PolynomialLimit(regime, _charts(regime.system))


def _charts(system: FixedPointSystem) -> tuple[Chart, ...]:
    """Coordinates for what survives of the two sizes in the equations that hold the effective ridge."""
    trace, theta1, theta2 = degrees_of_freedom(system), symbol(_FEATURES), symbol(_SAMPLES)
    if trace == 0:
        system = _without_slack(system, theta2)
    residuals = [equation.residual for equation in system.equations]
    coupled = [r for r in residuals if r.has(NU) or r.has(*trace.free_symbols)]
    if any(r.has(theta1) for r in coupled) and any(r.has(theta2) for r in coupled):
        slack = random_features.slack_form(system, _SAMPLES, _FEATURES)
        charts = (random_features.wide_chart, random_features.tall_chart)
        return tuple(change(slack, _SAMPLES, _FEATURES) for change in charts)
    if any(r.has(theta2) for r in coupled):
        form = kernel_ridge.slack_form(system, _SAMPLES)
        return (as_chart(form, {theta2: SAMPLES, LAM: RIDGE}, slack=SAMPLES),)
    if any(r.has(theta1) for r in coupled):
        form = _feature_form(system, trace, theta1, theta2)
        coordinates = {theta1: FEATURES, theta2: SAMPLES}
        return (as_chart(form, coordinates, slack=FEATURES, vanishing=None),)
    raise DerivationError(f"{system.name}: neither size determines the effective ridge")


def _without_slack(system: FixedPointSystem, theta2: sp.Symbol) -> FixedPointSystem:
    """A limit in which no level takes part in an equation, in the effective ridge alone: the slack is the size."""
    fixed = Equation(C, theta2)
    if all(equation.residual != fixed.residual for equation in system.equations):
        return system
    rule = {C: theta2}
    return replace(
        system,
        unknowns=tuple(u for u in system.unknowns if u.symbol != C),
        equations=tuple(
            Equation(e.left.xreplace(rule), e.right.xreplace(rule), e.meaning)
            for e in system.equations
            if e.residual != fixed.residual
        ),
        observables=tuple(replace(o, expression=o.expression.xreplace(rule)) for o in system.observables),
        domain=replace(
            system.domain, conditions=tuple(c for c in system.domain.conditions if not c.expression.has(C))
        ),
    )


def _feature_form(
    system: FixedPointSystem, trace: sp.Expr, theta1: sp.Symbol, theta2: sp.Symbol
) -> FixedPointSystem:
    """The limit in which samples are plentiful: ``T = theta1`` alone determines the effective ridge."""
    on_shell = {C: theta2, theta1: trace}
    require_implied(system, {}, on_shell, "feature form")
    known = RiskValues(**{c.name: system.observable(source) for c, source in SOURCES.items()})
    values = known.by_features(theta2, theta1).named()
    found = subtraction_free(values, dict.fromkeys(values, ""), on_shell, {trace: theta1})
    used = {s for o in found for s in o.expression.free_symbols} | {theta1}
    used |= {s for d in system.definitions for s in d.expression.free_symbols}
    return replace(
        system,
        name=f"{system.name}.feature_limited",
        parameters=tuple(p for p in system.parameters if p.symbol in used),
        unknowns=(Unknown(NU, "effective ridge"),),
        equations=(Equation(trace, theta1, "size"),),
        observables=found,
        domain=Domain((Condition(NU),), "T decreases in nu from the rank to zero"),
    )
