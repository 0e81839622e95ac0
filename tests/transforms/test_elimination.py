"""Minimal polynomials: the published quartic, certificates that multiply out, factors removed for a reason."""

from dataclasses import replace

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.algebra.certificates import Certificate, Chain, Link
from asymptotics.transforms.algebra.elimination import eliminate
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.irreducibility import Irreducibility, irreducibility
from asymptotics.transforms.algebra.membership import in_ideal
from asymptotics.transforms.algebra.physical_solutions import physical_solution
from asymptotics.transforms.algebra.sympy_adapter import Sympy

lam, nu, c, h, psi1, psi2, mu1, mu_star = (
    symbol(name) for name in ("lam", "nu", "c", "h", "psi1", "psi2", "mu1sq", "mu_starsq")
)
x, z, lam_bar = (symbol(name) for name in ("x", "z", "lam_bar"))
a, b, y, w = (symbol(name) for name in ("a", "b", "y", "w"))
VALUES = {"psi1": 2, "psi2": "3", "lam": "0.1", "mu1sq": sp.Rational(1, 4), "mu_starsq": "0.09"}
VALUES |= {"noise": "1/10", "F1sq": 1, "F_starsq": "1/4"}

# The quartic of the proportional regime, in x = mu_star^2/nu, z = mu_1^2/mu_star^2, lam = psi2 mu_star^2 lam_bar.
QUARTIC = (
    z**2 * x**4
    - z * (lam_bar * psi1 * psi2 * z + psi1 * z + psi2 * z - 2 * z - 2) * x**3
    + (psi1 * psi2 * z**2 - 2 * lam_bar * psi1 * psi2 * z - (psi1 + psi2) * (z**2 + 2 * z) + (z + 1) ** 2)
    * x**2
    + (2 * psi1 * psi2 * z - lam_bar * psi1 * psi2 - (psi1 + psi2) * (z + 1)) * x
    + psi1 * psi2
)


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


def multiplied_out(found):
    """The certificate as one identity between expressions."""
    multiplier, cofactors = found.certificate.cofactors()
    ring = found.algebra.ring
    equations = [ring.write(f) for f in found.certificate.equations]
    total = sum(q * e for q, e in zip(cofactors, equations, strict=True))
    return sp.expand(multiplier * found.certificate.claim - total)


def test_the_minimal_polynomial_of_the_proportional_system_is_the_published_quartic():
    found = eliminate(proportional(), nu)
    rule = {nu: mu_star / x, mu1: z * mu_star, lam: psi2 * mu_star * lam_bar}
    published = sp.expand(QUARTIC)
    ours = sp.expand(found.polynomial.subs(rule, simultaneous=True) * x**4 / mu_star**4)
    assert ours == published
    assert found.degree == 4 and len(found.factors) == 1
    assert found.irreducible is not None and found.complete
    assert multiplied_out(found) == 0
    assert found.certificate.cofactors()[0] == 1
    assert found.certificate.holds_in(Sympy())


def test_the_way_back_solves_every_equation():
    found = eliminate(proportional(), nu)
    back = found.way_back()
    assert set(back) == {c, h}
    ring = found.algebra.ring
    for equation in proportional().expanded().equations:
        numerator, denominator = ring.rational(equation.residual.subs(back))
        assert ring.quotient(numerator, found.element) is not None
        assert ring.quotient(denominator, found.element) is None


def test_the_system_in_one_unknown_has_the_same_solution():
    whole = proportional()
    reduced = eliminate(whole, nu).system()
    assert reduced.unknown_symbols() == (nu,) and len(reduced.equations) == 1
    roots = [physical_solution(system, VALUES) for system in (whole, reduced)]
    for name in ("nu", "test", "train"):
        assert roots[0].decimal(name, 30) == roots[1].decimal(name, 30)
    assert roots[0].decimal(c, 30) == roots[1].decimal(c, 30)


def test_both_engines_eliminate_alike():
    fast, slow = (eliminate(proportional(), nu, engine=engine) for engine in (Flint(), Sympy()))
    assert fast.polynomial == slow.polynomial
    assert str(fast) == str(slow)
    assert fast.certificate.cofactors() == slow.certificate.cofactors()


