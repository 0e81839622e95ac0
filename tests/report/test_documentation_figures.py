"""The pictures of the documentation show what the package draws now."""

import importlib.util
from pathlib import Path

import pytest

pyplot = pytest.importorskip("matplotlib.pyplot")
image = pytest.importorskip("matplotlib.image")
SCRIPT = Path(__file__).parents[2] / "docs" / "figures" / "draw.py"


@pytest.fixture(scope="module")
def draw():
    pyplot.switch_backend("agg")
    spec = importlib.util.spec_from_file_location("draw_figures", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    pyplot.close("all")


NAMES = ("calibration", "double_descent", "multiple_descent", "training_time", "epoch_descent", "stopping_map",
         "parts_in_time", "best_training", "next_order")  # fmt: skip


@pytest.mark.parametrize("name", [f"{name}.png" for name in NAMES])
def test_pictures_are_not_stale(draw, name):
    """After a change of what is drawn: ``python docs/figures/draw.py``."""
    figure = draw.FIGURES[name]()
    assert draw.digest(figure).encode() in (SCRIPT.parent / name).read_bytes()
    line = figure.axes[0].get_lines()[0]
    before = draw.digest(figure)
    line.set_ydata(line.get_ydata() * 1.001)
    assert draw.digest(figure) != before


def test_every_figure_is_tested(draw):
    drawn = {path.name for path in SCRIPT.parent.glob("*.png")}
    assert set(draw.FIGURES) == drawn == {f"{name}.png" for name in NAMES}
