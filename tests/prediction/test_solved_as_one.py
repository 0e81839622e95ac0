"""Pieces that are solved as one: the same answers as one by one, along sizes that the spectrum depends on."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.lowering.program import Program
from asymptotics.models.degree_two import WeightLevels, neuron_law
from asymptotics.prediction import pieces
from asymptotics.solvers.solution import Status

CURVES = [
    ("relu", asy.FiniteSize(d=100, n=150, p=np.arange(2, 31))),
    ("x**2/2", asy.FiniteSize(d=40, n=[600, 1200], p=np.array([[10], [38], [40], [41], [90]]))),
    ("exp(x/2)", asy.FiniteSize(d=60, n=700, p=[2, 20, 50, 60, 400, 4000])),
]


@pytest.mark.parametrize(("activation", "regime"), CURVES)
@pytest.mark.parametrize("ridge", [0.1, 1e-9, 0])
def test_points_do_not_know_their_neighbours(activation, regime, ridge, monkeypatch):
    model = asy.NeuralTangentRidge(activation, {1: 1, 2: "0.3"}, "0.2")
    together = asy.predict(model, regime, ridge)
    monkeypatch.setattr(pieces, "groups", lambda asked: [[place] for place in range(len(asked))])
    alone = asy.predict(model, regime, ridge)
    assert together.status.tolist() == alone.status.tolist()
    for name in ("test", "bias", "variance", "train", "norm", "effective_ridge"):
        # Longer rows are added up in another order, and a condition near interpolation multiplies that.
        allowed = 1e-13 + 1e-15 * np.minimum(np.abs(together.condition), 1e9)
        one, two = getattr(together, name), getattr(alone, name)
        good = np.isfinite(two) & (two != 0)
        assert np.all(np.abs(one / np.where(good, two, 1) - 1)[good] <= allowed[good]), name


@pytest.mark.parametrize("ratio", [0.5, 0.99, 1.0, 1.01, 3.0])
def test_the_law_of_neurons_beside_its_edge(ratio):
    """g = E 1/(y + m) solves y g + g/(1 + g/ratio) = 1, down to a y where polynomials need too many points."""
    (points, weights), atom = neuron_law(ratio, np.inf)
    for y in (1.0, 1e-3, 1e-6, 1e-9):
        g = weights @ (1 / (y + points)) + atom / y
        assert y * g + g / (1 + g / ratio) == pytest.approx(1, rel=1e-12)


def test_numbers_reach_as_far_as_they_say():
    """Effective ridges from 1e-7 up beside an edge at zero; Chebyshev points alone miss a thousandth there."""
    model = asy.NeuralTangentRidge("x**2/2", {1: 1, 2: 1}, "0.2")
    regime = asy.FiniteSize(d=40, n=1500, p=[39, 40, 41, 60])
    measure = WeightLevels(model, 40, 40)
    first = measure.first(1.0)
    reached = [first.reach]
    while reached[-1] > 1e-20:
        reached.append(measure.finer(reached[-1]).reach)
    assert reached == sorted(reached, reverse=True) and 3 <= len(reached) <= 4
    exact = asy.predict(model, regime, 1e-6)
    assert exact.effective_ridge.min() < first.reach
    full = WeightLevels.doubles(measure, 1.0)
    spectrum, nu = full.spectrum, exact.effective_ridge[1]
    for reach, data in ((first.reach, first), (0.0, full)):
        at = max(reach, nu)
        share = [s.weights["T"] @ (s.eigenvalues / (s.eigenvalues + at)) for s in (data.spectrum, spectrum)]
        assert share[0] == pytest.approx(share[1], rel=1e-14)
    low = first.spectrum.weights["T"] @ (first.spectrum.eigenvalues / (first.spectrum.eigenvalues + nu))
    assert abs(low / share[1] - 1) > 1e-8


EVALUATED = [
    ({"layers": "both"}, asy.FiniteSize(d=60, n=np.arange(250, 350), p=120)),
    ({"layers": "both"}, asy.Proportional(2.0, np.geomspace(0.1, 20, 100))),
    ({"second_layer": "gaussian"}, asy.FiniteSize(d=60, n=250, p=np.arange(31, 131))),
    (
        {"layers": "both", "second_layer": "gaussian", "output": "random"},
        asy.Proportional(np.geomspace(0.1, 20, 100), 3.0),
    ),
    ({}, asy.FiniteSize(d=60, n=np.arange(100, 200), p=20)),
    ({}, asy.FiniteSize(d=60, n=100, p=np.arange(2, 31))),
    ({}, asy.FiniteSize(d=60, n=900, p=np.arange(31, 131))),
]


@pytest.mark.parametrize(("options", "regime"), EVALUATED)
def test_a_curve_costs_a_few_evaluations(options, regime, monkeypatch):
    """Of whole arrays, whatever the machine: continuation took 40 and more, for every point along neurons."""
    model, count = asy.NeuralTangentRidge("relu", {1: 1}, "0.2", **options), []
    asy.predict(model, regime, 0.1)
    whole = Program.__call__
    monkeypatch.setattr(Program, "__call__", lambda self, *given: count.append(1) or whole(self, *given))
    risk = asy.predict(model, regime, 0.1)
    pieces_of_points = np.unique(np.asarray(regime.p)).size if regime.dimension is not None else 1
    # Coordinates of every piece take one short program each.
    assert len(count) <= 45 + pieces_of_points and np.all(risk.status == Status.SOLVED)