def test_the_discriminant_is_the_phase_boundary():
    ring = Flint().ring([x, z, psi1, psi2, lam_bar])
    boundary = ring.discriminant(ring.read(QUARTIC), 0)
    assert len(ring.terms(boundary)) == 283
    found = eliminate(proportional(), nu)
    discriminant = found.discriminant()
    assert len(discriminant.args) == 283
    rule = {mu1: z, mu_star: 1, lam: psi2 * lam_bar}
    assert sp.expand(discriminant.subs(rule, simultaneous=True) - ring.write(boundary)) == 0


@pytest.mark.parametrize("keep", ["c", "h"])
def test_any_unknown_can_be_kept(keep):
    found = eliminate(proportional(), keep)
    assert found.degree == 4 and found.complete and found.irreducible is not None
    assert multiplied_out(found) == 0
    assert found.certificate.holds_in(Sympy())
    assert {str(entry.reason) for entry in found.removed} == {"a sum of positive terms"}
    assert found.unknown in {entry.factor for entry in found.removed}


def test_values_may_be_put_in_first():
    system = proportional()
    found = eliminate(system, nu, VALUES)
    exact = {p.symbol: sp.Rational(str(VALUES[p.symbol.name])) for p in system.parameters}
    general = sp.Poly(eliminate(system, nu).polynomial.subs(exact), nu, domain=sp.QQ)
    assert general.monic() == sp.Poly(found.polynomial, nu, domain=sp.QQ).monic()


def test_the_minimal_polynomial_of_a_risk():
    """At the root, the risk solves its polynomial, to fifty digits."""
    system = proportional()
    found = eliminate(system, "test", VALUES)
    assert found.degree == 4 and found.irreducible is not None
    ridge = eliminate(system, nu, VALUES)
    roots = sp.Poly(ridge.polynomial, nu).nroots(n=50)
    values = {p.symbol: sp.Rational(str(VALUES[p.symbol.name])) for p in system.parameters}
    back = ridge.way_back()
    for root in roots:
        risk = system.expand(system.observable("test")).subs(back).subs(values).subs(nu, root)
        residual = sp.Poly(found.polynomial, found.unknown).eval(risk.evalf(40))
        assert abs(residual / sp.Poly(found.polynomial, found.unknown).LC()) < 1e-25
    assert found.unknown.is_positive is None


def test_resultants_remove_an_unknown_that_no_equation_is_linear_in():
    system = small([y**2 * x - a - y, y**3 + x * y - b], [x, y], [a, b])
    for keep in (x, y):
        found = eliminate(system, keep)
        assert multiplied_out(found) == 0
        assert found.complete
    found = eliminate(small([y**2 + x * y - a, y**3 + x**2 - b * y**2], [x, y], [a, b]), x)
    assert found.complete and multiplied_out(found) == 0
    slow = sp.resultant(y**2 + x * y - a, y**3 + x**2 - b * y**2, y)
    assert sp.rem(sp.expand(slow), found.polynomial, x) == 0


def test_an_extraneous_factor_is_removed_with_its_reason():
    """Of x = 1 and x = 2 only the second satisfies both equations."""
    u = sp.Symbol("u", real=True)
    found = eliminate(small([(u - 1) * (u - 2), (u - 2) * (u - 3)], [u]), u)
    assert found.polynomial == u - 2
    assert [(entry.factor, entry.reason) for entry in found.removed] == [
        (u - 1, "another equation does not hold there")
    ]
    assert found.certificate.multipliers() == (u - 1,)


def test_an_extraneous_factor_is_found_by_the_way_back():
    """The product of two equations vanishes at u = a too, where the second one does not hold."""
    u, v = sp.symbols("u v", real=True)
    system = small(
        [(u - a) * v - 1, (u - a) ** 2 * (u - b) * v - (u - b) * (u - a) + (u - b)], [u, v], [a, b]
    )
    found = eliminate(system, u)
    assert found.polynomial == u - b and found.complete


def test_the_domain_removes_factors():
    equations = [(x - a) * (x + a - 3 * b), y - x + a]
    both = eliminate(small(equations, [x, y], [a, b]), x)
    assert len(both.factors) == 1, "y = 0 is no positive solution"
    assert both.polynomial == x + a - 3 * b
    inside = small(equations, [x, y], [a, b], [Condition(3 * b - a - x - 1)])
    with pytest.raises(DerivationError, match="no solution of the equations is in the domain"):
        eliminate(inside, x)


