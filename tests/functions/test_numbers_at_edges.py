"""Numbers and sizes as users give them: at every bound one that is read beside one that is refused."""

import math
import sys
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import double, exact_text, number, number_or_array, real_array, shown
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.models.sizes import checked_size, shape_of

MOST, LEAST = sys.float_info.max, sys.float_info.min


class Empty:
    """Looks like an mpmath number, and has no value."""

    _mpf_ = ()


class Pretender:
    """Has a numerator and a denominator, and is no number."""

    p, q, is_Rational = 1, 2, False


@pytest.mark.parametrize(
    ("read", "refused"),
    [("1e1000", "1e1001"), ("1e-1000", "1e-1001"), (Decimal("1e1000"), Decimal("1e1001")), ("1/3", "1/0"),
     (Decimal("1e-1000"), Decimal("1e-1001")), ("0." + "1" * 398, "0." + "1" * 399), (np.array(2), np.array(True)),
     (np.float64(2), np.complex128(2)), (mpmath.mpf(2), mpmath.mpf("1e400")), (2, Pretender()), (0.5, math.nan),
     (np.float32(2), np.float64(-math.inf)), (Decimal(2), Decimal("Infinity")), ("2.", "."), ("+2", "2e"), (0, None),
     (sp.Rational(1, 3), sp.pi), (np.uint8(2), np.datetime64("2020-01-01")), ("1E5", "e5"),
     (Decimal(1), Decimal("NaN")), (1, Empty())],
)  # fmt: skip
def test_numbers(read, refused):
    assert isinstance(number("x", read), Fraction | float)
    with pytest.raises(InputError, match=r"^x = "):
        number("x", refused)


def test_a_minimum_is_allowed():
    assert number("x", "1/4", minimum=0.25) == Fraction(1, 4) and number("x", -3) == -3
    for value in ("0.2499", 0.2499, -1):
        with pytest.raises(InputError, match=r"a number >= 0\.25"):
            number("x", value, minimum=0.25)


def test_numbers_in_arrays():
    assert number_or_array("x", np.array(0.5)) == 0.5 and number_or_array("x", "12") == 12
    assert number_or_array("x", np.array([[1.0], [2.0]])) == ((1.0,), (2.0,))
    for given_ in ([], np.array([])):
        with pytest.raises(InputError, match="at least one"):
            number_or_array("x", given_)
    assert (
        shown((0, 1, 2, 3, 4, 5)) == "0, 1, 2, 3, 4, 5"
        and shown((3, 0, 9, 1, 1, 1, 1)) == "7 values from 0 to 9"
    )


def test_whole_numbers_that_no_double_holds_stay_exact():
    for sign in (1, -1):
        assert real_array("x", np.array([sign * (2**53 - 1)]), "", number).dtype == float
        assert real_array("x", np.array([sign * (2**53)]), "", number).tolist() == [sign * 2**53]
        assert real_array("x", np.array([sign * (2**53)]), "", number).dtype == object
    with pytest.raises(InputError, match="a masked array"):
        real_array("x", np.ma.array([1.0]), "", number)
    with pytest.raises(InputError, match="x = "):
        real_array("x", [[1], [2, 3]], "", number)


@pytest.mark.parametrize("value", [0, Fraction(0), 1e-310, Fraction(LEAST), Fraction(MOST), 5e-324, MOST])
def test_doubles(value):
    assert double("x", value) == float(value)


@pytest.mark.parametrize("value", [Fraction(LEAST) / 2, Fraction(MOST) * 2, math.inf, math.nan, 10**400])
def test_no_doubles(value):
    with pytest.raises(InputError, match="give digits="):
        double("x", value)


@given(st.fractions() | st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_texts_are_read_back(value):
    text = exact_text(value)
    assert Fraction(text) == Fraction(value) and ("." in text or "/" in text) == (
        Fraction(value).denominator != 1
    )


def test_texts():
    values = [
        Fraction(-1, 40),
        0,
        Fraction(1, 8),
        Fraction(3, 2),
        Fraction(1, 5),
        Fraction(-7, 6),
        -math.inf,
        10**20,
    ]
    assert [exact_text(value) for value in values] == (
        ["-0.025", "0", "0.125", "1.5", "0.2", "-7/6", "-inf", "1" + "0" * 20]
    )


def test_sizes_at_their_bounds():
    assert FiniteSize(d=3, n=1, p=1) == FiniteSize(d=3.0, n="1", p=np.array(1))
    assert FiniteSize(10, [1, math.inf]).n.tolist() == [1, math.inf]
    assert checked_size("x", MOST, "", 0) == MOST and checked_size("x", "inf", "", 0) == math.inf
    assert Proportional(5e-324, 1).psi1 == 5e-324 and type(checked_size("x", "3", "", 1)) is int
    assert checked_size("x", Fraction(1, 2), "", 0) == Fraction(1, 2) and checked_size(
        "x", [2, 3], "", 2
    ).shape == (2,)
    for value in (0, 0.0, -1, [1, 0], "1e400", None, True, b"1", {}, {1}, math.nan, -math.inf, [[1], [2, 3]]):
        with pytest.raises(InputError, match="psi1 = "):
            Proportional(value, 1)
    with pytest.raises(InputError, match=r"^n = 2\.5: "):
        FiniteSize(10, [[1, 2.5], [2, 3]])
    for value in (None, True, b"1", {}, {1}):
        with pytest.raises(InputError, match=r"^psi1 = .*: expected a positive"):
            Proportional(value, 1)
    assert [type(checked_size("x", value, "", 0)) for value in (2.5, np.float64(2), np.array(2.0))] == [
        float
    ] * 3
    with pytest.raises(InputError, match=r"^x = "):
        checked_size("x", 0.5, "", 1)
    exact = Proportional(["1/3", 2], 1).psi1
    assert exact.tolist() == [Fraction(1, 3), 2]
    with pytest.raises(ValueError, match="read-only"):
        exact[0] = 1
    assert shape_of(a=np.ones((2, 1)), b=np.ones(3), c=[1, 2, 3, 4], d=2) == (2, 3)
    with pytest.raises(ShapeError, match=r"a: \(2,\), b: \(3,\)"):
        shape_of(a=np.ones(2), b=np.ones(3), c=1)
