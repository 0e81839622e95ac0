"""Limits at random points of the quadrant: the finite system approaches them at the predicted power."""

from itertools import pairwise
from random import Random

import mpmath as mp
import pytest
import sympy as sp
from limit_support import LAM, NOISE, NU, C, Finite, N, P, number, slack

from asymptotics.equations.naming import symbol
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit

H, THETA1, THETA2 = symbol("h"), symbol("theta1"), symbol("theta2")
DEGREES = 6


def random_points(count, seed):
    """Kinds of points in turn, each at random: cells, the diagonal, integer lines, corners, moving ridges."""
    generator = Random(seed)

    def fractional(low=1):
        return sp.Rational(generator.randint(low * 7 + 1, 4 * 7 - 1), 7)

    found = []
    while len(found) < count:
        kind = len(found) % 7
        a, b, whole = fractional(0), fractional(0), sp.Integer(generator.randint(1, 3))
        ridge = sp.Integer(0)
        if kind in (0, 1):
            point = (a, b)
        elif kind == 2:
            point = (a, a)
        elif kind == 3:
            point = (whole + abs(a - b) + sp.Rational(2, 7), whole)
        elif kind == 4:
            point = (whole, whole + abs(a - b) + sp.Rational(2, 7))
        elif kind == 5:
            point = (whole, whole)
        else:
            point, ridge = (a, b), sp.Rational(generator.randint(-6, 6), 7)
        if max(point) < DEGREES - 2 and (kind == 2 or point[0] != point[1] or kind == 5):
            found.append((*point, ridge))
    return found


def explicit_levels():
    """Every degree explicit and no tail, as in the finite system."""
    levels = polynomial_levels(DEGREES - 1)
    return type(levels)(levels.explicit, None, levels.names)


def parameters(context, generator):
    mu = [context.mpf(generator.randint(5, 40)) / 50 for _ in range(DEGREES)]
    power = [context.mpf(generator.randint(5, 40)) / 30 for _ in range(DEGREES)]
    table = {symbol(f"mu{k}sq"): m for k, m in enumerate(mu)}
    table |= {symbol(f"F{k}sq"): f for k, f in enumerate(power)}
    table |= {LAM: context.mpf(3) / 10, NOISE: context.mpf(2) / 5}
    table |= {
        THETA1: context.mpf(generator.randint(3, 30)) / 10,
        THETA2: context.mpf(generator.randint(3, 30)) / 10,
    }
    return mu, power, table


def solve_limit(limit, table, guess, context):
    """Newton's method on the limit system, from the rescaled finite solution."""
    system = limit.system.expanded()
    unknowns = list(system.unknown_symbols())
    residuals = sp.Matrix([e.residual for e in system.equations])
    jacobian = residuals.jacobian(unknowns)
    values = context.matrix([guess[u] for u in unknowns])
    for _ in range(40):
        here = table | dict(zip(unknowns, values))
        right = context.matrix([number(r, here, context) for r in residuals])
        rows = [
            [number(jacobian[i, j], here, context) for j in range(len(unknowns))]
            for i in range(len(unknowns))
        ]
        step = context.lu_solve(context.matrix(rows), right)
        values = values - step
        if max(abs(s / v) for s, v in zip(step, values)) < context.mpf(10) ** (20 - context.dps):
            break
    assert all(v > 0 for v in values)
    return table | dict(zip(unknowns, values))


def finite_values(mu, power, table, point, d, context):
    kappa1, kappa2, rho = (context.mpf(int(x.p)) / int(x.q) for x in point)
    d = context.mpf(d)
    sizes = (table[THETA2] * d**kappa2, table[THETA1] * d**kappa1)
    return Finite(int(d), mu, power, context).solve(*sizes, table[LAM] * d**rho, table[NOISE])


POINTS = random_points(28, seed=4)
QUICK = 7


@pytest.mark.parametrize(
    "point", [*POINTS[:QUICK], *(pytest.param(p, marks=pytest.mark.slow) for p in POINTS[QUICK:])], ids=str
)
def test_finite_system_approaches_the_limit_at_the_predicted_power(point):
    context = mp.MPContext()
    context.dps = 320
    kappa1, kappa2, rho = point
    mu, power, table = parameters(context, Random(str(point)))
    values = {
        THETA1: sp.Rational(str(mp.nstr(table[THETA1], 5))),
        THETA2: sp.Rational(str(mp.nstr(table[THETA2], 5))),
    }
    growth = {N: (THETA2, kappa2), P: (THETA1, kappa1), LAM: (LAM, rho)}
    sign = [THETA1 - THETA2 if values[THETA1] > values[THETA2] else THETA2 - THETA1]
    limit = take_limit(slack(), growth, explicit_levels(), conditions=sign)
    exponents = {s: context.mpf(e.value.numerator) / e.value.denominator for s, e in limit.exponents.items()}

    far = 10**40
    _, unknown = finite_values(mu, power, table, point, far, context)
    guess = {u: unknown[u] / context.mpf(far) ** exponents[u] for u in (NU, C, H)}
    solved = solve_limit(limit, table, guess, context)
    for definition in limit.system.definitions:
        solved[definition.symbol] = number(definition.expression, solved, context)
    sizes = (10**2, 10**4, 10**6, 10**8, 10**20, far)
    finite = [finite_values(mu, power, table, point, d, context)[0] for d in sizes]
    for name in ("test", "train", "norm"):
        scale = limit.observables[name].value
        expected = number(limit.system.observable(name), solved, context)
        approach = limit.approach[name]
        unit = context.mpf(scale.numerator) / scale.denominator
        gaps = [found[name] / context.mpf(d) ** unit - expected for d, found in zip(sizes, finite)]
        delta = context.mpf(approach.exponent.value.numerator) / approach.exponent.value.denominator
        slope = context.log(abs(gaps[-1] / gaps[-2]), 10) / 20
        if approach.exact:
            coefficient, _ = limit.correction(name)
            ratio = gaps[-1] / context.mpf(10) ** (40 * delta) / number(coefficient, solved, context)
            assert abs(ratio - 1) < 1e-2, name
            assert abs(slope - delta) < 0.02, name
        else:
            assert slope < delta + 0.02, name
        if name == "test":
            assert all(abs(late) < abs(early) for early, late in pairwise(gaps[2:]))
