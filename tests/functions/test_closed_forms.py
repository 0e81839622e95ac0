import math
from fractions import Fraction

import pytest

from asymptotics.functions.expansions.closed_forms import absolute_moments, closed_form, mean_absolute
from asymptotics.functions.expansions.quadrature import decompose
from asymptotics.functions.formulas.enclosures import REAL, arb, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import parse_formula


@pytest.mark.parametrize("d", [math.inf, 2, 3, 4, 7, 60, 10**6, 10**12])
@pytest.mark.parametrize(
    "text",
    ["relu(x)", "heaviside(x)", "abs(x)*x**2 - x/3", "x**5 - x**2", "leaky_relu(x, 0.3)", "sqrt(2)*sign(x)"],
)
def test_moments_against_quadrature(text, d):
    """The one-term recursion in the degree equals integrals of the definition, to 40 digits, at every dimension."""
    node = parse_formula(text).node
    powers, total = closed_form(node, d, 12).powers(200)
    values, square = decompose(lambda t: evaluate(node, t, REAL), d, 12, 150, lambda: [arb(0)])
    with working_precision(200):
        assert abs(square - total) < 1e-40 * total
        for power, value in zip(powers, values, strict=True):
            assert abs(value * value - power) < 1e-40 * total


@pytest.mark.parametrize(
    "text", ["erf(x)", "erf(x/3)", "sin(2*x)", "cos(x/2)", "exp(-x)", "3*cos(x)", "sqrt(pi)*erf(x)"]
)
def test_dual_kernels_against_quadrature(text):
    node = parse_formula(text).node
    form = closed_form(node, math.inf, 12)
    powers, total = form.powers(200)
    values, square = decompose(lambda t: evaluate(node, t, REAL), math.inf, 12, 150)
    with working_precision(200):
        assert abs(square - total) < 1e-40 * total
        for k, (power, value) in enumerate(zip(powers, values, strict=True)):
            assert abs(value * value - power) < 1e-40 * total
            assert (power == 0) == (k in form.zeros)


@pytest.mark.parametrize(
    "text, d", [("tanh(x)", math.inf), ("relu(x - 1)", math.inf), ("erf(x)", 5), ("erf(x + 1)", math.inf)]
)
def test_what_has_no_closed_form(text, d):
    assert closed_form(parse_formula(text).node, d, 4) is None


def test_moments():
    assert absolute_moments(math.inf, 6)[::2] == [1, 1, 3, 15]
    assert absolute_moments(3, 4) == [1, 1, 1, Fraction(3, 2), Fraction(9, 5)]
    assert abs(mean_absolute(3) - arb(3).sqrt() / 2) < 1e-14


def test_zeros_are_exact_and_explained():
    zeros = closed_form(parse_formula("relu(x)").node, 10, 7).zeros
    assert sorted(zeros) == [3, 5, 7]
    assert closed_form(parse_formula("he3(x)").node, math.inf, 5).zeros.keys() == {-1, 0, 1, 2, 4, 5}
