import os
import shutil
import subprocess

import pytest

from asymptotics.equations.printing import printed_lines, short_page
from asymptotics.models.derive import all_names
from asymptotics.models.library import stored_system
from asymptotics.report.latex import document, escape

NAMES = ["_".join(part for part in name if part) for name in all_names()]


@pytest.mark.parametrize("name", all_names(), ids=NAMES)
def test_document_is_balanced_and_complete(name):
    system = stored_system(*name)
    text = document(system)
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert system.digest[:32] in text
    for observable in system.observables:
        assert rf"\mathrm{{{escape(observable.name)}}} &=" in text
    page = short_page(system)
    defined = sum(line.defines for line in printed_lines(page))
    assert text.count("&:=") == defined + len(page.steps)
    assert text.count("&=") == len(printed_lines(page)) - defined + len(system.observables)
    for words in (*system.provenance.steps, *system.provenance.assumptions):
        assert escape(words) in text
    assert "mu_starsq" not in text.replace(r"mu\_starsq", "")


def test_escape():
    assert escape(r"50% of a_b & {c} #1 $x^2$ ~ \d") == (
        r"50\% of a\_b \& \{c\} \#1 \$x\^{}2\$ \~{} \textbackslash{}d"
    )


@pytest.mark.skipif(
    shutil.which("pdflatex") is None and not os.environ.get("ASYMPTOTICS_REQUIRES_TOOLS"),
    reason="pdflatex is not installed",
)
def test_document_compiles(tmp_path):
    (tmp_path / "system.tex").write_text(document(stored_system("random-features")), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "system.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
