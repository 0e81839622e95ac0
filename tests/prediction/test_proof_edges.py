"""Proofs refuse rather than guess; ridges below zero; the experiment beside a prediction as long as one waits."""

import itertools
import math
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.lowering.balls import Balls
from asymptotics.models.limit_measures import LimitMeasure
from asymptotics.prediction import accuracy, certified
from asymptotics.prediction.below_zero import start_below_zero
from asymptotics.prediction.checked import Checked
from asymptotics.prediction.requests import read_question
from asymptotics.report import self_check
from asymptotics.solvers.solution import Status

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
LINEAR = asy.RandomFeaturesRidge("x", target={1: 1}, noise="1/2")


@pytest.mark.parametrize(
    ("model", "psi1", "psi2", "ridge", "word"),
    [(MODEL, 3, 2, "1e-6", "solved"), (MODEL, 3, 2, 0, "limit"), (MODEL, 2, 2, 0, "diverges"),
     (LINEAR, 5, 3, 0, "limit"),
     (LINEAR, 5, 1, 0, "diverges"), (LINEAR, "1/2", "1/2", 0, "diverges"), (LINEAR, 1, 1, "1e-9", "solved"),
     (MODEL, "20000001/10000000", 2, "1e-20", "solved")],
)  # fmt: skip
def test_balls_are_where_digits_are(model, psi1, psi2, ridge, word):
    regime = asy.Proportional(psi1, psi2)
    ball, digits = (asy.predict(model, regime, ridge, digits=k, certified=k == 30) for k in (30, 45))
    assert str(ball.status) == str(digits.status) == word
    assert ball.condition == pytest.approx(digits.condition, rel=1e-6)
    for name in ("test", "train", "norm", "bias", "variance"):
        one = getattr(ball, name)
        assert one.contains(getattr(digits, name)), name
        assert math.isinf(one.mid) or one.rad <= 1e-30 * abs(one.mid), name


def test_what_is_not_certain_is_not_proved(monkeypatch):
    """A rank that may be another one matters only where it decides; too few digits are told."""
    monkeypatch.setattr(LimitMeasure, "certain_rank", lambda self, data: False)
    assert asy.predict(MODEL, asy.Proportional(3, 2), 0, certified=True).test > 0
    assert asy.predict(LINEAR, asy.Proportional(5, 3), "1e-3", certified=True).test > 0
    with pytest.raises(
        PrecisionError, match="the rank of the spectrum is not certain; give a positive ridge"
    ):
        asy.predict(LINEAR, asy.Proportional(5, 3), 0, certified=True)
    monkeypatch.undo()
    monkeypatch.setattr(Balls, "digits_of", lambda self, value: 15)
    assert asy.predict(MODEL, asy.Proportional(3, 2), 1, digits=15, certified=True).test > 0
    with pytest.raises(PrecisionError, match="balls of 16 digits were not reached"):
        asy.predict(MODEL, asy.Proportional(3, 2), 1, digits=16, certified=True)
    reached = itertools.cycle([40, 15])  # one component more than asked for, the next one less
    monkeypatch.setattr(Balls, "digits_of", lambda self, value: next(reached))
    with pytest.raises(PrecisionError, match="balls of 16 digits were not reached"):
        asy.predict(MODEL, asy.Proportional(3, 2), 1, digits=16, certified=True)


@pytest.mark.parametrize(("lost", "condition"), [(-3.0, 1.0), (2.0, 100.0), (400.0, 1e300)])
def test_conditions_are_powers_that_doubles_hold(monkeypatch, lost, condition):
    right = certified.solve_point

    def solve(*given):
        root, degrees = right(*given)
        return Namespace(value=root.value, condition=lost), degrees

    monkeypatch.setattr(certified, "solve_point", solve)
    assert asy.predict(MODEL, asy.Proportional(3, 2), 1, certified=True).condition == pytest.approx(condition)


