"""Running derivations: the graph, failures that are reported, references, records."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sympy.abc import a, b

from asymptotics.equations.records import read_record
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.verification import Derivation, Evidence, Verdict, bibliography, check, derivations, verify
from asymptotics.verification import run as running
from asymptotics.verification.discovery import ordered, parse_bibliography
from asymptotics.verification.run import run, run_derivation

ROOT = Path(__file__).parents[2]


def make(identifier="square", uses=(), right=a**2 + 2 * a * b + b**2, **options):
    """A derivation of two steps; the first is false for another ``right``."""
    derivation = Derivation(id=identifier, title="A square", uses=uses, concludes="doubled", **options)

    @derivation.step("Binomial")
    def square():
        "The square of a sum."
        yield check.identity((a + b) ** 2, right, statement="the binomial formula")
        yield check.identity(a + b, b + a, statement="addition commutes")
        return (a + b) ** 2

    @derivation.step("Twice")
    def doubled(square):
        "Twice the square."
        yield check.identity(2 * square, square + square, statement="twice")
        return 2 * square

    return derivation


def report_of(derivation, **options):
    return run_derivation(derivation, **options).report


def test_a_true_derivation_passes():
    report = report_of(make())
    assert report.passed and report.grade is Evidence.EXACT and not report.remaining
    assert [len(step.checks) for step in report.steps] == [2, 1]


def test_a_false_derivation_fails_readably():
    report = report_of(make(right=a**2 + a * b + b**2))
    text = str(Verdict((report,)))
    assert not report.passed
    assert "FAIL EXACT       the binomial formula  [remainder a*b]" in text
    assert "ok   EXACT       addition commutes" in text
    assert "not reached: Twice" in text
    assert text.endswith("FAILED: square")


def test_keep_going_runs_the_rest():
    report = report_of(make(right=a), keep_going=True)
    assert not report.passed and len(report.steps) == 2 and report.steps[1].passed


def test_failure_does_not_stop_the_others_but_blocks_what_builds_on_it():
    catalogue = {
        "bad": make("bad", right=a),
        "good": make("good"),
        "later": make("later", uses=("bad",)),
    }
    outcomes = run(catalogue=catalogue)
    verdict = Verdict(tuple(outcome.report for outcome in outcomes.values()))
    assert not verdict.passed
    assert verdict["good"].passed and not verdict["bad"].passed and not verdict["later"].passed
    assert verdict["later"].steps == () and "builds on bad, which failed" in str(verdict)


def test_an_exception_names_step_and_line():
    derivation = Derivation(id="broken", title="Broken", concludes="value")

    @derivation.step("Division")
    def value():
        "Divides by zero."
        yield check.identity(a, a)
        return 1 // 0

    report = report_of(derivation)
    assert not report.passed and len(report.steps[0].checks) == 1
    assert report.steps[0].error.startswith("ZeroDivisionError") and "test_run.py:" in report.steps[0].error


def test_a_step_may_only_yield_checks():
    derivation = Derivation(id="wrong", title="Wrong", concludes="value")

    @derivation.step("Yields a boolean")
    def value():
        "Not a check."
        yield True

    assert "may only yield checks" in report_of(derivation).steps[0].error


def test_grade_is_the_weakest_and_assumptions_are_listed():
    derivation = Derivation(id="assumed", title="Assumed", concludes="value")

    @derivation.step("Taken")
    def value():
        "From the literature."
        yield check.identity(a, a)
        yield check.assumes("a theorem", "Hastie2022")

    report = report_of(derivation, keys=bibliography())
    assert report.passed and report.grade is Evidence.ASSUMED and report.proved_grade is Evidence.EXACT
    assert [check_.statement for check_ in report.assumptions()] == ["a theorem"]
    assert not report_of(derivation, keys=["Another2000"]).passed


def test_steps_are_validated_when_written():
    derivation = Derivation(id="d", title="D", concludes="nothing")
    with pytest.raises(DerivationError, match="asks for missing"):

        @derivation.step("Needs")
        def value(missing):
            "Prose."

    with pytest.raises(DerivationError, match="no prose"):

        @derivation.step("Silent")
        def silent():
            return 1

    with pytest.raises(DerivationError, match="which is not a step"):
        run_derivation(derivation)


def test_circles_and_unknown_names():
    with pytest.raises(DerivationError, match="circle: x -> y -> x"):
        ordered({"x": make("x", uses=("y",)), "y": make("y", uses=("x",))})
    with pytest.raises(DerivationError, match="uses z, which is not there"):
        ordered({"x": make("x", uses=("z",))})
    with pytest.raises(InputError, match=r"derivation = 'nothing': expected one of .*random-features"):
        verify("nothing")


def test_the_shipped_derivations_are_found_in_order():
    names = list(derivations())
    assert {"random-features", "marchenko-pastur", "ridge"} <= set(names)
    for name, derivation in derivations().items():
        assert all(names.index(used) < names.index(name) for used in derivation.uses)
        assert derivation.statement
        assert set(derivation.references) <= set(bibliography())


def test_bibliography_is_complete():
    for key, fields in bibliography().items():
        assert {"author", "title", "year", "type"} <= set(fields), key
    parts = (ROOT / name for name in ("asymptotics", "derivations", "docs"))
    texts = [
        path.read_text("utf-8") for part in parts for path in part.rglob("*") if path.suffix in (".py", ".md")
    ]
    assert [key for key in bibliography() if not any(key in text for text in texts)] == []
    assert parse_bibliography("@misc{K,\n  title = {A {\\'e} b},\n}")["K"]["title"] == "A {\\'e} b"


def test_verdict_as_json():
    verdict = verify("marchenko-pastur")
    data = json.loads(verdict.to_json())
    assert data["passed"] is True and data["derivations"][0]["id"] == "marchenko-pastur"
    assert data["derivations"][0]["digest"] == verdict["marchenko-pastur"].digest
    assert verdict.rows()[0][0] == "marchenko-pastur"


def test_progress_is_reported():
    seen = []
    verify("marchenko-pastur", progress=lambda report: seen.append(report.id))
    assert seen == ["marchenko-pastur"]


def test_records_are_written_only_by_passing_derivations(tmp_path, monkeypatch):
    (path,) = running.write_conclusions(tmp_path, "marchenko-pastur")
    system = read_record(path)
    assert system.provenance.derivation == "marchenko-pastur"
    assert any("HeltonRashidiFarSpeicher2007" in text for text in system.provenance.assumptions)
    monkeypatch.setattr(running, "derivations", lambda: {"bad": make("bad", right=a)})
    monkeypatch.setattr(running, "run", lambda *names: run(*names, catalogue={"bad": make("bad", right=a)}))
    with pytest.raises(CertificateError, match="bad did not pass"):
        running.write_conclusions(tmp_path, "bad")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["marchenko-pastur.json"]


@pytest.mark.slow
def test_another_package_called_derivations_does_not_hide_ours(tmp_path):
    (tmp_path / "derivations").mkdir()
    (tmp_path / "derivations" / "__init__.py").write_text("foreign = True\n")
    code = (
        "import derivations; assert derivations.foreign; "
        "import asymptotics as asy; print(asy.verify('marchenko-pastur').passed)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.getcwd()}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "True", found.stderr
