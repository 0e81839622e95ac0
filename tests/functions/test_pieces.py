import math

import pytest
import sympy

from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.functions.formulas.parity import parity_degrees
from asymptotics.functions.formulas.pieces import find_kinks, piecewise_polynomial, split_constant

inf = math.inf


def node(text):
    return parse_formula(text).node


@pytest.mark.parametrize(
    "text, breaks",
    [
        ("x**3 - x", ()),
        ("relu(x)", (0,)),
        ("max(x,0) - max(-x,0)", ()),
        ("max(min(x, 1), -1)", (-1, 1)),
        ("abs(x**2 - 2)", (-sympy.sqrt(2), sympy.sqrt(2))),
        ("heaviside(2*x - 1)", (sympy.Rational(1, 2),)),
        ("abs(abs(x) - 1)", (-1, 0, 1)),
        ("abs(x**2)", ()),
        ("sign(x)**2*x", ()),
        ("he3(x)*sqrt(6)", None),
        ("tanh(x)", None),
    ],
)
def test_piecewise_polynomials(text, breaks):
    result = piecewise_polynomial(node(text))
    assert (result if result is None else result.breaks) == breaks


@pytest.mark.parametrize(
    "text",
    ["max(min(x, 1), -1)", "abs(x**3 - x) - relu(2*x - 1)", "leaky_relu(x - 1, 0.2)*x", "min(x, x**2)"],
)
def test_pieces_have_the_values_of_the_formula(text):
    formula = parse_formula(text)
    pieces = piecewise_polynomial(formula.node)
    for point in (-2.75, -0.625, -0.25, 0.3125, 0.875, 1.5, 4.0):
        index = sum(point > float(b) for b in pieces.breaks)
        value = sum(float(c) * point**i for i, c in enumerate(pieces.pieces[index]))
        assert value == pytest.approx(
            float(
                formula.expression.subs("x", sympy.Rational(point)).subs(sympy.Symbol("x", real=True), point)
            )
        )


@pytest.mark.parametrize(
    "text, exact, implicit",
    [
        ("tanh(max(x, 0))", (0,), 0),
        ("max(tanh(x - 1), 0)", (1,), 0),
        ("abs(sin(x))", (), 1),
        ("sqrt(abs(x))", (0,), 0),
        ("x/(1 + abs(x))", (0,), 0),
        ("sqrt(x**2 - 2*x + 1)*exp(x)", (1,), 0),
        ("gelu(x)", (), 0),
        ("elu(x)*abs(x - pi)", (0,), 1),
        ("max(exp(x) - 1, x)", (), 1),
    ],
)
def test_kinks(text, exact, implicit):
    places, functions = find_kinks(node(text))
    assert places == exact and len(functions) == implicit


@pytest.mark.parametrize(
    "text, parts",
    [
        ("tanh(x)", (-1, inf)),
        ("abs(x)", (inf, -1)),
        ("x**2*erf(x)", (-1, inf)),
        ("relu(x)", (inf, 1)),
        ("max(x,0) - x/3", (inf, 1)),
        ("softplus(x)", (inf, 1)),
        ("gelu(x)", (inf, 1)),
        ("silu(2*x) + x**3", (inf, 3)),
        ("sqrt(2)*sigmoid(x) - 1", (0, inf)),
        ("elu(x)", (inf, inf)),
        ("cos(x) + pi*x", (inf, 1)),
        ("1/(1 + x**2)", (inf, -1)),
        ("x/sqrt(1 + x**2)", (-1, inf)),
        ("x**2 + x", (2, 1)),
        ("tanh(x + 1)", (inf, inf)),
        ("exp(x**2)", (inf, -1)),
        ("he3(tanh(x))", (-1, inf)),
        ("max(x - 1, -x - 1)", (inf, -1)),
        ("3", (0, -1)),
    ],
)
def test_parity(text, parts):
    assert parity_degrees(node(text)) == parts


def test_constants_are_split_off():
    factors, rest = split_constant(node("-sqrt(2)*relu(x)/pi"))
    assert rest == node("relu(x)") and len(factors) == 2
