"""When not to trust a prediction: experiments beside it, and spectra that are measured."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status

KERNEL = asy.KernelRidge("exp(2*t-2)", {1: 0}, noise=1)


def test_an_experiment_beside_a_prediction():
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.1)
    comparison = asy.predict(model, asy.FiniteSize(d=30, n=40, p=60), ridge=0.1).check(seconds=1)
    assert comparison.agrees


@pytest.mark.slow
def test_near_interpolation_in_low_dimension_the_experiment_disagrees():
    """Theory 5.30, experiment about twice that: 3 of 4 seconds suffice for a difference of five standard errors."""
    risk = asy.predict(KERNEL, asy.FiniteSize(d=5, n=1010), ridge=0)
    assert risk.test == pytest.approx(5.3047, rel=1e-4)
    estimate = asy.simulate(
        KERNEL,
        asy.FiniteSize(d=5, n=1010),
        ridge=0,
        trials=6,
        seed=1,
        test_error="sampled",
        test_samples=4000,
    )
    assert estimate.test.mean > 1.4 * risk.test
    assert "15 % and more" in str(risk.trust)


def test_the_next_order_tells_low_dimension_from_high():
    low, high = (asy.predict(KERNEL, asy.FiniteSize(d=d, n=300), ridge=0) for d in (5, 10))
    assert (round(low.test, 3), round(high.test, 3)) == (3.197, 0.764)
    assert low.trust.size > 0.15 and low.trust.advice
    assert high.trust.size < 0.03


def test_small_slacks_are_told():
    for rank, told in ((30, True), (28, True), (10, False)):
        model = asy.SpectralRidge([1], target=[0], multiplicities=[rank], noise=1)
        trust = asy.predict(model, asy.FiniteSize(n=32), ridge=0).trust
        assert (not trust.good) == told, rank


def test_spectra_measured_on_few_points_are_not_trusted():
    points = np.random.default_rng(0).standard_normal((80, 30))
    points *= np.sqrt(30) / np.linalg.norm(points, axis=1, keepdims=True)
    model = asy.SpectralRidge.from_kernel_matrix(np.exp(points @ points.T / 30), points[:, 0], noise=0.1)
    with pytest.warns(UserWarning) as found:
        risk = asy.predict(model, asy.FiniteSize(n=[10, 20, 21, 60]), ridge=0.1)
    assert len(found) == 2 and "heldout=True" in str(found[0].message) and "1/4" in risk.made_by["caution"]
    assert risk.status.tolist() == [Status.SOLVED, Status.SOLVED, Status.UNTRUSTED, Status.UNTRUSTED]
    assert asy.predict(model, asy.FiniteSize(n=4), ridge=0.1).status == Status.SOLVED
    given = asy.SpectralRidge(model.eigenvalues, model.target, model.noise)
    assert asy.predict(given, asy.FiniteSize(n=60), ridge=0.1).status == Status.SOLVED
    assert given == model


def test_no_experiment_beside_limits_and_averages():
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.1)
    with pytest.raises(InputError):
        asy.predict(model, asy.Proportional(2, 3), ridge=1).check()
    with pytest.raises(InputError, match="check"):
        asy.predict(model, asy.FiniteSize(5, 6, 7), ridge=1, ensemble=2).check()
    with pytest.raises(InputError, match="seconds"):
        asy.predict(model, asy.FiniteSize(5, 6, 7), ridge=1).check(seconds=0)


@pytest.mark.parametrize(
    ("d", "ridge", "told"),
    [(3, 0, True), (8, 0, True), (9, 0, False), (30, 0, False), (3, 0.1, False), (8, 1, False)],
)
def test_interpolation_in_few_dimensions_is_told(d, ridge, told):
    risk = asy.predict(KERNEL, asy.FiniteSize(d=d, n=100), ridge=ridge)
    assert ("Gaussian ones" in str(risk.trust)) == told


def test_a_spectrum_without_dimension_is_not_of_low_dimension():
    model = asy.SpectralRidge([1], target=[1], multiplicities=[200], noise=1)
    assert "dimensions" not in str(asy.predict(model, asy.FiniteSize(n=100), ridge=0).trust)
