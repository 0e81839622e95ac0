"""One-pass stochastic gradient descent: against the descent itself on random features, and against its own limits."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError

MODEL = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10")


def descent(levels, p, steps, gamma, draws, seed):
    """Mean excess risk of SGD on Gaussian features at given steps."""
    source = np.random.default_rng(seed)
    k = np.arange(1, levels + 1)
    root, target = k**-0.75, k**-0.95
    found = np.zeros((draws, len(steps)))
    for draw in range(draws):
        features = root[:, None] * source.standard_normal((levels, p)) / math.sqrt(p)
        a, done = np.zeros(p), 0
        for place, stop in enumerate(steps):
            for _ in range(stop - done):
                g = source.standard_normal(levels)
                z = g @ features
                a += gamma * (g @ target - z @ a) * z
            done = stop
            found[draw, place] = ((target - features @ a) ** 2).sum()
    return found.mean(axis=0), found.std(axis=0) / math.sqrt(draws)


@pytest.mark.slow
def test_against_the_descent_itself():
    """Seed fixed; 3.5 standard errors plus 4 % for short steps and 1,000 levels: false alarms below 1e-3."""
    steps, gamma = [30, 300, 3000], 0.1
    ends = asy.SpectralRidge.power_law(decay=1.5, target_decay=1.9, levels=1000)
    theory = asy.one_pass_sgd(ends, 50, steps, step_size=gamma)
    mean, error = descent(1000, 50, steps, gamma, 24, 5)
    assert (np.abs(theory - mean) < 3.5 * error + 0.04 * mean).all()


@pytest.mark.slow
def test_a_small_step_is_the_flow():
    steps = np.array([1e5, 1e6])
    sgd = asy.one_pass_sgd(MODEL, 50, steps, step_size=1e-4)
    flow = asy.predict(MODEL, asy.FiniteSize(n=math.inf, p=50), time_per_sample=1e-4 * steps).test
    assert np.allclose(sgd, flow, rtol=1e-3) and (sgd > flow).all()


def test_what_is_refused():
    with pytest.raises(InputError, match="diverge"):
        asy.one_pass_sgd(MODEL, 50, [10], step_size=0.8)
    with pytest.raises(InputError, match="steps"):
        asy.one_pass_sgd(MODEL, 50, [0], step_size=0.1)
