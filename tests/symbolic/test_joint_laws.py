"""Averages over a joint law of several letters: models against the same ones with a block for every atom."""

from __future__ import annotations

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.equations.records import record_text, system_from_text
from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Spectrum
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
from tests.symbolic.support import label_noise, solved

n, d, p1, p2 = (Dimension(name) for name in ("n", "d", "p1", "p2"))
X = GaussianMatrix("X", n, d)
u, r = Variable("u", d), Variable("r", n)
t, q, lam = symbol("t"), symbol("q"), symbol("lam")
OBSERVABLES = {"test": slope(q), "train": slope(t) / n, "norm": slope(lam)}
BETA = DeterministicVector("beta", d, measure="F1sq")


def random_biases():
    """Random features whose constants are drawn for each feature: a joint law of (mu_1^2, mu_star^2)."""
    features = SpectralDimension("P", spectrum="m", companions=("c",))
    W = GaussianMatrix("W", d, features, variance=1 / d, column_covariance="m")
    Omega = GaussianMatrix("Omega", n, features, column_covariance="c")
    a = Variable("a", features)
    energy = t * norm2(r) + lam * norm2(a) + q * (norm2(u) + norm2(a, SpectralMatrix(features, "c")))
    constraints = {u: W @ a - BETA, r: X @ u + Omega @ a - label_noise(n)}
    return QuadraticProgram(energy, constraints, {t: 1, q: 0}, OBSERVABLES, "random biases")


def groups(atoms):
    """The same with a group of features for every atom."""
    energy, first, second = t * norm2(r) + q * norm2(u), -BETA, X @ u - label_noise(n)
    for k, (m, c, _) in enumerate(atoms, 1):
        width = Dimension(f"p{k}")
        a = Variable(f"a{k}", width)
        energy = energy + lam * norm2(a) + q * c * norm2(a)
        first = first + GaussianMatrix(f"W{k}", d, width, variance=m / d.size) @ a
        second = second + GaussianMatrix(f"Omega{k}", n, width, variance=c) @ a
    return QuadraticProgram(energy, {u: first, r: second}, {t: 1, q: 0}, OBSERVABLES)


def feature_blocks():
    """Two independent blocks of features with commuting covariances, as random and tangent features have."""
    inputs = SpectralDimension("D", companions=("m",))
    energy = t * norm2(r) + q * norm2(Variable("u", inputs))
    first = -DeterministicVector("beta", inputs)
    for width, letter in ((p1, "s"), (p2, "m")):
        a = Variable(f"a{letter}", width)
        energy = energy + lam * norm2(a)
        first = first + GaussianMatrix(f"W{letter}", inputs, width, 1 / width.size, row_covariance=letter) @ a
    output = GaussianMatrix("X", n, inputs) @ Variable("u", inputs) - label_noise(n)
    constraints = {Variable("u", inputs): first, r: output}
    return QuadraticProgram(energy, constraints, {t: 1, q: 0}, OBSERVABLES, "blocks of features")


def separate_inputs(atoms):
    """The same with a block of inputs for every atom: the blocks of features join them."""
    a = {letter: Variable(f"a{letter}", width) for letter, width in (("s", p1), ("m", p2))}
    energy = t * norm2(r) + lam * (norm2(a["s"]) + norm2(a["m"]))
    constraints, output = {}, -label_noise(n)
    for k, (s, m, _) in enumerate(atoms, 1):
        inputs = Dimension(f"d{k}")
        part = Variable(f"u{k}", inputs)
        energy = energy + q * norm2(part)
        first = -DeterministicVector(f"beta{k}", inputs, measure=f"B{k}")
        for letter, width, scale in (("s", p1, s), ("m", p2, m)):
            first = first + GaussianMatrix(f"W{letter}{k}", inputs, width, scale / width.size) @ a[letter]
        constraints[part] = first
        output = output + GaussianMatrix(f"X{k}", n, inputs) @ part
    return QuadraticProgram(energy, {**constraints, r: output}, {t: 1, q: 0}, OBSERVABLES)


def test_random_biases_are_groups():
    atoms = [(0.25, 0.09, 1.2), (0.64, 0.36, 0.7)]
    exact = [(symbol("m1"), symbol("c1"), 0), (symbol("m2"), symbol("c2"), 0)]
    system, apart = random_biases().deterministic_equivalent(), groups(exact).deterministic_equivalent()
    values = {"n": 1.5, "d": 1, "lam": 0.1, "F1sq": 1, "noise": 0.3}
    one = solved(system, values, {"T": [((m, c), w) for m, c, w in atoms]}).observables
    more = {"m1": 0.25, "c1": 0.09, "m2": 0.64, "c2": 0.36, "p1": 1.2, "p2": 0.7}
    two = solved(apart, values | more).observables
    assert one["test"] == pytest.approx(0.88801388966496692, rel=1e-12)
    for name in ("minimum", "test", "test.beta", "test.epsilon", "train", "norm"):
        assert one[name] == pytest.approx(two[name], rel=1e-12)


