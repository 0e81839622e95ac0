"""What belongs together, what sets it apart, and what a table says: without any simulation."""

import json
import math
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest
from scipy import stats

from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.parts import NAMES as PARTS
from asymptotics.errors import InputError, ShapeError
from asymptotics.prediction.risk import Risk
from asymptotics.report.comparison import DEFAULT_ALLOWANCE, SHARP_ALLOWANCE, compare
from asymptotics.report.measurement import Measurement
from asymptotics.report.pairing import broadcast, check_pair, differences_of_kind
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.estimates.statistic import Statistic

DRAWS = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]


def experiment(draws=DRAWS, made=None, label_power=1.0, **parameters):
    provenance = {"label_power": label_power, **(made or {})}
    return Estimate(
        test=Statistic(draws),
        train=Statistic(np.array(draws) / 2),
        parameters={"d": 9, "n": 5, **parameters},
        provenance=provenance,
    )


def predicted(made_by=None, **parameters):
    """What the notes of a comparison ask of a risk."""
    risk = object.__new__(Risk)
    for name, value in {"parameters": parameters or {"d": 9, "n": 5}, "made_by": made_by or {}}.items():
        object.__setattr__(risk, name, value)
    return risk


@pytest.mark.parametrize(
    ("given", "simulated", "fits"),
    [
        ({"steps": 10, "step_size": 0.1}, {"time": 1.0}, True),
        ({"steps": 10, "step_size": 0.1}, {"time": 100.0}, False),
        ({"steps": 10, "step_size": 0.1}, {"time": 5.0, "steps": 10}, True), ({"steps": 10}, {"time": 5.0}, True),
        ({"n": 5, "psi1": 2}, {}, True), ({"n": 6}, {}, False), (None, {}, True),
        ({"p": 1e6 * (1 + 5e-10)}, {"p": 1e6}, True), ({"p": 1e6 * (1 + 5e-9)}, {"p": 1e6}, False),
    ],
)  # fmt: skip
def test_parameters_that_both_name_are_equal(given, simulated, fits):
    risk = Namespace(test=1.5, parameters=given)
    if fits:
        check_pair(risk, experiment(**simulated))
    else:
        with pytest.raises(InputError, match=r"expected that of the simulation"):
            check_pair(risk, experiment(**simulated))


def test_what_is_no_pair_and_what_was_fitted_besides():
    for risk, estimate, name in ((0.3, 0.2, "estimate"), (experiment(), experiment(), "risk")):
        with pytest.raises(InputError, match=f"^{name} = "):
            check_pair(risk, estimate)
    measured = object.__new__(Measurement)
    for intercept in (True, False):
        object.__setattr__(measured, "convention", Namespace(intercept=intercept))
        notes = differences_of_kind(predicted(), measured)
        assert len(notes) == intercept and all("an intercept was fitted" in note for note in notes)


BAG = Ensemble(3)
BESIDE = " and weights are gaussian, those of theory spherical: by universality, differences O(1/d)"


