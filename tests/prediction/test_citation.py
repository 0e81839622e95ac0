"""What to cite: complete entries, and the theorems that the equations assume."""

import re
from pathlib import Path

import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.prediction.citation import cite
from asymptotics.verification.discovery import bibliography, parse_bibliography

MODEL = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        (MODEL, asy.Proportional(2, 3)),
        (MODEL, asy.FiniteSize(30, 40, 50)),
        (MODEL, asy.Polynomial(2, "3/2")),
        (asy.KernelRidge("exp(t)", {1: 1}), asy.FiniteSize(30, 40)),
    ],
)
def test_answers_cite_what_their_equations_assume(model, sizes):
    citation = asy.predict(model, sizes, ridge="0.1").cite()
    assert "Defilippis2024" in citation.keys and len(citation.keys) > 1
    found = parse_bibliography(str(citation))
    assert list(found) == ["asymptotics", *citation.keys]
    for key in citation.keys:
        assert found[key]["title"] == bibliography()[key]["title"] and found[key]["year"]
        assert found[key]["url"].startswith("https://")
    assert found["asymptotics"]["version"] == asy.__version__ and re.fullmatch(
        r"20\d\d", found["asymptotics"]["year"]
    )


def test_of_systems_optima_and_nothing():
    system = asy.derive("random-features", regime="proportional")
    assert cite(system).keys == asy.predict(MODEL, asy.Proportional(2, 3), ridge=0.1).cite().keys
    assert cite(asy.optimal_ridge(MODEL, asy.Proportional(2, 3))).keys
    assert cite().keys == () and len(cite().entries) == 1
    with pytest.raises(InputError, match="a Risk or a system"):
        cite(3)


def test_the_citation_file_names_papers_of_the_bibliography():
    text = (Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8")
    titles = re.findall(r'^  - type: .*\n    title: "?(.*?)"?$', text, re.MULTILINE)
    known = {fields["title"]: fields for fields in bibliography().values()}
    assert len(titles) == 2 and set(titles) <= set(known)
    for title in titles:
        assert f"url: https://arxiv.org/abs/{known[title]['eprint']}" in text
