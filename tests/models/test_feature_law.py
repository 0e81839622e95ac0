"""Random features in groups and with random biases: one law of constants."""

import math
import pickle

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.activations import as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.moved import linear_and_rest, moved
from tests.oracles import grouped_features

LIMIT = asy.Proportional(psi1=2, psi2="3/2")


def groups(*ridges):
    return [
        asy.Group(name, share=share, scale=scale, ridge=ridge)
        for name, share, scale, ridge in zip(("relu", "tanh"), (".6", ".4"), (1, 2), ridges, strict=True)
    ]


def model(**fields):
    return asy.RandomFeaturesRidge(**{"target": {1: 1}, "noise": "0.3", **fields})


@pytest.mark.parametrize(
    ("ridges", "test", "train"),
    [
        ((1, 1), 0.58770416877754, 0.15230248509105),
        ((1, 4), 0.58795928706275, 0.21961103646613),
    ],
)
def test_two_groups_to_their_digits_by_two_routes(ridges, test, train):
    wide = model(groups=groups(*ridges))
    risk = asy.predict(wide, LIMIT, ridge="0.1")
    assert (risk.test, risk.train) == (pytest.approx(test, abs=6e-14), pytest.approx(train, abs=6e-14))
    rows = []
    for group, ridge in zip(wide.groups, ridges, strict=True):
        found = expand(group.function, math.inf, 1)
        rows.append((2 * float(group.share), found.powers[1:], found.tail, ridge))
    other = grouped_features.risk(rows, [1], [1], 1.5, 0.1, 0.3)
    assert (risk.test, risk.train) == pytest.approx(other, rel=2e-14)
    ball = asy.predict(wide, LIMIT, ridge="0.1", certified=True)
    many = asy.predict(wide, LIMIT, ridge="0.1", digits=30)
    assert ball.test.contains(str(many.test)) and abs(float(many.test) - risk.test) < 1e-15


@pytest.mark.parametrize(
    ("ridge", "test", "train"),
    [
        ("0.1", 0.7647978172330094, 0.1499644040974145),
        ("1/19", 0.88801388966496692, 0.0960364660305522),
    ],
)
def test_given_constants_to_their_digits(ridge, test, train):
    first = asy.Activation.from_coefficients({0: 1, 1: "0.25"}, tail="0.09")
    second = asy.Activation.from_coefficients({1: "0.64"}, tail="0.36")
    given = model(groups=[asy.Group(first, share="12/19"), asy.Group(second, share="7/19")])
    risk = asy.predict(given, asy.Proportional(psi1="1.9", psi2="1.5"), ridge=ridge, digits=17)
    assert (float(risk.test), float(risk.train)) == (
        pytest.approx(test, rel=2e-16),
        pytest.approx(train, rel=2e-15),
    )
    with pytest.raises(asy.InputError, match="its powers at another argument"):
        asy.Group(first, share=1, scale=2)


def test_random_biases_are_a_law_and_not_averaged_constants():
    biased = model(activation="relu", biases="normal(0, 1)")
    risk = asy.predict(biased, LIMIT, ridge="0.1")
    assert (risk.test, risk.train) == (
        pytest.approx(0.580584832, abs=1e-9),
        pytest.approx(0.204533389, abs=1e-9),
    )
    points, weights = np.polynomial.hermite_e.hermegauss(56)
    _, linear, rest = linear_and_rest(as_activation("relu"), 1.0, points)
    rows = [(2 * w, [m], r, 1) for w, m, r in zip(weights / weights.sum(), linear, rest, strict=True)]
    assert grouped_features.risk(rows, [1], [1], 1.5, 0.1, 0.3)[0] == pytest.approx(risk.test, abs=1e-8)
    mean = asy.Activation.from_coefficients(
        {0: 1, 1: float(weights @ linear / weights.sum())}, tail=float(weights @ rest / weights.sum())
    )
    averaged = asy.predict(model(activation=mean), LIMIT, ridge="0.1")
    assert (averaged.test, averaged.train) == (
        pytest.approx(0.5006, abs=1e-4),
        pytest.approx(0.1683, abs=1e-4),
    )
    with pytest.raises(asy.InputError, match="at most 12"):
        asy.predict(biased, LIMIT, ridge="0.1", digits=30)
    with pytest.raises(asy.PrecisionError, match="random biases"):
        asy.predict(biased, LIMIT, ridge="0.1", certified=True)


