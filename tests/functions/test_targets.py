from fractions import Fraction

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.functions.targets import Target, as_target


def test_exact_powers_stay_exact():
    target = Target(powers={2: "1/4", 1: 1})
    assert target.powers == ((1, Fraction(1)), (2, Fraction(1, 4))) and target.is_exact
    assert target.total == Fraction(5, 4) and target.power(2) == Fraction(1, 4) and target.power(7) == 0
    assert target.above(1) == Fraction(1, 4) and target.above(2) == 0 and target.largest_degree == 2
    assert str(target) == "target with F_1^2 = 1, F_2^2 = 1/4"


def test_floats_stay_floats():
    target = as_target({1: 0.1, 3: 0.2})
    assert type(target.power(1)) is float and not target.is_exact and target.total == pytest.approx(0.3)


def test_readings():
    assert as_target([0, 1, 2]) == as_target({0: 0, 1: 1, 2: 2})
    assert as_target(np.array([0.0, 0.5])).power(1) == 0.5
    target = Target({1: 1})
    assert as_target(target) is target and hash(target) == hash(Target({1: "1"}))


@pytest.mark.parametrize(
    "value",
    [
        "x**2",
        3,
        None,
        {1: -1},
        {1: float("nan")},
        {"1": 1},
        {1.5: 1},
        {-1: 1},
        [],
        {1: [-1]},
        {1: True},
        np.eye(2),
    ],
)
def test_wrong_targets_are_refused(value):
    with pytest.raises(InputError, match="target"):
        as_target(value)


def test_frozen():
    with pytest.raises(AttributeError):
        Target({1: 1}).powers = ()
