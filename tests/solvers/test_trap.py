"""The trap of the naive solve: from a start at one, root finders end on another branch and call it success."""

import math
import warnings

import mpmath
import numpy as np
import pytest
import scipy.optimize
import sympy as sp

import asymptotics as asy
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.scalar import scalar_problem
from asymptotics.models.library import stored_system
from asymptotics.solvers.scalar import solve_decreasing

LINEAR, TAIL = 0.25, 0.25 - 1 / (2 * math.pi)
PSI2 = 2.0
CASES = [(psi1, ridge) for psi1 in (0.5, 1.0, 2.0, 3.0, 8.0) for ridge in (1e-3, 1e-8)]
MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")


def trace(nu2):
    return LINEAR / (LINEAR + nu2) + TAIL / nu2


def equations(nu1, nu2, psi1, ridge):
    """The published pair of equations (Defilippis, Loureiro and Misiakiewicz 2024), as a user would write it."""
    return PSI2 - ridge / nu1 - trace(nu2), psi1 - psi1 * nu1 / nu2 - trace(nu2)


def physical(nu1, nu2, psi1):
    """Positive, and the trace of S(S+nu2)^{-1} below both sizes."""
    return nu1 > 0 and nu2 > 0 and trace(nu2) < min(psi1, PSI2)


def by_fsolve(psi1, ridge):
    found, _, status, _ = scipy.optimize.fsolve(
        lambda x: equations(x[0], x[1], psi1, ridge), (1.0, 1.0), full_output=True
    )
    return found, status == 1


def by_findroot(psi1, ridge):
    try:
        found = mpmath.findroot(lambda nu1, nu2: equations(nu1, nu2, psi1, ridge), (1, 1))
    except (ValueError, ZeroDivisionError):
        return (math.nan, math.nan), False
    return [float(x) for x in found], True


def by_nsolve(psi1, ridge):
    nu1, nu2 = sp.symbols("nu1 nu2")
    try:
        found = sp.nsolve(equations(nu1, nu2, psi1, ridge), (nu1, nu2), (1, 1))
    except (ValueError, ZeroDivisionError):
        return (math.nan, math.nan), False
    return [float(x) for x in found], True


@pytest.mark.parametrize("method", [by_fsolve, by_findroot, by_nsolve])
def test_naive_solves_fall_into_it(method):
    """Where the solver reports success, and the solution is not the physical one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = [(method(psi1, ridge), psi1) for psi1, ridge in CASES]
    wrong = [psi1 for (found, success), psi1 in results if success and not physical(*found, psi1)]
    assert len(wrong) >= 3


@pytest.mark.parametrize(("psi1", "ridge"), CASES)
def test_ours_does_not(psi1, ridge):
    regime = asy.Proportional(psi1, PSI2)
    double = asy.predict(MODEL, regime, ridge=ridge)
    precise = asy.predict(MODEL, regime, ridge=ridge, digits=50)
    ball = asy.predict(MODEL, regime, ridge=ridge, digits=30, certified=True)
    nu = precise.effective_ridge
    samples_left, features_left = PSI2 - trace(nu), psi1 - trace(nu)
    assert min(nu, samples_left, features_left) > 0
    assert (
        abs(samples_left * features_left * nu / (psi1 * nu.context.mpf(ridge)) - 1) < 1e-8
    )  # TAIL is a double
    assert double.effective_ridge == pytest.approx(float(precise.effective_ridge), rel=1e-14)
    assert ball.effective_ridge.contains(precise.effective_ridge)


def test_ours_from_any_start():
    """The bracketed iteration does not depend on its start, even an absurd one."""
    reduced = scalar_problem(stored_system("random-features", "proportional", "wide"))
    start = np.geomspace(1e-200, 1e200, 41)
    given = {"psi2": 2.0, "inv_p": 1 / 3, "gap": 1 / 3, "lam": 1e-8, "mu1sq": LINEAR, "mu_starsq": TAIL}

    def sides(nu, chosen):
        out = reduced.residual({**given, "nu": nu}, Float64(), None)
        return out["left"], np.full(nu.shape, 2.0), out["slope"], out["left"] - 2.0

    found = solve_decreasing(sides, start)
    assert np.all(found.status == asy.Status.SOLVED)
    expected = asy.predict(MODEL, asy.Proportional(3, 2), ridge=1e-8).effective_ridge
    assert found.value == pytest.approx(expected, rel=1e-13)
