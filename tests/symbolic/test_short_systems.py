"""Systems that keep unknowns to stay short: the same numbers as fully eliminated ones, and short."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
import sympy as sp

from asymptotics.equations.encoding import system_data
from asymptotics.equations.naming import symbol
from asymptotics.equations.records import record_text, system_from_text
from asymptotics.equations.short_page import short_page
from asymptotics.errors import DerivationError
from asymptotics.symbolic import replicate, scalarization
from asymptotics.symbolic.matrices import LinearForm
from asymptotics.symbolic.named_response import Names, solve_in_names
from asymptotics.transforms import follows
from tests.oracles.meng_yao_cao import excess_risk
from tests.symbolic.support import deep_features, deep_program, group_program, planar_ratio, solved, summed

TUTORIAL = {"mu1": 0.5, "mu2": 0.8, "star1": 0.3, "star2": 0.6, "n": 1.5, "p1": 1.2, "p2": 0.7, "d": 1}
TUTORIAL |= {"lam": 0.1, "F1sq": 1, "noise": 0.3}
LAYERS = {"mu1": 0.5, "mu2": 0.8, "mu3": 0.7, "star1": 0.3, "star2": 0.6, "star3": 0.2}
LAYERS |= {"n": 30, "p1": 32, "p2": 27, "p3": 50, "d": 15, "lam": 0.1, "noise": 0.3}
LEVELS = {"T": [(1 / k, k) for k in range(1, 6)], "B": [(1 / k, 1 / k) for k in range(1, 6)]}


def chosen(values, system):
    return {name: value for name, value in values.items() if symbol(name) in system.parameter_symbols()}


def printed_operations(system):
    """Operations in what a page prints of a system: every definition that equations use, and every equation."""
    blocks = dict(block.split("\n", 1) for block in str(system).split("\n\n")[1:])
    lines = [
        line.partition("   for ")[0]
        for name in ("definitions", "equations")
        for line in blocks.get(name, "").splitlines()
    ]
    return sum(len(re.findall(r"\*\*|[-+*/]", line)) for line in lines)


@cache
def timed(make, *arguments):
    """A system, derived once for all tests, and the processor seconds that took."""
    start = time.process_time()
    system = make(*arguments).deterministic_equivalent()
    return system, time.process_time() - start


def derived(make, *arguments):
    return timed(make, *arguments)[0]


@pytest.fixture(scope="module")
def two_groups():
    return derived(group_program, 2)


def test_two_groups_have_the_numbers_of_the_checkpoint(two_groups):
    read = solved(two_groups, TUTORIAL).observables
    assert read["test"] == pytest.approx(0.88801388966496692, rel=1e-13)
    assert read["train"] == pytest.approx(0.0960364660305522, rel=1e-13)
    assert read["minimum"] == pytest.approx(1.5 * read["train"] + 0.1 * read["norm"], rel=1e-13)


@pytest.mark.parametrize("ridge", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize(
    ("linear", "nonlinear", "features", "samples"),
    [((0.9, 0.2), (0.1, 0.5), (0.4, 3.0), 2.5), ((0.5, 0.8, 0.3), (0.3, 0.6, 0.2), (1.2, 0.7, 0.4), 1.5)],
)
def test_groups_have_the_published_risk(linear, nonlinear, features, samples, ridge):
    system = derived(group_program, len(linear))
    values = {"n": samples, "d": 1, "lam": ridge, "F1sq": 1, "noise": 0.3}
    for k, (mu, star, width) in enumerate(zip(linear, nonlinear, features, strict=True), 1):
        values |= {f"mu{k}": mu, f"star{k}": star, f"p{k}": width}
    published = excess_risk(linear, nonlinear, features, samples, ridge, 1.0, 0.3)
    assert solved(system, values).observables["test"] == pytest.approx(published, rel=1e-9)


CASES = {
    "one group": ((group_program, 1), TUTORIAL, {}),
    "two groups with a spectrum": ((group_program, 2, True), LAYERS, LEVELS),
    "two layers": ((deep_features, 2), LAYERS, LEVELS),
    "three linear layers": ((deep_program, 3), LAYERS, LEVELS),
}


@pytest.mark.parametrize("name", [name for name in CASES if name != "three linear layers"])
def test_short_systems_have_the_planar_series(name):
    """Of order one in the number of pairings: the rest falls by four when variances are halved."""
    (make, *arguments), values, levels = CASES[name]
    values = chosen(values, derived(make, *arguments)) | {"lam": 1.0}
    ratios = planar_ratio(make(*arguments), values, levels, 1, size=1e-4)
    assert len(ratios) >= 3
    for ratio in ratios.values():
        assert ratio == pytest.approx(4, rel=0.05)


def test_three_linear_layers_divide_the_effective_ridge():
    """nu tau prod (1 - T/p_i) = lam and tau = n - T, as for fewer layers; train = (tau/n)^2 (test + noise)."""
    system = derived(deep_program, 3)
    point = solved(system, chosen(LAYERS, system), LEVELS)
    trace = point.definitions["T02"] + point.definitions["T11"]
    nu, tau = point.unknowns["nu"], LAYERS["n"] - trace
    law = nu * tau * math.prod(1 - trace / LAYERS[p] for p in ("p1", "p2", "p3"))
    assert law == pytest.approx(LAYERS["lam"], rel=1e-12)
    read = point.observables
    assert read["train"] == pytest.approx(
        (tau / LAYERS["n"]) ** 2 * (read["test"] + LAYERS["noise"]), rel=1e-12
    )


def test_small_systems_stay_as_they_are(monkeypatch):
    before = [derived(deep_program, k).digest for k in (1, 2)]
    monkeypatch.setattr(scalarization, "_GROWTH", Fraction(1000))
    assert [deep_program(k).deterministic_equivalent().digest for k in (1, 2)] == before


@pytest.mark.cpu
@pytest.mark.parametrize(
    ("make", "parts", "seconds"),
    [
        ((deep_program, 1), 1, 2),
        ((deep_program, 2), 2, 2),
        ((deep_program, 3), 3, 5),
        ((deep_program, 5), 5, 5),
        ((group_program, 2), 2, 3),
        ((group_program, 2, True), 2, 3),
        ((group_program, 3), 3, 5),
        ((group_program, 3, True), 3, 5),
        ((deep_features, 2), 2, 2),
        ((deep_features, 3), 3, 5),
        pytest.param((deep_features, 5), 5, 5, marks=pytest.mark.slow),
    ],
)
def test_systems_are_printed_in_ten_operations_a_part_and_derived_fast(make, parts, seconds):
    """A part is a layer or a group; definitions count, squares count."""
    system, taken = timed(*make)
    assert taken < 2 * seconds
    assert printed_operations(system) <= 10 * parts and len(system.unknowns) <= 3 * parts + 1
    if parts > 1:
        assert sp.count_ops(system.observable("minimum")) <= 10
    if system.definitions[-1].symbol.name.startswith("R"):
        assert all(sp.count_ops(o.expression) <= 20 for o in system.observables)
        named = [d for d in system.definitions if d.symbol.name.startswith("R")]
        assert sum(sp.count_ops(d.expression) for d in named) <= 120 * parts


@pytest.mark.parametrize("make", [(group_program, 1), (group_program, 1, True), (deep_features, 1)])
def test_one_layer_with_noise_has_ten_operations_besides_its_two_squares(make):
    assert printed_operations(derived(*make)) <= 12


@pytest.mark.parametrize(
    "make", [(group_program, 2), (group_program, 2, True), (group_program, 3), (group_program, 3, True)]
)
def test_groups_have_ten_operations_each_written_out(make):
    """Without the index that prints lines of all groups as one, and besides the squares of parameters."""
    system = derived(*make)
    page, given = short_page(system), system.parameter_symbols()
    sides = [*(e for _, e in page.definitions), *(e for pair in page.equations for e in pair)]
    squares = [p for e in sides for p in e.atoms(sp.Pow) if p.exp == 2 and p.base in given]
    assert page.operations - len(squares) <= 10 * make[1]


@pytest.mark.parametrize(
    ("make", "values"),
    [
        ((group_program, 2), TUTORIAL),
        ((group_program, 2, True), LAYERS),
        ((deep_program, 2), LAYERS),
        ((deep_program, 3), LAYERS),
        ((deep_features, 1), LAYERS),
        ((deep_features, 2), LAYERS),
    ],
)
def test_what_is_printed_has_the_solution_of_the_system(make, values):
    """Every printed equation holds at the solution, and no other solution of them all is near it."""
    system = derived(*make)
    point, page = solved(system, chosen(values, system), LEVELS), short_page(system)
    given = {symbol(name): sp.Float(value, 25) for name, value in chosen(values, system).items()}
    known = given | {symbol(name): sp.Float(value, 25) for name, value in point.unknowns.items()}

    def logarithms(at):
        for name, value in page.definitions:
            at = at | {name: summed(value, LEVELS).xreplace(at)}
        sides = [(left.xreplace(at), right.xreplace(at)) for left, right in page.equations]
        return at, sp.Matrix([sp.log(left) - sp.log(right) for left, right in sides])

    start = {u: value.xreplace(known) for u, value in page.unknowns}
    at, zero = logarithms(given | start)
    assert max(map(abs, zero)) < 1e-11
    moved = [
        logarithms(given | start | {u: value * (1 + sp.Float("1e-8", 25))})[1] for u, value in start.items()
    ]
    assert abs(sp.Matrix.hstack(*((m - zero) * 10**8 for m in moved)).det()) > 1e-4
    for name, value in page.steps:
        at = at | {name: summed(value, LEVELS).xreplace(at)}
        if name.name in point.unknowns:
            assert at[name] == pytest.approx(point.unknowns[name.name], rel=1e-11)
    for observable in system.observables:
        assert summed(observable.expression, LEVELS).xreplace(at) == pytest.approx(
            point.observables[observable.name], rel=1e-9
        )


@pytest.mark.parametrize(
    "make", [(group_program, 2), (group_program, 2, True), (deep_program, 2), (deep_features, 2)]
)
def test_what_is_printed_follows_exactly(make, monkeypatch):
    """By exact membership, from the equations before they are shortened."""
    monkeypatch.setattr(scalarization, "shortened", lambda system: system)
    (program, *arguments) = make
    system = program(*arguments).deterministic_equivalent()
    page = short_page(system)
    written = dict(page.definitions) | dict(page.unknowns)
    written |= {symbol("T01"): symbol("T02") + symbol("T11"), symbol("T00"): symbol("T00")}
    for left, right in page.equations:
        residual = left - right
        while found := residual.free_symbols & {s for s, e in written.items() if s != e}:
            residual = residual.xreplace({s: written[s] for s in found})
        assert follows(system, residual).holds


@pytest.mark.parametrize("name", CASES)
def test_unknowns_and_pivots_are_positive_and_doubles_suffice(name):
    """Observables from rounded unknowns keep their digits down to a ridge of 1e-9."""
    make, values, levels = CASES[name]
    system = derived(*make)
    point = solved(system, chosen(values, system) | {"lam": 1e-9}, levels)
    assert min(point.unknowns.values()) > 0
    read, n = point.observables, values["n"]
    norm = read["norm"] * (n if name == "three linear layers" else 1)
    assert read["minimum"] == pytest.approx(n * read["train"] + 1e-9 * norm, rel=1e-12)
    for part in system.domain.conditions:
        assert part.expression.is_Symbol


def test_copies_of_groups_have_a_cross_risk():
    """Equal copies on shared randomness give back the risk; with other features it is smaller."""
    program = group_program(2)
    names = ["X", "W1", "W2", "Omega1", "Omega2", "beta", "epsilon"]
    same = replicate(program, names, [symbol("lam")]).deterministic_equivalent()
    values = {k: v for k, v in TUTORIAL.items() if k != "lam"}
    read = solved(same, values | {"lam_1": 0.1, "lam_2": 0.1, "lam": 0.1}).observables
    assert read["test"] == pytest.approx(0.88801388966496692, rel=1e-10)
    other = replicate(program, ["X", "beta", "epsilon"], [symbol("lam")]).deterministic_equivalent()
    read = solved(other, values | {"lam_1": 0.1, "lam_2": 0.1, "lam": 0.1}).observables
    assert 0 < read["test"] < 0.88


def test_short_systems_are_recorded(two_groups):
    again = system_from_text(record_text(two_groups))
    assert again == two_groups and system_data(again) == system_data(two_groups)
    assert "self-energy of u, multiplier" in {d.meaning for d in two_groups.definitions}


def test_names_avoid_those_of_the_program():
    """A width called ``g_u`` does not become the inverse determinant."""
    program = group_program(2)
    taken = {symbol("mu1"): symbol("g_u"), symbol("mu2"): symbol("eta_u_dual")}
    constraints = {
        v: LinearForm(tuple(replace(t, coefficient=t.coefficient.xreplace(taken)) for t in form.terms))
        for v, form in program.constraints.items()
    }
    system = replace(program, constraints=constraints).deterministic_equivalent()
    values = TUTORIAL | {"g_u": 0.5, "eta_u_dual": 0.8}
    names = {*system.unknown_symbols(), *(d.symbol for d in system.definitions)}
    assert {"g_u_", "eta_u_dual_"} <= {name.name for name in names}
    read = solved(system, chosen(values, system)).observables
    assert read["test"] == pytest.approx(0.88801388966496692, rel=1e-12)


def test_linear_systems_in_names():
    a, b, c = map(symbol, "abc")
    names = Names()
    matrix = [[a, -b, 0], [-c, a + b * c + 1, -b], [0, 1, a]]
    ((x, y, z),) = solve_in_names(matrix, [[1, 0, 1]], names, [(2, 1)])
    table = {d.symbol: d.expression for d in names.definitions}
    for name in reversed(list(table)):
        x, y, z = (e.xreplace({name: table[name]}) for e in (x, y, z))
    for row, right in zip(matrix, [1, 0, 1], strict=True):
        assert sp.cancel(sum(e * v for e, v in zip(row, (x, y, z), strict=True)) - right) == 0


def test_what_cancels_is_zero():
    a, b = map(symbol, "ab")
    assert Names()((a + b) ** 2 - a**2 - 2 * a * b - b**2) == 0
    with pytest.raises(DerivationError, match="singular"):
        solve_in_names([[a, b], [a, b]], [[1, 0]], Names())
