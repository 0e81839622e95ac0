"""The gallery: every figure's numbers are those of its paper, and it is made as its command makes it."""

import json

import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.papers.entry import Budget, Number
from asymptotics.papers.make import entries, page
from asymptotics.verification.discovery import bibliography

LONG = {
    "bodin-macris-time",
    "simon-more-is-better",
    "ghorbani-staircase",
    "adlam-pennington-parts",
    "ali-early-stopping",
}
"""Numbers that take seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in entries()]
)
def test_numbers_are_those_of_the_paper(name):
    found = entries()[name].numbers()
    assert found and all(number.source for number in found)
    assert not [str(number) for number in found if not number.agrees]


@pytest.mark.parametrize("name", list(entries()))
def test_every_figure_says_what_it_is(name):
    entry = entries()[name]
    assert entry.paper in bibliography()
    assert all((entry.title, entry.figure, entry.caption, entry.xlabel, entry.ylabel))


def test_a_number_that_differs_is_told():
    good, bad = (Number("risk", 1.0, value, "Theorem 1") for value in (1.0 + 1e-12, 1.0 + 1e-6))
    assert good.agrees and not bad.agrees
    assert "DISAGREES" in str(bad) and "DISAGREES" not in str(good)


def test_small_is_smaller():
    assert Budget(small=True).trials(100) < Budget().trials(100)
    assert Budget(small=True).size(100) < Budget().size(100)


def test_a_figure_is_made_by_its_command(tmp_path):
    name = "bach-projections"
    done = CliRunner().invoke(
        main, ["gallery", name, "--small", "--out", str(tmp_path), "--workers", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)[name]
    assert found["agrees"] and all(number["agrees"] for number in found["numbers"])
    kinds = {path.suffix for path in tmp_path.iterdir()}
    assert kinds == {".png", ".pdf", ".csv", ".md", ".bib"}
    assert "Bach" in (tmp_path / "references.bib").read_text(encoding="utf-8")
    rows = (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    assert any(",simulation," in row for row in rows) and any(",theory," in row for row in rows)
    assert f"![{entries()[name].title}]({name}.png)" in (tmp_path / "gallery.md").read_text(encoding="utf-8")


def test_figures_are_listed_and_unknown_ones_refused(tmp_path):
    listed = CliRunner().invoke(main, ["gallery"])
    assert all(name in listed.output for name in entries())
    for arguments in (["nonsense"], ["bach-projections", "--all"]):
        assert CliRunner().invoke(main, ["gallery", *arguments, "--out", str(tmp_path)]).exit_code == 2
    with pytest.raises(asy.InputError, match="nonsense"):
        asy.gallery("nonsense")


def test_a_page_of_nothing_is_a_title():
    assert page([]).strip() == "# Gallery"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", list(entries()))
def test_simulation_agrees(tmp_path, name):
    """Fixed seed; `compare` is wrong in one of a hundred comparisons at most."""
    (made,) = asy.gallery(name, folder=tmp_path, small=True, workers=1)
    assert made.agrees, str(made)
