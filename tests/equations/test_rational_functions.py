"""The field of rational functions: conversion both ways, substitution, linear solving."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.errors import DerivationError

x, y, w = map(symbol, "xyw")
small = st.integers(min_value=-4, max_value=4)


@st.composite
def rational(draw):
    """A random rational function of three symbols."""
    monomials = [1, x, y, x * w]
    top = sum(draw(small) * m for m in monomials)
    bottom = sum(draw(st.integers(min_value=1, max_value=4)) * m for m in monomials)
    return sp.sympify(top) / bottom


@settings(deadline=None, max_examples=6)
@given(rational(), rational())
def test_the_field_adds_and_multiplies_like_expressions(first, second):
    field = RationalField([x, y, w])
    total = field.expression(field(first) + field(second) * field(first))
    assert sp.cancel(total - first - second * first) == 0


@settings(deadline=None, max_examples=6)
@given(rational(), rational())
def test_substitution_composes(outer, value):
    field = RationalField([x, y, w])
    try:
        expected = sp.cancel(outer.subs(x, value))
    except ZeroDivisionError:
        return
    if expected in (sp.nan, sp.zoo, sp.oo) or expected.has(sp.zoo, sp.nan):
        return
    composed = field.expression(field.substitute(field(outer), x, field(value)))
    assert sp.cancel(composed - expected) == 0


def test_an_average_is_a_variable():
    s = symbol("s")
    average = SpectralAverage(s / (s + x), s, symbol("T"))
    field = RationalField([average * x + 1])
    assert field.expression(field(average) ** 2 / field(average)) == average


def test_linear_values_and_linear_systems():
    field = RationalField([x, y, w])
    assert field.expression(field.linear_value(field((x * y - w) / (x + 1)), y)) == w / x
    assert field.linear_value(field(x**2 - y), x) is None
    solved = field.solve([[field(x), field(y)], [field(sp.S.One), field(w)]], [field(w), field(x)])
    first, second = map(field.expression, solved)
    assert sp.cancel(x * first + y * second - w) == 0
    assert sp.cancel(first + w * second - x) == 0


def test_other_functions_are_refused():
    field = RationalField([x])
    with pytest.raises(DerivationError):
        field(sp.exp(x))
    with pytest.raises(DerivationError):
        field(y)


def test_half_powers_are_variables_of_their_own():
    field = RationalField([sp.sqrt(x) + y])
    assert sp.cancel(field.expression(field(sp.sqrt(x)) * field(y)) - sp.sqrt(x) * y) == 0


OUTER = (x**3 * y - sp.Rational(3, 4) * x**2 + w) / (x**2 - sp.Rational(2, 5) * y)
INNER = (y + sp.Rational(1, 3)) / (w * y - 2)
POINT = {x: sp.Rational(3, 7), y: sp.Rational(-5, 2), w: sp.Rational(11, 3)}


@pytest.mark.parametrize(
    "expression",
    [OUTER, INNER, x**-3, (x + y) ** -2 / 3, (x - w) ** 4, sp.Rational(-7, 9), sp.Integer(0), 1 / (x * y)],
)
def test_expressions_keep_their_values(expression):
    """Numbers, positive and negative powers: exactly, at a point."""
    field = RationalField([x, y, w])
    assert field.expression(field(expression)).subs(POINT) == expression.subs(POINT)
    assert field(expression) == field(expression)


def test_values_are_put_in_to_every_power():
    field = RationalField([x, y, w])
    composed = field.substitute(field(OUTER), x, field(INNER))
    assert field.expression(composed).subs(POINT) == OUTER.subs(x, INNER).subs(POINT)
    numerator = field.numerator_after(field(OUTER), x, field(INNER))
    top, below = field(OUTER).numer.as_expr(), field(INNER).denom.as_expr()
    assert numerator.as_expr().subs(POINT) == (top.subs(x, INNER) * below**3).subs(POINT)


@pytest.mark.parametrize("values", [[], [x], [x, y / 2, sp.Rational(1, 3)]])
def test_linear_systems_of_any_size(values):
    field = RationalField([x, y, w])
    size = len(values)
    matrix = [
        [field(x + sp.Integer(i * k)) if i != k else field(w / (i + 2)) for k in range(size)]
        for i in range(size)
    ]
    solved = field.solve(matrix, [field(v) for v in values])
    assert len(solved) == size
    for row, value in zip(matrix, values, strict=True):
        assert sum((a * b for a, b in zip(row, solved, strict=True)), field(sp.Integer(0))) == field(value)


def test_a_field_without_variables_is_that_of_the_rationals():
    field = RationalField([sp.Rational(2, 3)])
    assert field.generators == () and field(sp.Rational(2, 3)) + field(sp.Rational(1, 3)) == 1
    assert field.expression(field(sp.Rational(2, 3))) == sp.Rational(2, 3)
