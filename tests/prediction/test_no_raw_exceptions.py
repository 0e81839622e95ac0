"""Inputs at the ends of what is allowed: an answer or one of the package's errors, never Python's."""

import math

import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.equations.encoding import decode
from asymptotics.equations.records import system_from_text
from asymptotics.errors import InputError, PrecisionError, RecordError
from asymptotics.solvers.solution import Status

RELU = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")
SMALL = asy.FiniteSize(d=30, n=20, p=20)


@pytest.mark.parametrize("ridge", ["1e200", "1e307"])
def test_a_ridge_past_the_range_of_traces(ridge):
    for accuracy in ({}, {"digits": 20}, {"certified": True}):
        assert float(asy.predict(RELU, SMALL, ridge=ridge, **accuracy).test) == pytest.approx(1)


def test_an_activation_of_high_degree_alone():
    for activation, value in (("he30", 1.0233595993754737), ({200: 1}, 1.1879024325749306)):
        given = activation if isinstance(activation, str) else asy.Activation.from_coefficients(activation)
        model = asy.RandomFeaturesRidge(given, {1: 1}, noise=0.1)
        for accuracy in ({}, {"digits": 20}, {"certified": True}):
            assert float(asy.predict(model, SMALL, ridge=1, **accuracy).test) == pytest.approx(
                value, rel=1e-14
            )


def test_an_activation_of_which_no_degree_is_known():
    model = asy.RandomFeaturesRidge(asy.Activation.from_coefficients({0: 0}, tail=1), {1: 1}, noise=0.1)
    assert asy.predict(model, SMALL, ridge=1).test == pytest.approx(1.1879024325749306)
    with pytest.raises(PrecisionError, match="no degree up to 2000"):
        asy.predict(model, SMALL, ridge=1, digits=20)


@pytest.mark.parametrize("d", [10**15, 10**155, 10**200, 10**307])
def test_enormous_dimensions(d):
    """Features and samples see an isotropic tail: the same answer in every one of them."""
    risk = asy.predict(RELU, asy.FiniteSize(d, 20, 20), ridge=1)
    assert risk.status == Status.SOLVED
    assert risk.test == pytest.approx(1.0791047655565, rel=1e-12)
    assert float(asy.predict(RELU, asy.FiniteSize(d, 20, 20), ridge=1, digits=20).test) == pytest.approx(
        risk.test
    )


@pytest.mark.parametrize(("n", "p"), [(10**300, 20), (20, 10**300), (10**300, 10**300), (10**310, 20)])
def test_enormous_sizes(n, p):
    for accuracy in ({}, {"digits": 20}):
        try:
            risk = asy.predict(RELU, asy.FiniteSize(20, n, p), ridge=1, **accuracy)
        except asy.AsymptoticsError:
            assert n > 10**308 or n == p
        else:
            assert 0 < risk.test < 1


def test_past_all_doubles_sizes_are_refused_by_name():
    with pytest.raises(InputError, match="n = "):
        asy.FiniteSize(20, 10**400, 20)
    assert asy.FiniteSize(20, math.inf, 20).n == math.inf


@pytest.mark.slow
def test_the_documented_largest_number_of_digits():
    model = asy.RandomFeaturesRidge(asy.Activation.from_coefficients({1: "1/4"}, "1/10"), {1: 1}, noise="0.1")
    value = asy.predict(model, asy.Proportional(2, 3), ridge=1, digits=10000).test
    fewer = asy.predict(model, asy.Proportional(2, 3), ridge=1, digits=9000).test
    assert abs(value - fewer) < value / 10**8990


def test_a_target_of_characters_that_are_no_digits():
    for text in ("²:1", "1:²", "①:1"):
        result = CliRunner().invoke(
            main, ["predict", "--target", text, "--psi1", "2", "--psi2", "3", "--ridge", "1"]
        )
        assert result.exit_code == 2
        assert "target" in result.output


def nested(depth):
    return "[" * depth + "]" * depth


def test_texts_nested_deeply_are_refused():
    with pytest.raises(InputError):
        asy.Estimate.from_json(nested(100_000))
    with pytest.raises(InputError):
        asy.Risk.from_json(nested(100_000))
    with pytest.raises(RecordError):
        system_from_text(nested(100_000))


def test_records_with_numbers_too_long_are_refused():
    with pytest.raises(RecordError, match="too long"):
        decode(["^", ["^", ["^", "2", "1000"], "1000"], "1000"])
    with pytest.raises(RecordError, match="too long"):
        decode("9" * 5000)
    assert decode(["^", ["^", "2", "10"], "10"]) == 2**100


def test_draws_that_are_no_numbers_are_refused():
    estimate = asy.simulate(RELU, asy.FiniteSize(d=5, n=4, p=3), ridge=1, trials=2, seed=0)
    text = estimate.to_json()
    assert str(asy.Estimate.from_json(text)) == str(estimate)
    first = repr(float(estimate.test.draws[0]))
    assert first in text
    for spoiled in ("NaN", "Infinity"):
        with pytest.raises(InputError, match="estimate"):
            asy.Estimate.from_json(text.replace(first, spoiled, 1))


def test_experiments_past_any_memory_are_refused_at_once():
    with pytest.raises(asy.AsymptoticsError, match="GB"):
        asy.simulate(RELU, asy.FiniteSize(20, 10**7, 10**7), ridge=1, trials=2)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("model", "d"),
    [
        (asy.KernelRidge("ntk-relu-200", {1: 1}, noise=0.1), 3),
        (asy.RandomFeaturesRidge("cos(200*x)", {1: 1}, noise=0.1), 1000),
    ],
)
def test_expansions_that_take_seconds_are_bounded(model, d):
    """The time of a kernel of many layers grows with their number, that of an oscillation with its frequency."""
    assert math.isfinite(asy.predict(model, asy.FiniteSize(d, 20, math.inf), ridge=1).test)
