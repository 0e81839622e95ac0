"""The figure of the parts."""

from types import SimpleNamespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.ensembles.parts import NAMES, parts
from asymptotics.errors import InputError, ShapeError
from asymptotics.report.parts_figure import COLORS, SHORT, plot_parts
from asymptotics.simulation.design.simulate_parts import simulate_parts

pyplot = pytest.importorskip("matplotlib.pyplot")
RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.2)


@pytest.fixture(autouse=True)
def closed():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def test_areas_end_at_the_test_error():
    psi1 = np.geomspace(10, 0.1, 20)  # in any order
    found = parts(RELU, asy.Proportional(psi1, 2), 0.1)
    axes = plot_parts(found, psi1, name="psi1")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(SHORT.values())
    line = axes.get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), sum(found.values())[::-1])
    assert axes.get_xscale() == "log" and set(COLORS) == set(NAMES) == set(SHORT)


def test_a_peak_without_ridge_leaves_the_rest_visible():
    psi1 = np.linspace(1, 3, 21)
    axes = plot_parts(parts(RELU, asy.Proportional(psi1, 2), 0), psi1)
    assert np.isfinite(axes.get_ylim()[1]) and axes.get_ylim()[1] < 20


def test_simulation_stands_on_the_edges():
    ridge = np.array([0.01, 0.1, 1.0])
    sizes = asy.FiniteSize(d=10, n=30, p=20)
    estimate = simulate_parts(RELU, sizes, ridge, trials=4)
    axes = plot_parts(parts(RELU, sizes, ridge), ridge, name="ridge", simulation=estimate)
    assert len(axes.containers) == 6


def test_a_risk_needs_the_name_of_its_parameter_only():
    psi1 = np.array([0.5, 1.0, 4.0])
    risk = SimpleNamespace(parts=parts(RELU, asy.Proportional(psi1, 2), 0.1), parameters={"psi1": psi1})
    assert "p/d" in plot_parts(risk, "psi1").get_xlabel()
    with pytest.raises(InputError, match="psi2"):
        plot_parts(risk, "psi2")


def test_refusals():
    found = parts(RELU, asy.Proportional([1, 3], 2), 0.1)
    with pytest.raises(InputError, match="all of"):
        plot_parts({"bias2": found["bias2"]}, [1, 3])
    with pytest.raises(ShapeError, match="line"):
        plot_parts(found, [1, 2, 3])
    with pytest.raises(ShapeError, match="simulation"):
        plot_parts(
            found, [1, 3], simulation=simulate_parts(RELU, asy.FiniteSize(d=9, n=9, p=9), 1.0, trials=2)
        )
