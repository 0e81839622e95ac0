"""Exact expressions as JSON: every expression comes back, equal mathematics has equal bytes, nothing else is read."""

import json
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.encoding import decode, encode
from asymptotics.equations.naming import symbol
from asymptotics.errors import RecordError

SYMBOLS = [symbol(name) for name in ("a", "nu", "lam", "T02", "mu_starsq")]
leaves = st.sampled_from(SYMBOLS) | st.fractions().map(lambda f: sp.Rational(f.numerator, f.denominator))
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(sp.Add, inner, inner)
        | st.builds(sp.Mul, inner, inner)
        | st.builds(lambda base, power: sp.Pow(base, power), st.sampled_from(SYMBOLS), st.integers(-3, 3))
        | st.builds(lambda f: SpectralAverage(f + symbol("s"), symbol("s"), symbol("T")), inner)
    ),
    max_leaves=12,
)


@given(expressions)
def test_round_trip(expression):
    data = json.loads(json.dumps(encode(expression)))
    assert decode(data) == expression
    assert encode(decode(data)) == data


@given(st.permutations(SYMBOLS))
def test_order_of_terms_does_not_matter(order):
    assert json.dumps(encode(sp.Add(*order))) == json.dumps(encode(sp.Add(*SYMBOLS)))
    assert json.dumps(encode(sp.Mul(*order))) == json.dumps(encode(sp.Mul(*SYMBOLS)))


@pytest.mark.parametrize(
    "value", [sp.Float(0.5), sp.pi, sp.sin(SYMBOLS[0]), sp.Pow(SYMBOLS[0], SYMBOLS[1]), sp.oo, 0.5]
)
def test_only_exact_rational_expressions_are_written(value):
    with pytest.raises(RecordError, match="cannot record"):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        1,
        None,
        {},
        [],
        ["eval", "1"],
        [["+", "1"]],
        ["^", "a", "b"],
        True,
        ["average", "s", "1", "2"],
        ["average", "s"],
        ["^", "a"],
        ["^", "2", "100000"],
    ],
)
def test_other_data_is_refused(data):
    with pytest.raises(RecordError):
        decode(data)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a.b", "1.5", "a b", "1/", "1/0", "x;y", "9" * 5000 + "x"]
)
def test_text_that_is_neither_symbol_nor_rational(text):
    with pytest.raises(RecordError):
        decode(text)


def test_depth_is_limited():
    data = "a"
    for _ in range(300):
        data = ["+", data, "1"]
    with pytest.raises(RecordError, match="nested too deeply"):
        decode(data)


@pytest.mark.parametrize("exponent", [1000, -1000, 1001, -1001, "2001/2", "-2001/2"])
@pytest.mark.parametrize("base", ["a", "2"])
def test_powers_are_bounded_on_both_sides(base, exponent):
    data = ["^", base, str(exponent)]
    if abs(Fraction(exponent)) <= 1000:
        assert encode(decode(data)) == data or base == "2"
    else:
        with pytest.raises(RecordError, match="exponent up to 1000"):
            decode(data)


@pytest.mark.parametrize(("base", "allowed"), [("9" * 29, True), ("9" * 31, False), ("1/" + "9" * 31, False)])
@pytest.mark.parametrize("exponent", ["1000", "-1000"])
def test_numbers_are_bounded_on_both_sides(base, exponent, allowed):
    if allowed:
        assert decode(["^", base, exponent]).is_positive
    else:
        with pytest.raises(RecordError, match="too long"):
            decode(["^", base, exponent])
