"""Proofs for systems of several unknowns: spectral averages, tails, the branch; what must fail does."""

from fractions import Fraction

import pytest

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.balls import Balls, interval
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import scalar_problem
from asymptotics.lowering.systems import system_problem
from asymptotics.models.library import stored_system
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.contraction import prove_box
from asymptotics.solvers.given import given_numbers
from asymptotics.solvers.path_proof import certify_path
from asymptotics.solvers.solution import Grade
from asymptotics.solvers.solve import solve
from tests.solvers.systems import (
    CHECKPOINT,
    CHECKPOINT_TEST,
    LAM,
    X,
    groups,
    own,
    random_features,
    random_features_wide,
)

TAIL = "tail_eigenvalue"
LEVELS = Spectrum(
    [1, "1/5", "1/50", "1/3000"],
    {"T": [1, 4, 20, 300], "B": [0, 1, "1/2", "1/9"]},
    {"T": "1/3", "B": "1/7"},
)
SIZES = {"n": 30, "p": 50, "lam": "1/1000", "noise": "1/4"}
WIDE = {"n": 30, "inv_p": "1/50", "gap": "2/5", "lam": "1/1000", "noise": "1/4"}
PROPORTIONAL = {"mu1sq": "1/4", "mu_starsq": "0.09", "F1sq": 1, "F_starsq": 0, "noise": "1/2"}


@pytest.mark.parametrize("digits", [8, 30, 100])
def test_averages(digits):
    """Three unknowns in a box against one between two signs, on the same spectrum."""
    ball = solve(random_features("general"), SIZES, Proved(digits), LEVELS)
    scalar = scalar_problem(stored_system("random-features", "general", "wide"))
    other = solve(scalar, WIDE, Proved(digits), LEVELS)
    precise = solve(random_features("general"), SIZES, Digits(digits + 10), LEVELS)
    assert ball.evidence.grade == Grade.PROVED
    for name in ("test", "train", "norm"):
        assert ball.observables[name].overlaps(other.observables[name])
        assert ball.observables[name].contains(precise.observables[name])
        assert ball.observables[name].rad < abs(ball.observables[name].mid) * 10 ** (1 - digits)
    assert ball.unknowns["nu"].overlaps(other.unknowns["nu"])
    assert ball.box["nu"].contains(precise.unknowns["nu"])


def test_a_tail_anywhere_below_a_bound():
    """The tail's eigenvalue in a ball: the answer contains those of tails at several places."""
    problem = random_features_wide("general", tail=TAIL)

    def given(largest):
        def numbers(arithmetic):
            inputs, levels = given_numbers(WIDE, LEVELS)(arithmetic)
            top = arithmetic.convert(largest)
            return {**inputs, TAIL: arithmetic.to(top) if isinstance(arithmetic, Balls) else top * 0}, levels

        return numbers

    ball = solve(problem, given(Fraction(1, 10**6)), Proved(3))
    for place in (0, Fraction(1, 10**7), Fraction(1, 10**6)):
        precise = solve(problem, {**WIDE, TAIL: place}, Digits(20), LEVELS)
        for name in ("test", "train", "nu"):
            got = ball.unknowns[name] if name == "nu" else ball.observables[name]
            value = precise.unknowns[name] if name == "nu" else precise.observables[name]
            assert got.contains(value), (name, place)
    with pytest.raises(PrecisionError, match="digits were not reached"):
        solve(problem, given(Fraction(1, 10**6)), Proved(12))


def test_two_groups():
    ball = solve(groups(), CHECKPOINT, Proved(30))
    assert abs(ball.observables["test"].mid - Fraction(CHECKPOINT_TEST)) < 1e-17
    assert "floating point" in str(ball.evidence)


@pytest.mark.parametrize(
    ("problem", "inputs"),
    [
        (random_features(), {"psi1": 2, "psi2": 3, "lam": "1e-8", **PROPORTIONAL}),
        (random_features(), {"psi1": 2, "psi2": 2, "lam": "1e-6", **PROPORTIONAL}),
        (random_features(), {"psi1": 3, "psi2": 2, "lam": 1000, **PROPORTIONAL}),
    ],
)
def test_the_branch(problem, inputs):
    proved = solve(problem, inputs, Proved(10, branch=True))
    assert "branch proved" in str(proved.evidence) and "overlapping boxes" in str(proved.evidence)


@pytest.mark.slow
def test_the_branch_of_two_groups_and_of_a_spectrum():
    assert "branch proved" in str(solve(groups(), CHECKPOINT, Proved(10, branch=True)).evidence)
    found = solve(random_features("general"), SIZES, Proved(10, branch=True), LEVELS)
    assert "branch proved" in str(found.evidence)


def test_the_branch_of_another_solution_is_not_proved():
    """x^3 + 11x = 6x^2 + lam has three roots at lam = 6.2; the chain from the smallest breaks at its fold."""
    problem = own([X**3 - 6 * X**2 + 11 * X - LAM], ["x"], {"x": (LAM**0, Fraction(1, 3))})
    roots = [solve(problem, {"lam": "6.2"}, Digits(25), guess=[x]).unknowns["x"] for x in (3.088, 1.121)]
    arithmetic = Balls(20)
    with arithmetic.precision():
        inputs, _ = given_numbers({"lam": "6.2"})(arithmetic)
        right, wrong = (prove_box(problem, inputs, None, [arithmetic.convert(x)], arithmetic) for x in roots)
        assert certify_path(problem, inputs, None, right, arithmetic).boxes > 0
        with pytest.raises(PrecisionError):
            certify_path(problem, inputs, None, wrong, arithmetic)


def test_refusals():
    inputs = {"psi1": 2, "psi2": 3, "lam": interval(Fraction(1, 100), Fraction(1)), **PROPORTIONAL}
    with pytest.raises(PrecisionError):
        solve(random_features(), inputs, Proved(5))
    no_start = system_problem(stored_system("random-features", "proportional"))
    with pytest.raises(InputError, match="infinite ridge"):
        solve(no_start, {**inputs, "lam": 1}, Proved(5, branch=True), guess=[0.618, 2.621, 1.621])
