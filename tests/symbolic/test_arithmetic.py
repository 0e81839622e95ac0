"""Energies, linear forms, slopes and sizes in formulas: what works, and what is refused in words."""

from __future__ import annotations

import operator
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.records import record_text, system_from_text
from asymptotics.errors import InputError
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    inner,
    norm2,
    ntr,
    slope,
    trace_system,
)
from asymptotics.symbolic.matrices import LinearForm
from asymptotics.symbolic.programs import Energy
from tests.symbolic.support import group_program, solved

n, d = Dimension("n"), Dimension("d")
X = GaussianMatrix("X", n, d)
a, b, r = Variable("a", d), Variable("b", d), Variable("r", n)
beta = DeterministicVector("beta", d)
lam, t = symbol("lam"), symbol("t")


def coefficients(energy):
    return [term.coefficient for term in energy.terms]


ENERGIES = {
    "sum": (sum([norm2(a), norm2(b)]), [1, 1]),
    "sum of one": (sum([lam * norm2(a)]), [lam]),
    "minus": (norm2(a) - norm2(b), [1, -1]),
    "negative": (-(lam * norm2(a)), [-lam]),
    "zero minus": (0 - norm2(a), [-1]),
    "minus zero": (norm2(a) - 0, [1]),
    "scalar on the right": (norm2(a) * lam, [lam]),
    "fraction": (norm2(a) * Fraction(1, 3), [sp.Rational(1, 3)]),
    "divided": (norm2(a) / 2, [sp.Rational(1, 2)]),
    "divided by a size": (norm2(a) / n, [1 / n.size]),
    "root": (sp.sqrt(n.size) * norm2(a), [sp.sqrt(n.size)]),
    "whole numpy number": (np.int64(3) * norm2(a), [3]),
    "all": (sum(k * norm2(v) / n for k, v in enumerate((a, b), 1)) - lam * inner(a, b), None),
}


@pytest.mark.parametrize("name", ENERGIES)
def test_energies_add_and_scale(name):
    energy, expected = ENERGIES[name]
    assert isinstance(energy, Energy)
    assert expected is None or coefficients(energy) == expected


FORMS = {
    "sum": (sum([X @ a, X @ b]), [1, 1]),
    "sum of vectors": (sum([a, b, beta]), [1, 1, 1]),
    "scalar on the right": ((X @ a) * lam, [lam]),
    "vector times scalar": (a * lam - b * 2, [lam, -2]),
    "divided": ((X @ a - r) / 2, [sp.Rational(1, 2), -sp.Rational(1, 2)]),
    "vector divided": (a / sp.sqrt(d.size), [1 / sp.sqrt(d.size)]),
    "by a size": ((X @ a) / n, [1 / n.size]),
    "zero": (0 - a + 0, [-1]),
    "negative": (-(a - b), [-1, 1]),
}


@pytest.mark.parametrize("name", FORMS)
def test_linear_forms_add_and_scale(name):
    form, expected = FORMS[name]
    assert isinstance(form, LinearForm)
    assert [term.coefficient for term in form.terms] == expected


WRONG_SCALARS = [0.5, 1j, "lam", None, np.float64(0.5), sp.Float(0.5), sp.pi, sp.sin(lam), sp.I, sp.oo, [1]]


@pytest.mark.parametrize("wrong", WRONG_SCALARS, ids=str)
@pytest.mark.parametrize("thing", [norm2(a), X @ a, a, slope(t)], ids=["energy", "form", "vector", "slope"])
def test_scalars_that_are_not_exact_are_refused(thing, wrong):
    for combine in (operator.mul, operator.truediv):
        with pytest.raises(InputError):
            combine(thing, wrong)
    with pytest.raises(InputError):
        wrong * thing


@pytest.mark.parametrize("thing", [norm2(a), X @ a, a, slope(t)], ids=["energy", "form", "vector", "slope"])
def test_what_is_no_sum_is_refused(thing):
    for wrong in (1, 2.5, "x", lam, None, n):
        with pytest.raises(InputError):
            thing + wrong
        with pytest.raises(InputError):
            wrong - thing
    with pytest.raises(InputError, match="divisor"):
        thing / 0
    with pytest.raises(InputError):
        sum([thing, 3])


@pytest.mark.parametrize("thing", [norm2(a), X @ a, a])
def test_what_is_not_linear_is_refused(thing):
    for wrong in (lambda: 1 / thing, lambda: thing**2, lambda: lam / thing, lambda: thing * thing):
        with pytest.raises(InputError):
            wrong()


def test_vectors_have_no_product():
    with pytest.raises(InputError, match="inner"):
        a @ b
    with pytest.raises(InputError, match="variable"):
        inner(beta, a)
    with pytest.raises(InputError, match="SpectralMatrix"):
        norm2(a, "s")
    with pytest.raises(InputError, match="energy"):
        norm2(a) + (X @ a)


def test_programs_of_something_else_are_refused():
    good = {a: X.T @ r - beta}
    QuadraticProgram(norm2(r) + norm2(a), good)
    for energy in (0, sum([]), lam, X @ a, "energy"):
        with pytest.raises(InputError, match="energy"):
            QuadraticProgram(energy, good)
    with pytest.raises(InputError, match="constraints"):
        QuadraticProgram(norm2(a), {beta: a})
    with pytest.raises(InputError, match="sources"):
        QuadraticProgram(norm2(a), good, {t: 0.5})
    with pytest.raises(InputError, match="slope"):
        QuadraticProgram(norm2(a), good, {t: 1}, {"test": t})


