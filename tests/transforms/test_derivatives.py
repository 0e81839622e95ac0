"""Implicit derivatives against exact finite differences, homogeneity, and the envelope theorem."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.response import solve_linear
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.algebra.physical_solutions import physical_solution
from asymptotics.transforms.changes import derivatives
from asymptotics.transforms.changes.derivatives import differentiate
from asymptotics.transforms.changes.spectra import two_block
from asymptotics.transforms.changes.spectrum_substitution import substitute_spectrum

x, a, b = symbol("x"), symbol("a"), symbol("b")
VALUES = {"psi1": 2, "psi2": 3, "lam": "0.1", "mu1sq": "1/4", "mu_starsq": "0.09"}
VALUES |= {"noise": "0.1", "F1sq": 1, "F_starsq": "1/4"}
SIZES = {"n": 3, "p": 4, "lam": "0.1", "noise": "0.2"}


def number(root, name):
    context = mpmath.MPContext()
    context.dps = 60
    return context.mpf(root.decimal(name, 50))


@pytest.mark.parametrize("parameter", ["lam", "psi1", "mu1sq", "noise"])
def test_derivatives_of_the_proportional_risk(parameter):
    system = stored_system("random-features", "proportional")
    found = differentiate(system, parameter)
    at = physical_solution(found.system, VALUES)
    step = Fraction(1, 10**14)
    moved = [
        physical_solution(system, VALUES | {parameter: Fraction(str(VALUES[parameter])) + sign * step})
        for sign in (1, -1)
    ]
    for name in ("test", "train", "norm"):
        difference = (number(moved[0], name) - number(moved[1], name)) * 10**14 / 2
        exact = number(at, f"{name}_d{parameter}")
        assert abs(difference - exact) < 1e-24 * (1 + abs(exact))


def test_derivatives_of_a_system_with_averages():
    """Differentiated first, spectrum put in afterwards: the same as the other way round."""
    general = stored_system("random-features")
    spectrum = two_block((2, 3, 1), (1, 4, 2))
    first = substitute_spectrum(differentiate(general, "lam").system, spectrum).system
    second = differentiate(substitute_spectrum(general, spectrum).system, "lam").system
    roots = [physical_solution(system, SIZES) for system in (first, second)]
    for name in ("test_dlam", "train_dlam", "norm_dlam"):
        assert roots[0].decimal(name, 30) == roots[1].decimal(name, 30)


def test_envelope_theorem():
    """The minimum is n (train + lam norm) and its derivative in lam is n norm: train' + lam norm' = 0."""
    found = differentiate(stored_system("random-features", "proportional"), "lam").system
    expression = found.observable("train_dlam") + symbol("lam") * found.observable("norm_dlam")
    root = physical_solution(found, VALUES)
    assert root.enclosure(expression) == (0, 0)
    spectral = differentiate(stored_system("random-features"), "lam").system
    explicit = substitute_spectrum(spectral, two_block((2, 3, 1), (1, 4, 2))).system
    zero = explicit.observable("train_dlam") + symbol("lam") * explicit.observable("norm_dlam")
    assert physical_solution(explicit, SIZES).enclosure(zero) == (0, 0)


def test_the_test_error_is_linear_in_noise():
    found = differentiate(stored_system("random-features", "proportional"), "noise").system
    root = physical_solution(found, VALUES)
    ratio = symbol("noise") * found.observable("test_dnoise") - found.observable("variance")
    assert root.enclosure(ratio) == (0, 0)
    assert root.enclosure("bias_dnoise") == (0, 0)


def chained():
    q = symbol("q")
    return FixedPointSystem(
        "chained",
        (Parameter(a), Parameter(b)),
        (Unknown(x),),
        (Equation(x**2 + q, a),),
        (Observable("value", q * b),),
        (Definition(q, a * x),),
    )


def test_definitions_are_followed():
    found = differentiate(chained(), a)
    explicit = found.system.expand(found.system.observable("value_da"))
    root = (-a + sp.sqrt(a**2 + 4 * a)) / 2
    direct = sp.diff(a * root * b, a)
    assert sp.simplify(explicit.subs(x, root) - direct) == 0
    assert found.parameter == a and [u for u, _ in found.rates] == [x]
    assert found.system.provenance.steps[-1] == "differentiated in a along the solution"
    assert found.system.observable("value") == chained().observable("value")


def test_second_derivatives():
    once = differentiate(chained(), a).system
    mixed = differentiate(once, b).system
    expected = once.expand(once.observable("value_da")) / b
    assert sp.simplify(mixed.expand(mixed.observable("value_da_db")) - expected) == 0
    twice = differentiate(once, a).system
    assert [o.name for o in twice.observables] == ["value", "value_da", "value_da_da"]
    root = (-a + sp.sqrt(a**2 + 4 * a)) / 2
    explicit = twice.expand(twice.observable("value_da_da")).subs(x, root)
    assert sp.simplify(explicit - sp.diff(a * root * b, a, 2)) == 0


def test_what_cannot_be_differentiated():
    with pytest.raises(InputError, match="a parameter: a, b"):
        differentiate(chained(), "x")
    taken = replace(chained(), parameters=(Parameter(a), Parameter(b), Parameter(symbol("x_da"))))
    with pytest.raises(InputError, match="x_da is not yet something else"):
        differentiate(taken, a)
    wide = FixedPointSystem("wide", (Parameter(a),), (Unknown(x), Unknown(b)), (Equation(x * b, a),))
    with pytest.raises(DerivationError, match="must be square"):
        differentiate(wide, a)
    singular = FixedPointSystem(
        "singular",
        (Parameter(a),),
        (Unknown(x), Unknown(b)),
        (Equation(x - b, a), Equation(2 * x - 2 * b, a)),
    )
    with pytest.raises(DerivationError, match="singular"):
        differentiate(singular, a)


def test_wrong_rates_are_caught(monkeypatch):
    monkeypatch.setattr(derivatives, "solve_linear", lambda m, r: [2 * v for v in solve_linear(m, r)])
    with pytest.raises(CertificateError, match="do not solve"):
        differentiate(chained(), a)
