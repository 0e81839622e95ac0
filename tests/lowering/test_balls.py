"""Balls hold what they say, at both ends, and little more: reading, operations, comparison, copies, linear systems."""

import math
import operator
import pickle
from fractions import Fraction

import mpmath
import pytest
from flint import arb

from asymptotics.errors import InputError
from asymptotics.lowering.balls import Ball, Balls, bits_for, interval, solve_linear

ARITHMETIC = Balls(30)
THIRD, SEVENTH = Fraction(1, 3), Fraction(-22, 7)
OPERATIONS = [operator.add, operator.sub, operator.mul, operator.truediv]


def ball(value, digits=30):
    return interval(Fraction(value), Fraction(value), digits)


def exact(number):
    """An mpmath number as a fraction."""
    sign, mantissa, exponent, _ = number._mpf_
    return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)


@pytest.mark.parametrize("digits", [5, 30, 100])
@pytest.mark.parametrize(("low", "high"), [(THIRD, Fraction(1, 2)), (SEVENTH, THIRD), (-1, 1), (2, 2)])
def test_both_ends_are_outside_and_close(low, high, digits):
    found = interval(Fraction(low), Fraction(high), digits)
    margin = Fraction(1, 10 ** min(digits, 8))
    assert low - margin < exact(found.lower) <= low and high <= exact(found.upper) < high + margin
    assert exact(found.mid) - exact(found.rad) <= low and high <= exact(found.mid) + exact(found.rad)
    assert exact(found.rad) < Fraction(high - low) / 2 + margin
    for inside in (Fraction(low), Fraction(high), (low + high) / Fraction(2)):
        assert found.contains(inside)
    for outside in (low - margin, high + margin, math.inf, -math.inf):
        assert not found.contains(outside)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", [SEVENTH, 3, 0.1, "ball", "mpf"])
def test_operations_hold_the_exact_result_and_little_more(operation, other):
    number = Fraction(other) if not isinstance(other, str) else Fraction(5, 8)
    second = {"ball": ball(number, 20), "mpf": mpmath.mpf(0.625)}.get(other, other)
    found, result = operation(ball(THIRD), second), operation(THIRD, number)
    assert found.digits == (20 if other == "ball" else 30)
    assert found.contains(result) and 0 < exact(found.rad) < Fraction(1, 10 ** (found.digits - 2))
    if operation is not operator.truediv:
        assert operation(second, ball(THIRD)).contains(operation(number, THIRD))
        assert (-found).contains(-result)
    with pytest.raises(TypeError):
        operation(ball(1), "text")


def test_operations_take_the_whole_ball():
    low, high = Fraction(1, 2), Fraction(3)
    for operation in OPERATIONS:
        found = operation(interval(low, high), interval(Fraction(2), Fraction(5)))
        results = [operation(a, b) for a in (low, high) for b in (Fraction(2), Fraction(5))]
        assert all(found.contains(result) for result in results)
        assert exact(found.rad) < 2 * (max(results) - min(results))


def test_an_interval_has_thirty_digits_if_nothing_is_said():
    assert interval(THIRD, THIRD).digits == 30 and interval(THIRD, THIRD, 7).digits == 7


def test_roots_and_angles_leave_out_what_is_below_zero():
    assert (ball(2).sqrt() * ball(2).sqrt()).contains(2) and float(ball(2).sqrt().rad) < 1e-29
    wide = interval(Fraction(-1), Fraction(4)).sqrt()
    assert wide.contains(0) and wide.contains(2) and wide.contains(1) and float(wide.upper) < 2.0001
    assert ball("1/2").angle_share(ball(1)).contains(THIRD) and ball(-2).angle_share(ball(4)).contains(1)
    assert ball(0).angle_share(ball(3, 12)).contains("1/2") and ball(0).angle_share(ball(3, 12)).digits == 12
    nearly = interval(1 - Fraction(1, 10**20), 1 + Fraction(1, 10**20)).angle_share(ball(1))
    assert nearly.contains(0) and float(nearly.upper) < 1e-9


def test_comparisons_are_for_the_whole_ball():
    first, second = interval(Fraction(1), Fraction(2)), interval(Fraction(3), Fraction(4))
    touching = interval(Fraction(2), Fraction(3))
    assert first < second and second > first and not first > second and not second < first
    assert not first < touching and not touching > first and first < 3 and second > 2 and not first < 2
    for two in (2, ball(2)):
        assert not ball(2) < two and not ball(2) > two
    assert first.overlaps(touching) and touching.overlaps(second) and not first.overlaps(second)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinities_are_themselves(value):
    found = Ball(arb(value), 20)
    assert float(found) == value and found.rad == 0 and found.lower == found.upper == value
    assert found.contains(value) and not found.contains(-value) and not found.contains(1)
    copy = pickle.loads(pickle.dumps(found))
    assert copy.contains(value) and copy.digits == 20 and str(found) == str(mpmath.mpf(value))


