from dataclasses import replace
from types import SimpleNamespace as Namespace

import pytest

from asymptotics.errors import InputError
from asymptotics.report import reference
from asymptotics.report.reference import REFERENCE_FAMILIES, Family, reference_campaign

SMALL = (
    Family("tanh", {1: 1.0}, 0.2, (1, 1), (4, 1), 0.05, (12, 20, 40)),
    Family("relu", {1: 0.5, 2: 1.0}, 0.1, (0.5, 2), (0.8, 2), 1e-2, (6, 9, 13)),
)


@pytest.fixture(scope="module")
def report():
    return reference_campaign(4.0, families=SMALL, seed=1)


@pytest.mark.statistical
def test_small_campaign_agrees(report):
    """Two families at false-alarm rate 1 %, seed fixed; the number of replicates depends on the machine."""
    assert report.agrees, str(report)
    assert report.configurations == 6 and len(report.extrapolations) == 2
    assert report.seconds < 20
    text = str(report)
    assert "6 configurations in 2 families" in text and "agrees" in text and str(SMALL[0]) in text
    markdown = report.to_markdown()
    assert markdown.count("### ") == 2 and "| variance |" in markdown
    assert len(report.calibration("norm").scores) == 2


def test_disagreement_is_found_and_named(report):
    fit = report.extrapolations[0]["test"]
    wrong = {
        **report.extrapolations[0],
        "test": replace(fit, limit=fit.limit + 50 * fit.limit_standard_error + 0.1),
    }
    broken = replace(report, extrapolations=(wrong, report.extrapolations[1]))
    assert not broken.agrees and [(family, name) for family, name, _ in broken.failures] == [
        (SMALL[0], "test")
    ]
    assert f"DISAGREES: test, {SMALL[0]}" in str(broken)


def test_wrong_theory_is_found(monkeypatch):
    """A theory that is 10 % off in the test error."""

    def wrong(model, regime, ridge):
        risk = reference_predict(model, regime, ridge=ridge)
        return Namespace(test=1.1 * risk.test, train=risk.train)

    reference_predict = reference.predict
    monkeypatch.setattr(reference, "predict", wrong)
    report = reference_campaign(2.0, families=SMALL[:1])
    assert {name for _, name, _ in report.failures} == {"test"}


def test_the_designed_campaign_is_large_and_well_formed():
    assert sum(len(family.sizes) for family in REFERENCE_FAMILIES) >= 60
    assert len(set(map(str, REFERENCE_FAMILIES))) == len(REFERENCE_FAMILIES)
    assert len({family.activation for family in REFERENCE_FAMILIES}) >= 8
    for family in REFERENCE_FAMILIES:
        assert family.model().activation is not None
        assert family.regime(family.sizes[0]).n != family.regime(family.sizes[-1]).n


@pytest.mark.parametrize("seconds", [0, -1.0, float("inf")])
def test_bad_budgets(seconds):
    with pytest.raises(InputError, match="seconds"):
        reference_campaign(seconds)


@pytest.mark.slow
@pytest.mark.statistical
def test_the_whole_campaign():
    """64 configurations; false-alarm rate 1 % besides the stated allowance of the extrapolation."""
    report = reference_campaign(200.0)
    assert report.agrees, str(report)
