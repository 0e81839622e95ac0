"""Plots say what is drawn: axes, labels, points where the theory and the simulation put them."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, MissingExtraError, ShapeError
from asymptotics.report import plots

pyplot = pytest.importorskip("matplotlib.pyplot")
pyplot.switch_backend("agg")

MODEL = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.2)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def curve():
    return asy.predict(MODEL, asy.Proportional(np.geomspace(0.1, 30, 61), 3), ridge=1e-3)


def test_lines_are_the_components(curve):
    axes = asy.plot(curve, "psi1")
    drawn = {line.get_label(): line for line in axes.get_lines()}
    for name, label in [("test", "test error"), ("bias", "bias"), ("variance", "variance")]:
        assert drawn[label].get_xdata() == pytest.approx(curve.parameters["psi1"])
        assert drawn[label].get_ydata() == pytest.approx(getattr(curve, name))
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == plots.LABELS["psi1"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["test error", "bias", "variance"]


def test_interpolation_threshold_is_marked(curve):
    assert any(list(line.get_xdata()) == [3, 3] for line in asy.plot(curve, "psi1").get_lines())


def test_one_component_names_the_axis(curve):
    assert asy.plot(curve, "psi1", components=["train"]).get_ylabel() == "training error"


@pytest.mark.parametrize("precision", [{"digits": 20}, {"certified": True}])
def test_other_numbers_are_drawn_too(precision):
    sizes = asy.Proportional([1.0, 2.0, 4.0], 3)
    exact = asy.predict(MODEL, sizes, ridge="0.1", **precision)
    expected = asy.predict(MODEL, sizes, ridge="0.1").test
    assert asy.plot(exact, "psi1").get_lines()[0].get_ydata() == pytest.approx(expected)


def test_infinite_values_leave_a_gap():
    risk = asy.predict(MODEL, asy.Proportional([1.0, 2.0, 3.0, 4.0], 3), ridge=0)
    line = asy.plot(risk, "psi1").get_lines()[0]
    assert np.isnan(line.get_ydata()).tolist() == [False, False, True, False]


def test_simulation_is_drawn_at_its_ratios(curve):
    sizes = asy.FiniteSize(20, 60, [20, 60, 120])
    estimate = asy.simulate(MODEL, sizes, ridge=1e-3, trials=8, seed=0, progress=False)
    axes = asy.plot(curve, "psi1", components=["test"], simulation=estimate)
    (bars,) = axes.containers
    points, _, (segments,) = bars
    assert points.get_xdata() == pytest.approx([1, 3, 6])
    assert points.get_ydata() == pytest.approx(estimate.test.mean)
    ends = [(low[1], high[1]) for low, high in segments.get_segments()]
    expected = np.stack([estimate.test.mean - 2 * estimate.test.standard_error,
                         estimate.test.mean + 2 * estimate.test.standard_error], axis=1)  # fmt: skip
    assert np.array(ends) == pytest.approx(expected)
    assert r"simulation $\pm 2$ s.e." in [text.get_text() for text in axes.get_legend().get_texts()]


def test_drawing_into_given_axes_keeps_them(curve):
    figure, axes = pyplot.subplots()
    axes.set_xlabel("mine")
    assert asy.plot(curve, "psi1", ax=axes, label="ReLU") is axes
    assert axes.get_xlabel() == "mine"
    assert axes.get_lines()[0].get_label() == "ReLU test error"
    assert pyplot.get_fignums() == [figure.number]


def test_what_cannot_be_drawn_is_said(curve):
    with pytest.raises(InputError, match=r"x = 'n': expected a parameter of the risk: psi1, psi2, ridge"):
        asy.plot(curve, "n")
    for arguments, name in [((3, "psi1"), "risk"), ((curve, "psi1"), "simulation")]:
        with pytest.raises(InputError) as caught:
            asy.plot(*arguments, simulation=2)
        assert caught.value.name == name
    with pytest.raises(InputError, match=r"components = 'error'"):
        asy.plot(curve, "psi1", components=["error"])
    with pytest.raises(InputError, match="give psi1 as an array"):
        asy.plot(asy.predict(MODEL, asy.Proportional(1, 2), ridge=1), "psi1")
    with pytest.raises(InputError, match="an empty grid"):
        asy.plot(asy.predict(MODEL, asy.Proportional([], 2), ridge=1), "psi1")
    grid = asy.predict(MODEL, asy.Proportional([[1.0], [2.0]], [3.0, 4.0]), ridge=1)
    with pytest.raises(ShapeError):
        asy.plot(grid, "psi1")


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def without_matplotlib(name, *arguments, **keywords):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(MissingExtraError, match=r"asymptotics-rf\[plot\]"):
        plots.load_pyplot()
