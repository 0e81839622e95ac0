"""Figures of training time: what they show, not only that they draw."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report import training_figures

pyplot = pytest.importorskip("matplotlib.pyplot")
RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")


@pytest.fixture(autouse=True)
def closed():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}


def test_time_stands_between_the_levels_of_ridges():
    axes = asy.plot_training(RELU, asy.Proportional(2, 3))
    found = lines(axes)
    assert list(found) == ["gradient flow", "best ridge", "no ridge", "best stopping"]
    test = found["gradient flow"].get_ydata()
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "training time $t$"
    assert test[0] == pytest.approx(1, abs=0.01)
    assert test[-1] == pytest.approx(found["no ridge"].get_ydata()[0], rel=1e-2)
    assert found["best ridge"].get_ydata()[0] == pytest.approx(0.39624720, abs=1e-8)
    ((when,), (least,)) = found["best stopping"].get_data()
    best = asy.optimal_time(RELU, asy.Proportional(2, 3))
    assert least == pytest.approx(best.test, abs=1e-6) and when == pytest.approx(best.time, rel=1e-3)


def test_several_components_and_simulation():
    sizes, times = asy.FiniteSize(d=20, n=60, p=40), np.array([0.3, 3.0, 30.0])
    estimate = asy.simulate(RELU, sizes, time=times, trials=3)
    axes = asy.plot_training(RELU, sizes, components=["test", "train"], simulation=estimate)
    assert {"test error", "training error", "best ridge"} <= set(lines(axes))
    assert len(axes.containers) == 2 and axes.get_yscale() == "linear"


def test_epochs_with_a_peak_have_a_logarithmic_axis():
    model = asy.SpectralRidge([1, "1/1000"], [1, 4], multiplicities=[80, 5], noise="1/5")
    axes = asy.plot_training(model, asy.FiniteSize(n=100, p=400))
    times, test = lines(axes)["gradient flow"].get_data()
    assert axes.get_yscale() == "log" and axes.get_ylim()[0] > 0.5
    peak = int(np.argmax(test))
    # The numbers of two other routes: a dip, a peak, and what is left in the end.
    assert test[:peak].min() == pytest.approx(4.828190464512, rel=1e-4)
    assert test[peak] == pytest.approx(18.965877455, rel=1e-3) and times[peak] == pytest.approx(
        2.1807, rel=0.1
    )
    assert test[peak:].min() == pytest.approx(1.129573947, rel=1e-4)


def test_where_the_error_grows_for_ever_the_window_ends():
    axes = asy.plot_training(RELU, asy.Proportional(3, 3))
    assert "no ridge" not in lines(axes) and axes.get_xlim()[1] < 1e7


def test_infinitely_many_samples_have_times_per_sample():
    axes = asy.plot_training(RELU, asy.Proportional(2, math.inf))
    assert axes.get_xlabel().endswith("$nt$") and "best stopping" not in lines(axes)


def test_the_valley_is_the_best_stopping():
    psi1 = np.array([6.0, 2.0, 0.2])
    axes = asy.plot_stopping_map(RELU, asy.Proportional(psi1, 3))
    features, times = lines(axes)["best stopping"].get_data()
    assert features.tolist() == [0.2, 2.0, 6.0] and axes.get_yscale() == axes.get_xscale() == "log"
    best = [asy.optimal_time(RELU, asy.Proportional(value, 3)).time for value in features]
    np.testing.assert_allclose(times, best, rtol=3e-2)
    assert axes.get_legend().get_texts()[0].get_text() == "best stopping"


def test_methods_side_by_side():
    sizes = asy.Proportional(np.array([1.0, 10.0]), 3)
    curves = {name: line.get_ydata() for name, line in lines(asy.plot_best_training(RELU, sizes)).items()}
    assert curves["best stopping"][0] > curves["best ridge"][0]  # few features: the ridge wins
    assert curves["best stopping"][1] < curves["best ridge"][1]  # many: stopping does
    assert np.all(curves["best filter found"] <= np.minimum(curves["best stopping"], curves["best ridge"]))
    relative = lines(asy.plot_best_training(RELU, sizes, relative=True, filters=False))
    assert "best filter found" not in relative and np.all(relative["best ridge"].get_ydata() == 1)
    np.testing.assert_allclose(
        relative["best stopping"].get_ydata(), curves["best stopping"] / curves["best ridge"], rtol=1e-12
    )


@pytest.mark.parametrize("figure", [training_figures.plot_stopping_map, training_figures.plot_best_training])
def test_one_size_varies(figure):
    for regime in (asy.Proportional(2, 3), asy.Proportional([1, 2], [3, 4]), asy.Proportional([[1], [2]], 3)):
        with pytest.raises(InputError, match="one size as an array"):
            figure(RELU, regime)
    with pytest.raises(InputError, match="one point"):
        training_figures.plot_training(RELU, asy.Proportional([1, 2], 3))
