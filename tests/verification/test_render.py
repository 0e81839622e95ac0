"""Documents made from derivations."""

import dataclasses
import re
from pathlib import Path

import pytest
import sympy as sp

from asymptotics.errors import InputError
from asymptotics.verification import Check, Evidence, derivations, render
from asymptotics.verification.display import common_denominators, display
from asymptotics.verification.latex import prose
from asymptotics.verification.layout import evidence
from asymptotics.verification.render import index
from asymptotics.verification.run import run


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
    text = re.sub(
        r"\\begin\{(align|aligned|split|pmatrix|longtable)\}.*?\\end\{\1\}", "", document, flags=re.DOTALL
    )
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
    assert text.count("$$") % 2 == 0 and "## References" in text
    assert "✗" not in text and "EXACT" not in text and "Grade" not in text
    numbers = [int(number) for number in re.findall(r"\\tag\{(\d+)\}", text)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 3
    assert text.count("<details>") == text.count("</details>") > 2


def test_prose_conversion():
    source = "A **bold** and *leaning* word, `code_x`, 50% of $a_b$ & [@Hastie2022]."
    expected = (
        r"A \textbf{bold} and \emph{leaning} word, \texttt{code\_x}, 50\% of $a_b$ \& \cite{Hastie2022}."
    )
    assert prose(source) == expected


def test_unknown_format():
    with pytest.raises(InputError, match="format = 'pdf'"):
        render("marchenko-pastur", format="pdf")


def test_the_index_beside_the_derivations_is_current():
    page = Path(__file__).parents[2] / "derivations" / "README.md"
    assert page.read_text(encoding="utf-8") == index()
    assert all(f"`{name}`" in index() for name in derivations())


def test_symbols_stand_before_they_are_used():
    text = render("marchenko-pastur", "random-features")
    table = text.index("## Symbols", text.index("# Random-features"))
    first = text.index("## The learning problem")
    assert table < first
    rows = text[table:first]
    for row in (
        r"| $A$ | Gaussian matrix, $n \times D$",
        r"| $\nu$ | effective ridge",
        r"| $\beta$ | given vector",
    ):
        assert row in rows


def test_definitions_stand_before_the_equations_that_use_them():
    system = conclusion_of("random-features")
    lines = display(system)
    defined = max(k for k, line in enumerate(lines) if ":=" in line and r"\Delta" not in line)
    assert all(k > defined for k, line in enumerate(lines) if line.endswith("= 0"))


def test_a_denominator_that_occurs_again_is_named_once():
    lines = display(conclusion_of("random-features"))
    assert sum(line.startswith(r"\Delta &:=") for line in lines) == 1
    assert sum(r"{\Delta" in line for line in lines) == 3  # test, train, norm
    a, b = sp.symbols("a b")
    names, forms = common_denominators([a / (a + b), b])
    assert names == {} and forms == [a / (a + b), b]
    long = a**3 + a * b + b**2 + 1
    names, forms = common_denominators([a / long, b / (2 * long)])
    ((name, factor),) = names.items()
    given = [a / long, b / (2 * long)]
    assert [sp.cancel(form.subs(name, factor) - e) for form, e in zip(forms, given, strict=True)] == [0, 0]


def test_one_line_says_what_is_assumed_and_proved():
    report = run("marchenko-pastur")["marchenko-pastur"].report
    line = evidence(report)
    assert re.fullmatch(r"\d+ statements proved exactly, 1 statement taken from the literature\.", line)
    failed = dataclasses.replace(
        report.steps[-1], checks=(Check("identity", "0 = 1", Evidence.EXACT, False),)
    )
    assert evidence(dataclasses.replace(report, steps=(failed,))) == "1 failed."


def conclusion_of(name):
    return run(name)[name].conclusion
