"""``reproduce`` in small: the folder, its files, and that they say the same."""

import csv
import json
from dataclasses import replace

import pytest

import asymptotics as asy
from asymptotics.equations.records import read_record
from asymptotics.errors import CertificateError, InputError
from asymptotics.models.derive import derive
from asymptotics.report import reproduction
from asymptotics.report.reproduction import Reproduction

pytest.importorskip("matplotlib.pyplot").switch_backend("agg")

SMALL = Reproduction(d=20, n=60, features=(20, 60, 150), trials=12, ridge=0.05, seed=3)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    said = []
    made = asy.reproduce(tmp_path_factory.mktemp("report") / "inner", SMALL, workers=1, say=said.append)
    assert said[0].startswith("deriving") and len(said) >= 4
    return made


def test_report_agrees_and_lists_its_files(report):
    assert report.agrees
    assert {path.name for path in report.files} >= {
        "curve.pdf",
        "curve.png",
        "curve.csv",
        "equations.tex",
        "report.md",
    }
    assert all(path.stat().st_size > 200 for path in report.files)
    assert str(report).startswith("theory and simulation agree")


def test_figure_files_are_what_their_names_say(report):
    assert (report.folder / "curve.pdf").read_bytes().startswith(b"%PDF")
    assert (report.folder / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_tables_hold_the_prediction(report):
    lines = (report.folder / "curve.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for row in rows[::50]:
        risk = asy.predict(SMALL.model(), asy.Proportional(float(row["psi1"]), 3), ridge=SMALL.ridge)
        assert float(row["test"]) == pytest.approx(risk.test, rel=1e-12)
    comparison = list(csv.DictReader((report.folder / "comparison.csv").read_text().splitlines()))
    assert {row["observable"] for row in comparison} >= {"test", "bias", "variance", "train", "norm"}
    simulation = json.loads((report.folder / "simulation.json").read_text())
    assert simulation


def test_equations_are_the_derived_ones(report):
    system = read_record(report.folder / "equations.json")
    assert system == derive("random-features", "proportional")
    assert system.digest in (report.folder / "report.md").read_text()


def test_page_says_what_is_assumed_and_compared(report):
    page = (report.folder / "report.md").read_text()
    for phrase in (
        "Theory and simulation agree",
        "Gaussian equivalence",
        "standard",
        "(curve.png)",
        "seed 3",
    ):
        assert phrase in page


def test_every_panel_has_its_figure_and_verdict(report):
    page = (report.folder / "report.md").read_text()
    assert [panel.name for panel in report.panels] == ["staircase", "training-time", "linearization"]
    for panel in report.panels:
        assert f"({panel.name}.png)" in page and panel.title in page
        assert panel.comparisons and all(found.agrees for found in panel.comparisons.values())
        assert (report.folder / f"{panel.name}.pdf").read_bytes().startswith(b"%PDF")


def test_a_panel_that_disagrees_makes_the_report_disagree(report):
    panel = report.panels[0]
    (name,) = panel.comparisons
    assert replace(report, panels=()).agrees
    false = replace(panel, comparisons={name: Disagreeing()})
    assert not false.agrees and not replace(report, panels=(false,)).agrees
    assert "**disagree**" in false.markdown() and "**disagree**" not in panel.markdown()


class Disagreeing:
    agrees = False


def test_report_stops_if_the_equations_are_not_the_recorded_ones(monkeypatch, tmp_path):
    other = derive("random-features", "general", "wide")
    monkeypatch.setattr(reproduction, "stored_system", lambda *name: other)
    with pytest.raises(CertificateError, match="not the recorded one"):
        asy.reproduce(tmp_path, SMALL, workers=1)


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"^folder = "):
        asy.reproduce(tmp_path / "file" / "inside", SMALL, workers=1)
