"""Doubles, mpmath numbers and balls over the whole domain: they must agree to everything they claim.

The slow variants run the same checks on many more points.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import asymptotics as asy
from asymptotics.models.library import stored_charts, stored_system
from asymptotics.models.limit_measures import LimitMeasure
from asymptotics.models.recipes import recipes
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.precise import evaluate_precisely
from asymptotics.prediction.problems import enclosing_problem, is_scalar
from tests.prediction.domain import (
    COMPONENTS,
    finite_cases,
    powers_of_ten,
    proportional_cases,
    relative_error,
)

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=5000)
FLAGGED = (asy.Status.ILL_CONDITIONED, asy.Status.NOT_CONVERGED)


def doubles_are_right(case):
    """No wrong digit beyond the fourteenth without a flag; the flags of both arithmetics agree."""
    double, precise = case.predict(), case.predict(digits=25)
    if double.status not in FLAGGED:
        assert double.status == precise.status
        for name in (*COMPONENTS, "effective_ridge", "degrees_of_freedom"):
            assert relative_error(getattr(double, name), getattr(precise, name)) < 1e-14, name
    assert not any(math.isnan(getattr(double, name)) for name in COMPONENTS)


def precisions_agree(case):
    """A value of 20 digits is the value of 40 digits, rounded, and lies in the ball of 20."""
    short, long, ball = (
        case.predict(digits=20),
        case.predict(digits=40),
        case.predict(digits=20, certified=True),
    )
    for name in COMPONENTS:
        assert relative_error(getattr(short, name), getattr(long, name)) < 1e-22, name
        assert getattr(ball, name).contains(getattr(long, name)), name
        assert (
            getattr(ball, name).rad <= 1e-20 * abs(getattr(ball, name).mid)
            or long.status == asy.Status.DIVERGES
        )
    assert short.status == long.status == ball.status


@QUICK
@given(proportional_cases())
def test_doubles_proportional(case):
    doubles_are_right(case)


@QUICK
@given(finite_cases())
def test_doubles_finite_size(case):
    doubles_are_right(case)


@QUICK
@given(proportional_cases())
def test_precisions_proportional(case):
    precisions_agree(case)


@settings(QUICK, max_examples=25)
@given(finite_cases())
def test_precisions_finite_size(case):
    precisions_agree(case)


@pytest.mark.slow
@LONG
@given(st.one_of(proportional_cases(), finite_cases()))
def test_doubles_at_length(case):
    doubles_are_right(case)


@pytest.mark.slow
@settings(LONG, max_examples=2000)
@given(st.one_of(proportional_cases(), finite_cases()))
def test_precisions_at_length(case):
    precisions_agree(case)


def both_charts(model, psi, ridge, digits):
    """Values at ``n = p`` in the chart of few samples and in that of few features."""
    for chart in stored_charts("random-features", "proportional"):
        point = in_chart(chart, {"n": psi, "p": psi}, ridge)
        yield evaluate_precisely(LimitMeasure(model), point, digits)


@QUICK
@given(powers_of_ten(-3, 3), st.one_of(st.just(0.0), powers_of_ten(-16, 6)))
def test_charts_meet_at_the_threshold(psi, ridge):
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: 0.5}, "0.1")
    wide, tall = both_charts(model, Fraction(psi), Fraction(ridge), 30)
    assert wide.status == tall.status
    for name in COMPONENTS:
        assert relative_error(wide.values[name], tall.values[name]) < 1e-28, name


@QUICK
@given(powers_of_ten(-3, 3), powers_of_ten(-12, 4))
def test_sides_of_the_threshold_meet(psi, ridge):
    """Just left and right of ``n = p`` the two charts, at a distance far below the digits compared."""
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: 0.5}, "0.1")
    size, step = Fraction(psi), Fraction(1, 10**60)
    left = asy.predict(model, asy.Proportional(size, size * (1 + step)), ridge=ridge, digits=30)
    right = asy.predict(model, asy.Proportional(size * (1 + step), size), ridge=ridge, digits=30)
    for name in COMPONENTS:
        assert relative_error(getattr(left, name), getattr(right, name)) < 1e-28, name


@QUICK
@given(proportional_cases())
def test_train_error_increases_with_the_ridge(case):
    ridge = np.concatenate([[0.0], np.logspace(-14, 6, 60)])
    name = next(iter(case.ridge))
    risk = asy.predict(case.model, case.regime, **{name: ridge})
    train = np.where(np.isin(risk.status, FLAGGED), np.nan, risk.train)
    train = train[~np.isnan(train)]
    assert np.all(np.diff(train) >= -4e-15 * train[1:])


@QUICK
@given(proportional_cases(), st.booleans())
def test_more_is_better_at_the_best_ridge(case, features):
    """The least test error over ridges decreases in the features and in the samples (Simon et al. 2023).

    The ridges are a grid, so the decrease is checked up to its resolution.
    """
    grid = np.concatenate([[0.0], np.logspace(-10, 6, 1500)])
    psi = np.geomspace(0.05, 20, 12)[:, None]
    regime = asy.Proportional(psi, 2.0) if features else asy.Proportional(2.0, psi)
    best = np.nanmin(asy.predict(case.model, regime, ridge=grid).test, axis=1)
    assert np.all(np.diff(best) <= 1e-4 * best[1:])


def test_the_left_sides_decrease_by_inspection():
    """Reduction refuses a system whose left side is not visibly decreasing, so these all are.

    Features of several blocks, groups or layers are solved as systems of several unknowns.
    """
    asked = {
        chart: (family, stored_system(family, regime, name))
        for family, recipe in recipes().items()
        for regime in recipe.sizes
        for name, chart in zip(recipe.charts, stored_charts(family, regime), strict=True)
    }
    monotone = [chart for chart in asked if is_scalar(chart)]
    several = {family for chart, (family, _) in asked.items() if chart not in monotone}
    assert several == {"neural-tangent", "feature-law", "deep-random-features"}
    charted = {family for family, recipe in recipes().items() if recipe.charts}
    assert {asked[chart][0] for chart in monotone} == charted - several
    for chart in monotone:
        assert enclosing_problem(chart).system == asked[chart][1]
