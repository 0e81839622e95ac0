"""Programs and expressions that several test files use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.series_solution import series_solution
from asymptotics.equations.system import FixedPointSystem
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
from asymptotics.symbolic.matrices import LinearForm
from asymptotics.symbolic.replicas import matrices_of
from tests.oracles.planar_moments import planar_slopes


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


def group_program(count: int, spectrum: bool = False) -> QuadraticProgram:
    """Groups of random features with their own constants on the same data, of the tutorial."""
    n, inputs = Dimension("n"), SpectralDimension("D") if spectrum else Dimension("d")
    weight = SpectralMatrix(inputs) if spectrum else None
    data = GaussianMatrix("X", n, inputs, column_covariance="s" if spectrum else 1)
    widths = [Dimension(f"p{k}") for k in range(1, count + 1)]
    u, r = Variable("u", inputs), Variable("r", n)
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    energy = t * norm2(r) + q * norm2(u, weight)
    beta = DeterministicVector("beta", inputs, measure="B" if spectrum else "F1sq")
    first, second = -beta, data @ u - label_noise(n)
    for k, width in enumerate(widths, 1):
        a, mu, star = Variable(f"a{k}", width), symbol(f"mu{k}"), symbol(f"star{k}")
        energy = energy + lam * norm2(a) + q * star**2 * norm2(a)
        first = first + mu * (GaussianMatrix(f"W{k}", inputs, width, variance=1 / inputs.size) @ a)
        second = second + star * (GaussianMatrix(f"Omega{k}", n, width) @ a)
    observables = {"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam)}
    return QuadraticProgram(energy, {u: first, r: second}, {t: 1, q: 0}, observables, f"{count} groups")


def deep_features(layers: int) -> QuadraticProgram:
    """Random features of random features: every layer has a linear part and independent noise of its own."""
    n, inputs = Dimension("n"), SpectralDimension("D")
    widths = [Dimension(f"p{k}") for k in range(1, layers + 1)]
    sizes = [symbol("d"), *(width.size for width in widths)]
    v = [Variable(f"v{k}", width) for k, width in enumerate(widths, 1)]
    u, r = Variable("u", inputs), Variable("r", n)
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    weights = [
        GaussianMatrix(f"W{k}", rows, columns, variance=1 / size)
        for k, (rows, columns, size) in enumerate(
            zip([inputs, *widths[:-1]], widths, sizes[:-1], strict=True), 1
        )
    ]
    energy = t * norm2(r) + q * norm2(u, SpectralMatrix(inputs)) + lam * norm2(v[-1])
    constraints = {u: symbol("mu1") * (weights[0] @ v[0]) - DeterministicVector("beta", inputs)}
    output = GaussianMatrix("X", n, inputs, column_covariance="s") @ u - label_noise(n)
    for k, width in enumerate(widths, 1):
        star = symbol(f"star{k}")
        energy = energy + q * star**2 * norm2(v[k - 1])
        output = output + star * (GaussianMatrix(f"Omega{k}", n, width) @ v[k - 1])
        if k > 1:
            constraints[v[k - 2]] = symbol(f"mu{k}") * (weights[k - 1] @ v[k - 1])
    constraints[r] = output
    observables = {"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam)}
    return QuadraticProgram(energy, constraints, {t: 1, q: 0}, observables, f"{layers} layers")


def label_noise(samples: Dimension) -> GaussianVector:
    """Label noise."""
    return GaussianVector("epsilon", samples, variance=symbol("noise"))


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
    constraints = {
        variable: LinearForm(tuple(replace(t, matrix=table.get(t.matrix, t.matrix)) for t in form.terms))
        for variable, form in program.constraints.items()
    }
    return replace(program, constraints=constraints)


def differences_to_planar(program: QuadraticProgram, order: int, exponents=None) -> dict[str, list[sp.Expr]]:
    """Derived observables minus slopes of the planar minimum, by number of pairings."""
    factor, small = symbol("h"), symbol("small")
    system = scaled(program, factor).deterministic_equivalent()
    solution = series_solution(system, small, {factor: small}, order + 3, exponents)
    return {
        name: [sp.cancel(solution.coefficient(name, k) - value) for k, value in enumerate(values)]
        for name, values in planar_slopes(program, order).items()
    }


def planar_ratio(
    program: QuadraticProgram, values: dict[str, float], levels: Levels, order: int, size: float = 0.01
) -> dict[str, float]:
    """By how much the distance to the planar series falls when every variance is halved: ``2**(order + 1)``."""
    series = planar_slopes(program, order)
    point = {symbol(name): value for name, value in values.items()}
    distances: dict[str, list[float]] = {name: [] for name in series}
    system = scaled(program, symbol("h")).deterministic_equivalent()
    for h in (size, size / 2):
        read = solved(system, {**values, "h": h}, levels).observables
        for name, coefficients in series.items():
            planar = sum(float(summed(c, levels).xreplace(point)) * h**k for k, c in enumerate(coefficients))
            distances[name].append(abs(read[name] - planar))
    return {name: first / second for name, (first, second) in distances.items() if first > 1e-13}


Levels = dict[str, list[tuple[Any, float]]]
"""For every measure its eigenvalues, numbers or tuples of them, with their weights."""


@dataclass(frozen=True)
class Solved:
    """A system at one point: unknowns, definitions, observables, all as doubles."""

    unknowns: dict[str, float]
    definitions: dict[str, float]
    observables: dict[str, float]


def solved(system: FixedPointSystem, values: dict[str, float], levels: Levels | None = None) -> Solved:
    """The branch of a system from a large ridge, by Newton's method in logarithms; spectra are sums over levels."""
    unknowns, lam = system.unknown_symbols(), symbol("lam")
    given = {symbol(name): value for name, value in values.items()}
    names = {d.symbol: summed(d.expression, levels or {}) for d in system.definitions}
    sides = [(e.left, e.right) for e in system.equations]
    for s in reversed(names):
        sides = [(left.xreplace({s: names[s]}), right.xreplace({s: names[s]})) for left, right in sides]
    residuals = [sp.log(left) - sp.log(right) if right != 0 else left for left, right in sides]
    derivatives = [sp.diff(r, u) * u for r in residuals for u in unknowns]
    call = sp.lambdify(
        [lam, *unknowns],
        [e.subs({k: v for k, v in given.items() if k != lam}) for e in [*residuals, *derivatives]],
    )
    size, x = len(unknowns), np.zeros(len(unknowns))
    for ridge in [given[lam] * 10.0**k for k in range(8, -1, -1)]:
        for _ in range(400):
            result = np.array(call(ridge, *np.exp(x)), dtype=float)
            step = np.linalg.solve(result[size:].reshape(size, size), -result[:size])
            x = x + step / max(1.0, np.max(np.abs(step)))
            if np.max(np.abs(step)) < 1e-9:  # the error is its square
                break
    point = {**given, **dict(zip(unknowns, np.exp(x), strict=True))}
    for s, e in names.items():
        point[s] = float(e.xreplace({k: sp.Float(v, 17) for k, v in point.items()}))
    read = {o.name: float(summed(o.expression, levels or {}).xreplace(point)) for o in system.observables}
    found = {d.symbol.name: point[d.symbol] for d in system.definitions}
    return Solved({u.name: point[u] for u in unknowns}, found, read)


def summed(expression: sp.Expr, levels: Levels) -> sp.Expr:
    """Averages written out as sums over levels."""

    def at(average: SpectralAverage, level: Any) -> sp.Expr:
        values = level if isinstance(level, tuple) else (level,)
        return average.function.xreplace(dict(zip(average.letters, values, strict=True)))

    rule = {a: sp.Add(*(w * at(a, s) for s, w in levels[a.measure.name])) for a in averages_in(expression)}
    return expression.xreplace(rule)
