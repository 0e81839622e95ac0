"""A fresh notebook: every figure appears, the user's own plots too, and every rich repr renders.

Needs nbclient and ipykernel, which execute notebooks as users do: what a backend does when the first figure loads it
can be seen nowhere else.
"""

import sys

import pytest

nbclient = pytest.importorskip("nbclient", reason="executes notebooks", exc_type=ImportError)
pytest.importorskip("ipykernel", reason="runs the cells", exc_type=ImportError)
nbformat = pytest.importorskip("nbformat", exc_type=ImportError)

SETUP = """
import numpy as np, asymptotics as asy
model = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.2")
sizes = asy.FiniteSize(10, 20, 30)
risk = asy.predict(model, asy.Proportional(np.geomspace(0.1, 10, 20), 3), ridge=0.1)
"""
FIGURES = (
    "asy.plot(risk, 'psi1');",
    "asy.plot(risk, 'psi1', components=['train']);",
    "axes = asy.plot(risk); axes.set_title('third')",
    "import matplotlib.pyplot as plt; plt.plot([1, 2], [3, 1]);",
    "asy.plot(risk, ax=plt.figure().add_subplot());",
)
REPRS = (
    "risk",
    "model",
    "asy.predict(model, asy.Proportional(2, 3), ridge=0.1)",
    "asy.compare(asy.predict(model, sizes, 0.1), asy.simulate(model, sizes, 0.1, trials=3, progress=False))",
    "asy.optimal_ridge(model, asy.Proportional(2, 3))",
    "asy.expand('relu')",
    "asy.atlas(2, '3/2')",
    "model.target",
    "sizes",
    "asy.derive('random-features', 'proportional')",
    "asy.verify('marchenko-pastur')",
    "asy.Measurement({'d': 10, 'n': 20, 'p': 30, 'ridge': 0.1}, {'test': 0.5})",
    "risk.status",
    "asy.cite(risk)",
)
RICH = {0: "text/html", 2: "text/html", 3: "text/html", 6: "text/latex", 9: "text/latex", 10: "text/html"}
"""Which of them are shown as tables, formulas and a verdict in color."""


def executed(cells, monkeypatch):
    """Outputs of every cell of a notebook that was run by a kernel of this interpreter."""
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.filterwarnings("ignore")
def test_figures_appear_and_reprs_render(monkeypatch):
    _, *outputs = executed([SETUP, *FIGURES, *REPRS], monkeypatch)
    for cell, found in zip(FIGURES, outputs):
        pictures = [one for one in found if "image/png" in one.get("data", {})]
        assert len(pictures) == 1, cell
    for cell, found in zip(REPRS, outputs[len(FIGURES) :]):
        assert len(found) == 1 and "text/plain" in found[0]["data"], cell
    for number, kind in RICH.items():
        assert kind in outputs[len(FIGURES) + number][0]["data"], REPRS[number]
