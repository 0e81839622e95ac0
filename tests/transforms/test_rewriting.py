import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.errors import CertificateError
from asymptotics.transforms.changes.rewriting import (
    factored,
    is_subtraction_free,
    require_subtraction_free,
    restate,
    vanishes,
)

A, B, N, X = sp.symbols("a b n x", positive=True)
polynomials = st.lists(st.integers(-3, 3), min_size=1, max_size=3).map(
    lambda cs: sum(c * A**i * B**j for (i, j), c in zip([(0, 0), (1, 0), (1, 1)], cs))
)


@settings(max_examples=40, deadline=None)
@given(polynomials, polynomials.filter(lambda p: p != 0))
def test_restating_keeps_the_value(numerator, denominator):
    rule = {A: X + 1, N: A + B}
    assert sp.cancel(restate(numerator / denominator, rule) - (numerator / denominator).xreplace(rule)) == 0


def test_known_factors_get_their_names_back():
    assert restate((N**2 - N * A) / B, {N: A + B}, {A + B: N}) == N
    assert restate(2 * (A + B) ** 3 * X, {}, {A + B: N}) == 2 * N**3 * X
    assert restate(1 / (2 * A + 2 * B), {}, {A + B: N}) == 1 / (2 * N)
    assert restate(A**2 - B**2, {}, {A + B: N}) == (A - B) * N


def test_substitution_is_simultaneous():
    assert restate(A / B, {A: B, B: A}) == B / A


def test_factors():
    constant, factors = factored((6 * A**2 - 6 * B**2) / (A * X))
    assert constant == 6
    assert dict(factors) == {A - B: 1, A + B: 1, A: -1, X: -1}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (A + B, True),
        ((A + B) ** 2 / (A * B + 1), True),
        (A - B, False),
        (1 / (A - B), False),
        ((A**2 - B**2) / (A - B), True),  # the difference cancels exactly
        (-A, False),
        (sp.Integer(3), True),
        (sp.Integer(0), True),
    ],
)
def test_subtraction_free(expression, expected):
    assert is_subtraction_free(expression) is expected
    if expected:
        assert require_subtraction_free(expression, "it") == expression
    else:
        with pytest.raises(CertificateError, match="it is not subtraction-free"):
            require_subtraction_free(expression, "it")


def test_vanishing_is_exact():
    assert vanishes(A * N - A**2 - A * B, {N: A + B})
    assert not vanishes(A * N - A**2 - A * B + sp.Rational(1, 10**30), {N: A + B})
    assert vanishes(sp.Integer(0), {})
