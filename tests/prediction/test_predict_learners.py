"""Training and ensembles asked of ``predict``: the same numbers as the rooms that compute them, and what is refused."""

import pickle

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.ask import ask
from asymptotics.ensembles.ask import ask as ask_averaged
from asymptotics.errors import InputError
from tests.models.own_models import TwoPenalties

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
LIMIT = asy.Proportional(2, 3)


def test_time_is_gradient_flow():
    risk = asy.predict(MODEL, LIMIT, time=[0, 1, 10])
    _, columns = ask(MODEL, LIMIT, asy.GradientFlow([0, 1, 10]))
    assert risk.test.tolist() == columns.values["test"].tolist()
    assert risk.parameters["time"].tolist() == [0, 1, 10]
    assert risk.made_by["training"] == "gradient flow"
    np.testing.assert_allclose(asy.predict(MODEL, LIMIT, time_per_sample=3).test, risk.test[1], rtol=1e-12)


def test_long_training_ends_at_the_ridge_of_its_weight_decay():
    late = asy.predict(MODEL, LIMIT, training=asy.GradientFlow(1e6, ridge=0.1))
    assert late.test == pytest.approx(asy.predict(MODEL, LIMIT, 0.1).test, rel=1e-9)


def test_trained_risks_survive_files():
    risk = asy.predict(MODEL, LIMIT, training=asy.GradientDescent([1, 20], "0.1"))
    again = asy.Risk.from_json(risk.to_json())
    assert again.test.tolist() == risk.test.tolist() and again.made_by == risk.made_by


def test_ensembles():
    risk = asy.predict(MODEL, LIMIT, "0.1", ensemble=4)
    assert risk.test == ask_averaged(MODEL, LIMIT, "0.1", ensemble=asy.Ensemble(4)).test
    one = asy.predict(MODEL, LIMIT, "0.1")
    assert asy.predict(MODEL, LIMIT, "0.1", ensemble=1).test == pytest.approx(one.test, rel=1e-12)
    assert risk.test < one.test


def test_parts_sum_to_the_test_error_and_follow_the_points_of_a_grid():
    grid = asy.Proportional([[0.5], [2.0], [8.0]], 3)
    for risk in (asy.predict(MODEL, grid, [0.1, 1]), asy.predict(MODEL, grid, time=[1, 10])):
        np.testing.assert_allclose(sum(risk.parts.values()), risk.test, rtol=1e-11)
        some = risk[1:, 0]
        assert some.parts["bias2"].tolist() == risk.parts["bias2"][1:, 0].tolist()
    exact = asy.predict(MODEL, LIMIT, "0.1", digits=25)
    assert abs(sum(exact.parts.values()) - exact.test) < 1e-24


@pytest.mark.parametrize("lost", ["json", "pickle"])
def test_parts_are_not_carried_along(lost):
    risk = asy.predict(MODEL, LIMIT, 0.1)
    again = asy.Risk.from_json(risk.to_json()) if lost == "json" else pickle.loads(pickle.dumps(risk))
    assert again == risk and risk.parts["bias2"] > 0
    with pytest.raises(InputError, match="ask predict"):
        _ = again.parts


@pytest.mark.parametrize("options", [{"ensemble": 3}, {"certified": True}])
def test_parts_that_do_not_exist_are_refused(options):
    with pytest.raises(InputError):
        _ = asy.predict(MODEL, LIMIT, "0.1", **options).parts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ridge": 0.1, "time": 1}, "left out"),
        ({"ridge_per_sample": 0.1, "time": 1}, "left out"),
        ({"time": 1, "time_per_sample": 1}, "exactly one"),
        ({"time": 1, "training": asy.GradientFlow(1)}, "exactly one"),
        ({"training": asy.PrincipalComponents(1), "certified": True}, "False for this method"),
        ({"time": 1, "ensemble": 2, "digits": 20}, "None where members"),
        ({"ridge": 0.1, "ensemble": 2, "certified": True}, "False for an ensemble"),
        ({"ridge": 0.1, "ensemble": 0}, "ensemble|members"),
        ({"training": "flow"}, "training"),
        ({"time": -1}, ">= 0"),
        ({}, "exactly one of ridge"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        asy.predict(MODEL, LIMIT, **options)


def test_observables_that_training_does_not_give_are_left_out():
    """They were numbers that are none; with a ridge they are there."""
    sizes = asy.FiniteSize(n=40, p=25)
    trained = asy.predict(TwoPenalties(noise="0.3"), sizes, time=1.0)
    assert "shifted" in asy.predict(TwoPenalties(noise="0.3"), sizes, ridge=1.0).values
    assert "shifted" not in trained.values and "nan" not in str(trained)
    with pytest.raises(AttributeError, match="its components are test"):
        print(trained.shifted)
