"""Limits at a fixed spectrum: every one compared with solutions followed from infinite ridge, in many digits."""

from fractions import Fraction
from functools import cache

import mpmath as mp
import pytest
import sympy as sp
from chains import EIGENVALUES, WEIGHTS, S, T, features_program, followed, groups, layers, numeric

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.limits.limit_systems import limits_of

LAM, N, P, NU = symbol("lam"), symbol("n"), symbol("p"), symbol("nu")
FEATURES, KERNEL = stored_system("random-features"), stored_system("kernel-ridge")
RANK = SpectralAverage(sp.S.One, FEATURES.measures[0].variable, T)


@cache
def vanishing(system, where=(), tails=()):
    return limits_of(system, {LAM: -1}, where=dict(where), tails=tails)


def check(system, limits, values, tails=None, last=-40):
    """Follow the path, read off the exponents, find the limit with them, compare equations and observables."""
    before, at = followed(system, values, LAM, last, tails)
    with mp.workdps(40):
        powers = {u: mp.log(before[u] / at[u]) / mp.log(10) for u in at}
        (limit,) = [
            m for m in limits if all(abs(powers[u] + number(e)) < 1e-6 for u, e in m.exponents.items())
        ]
        ridge = mp.mpf(10) ** last
        point = {**values, **{u: at[u] * ridge ** number(e) for u, e in limit.exponents.items()}}
        for average, value in (tails or {}).items():
            point[symbol(f"{average}_tail")] = value
        for equation in limit.system.equations:
            parts = sp.Add.make_args(sp.expand(limit.system.expand(equation.residual)))
            terms = [evaluated(limit.system, part, point, tails) for part in parts]
            assert abs(sum(terms)) < 1e-8 * max(map(abs, terms))
        exact = {**values, **at, LAM: ridge}
        for observable in system.observables:
            scale = ridge ** number(limit.observables[observable.name])
            full = evaluated(system, observable.expression, exact, tails) * scale
            found = evaluated(limit.system, limit.system.observable(observable.name), point, tails)
            assert abs(full / found - 1) < 1e-8
    return limit


def number(exponent):
    return mp.mpf(exponent.numerator) / exponent.denominator


def evaluated(system, expression, values, tails):
    written = numeric(system, expression, tails)
    names = sorted(written.free_symbols, key=str)
    return mp.mpf(1) * sp.lambdify(names, written, "mpmath")(*(values[s] for s in names))


@pytest.mark.parametrize(
    ("n", "p", "powers"), [(5, 8, (0, -1, 0)), (8, 5, (0, 0, -1)), (13, 15, (-1, 0, 0)), (16, 12, (-1, 0, 0))]
)
def test_random_features_at_vanishing_ridge(n, p, powers):
    limit = check(FEATURES, vanishing(FEATURES), {N: n, P: p, symbol("noise"): mp.mpf("0.3")})
    assert tuple(limit.exponents.values()) == powers


@pytest.mark.parametrize(
    ("where", "n", "p", "test"),
    [
        ({N: P}, 6, 6, Fraction(1, 2)),
        ({N: P}, 14, 14, Fraction(0)),
        ({N: RANK}, 10, 13, Fraction(1, 2)),
        ({N: RANK, P: RANK}, 10, 10, Fraction(1, 3)),
    ],
)
def test_equal_sizes_and_ranks_at_vanishing_ridge(where, n, p, test):
    limits = vanishing(FEATURES, tuple(where.items()))
    limit = check(FEATURES, limits, {N: n, P: p, symbol("noise"): mp.mpf("0.3")})
    assert limit.observables["test"] == test


@pytest.mark.parametrize("n", [4, 13])
def test_kernels_with_power_at_zero_eigenvalues(n):
    limit = check(
        KERNEL,
        vanishing(KERNEL, tails=("B",)),
        {N: n, symbol("noise"): mp.mpf("0.3")},
        tails={"B": mp.mpf("0.4")},
    )
    assert limit.observables["test"] == 0


def test_a_tail_of_the_trace_leaves_no_learned_spectrum():
    assert [m.exponents[NU] for m in vanishing(KERNEL)] == [-1, 0]
    assert [m.exponents[NU] for m in vanishing(KERNEL, tails=("T", "B"))] == [0]


def test_proportional_systems():
    system = stored_system("random-features", "proportional")
    names = {p.symbol: mp.mpf(1 + k) / 3 for k, p in enumerate(system.parameters) if p.symbol != LAM}
    check(system, vanishing(system), names | {symbol("psi1"): 2, symbol("psi2"): 3})
    without = {symbol("mu_starsq"): sp.S.Zero}
    check(
        system,
        vanishing(system, tuple(without.items())),
        names | {symbol("psi1"): 2, symbol("psi2"): 3, symbol("mu_starsq"): 0},
    )


def test_infinitely_many_features_are_kernel_ridge():
    (limit,) = limits_of(FEATURES, {P: 1})
    found, h = limit.system, symbol("h")
    equations = {sp.expand(e.residual.xreplace({h: sp.S.One})) for e in found.equations} - {0}
    assert equations == {sp.expand(e.residual) for e in KERNEL.equations}
    for observable in KERNEL.observables:
        value = found.observable(observable.name).xreplace({h: sp.S.One})
        on_shell = {symbol("lam"): symbol("c") * NU}
        assert sp.cancel((value - observable.expression).xreplace(on_shell)) == 0
    assert limit.observables["norm_per_feature"] == -1


