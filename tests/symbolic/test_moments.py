"""Planar moments: against exact finite-size expectations, known numbers, and the derived systems."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.series_solution import series_solution
from asymptotics.equations.truncated import SeriesEvaluator, TruncatedSeries
from asymptotics.errors import DerivationError
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    dyson_equation,
    identity,
    linearize,
    norm2,
    ntr,
    replicate,
    slope,
    trace_system,
)
from tests.oracles.planar_moments import planar_inverse, planar_moments
from tests.symbolic.support import (
    FEATURE_RESOLVENT,
    FEATURES,
    W,
    X,
    d,
    deep_program,
    differences_to_planar,
    n,
    p,
    planar_ratio,
    scaled,
    z,
)

D = SpectralDimension("D", companions=("g",))
S, G = SpectralMatrix(D), SpectralMatrix(D, "g")
A = GaussianMatrix("A", n, D, variance=1 / n, column_covariance="s")
SAMPLE = (A.T @ A + z).inv()
U = GaussianMatrix("U", p, Dimension("k"))
THREE = X @ W @ U / n
SMALL = symbol("small")


def exact_trace(word):
    """E Tr of a word in standard Gaussian letters at finite sizes: every pairing, loops counted."""
    length = len(word)
    dimensions = [(m.rows, m.columns) if not t else (m.columns, m.rows) for m, t in word]
    total = sp.S.Zero
    for pairing in pairings(list(range(length))):
        if any(word[i][0] != word[k][0] for i, k in pairing):
            continue
        parent = list(range(2 * length))  # index 2i on the left of letter i, 2i + 1 on its right

        def root(node, parent=parent):
            while parent[node] != node:
                node = parent[node]
            return node

        for i in range(length):
            parent[root(2 * i + 1)] = root(2 * ((i + 1) % length))
        for i, k in pairing:
            same = word[i][1] == word[k][1]
            parent[root(2 * i)] = root(2 * k if same else 2 * k + 1)
            parent[root(2 * i + 1)] = root(2 * k + 1 if same else 2 * k)
        sizes = {}
        for i, (rows, columns) in enumerate(dimensions):
            sizes[root(2 * i)] = rows.size
            sizes[root(2 * i + 1)] = columns.size
        total += sp.Mul(*sizes.values())
    return sp.expand(total)


def pairings(items):
    """Every way to pair the items."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for k, partner in enumerate(rest):
        for others in pairings(rest[:k] + rest[k + 1 :]):
            yield [(first, partner), *others]


def expression_of(word):
    """The product of the letters."""
    result = identity((word[0][0].rows, word[0][0].columns)[word[0][1]])
    for matrix, transposed in word:
        result = result @ (matrix.T if transposed else matrix)
    return result


WORDS = [
    [(X, False), (X, True)] * 2,
    [(X, False), (X, True)] * 3,
    [(X, False), (W, False), (W, True), (X, True)],
    [(X, False), (W, False), (W, True), (X, True)] * 2,
    [(X, False), (W, False), (W, True), (W, False), (W, True), (X, True)],
]


