"""Models that are programs go through the one door of all models: grids, stores, workers, and clear refusals."""

import importlib.util
import pickle
import site
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError
from asymptotics.simulation import (
    Estimate,
    campaign_status,
    draw_campaign,
    merge_stores,
    plan_campaign,
    process_pool,
    read_store,
    simulate,
)
from asymptotics.simulation.design.execution import run_task
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    Variable,
    norm2,
    slope,
)

n, p1, p2 = (Dimension(name) for name in ("n", "p1", "p2"))
t, q, lam, ratio, noise = (symbol(name) for name in ("t", "q", "lam", "ratio", "noise"))


def two_penalties():
    """Two groups of inputs with penalties of their own."""
    X1, X2 = (
        GaussianMatrix("X1", n, p1, variance=1 / p1.size),
        GaussianMatrix("X2", n, p2, variance=1 / p2.size),
    )
    a1, a2, u1, u2, r = (
        Variable(k, d) for k, d in zip(("a1", "a2", "u1", "u2", "r"), (p1, p2, p1, p2, n), strict=True)
    )
    b1, b2 = DeterministicVector("b1", p1, "B1"), DeterministicVector("b2", p2, "B2")
    epsilon = GaussianVector("epsilon", n, variance=noise)
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a1) + lam * ratio * norm2(a2) + q * norm2(u1),
        constraints={u1: a1 - b1, u2: a2 - b2, r: X1 @ u1 + X2 @ u2 - epsilon},
        sources={t: 1, q: 0},
        observables={"first": slope(q), "train": slope(t) / n.size},
        name="two-penalties",
    )


@dataclass(frozen=True)
class OwnExperiment:
    """A model that says itself what is drawn."""

    noise: float = 0.2
    sizes = ("n", "p1", "p2")

    def program_setting(self, sizes):
        powers = {"B1": float(sizes["p1"]), "B2": 0.5}
        names = {"first": "first", "train": "train", "variance": "first.epsilon"}
        return {
            "program": two_penalties(), "sizes": sizes, "constants": {"noise": self.noise, "ratio": 3},
            "powers": powers, "observables": names,
        }  # fmt: skip


SIZES = Namespace(n=[20, 30], p1=10, p2=[[15], [40]])


def test_grids_over_any_named_sizes():
    estimate = simulate(OwnExperiment(), SIZES, [[[0.1]], [[1.0]]], trials=5)
    assert estimate.shape == (2, 2, 2) and list(estimate.statistics) == ["first", "train", "variance"]
    assert list(estimate.parameters) == ["n", "p1", "p2", "ridge"] and estimate.shared == ("n", "p1", "p2")
    assert estimate.parameters["p2"][0].tolist() == [[15, 15], [40, 40]]
    alone = simulate(OwnExperiment(), Namespace(n=30, p1=10, p2=15), 1.0, trials=5)
    assert np.array_equal(alone.first.draws, estimate.first.draws[1, 0, 1])  # whatever else is on the grid
    assert "first" in str(estimate) and str(Estimate.from_json(estimate.to_json())) == str(estimate)
    assert pickle.loads(pickle.dumps(estimate)).first.mean.shape == (2, 2, 2)
    assert estimate.to_csv().startswith("n,p1,p2,ridge,trials,first,first_standard_error,train,")
    with pytest.raises(AttributeError, match="no test: it has first, train, variance"):
        _ = estimate.test


def test_ridges_per_sample():
    per_sample = simulate(OwnExperiment(), SIZES, ridge_per_sample=0.1, trials=3)
    assert per_sample.parameters["ridge"].tolist() == [[2.0, 3.0]] * 2
    ridge = simulate(OwnExperiment(), SIZES, [2.0, 3.0], trials=3)
    assert np.array_equal(per_sample.first.draws, ridge.first.draws)


def test_stores_and_workers_give_the_same_numbers(tmp_path, pool):
    expected = simulate(OwnExperiment(), SIZES, [[[0.1]], [[1.0]]], trials=11)
    paths = [tmp_path / name for name in ("a.sqlite", "b.sqlite")]
    request = OwnExperiment(), SIZES, [[[0.1]], [[1.0]]]
    simulate(*request, trials=5, store=paths[0])
    stored = simulate(*request, trials=11, store=paths[0], executor=pool)
    assert np.array_equal(stored.first.draws, expected.first.draws)
    merge_stores(paths[1], paths[:1])
    assert "44 of 44 replicates in 4 configurations" in str(campaign_status(paths[1]))
    assert "two-penalties, n = 20, p1 = 10, p2 = 15, 2 points" in str(campaign_status(paths[1]))
    exported = read_store(paths[1])
    assert sum(estimate.first.mean.size for estimate in exported) == 8
    assert {tuple(e.parameters) for e in exported} == {("n", "p1", "p2", "ridge")}
    assert list(exported[0].statistics) == ["first", "train", "variance"]
    campaign = plan_campaign(*request, trials=11)
    assert np.array_equal(draw_campaign(campaign, before=stored).train.draws, expected.train.draws)


def test_blocks_of_work_are_small_and_need_no_model():
    """Workers are sent the program and its numbers, and nothing of the class that a user defines."""
    (_, task), *_ = plan_campaign(OwnExperiment(), SIZES, 0.1, trials=2).tasks()
    sent = pickle.dumps(task)
    assert len(sent) < 10_000 and b"OwnExperiment" not in sent
    assert np.array_equal(run_task(pickle.loads(sent)), task.run())


