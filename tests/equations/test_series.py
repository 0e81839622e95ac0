"""Truncated series and systems solved in them."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.series_solution import series_solution
from asymptotics.equations.system import Equation, FixedPointSystem, Measure, Observable, Parameter, Unknown
from asymptotics.equations.truncated import SeriesEvaluator, TruncatedSeries
from asymptotics.errors import DerivationError, InputError

x, e, m, z, nu, s, T = map(symbol, ["x", "e", "m", "z", "nu", "s", "T"])
FIELD = RationalField([x])
coefficients = st.lists(st.integers(-3, 3), min_size=4, max_size=4)


def series(numbers, start=0):
    return TruncatedSeries(start, tuple(FIELD(sp.Integer(v)) for v in numbers))


@settings(deadline=None)
@given(coefficients, coefficients, coefficients)
def test_truncated_arithmetic_is_a_ring(first, second, third):
    a, b, c = series(first), series(second), series(third)
    assert ((a * b) * c).coefficients == (a * (b * c)).coefficients
    assert (a * (b + c)).coefficients == (a * b + a * c).coefficients


@settings(deadline=None)
@given(coefficients, st.integers(-2, 2))
def test_the_inverse_is_an_inverse(numbers, start):
    a = series(numbers, start).trimmed()
    if not a.coefficients:
        with pytest.raises(DerivationError):
            a.inverse()
        return
    one = a * a.inverse()
    assert one.start == 0
    assert one.coefficients[0] == 1
    assert not any(one.coefficients[1:])


def test_an_average_becomes_its_moments():
    average = SpectralAverage(s / (s + nu), s, T)
    moments = [SpectralAverage(s**k, s, T) for k in range(6)]
    field = RationalField(moments)
    pole = TruncatedSeries(-1, (field(sp.S.One), 0, 0))
    value = SeriesEvaluator(field, e, 3, {nu: pole})(average).trimmed()
    assert value.start == 1
    assert [field.expression(c) for c in value.coefficients[:2]] == [moments[1], -moments[2]]


def catalan_system(conditions=()):
    """m (z + m) = 1: m = sum of Catalan numbers with alternating signs over odd powers of 1/z."""
    return FixedPointSystem(
        "catalan",
        (Parameter(z),),
        (Unknown(m),),
        (Equation(m * (z + m), sp.S.One),),
        observables=(Observable("square", m**2), Observable("ratio", 1 / m)),
        domain=Domain(tuple(conditions)),
    )


def test_catalan_numbers():
    solution = series_solution(catalan_system([Condition(m)]), e, {z: 1 / e}, 8)
    start, values = solution.unknowns[m]
    assert start == 1
    assert values == (1, 0, -1, 0, 2, 0, -5, 0)
    assert solution.coefficient("square", 2) == 1
    assert solution.coefficient("square", 0) == 0
    assert solution.coefficient("ratio", 1) == 1


def test_the_domain_picks_the_branch():
    """Both m ~ 1/z and m ~ -z solve the equation; only one is positive."""
    with pytest.raises(DerivationError, match="not unique"):
        series_solution(catalan_system(), e, {z: 1 / e}, 3)
    negative = series_solution(catalan_system([Condition(-m)]), e, {z: 1 / e}, 3)
    assert negative.unknowns[m][0] == -1


def test_powers_beyond_the_order_are_refused():
    solution = series_solution(catalan_system([Condition(m)]), e, {z: 1 / e}, 3)
    with pytest.raises(DerivationError, match="known to power"):
        solution.coefficient("square", 9)
    with pytest.raises(InputError, match="one of"):
        solution.coefficient("weather", 0)


def test_a_system_with_a_spectrum():
    """nu = z + T[s/(s + nu)]: the pole goes to infinity with z."""
    average = SpectralAverage(s / (s + nu), s, T)
    system = FixedPointSystem(
        "ridge",
        (Parameter(z),),
        (Unknown(nu),),
        (Equation(nu - z, average),),
        measures=(Measure(T, s),),
        domain=Domain((Condition(nu),)),
    )
    start, values = series_solution(system, e, {z: 1 / e}, 4).unknowns[nu]
    first, second = (SpectralAverage(s**k, s, T) for k in (1, 2))
    assert start == -1
    assert values[:3] == (1, 0, first)
    assert sp.expand(values[3] + second) == 0