def test_below_ridge_zero_there_is_a_solution_only_below_the_rank_and_beside_equal_sizes():
    spectrum = asy.SpectralRidge([2, 1], target=[1, 0], multiplicities=[10, 90], noise=1)
    risk = asy.predict(spectrum, asy.FiniteSize(n=[60, 99, 100, 101]), ridge=-1e-6)
    assert risk.status.words.tolist() == ["solved", "solved", "below_edge", "below_edge"]
    near = asy.predict(spectrum, asy.FiniteSize(n=[60, 99]), ridge=1e-6)
    assert risk.test[:2] == pytest.approx(near.test, rel=1e-3) and np.isnan(risk.test[2:]).all()
    assert np.isinf(risk.condition[2:]).all() and np.isfinite(risk.condition[:2]).all()
    risk = asy.predict(MODEL, asy.Proportional([1, 2, 3], 2), ridge=[[-1e-6], [-1e6]])
    assert risk.status.words.tolist() == [["solved", "below_edge", "solved"], ["below_edge"] * 3]
    digits = asy.predict(MODEL, asy.Proportional([1, 3], 2), ridge=-1e-6, digits=15)
    assert risk.test[0, [0, 2]] == pytest.approx(digits.test.astype(float), rel=1e-11)


@pytest.mark.parametrize(("psi2", "ridge"), [(2, -1e-6), (3, -1e6)])
def test_digits_begin_nowhere_where_there_is_no_solution(psi2, ridge):
    (item,) = accuracy._items(read_question(MODEL, asy.Proportional(2, psi2), ridge, None, below_zero=True))
    with pytest.raises(SolverError, match=f"no solution at ridge .*; {Status.BELOW_EDGE.advice[:30]}"):
        start_below_zero(item.equations.measure, item.point)
    found = asy.predict(MODEL, asy.Proportional(2, psi2), [ridge], digits=15)
    assert found.status.words.tolist() == ["below_edge"]


class Asked(Checked):
    def __init__(self, experiment):
        self.experiment = experiment


def test_ten_seconds_unless_others_are_asked_for():
    asked = Asked(lambda risk, **how: how)
    assert asked.check() == {"seconds": 10.0, "seed": 0} and asked.check(seconds=2, seed=3) == {
        "seconds": 2,
        "seed": 3,
    }
    with pytest.raises(InputError, match=r"^check = None: "):
        Asked(None).check()


@pytest.mark.parametrize(
    ("seconds", "took", "trials"),
    [
        (10, 0.5, [4, 16]),
        (4, 0.5, [4]),
        (4.5, 0.5, [4, 5]),
        (0.001, 3.0, [4]),
        (1e9, 0.5, [4, 1000]),
        ("9/2", 0.5, [4, 5]),
    ],
)
def test_as_many_replicates_as_fit(monkeypatch, seconds, took, trials):
    """Four replicates measure what one costs; the rest of the time is theirs, for at most a thousand."""
    runs, clock = [], iter([100.0, 100.0 + 4 * took])
    monkeypatch.setattr(self_check.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(
        self_check, "simulate", lambda model, regime, **how: runs.append(how) or how["trials"]
    )
    monkeypatch.setattr(self_check, "compare", lambda risk, estimate: estimate)
    found = self_check.check("risk", MODEL, "regime", 0.1, None, seconds=seconds, seed=7)
    assert [run["trials"] for run in runs] == trials and found == trials[-1]
    assert all(run["ridge"] == 0.1 and run["seed"] == 7 and run["test_error"] == "sampled" for run in runs)
    assert all(run["test_samples"] == 2000 and not run["progress"] for run in runs)


def test_experiments_of_spectra_and_of_ridges_per_sample(monkeypatch):
    runs = []
    monkeypatch.setattr(self_check, "simulate", lambda model, regime, **how: runs.append(how))
    monkeypatch.setattr(self_check, "compare", lambda risk, estimate: Namespace())
    spectrum = asy.SpectralRidge([1], [1])
    self_check.check("risk", spectrum, "regime", None, 0.2, seconds=1e-9, seed=0)
    assert runs == [{"ridge_per_sample": 0.2, "trials": 4, "seed": 0, "progress": False}]
    for seconds in (0, -1, math.nan, "a", None):
        with pytest.raises(InputError, match="seconds"):
            self_check.check("risk", spectrum, "regime", 1, None, seconds=seconds, seed=0)
