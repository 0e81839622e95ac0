"""The Dyson equation: the covariance map against Wick's rule, vanishing and equal traces."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, ShapeError
from asymptotics.symbolic import (
    Block,
    Dimension,
    GaussianMatrix,
    Pencil,
    Placement,
    SpectralDimension,
    dyson_equation,
    linearize,
)
from asymptotics.symbolic.covariance import covariance_terms
from asymptotics.symbolic.symmetry import nonzero_pattern
from tests.symbolic.support import FEATURE_RESOLVENT, W, X, d, deep_program, n, z


def wick_covariance(pencil, sizes, green):
    """E[X G X] by Wick's rule over matrix entries, for a block matrix G of scalars times identities.

    The pairing of a square matrix with itself without transpose is included here and must be of lower order.
    """
    blocks = pencil.blocks
    total = {}
    entries = []
    for place in pencil.random:
        rows, columns = sizes[place.matrix.rows], sizes[place.matrix.columns]
        for i, k in itertools.product(range(rows), range(columns)):
            scale = place.left * place.right
            entries.append((place.matrix, (i, k), (place.row, i), (place.column, k), scale))
            entries.append((place.matrix, (i, k), (place.column, k), (place.row, i), scale))
    for first, second in itertools.product(entries, repeat=2):
        if first[0] != second[0] or first[1] != second[1]:
            continue
        (left_block, left), (in_block, inside) = first[2], first[3]
        (out_block, outside), (right_block, right) = second[2], second[3]
        if blocks[in_block].dimension != blocks[out_block].dimension or inside != outside:
            continue
        value = first[0].variance * first[4] * second[4] * green(in_block, out_block)
        key = (left_block, left, right_block, right)
        total[key] = total.get(key, 0) + value
    return total


@pytest.mark.parametrize("case", ["ridge", "features", "shared"])
def test_the_covariance_map_is_wicks_rule_in_small_sizes(case):
    if case == "ridge":
        pencil = linearize((X.T @ X + z).inv()).pencil
    elif case == "features":
        pencil = linearize(FEATURE_RESOLVENT).pencil
    else:
        pencil = linearize((X.T @ X + z).inv() @ W @ W.T @ (X.T @ X + z).inv()).pencil
    sizes = {dimension: 2 + i for i, dimension in enumerate(pencil.dimensions())}
    values = {dimension.size: size for dimension, size in sizes.items()}

    def green(i, k):
        i, k = sorted((i, k))
        return sp.Symbol(f"G{i}_{k}")

    expected = wick_covariance(pencil, sizes, green)
    derived = {}
    for term in covariance_terms(pencil):
        trace = term.dimension.trace(term.weight * green(*term.inner)).subs(values)
        value = term.factor * term.variance * trace
        derived[term.outer] = derived.get(term.outer, 0) + value
    for (i, k), value in derived.items():
        assert sp.expand(value - expected.get((i, 0, k, 0), 0)) == 0
    for (i, left, k, right), value in expected.items():
        if sp.expand(value) != 0 and i <= k:
            assert left == right
            assert (i, k) in derived


def test_blocks_that_vanish_get_no_unknown():
    resolvent = (X.T @ X + z).inv()
    pencil = linearize(resolvent @ W @ W.T @ resolvent).pencil
    pattern = nonzero_pattern(pencil, covariance_terms(pencil))
    sample = dyson_equation(pencil)
    assert len(pattern) < sum(len(pencil.indices(dim)) ** 2 for dim in pencil.dimensions())
    assert all((min(u.inner), max(u.inner)) in pattern for u in sample.unknowns)


def test_equal_traces_share_an_unknown():
    resolvent = (X.T @ X / n + z).inv()
    one = dyson_equation(linearize(resolvent).pencil)
    three = dyson_equation(linearize(X @ resolvent).pencil)
    assert len(three.unknowns) == len(one.unknowns) == 2


def test_unknowns_are_positive_for_small_variances():
    """The first term of the series of every unknown of random features is positive."""
    equation = dyson_equation(linearize(FEATURE_RESOLVENT).pencil)
    small = sp.Rational(1, 10**6)
    values = {u.symbol: small for u in equation.unknowns}
    parameters = {symbol(x): 1 for x in "nabz"} | {symbol("d"): 2, symbol("p"): 3}
    for unknown, residual in zip(equation.unknowns, equation.equations(), strict=True):
        assert (values[unknown.symbol] - residual.subs(values).subs(parameters)) > 0


def test_a_pencil_without_inverse_is_refused():
    blocks = (Block("x", n), Block("y", d))
    with pytest.raises(DerivationError, match="singular"):
        dyson_equation(Pencil(blocks, {(0, 0): sp.S.One}, ()))


def test_a_random_matrix_alone_makes_a_singular_mean_invertible():
    """L = [[0, X], [X', 0]] plus nothing: the mean inverse exists although the mean is zero."""
    pencil = Pencil((Block("x", n), Block("y", d)), {}, (Placement(X, 0, 1),))
    equation = dyson_equation(pencil)
    assert len(equation.unknowns) == 2


def test_pencils_check_their_shapes():
    square = Dimension("m")
    with pytest.raises(ShapeError):
        Pencil((Block("x", n), Block("y", d)), {(0, 1): sp.S.One}, ())
    with pytest.raises(ShapeError):
        Pencil((Block("x", n), Block("y", square)), {}, (Placement(X, 0, 1),))
    with pytest.raises(ShapeError):
        Pencil((Block("x", d), Block("y", n)), {}, (Placement(X, 0, 1),))


def test_pencils_print_their_blocks():
    text = str(linearize((X.T @ X + z).inv()).pencil)
    assert "X'" in text
    assert text.count("\n") == 1


def test_covariances_enter_as_functions_of_the_spectrum():
    inputs = SpectralDimension("D")
    data = GaussianMatrix("A", n, inputs, variance=symbol("v"), column_covariance="s")
    equation = dyson_equation(linearize((data.T @ data + z).inv()).pencil)
    (over_samples,) = [u for u in equation.unknowns if u.dimension == n]
    (over_inputs,) = [u for u in equation.unknowns if u.dimension == inputs]
    assert over_inputs.weight == symbol("s")
    assert over_samples.weight == 1
    assert equation.entry(0, 0) == 1 / (z + symbol("s") * over_samples.symbol)


def test_the_random_features_program_has_four_traces():
    equation = dyson_equation(deep_program(1).pencil())
    assert [u.symbol.name for u in equation.unknowns] == ["tau_a", "tau_u_dual", "tau_u", "tau_r_dual"]
    assert "eta[a,a] = -tau_u_dual" in str(equation)