def test_what_a_program_depends_on_is_its_identity():
    def digests(model, sizes=SIZES, **options):
        campaign = plan_campaign(model, sizes, 0.1, trials=2, **options)
        return [campaign.digest(entry) for entry in campaign.configurations]

    base = digests(OwnExperiment())
    assert base == digests(OwnExperiment()) and len(set(base)) == 4
    assert not set(base) & set(digests(OwnExperiment(noise=0.3)))
    assert not set(base) & set(digests(OwnExperiment(), seed=1))


@dataclass(frozen=True)
class Levels:
    eigenvalues: np.ndarray
    weights: dict
    tails: dict


spectral, plain = SpectralDimension("D"), Dimension("n")


def spectral_ridge():
    X = GaussianMatrix("X", plain, spectral, column_covariance="s")
    a, u, r = Variable("a", spectral), Variable("u", spectral), Variable("r", plain)
    theta, epsilon = DeterministicVector("theta", spectral), GaussianVector("epsilon", plain, variance=noise)
    return QuadraticProgram(
        t * norm2(r) + lam * norm2(a) + q * norm2(u), {u: a - theta, r: X @ u - epsilon}, {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / plain.size},
    )  # fmt: skip


def with_theory(tail=0.0, **attributes):
    """A model by a theory and the numbers behind it, as models declare them."""
    levels = Levels(
        np.array([1.0, 0.2]), {"T": np.array([5.0, 20.0]), "B": np.array([1.0, 0.5])}, {"T": tail, "B": 0.0}
    )
    numbers = Namespace(scalars={"noise": 0.1}, spectrum=levels)
    components = [
        Namespace(name="test", parts=()), Namespace(name="bias", parts=("test.theta",)),
        Namespace(name="unknown", parts=("test.nothing",)),
    ]  # fmt: skip
    theory = Namespace(
        program=spectral_ridge, sizes=[Namespace(name="n")], ridge="lam", components=components
    )
    measure = Namespace(doubles=lambda size: numbers)
    return Namespace(theory=theory, measure=lambda d: measure, **attributes)


def test_a_theory_with_its_numbers_is_an_experiment():
    estimate = simulate(with_theory(), Namespace(n=30), [0.0, 0.5], trials=4)
    assert list(estimate.statistics) == ["test", "bias"] and estimate.shape == (2,)
    assert (estimate.bias.draws[0] < 1e-20).all() and (estimate.test.draws[0] > 0).all()
    with pytest.raises(InputError, match=r"a spectrum that has no tail.*program_setting"):
        simulate(with_theory(tail=0.1), Namespace(n=30), 0.5, trials=2)


def test_a_setting_is_asked_first():
    """Where a model declares its own experiment, features and labels are drawn as they are defined."""
    target = Namespace(powers={1: 1.0})
    experiment = Namespace(activation=np.tanh, target=target, noise=0.1)
    sizes = Namespace(d=8, n=10, p=12)
    declared = simulate(with_theory(setting=lambda: experiment), sizes, 0.1, trials=3)
    assert np.array_equal(declared.test.draws, simulate(experiment, sizes, 0.1, trials=3).test.draws)
    nothing = simulate(with_theory(setting=lambda: None), Namespace(n=30), 0.5, trials=3)
    assert list(nothing.statistics) == ["test", "bias"]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"inputs": "gaussian"}, "inputs"),
        ({"labels": "averaged"}, "labels"),
        ({"coupling": "nested"}, "coupling"),
        ({"precision": "single"}, "precision"),
        ({"ensemble": 2}, "ensemble"),
        ({"ridge": None, "time": 1.0}, "time"),
        ({"ridge": None}, "ridge"),
        ({"ridge": -1.0}, "ridge"),
    ],
)
def test_options_that_mean_nothing_for_a_program(options, name):
    with pytest.raises(InputError) as caught:
        simulate(OwnExperiment(), SIZES, trials=2, **{"ridge": 0.1, **options})
    assert caught.value.name == name


@pytest.mark.parametrize(
    "sizes", [Namespace(n=20, p1=10), Namespace(n=20, p1=10, p2=np.inf), Namespace(n=20, p1=10, p2=2.5)]
)
def test_sizes_of_a_program_are_whole_and_complete(sizes):
    with pytest.raises(InputError, match="p2"):
        simulate(OwnExperiment(), sizes, 0.1, trials=2)


def test_empty_grids_stay_whole():
    estimate = simulate(OwnExperiment(), Namespace(n=[], p1=10, p2=15), 0.1, trials=2)
    assert estimate.shape == (0,) and list(estimate.statistics) == ["first", "train", "variance"]


def test_models_that_are_nothing_are_refused():
    with pytest.raises(InputError, match="activation = None"):
        simulate(Namespace(noise=0.1), SIZES, 0.1, trials=2)


def test_workers_are_prepared_for_functions_of_a_users_file(tmp_path, monkeypatch):
    """A worker that cannot import a user's file is given a loader of it."""
    file = tmp_path / "file_of_a_user.py"
    file.write_text("def cubic(x):\n    return x**3\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("file_of_a_user", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "file_of_a_user", module)
    model = Namespace(activation=module.cubic, target=Namespace(powers={1: 1.0}), noise=0.1)
    sizes = Namespace(d=8, n=10, p=12)
    with process_pool(1, prepare=partial(site.addsitedir, str(tmp_path))) as pool:
        far = simulate(model, sizes, 0.1, trials=3, executor=pool)
    assert np.array_equal(far.test.draws, simulate(model, sizes, 0.1, trials=3).test.draws)


def test_threads_give_the_same_numbers():
    alone = simulate(OwnExperiment(), SIZES, 0.1, trials=33)
    with ThreadPoolExecutor(8) as pool:
        spread = simulate(OwnExperiment(), SIZES, 0.1, trials=33, executor=pool)
    assert np.array_equal(alone.train.draws, spread.train.draws)
