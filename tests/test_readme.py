"""The README and every page of the documentation: code runs, printed output is what it says, links lead somewhere.

In a page, ``python`` blocks run in order in one namespace; one whose first line names a file is also written to it, or
appended if the line ends in ``continued``; commands of ``sh`` blocks that start with ``asymptotics``
run in this process. A ``text`` block right after one of them is its output; numbers in it may differ in the last digits
of what machines disagree on. Commands that install, reproduce, take minutes or need a cluster are not run here, nor are
blocks of other languages (``py``, ``bash``, ``console``).
"""

import contextlib
import io
import math
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from asymptotics.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
FILED = re.compile(r"# (\w+\.py)(, continued)?\n")
NOT_RUN = ("reference", "reproduce", "verify")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def number(word):
    try:
        return float(word.rstrip(",;%"))
    except ValueError:
        return None


def assert_same_output(printed, expected):
    """Equal words, numbers to a relative 1e-3."""
    words, wanted = printed.split(), expected.split()
    assert len(words) == len(wanted), printed
    for word, want in zip(words, wanted):
        if number(word) is None:
            assert word == want, printed
        else:
            close = math.isclose(number(word), number(want) or 0.0, rel_tol=1e-3, abs_tol=1e-12)
            assert close or word == want, printed


def run_python(code, names):
    if filed := FILED.match(code):
        with open(filed[1], "a" if filed[2] else "w", encoding="utf-8") as file:
            file.write(code)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "page", "exec"), names)
    return printed.getvalue()


def run_commands(code):
    printed = ""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["asymptotics"] and words[1] not in NOT_RUN:
            result = CliRunner().invoke(main, words[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}"
            printed += result.stdout
    return printed


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_runs(page, tmp_path, monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    names, printed = {"__name__": "page"}, None
    for language, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            printed = run_python(code, names)
        elif language == "sh":
            printed = run_commands(code)
        elif language == "text" and printed is not None:
            assert_same_output(printed, code)
            printed = None
    pyplot.close("all")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8"))]
    local = [target for target in targets if not target.startswith(("http://", "https://", "mailto:"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_pages_cited_in_the_code_exist():
    sources = [*(ROOT / "asymptotics").rglob("*.py"), *(ROOT / "derivations").rglob("*.py")]
    cited = {page for source in sources for page in re.findall(r"docs/[\w/]+\.md", source.read_text("utf-8"))}
    assert [page for page in sorted(cited) if not (ROOT / page).exists()] == []


def test_the_two_commands_stand_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start = "python3 -m venv .venv && .venv/bin/pip install -e"
    assert f'{start} ".[all]" && .venv/bin/asymptotics reproduce' in text
    assert f'{start} ".[all,test]" && .venv/bin/python -m pytest' in text
    assert "pip install asymptotics\n" not in text and "pip install asymptotics`" not in text


def test_ten_lines():
    """The first block of Python is short: at most ten lines of code."""
    code = next(
        code
        for language, code in BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
        if language == "python"
    )
    statements = [line for line in code.splitlines() if line.strip() and line.strip() not in (")", "(")]
    assert len(statements) <= 10


def test_version_is_said_once_everywhere():
    from asymptotics import __version__

    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
