"""The population pair: rules of layers and learners against numbers known from other routes."""

import mpmath
import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError
from asymptotics.models.pair import KAPPA
from asymptotics.models.pair_layers import features, spectrum
from asymptotics.models.pair_learners import ridge, ridge_per_feature, ridge_rule
from asymptotics.models.pair_shift import shifted_ridge
from asymptotics.models.pair_two_ridges import cross_rule, two_ridges
from asymptotics.transforms.changes.rewriting import is_subtraction_free
from tests.models.pair_numbers import CONTEXT, values

ISOTROPIC = [(1, 1, 1)]
POWER_LAW = [
    (sp.Integer(k) ** sp.Rational(-3, 2), 1, sp.Integer(k) ** sp.Rational(-11, 5)) for k in range(1, 61)
]
KERNEL = {symbol("mu1sq"): sp.S.One, symbol("mu_starsq"): sp.S.Zero}
GROUPS = {"d": 1, "n": "1.5", "noise": "0.3", "p_1": "1.2", "p_2": "0.7"} | {
    "mu1sq_1": "0.25", "mu1sq_2": "0.64", "mu_starsq_1": "0.09", "mu_starsq_2": "0.36"
}  # fmt: skip


def named(parameters):
    """Parameters by symbol."""
    return {symbol(name): value for name, value in parameters.items()}


def close(value, expected, digits):
    return abs(value - CONTEXT.mpf(expected)) <= CONTEXT.mpf(10) ** -digits * abs(CONTEXT.mpf(expected))


def gaussian_constants(function, radius):
    """mu_1^2, mu_star^2 and the second moment of an odd function of radius times a normal variable."""
    with mpmath.workdps(25):

        def mean(f):
            return mpmath.quad(lambda x: f(x) * mpmath.npdf(x), mpmath.linspace(-10, 10, 21))

        linear = mean(lambda x: function(radius * x) * x) ** 2 / radius**2
        square = mean(lambda x: function(radius * x) ** 2)
        return linear, square - radius**2 * linear, square


def test_one_layer_has_one_short_equation():
    layer = features().system
    assert [str(e) for e in layer.equations] == ["kappa_in*mu1sq*p/(d*h) = 1"]
    assert layer.observable("objective") == symbol("objective_in")
    assert str(layer.observable("df")) == "m*p/h"


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_group_adds_at_most_ten_operations(groups):
    layer = features(groups).system
    needed = {
        d.symbol: d.expression
        for d in layer.definitions
        if d.symbol.name[0] in "mh" or d.symbol.name == "tau"
    }
    needed.pop(symbol("held"))
    parts = [layer.equations[0].left, *needed.values()]
    assert sum(sp.count_ops(e) for e in parts) <= 10 * groups + 2
    assert all(is_subtraction_free(o.expression) for o in layer.observables)


def test_two_groups_on_isotropic_inputs():
    system = ridge(spectrum().through(features(2)))
    scaled = values(system, named({**GROUPS, "lam": "0.1"}), ISOTROPIC)
    assert close(scaled["test"], "0.7647978172330094", 15)
    assert close(scaled["train"], "0.1499644040974145", 15)
    unscaled = {
        **GROUPS,
        "lam": sp.Rational(1, 19).evalf(40),
    }  # features of unit size: lam times the width is 0.1
    found = values(system, named(unscaled), ISOTROPIC)
    assert close(found["test"], "0.88801388966496692", 16)
    assert close(found["train"], "0.0960364660305522", 14)


def test_two_layers():
    first = gaussian_constants(lambda x: mpmath.tanh(2 * x), mpmath.mpf(1))
    second = gaussian_constants(mpmath.tanh, mpmath.sqrt(first[2]))
    system = ridge(spectrum().through(features()).through(features()))
    parameters = {"d": 1, "n": "1.5", "noise": "0.2", "lam": "0.05", "p_1": "1.2", "p_2": 2}
    parameters |= {
        "mu1sq_1": first[0],
        "mu_starsq_1": first[1],
        "mu1sq_2": second[0],
        "mu_starsq_2": second[1],
    }
    found = values(system, named(parameters), ISOTROPIC, digits=18)
    assert close(found["test"], "0.7256103149026607", 15)
    assert close(found["train"], "0.20559384841957", 13)
    assert close(found[symbol("kappa_0")], "1.0574024062029", 13)


