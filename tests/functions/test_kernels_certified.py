"""Spectra of kernels in balls: they contain what independent quadrature gives, and exclude anything else."""

import math
import random
from fractions import Fraction

import mpmath
import pytest

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.absolute_monotonicity import absolutely_monotone
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.expansions.kernels_certified import expand_kernel_certified, in_angle
from asymptotics.functions.formulas.enclosures import REAL, arb, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.functions.kernels import Kernel, expand_kernel

DIGITS = 15
HIGH = mpmath.MPContext()
HIGH.dps = 30


def relu(u):
    return (HIGH.sqrt(abs(1 - u * u)) + u * (HIGH.pi - HIGH.acos(u))) / HIGH.pi, 1 - HIGH.acos(u) / HIGH.pi


def tangent_relu(t, depth):
    covariance = tangent = t
    for _ in range(depth):
        covariance, slope = relu(min(covariance, HIGH.mpf(1)))
        tangent = tangent * slope + covariance
    return tangent


def tangent_erf(t):
    return 2 / HIGH.pi * HIGH.asin(2 * t / 3) + t * 4 / HIGH.pi / HIGH.sqrt(9 - 4 * t * t)


ORACLES = {
    "linear": lambda t: t,
    "polynomial-3": lambda t: (1 + t) ** 3,
    "exponential": HIGH.exp,
    "gaussian-0.5": lambda t: HIGH.exp(4 * (t - 1)),
    "laplace-2": lambda t: HIGH.exp(-HIGH.sqrt(2 - 2 * t) / 2),
    "arccos0": lambda t: relu(t)[1],
    "arccos1": lambda t: relu(t)[0],
    "ntk-relu": lambda t: tangent_relu(t, 1),
    "ntk-relu-2": lambda t: tangent_relu(t, 2),
    "ntk-erf": tangent_erf,
    "1/(1.05 - t)": lambda t: 1 / (HIGH.mpf("1.05") - t),
}


def power_by_definition(name, d, k):
    """``B(d, k) E[h(t) Q_k(t)]`` at 30 digits: mpmath's quadrature and Gegenbauer polynomials."""
    alpha = HIGH.mpf(d - 2) / 2
    mass = HIGH.sqrt(HIGH.pi) * HIGH.gamma(HIGH.mpf(d - 1) / 2) / HIGH.gamma(HIGH.mpf(d) / 2)

    def integrand(angle):
        t = HIGH.cos(angle)
        polynomial = HIGH.gegenbauer(k, alpha, t) / HIGH.gegenbauer(k, alpha, 1)
        return ORACLES[name](t) * polynomial * HIGH.sin(angle) ** (d - 2)

    return multiplicity(d, k) * HIGH.quad(integrand, [0, HIGH.pi / 4, HIGH.pi / 2, HIGH.pi]) / mass


@pytest.mark.parametrize("name", ORACLES)
def test_balls_contain_the_definition(name):
    """At random dimension and degree, and a change in the last digit but two is excluded."""
    chance = random.Random(name)
    for _ in range(3):
        d, k = chance.choice([3, 4, 6, 11, 25]), chance.randint(0, 7)
        value = power_by_definition(name, d, k)
        ball = expand_kernel_certified(name, d, 8, DIGITS).powers[k]
        with working_precision(200):
            if ball.is_zero():
                assert abs(value) < 1e-20
                continue
            exact = arb(HIGH.nstr(value, 30))
            assert abs(ball - exact) < exact * arb(10) ** -18, (d, k)
            assert ball.rel_accuracy_bits() > DIGITS * math.log2(10)
            wrong = exact * (1 + arb(10) ** (2 - DIGITS))
            assert not ball.contains(wrong) and not ball.overlaps(wrong), (d, k)


SIZES = [2, 3, 60, 5000, 10**7, math.inf]


@pytest.mark.parametrize(
    "name, d",
    [(name, d) for name in ORACLES for d in SIZES if name != "ntk-relu-2" or d > 3] + [("ntk-erf-2", 7)],
)
def test_balls_contain_the_other_route(name, d):
    """Twice the digits by estimated quadrature, or by regrouped Taylor coefficients in large dimension."""
    certified, plain = expand_kernel_certified(name, d, 6, digits=20), expand_kernel(name, d, 6, digits=50)
    with working_precision(300):
        for ball, value in zip([*certified.powers, certified.tail], [*plain.powers, plain.tail], strict=True):
            if value == 0:
                assert ball.is_zero()
                continue
            exact = arb(mpmath.nstr(value, 50, strip_zeros=False))
            assert ball.overlaps(exact + arb(0, exact * arb(10) ** -48))
            assert ball.rel_accuracy_bits() > 20 * math.log2(10)


