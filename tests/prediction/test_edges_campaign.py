"""A small sample of the campaign over random configurations; ``tests/campaigns/edges.py`` runs a million of them."""

import pytest

from tests.campaigns import wider
from tests.campaigns.edges import run


def check(report):
    assert report["silent"] == []
    assert report["raw"] == []
    assert report["over_caution"]["of_flagged"] < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("seed", [6, 7])
def test_random_configurations(seed):
    report = run(points=40_000, digits=120, limits=4, seed=seed)
    check(report)
    assert report["outcomes"]["right"] > 60 and report["polynomial"]["right"] == 4


@pytest.mark.slow
def test_random_questions_about_wider_models():
    """``tests/campaigns/wider.py`` asks as many as there is time for."""
    report = wider.run(60, seed=8, seconds=60)
    assert report["silent"] == [] and report["raw"] == []
    assert report["points"] > 0 and report["questions"] == sum(report["asked"].values()) + sum(
        report["refusals"].values()
    )
