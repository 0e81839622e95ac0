"""Each guard alone: an input that must set it off beside one that must not, at its very threshold."""

import math
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest
import sympy as sp

import asymptotics as asy
from asymptotics.analysis import search
from asymptotics.errors import CertificateError, DerivationError, PrecisionError
from asymptotics.functions.expansions import rigorous_quadrature
from asymptotics.prediction import evaluate
from asymptotics.solvers.solution import Status
from asymptotics.symbolic import dyson
from asymptotics.transforms.limits import uniqueness
from asymptotics.transforms.limits.cells import IntegerForm
from asymptotics.transforms.limits.growth import Exponent

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="1/2")


def flagged(loss=0.0, cut=0.0, value=1.0, nu=0.5, monkeypatch=None):
    """The status of one solved point that rounding and truncation have cost so much."""
    eps = np.finfo(float).eps
    root = Namespace(status=np.array([Status.SOLVED]), condition=np.array([loss / eps]))
    points = Namespace(rounded=np.array([1.0]), gap_rounded=np.array([0.0]))
    monkeypatch.setattr(evaluate, "truncation_error", lambda *_: np.array([cut]))
    problem = Namespace(system=Namespace(observables=[Namespace(name="test")]))
    chart_problem = Namespace(system=problem.system, master="nu")
    singular, nearness = np.array([False]), np.array([0.0])
    data = Namespace(truncation=(1.0, 1), spectrum=None)
    values = {"test": np.array([value]), "nu": np.array([nu])}
    suspect = evaluate._flag(chart_problem, points, data, root, nearness, singular, values)
    assert suspect.tolist() == ([0] if loss > 1e-10 and not cut else [])
    assert np.isnan(values["test"][0]) == (not Status(int(root.status[0])).has_values)
    return Status(int(root.status[0]))


@pytest.mark.parametrize(
    ("given", "status"),
    [({"loss": 1e-10}, Status.SOLVED), ({"loss": 1.01e-10}, Status.ILL_CONDITIONED),
     ({"cut": 1e-12}, Status.SOLVED), ({"cut": 1.01e-12}, Status.ILL_CONDITIONED),
     ({"cut": 1.01e-12, "loss": 1.01e-10}, Status.ILL_CONDITIONED),
     ({"cut": 1e3}, Status.ILL_CONDITIONED), ({"cut": 1.01e3}, Status.OUT_OF_RANGE),
     ({"cut": 1.01e3, "nu": 1.01}, Status.ILL_CONDITIONED), ({"cut": 1.01e3, "nu": 0.99}, Status.OUT_OF_RANGE),
     ({"value": math.inf}, Status.OUT_OF_RANGE), ({"value": 1e308}, Status.SOLVED)],
)  # fmt: skip
def test_the_three_flags_begin_where_they_say(given, status, monkeypatch):
    assert flagged(**given, monkeypatch=monkeypatch) == status


@pytest.mark.parametrize(
    ("size", "limit", "kept"), [(4, True, False), (3, True, False), (2, True, True), (4, False, True)]
)
def test_more_samples_than_eigenvalues_that_are_kept_have_no_root(size, limit, kept, monkeypatch):
    """Without a ridge, of infinitely many eigenvalues of which three are kept: said, instead of not converged."""
    monkeypatch.setattr(evaluate, "truncation_error", lambda *_: np.array([0.0]))
    root = Namespace(status=np.array([Status.NOT_CONVERGED]), condition=np.array([0.0]))
    points = Namespace(rounded=0.0, gap_rounded=0.0, limit=np.array([limit]), size=np.array([size]))
    levels = Namespace(eigenvalues=np.array([2.0, 1.0, 0.0]), weights={"T": np.array([1.0, 2.0, 9.0])})
    problem = Namespace(system=Namespace(observables=[Namespace(name="test")]), master="nu")
    data = Namespace(truncation=(0.1, 2), spectrum=levels)
    zero, values = np.array([0.0]), {"test": np.array([1.0]), "nu": np.array([1.0])}
    evaluate._flag(problem, points, data, root, zero, np.array([False]), values)
    assert root.status[0] == (Status.NOT_CONVERGED if kept else Status.OUT_OF_RANGE) and np.isnan(
        values["test"][0]
    )


@pytest.mark.parametrize(("psi1", "ridge"), [(2.0, 1e-3), (1.0001, 1e-9), (3.0, 1.0), (0.5, 1e-6)])
def test_the_condition_number_is_what_a_change_of_the_sizes_does(psi1, ridge):
    """Relative change of the test error by one of psi2, in digits, is at most the condition number, and near it."""
    psi2 = Fraction(2 if psi1 != 1.0001 else 1)
    risk = asy.predict(MODEL, asy.Proportional(psi1, float(psi2)), ridge=ridge)
    step = Fraction(1, 10**12)
    ends = [
        asy.predict(MODEL, asy.Proportional(Fraction(psi1), psi2 * (1 + s)), ridge=ridge, digits=40)
        for s in (-step, step)
    ]
    found = max(
        abs(
            float(
                (getattr(ends[1], name) - getattr(ends[0], name)) / (2 * float(step) * getattr(ends[0], name))
            )
        )
        for name in ("test", "bias", "variance", "train", "norm")
    )
    assert 0.02 * found <= risk.condition <= 1e4 * (1 + found)
    assert psi1 != 1.0001 or risk.condition > 1e3


