"""Spectra put into general systems: known special cases, certificates, exact counts of roots."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Measure, Parameter, Unknown
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.algebra.elimination import eliminate
from asymptotics.transforms.algebra.physical_solutions import physical_solution, physical_solutions
from asymptotics.transforms.changes import spectrum_substitution
from asymptotics.transforms.changes.spectra import (
    Atom,
    ExactSpectrum,
    VanishingTail,
    atoms,
    isotropic,
    power_law,
    two_block,
)
from asymptotics.transforms.changes.spectrum_substitution import substitute_spectrum

nu, c, h, n, p, d, lam, noise = (symbol(q) for q in ("nu", "c", "h", "n", "p", "d", "lam", "noise"))
mu1, mu_star, psi1, psi2 = (symbol(q) for q in ("mu1sq", "mu_starsq", "psi1", "psi2"))
F1, F_star, s = symbol("F1sq"), symbol("F_starsq"), symbol("s")


def general():
    return stored_system("random-features")


def ridge(kind="trace", function=s / (s + nu)):
    measure = symbol("M")
    return FixedPointSystem(
        "ridge",
        (Parameter(n), Parameter(lam)),
        (Unknown(nu),),
        (Equation(n - SpectralAverage(function, s, measure), lam / nu),),
        measures=(Measure(measure, s, kind=kind),),
    )


def test_one_level_and_a_tail_give_the_proportional_system():
    """With levels mu_1^2/d (d times) and a tail of mass mu_star^2, n = psi2 d, p = psi1 d, nu = nu'/d."""
    spectrum = ExactSpectrum(
        (Atom(mu1 / d, d, F1),), VanishingTail(mu_star, F_star), meanings={"d": "input dimension"}
    )
    found = substitute_spectrum(general(), spectrum).system
    assert found.averages() == () and found.measures == ()
    assert {q.symbol.name: q.meaning for q in found.parameters}["d"] == "input dimension"
    scaled = {nu: nu / d, c: c * d, h: h * d, n: psi2 * d, p: psi1 * d}
    limit = stored_system("random-features", "proportional")
    ours = [found.expand(e.residual).subs(scaled, simultaneous=True) for e in found.equations]
    theirs = [limit.expand(e.residual) for e in limit.equations]
    for mine, other in zip(ours, theirs, strict=True):
        assert sp.cancel(mine / other - d) == 0
    for name in ("test", "variance", "train"):
        value = found.expand(found.observable(name)).subs(scaled, simultaneous=True)
        assert sp.cancel(value - limit.expand(limit.observable(name))) == 0


def test_isotropic_elimination():
    found = substitute_spectrum(general(), isotropic(eigenvalue=1)).system
    assert found.name == "random-features.isotropic"
    result = eliminate(found, nu)
    assert result.degree == 3 and result.irreducible is not None and result.complete
    total = (n - d / (1 + nu)) * (p - d / (1 + nu)) * nu - lam * p
    assert sp.rem(sp.fraction(sp.cancel(total))[0], result.polynomial, nu) == 0


@settings(max_examples=4, deadline=None)
@given(*(st.fractions(Fraction(1, 10), 10, max_denominator=10) for _ in range(4)))
def test_two_blocks_have_one_physical_root(first, second, samples, features):
    spectrum = two_block((first, 3, 1), (second, 5, 2))
    system = substitute_spectrum(general(), spectrum).system
    values = {"n": samples, "p": features, "lam": Fraction(1, 7)}
    assert physical_solutions(system, values).count == 1
    same = substitute_spectrum(general(), two_block((second, 5, 2), (first, 3, 1))).system
    values["noise"] = Fraction(1, 3)
    assert physical_solution(system, values).decimal("test", 20) == physical_solution(same, values).decimal(
        "test", 20
    )


def test_a_block_may_be_split():
    whole = substitute_spectrum(general(), atoms([(2, 5, 3)])).system
    parts = substitute_spectrum(general(), atoms([(2, 4, 1), (2, 1, 2)])).system
    values = {"n": 3, "p": 4, "lam": "0.1", "noise": "0.2"}
    for name in ("nu", "test", "train", "norm"):
        assert physical_solution(whole, values).decimal(name, 25) == physical_solution(parts, values).decimal(
            name, 25
        )


