"""Root finders: arrays, rising precision, brackets, enclosures."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.errors import PrecisionError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.solvers.bracket import bracketed_root
from asymptotics.solvers.enclosure import enclose_root
from asymptotics.solvers.refinement import refine_root, rough_root
from asymptotics.solvers.scalar import solve_decreasing
from asymptotics.solvers.solution import Status

POWERS = st.floats(-8, 8).map(lambda x: 10.0**x)


def two_levels(a, b, size):
    """``a/(a+nu) + b/nu = size``: two positive terms that decrease, with the root in closed form."""

    def sides(nu, arithmetic=None):
        first, second = a / (a + nu), b / nu
        return first + second, size, a * nu / ((a + nu) * (a + nu)) + second

    half = (a + b - size * a) / 2
    exact = (half + math.hypot(half, math.sqrt(size * a * b))) / size if half > 0 else None
    return sides, exact


@settings(max_examples=80, deadline=None)
@given(POWERS, POWERS, st.floats(-3, 3).map(lambda x: 10.0**x))
def test_arrays(a, b, size):
    sides, exact = two_levels(a, b, size)

    def array_sides(nu, chosen):
        left, right, slope = sides(nu)
        return left, np.full(nu.shape, right), slope, left - right

    root = solve_decreasing(array_sides, np.geomspace(1e-30, 1e30, 7))
    assert np.all(root.status == Status.SOLVED)
    loss = 1e-15 * root.condition.max()
    assert np.ptp(root.value) <= (1e-14 + loss) * root.value.max()
    if exact is not None:
        assert root.value[0] == pytest.approx(exact, rel=1e-12 + loss)


@settings(max_examples=50, deadline=None)
@given(POWERS, POWERS, st.floats(-3, 3).map(lambda x: 10.0**x), st.sampled_from((20, 60, 300)))
def test_rising_precision(a, b, size, digits):
    fractions = [Fraction(x) for x in (a, b, size)]

    root = refine_root(lambda nu, arithmetic: _sides(nu, arithmetic, fractions), 0.0, digits)
    context = Multiprecision(digits + 40).context
    a, b, size = (context.mpf(x.numerator) / x.denominator for x in fractions)
    # size nu^2 + (size a - a - b) nu - a b = 0
    linear = size * a - a - b
    exact = (-linear + context.sqrt(linear**2 + 4 * size * a * b)) / (2 * size)
    if linear > 0:
        exact = 2 * a * b / (linear + context.sqrt(linear**2 + 4 * size * a * b))
    assert abs(root.value / exact - 1) < context.mpf(10) ** -digits


def _sides(nu, arithmetic, fractions):
    a, b, size = (arithmetic.convert(x) for x in fractions)
    return a / (a + nu) + b / nu, size, a * nu / ((a + nu) * (a + nu)) + b / nu


def test_digits_lost_on_a_plateau_are_won_back():
    """size one with a tail of 1e-40: forty digits cancel, the answer has fifty."""
    fractions = [Fraction(1), Fraction(1, 10**40), Fraction(1)]
    root = refine_root(lambda nu, arithmetic: _sides(nu, arithmetic, fractions), 0.0, 50)
    context = Multiprecision(120).context
    b = context.mpf(10) ** -40
    assert abs(root.value / ((b + context.sqrt(b * b + 4 * b)) / 2) - 1) < context.mpf(10) ** -50
    assert root.condition > 19


def test_beyond_the_range_of_doubles():
    fractions = [Fraction(1, 10**500), Fraction(1, 10**900), Fraction(10) ** 400]
    root = rough_root(lambda nu, arithmetic: _sides(nu, arithmetic, fractions), 0.0)
    assert abs(float(root.value * Multiprecision(20).context.mpf(10) ** 1300) - 1) < 1e-5


def test_no_root():
    with pytest.raises(SolverError):
        refine_root(lambda nu, arithmetic: (nu * 0 + 1, nu * 0 + 2, nu * 0 + 1), 0.0, 20)


@settings(max_examples=40, deadline=None)
@given(POWERS, POWERS, st.floats(-3, 3).map(lambda x: 10.0**x))
def test_enclosures_contain(a, b, size):
    fractions = [Fraction(x) for x in (a, b, size)]
    root = refine_root(lambda nu, arithmetic: _sides(nu, arithmetic, fractions), 0.0, 60)
    arithmetic = Balls(40 + max(0, math.ceil(root.condition)))
    with arithmetic.precision():
        rough = arithmetic.convert(Multiprecision(25).convert(root.value))
        found = enclose_root(lambda nu: _sides(nu, arithmetic, fractions), rough, arithmetic)
        assert found.value.contains(arithmetic.convert(root.value))
        assert arithmetic.digits_of(found.value) > 20


def test_no_enclosure_without_a_root():
    arithmetic = Balls(20)
    with arithmetic.precision(), pytest.raises(PrecisionError):
        enclose_root(
            lambda nu: (arithmetic.convert(3), arithmetic.convert(2), nu), arithmetic.convert(1), arithmetic
        )


@pytest.mark.parametrize("digits", [15, 60, 400])
@pytest.mark.parametrize(("power", "low", "high"), [(2, 1, 2), (3, "1e-6", 1e6), (5, 1, 1000)])
def test_bracketed_roots(power, low, high, digits):
    def function(x, precision):
        return Multiprecision(precision).convert(x**power - 2)

    root = bracketed_root(function, Fraction(low), Fraction(high), digits)
    assert abs(root**power - 2) < Fraction(20, 10**digits)


def test_every_status_has_advice():
    assert all(status.advice for status in Status)
