"""Krawczyk's test: the full system of several unknowns, against the proof by a monotone equation."""

from fractions import Fraction

import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.balls import interval
from asymptotics.models.library import stored_system
from asymptotics.solvers.krawczyk import certify_system
from asymptotics.solvers.newton import solve_system
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

SYSTEM = stored_system("random-features", "proportional")
GIVEN = {"lam": "0.1", "noise": "0.5", "F1sq": 1, "F_starsq": "1/4", "mu1sq": "1/4", "mu_starsq": "0.09"}
MODEL = asy.RandomFeaturesRidge(
    asy.Activation.from_coefficients({1: "1/4"}, tail="0.09"), {1: 1, 2: "1/4"}, "0.5"
)


def given(psi1, psi2, **changes):
    return {"psi1": psi1, "psi2": psi2, **GIVEN, **changes}


def guess(parameters):
    values = {name: float(Fraction(value)) for name, value in parameters.items()}
    return solve_system(SYSTEM, values, start=at_infinite_ridge).unknowns


@pytest.mark.parametrize("digits", [12, 50, 200])
@pytest.mark.parametrize(("psi1", "psi2", "lam"), [(2, 3, "0.1"), (3, 2, "1/1000"), ("5/2", "5/2", "1/100")])
def test_two_proofs_meet(psi1, psi2, lam, digits):
    """Three unknowns in a box, and one unknown between two signs: the same solution, to every digit."""
    parameters = given(psi1, psi2, lam=lam)
    full = certify_system(SYSTEM, parameters, guess(parameters), digits=digits)
    scalar = asy.predict(MODEL, asy.Proportional(psi1, psi2), ridge=lam, digits=digits, certified=True)
    for name in ("test", "bias", "variance", "train", "norm"):
        assert full.observables[name].overlaps(getattr(scalar, name)), name
        assert float(full.observables[name].rad) < 10.0 ** (1 - digits) or digits > 300
    assert full.unknowns["nu"].overlaps(scalar.effective_ridge)
    assert full.box["nu"].contains(scalar.effective_ridge.mid)
    assert "train" in str(full) and full.unknowns["nu"].digits == digits
    assert digits > 12 or certify_system(SYSTEM, parameters, guess(parameters)).unknowns["nu"].digits == 16


def test_parameters_in_balls():
    parameters = given(2, 3)
    wide = parameters | {"lam": interval(Fraction(999, 10000), Fraction(1001, 10000))}
    found = certify_system(SYSTEM, wide, guess(parameters), digits=1)
    for lam in ("0.0999", "0.1", "0.1001"):
        exact = asy.predict(MODEL, asy.Proportional(2, 3), ridge=lam, digits=20)
        assert found.observables["test"].contains(exact.test)
        assert found.unknowns["nu"].contains(exact.effective_ridge)


def test_a_rough_guess_is_improved_and_rough_parameters_are_refused():
    parameters = given(2, 3)
    right = guess(parameters)
    near = {name: value * 1.05 for name, value in right.items()}
    assert (
        certify_system(SYSTEM, parameters, near)
        .unknowns["c"]
        .contains(certify_system(SYSTEM, parameters, right, digits=30).unknowns["c"].mid)
    )
    for low, high, refused in ((95, 105, None), (90, 110, "test fails"), (1, 10000, "no solution close")):
        wide = parameters | {"lam": interval(Fraction(low, 1000), Fraction(high, 1000))}
        if refused:
            with pytest.raises(PrecisionError, match=refused):
                certify_system(SYSTEM, wide, right, digits=1)
        else:
            assert certify_system(SYSTEM, wide, right, digits=1).box


def test_another_branch_is_outside_the_domain():
    """A zero of the equations with h negative is a zero, proved, and not a solution."""
    parameters = given("1/2", 2, lam="1/20", mu_starsq="0.0908")
    # Eliminating c and h leaves a cubic in nu: its other positive root has T > p.
    other = {"nu": 0.1139, "c": 0.5158, "h": -0.9842}
    with pytest.raises(PrecisionError, match="positive"):
        certify_system(SYSTEM, parameters, other)


@pytest.mark.parametrize(("value", "positive"), [(0.0, False), (-1.0, False), (1e-3, True)])
def test_guesses_are_positive(value, positive):
    parameters = given(2, 3)
    try:
        certify_system(SYSTEM, parameters, {**guess(parameters), "h": value})
        refused = False
    except PrecisionError as error:
        refused = "the guess is not positive" in str(error)
    assert refused != positive


def test_names_are_checked():
    with pytest.raises(InputError, match="spectral averages"):
        certify_system(stored_system("random-features"), {}, {})
    with pytest.raises(InputError, match="parameters"):
        certify_system(SYSTEM, {"psi1": 2}, {})
    with pytest.raises(InputError, match="guess"):
        certify_system(SYSTEM, given(2, 3), {"nu": 1})
