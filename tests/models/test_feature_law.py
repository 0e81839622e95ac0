"""Random features in groups and with random biases: one law of constants."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.activations import as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import multiplicity
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


FINITE = ((200, 250, ".6"), (800, 700, "3/7"), (500, 500, ".5"))
EXPECTED = ((1.00119, 0.0372), (0.45776, 0.0681), (0.66772, 0.0602))


def three_degrees(share):
    share = Fraction(share)
    second = asy.Group("tanh(x) + (x**2 - 1)/2", share=1 - share, ridge=3)
    return model(groups=[asy.Group("relu", share=share), second], target={1: ".6", 2: ".4"}, noise=".1")


@pytest.mark.parametrize(("sizes", "expected"), [*zip(FINITE, EXPECTED, strict=True)])
def test_groups_at_finite_dimension_with_every_degree_by_two_routes(sizes, expected):
    n, p, share = sizes
    wide = three_degrees(share)
    risk = asy.predict(wide, asy.FiniteSize(d=40, n=n, p=p), ridge=".01")
    assert risk.test == pytest.approx(expected[0], abs=1e-5)
    assert risk.train == pytest.approx(expected[1], abs=1e-4)
    assert "every degree" in risk.made_by["formula"]
    degrees = range(15)
    rows = []
    for group in wide.groups:
        found = expand(group.function, 40, 14)
        rows.append((p * float(group.share), found.powers, found.tail, float(group.ridge)))
    target = [float(wide.target.power(k)) for k in degrees]
    counts = [multiplicity(40, k) for k in degrees]
    other = grouped_features.risk(rows, counts, target, n, 0.01, 0.1, damping=0.7, tolerance=1e-14)
    assert (risk.test, risk.train) == pytest.approx(other, rel=1e-12)


def test_three_groups_of_which_two_are_one_are_two():
    sizes = asy.FiniteSize(d=40, n=200, p=240)
    two = [asy.Group("relu", share="2/3"), asy.Group("tanh", share="1/3", ridge=2)]
    three = [asy.Group("relu", share="1/3")] * 2 + two[1:]
    found = [asy.predict(model(groups=groups), sizes, ridge=".1") for groups in (two, three)]
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature"):
        assert getattr(found[1], name) == pytest.approx(getattr(found[0], name), rel=1e-12)
    one = [
        asy.predict(m, sizes, ridge=".1")
        for m in (model(groups=[asy.Group("relu", share=1)]), model(activation="relu"))
    ]
    assert one[0].test == pytest.approx(one[1].test, rel=1e-12)
    many = model(groups=[asy.Group("relu", share="1/4")] * 4)
    assert asy.predict(many, sizes, ridge=".1").test == pytest.approx(one[1].test, rel=0.05)
    assert str(asy.predict(many, asy.FiniteSize(d=40, n=2000, p=2400), ridge=".1").status) == "untrusted"


def test_orthogonal_weights_by_two_routes():
    wide = model(activation="tanh(2*x)", weights="orthogonal")
    few, sizes = asy.predict(wide, asy.Proportional(psi1=".8", psi2="1.5"), ridge=".1"), {"psi2": "1.5"}
    assert (few.test, few.train) == (
        pytest.approx(0.76863758323339, abs=6e-15),
        pytest.approx(0.30999030374775, abs=6e-15),
    )
    many = asy.predict(wide, asy.Proportional(psi1="1.5", **sizes), ridge=".1", digits=40)
    assert float(many.test) == pytest.approx(0.5038, abs=5e-5)
    linear, rest = haar_rule()
    for risk, psi in ((few, 0.8), (many, 1.5)):
        assert float(risk.test) == pytest.approx(layer_of_haar(linear, rest, psi, 1.5, 0.1, 0.3), rel=1e-11)
    at = asy.predict(wide, asy.Proportional(psi1=[0.8, 1.5, math.inf], psi2=1.5), ridge=0.1)
    plain = asy.predict(model(activation="tanh(2*x)"), asy.Proportional(psi2=1.5), ridge=0.1)
    assert at.test.tolist() == pytest.approx([few.test, float(many.test), plain.test], rel=1e-13)
    ball = asy.predict(wide, asy.Proportional(psi1="1.5", **sizes), ridge=".1", certified=True)
    assert ball.test.contains(str(many.test))
    with pytest.raises(asy.PrecisionError, match="Proportional"):
        asy.predict(wide, asy.FiniteSize(d=40, n=60, p=30), ridge=".1", certified=True)


def haar_rule():
    found = expand(as_activation("tanh(2*x)"), math.inf, 1)
    return float(found.powers[1]), float(found.tail)


def layer_of_haar(linear, rest, p, n, ridge, noise):
    """The rule of a layer of Haar weights on isotropic inputs, by bisection and differences."""

    def outer(inner):
        df = 1 / (1 + inner)
        scale = (p - df) / (1 - df) if p < 1 else p
        return linear * inner * scale - rest

    def pair(kappa):
        low, high = 1e-9, 1e9
        for _ in range(300):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if outer(middle) < kappa else (low, middle)
        return (kappa / (1 + low) + rest * p) / (kappa + rest), low / (1 + low)

    low, high = 1e-9, 1e9
    for _ in range(300):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if n - ridge * p / middle < pair(middle)[0] else (low, middle)
    step = 1e-4
    rows = [pair(low * math.exp(k * step)) for k in (-2, -1, 1, 2)]
    slopes = [(a - 8 * b + 8 * c - d) / (12 * step) for a, b, c, d in zip(*rows, strict=True)]
    df, risk = pair(low)
    return n * (risk - slopes[1] + noise) / (n - df - slopes[0]) - noise


def test_orthogonal_weights_at_finite_dimension_approach_the_limit():
    wide = model(activation="relu", weights="orthogonal", target={1: 1, 2: ".5"})
    for psi in (0.5, 2):
        limit = asy.predict(wide, asy.Proportional(psi1=psi, psi2=1.5), ridge=0.1).test
        gaps = [
            asy.predict(wide, asy.FiniteSize(d=d, n=3 * d // 2, p=round(psi * d)), ridge=0.1).test - limit
            for d in (500, 1000)
        ]
        assert abs(gaps[1]) < 0.6 * abs(gaps[0]) < 0.05 * limit
    assert str(asy.predict(wide, asy.FiniteSize(d=20, n=60, p=60), ridge=0.1).status) == "untrusted"


def test_sparse_weights_are_dense_ones_or_refused():
    dense, sparse = model(activation="relu"), model(activation="relu", weights="sparse(0.2)")
    sizes = asy.FiniteSize(d=100, n=60, p=60)
    risk = asy.predict(sparse, sizes, ridge=0.1)
    assert risk.test == asy.predict(dense, sizes, ridge=0.1).test and str(risk.status) == "solved"
    few = asy.predict(sparse, asy.FiniteSize(d=[40, 100], n=60, p=60), ridge=0.1)
    assert str(few.status) == "['untrusted' 'solved']" and "few entries" in few.made_by["caution"]
    with pytest.raises(asy.InputError, match=r"sparse\(0.2\).*at least 4 entries"):
        asy.predict(sparse, asy.FiniteSize(d=15, n=60, p=60), ridge=0.1)
    with pytest.raises(asy.InputError, match="density"):
        model(activation="relu", weights="sparse(2)")


@pytest.mark.parametrize(
    "fields",
    [
        {"activation": "relu", "biases": "normal(0, 1)"},
        {"groups": groups(1, 4)},
        {"activation": "relu", "weights": "orthogonal"},
    ],
    ids=["biases", "groups", "orthogonal"],
)
def test_what_is_not_known_of_wide_features_is_refused(fields):
    wide, sizes = model(**fields), asy.FiniteSize(d=40, n=60, p=40)
    with pytest.raises(asy.InputError, match="not known"):
        asy.predict(wide, sizes, ridge=0.1, ensemble=asy.Ensemble(members=3, share="data"))
    with pytest.raises(asy.InputError, match="not known"):
        _ = asy.predict(wide, sizes, ridge=0.1).parts
    with pytest.raises(asy.InputError, match="not known"):
        asy.predict(wide, sizes, ridge=0.1, order=1)
    with pytest.raises(asy.InputError, match="Proportional or FiniteSize"):
        asy.predict(wide, asy.Polynomial(1, 1), ridge=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields",
    [
        {"activation": "relu", "biases": "normal(0, 1)"},
        {"groups": groups(1, 4)},
        {"activation": "tanh(2*x)", "weights": "orthogonal"},
    ],
    ids=["biases", "groups", "orthogonal"],
)
def test_training_in_time_beside_an_experiment(fields):
    """Fixed seed; with independent draws two comparisons at four standard errors alarm with probability 1.3e-4."""
    wide, sizes = model(**fields), asy.FiniteSize(d=60, n=100, p=80)
    risk = asy.predict(wide, sizes, time=3.0)
    found = asy.simulate(wide, sizes, training=asy.GradientFlow(3.0), trials=60, seed=2)
    for name in ("test", "train"):
        mean, error = np.ravel(getattr(found, name).mean)[0], np.ravel(getattr(found, name).standard_error)[0]
        assert abs(mean - np.ravel(getattr(risk, name))[0]) < 4 * error + 0.02 * mean
    best = asy.optimal_ridge(wide, sizes)
    assert best.value < asy.predict(wide, sizes, ridge=10).test


def test_combinations_that_are_not_derived_are_refused_by_name():
    with pytest.raises(asy.InputError, match=r"biases with weights.*one of"):
        model(activation="relu", biases="normal(0, 1)", weights="orthogonal")
    assert model(groups=groups(1, 1), biases="normal(0, 1)").biases is not None