def test_one_group_and_equal_groups_are_plain_features():
    plain = asy.predict(model(activation="relu"), LIMIT, ridge="0.1")
    names = ("test", "bias", "variance", "train", "norm", "norm_per_feature")
    for shares in ((1,), ("1/3", "2/3")):
        found = asy.predict(
            model(groups=[asy.Group("relu", share=share) for share in shares]), LIMIT, ridge="0.1"
        )
        for name in names:
            assert getattr(found, name) == pytest.approx(getattr(plain, name), rel=1e-13)


@pytest.mark.parametrize("psi", [(2, 0.5), (0.5, 2), (math.inf, 1.5), (1.5, math.inf)])
def test_without_ridge_and_at_infinite_sizes(psi):
    sizes = asy.Proportional(psi1=psi[0], psi2=psi[1])
    one, two = (
        asy.predict(features, sizes, ridge=0)
        for features in (model(activation="tanh"), model(groups=[asy.Group("tanh", share=".5")] * 2))
    )
    assert two.test == pytest.approx(one.test, rel=1e-10) and str(two.status) == str(one.status)


def test_ridge_of_one_group_only_counts_its_own_coefficients():
    ridges = [asy.predict(model(groups=groups(1, r)), LIMIT, ridge="0.1").norm for r in (1, "1.0001", 4)]
    assert ridges[1] == pytest.approx(ridges[0], rel=1e-3) and ridges[2] != pytest.approx(ridges[0], rel=1e-3)
    both = asy.predict(model(groups=groups(4, 4)), LIMIT, ridge="0.1")
    same = asy.predict(model(groups=groups(1, 1)), LIMIT, ridge="0.4")
    assert both.test == pytest.approx(same.test, rel=1e-14)


def test_shifted_constants_against_the_expansion():
    constant, linear, rest = linear_and_rest(as_activation("relu"), 2.0, np.array([0.5]), 60)
    found = expand(moved(as_activation("relu"), 2, 0.5), 60, 1)
    assert constant[0] == pytest.approx(found.powers[0], rel=1e-12)
    assert (linear[0], rest[0]) == (
        pytest.approx(found.powers[1], rel=1e-12),
        pytest.approx(found.tail, rel=1e-12),
    )


@pytest.mark.parametrize(
    ("fields", "value", "allowed"),
    [
        (
            {"groups": [asy.Group("relu", share=".6"), asy.Group("tanh", share=".3")]},
            "sum to 0.9",
            "sum to 1",
        ),
        ({"groups": "relu"}, "relu", "a list of asymptotics.Group"),
        ({"groups": []}, r"\[\]", "at least one"),
        ({"activation": "relu", "biases": "cauchy(0, 1)"}, "cauchy", "normal"),
        ({"activation": "relu", "biases": "normal(0, -1)"}, "normal", "positive deviation"),
        ({"activation": "relu", "biases": "uniform(1, 1)"}, "uniform", "increasing"),
        ({"activation": "relu", "weights": "dense"}, "dense", "sphere"),
        ({"activation": "relu", "groups": [asy.Group("relu", share=1)]}, "relu", "None beside groups"),
    ],
)
def test_bad_declarations_name_the_value_and_what_is_allowed(fields, value, allowed):
    with pytest.raises(asy.InputError, match=value) as error:
        model(**fields)
    assert allowed in str(error.value)


@pytest.mark.parametrize("field", ["share", "scale", "ridge"])
def test_numbers_of_a_group(field):
    asy.Group("relu", **{"share": 1, field: 1})
    for value in (0, -1, "nan", "x"):
        with pytest.raises(asy.InputError, match=f"{field} of a group"):
            asy.Group("relu", **{"share": 1, field: value})


def test_plain_features_are_as_they_were():
    plain = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")
    assert repr(plain) == "RandomFeaturesRidge('relu', {1: 1}, noise=1/10)"
    assert (
        plain == asy.RandomFeaturesRidge("relu", {1: 1}, "0.1", weights="sphere") != model(activation="relu")
    )
    assert plain.setting() is plain and plain.posed(LIMIT)[0].model is plain
    wide = model(groups=groups(1, 4))
    assert pickle.loads(pickle.dumps(wide)) == wide and hash(wide) == hash(model(groups=groups(1, 4)))
    with pytest.raises(asy.InputError, match="groups"):
        wide.expand(60, 2)
