"""Methods on the axis of trainable parameters: values, limits, the figure."""

import csv
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


def test_overlaps_formulas_and_grades_stand_in_the_table(page, tmp_path):
    tangent = asy.NeuralTangentRidge("relu", {1: 1, 2: 1}, 0.1)
    shares = asy.overlaps(tangent, asy.FiniteSize(d=20, n=300, p=[20, 5000]), 0.01)
    line = page["tangent features"]
    for degree, found in shares.items():
        assert line.overlaps[degree][1:] == pytest.approx(found)
    assert page["both"].learned.tolist() == [1, 2, 2] and page["both"].grades == ("prediction",) * 3
    assert "[1] Gaussian equivalence" in str(page) and "degree 2" in str(page)
    page.to_csv(tmp_path / "page.csv")
    with (tmp_path / "page.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 15 and rows[0]["grade"] == "prediction" and "features" in rows[4]["formula"]
    assert float(rows[4]["overlap_1"]) == line.overlaps[1][1]


def test_a_few_neurons_and_doubtful_points_are_told():
    page = asy.linearizations("he3(x)", {1: 1, 2: 1}, d=40, n=900, parameters=[800], ridge=0.1)
    assert page["tangent features"].grades == ("not trusted",) and "?" in str(page)
    few = asy.linearizations("relu", {1: 1}, d=40, n=100, parameters=[200], ridge=0.1)
    assert "few neurons" in few["tangent features"].formula
    assert (
        np.isnan(few["tangent features"].overlaps[1]).all()
        and np.isnan(few["tangent features"].learned).all()
    )
    assert 0 < few["random features"].overlaps[1][0] < 1


def test_the_best_ridge_of_every_point():
    options = {"noise": 0.5, "d": 20, "n": 100, "parameters": [500]}
    best = asy.linearizations("relu", {1: 1, 2: 1}, **options, ridge="optimal")
    both = asy.NeuralTangentRidge("relu", {1: 1, 2: 1}, 0.5, layers="both")
    line, size = best["both"], asy.FiniteSize(d=20, n=100, p=24)
    assert line.neurons == [24] and line.moves and not best["tangent kernel"].moves
    assert np.all(asy.predict(both, size, line.ridge * np.array([0.8, 1.25])).test > line.test)
    single = asy.RandomFeaturesRidge("relu", {1: 1, 2: 1}, 0.5)
    found = asy.optimal_ridge(single, asy.FiniteSize(d=20, n=100, p=500))
    assert best["random features"].ridge[0] == pytest.approx(found.value)
    for wrong in ("best", -1, [1, 2, 3]):
        with pytest.raises(asy.InputError, match="'optimal'"):
            asy.linearizations("relu", {1: 1}, **options, ridge=wrong)


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
