"""Expansions at a large ridge as formulas: both charts, the kernel limit, and numbers put in."""

from fractions import Fraction

import pytest
import sympy as sp

import asymptotics as asy
from asymptotics.analysis.formulas import large_ridge_formulas
from asymptotics.analysis.puiseux import expand_risk
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.formula_numbers import RationalFunctions

NUMBERS = {
    "psi1": 3,
    "psi2": 2,
    "mu1sq": "1/4",
    "mu_starsq": "1/3",
    "F1sq": 1,
    "F_starsq": "1/2",
    "noise": "1/10",
}


def test_both_charts_give_the_same_formulas():
    assert large_ridge_formulas(terms=2, chart="wide") == large_ridge_formulas(terms=2, chart="tall")


def test_numbers_put_in_are_the_exact_expansion():
    formulas = large_ridge_formulas(terms=3)
    activation = asy.Activation.from_coefficients({1: "1/4"}, tail="1/3")
    model = asy.RandomFeaturesRidge(activation, {1: 1, 2: "1/2"}, "1/10")
    series = expand_risk(model, asy.Proportional(3, 2), small="1/ridge", terms=3, digits=None)
    rule = {symbol(name): sp.Rational(value) for name, value in NUMBERS.items()}
    for name, terms in formulas.items():
        values = [(-power, Fraction(str(value.subs(rule)))) for power, value in terms]
        assert values == series.terms(name), name


def test_infinitely_many_features_are_kernel_ridge_regression():
    features, kernel = large_ridge_formulas(terms=3), large_ridge_formulas("kernel-ridge", terms=3)
    for name in ("test", "bias", "variance", "train", "norm"):
        wide = [sp.factor(sp.limit(value, symbol("psi1"), sp.oo)) for _, value in features[name]]
        assert wide == [value for _, value in kernel[name]], name


def test_square_roots_of_rational_functions():
    arithmetic = RationalFunctions(["a", "b"])
    a, b = arithmetic.variable("a"), arithmetic.variable("b")
    square = (a - 2 * b) ** 2 * a**4 / (4 * (a + b) ** 2)
    assert arithmetic.sqrt(square) in ((a - 2 * b) * a**2 / (2 * (a + b)), (2 * b - a) * a**2 / (2 * (a + b)))
    for value in (a, a + b, arithmetic.convert(2) * a * a):
        with pytest.raises(DerivationError, match="not rational"):
            arithmetic.sqrt(value)


def test_family_is_checked():
    with pytest.raises(InputError, match="family"):
        large_ridge_formulas("ridge")