@pytest.mark.parametrize("digits", [3, 40])
@pytest.mark.parametrize("value", [THIRD, SEVENTH, Fraction(0), Fraction(5, 4), Fraction(10**40 + 1)])
def test_copies_and_texts_are_the_same_ball(value, digits):
    found = ball(value, digits)
    copy = pickle.loads(pickle.dumps(found))
    assert copy.mid == found.mid and found.rad <= copy.rad <= found.rad * 1.0001 and copy.digits == digits
    read = Ball.read("+" + str(found) if value > 0 else str(found), digits)
    assert read.contains(value) and read.digits == digits and f"Ball({found})" == repr(found)
    with pytest.raises(ValueError):
        Ball.read("[no ball]", 10)


@pytest.mark.parametrize(
    ("given", "value"),
    [("0.1", Fraction(1, 10)), (0.1, Fraction(0.1)), (Fraction(2, 3), Fraction(2, 3)), (-7, Fraction(-7)),
     (mpmath.mpf("-0.75"), Fraction(-3, 4)), (mpmath.mpf(2) ** 100, Fraction(2**100)),
     (10**40 + 1, Fraction(10**40 + 1))],
)  # fmt: skip
def test_numbers_are_taken_exactly(given, value):
    with ARITHMETIC.precision():
        found = Ball(ARITHMETIC.convert(given), 30)
    assert found.contains(value) and exact(found.rad) <= abs(value) / 10**29
    assert not found.contains(value * (1 + Fraction(1, 10**25)))


def test_what_is_no_number_is_refused():
    for wrong in ([], None, 1j):
        with pytest.raises(InputError, match="value"):
            ARITHMETIC.convert(wrong)
    assert ARITHMETIC.convert(mpmath.inf) == arb(math.inf) and ARITHMETIC.convert(-mpmath.inf) == arb(
        -math.inf
    )
    assert ARITHMETIC.convert(arb(2)) == 2 and ARITHMETIC.convert(ball(2)) == 2


@pytest.mark.parametrize("digits", [1, 16, 30, 200])
def test_bits_hold_the_digits_and_no_more(digits):
    assert 10**digits <= 2 ** bits_for(digits) <= 4 * 10**digits
    with Balls(digits).precision():
        assert 10.0 ** -(digits + 2) < float((arb(1) / 3).rad()) < 10.0**-digits


def test_functions_of_balls():
    with ARITHMETIC.precision():
        two, wide = ARITHMETIC.convert(2), ARITHMETIC.hull(arb(1), arb(3))
        assert abs(ARITHMETIC.sqrt(two) ** 2 - 2) < 1e-28 and ARITHMETIC.sqrt(
            ARITHMETIC.hull(arb(-1), arb(4))
        ).contains(2)
        assert (
            abs(ARITHMETIC.root(arb(8), 3) - 2) < 1e-28
            and abs(ARITHMETIC.exp(ARITHMETIC.log(two)) - 2) < 1e-28
        )
        assert abs(ARITHMETIC.zeta(two, arb(1)) - ARITHMETIC.pi() ** 2 / 6) < 1e-27
        assert ARITHMETIC.lower(wide) <= 1 and ARITHMETIC.upper(wide) >= 3 and ARITHMETIC.middle(wide) == 2
        assert abs(ARITHMETIC.lower(wide) - 1) < 1e-8 and abs(ARITHMETIC.upper(wide) - 3) < 1e-8
        assert wide.contains(1) and wide.contains(3)
        met = ARITHMETIC.meet(wide, ARITHMETIC.hull(arb(2), arb(5)))
        assert met.contains(2) and met.contains(3) and met > 1.99 and met < 3.01
        assert ARITHMETIC.meet(wide, arb(math.inf)) is wide
        around = ARITHMETIC.widened(wide, arb(5))
        assert (
            around.contains(-3) and around.contains(7) and not around.contains(8) and not around.contains(-4)
        )
        around = ARITHMETIC.widened(arb(0), wide)
        assert around.contains(3) and around.contains(-3) and abs(around) < 3.001
        up_to = ARITHMETIC.to(wide)
        assert up_to.contains(0) and up_to.contains(3) and not up_to.contains(-1e-6) and up_to < 3.001


def test_digits_of_a_ball():
    with ARITHMETIC.precision():
        assert ARITHMETIC.digits_of(arb(2)) == math.inf
        for digits in (3, 12):
            found = ARITHMETIC.digits_of(arb(1, arb(10) ** -digits))
            assert digits - 0.7 < found < digits + 0.7


def test_linear_systems():
    """[[2, 1], [1, 3]] with two right sides."""
    with ARITHMETIC.precision():
        rows = [[arb(2), arb(1)], [arb(1), arb(3)]]
        found = solve_linear(rows, [[arb(3), arb(1)], [arb(4), arb(0)]])
        for place, value in ((0, "1 3/5"), (1, "1 -1/5")):
            for got, text in zip(found[place], value.split(), strict=True):
                assert abs(got - ARITHMETIC.convert(text)) < 1e-27
        with pytest.raises(ZeroDivisionError):
            solve_linear([[arb(1), arb(2)], [arb(2), arb(4)]], [[arb(1)], [arb(1)]])
