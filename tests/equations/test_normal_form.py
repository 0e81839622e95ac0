"""Averages in the Bernstein basis: the same value, and the same combination for the same mathematics."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.normal_form import normal_form
from asymptotics.errors import DerivationError

S, NU, NU2, T = (symbol(name) for name in ("s", "nu", "nu2", "T"))


def written_out(expression, definitions):
    return expression.xreplace({d.symbol: d.expression for d in definitions})


LEVELS = ((sp.Integer(3), 2), (sp.Rational(1, 4), 5))


def at_levels(expression):
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: sum(w * node.function.xreplace({node.variable: s}) for s, w in LEVELS),
    )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_value_is_kept_and_basis_has_one_degree(terms, degree):
    function = sum(c * S**k * NU ** (degree - k) for k, c in terms if k <= degree) / (S + NU) ** degree
    node = SpectralAverage(sp.sympify(function), S, T)
    (result,), definitions = normal_form([node], {S: (NU,)})
    assert sp.cancel(at_levels(written_out(result, definitions)) - at_levels(node)) == 0
    # The basis x^i w^j with i + j = m: the label says i and j. Without a pole it is the trace of one.
    labels = {definition.symbol.name[1:] for definition in definitions}
    assert labels == {"_0_0"} or len({sum(int(digit) for digit in label) for label in labels}) <= 1


def test_equal_mathematics_has_equal_normal_form():
    first = SpectralAverage(S / (S + NU), S, T) + SpectralAverage(S**2 / (S + NU) ** 2, S, T)
    second = SpectralAverage((2 * S**2 + S * NU) / (S + NU) ** 2, S, T)
    (a, b), definitions = normal_form([first, second], {S: (NU,)})
    assert sp.expand(a - b) == 0
    assert [str(d) for d in definitions] == ["T02 := T[s**2/(nu + s)**2]", "T11 := T[nu*s/(nu + s)**2]"]


def test_two_poles():
    node = SpectralAverage(S / ((S + NU) * (S + NU2)), S, T)
    (result,), definitions = normal_form([node], {S: (NU, NU2)})
    assert len(definitions) == 1
    assert sp.cancel(at_levels(written_out(result, definitions)) - at_levels(node)) == 0


@pytest.mark.parametrize("function", [1 / (S + 2), sp.sqrt(S), 1 / (S**2 + NU)])
def test_other_functions_of_the_eigenvalue_are_refused(function):
    with pytest.raises(DerivationError):
        normal_form([SpectralAverage(function, S, T)], {S: (NU,)})
