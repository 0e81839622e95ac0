import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from routes import filter_by_real_ridges, flow_by_real_ridges

import asymptotics as asy
from asymptotics.dynamics.digits import trained_to_digits
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge, PrincipalComponents, SpectralFilter
from asymptotics.dynamics.steps import GradientDescent, HeavyBall, Nesterov
from asymptotics.errors import InputError

MODEL = asy.RandomFeaturesRidge(
    asy.Activation.from_coefficients(powers={1: "1/4"}, tail="1/11"), target={1: 1, 3: "1/5"}, noise="1/2"
)
SIZES = asy.Proportional(2, 3)


def to_digits(model, regime, training, digits):
    return trained_to_digits(read_trained(model, regime, training), digits)


def test_more_digits_continue_fewer():
    few, many = (to_digits(MODEL, SIZES, GradientFlow(["1/3", 10]), digits) for digits in (12, 30))
    doubles = trained_risk(read_trained(MODEL, SIZES, GradientFlow([1 / 3, 10])))
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature", "degrees_of_freedom"):
        for place in (0, 1):
            assert mpmath.almosteq(few.values[name][place], many.values[name][place], rel_eps=2e-12)
            assert doubles.values[name][place] == pytest.approx(float(many.values[name][place]), rel=2e-13)


def test_second_route_in_digits():
    exact = flow_by_real_ridges(MODEL, SIZES, 3, 10)
    found = to_digits(MODEL, SIZES, GradientFlow(10), 16).values["test"][0]
    assert abs(found / exact - 1) < 1e-16


def test_second_route_for_descent():
    # The page of checkpoints prints ...417 for twenty steps: its last digit is off, by both routes.
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    known = mpmath.mpf("0.64985020941474873329")
    found = to_digits(model, SIZES, GradientDescent(20, "1/2"), 30).values["test"][0]
    other = filter_by_real_ridges(model, SIZES, 3, lambda x: (1 - x / 2) ** 20, "3.3")
    assert abs(found / known - 1) < 1e-15 and abs(found / other - 1) < 1e-19
    doubles = trained_risk(read_trained(model, SIZES, GradientDescent(20, "1/2"))).values["test"][0]
    assert doubles == pytest.approx(float(found), rel=1e-14)


def test_steps_and_iterations():
    for training in (
        GradientDescent([5, 100], "1/2"),
        IteratedRidge("1/2", [1, 3]),
        GradientFlow([1, 1000], ridge="1/10"),
    ):
        found = to_digits(MODEL, SIZES, training, 14).values["test"]
        doubles = trained_risk(read_trained(MODEL, SIZES, training)).values["test"]
        assert [float(x) for x in found] == pytest.approx(doubles.tolist(), rel=1e-12)


def test_finite_sizes_and_the_end_of_training():
    model = asy.SpectralRidge([1, "1/2", "1/4"], target=[1, 1, 0], multiplicities=[1, 10, 100], noise="0.1")
    sizes = asy.FiniteSize(n=40, p=60)
    found = to_digits(model, sizes, GradientFlow([1, math.inf]), 20)
    ridgeless = asy.predict(model, sizes, ridge=0, digits=20).test
    assert found.values["test"][1] == ridgeless
    doubles = trained_risk(read_trained(model, sizes, GradientFlow(1.0))).values["test"][0]
    assert float(found.values["test"][0]) == pytest.approx(doubles, rel=1e-13)


@pytest.mark.parametrize(
    ("training", "digits"),
    [
        (HeavyBall([1, 6], "1/2", "4/5"), 16),
        (HeavyBall(300, "1/2", "1/3"), 16),
        (Nesterov([1, 6], "1/4", "1/2"), 16),
        (Nesterov(300, "1/4", "1/3"), 16),
        pytest.param(PrincipalComponents("1/5"), 16, marks=pytest.mark.slow),
    ],
)
def test_other_methods(training, digits):
    found = to_digits(MODEL, SIZES, training, digits).values
    doubles = trained_risk(read_trained(MODEL, SIZES, training)).values
    for name in ("test", "train", "norm", "degrees_of_freedom"):
        assert [float(x) for x in found[name]] == pytest.approx(doubles[name].tolist(), rel=2e-14), name


@pytest.mark.parametrize(
    ("momentum", "kind"), [("1/2", HeavyBall), ("0", HeavyBall), ("1/2", Nesterov), ("0", Nesterov)]
)
def test_contours_in_digits_are_the_recursions(momentum, kind):
    context = mpmath.MPContext()
    context.dps = 60
    training, steps, beta = kind(7, "1/4", momentum), 7, context.mpf(float(Fraction(momentum)))
    values = {"steps": context.mpf(steps), "step_size": context.mpf("0.25"), "momentum": beta}
    nodes = training.contour(values, 44, context)
    for x in map(context.mpf, ("0", "0.3", "2", "5")):
        now = before = context.mpf(1)
        for _ in range(steps):
            if kind is HeavyBall:
                now, before = (1 + beta - x / 4) * now - beta * before, now
            else:
                now, before = (1 - x / 4) * ((1 + beta) * now - beta * before), now
        found = sum((w * s / (s + x)).real for s, w in zip(nodes.ridges, nodes.weights, strict=True))
        assert abs(found - now) < 1e-20


def test_what_has_no_contour_in_digits_is_refused():
    for training, name in (
        (SpectralFilter(lambda x: np.exp(-x)), "digits"),
        (GradientFlow(0), "time"),
        (HeavyBall(300, "1/2", "9/10"), "steps"),
    ):
        with pytest.raises(InputError) as error:
            to_digits(MODEL, SIZES, training, 20)
        assert error.value.name == name


def test_exact_parameters_are_used():
    third = to_digits(MODEL, SIZES, GradientFlow(Fraction(1, 3)), 30).values["test"][0]
    double = to_digits(MODEL, SIZES, GradientFlow(1 / 3), 30).values["test"][0]
    assert 1e-18 < abs(third - double) < 1e-15
