"""Ensembles as they are declared, asked about by arrays, and refused."""

import itertools
import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.equivalent import equivalent_ridge, generalized_cross_validation
from asymptotics.ensembles.evaluate import predict_ensemble
from asymptotics.errors import InputError, SolverError
from tests.models.own_models import TwoGroups, TwoPenalties

INF = math.inf
RF = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.2)
KERNEL = asy.KernelRidge("exp(t)", target={1: 1}, noise=0.2)
PSI = asy.Proportional(psi1=[[0.5], [2.0]], psi2=1.5)
A = asy.Activation.from_coefficients
OWN = TwoGroups(A(powers={1: "1/4"}, tail="0.09"), A(powers={1: "0.64"}, tail="0.36"), noise="0.3")
OWN_SIZES = asy.FiniteSize(n=90, p1=72, p2=42, d=60)


@pytest.mark.parametrize(
    "given, name",
    [
        ({"members": 0}, "members"), ({"members": 2.5}, "members"), ({"members": True}, "members"),
        ({"members": "3"}, "members"), ({"members": math.nan}, "members"), ({"share": "all"}, "share"),
        ({"share": 3}, "share"), ({"samples": 0}, "samples"), ({"samples": 1.5}, "samples"), ({"features": 2},
        "features"), ({"bootstrap": 1}, "bootstrap"), ({"bootstrap": True, "share": "none"}, "bootstrap"),
        ({"bootstrap": True, "share": "features"}, "bootstrap"),
    ],
)  # fmt: skip
def test_bad_ensembles_are_refused(given, name):
    with pytest.raises(InputError, match=name):
        Ensemble(**given)


def test_good_ensembles_are_not():
    assert Ensemble(np.int64(3)).members == 3 and Ensemble(2.0).members == 2 and Ensemble(INF).members == INF
    assert Ensemble(2, share="both", samples=1.5, bootstrap=True).samples == 1.5
    assert Ensemble(3) == Ensemble(members=3, share="data") and hash(Ensemble(3)) == hash(Ensemble(3))


def test_grids_are_points():
    ensemble, ridges = Ensemble(4, share="both", samples="1/2"), np.array([0.0, 0.01, 1.0])
    grid = predict_ensemble(RF, PSI, ridges, ensemble=ensemble)
    assert grid.shape == (2, 3)
    for i, psi1 in enumerate((0.5, 2.0)):
        for j, ridge in enumerate(ridges):
            point = predict_ensemble(RF, asy.Proportional(psi1=psi1, psi2=1.5), ridge, ensemble=ensemble)
            assert all(abs(point.values[name] / grid.values[name][i, j] - 1) < 1e-12 for name in point.values)


def test_more_members_are_better_and_the_limit_is_reached():
    tests = [predict_ensemble(RF, PSI, 1e-3, ensemble=Ensemble(k)).test for k in (1, 2, 5, 10**6, INF)]
    assert all(np.all(one > two) for one, two in itertools.pairwise(tests))
    np.testing.assert_allclose(tests[-2], tests[-1], rtol=1e-4)
    np.testing.assert_allclose(tests[1], (tests[0] + tests[-1]) / 2, rtol=1e-13)


def test_the_average_over_features_has_no_peak():
    regime = asy.Proportional(psi1=[1.4, 1.5, 1.6, 30], psi2=1.5)
    single, many = (predict_ensemble(RF, regime, 0, ensemble=Ensemble(k)).test for k in (1, INF))
    # With more features than samples the effective ridge without ridge does not depend on how many there are.
    assert np.isinf(single[1]) and np.all(np.isfinite(many)) and np.ptp(many[1:]) < 1e-12


def test_ridge_per_sample_is_of_the_samples_of_a_member():
    half = Ensemble(3, share="both", samples=0.5)
    one = predict_ensemble(RF, PSI, 0.3, ensemble=half)
    two = predict_ensemble(RF, PSI, ridge_per_sample=0.3 / 0.75, ensemble=half)
    np.testing.assert_allclose(one.test, two.test, rtol=1e-12)


