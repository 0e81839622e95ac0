"""Trace systems: the equations of known laws, merged unknowns, agreement with sampled matrices."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic import (
    GaussianMatrix,
    SpectralDimension,
    SpectralMatrix,
    linearize,
    ntr,
    trace_system,
)
from tests.symbolic.support import FEATURE_RESOLVENT, FEATURES, THETA, W, X, a, b, d, n, p, z

D = SpectralDimension("D", companions=("g",))
S, G = SpectralMatrix(D), SpectralMatrix(D, "g")
A = GaussianMatrix("A", n, D, variance=1 / n, column_covariance="s")
SAMPLE = (A.T @ A + z).inv()


def test_marchenko_pastur():
    """ntr (X'X/n + z)^-1 = m solves z (d/n) m^2 + (1 - d/n + z) m - 1 = 0."""
    system = trace_system(ntr((X.T @ X / n + z).inv()))
    (unknown,) = system.unknown_symbols()
    m = sp.Symbol("m", positive=True)
    (value,) = sp.solve(system.observable("trace") - m, unknown)
    numerator = sp.fraction(sp.together(system.equations[0].residual.subs(unknown, value)))[0]
    law = z * d * m**2 + (n - d + n * z) * m - n
    quotient, remainder = sp.div(numerator, law, m)
    assert remainder == 0
    assert not sp.sympify(quotient).subs(m, 1).is_zero


def test_the_companion_trace_differs_by_the_zero_eigenvalues():
    """n ntr (XX'/n + z)^-1 - d ntr (X'X/n + z)^-1 = (n - d)/z at the derived equations."""
    system = trace_system({"left": ntr((X @ X.T / n + z).inv()), "right": ntr((X.T @ X / n + z).inv())})
    difference = n * system.observable("left") - d * system.observable("right") - (n - d) / z
    residuals = [e.residual for e in system.equations]
    numerator = sp.fraction(sp.cancel(difference))[0]
    remainder = sp.reduced(numerator, residuals, *system.unknown_symbols())[1]
    assert sp.expand(remainder) == 0


def test_population_covariance_gives_the_effective_ridge():
    """nu (n - T[s/(s+nu)]) = n z and D ntr R = T[nu/(s+nu)]/z."""
    system = trace_system(ntr(SAMPLE))
    nu = symbol("nu")
    assert system.unknown_symbols() == (nu,)
    averages = {x.symbol.name: x.symbol for x in system.definitions}
    law = nu * (n - averages["T01"]) - n * z
    assert sp.cancel(system.equations[0].residual / law).is_number
    assert set(averages) == {"T01", "T10"}


def test_a_test_covariance_that_is_not_the_training_covariance():
    """Tr G R G' R over a companion spectrum: one effective ridge, weighted measures, no extra unknown."""
    system = trace_system({"two": ntr(SAMPLE @ G @ SAMPLE), "one": ntr(SAMPLE)})
    assert system.unknown_symbols() == (symbol("nu"),)
    assert [str(m.symbol) for m in system.measures] == ["T", "T_g"]
    assert not any(symbol("g") in q.expression.free_symbols for q in system.definitions)


def test_two_resolvents_cost_no_more_unknowns_than_one():
    one = trace_system(ntr(FEATURE_RESOLVENT))
    two = trace_system({"square": ntr(FEATURE_RESOLVENT @ FEATURE_RESOLVENT), "one": ntr(FEATURE_RESOLVENT)})
    assert len(two.unknowns) == len(one.unknowns) == 2


def test_cyclic_order_does_not_matter():
    first = trace_system(ntr(X.T @ X @ (X.T @ X / n + z).inv()))
    second = trace_system(ntr((X.T @ X / n + z).inv() @ X.T @ X))
    assert first.observables[0].expression == second.observables[0].expression
    assert [e.residual for e in first.equations] == [e.residual for e in second.equations]


def test_the_resolvent_identity_holds_for_traces():
    """ntr R (X'X/n) = 1 - z ntr R."""
    kernel = X.T @ X / n
    resolvent = (kernel + z).inv()
    system = trace_system({"r": ntr(resolvent), "rk": ntr(resolvent @ kernel)})
    difference = sp.cancel(system.observable("rk") - 1 + z * system.observable("r"))
    residuals = [e.residual for e in system.equations]
    remainder = sp.reduced(sp.fraction(difference)[0], residuals, *system.unknown_symbols())[1]
    assert sp.expand(remainder) == 0


def test_only_traces_are_accepted():
    with pytest.raises(InputError, match="ntr"):
        trace_system({"x": FEATURE_RESOLVENT})
    with pytest.raises(ShapeError):
        ntr(X)


def _solution(system, values):
    """Solve a system numerically from its own domain: damped Newton in logarithms."""
    unknowns = system.unknown_symbols()
    residuals = [e.residual.subs(values) for e in system.equations]
    function = sp.lambdify([unknowns], residuals, "numpy")
    jacobian = sp.lambdify([unknowns], sp.Matrix(residuals).jacobian(unknowns), "numpy")
    conditions = sp.lambdify(
        [unknowns], [c.expression.subs(values) for c in system.domain.conditions], "numpy"
    )
    generator = np.random.default_rng(5)
    for _ in range(400):
        point = np.exp(generator.normal(size=len(unknowns), scale=2))
        for _ in range(60):
            step = np.linalg.solve(np.asarray(jacobian(point), float), np.asarray(function(point), float))
            while np.any(point - step <= 0):
                step = step / 2
            point = point - step
            if np.max(np.abs(step) / point) < 1e-13:
                break
        if np.max(np.abs(step) / point) < 1e-12 and np.all(np.asarray(conditions(point)) > 0):
            return dict(zip(unknowns, point, strict=True))
    raise AssertionError("no solution in the domain")


@pytest.mark.statistical
def test_traces_of_sampled_matrices():
    """Three traces of random-feature matrices of size about 300 within 2 percent.

    Fluctuations of normalized traces are of order 1/size (here below 0.5 percent over 20 seeds), so the false-alarm
    rate is below 1e-3.
    """
    sizes = {n: 260, d: 200, p: 320}
    values = {
        n.size: 260,
        d.size: 200,
        p.size: 320,
        a: sp.Rational(3, 2),
        b: sp.Rational(1, 2),
        z: sp.Rational(1, 10),
    }
    named = {
        "r": ntr(FEATURE_RESOLVENT),
        "rr": ntr(FEATURE_RESOLVENT @ FEATURE_RESOLVENT),
        "xr": ntr(X @ X.T @ (FEATURES @ FEATURES.T + z).inv()),
    }
    generator = np.random.default_rng(7)
    sample = {m: generator.normal(size=(sizes[m.rows], sizes[m.columns])) for m in (X, W, THETA)}
    features = (1.5 * sample[X] @ sample[W] + 0.5 * sample[THETA]) / 320
    inner = np.linalg.inv(features.T @ features + 0.1 * np.eye(320))
    outer = np.linalg.inv(features @ features.T + 0.1 * np.eye(260))
    measured = {
        "r": np.trace(inner) / 320,
        "rr": np.trace(inner @ inner) / 320,
        "xr": np.trace(sample[X] @ sample[X].T @ outer) / 260,
    }
    for name, trace in named.items():
        system = trace_system({name: trace})
        predicted = float(system.observable(name).subs(values).subs(_solution(system, values)))
        assert predicted == pytest.approx(measured[name], rel=0.02)


def test_the_pencil_of_a_term_is_the_smallest_of_its_rotations():
    rotated = linearize((X.T @ X / n + z).inv() @ X.T @ X)
    palindrome = linearize(X @ (X.T @ X / n + z).inv() @ X.T)
    system = trace_system(ntr((X.T @ X / n + z).inv() @ X.T @ X))
    assert palindrome.pencil.size < rotated.pencil.size
    assert f"pencil of {palindrome.pencil.size} blocks" in system.provenance.steps
