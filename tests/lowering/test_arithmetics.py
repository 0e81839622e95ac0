"""One program on every arithmetic: doubles, arrays, mpmath numbers, balls, leading orders, series."""

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.arithmetic import Float64, Multiprecision, ScalarFloat
from asymptotics.lowering.ball_series import BallSeries
from asymptotics.lowering.balls import Ball, Balls, interval
from asymptotics.lowering.leading_orders import UNIT, Leading, LeadingArray, LeadingFloat64, LeadingOrder
from asymptotics.lowering.lower import lower
from asymptotics.lowering.plateaus import balance_left
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.puiseux_series import PuiseuxNumber, PuiseuxSeries, Rationals
from asymptotics.lowering.scalar import scalar_problem, visibly_positive
from asymptotics.models.library import stored_system

WIDE = scalar_problem(stored_system("random-features", "general", "wide"))
GIVEN = {
    "n": Fraction(7),
    "inv_p": Fraction(1, 9),
    "gap": Fraction(2, 9),
    "lam": Fraction(1, 10),
    "noise": Fraction(1, 4),
}
NU = Fraction(3, 20)
EIGENVALUES = [Fraction(1), Fraction(1, 5), Fraction(1, 50)]
WEIGHTS = {"T": [Fraction(1), Fraction(4), Fraction(20)], "B": [Fraction(0), Fraction(1), Fraction(1, 2)]}
TAILS = {"T": Fraction(1, 3), "B": Fraction(1, 7)}


def run(arithmetic, program=WIDE.observables):
    array = getattr(arithmetic, "array", lambda values: np.array([float(v) for v in values]))
    spectrum = Spectrum(
        array(EIGENVALUES),
        {name: array(values) for name, values in WEIGHTS.items()},
        {name: arithmetic.convert(value) for name, value in TAILS.items()},
    )
    given = {name: arithmetic.convert(value) for name, value in {**GIVEN, "nu": NU}.items()}
    return program(given, arithmetic, spectrum)


def test_containment():
    """Each value lies in its ball, and a program of more digits in the ball of fewer."""
    digits = Multiprecision(60)
    precise, double = run(digits), run(ScalarFloat())
    arithmetic = Balls(30)
    with arithmetic.precision():
        balls = run(arithmetic)
        for name, ball in balls.items():
            assert Ball(ball, 25).contains(precise[name]), name
            assert arithmetic.digits_of(ball) > 25
    for name, value in precise.items():
        assert double[name] == pytest.approx(float(value), rel=1e-14), name


def test_leading_orders_of_constants_are_values():
    precise, orders = run(Multiprecision(30)), run(LeadingOrder(Multiprecision(30)))
    for name, order in orders.items():
        assert order.exponent == 0
        assert abs(order.coefficient / precise[name] - 1) < 1e-28, name


def test_series_of_constants_are_values():
    precise, series = run(Multiprecision(30)), run(PuiseuxSeries(Multiprecision(30), 1, 4))
    for name, value in series.items():
        assert abs(value[0] / precise[name] - 1) < 1e-28, name
        assert all(abs(value[k]) < 1e-28 for k in (1, 2))


def test_balanced_left_side_is_the_left_side():
    """rest + weight * count = left, at points above, between and below the levels."""
    for nu in (1e-3, 0.05, 0.5, 30.0):
        given = {name: np.array([float(v)]) for name, v in {**GIVEN, "nu": nu}.items()}
        spectrum = Spectrum(
            np.array([float(s) for s in EIGENVALUES]),
            {name: np.array([float(w) for w in values]) for name, values in WEIGHTS.items()},
            {name: float(value) for name, value in TAILS.items()},
        )
        out = WIDE.balanced(given, Float64(), spectrum)
        assert out["rest"] + out["weight"] * out["count"] == pytest.approx(out["left"], rel=1e-14)
        expected = sum(float(w) for s, w in zip(EIGENVALUES, WEIGHTS["T"], strict=True) if s > nu)
        assert out["count"] == expected


def test_balance_of_other_left_sides():
    nu, c, a, b = (symbol(name) for name in ("nu", "c", "a", "b"))
    assert balance_left(c, [Definition(a, nu)], nu) is None
    assert balance_left(a + 2 * b, [Definition(a, nu / (nu + c)), Definition(b, c / nu)], nu) is None
    assert balance_left(a * b, [Definition(a, nu), Definition(b, 1 / nu)], nu) is None
    tail_only = balance_left(a + c, [Definition(a, b / nu)], nu)
    assert tail_only is not None
    assert tail_only.count == 0


def test_slopes_of_every_stored_chart_are_visibly_positive():
    a, b = symbol("a"), symbol("b")
    assert visibly_positive(a / (a + b) ** 2 + 3)
    assert not visibly_positive(a - b)
    assert not visibly_positive(-a)


def test_a_left_side_that_does_not_decrease_is_refused():
    system = stored_system("random-features", "proportional", "wide")
    definitions = tuple(
        Definition(d.symbol, d.expression * symbol("nu") ** 2) if d.symbol.name == "T11" else d
        for d in system.definitions
    )
    broken = type(system)(
        system.name, system.parameters, system.unknowns, system.equations, system.observables, definitions,
        system.measures, system.domain,
    )  # fmt: skip
    with pytest.raises(DerivationError, match="decrease"):
        scalar_problem(broken)