def test_bootstrap_without_ridge_is_a_subset_of_the_distinct_samples():
    """With more features than distinct samples an interpolator does not see how often it was given one."""
    regime, distinct = asy.Proportional(psi1=3, psi2=1.5), 1 - math.exp(-1)
    again = predict_ensemble(RF, regime, 0, ensemble=Ensemble(1, share="both", bootstrap=True))
    once = asy.predict(RF, asy.Proportional(psi1=3, psi2=1.5 * distinct), 0)
    assert abs(again.test / once.test - 1) < 1e-9
    small = predict_ensemble(RF, regime, 1e-9, ensemble=Ensemble(1, share="both", bootstrap=True))
    assert abs(small.test / again.test - 1) < 1e-6


def test_many_draws_with_replacement_are_all_samples():
    """Of 400 times as many draws everyone has nearly equal weights; their size is that of the ridge."""
    bags = predict_ensemble(RF, PSI, 40.0, ensemble=Ensemble(1, share="both", samples=400, bootstrap=True))
    np.testing.assert_allclose(bags.test, asy.predict(RF, PSI, 0.1).test, rtol=0.01)


def test_kernels_and_their_bags():
    sizes = asy.FiniteSize(d=20, n=[50, 100])
    half = predict_ensemble(KERNEL, sizes, 0.1, ensemble=Ensemble(INF, samples=0.5))
    one = asy.predict(KERNEL, sizes, equivalent_ridge(KERNEL, sizes, 0.1, Ensemble(INF, samples=0.5)))
    np.testing.assert_allclose(half.test, one.test, rtol=1e-12)


# -- a model that the package does not know ----------------------------------------------------------------


def test_own_model():
    plain = asy.predict(OWN, OWN_SIZES, [0.1, 1.0])
    one = predict_ensemble(OWN, OWN_SIZES, [0.1, 1.0], ensemble=Ensemble(1))
    np.testing.assert_array_equal(one.test, plain.test)
    bags = Ensemble(INF, share="both", samples=0.6)
    many = predict_ensemble(OWN, OWN_SIZES, 1.0, ensemble=bags)
    ridge = equivalent_ridge(OWN, OWN_SIZES, 1.0, bags)
    again = asy.predict(OWN, OWN_SIZES, ridge)
    assert abs(many.test / again.test - 1) < 1e-10 and abs(many.train / again.train - 1) < 1e-9
    estimate = generalized_cross_validation(OWN, OWN_SIZES, 1.0, Ensemble(5))
    assert abs(estimate / predict_ensemble(OWN, OWN_SIZES, 1.0, ensemble=Ensemble(5)).prediction - 1) < 1e-9


def test_own_model_without_random_features():
    model, sizes = TwoPenalties(noise="0.1"), asy.FiniteSize(n=40, p=20)
    same = predict_ensemble(model, sizes, 0.1, ensemble=Ensemble(3))
    assert abs(same.test / asy.predict(model, sizes, 0.1).test - 1) < 1e-12
    assert predict_ensemble(model, sizes, 0.1, ensemble=Ensemble(3, share="none")).test < same.test


# -- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: predict_ensemble(RF, PSI, 0.1, ensemble="three"), "ensemble"),
        (lambda: predict_ensemble(KERNEL, asy.FiniteSize(d=20, n=50), 0.1, ensemble=Ensemble(2, features=0.5)),
        "features"), (lambda: predict_ensemble(OWN, OWN_SIZES, 0.1, ensemble=Ensemble(2, features=0.5)), "features"),
        (lambda: predict_ensemble(OWN, OWN_SIZES, 0.1, ensemble=Ensemble(2, bootstrap=True)), "bootstrap"),
        (lambda: predict_ensemble(RF, asy.FiniteSize(d=20, n=INF, p=30), ridge_per_sample=0.1,
                                  ensemble=Ensemble(2, bootstrap=True)), "bootstrap"),
        (lambda: equivalent_ridge(RF, PSI, 0.1, Ensemble(2, share="none")), "share"),
        (lambda: equivalent_ridge(OWN, OWN_SIZES, 0.1, Ensemble(2)), "share"),
        (lambda: equivalent_ridge(OWN, OWN_SIZES, 0, Ensemble(2, share="both")), "ridge"),
        (lambda: generalized_cross_validation(RF, PSI, 0.1, Ensemble(2, share="features")), "share"),
    ],
)  # fmt: skip
def test_refusals(call, words):
    with pytest.raises((InputError, SolverError), match=words):
        call()
