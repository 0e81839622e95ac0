"""Systems that do not reduce to one equation: the tutorial's model against its published form, and refusals."""

import re
from pathlib import Path

import pytest

from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.program import Spectrum
from asymptotics.models.derive import derive
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.newton import solve_system
from asymptotics.solvers.solution import Status
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge
from tests.oracles.meng_yao_cao import excess_risk

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def two_groups():
    """The system of the tutorial, from the tutorial's own code."""
    page = (ROOT / "docs/tutorial/derive_your_own_model.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict = {}
    exec(compile("\n".join(blocks[:2]), "tutorial", "exec"), names)
    return names["system"]


@pytest.mark.parametrize(
    ("linear", "nonlinear", "features", "samples", "ridge", "noise"),
    [
        ((0.5, 0.8), (0.3, 0.6), (1.2, 0.7), 1.5, 0.1, 0.3),
        ((0.9, 0.2), (0.1, 0.5), (0.4, 3.0), 2.5, 0.01, 0.0),
        ((0.3, 0.3), (0.3, 0.3), (1.0, 1.0), 1.0, 1.0, 1.0),
    ],
)
def test_two_groups_against_the_published_form(
    two_groups, linear, nonlinear, features, samples, ridge, noise
):
    values = {"first_mu1": linear[0], "second_mu1": linear[1]}
    values |= {"first_star": nonlinear[0], "second_star": nonlinear[1]}
    values |= {"n": samples, "p1": features[0], "p2": features[1], "d": 1, "lam": ridge, "F1sq": 1}
    solution = solve_system(two_groups, values | {"noise": noise}, start=at_infinite_ridge)
    published = excess_risk(linear, nonlinear, features, samples, ridge, 1.0, noise)
    assert solution.observables["test"] == pytest.approx(published, rel=1e-10)
    assert solution.condition < 100 and solution.status == Status.SOLVED
    assert "infinite ridge" in str(solution)


def test_the_wrong_branches_of_random_features_are_refused():
    """The proportional system has other positive roots; only the one in the domain is returned."""
    given = {"psi1": 0.5, "psi2": 2, "lam": 0.05, "noise": 0, "F1sq": 1, "F_starsq": 0}
    given |= {"mu1sq": 0.25, "mu_starsq": 0.0908}
    solution = solve_system(derive("random-features", "proportional"), given, start=at_infinite_ridge)
    freedom = 0.5 - solution.unknowns["h"]
    assert 0 < freedom < 0.5
    assert solution.unknowns["c"] == pytest.approx(2 - freedom, rel=1e-10)


def test_parameters_must_be_all_there():
    with pytest.raises(InputError, match="no F1sq"):
        solve_system(derive("random-features", "proportional"), {"psi1": 1})


SPECTRAL = {"lam": "1/10", "n": 7, "p": 9, "noise": "1/4"}


def test_spectra_must_be_given():
    system = derive("random-features")
    with pytest.raises(InputError, match="spectral averages"):
        solve_system(system, SPECTRAL, start=at_infinite_ridge)
    levels = Spectrum([1, "1/5"], {"T": [2, 20], "B": [1, "1/2"]}, {"T": "1/3", "B": 0})
    double = solve_system(system, SPECTRAL, start=at_infinite_ridge, spectrum=levels)
    ball = solve_system(system, SPECTRAL, start=at_infinite_ridge, spectrum=levels, accuracy=Proved(20))
    assert ball.observables["test"].contains(
        solve_system(
            system, SPECTRAL, start=at_infinite_ridge, spectrum=levels, accuracy=Digits(40)
        ).observables["test"]
    )
    assert double.observables["test"] == pytest.approx(float(ball.observables["test"]), rel=1e-13)


def test_a_start_is_needed_and_a_seed_is_not():
    given = {
        "psi1": 2,
        "psi2": 3,
        "lam": 0.1,
        "noise": 0,
        "F1sq": 1,
        "F_starsq": 0,
        "mu1sq": 1,
        "mu_starsq": 1,
    }
    system = derive("random-features", "proportional")
    with pytest.raises(InputError, match="infinite ridge"):
        solve_system(system, given)
    with pytest.warns(DeprecationWarning, match="nothing is searched"):
        solve_system(system, given, start=at_infinite_ridge, starts=300, seed=1)


def test_no_solution_in_the_domain_is_an_error():
    given = {
        "psi1": 1,
        "psi2": 2,
        "lam": -1,
        "noise": 0,
        "F1sq": 1,
        "F_starsq": 0,
        "mu1sq": 0.25,
        "mu_starsq": 0.1,
    }
    with pytest.raises(SolverError):
        solve_system(derive("random-features", "proportional"), given, start=at_infinite_ridge)