def test_five_layers_have_one_equation_each():
    pair = spectrum()
    for _ in range(5):
        pair = pair.through(features())
    assert len(pair.system.equations) == len(pair.system.unknowns) == 5
    assert pair.width == symbol("p_5")
    assert [str(level["kappa"]) for level in pair.levels] == [f"kappa_{k}" for k in range(5)]


@pytest.mark.parametrize(
    ("ridges", "expected"),
    [(("0.01", "0.5"), "0.3272582950429622964724"), (("1e-5", "3"), "0.1829780769050399714502")],
)
def test_cross_risk_of_random_features(ridges, expected):
    pair = spectrum().through(features().at(KERNEL))
    parameters = {"d": 1, "n": 20, "p": 30, "noise": "0.3", "lam_a": ridges[0], "lam_b": ridges[1]}
    found = values(two_ridges(pair), named(parameters), POWER_LAW, digits=24)
    assert close(found["test"], expected, 21)


def test_independent_features_lower_the_cross_risk():
    pair = spectrum().through(features().at(KERNEL))
    parameters = {"d": 1, "n": 20, "p": 30, "noise": "0.3", "lam_a": "0.01", "lam_b": "0.5"}
    same, apart = (
        values(two_ridges(pair, k), named(parameters), POWER_LAW, digits=20)["test"] for k in (0, 1)
    )
    assert apart < same


def test_equal_ridges_give_the_test_error():
    parameters = {"n": 20, "noise": "0.3"}
    pair = spectrum()
    single = values(ridge(pair), named({**parameters, "lam": "0.5"}), POWER_LAW)["test"]
    near = values(two_ridges(pair), named({**parameters, "lam_a": "0.5", "lam_b": "0.50000001"}), POWER_LAW)[
        "test"
    ]
    assert close(near, single, 7) and not close(near, single, 10)


def test_what_lies_below_the_rules():
    assert cross_rule().unknowns == ()
    assert [str(e) for e in ridge_rule().equations] == ["c*kappa = lam*width", "c + df_in = n"]
    assert spectrum().width == 1
    assert all(is_subtraction_free(o.expression) for o in ridge_rule().observables)


def test_values_for_parameters():
    layer = features().at(KERNEL)
    assert symbol("mu1sq") not in layer.system.parameter_symbols()
    assert layer.digest != features().digest
    with pytest.raises(InputError, match="nu"):
        features().at({symbol("nu"): sp.S.One})


def test_refusals():
    with pytest.raises(InputError, match="groups = 0"):
        features(0)
    pair = spectrum().through(features())
    assert two_ridges(pair, 1).unknown_symbols() == two_ridges(pair).unknown_symbols()
    with pytest.raises(InputError, match="independent = 2"):
        two_ridges(pair, 2)


def test_the_pair_is_a_function_of_its_ridge():
    """Slopes by differences of values at two ridges; the step bounds the error of each, no chance is involved."""
    system = spectrum().through(features(2)).system
    fixed = {name: value for name, value in GROUPS.items() if name not in ("n", "noise")}
    one, two = (
        values(system, named({**fixed, KAPPA.name: kappa}), ISOTROPIC) for kappa in ("0.3", "0.30000003")
    )
    rate = {name: (two[name] - one[name]) * 10**7 for name in ("df", "objective")}
    assert close(-rate["df"], one["partial"], 6) and close(rate["objective"], one["penalty"], 6)
    assert close(one["df2"] + one["partial"], one["df"], 25)


