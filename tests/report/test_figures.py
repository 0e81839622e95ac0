"""Whole figures: what they show, not only that they draw."""

from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report.figures import calibration_figure
from asymptotics.report.judgement import calibrate

mpl.use("Agg")
MODEL = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.3, 3: 0.2}, noise=0.05)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_staircase_has_a_curve_per_dimension_and_the_limit():
    axes = asy.plot_staircase(MODEL, d=[100, 10**4], points=30)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["$d = 100$", "$d = 10^4$", "limit"]
    assert axes.get_xlabel().endswith(r"\log n/\log d$")
    curve = axes.get_lines()[1].get_ydata()
    assert curve[0] > 0.9 and curve[-1] < 0.1


def test_atlas_marks_the_diagonal_and_the_critical_lines():
    axes = asy.plot_atlas(MODEL, d=300, points=10, largest=2.5)
    segments = [np.column_stack(line.get_data()).tolist() for line in axes.get_lines()]
    assert [[1, 1], [1, 2.5]] in segments and [[2, 2], [2.5, 2]] in segments
    assert [[0.1, 0.1], [2.5, 2.5]] in segments


def test_multiple_descent_peaks_at_the_number_of_features():
    axes = asy.plot_multiple_descent(MODEL, d=20, p=500, largest=1e4)
    n, test = axes.get_lines()[0].get_data()
    assert 400 < n[np.argmax(test)] < 650


def test_calibration_shows_scores_diagonal_and_envelope():
    calibration = calibrate(np.array([0.3, -1.2, 0.9, 2.5]))
    axes = asy.plot_calibration(calibration, label="test error")
    points, diagonal = axes.get_lines()
    assert np.array_equal(*diagonal.get_data())
    assert points.get_ydata().tolist() == [-1.2, 0.3, 0.9, 2.5]
    assert points.get_xdata() == pytest.approx(calibration.expected)
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(calibration.envelope()[0][0])
    assert f"p = {calibration.p_value:.2g}" in axes.get_title()
    assert axes.get_xlabel() == "normal quantiles" and axes.get_ylabel()
    with pytest.raises(InputError, match="a Calibration or a report"):
        asy.plot_calibration([0.1, 0.2])


def test_calibration_of_a_report_has_two_colors():
    """Scores at finite size, some of them far out, and after extrapolation."""
    wide, normal = calibrate(np.linspace(-40, 30, 20)), calibrate(np.linspace(-1.5, 1.5, 6))
    report = SimpleNamespace(
        calibrations=lambda observable: {"finite size": wide, "extrapolated": normal},
        observables=["test", "train"],
    )
    axes = asy.plot_calibration(report, observable="train")
    assert axes.get_title() == f"training error: KS $p = {normal.p_value:.2g}$"
    labelled = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
    assert [line.get_label() for line in labelled] == ["finite size", "extrapolated"]
    assert labelled[0].get_color() != labelled[1].get_color()
    assert axes.get_yscale() == "symlog" and len(axes.collections) == 2
    figure = calibration_figure(report)
    assert [panel.get_title()[:4] for panel in figure.axes if panel.axison] == ["test", "trai"]
