"""The physical branch, counted exactly."""

from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.symbolic.dimensions import Dimension
from asymptotics.symbolic.dyson import dyson_equation
from asymptotics.symbolic.linearization import linearize
from asymptotics.symbolic.matrices import GaussianMatrix
from asymptotics.transforms.algebra.elimination import eliminate
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.physical_solutions import (
    physical_solution,
    physical_solutions,
)
from asymptotics.transforms.algebra.polynomials import Ring
from asymptotics.transforms.algebra.real_roots import RealRoot, real_roots, sturm_chain, sturm_count
from asymptotics.transforms.algebra.sympy_adapter import Sympy
from tests.oracles import proportional as oracle

x, y, a, b = (symbol(name) for name in ("x", "y", "a", "b"))
VALUES = {"psi1": 2, "psi2": 3, "lam": "0.1", "mu1sq": "1/4", "mu_starsq": "0.09"}
MORE = {"noise": "0.1", "F1sq": 1, "F_starsq": "1/4"}

positive = st.fractions(Fraction(1, 50), 20, max_denominator=50)


def proportional():
    return stored_system("random-features", "proportional")


def small(equations, unknowns, parameters=(), domain=(), observables=()):
    return FixedPointSystem(
        "small",
        tuple(map(Parameter, parameters)),
        tuple(map(Unknown, unknowns)),
        tuple(Equation(e) for e in equations),
        tuple(observables),
        domain=Domain(tuple(domain)),
    )


@settings(max_examples=25, deadline=None)
@given(positive, positive, positive, positive, positive)
def test_the_proportional_system_has_one_physical_root(psi1, psi2, ridge, linear, rest):
    values = {"psi1": psi1, "psi2": psi2, "lam": ridge, "mu1sq": linear, "mu_starsq": rest}
    found = physical_solutions(proportional(), values)
    assert found.count == 1
    root = found.physical[0]
    low, high = root.enclosure("nu")
    assert high - low <= Fraction(1, 10**15)
    # It is the greatest root: T < min(psi1, psi2) bounds nu from below.
    assert all(other.refined(Fraction(1, 10**9)).high < low for other, _ in found.rejected)


@settings(max_examples=5, deadline=None)
@given(positive, positive, positive)
def test_equal_sizes_and_small_ridges_have_one_physical_root(psi, linear, rest):
    values = {"psi1": psi, "psi2": psi, "lam": "1e-20", "mu1sq": linear, "mu_starsq": rest}
    assert physical_solutions(proportional(), values).count == 1


def resolvent_traces():
    """Traces of the pencil of ((W X + Theta)'(W X + Theta)/p + gamma)^-1: no energy, no spectrum, no branch given."""
    n, p, d, gamma, zeta, excess = (symbol(q) for q in ("n", "p", "d", "gamma", "zeta", "excess"))
    samples, features, inputs = Dimension("n"), Dimension("p"), Dimension("d")
    X = GaussianMatrix("X", inputs, samples)
    W = GaussianMatrix("W", features, inputs, variance=zeta / d)
    Theta = GaussianMatrix("Theta", features, samples, variance=excess)
    F = W @ X + Theta
    equation = dyson_equation(linearize((F.T @ F / p + gamma).inv()).pencil)
    return FixedPointSystem(
        "traces",
        tuple(map(Parameter, (d, excess, gamma, n, p, zeta))),
        tuple(Unknown(u.symbol) for u in equation.unknowns),
        tuple(Equation(e) for e in equation.equations()),
    )


def test_the_spectral_quartic_of_the_expression_and_its_branch():
    system = resolvent_traces()
    for unknown in system.unknown_symbols():
        found = eliminate(system, unknown)
        assert found.degree == 4 and found.complete and found.irreducible is not None
        assert found.certificate.holds_in(Sympy())
    assert len(found.algebra.ring.symbols) == 10, "every parameter is symbolic"
    for sizes in ((3, 2, 1), (2, 3, 1), (2, 2, 1), (1, 5, 3)):
        values = dict(zip("npd", sizes, strict=True)) | {"gamma": "0.1", "zeta": "1/4", "excess": "0.09"}
        assert physical_solutions(system, values).count == 1


def test_both_engines_find_the_same_root():
    fast, slow = (physical_solutions(proportional(), VALUES, engine) for engine in (Flint(), Sympy()))
    assert str(fast) == str(slow)
    assert fast.real == 2 and fast.count == 1
    assert str(fast).startswith("1 of 2 real roots in the domain\nnu = 0.1481824272352")
    assert "c > 0 fails" in str(fast)


def test_the_risk_at_the_physical_root_is_the_published_one():
    root = physical_solution(proportional(), VALUES | MORE)
    zeta2 = oracle.CONTEXT.mpf(25) / 9
    lam_bar = oracle.CONTEXT.mpf(10) / 27  # 0.1 / (3 * 0.09)
    published = oracle.risk(2, 3, zeta2, lam_bar, 1, 0.25, 0.1)
    assert float(root.decimal("bias")) == pytest.approx(published.bias, rel=1e-14)
    assert float(root.decimal("variance")) == pytest.approx(published.variance, rel=1e-14)
    chi = oracle.chi(2, 3, zeta2, lam_bar)
    shown = mpmath.mpf(root.decimal(-symbol("mu_starsq") / symbol("nu"), 30))
    assert abs(float(shown - chi)) < 1e-15


def test_fifty_digits_are_right():
    root = physical_solution(proportional(), VALUES | MORE)
    shown = root.decimal("test", 50)
    assert root.decimal("test", 60).startswith(shown[:-2])
    low, high = root.enclosure("test", Fraction(1, 10**60))
    assert high - low <= Fraction(1, 10**60)
    context = mpmath.MPContext()
    context.dps = 50
    middle = context.mpf(low.numerator) / low.denominator
    assert abs(middle - context.mpf(shown)) < context.mpf(10) ** -48
    assert root.interval[0] < root.interval[1]
    assert root.unknown == symbol("nu")


