"""Requests keep the identity and the numbers they had: stores written before open, export and resume.

The files in `fixtures` were written before models, learners and inputs were asked instead of recognised.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.simulation import campaign_status, draw_campaign, plan_campaign, read_store, simulate
from asymptotics.simulation.laws.data import DataMatrix
from asymptotics.simulation.laws.inputs import GaussianInputs
from asymptotics.simulation.learning.feature_maps import DeepFeatures, TangentFeatures

FOLDER = Path(__file__).parent / "fixtures"
BEFORE = json.loads((FOLDER / "identities_of_numerics_6.json").read_text(encoding="utf-8"))


def linear(t):
    return 1 + t + t**2


T = Namespace(powers={1: 1.0, 2: 0.5})
NET = Namespace(activation=np.tanh, target=T, noise=0.1)
KERNEL = Namespace(kernel=linear, target=T, noise=0.1)
TANGENT = Namespace(feature_map=TangentFeatures(np.cos, np.sin), target=T, noise=0.2)
DEEP = Namespace(feature_map=DeepFeatures(np.tanh, (2.0,)), target=T, noise=0.2)
FEATURES = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
EXP = asy.KernelRidge("exp(t)", target={1: 1}, noise="0.1")
SPECTRUM = asy.SpectralRidge(
    [1, "1/2", "1/4"], target=[1, 1, 0], multiplicities=[1, 10, 30], noise="0.1", tail=0.3, target_tail=0.05
)
S, K = Namespace(d=12, n=[20, 30], p=[[15], [40]]), Namespace(d=12, n=[20, 30])
ROWS = np.random.default_rng(5).standard_normal((60, 7))
DATA, LABELLED = DataMatrix(ROWS).standardized(), DataMatrix(ROWS, ROWS[:, 0]).standardized()
R = {"ridge": 0.1}

CASES = {
    "net": (NET, S, R),
    "net_path": (NET, Namespace(d=10, n=20, p=30), {"ridge": [0, 0.1, 1.0]}),
    "net_nested": (NET, S, {**R, "coupling": "nested"}),
    "net_sampled": (NET, S, {**R, "test_error": "sampled"}),
    "net_test_samples": (NET, S, {**R, "test_samples": 100}),
    "net_avg": (NET, S, {**R, "labels": "averaged"}),
    "net_flow": (NET, S, {"time": [[[1.0]], [[10.0]]]}),
    "net_descent": (NET, S, {"time": 1.0, "step_size": 0.1}),
    "net_persample": (NET, S, {"ridge_per_sample": 0.01}),
    "net_ens": (NET, S, {**R, "ensemble": 3}),
    "net_surr": (NET, S, {**R, "surrogate_degree": 1}),
    "net_surr_s": (NET, S, {**R, "surrogate_degree": 2, "test_error": "sampled"}),
    "net_single": (NET, S, {**R, "precision": "single"}),
    "net_gauss": (NET, S, {**R, "inputs": "gaussian"}),
    "net_gs": (NET, S, {**R, "inputs": "gaussian", "weights": "sphere"}),
    "net_cube": (NET, S, {**R, "inputs": "hypercube"}),
    "net_cov": (NET, S, {**R, "inputs": GaussianInputs(np.arange(1.0, 13))}),
    "net_data": (NET, Namespace(d=7, n=20, p=9), {**R, "inputs": DATA}),
    "net_labelled": (NET, Namespace(d=7, n=20, p=9), {**R, "inputs": LABELLED}),
    "kernel": (KERNEL, K, R),
    "kernel_nested": (KERNEL, K, {"ridge": [[0.1], [1.0]], "coupling": "nested"}),
    "kernel_gauss": (KERNEL, K, {**R, "inputs": "gaussian"}),
    "kernel_avg": (KERNEL, K, {**R, "labels": "averaged"}),
    "map": (TANGENT, Namespace(d=6, n=20, p=[4, 5]), R),
    "map_nested": (TANGENT, Namespace(d=6, n=[15, 20], p=[[4], [5]]), {**R, "coupling": "nested"}),
    "deep": (DEEP, Namespace(d=6, n=20, p=9), R),
    "rf": (FEATURES, asy.FiniteSize(d=12, n=[20, 30], p=25), R),
    "kr": (EXP, asy.FiniteSize(d=12, n=[20, 30]), R),
    "sp": (SPECTRUM, asy.FiniteSize(n=[20, 50], p=25), R),
    "sp_s": (SPECTRUM, asy.FiniteSize(n=[20, 50], p=25), {**R, "test_error": "sampled"}),
    "sp_k": (SPECTRUM, asy.FiniteSize(n=[20, 50]), R),
    "sp_n": (
        SPECTRUM,
        asy.FiniteSize(n=[20, 50], p=[[25], [60]]),
        {"ridge": [[[0.1]], [[1.0]]], "coupling": "nested"},
    ),
}
STORED = ("net", "net_nested", "kernel", "map", "sp", "net_labelled", "sp_k")


def test_every_request_is_here():
    assert CASES.keys() == BEFORE.keys()


@pytest.mark.parametrize("name", CASES)
def test_identities_and_numbers_stay(name):
    model, regime, options = CASES[name]
    campaign = plan_campaign(model, regime, trials=3, seed=7, **options)
    assert [campaign.digest(entry) for entry in campaign.configurations] == BEFORE[name]["digests"]
    estimate = draw_campaign(campaign, progress=False)
    for observable in ("test", "train"):  # another BLAS may round the last digits otherwise
        draws = getattr(estimate, observable).draws
        assert np.allclose(draws.ravel(), BEFORE[name][observable], rtol=1e-5, atol=1e-9)


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "store.sqlite"
    shutil.copy(FOLDER / "store_of_numerics_6.db", path)
    return path


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM replicates").fetchone()[0]


@pytest.mark.parametrize("name", STORED)
def test_stores_written_before_resume(store, name):
    model, regime, options = CASES[name]
    campaign = plan_campaign(model, regime, trials=3, seed=7, **options)
    assert campaign_status(store, campaign).complete
    before = rows(store)
    estimate = simulate(model, regime, trials=4, seed=7, store=store, progress=False, **options)
    assert rows(store) - before == len(campaign.configurations)  # one more replicate of each
    old = np.reshape(BEFORE[name]["test"], (*estimate.shape, 3))
    assert np.array_equal(estimate.test.draws[..., :3], old)


def test_stores_written_before_export(store):
    assert str(campaign_status(store)).startswith("42 of 42 replicates in 14 configurations")
    exported = read_store(store)
    assert [list(estimate.statistics)[-1] for estimate in exported] == ["norm_per_feature"] * len(exported)
    (kernel,) = [estimate for estimate in exported if estimate.provenance["kind"] == "kernel"]
    assert np.isinf(kernel.parameters["p"]).all()
    assert kernel.provenance["exact_test_error_sizes"] == [[12, 20, 0], [12, 30, 0]]
    assert np.array_equal(np.ravel(kernel.test.draws), BEFORE["kernel"]["test"])