@pytest.mark.parametrize("word", WORDS)
def test_planar_moments_are_the_leading_part_of_exact_expectations(word):
    scale = symbol("N")
    exact = exact_trace(word).subs({s: s * scale for s in (n.size, d.size, p.size)}, simultaneous=True)
    leading = sp.Poly(exact, scale).LC()
    planar = sp.expand(planar_moments(ntr(expression_of(word)), len(word) // 2)[-1] * word[0][0].rows.size)
    assert sp.expand(leading - planar) == 0


def test_wick_counting_knows_the_crossing_pairing():
    """E Tr (XX')^2 = n d (n + d + 1)."""
    sizes = n.size * d.size * (n.size + d.size + 1)
    assert sp.expand(exact_trace(WORDS[0]) - sizes) == 0


def test_moments_of_marchenko_pastur_are_narayana_polynomials():
    gamma = d.size / n.size
    moments = planar_moments(ntr((X @ X.T / d + z).inv()), 6, ridge=z)
    for k in range(1, 6):
        narayana = sum(sp.binomial(k, r + 1) * sp.binomial(k, r) / k * gamma ** (-r) for r in range(k))
        assert sp.cancel(moments[k + 1] * (-1) ** k - narayana) == 0


TRACES = {
    "marchenko-pastur": (ntr((X.T @ X / n + z).inv()), 6),
    "population covariance": (ntr(SAMPLE), 5),
    "another test covariance": (ntr(SAMPLE @ G @ SAMPLE), 5),
    "random features": (ntr(FEATURE_RESOLVENT), 5),
    "random features, dual": (ntr(X @ X.T @ (FEATURES @ FEATURES.T + z).inv()), 5),
    "three matrices": (ntr((THREE.T @ THREE + z).inv()), 6),
}


@pytest.mark.parametrize("name", TRACES)
def test_the_derived_system_has_the_planar_series_at_large_ridge(name):
    trace, order = TRACES[name]
    system = trace_system(trace)
    solution = series_solution(system, SMALL, {z: 1 / SMALL}, order)
    moments = planar_moments(trace, order, ridge=z)
    for k in range(order):
        assert sp.cancel(solution.coefficient("trace", k) - moments[k]) == 0
    assert moments[4] != 0


def test_the_pencil_has_the_moments_of_its_expression():
    linearization = linearize(FEATURE_RESOLVENT)
    blocks = planar_inverse(linearization.pencil, linearization.row, linearization.column, 3)
    traces = planar_moments(ntr(FEATURE_RESOLVENT), 3)
    for block, trace in zip(blocks, traces, strict=True):
        assert sp.cancel(linearization.coefficient * block - trace) == 0


@pytest.mark.parametrize("layers", [1, 2])
def test_observables_of_programs_are_slopes_of_the_planar_minimum(layers):
    for row in differences_to_planar(deep_program(layers), 3).values():
        assert row == [0, 0, 0, 0]


def test_cross_risks_are_slopes_of_the_planar_minimum():
    program = replicate(deep_program(1), ["A", "B", "beta", "epsilon"], [symbol("lam")])
    powers = {symbol("nu_1"): -2, symbol("nu_2"): -2, symbol("tau_r1_dual"): 1, symbol("tau_r2_dual"): 1}
    for row in differences_to_planar(program, 2, powers).values():
        assert row == [0, 0, 0]


def ridge_program(weight, data, dimension, sources=()):
    """Ridge regression with a weight in the test error."""
    a, u, r = Variable("a", dimension), Variable("u", dimension), Variable("r", data.rows)
    beta = DeterministicVector("beta", dimension)
    noise = GaussianVector("epsilon", data.rows, variance=symbol("noise"))
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u, weight),
        constraints={u: a - beta, r: data @ u - noise},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n, "norm": slope(lam)},
    )


def test_a_test_covariance_different_from_the_training_covariance():
    program = ridge_program(G, A, D)
    for row in differences_to_planar(program, 3).values():
        assert row == [0, 0, 0, 0]


def test_correlated_samples_and_features_have_a_spectrum_each():
    samples = SpectralDimension("M", spectrum="w", measure="V")
    data = GaussianMatrix("A", samples, D, variance=1 / n, row_covariance="w", column_covariance="s")
    program = ridge_program(S, data, D)
    system = program.deterministic_equivalent()
    assert {str(m.symbol) for m in system.measures} == {"B", "T", "V"}
    for row in differences_to_planar(program, 2).values():
        assert row == [0, 0, 0]


def dyson_residuals(program, order):
    """Residuals of the Dyson equation at the planar series of its traces, in the number of pairings."""
    factor = symbol("h")
    pencil = scaled(program, factor).pencil()
    plain = program.pencil()
    equation = dyson_equation(pencil)
    traces = {}
    for unknown in equation.unknowns:
        blocks = planar_inverse(plain, *unknown.inner, order)
        front = unknown.sign * unknown.variance / factor
        traces[unknown.symbol] = [
            sp.cancel(front * unknown.dimension.trace(unknown.weight * b)) for b in blocks
        ]
    field = RationalField([*pencil_symbols(pencil), *(c for row in traces.values() for c in row)])
    values = {u: TruncatedSeries(1, tuple(map(field, row))) for u, row in traces.items()}
    evaluator = SeriesEvaluator(field, factor, order + 1, values)
    return [evaluator(residual).trimmed() for residual in equation.equations()]


def pencil_symbols(pencil):
    """Every parameter of a pencil."""
    parts = [*pencil.deterministic.values(), *(q.matrix.variance for q in pencil.random)]
    sizes = [dimension.size for dimension in pencil.dimensions()]
    return sorted({s for part in [*parts, *sizes] for s in part.free_symbols}, key=str)