def test_several_components_stay_together():
    u = sp.Symbol("u", real=True)
    found = eliminate(small([(u**2 - a) * (u - b)], [u], [a, b]), u)
    assert set(found.factors) == {u - b, u**2 - a}
    assert found.irreducible is None
    assert multiplied_out(found) == 0


def test_what_is_declared_nonzero_is_removed():
    u = sp.Symbol("u", real=True)
    system = small([(u**2 - a) * (u - b)], [u], [a, b])
    found = eliminate(system, u, nonzero=[u - b])
    assert found.polynomial == u**2 - a
    assert [entry.reason for entry in found.removed] == ["declared nonzero"]
    assert found.certificate.multipliers() == (u - b,)


def test_unknowns_without_a_rational_way_back():
    system = small([x**2 - 2, y**2 - x - a], [x, y], [a])
    found = eliminate(system, x)
    assert found.polynomial == x**2 - 2
    assert not found.complete
    assert "not rational in x" in str(found)
    with pytest.raises(DerivationError, match="y is not known as a rational function"):
        found.way_back()
    with pytest.raises(DerivationError, match="not known as a rational function"):
        found.value(y)
    assert found.value(x**2 + 1)[1] == found.algebra.ring.one


def test_what_cannot_be_eliminated():
    with pytest.raises(DerivationError, match="spectral averages"):
        eliminate(stored_system("random-features"), nu)
    with pytest.raises(DerivationError, match="do not determine x"):
        eliminate(small([x - y], [x, y]), x)
    with pytest.raises(DerivationError, match="no solution in the domain"):
        eliminate(small([x + a], [x], [a]), x)
    with pytest.raises(DerivationError, match="solvable only where"):
        eliminate(small([x - y, x - y + a - b, y - 1], [x, y], [a, b]), x)
    with pytest.raises(DerivationError, match="share the factor"):
        eliminate(small([(y**2 - x) * (y**2 - a), (y**2 - x) * (y**3 - b)], [x, y], [a, b]), x)


def test_bad_input():
    system = proportional()
    with pytest.raises(InputError, match="an unknown or an observable: nu, c, h, test"):
        eliminate(system, "mu")
    with pytest.raises(InputError, match="a parameter: F1sq"):
        eliminate(system, nu, {"nu": 1})
    with pytest.raises(InputError, match="not a float"):
        eliminate(system, nu, {"psi1": 0.5})
    with pytest.raises(InputError, match="a rational that is not negative"):
        eliminate(system, nu, {"psi1": -1})
    with pytest.raises(InputError, match="an exact rational"):
        eliminate(system, nu, {"psi1": "two"})


def test_an_observable_may_share_its_name_with_a_parameter():
    system = small([x**2 - a], [x], [a], observables=[Observable("a", x + 1)])
    found = eliminate(system, "a")
    assert found.unknown.name == "a_value"
    u = found.unknown
    assert found.polynomial == sp.expand((u - 1) ** 2 - a)


def test_a_wrong_sign_in_the_system_changes_the_quartic():
    system = proportional()
    first, *rest = system.equations
    wrong = replace(system, equations=(Equation(first.left, -first.right), *rest))
    with pytest.raises(DerivationError):
        eliminate(wrong, nu)
    doubled = replace(system, equations=(Equation(first.left, 2 * first.right), *rest))
    assert eliminate(doubled, nu).polynomial != eliminate(system, nu).polynomial


def test_a_certificate_refuses_what_does_not_multiply_out():
    ring = Flint().ring([x, y])
    f, g = ring.read(x**2 - y), ring.read(x - 1)
    good = Link(ring.read(1 - y), ring.one, ((0, ring.one), (1, ring.read(-x - 1))), "right")
    certificate = Certificate(ring, (f, g), (good,))
    assert certificate.claim == 1 - y
    with pytest.raises(CertificateError, match="identity 1 of a certificate does not multiply out: wrong"):
        Certificate(ring, (f, g), (replace(good, polynomial=ring.read(y), how="wrong"),))