@pytest.mark.parametrize(
    ("made", "made_by", "parameters", "notes"),
    [
        ({}, {}, {}, []), ({"training": "ridge"}, {"training": "ridge regression"}, {}, []),
        ({"training": "flow"}, {"training": "gradient flow"}, {}, []),
        ({"training": "mine"}, {}, {}, ["trained by mine; theory is of ridge regression"]),
        ({"options": {"ensemble": 1}}, {}, {}, []),
        ({"options": {"ensemble": 2}}, {}, {}, ["mean of 2 predictors; theory is of one predictor"]),
        ({"options": {"ensemble": 3}}, {"ensemble": ", ".join(f"{k} {v}" for k, v in BAG.describe().items())}, {}, []),
        ({"ensemble": {"a": 1, "b": 2}}, {"ensemble": "b 2, a 1"}, {}, []),
        ({"ensemble": {"a": 1, "b": 2}}, {"ensemble": "b 2, a 3"}, {}, ["a 1, b 2; theory is of b 2, a 3"]),
        ({"ensemble": {"parts": True, "members": 2}}, {}, {}, []),
        ({"inputs": "gaussian", "weights": "gaussian"}, {}, {}, ["inputs are gaussian" + BESIDE]),
        ({"inputs": "gaussian"}, {"inputs": "gaussian"}, {}, []),
        ({"weights": "gaussian", "inputs": "gaussian"}, {"inputs": "gaussian"}, {},
         ["weights are gaussian, those of theory gaussian with weights on the sphere: "
          "by universality, differences O(1/d)"]),
        ({"inputs": "gaussian"}, {}, {"n": 5}, []), ({"inputs": {"law": "data"}}, {}, {"n": 5}, []),
        ({"inputs": {"law": "data"}}, {}, {"psi2": 2},
         ["inputs are rows of data, those of theory isotropic: another problem, see SpectralRidge"]),
        ({"inputs": {"law": "gaussian"}}, {}, {},
         ["inputs are anisotropic, those of theory isotropic: another problem, see SpectralRidge"]),
        ({"inputs": {"law": "gaussian", "name": "mine"}}, {"inputs": "mine"}, {}, []),
        ({"inputs": {"law": "function", "inputs": "sphere"}}, {}, {}, []),
        ({"inputs": {"law": "function", "inputs": {"law": "data"}}}, {}, {},
         ["inputs are rows of data, those of theory isotropic: another problem, see SpectralRidge"]),
    ],
)  # fmt: skip
def test_what_sets_a_simulation_apart(made, made_by, parameters, notes):
    assert list(differences_of_kind(predicted(made_by, **parameters), experiment(made=made))) == notes
    assert differences_of_kind(Namespace(), experiment(made=made)) == ()


def test_numbers_of_any_kind_are_broadcast():
    ball = Namespace(mid=Fraction(1, 2))
    assert broadcast("test", [ball, Fraction(1, 4)], (2,)).tolist() == [0.5, 0.25]
    assert broadcast("test", 2, (2, 1)).tolist() == [[2.0], [2.0]]
    with pytest.raises(ShapeError, match=r"^risk.test"):
        broadcast("test", [1.0, 2.0], (3,))


def test_one_difference_of_many_is_a_disagreement():
    many = experiment([DRAWS, DRAWS, DRAWS], ridge=[1.0, 2.0, 3.0])
    found = compare(Namespace(test=[1.5, 9.0, 4.5], train=0.75), many, allowance=0)
    assert not found.agrees and [row["agrees"] for row in found.rows()] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
    assert [row["ridge"] for row in found.failures] == [2.0, 3.0]  # the worst first
    assert compare(Namespace(test=1.5, train=0.75), many, allowance=0).agrees
    text = str(found)
    assert "DISAGREES: 2 of 6 differences" in text and "test 0 %" in text and "at most 1 %)" in text
    assert "agrees: none of 6 differences" in str(compare(Namespace(test=1.5, train=0.75), many))
    one = compare(Namespace(test=[1.5, math.inf, 1.5]), many)
    assert "(1 not compared: theory is not finite there)" in str(one) and "none of 2 differences" in str(one)
    rows = json.loads(one.to_json())["rows"]
    assert rows[1]["theory"] is None and rows[1]["agrees"] and rows[0]["theory"] == 1.5
    assert one.to_markdown().splitlines()[:2] == [
        "| d | n | ridge | observable | theory | simulation | s.e. | difference | in s.e. | in % |  |",
        "|" + " ---: |" * 11,
    ]


@pytest.mark.parametrize(("count", "cut"), [(15, False), (16, True)])
def test_long_tables_show_the_largest_differences(count, cut):
    theory = np.linspace(1.5, 1.4, count)
    many = experiment([DRAWS] * count, ridge=np.arange(count) + 1.0)
    found = compare(Namespace(test=theory), many)
    lines = str(found).splitlines()
    assert (f"(15 largest of {count} differences, in standard errors)" in lines) == cut
    shown = [line.split()[2] for line in lines if "  test  " in line]
    assert shown == [str(place) for place in (range(16, 1, -1) if cut else range(1, 16))]
    assert sum(line.startswith("| 9 |") for line in found.to_markdown().splitlines()) == count


