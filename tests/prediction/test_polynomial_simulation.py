"""Finite-size predictions against simulation with samples and features of order d^2 and d^3.

Test error within three standard errors plus 3 %. With the difference all noise, three standard errors of 20
replicates are left by 0.7 % of correct comparisons (Student t); eight comparisons: false-alarm rate at most 6 %
even without the allowance of 3 %, at a fixed seed.
"""

import pytest

import asymptotics as asy

SQUARE = {1: "0.3", 2: "0.7"}
CUBE = {1: "0.2", 2: "0.3", 3: "0.5"}


def features(activation, target):
    return asy.RandomFeaturesRidge(activation, target=target, noise="0.1")


def kernel(formula, target):
    return asy.KernelRidge(formula, target=target, noise="0.1")


CASES = [
    (features("relu", SQUARE), {"d": 30, "n": 400, "p": 700}, 1e-3),
    (features("elu", SQUARE), {"d": 40, "n": 900, "p": 500}, 1e-2),
    (features("exp(x/2)", SQUARE), {"d": 30, "n": 450, "p": 450}, 1e-1),
    (features("exp(x/2)", CUBE), {"d": 12, "n": 350, "p": 900}, 1e-2),
    (features("elu", CUBE), {"d": 13, "n": 800, "p": 450}, 1e-2),
    (kernel("exp(t)", SQUARE), {"d": 40, "n": 800}, 1e-2),
    (kernel("exp(t)", CUBE), {"d": 13, "n": 500}, 1e-3),
    (kernel("ntk-relu", SQUARE), {"d": 30, "n": 450}, 1e-2),
]


@pytest.mark.statistical
@pytest.mark.parametrize(("model", "sizes", "ridge"), CASES)
def test_orders_two_and_three(model, sizes, ridge):
    regime = asy.FiniteSize(**sizes)
    risk = asy.predict(model, regime, ridge=ridge)
    estimate = asy.simulate(model, regime, ridge=ridge, trials=20, seed=11)
    gap = abs(risk.test - estimate.test.mean)
    assert gap < 3 * estimate.test.standard_error + 0.03 * risk.test
