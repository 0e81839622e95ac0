"""``certified=True``: balls that contain the truth, and refuse rather than guess."""

import math
import pickle
from fractions import Fraction

import flint
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.models.library import stored_charts
from asymptotics.models.limit_measures import LimitMeasure
from asymptotics.prediction.certified import prove
from asymptotics.prediction.points import locate
from tests.prediction.domain import COMPONENTS

CHARTS = stored_charts("random-features", "proportional")
UNIT = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
CASES = [
    (UNIT, asy.Proportional("2", "2.0000001"), "1e-30"),
    (UNIT, asy.Proportional("1/3", 5), "0.2"),
    (UNIT, asy.Proportional(3, 2), 0),
    (UNIT, asy.Proportional(math.inf, 3), "1/7"),
    (UNIT, asy.Proportional(2, 2), "1e-16"),
    (asy.RandomFeaturesRidge("erf", {1: 1, 3: 2}, "0.01"), asy.Proportional(40, 30), "1e-3"),
    (asy.RandomFeaturesRidge("x", {1: 1}, "0.01"), asy.Proportional("1", 2), 0),
    (asy.RandomFeaturesRidge("x", {1: 1}), asy.Proportional(1, 1), 0),
    (asy.RandomFeaturesRidge("relu", {1: 1, 2: 1}, "0.1"), asy.FiniteSize(60, 120, 300), "1e-3"),
    (asy.RandomFeaturesRidge("relu", {1: 1, 2: 1}, "0.1"), asy.FiniteSize(60, 61, 61), "1e-8"),
    (asy.RandomFeaturesRidge("x**3/2 - x", {1: 1, 3: 1}, "0.1"), asy.FiniteSize(20, 5000, 6000), 0),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0].activation}, {c[1]}, {c[2]}" for c in CASES])
def test_balls_contain_more_digits_and_are_as_narrow_as_asked(case):
    model, regime, ridge = case
    balls = asy.predict(model, regime, ridge, digits=40, certified=True)
    values = asy.predict(model, regime, ridge, digits=60)
    for name in COMPONENTS:
        ball = getattr(balls, name)
        assert ball.contains(getattr(values, name)), name
        assert ball.rad <= 1e-40 * ball.mid or values.status == asy.Status.DIVERGES
    assert balls.status == values.status


KERNELS = ["exponential", "gaussian-0.5", "laplace", "arccos0", "arccos1", "linear", "polynomial-3", "ntk-relu",
           "ntk-relu-3", "ntk-erf-2", "1/(2 - t)"]  # fmt: skip
PLACES = [(asy.FiniteSize(60, 120), "1e-2"), (asy.FiniteSize(30, 100), 0), (asy.Proportional(math.inf, "1.5"), "1e-2"),
          (asy.Proportional(math.inf, "1/2"), 0), (asy.Polynomial(math.inf, 2, 1, "2/3"), "1e-2")]  # fmt: skip


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_ridge(kernel):
    """Finite size, proportional and polynomial scaling: balls contain more digits, and nothing nearby."""
    model = asy.KernelRidge(kernel, {1: 1, 2: "1/2"}, "0.1")
    for regime, ridge in PLACES:
        balls = asy.predict(model, regime, ridge, digits=12, certified=True)
        values = asy.predict(model, regime, ridge, digits=20)
        for name in COMPONENTS:
            ball, value = getattr(balls, name), getattr(values, name)
            assert ball.contains(value), (regime, name)
            if math.isfinite(value) and value:
                assert ball.rad <= 1e-12 * abs(ball.mid), (regime, name)
                assert not ball.contains(value * (1 + Fraction(1, 10**11))) or ball.rad == 0, (regime, name)


def test_kernel_that_is_not_seen_to_be_positive_definite():
    """No bound on the tail without it: refused, though digits= answers."""
    law = parse_formula("exp(t) + cos(t)/2", "t")
    model = asy.KernelRidge(asy.Kernel("other", law), {1: 1}, "0.1")
    assert asy.predict(model, asy.FiniteSize(60, 120), "0.1", digits=20).test > 0
    with pytest.raises(asy.PrecisionError, match="not proved that no power of the kernel other is negative"):
        asy.predict(model, asy.FiniteSize(60, 120), "0.1", certified=True)


