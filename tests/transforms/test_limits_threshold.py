"""Equal sizes and a vanishing ridge: leading terms cancel, and the next ones decide the balance."""

import mpmath as mp
import pytest
import sympy as sp
from limit_support import LAM, NU, C, Finite, N, P, general, slack

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit

H, THETA = symbol("h"), symbol("theta1")


def at_threshold(kappa, rho, last, system=None):
    growth = {N: (THETA, kappa), P: (THETA, kappa), LAM: (LAM, rho)}
    return take_limit(system or slack(), growth, polynomial_levels(last))


@pytest.mark.parametrize("kappa", [sp.Rational(1), sp.Rational(3, 2), sp.Rational(2)])
@pytest.mark.parametrize("rho", [sp.Rational(-1, 2), sp.Rational(-1)])
def test_risk_diverges_like_the_inverse_root_of_the_ridge(kappa, rho):
    limit = at_threshold(kappa, rho, 2)
    equations = [e.residual for e in limit.system.equations]
    assert any(sp.cancel(e / (H - C)) in (1, -1) for e in equations)
    assert limit.observables["test"].value == -rho / 2
    assert limit.exponents[C].value == kappa + rho / 2
    expected = {s.name for s in limit.system.unknown_symbols()}
    assert expected == {"nu", "c", "h"}


def test_finite_sizes_diverge_with_the_derived_constant():
    context = mp.MPContext()
    context.dps = 80
    mu = [context.mpf(x) / 100 for x in (16, 25, 9, 4)]
    power = [context.mpf(x) / 10 for x in (3, 10, 4, 2)]
    limit = at_threshold(1, -1, 3)
    lam, noise, ratio = context.mpf(1) / 50, context.mpf(1) / 5, context.mpf(2)
    gaps = []
    for d in (10**8, 10**12):
        found, values = Finite(d, mu, power, context).solve(ratio * d, ratio * d, lam / d, noise)
        table = {symbol(f"mu{k}sq"): m for k, m in enumerate(mu)}
        table |= {symbol(f"F{k}sq"): f for k, f in enumerate(power)}
        table |= {
            symbol("mu_starsq"): 0,
            symbol("F_starsq"): 0,
            symbol("noise"): noise,
            THETA: ratio,
            LAM: lam,
        }
        table |= {NU: values[NU] * d, C: values[C] / context.sqrt(d), H: values[H] / context.sqrt(d)}
        expression = limit.system.expand(limit.system.observable("test"))
        symbols = sorted(expression.free_symbols, key=lambda s: s.name)
        expected = sp.lambdify(symbols, expression, modules="math")(*(table[s] for s in symbols))
        gaps.append(abs(found["test"] / context.sqrt(d) / expected - 1))
    assert gaps[0] < 1e-3
    # The next term is smaller by the root of d.
    assert abs(context.log(gaps[0] / gaps[1], 10) - 2) < 0.05


def test_unequal_sizes_of_unknown_order_need_a_sign():
    growth = {N: (symbol("theta2"), 1), P: (THETA, 1), LAM: (LAM, -1)}
    with pytest.raises(DerivationError, match="state in `conditions`"):
        take_limit(general(), growth, polynomial_levels(1))