def test_infinitely_many_samples_at_a_ridge_per_sample():
    (limit,) = limits_of(FEATURES, {N: 1, LAM: 1})
    assert limit.observables["variance"] == -1 and limit.observables["test"] == 0
    tall = stored_system("random-features", "general", "tall")
    rule = {symbol("inv_n"): 0, symbol("gap"): 1, symbol("lam_n"): LAM}
    expected = tall.expand(tall.observable("test")).xreplace(rule)
    found = limit.system.observable("test").xreplace({symbol("c"): sp.S.One})
    assert sp.cancel(found - expected.xreplace({d.expression: d.symbol for d in tall.definitions})) == 0


@pytest.mark.parametrize(
    ("n", "sizes"), [(3, (5, 6)), (9, (4, 3)), pytest.param(5, (2, 7), marks=pytest.mark.slow)]
)
def test_groups_of_features(n, sizes):
    system = groups(2)
    values = {p.symbol: mp.mpf(2 + k) / 3 for k, p in enumerate(system.parameters) if p.symbol != LAM}
    values |= {N: n, symbol("p0"): sizes[0], symbol("p1"): sizes[1], symbol("d"): 10}
    limit = check(system, vanishing(system), values)
    assert limit.exponents[symbol("kappa")] == (0 if n < sum(sizes) else -1)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "sizes", "tau"), [(3, (5, 6), 1), (12, (5, 4), 0)])
def test_a_program_as_derived(n, sizes, tau):
    """Observables in long chains of definitions, some of which cancel to leading order."""
    system = derived(2)
    values = {p.symbol: mp.mpf(2 + k) / 5 for k, p in enumerate(system.parameters) if p.symbol != LAM}
    values |= {N: n, symbol("p0"): sizes[0], symbol("p1"): sizes[1]}
    limit = check(system, vanishing(system), values, last=-30)
    assert limit.exponents[symbol("tau_a0")] == tau


@pytest.mark.slow
def test_three_groups_as_derived():
    limits = vanishing(derived(3))
    assert [m.exponents[symbol("tau_r_dual")] for m in limits] == [-1, 0]
    assert [m.observables["train"] for m in limits] == [-2, 0]
    (limit,) = limits_of(derived(3), {N: 1, LAM: 1})
    assert limit.observables["test"] == 0 and limit.observables["test.epsilon"] == -1


@cache
def derived(count):
    return features_program(count).deterministic_equivalent()


def test_all_groups_infinite():
    limits = limits_of(groups(2), {symbol("p0"): 1, symbol("p1"): 1, LAM: 1})
    assert [m.exponents[NU] for m in limits] == [0]
    assert {str(e) for e in limits[0].system.equations} >= {"h0 = kappa", "h1 = kappa"}


@pytest.mark.parametrize(("n", "p1"), [(3, 5), (6, 4)])
def test_layers(n, p1):
    system = layers(1)
    values = {p.symbol: mp.mpf(2 + k) / 3 for k, p in enumerate(system.parameters) if p.symbol != LAM}
    check(system, vanishing(system), values | {N: n, symbol("p1"): p1, symbol("d"): 10})


def own(equations, unknowns, observables=()):
    return FixedPointSystem(
        "own",
        tuple(Parameter(s) for s in (LAM, N, P)),
        tuple(Unknown(u) for u in unknowns),
        tuple(Equation(e) for e in equations),
        tuple(Observable(name, e) for name, e in observables),
    )


def test_cancellations_in_observables_are_seen():
    x, y = symbol("x"), symbol("y")
    observables = [("hidden", N - x), ("lost", (N - x - y) ** 2 + LAM), ("zero", 1 - x * y / LAM)]
    limits = limits_of(own([x + y - N, x * y - LAM], [x, y], observables), {LAM: -1})
    limit = next(m for m in limits if m.exponents[x] == 0)
    assert len(limits) == 2 and limit.system.observable("hidden") == y
    assert limit.observables == {"hidden": -1, "lost": -1, "zero": 0} and limit.system.observable("zero") == 0


def test_a_cancellation_that_needs_the_next_order_is_refused():
    x, y = symbol("x"), symbol("y")
    equations = [LAM * x - N, y**2 - x**2 - P * x]
    (limit,) = limits_of(own(equations, [x, y], [("gap", y - x)]), {LAM: -1})
    with pytest.raises(DerivationError, match="gap at exponents 1, 1: the leading terms cancel"):
        limit.system  # noqa: B018
    (limit,) = limits_of(own(equations, [x, y], [("sum", y + x)]), {LAM: -1})
    assert limit.observables == {"sum": 1}


def test_averages_over_positive_eigenvalues_leave_the_tail_out():
    system = FixedPointSystem(
        "power",
        (Parameter(LAM),),
        (Unknown(NU),),
        (Equation(NU, LAM),),
        (Observable("learned", symbol("B1")),),
        definitions=(Definition(symbol("B1"), SpectralAverage(S / (S + NU), S, symbol("B"))),),
        measures=(Measure(symbol("B"), S, kind="vector"),),
    )
    whole, tail = SpectralAverage(sp.S.One, S, symbol("B")), symbol("B_tail")
    assert vanishing(system)[0].system.observable("learned") == whole
    assert vanishing(system, tails=("B",))[0].system.observable("learned") == whole - tail


def test_what_leaves_an_unknown_open_is_refused():
    with pytest.raises(DerivationError, match="no balance"):
        limits_of(own([symbol("x") + LAM], [symbol("x")]), {LAM: -1})
    x, y = symbol("x"), symbol("y")
    with pytest.raises(DerivationError, match="do not determine"):
        limits_of(own([x * y - LAM, x**2 * y**2 - LAM**2 + LAM**3 * x], [x, y]), {LAM: -1})
    with pytest.raises(InputError, match="growth"):
        limits_of(own([x * y - LAM, x - y], [x, y]), {symbol("q"): 1})


def test_the_rank_is_that_of_the_weights():
    assert sum(WEIGHTS["T"]) == 10 and len(EIGENVALUES) == 4 and S.name == "s"
