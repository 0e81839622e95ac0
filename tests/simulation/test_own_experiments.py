"""A target function and a training algorithm of the user's own, beside what they must agree with."""

import math
from types import SimpleNamespace as Namespace

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import Estimate, plan_campaign, read_store
from asymptotics.simulation.laws.data import DataMatrix

SIZES = Namespace(d=8, n=[[10], [16]], p=12)


def first(x):
    return x[:, 0]


def ridge(Z, y):
    return np.linalg.solve(Z.T @ Z + 0.1 * np.eye(Z.shape[1]), Z.T @ y)


def test_a_linear_function_has_the_risk_of_degree_one(toy):
    """Its direction is fixed instead of drawn, which on the sphere is the same in expectation."""
    own = asy.simulate(toy(), SIZES, 0.1, trials=400, target_function=first, test_samples=200)
    drawn = asy.simulate(toy(), SIZES, 0.1, trials=400, seed=1)
    for name in ("test", "bias", "variance", "train", "norm"):
        a, b = own.statistics[name], drawn.statistics[name]
        gap = (a.mean - b.mean) / np.hypot(a.standard_error, b.standard_error)
        assert np.abs(gap).max() < 4, name  # false alarm of ten: 6e-4
    assert list(own.controls) == ["noise", "overlap"]
    assert own.provenance["label_power"] == pytest.approx(1.1, rel=0.05)
    back = Estimate.from_json(own.to_json())
    assert np.array_equal(back.test.draws, own.test.draws) and list(back.controls) == list(own.controls)


def test_a_function_meets_theory_through_its_powers():
    """sin(x_1) is a single-index target, of which theory knows the powers."""
    target = asy.Target.from_function("sin(x)", d=20)
    model = asy.RandomFeaturesRidge("relu", target=target, noise=0.1)
    sizes = asy.FiniteSize(d=20, n=60, p=90)
    simulated = asy.simulate(model, sizes, 0.5, trials=60, target_function=lambda x: np.sin(x[:, 0]))
    assert asy.compare(asy.predict(model, sizes, ridge=0.5), simulated).agrees


def test_an_algorithm_that_is_ridge_regression_is(toy):
    for model in (toy(), Namespace(kernel=np.exp, target=Namespace(powers={1: 1.0}), noise=0.1)):
        sizes = SIZES if hasattr(model, "activation") else Namespace(d=8, n=10)
        known = asy.simulate(model, sizes, 0.1, trials=5)
        own = ridge if sizes is SIZES else lambda K, y: np.linalg.solve(K + 0.1 * np.eye(len(K)), y)
        found = asy.simulate(model, sizes, training=own, trials=5)
        for name in ("test", "bias", "variance", "train", "norm"):
            assert found.statistics[name].draws == pytest.approx(known.statistics[name].draws, rel=1e-9)


def test_an_algorithm_that_is_not_linear(toy):
    """Signs of a ridge solution: the parts are what the definition says, and nested sizes run."""

    def rounded(Z, y):
        return np.sign(ridge(Z, y))

    found = asy.simulate(toy(), SIZES, training=rounded, trials=6, coupling="nested")
    assert found.norm.draws * SIZES.n[0][0] == pytest.approx(
        np.broadcast_to([[[12.0]], [[7.5]]], (2, 1, 6)), rel=1e-9
    )
    quiet = asy.simulate(toy(noise=0.0), SIZES, training=rounded, trials=6)
    assert np.array_equal(quiet.test.draws, quiet.bias.draws) and not quiet.variance.draws.any()


def test_rows_of_a_matrix_with_a_function(toy):
    rows = np.random.default_rng(0).standard_normal((60, 8))
    plain = asy.simulate(toy(), Namespace(d=8, n=10, p=12), 0.1, trials=4,
                         inputs=DataMatrix(rows, rows[:, 0]))  # fmt: skip
    own = asy.simulate(
        toy(), Namespace(d=8, n=10, p=12), 0.1, trials=4, inputs=DataMatrix(rows), target_function=first
    )
    assert own.test.draws == pytest.approx(plain.test.draws, rel=1e-12)


