"""Labels of two classes: digits by two routes, what is flagged, what is refused."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.labels import SignTarget
from tests.oracles import loureiro

SIZES = asy.Proportional(psi1=2, psi2=3)


def test_the_checkpoint_to_all_of_its_digits():
    risk = asy.predict(asy.RandomFeaturesRidge("relu", target="sign"), SIZES, ridge="0.1", digits=20)
    known = {
        "overlap": "0.500182494171368259",
        "square": "0.533514636331562201",
        "classification_error": "0.259895361926227164",
        "test": "0.371958629332735696",
    }
    for name, digits in known.items():
        assert abs(risk[name] - risk[name].context.mpf(digits)) < 1e-18, name
    doubles = asy.predict(asy.RandomFeaturesRidge("relu", target="sign"), SIZES, ridge=0.1)
    assert all(abs(doubles[name] - float(digits)) < 1e-15 for name, digits in known.items())
    proved = asy.predict(
        asy.RandomFeaturesRidge("relu", target="sign"), SIZES, ridge="0.1", digits=20, certified=True
    )
    assert proved.classification_error.contains(risk.classification_error)
    assert proved.classification_error.rad < 1e-20


def test_a_second_route_from_the_risk_of_numbers():
    """The captured power is what the minimum says, and the mean square what the test error leaves."""
    signs = SignTarget(flips="0.1", probit="0.25")
    power, rest = signs.power(1), signs.rest
    assert math.isclose(power, 0.64 * 2 / math.pi / 1.25, rel_tol=1e-15)
    plain = asy.RandomFeaturesRidge("relu", target={1: power}, noise=rest)
    one = asy.predict(plain, SIZES, ridge="0.1", digits=30)
    two = asy.predict(asy.RandomFeaturesRidge("relu", target=signs), SIZES, ridge="0.1", digits=30)
    context = one.test.context
    c = context.mpf(power.numerator) / power.denominator
    left = 3 - one.degrees_of_freedom
    captured = 1 - 3 * (one.train + one.norm / 10) / left
    square = one.test - c + 2 * captured
    for name, value in (("overlap", captured / context.sqrt(c)), ("square", square)):
        assert abs(two[name] - value) < 1e-27, name
    assert two.test == one.test and two.noise == one.noise


@pytest.mark.parametrize("sizes", [{"psi1": 0.5, "psi2": 3}, {"psi1": 3, "psi2": 3}, {"psi1": 8, "psi2": 3}])
def test_without_a_ridge_the_limit_is_taken(sizes):
    model = asy.RandomFeaturesRidge("relu", target="sign")
    limit = asy.predict(model, asy.Proportional(**sizes), ridge=0)
    near = asy.predict(model, asy.Proportional(**sizes), ridge=1e-13)
    if sizes["psi1"] == sizes["psi2"]:
        assert limit.classification_error == 0.5 and math.isinf(limit.square)
    else:
        assert math.isclose(limit.classification_error, near.classification_error, rel_tol=1e-9)


def test_it_is_the_published_saddle_point():
    """A spectrum of two levels: ridge regression on it with the same labels, by the iteration of the paper."""
    kernel = asy.KernelRidge(asy.Kernel.from_coefficients({1: 1}, tail="0.5"), target="sign")
    signs = SignTarget()
    # In proportion to the dimension: the linear part is one level, the rest of the kernel adds to the ridge.
    m, q = loureiro.ridge(3.0, 0.1 + 0.5, float(signs.rest), [1.0], [1.0], [float(signs.power(1))])
    risk = asy.predict(kernel, asy.Proportional(psi2=3), ridge=0.1)
    assert math.isclose(risk.overlap, m / math.sqrt(signs.power(1)), rel_tol=1e-13)
    assert math.isclose(risk.square, q, rel_tol=1e-13)


def test_points_where_the_third_degree_is_learned_are_flagged():
    small = asy.FiniteSize(d=12, n=[12, 300, 3000])
    with pytest.warns(UserWarning, match="beyond the linear one"):
        risk = asy.predict(asy.KernelRidge("exp(t)", target="sign"), small, ridge=1e-3)
    assert risk.statuses.tolist() == ["solved", "untrusted", "untrusted"]
    large = asy.predict(
        asy.KernelRidge("exp(t)", target="sign"), asy.FiniteSize(d=60, n=[300, 1000]), ridge=1e-3
    )
    assert (large.status == asy.Status.SOLVED).all()
    few = asy.predict(
        asy.RandomFeaturesRidge("max(x, 0) + x**3", target="sign"),
        asy.FiniteSize(d=12, n=3000, p=9),
        ridge=1e-3,
    )
    assert few.status == asy.Status.SOLVED
    # A kernel that cannot see degree three, at the sizes that were flagged.
    blind = asy.Kernel.from_coefficients({1: 1, 2: 1})
    assert (
        asy.predict(asy.KernelRidge(blind, target="sign"), small, ridge=1e-3).status == asy.Status.SOLVED
    ).all()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: asy.RandomFeaturesRidge("relu", target="sign", noise=0.1), "probit"),
        (lambda: asy.RandomFeaturesRidge("relu", target="signs"), "'sign'"),
        (lambda: asy.SignTarget(flips=0.5), "flips"),
        (lambda: asy.SignTarget(probit=0.1, logistic=2), "logistic"),
        (lambda: asy.NeuralTangentRidge("relu", target=asy.SignTarget()), "target"),
        (lambda: asy.NeuralTangentRidge("relu", target="sign"), "target"),
        (
            lambda: asy.predict(
                asy.KernelRidge("exp(t)", target="sign"), asy.Polynomial(kappa1=math.inf, kappa2=1), ridge=0.1
            ),
            "Polynomial",
        ),
        (
            lambda: asy.predict(asy.RandomFeaturesRidge("relu", target="sign"), SIZES, ridge=0.1, digits=60),
            "digits",
        ),
    ],
)
def test_what_is_refused_is_named(call, named):
    with pytest.raises(asy.InputError, match=named):
        call()


def test_models_print_what_they_were_given():
    model = asy.RandomFeaturesRidge("relu", target=asy.SignTarget(flips="1/10"))
    assert repr(model) == "RandomFeaturesRidge('relu', SignTarget(flips=1/10), noise=0)"
    assert (
        repr(asy.RandomFeaturesRidge("relu", target={1: 1})) == "RandomFeaturesRidge('relu', {1: 1}, noise=0)"
    )
    assert hash(model) == hash(asy.RandomFeaturesRidge("relu", target=asy.SignTarget(flips="1/10")))
    probabilities = asy.SignTarget(flips=0.1).chance(np.array([-1.0, 1.0]))
    assert np.allclose(probabilities, [0.1, 0.9])
