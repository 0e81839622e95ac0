"""Complex ridges: continuation along an arc, and the certificate of the branch."""

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.lowering.program import Spectrum
from asymptotics.solvers.accuracy import Digits
from asymptotics.solvers.points import Points
from asymptotics.solvers.solution import Status
from asymptotics.solvers.solve import solve
from asymptotics.solvers.system import certified_branch
from tests.solvers.systems import random_features

CERTIFICATE = {"samples left": symbol("c"), "features left": symbol("h")}
LEVELS, TAIL = 8, 0.3


def spectral(count=500, seed=0):
    r = np.random.default_rng(seed)
    weights = {"T": 10 ** r.uniform(0, 2, LEVELS), "B": r.uniform(0, 1, LEVELS)}
    levels = Spectrum(10 ** r.uniform(-4, 1, LEVELS), weights, {"T": TAIL, "B": 0.1})
    lam = 10 ** r.uniform(-8, 3, count) * np.exp(0.999j * np.pi * r.uniform(-1, 1, count))
    return {
        "n": 10 ** r.uniform(-1, 3, count),
        "p": 10 ** r.uniform(-1, 3, count),
        "lam": lam,
        "noise": 0.5,
    }, levels


def iterated(inputs, levels):
    """The unique fixed point in the product of two half planes, by iteration of a map of it into itself."""
    n, p, xi = inputs["n"], inputs["p"], 1j * np.sqrt(inputs["lam"])
    s, m = levels.eigenvalues, levels.weights["T"]
    first = second = np.full(n.shape, 1j)
    for _ in range(20000):
        old = first, second
        first = n / (
            -xi - np.sum(m * s * second[:, None] / (1 - s * (first * second)[:, None]), 1) - TAIL * second
        )
        trace = np.sum(m * s * first[:, None] / (1 - s * (first * second)[:, None]), 1) + TAIL * first
        second = 1 / (-xi - trace / p)
        if max(np.max(np.abs(a / b - 1)) for a, b in zip(old, (first, second), strict=True)) < 1e-14:
            break
    return -1 / (first * second)


def test_against_the_iteration():
    inputs, levels = spectral()
    root = solve(random_features("general", certificate=CERTIFICATE), inputs, spectrum=levels)
    assert np.all(root.status == Status.SOLVED)
    assert root.unknowns["nu"] == pytest.approx(iterated(inputs, levels), rel=1e-12)


def test_conjugate_ridges_have_conjugate_solutions():
    inputs, levels = spectral(50)
    problem = random_features("general", certificate=CERTIFICATE)
    here = solve(problem, inputs, spectrum=levels)
    there = solve(problem, inputs | {"lam": inputs["lam"].conj()}, spectrum=levels)
    for name in ("nu", "c", "h"):
        assert here.unknowns[name] == pytest.approx(there.unknowns[name].conj(), rel=1e-14)
    assert here.observables["test"] == pytest.approx(there.observables["test"].conj(), rel=1e-12)


def test_the_real_half_line_is_the_limit():
    inputs, levels = spectral(50)
    problem = random_features("general", certificate=CERTIFICATE)
    real = solve(problem, inputs | {"lam": np.abs(inputs["lam"])}, spectrum=levels)
    close = solve(problem, inputs | {"lam": np.abs(inputs["lam"]) * np.exp(1e-9j)}, spectrum=levels)
    assert np.isrealobj(real.value)
    assert close.value == pytest.approx(real.value, rel=1e-8)


PROPORTIONAL = {
    "psi1": 0.5,
    "psi2": 2.0,
    "noise": 0.0,
    "F1sq": 1.0,
    "F_starsq": 0.0,
    "mu1sq": 0.25,
    "mu_starsq": 0.09,
}


@pytest.mark.parametrize("angle", [0.1, 1.0, 3.0, -2.0])
def test_other_branches_are_caught(angle):
    """Eliminating c and h leaves a polynomial in nu: of its roots one carries the certificate, and it is ours."""
    lam = 0.05 * np.exp(1j * angle)
    problem = random_features(certificate=CERTIFICATE)
    root = solve(problem, PROPORTIONAL | {"lam": np.array([lam])})
    mu, star, psi1, psi2 = (PROPORTIONAL[k] for k in ("mu1sq", "mu_starsq", "psi1", "psi2"))
    trace = np.poly1d([mu + star, star * mu])  # over nu (nu + mu)
    below = np.poly1d([1, mu, 0])
    roots = (
        (psi2 * below - trace) * (psi1 * below - trace) * np.poly1d([1, 0]) - lam * psi1 * below**2
    ).roots
    roots = roots[np.abs(roots) > 1e-6]  # multiplying by the denominators has added zero
    found = np.array([[nu, psi2 - trace(nu) / below(nu), psi1 - trace(nu) / below(nu)] for nu in roots]).T
    points = Points(problem, PROPORTIONAL | {"lam": lam}, None, len(roots))
    good = certified_branch(points, found)
    assert len(roots) >= 4 and good.sum() == 1
    assert root.status[0] == Status.SOLVED
    assert root.value[:, 0] == pytest.approx(found[:, good][:, 0], rel=1e-10)


def test_many_digits():
    lam = complex(0.03, -0.2)
    problem = random_features(certificate=CERTIFICATE)
    double = solve(problem, PROPORTIONAL | {"lam": np.array([lam])})
    precise = solve(problem, PROPORTIONAL | {"lam": lam}, Digits(40))
    nu, c, h = (precise.unknowns[name] for name in ("nu", "c", "h"))
    assert abs(c * h * nu / (lam * 0.5) - 1) < 1e-39
    assert complex(nu) == pytest.approx(double.unknowns["nu"][0], rel=1e-13)