def test_parts_add_up_in_balls():
    e = expand_kernel_certified("laplace", 5, 12, digits=30)
    with working_precision(300):
        assert (sum(e.powers, arb(0)) + e.tail).overlaps(arb(1)) and e.total.contains(1)


@pytest.mark.parametrize(
    "text, d, k, exact",
    [("arccos1", 3, 0, Fraction(3, 8)), ("arccos1", 3, 1, Fraction(1, 2)), ("arccos1", 17, 1, Fraction(1, 2)),
     ("arccos0", 9, 0, Fraction(1, 2)), ("ntk-relu", 6, 1, Fraction(1)), ("(1 + t)**2", 4, 0, Fraction(5, 4))],
)  # fmt: skip
def test_known_rationals(text, d, k, exact):
    """The constant and linear parts of arc-cosine kernels: t/2 is the whole odd part of the first."""
    ball = expand_kernel_certified(text, d, 3, digits=40).powers[k]
    with working_precision(200):
        assert ball.contains(arb(exact.numerator) / exact.denominator)


@pytest.mark.parametrize(
    "text",
    ["exp(t)*(1 + t**2)", "-log(1 - t/2)", "1/sqrt(1 - t/2)", "cosh(2*t)", "1 - sqrt(1 - t)/2", "1/(1 - t**2/2)",
     "2*asin(2*t/3)/pi", "exp(1/(2 - t))", "sinh(t)*t", "exp(-acos(t))", "-1/(t - 2)", "t*(1 - acos(t)/pi)"],
)  # fmt: skip
def test_what_is_seen_to_be_absolutely_monotone(text):
    """And its first Taylor coefficients are indeed not negative."""
    assert absolutely_monotone(parse_formula(text, "t").node)
    assert min(expand_kernel(Kernel(text, parse_formula(text, "t")), math.inf, 25).powers) >= 0


@pytest.mark.parametrize(
    "text",
    ["cos(t)", "exp(-t)", "exp(t) - t", "1 - t", "t - 1/2", "(1 + t)**(5/2)", "sqrt(2 + t)", "1/(1/2 - t)**2",
     "1/(1 - t)", "abs(t)", "tanh(t)", "log(2 + t)", "asin(2*t)", "sqrt(1/2 - t)*(-1) + 5", "max(t, 0)", "exp(sin(t))"],
)  # fmt: skip
def test_what_is_not(text):
    """Negative coefficients, or a series that does not converge up to t = 1."""
    assert not absolutely_monotone(parse_formula(text, "t").node)


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(1 - t**2)",
        "(2 - 2*t)**(3/2)",
        "acos(t)*asin(t)",
        "sqrt(3*(1 + t)**3)",
        "(1 - t)**(1/3)",
        "sqrt(2 - t)",
    ],
)
def test_formulas_in_the_angle(text):
    node = parse_formula(text, "t").node
    with working_precision(100):
        for angle in (arb(1) / 7, arb(1), arb(3)):
            one, two = evaluate(in_angle(node), angle, REAL), evaluate(node, angle.cos(), REAL)
            assert one.overlaps(two) and abs(one - two) < 1e-25


def test_coefficients_are_exact():
    kernel = Kernel.from_coefficients({1: "1/3", 4: 0.25}, tail="0.1")
    e = expand_kernel_certified(kernel, 7, 2, digits=30)
    with working_precision(150):
        assert e.powers[1].overlaps(arb(1) / 3) and e.tail.overlaps(arb("0.35")) and e.powers[2].is_zero()


def test_refusals():
    with pytest.raises(PrecisionError, match=r"not proved that no power of the kernel exp\(t\) \+ t \* cos"):
        expand_kernel_certified(Kernel("exp(t) + t * cos(t)", parse_formula("exp(t) + t*cos(t)", "t")), 5, 2)
    three = Kernel.from_formula("(5*t**4*7 - 30*t**2 + 3)/8 + t**2/50 + 1/10")
    assert expand_kernel_certified(three, 3, 4).tail.is_zero()
    with pytest.raises(InputError, match="positive definite"):
        expand_kernel_certified(three, 40, 2)
    with pytest.raises(InputError):
        expand_kernel_certified("exp(t)", 1, 2)
