"""Theory at finite size against simulation from the definition, over varied configurations."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.report.comparison import compare

# activation, target, noise, d, n, p, ridge
CONFIGURATIONS = [
    ("relu", {1: 1}, "0.1", 60, 120, 300, "0.001"),
    ("relu", {1: 1}, "0.1", 60, 120, 120, "0.05"),
    ("relu", {1: 1, 2: "0.5"}, "0.2", 60, 180, 60, "0.01"),
    ("tanh", {1: 1, 3: "0.2"}, "0.1", 50, 60, 200, "0.1"),
    ("erf", {1: "0.5", 2: "0.5"}, "0", 50, 150, 100, "0.02"),
    ("gelu", {0: "0.3", 1: 1, 2: "0.4"}, "0.1", 40, 160, 160, "0.1"),
    ("sigmoid", {0: 1, 1: 1}, "0.1", 50, 100, 150, "0.01"),
    ("abs", {0: "0.5", 2: 1}, "0.1", 20, 220, 180, "0.05"),
    ("softplus", {1: 1, 2: "0.5"}, "0.1", 20, 250, 300, "0.02"),
    ("cos", {0: "0.2", 2: 1}, "0.3", 20, 300, 120, "0.1"),
    ("relu", {1: "0.5", 2: 1, 3: "0.3"}, "0.1", 20, 200, 320, "0.02"),
    ("sign", {1: 1, 3: "0.5"}, "0.1", 30, 240, 60, "0.1"),
    ("max(x, 0) - x/3", {1: 1, 2: 1}, "0.1", 25, 150, 50, "0.05"),
    ("leaky relu", {1: 1, 2: "0.2", 3: "0.1"}, "0.05", 24, 60, 400, "0.01"),
]


@pytest.mark.statistical
@pytest.mark.parametrize("case", CONFIGURATIONS, ids=lambda case: f"{case[0]}, n = {case[4]}, p = {case[5]}")
def test_finite_size_theory_agrees_with_simulation(case):
    """Test error within 3 standard errors plus 2 %; the whole table by `compare` at false-alarm rate 1e-3.

    Labels are averaged, so that the standard errors are below 1 % and the allowance, which covers corrections of order
    1/d, decides. Were theory exact, each configuration would fail the first condition with probability below 3e-3 and
    the second below 1e-3: 5 % for the 14 together at another seed.
    """
    activation, target, noise, d, n, p, ridge = case
    model = asy.RandomFeaturesRidge(activation, target=target, noise=noise)
    regime = asy.FiniteSize(d=d, n=n, p=p)
    estimate = asy.simulate(model, regime, ridge=ridge, trials=20, labels="averaged")
    risk = asy.predict(model, regime, ridge=ridge)
    assert estimate.test.standard_error < 0.01 * estimate.test.mean
    assert abs(estimate.test.mean - risk.test) < 3 * estimate.test.standard_error + 0.02 * risk.test
    comparison = compare(risk, estimate, allowance={"train": 0.08}, false_alarm_rate=1e-3)
    assert comparison.agrees, str(comparison)


@pytest.mark.statistical
@pytest.mark.parametrize(("n", "p"), [(60, 180), (180, 60)])
def test_ridgeless_limit(n, p):
    """Minimum-norm least squares on both sides of the threshold, as above with 3 % for the test error."""
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    regime = asy.FiniteSize(d=60, n=n, p=p)
    estimate = asy.simulate(model, regime, ridge=0, trials=20, labels="averaged")
    comparison = compare(asy.predict(model, regime, ridge=0), estimate, allowance=0.03, false_alarm_rate=1e-3)
    assert comparison.agrees, str(comparison)
    if n < p:
        assert comparison.observables["train"].z == 0


def test_an_array_of_sizes_is_compared_entry_by_entry():
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    regime = asy.FiniteSize(d=30, n=60, p=np.array([30, 60, 120]))
    ridge = np.array([[0.05], [0.5]])
    estimate = asy.simulate(model, regime, ridge=ridge, trials=16, labels="averaged")
    comparison = compare(asy.predict(model, regime, ridge=ridge), estimate, allowance=0.1)
    assert comparison.agrees and comparison.observables["test"].theory.shape == (2, 3)
    assert comparison.pooled()["test"].degrees_of_freedom == 3
