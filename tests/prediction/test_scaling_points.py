"""Polynomial scaling in doubles, digits and balls: the same limits, in every cell and at every kind of point."""

import math

import numpy as np
import pytest

import asymptotics as asy
from tests.prediction.domain import COMPONENTS, relative_error

REGIMES = [
    asy.Polynomial(2, 2, 0.5, 0.75),
    asy.Polynomial(2, 2, 0.75, 0.5),
    asy.Polynomial(2, 2, 0.5, 0.5),
    asy.Polynomial("3/2", "3/2", 1, 2),
    asy.Polynomial(2, 1, 1, 2),
    asy.Polynomial(1, 2, 1, 2),
    asy.Polynomial("3/2", 2),
    asy.Polynomial(math.inf, 2, 1, 0.5),
    asy.Polynomial(2, math.inf, 0.5, 1),
]
TARGET = {1: 1, 2: 0.5, 3: 0.25}
MODELS = {
    "relu": asy.RandomFeaturesRidge("relu", TARGET, "0.1"),
    # Of rank d + d^2/2: the limits of vanishing ridge at full rank are among the points.
    "quadratic": asy.RandomFeaturesRidge("x**2 - 1 + x", TARGET, "0.1"),
}


@pytest.mark.parametrize("ridge", [0, "1/8"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("regime", REGIMES, ids=str)
def test_three_arithmetics(regime, name, ridge):
    if regime.kappa2 == math.inf and ridge:
        pytest.skip("the ridge is per sample for infinitely many samples, and vanishes")
    model = MODELS[name]
    double = asy.predict(model, regime, ridge=ridge)
    precise = asy.predict(model, regime, ridge=ridge, digits=30)
    ball = asy.predict(model, regime, ridge=ridge, digits=20, certified=True)
    assert double.status == precise.status == ball.status
    for component in COMPONENTS:
        assert relative_error(getattr(double, component), getattr(precise, component)) < 1e-14, component
        assert getattr(ball, component).contains(getattr(precise, component)), component


def test_kernel_ridge_regression():
    model = asy.KernelRidge("exp(t)", TARGET, "0.1")
    for regime in (
        asy.Polynomial(math.inf, 1, 1, 2),
        asy.Polynomial(math.inf, "3/2"),
        asy.Polynomial(math.inf, 2),
    ):
        double, precise = (
            asy.predict(model, regime, ridge=0.25),
            asy.predict(model, regime, ridge="1/4", digits=30),
        )
        for component in COMPONENTS:
            assert relative_error(getattr(double, component), getattr(precise, component)) < 1e-14, component


def test_arrays():
    regime = asy.Polynomial(2, 2, theta1=[0.25, 0.5, 1.0], theta2=[[0.5], [2.0]])
    double, precise = (
        asy.predict(MODELS["relu"], regime, ridge=0.125, **kind) for kind in ({}, {"digits": 25})
    )
    assert precise.shape == (2, 3)
    assert precise.test.astype(float) == pytest.approx(double.test, rel=1e-14)
    assert np.array_equal(precise.status, double.status)
