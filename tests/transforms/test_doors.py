"""The verbs users call: what each gives on a recorded system, and what it refuses in a sentence."""

from fractions import Fraction

import pytest
import sympy as sp

import asymptotics as asy
from asymptotics import transforms
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.transforms import symbol

VALUES = {
    "psi2": 3,
    "lam": "1/10",
    "noise": "1/2",
    "F1sq": 1,
    "F_starsq": 0,
    "mu1sq": "1/4",
    "mu_starsq": "9/100",
}
n, p, c, d, nu, lam, noise, x = (symbol(name) for name in ("n", "p", "c", "d", "nu", "lam", "noise", "x"))


@pytest.fixture(scope="module")
def kernel():
    return asy.derive("kernel-ridge", "proportional")


@pytest.fixture(scope="module")
def general():
    return asy.derive("kernel-ridge")


@pytest.mark.parametrize("name", transforms.__all__)
def test_every_door_opens(name):
    assert getattr(transforms, name).__doc__ and name in dir(transforms)


def test_there_is_no_other_door():
    with pytest.raises(AttributeError, match="no attribute 'eliminated'"):
        transforms.eliminated  # noqa: B018


def test_eliminate(kernel):
    found = transforms.eliminate(kernel, "test")
    assert found.degree == 2 and found.irreducible is not None
    at = found.polynomial.xreplace(
        {s: sp.Rational(VALUES[s.name]) for s in found.polynomial.free_symbols - {found.unknown}}
    )
    roots = sp.Poly(at, found.unknown).nroots()
    exact = transforms.physical_solution(kernel, VALUES).decimal("test")
    assert min(abs(root - sp.Float(exact)) for root in roots) < 1e-13
    with pytest.raises(InputError, match="an unknown or an observable: nu, c, test"):
        transforms.eliminate(kernel, "risk")


def test_physical_solutions(kernel):
    found = transforms.physical_solutions(kernel, VALUES)
    assert (found.count, found.real) == (1, 2)
    low, high = found.physical[0].enclosure("test")
    numbers = {name: float(Fraction(value)) for name, value in VALUES.items()}
    assert float(low) == pytest.approx(asy.solve_system(kernel, numbers).observables["test"], rel=1e-12)
    assert 0 < high - low <= Fraction(1, 10**15)
    with pytest.raises(InputError, match="parameters = 'lam': expected an exact value"):
        transforms.physical_solutions(kernel, {k: v for k, v in VALUES.items() if k != "lam"})


def test_no_noise_is_a_value_and_less_is_none(kernel):
    assert (
        float(transforms.physical_solutions(kernel, VALUES | {"noise": 0}).physical[0].decimal("variance"))
        == 0
    )
    assert transforms.physical_solutions(kernel, VALUES | {"lam": 0}).count == 0, (
        "c > 0 fails without a ridge"
    )
    with pytest.raises(InputError, match="noise = -1: expected a rational that is not negative"):
        transforms.physical_solutions(kernel, VALUES | {"noise": -1})


def test_generalized_cross_validation_follows(general):
    random_features = asy.derive("random-features")
    for system in (general, random_features):
        right = (c / n) ** 2 * (system.observable("test") + noise)
        found = transforms.follows(system, "train", right)
        assert found.holds and found.certificate is not None
    wrong = transforms.follows(general, "train", "test")
    assert wrong.decided and not wrong.holds
    with pytest.raises(InputError, match="symbols and observables of kernel-ridge"):
        transforms.follows(general, "train", "risk")


def test_differentiate(kernel):
    found = transforms.differentiate(kernel, "lam").system
    step = Fraction(1, 10**6)
    here = transforms.physical_solution(found, VALUES)
    sides = [
        transforms.physical_solution(kernel, VALUES | {"lam": Fraction(1, 10) + sign * step}).enclosure(
            "test"
        )[0]
        for sign in (1, -1)
    ]
    slope = (sides[0] - sides[1]) / (2 * step)
    assert abs(slope - here.enclosure("test_dlam")[0]) < Fraction(1, 10**8)
    assert transforms.follows(
        found, found.observable("train_dlam"), -lam * found.observable("norm_dlam")
    ).holds
    with pytest.raises(InputError, match="parameter = 'nu': expected a parameter: F1sq"):
        transforms.differentiate(kernel, "nu")


def test_substitute_spectrum(general):
    found = transforms.substitute_spectrum(general, [(1, "d", 1)]).system
    assert not found.averages() and "d" in {s.name for s in found.parameter_symbols()}
    assert transforms.eliminate(found, "nu").polynomial.expand() == sp.expand(
        -d * nu - lam - lam * nu + n * nu + n * nu**2
    )
    with pytest.raises(InputError, match="triples"):
        transforms.substitute_spectrum(general, [(1, "d")])
    with pytest.raises(InputError, match="a system with spectral averages"):
        transforms.substitute_spectrum(found, [(1, "d", 1)])


