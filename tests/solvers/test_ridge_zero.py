"""Ridge zero: limits, divergences and their proofs, for systems of several unknowns."""

from fractions import Fraction

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.program import Spectrum
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.solution import Grade, Status
from asymptotics.solvers.solve import solve
from tests.solvers.systems import CHECKPOINT, LAM, X, Y, groups, own, random_features, random_features_wide

COMMON = {"mu1sq": 0.25, "mu_starsq": 0.0, "F1sq": 1.0, "F_starsq": 0.0, "noise": 0.5}


def test_least_squares():
    """Without a tail, and with more features than inputs, they span the inputs: test = noise d/(n - d)."""
    psi1, psi2 = np.array([2.0, 3.0, 8.0, 2.0]), np.array([3.0, 2.0, 2.5, 40.0])
    root = solve(random_features(), COMMON | {"psi1": psi1, "psi2": psi2, "lam": 0.0})
    assert np.all(root.status == Status.LIMIT) and np.all(root.unknowns["nu"] == 0)
    assert root.observables["test"] == pytest.approx(0.5 / (psi2 - 1), rel=1e-13)


def test_limits_beside_positive_ridges():
    lam = np.array([0.0, 0.1, 0.0, 1e-14])
    inputs = {name: float(Fraction(value)) for name, value in CHECKPOINT.items()} | {"lam": lam}
    root = solve(groups(), inputs)
    assert root.status.tolist() == [Status.LIMIT, Status.SOLVED, Status.LIMIT, Status.SOLVED]
    assert root.observables["test"][[0, 2]] == pytest.approx(root.observables["test"][3], rel=1e-11)
    assert root.observables["train"][0] == 0 and root.unknowns["c"][0] == 0


@pytest.mark.parametrize("n", ["1/2", "3/2", 4])
def test_three_accuracies(n):
    given = CHECKPOINT | {"n": n, "lam": 0}
    double, precise, ball = (solve(groups(), given, a) for a in (None, Digits(40), Proved(20)))
    assert (precise.status, ball.status) == (Status.LIMIT, Status.LIMIT)
    assert ball.evidence.grade == Grade.PROVED and "as the ridge vanishes" in str(ball.evidence)
    for name in ("test", "train"):
        assert ball.observables[name].contains(precise.observables[name])
        assert double.observables[name][0] == pytest.approx(float(precise.observables[name]), rel=1e-12)


def test_equal_sizes_diverge():
    """As many samples as features: nothing in doubles, infinity in digits, and no proof."""
    given = CHECKPOINT | {"n": "19/10", "lam": 0}
    double = solve(groups(), given)
    assert double.status[0] in (Status.NOT_CONVERGED, Status.ILL_CONDITIONED, Status.DIVERGES)
    precise = solve(groups(), given, Digits(15))
    assert precise.status == Status.DIVERGES and precise.observables["test"] == np.inf
    with pytest.raises(PrecisionError):
        solve(groups(), given, Proved(10))


def test_the_chart_knows_equal_sizes():
    """Where the difference of sizes is an input the divergence is seen in doubles, with its power proved."""
    inputs = COMMON | {"mu_starsq": 0.09, "psi2": 2, "inv_p": 0.5, "gap": 0, "lam": 0}
    assert solve(random_features_wide(), inputs).status[0] == Status.DIVERGES
    proved = solve(random_features_wide(), inputs | {"mu_starsq": "0.09"}, Proved(12))
    assert proved.status == Status.DIVERGES and "c ~ ridge^1/2" in str(proved.evidence)


def test_a_spectrum():
    levels = Spectrum([1, "1/5", "1/50"], {"T": [1, 4, 20], "B": [1, 1, "1/2"]}, {"T": "1/3", "B": 0})
    given = {"n": 7, "p": 9, "noise": "1/4", "lam": 0}
    ball = solve(random_features("general"), given, Proved(15), levels)
    near = solve(random_features("general"), given | {"lam": Fraction(1, 10**25)}, Digits(22), levels)
    assert abs(ball.observables["test"].mid / near.observables["test"] - 1) < 1e-14
    assert solve(random_features("general"), given, spectrum=levels).observables["test"][0] == pytest.approx(
        float(near.observables["test"]), rel=1e-12
    )


def test_how_several_ridges_vanish_is_not_known():
    start = {"x": (LAM**0, Fraction(1)), "y": (LAM**0, Fraction(1))}
    problem = own([X - LAM, Y - symbol("mu") - X], ["x", "y"], start, ("lam", "mu"), ("lam", "mu"))
    with pytest.raises(InputError, match="positive ridges"):
        solve(problem, {"lam": 0.0, "mu": 1.0})