def test_only_the_links_a_claim_rests_on_are_kept():
    ring = Flint().ring([x, y])
    chain = Chain(ring, (ring.read(x - 1), ring.read(y - 1)))
    chain.add(ring.read(2 * x - 2), ring.one, [(0, ring.constant(2))], "unused")
    last = chain.add(ring.read(x * y - y), ring.one, [(0, ring.read(y))], "used")
    certificate = chain.certificate(last)
    assert [link.how for link in certificate.links] == ["used"]
    assert certificate.cofactors() == (1, (y, 0))
    assert chain.certificate(1).claim == y - 1
    assert str(certificate) == "1. used"


def test_irreducibility_has_a_witness_or_none():
    ring = Flint().ring([x, a, b])
    assert irreducibility(ring, ring.read(x**4 - a * x**2 + b), 0) is not None
    assert irreducibility(ring, ring.read((x**2 - a) * (x**2 - b)), 0) is None
    assert irreducibility(ring, ring.read(x**2 - a**2), 0) is None
    assert "irreducible" in str(irreducibility(ring, ring.read(a * x - b), 0))
    with pytest.raises(CertificateError, match="does not prove"):
        Irreducibility(x**2 - a**2, x, ((a, sp.Integer(2)),), ((7, (1, 1)),))
    with pytest.raises(CertificateError, match="does not prove"):
        Irreducibility(x**2 - a, x, ((a, sp.Integer(3)),), ((7, (1, 1)),))


def expressions():
    monomials = [x, y, x * y, x**2, y**2 * a, a, sp.Integer(1)]
    return st.lists(st.integers(-2, 2), min_size=7, max_size=7).map(
        lambda weights: sp.Add(*(k * m for k, m in zip(weights, monomials, strict=True)))
    )


@settings(max_examples=15, deadline=None)
@given(expressions(), expressions(), expressions(), expressions())
def test_combinations_are_in_the_ideal(f, g, first, second):
    member = sp.expand(f * first + g * second)
    found = in_ideal(member, [f, g])
    assert found.decided is found.holds
    if found.holds and member != 0:
        multiplier, (p, q) = found.cofactors()
        claim = found.certificate.claim
        numerator = sp.expand(multiplier * claim - p * f - q * g)
        assert numerator == 0
        assert found.certificate.holds_in(Sympy())


def test_membership_is_decided_by_buchberger_where_division_is_not_enough():
    u, v = sp.symbols("u v", real=True)
    found = in_ideal(u**2 * v - v, [u * v - 1, u - v])
    assert found.holds and found.cofactors()[0] == 1
    no = in_ideal(u, [u**2])
    assert no.decided and not no.holds
    with pytest.raises(DerivationError, match="there are no cofactors"):
        no.cofactors()
    twisted = [u * v - u, v**2 - u]
    assert in_ideal(u**2 - u, twisted).holds, "v = 1 or u = 0: u^2 = u"
    assert not in_ideal(u - 1, twisted).holds
    assert in_ideal(u**2 - u, twisted, engine=Sympy()).cofactors() == in_ideal(u**2 - u, twisted).cofactors()


def test_membership_up_to_what_does_not_vanish():
    u, v = sp.symbols("u v", real=True)
    assert not in_ideal(v, [u * v]).holds
    found = in_ideal(v, [u * v], nonzero=[u])
    assert found.holds and found.cofactors() == (u, (1,))
    assert in_ideal(u, [x * u]).cofactors() == (x, (1,)), "x is positive"
    assert in_ideal(u, [x + y]).holds, "a sum of positive terms does not vanish"
    assert in_ideal(sp.S.Zero, [u]).holds
    assert not in_ideal(sp.S.One, []).holds


def test_the_published_quartic_is_in_the_ideal_of_the_equations():
    equations = [e.residual for e in proportional().expanded().equations]
    rule = {nu: mu_star / x, mu1: z * mu_star, lam: psi2 * mu_star * lam_bar}
    found = in_ideal(QUARTIC, [e.subs(rule, simultaneous=True) for e in equations])
    assert found.holds and found.certificate.holds_in(Sympy())
    wrong = QUARTIC + x**2
    assert not in_ideal(wrong, [e.subs(rule, simultaneous=True) for e in equations]).holds
