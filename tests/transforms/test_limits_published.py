"""Every case of the polynomial regime, derived by dominant balance, equals the published form exactly."""

from math import factorial

import mpmath as mp
import pytest
import sympy as sp
from limit_support import LAM, NOISE, NU, C, N, P, slack

from asymptotics.equations.naming import symbol
from asymptotics.models import kernel_ridge_equations
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit
from tests.oracles import polynomial_regimes as published

H, THETA1, THETA2 = symbol("h"), symbol("theta1"), symbol("theta2")
KAPPA1, KAPPA2 = symbol("kappa1"), symbol("kappa2")
TAIL, F_TAIL = symbol("mu_starsq"), symbol("F_starsq")
HALF = sp.Rational(1, 2)
# Degree 2 is the first whose number of harmonics is not simply d: factorials matter there.
LEVELS = [2, *(pytest.param(level, marks=pytest.mark.slow) for level in (1, 3))]


def limit_at(kappa1, kappa2, last, system=None, symbolic=True, **options):
    exponents = (KAPPA1, KAPPA2) if symbolic else (kappa1, kappa2)
    growth = {N: (THETA2, exponents[1]), P: (THETA1, exponents[0])}
    if system is not None:
        del growth[P]
    point = {KAPPA1: sp.sympify(kappa1), KAPPA2: sp.sympify(kappa2)}
    return take_limit(system or slack(), growth, polynomial_levels(last), point=point, **options)


def on_shell(limit, expression):
    """The expression at the solutions of the limit system, in free symbols."""
    value = limit.system.expand(sp.sympify(expression))
    for name, solved in limit.perturbations.variety.rules:
        value = value.xreplace({name: solved})
    return sp.cancel(value)


U, TAIL_SHARE, PSI1, PSI2 = sp.symbols("u c_tail psi1 psi2", positive=True)


def published_variables(limit, level, features, samples, slack_of_features):
    """Our symbols in the published variables u, c, psi1, psi2; the limit equations are checked to hold."""
    scale = factorial(level)
    rule = {
        symbol(f"mu{level}sq"): U * NU / (scale * (1 - U)),
        TAIL: TAIL_SHARE * NU / scale,
        THETA1: features / scale,
        THETA2: samples / scale,
        C: (PSI2 - U - TAIL_SHARE if samples == PSI2 else samples) / scale,
        H: slack_of_features / scale,
    }
    if features == U + TAIL_SHARE:
        rule[C] = PSI2 / scale
    rule[LAM] = (rule[C] * rule[H] * NU / rule[THETA1]).cancel()
    for equation in limit.system.equations:
        assert sp.cancel(limit.system.expand(equation.residual).xreplace(rule)) == 0
    return rule


def equal(limit, rule, name, expected):
    """Whether an observable equals a published form once both are in the published variables."""
    value = limit.system.expand(limit.system.observable(name)).xreplace(rule)
    return sp.cancel(value - sp.sympify(expected).xreplace(rule)) == 0


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("wide", [True, False])
def test_different_exponents_between_integers(level, wide):
    small = level - HALF
    point = (small + 2, small) if wide else (small, small + 2)
    limit = limit_at(*point, level)
    lost = symbol(f"F{level}sq") + F_TAIL
    assert sp.cancel(on_shell(limit, limit.system.observable("test")) - published.between_integers(lost)) == 0
    assert limit.system.observable("variance") == 0
    assert limit.order["learned"] == tuple(f"degree {k}" for k in range(level))


def test_different_exponents_in_the_same_interval():
    for point in ((sp.Rational(7, 5), sp.Rational(8, 5)), (sp.Rational(8, 5), sp.Rational(7, 5))):
        limit = limit_at(*point, 2)
        assert sp.cancel(on_shell(limit, limit.system.observable("test")) - symbol("F2sq") - F_TAIL) == 0


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kernel", [False, True])
def test_sample_limited_critical_line_is_the_kernel_closed_form(level, kernel):
    system = kernel_ridge_equations.equivalent() if kernel else None
    limit = limit_at(level + HALF, level, level, system=system)
    rule = published_variables(limit, level, PSI1, PSI2, PSI1)
    low = symbol(f"F{level}sq")
    rho = (symbol(f"mu{level}sq") / (LAM + TAIL)).xreplace(rule).cancel()
    root = rho * (1 - U) + 1 / (1 - U)
    assert sp.cancel(root**2 - published.kernel_radicand(PSI2, rho)) == 0
    bias, variance = published.kernel_bias(PSI2, rho, root), published.kernel_variance(PSI2, rho, root)
    assert equal(limit, rule, "test", published.kernel_risk(bias, variance, low, F_TAIL, NOISE))
    names = ("test.beta", "test.epsilon") if kernel else ("bias", "variance")
    assert equal(limit, rule, names[0], low * bias + F_TAIL * (1 + variance))
    assert equal(limit, rule, names[1], NOISE * variance)


def test_digits_of_the_kernel_closed_form():
    for row in published.KERNEL_DIGITS:
        delta, rho, bias, variance = map(mp.mpf, row)
        root = mp.sqrt(published.kernel_radicand(delta, rho))
        assert abs(published.kernel_bias(delta, rho, root) - bias) < 1e-13
        assert abs(published.kernel_variance(delta, rho, root) - variance) < 1e-13


