"""Trained predictors against simulations of real random features: fixed seeds, 3 standard errors and 2 %."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.steps import GradientDescent

TIMES = np.array([0.5, 3.0, 20.0])


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        (asy.RandomFeaturesRidge("erf", target={1: 1}, noise=0.3), asy.FiniteSize(40, 80, 60)),
        (asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.1), asy.FiniteSize(30, 60, 90)),
    ],
)
def test_flow(model, sizes):
    # Twelve comparisons of a normal variable with 3 standard errors and 2 %: false alarms below 3 %, for one seed none.
    simulated = asy.simulate(model, sizes, time=TIMES, trials=60, seed=3)
    found = trained_risk(read_trained(model, sizes, GradientFlow(TIMES))).values
    for name in ("test", "train"):
        estimate = getattr(simulated, name)
        gap = np.abs(found[name] - estimate.mean)
        assert np.all(gap < 3 * estimate.standard_error + 0.02 * found[name]), (
            name,
            found[name],
            estimate.mean,
        )


def test_descent():
    model, sizes = asy.RandomFeaturesRidge("erf", target={1: 1}, noise=0.3), asy.FiniteSize(40, 80, 60)
    step, steps = 0.2, np.array([3, 15, 60])
    simulated = asy.simulate(model, sizes, time=steps * step, step_size=step, trials=60, seed=4)
    found = trained_risk(read_trained(model, sizes, GradientDescent(steps, step))).values
    for name in ("test", "train"):
        estimate = getattr(simulated, name)
        gap = np.abs(found[name] - estimate.mean)
        assert np.all(gap < 3 * estimate.standard_error + 0.02 * found[name]), (
            name,
            found[name],
            estimate.mean,
        )
