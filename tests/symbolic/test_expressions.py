"""Expressions: shapes at birth, exact scalars, a canonical form, printing."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    identity,
    ntr,
)
from asymptotics.symbolic.matrices import LinearForm

n, d, p = map(Dimension, "ndp")
z = symbol("z")
X, W = GaussianMatrix("X", n, d), GaussianMatrix("W", d, p, variance=1 / p)
Y = GaussianMatrix("Y", n, d)
D = SpectralDimension("D", companions=("g",))
S, G = SpectralMatrix(D), SpectralMatrix(D, "g")


@pytest.mark.parametrize(
    "write",
    [
        lambda: X @ X,
        lambda: X.T @ W,
        lambda: X + W,
        lambda: X - W.T,
        lambda: X + 1,
        lambda: 1 - X,
        lambda: X.inv(),
        lambda: (X @ W).inv(),
        lambda: ntr(X),
        lambda: X**2,
        lambda: S @ X.T,
        lambda: (X @ X.T) @ (X.T @ X),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_where_it_is_written(write):
    with pytest.raises(ShapeError):
        write()


@pytest.mark.parametrize("scalar", [0.5, "2", None, sp.Float(1), [1], True])
def test_scalars_are_exact(scalar):
    with pytest.raises((InputError, TypeError)):
        X * scalar


def test_two_matrices_are_multiplied_with_at():
    with pytest.raises(InputError, match="A @ B"):
        X * W


def test_a_power_is_an_integer():
    with pytest.raises(InputError):
        (X @ X.T) ** Fraction(1, 2)


def test_the_error_names_both_sides_and_their_dimensions():
    with pytest.raises(ShapeError, match=r"\(X\) @ \(W'\).*not d and p"):
        X @ W.T


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (X + Y, Y + X),
        (2 * X + X, 3 * X),
        (X - X, 0 * X),
        ((X @ W).T, W.T @ X.T),
        ((X + Y).T, X.T + Y.T),
        (((X @ X.T) + z).inv().inv(), X @ X.T + z),
        ((2 * (X @ X.T + z)).inv(), (X @ X.T + z).inv() / 2),
        ((X @ X.T + z) @ (X @ X.T + z).inv(), identity(n)),
        ((X @ X.T + z).inv() ** 2, (X @ X.T + z).inv() @ (z + X @ X.T).inv()),
        ((X @ X.T + z) ** -1, (X @ X.T + z).inv()),
        ((X @ X.T + z) ** 0, identity(n)),
        (X @ (identity(d) * z), z * X),
        (S @ S, (S**2).expression()),
        (S @ G, G @ S),
        ((S + z).inv() @ S, S @ (S + z).inv()),
        ((X - Y) + Y, X.expression()),
        (sum([X, Y]), X + Y),
        (-(X - Y), Y - X),
        (X / n, (1 / n) * X),
        (X * Fraction(1, 3), X / 3),
    ],
)
def test_equal_mathematics_is_an_equal_value(left, right):
    assert left == right
    assert hash(left) == hash(right)


def test_transposing_twice_changes_nothing():
    expression = (X @ W + 2 * (X @ W)) @ (W.T @ W + z).inv()
    assert expression.T.T == expression
    assert expression.shape == (n, p)
    assert expression.T.shape == (p, n)


def test_symmetry_is_seen():
    resolvent = (X.T @ X + z).inv()
    assert resolvent.symmetric
    assert (resolvent @ resolvent).symmetric
    assert (X @ resolvent @ X.T).symmetric
    assert not (resolvent @ X.T @ Y @ resolvent).symmetric
    assert (X.T @ Y + Y.T @ X).symmetric


def test_letters_are_found_inside_inverses():
    assert ((X @ W @ W.T @ X.T + z).inv() @ Y).letters == (W, X, Y)


def test_text_and_latex():
    resolvent = (X.T @ X / n + z).inv()
    assert str(resolvent) == "(X' X/n + z)^-1"
    assert repr(ntr(resolvent)) == "ntr((X' X/n + z)^-1)"
    assert ntr(resolvent).latex() == r"\mathrm{ntr}\left(\left(\frac{1}{n} X^{\top} X + z\right)^{-1}\right)"
    assert str(1 - S @ (S + z).inv()) == "-s/(s + z) + 1"
    assert str(X - 2 * Y) == "X - 2*Y"


def test_a_matrix_times_a_vector_is_a_linear_form():
    a = Variable("a", p)
    beta = DeterministicVector("beta", D)
    assert isinstance(W @ a, LinearForm)
    assert isinstance(W.T @ Variable("u", d), LinearForm)
    assert isinstance(S @ beta, LinearForm)
    with pytest.raises(ShapeError):
        W @ beta


def test_dimensions_stand_for_their_sizes():
    assert 1 / p == 1 / p.size
    assert W.variance == 1 / p.size
    assert n / p == n.size / p.size
    assert 2 * n == 2 * n.size
    assert str(D.size) == "T[1]"


def test_letters_of_a_spectrum_are_checked():
    with pytest.raises(InputError, match="letter of the spectrum of D"):
        GaussianMatrix("A", n, D, column_covariance="x")
    with pytest.raises(InputError, match="no spectrum"):
        GaussianMatrix("A", n, D, row_covariance="s")
    with pytest.raises(InputError, match="companions"):
        SpectralDimension("D", spectrum="s", companions=("s",))
    with pytest.raises(InputError, match="exact number"):
        GaussianMatrix("A", n, D, variance=0.5)
