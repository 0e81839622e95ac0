"""The one-loop potential: known determinants, matrices that occur twice, and exact moments at finite size."""

from fractions import Fraction

import pytest
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.models import kernel_ridge_equations, random_features_equations
from asymptotics.symbolic import (
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    Variable,
    norm2,
    replicate,
    slope,
)
from asymptotics.symbolic.kept_traces import kept_traces
from asymptotics.symbolic.one_loop import one_loop

LEVELS = ((Fraction(2), 3), (Fraction(1, 3), 5), (Fraction(1, 7), 4))


def summed(expression):
    """Averages over a few levels."""
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: sum(m * node.function.subs(node.variable, sp.Rational(s)) for s, m in LEVELS),
    )


def trace(power, nu):
    return sum(m * (sp.Rational(s) / (sp.Rational(s) + nu)) ** power for s, m in LEVELS)


def random_features_point():
    """Exact sizes, ridge and traces: any c, nu and p are a solution for some n and ridge."""
    c, nu, p = sp.Rational(5, 3), sp.Rational(2, 5), 17
    total = trace(1, nu)
    lam = c * nu * (1 - total / p)
    values = {"n": c + total, "p": p, "lam": lam, "tau_r_dual": c, "tau_a": 1 / (c * nu), "tau_u": total / c}
    return {symbol(k): v for k, v in {**values, "tau_u_dual": c * nu - lam}.items()}, nu


def test_ridge_has_one_minus_df2_over_n():
    loop, nu, tau = one_loop(kernel_ridge_equations.program()), sp.Rational(2, 5), sp.Rational(7, 2)
    n = tau + trace(1, nu)
    values = {"n": n, "lam": tau * nu, "tau_r_dual": tau, "tau_u": trace(1, nu) / tau}
    found = summed(loop.determinant()).subs({symbol(k): v for k, v in values.items()})
    assert sp.nsimplify(found) == 1 - trace(2, nu) / n


def test_random_features_have_two_factors():
    values, nu = random_features_point()
    found = summed(one_loop(random_features_equations.program()).determinant()).subs(values)
    n, p, square = values[symbol("n")], values[symbol("p")], trace(2, nu)
    linear = sum(m * sp.Rational(s) / (sp.Rational(s) + nu) ** 2 for s, m in LEVELS)
    upsilon = (square + nu**2 * linear**2 / (p - square)) / n
    assert sp.nsimplify(found) == (1 - upsilon) * (1 - square / p)


def test_traces_are_kept_through_elimination():
    program = random_features_equations.program()
    kept = kept_traces(program, one_loop(program).equation)
    values, nu = random_features_point()
    known = {**values, symbol("nu"): nu}
    names = {d.symbol: d.expression for d in kept.definitions}
    for trace_symbol, expression in kept.expressions.items():
        assert summed(expression.subs(names)).subs(known) == values[trace_symbol]


def test_two_copies_on_the_same_randomness_add():
    """Overlaps between the copies fluctuate, symmetrically and antisymmetrically, and cancel where nothing couples."""
    program = random_features_equations.program()
    double = one_loop(replicate(program, ["A", "B", "beta", "epsilon"]))
    values, _ = random_features_point()
    named = {name.name: value for name, value in values.items()}
    both = {
        u.symbol: named[u.symbol.name.replace("1", "").replace("2", "")] for u in double.equation.unknowns
    }
    known = {**values, **both}
    even, odd = (summed(double.determinant(kind)).subs(known) for kind in (False, True))
    single = summed(one_loop(program).determinant()).subs(values)
    assert len(double.overlaps) == 16
    assert sp.nsimplify(even / odd) == sp.nsimplify(single**2)
    assert odd != 1


def test_a_square_matrix_between_correlated_blocks_is_refused():
    d = Dimension("d")
    X, x, y, noise = GaussianMatrix("X", d, d), Variable("x", d), Variable("y", d), GaussianVector("e", d)
    t = symbol("t")
    free = QuadraticProgram(t * norm2(y) + norm2(x), {y: X @ x - noise}, {t: 1}, {"train": slope(t)})
    assert len(one_loop(free).overlaps) == 2
    z = Variable("z", d)
    tied = QuadraticProgram(
        t * norm2(y) + norm2(x), {z: x - noise, y: X @ z + x}, {t: 1}, {"train": slope(t)}
    )
    with pytest.raises(DerivationError, match="square matrix X"):
        one_loop(tied)
