"""Where the path from infinite ridge begins, and that it arrives: an equation whose first steps are known exactly."""

import math
from fractions import Fraction

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.solvers.branch import along, real_branch, starting_offsets
from asymptotics.solvers.points import Points
from tests.solvers.systems import LAM, X, Y, own

OFFSETS = [0, 2, 4, 7, 11, 16, 20, 24, 30, 36, 44]


def track(ridges, factor=1, conditions=()):
    """``x = lam + 1`` at ridges, with the leading order ``factor lam``."""
    problem = own([X - LAM - 1], ["x"], {"x": (LAM**0 * factor, Fraction(1))}, conditions=conditions)
    return Points(problem, {"lam": np.asarray(ridges, dtype=float)}, None, len(ridges))


@pytest.mark.parametrize("ridge", [1e-12, 1e-9, 2e-6, 1e-3, 1e-2, 0.7, 1.0, 9.4, 9.6, 1e4])
def test_a_path_begins_where_the_first_step_is_small(ridge):
    """From ``x = lam e^t`` the step in the logarithm is ``log(1 + e^-t/lam)``: at most a tenth."""
    points = track([ridge])
    offsets, rounds = starting_offsets(points, points.start())
    expected = next(t for t in OFFSETS if math.log1p(math.exp(-t) / ridge) <= 0.1)
    assert offsets == [expected] and rounds == 2 * (OFFSETS.index(expected) + 1)


@pytest.mark.parametrize(
    ("factor", "begins"), [("19/20", False), ("10000001/10000000", True), (1, True), ("6/5", False)]
)
def test_a_path_begins_where_steps_shrink_further_out(factor, begins):
    """A leading order that is wrong by five per cent is close, and comes no closer."""
    points = track([1.0, 2.0], Fraction(factor))
    none, some = (real_branch(track([1e12], 1 + Fraction(k, 10**8))).arrived for k in (200, 5))
    assert not none and some
    branch = real_branch(points)
    assert np.array_equal(branch.arrived, [begins] * 2) and np.array_equal(
        np.isfinite(branch.offsets), [begins] * 2
    )
    assert np.array_equal(np.isnan(branch.logs), [[not begins] * 2])
    if begins:
        assert branch.logs[0] == pytest.approx(np.log([2.0, 3.0]), abs=1e-6)


def test_points_are_followed_side_by_side():
    ridges = np.array([1e-8, 1e8, 1e-2, 3.0])
    branch = real_branch(track(ridges))
    assert branch.arrived.all() and branch.logs[0] == pytest.approx(np.log(ridges + 1), abs=1e-6)
    alone = [real_branch(track([ridge])) for ridge in ridges]
    assert branch.offsets.tolist() == [one.offsets[0] for one in alone]
    assert branch.rounds > 2 * (OFFSETS.index(24) + 1)
    assert (
        real_branch(track([1e8])).rounds == 2 + along(track([1e8]), np.log([[1e8]]), np.zeros((1, 1))).rounds
    )


@pytest.mark.parametrize(("ridge", "arrives"), [(0.9, False), (1.1, True)])
def test_a_path_ends_where_a_condition_does(ridge, arrives):
    """``x > 2`` holds for ridges above one alone."""
    for condition in (X - 2, LAM - 1):
        assert real_branch(track([ridge, 5.0], conditions=(condition,))).arrived.tolist() == [arrives, True]


def test_the_first_step_is_that_of_every_unknown():
    """One equation that leading orders solve exactly, beside one that they do not."""
    start = {"x": (LAM**0, Fraction(1)), "y": (LAM**0, Fraction(1))}
    for equations in ([X - LAM - 1, Y - LAM], [X - LAM, Y - LAM - 1]):
        points = Points(own(equations, ["x", "y"], start), {"lam": np.array([1.0])}, None, 1)
        assert starting_offsets(points, points.start())[0] == [4]


def test_two_ridges_that_shrink_at_their_own_speed():
    """``x y = a`` and ``y = b + 1``: shifts of both logarithms, each times its own derivative."""
    a, b = symbol("a"), symbol("b")
    start = {"x": (a / b, Fraction(0)), "y": (b / a, Fraction(1))}
    problem = own([X * Y - a, Y - b - 1], ["x", "y"], start, ridge=("a", "b"), parameters=("a", "b"))
    points = Points(problem, {"a": np.array([2.0]), "b": np.array([0.5])}, None, 1)
    for shifts in ([6.0, 1.0], [1.0, 6.0], [-2.0, 3.0]):
        far = 2 * math.exp(shifts[0]), 0.5 * math.exp(shifts[1]) + 1
        begin = np.log([[far[0] / far[1]], [far[1]]])
        for first_step in (2.0, 0.1):
            path = along(points, begin, np.array(shifts)[:, None], first_step)
            assert path.arrived.all() and path.logs[:, 0] == pytest.approx(np.log([4 / 3, 1.5]), abs=1e-6)
    branch = real_branch(points)
    assert branch.arrived.all() and branch.logs[:, 0] == pytest.approx(np.log([4 / 3, 1.5]), abs=1e-6)
