"""The table of cautions beside simulations in the documentation."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "howto" / "trust_table.py"
_spec = importlib.util.spec_from_file_location("trust_table", SCRIPT)
trust = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = trust
_spec.loader.exec_module(trust)

ROWS = trust.rows()


def lines():
    """The rows of the page, in their order."""
    page = trust.PAGE.read_text(encoding="utf-8")
    assert page.startswith(trust.HEAD) and all(f"## {row.group}\n" in page for row in ROWS)
    found = [
        line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| features")
    ]
    assert len(found) == len(ROWS)
    return found


def cells(line):
    """What stands in a row."""
    return [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def test_the_page_marks_what_predictions_mark():
    """After a change: ``python docs/howto/trust_table.py``. Every sixth row is asked here."""
    for row, line in list(zip(ROWS, lines(), strict=True))[::6]:
        name, sizes, ridge, *_, marked = cells(line)
        assert (name, sizes) == (row.name, f"d = {row.sizes.d}, n = {row.sizes.n}") and float(
            ridge
        ) == row.ridge
        assert bool(marked) == bool(trust.theory(row).caution), line


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(ROWS)))
def test_the_page_has_the_numbers_of_simulation(place):
    """The seed is fixed: the same numbers to rounding of the page."""
    assert trust.line(ROWS[place]) == lines()[place]
