"""Expansions against the values they approximate, known exponents, and published limits."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.analysis.puiseux import expand_risk
from asymptotics.errors import InputError
from tests.prediction.domain import COMPONENTS, relative_error

MODEL = asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/2"}, "0.1")
LINEAR = asy.RandomFeaturesRidge("x", {1: 1}, "0.1")
TERMS = 5


def proportional(psi1, psi2):
    return asy.Proportional(psi1, psi2)


def of_ridge(model, regime, inverse=False):
    return lambda x: asy.predict(model, regime, ridge=1 / x if inverse else x, digits=40)


def along(regime, **ridge):
    return lambda x: asy.predict(MODEL, regime(x), **ridge, digits=40)


RIDGE = {"ridge": "0.1"}
PER_SAMPLE = {"ridge_per_sample": "0.1"}
TWO_THREE, THREE_TWO = proportional(2, 3), proportional(3, 2)
CASES = [
    # model, regime, variable, fixed ridge, the risk at a value of the variable
    (MODEL, proportional(2, 2), "ridge", {}, of_ridge(MODEL, proportional(2, 2))),
    (MODEL, TWO_THREE, "ridge", {}, of_ridge(MODEL, TWO_THREE)),
    (MODEL, THREE_TWO, "ridge", {}, of_ridge(MODEL, THREE_TWO)),
    (MODEL, proportional(math.inf, 2), "ridge", {}, of_ridge(MODEL, proportional(math.inf, 2))),
    (MODEL, THREE_TWO, "1/ridge", {}, of_ridge(MODEL, THREE_TWO, True)),
    (MODEL, TWO_THREE, "1/ridge", {}, of_ridge(MODEL, TWO_THREE, True)),
    (MODEL, TWO_THREE, "gap", {"ridge": 0}, along(lambda x: proportional(2, 2 / (1 - x)), ridge=0)),
    (MODEL, THREE_TWO, "gap", {"ridge": 0}, along(lambda x: proportional(2 / (1 - x), 2), ridge=0)),
    (MODEL, THREE_TWO, "gap", RIDGE, along(lambda x: proportional(2 / (1 - x), 2), **RIDGE)),
    (MODEL, THREE_TWO, "1/features", RIDGE, along(lambda x: proportional(1 / x, 2), **RIDGE)),
    (MODEL, THREE_TWO, "1/samples", RIDGE, along(lambda x: proportional(3, 1 / x), **RIDGE)),
    (MODEL, THREE_TWO, "1/samples", PER_SAMPLE, along(lambda x: proportional(3, 1 / x), **PER_SAMPLE)),
    (LINEAR, TWO_THREE, "ridge", {}, of_ridge(LINEAR, TWO_THREE)),
    (LINEAR, proportional(1, 2), "ridge", {}, of_ridge(LINEAR, proportional(1, 2))),
    (LINEAR, proportional(2, 1), "ridge", {}, of_ridge(LINEAR, proportional(2, 1))),
    (LINEAR, proportional(1, 1), "ridge", {}, of_ridge(LINEAR, proportional(1, 1))),
    (MODEL, asy.FiniteSize(60, 50, 50), "ridge", {}, of_ridge(MODEL, asy.FiniteSize(60, 50, 50))),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0].activation} {c[1]} {c[2]} {c[3]}" for c in CASES])
def test_error_falls_like_the_first_term_left_out(case):
    model, regime, variable, fixed, at = case
    series = expand_risk(model, regime, small=variable, terms=TERMS, digits=40, **fixed)
    small = Fraction(1, 10**12)
    values = [(at(x), x) for x in (small, small / 10**6)]
    for name in COMPONENTS:
        if not series.series[name].coefficients:
            assert all(getattr(value, name) == 0 for value, _ in values)
            continue
        errors = [relative_error(series(x, name), getattr(value, name)) for value, x in values]
        ramification = series.series[name].arithmetic.ramification
        # Relative error of order x^(TERMS/ramification), with room for its constant.
        for error, (_, x) in zip(errors, values, strict=True):
            assert error < max(1e12 * float(x) ** (TERMS / ramification), 1e-37), name


@pytest.mark.parametrize(
    ("model", "regime", "exponents"),
    [
        (MODEL, proportional(2, 2), {"test": "-1/2", "train": "1/2", "norm": "-1/2"}),
        (MODEL, proportional(2, 3), {"test": "0", "train": "0", "norm": "0"}),
        (MODEL, proportional(3, 2), {"test": "0", "train": "2", "norm": "0"}),
        (LINEAR, proportional(2, 1), {"test": "-1/2", "train": "1/2", "bias": "1/2"}),
        (LINEAR, proportional(1, 1), {"test": "-1/3", "train": "1/3", "norm": "-2/3", "bias": "0"}),
        (LINEAR, proportional(3, 2), {"test": "0", "bias": "2", "norm": "0"}),
    ],
)
def test_exponents_of_vanishing_ridge(model, regime, exponents):
    series = expand_risk(model, regime, small="ridge", terms=2)
    assert {name: str(series.leading(name)[0]) for name in exponents} == exponents


def test_the_peak_diverges_like_the_inverse_gap_with_equal_constants_on_both_sides():
    below = expand_risk(MODEL, proportional(2, 3), ridge=0, small="gap", terms=2).leading()
    above = expand_risk(MODEL, proportional(3, 2), ridge=0, small="gap", terms=2).leading()
    assert below[0] == above[0] == -1
    assert relative_error(below[1], above[1]) < 1e-28


def test_peak_constant_is_that_of_the_numbers():
    exponent, constant = expand_risk(MODEL, proportional(2, 2), small="ridge", terms=1).leading()
    values = [asy.predict(MODEL, proportional(2, 2), ridge=r, digits=30).test for r in ("1e-40", "1e-60")]
    assert relative_error(values[0], constant * mpmath.mpf(10) ** 20) < 1e-15
    assert relative_error(values[1] / values[0], mpmath.mpf(10) ** 10) < 1e-15
    assert exponent == Fraction(-1, 2)
    double = asy.predict(MODEL, proportional(2, 2), ridge=1e-40).test
    assert double == pytest.approx(float(constant) * 1e20, rel=1e-14)


def test_large_ridge_in_exact_numbers():
    activation = asy.Activation.from_coefficients({1: "1/4"}, tail="1/3")
    model = asy.RandomFeaturesRidge(activation, {1: 1}, "1/10")
    series = expand_risk(model, proportional(3, 2), small="1/ridge", terms=3, digits=None)
    # Far above every eigenvalue the predictor is K^T y / lam: test = F^2 (1 - 2 n mu_1^2/lam + ...).
    assert series.terms("test")[:2] == [(0, Fraction(1)), (1, Fraction(-1))]
    assert series.terms("train")[0] == (0, Fraction(11, 10))
    assert all(isinstance(a, Fraction) for _, a in series.terms("norm"))
    rounded = expand_risk(model, proportional(3, 2), small="1/ridge", terms=3, digits=30)
    for (_, a), (_, b) in zip(series.terms("norm"), rounded.terms("norm"), strict=True):
        assert relative_error(b, mpmath.mpf(a.numerator) / a.denominator) < 1e-14
    assert "1/ridge^2" in str(series)


def test_wide_limit_is_the_constant_term():
    series = expand_risk(MODEL, proportional(3, 2), ridge="0.1", small="1/features", terms=2)
    wide = asy.predict(MODEL, proportional(math.inf, 2), ridge="0.1", digits=30)
    for name in ("test", "bias", "variance", "train", "norm"):
        exponent, constant = series.leading(name)
        assert exponent == 0
        assert relative_error(constant, getattr(wide, name)) < 1e-29
    slope = series.terms("test")[1][1]
    finite = asy.predict(MODEL, proportional(10.0**6, 2), ridge=0.1).test
    assert (finite - float(wide.test)) * 10**6 == pytest.approx(float(slope), rel=1e-4)


def test_more_terms_keep_the_first():
    short = expand_risk(MODEL, proportional(2, 2), small="ridge", terms=3)
    long = expand_risk(MODEL, proportional(2, 2), small="ridge", terms=12)
    for (e, a), (f, b) in zip(short.terms(), long.terms()):
        assert e == f
        assert relative_error(a, b) < 1e-28
    assert len(long.terms()) == 12


@pytest.mark.parametrize(
    ("arguments", "keywords", "match"),
    [
        ((proportional(2, 3),), {"small": "psi"}, "small"),
        ((proportional(2, 3), 1), {"small": "ridge"}, "nothing"),
        ((proportional(2, 3),), {"small": "gap"}, "exactly one"),
        ((proportional(2, math.inf), 0), {"small": "gap"}, "finite"),
        ((proportional(2, 3),), {"small": "ridge", "digits": None}, "digits"),
        ((proportional([2.0, 3.0], 3),), {"small": "ridge"}, "arrays"),
    ],
)
def test_errors(arguments, keywords, match):
    with pytest.raises(InputError, match=match):
        expand_risk(MODEL, *arguments, **keywords)


def test_series_of_saturated_features_need_a_ridge():
    with pytest.raises(InputError, match="ridge"):
        expand_risk(LINEAR, proportional(3, 2), ridge=0, small="1/features")


def test_sum_of_the_series_is_one_number():
    series = expand_risk(MODEL, proportional(2, 3), small="ridge", terms=3)
    assert np.ndim(series(Fraction(1, 1000))) == 0
