"""Edges of the range at which an answer used to be wrong without a word: right, flagged, or refused."""

import datetime
import math
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.exact import number, real_array
from asymptotics.solvers.solution import Status

RELU = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")


@pytest.mark.parametrize("size", [101, 103, 169, 173, 187, "2.04537"])
def test_the_series_at_the_threshold_where_a_size_times_its_inverse_is_not_one(size):
    whole = isinstance(size, int)
    regime = asy.FiniteSize(d=30, n=size, p=size) if whole else asy.Proportional(size, size)
    series = asy.expand_risk(RELU, regime, small="ridge")
    power, coefficient = series.leading("test")
    assert power == Fraction(-1, 2)
    near = asy.predict(RELU, regime, ridge="1e-12", digits=20).test
    assert float(coefficient * 10**6) == pytest.approx(float(near), rel=1e-3)


def test_the_true_value_near_that_threshold():
    assert asy.predict(RELU, asy.Proportional("2.04537", "2.04537"), ridge=1e-12).test == pytest.approx(
        61768.98895514, rel=1e-11
    )


@pytest.mark.parametrize("accuracy", [{"digits": 40}, {"digits": 30, "certified": True}])
def test_a_dimension_that_no_double_holds_is_not_rounded(accuracy):
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: 1}, noise="0.1")
    values = [
        asy.predict(model, asy.FiniteSize(d, 10**17 + 5, 2 * 10**17), ridge=1, **accuracy).test
        for d in (10**17, 10**17 + 1)
    ]
    further = asy.predict(
        model, asy.FiniteSize(10**17 + 100, 10**17 + 5, 2 * 10**17), ridge=1, **accuracy
    ).test
    assert float(values[1] - values[0]) == pytest.approx(float(further - values[0]) / 100, rel=1e-6)
    both = asy.predict(
        model, asy.FiniteSize([10**17, 10**17 + 1], 10**17 + 5, 2 * 10**17), ridge=1, **accuracy
    )
    assert [str(value) for value in both.test] == [str(value) for value in values]


def test_powers_given_as_doubles_are_added_up_exactly():
    """The same model as fractions is equal to it, and so are its answers, whichever is asked first."""
    powers, regime = {1: 0.1, 2: 0.2, 3: 0.37, 4: 0.41}, asy.Proportional(2, 3)
    exactly = {k: Fraction(power) for k, power in powers.items()}
    answers = [
        asy.predict(
            asy.RandomFeaturesRidge(asy.Activation.from_coefficients(given, tail), {1: 1}, noise=0.1),
            regime, ridge=0.1, digits=30,
        ).test
        for given, tail in ((powers, 0.1), (exactly, Fraction(0.1)))
    ]  # fmt: skip
    assert answers[0] == answers[1]
    assert str(answers[0]).startswith("1.8691185571379036970638614539")
    target = asy.Target({1: 0.1, 2: 0.2, 3: 0.37})
    assert Fraction(target.above(1)) == Fraction(0.2) + Fraction(0.37)


NARROW = "x + exp(-1e10*(x-0.777)**2)"


@pytest.mark.parametrize(
    "accuracy", [{}, {"digits": 20}, {"certified": True}], ids=["double", "digits", "proof"]
)
def test_narrow_structure_of_an_activation_is_seen(accuracy):
    model = asy.RandomFeaturesRidge(NARROW, {1: 1, 2: 0.5}, noise=0.1)
    risk = asy.predict(model, asy.Proportional(2, 3), ridge=0, **accuracy)
    assert float(risk.test) == pytest.approx(1.700011091270118, rel=1e-14)
    plain = asy.RandomFeaturesRidge("x", {1: 1, 2: 0.5}, noise=0.1)
    assert float(asy.predict(plain, asy.Proportional(2, 3), ridge=0, **accuracy).test) == pytest.approx(0.8)


def test_a_target_of_a_high_degree_is_resolved():
    """In low dimension degrees above 160 can be learned: their power is no noise."""
    activation = asy.Activation.from_coefficients({1: "1/2", 200: "1/2"})
    for target in ({200: 1}, {1: 1, 200: "1/2"}):
        model = asy.RandomFeaturesRidge(activation, target, noise="0.1")
        regime = asy.FiniteSize(d=3, n=5000, p=6000)
        double, digits = (asy.predict(model, regime, ridge="1e-4", **kind) for kind in ({}, {"digits": 20}))
        assert double.status == Status.SOLVED
        assert double.test == pytest.approx(float(digits.test), rel=1e-13)


def test_enormous_ridges_are_right_or_refused():
    for regime in (asy.Proportional(3e-5, 2), asy.Proportional(2, 3e-5), asy.FiniteSize(30, 20, 20)):
        exact = float(asy.predict(RELU, regime, ridge="1e300", digits=20).test)
        assert exact == pytest.approx(1)
        risk = asy.predict(RELU, regime, ridge=[1e300, 1e290, 1.0])
        right = np.isclose(risk.test[:2], 1, rtol=1e-12) | (risk.status[:2] == Status.OUT_OF_RANGE)
        assert right.all()
        assert risk.status[2] == Status.SOLVED


NOT_REAL = [
    np.array([1 + 2j]),
    np.ma.array([1.0, 2.0], mask=[False, True]),
    np.array([True, False]),
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.array([1], dtype="timedelta64[s]"),
]


@pytest.mark.parametrize("given", NOT_REAL, ids=lambda value: str(value.dtype))
def test_arrays_that_hold_no_real_numbers_are_refused(given):
    with pytest.raises(InputError, match="ridge"):
        asy.predict(RELU, asy.Proportional(2, 3), ridge=given)
    with pytest.raises(InputError, match="psi1"):
        asy.Proportional(given, 3)
    with pytest.raises(InputError, match="time"):
        asy.predict(RELU, asy.Proportional(2, 3), time=given)


@pytest.mark.parametrize("given", [np.complex128(1), np.True_, np.datetime64("2020-01-01"), np.timedelta64(1, "s"), 1j,
                                   datetime.date(2020, 1, 1)])  # fmt: skip
def test_scalars_that_are_no_real_numbers_are_refused(given):
    with pytest.raises(InputError, match="noise"):
        asy.RandomFeaturesRidge("relu", {1: 1}, noise=given)


def test_arrays_of_real_numbers_are_read():
    for given in (np.float32([1, 2]), [1, 2.5], np.uint8([1]), (3, 4)):
        assert real_array("x", given, "", number).dtype == float
    exact = real_array("x", np.array([2**60 + 1]), "", number)
    assert exact.tolist() == [2**60 + 1]


@pytest.mark.parametrize("formula", ["(pi**64)**64", "(pi**64)**64*x", "1e160*x", "1e-200*x"])
def test_functions_beyond_double_precision_are_refused_there(formula):
    model = asy.RandomFeaturesRidge(formula, {1: 1}, noise="0.1")
    with pytest.raises(PrecisionError, match="beyond double precision"):
        asy.predict(model, asy.Proportional(2, 3), ridge=1)
    assert math.isfinite(float(asy.predict(model, asy.Proportional(2, 3), ridge=1, digits=20).test))


def test_large_functions_within_double_precision_are_answered():
    model = asy.RandomFeaturesRidge("1e50*x", {1: 1}, noise="0.1")
    assert asy.predict(model, asy.Proportional(2, 3), ridge=1).test == pytest.approx(0.05)