def test_digits_by_default_and_face():
    risk = asy.predict(UNIT, asy.Proportional(2, 3), ridge="0.01", certified=True)
    assert isinstance(risk.test, Ball)
    assert float(risk.test.rad) < 1e-16 * float(risk.test.mid)
    assert risk.test.lower < risk.test.mid < risk.test.upper
    assert risk.prediction.contains(risk.test.mid + 1)
    assert "+/-" in str(risk)
    assert not risk.test.contains(risk.test.mid + Fraction(1, 10**14))


def test_arrays_of_balls():
    risk = asy.predict(
        UNIT, asy.Proportional([1.0, 2.0, 3.0], 2), ridge=[[0.0], [0.1]], digits=20, certified=True
    )
    assert risk.test.shape == (2, 3)
    assert risk.status.tolist() == [[1, 2, 1], [0, 0, 0]]
    assert risk.test[0, 1].mid == math.inf
    assert risk.test[1, 0].contains(asy.predict(UNIT, asy.Proportional(1, 2), ridge=0.1, digits=30).test)


def test_no_global_precision_is_touched():
    before = flint.ctx.prec
    asy.predict(UNIT, asy.Proportional(2, 3), ridge="0.01", digits=300, certified=True)
    assert flint.ctx.prec == before


def test_coefficients_by_rigorous_quadrature():
    model = asy.RandomFeaturesRidge("tanh(x) + cos(x)", target={1: 1}, noise=1)
    ball = asy.predict(model, asy.Proportional(2, 3), ridge=1, certified=True).test
    assert ball.contains(asy.predict(model, asy.Proportional(2, 3), ridge=1, digits=25).test)


def test_wrong_guess_cannot_be_certified():
    """A change of sign is looked for around the guess only: far from the root there is none."""
    point = locate(CHARTS, {"n": Fraction(2), "p": Fraction(3)}, Fraction(1, 10))
    arithmetic = Balls(30)
    data = LimitMeasure(UNIT).balls(1, 30)
    with arithmetic.precision():
        good = asy.predict(UNIT, asy.Proportional(3, 2), ridge="1/10", digits=30).effective_ridge
        assert prove(point, data, arithmetic.convert(good), arithmetic).value.contains(
            arithmetic.convert(good)
        )
        rough = prove(point, data, arithmetic.convert(Fraction(1, 1000)), arithmetic).value
        # From a bad guess the enclosure is wide, and still right.
        assert rough.contains(arithmetic.convert(good))


@pytest.mark.parametrize("shift", ["1e-20", "1e-10", "1e-3"])
def test_parameters_in_balls(shift):
    """The enclosure for an interval of sizes contains the values at its ends and inside it."""
    radius = Fraction(shift)
    data = LimitMeasure(UNIT).balls(1, 40)
    arithmetic = Balls(40)
    centre = locate(CHARTS, {"n": Fraction(2), "p": Fraction(3)}, Fraction(1, 10))
    with arithmetic.precision():
        unit = arithmetic.convert(
            Ball(flint.arb(0, flint.arb(flint.fmpq(radius.numerator, radius.denominator))), 40)
        )
        size = arithmetic.convert(2) + unit
        inverse = arithmetic.convert(Fraction(1, 3))
        point = centre.with_coordinates(psi2=size, inv_p=inverse, gap=1 - size * inverse)
        guess = asy.predict(UNIT, asy.Proportional(3, 2), ridge="1/10", digits=40).effective_ridge
        nu = prove(point, data, arithmetic.convert(guess), arithmetic).value
        for fraction in np.linspace(-1, 1, 5):
            psi2 = 2 + radius * Fraction(float(fraction))
            inside = asy.predict(UNIT, asy.Proportional(3, psi2), ridge="1/10", digits=40).effective_ridge
            assert nu.contains(arithmetic.convert(inside))


def test_balls_as_values():
    ball = asy.predict(UNIT, asy.Proportional(2, 3), ridge="0.01", certified=True).test
    again = pickle.loads(pickle.dumps(ball))
    assert str(again) == str(ball)
    assert again.overlaps(ball)
    assert (ball * 2 - ball).overlaps(ball)
    assert (1 - ball).overlaps(-(ball - 1))
    assert (ball / ball).contains(1)
    assert ball < 100
    assert ball > 0
    assert not ball > ball
