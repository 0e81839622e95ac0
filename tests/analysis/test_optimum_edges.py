"""Optima at grid points, at ends, past every scan, of constant curves, and below ridge zero."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status

SPIKED = asy.SpectralRidge([51, 1], target=[5, 0], multiplicities=[1, 499], noise=1)
FORTY = asy.FiniteSize(n=40)


@pytest.mark.parametrize("noise", [1, 1.0, "0.1", 0.1])
@pytest.mark.parametrize(
    "accuracy", [{}, {"digits": 25}, {"certified": True}], ids=["double", "digits", "proof"]
)
def test_an_optimum_on_a_point_of_the_scan(noise, accuracy):
    """Linear kernel at as many samples as dimensions: the best ridge is the noise over the power of the target."""
    best = asy.optimal_ridge(asy.KernelRidge("t", {1: 1}, noise), asy.Proportional(math.inf, 1), **accuracy)
    assert best.interior
    assert float(best.value) == pytest.approx(float(asy.KernelRidge("t", {1: 1}, noise).noise), rel=1e-14)


@pytest.mark.parametrize("activation", ["relu", "abs", "sign"])
@pytest.mark.parametrize("d", [3, 5, 8])
def test_double_precision_needs_no_digits_that_slow_spectra_do_not_have(activation, d):
    model, regime = asy.RandomFeaturesRidge(activation, {1: 1}, noise=0.1), asy.FiniteSize(d=d, n=20, p=30)
    best = asy.optimal_ridge(model, regime)
    if best.interior:
        around = asy.predict(model, regime, ridge=best.value * np.array([0.98, 1, 1.02])).test
        assert around.argmin() == 1
    else:
        assert best.value == math.inf
        assert best.risk.test == pytest.approx(1, rel=1e-12)


def test_no_features_have_the_error_of_no_features():
    """The least test error is its limit as features vanish, not that of a few."""
    for n in (20, 10**6):
        model = asy.RandomFeaturesRidge("abs", {1: 1}, noise=10)
        best = asy.optimal_features(model, asy.FiniteSize(d=10, n=n), ridge=1e-3)
        assert (best.value, best.interior) == (0, False)
        assert best.risk.test == pytest.approx(1, rel=1e-9)


def test_few_features_may_be_best_of_many_samples():
    """Fewer than 1e-4 of the samples: below where the scan begins."""
    model = asy.RandomFeaturesRidge("relu", {1: 1, 3: 1}, noise=1e4)
    best = asy.optimal_features(model, asy.FiniteSize(d=10, n=10**7), ridge=1e-3)
    assert best.interior and best.value < 1e3
    nearby = [
        asy.predict(model, asy.FiniteSize(d=10, n=10**7, p=p), ridge=1e-3).test
        for p in (int(best.value / 2), int(best.value), int(2 * best.value))
    ]
    assert np.argmin(nearby) == 1


def test_ridges_past_the_scan_are_found():
    model = asy.KernelRidge("t", {1: 1}, noise=1e14)
    best = asy.optimal_ridge(model, asy.Proportional(math.inf, 1e16))
    assert best.interior
    assert best.value == pytest.approx(1e14, rel=1e-12)
    assert best.risk.test == pytest.approx(0.00990099, rel=1e-6)


@pytest.mark.parametrize(
    "model", [asy.RandomFeaturesRidge("relu", {}, 0), asy.RandomFeaturesRidge("0*x", {1: 1}, 1)]
)
def test_constant_curves_are_told(model):
    ridge = asy.optimal_ridge(model, asy.FiniteSize(d=10, n=20, p=10))
    features = asy.optimal_features(model, asy.FiniteSize(d=10, n=20), ridge=1)
    for best in (ridge, features):
        assert not best.interior
        assert "the same at every" in str(best)
    assert "the same" not in str(
        asy.optimal_ridge(asy.RandomFeaturesRidge("relu", {1: 1}, 1), asy.Proportional(2, 3))
    )


RIDGES = {
    -200: 0.487839115, -100: 0.299230985, -50: 0.289450086, 0: 0.296047458, 50: 0.311926800,
}  # fmt: skip


@pytest.mark.parametrize(
    "accuracy", [{}, {"digits": 30}, {"certified": True}], ids=["double", "digits", "proof"]
)
def test_ridges_below_zero(accuracy):
    for ridge, value in RIDGES.items():
        assert float(asy.predict(SPIKED, FORTY, ridge=ridge, **accuracy).test) == pytest.approx(
            value, abs=6e-10
        )


def test_arrays_of_ridges_of_either_sign():
    risk = asy.predict(SPIKED, FORTY, ridge=np.array([-300.0, *RIDGES]))
    assert risk.status.tolist() == [Status.BELOW_EDGE, 0, 0, 0, Status.LIMIT, 0]
    assert np.isnan(risk.test[0])
    assert risk.test[1:] == pytest.approx(list(RIDGES.values()), abs=6e-10)


def test_the_edge_below_zero():
    assert asy.predict(SPIKED, FORTY, ridge=-258.8708).test > 700
    for accuracy in ({}, {"digits": 20}, {"certified": True}):
        with pytest.raises(asy.SolverError, match="no solution continues"):
            asy.predict(SPIKED, FORTY, ridge=-258.8709, **accuracy)


@pytest.mark.parametrize(
    "regime",
    [
        asy.Proportional(2, 1),
        asy.Proportional(1, 2),
        asy.FiniteSize(20, 30, 80),
        asy.Proportional(math.inf, 2),
    ],
)
def test_three_arithmetics_agree_below_zero(regime):
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: "0.3"}, noise="0.1")
    double, digits, proof = (
        asy.predict(model, regime, ridge="-0.005", **kind)
        for kind in ({}, {"digits": 25}, {"certified": True})
    )
    for name in ("test", "bias", "variance", "train", "norm"):
        value = getattr(digits, name)
        assert getattr(double, name) == pytest.approx(float(value), rel=1e-13)
        assert getattr(proof, name).contains(value)
    near = asy.predict(model, regime, ridge=[-1e-9, 0, 1e-9]).test
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-12)


def test_nothing_is_below_zero_where_sizes_meet_each_other_or_the_rank():
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.1)
    linear = asy.RandomFeaturesRidge("x", {1: 1}, noise=0.1)
    for asked, regime in ((model, asy.Proportional(2, 2)), (linear, asy.Proportional(3, 2))):
        with pytest.raises(asy.SolverError, match="no solution continues"):
            asy.predict(asked, regime, ridge=-1e-6)
        assert asy.optimal_ridge(asked, regime, negative=True).value >= 0


def test_ridges_below_zero_are_refused_where_they_mean_nothing():
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.1)
    with pytest.raises(InputError, match="ridge"):
        asy.predict(model, asy.Polynomial(2, 2), ridge=-1)
    with pytest.raises(InputError, match="ridge"):
        asy.predict(model, asy.Proportional(2, 3), ridge=-1e-3, ensemble=2)
    with pytest.raises(InputError, match="ridge"):
        asy.simulate(model, asy.FiniteSize(5, 6, 20), ridge=-1e-3, trials=2)


@pytest.mark.parametrize(
    "accuracy", [{}, {"digits": 30}, {"certified": True}], ids=["double", "digits", "proof"]
)
def test_the_best_ridge_is_below_zero(accuracy):
    zero = asy.optimal_ridge(SPIKED, FORTY, **accuracy)
    assert float(zero.value) == 0
    assert "slope there is positive" in str(zero)
    best = asy.optimal_ridge(SPIKED, FORTY, negative=True, **accuracy)
    assert best.interior
    assert float(best.value) == pytest.approx(-50.30064605, rel=1e-7)
    assert float(best.risk.test) == pytest.approx(0.289449802, abs=6e-10)
    above = asy.optimal_ridge(asy.RandomFeaturesRidge("relu", {1: 1}, 2), asy.Proportional(2, 3))
    assert "slope there" not in str(above)
