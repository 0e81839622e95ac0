"""Limits in polynomial scaling in every cell, on every edge and at every corner, whatever powers vanish."""

import itertools
import math
import random
from fractions import Fraction

import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from tests.prediction.finite_oracle import disagreement

INF = math.inf
POWERS = [Fraction(1, 3), Fraction(2, 7), Fraction(3, 11), Fraction(1, 5), Fraction(1, 9), Fraction(1, 13)]
TARGET = [Fraction(1, 2), Fraction(3, 4), Fraction(5, 8), Fraction(2, 3), Fraction(4, 7), Fraction(3, 7)]


def model_of(seen, aimed, tail, noise="1/10"):
    """Random features with power in some degrees, of a target with power in others."""
    activation = asy.Activation.from_coefficients(
        {k: power if flag else 0 for k, (power, flag) in enumerate(zip(POWERS, seen, strict=True))}, tail
    )
    target = {k: power if flag else 0 for k, (power, flag) in enumerate(zip(TARGET, aimed, strict=True))}
    return asy.RandomFeaturesRidge(activation, target, noise)


LEARNED = [
    ("relu", {1: 1}, "17/10", 3, 0),
    ("relu", {1: 1}, "19/10", INF, 0),
    ("relu", {1: 1}, "7/2", INF, 0),
    ("relu", {1: 1}, "27/10", 4, 0),
    ("abs", {1: 1}, "99/100", 2, 1),
    ("abs", {1: 1}, 2, 3, 1),
    ("erf", {1: 1, 3: 1}, "5/2", 3, 1),
    ("tanh", {1: 1}, "5/2", 3, 0),
    ("x", {1: 1}, 4, INF, 0),
]


@pytest.mark.parametrize(
    "accuracy", [{}, {"digits": 30}, {"certified": True}], ids=["double", "digits", "proof"]
)
@pytest.mark.parametrize(("activation", "target", "kappa1", "kappa2", "left"), LEARNED)
def test_more_samples_than_features_of_a_target_with_vanishing_powers(
    activation, target, kappa1, kappa2, left, accuracy
):
    model = asy.RandomFeaturesRidge(activation, target, noise="0.1")
    risk = asy.predict(model, asy.Polynomial(kappa1, kappa2), ridge=0, **accuracy)
    assert float(risk.test) == left
    assert float(risk.variance) == 0


def test_a_norm_that_vanishes_is_zero():
    """The norm per feature falls like d^(-1/2): 1.25 is the coefficient of that power, not the limit."""
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")
    assert asy.predict(model, asy.Polynomial("3/2", INF), ridge=0).norm_per_feature == 0
    assert asy.predict(model, asy.Polynomial(1, INF, 2), ridge=0).norm_per_feature > 0


def test_a_linear_activation_leaves_neither_size_in_the_equations():
    linear = asy.Activation.from_coefficients({1: 1})
    model = asy.RandomFeaturesRidge(linear, {1: 1, 2: "1/4"}, noise="0.1")
    for regime in (asy.Polynomial(4, INF), asy.Polynomial(3, 2), asy.Polynomial(2, 3), asy.Polynomial(2, 2)):
        ridge = 0 if regime.kappa2 == INF else "1/3"
        assert not disagreement(model, regime, ridge)


SOME = [
    ((1, 1, 1, 0, 1, 0), (0, 1, 0, 0, 0, 0), "1/8", ("17/10", 3)),
    ((1, 1, 1, 0, 1, 0), (0, 0, 0, 1, 0, 0), "1/8", (2, 3)),
    ((1, 0, 1, 0, 1, 0), (1, 1, 0, 1, 0, 0), 0, ("7/2", 4)),
    ((0, 1, 0, 1, 0, 1), (0, 1, 0, 1, 0, 0), "1/8", ("5/2", INF)),
    ((1, 1, 0, 0, 0, 0), (1, 1, 1, 1, 0, 0), 0, (INF, 3)),
    ((1, 1, 1, 1, 1, 1), (0, 0, 0, 0, 0, 0), "1/8", (1, 2)),
    ((0, 0, 0, 1, 1, 0), (1, 1, 0, 1, 0, 0), "1/8", ("3/4", INF)),
]


