"""Pages in few operations: what is named, in which units, and when nothing is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.balances import Relations, balances, expression_of
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.families import Line, families
from asymptotics.equations.naming import symbol
from asymptotics.equations.sharing import combined, with_common_sums
from asymptotics.equations.short_forms import joined_averages, sides
from asymptotics.equations.short_page import short_page
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.models.library import stored_system

S, NU, T = symbol("s"), symbol("nu"), symbol("T")
A1, A2, TAU, LAM, N = map(symbol, ["a1", "a2", "tau", "lam", "n"])
P1, P2, M1, M2, Q1, Q2 = map(symbol, ["p1", "p2", "m1", "m2", "q1", "q2"])
PAIR = [A1 * (LAM + TAU * M1**2) - P1, A2 * (LAM + TAU * M2**2) - P2, TAU * (M1**2 * A1 + M2**2 * A2 + 1) - N]


def pair_system(rule=None):
    given, unknowns = [LAM, N, P1, P2, M1, M2], [A1, A2, TAU]
    system = FixedPointSystem(
        "pair",
        tuple(map(Parameter, given)),
        tuple(map(Unknown, unknowns)),
        tuple(map(Equation, PAIR)),
        (Observable("norm", A1 + A2),),
        domain=Domain(tuple(map(Condition, unknowns))),
    )
    return system.renamed(rule or {})


def test_a_page_prints_what_equations_share_once():
    page = short_page(pair_system())
    text = str(pair_system())
    assert page.operations == 11
    assert (
        "N_m_k := b_a_k*m_k**2   for k = 1, 2\n" in text and "N_m_k + b_a_k*c = p_k   for k = 1, 2\n" in text
    )
    assert (
        "  N_m_1 + N_m_2 + tau = n\n" in text and "  b_a1: a1*tau\n" in text and "  a1 := b_a1/tau\n" in text
    )
    assert "  b_a1 > 0\n" in text and "  a1 > 0\n" not in text


def test_new_names_avoid_those_of_the_system():
    taken = {LAM: symbol("c"), P1: symbol("b_a1"), P2: symbol("N_m_1"), N: symbol("n_k")}
    page = short_page(pair_system(taken))
    names = [s for s, _ in page.definitions] + [s for s, e in page.unknowns if s != e]
    assert not {s.name for s in names} & {"c", "b_a1", "N_m_1"} and {"b_a1_", "N_m_1_"} <= {
        s.name for s in names
    }
    assert "for j = 1, 2" in str(pair_system({N: symbol("n_k")}))


def test_equations_that_are_not_rational_are_printed_as_they_are():
    system = pair_system()
    system = replace(system, equations=(Equation(sp.sqrt(A1), P1), *system.equations[1:]))
    assert short_page(system).equations == tuple((e.left, e.right) for e in system.equations)
    assert "sqrt(a1) = p1" in str(system)


@pytest.mark.parametrize(("model", "operations"), [("random-features", 7), ("kernel-ridge", 4)])
def test_recorded_systems(model, operations):
    assert short_page(stored_system(model)).operations == operations


def test_a_page_that_is_not_shorter_is_not_changed():
    """Each of these equations is as short as it can be."""
    system = FixedPointSystem(
        "short", (Parameter(LAM),), (Unknown(NU),), (Equation(NU * symbol("D"), LAM),), (),
        (Definition(symbol("D"), NU + 1),),
    )  # fmt: skip
    page = short_page(system)
    assert page.definitions == ((symbol("D"), NU + 1),) and page.equations == ((NU * symbol("D"), LAM),)


def test_balances_are_shorter_by_each_other():
    """The second equation times a1 minus the first: terms of sizes."""
    symbols = [LAM, N, P1, P2, M1, M2, A1, A2, TAU]
    found = balances(PAIR, symbols, [N, P1, P2])
    terms = [expression_of(m, symbols) for row in found.rows for m in row]
    assert {N, P1, P2} <= set(terms) and terms.count(TAU * M1**2 * A1) == 2
    (row,) = balances([A1 * A2 + A1 * LAM - A1 * P1], [LAM, P1, A1, A2], [P1]).rows
    assert {expression_of(m, [LAM, P1, A1, A2]) for m in row} == {A2, LAM, P1}
    longer = [A1 + A2 - TAU, LAM * A1 + LAM * A2 - N * TAU - P1]
    assert sorted(map(len, balances(longer, [LAM, N, P1, A1, A2, TAU], [P1]).rows)) == [3, 3]


def test_relations_make_monomials_equal():
    relations = Relations()
    assert relations.add((1, -2, 1)) and not relations.add((0, 2, 0))
    assert relations.normal((3, 0, 0)) == relations.normal((2, 2, -1))
    assert relations.short((2, -4, 3)) == (0, 0, 1)


def test_sums_in_common():
    x1, x2, y1, y2, t, n, p, q = (tuple(int(i == k) for k in range(8)) for i in range(8))
    rows = [{x1: 1, x2: 1, t: -1}, {x1: 1, y1: 1, p: -1}, {x2: 1, y2: 1, q: -1}, {t: 1, y1: 1, y2: 1, n: -1}]
    assert with_common_sums(rows)[1] == {}
    moved, sums = with_common_sums(combined(rows))
    assert sorted(map(sorted, sums.values())) == sorted([sorted([x1, y1]), sorted([x2, y2])])
    assert [len(row) for row in moved] == [3, 2, 2, 3]


def test_families_are_lines_that_differ_in_one_index():
    both = [Line(A1 * TAU, P1), Line(A2 * TAU, P2)]
    assert [line.values for line in families(both)] == [(1, 2)]
    assert len(families([both[0], Line(A2 * LAM, P2)])) == 2
    assert len(families([Line(A1 * M2, P1), Line(A2 * M1, P2)])) == 2
    assert len(families(both, [A1, A2, P1, P2])) == 2
    chain = [Line(A1, P1, True), Line(A2, P2 + A1, True)]
    assert families(chain) == tuple(chain)


def test_definitions_of_families_stand_before_their_use():
    lines = [Line(A1, P1, True), Line(Q1, A1 + 1, True), Line(A2, P2, True), Line(Q2, A2 + 1, True)]
    assert [str(line.left) for line in families(lines)] == ["a_k", "q_k"]


def test_averages_join_only_where_both_vanish_into_one():
    x, y = symbol("T02"), symbol("T11")
    first, second = (SpectralAverage(f / (S + NU) ** 2, S, T) for f in (S**2, NU * S))
    table = {x: first, y: second}
    residuals, used = joined_averages([x * NU + y * NU - LAM], table)
    assert residuals == [symbol("T01") * NU - LAM] and list(used) == [symbol("T01")]
    assert joined_averages([x * NU + y - LAM], table) == ([x * NU + y - LAM], table)


def test_forms_of_one_equation():
    sizes = {P1, P2, LAM}
    left, right = sides([P1 * P2 * LAM, -P1 * TAU * P2, NU * TAU * P2, P1 * TAU * NU, -TAU * NU**2], sizes)
    assert {left, right} == {LAM * P1 * P2, TAU * (P1 - NU) * (P2 - NU)}
    assert sides([A1, -P1], sizes) == (A1, P1)


def test_long_equations_are_printed_as_they_are():
    """A polynomial of very many terms is no balance; one of a few is."""
    x, *y = (symbol(name) for name in ("x", "y1", "y2", "y3", "y4"))
    for power, kept in ((4, True), (1, False)):
        equation = Equation(sp.expand((x + sum(y)) ** power * (x + LAM)), sp.expand(x**2 + LAM * x))
        system = FixedPointSystem("long", tuple(map(Parameter, [*y, LAM])), (Unknown(x),), (equation,))
        assert (short_page(system).equations == ((equation.left, equation.right),)) is kept
