"""Each check passes on what is true, fails on what is not, and says why."""

import dataclasses
from types import SimpleNamespace

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import InputError
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    Pencil,
    Placement,
    QuadraticProgram,
    Variable,
    dyson_equation,
    linearize,
    norm2,
)
from asymptotics.verification import Evidence, check

x, y, lam, w = (symbol(name) for name in ("x", "y", "lam", "w"))


@pytest.fixture
def system():
    return FixedPointSystem(
        name="toy",
        parameters=(Parameter(lam),),
        unknowns=(Unknown(x),),
        definitions=(Definition(w, x / (1 + x)),),
        equations=(Equation(x * (1 + w), lam),),
        observables=(Observable("value", w**2),),
    )


def ridge_program(factor=1):
    n, d = Dimension("n"), Dimension("d")
    X, a, u, r = GaussianMatrix("X", n, d), Variable("a", d), Variable("u", d), Variable("r", n)
    beta, epsilon = DeterministicVector("beta", d), GaussianVector("epsilon", n, variance=symbol("noise"))
    t, q = symbol("t"), symbol("q")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u),
        constraints={u: factor * a - beta, r: X @ u - epsilon},
        sources={t: 1, q: 0},
    )


def test_identity_writes_definitions_out(system):
    passed = check.identity(system.observable("value"), (x / (1 + x)) ** 2, modulo=system)
    assert passed.passed and passed.grade is Evidence.EXACT and passed.seconds > 0
    failed = check.identity(system.observable("value"), x / (1 + x), modulo=system)
    assert not failed.passed and "remainder" in failed.detail


def test_identity_fails_on_every_perturbation(system):
    published = lam * x / (1 + x) / (1 + x / (1 + x))
    right = x**2 / (1 + x)
    assert check.identity(published, right, modulo=system).passed
    for wrong in (right + x, -right, 2 * right, right * (1 + x), right.subs(x, x + 1), right + lam - x):
        assert not check.identity(published, wrong, modulo=system).passed


def test_equivalent_needs_both_directions(system):
    residual = x * (1 + 2 * x) - lam * (1 + x)
    assert check.equivalent(system, [residual]).passed
    one_way = check.equivalent(system, [residual * (x - 1)])
    assert not one_way.passed and "<=" in one_way.detail


def test_in_ideal_accepts_an_equation(system):
    assert check.in_ideal(Equation(x + 2 * x**2, lam + lam * x), system).passed
    assert not check.in_ideal(Equation(x, lam), system).passed


def test_an_engine_error_is_a_failed_check_not_an_exception():
    failed = check.identity(sp.exp(x), 1)
    assert not failed.passed and "neither rational" in failed.detail


def test_positive():
    assert check.positive(x / (1 + x) ** 2).passed
    assert check.positive((-x) / (-1 - x)).passed
    assert not check.positive(x - 1).passed
    assert not check.positive(sp.S.Zero).passed


def test_represents_accepts_a_program_and_refuses_a_wrong_pencil(monkeypatch):
    program = ridge_program()
    assert check.represents(program).passed
    pencil = program.pencil()
    entries = {**pencil.deterministic, (0, 0): 2 * pencil.entry(0, 0)}
    wrong = Pencil(pencil.blocks, entries, pencil.random)
    monkeypatch.setattr(QuadraticProgram, "pencil", lambda self: wrong)
    failed = check.represents(program)
    assert not failed.passed and "differs at seeds" in failed.detail


def test_represents_says_what_it_takes():
    pencil = ridge_program().pencil()
    with pytest.raises(InputError, match="QuadraticProgram or a Linearization"):
        check.represents(pencil)


def test_shapes_finds_a_block_that_does_not_fit():
    pencil = ridge_program().pencil()
    assert check.shapes(pencil).passed and check.shapes(ridge_program()).passed
    other = GaussianMatrix("Y", Dimension("k"), Dimension("d"))
    object.__setattr__(pencil, "random", (*pencil.random, Placement(other, 0, 1)))
    failed = check.shapes(pencil)
    assert not failed.passed and "Y" in failed.detail


