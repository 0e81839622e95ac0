import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.ask import ask, read_training
from asymptotics.dynamics.filters import GradientFlow, PrincipalComponents
from asymptotics.dynamics.steps import GradientDescent
from asymptotics.errors import InputError

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
SIZES = asy.Proportional(2, 3)


def test_a_time_is_gradient_flow():
    assert read_training(time=[1, 2]) == GradientFlow([1, 2])
    assert read_training(time_per_sample=2) == GradientFlow(time_per_sample=2)
    assert read_training(PrincipalComponents(0.1)) == PrincipalComponents(0.1)


@pytest.mark.parametrize(
    ("given", "name"),
    [({}, "training"), ({"time": 1, "time_per_sample": 1}, "training"), ({"training": "flow"}, "training"),
     ({"time": 1, "ridge": 0.1}, "ridge"), ({"training": GradientFlow(1), "time": 1}, "training")],
)  # fmt: skip
def test_disagreements_are_refused(given, name):
    with pytest.raises(InputError) as error:
        read_training(**given)
    assert error.value.name == name


def test_accuracies():
    request, doubles = ask(MODEL, SIZES, GradientDescent(4, "1/4"))
    _, digits = ask(MODEL, SIZES, GradientDescent(4, "1/4"), digits=20)
    assert request.shape == () and float(digits.values["test"][0]) == pytest.approx(doubles.values["test"][0])
    assert "two contours" in digits.evidence[0]
    _, balls = ask(MODEL, SIZES, GradientDescent(4, "1/4"), certified=True)
    assert balls.values["test"][0].contains(digits.values["test"][0]) and "proved" in balls.evidence[0]
    with pytest.raises(InputError, match="digits"):
        ask(MODEL, SIZES, GradientFlow(1), digits=0)


def test_parameters_of_the_training_stand_beside_sizes():
    request, _ = ask(MODEL, asy.Proportional([[1.0], [2.0]], 3), GradientFlow([1, 2, 3], ridge=0.1))
    assert request.shape == (2, 3) and set(request.parameters) == {"psi1", "psi2", "time", "ridge"}
    plain, _ = ask(MODEL, SIZES, GradientFlow([1, 2, 3]))
    assert set(plain.parameters) == {"psi1", "psi2", "time"}
    np.testing.assert_array_equal(request.parameters["time"], [[1, 2, 3]] * 2)
