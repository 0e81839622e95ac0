"""One entry: every accuracy for one monotone equation and for a system of several, with one kind of result."""

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.lowering.balls import Ball
from asymptotics.lowering.scalar import scalar_problem
from asymptotics.models.library import stored_system
from asymptotics.solvers.accuracy import Digits, Doubles, Proved
from asymptotics.solvers.given import given_numbers
from asymptotics.solvers.linear import newton_steps, solve_many
from asymptotics.solvers.solution import Grade, Root
from asymptotics.solvers.solve import solve
from tests.solvers.systems import random_features

SCALAR = scalar_problem(stored_system("random-features", "proportional", "wide"))
COMMON = {
    "mu1sq": "1/4",
    "mu_starsq": "0.09",
    "F1sq": 1,
    "F_starsq": 0,
    "noise": "1/2",
    "lam": "1e-3",
    "psi2": 2,
}
WIDE = COMMON | {"inv_p": "1/3", "gap": "1/3"}
SLACK = COMMON | {"psi1": 3}
GRADES = {Doubles(): Grade.COMPUTED, Digits(40): Grade.MEASURED, Proved(20): Grade.PROVED}


@pytest.mark.parametrize("accuracy", GRADES, ids=str)
def test_both_kinds_of_problem(accuracy):
    general, scalar = solve(random_features(), SLACK, accuracy), solve(SCALAR, WIDE, accuracy)
    for root in (general, scalar):
        assert isinstance(root, Root) and root.evidence.grade == GRADES[accuracy]
        assert np.all(np.asarray(root.status) == 0) and "evidence" in str(root)
    for name in ("test", "train", "norm"):
        first, second = (float(np.ravel(r.observables[name])[0]) for r in (general, scalar))
        assert first == pytest.approx(second, rel=1e-13)
    if isinstance(accuracy, Digits):
        assert abs(general.unknowns["nu"] / scalar.unknowns["nu"] - 1) < 1e-39
        assert len(str(general.observables["test"])) <= 43
    if isinstance(accuracy, Proved):
        assert general.unknowns["nu"].overlaps(scalar.unknowns["nu"]) and isinstance(scalar.value, Ball)
        assert scalar.box["nu"].contains(general.unknowns["nu"].mid)


def test_inputs_as_a_function_of_the_arithmetic():
    for problem, inputs in ((random_features(), SLACK), (SCALAR, WIDE)):
        for accuracy in (Digits(25), Proved(12)):
            one, two = solve(problem, inputs, accuracy), solve(problem, given_numbers(inputs), accuracy)
            assert str(one.observables["test"]) == str(two.observables["test"])


def test_without_observables():
    for accuracy in GRADES:
        root = solve(random_features(), SLACK, accuracy, observables=False)
        assert set(root.unknowns) == {"nu", "c", "h"}
    assert solve(SCALAR, WIDE, Digits(20), observables=False).observables == {}


def test_ridges_that_are_refused():
    for accuracy in (Digits(20), Proved(10)):
        with pytest.raises(InputError, match="not negative"):
            solve(random_features(), SLACK | {"lam": "-1e-3"}, accuracy)
    with pytest.raises(InputError, match="real number in a proof"):
        solve(random_features(), SLACK | {"lam": 0.1 + 0.1j}, Proved(10))
    assert solve(random_features(), SLACK | {"lam": np.array([-0.1, 0.1])}).status.tolist() == [4, 0]


def test_no_points():
    assert solve(random_features(), SLACK | {"lam": np.array([])}).value.shape == (3, 0)


def test_arrays_broadcast():
    root = solve(
        random_features(), SLACK | {"lam": np.array([[0.1], [1.0]]), "psi1": np.array([1.0, 2.0, 3.0])}
    )
    assert root.value.shape == (3, 6)


@pytest.mark.parametrize("digits", [0, -3, 2.5])
def test_digits_are_positive_integers(digits):
    with pytest.raises(InputError, match="positive integer"):
        Digits(digits)
    with pytest.raises(InputError, match="positive integer"):
        Proved(digits)


def test_many_linear_systems():
    r = np.random.default_rng(0)
    for size in (1, 2, 5, 12):
        matrices, right = r.standard_normal((size, size, 50)), r.standard_normal((size, 3, 50))
        found, determinants = solve_many(matrices, right)
        expected = np.linalg.solve(matrices.transpose(2, 0, 1), right.transpose(2, 0, 1)).transpose(1, 2, 0)
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-8)
        assert determinants == pytest.approx(np.linalg.det(matrices.transpose(2, 0, 1)), rel=1e-9)
    with np.errstate(all="ignore"):
        steps, sign = newton_steps(np.zeros((2, 2, 1)), np.ones((2, 1, 1)))
    assert not np.any(np.isfinite(steps)) and not sign[0] > 0
