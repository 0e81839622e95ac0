"""The atlas: cells found by dominant balance fill the quadrant, and the limit is the same all over each of them."""

import math
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_support import LAM, slack

from asymptotics.equations.naming import symbol
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models import kernel_ridge_equations
from asymptotics.transforms.limits.atlas import KAPPA1, KAPPA2, THETA1, THETA2, atlas, regimes
from asymptotics.transforms.limits.cells import Cell, IntegerForm, cell, feasible
from asymptotics.transforms.limits.growth import Exponent
from asymptotics.transforms.limits.polygons import area, polygon
from asymptotics.transforms.limits.uniqueness import unique_over

HALF = sp.Rational(1, 2)
LARGEST = 3 * HALF


@pytest.fixture(scope="module")
def quadrant():
    return regimes(slack(), LARGEST)


def test_quadrant_has_six_kinds_of_cells_per_degree(quadrant):
    assert [regime.dimension for regime, _ in quadrant] == [2] * 4 + [1] * 4 + [0]
    kinds = {(r.dimension, r.limited_by, bool(r.partly_learned)) for r, _ in quadrant}
    assert kinds == {
        (2, "samples", False), (2, "features", False), (1, "both", False), (1, "samples", True),
        (1, "features", True), (0, "both", True),
    }  # fmt: skip
    assert sum(area(corners) for _, corners in quadrant) == Fraction(9, 4)


@pytest.mark.slow
def test_the_next_degree_adds_as_many_cells():
    found = regimes(slack(), sp.Rational(5, 2))
    assert [regime.dimension for regime, _ in found] == [2] * 6 + [1] * 7 + [0] * 2
    assert sum(area(corners) for _, corners in found) == Fraction(25, 4)


def exact(point):
    return {s: sp.Rational(v.numerator, v.denominator) for s, v in point.items()}


rationals = st.fractions(
    min_value=Fraction(1, 50), max_value=Fraction(3, 2) - Fraction(1, 50), max_denominator=50
)


@settings(deadline=None, max_examples=40)
@given(rationals, rationals, st.booleans())
def test_every_point_lies_in_exactly_one_cell(quadrant, first, second, equal):
    point = {KAPPA1: first, KAPPA2: first if equal else second}
    inside = [r for r, _ in quadrant if r.cell.contains(exact(point))]
    assert len(inside) == 1
    regime = inside[0]
    least = min(point.values())
    assert regime.learned == tuple(k for k in range(10) if k < least)
    assert regime.partly_learned == ((int(least),) if least.denominator == 1 else ())


@settings(deadline=None, max_examples=5)
@given(rationals, rationals)
def test_limit_is_the_same_throughout_a_cell(quadrant, first, second):
    point = exact({KAPPA1: first, KAPPA2: second})
    here = atlas(slack(), point[KAPPA1], point[KAPPA2])
    there = next(r for r, _ in quadrant if r.cell.contains(point))
    assert here.cell == there.cell
    assert set(here.system.equations) == set(there.system.equations)
    for name in ("test", "bias", "variance"):
        assert sp.cancel(here.system.observable(name) - there.system.observable(name)) == 0


def test_balance_is_proved_unique_in_every_cell(quadrant):
    for regime, _ in quadrant:
        assert regime.unique.cell == regime.cell
        assert regime.unique.consistent >= 1
        assert regime.unique.regions >= 5


def test_claim_of_uniqueness_over_too_large_a_cell_is_refused():
    limit = atlas(slack(), sp.Rational(5, 2), sp.Rational(3, 2)).limit
    everywhere = Cell((), (IntegerForm(0, ((KAPPA1, 1),)), IntegerForm(0, ((KAPPA2, 1),))))
    with pytest.raises(CertificateError, match="another balance"):
        unique_over(limit.problem, limit.solution, everywhere)


