"""The reference campaign in small: verdict, what it says of failures, budget, store and files."""

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report import reference
from asymptotics.report.families import SMALL_FAMILIES, Family
from asymptotics.report.reference import FEWEST_TRIALS, reference_campaign
from asymptotics.report.reference_pages import to_markdown, write_report
from asymptotics.simulation import campaign_status

pytest.importorskip("matplotlib.pyplot").switch_backend("agg")

TANH = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.2)
RELU = asy.RandomFeaturesRidge("relu", {1: 0.5, 2: 1}, noise=0.1)
ARCCOS = asy.KernelRidge("arccos1", {1: 1}, noise=0.1)
FAMILIES = (
    Family(TANH, (1, 1), (4, 1), 0.05, (12, 20, 40)),
    Family(RELU, (0.5, 2), (0.8, 2), 1e-2, (7, 9, 12, 16)),
    Family(ARCCOS, (2, 1), None, 0.1, (12, 20, 40)),
)


@pytest.fixture(scope="module")
def report():
    return reference_campaign(3.0, families=FAMILIES, seed=1)


def shifted(report, number, name, amount):
    """The report with the limit of one observable of one family moved by many standard errors."""
    entry = report.results[number]
    fit = entry.limits[name]
    limits = {**entry.limits, name: replace(fit, limit=fit.limit + amount + 50 * fit.limit_standard_error)}
    results = list(report.results)
    results[number] = replace(entry, limits=limits)
    return replace(report, results=tuple(results))


@pytest.mark.statistical
def test_small_campaign_agrees(report):
    """Three families at false-alarm rate 0.1 %, seed fixed; the number of replicates depends on the machine."""
    assert report.agrees, str(report)
    assert (report.configurations, len(report.results), report.failures) == (10, 3, [])
    assert report.observables == ["test", "bias", "variance", "train", "norm"]
    text = str(report)
    assert "10 configurations in 3 families" in text and "false-alarm rate at most 0.1 %" in text
    assert "agrees: corrections in 1/d and 1/d^2 explain every configuration" in text
    assert all(str(family) in text for family in FAMILIES)


def test_scores_are_differences_in_standard_errors(report):
    for row in report.rows():
        difference = row["simulation"] - row["theory"]
        assert row["standard_errors"] == pytest.approx(difference / row["standard_error"])
        assert abs(row["score"]) <= abs(row["standard_errors"]) + 1e-9  # t has longer tails than the normal
        parts = ("percent_in_1/d", "percent_in_1/d^2", "percent_left")
        assert sum(row[part] for part in parts) == pytest.approx(row["percent"])
    assert len(report.scores("test")) == 10 and len(report.limit_scores("test")) == 3
    calibrations = report.calibrations("norm")
    assert [len(one.scores) for one in calibrations.values()] == [10, 3]
    pooled = report.pooled("test")
    assert [one.degrees_of_freedom for one in pooled.values()] == [10, 10 - 2 * 3, 3]
    assert pooled["finite size"].chi_squared == pytest.approx((report.scores("test") ** 2).sum())
    with pytest.raises(InputError, match="observable"):
        report.calibrations("speed")


def test_a_limit_that_is_not_zero_is_named(report):
    broken = shifted(report, 0, "test", 0.1)
    assert [(f.family, f.observable, f.d) for f in broken.failures] == [(FAMILIES[0], "test", None)]
    assert not broken.agrees
    assert "DISAGREES" in str(broken) and "test, limit: +" in str(broken)
    assert broken.worst_limits()[0][:2] == (FAMILIES[0], "test")


def test_a_configuration_that_corrections_do_not_explain_is_named(report):
    entry = report.results[1]
    fit = entry.corrections["train"]
    residuals = (*fit.residuals[:-1], 1.0)
    corrections = {**entry.corrections, "train": replace(fit, residuals=residuals)}
    results = (report.results[0], replace(entry, corrections=corrections), report.results[2])
    broken = replace(report, results=results)
    assert [(f.family, f.observable, f.d) for f in broken.failures] == [(FAMILIES[1], "train", 16)]
    assert "train, d = 16" in to_markdown(broken)


def test_wrong_theory_is_found(monkeypatch):
    """A theory that is 30 % off in the test error, already with the fewest replicates."""

    def wrong(model, regime, ridge):
        risk = reference_predict(model, regime, ridge=ridge)
        return Namespace(test=1.3 * risk.test, train=risk.train)

    reference_predict = reference.predict
    monkeypatch.setattr(reference, "predict", wrong)
    report = reference_campaign(1e-3, families=FAMILIES[:1])
    assert {failure.observable for failure in report.failures} == {"test"}


