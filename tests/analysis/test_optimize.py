"""Optima by derived derivatives: published closed forms, brute force, proofs."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.analysis.optimize import interpolation_peak, optimal_features, optimal_ridge
from asymptotics.analysis.slopes import certified_slope, slope_at
from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball
from asymptotics.models.library import stored_charts
from asymptotics.models.limit_measures import LimitMeasure
from asymptotics.models.regimes import RealSize
from asymptotics.prediction.points import locate
from asymptotics.solvers.bracket import bracketed_root
from tests.prediction.domain import relative_error

CHARTS = stored_charts("random-features", "proportional")


def relu(ratio):
    """ReLU with signal-to-noise ratio F_1^2/noise."""
    return asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1 / Fraction(str(ratio)))


@pytest.mark.parametrize("ratio", ["0.5", "1", "2", "2.7", "2.75"])
@pytest.mark.parametrize("psi2", ["1/2", "1", "3"])
def test_best_ridge_of_the_wide_limit(ratio, psi2):
    """Mei and Montanari: lam_bar = (zeta^2/rho - 1)/psi2 for rho < zeta^2; lam = lam_bar * mu_star^2 * psi2."""
    best = optimal_ridge(relu(ratio), asy.Proportional(math.inf, Fraction(psi2)), digits=30)
    star = asy.expand("relu", degrees=1, digits=45).tail
    context = Multiprecision(45).context
    zeta2 = context.mpf(1) / 4 / star
    expected = (zeta2 / context.mpf(ratio) - 1) * star
    assert best.interior
    assert relative_error(best.value, expected) < 1e-29


@pytest.mark.parametrize("ratio", ["2.76", "10"])
def test_above_the_critical_ratio_no_ridge_is_best(ratio):
    """rho_* = zeta^2 = pi/(pi - 2) = 2.7519..."""
    best = optimal_ridge(relu(ratio), asy.Proportional(math.inf, 3))
    assert (best.value, best.interior) == (0, False)
    assert best.risk.status == asy.Status.LIMIT


def test_critical_ratio_by_bisection():
    """The ratio at which the best ridge of the wide limit vanishes, found from the derivative alone."""
    point = locate(CHARTS, {"n": Fraction(3), "p": math.inf}, Fraction(1, 10**40))

    def slope(ratio, digits):
        return slope_at(LimitMeasure(relu(ratio)), point, "lam", digits + 40)

    root = bracketed_root(slope, Fraction(2), Fraction(4), 20)
    assert relative_error(Multiprecision(30).convert(root), mpmath.pi / (mpmath.pi - 2)) < 1e-15


@pytest.mark.parametrize(
    "regime", [asy.Proportional(2, 3), asy.Proportional(3, 2), asy.FiniteSize(60, 120, 300)]
)
def test_best_ridge_against_a_fine_grid(regime):
    model = relu(1)
    best = optimal_ridge(model, regime)
    grid = best.value * np.geomspace(0.5, 2, 4001)
    test = asy.predict(model, regime, ridge=grid).test
    assert best.risk.test <= test.min()
    assert grid[test.argmin()] == pytest.approx(best.value, rel=1e-3)
    assert best.risk.test < asy.predict(model, regime, ridge=0).test


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.3, 1, 0.07])
@pytest.mark.parametrize("psi2", [0.5, 1, 1.5])
def test_where_the_best_ridge_is_a_point_of_the_scan(psi2, noise):
    """On isotropic inputs it is the noise over the power of the target: often a power of ten, where slopes are zero."""
    found = asy.optimal_ridge(asy.KernelRidge("t", target={1: 1}, noise=noise), asy.Proportional(psi2=psi2))
    assert found.interior and found.value == pytest.approx(noise, rel=1e-12)


def test_digits_and_certificates():
    model, regime = relu(2), asy.Proportional(2, 3)
    double, precise = optimal_ridge(model, regime), optimal_ridge(model, regime, digits=40)
    proved = optimal_ridge(model, regime, digits=20, certified=True)
    assert double.value == pytest.approx(float(precise.value), rel=1e-14)
    assert isinstance(proved.value, Ball)
    assert proved.value.contains(precise.value)
    assert relative_error(optimal_ridge(model, regime, digits=60).value, precise.value) < 1e-40
    assert "ridge = " in str(proved)


def test_slopes_are_derivatives():
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/3"}, "0.1")
    for n, p in ((Fraction(2), Fraction(3)), (Fraction(3), Fraction(2))):
        lam, step = Fraction(1, 7), Fraction(1, 10**15)

        def point(n=n, p=p, lam=lam):
            return locate(CHARTS, {"n": n, "p": p}, lam)

        moves = {
            "lam": lambda s, lam=lam, point=point: point(lam=lam * s),
            "n": lambda s, n=n, point=point: point(n=n * s),
            "p": lambda s, p=p, point=point: point(p=p * s),
        }
        for parameter, moved in moves.items():
            for name in ("test", "train", "norm"):
                slope = slope_at(LimitMeasure(model), moved(1), parameter, 30, name)
                ends = [_value(model, moved(1 + sign * step), name) for sign in (-1, 1)]
                difference = (ends[1] - ends[0]) / (2 * Multiprecision(40).convert(step))
                assert relative_error(slope, difference) < 1e-24, (parameter, name)
                ball = Ball(certified_slope(LimitMeasure(model), moved(1), parameter, 30, name), 28)
                assert ball.contains(slope), (parameter, name)


def _value(model, point, name):
    regime = asy.Proportional(point.sizes["p"], point.sizes["n"])
    return getattr(asy.predict(model, regime, ridge=point.ridge, digits=50), name)


def test_finite_slopes_at_the_threshold_from_both_charts():
    """The test error is smooth across n = p for positive ridge."""
    model, lam = relu(1), Fraction(1, 100)
    values = []
    for shift in (Fraction(1, 10**30), -Fraction(1, 10**30)):
        point = locate(CHARTS, {"n": Fraction(2), "p": 2 + shift}, lam)
        values.append(slope_at(LimitMeasure(model), point, "p", 40))
    assert relative_error(values[0], values[1]) < 1e-26


def test_best_features():
    model = relu(2)
    many = optimal_features(model, asy.Proportional(math.inf, 3), ridge=1e-3)
    assert (many.value, many.interior) == (math.inf, False)
    few = optimal_features(model, asy.Proportional(3, 3), ridge="1e-3", digits=25)
    grid = np.linspace(0.3, 3, 2000)
    test = asy.predict(model, asy.Proportional(grid, 3), ridge=1e-3).test
    assert few.interior
    assert float(few.value) == pytest.approx(grid[test.argmin()], abs=0.002)
    assert float(few.risk.test) <= test.min()
    none = optimal_features(relu("0.05"), asy.Proportional(math.inf, 2), ridge=0)
    assert (none.value, none.interior) == (0, False)


@pytest.mark.parametrize("regime", [asy.Proportional(math.inf, 2), asy.FiniteSize(60, 120)])
def test_peak(regime):
    model = relu(2)
    samples = 2 if isinstance(regime, asy.Proportional) else 120
    positions = [interpolation_peak(model, regime, ridge) for ridge in ("1e-2", "1e-5", "1e-8")]
    gaps = [abs(peak.value / samples - 1) for peak in positions]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert all(peak.interior for peak in positions)
    at_zero = interpolation_peak(model, regime, 0)
    assert at_zero.value == samples
    assert at_zero.risk.status == asy.Status.DIVERGES
    assert interpolation_peak(model, regime, 100) is None


def test_peak_is_proved():
    peak = interpolation_peak(relu(2), asy.Proportional(math.inf, 2), "1e-3", digits=20, certified=True)
    assert peak.value.contains(
        interpolation_peak(relu(2), asy.Proportional(math.inf, 2), "1e-3", digits=30).value
    )


NOTHING_LEARNED = [
    (asy.SpectralRidge([1], [0], noise=0.1, target_tail=0.2), asy.FiniteSize(n=10, p=20), 0.2),
    (asy.SpectralRidge([1, 0], [0, 1], noise=0.1), asy.FiniteSize(n=10, p=20), 1),
    (asy.RandomFeaturesRidge("x", target={2: 1}, noise=0.1), asy.Proportional(2, 3), 1),
    (asy.RandomFeaturesRidge("x", target={2: 1}, noise=0.1), asy.FiniteSize(20, 10, 20), 1),
]


@pytest.mark.parametrize(("model", "regime", "power"), NOTHING_LEARNED)
@pytest.mark.parametrize("numbers", [{}, {"digits": 20}, {"digits": 20, "certified": True}])
def test_no_ridge_is_large_enough_where_nothing_is_learned(model, regime, power, numbers):
    """The test error falls to the power of the target, which it reaches to rounding well before the last ridge."""
    best = optimal_ridge(model, regime, **numbers)
    value, test = (v.mid if isinstance(v, Ball) else v for v in (best.value, best.risk.test))
    assert (value, best.interior) == (math.inf, False)
    assert float(test) == pytest.approx(power, rel=1e-12)
    assert type(best.value) is type(best.risk.test)


def test_the_slope_tells_a_shallow_minimum_from_a_plateau():
    """A learnable part of 1e-8 gives a minimum 1e-16 deep: below rounding."""
    model, regime = asy.SpectralRidge([1, 0], ["1e-8", 1], noise="0.1"), asy.FiniteSize(n=10, p=20)
    best = optimal_ridge(model, regime)
    below, at, above = asy.predict(model, regime, best.value * np.array([0.9, 1, 1.1]), digits=40).test
    assert best.interior
    assert at < min(below, above)
    assert 1 - at < 1e-15


@pytest.mark.parametrize("ridge", [1, 2.7, 10, 1e6])
def test_rounding_is_no_peak(ridge):
    """The curve falls monotonically: levels of 0.000115 are below any of these ridges."""
    model = asy.SpectralRidge([0.000115], [1.75], 0.1, 22, 0, 0.2)
    assert interpolation_peak(model, asy.FiniteSize(n=20), ridge) is None
    features = np.geomspace(1, 1000, 40)
    assert np.all(np.diff(asy.predict(model, RealSize(n=20, p=features), ridge).test) <= 1e-13)


@pytest.mark.parametrize("numbers", [{"digits": 20}, {"certified": True}, {"digits": 20, "certified": True}])
def test_ends_of_the_range_are_in_the_numbers_asked_for(numbers):
    wide = asy.Proportional(math.inf, 2)
    none = optimal_features(relu("0.05"), wide, 0, **numbers)
    many = optimal_features(relu(2), wide, "1e-3", **numbers)
    ridgeless = optimal_ridge(relu(10), wide, **numbers)
    peak = interpolation_peak(relu(2), wide, 0, **numbers)
    for optimum, value in ((none, 0), (many, math.inf), (ridgeless, 0), (peak, 2)):
        assert type(optimum.value) is type(optimum.risk.test) is not float
        assert (optimum.value.mid if "certified" in numbers else optimum.value) == value
        assert not optimum.interior


def test_features_beyond_the_rank_change_nothing_without_a_ridge():
    model = asy.SpectralRidge([1, "1/2"], [1, 1], "0.1", [5, 20])
    best = optimal_features(model, asy.FiniteSize(n=40), ridge=0)
    assert (best.value, best.interior) == (math.inf, False)
    assert best.risk.test == pytest.approx(0.1 * 25 / 15, rel=1e-14)  # ordinary least squares


@pytest.mark.parametrize("ask", [interpolation_peak, optimal_features])
@pytest.mark.parametrize("ridge", ["abc", None, ["0.1", "abc"], math.nan, -1])
def test_a_ridge_that_is_none(ask, ridge):
    with pytest.raises(InputError, match=r"^ridge = "):
        ask(relu(1), asy.Proportional(math.inf, 2), ridge)


def test_errors():
    with pytest.raises(InputError, match="regime"):
        optimal_ridge(relu(1), asy.Polynomial(2, 2, 1, 1))
    with pytest.raises(InputError, match="psi2"):
        interpolation_peak(relu(1), asy.Proportional(2, math.inf), 1)
    with pytest.raises(SolverError, match="same sign"):
        bracketed_root(lambda x, digits: x, Fraction(1), Fraction(2), 10)