def test_infinite_exponents_are_cells_without_bound():
    assert atlas(slack(), math.inf, 2).cell == atlas(slack(), 7, 2).cell
    assert atlas(slack(), HALF, math.inf).limited_by == "features"
    kernel = atlas(kernel_ridge_equations.equivalent(), math.inf, 3)
    assert str(kernel.cell) == "kappa2 - 3 = 0"
    assert kernel.partly_learned == (3,)


def test_ridge_moves_the_critical_lines():
    # A ridge that grows like d^(1/2) makes d^(1/2) samples count as one.
    regime = atlas(slack(), 4, 3 * HALF, ridge=HALF)
    assert regime.partly_learned == (1,)
    assert regime.cell.contains({KAPPA1: 3, KAPPA2: 3 * HALF})
    assert LAM in {s for e in regime.system.equations for s in e.residual.free_symbols}


def test_vanishing_ridge_on_the_diagonal_needs_a_sign():
    with pytest.raises(DerivationError, match="conditions"):
        atlas(slack(), HALF, HALF, ridge=-1)
    wide = atlas(slack(), HALF, HALF, ridge=-1, conditions=[THETA1 - THETA2])
    tall = atlas(slack(), HALF, HALF, ridge=-1, conditions=[THETA2 - THETA1])
    assert wide.cell == tall.cell
    assert wide.system.observable("test") != tall.system.observable("test")


def test_degree_the_activation_cannot_see_is_noise_and_not_critical():
    regime = atlas(slack(), 3, 2, vanishing=[2])
    assert regime.noise[0] == 2
    assert regime.dimension == 2
    assert regime.cell.contains({KAPPA1: 4, KAPPA2: sp.Rational(5, 2)})
    lost = regime.system.expand(regime.system.observable("test")).free_symbols
    assert symbol("F2sq") in lost
    assert symbol("F1sq") not in lost


def test_printing_names_cell_degrees_and_equations():
    text = str(atlas(slack(), 2, 2))
    assert "kappa1 - 2 = 0, kappa2 - 2 = 0" in text
    assert "partly learned: 2; noise: 3 and above" in text
    assert "c*h*nu = lam*theta1" in text


def test_refused_exponents():
    with pytest.raises(InputError, match="exact rational"):
        atlas(slack(), 1.5, 2)
    with pytest.raises(InputError, match="positive"):
        atlas(slack(), 0, 2)
    with pytest.raises(InputError, match="at most one infinite"):
        atlas(slack(), math.inf, math.inf)


coefficients = st.integers(-4, 4)
forms = st.builds(
    lambda c, a, b: IntegerForm(c, tuple((s, v) for s, v in ((KAPPA1, a), (KAPPA2, b)) if v)),
    coefficients, coefficients, coefficients,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(forms, max_size=5), rationals, rationals)
def test_a_point_that_satisfies_inequalities_proves_them_feasible(rows, first, second):
    point = {KAPPA1: first, KAPPA2: second}
    if all(form.at(point) > 0 for form in rows):
        assert feasible(rows)


@settings(deadline=None, max_examples=40)
@given(st.lists(forms, max_size=5), rationals, rationals)
def test_dropping_superfluous_inequalities_keeps_the_cell(rows, first, second):
    exponents = [Exponent(Fraction(f.constant), tuple((s, Fraction(v)) for s, v in f.slopes)) for f in rows]
    point = {
        KAPPA1: sp.Rational(first.numerator, first.denominator),
        KAPPA2: sp.Rational(second.numerator, second.denominator),
    }
    inside = all(form.at({KAPPA1: first, KAPPA2: second}) > 0 for form in rows)
    try:
        reduced = cell([], exponents)
    except DerivationError:
        assert not inside
        return
    if feasible(rows):
        assert Cell(reduced.equalities, reduced.inequalities).contains(exact(point)) == inside


def test_polygon_refuses_other_exponents():
    other = Cell((), (IntegerForm(1, ((symbol("rho"), 1),)),))
    with pytest.raises(InputError, match="kappa1 and kappa2"):
        polygon(other, (KAPPA1, KAPPA2), ((Fraction(0),) * 2, (Fraction(1),) * 2))