def test_inverts_finds_a_wrong_block():
    equation = dyson_equation(ridge_program().pencil())
    assert check.inverts(equation).passed
    key = next(iter(equation.inverse))
    equation.inverse[key] = equation.inverse[key] * 2
    assert not check.inverts(equation).passed


def test_series_counts_the_order_reached():
    geometric = sum(x**k for k in range(5))
    assert check.series(y - 1 - x * y, {y: geometric}, x, 5).passed
    assert not check.series(y - 1 - x * y, {y: geometric}, x, 6).passed


def test_limit_compares_the_observed_exponent():
    falling = {size: 3.0 / size + 5.0 / size**2 for size in (10**2, 10**4, 10**6)}
    assert check.limit(falling, 1, "first order").passed
    assert not check.limit(falling, 2, "second order").passed
    growing = {size: float(size) for size in (1, 10, 100)}
    assert not check.limit(growing, -1, "a gap that grows is no limit").passed
    with pytest.raises(InputError, match="three or more"):
        check.limit({1: 1.0, 2: 0.5}, 1, "too few")


def test_agrees_counts_digits():
    assert check.agrees(sp.sqrt(2), sp.Float("1.4142135623730950488", 20), 18, "digits").passed
    assert not check.agrees(sp.sqrt(2), sp.Float("1.41421356", 9), 12, "digits").passed


def test_enclosed_accepts_attributes_and_methods():
    class Ball:
        mid, rad = "0.5", "0.001"

    class Method:
        def mid(self):
            return "1/2"

        def rad(self):
            return "1/1000"

    for ball in (Ball(), Method()):
        assert check.enclosed("0.5005", ball, "inside").passed
        assert not check.enclosed("0.502", ball, "outside").passed


def test_simulated_prints_its_false_alarm_rate():
    passed = check.simulated(1.0, 1.02, 0.01, "near", seed=3)
    assert passed.passed and passed.grade is Evidence.STATISTICAL and "6.3e-05" in passed.detail
    assert not check.simulated(1.0, 1.05, 0.01, "far", seed=3).passed


def test_assumes_needs_a_reference():
    assert check.assumes("a theorem", "Key2020").grade is Evidence.ASSUMED
    with pytest.raises(InputError, match="reference"):
        check.assumes("a theorem", "")


def test_corner_of_a_linearization():
    n, d = Dimension("n"), Dimension("d")
    X = GaussianMatrix("X", n, d)
    linearization = linearize((X.T @ X + lam).inv())
    assert check.represents(linearization).passed
    wrong = dataclasses.replace(linearization, coefficient=2 * linearization.coefficient)
    assert not check.represents(wrong).passed


def test_irreducible_counts_factors():
    assert check.irreducible(x**2 + y * x + 1, x).passed
    assert check.irreducible(y * (x**2 + y * x + 1), x).passed
    assert not check.irreducible((x - y) * (x + 2), x).passed
    assert not check.irreducible((x - y) ** 2, x).passed


@pytest.mark.parametrize("sign", [-1, 1])
def test_measurements_may_miss_on_neither_side(sign):
    """A gap, a score, a ball and an exponent: a little inside passes, a little outside fails, above and below."""
    for share, passed in ((0.99, True), (1.01, False)):
        assert check.simulated(1.0, 1 + sign * share * 0.4, 0.1, "z", seed=0).passed == passed
        assert check.simulated(1.0, 1 + sign * share * 0.5, 0.1, "z", seed=0, allowance=0.1).passed == passed
        ball = SimpleNamespace(mid="1", rad="1/10")
        assert check.enclosed(str(1 + sign * round(share * 0.1, 6)), ball, "ball").passed == passed
        rate = 1 + sign * share * 0.05
        assert check.limit({s: s**-rate for s in (10, 100, 1000)}, 1, "rate").passed == passed
