"""Balances of vanishing ridge of the library's charts: against closed forms and against solutions at a tiny ridge."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache

import mpmath as mp
import pytest
import sympy as sp
from chains import EIGENVALUES, WEIGHTS, S, T, solved

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.chart import INVERSE_TRACE, RANK, Chart
from asymptotics.equations.domain import Condition
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Measure, Parameter, Unknown
from asymptotics.errors import DerivationError
from asymptotics.models.library import stored_charts
from asymptotics.transforms.limits.singular_limits import singular_limits

N, P, NU = symbol("n"), symbol("p"), symbol("nu")
LIBRARY = [("random-features", "general"), ("random-features", "proportional"), ("kernel-ridge", "general")]
CHARTS = {c.system.name: c for name in LIBRARY for c in stored_charts(*name)}


@cache
def limits_of_chart(name):
    return singular_limits(CHARTS[name])


def closed_form(size, rank, inverse_trace, gap, inverse, per_sample):
    """Leading order of the effective ridge in the chart's ridge: coefficient and exponent."""
    unit = size if per_sample else Fraction(1)
    if rank < size:
        slack = size - rank
        return (1 if size == math.inf else unit / (slack * (inverse * slack + gap))), Fraction(1)
    if gap > 0:
        return sp.sqrt(sp.Rational(unit / gap) / inverse_trace), Fraction(1, 2)
    return sp.cbrt(sp.Rational(unit / inverse) / inverse_trace**2), Fraction(1, 3)


def sizes_of(chart, smaller, larger):
    return {N: smaller, P: larger} if chart.slack == N else {P: smaller, N: larger}


def holding(limits, sizes, rank):
    values = {**{s: sp.nsimplify(v) for s, v in sizes.items()}, RANK: sp.Integer(rank)}
    signs = {-1: lambda v: v < 0, 0: lambda v: v == 0, 1: lambda v: v > 0}
    return [m for m in limits if all(signs[sign](e.xreplace(values)) for e, sign in m.signs)]


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(("smaller", "larger", "rank"), [(5, 9, 3), (5, 5, 3), (4, 9, 4), (4, 4, 4)])
def test_effective_ridge_is_that_of_the_closed_forms(name, smaller, larger, rank):
    chart = CHARTS[name]
    if smaller == larger and chart.slack == P:
        pytest.skip("equal sizes are served by the other chart")
    sizes = sizes_of(chart, smaller, larger)
    inputs = {
        s: sp.Rational(e.xreplace({k: sp.Integer(v) for k, v in sizes.items()}))
        for s, e in chart.coordinates.items()
        if not e.has(symbol("lam"))
    }
    (limit,) = holding(limits_of_chart(name), sizes, rank)
    coefficient, exponent = limit.orders[NU]
    inverse_trace = sp.Rational(7, 3)
    got = coefficient.xreplace({**inputs, RANK: sp.Integer(rank), INVERSE_TRACE: inverse_trace})
    gap = Fraction(str(inputs.get(symbol("gap"), 1)))
    inverse = inputs.get(symbol("inv_p"), inputs.get(symbol("inv_n"), 0)) if "kernel" not in name else 0
    per_sample = symbol("lam_n") in chart.coordinates
    expected = closed_form(Fraction(smaller), rank, inverse_trace, gap, Fraction(str(inverse)), per_sample)
    assert (sp.nsimplify(got - sp.nsimplify(expected[0])).equals(0), exponent) == (True, expected[1])


@pytest.mark.parametrize("name", ["random-features.wide", "random-features.tall", "kernel-ridge.samples"])
@pytest.mark.parametrize("sign", [-1, 0, 1])
@pytest.mark.parametrize("equal", [False, True])
def test_solutions_at_a_tiny_ridge_follow_the_orders(name, sign, equal):
    if equal and name != "random-features.wide":
        return
    chart, size, rank = CHARTS[name], 10 + 3 * sign, 10
    sizes = sizes_of(chart, size, size if equal else 17)
    (limit,) = holding(limits_of_chart(name), sizes, rank)
    with mp.workdps(60):
        ridge, values = mp.mpf(10) ** -40, inputs_at(chart, sizes)
        values |= {chart.vanishing: ridge, RANK: rank, INVERSE_TRACE: -mp.diff(trace, 0)}
        root = mp.findroot(lambda v: trace(v) - size, (mp.mpf("0.01"), mp.mpf("0.2"))) if sign < 0 else 0
        known = {NU: sp.Float(root, 60)} if sign < 0 else {}
        orders = {u: (sp.sympify(c).xreplace(known), e) for u, (c, e) in limit.orders.items()}
        solution, start = solved(chart.system, values, orders, ridge, digits=60)
        assert max(abs(solution[u] / start[u] - 1) for u in start) < mp.mpf(10) ** -12


def inputs_at(chart, sizes):
    exact = {
        s: e.xreplace({k: sp.Integer(v) for k, v in sizes.items()}) for s, e in chart.coordinates.items()
    }
    return {s: mp.mpf(v.p) / v.q for s, v in exact.items() if v.is_Rational}


def trace(nu):
    return sum(w * s / (s + nu) for w, s in zip(WEIGHTS["T"], EIGENVALUES))


def test_infinitely_many_samples():
    limit = singular_limits(CHARTS["kernel-ridge.samples"])[-1]
    assert limit.signs == ((1 / N, 0),) and limit.orders[NU] == (1, Fraction(1))


def test_the_smaller_size_minus_the_rank_is_not_multiplied_out():
    (limit,) = holding(singular_limits(CHARTS["random-features.wide"]), {N: 5, P: 9}, 3)
    gap, inv = symbol("gap"), symbol("inv_p")
    assert limit.orders[NU][0] == 1 / ((N - RANK) * (gap + inv * (N - RANK)))


def own_chart(function, second=None):
    c, lam = symbol("c"), symbol("lam")
    system = FixedPointSystem(
        "own",
        (Parameter(N), Parameter(lam)),
        (Unknown(NU), Unknown(c)),
        (Equation(c * NU, lam), Equation(c + symbol("T0") + (second or 0), N)),
        definitions=(Definition(symbol("T0"), SpectralAverage(function, S, T)),),
        measures=(Measure(T, S),),
    )
    return Chart(system, {N: N, lam: lam}, samples=N, slack=N)


def test_what_is_not_one_trace_is_refused():
    assert len(singular_limits(own_chart(S / (S + NU)))) == 3
    with pytest.raises(DerivationError, match="is not the trace of a spectrum"):
        singular_limits(own_chart(S**2 / (S + NU) ** 2))
    chart = replace(own_chart(S / (S + NU)), coordinates={symbol("lam"): symbol("lam")})
    with pytest.raises(DerivationError, match="no input is a function of n alone"):
        singular_limits(chart)


def test_a_chart_without_a_ridge_is_learned_at_the_rate_of_the_effective_ridge():
    system = replace(
        own_chart(S / (S + NU)).system, unknowns=(Unknown(NU),), equations=(Equation(symbol("T0"), N),)
    )
    chart = Chart(system, {N: N}, samples=N, slack=N, serves=(Condition(N),), vanishing=None)
    assert [limit.orders[NU] for limit in singular_limits(chart)] == [(NU, 0), (1, 1), (1, 1)]
