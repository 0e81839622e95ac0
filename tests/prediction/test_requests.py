"""Sizes and ridges as users give them, broadcast and kept exact."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.models.posed import Posed
from asymptotics.prediction.plans import plan
from asymptotics.prediction.requests import posed, read_question, read_request

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


MOST = Fraction(sys.float_info.max)


def test_ridges_at_the_edge_of_doubles():
    assert request(asy.Proportional(2, 3), MOST).ridge.tolist() == [float(MOST)]
    below = read_question(MODEL, asy.Proportional(2, 3), [-MOST, MOST], None, below_zero=True)
    assert below.ridge.tolist() == [-float(MOST), float(MOST)]
    doubles = read_question(MODEL, asy.Proportional(2, 3), [-1.0, 2.0], None, below_zero=True)
    assert doubles.ridge.tolist() == [-1.0, 2.0]
    for ridge in (MOST + 1, -MOST - 1, [1.0, -math.inf], [math.inf]):
        with pytest.raises(InputError, match=r"^ridge = "):
            read_question(MODEL, asy.Proportional(2, 3), ridge, None, below_zero=True)
    for given in ((None, None), (1, 1)):
        with pytest.raises(InputError, match="exactly one of ridge and ridge_per_sample"):
            request(asy.Proportional(2, 3), *given)
    for options in ({}, {"below_zero": True}):  # nothing continues below zero in polynomial scaling
        with pytest.raises(InputError, match=r">= 0"):
            read_question(MODEL, asy.Polynomial(1, 2), -1.0, None, **options)
    with pytest.raises(InputError, match="ridge_per_sample"):
        request(asy.Polynomial(1, 2), None, 1)


def test_exact_parameters_have_the_shape_of_the_answer():
    alone = request(asy.Proportional("1/3", math.inf), None, "0.1").exact_parameters()
    assert alone == {"psi1": Fraction(1, 3), "psi2": math.inf, "ridge_per_sample": Fraction(1, 10)}
    many = request(asy.Proportional(["1/3", 2], 3), [["0.1"], [1]]).exact_parameters()
    assert many["psi1"].tolist() == [[Fraction(1, 3), 2]] * 2 and many["ridge"].tolist() == [
        [Fraction(1, 10)] * 2,
        [1, 1],
    ]


def test_infinitely_many_samples_feel_a_ridge_per_sample():
    sizes = asy.Proportional(2, [3, math.inf])
    assert request(sizes, None, 1).count == request(sizes, [1, 0]).count == 2
    with pytest.raises(InputError, match=r"^ridge = 1\.0: expected 0 where psi2 is infinite"):
        request(asy.Proportional(2, [math.inf, math.inf]), [0, 1])
    with pytest.raises(InputError, match=r"^psi2 = inf: expected a finite value where psi1 is infinite"):
        request(asy.Proportional([2, math.inf], [3, math.inf]), None, 1)
    assert request(asy.Proportional([2, math.inf], [math.inf, 3]), None, 1).count == 2


def test_dimensions_are_whole():
    doubles = request(asy.FiniteSize([10, 2**53 - 1], 2**54, 2**54), 1).dimension
    assert doubles.dtype == float and doubles.tolist() == [10, 2**53 - 1]
    for large in (2**53, 2**53 + 1):
        exact = request(asy.FiniteSize([10, large], 2**54, 2**54), 1)
        assert exact.dimension.tolist() == [10, large] and exact.dimension.dtype == object
        assert [d for _, d in exact.groups()] == [10, large] and [d for *_, d in exact.exact_rows()] == [
            10,
            large,
        ]
    assert request(asy.Proportional(2, [3, 4]), 1).dimension is None
    assert [(where.tolist(), d) for where, d in request(asy.Proportional(2, [3, 4]), 1).groups()] == [
        ([0, 1], None)
    ]


def test_answers_that_do_not_fit_are_refused(monkeypatch):
    monkeypatch.setenv("ASYMPTOTICS_MEMORY_GB", "1e-4")
    assert request(asy.Proportional(2, 3), np.ones(300)).count == 300
    with pytest.raises(InputError, match="an answer of at most"):
        request(asy.Proportional(2, 3), np.ones(320))


def test_points_that_others_answer(monkeypatch):
    """All by another model in its own sizes, or some; functions that need one problem take the first only."""
    other, sizes = asy.RandomFeaturesRidge("tanh", {1: 1}), asy.Proportional([2, 3, 4], 5)
    asked = request(sizes, [["1/2"], [1]])

    def hand(*parts):
        monkeypatch.setattr(
            type(MODEL),
            "posed",
            lambda self, regime, shape=(): parts if self is MODEL else (Posed(self, regime),),
        )

    hand(Posed(other, asy.Proportional([6, 7, 8], 5), None, "formula", "caution"))
    (part,) = posed(asked)
    assert part.request.model is other and (part.formula, part.caution, part.where) == (
        "formula",
        "caution",
        None,
    )
    found = request(sizes, [["1/2"], [1]])
    assert found.model is other and found.sizes["p"].tolist() == [6, 7, 8] * 2
    assert found.parameters["psi1"].tolist() == [[2, 3, 4]] * 2
    where = np.array([1, 5])
    some = Posed(other, asy.Proportional([7, 8], 5), where), Posed(MODEL, sizes, np.array([0, 2, 3, 4]))
    hand(*some)
    first, second = posed(asked)
    assert first.request.ridge.tolist() == [0.5, 1] and first.where is where and second.request is asked
    for parts in (some, some[:1], (Posed(MODEL, sizes), Posed(MODEL, sizes))):
        hand(*parts)
        with pytest.raises(InputError, match="sizes that one formula answers"):
            request(sizes, [["1/2"], [1]])
    hand(Posed(MODEL, sizes))
    assert request(sizes, 1).model is MODEL
    monkeypatch.setattr(type(MODEL), "only_ridge", "no more is known")
    with pytest.raises(InputError, match="no more is known"):
        request(sizes, 1)
