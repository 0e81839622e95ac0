"""Two copies of a program: the closed forms of cross-risks, and one copy recovered from equal ones."""

from __future__ import annotations

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.shortening import shorten
from asymptotics.errors import InputError
from asymptotics.symbolic import replicate
from tests.symbolic.support import deep_program

lam, noise, n, p = map(symbol, ["lam", "noise", "n", "p"])
nu1, nu2 = symbol("nu_1"), symbol("nu_2")
T1, T2, B0, B1 = map(symbol, ["T_11_1", "T_11_2", "B_11_0", "B_11_1"])

SHARED = {
    "features and data": ["A", "B", "beta", "epsilon"],
    "data": ["A", "beta", "epsilon"],
    "features": ["B", "beta"],
    "the target": ["beta"],
}


@pytest.fixture(scope="module")
def systems():
    program = deep_program(1)
    return {
        name: replicate(program, shared, [lam]).deterministic_equivalent() for name, shared in SHARED.items()
    }


def closed_form(features: bool, data: bool) -> sp.Expr:
    """The cross-risk R(lam_1, lam_2) with D11 = Tr S^2/((S+nu_1)(S+nu_2)), D10 = Tr S/((S+nu_1)(S+nu_2)).

    Terms with 1/(p - D11) come from shared features, the factor with 1/n from shared data.
    """
    share = 1 / (p - T2) if features else 0
    upsilon = (T2 + nu1 * nu2 * T1**2 * share) / n if data else 0
    return (nu1 * nu2 * (B0 + B1 * T1 * share) + noise * upsilon) / (1 - upsilon)


@pytest.mark.parametrize(
    ("name", "features", "data"),
    [
        ("features and data", True, True),
        ("data", False, True),
        ("features", True, False),
        ("the target", False, False),
    ],
)
def test_cross_risks_are_the_closed_forms(systems, name, features, data):
    system = systems[name]
    expected = closed_form(features, data)
    difference = system.observable("test") - expected
    averages = [q.symbol for q in system.definitions]
    residuals = [e.residual for e in system.equations]
    assert shorten([difference], residuals, system.unknown_symbols(), averages) == (0,)


@pytest.mark.parametrize("name", SHARED)
def test_each_copy_has_its_own_effective_ridge(systems, name):
    system = systems[name]
    assert system.unknown_symbols() == (nu1, symbol("tau_r1_dual"), nu2, symbol("tau_r2_dual"))
    for number, own, other in ((1, nu1, nu2), (2, nu2, nu1)):
        trace = T2 + T1 * other
        weight = symbol(f"tau_r{number}_dual")
        laws = [own * weight * (p - trace) - symbol(f"lam_{number}") * p, n - trace - weight]
        for law in laws:
            assert any(sp.cancel(e.residual / law).is_number for e in system.equations)


def test_without_anything_shared_the_errors_are_those_of_the_mean_predictors(systems):
    test = systems["the target"].observable("test")
    assert sp.cancel(test - nu1 * nu2 * B0) == 0
    assert systems["the target"].observable("train") == 0


def test_equal_copies_give_the_single_risk():
    """At lam_1 = lam_2 the two copies are one: test, train and norm of the single program."""
    single = deep_program(1).deterministic_equivalent()
    double = replicate(deep_program(1), SHARED["features and data"]).deterministic_equivalent()
    assert len(double.unknowns) == len(single.unknowns) == 2
    rename = {symbol("tau_r1_dual"): symbol("tau_r_dual")}
    expand = double.expand, single.expand
    for name in ("test", "train", "norm"):
        two = expand[0](double.observable(name)).xreplace(rename)
        one = expand[1](single.observable(name))
        residuals = [expand[1](e.residual) for e in single.equations]
        difference, checked = _in_moments(two - one, residuals)
        assert shorten([difference], checked, single.unknown_symbols(), _nodes(checked, difference)) == (0,)


def _in_moments(expression, residuals):
    """Averages with one pole in the basis of second degree, so that equal averages are equal symbols."""
    from asymptotics.equations.normal_form import normal_form

    reduced, _ = normal_form([expression, *residuals], {symbol("s"): [symbol("nu")]})
    return reduced[0], list(reduced[1:])


def _nodes(residuals, expression):
    field = RationalField([*residuals, expression])
    return [g for g in field.generators if str(g)[0] in "TB"]


def test_names_are_checked():
    with pytest.raises(InputError, match="names of the program: A, B, beta, epsilon"):
        replicate(deep_program(1), ["C"])


def test_the_covariance_of_norms_vanishes_without_shared_features(systems):
    assert systems["data"].observable("norm") == 0
    assert systems["features and data"].observable("norm") != 0