def test_no_solution_and_two_solutions():
    system = small([x**2 + a - 3 * x], [x], [a])
    assert [physical_solutions(system, {"a": v}).count for v in (2, Fraction(9, 4), 3)] == [2, 1, 0]
    with pytest.raises(DerivationError, match="has 2 solutions in its domain"):
        physical_solution(system, {"a": 2})
    assert physical_solution(system, {"a": Fraction(9, 4)}).enclosure(x) == (Fraction(3, 2), Fraction(3, 2))
    assert physical_solutions(small([x + a], [x], [a]), {"a": 1}).count == 0
    assert physical_solutions(small([x - a, y - x + a], [x, y], [a]), {"a": 1}).count == 0


def test_conditions_select_exactly_at_their_boundary():
    equations = [(x - 1) * (x - 2) * (x**2 - 2)]
    strict = small(equations, [x], [], [Condition(x - 1)])
    weak = small(equations, [x], [], [Condition(x - 1, strict=False)])
    assert physical_solutions(strict, {}).count == 2
    assert physical_solutions(weak, {}).count == 3
    algebraic = small(equations, [x], [], [Condition(2 - x**2, strict=False)])
    assert [root.decimal(x, 5) for root in physical_solutions(algebraic, {}).physical] == ["1.0000", "1.4142"]
    poles = small(equations, [x], [], [Condition(1 / (2 - x**2) ** 2)])
    assert physical_solutions(poles, {}).count == 2, "a condition that is not defined does not hold"


def test_another_unknown_is_kept_where_the_first_gives_no_way_back():
    """y = 1 and y = 2 give the same x = 3, so x does not determine y."""
    system = small([x - y**2 + 3 * y - 5, y**3 - 7 * y + 7 - a], [x, y], [a])
    found = physical_solutions(system, {"a": 1})
    assert [(root.unknown, root.decimal(y, 3), root.decimal(x, 3)) for root in found.physical] == [
        (y, "1.00", "3.00"),
        (y, "2.00", "3.00"),
    ]
    with pytest.raises(DerivationError, match="cannot be counted"):
        physical_solutions(small([x**2 - 2, y**2 - 3], [x, y]), {})


def test_values_at_the_solution():
    system = small([x**2 - 2], [x], observables=[Observable("square", x**2), Observable("zero", x**2 - 2)])
    root = physical_solution(system, {})
    assert root.decimal("square", 10) == "2.000000000"
    assert root.enclosure("zero") == (0, 0)
    low, high = root.enclosure(x / 2, Fraction(1, 100))
    assert 4 * low**2 < 2 < 4 * high**2 and high - low <= Fraction(1, 100) and (1000 * low).denominator == 1
    with pytest.raises(InputError, match="one of square, zero, x"):
        root.decimal("cube")
    with pytest.raises(ZeroDivisionError):
        root.enclosure(1 / (x**2 - 2))


def test_missing_and_inexact_parameters():
    with pytest.raises(InputError, match="an exact value for each of these"):
        physical_solutions(proportional(), {k: v for k, v in VALUES.items() if k != "psi1"})
    with pytest.raises(InputError, match="not a float"):
        physical_solutions(proportional(), VALUES | {"psi1": 2.0})
    root = physical_solution(proportional(), VALUES)
    with pytest.raises(InputError, match="parameters = 'noise'"):
        root.decimal("variance")
    with pytest.raises(DerivationError, match="spectral averages"):
        physical_solutions(stored_system("random-features"), {})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=6), st.fractions(-3, 3, max_denominator=4))
def test_sturm_counts_agree_with_sympy(coefficients, point):
    t = sp.Symbol("t")
    polynomial = sp.Poly(list(reversed(coefficients)), t, domain=sp.QQ)
    if polynomial.degree() < 1:
        return
    chain = sturm_chain(coefficients)
    assert sturm_count(chain) == len(set(sp.real_roots(polynomial)))
    place = sp.Rational(point.numerator, point.denominator)
    squarefree = polynomial.sqf_part()
    above = squarefree.count_roots(place, None) - (squarefree.eval(place) == 0)
    assert sturm_count(sturm_chain([int(c) for c in reversed(squarefree.all_coeffs())]), point) == above


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4), st.integers(2, 30))
def test_signs_at_an_algebraic_number(coefficients, radicand):
    if sp.sqrt(radicand).is_Integer:
        return
    root = real_roots([-radicand, 0, 1], Flint())[1]
    exact = sum(c * sp.sqrt(radicand) ** k for k, c in enumerate(coefficients))
    assert root.sign(coefficients) == sp.sign(sp.expand(exact))


def test_an_engine_that_misses_a_root_is_caught():
    class Careless(Flint):
        def ring(self, symbols, order="lex") -> Ring:
            ring = super().ring(symbols, order)
            complete = ring.real_roots
            ring.real_roots = lambda coefficients: complete(coefficients)[1:]
            return ring

    with pytest.raises(CertificateError, match="Sturm"):
        real_roots([-2, 0, 1], Careless())


def test_decimals_are_rounded_correctly():
    root = RealRoot((Fraction(-2), Fraction(0), Fraction(1)), Fraction(1), Fraction(2))
    assert root.decimal(30) == "1.41421356237309504880168872421"
    assert root.refined(Fraction(1, 10)).high - root.refined(Fraction(1, 10)).low <= Fraction(1, 10)
    assert real_roots([-1, 3], Flint())[0].decimal(5) == "0.33333"
