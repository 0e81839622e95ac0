"""Leading orders at infinite ridge: compared with solutions at a large ridge in many digits."""

from fractions import Fraction

import mpmath as mp
import pytest
import sympy as sp
from chains import S, T, groups, layers, solved

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Measure, Parameter, Unknown
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.library import stored_system
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

NAMES = [("random-features", "general", ""), ("random-features", "proportional", "")]
NAMES += [("random-features", "general", "wide"), ("kernel-ridge", "general", "")]


def relative_errors(system, ridge, tails=None):
    """Relative distance of the leading orders from the solution next to them at ridge 10^14."""
    names = [p.symbol for p in system.parameters]
    values = {s: mp.mpf(3 + k) / (2 + k % 3) for k, s in enumerate(names)}
    large = mp.mpf(10) ** 14
    values |= {symbol(name): large * (1 + k) for k, name in enumerate(ridge)}
    orders = at_infinite_ridge(system, ridge)
    solution, start = solved(system, values, orders, large, tails)
    return [abs(solution[u] / start[u] - 1) for u in orders]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tails", [None, {"T": 0.7, "B": 0.4}])
def test_library_systems_tend_to_their_leading_orders(name, tails):
    assert max(relative_errors(stored_system(*name), ["lam"], tails)) < 1e-8


@pytest.mark.parametrize("system", [layers(1), layers(3), groups(2)], ids=lambda s: s.name)
def test_chains_of_layers_and_groups(system):
    assert max(relative_errors(system, ["lam"])) < 1e-8


def test_twelve_unknowns_are_determined():
    orders = at_infinite_ridge(layers(5))
    assert [e for _, e in orders.values()] == [Fraction(1)] * 6 + [Fraction(-1)] * 6


def test_moments_of_the_spectrum_are_averages_of_powers():
    coefficient, exponent = at_infinite_ridge(layers(1))[symbol("df0")]
    assert coefficient.atoms(SpectralAverage) == {SpectralAverage(S, S, T)} and exponent == -1


def own(equations, unknowns, parameters=("lam", "n", "p"), name="own"):
    return FixedPointSystem(
        name,
        tuple(Parameter(symbol(s)) for s in parameters),
        tuple(Unknown(symbol(s)) for s in unknowns),
        tuple(Equation(e) for e in equations),
    )


def test_two_ridges_grow_in_a_fixed_ratio():
    lam, mu, n, p, x, y = (symbol(s) for s in ("lam", "mu", "n", "p", "x", "y"))
    system = own([x * (lam + y) - n, y * (mu + x) - p], ["x", "y"], ("lam", "mu", "n", "p"))
    orders = at_infinite_ridge(system, ["lam", "mu"])
    assert orders == {x: (n, Fraction(-1)), y: (lam * p / mu, Fraction(-1))}
    with pytest.raises(InputError, match="parameters of the system"):
        at_infinite_ridge(system, ["ridge"])


def test_a_joint_law_of_two_letters():
    lam, n, nu, g = symbol("lam"), symbol("n"), symbol("nu"), symbol("g")
    total = S + g * symbol("m")
    trace = SpectralAverage(total / (total + nu), (S, symbol("m")), T)
    system = FixedPointSystem(
        "joint",
        (Parameter(lam), Parameter(n), Parameter(g)),
        (Unknown(nu), Unknown(symbol("df"))),
        (Equation(symbol("df"), trace), Equation(n - symbol("df"), lam / nu)),
        measures=(Measure(T, sp.Tuple(S, symbol("m"))),),
    )
    orders = at_infinite_ridge(system)
    moment = SpectralAverage(total, (S, symbol("m")), T)
    assert orders == {nu: (1 / n, Fraction(1)), symbol("df"): (n * moment, Fraction(-1))}


def test_fractional_exponents():
    lam, n, x = symbol("lam"), symbol("n"), symbol("x")
    assert at_infinite_ridge(own([x**3 + n * x - lam], ["x"])) == {x: (sp.S.One, Fraction(1, 3))}


def test_a_balance_that_is_not_unique_is_refused():
    lam, n, x = symbol("lam"), symbol("n"), symbol("x")
    with pytest.raises(DerivationError, match="2 of 2 balances"):
        at_infinite_ridge(own([(x - lam) * (x - n)], ["x"]))
    with pytest.raises(DerivationError, match="0 of 0 balances"):
        at_infinite_ridge(own([x + lam], ["x"]))