def test_a_wrong_optimum_has_no_proof(monkeypatch):
    regime = asy.Proportional(2, 3)
    assert asy.optimal_ridge(MODEL, regime, digits=15, certified=True).value.rad < 1e-14
    right = search.bracketed_root
    monkeypatch.setattr(search, "bracketed_root", lambda *given: right(*given) * Fraction(1001, 1000))
    with pytest.raises(PrecisionError, match="change of sign"):
        asy.optimal_ridge(MODEL, regime, digits=15, certified=True)


def leaf(sign):
    """A choice of leading terms that leaves the exponent free on one side of 2."""
    x = sp.Symbol("x")
    form = IntegerForm.of(Exponent(Fraction(-2 * sign), ((x, Fraction(sign)),)))
    return uniqueness._Branch((), frozenset(), frozenset([form])), [x]


@pytest.mark.parametrize("sign", [-1, 1])
def test_another_balance_on_either_side_is_noticed(sign):
    branch, names = leaf(sign)
    with pytest.raises(CertificateError, match="another balance"):
        uniqueness._require(branch, names, Namespace(exponents=[Exponent(Fraction(2), ())]), "here")


def test_a_forced_balance_is_none():
    x = sp.Symbol("x")
    forms = [IntegerForm.of(Exponent(Fraction(-2 * s), ((x, Fraction(s)),))) for s in (-1, 1)]
    branch = uniqueness._Branch((), frozenset(), frozenset(forms))
    uniqueness._require(branch, [x], Namespace(exponents=[Exponent(Fraction(2), ())]), "here")


def test_traces_that_a_search_took_for_equal_are_proved_equal(monkeypatch):
    """The search is told that all traces are equal: the proof on the symbolic equations objects."""
    from asymptotics.symbolic import Dimension, GaussianMatrix, ntr
    from asymptotics.symbolic.traces import trace_system

    n, d = Dimension("n"), Dimension("d")
    matrix = GaussianMatrix("X", n, d, variance=1 / n)

    def derived():
        return trace_system(ntr((1 + matrix @ matrix.T + (matrix @ matrix.T) @ (matrix @ matrix.T)).inv()))

    assert derived().observables
    monkeypatch.setattr(dyson, "equal_classes", lambda pencil, terms, scales: [list(scales)])
    with pytest.raises(DerivationError, match="not equal"):
        derived()


def test_the_bound_of_gauss_quadrature_is_met_by_a_chebyshev_polynomial():
    """On T_2n the error is nearly the bound: a bound a few times smaller would be none."""
    integration = rigorous_quadrature._Integration.__new__(rigorous_quadrature._Integration)
    count, rho = 12, float(rigorous_quadrature._RATIO)
    del integration
    nodes, weights = np.polynomial.legendre.leggauss(count)
    polynomial = np.polynomial.Chebyshev.basis(2 * count)
    exact = polynomial.integ()(1) - polynomial.integ()(-1)
    error = abs(weights @ polynomial(nodes) - exact)
    largest = (rho ** (2 * count) + rho ** (-2 * count)) / 2
    bound = 64 / 15 * rho ** (-2 * count) / (1 - rho**-2) * largest
    assert bound / 3 < error < bound
    found = rigorous_quadrature._Integration(None, math.inf, 2, 20)
    theirs = 64 / 15 * rho ** (-2 * found.count) / (1 - rho**-2)
    assert float(found.factor) == pytest.approx(theirs, rel=1e-12)


def test_replicates_are_drawn_once_each():
    """No two replicates of a campaign share inputs, weights, target, noise or test set."""
    from asymptotics.simulation.laws.streams import replicate_streams

    names = ("inputs", "weights", "target", "noise", "test_inputs")
    drawn = [
        getattr(replicate_streams(seed, key, replicate), name).standard_normal()
        for seed in (0, 1) for key in ((5, 7, 9), (5, 9, 7), (5,)) for replicate in range(20) for name in names
    ]  # fmt: skip
    assert len(set(drawn)) == 2 * 3 * 20 * 5
    estimate = asy.simulate(MODEL, asy.FiniteSize(d=6, n=8, p=5), ridge=0.1, trials=24)
    for name in ("test", "bias", "variance", "train", "norm"):
        assert len(np.unique(estimate.statistics[name].draws)) == 24, name
