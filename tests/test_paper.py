"""The paper has the form that the Journal of Open Source Software asks for."""

import re
from pathlib import Path

from asymptotics.verification.discovery import parse_bibliography

ROOT = Path(__file__).parents[1]
SECTIONS = (
    "Summary",
    "Statement of need",
    "State of the field",
    "Software design",
    "Research impact statement",
    "AI usage disclosure",
    "Acknowledgements",
    "References",
)
LEAST, MOST = 750, 1750
"""Words."""


def test_sections_and_length():
    _, head, text = (ROOT / "paper.md").read_text(encoding="utf-8").split("---\n", 2)
    assert re.findall(r"^# (.+)$", text, re.MULTILINE) == list(SECTIONS)
    assert LEAST <= len(re.findall(r"\w[\w'-]*", re.sub(r"\[@[^\]]*\]", "", text))) <= MOST
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= set(
        re.findall(r"^(\w+):", head, re.M)
    )


def test_citations_are_entries():
    cited = set(re.findall(r"@(\w+)", (ROOT / "paper.md").read_text(encoding="utf-8")))
    entries = parse_bibliography((ROOT / "paper.bib").read_text(encoding="utf-8"))
    assert cited == set(entries)
    assert all({"author", "title", "year"} <= set(entry) for entry in entries.values())
