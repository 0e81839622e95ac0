"""Ensembles and parts in digits, against doubles and against each other."""

import math
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.ensembles.ask import ask, ask_parts
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.errors import InputError
from tests.models.own_models import TwoGroups

RELU = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="1/5")
REGIMES = (
    asy.Proportional(psi1=2, psi2=[1, "3/2", 4]),
    asy.FiniteSize(d=20, n=40, p=[30, 60]),
    asy.Polynomial(kappa1=2, kappa2=2, theta1="1/2", theta2=1),
)
ENSEMBLES = (3, Ensemble(4, share="both", samples="1/2", features="1/2"), Ensemble(math.inf, share="none"))


@pytest.mark.parametrize("regime", REGIMES, ids=str)
@pytest.mark.parametrize("ridge", [0, "1/10"])
def test_doubles_are_right_to_rounding(regime, ridge):
    exact, fast = ask_parts(RELU, regime, ridge, digits=25), ask_parts(RELU, regime, ridge)
    for name, value in exact.items():
        np.testing.assert_allclose(fast[name], np.array(value, dtype=float), rtol=5e-15)
    for ensemble in ENSEMBLES:
        exact, fast = (ask(RELU, regime, ridge, ensemble=ensemble, digits=digits) for digits in (25, None))
        for name in ("test", "bias", "variance"):
            np.testing.assert_allclose(
                fast.values[name], np.array(exact.values[name], dtype=float), rtol=5e-15
            )


def test_parts_sum_to_the_test_error_in_digits():
    regime = asy.Proportional(psi1=2, psi2="3/2")
    total = sum(ask_parts(RELU, regime, "1/1000", digits=60).values())
    assert abs(total - asy.predict(RELU, regime, "1/1000", digits=60).test) * 10**58 < 1


def test_more_digits_continue_fewer():
    few, many = (ask(RELU, asy.Proportional(2, 3), "1/10", ensemble=3, digits=k) for k in (20, 50))
    assert abs(few.test - many.test) < 1e-19 and few.exact["ridge"] == Fraction(1, 10)
    assert "train" in few.values and abs(few.bias + few.variance - few.test) < 1e-19


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ask(RELU, REGIMES[0], 1, ensemble=Ensemble(2, bootstrap=True), digits=20), "digits"),
        (lambda: ask(RELU, REGIMES[0], 1, ensemble=3, certified=True), "certified"),
        (lambda: ask(RELU, REGIMES[0], ensemble=3, training=GradientFlow(1), digits=9), "digits"),
        (lambda: ask_parts(RELU, REGIMES[0], 1, training=GradientFlow(1)), "training"),
        (lambda: ask_parts(RELU, REGIMES[0], 1, certified=True), "certified"),
        (lambda: ask_parts(RELU, asy.Proportional(psi1=2, psi2=2), 0, digits=20), "digits"),
        (lambda: ask_parts(RELU, REGIMES[0], 1, digits=0), "digits"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_models_of_several_unknowns_have_no_digits():
    activation = asy.Activation.from_coefficients(powers={1: "1/4"}, tail="0.09")
    model = TwoGroups(activation, activation, noise="0.3")
    with pytest.raises(InputError, match="one spectrum"):
        ask_parts(model, asy.FiniteSize(n=9, p1=7, p2=4, d=6), 1, digits=20)


def test_the_same_question_along_training():
    found = ask_parts(RELU, asy.Proportional(2, 3), training=GradientFlow([1.0, 2.0]))
    assert found["bias2"].shape == (2,)
