"""Changes of variables: exact both ways, and the same solutions."""

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Parameter, Unknown
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.algebra.elimination import eliminate
from asymptotics.transforms.algebra.physical_solutions import physical_solution
from asymptotics.transforms.changes.unknowns import change_unknowns

x, y, z, lam_bar, a, b, u, v = (symbol(q) for q in ("x", "y", "z", "lam_bar", "a", "b", "u", "v"))
nu, lam, mu1, mu_star, psi2 = (symbol(q) for q in ("nu", "lam", "mu1sq", "mu_starsq", "psi2"))
PAPER = {nu: mu_star / x, mu1: z * mu_star, lam: psi2 * mu_star * lam_bar}


def pair():
    return FixedPointSystem(
        "pair",
        (Parameter(a), Parameter(b)),
        (Unknown(x), Unknown(y)),
        (Equation(x * y, a), Equation(x - y, b)),
    )


def test_the_proportional_system_in_the_variables_of_the_paper():
    found = change_unknowns(stored_system("random-features", "proportional"), PAPER, meanings={"x": "-chi"})
    system = found.system
    assert dict(found.inverse) == {x: mu_star / nu, z: mu1 / mu_star, lam_bar: lam / (mu_star * psi2)}
    assert next(str(q) for q in system.unknowns) == "x: -chi"
    assert {z, lam_bar, mu_star} <= set(system.parameter_symbols())
    assert not {nu, lam, mu1} & {*system.parameter_symbols(), *system.unknown_symbols()}
    assert not any(e.residual.has(mu_star) for e in system.expanded().equations), (
        "the scale of the activation drops out"
    )
    assert not eliminate(system, x).polynomial.has(mu_star)
    assert next(str(c) for c in system.domain.conditions) == "x > 0"
    assert "before the change of variables" in system.domain.uniqueness


def test_the_solution_is_the_same():
    system = stored_system("random-features", "proportional")
    old = {"psi1": 2, "psi2": 3, "lam": "0.27", "mu1sq": "0.18", "mu_starsq": "0.09", "noise": 1, "F1sq": 1}
    old["F_starsq"] = "0.5"
    new = {k: w for k, w in old.items() if k not in ("lam", "mu1sq")} | {"lam_bar": 1, "z": 2}
    changed = change_unknowns(system, PAPER)
    before, after = physical_solution(system, old), physical_solution(changed.system, new)
    for name in ("test", "train", "norm", "c"):
        assert before.decimal(name, 30) == after.decimal(name, 30)
    assert after.decimal(x, 30) == before.decimal(changed.inverse[0][1], 30)


def test_expressions_go_there_and_back():
    found = change_unknowns(pair(), {x: u * b, y: v / (1 + v)})
    expression = (x**2 + y) / (x - y)
    assert sp.cancel(found.back(found.forth(expression)) - expression) == 0
    assert str(found).splitlines()[0] == "x = b*u"


def test_unknowns_may_mix():
    found = change_unknowns(pair(), {x: u + v, y: u - v})
    assert {s: sp.expand(e) for s, e in found.inverse} == {u: (x + y) / 2, v: (x - y) / 2}
    assert [str(e) for e in found.system.equations] == ["(u - v)*(u + v) = a", "2*v = b"]
    assert "u - v > 0" not in str(found.system.domain), "no condition was stated on y"


def test_shared_positive_factors_go():
    system = FixedPointSystem("one", (Parameter(a),), (Unknown(x),), (Equation(x * (x + a), a * x),))
    found = change_unknowns(system, {x: a * u})
    assert [str(e) for e in found.system.equations] == ["u + 1 = 1"]


def test_averages_are_rewritten_inside():
    found = change_unknowns(stored_system("random-features"), {nu: 1 / x})
    shown = {str(d.symbol): str(d.expression) for d in found.system.definitions}
    assert shown["T02"] == "T[s**2*x**2/(s*x + 1)**2]"
    assert shown["B11"] == "B[s*x/(s*x + 1)**2]"


def test_an_inverse_may_be_given_and_is_checked():
    rule = {x: u**2, y: v}
    with pytest.raises(DerivationError, match="give it for u"):
        change_unknowns(pair(), rule)
    with pytest.raises(CertificateError, match="does not lead back to"):
        change_unknowns(pair(), {x: 2 * u, y: v}, inverse={u: x / 3, v: y})
    found = change_unknowns(pair(), {x: 2 * u, y: v}, inverse={u: x / 2, v: y})
    assert dict(found.inverse) == {u: x / 2, v: y}


def test_rules_that_do_not_fit():
    for rule, message in [
        ({z: u}, "an unknown or a parameter of the system"),
        ({x: x + 1}, "new symbols for what is replaced"),
        ({x: u, y: u}, "2 new unknowns for 2 replaced ones"),
        ({x: u + v}, "1 new unknowns for 1 replaced ones"),
        ({x: u, a: b}, "1 new parameters for 1 replaced ones"),
    ]:
        with pytest.raises(InputError, match=message):
            change_unknowns(pair(), rule)
