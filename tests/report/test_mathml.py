"""Formulas for browsers: well-formed, with nothing of LaTeX left."""

import re
from xml.etree import ElementTree

import pytest

from asymptotics.report.mathml import UNKNOWN, mathml
from asymptotics.verification import derivations


def words(formula):
    """Text of the elements, in order."""
    return " ".join(
        element.text for element in ElementTree.fromstring(mathml(formula)).iter() if element.text
    )


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\lambda_n^2", "λ n 2"),
        (r"\mathrm{tr}\,(X^\top X/n + \lambda)^{-1}", "tr ( X ⊤ X / n + λ ) − 1"),
        (r"\hat{\tau}_{\mathrm{out},1}", "τ ^ out , 1"),
        (r"\left\lVert y - Z a\right\rVert^2", "‖ y − Z a ‖ 2"),
        (r"\sqrt[3]{x} \le \frac12", "x 3 ≤ 1 2"),
        (r"n \to \infty \text{ as } d", "n → ∞  as  d"),
        (r"\mathbb{R}^d \ni \mathcal N(0, \mathbf{1})", "ℝ d ∋ 𝒩 ( 0 , 1 )"),
        (r"a < b & c", "a < b c"),
        (r"f'(x) = \log d", "f ′ ( x ) = log d"),
        (r"\boxed{\underbrace{x}_{\text{small}} \leftarrow \oint y}", "x ⏟ small ← ∮ y"),
    ],
)
def test_formulas_are_read(formula, expected):
    assert words(formula) == expected and UNKNOWN not in mathml(formula)


def test_matrices_and_structure():
    table = ElementTree.fromstring(mathml(r"L = \begin{pmatrix} a & b^\top \\ c & -1 \end{pmatrix}", True))
    rows = list(table.iter("mtr"))
    assert [len(row) for row in rows] == [2, 2] and table.get("display") == "block"
    fraction = ElementTree.fromstring(mathml(r"\frac{a+b}{\sqrt{c}}_1")).find("msub/mfrac")
    assert [part.tag for part in fraction] == ["mrow", "msqrt"]
    assert UNKNOWN in mathml(r"\frobnicate{x}")


def test_what_is_written_in_derivations_is_understood():
    """Statements and prose; the equations are in the test of the pages."""
    texts = [d.statement for d in derivations().values()]
    texts += [step.prose for d in derivations().values() for step in d.steps]
    formulas = [
        a or b for text in texts for a, b in re.findall(r"\$\$(.*?)\$\$|\$([^$]+?)\$", text, re.DOTALL)
    ]
    assert len(formulas) > 300
    for formula in formulas:
        ElementTree.fromstring(mathml(formula))
        assert UNKNOWN not in mathml(formula), formula