def test_blocks_of_features_at_a_joint_law_are_separate_inputs():
    atoms = [(1.0, 0.5, 2.0), (0.3, 0.8, 5.0)]
    exact = [(symbol(f"s{k}"), symbol(f"m{k}"), 0) for k in (1, 2)]
    system, apart = (
        feature_blocks().deterministic_equivalent(),
        separate_inputs(exact).deterministic_equivalent(),
    )
    values = {"n": 6.0, "p1": 4.0, "p2": 3.0, "lam": 0.2, "noise": 0.3}
    levels = {"T": [((s, m), w) for s, m, w in atoms], "B": [((s, m), 0.7) for s, m, _ in atoms]}
    one = solved(system, values, levels).observables
    more = {"s1": 1.0, "m1": 0.5, "d1": 2.0, "s2": 0.3, "m2": 0.8, "d2": 5.0, "B1": 0.7, "B2": 0.7}
    two = solved(apart, values | more).observables
    for name in ("minimum", "test", "test.epsilon", "train", "norm"):
        assert one[name] == pytest.approx(two[name], rel=1e-11)


@pytest.mark.parametrize("program", [random_biases(), feature_blocks()], ids=["biases", "blocks"])
def test_joint_laws_are_recorded_and_printed(program):
    system = program.deterministic_equivalent()
    again = system_from_text(record_text(system))
    assert again == system and again.digest == system.digest
    assert {len(m.variable) for m in again.measures} == {2}
    letters = ", ".join(map(str, system.measures[-1].variable))
    assert f"T[f({letters})]: trace over" in str(system) and "joint law" in str(system)
    assert system.latex()


def test_joint_laws_are_lowered():
    """The eigenvalues of a joint law are given by letter; averages agree with sums, far from overflow too."""
    system = feature_blocks().deterministic_equivalent()
    names = [s.name for s in (*system.parameter_symbols(), *system.unknown_symbols())]
    averages = [x for x in system.definitions if not x.symbol.name.startswith("R")]
    program = lower({x.symbol.name: x.symbol for x in averages}, names, averages, system.measures)
    letters = {"s": np.array([1.0, 0.3]), "m": np.array([0.5, 0.8])}
    weights = {"T": np.array([2.0, 5.0]), "B": np.array([0.7, 0.7])}
    spectrum = Spectrum(letters, weights, {"T": 0.0, "B": 0.0})
    values = {"n": 6.0, "p1": 4.0, "p2": 3.0, "lam": 0.2, "noise": 0.3, "tau_as": 1.5, "tau_am": 0.8}
    read = program(values | {"tau_r_dual": 2.0}, Float64(), spectrum)
    x, ws, wm = 1.0, 2.0 * letters["s"] * 1.5 / 4, 2.0 * letters["m"] * 0.8 / 3
    total = x + ws + wm
    assert read["T011"] == pytest.approx(np.sum(weights["T"] * ws * wm / total**2), rel=1e-14)
    assert read["B200"] == pytest.approx(np.sum(weights["B"] / total**2), rel=1e-14)
    far = program(values | {"tau_r_dual": 1e200, "tau_as": 1e100, "tau_am": 1e100}, Float64(), spectrum)
    assert far["T020"] + 2 * far["T011"] + far["T002"] == pytest.approx(7.0, rel=1e-14)


def test_a_denominator_that_is_not_linear_is_refused():
    """A covariance s*m beside s and m makes a denominator of degree two."""
    inputs = SpectralDimension("D", companions=("m",))
    v, a = Variable("v", inputs), Variable("a", p1)
    product = SpectralMatrix(inputs).function * SpectralMatrix(inputs, "m").function
    W = GaussianMatrix("W", inputs, p1, 1 / p1.size, row_covariance=product)
    noise = GaussianVector("epsilon", n, symbol("noise"))
    constraints = {
        v: W @ a - DeterministicVector("beta", inputs),
        r: GaussianMatrix("X", n, inputs) @ v - noise,
    }
    program = QuadraticProgram(t * norm2(r) + lam * norm2(a), constraints, {t: 1}, {"train": slope(t)})
    with pytest.raises(DerivationError, match="not linear"):
        program.deterministic_equivalent()
