import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.functions.formulas.bounds import growth, lower_bound, nonnegative, upper_bound
from asymptotics.functions.formulas.branches import branch
from asymptotics.functions.formulas.enclosures import REAL, ball, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.functions.formulas.pieces import find_kinks


def formulas():
    leaves = st.sampled_from(["x", "1", "0.5", "pi", "-3", "x"])
    unary = [
        "abs",
        "tanh",
        "erf",
        "sigmoid",
        "relu",
        "gelu",
        "silu",
        "softplus",
        "sin",
        "atan",
        "elu",
        "sign",
        "he3",
        "exp",
        "cosh",
    ]

    def extend(inner):
        return st.one_of(
            st.tuples(st.sampled_from(unary), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
            st.tuples(inner, st.sampled_from(["2", "-1", "(1/2)", "(-2)"])).map(
                lambda p: f"({p[0]})**{p[1]}"
            ),
        )

    return st.recursive(leaves, extend, max_leaves=5)


def read(text):
    from asymptotics.errors import InputError

    try:
        return parse_formula(text).node
    except InputError:
        return None


@settings(max_examples=300, deadline=None)
@given(formulas(), st.floats(-60, 60))
def test_bounds_hold(text, point):
    """Every bound read off the tree holds at random points."""
    node = read(text)
    if node is None:
        return
    with working_precision(200):
        value = evaluate(node, ball(point), REAL)
        if not value.is_finite():
            return
        bound = growth(node)
        if bound is not None:
            size = 1 + abs(ball(point))
            assert (
                not abs(value)
                > bound.constant * size ** ball(bound.power) * (bound.rate * abs(ball(point))).exp()
            )
        if nonnegative(node):
            assert not value < 0
        below, above = lower_bound(node), upper_bound(node)
        assert below is None or (below > 0 and not value < below)
        assert above is None or not value > above


@settings(max_examples=200, deadline=None)
@given(formulas(), st.floats(-5, 5), st.floats(0, 1))
def test_branches_agree_up_to_the_next_kink(text, point, fraction):
    """The branch chosen at a point equals the formula at any other point of the same interval between kinks."""
    node = read(text)
    if node is None:
        return
    places = [float(k.evalf(20)) for k in find_kinks(node)[0]]
    left = max((k for k in places if k < point - 1e-6), default=-10.0)
    right = min((k for k in places if k > point + 1e-6), default=10.0)
    if any(abs(k - point) <= 1e-6 for k in places) or right - left < 1e-3:
        return
    other = left + 1e-6 + (right - left - 2e-6) * fraction
    with working_precision(150):
        resolved = branch(node, ball(point))
        one, two = evaluate(node, ball(other), REAL), evaluate(resolved, ball(other), REAL)
        if one.is_finite() and two.is_finite():
            assert one.overlaps(two)


@pytest.mark.parametrize(
    "text, constant, power, rate",
    [
        ("relu(x)", 1, 1, 0),
        ("tanh(x**9)", 1, 0, 0),
        ("x**3", 8, 3, 0),
        ("exp(-x**2)", 1, 0, 0),
        ("exp(x)", math.e, 0, 1),
    ],
)
def test_examples(text, constant, power, rate):
    bound = growth(parse_formula(text).node)
    assert (
        float(bound.constant) == pytest.approx(constant)
        and bound.power == power
        and float(bound.rate) == rate
    )


@pytest.mark.parametrize("text", ["exp(x**2)", "1/x", "log(abs(x))", "exp(exp(x))", "1/(x**2 - x + 1)"])
def test_unknown(text):
    assert growth(parse_formula(text).node) is None


def test_branch_removes_every_kink():
    node = parse_formula("max(min(x, 1), -1) + abs(x - 3)*tanh(relu(x)) + elu(x - 5)").node
    for place in (-2.0, -0.5, 0.5, 2.0, 4.0, 7.0):
        assert find_kinks(branch(node, ball(place))) == ((), ())
