"""The page of tasks: thirteen of them, each short; that they run is tested with the documentation."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "ten_things.md"


def test_every_task_takes_at_most_eight_lines():
    _, *sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(sections) == 13
    for section in sections:
        codes = re.findall(r"^```(?:python|sh)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
        lines = [line for code in codes for line in code.splitlines() if line.strip()]
        assert 1 <= len(lines) <= 8, section
