"""Notebooks of the documentation: stored without outputs, and their cells run in order in one namespace.

The site executes them in a kernel; here they run in this process, which is quick.
"""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_run(path, tmp_path, monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "notebook"}
    for cell in read(path):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.stem}:{cell['id']}", "exec"), names)
    pyplot.close("all")


def test_nothing_but_the_source_is_stored():
    cells = [cell for path in NOTEBOOKS for cell in read(path)]
    assert all(cell.get("outputs", []) == [] and cell.get("execution_count") is None for cell in cells)
    assert all(re.match(r"# \w", "".join(read(path)[0]["source"])) for path in NOTEBOOKS)
    assert len(NOTEBOOKS) >= 3