def test_leading_arithmetic():
    small, two = Leading(3.0, UNIT), Leading(2.0)
    assert (small + small).coefficient == 6
    assert (two / small).exponent == -UNIT
    assert (two - small).coefficient == 2
    assert Leading(0.0, 5).exponent == math.inf
    assert (Leading(0.0) + small).exponent == UNIT
    assert two.limit(math.inf, 0.0) == 2
    assert small.power == 1
    with pytest.raises(DerivationError, match="cancel"):
        two - two
    with pytest.raises(ZeroDivisionError):
        two / Leading(0.0)
    with pytest.raises(DerivationError, match="square root"):
        LeadingOrder(ScalarFloat()).sqrt(Leading(1.0, 1))


def test_leading_arrays_agree_with_leading_numbers():
    generator = np.random.default_rng(5)
    coefficients = generator.uniform(0.5, 2, (3, 40)) * (generator.uniform(size=(3, 40)) > 0.2)
    exponents = generator.integers(-2, 3, (3, 40)) * 12.0
    arrays = [LeadingArray(c, e) for c, e in zip(coefficients, exponents, strict=True)]
    value = (arrays[0] + arrays[1] * 2.0) / (arrays[2] + 1.0) + 0.0
    root = LeadingFloat64().sqrt(value)
    for i in range(40):
        a, b, c = (Leading(float(coefficients[j, i]), int(exponents[j, i])) for j in range(3))
        one = (a + b * Leading(2.0)) / (c + Leading(1.0))
        assert (value.coefficient[i], value.exponent[i]) == (one.coefficient, one.exponent)
        assert root.coefficient[i] == math.sqrt(one.coefficient)


def test_series_arithmetic():
    arithmetic = PuiseuxSeries(Rationals(), 2, 6)
    x, one = arithmetic.variable(), arithmetic.one_series()
    root = (one + x).sqrt()
    assert [root[k] for k in (0, 2, 4)] == [1, Fraction(1, 2), Fraction(-1, 8)]
    assert (root * root - one - x).coefficients == []
    assert (x.sqrt() * x.sqrt() - x).coefficients == []
    assert str(one / x) == "(1) eps^-1"
    assert ((one - x).inverse() * (one - x))[0] == 1
    assert root.shortened(2).order == 2
    with pytest.raises(ZeroDivisionError):
        one / (x - x)
    with pytest.raises(DerivationError, match="not rational"):
        (one + one).sqrt()
    with pytest.raises(DerivationError, match="finer"):
        x.sqrt().sqrt()
    unknown = PuiseuxNumber(arithmetic, 1, [Fraction(1)], 3)
    assert (unknown * unknown).order == 4
    assert (unknown + one).order == 3


def test_ball_series_match_series():
    balls, exact = BallSeries(5), PuiseuxSeries(Rationals(), 1, 5)
    left = balls.series([1, 2, 3])
    right = PuiseuxNumber(exact, 0, [Fraction(1), Fraction(2), Fraction(3)])
    for value, expected in (
        (balls.convert(1) / left, exact.one_series() / right),
        (balls.sqrt(left), right.sqrt()),
        (left * left - left, right * right - right),
    ):
        for k in range(5):
            assert Ball(balls.coefficient(value, k), 12).contains(expected[k])
    with pytest.raises(InputError, match="terms"):
        BallSeries(11)


def test_contexts_are_their_own():
    before = mpmath.mp.prec, flint.ctx.prec
    third = Multiprecision(80).convert(Fraction(1, 3))
    with Balls(80).precision():
        assert Balls(80).convert(Fraction(1, 3)).rel_accuracy_bits() > 260
    assert (mpmath.mp.prec, flint.ctx.prec) == before
    assert abs(third * 3 - 1) < mpmath.mpf(10) ** -79


def test_logarithms_beyond_doubles():
    arithmetic = Multiprecision(30)
    assert arithmetic.logarithm(arithmetic.convert(Fraction(1, 10**5000))) == pytest.approx(
        -5000 * math.log(10)
    )
    assert arithmetic.logarithm(arithmetic.convert(Fraction(3, 2))) == pytest.approx(math.log(1.5))


def test_balls_of_intervals():
    ball = interval(Fraction(1, 3), Fraction(2, 3))
    assert ball.contains("0.5")
    assert ball.contains(Fraction(1, 3))
    assert not ball.contains(0.7)
    assert 0.333 < ball.lower < 0.334 < 0.666 < ball.upper < 0.667
    with pytest.raises(InputError, match="value"):
        ball.contains([1])


def test_programs_say_what_they_are():
    program = lower({"y": symbol("x") ** 5}, ["x"])
    assert program.count() == {"input": 1, "multiply": 3}
    assert "y = r" in str(program)
    with pytest.raises(DerivationError, match="neither"):
        lower({"y": symbol("z")}, ["x"])
