"""Linearization: the corner of the inverse is the expression, exactly, at random rational matrices."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.symbolic import (
    Dimension,
    GaussianMatrix,
    Pencil,
    Placement,
    SpectralDimension,
    SpectralMatrix,
    identity,
    linearize,
)
from asymptotics.symbolic.substitution import Sample, represents

n, d, p = map(Dimension, "ndp")
a, b, y, z = map(symbol, "abyz")
D = SpectralDimension("D", companions=("g",))
S, G = SpectralMatrix(D), SpectralMatrix(D, "g")
A = GaussianMatrix("A", n, D, column_covariance="s")
X, W, Q = GaussianMatrix("X", n, d), GaussianMatrix("W", d, p), GaussianMatrix("Q", d, d)
Theta = GaussianMatrix("Theta", n, p)
Z = a * X @ W + b * Theta
FEATURE = (Z.T @ Z / p + z).inv()
OTHER = (Z.T @ Z / p + y).inv()
SAMPLE = (A.T @ A / n + z).inv()

CASES = {
    "sample covariance": ((X @ X.T / n + z).inv(), 2),
    "random features": (FEATURE, 4),
    "same resolvent twice": (FEATURE @ FEATURE, 8),
    "two resolvents": (FEATURE @ OTHER, 16),
    "three resolvents": (FEATURE @ OTHER @ FEATURE, 12),
    "resolvent around a function of the spectrum": (SAMPLE @ G @ SAMPLE, 4),
    "functions of the spectrum outside": (S @ SAMPLE @ S, 4),
    "non-symmetric inverse": ((Q + z).inv(), 2),
    "non-symmetric nested": ((Q @ Q + Q.T + z).inv() @ Q, 6),
    "nested inverses": ((1 + (1 + X @ (1 + W @ W.T).inv() @ X.T).inv() @ X @ X.T).inv(), 10),
    "inverse inside a congruence": (((Z @ (1 + W.T @ W).inv() @ Z.T) + z).inv(), 6),
    "a letter": (X.expression(), 4),
    "the identity": (identity(n), 2),
    "word and its transpose": (W @ W.T @ Q + Q.T @ W @ W.T, 6),
    "square of a sum": ((X.T @ X + z) ** 2, 5),
    "palindrome with a sum in the middle": (X.T @ (Theta @ Theta.T + 1) @ X, 5),
    "letter after a function of the spectrum": (G @ A.T, 4),
}


@pytest.mark.parametrize("name", CASES)
def test_the_corner_is_the_expression(name):
    expression, size = CASES[name]
    linearization = linearize(expression)
    assert represents(linearization, trials=3)
    assert linearization.pencil.size <= size


def test_the_pencil_of_random_features_has_four_blocks_and_three_letters():
    pencil = linearize(FEATURE).pencil
    assert pencil.size == 4
    assert sorted(placement.matrix.name for placement in pencil.random) == ["Theta", "W", "X"]


def test_zero_has_no_linearization():
    with pytest.raises(DerivationError):
        linearize(X - X)


def test_a_deliberate_error_in_the_pencil_is_seen():
    good = linearize(FEATURE)
    assert represents(good)
    assert not represents(replace(good, coefficient=-good.coefficient))
    wrong_constant = Pencil(
        good.pencil.blocks, {**good.pencil.deterministic, (1, 1): sp.Integer(-2)}, good.pencil.random
    )
    assert not represents(replace(good, pencil=wrong_constant))
    first, *rest = good.pencil.random
    doubled = Placement(first.matrix, first.row, first.column, 2 * first.left, first.right)
    assert not represents(
        replace(good, pencil=Pencil(good.pencil.blocks, good.pencil.deterministic, (doubled, *rest)))
    )


def test_a_sample_draws_every_value_once():
    sample = Sample(3)
    assert sample.matrix(X) is sample.matrix(X)
    assert sample.matrix(X).shape == (sample.size(n), sample.size(d))
    assert sample.scalar(z + 1) == sample.scalar(z) + 1
    assert sample.function(sp.sqrt(D.eigenvalue), D)[0].is_rational


def _positive(word):
    """A resolvent that exists at every sample."""
    return (word @ word.T + z).inv()


LEAVES = [
    X @ X.T,
    X @ W @ W.T @ X.T,
    X @ Q @ X.T,
    Z @ Theta.T,
    A @ G @ A.T,
    identity(n),
    _positive(X),
    _positive(Z),
]


@st.composite
def expressions(draw, depth=3):
    """Square expressions over the samples, built from every operation."""
    if depth == 0:
        return draw(st.sampled_from(LEAVES))
    kind = draw(st.sampled_from(["leaf", "sum", "product", "transpose", "resolvent", "scaled", "congruence"]))
    first = draw(expressions(depth=depth - 1))
    if kind == "sum":
        return first + draw(expressions(depth=depth - 1))
    if kind == "product":
        return first @ draw(expressions(depth=depth - 1))
    if kind == "transpose":
        return first.T
    if kind == "resolvent":
        return _positive(first)
    if kind == "scaled":
        return draw(st.sampled_from([-2, y, 1 / n])) * first
    if kind == "congruence":
        return first.T @ _positive(X) @ first
    return first


@settings(max_examples=40, deadline=None)
@given(expressions())
def test_any_expression_is_represented(expression):
    if expression.terms:
        assert represents(linearize(expression), trials=1)
