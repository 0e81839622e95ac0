"""Averages over a joint law in the barycentric basis: the same value, for any function."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage, letters_of
from asymptotics.equations.encoding import decode, encode
from asymptotics.equations.joint_form import joint_form
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, RecordError

S, G, NU, A, T = (symbol(name) for name in ("s", "g", "nu", "a", "T"))
LEVELS = ((3, 2, 1), (sp.Rational(1, 4), 5, 2))


def average(function):
    return SpectralAverage(function, (S, G), T)


def at_levels(expression):
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: sum(w * node.function.xreplace({S: s, G: g}) for s, g, w in LEVELS),
    )


def same(node, rule, definitions):
    table = {d.symbol: d.expression for d in definitions}
    return sp.cancel(at_levels(rule[node].xreplace(table)) - at_levels(node)) == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_the_value_is_kept(terms, degree):
    form = NU + A * S + 2 * G
    node = average(sp.Add(*(c * S**i * G**k for i, k, c in terms)) / form**degree)
    if node == 0:
        return
    rule, definitions = joint_form([node])
    assert same(node, rule, definitions)


def test_the_basis_is_of_one_degree_and_adds_to_one():
    one, two = average(S / (NU + A * S + G)), average(G * S / (NU + A * S + G) ** 2)
    rule, definitions = joint_form([one, two])
    assert {d.symbol.name for d in definitions} == {"T110", "T020", "T011"}
    assert same(one, rule, definitions) and same(two, rule, definitions)
    every, basis = joint_form([average(sp.S.One), two])
    binomials = {d.symbol.name: every[average(sp.S.One)].coeff(d.symbol) for d in basis}
    assert binomials == {"T200": 1, "T110": 2, "T101": 2, "T020": 1, "T011": 2, "T002": 1}


def test_letters_that_only_weigh_stay_weights():
    node = average(G * S / (NU + S) ** 2)
    rule, (definition,) = joint_form([node])
    assert definition.symbol.name == "T11_g" and same(node, rule, [definition])


@pytest.mark.parametrize(
    "function",
    [
        1 / ((NU + S) * (A + G)),
        S**2 / (NU + S + G),
        1 / (S + G) ** 2,
        S / (A * S + G) ** 2,
        1 / (S * (NU + G)),
    ],
)
def test_other_linear_denominators_have_a_basis_of_monomials(function):
    node = average(function)
    rule, definitions = joint_form([node])
    assert same(node, rule, definitions)


@pytest.mark.parametrize("function", [1 / (NU + S * G), sp.sqrt(S) / (NU + G), 1 / (NU + S + G**2)])
def test_denominators_that_are_not_linear_are_refused(function):
    with pytest.raises(DerivationError, match="not"):
        joint_form([average(function)])


def test_letters_are_bound():
    node = average(S / (NU + A * G))
    assert node.free_symbols == {NU, A} and node.letters == (S, G)
    assert node.subs(S, 2) == node and node.subs(G, 2) == node
    assert node.diff(NU) == average(-S / (NU + A * G) ** 2)
    assert SpectralAverage(S, (S,), T) == SpectralAverage(S, S, T)
    assert letters_of(node.variable) == (S, G) and letters_of(S) == (S,)


def test_joint_laws_are_encoded():
    node = average(S / (NU + A * G))
    assert encode(node)[2] == ["letters", "s", "g"]
    assert decode(encode(node)) == node
    for wrong in (["letters"], ["letters", "s"], ["letters", "s", "s"], ["letters", "s", "2"]):
        with pytest.raises(RecordError):
            decode(["average", "s", wrong, "T"])
