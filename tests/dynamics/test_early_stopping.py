"""Early stopping against ridge regression: the published integrals and bounds, and where they do not hold."""

import numpy as np
import pytest
from scipy.integrate import quad

import asymptotics as asy
from derivations.published import ali_kolter_tibshirani as published


def isotropic(noise):
    return asy.KernelRidge("t", target={1: 1}, noise=noise)


def integral(function, gamma):
    """Average over the eigenvalues of a sample covariance: the law of Marchenko and Pastur, and what it has at zero."""
    low, high = (1 - np.sqrt(gamma)) ** 2, (1 + np.sqrt(gamma)) ** 2

    def density(angle):
        s = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
        return function(s) * ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * np.pi * gamma * s)

    bulk = quad(density, 0, np.pi, epsabs=0, epsrel=1e-12, limit=200)[0]
    return bulk + max(0, 1 - 1 / gamma) * function(1e-14)


@pytest.mark.parametrize("psi2", [0.5, 3.0])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_the_published_integrals(psi2, noise):
    """Loss and kernel are sums over samples and means over inputs here: a time is that of the mean loss over n/d."""
    model, gamma = isotropic(noise), 1 / psi2
    for time in (0.3, 2.0, 20.0):
        alpha0 = 1 / (noise * gamma)
        flow = integral(lambda s, t=time, a=alpha0: published.flow(s, a, np.exp(-t * s)), gamma)
        ridge = integral(lambda s, t=time, a=alpha0: published.ridge(s, a, 1 / t), gamma)
        found = asy.predict(model, asy.Proportional(psi2=psi2), time=time / psi2).test
        other = asy.predict(model, asy.Proportional(psi2=psi2), ridge=psi2 / time).test
        assert found == pytest.approx(noise * gamma * flow, rel=1e-9)
        assert other == pytest.approx(noise * gamma * ridge, rel=1e-9)


@pytest.mark.parametrize("noise", [0.01, 0.3, 3.0])
@pytest.mark.parametrize("psi2", [0.3, 1.0, 4.0])
def test_the_published_bounds(psi2, noise):
    model, sizes = isotropic(noise), asy.Proportional(psi2=psi2)
    times = np.geomspace(1e-3, 1e5, 60)
    ratio = asy.predict(model, sizes, time=times).test / asy.predict(model, sizes, ridge=1 / times).test
    assert ratio.max() < float(published.ALONG_THE_PATH)
    best = asy.optimal_time(model, sizes).test / asy.optimal_ridge(model, sizes).risk.test
    assert 1 < best < float(published.AT_THE_BEST)


def test_with_finitely_many_features_stopping_can_win():
    """The statement needs a target that is drawn like the features: with random features it is not."""
    model, sizes = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10"), asy.Proportional(2, 3)
    stopped, ridge = asy.optimal_time(model, sizes).test, asy.optimal_ridge(model, sizes).risk.test
    assert stopped == pytest.approx(0.39326452, abs=1e-8) and ridge == pytest.approx(0.39624720, abs=1e-8)
    model, wide = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2"), asy.Proportional(psi2=3)
    assert asy.optimal_ridge(model, wide).risk.test == pytest.approx(0.1861, abs=5e-5)
    assert asy.optimal_time(model, wide).test == pytest.approx(0.1870, abs=5e-5)


@pytest.mark.slow
def test_simulation_sees_it():
    """On the same draws, labels averaged over exactly: 24 replicates at d = 200 are enough."""
    model, sizes = (
        asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10"),
        asy.FiniteSize(200, 600, 1000),
    )
    time, ridge = asy.optimal_time(model, sizes).time, asy.optimal_ridge(model, sizes).value
    given = {"trials": 24, "seed": 2, "labels": "averaged"}
    stopped, best = asy.simulate(model, sizes, time=time, **given), asy.simulate(model, sizes, ridge, **given)
    gap = best.test.draws - stopped.test.draws
    assert gap.mean() > 5 * gap.std(ddof=1) / np.sqrt(gap.size)  # a false alarm below 1e-6
