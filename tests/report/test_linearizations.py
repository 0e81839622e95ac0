"""Methods on the axis of trainable parameters: values, limits, the figure."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

import asymptotics as asy


@pytest.fixture(scope="module")
def page():
    return asy.linearizations(
        "relu", {1: 1, 2: 1}, noise=0.1, d=20, n=300, parameters=[60, 400, 10**5], ridge=0.01
    )


def test_lines_are_what_predict_says(page):
    both = asy.NeuralTangentRidge("relu", {1: 1, 2: 1}, 0.1, layers="both")
    assert page["both"].neurons.tolist() == [3, 19, 4762]
    risk = asy.predict(both, asy.FiniteSize(d=20, n=300, p=[3, 19, 4762]), 0.01)
    assert page["both"].test == pytest.approx(risk.test) and "blocks" in page["both"].formula
    assert page["tangent features"].test[2] == pytest.approx(page["tangent kernel"].test[2], rel=0.02)
    assert page["random features"].test[2] == pytest.approx(
        page["kernel of the last layer"].test[2], rel=0.02
    )


def test_best_polynomials_are_least_squares(page):
    """What is beyond the degree, and what fitting D coefficients to n samples costs."""
    for degree, beyond, count in ((1, 1, 21), (2, 0, 230)):
        found, error = page.polynomials[degree]
        assert found == count and error == pytest.approx(
            beyond + (beyond + 0.1) * count / (300 - count), rel=1e-9
        )
    few = asy.linearizations("relu", {2: 1}, d=20, n=100, parameters=[60])
    assert few.polynomials[2] == (230, math.inf)


def test_simulation_and_training_stand_beside_it():
    page = asy.linearizations(
        "relu", {1: 1}, noise=0.1, d=15, n=60, parameters=[2000], ridge=0.05, simulate=8, train=50
    )
    for name in ("random features", "tangent features", "both"):
        line = page[name]
        assert abs(line.simulated - line.test) < 4 * line.standard_error + 0.06 * line.test
    assert page["trained network"].formula == "simulation only" and 0 < page["trained network"].test[0] < 1.5
    assert np.isnan(page["tangent kernel"].simulated).all()


def test_the_figure(page):
    axes = asy.plot_linearizations(page)
    assert axes.get_xscale() == "log" and len(axes.get_legend().get_texts()) == 5
    plt.close(axes.figure)
    assert "best polynomial of degree 2" in str(page)
    with pytest.raises(asy.InputError, match=r"d \+ 1 = 21"):
        asy.linearizations("relu", {1: 1}, d=20, n=30, parameters=[20])
