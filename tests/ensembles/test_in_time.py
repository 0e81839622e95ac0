"""Parts of the test error along training."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge
from asymptotics.dynamics.steps import GradientDescent
from asymptotics.ensembles.in_time import trained_parts
from asymptotics.ensembles.parts import parts
from asymptotics.errors import InputError
from asymptotics.models.random_features import RANDOM_FEATURES
from tests.models.own_models import TwoGroups

RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.5)
PSI = asy.Proportional(psi1=2, psi2=3)


def test_known_numbers():
    # Computed independently by Talbot sums of the parts of pairs, and simulated (two copies, d = 200) to 2.3 s.e.
    known = {
        1.0: (0.359823950884, 0.073482350259, 0.028340056974, 0.027057480689, 0.027409196662, 0.022280833081),
        100.0: (
            0.054086291837,
            0.174251231986,
            0.013287693549,
            0.354437283425,
            0.122081566260,
            0.682348439463,
        ),
    }
    found = trained_parts(RELU, PSI, GradientFlow(time=list(known)))
    for place, values in enumerate(known.values()):
        np.testing.assert_allclose([value[place] for value in found.values()], values, rtol=0, atol=1.5e-12)


@pytest.mark.parametrize(
    "training",
    [
        GradientFlow(time=[0.1, 10, 1e6]),
        GradientDescent(steps=[1, 20], step_size=0.1),
        IteratedRidge(0.3, [1, 2]),
    ],
    ids=str,
)
def test_they_sum_to_the_trained_risk(training):
    model = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.2)
    for regime in (PSI, asy.FiniteSize(d=20, n=60, p=40)):
        found = trained_parts(model, regime, training)
        risk = trained_risk(read_trained(model, regime, training)).values
        np.testing.assert_allclose(sum(found.values()), risk["test"], rtol=2e-12)
        noise = found["data:noise"] + found["features:data:noise"]
        np.testing.assert_allclose(noise, risk["variance"], rtol=1e-11)


def test_iterated_once_is_ridge_and_forever_is_without():
    once, static = trained_parts(RELU, PSI, IteratedRidge(0.3, 1)), parts(RELU, PSI, 0.3)
    forever, none = trained_parts(RELU, PSI, GradientFlow(time=math.inf)), parts(RELU, PSI, 0)
    for name, value in static.items():
        assert abs(once[name] / value - 1) < 1e-11 and abs(forever[name] / none[name] - 1) < 1e-12


class ByProgram(asy.SpectralRidge):
    """The same equations, asked by their program."""

    theory = asy.Theory("by-program", RANDOM_FEATURES.program, sizes=("n", "p"), features="p")


def test_two_routes():
    k, regime = np.arange(1.0, 20.0), asy.FiniteSize(n=20, p=[10, 30])
    one, two = (
        trained_parts(kind(k**-1.5, k**-2.2, noise=0.1), regime, GradientFlow(time=3.0))
        for kind in (asy.SpectralRidge, ByProgram)
    )
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-11)


@pytest.mark.slow
def test_own_model():
    first, second = (
        asy.Activation.from_coefficients(powers={1: power}, tail=tail)
        for power, tail in (("1/4", 0.09), ("0.64", 0.36))
    )
    model, sizes = TwoGroups(first, second, noise="0.3"), asy.FiniteSize(n=90, p1=72, p2=42, d=60)
    once, static = trained_parts(model, sizes, IteratedRidge(0.3, 1)), parts(model, sizes, 0.3)
    assert all(abs(once[name] / value - 1) < 1e-11 for name, value in static.items())
    late, small = trained_parts(model, sizes, GradientFlow(time=1e7)), parts(model, sizes, 1e-9)
    assert all(abs(late[name] / value - 1) < 1e-4 for name, value in small.items())


def test_infinite_sizes_of_such_models_are_refused():
    k = np.arange(1.0, 20.0)
    model = ByProgram(k**-1.5, k**-2.2, noise=0.1)
    with pytest.raises(InputError, match="sizes"):
        trained_parts(model, asy.FiniteSize(n=20, p=math.inf), GradientFlow(time=1.0))