@pytest.mark.parametrize("level", LEVELS)
def test_feature_limited_critical_line_is_the_approximation_error(level):
    limit = limit_at(level, level + HALF, level)
    rule = published_variables(limit, level, U + TAIL_SHARE, PSI2, sp.Symbol("slack", positive=True))
    assert equal(limit, rule, "test", published.population_risk(U, symbol(f"F{level}sq"), F_TAIL))
    assert limit.system.observable("variance") == 0


@pytest.mark.parametrize("level", LEVELS)
def test_critical_corner_is_the_proportional_regime_at_that_degree(level):
    limit = limit_at(level, level, level)
    rule = published_variables(limit, level, PSI1, PSI2, PSI1 - U - TAIL_SHARE)
    lambda_bar = (LAM / (PSI2 * TAIL)).xreplace(rule)
    assert sp.cancel(published.proportional_fixed_point(U, TAIL_SHARE, PSI1, PSI2, lambda_bar)) == 0
    upsilon = published.proportional_upsilon(U, TAIL_SHARE, PSI1, PSI2)
    bias = published.proportional_bias(U, TAIL_SHARE, PSI1, upsilon)
    variance = upsilon / (1 - upsilon)
    assert equal(limit, rule, "variance", NOISE * variance)
    assert equal(limit, rule, "bias", symbol(f"F{level}sq") * bias + F_TAIL * (1 + variance))


@pytest.mark.parametrize("level", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_critical_corner_is_the_same_system_in_other_units(level):
    """Sizes in units of the number of harmonics, effective ridge in units of its inverse."""
    scale = factorial(level)
    first, corner = limit_at(1, 1, 1), limit_at(level, level, level)
    averages = {symbol("T02"): symbol("T02") / scale, symbol("T11"): symbol("T11") / scale}
    names = {symbol(f"mu{level}sq"): symbol("mu1sq"), symbol(f"F{level}sq"): symbol("F1sq")}
    units = {NU: scale * NU, C: C / scale, H: H / scale, THETA1: THETA1 / scale, THETA2: THETA2 / scale}
    rule = {**averages, **names, **units}
    expected = {d.symbol: d.expression for d in first.system.definitions}
    assert expected.keys() == {d.symbol for d in corner.system.definitions}
    for d in corner.system.definitions:
        factor = scale if d.symbol in averages else 1
        assert sp.cancel(factor * d.expression.xreplace(rule) - expected[d.symbol]) == 0
    for ours, theirs in zip(corner.system.equations, first.system.equations, strict=True):
        assert sp.cancel(ours.residual.xreplace(rule) / theirs.residual).is_number
    for observable in first.system.observables:
        ours = corner.system.observable(observable.name).xreplace(rule)
        # The norm per sample is on the scale of the ridge times the number of features, as in the first regime.
        assert sp.cancel(ours / observable.expression).is_number, observable.name
    for name in ("test", "bias", "variance", "train"):
        ours = corner.system.observable(name).xreplace(rule)
        assert sp.cancel(ours - first.system.observable(name)) == 0


@pytest.mark.parametrize("level", LEVELS)
def test_equal_exponents_between_integers(level):
    limit = limit_at(level - HALF, level - HALF, level)
    lost, mu = symbol(f"F{level}sq") + F_TAIL, symbol(f"mu{level}sq") + TAIL
    ratio, t = THETA2 / THETA1, H / THETA1
    assert on_shell(limit, published.diagonal_quadratic(t, ratio, LAM / mu)) == 0
    upsilon = published.diagonal_upsilon(t, ratio)
    risk = published.diagonal_risk(upsilon, lost, NOISE)
    assert on_shell(limit, limit.system.observable("test") - risk) == 0


@pytest.mark.parametrize("more_features", [True, False])
def test_ridgeless_diagonal_has_a_peak_at_equal_sizes(more_features):
    """Upsilon = min/max of the sizes; the sign that decides the balance has to be given."""
    growth = {N: (THETA2, 3 * HALF), P: (THETA1, 3 * HALF), LAM: (LAM, -1)}
    gap = THETA1 - THETA2 if more_features else THETA2 - THETA1
    limit = take_limit(slack(), growth, polynomial_levels(2), conditions=[gap])
    ratio = THETA2 / THETA1 if more_features else THETA1 / THETA2
    risk = published.diagonal_risk(ratio, symbol("F2sq") + F_TAIL, NOISE)
    assert on_shell(limit, limit.system.observable("test") - risk) == 0


@pytest.mark.parametrize("level", LEVELS)
def test_kernel_with_a_vanishing_ridge_is_regularized_by_its_tail(level):
    growth = {N: (THETA2, sp.Integer(level)), LAM: (LAM, -1)}
    limit = take_limit(kernel_ridge_equations.equivalent(), growth, polynomial_levels(level))
    assert symbol("c") not in limit.system.expand(limit.system.observable("test")).free_symbols
    scale = factorial(level)
    tail = (PSI2 - U) * NU / scale
    rule = {symbol(f"mu{level}sq"): U * NU / (scale * (1 - U)), TAIL: tail, THETA2: PSI2 / scale}
    rho = (symbol(f"mu{level}sq") / TAIL).xreplace(rule)
    root = rho * (1 - U) + 1 / (1 - U)
    assert sp.cancel(root**2 - published.kernel_radicand(PSI2, rho)) == 0
    bias, variance = published.kernel_bias(PSI2, rho, root), published.kernel_variance(PSI2, rho, root)
    assert equal(
        limit, rule, "test", published.kernel_risk(bias, variance, symbol(f"F{level}sq"), F_TAIL, NOISE)
    )