def test_sizes_in_formulas():
    assert n**2 == n.size**2 and sp.sqrt(n) == sp.sqrt(n.size)
    for wrong in (1.5, "n", 2j):
        for combine in (operator.add, operator.mul, operator.truediv, operator.sub):
            with pytest.raises(InputError):
                combine(n, wrong)


def ridge(scale, data, penalty, dimension=d):
    """Ridge regression with features and penalty scaled by some factors."""
    v, u = Variable("v", dimension), Variable("u", dimension)
    fixed, noise = (
        DeterministicVector("beta", dimension),
        GaussianVector("epsilon", n, variance=symbol("noise")),
    )
    q = symbol("q")
    return QuadraticProgram(
        energy=t * norm2(r) + penalty * norm2(v) + q * norm2(u),
        constraints={u: scale * v - fixed, r: data @ u - noise},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n},
    )


POINT = {"n": 2.0, "d": 1.5, "lam": 0.3, "noise": 0.2, "B": 1.0}


def test_roots_of_sizes_are_what_they_are_in_numbers():
    """Features divided by sqrt(n), a penalty with sqrt(d): the problem with the ridge rescaled."""
    root = ridge(1 / sp.sqrt(n.size), X, lam * sp.sqrt(d.size)).deterministic_equivalent()
    assert {p.symbol.name for p in root.parameters} == set(POINT)
    plain = ridge(sp.S.One, X, lam).deterministic_equivalent()
    one = solved(root, POINT).observables
    two = solved(plain, POINT | {"lam": 0.3 * POINT["d"] ** 0.5 * POINT["n"]}).observables
    for name, value in two.items():
        assert one[name] == pytest.approx(value, rel=1e-12)
    assert system_from_text(record_text(root)) == root


def test_roots_in_short_systems():
    program = group_program(2)
    (first, *others) = program.energy.terms
    scaled = QuadraticProgram(
        sp.sqrt(n.size) * program.energy / sp.sqrt(n.size),
        program.constraints, program.sources, program.observables, program.name,
    )  # fmt: skip
    assert scaled.deterministic_equivalent().digest == program.deterministic_equivalent().digest
    assert first.coefficient == t and others


def test_roots_of_a_size_with_a_spectrum():
    dimension = SpectralDimension("D")
    data = GaussianMatrix("A", n, dimension, column_covariance="s")
    levels = {"T": [(0.5, 2.0), (1.0, 1.0)], "B": [(0.5, 1.0), (1.0, 0.5)]}
    values = {"n": 2.0, "lam": 0.3, "noise": 0.2}
    root = ridge(1 / sp.sqrt(dimension.size), data, lam, dimension).deterministic_equivalent()
    plain = ridge(sp.S.One, data, lam, dimension).deterministic_equivalent()
    one, two = (
        solved(root, values, levels).observables,
        solved(plain, values | {"lam": 0.9}, levels).observables,
    )
    for name, value in two.items():
        assert one[name] == pytest.approx(value, rel=1e-12)


def test_a_source_under_a_root_is_refused():
    program = ridge(sp.S.One, X, lam * sp.sqrt(t))
    with pytest.raises(InputError, match="under a root"):
        program.deterministic_equivalent()


def test_roots_in_traces():
    z = symbol("z")
    root = trace_system(ntr(((X / sp.sqrt(n.size)).T @ (X / sp.sqrt(n.size)) + z).inv()))
    plain = trace_system(ntr((X.T @ X / n + z).inv()))
    assert (
        root.digest == plain.digest
        or sp.expand(root.equations[0].residual - plain.equations[0].residual) == 0
    )


def test_powers_of_a_spectrum_stay():
    dimension = SpectralDimension("D")
    assert (SpectralMatrix(dimension) ** sp.Rational(1, 2)).function == sp.sqrt(dimension.eigenvalue)


def test_a_ridge_that_is_a_root_of_a_size():
    root = trace_system(ntr((X.T @ X + sp.sqrt(n.size)).inv()))
    plain = trace_system(ntr((X.T @ X + symbol("z")).inv()))
    (one,) = solved_traces(root, {"n": 4.0, "d": 3.0})
    (two,) = solved_traces(plain, {"n": 4.0, "d": 3.0, "z": 2.0})
    assert one == pytest.approx(two, rel=1e-12)


def solved_traces(system, values):
    """The positive solution of one equation."""
    (unknown,) = system.unknown_symbols()
    point = {symbol(name): value for name, value in values.items()}
    roots = sp.Poly(
        sp.fraction(sp.together(system.equations[0].residual.xreplace(point)))[0], unknown
    ).nroots()
    return [
        float(system.observable("trace").xreplace(point | {unknown: x})) for x in roots if x.is_real and x > 0
    ]


def test_traces_stand_alone():
    """A sum of traces is a trace of a sum, or two traces with their own names."""
    trace = ntr(X.T @ X)
    for wrong in (operator.add, operator.sub, operator.mul, operator.truediv):
        with pytest.raises(InputError, match="add and scale inside"):
            wrong(trace, 2)
    with pytest.raises(InputError, match="add and scale inside"):
        sum([trace, trace])
    with pytest.raises(InputError, match="a matrix or an expression"):
        ntr(norm2(a))
    assert str(ntr(2 * (X.T @ X))) == "ntr(2*X' X)"
