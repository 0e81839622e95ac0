"""Sizes and ridges as users give them, broadcast and kept exact."""

import math
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.prediction.plans import plan
from asymptotics.prediction.requests import read_request

MODEL = asy.RandomFeaturesRidge("relu", {1: 1})


def request(regime, ridge=None, ridge_per_sample=None):
    return read_request(MODEL, regime, ridge, ridge_per_sample)


def test_scalars_have_no_shape_and_stay_exact():
    asked = request(asy.Proportional("1/3", Fraction(1, 7)), "0.1")
    assert asked.shape == ()
    assert asked.exact == {"psi1": Fraction(1, 3), "psi2": Fraction(1, 7), "ridge": Fraction(1, 10)}
    assert {name: value.tolist() for name, value in asked.sizes.items()} == {"n": [1 / 7], "p": [1 / 3]}
    sizes, ridge, dimension = next(asked.exact_rows())
    assert (sizes, ridge) == (
        {"n": Fraction(1, 7), "p": Fraction(1, 3)},
        Fraction(1, 10),
    ) and dimension is None


def coordinates(asked, name):
    """One input of the charts at every point, in the order of charts and points."""
    return np.concatenate([piece.points.inputs[name] for piece in plan(asked) if name in piece.points.inputs])


def test_ridges_are_converted_into_each_other():
    asked = request(asy.Proportional([2, 4], [5.0, 10.0]), ridge=1)
    assert asked.ridge.tolist() == [1, 1] and coordinates(asked, "lam_n").tolist() == [0.2, 0.1]
    asked = request(asy.FiniteSize(30, [10, 20], 50), ridge_per_sample="0.1")
    assert coordinates(asked, "lam") == pytest.approx([1, 2])
    assert asked.dimension.tolist() == [30, 30]


def test_zero_ridge_per_sample_is_zero_ridge_even_for_infinitely_many_samples():
    for given in ({"ridge_per_sample": 0}, {"ridge": 0}):
        asked = request(asy.Proportional(2, math.inf), **given)
        assert coordinates(asked, "lam_n").tolist() == [0]
        assert coordinates(asked, "inv_n").tolist() == [0] and coordinates(asked, "gap").tolist() == [1]


def test_parameters_are_what_was_given_broadcast():
    asked = request(asy.FiniteSize([[10], [20]], [5, 6, 7]), ridge=0.1)
    assert asked.shape == (2, 3)
    assert {name: value.shape for name, value in asked.parameters.items()} == dict.fromkeys("dn", (2, 3)) | {
        "p": (2, 3), "ridge": (2, 3),
    }  # fmt: skip
    assert np.isinf(asked.parameters["p"]).all()


@pytest.mark.parametrize(
    "ridge", ["", "a", True, None, [1, "x"], {}, -1e-300, complex(1, 1), [0.1, math.nan]]
)
def test_bad_ridges(ridge):
    with pytest.raises(InputError, match=r"^ridge = "):
        request(asy.Proportional(2, 3), ridge)


RANDOM, SPECTRAL = asy.RandomFeaturesRidge("relu", {1: 1}), asy.SpectralRidge([1], [1])
KERNEL = asy.KernelRidge("exp(t)", {1: 1}, 0.1)


@pytest.mark.parametrize(
    ("model", "regime", "name"),
    [
        (KERNEL, asy.FiniteSize(n=40), "d = None"),
        (KERNEL, asy.FiniteSize(20, 40, 60), "p = 60"),
        (KERNEL, asy.Proportional(2, 3), "psi1 = 2"),
        (RANDOM, asy.FiniteSize(n=40, p=60), "d = None"),
        (SPECTRAL, asy.FiniteSize(20, 40, 60), "without d"),
        ("relu", asy.Proportional(2, 3), "model = 'relu'"),
    ],
)
def test_every_function_refuses_a_regime_that_is_not_the_models(model, regime, name):
    for ask in (
        lambda: asy.predict(model, regime, 0.1),
        lambda: asy.expand_risk(model, regime, small="ridge", digits=15),
        lambda: asy.Curve(model, regime, over="ridge"),
        lambda: asy.optimal_ridge(model, regime),
        lambda: asy.interpolation_peak(model, regime, 0.1),
    ):
        with pytest.raises(InputError, match=name):
            ask()


def test_a_ridge_below_doubles_is_not_taken_for_zero():
    for ridge in ("1e-400", [0.1, Fraction(1, 10**400)]):
        with pytest.raises(InputError, match=r"^ridge = .*digits="):
            asy.predict(MODEL, asy.Proportional(2, 2), ridge)
    assert asy.predict(MODEL, asy.Proportional(2, 2), "1e-400", digits=10).test < math.inf


def test_numbers_above_doubles_are_refused():
    with pytest.raises(InputError, match=r"^ridge = "):
        asy.predict(MODEL, asy.Proportional(2, 2), 10**400)
    with pytest.raises(InputError, match=r"^n = "):
        asy.FiniteSize(n=10**400)
    with pytest.raises(InputError, match=r"^psi1 = "):
        asy.Proportional(Fraction(10**400), 2)