@pytest.mark.parametrize("seconds", [2.0, 5.0])
def test_the_budget_is_spent_and_not_exceeded(monkeypatch, seconds):
    """With a clock on which a replicate takes d/10 milliseconds and nothing else takes time."""
    now = 0.0

    def timed_draw(cell, trials, *others):
        nonlocal now
        now += 1e-4 * cell.d * (trials - (cell.estimate.trials if cell.estimate else 0))
        return draw(cell, trials, *others)

    draw = reference._draw
    monkeypatch.setattr(reference, "_draw", timed_draw)
    monkeypatch.setattr(reference, "time", Namespace(monotonic=lambda: now))
    report = reference_campaign(seconds, families=FAMILIES[::2])
    assert 0.97 * seconds < report.seconds <= seconds
    assert report.needed == pytest.approx(FEWEST_TRIALS * 1e-4 * 2 * (12 + 20 + 40))
    assert all(row["trials"] > FEWEST_TRIALS for row in report.rows())


def test_a_budget_that_is_too_small_is_said():
    report = reference_campaign(1e-3, families=FAMILIES[:1])
    assert {row["trials"] for row in report.rows()} == {FEWEST_TRIALS}
    assert "is too small: the fewest replicates took" in str(report)


def test_a_store_keeps_replicates_and_a_second_run_adds_to_them(tmp_path):
    store = tmp_path / "reference.sqlite"
    first = reference_campaign(0.01, families=FAMILIES[:1], store=store)
    second = reference_campaign(0.01, families=FAMILIES[:1], store=store)
    assert (first.trials, second.trials) == (3 * FEWEST_TRIALS, 6 * FEWEST_TRIALS)
    assert campaign_status(store).done == 6 * FEWEST_TRIALS
    pairs = zip(first.results[0].comparisons, second.results[0].comparisons)
    for few, more in pairs:
        assert np.array_equal(few.estimate.test.draws, more.estimate.test.draws[:FEWEST_TRIALS])


def test_draws_do_not_depend_on_the_other_families():
    alone = reference_campaign(1e-3, families=FAMILIES[2:])
    together = reference_campaign(1e-3, families=FAMILIES[::-2])
    draws = [one.results[0].comparisons[0].estimate.norm.draws for one in (alone, together)]
    assert np.array_equal(*draws)


def test_folder(report, tmp_path):
    paths = write_report(report, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [
        "report.md", "configurations.csv", "report.json", "calibration.png"
    ]  # fmt: skip
    page, table, data, picture = paths
    text = page.read_text()
    assert str(report) in text and "](calibration.png)" in text and "- seed: 1" in text
    systems = {"random-features", "kernel-ridge"}
    assert all(any(line.startswith(f"  - `{name}") for line in text.splitlines()) for name in systems)
    assert text.count("\n| ") == 1 + 1 + sum(len(entry.limits) for entry in report.results)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [float(row["theory"]) for row in rows] == [row["theory"] for row in report.rows()]
    document = json.loads(data.read_text())
    assert document["agrees"] and document["made"]["trials"] == report.trials
    assert len(document["configurations"]) == len(rows) and document["made"]["seed"] == 1
    assert {limit["observable"] for limit in document["limits"]} == set(report.observables)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_folder_that_cannot_be_written(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"^folder = "):
        write_report(report, tmp_path / "file" / "inside")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"false_alarm_rate": 0}, "false_alarm_rate"),
        ({"families": ()}, "families"),
        ({"families": FAMILIES[:1] * 2}, "families"),
        ({"families": [replace(FAMILIES[0], features=(1, 1), ridge=0)]}, "families"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(InputError) as caught:
        reference_campaign(**arguments)
    assert caught.value.name == name


@pytest.mark.slow
@pytest.mark.statistical
def test_the_whole_campaign():
    """All families in 120 s on two workers; false-alarm rate 0.1 % besides the stated allowance.

    The pooled statistics have no allowance: after extrapolation each would be below 1e-4 with that probability.
    """
    with asy.process_pool(2) as executor:
        report = reference_campaign(120.0, executor=executor)
    assert report.agrees, str(report)
    assert report.configurations >= 60 and 96 < report.seconds < 150
    assert all(report.pooled(name)["extrapolated"].p_value > 1e-4 for name in report.observables)
    assert set(SMALL_FAMILIES) < {entry.family for entry in report.results}