def test_power_laws():
    spectrum = power_law(2, 4, source=3)
    assert [level.power for level in spectrum.atoms] == [
        1,
        sp.Rational(1, 8),
        sp.Rational(1, 27),
        sp.Rational(1, 64),
    ]
    system = substitute_spectrum(general(), spectrum).system
    values = {"n": 3, "p": 5, "lam": "0.01"}
    assert physical_solutions(system, values).count == 1
    found = eliminate(system, nu, values)
    assert found.complete and found.degree >= 5
    rest = substitute_spectrum(general(), power_law(2, 4, source=3, rest=True))
    assert {average.measure for average in rest.system.averages()} == {m.symbol for m in general().measures}
    assert rest.system.measures == general().measures


def test_exponents_need_not_be_integers():
    found = substitute_spectrum(ridge(), power_law(sp.Rational(3, 2), 2)).system
    residual = found.equations[0].residual
    value = n - 1 / (1 + nu) - 2 ** sp.Rational(-3, 2) / (2 ** sp.Rational(-3, 2) + nu) - lam / nu
    assert sp.simplify(residual - value) == 0


def test_values_of_averages():
    found = substitute_spectrum(ridge(), ExactSpectrum((Atom(2, 3),), VanishingTail(mu_star)))
    ((_, value),) = found.values
    assert sp.cancel(value - 6 / (2 + nu) - mu_star / nu) == 0
    assert str(found).startswith("M[s/(nu + s)] -> ")
    vector = substitute_spectrum(
        ridge("vector", nu / (s + nu)), ExactSpectrum((Atom(2, 3, 7),), VanishingTail(mu_star, 5))
    )
    assert sp.cancel(vector.values[0][1] - 7 * nu / (2 + nu) - 5) == 0


def test_powers_by_measure():
    found = substitute_spectrum(ridge("vector"), ExactSpectrum((Atom(1, 1, {"M": F1}),)))
    assert sp.cancel(found.values[0][1] - F1 / (1 + nu)) == 0
    with pytest.raises(InputError, match="a power for the vector measure M"):
        substitute_spectrum(ridge("vector"), ExactSpectrum((Atom(1, 1, {"B": F1}),)))


def test_what_cannot_be_put_in():
    with pytest.raises(DerivationError, match="diverges"):
        substitute_spectrum(ridge(function=nu / (s + nu)), ExactSpectrum((), VanishingTail(mu_star)))
    with pytest.raises(InputError, match="not unknowns of the system"):
        substitute_spectrum(ridge(), isotropic(eigenvalue="nu"))
    with pytest.raises(InputError, match="at least one level"):
        ExactSpectrum()
    with pytest.raises(InputError, match="a system with spectral averages"):
        substitute_spectrum(stored_system("random-features", "proportional"), isotropic())
    with pytest.raises(InputError, match="an eigenvalue of the system: s"):
        substitute_spectrum(ridge(), {symbol("t"): isotropic()})
    with pytest.raises(InputError, match="positive integer"):
        power_law(2, 0)
    with pytest.raises(InputError, match="an exact rational"):
        power_law(1.5, 3)


def test_a_wrong_value_is_caught(monkeypatch):
    monkeypatch.setattr(spectrum_substitution, "_at_zero", lambda f, s: sp.S.One)
    with pytest.raises(CertificateError, match="does not become"):
        substitute_spectrum(ridge(), ExactSpectrum((Atom(2, 3),), VanishingTail(mu_star)))


def test_symbols_become_parameters_with_meanings():
    found = substitute_spectrum(general(), two_block()).system
    meanings = {q.symbol.name: q.meaning for q in found.parameters}
    assert meanings["s2"] == "eigenvalue 2" and meanings["d1"] == "multiplicity of eigenvalue 1"
    assert meanings["F2sq"] == "power of the vector at eigenvalue 2"
    assert found.provenance.steps[-1] == "spectrum put in: two-block"