def test_a_matrix_used_twice_is_one_matrix():
    """Two heads on the same inputs, coupled: a two by two matrix of traces in each dimension."""
    first, second, both = Variable("a", d), Variable("b", d), Variable("c", d)
    r1, r2 = Variable("r1", n), Variable("r2", n)
    one, two = GaussianVector("e1", n), GaussianVector("e2", n)
    lam, mu = symbol("lam"), symbol("mu")
    program = QuadraticProgram(
        energy=norm2(r1) + 2 * norm2(r2) + lam * norm2(first) + lam * norm2(second) + mu * norm2(both),
        constraints={r1: X @ first - one, r2: X @ second - two, both: first - second},
    )
    equation = dyson_equation(program.pencil())
    assert sorted(u.symbol.name for u in equation.unknowns if u.dimension == d) == [
        "tau_a",
        "tau_a_b",
        "tau_b",
    ]
    for residual in dyson_residuals(program, 3):
        assert not residual.coefficients


def test_two_groups_of_features_on_the_same_data():
    """Predictors with two random layers side by side: one effective ridge."""
    inputs, q1, q2 = SpectralDimension("D"), Dimension("q1"), Dimension("q2")
    spectrum = SpectralMatrix(inputs)
    data = GaussianMatrix("A", n, inputs, column_covariance="s")
    left = GaussianMatrix("B", inputs, q1, variance=1 / q1)
    right = GaussianMatrix("C", inputs, q2, variance=1 / q2)
    u, r, a, c = Variable("u", inputs), Variable("r", n), Variable("a", q1), Variable("c", q2)
    beta = DeterministicVector("beta", inputs)
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    program = QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + lam * norm2(c) + q * norm2(u, spectrum),
        constraints={u: left @ a + right @ c - beta, r: data @ u},
        sources={t: 1, q: 0},
        observables={"test": slope(q)},
    )
    values = {"n": 7, "q1": 3, "q2": 5, "lam": 1}
    levels = {"T": [(0.5, 2), (1.0, 1), (0.2, 4)], "B": [(0.5, 1), (0.2, 2)]}
    (ratio,) = planar_ratio(program, values, levels, 1).values()
    assert ratio == pytest.approx(4, rel=0.1)


def test_two_fixed_vectors_have_a_part_together():
    """Targets beta and delta add up: their joint part is the polarization of the single one."""
    a, u, r = Variable("a", D), Variable("u", D), Variable("r", n)
    beta, delta = DeterministicVector("beta", D), DeterministicVector("delta", D, measure="C")
    q, lam = symbol("q"), symbol("lam")
    program = QuadraticProgram(
        energy=norm2(r) + lam * norm2(a) + q * norm2(u),
        constraints={u: a - beta - delta, r: A @ u},
        sources={q: 0},
        observables={"test": slope(q)},
    )
    system = program.deterministic_equivalent()
    names = [o.name for o in system.observables]
    assert names == ["minimum", "test", "test.beta", "test.delta", "test.beta_delta"]
    rename = {symbol("B20"): symbol("B_C20"), symbol("B11"): symbol("B_C11"), symbol("B02"): symbol("B_C02")}
    joint, single = system.observable("test.beta_delta"), system.observable("test.beta").xreplace(rename)
    assert sp.cancel(joint - 2 * single) == 0
    for row in differences_to_planar(program, 2).values():
        assert row == [0, 0, 0]


def test_what_has_no_expansion_is_refused():
    with pytest.raises(DerivationError, match="does not contain the ridge"):
        planar_moments(ntr((X.T @ X + 1).inv()), 2, ridge=z)
    with pytest.raises(DerivationError, match="no deterministic part"):
        planar_moments(ntr((X.T @ X).inv()), 2)


def test_words_that_cannot_pair_have_mean_zero():
    Q = GaussianMatrix("Q", d, d)
    assert planar_moments(ntr(Q @ Q), 1) == (0, 0)
    assert planar_moments(ntr(Q @ Q.T), 1) == (0, d.size)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([X @ X.T, X @ W @ W.T @ X.T, (X @ X.T) @ (X @ X.T)]), min_size=1, max_size=3))
def test_planar_moments_do_not_depend_on_the_cyclic_order(parts):
    first, second = parts[0], parts[-1]
    for other in itertools.islice(parts, 1, None):
        first, second = first @ other, other @ second
    left, right = planar_moments(ntr(first), 6), planar_moments(ntr(second.T), 6)
    assert len(left) == len(right)
    rotated = parts[0]
    whole = parts[-1]
    for other in parts[1:]:
        rotated = rotated @ other
    for other in parts[:-1]:
        whole = whole @ other
    assert planar_moments(ntr(rotated), 6) == planar_moments(ntr(whole), 6)