@pytest.mark.parametrize(("seen", "aimed", "tail", "kappas"), SOME)
def test_limits_are_those_of_the_finite_system(seen, aimed, tail, kappas):
    regime = asy.Polynomial(*kappas, theta1="3/2", theta2="7/5")
    ridge = 0 if kappas[1] == INF else "1/7"
    assert not disagreement(model_of(seen, aimed, tail), regime, ridge)


HALVES = [Fraction(k, 2) for k in range(1, 9)]
QUADRANT = [
    *itertools.product([*HALVES, INF], HALVES),
    *((kappa, INF) for kappa in HALVES),
    # Both sides of the diagonal between two integers.
    *((k + Fraction(1, 4), k + Fraction(3, 4)) for k in range(4)),
    *((k + Fraction(3, 4), k + Fraction(1, 4)) for k in range(4)),
]
PATTERNS = [p for p in itertools.product((0, 1), repeat=6) if any(p)]


@pytest.mark.slow
def test_every_cell_with_every_pattern_of_vanishing_powers():
    """Cells, edges and corners up to exponent 4: each with patterns of activation, tail and target in turn.

    The risk is linear in the powers of the target, so that each pattern of the activation is met with three of these.
    """
    generator = random.Random(3)
    for kappas in QUADRANT:
        for seen in generator.sample(PATTERNS, 3):
            tail, aimed = generator.choice([0, "1/8"]), generator.choice(PATTERNS)
            theta = generator.choice([("1/2", "7/5"), ("7/3", "2/5"), ("1/8", "9/4")])
            ridge = 0 if kappas[1] == INF else generator.choice([0, "1/7", 3])
            regime = asy.Polynomial(*kappas, *theta)
            assert not disagreement(model_of(seen, aimed, tail), regime, ridge), (
                seen,
                aimed,
                tail,
                regime,
                ridge,
            )


def random_point(generator):
    """Exponents with small denominators, patterns, coefficients and a ridge."""
    first, second = (Fraction(generator.randint(1, 40), generator.randint(2, 10)) for _ in range(2))
    kappas = [min(first, Fraction(4)), min(second, Fraction(4))]
    if generator.random() < 0.15:
        kappas[generator.randrange(2)] = INF
    thetas = [Fraction(generator.randint(1, 30), 10) for _ in range(2)]
    ridge = 0 if kappas[1] == INF else generator.choice([0, Fraction(1, 7), Fraction(3)])
    model = model_of(generator.choice(PATTERNS), generator.choice(PATTERNS), generator.choice([0, "1/8"]))
    return model, asy.Polynomial(*kappas, *thetas), ridge


@pytest.mark.slow
def test_random_rational_exponents():
    """The campaign ``tests/campaigns/edges.py`` runs 2,000 of these."""
    generator = random.Random(15)
    for _ in range(60):
        model, regime, ridge = random_point(generator)
        assert not disagreement(model, regime, ridge, decades=4000), (model, regime, ridge)


def test_the_largest_exponent_is_stated():
    model = asy.RandomFeaturesRidge("relu", {1: 1})
    with pytest.raises(InputError, match="at most 12"):
        asy.predict(model, asy.Polynomial(50, 1000), ridge=1)
    with pytest.raises(InputError, match="kappa2"):
        asy.atlas(100, 99)
    assert asy.atlas(1000, "3/2").learned == (0, 1)


def test_infinitely_many_samples_leave_no_ridge():
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")
    assert asy.predict(model, asy.Polynomial(2, INF), ridge="0").test == 0
    with pytest.raises(InputError, match="kappa2 is infinite"):
        asy.predict(model, asy.Polynomial(2, INF), ridge=1)
