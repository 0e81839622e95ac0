"""Programs and expressions that several test files use."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.series_solution import series_solution
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    norm2,
    slope,
)
from asymptotics.symbolic.moments import planar_slopes
from asymptotics.symbolic.replicas import matrices_of, with_matrices


def deep_program(layers: int) -> QuadraticProgram:
    """Ridge regression on inputs with a spectrum, through a chain of random layers."""
    n, inputs = Dimension("n"), SpectralDimension("D")
    spectrum = SpectralMatrix(inputs)
    data = GaussianMatrix("A", n, inputs, column_covariance="s")
    names = ["p"] if layers == 1 else [f"p{i}" for i in range(1, layers + 1)]
    widths = [inputs, *map(Dimension, names)]
    letters = ["B"] if layers == 1 else [f"B{i}" for i in range(1, layers + 1)]
    weights = [
        GaussianMatrix(letter, rows, columns, variance=1 / columns)
        for letter, (rows, columns) in zip(letters, pairwise(widths), strict=True)
    ]
    hidden = [Variable(f"v{i}", widths[i]) for i in range(1, layers)]
    u, r, a = Variable("u", inputs), Variable("r", n), Variable("a", widths[-1])
    beta = DeterministicVector("beta", inputs)
    noise = GaussianVector("epsilon", n, variance=symbol("noise"))
    t, lam, q = symbol("t"), symbol("lam"), symbol("q")
    chain = [*hidden, a]
    constraints = {u: weights[0] @ chain[0] - spectrum ** sp.Rational(-1, 2) @ beta}
    constraints |= {hidden[i - 1]: weights[i] @ chain[i] for i in range(1, layers)}
    constraints[r] = data @ u - noise
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u, spectrum),
        constraints=constraints,
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam) / n.size},
        name="random-features" if layers == 1 else f"{layers} random layers",
    )


n, d, p = map(Dimension, "ndp")
a, b, z = map(symbol, "abz")
X = GaussianMatrix("X", n, d)
W = GaussianMatrix("W", d, p)
THETA = GaussianMatrix("Theta", n, p)
FEATURES = (a * X @ W + b * THETA) / p
FEATURE_RESOLVENT = (FEATURES.T @ FEATURES + z).inv()


def scaled(program: QuadraticProgram, factor: sp.Symbol) -> QuadraticProgram:
    """The program with every variance multiplied by a factor."""
    table = {m: replace(m, variance=factor * m.variance) for m in matrices_of(program)}
    return with_matrices(program, table)


def differences_to_planar(program: QuadraticProgram, order: int, exponents=None) -> dict[str, list[sp.Expr]]:
    """Derived observables minus slopes of the planar minimum, by number of pairings."""
    factor, small = symbol("h"), symbol("small")
    system = scaled(program, factor).deterministic_equivalent()
    solution = series_solution(system, small, {factor: small}, order + 3, exponents)
    return {
        name: [sp.cancel(solution.coefficient(name, k) - value) for k, value in enumerate(values)]
        for name, values in planar_slopes(program, order).items()
    }
