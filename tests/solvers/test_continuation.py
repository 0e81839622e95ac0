"""The branch from infinite ridge: against the monotone equation, closed forms and other people's points; refusals."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import scalar_problem
from asymptotics.lowering.systems import system_problem
from asymptotics.models.library import stored_system
from asymptotics.solvers.accuracy import Digits
from asymptotics.solvers.solution import Status
from asymptotics.solvers.solve import solve
from tests.solvers.systems import (
    CHECKPOINT,
    CHECKPOINT_TEST,
    CHECKPOINT_TRAIN,
    LAM,
    X,
    Y,
    groups,
    own,
    random_features,
    random_features_wide,
)

NAMES = ("test", "bias", "variance", "train", "norm")


def given(kind, count=400, seed=0):
    """Random points of the wide chart, over many orders of magnitude."""
    r = np.random.default_rng(seed)
    narrow = {"F1sq": 1.0, "F_starsq": 0.3, "noise": 0.5}
    narrow |= {"mu1sq": 10 ** r.uniform(-3, 2, count), "mu_starsq": 10 ** r.uniform(-3, 2, count)}
    size, ratio, lam = (
        10 ** r.uniform(-6, 6, count),
        10 ** r.uniform(0, 6, count),
        10 ** r.uniform(-20, 6, count),
    )
    if kind == "equal sizes":
        return narrow | {"psi2": size, "inv_p": 1 / size, "gap": 0.0, "lam": lam}
    if kind == "extreme":
        size, lam = 10 ** r.uniform(-100, 100, count), 10 ** r.uniform(-100, 20, count)
        return narrow | {"psi2": size, "inv_p": 1 / size, "gap": 0.0, "lam": lam}
    if kind == "kernel":
        return narrow | {"psi2": size, "inv_p": 0.0, "gap": 1.0, "lam": lam}
    return narrow | {"psi2": size, "inv_p": 1 / (size * ratio), "gap": 1 - 1 / ratio, "lam": lam}


@pytest.mark.parametrize("kind", ["wide", "equal sizes", "extreme", "kernel"])
def test_agrees_with_the_monotone_equation(kind):
    inputs = given(kind)
    general = solve(random_features_wide(), inputs)
    scalar = solve(
        scalar_problem(stored_system("random-features", "proportional", "wide")), inputs, size=inputs["psi2"]
    )
    assert np.all(general.status == Status.SOLVED)
    assert general.unknowns["nu"] == pytest.approx(scalar.value, rel=2e-14)
    for name in NAMES:
        assert general.observables[name] == pytest.approx(scalar.observables[name], rel=2e-14)


def spectrum(levels=30, seed=0):
    r = np.random.default_rng(seed)
    weights = {"T": 10 ** r.uniform(0, 3, levels), "B": r.uniform(0, 1, levels)}
    return Spectrum(10 ** r.uniform(-6, 1, levels), weights, {"T": 1e-3, "B": 0.1})


def test_agrees_with_the_monotone_equation_on_a_spectrum():
    r, count = np.random.default_rng(1), 300
    size, ratio = 10 ** r.uniform(-1, 5, count), 10 ** r.uniform(0, 6, count)
    inputs = {"n": size, "inv_p": 1 / (size * ratio), "gap": 1 - 1 / ratio, "noise": 0.5}
    inputs |= {"lam": 10 ** r.uniform(-12, 6, count)}
    general = solve(random_features_wide("general"), inputs, spectrum=spectrum())
    scalar = scalar_problem(stored_system("random-features", "general", "wide"))
    expected = solve(scalar, inputs, spectrum=spectrum(), size=size)
    assert np.all(general.status == Status.SOLVED)
    for name in NAMES:
        assert general.observables[name] == pytest.approx(expected.observables[name], rel=5e-14)


def test_a_spectrum_may_differ_between_points():
    levels = [spectrum(seed=seed) for seed in (3, 4)]
    both = Spectrum(
        np.stack([x.eigenvalues for x in levels]),
        {name: np.stack([x.weights[name] for x in levels]) for name in "TB"},
        {name: np.array([x.tails[name] for x in levels]) for name in "TB"},
    )
    inputs = {"n": 20.0, "p": 30.0, "lam": np.array([0.1, 0.01]), "noise": 0.5}
    together = solve(random_features("general"), inputs, spectrum=both)
    for k, x in enumerate(levels):
        alone = solve(random_features("general"), inputs | {"lam": inputs["lam"][k : k + 1]}, spectrum=x)
        assert together.value[:, k] == pytest.approx(alone.value[:, 0], rel=1e-14)


def test_two_groups_checkpoint():
    double = solve(groups(), CHECKPOINT)
    assert double.observables["test"] == pytest.approx(float(CHECKPOINT_TEST), rel=1e-14)
    assert double.observables["train"] == pytest.approx(float(CHECKPOINT_TRAIN), rel=1e-14)
    precise = solve(groups(), CHECKPOINT, Digits(40))
    assert abs(precise.observables["test"] - Fraction(CHECKPOINT_TEST)) < 1e-17


def test_groups_at_many_points():
    """Groups of equal constants are one group, however many features each has."""
    r, count = np.random.default_rng(5), 300
    inputs = {
        "n": 10 ** r.uniform(-2, 2, count),
        "lam": 10 ** r.uniform(-10, 3, count),
        "d": 1.0,
        "F1sq": 1.0,
    }
    inputs |= {"noise": 0.3, "p1": 10 ** r.uniform(-2, 2, count), "p2": 10 ** r.uniform(-2, 2, count)}
    inputs |= {"mu1": 0.5, "mu2": 0.5, "star1": 0.3, "star2": 0.3}
    two = solve(groups(), inputs)
    one = solve(
        groups(1), {k: v for k, v in inputs.items() if "2" not in k} | {"p1": inputs["p1"] + inputs["p2"]}
    )
    assert np.all(two.status != Status.NOT_CONVERGED)
    loss = 1e-15 * np.maximum(two.condition, one.condition) + 1e-13
    assert np.all(np.abs(two.unknowns["kappa"] / one.unknowns["kappa"] - 1) < loss)


def test_twelve_unknowns():
    count = 9
    inputs = {"n": np.array([1.5, 4.0]), "d": 1.0, "lam": np.array([0.1, 1e-6]), "F1sq": 1.0, "noise": 0.3}
    for g in range(count):
        inputs |= {f"p{g + 1}": 0.2 + 0.1 * g, f"mu{g + 1}": 0.3 + 0.1 * g, f"star{g + 1}": 0.6 - 0.05 * g}
    problem = groups(count, risk=False)
    assert len(problem.unknowns) == 12
    root = solve(problem, inputs, observables=False)
    assert np.all(root.status == Status.SOLVED)
    exact = solve(
        problem, {k: np.ravel(v)[0].item() for k, v in inputs.items()}, Digits(30), observables=False
    )
    assert root.value[:, 0] == pytest.approx([float(v) for v in exact.value], rel=1e-13)


def test_a_fold_is_not_jumped():
    """x^3 - 6x^2 + 11x = lam folds at lam = 5.615 coming from above; below there is a root on another branch."""
    problem = own([X**3 - 6 * X**2 + 11 * X - LAM], ["x"], {"x": (symbol("lam") ** 0, Fraction(1, 3))})
    lam = np.concatenate([np.linspace(5.7, 1e4, 50), np.linspace(1e-3, 5.6, 50)])
    root = solve(problem, {"lam": lam})
    assert np.all(root.status[:50] == Status.SOLVED) and np.all(root.status[50:] == Status.NOT_CONVERGED)
    assert np.all(root.unknowns["x"][:50] > 2.577) and np.all(np.isnan(root.unknowns["x"][50:]))
    with pytest.raises(SolverError, match="does not arrive"):
        solve(problem, {"lam": 1}, Digits(20))


def test_leaving_the_domain_is_refused():
    problem = own([X - LAM], ["x"], {"x": (LAM**0, Fraction(1))}, conditions=[X - 2])
    root = solve(problem, {"lam": np.array([1.0, 3.0])})
    assert root.status.tolist() == [Status.NOT_CONVERGED, Status.SOLVED]


def test_a_wrong_start_is_refused():
    system = stored_system("random-features", "proportional")
    psi1, psi2 = symbol("psi1"), symbol("psi2")
    wrong = {"nu": (2 / psi2, Fraction(1)), "c": (psi2, Fraction(0)), "h": (psi1, Fraction(0))}
    inputs = {k: v[:1] if np.ndim(v) else v for k, v in given("wide").items() if k not in ("inv_p", "gap")}
    inputs |= {"psi1": 3.0, "psi2": 2.0, "lam": 0.1}
    root = solve(system_problem(system, "lam", wrong), inputs)
    assert root.status[0] in (Status.NOT_CONVERGED, Status.OUT_OF_RANGE)
    assert solve(random_features(), inputs).status[0] == Status.SOLVED


def test_two_ridges():
    """x (lam + y) = n, y (mu + x) = p: a quadratic in x."""
    mu, n, p = symbol("mu"), symbol("n"), symbol("p")
    start = {"x": (n, Fraction(-1)), "y": (p * LAM / mu, Fraction(-1))}
    problem = own(
        [X * (LAM + Y) - n, Y * (mu + X) - p], ["x", "y"], start, ("lam", "mu"), ("lam", "mu", "n", "p")
    )
    r = np.random.default_rng(0)
    lam, mu, n, p = 10 ** r.uniform(-4, 4, (4, 200))
    root = solve(problem, {"lam": lam, "mu": mu, "n": n, "p": p})
    b = lam * mu + p - n
    exact = np.where(b > 0, 2 * n * mu / (b + np.sqrt(b**2 + 4 * lam * n * mu)), 0)
    where = b > 0
    assert np.all(root.status == Status.SOLVED)
    assert root.unknowns["x"][where] == pytest.approx(exact[where], rel=1e-12)


def test_observables_that_lose_digits_are_told():
    """x = 1 + 1/lam: at large ridge x - 1 is a small difference."""
    system = FixedPointSystem(
        "own", (Parameter(LAM),), (Unknown(X),), (Equation(X, 1 + 1 / LAM),), (Observable("excess", X - 1),)
    )
    problem = system_problem(system, "lam", {"x": (LAM**0, Fraction(0))})
    root = solve(problem, {"lam": np.array([1.0, 1e3, 1e9])})
    assert root.status.tolist() == [Status.SOLVED, Status.SOLVED, Status.ILL_CONDITIONED]
    for power in (9, 50):
        excess = solve(problem, {"lam": 10**power}, Digits(20)).observables["excess"]
        assert abs(excess * 10**power - 1) < 1e-20
    difference = Observable("difference", X - 1 - 1 / LAM)
    zero = system_problem(replace(system, observables=(difference,)), "lam", {"x": (LAM**0, Fraction(0))})
    assert solve(zero, {"lam": 3}, Digits(20)).observables["difference"] == 0


def test_out_of_the_range_of_doubles():
    inputs = {
        "psi1": 2,
        "psi2": 2,
        "mu1sq": "1/4",
        "mu_starsq": "0.09",
        "F1sq": 1,
        "F_starsq": 0,
        "noise": "0.5",
    }
    problem = random_features()
    root = solve(problem, {**inputs, "mu_starsq": 1e-320, "mu1sq": 1e-320, "lam": 1e-300}, observables=False)
    assert root.status[0] in (Status.OUT_OF_RANGE, Status.NOT_CONVERGED)
    tiny = solve(problem, inputs | {"lam": "1e-40"}, observables=False)
    assert tiny.status[0] != Status.SOLVED
    # At n = p the slack is the root of the ridge: c^2 nu = lam psi1.
    for exponent in (40, 300, 1000):
        found = solve(problem, inputs | {"lam": Fraction(1, 10**exponent)}, Digits(30)).unknowns
        assert abs(found["c"] / found["h"] - 1) < 1e-29
        assert abs(found["c"] ** 2 * found["nu"] * 10**exponent / 2 - 1) < 1e-29


def test_what_is_missing_is_named():
    with pytest.raises(InputError, match="no psi1"):
        solve(random_features(), {"psi2": 1.0})
    with pytest.raises(InputError, match="infinite ridge"):
        solve(system_problem(stored_system("random-features", "proportional")), given("wide") | {"psi1": 1.0})
