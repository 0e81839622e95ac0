"""Proved statements about whole curves."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.analysis.curves import Curve
from asymptotics.analysis.optimize import interpolation_peak, optimal_features, optimal_ridge
from asymptotics.analysis.statements import certify_curve, count_local_minima, is_below, local_extrema
from asymptotics.errors import InputError, PrecisionError

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")


def features(ridge, psi2=3, **options):
    return Curve(MODEL, asy.Proportional(1, psi2), ridge=ridge, over="features", **options)


CURVES = [
    (features("0.01"), ("0.3", 12), lambda x: asy.predict(MODEL, asy.Proportional(x, 3), ridge=0.01)),
    (
        features("0.01", component="norm"),
        (1, 8),
        lambda x: asy.predict(MODEL, asy.Proportional(x, 3), ridge=0.01),
    ),
    (features(0), (4, 12), lambda x: asy.predict(MODEL, asy.Proportional(x, 3), ridge=0)),
    (
        Curve(MODEL, asy.Proportional(2, 1), ridge="0.1", over="samples"),
        ("0.5", 6),
        lambda x: asy.predict(MODEL, asy.Proportional(2, x), ridge=0.1),
    ),
    (
        Curve(MODEL, asy.Proportional(2, 1), ridge_per_sample="0.1", over="samples"),
        ("0.5", 6),
        lambda x: asy.predict(MODEL, asy.Proportional(2, x), ridge_per_sample=0.1),
    ),
    (
        Curve(MODEL, asy.Proportional(2, 3), over="ridge", component="train"),
        ("0.01", 1),
        lambda x: asy.predict(MODEL, asy.Proportional(2, 3), ridge=x),
    ),
    (
        Curve(MODEL, asy.Proportional(2, math.inf), over="ridge"),
        ("0.01", 1),
        lambda x: asy.predict(MODEL, asy.Proportional(2, math.inf), ridge_per_sample=x),
    ),
    (
        Curve(MODEL, asy.FiniteSize(60, 120), ridge="0.1", over="features"),
        (90, 150),
        lambda x: asy.predict(MODEL, asy.FiniteSize(60, 120, np.round(x)), ridge=0.1),
    ),
]


@pytest.mark.parametrize("case", CURVES, ids=[f"{c.regime} {c.over} {c.component}" for c, _, _ in CURVES])
def test_enclosures_hold_on_whole_pieces(case):
    curve, between, values = case
    certified = certify_curve(curve, between, tolerance=0.05)
    assert certified.pieces[0].lower == Fraction(between[0])
    assert certified.pieces[-1].upper == Fraction(between[1])
    assert all(a.upper == b.lower for a, b in pairwise(certified.pieces))
    places = np.geomspace(float(Fraction(between[0])) * 1.001, float(between[1]) * 0.999, 101)
    places = np.round(places) if isinstance(curve.regime, asy.FiniteSize) else places
    for place, value in zip(places, getattr(values(places), curve.component), strict=True):
        assert certified(place).lower <= value * (1 + 1e-14)
        assert certified(place).upper >= value * (1 - 1e-14)
    assert all(float(p.value.rad) <= 0.05 * float(p.value.mid) for p in certified.pieces)


def test_slopes_and_curvatures_are_enclosed():
    curve = features("0.01")
    certified = certify_curve(curve, (1, 2), tolerance=0.05)
    step = 1e-4
    for piece in certified.pieces:
        middle = float(piece.lower + piece.upper) / 2
        low, mid, high = asy.predict(
            MODEL, asy.Proportional(middle * np.array([1 - step, 1, 1 + step]), 3), ridge=0.01
        ).test
        # Slopes are per relative change of the parameter at the middle of the piece.
        assert piece.slope.lower - 1e-6 < (high - low) / (2 * step) < piece.slope.upper + 1e-6
        assert piece.curvature.lower - 1e-4 < (high - 2 * mid + low) / step**2 < piece.curvature.upper + 1e-4


def test_one_minimum_one_maximum():
    """Double descent: down, up to the peak at n = p, down again."""
    found = local_extrema(features("0.001"), ("0.05", 60))
    assert (len(found.minima), len(found.maxima)) == (1, 1)
    assert found.minima[0].contains(optimal_features(MODEL, asy.Proportional(3, 3), "0.001", digits=20).value)
    peak = interpolation_peak(MODEL, asy.Proportional(1, 3), "0.001", digits=20)
    assert found.maxima[0].contains(peak.value)


def test_the_ridgeless_risk_has_one_minimum_below_the_threshold():
    curve = features(0)
    assert count_local_minima(curve, ("0.05", "2.99")) == 1
    assert count_local_minima(curve, ("3.01", 1000)) == 0
    with pytest.raises(PrecisionError, match="features = 3"):
        local_extrema(curve, (2, 4), most=300)


def test_one_best_ridge():
    curve = Curve(MODEL, asy.Proportional(2, 3), over="ridge")
    found = local_extrema(curve, ("1e-4", 100))
    assert (len(found.minima), len(found.maxima)) == (1, 0)
    assert found.minima[0].contains(optimal_ridge(MODEL, asy.Proportional(2, 3), digits=20).value)


def test_below():
    assert is_below(features("0.1"), features("0.001"), (2, 4))
    assert not is_below(features("0.001"), features("0.1"), (2, 4))
    assert is_below(features("0.1"), 2, ("0.1", 20))
    assert not is_below(features("0.1"), "1/2", ("0.1", 20))
    train = features("0.1", component="train")
    assert is_below(train, features("0.1"), (2, 4))


def test_curves_that_touch_are_not_decided():
    with pytest.raises(PrecisionError):
        is_below(features("0.1"), features("0.1"), (2, 4), most=200)


def test_values_at_points():
    ball = features("0.01").at("1/3")
    assert ball.contains(asy.predict(MODEL, asy.Proportional("1/3", 3), "0.01", digits=25).test)
    at_threshold = features("0.01").at(3)
    assert at_threshold.contains(asy.predict(MODEL, asy.Proportional(3, 3), "0.01", digits=25).test)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Curve(MODEL, asy.Proportional(2, 3), ridge=1, over="depth"), "over"),
        (lambda: Curve(MODEL, asy.Proportional(2, 3), ridge=1, component="loss"), "component"),
        (lambda: Curve(MODEL, asy.Proportional(2, 3), ridge=1, over="ridge"), "ridge"),
        (lambda: Curve(MODEL, asy.Proportional(2, 3), over="features"), "ridge"),
        (lambda: Curve(MODEL, asy.Proportional([2.0], 3), ridge=1), "arrays"),
        (lambda: certify_curve(features(1), (3, 2)), "between"),
        (lambda: is_below(features(1), Curve(MODEL, asy.Proportional(2, 3), over="ridge"), (1, 2)), "second"),
    ],
)
def test_errors(make, match):
    with pytest.raises(InputError, match=match):
        make()