def test_change_unknowns(kernel):
    changed = transforms.change_unknowns(kernel, {"nu": 1 / x})
    assert [str(e) for e in changed.system.equations] == ["c/x = lam", "T02 + T11 + c = psi2"]
    assert changed.inverse == ((x, 1 / nu),)
    assert transforms.physical_solution(changed.system, VALUES).decimal("test") == (
        transforms.physical_solution(kernel, VALUES).decimal("test")
    )
    with pytest.raises(InputError, match="an unknown or a parameter of the system"):
        transforms.change_unknowns(kernel, {"kappa": 1 / x})
    with pytest.raises(CertificateError, match="does not lead back"):
        transforms.change_unknowns(kernel, {"nu": 1 / x}, {"x": 2 / nu})


def test_limits_of(general):
    many, few = transforms.limits_of(general, {"lam": -1})
    assert [str(e) for e in many.system.equations] == ["c*nu = 1", "c + T[1] = n"]
    assert [str(e) for e in few.system.equations] == ["c*nu = 1", "T02 + T11 = n"]
    assert [str(e) for e in transforms.limits_of(general, {lam: "-1"})[0].system.equations] == [
        "c*nu = 1",
        "c + T[1] = n",
    ]
    for growth, message in (
        ({"psi": -1}, "parameters of the system"),
        ({"lam": 0.5}, "exact"),
        ({}, "at least one"),
    ):
        with pytest.raises(InputError, match=message):
            transforms.limits_of(general, growth)
    with pytest.raises(InputError, match="measures of the system: B, T"):
        transforms.limits_of(general, {"lam": -1}, tails="Q")


def test_take_limit(general, kernel):
    limit = transforms.take_limit(general, {"n": ("psi2", 1)}, 1)
    assert {str(e) for e in limit.system.equations} == {str(e) for e in kernel.equations}
    assert limit.order["partly learned"] == ("degree 1",)
    same = transforms.take_limit(general, {n: (symbol("psi2"), "1")}, transforms.polynomial_levels(1))
    assert same.system == limit.system
    for growth, levels, message in (
        ({"q": ("psi2", 1)}, 1, "parameters of the system"),
        ({"n": ("psi2", 1.5)}, 1, "exact numbers"),
        ({"n": ("psi2", 1, 2)}, 1, "an expression"),
        ({"n": ("psi2", 1)}, "one", "separated levels"),
        ([("n", 1)], 1, "a mapping of"),
    ):
        with pytest.raises(InputError, match=message):
            transforms.take_limit(general, growth, levels)


def test_series_of(kernel):
    small = symbol("e")
    start, coefficients = transforms.series_of(kernel, "e", {"lam": 1 / small}, 2).observables["test"]
    assert start == 0
    names = {s.name: s for s in kernel.parameter_symbols()}
    assert coefficients[0] == names["F1sq"] + names["F_starsq"]
    assert sp.expand(coefficients[1] + 2 * names["F1sq"] * names["mu1sq"] * names["psi2"]) == 0
    with pytest.raises(DerivationError, match="not unique or not found"):
        transforms.series_of(kernel, small, {"lam": 1 / small}, 2, exponents={"nu": 5, "c": 0})
    for given, message in (
        (("lam", {"lam": 1 / small}, 2), "a symbol that the system does not have"),
        (("e", {"nu": 1 / small}, 2), "a parameter: F1sq"),
        (("e", {"lam": 1 / x}, 2), "expressions in e"),
        (("e", {"lam": 1 / small}, 0), "a positive integer"),
        (("e", {"lam": 1 / small}, 2, {"nu": 1}), "an integer for each of nu, c"),
    ):
        with pytest.raises(InputError, match=message):
            transforms.series_of(kernel, *given)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: transforms.eliminate(s, "nu"),
        lambda s: transforms.physical_solutions(s, VALUES),
        lambda s: transforms.follows(s, "train", "test"),
        lambda s: transforms.differentiate(s, "lam"),
        lambda s: transforms.substitute_spectrum(s, [(1, 2, 3)]),
        lambda s: transforms.change_unknowns(s, {"nu": 1 / x}),
        lambda s: transforms.limits_of(s, {"lam": -1}),
        lambda s: transforms.take_limit(s, {"n": ("psi2", 1)}, 1),
        lambda s: transforms.series_of(s, "e", {"lam": 1 / x}, 2),
    ],
)
def test_what_is_no_system_is_refused(ask, kernel):
    with pytest.raises(InputError, match="a FixedPointSystem"):
        ask("kernel-ridge")
    with pytest.raises(InputError, match="take its attribute `system`"):
        ask(transforms.differentiate(kernel, "lam"))


def test_numbers_are_exact_and_text_is_not_parsed(kernel):
    assert transforms.eliminate(kernel, "nu", {"lam": "0.1"}).algebra.environment
    for wrong in (0.1, "two", None, [1]):
        with pytest.raises(InputError, match="lam = "):
            transforms.eliminate(kernel, "nu", {"lam": wrong})
    for wrong in (0.5 * x, "nu + 1", object()):
        with pytest.raises(InputError, match="rule = "):
            transforms.change_unknowns(kernel, {"nu": wrong})
    with pytest.raises(InputError, match="values = "):
        transforms.eliminate(kernel, "nu", [("lam", 1)])
