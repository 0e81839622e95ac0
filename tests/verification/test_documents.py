"""Documents in the programs that read them: LaTeX compiles without lost references, pages open without a complaint.

Needs pdflatex and chromium, of a distribution's packages. Without them the tests are skipped and say so, or fail where
ASYMPTOTICS_REQUIRES_TOOLS is set: there all derivations are tested, elsewhere the quickest.
"""

import json
import os
import re
import shutil
import subprocess

import pytest

from asymptotics.cli.pages import html, page
from asymptotics.verification import derivations, render
from asymptotics.verification.latex import latex
from asymptotics.verification.run import run

QUICK = "marchenko-pastur"
WIDEST = 36.0
"""Points by which a line may stick out of the text: half of the margin."""

LOOK = """<script>
window.addEventListener("load", () => {
  const all = (what) => [...document.querySelectorAll(what)];
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  const links = all("a[href^='#']").map((a) => a.getAttribute("href"));
  const lost = links.filter((link) => !document.getElementById(link.slice(1)));
  const ids = all("[id]").map((one) => one.id);
  const size = (one) => one.getBoundingClientRect();
  const unseen = all("math").filter((one) => size(one).width < 1 || size(one).height < 1).map((one) => one.textContent);
  const found = {
    lost, unseen, twice: ids.filter((id, k) => ids.indexOf(id) !== k), formulas: all("math").length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
  document.body.textContent = "found" + JSON.stringify(found) + "end";
});
</script></body>"""


def tool(*names):
    """The path of a program; skips without it, or fails where it is required."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None and os.environ.get("ASYMPTOTICS_REQUIRES_TOOLS"):
        pytest.fail(f"{names[0]} is required here and not installed")
    if path is None:
        pytest.skip(f"{names[0]} is not installed")
    return path


def compiled(text, folder):
    """The log of the second run."""
    program = tool("pdflatex")
    (folder / "page.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def seen(text, folder):
    """What a browser finds on a page, and what it complains of."""
    program = tool("chromium", "chromium-browser", "google-chrome")
    (folder / "page.html").write_text(text.replace("</body>", LOOK), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr",
    ]
    options += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", "--dump-dom"]
    command = [program, *options, (folder / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r"found(\{.*\})end", done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    return json.loads(found[1]), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_latex_compiles_with_its_references(tmp_path):
    tool("pdflatex")
    assert_typeset(compiled(render(QUICK, format="latex"), tmp_path))


def assert_typeset(log):
    """Formulas fit; in text, only a check that failed has words too long for a line."""
    assert "undefined" not in log and "multiply" not in log and "Output written" in log
    wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\) (?:detected|in alignment)", log)
    assert [width for width in wide if float(width) > WIDEST] == []


def assert_readable(found, complaints):
    formulas = found.pop("formulas")
    assert found == {"lost": [], "unseen": [], "twice": [], "wide": False} and formulas > 5
    assert complaints == []


def test_a_browser_shows_the_page(tmp_path):
    tool("chromium", "chromium-browser", "google-chrome")
    assert_readable(*seen(html([QUICK]), tmp_path))


def test_a_browser_finds_what_is_lost(tmp_path):
    broken = '<!DOCTYPE html><html lang="en"><body><a href="#gone">1</a><script>oops()</script></body></html>'
    found, complaints = seen(broken, tmp_path)
    assert found["lost"] == ["#gone"] and len(complaints) == 1


@pytest.fixture(scope="module")
def outcomes():
    """Every derivation, run once."""
    return run()


@pytest.mark.slow
@pytest.mark.parametrize("name", derivations())
def test_every_derivation_is_typeset_and_shown(name, outcomes, tmp_path):
    assert_typeset(compiled(latex([outcomes[name]]), tmp_path))
    assert_readable(*seen(page([outcomes[name]]), tmp_path))


@pytest.mark.slow
def test_all_together_are_typeset_and_shown(outcomes, tmp_path):
    assert_typeset(compiled(latex(list(outcomes.values())), tmp_path))
    assert_readable(*seen(page(list(outcomes.values())), tmp_path))
