"""Own models that declare no norm, and what is left of the zero predictor: not one line of theirs speaks of it."""

import math
import pickle

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.optimum import optimal_time
from asymptotics.models.ridge_path import on_ridge_path
from tests.models.own_models import TwoGroups, TwoPenalties

FIRST, SECOND = (
    asy.Activation.from_coefficients(powers={1: power}, tail=tail)
    for power, tail in (("1/4", 0.09), ("0.64", 0.36))
)
GROUPS, GROUP_SIZES = TwoGroups(FIRST, SECOND, noise="0.3"), asy.FiniteSize(n=90, p1=72, p2=42, d=60)
PENALTIES, PENALTY_SIZES = TwoPenalties(noise="0.3"), asy.FiniteSize(n=60, p=40)
BOTH = pytest.mark.parametrize(
    ("model", "sizes", "step"), [(GROUPS, GROUP_SIZES, 0.1), (PENALTIES, PENALTY_SIZES, 0.004)]
)


@BOTH
def test_ridges_and_the_end_of_training(model, sizes, step):
    for training, ridge in ((asy.IteratedRidge(0.3, 1), 0.3), (asy.GradientFlow(math.inf), 0)):
        trained, static = asy.predict(model, sizes, training=training), asy.predict(model, sizes, ridge)
        for name in ("test", "bias", "variance", "train"):
            assert trained.values[name] == pytest.approx(static.values[name], rel=1e-12, abs=1e-12), name
    late = asy.predict(model, sizes, training=asy.GradientFlow(1e4, ridge=0.3))
    assert late.test == pytest.approx(asy.predict(model, sizes, 0.3).test, rel=1e-9)


@BOTH
def test_methods_that_are_the_same(model, sizes, step):
    descent = asy.predict(model, sizes, training=asy.GradientDescent(5, step))
    for training in (asy.HeavyBall(5, step, 0), asy.Nesterov(5, step, 0)):
        found = asy.predict(model, sizes, training=training)
        for name in ("test", "bias", "variance", "train", "norm"):
            assert found.values[name] == pytest.approx(descent.values[name], rel=1e-8), (training, name)
    ridge, same = (
        asy.predict(model, sizes, training=training)
        for training in (asy.IteratedRidge(3, 1), asy.SpectralFilter(lambda x: 3 / (3 + x)))
    )
    assert same.test == pytest.approx(ridge.test, rel=1e-8)


def simulated(rng, left_over, draws=60):
    """A filter of the model of two penalties, in coordinates in which its penalty is the squared norm."""
    n, p, found = 60, 40, []
    s, w = (np.array([float(x) for x in row]) for row in (PENALTIES.variances, PENALTIES.penalties))
    for _ in range(draws):
        x, y = rng.standard_normal((n, s.size)) * np.sqrt(s), rng.standard_normal((n, p)) / np.sqrt(p)
        beta, gamma = rng.choice([-1.0, 1.0], s.size), rng.standard_normal(p)
        gamma /= np.linalg.norm(gamma)
        labels = x @ beta + y @ gamma + np.sqrt(0.3) * rng.standard_normal(n)
        left, values, right = np.linalg.svd(np.hstack([x / np.sqrt(w), y]), full_matrices=False)
        fit = right.T @ ((1 - left_over(values**2)) / values * (left.T @ labels))
        a, b = fit[: s.size] / np.sqrt(w), fit[s.size :]
        rest = labels - x @ a - y @ b
        found.append([np.sum(s * (a - beta) ** 2) + np.sum((b - gamma) ** 2) / p, rest @ rest / n])
    return np.array(found)


def accelerated(x, steps=3, eta=0.004, beta=0.3):
    """What Nesterov's method leaves, with a share of the zero predictor."""
    now = before = np.ones_like(x)
    for _ in range(steps):
        now, before = (1 - eta * x) * ((1 + beta) * now - beta * before), now
    return now


@pytest.mark.parametrize(
    ("training", "left"),
    [(asy.GradientFlow(0.02), lambda x: np.exp(-0.02 * x)), (asy.GradientFlow(0.3), lambda x: np.exp(-0.3 * x)),
     (asy.Nesterov(3, 0.004, 0.3), accelerated)],
)  # fmt: skip
def test_penalties_against_random_matrices(training, left):
    # Sixty fixed draws: within four standard errors and 3 % (finite sizes) of theory but for 6e-5 of seeds.
    found = simulated(np.random.default_rng(2), left)
    theory = asy.predict(PENALTIES, PENALTY_SIZES, training=training)
    for value, column in zip((theory.test, theory.train), found.T, strict=True):
        assert abs(column.mean() - value) < 4 * column.std(ddof=1) / np.sqrt(column.size) + 0.03 * value


@pytest.mark.slow
def test_digits_best_times_and_copies():
    doubles = asy.predict(PENALTIES, PENALTY_SIZES, time=1)
    exact = asy.predict(PENALTIES, PENALTY_SIZES, time=1, digits=12)
    assert float(exact.test) == pytest.approx(doubles.test, rel=1e-10)
    best = optimal_time(PENALTIES, PENALTY_SIZES)
    assert best.interior and best.test <= doubles.test


def test_the_completed_model_is_a_value():
    whole = on_ridge_path(PENALTIES)
    assert "norm" in whole.theory.components[-1].name and "norm" not in {c.name for c in PENALTIES.components}
    assert pickle.loads(pickle.dumps(whole)) == whole and str(whole) == str(PENALTIES)


@pytest.mark.slow
def test_digits_with_a_share_of_the_zero_predictor():
    training = asy.Nesterov(3, "1/250", "3/10")
    doubles, exact = (
        asy.predict(PENALTIES, PENALTY_SIZES, training=training, digits=digits) for digits in (None, 10)
    )
    assert float(exact.test) == pytest.approx(doubles.test, rel=1e-9)