def test_another_test_law_on_anisotropic_inputs():
    system = shifted_ridge(spectrum().through(features()))
    linear, rest, _ = gaussian_constants(lambda x: mpmath.tanh(2 * x), mpmath.mpf(1))
    parameters = {"d": 1, "n": "1.5", "noise": "0.2", "lam": "0.1", "p": "1.2", "mu1sq": linear}
    parameters |= {"mu_starsq": rest, "mu_starsq_test": rest}
    half = sp.Rational(1, 2)
    rows = [(sp.Rational(s, 10), half, sp.Rational(s, 20), sp.Rational(g, 10)) for s, g in ((4, 16), (16, 4))]
    found = values(system, named(parameters), rows, digits=18)
    assert close(found["test"], "0.56256745843926", 13) and close(found["train"], "0.17647934841624", 13)
    assert close(found["shifted"], "0.89376481172438", 13)


def test_the_training_law_as_the_test_law_changes_nothing():
    system = shifted_ridge(spectrum().through(features()).through(features()))
    parameters = {"d": 1, "n": "1.5", "noise": "0.2", "lam": "0.05", "p_1": "1.2", "p_2": 2}
    constants = {"mu1sq_1": "0.5", "mu_starsq_1": "0.1", "mu1sq_2": "0.4", "mu_starsq_2": "0.3"}
    parameters |= constants | {"mu_starsq_test_1": "0.1", "mu_starsq_test_2": "0.3"}
    rows = [(sp.Rational(k, 3), 1, sp.Rational(1, k), sp.Rational(k, 3)) for k in (1, 2, 5)]
    found = values(system, named(parameters), rows, digits=18)
    assert close(found["shifted"], found["test"], 17)
    with pytest.raises(InputError, match="layers of one group"):
        shifted_ridge(spectrum().through(features(2)))


@pytest.mark.parametrize(
    "pair", [spectrum(), spectrum().through(features()).through(features(2))], ids=["flat", "deep"]
)
def test_nothing_is_subtracted_when_a_learner_is_evaluated(pair):
    system = ridge(pair)
    parts = [o.expression for o in system.observables] + [
        s for e in system.equations for s in (e.left, e.right)
    ]
    averages = {d.symbol for d in system.definitions if d.symbol.name in ("T02", "T11", "B11", "B20")}
    parts += [d.expression for d in system.definitions if d.symbol not in averages]
    assert len(averages) == 4 and all(map(is_subtraction_free, parts))


def test_the_share_captured_of_a_level_is_that_of_the_ridge_below():
    s, kappa_0 = symbol("s"), symbol("kappa_0")
    assert spectrum().through(features(2)).captured() == s / (s + kappa_0)
    assert spectrum().captured() == s / (s + KAPPA)


def test_inverse_widths_are_the_same_numbers_and_reach_infinitely_many_features():
    fixed = {"d": 1, "n": 20, "noise": "0.3", "lam": "0.5", "mu1sq": 1}
    pair = spectrum().through(features())
    scaled = ridge_per_feature(pair)
    here = values(scaled, named({**fixed, "mu_starsq": "0.2", "inv_p": sp.Rational(1, 32)}), POWER_LAW)
    there = values(ridge(pair), named({**fixed, "mu_starsq": "0.2", "p": 32}), POWER_LAW)
    assert all(close(here[name], there[name], 25) for name in ("test", "train", "norm", "minimum"))
    wide = values(scaled, named({**fixed, "mu_starsq": 0, "inv_p": 0}), POWER_LAW)
    kernel = values(ridge(spectrum()), named({"n": 20, "noise": "0.3", "lam": "0.5"}), POWER_LAW)
    assert all(close(wide[name], kernel[name], 25) for name in ("test", "train", "norm", "minimum"))
    with pytest.raises(InputError, match="widths have no values"):
        ridge_per_feature(spectrum().through(features().at({symbol("p"): sp.Integer(3)})))


def test_groups_in_inverse_widths():
    shares = {"share_1": sp.Rational(12, 19), "share_2": sp.Rational(7, 19), "inv_p": sp.Rational(10, 19)}
    given = {name: value for name, value in GROUPS.items() if not name.startswith("p_")}
    found = values(
        ridge_per_feature(spectrum().through(features(2))),
        named({**given, **shares, "lam": "0.1"}),
        ISOTROPIC,
    )
    assert close(found["test"], "0.7647978172330094", 15)