def test_stores_tell_functions_and_algorithms_apart(toy, tmp_path):
    path = tmp_path / "runs.sqlite"
    asked = {"trials": 4, "store": path}
    first_half = {"target_function": lambda x: x[:, 0] / 2}
    for options in ({"target_function": first}, first_half, {}):
        asy.simulate(toy(), SIZES, 0.1, **asked, **options)
        asy.simulate(toy(), SIZES, training=ridge, **asked, **options)
    asy.simulate(toy(), SIZES, training=lambda Z, y: 2 * ridge(Z, y), **asked)
    assert len(read_store(path)) == 7
    again = asy.simulate(toy(), SIZES, 0.1, **asked, **first_half)
    assert np.array_equal(
        again.test.draws, asy.simulate(toy(), SIZES, 0.1, trials=4, **first_half).test.draws
    )


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"target_function": 3}, "target_function"),
        ({"target_function": lambda x: x}, "target_function"),
        ({"target_function": lambda x: np.random.default_rng().standard_normal(len(x))}, "target_function"),
        ({"target_function": first, "inputs": DataMatrix(np.eye(8) * 3, np.ones(8))}, "target_function"),
        ({"target_function": first, "labels": "averaged"}, "labels"),
        ({"target_function": first, "precision": "single"}, "precision"),
        ({"target_function": first, "test_error": "exact"}, "test_error"),
        ({"ridge": None, "training": lambda Z, y: y[:3]}, "training"),
        ({"ridge": None, "training": lambda Z, y: Z.T @ y * np.random.default_rng().normal()}, "training"),
        ({"ridge": None, "training": ridge, "ensemble": 2}, "ensemble"),
        ({"ridge": None, "training": ridge, "labels": "averaged"}, "labels"),
        ({"ridge": None, "training": asy.GradientFlow}, "training"),
        ({"training": ridge}, "ridge"),
    ],
)
def test_what_is_refused(toy, options, name):
    with pytest.raises(InputError) as caught:
        plan_campaign(toy(), Namespace(d=8, n=4, p=5), **{"ridge": 0.1, "trials": 2} | options)
    assert caught.value.name == name


def test_what_fails_at_work_says_so(toy):
    with pytest.raises(SimulationError, match="one finite number for each"):
        asy.simulate(toy(), SIZES, 0.1, trials=2, target_function=lambda x: x if len(x) > 100 else first(x))
    with pytest.raises(SimulationError, match="one finite number for each feature"):
        asy.simulate(
            toy(), SIZES, trials=2, training=lambda Z, y: ridge(Z, y) * (math.nan if Z.shape[1] > 6 else 1)
        )


def test_rows_on_the_command_line(tmp_path):
    rows = 3 + np.random.default_rng(0).standard_normal((60, 8))
    np.savez(tmp_path / "rows.npz", points=rows, labels=rows[:, 0])
    given = ["simulate", "--activation", "tanh", "--target", "1:1", "--noise", "0.1", "--d", "8", "--n", "10",
             "--p", "5", "--ridge", "0.1", "--trials", "4"]  # fmt: skip

    def run(*more):
        return CliRunner().invoke(main, [*given, *more])

    known = asy.simulate(
        asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=0.1), asy.FiniteSize(d=8, n=10, p=5), 0.1, trials=4,
        inputs=DataMatrix(rows, rows[:, 0]).standardized(),
    )  # fmt: skip
    assert run("--inputs", str(tmp_path / "rows.npz"), "--standardize").stdout == f"{known}\n"
    assert "standardized()" in run("--inputs", str(tmp_path / "rows.npz")).stderr
    assert run("--inputs", str(tmp_path / "none.npz")).exit_code == run("--standardize").exit_code == 2
