"""Activations and targets that are functions of arrays: powers as those of formulas, theory and simulation alike."""

import math
import pickle

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.targets import Target, as_target

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "heaviside": lambda x: (x > 0).astype(float),
    "tanh": np.tanh,
    "exponential": np.exp,
    "relu6": lambda x: np.clip(x, 0, 6),
    "he2": lambda x: (x * x - 1) / math.sqrt(2),
    "max(x - 0.3137, 0)*cos(5*x)": lambda x: np.maximum(x - 0.3137, 0) * np.cos(5 * x),
    "sign(x - 1/3) + abs(x + 2)": lambda x: np.sign(x - 1 / 3) + np.abs(x + 2),
}


@pytest.mark.parametrize("formula", FUNCTIONS)
@pytest.mark.parametrize("d", [3, 40, 2000, math.inf])
def test_powers_are_those_of_the_formula(formula, d):
    found, exact = expand(FUNCTIONS[formula], d, 8), expand(formula, d, 8)
    assert np.array(found.powers) == pytest.approx(np.array(exact.powers), rel=1e-11, abs=2e-13 * exact.total)
    assert found.tail == pytest.approx(exact.tail, rel=1e-11, abs=2e-13 * exact.total)
    assert "errors about 1e-13" in found.method


def test_kinks_are_found_and_may_be_declared():
    def function(x):
        return np.where(x > 0.3137, x, 0)

    found, declared = Activation.from_function(function), Activation.from_function(function, kinks=[0.3137])
    assert expand(found).powers == pytest.approx(expand(declared).powers, abs=1e-13)
    assert "not smooth near 1 places" in expand(found).method and "not smooth" not in expand(declared).method
    assert [float(kink) for kink in declared.kinks] == [0.3137]


def test_jumps_are_never_missed():
    """Between the last node of a panel and its end too: the mean of a step is the normal distribution function."""
    for place in np.random.default_rng(4).uniform(-3, 3, 40):
        step = expand(lambda x, place=place: (x > place).astype(float), math.inf, 0)
        assert step.total == pytest.approx(0.5 * math.erfc(place / math.sqrt(2)), rel=1e-9, abs=1e-12)


def test_zero_powers_are_zero():
    odd = expand(np.tanh, math.inf, 6)
    assert [k for k, _ in odd.zeros] == [0, 2, 4, 6] and odd.powers[2] == 0
    assert expand(FUNCTIONS["he2"]).tail == 0


@pytest.mark.parametrize(
    "sizes", [asy.Proportional(2, 3), asy.FiniteSize(30, 60, 90), asy.Polynomial(2, "3/2")], ids=str
)
def test_theory_is_that_of_the_formula(sizes):
    own, formula = (asy.RandomFeaturesRidge(one, {1: 1}, noise=0.1) for one in (np.tanh, "tanh"))
    assert asy.predict(own, sizes, ridge=0.1).test == pytest.approx(
        asy.predict(formula, sizes, ridge=0.1).test
    )


def test_simulation_and_optimum_are_those_of_the_formula():
    own, formula = (asy.RandomFeaturesRidge(one, {1: 1}, noise=0.1) for one in (np.tanh, "tanh"))
    given = {"ridge": 0.1, "trials": 4, "seed": 1, "progress": False}
    estimates = [asy.simulate(one, asy.FiniteSize(12, 20, 30), **given) for one in (own, formula)]
    assert estimates[0].test.mean == pytest.approx(estimates[1].test.mean)
    optima = [asy.optimal_ridge(one, asy.Proportional(2, 3)).value for one in (own, formula)]
    assert optima[0] == pytest.approx(optima[1])


def test_functions_are_values():
    one, same, other = (Activation.from_function(f, name="mine") for f in (np.tanh, np.tanh, np.arctan))
    assert one == same and one != other and str(one) != str(other)
    assert str(one).startswith("mine #") and as_activation(np.tanh) == Activation.from_function(np.tanh)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one([0.5]) == pytest.approx(np.tanh(0.5))


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (lambda x: 1.0, "shape"),
        (math.tanh, "numpy.vectorize"),
        (np.log, "not at x = "),
        (lambda x: x + 1j, "real ones"),
        (3, "a function of arrays"),
    ],
)
def test_what_is_no_function_of_arrays_is_refused(function, match):
    with pytest.raises(InputError, match=match):
        Activation.from_function(function)


def test_functions_without_mean_square_or_proof_are_refused():
    with pytest.raises(InputError, match="finite mean square"):
        expand(lambda x: np.exp(x * x / 3))
    assert expand(lambda x: np.exp(x * x / 3), 4).total > 0
    with pytest.raises(InputError, match="has no proof"):
        expand_certified(Activation.from_function(np.tanh), digits=10)
    with pytest.raises(PrecisionError, match="did not converge"):
        expand(lambda x: np.sin(1e7 * x))


def test_targets_of_one_coordinate():
    target = Target.from_function(lambda t: t + 0.5 * (t**2 - 1), d=20)
    assert target.power(1) == pytest.approx(1) and target.total == pytest.approx(
        1 + 0.25 * 2 * 20 / 22 + 0, rel=0.02
    )
    mixed = Target.from_function(np.abs, degrees=4)
    assert [k for k, _ in mixed.powers] == [0, 2, 4, 5]
    assert mixed.total == pytest.approx(1) and mixed.power(2) == pytest.approx(1 / math.pi)


def test_no_target_is_noise_only():
    assert as_target({}) == Target({}) and Target({}).total == 0 and str(Target({})) == "no target"
    for sizes in (asy.Proportional(2, 3), asy.FiniteSize(20, 30, 40)):
        risk = asy.predict(asy.RandomFeaturesRidge("relu", {}, noise=0.1), sizes, ridge=0.1)
        assert risk.bias == 0 and risk.test == risk.variance > 0
    with pytest.raises(InputError):
        Activation.from_coefficients({})
    assert repr(Target({1: 1, 2: "1/4"})) == "Target({1: 1, 2: 1/4})"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mish", lambda x: x * np.tanh(np.logaddexp(0, x))),
        (
            "SELU",
            lambda x: (
                1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
            ),
        ),
        ("hard-swish", lambda x: x * np.clip(x + 3, 0, 6) / 6),
        ("hardsigmoid", lambda x: np.clip(x + 3, 0, 6) / 6),
        ("swish", lambda x: x / (1 + np.exp(-x))),
        ("logsigmoid", lambda x: -np.logaddexp(0, -x)),
        ("gelu_tanh", lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
        ("quick gelu", lambda x: x / (1 + np.exp(-1.702 * x))),
        ("softshrink", lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)),
        ("tanhshrink", lambda x: x - np.tanh(x)),
        ("relu2", lambda x: np.maximum(x, 0) ** 2),
        ("gaussian", lambda x: np.exp(-x * x)),
    ],
)
def test_names_of_libraries(name, function):
    x = np.linspace(-5, 5, 101)
    assert Activation.named(name)(x) == pytest.approx(function(x), abs=1e-14)


def test_digits_beyond_those_of_the_powers_are_refused():
    model, regime = asy.RandomFeaturesRidge(np.tanh, target={1: 1}, noise="0.1"), asy.Proportional(2, 3)
    assert asy.predict(model, regime, "0.1", digits=12).test == pytest.approx(
        float(asy.predict(asy.RandomFeaturesRidge("tanh", {1: 1}, "0.1"), regime, "0.1", digits=30).test),
        rel=1e-12,
    )
    with pytest.raises(InputError, match="at most 12"):
        asy.predict(model, regime, "0.1", digits=13)
