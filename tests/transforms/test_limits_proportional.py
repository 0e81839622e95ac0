"""The proportional limit: found by dominant balance, equal to the published equations, approached like 1/d."""

from itertools import pairwise

import mpmath as mp
import pytest
import sympy as sp
from limit_support import LAM, NOISE, NU, C, Finite, N, P, bisect, evaluate, general

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit
from tests.oracles import mei_montanari

PSI1, PSI2 = symbol("psi1"), symbol("psi2")
MU1, MUS, F1, FS = map(symbol, ("mu1sq", "mu_starsq", "F1sq", "F_starsq"))


@pytest.fixture(scope="module")
def limit():
    return take_limit(general(), {N: (PSI2, 1), P: (PSI1, 1)}, polynomial_levels(1))


def test_equations_are_the_two_coupled_ones(limit):
    trace = symbol("T02") + symbol("T11")
    first, second = (equation.residual for equation in limit.system.equations)
    assert sp.cancel(first / (C * NU * (1 - trace / PSI1) - LAM)) == PSI1
    assert sp.cancel(second / (PSI2 - C - trace)) in (1, -1)
    assert not limit.system.averages()


def test_exponents_and_definitions(limit):
    exponents = {str(s): e.value for s, e in limit.exponents.items()}
    assert exponents == {"n": 1, "p": 1, "nu": -1, "c": 1, "T02": 1, "T11": 1, "B20": 0, "B11": 0}
    found = {d.symbol.name: d.expression for d in limit.system.definitions}
    expected = {
        "T02": MU1**2 / (MU1 + NU) ** 2,
        "T11": MU1 * NU / (MU1 + NU) ** 2 + MUS / NU,
        "B20": F1 * NU**2 / (MU1 + NU) ** 2 + FS,
        "B11": F1 * MU1 * NU / (MU1 + NU) ** 2,
    }
    assert found.keys() == expected.keys()
    for name, expression in expected.items():
        assert sp.cancel(found[name] - expression) == 0


def test_observables_are_unchanged_functions_of_the_definitions(limit):
    for observable in general().observables:
        expected = observable.expression.xreplace({N: PSI2, P: PSI1})
        assert limit.system.observable(observable.name) == expected
    assert {e.value for name, e in limit.observables.items() if name != "minimum"} == {0}


def test_constant_degree_is_shown_to_drop_out(limit):
    rows = [row for row in limit.table if row.term.startswith("degree 0")]
    assert len(rows) == 4
    assert not any(row.kept for row in rows)
    names = {p.symbol.name for p in limit.system.parameters}
    assert not names & {"mu0sq", "F0sq"}
    assert limit.balances == 1
    assert {a.exponent.value for a in limit.approach.values()} == {-1}


def solve(limit, psi1, psi2, lam, mu1, mus, noise, f1, fs, context):
    values = {PSI1: psi1, PSI2: psi2, LAM: lam, MU1: mu1, MUS: mus, NOISE: noise, F1: f1, FS: fs}

    def residual(nu):
        trace = mu1 / (mu1 + nu) + mus / nu
        return -1 if trace >= min(psi1, psi2) else (psi2 - trace) * nu * (1 - trace / psi1) - lam

    nu = bisect(residual, context)
    values |= {NU: nu, C: psi2 - mu1 / (mu1 + nu) - mus / nu}
    return evaluate(limit.system, values, context)


@pytest.mark.parametrize("row", mei_montanari.CHECKPOINTS)
def test_published_bias_and_variance(limit, row):
    context = mp.MPContext()
    context.dps = 40
    psi1, psi2, lambda_bar, chi, bias, variance = map(context.mpf, row)
    mus = mei_montanari.relu_mu_star_squared(context)
    mu1 = context.mpf(mei_montanari.RELU_MU1SQ)
    lam = psi2 * lambda_bar * mus
    found, table = solve(limit, psi1, psi2, lam, mu1, mus, context.mpf(1), context.mpf(1), 0, context)
    ours = -mus / table[NU]
    theirs = mei_montanari.fixed_point(psi1, psi2, lambda_bar, mu1 / mus, context)
    published = mei_montanari.bias_and_variance(theirs, psi1, psi2, mu1 / mus)
    tolerance = context.mpf(10) ** -25
    assert abs(ours / theirs - 1) < tolerance
    assert abs(found["test.beta"] / published[0] - 1) < tolerance
    assert abs(found["test.epsilon"] / published[1] - 1) < tolerance
    digits = context.mpf(10) ** -14
    assert abs(ours / chi - 1) < digits
    assert abs(found["test.beta"] / bias - 1) < digits
    assert abs(found["test.epsilon"] / variance - 1) < digits


def test_finite_size_system_tends_to_the_limit_like_one_over_d(limit):
    context = mp.MPContext()
    context.dps = 40
    mu = [context.mpf(x) / 100 for x in (16, 25, 9, 4)]
    power = [context.mpf(x) / 10 for x in (3, 10, 4, 2)]
    psi1, psi2, lam, noise = context.mpf(2), context.mpf(3), context.mpf(1) / 50, context.mpf(1) / 5
    expected, _ = solve(
        limit, psi1, psi2, lam, mu[1], mu[2] + mu[3], noise, power[1], power[2] + power[3], context
    )
    gaps = []
    for d in (10**2, 10**4, 10**6):
        found, _ = Finite(d, mu, power, context).solve(psi2 * d, psi1 * d, lam, noise)
        gaps.append([abs(found["test"] - expected["test"]), abs(found["train"] - expected["train"])])
    for early, late in pairwise(gaps):
        for a, b in zip(early, late):
            assert abs(context.log(a / b, 10) - 2) < 0.05


def test_numeric_coefficients_and_other_exponents_of_the_ridge():
    limit = take_limit(general(), {N: (3, 1), P: (2, 1), LAM: (LAM, -1)}, polynomial_levels(1))
    trace = symbol("T02") + symbol("T11")
    # Ridgeless with more samples than features: every feature is used, and the ridge drops out.
    first, second = (e.residual for e in limit.system.equations)
    assert sp.cancel(first / (2 - trace)) in (1, -1)
    assert sp.cancel(second / (3 - C - trace)) in (1, -1)
    assert any(row.place.startswith("equation") and "lam" in row.term for row in limit.dropped())


def test_errors():
    with pytest.raises(InputError, match="parameters of the system"):
        take_limit(general(), {symbol("q"): (1, 1)}, polynomial_levels(1))
    with pytest.raises(InputError, match="exact numbers"):
        take_limit(general(), {N: (1, 1.5)}, polynomial_levels(1))
    with pytest.raises(DerivationError, match="declare more levels"):
        take_limit(general(), {N: (PSI2, 3), P: (PSI1, 3)}, polynomial_levels(1))
