import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.errors import InputError
from asymptotics.functions.exact import exact_number, is_exact, number


@pytest.mark.parametrize(
    "value, expected",
    [
        (3, Fraction(3)),
        ("0.09", Fraction(9, 100)),
        (" 1/4 ", Fraction(1, 4)),
        ("-1e-3", Fraction(-1, 1000)),
        (".5", Fraction(1, 2)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(2, 6), Fraction(1, 3)),
        (np.int64(7), Fraction(7)),
        (sympy.Rational(1, 3), Fraction(1, 3)),
    ],
)
def test_exact_input_stays_exact(value, expected):
    result = number("noise", value)
    assert result == expected and isinstance(result, Fraction) and is_exact(result)


@pytest.mark.parametrize("value", [0.1, np.float32(0.5), np.float64(0.1), np.array(0.25)])
def test_floats_stay_floats(value):
    result = number("noise", value)
    assert type(result) is float and result == float(value) and not is_exact(result)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, "nan", "inf", "1/0", "one", "", "1e99999999", "1e5000", "9" * 1000, "0x10", "1_0",
     "1/2/3",
     None, True, [1.0], {"a": 1}, 1j, b"1", np.array([1.0, 2.0]), Decimal("NaN"), Decimal("1e100000"), object()],
)  # fmt: skip
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(InputError, match="noise"):
        number("noise", value)


def test_minimum():
    assert number("tail", 0, minimum=0) == 0
    with pytest.raises(InputError, match=">= 0"):
        number("tail", "-0.1", minimum=0)


@given(st.fractions(), st.floats(allow_nan=False, allow_infinity=False))
def test_round_trips(ratio, value):
    assert number("x", f"{ratio.numerator}/{ratio.denominator}") == ratio
    assert exact_number("x", value) == Fraction(value)
