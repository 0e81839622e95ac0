import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.optimum import RidgeCombination, best_filter, optimal_time, time_slope
from asymptotics.errors import InputError


def relu(noise):
    return asy.RandomFeaturesRidge("relu", target={1: 1}, noise=noise)


@pytest.mark.parametrize(
    ("psi", "noise", "ridge", "stopped", "filtered"),
    [((2, 3), "1/2", 0.49113127, 0.49638064, 0.4828), ((2, 3), "1/10", 0.39624720, 0.39326452, 0.3874),
     ((5, 3), "1/2", 0.33396710, 0.32669858, 0.3106), ((3, 3), "1/10", 0.29983209, 0.28934402, 0.2819)],
)  # fmt: skip
def test_ridge_stopping_and_the_best_filter(psi, noise, ridge, stopped, filtered):
    model, sizes = relu(noise), asy.Proportional(*psi)
    assert asy.optimal_ridge(model, sizes).risk.test == pytest.approx(ridge, abs=1e-8)
    assert optimal_time(model, sizes).test == pytest.approx(stopped, abs=1e-8)
    found = best_filter(model, sizes)
    assert found.test == pytest.approx(filtered, abs=2e-4)
    again = trained_risk(read_trained(model, sizes, found.training)).values["test"][0]
    assert again == pytest.approx(found.test, rel=1e-12)


def test_best_time_to_its_digits():
    found = optimal_time(relu("1/2"), asy.Proportional(2, 3))
    assert found.time == pytest.approx(2.26581155812, abs=2e-9)
    assert found.test == pytest.approx(0.496380635040534, abs=2e-14)
    assert found.interior and "time = 2.26581" in str(found)


def test_ridge_is_best_of_all_filters_where_the_prior_matches():
    model, sizes = asy.KernelRidge("t", target={1: 1}, noise="1/10"), asy.Proportional(psi2=2)
    ridge = asy.optimal_ridge(model, sizes).risk.test
    assert best_filter(model, sizes).test == pytest.approx(ridge, rel=1e-9)
    assert optimal_time(model, sizes).test > ridge * 1.01


def test_training_to_the_end_where_that_is_best():
    model = asy.SpectralRidge([1, "1/3"], [1, 1], multiplicities=[5, 5])
    found = optimal_time(model, asy.FiniteSize(n=100))
    assert found.time == np.inf and not found.interior and found.test == pytest.approx(0, abs=1e-12)


def test_slopes_are_those_of_the_risk():
    model, sizes, times, step = relu("1/2"), asy.Proportional(2, 3), np.array([0.3, 5.0]), 1e-4
    exact = time_slope(model, sizes, times)
    ends = [
        trained_risk(read_trained(model, sizes, GradientFlow(times * np.exp(s)))).values
        for s in (step, -step)
    ]
    for name in ("test", "bias", "variance", "train", "norm"):
        np.testing.assert_allclose(exact[name], (ends[0][name] - ends[1][name]) / (2 * step), rtol=1e-6)
    with pytest.raises(InputError, match="time"):
        time_slope(model, sizes, 0.0)


def test_best_times_of_arrays():
    found = optimal_time(relu([[0.1], [0.5]]), asy.Proportional([2, 5], 3))
    assert found.time.shape == found.test.shape == (2, 2)
    assert found.test[0, 0] == pytest.approx(0.39326452, abs=1e-8)
    assert found.test[1, 1] == pytest.approx(0.32669858, abs=1e-8)
    with pytest.raises(InputError):
        optimal_time(relu([0.1, 0.5]), asy.Proportional([1, 2, 3], 3))


def test_combinations_are_checked():
    with pytest.raises(InputError, match="sum one"):
        RidgeCombination([1.0, 2.0], [0.5, 0.6])
    assert RidgeCombination([1.0], [1.0]) == RidgeCombination((1,), (1,))


def test_best_filters_of_arrays():
    sizes = asy.Proportional(np.array([[2.0], [5.0]]), [3.0, 4.0])
    found = best_filter(relu("1/2"), sizes)
    assert found.test.shape == found.interior.shape == (2, 2)
    assert found.test[1, 0] == pytest.approx(0.3105, abs=1e-4)
    again = asy.predict(relu("1/2"), sizes, training=found.training).test
    np.testing.assert_allclose(again, found.test, rtol=1e-6)  # weights of both signs, in the thousands
    assert "combination of ridges: test" in str(found)
    noisy = best_filter(relu([0.1, 0.5]), asy.Proportional(2, 3))
    assert noisy.test[1] == pytest.approx(found.test[0, 0], rel=1e-6)
