"""Exact arithmetic behind the checks."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.membership import in_ideal
from asymptotics.transforms.algebra.sympy_adapter import Sympy
from asymptotics.verification import exact_checks, structure_checks
from asymptotics.verification.proofs import prove_zero
from asymptotics.verification.run import run
from tests.oracles import consequences

a, b, c, x, y = sp.symbols("a b c x y")
s, nu, mu, T = symbol("s"), symbol("nu"), symbol("mu"), symbol("T")


def average(function):
    return SpectralAverage(function, s, T)


def test_rational_identity_without_equations():
    assert prove_zero((a**2 - b**2) / (a - b) - a - b).proved
    assert not prove_zero((a**2 - b**2) / (a - b) - a + b).proved


def test_membership_needs_every_equation():
    claim = x**2 - c**2
    assert prove_zero(claim, [x - y, y - c]).proved
    assert not prove_zero(claim, [x - y]).proved


def test_multiplier_that_vanishes_on_the_solutions_proves_nothing():
    # on x*y = 0 the claim x = 0 holds only where y is not zero
    assert not prove_zero(x, [x * y], eliminate=[x]).proved
    assert not prove_zero(a / x - b / x, [x, a - c]).proved


def test_division_by_what_may_vanish_has_to_be_declared():
    u, v, w = symbol("u"), symbol("v"), symbol("w")
    # solved for w the equation has the component u = v, where w is free
    equation = (u - v) * (w - 1)
    undeclared = prove_zero(w - 1, [equation], eliminate=[w])
    assert not undeclared.proved and undeclared.detail() == "shown only where u - v is not zero"
    assert prove_zero(w - 1, [equation], eliminate=[w], nonzero=[u - v]).proved
    assert prove_zero(w - 1, [(u + v) * (w - 1)], eliminate=[w]).proved


def test_reducible_equation_does_not_hide_a_component():
    # the solutions are x = 1 and x = 2; the claim divides by x - 1 and fails at x = 2
    equation = (x - 1) * (x - 2)
    assert not prove_zero(x - 1, [equation]).proved
    assert not prove_zero((x - 1) * y / (x - 1), [equation, y - 1]).proved
    assert prove_zero(x**2 - 3 * x + 2, [equation]).proved


def test_redundant_equations_are_left_out_and_contradictions_refused():
    assert prove_zero(x**2 - y**2, [x - y, 2 * x - 2 * y]).proved
    with pytest.raises(DerivationError, match="contradict each other"):
        prove_zero(x, [x - y, x - y - 1])


def test_radicals_are_exact():
    root = sp.sqrt(a**2 + 4 * b)
    assert prove_zero((root - a) * (root + a) - 4 * b).proved
    assert not prove_zero(root - a - b).proved


def test_averages_by_partial_fractions():
    assert prove_zero(average(s / (s + nu)) + nu * average(1 / (s + nu)) - average(sp.S.One)).proved
    left = average(s / ((s + nu) * (s + mu))) * (nu - mu)
    assert prove_zero(left - average(s / (s + mu)) + average(s / (s + nu))).proved
    assert not prove_zero(average(s / (s + nu)) ** 2 - average(s**2 / (s + nu) ** 2)).proved


def test_a_derivative_of_an_average_agrees_with_its_closed_form():
    df1 = average(s / (s + nu))
    assert prove_zero(sp.diff(df1, nu) + average(s / (s + nu) ** 2)).proved


def test_floats_and_foreign_functions_are_refused():
    with pytest.raises(DerivationError, match="floating-point"):
        prove_zero(x - 0.5)
    with pytest.raises(DerivationError, match="neither rational"):
        prove_zero(sp.exp(x) - 1)


@st.composite
def rational_function(draw):
    """A random rational function of three symbols with small integer coefficients."""

    def polynomial():
        monomials = [1, a, b, c, a * b, b * c, a**2]
        numbers = draw(st.lists(st.integers(-3, 3), min_size=len(monomials), max_size=len(monomials)))
        return sum(n * m for n, m in zip(numbers, monomials, strict=True))

    bottom = polynomial()
    return polynomial() / (bottom if bottom != 0 else 1)


@settings(max_examples=12, deadline=None)
@given(rational_function(), rational_function(), st.integers(1, 5))
def test_expanded_forms_agree_and_perturbed_ones_do_not(first, second, shift):
    claim = sp.expand(first * second) - first * second
    assert prove_zero(claim).proved
    assert not prove_zero(claim + sp.Rational(shift, 7)).proved


@settings(max_examples=10, deadline=None)
@given(rational_function(), st.integers(1, 4))
def test_reduction_modulo_an_equation_is_substitution(function, power):
    claim = function.subs(a, b * c) - function
    assert prove_zero(claim * a**power, [a - b * c]).proved


def test_an_order_is_found_in_which_nothing_is_divided_by_that_might_vanish():
    """Another order divides by what may vanish, and the polynomial itself is in no ideal: that c > 0 is used."""
    c, k, kappa, lam, m, rest, psi1, psi2 = map(symbol, "c k kappa lam m rest psi1 psi2".split())
    equations = [
        c * (k * m * psi1 - k * m / (k + 1) ** 2 - k**2 * m / (k + 1) ** 2 - rest) - lam * psi1,
        c + (k * m + k**2 * m) / (k * m * (k + 1) ** 2) + rest / (k * m) - psi2,
        c * kappa - lam * psi1,
    ]
    claim = k * m * psi1 * (k + 1) - kappa * (k + 1) - k * m - rest * (k + 1)
    found = prove_zero(claim, equations)
    assert found.proved and set(found.certificate.multipliers()) <= {c, k, m, k + 1}
    assert not prove_zero(claim + kappa, equations).proved
    assert consequences.prove_zero(claim, equations, [kappa, lam, psi2]).holds


def test_what_does_not_vanish_may_be_divided_by_after_buchberger_too():
    (u, v), w = sp.symbols("u v", real=True), symbol("w")
    equations = [w * u * v + u**2, u**2 * w]
    found = in_ideal(u * v, equations)
    assert found.proved and in_ideal(u, [u**2 * w]).detail() == "remainder u"
    assert not in_ideal(u, [u * v - u**2]).holds


def test_nothing_is_proved_where_a_denominator_vanishes():
    assert prove_zero(y / (x - 1), [y, x - 2]).proved
    empty = prove_zero(y / (x - 1), [y, x - 1])
    assert not empty.proved and empty.detail() == "a denominator vanishes on a component of the solutions"


IDEALS = [
    [x - y],
    [x * y - 1],
    [x**2 - y, y**2 - c],
    [x + y - c, x * y - 1],
    [x**3 - y, a - x * y],
    [a * x - b, y - x**2],
]
SMALL = st.integers(-2, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(IDEALS), st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=2, max_size=2), SMALL, SMALL
)
def test_the_oracle_answers_the_same(equations, cofactors, wrong, shift):
    """Combinations of the equations, right or spoilt: proved if and only if the other route proves them."""
    factors = [p * x + q * y * c + r for p, q, r in cofactors]
    claim = sp.Add(*(f * e for f, e in zip(factors, equations, strict=False))) + wrong * (
        x + shift * y**2 + 7
    )
    found = prove_zero(claim, equations)
    assert found.decided and found.proved == consequences.prove_zero(claim, equations).holds == (wrong == 0)


@pytest.mark.parametrize(
    "name",
    [
        "marchenko-pastur",
        pytest.param("ridge-from-pair", marks=pytest.mark.slow),
        pytest.param("random-features", marks=pytest.mark.slow),
        pytest.param("random-features-resolvent", marks=pytest.mark.slow),
        pytest.param("population-pair", marks=pytest.mark.slow),
    ],
)
def test_every_question_of_a_derivation_is_put_to_the_oracle_too(monkeypatch, name):
    """With the order in which the argument eliminates, and without: there the engine has to find one itself."""
    questions = []

    def asked(claim, equations=(), eliminate=(), nonzero=()):
        questions.append((claim, equations, eliminate, nonzero))
        return prove_zero(claim, equations, eliminate, nonzero)

    for checks in (exact_checks, structure_checks):
        monkeypatch.setattr(checks, "prove_zero", asked)
    outcome = run(name)[name]
    assert outcome.report.passed and len(questions) > 5
    for claim, equations, eliminate, nonzero in questions:
        assert consequences.prove_zero(claim, equations, eliminate, nonzero).holds
        alone = prove_zero(claim, equations, nonzero=nonzero)
        assert alone.proved and alone.certificate.holds_in(Sympy())
