"""Random features: the declaration, and the derived equations against the published ones at exact points."""

from fractions import Fraction

import pytest
import sympy as sp

import asymptotics as asy
from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models.derive import derive
from derivations.published import defilippis

LEVELS = {
    sp.Rational(3): (2, sp.Rational(1, 2)),
    sp.Rational(1, 2): (7, sp.Rational(5, 3)),
    sp.Rational(1, 9): (20, 1),
}
"""Eigenvalue to multiplicity and power of the target."""


def test_declaration_reads_names_and_numbers():
    model = asy.RandomFeaturesRidge("ReLU", target={1: "1/3", 2: 0.25}, noise="0.1")
    assert str(model.activation) == "relu"
    assert model.target.powers == ((1, Fraction(1, 3)), (2, 0.25))
    assert model.noise == Fraction(1, 10)
    assert str(model) == "random-features ridge, activation relu, target {1: 1/3, 2: 0.25}, noise 1/10"


def test_short_form():
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/4"}, noise=0.1)
    assert repr(model) == "RandomFeaturesRidge('relu', {1: 1, 2: 1/4}, noise=0.1)"
    assert repr(model.activation) == "<Activation relu>"


def test_declarations_are_values():
    first = asy.RandomFeaturesRidge("relu", {1: 1}, "0.5")
    assert first == asy.RandomFeaturesRidge(asy.Activation.named("relu"), asy.Target({1: 1}), Fraction(1, 2))
    assert len({first, asy.RandomFeaturesRidge("relu", {1: 1}, "0.5")}) == 1
    with pytest.raises(AttributeError):
        first.noise = 0


def evaluate(expression, values):
    """Write averages as sums over `LEVELS`, and put numbers in."""

    def total(node):
        weight = {"T": lambda level: level[0], "B": lambda level: level[1]}[node.measure.name]
        return sum(weight(level) * node.function.xreplace({node.variable: s}) for s, level in LEVELS.items())

    written = expression.replace(lambda node: isinstance(node, SpectralAverage), total)
    return sp.nsimplify(written.xreplace(values))


@pytest.fixture(scope="module")
def point():
    """A solution of the equations with rational numbers: choose nu, c, h; the sizes and the ridge follow."""
    nu, c, h, noise = sp.Rational(2, 3), sp.Rational(5), sp.Rational(11, 2), sp.Rational(1, 4)
    trace = sum(count * s / (s + nu) for s, (count, _) in LEVELS.items())
    n, p = c + trace, h + trace
    return {"nu": nu, "c": c, "h": h, "n": n, "p": p, "lam": c * h * nu / p, "noise": noise}


def published_values(at):
    n, p, lam, noise, nu2 = (at[name] for name in ("n", "p", "lam", "noise", "nu"))
    nu1 = lam / at["c"]

    def trace(j, k):
        return sum(count * s**j / (s + nu2) ** k for s, (count, _) in LEVELS.items())

    def form(j, k):
        return sum(power * s**j / (s + nu2) ** k for s, (_, power) in LEVELS.items())

    assert defilippis.fixed_point(n, p, lam, nu1, nu2, trace(1, 1)) == [0, 0]
    bias = defilippis.bias(n, p, nu1, nu2, trace(2, 2), trace(1, 2), form(0, 2), form(1, 2))
    variance = defilippis.variance(n, p, nu1, nu2, trace(2, 2), noise)
    norm = defilippis.norm(
        n, p, lam, nu1, nu2, trace(2, 2), trace(1, 2), form(0, 1), form(0, 2), form(1, 2), noise
    )
    train = defilippis.train(n, lam, nu1, bias + variance, noise)
    return {"bias": bias, "variance": variance, "test": bias + variance, "train": train, "norm": norm / n,
            "norm_per_feature": norm / p}  # fmt: skip


def test_observables_equal_the_published_ones_exactly(point):
    system = derive("random-features").expanded()
    values = {symbol(name): value for name, value in point.items()}
    for equation in system.equations:
        assert sp.simplify(evaluate(equation.residual, values)) == 0
    for name, expected in published_values(point).items():
        assert sp.simplify(evaluate(system.observable(name), values) - expected) == 0, name


@pytest.mark.parametrize("chart", ["wide", "tall"])
def test_charts_are_the_same_system_in_other_coordinates(point, chart):
    system = derive("random-features", chart=chart).expanded()
    n, p, lam = point["n"], point["p"], point["lam"]
    gap, trace = 1 - (n / p if chart == "wide" else p / n), n - point["c"]
    coordinates = {"inv_p": 1 / p, "inv_n": 1 / n, "gap": gap, "lam_n": lam / n, "eta": 1 - trace / max(n, p)}
    values = {symbol(name): value for name, value in {**point, **coordinates}.items()}
    for equation in system.equations:
        sides = [evaluate(side, values) for side in (equation.left, equation.right)]
        # At this point p > n: only the wide chart is meant for it, but both are identities.
        assert sp.simplify(sides[0] - sides[1]) == 0
    for name, expected in published_values(point).items():
        assert sp.simplify(evaluate(system.observable(name), values) - expected) == 0, name


def test_equations_say_what_they_assume_and_whom_to_cite():
    history = derive("random-features").provenance
    assert any("Gaussian equivalence" in line for line in history.assumptions)
    assert "Defilippis2024" in history.references
    assert history.steps
