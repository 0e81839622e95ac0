import math

import numpy as np
import pytest
from two_groups import equal_groups

import asymptotics as asy
from asymptotics.dynamics.digits import trained_to_digits
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge, PrincipalComponents, SpectralFilter
from asymptotics.dynamics.optimum import best_filter, optimal_time
from asymptotics.dynamics.steps import GradientDescent, HeavyBall, Nesterov
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status

OWN, ACTIVATION = equal_groups()
RF = asy.RandomFeaturesRidge(ACTIVATION, target={1: 1}, noise="0.3")
# The program has features without a factor: those of random features carry one over the root of their number.
WIDTH = 1.9
OWN_SIZES, SIZES = asy.Proportional(psi2=1.5, p1=1.2, p2=0.7), asy.Proportional(WIDTH, 1.5)


def trained(model, regime, training):
    return trained_risk(read_trained(model, regime, training))


@pytest.mark.parametrize(
    ("own", "known"),
    [
        (GradientFlow([0.1, 1, 30, math.inf]), GradientFlow(np.array([0.1, 1, 30, math.inf]) * WIDTH)),
        (GradientFlow(2.0, ridge=0.5), GradientFlow(2.0 * WIDTH, ridge=0.5 / WIDTH)),
        (GradientDescent([3, 30], 0.3), GradientDescent([3, 30], 0.3 * WIDTH)),
        (HeavyBall(5, 0.3, 0.5), HeavyBall(5, 0.3 * WIDTH, 0.5)),
        (Nesterov(5, 0.2, 0.5), Nesterov(5, 0.2 * WIDTH, 0.5)),
        (IteratedRidge(0.3, [2, 30]), IteratedRidge(0.3 / WIDTH, [2, 30])),
        (PrincipalComponents(0.4), PrincipalComponents(0.4 / WIDTH)),
        (SpectralFilter(lambda x: np.exp(-x)), SpectralFilter(lambda x: np.exp(-WIDTH * x))),
    ],
)
def test_every_method_serves_an_own_model(own, known):
    # Two equal groups are random features: another program, other equations, the same predictor.
    one, two = trained(OWN, OWN_SIZES, own), trained(RF, SIZES, known)
    assert one.status.max() <= Status.LIMIT
    for name in ("test", "bias", "variance", "train"):
        np.testing.assert_allclose(one.values[name], two.values[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_digits_of_an_own_model():
    found = trained_to_digits(read_trained(OWN, OWN_SIZES, GradientFlow(2)), 15).values["test"][0]
    assert float(found) == pytest.approx(
        trained(OWN, OWN_SIZES, GradientFlow(2)).values["test"][0], rel=1e-12
    )


def test_best_time_and_filter_of_an_own_model():
    one, two = optimal_time(OWN, OWN_SIZES), optimal_time(RF, SIZES)
    assert one.test == pytest.approx(two.test, rel=1e-10)
    assert one.time * WIDTH == pytest.approx(two.time, rel=1e-6)
    assert best_filter(OWN, OWN_SIZES).test < one.test


def test_lost_digits_are_marked():
    sizes = asy.Proportional(psi2=1.5, p1=1.2, p2=0.7)
    assert trained(OWN, sizes, GradientFlow(10.0)).status[0] == Status.SOLVED
    assert trained(OWN, sizes, GradientFlow(1e10)).status[0] == Status.ILL_CONDITIONED


def test_own_edge_is_refused_with_its_number():
    with pytest.raises(InputError, match="ends at"):
        trained(OWN, OWN_SIZES, GradientDescent(3, 5.0))
