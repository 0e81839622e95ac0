"""Documents made from derivations."""

import re
from pathlib import Path

import pytest

from asymptotics.errors import InputError
from asymptotics.verification import derivations, render
from asymptotics.verification.render import _latex_prose, index


@pytest.fixture(scope="module")
def document():
    return render("random-features", "marchenko-pastur", format="latex")


def test_latex_environments_are_balanced(document):
    stack = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]+)\}", document):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []
    assert document.count(r"\[") == document.count(r"\]")


def test_latex_braces_and_delimiters_are_balanced(document):
    plain = re.sub(r"\\[{}$%&#_]", "", document.replace("\\\\", ""))
    depth = 0
    for letter in plain:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    assert depth == 0
    assert plain.count("$") % 2 == 0
    assert len(re.findall(r"\\left\b", document)) == len(re.findall(r"\\right\b", document))


def test_latex_has_no_stray_specials_in_prose(document):
    text = re.sub(r"\\begin\{(align\*|aligned|pmatrix)\}.*?\\end\{\1\}", "", document, flags=re.DOTALL)
    text = re.sub(r"\\\[.*?\\\]|\$.*?\$", "", text, flags=re.DOTALL)
    text = re.sub(r"\\(cite|bibitem|usepackage|newcommand)(\[[^\]]*\])?\{[^}]*\}", "", text)
    assert not re.findall(r"(?<!\\)[&^#]", text.partition(r"\begin{document}")[2])
    assert not re.findall(r"(?<!\\)_", text.partition(r"\begin{document}")[2])


def test_every_citation_has_an_entry(document):
    cited = set(re.findall(r"\\cite\{(\w+)\}", document))
    entries = set(re.findall(r"\\bibitem\{(\w+)\}", document))
    assert cited and cited <= entries


def test_equations_come_from_the_objects(document):
    assert r"\begin{pmatrix} \lambda & X^\top \\ X & -1 \end{pmatrix}" in document
    assert r"c \nu p" in document


def test_markdown():
    text = render("marchenko-pastur")
    assert text.startswith("# Resolvent of a sample covariance matrix")
    assert "**Grade:** ASSUMED; everything that is not assumed: EXACT." in text
    assert text.count("$$") % 2 == 0 and "## References" in text
    assert "✗" not in text


def test_prose_conversion():
    source = "A **bold** and *leaning* word, `code_x`, 50% of $a_b$ & [@Hastie2022]."
    expected = (
        r"A \textbf{bold} and \emph{leaning} word, \texttt{code\_x}, 50\% of $a_b$ \& \cite{Hastie2022}."
    )
    assert _latex_prose(source) == expected


def test_unknown_format():
    with pytest.raises(InputError, match="format = 'pdf'"):
        render("marchenko-pastur", format="pdf")


def test_the_index_beside_the_derivations_is_current():
    page = Path(__file__).parents[2] / "derivations" / "README.md"
    assert page.read_text(encoding="utf-8") == index()
    assert all(f"`{name}`" in index() for name in derivations())