def test_what_would_have_been_found():
    """Beyond the allowance, at the level that many tests leave to each."""
    found = compare(
        Namespace(test=[1.5, 2.0], train=0.75), experiment([DRAWS] * 2, ridge=[1.0, 2.0]), allowance=0.1
    )
    sizes = stats.t.isf(0.01 / 4 / 2, 5) + stats.t.ppf(0.95, 5)
    expected = 0.1 * np.array([1.5, 2.0]) + stats.sem(DRAWS) * sizes
    assert found.observables["test"].detectable == pytest.approx(expected)
    ends = [f"{100 * share:.2g}" for share in sorted(expected / [1.5, 2.0])]
    assert f"(a difference of test {' to '.join(ends)} %, train" in str(found)
    assert "would have been found, with probability 0.95)" in str(found)
    assert "would have been found" not in str(compare(Namespace(test=math.inf), experiment()))


def test_what_is_compared():
    """Parts of the error where they were simulated, numbers of a program of one's own, and nothing of other sizes."""
    (part, *_) = PARTS
    extra = {"mine": Statistic(DRAWS), part: Statistic(DRAWS)}
    estimate = Estimate(**extra, parameters={"n": 5}, provenance={})
    found = compare(Namespace(mine=9.0, parts={part: 1.5}), estimate)
    assert sorted(found.observables) == sorted(extra) and [row["observable"] for row in found.failures] == [
        "mine"
    ]
    assert list(compare(Namespace(test=1.5, parts=None), experiment()).observables) == ["test"]
    assert len(compare(Namespace(test=1.5), experiment()).to_csv().splitlines()) == 2
    with pytest.raises(InputError, match="expected that of the simulation"):
        compare(Namespace(test=1.5, parameters={"n": 6}), experiment())
    for order, allowances in ((0, DEFAULT_ALLOWANCE), (1, SHARP_ALLOWANCE)):
        known = compare(Namespace(test=1.5, train=0.75, order=order), experiment()).allowance
        assert known == {name: allowances[name] for name in ("test", "train")}
    assert compare(Namespace(test=1.5), experiment()).allowance == {"test": DEFAULT_ALLOWANCE["test"]}


def test_the_scale_of_rounding():
    """A difference below 1e-9 of the power of the labels is none, whatever the standard error."""
    still = [0.0, 1e-12, 0.0, 1e-12, 0.0, 1e-12]
    for shift, agrees in ((0.99e-9, True), (1.02e-9, False)):
        risk = Namespace(test=3 * shift, train=0.0)
        found = compare(risk, experiment(still, label_power=3.0), allowance=0)
        assert found.agrees == agrees
    assert not compare(Namespace(test=1e-9), experiment(still, label_power=0.0), allowance=0).agrees


def test_scores_are_one_per_sizes():
    """Points of a path share their draws: their mean, in standard deviations, is one score."""
    path = experiment([DRAWS, [2.0, 3.0, 2.0, 3.0, 2.0, 3.0], DRAWS], n=[5, 5, 6], ridge=[1.0, 2.0, 1.0])
    scores = compare(Namespace(test=[1.25, 2.25, 1.75]), path).scores("test")
    one = stats.norm.isf(stats.t.sf(0.25 / stats.sem(DRAWS), 5))
    assert scores == pytest.approx([one, -one])
    assert compare(Namespace(test=[1.25, 2.5, 1.75]), path).scores("test") == pytest.approx(
        scores
    )  # 2.5 is its mean


@pytest.mark.parametrize("rate", [0, 1, -0.1, 1.5, math.nan])
def test_rates_lie_between_nought_and_one(rate):
    with pytest.raises(InputError, match="false_alarm_rate"):
        compare(Namespace(test=1.5), experiment(), false_alarm_rate=rate)


def test_allowances():
    off = Namespace(test=1.5 * 1.1, train=0.75 * 1.1)
    sharp = [1.5 - 1e-3, 1.5 + 1e-3] * 3
    assert not compare(off, experiment(sharp), allowance=0).agrees
    assert not compare(off, experiment(sharp), allowance={"test": 0.2}).agrees
    assert compare(off, experiment(sharp), allowance={"test": 0.1, "train": 0.2}).agrees
    assert compare(off, experiment(sharp), allowance=Fraction(1, 10)).agrees
    for bad in (-1e-9, math.inf, math.nan, {"test": -1}, {"speed": 0.1}):
        with pytest.raises(InputError, match="allowance"):
            compare(off, experiment(sharp), allowance=bad)
    with pytest.raises(InputError, match="an object with one of"):
        compare(Namespace(speed=1), experiment())
