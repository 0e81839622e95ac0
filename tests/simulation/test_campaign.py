import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics.simulation.store_file as store_module
from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import (
    campaign_status,
    collect_campaign,
    merge_stores,
    plan_campaign,
    read_store,
    run_campaign,
    simulate,
)
from asymptotics.simulation.estimates.estimate import OBSERVABLES
from asymptotics.simulation.learning.learners import RandomFeatures
from asymptotics.simulation.store_file import open_store

REGIME = Namespace(d=8, n=[[10], [16]], p=12)
ARGUMENTS = {"ridge": [0.0, 0.1], "trials": 21, "seed": 3}


def draws(estimate):
    return np.stack([getattr(estimate, name).draws for name in OBSERVABLES])


@pytest.fixture
def campaign(toy):
    return plan_campaign(toy(), REGIME, **ARGUMENTS)


@pytest.fixture
def expected(toy):
    return draws(simulate(toy(), REGIME, **ARGUMENTS))


@contextmanager
def database(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def count(path):
    with database(path) as connection:
        return connection.execute("SELECT count(*) FROM replicates").fetchone()[0]


def test_a_store_gives_the_same_numbers(toy, expected, tmp_path):
    path = tmp_path / "runs.sqlite"
    stored = simulate(toy(), REGIME, store=path, **ARGUMENTS)
    assert np.array_equal(draws(stored), expected)
    assert stored.provenance["exact_test_error_sizes"] == [[8, 10, 12], [8, 16, 12]]
    before = path.stat().st_mtime_ns, count(path)
    again = simulate(toy(), REGIME, store=path, **ARGUMENTS)
    assert np.array_equal(draws(again), expected)
    assert count(path) == before[1] == 42


class Stopping:
    """An activation that stops the run after some inputs."""

    __name__ = "tanh"

    def __init__(self, inputs):
        self.left = inputs

    def __call__(self, x):
        self.left -= len(x) if x.ndim > 1 and x.shape[1] == 12 else 0
        if self.left < 0:
            raise KeyboardInterrupt
        return np.tanh(x)


@pytest.mark.parametrize("inputs", [0, 340, 540])
def test_an_interrupted_run_continues(toy, campaign, expected, tmp_path, monkeypatch, inputs):
    monkeypatch.setattr("asymptotics.simulation.learning.experiment.LONGEST_STACK", 4)
    path = tmp_path / "runs.sqlite"
    with pytest.raises(KeyboardInterrupt):
        simulate(toy(Stopping(inputs)), REGIME, store=path, **ARGUMENTS)
    status = campaign_status(path, campaign)
    assert inputs / 16 - 8 < status.done <= inputs / 10 and not status.complete
    with pytest.raises(SimulationError, match="lacks"):
        collect_campaign(campaign, path)
    assert run_campaign(campaign, path).complete
    assert np.array_equal(draws(collect_campaign(campaign, path)), expected)


def test_more_trials_add_to_those_at_hand(toy, tmp_path):
    path = tmp_path / "runs.sqlite"
    simulate(toy(), REGIME, store=path, ridge=0.1, trials=10)
    first = count(path)
    more = simulate(toy(), REGIME, store=path, ridge=0.1, trials=19)
    assert (first, count(path)) == (20, 38)
    assert np.array_equal(draws(more), draws(simulate(toy(), REGIME, ridge=0.1, trials=19)))
    fewer = simulate(toy(), REGIME, store=path, ridge=0.1, trials=4)
    assert np.array_equal(draws(fewer), draws(more)[..., :4])


def test_different_requests_do_not_mix(toy, tmp_path):
    path = tmp_path / "runs.sqlite"
    regime = Namespace(d=8, n=10, p=12)
    requests = [
        (toy(), {}),
        (toy(np.sin), {}),
        (toy(lambda x: x), {}),
        (toy(lambda x: 2 * x), {}),
        (toy(noise=0.2), {}),
        (toy(target={2: 1.0}), {}),
        (toy(), {"seed": 1}),
        (toy(), {"labels": "averaged"}),
        (toy(), {"test_error": "sampled"}),
        (toy(), {"inputs": "gaussian"}),
        (toy(), {"weights": "gaussian"}),
    ]
    for model, options in requests:
        stored = simulate(model, regime, 0.1, trials=3, store=path, **options)
        assert np.array_equal(draws(stored), draws(simulate(model, regime, 0.1, trials=3, **options)))
    assert count(path) == 3 * len(requests)


def test_shards_are_disjoint_and_merge(campaign, expected, tmp_path):
    paths = [tmp_path / f"part{i}.sqlite" for i in (1, 2, 3)]
    for i, path in enumerate(paths, 1):
        assert not run_campaign(campaign, path, shard=(i, 3)).complete
    assert sum(count(path) for path in paths) == 42 and all(count(path) for path in paths)
    whole = tmp_path / "whole.sqlite"
    assert merge_stores(whole, paths).complete
    assert merge_stores(whole, paths).complete and count(whole) == 42
    assert np.array_equal(draws(collect_campaign(campaign, whole)), expected)


def test_stores_that_contradict_each_other_do_not_merge(campaign, tmp_path):
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    run_campaign(campaign, first)
    entry = campaign.configurations[0]
    with open_store(second, writing=True) as opened:
        opened.register([(campaign.digest(entry), campaign.describe(entry))], campaign.trials)
        opened.write(campaign.digest(entry), [5], np.zeros((1, len(entry.points), len(campaign.columns))))
    with pytest.raises(SimulationError, match="disagree on replicate 5"):
        merge_stores(first, [second])
    assert count(first) == 42


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1.5, 3), 2, ("a", "b")])
def test_bad_shards(campaign, tmp_path, shard):
    with pytest.raises(InputError, match="shard"):
        run_campaign(campaign, tmp_path / "runs.sqlite", shard=shard)


def test_two_runs_cannot_write_to_one_store(campaign, tmp_path):
    path = tmp_path / "runs.sqlite"
    with open_store(path, writing=True):
        with pytest.raises(SimulationError, match="another run is writing"):
            run_campaign(campaign, path)
        assert campaign_status(path).planned == 0
    assert run_campaign(campaign, path).complete


def test_disk_full_loses_nothing(campaign, expected, tmp_path, monkeypatch):
    path = tmp_path / "runs.sqlite"
    connect = store_module._connect

    def small(path, writing):
        connection = connect(path, writing)
        connection.execute("PRAGMA max_page_count = 7")
        return connection

    monkeypatch.setattr(store_module, "_connect", small)
    monkeypatch.setattr("asymptotics.simulation.design.planning.BLOCK", 2)
    monkeypatch.setattr("asymptotics.simulation.learning.experiment.LONGEST_STACK", 2)
    with pytest.raises(
        SimulationError, match=r"runs.sqlite: database or disk is full; everything stored .* safe"
    ):
        run_campaign(campaign, path)
    monkeypatch.setattr(store_module, "_connect", connect)
    assert 0 < count(path) < 42
    assert run_campaign(campaign, path).complete
    assert np.array_equal(draws(collect_campaign(campaign, path)), expected)


@pytest.mark.parametrize("content", [b"no database", None, "other"])
def test_files_that_are_no_stores(campaign, tmp_path, content):
    path = tmp_path / "runs.sqlite"
    if content == "other":
        with database(path) as connection:
            connection.execute("CREATE TABLE people (name TEXT)")
    elif content is not None:
        path.write_bytes(content * 100)
    with pytest.raises(SimulationError, match="store"):
        campaign_status(path)
    if content is not None:
        with pytest.raises(SimulationError, match="store"):
            run_campaign(campaign, path)


def test_directories_that_do_not_exist(campaign, tmp_path):
    with pytest.raises(SimulationError, match="cannot open"):
        run_campaign(campaign, tmp_path / "nowhere" / "runs.sqlite")


def test_damaged_rows_are_noticed(campaign, tmp_path):
    path = tmp_path / "runs.sqlite"
    run_campaign(campaign, path)
    with database(path) as connection:
        connection.execute("UPDATE replicates SET numbers = zeroblob(3) WHERE replicate = 5")
    with pytest.raises(SimulationError, match=r"replicate 5 .* is damaged"):
        collect_campaign(campaign, path)


def test_status_prints_and_stores_export(toy, expected, tmp_path):
    path = tmp_path / "runs.sqlite"
    simulate(toy(), REGIME, store=path, **ARGUMENTS)
    simulate(toy(np.sin), Namespace(d=8, n=9, p=9), 0.1, trials=4, store=path)
    text = str(campaign_status(path))
    assert text.startswith("46 of 46 replicates in 3 configurations")
    assert "tanh, d = 8, n = 16, p = 12, 2 points" in text and "sin, d = 8, n = 9, p = 9, 1 point" in text
    first, second = read_store(path)
    assert np.array_equal(draws(first), expected.reshape(6, 4, 21))
    assert first.parameters["n"].tolist() == [10, 10, 16, 16]
    assert first.parameters["ridge"].tolist() == [0.0, 0.1] * 2
    assert (second.trials, second.provenance["activation"]) == (4, "sin")


def test_exports_keep_apart_what_differs(toy, tmp_path):
    path = tmp_path / "kinds.sqlite"
    for test_error in ("exact", "sampled"):
        simulate(toy(), REGIME, 0.1, trials=3, store=path, test_error=test_error)
    exported = read_store(path)
    assert [estimate.shape for estimate in exported] == [(2,), (2,)]
    assert [len(e.provenance["exact_test_error_sizes"]) for e in exported] == [2, 0]
    path = tmp_path / "nested.sqlite"
    sizes = [[20, 30], [20, 40]]
    for n in sizes:
        simulate(toy(), Namespace(d=8, n=n, p=15), 0.1, trials=3, store=path, coupling="nested")
    assert [estimate.parameters["n"].tolist() for estimate in read_store(path)] == sizes


def test_fingerprints_tell_functions_apart_but_not_implementations():
    def values(function):
        return RandomFeatures(function).fingerprint()[1]

    assert values(np.tanh) == values(lambda x: np.sinh(x) / np.cosh(x) * (1 + 1e-15))
    assert values(np.cos) == values(lambda x: np.cos(x) + 1e-16)
    assert values(np.cos) != values(lambda x: np.cos(x) + 1e-5)
    assert values(np.cos) != values(lambda x: 2 * np.cos(x))


SCRIPT = """
    import sys, time
    from types import SimpleNamespace as Namespace
    import numpy as np
    from asymptotics.simulation import process_pool, simulate

    def tanh(x):
        time.sleep(0.0015 * len(x) * (x.ndim > 1))
        return np.tanh(x)

    if __name__ == "__main__":
        model = Namespace(activation=tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
        with process_pool(2) as pool:
            regime = Namespace(d=8, n=[[10], [16]], p=12)
            simulate(model, regime, ridge=[0.0, 0.1], trials=400, seed=3, store=sys.argv[1], executor=pool)
"""


def alive(pid):
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def workers_of(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds worker processes in /proc")
@pytest.mark.parametrize("victim", ["coordinator", "worker"])
def test_killing_processes_loses_only_blocks_in_flight(victim, toy, tmp_path):
    path, script = tmp_path / "runs.sqlite", tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, str(script), str(path)], stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        deadline = time.monotonic() + 60
        while not path.exists() or campaign_done(path) < 16:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        workers = workers_of(process)
        assert len(workers) == 2
        os.kill(process.pid if victim == "coordinator" else workers[0], signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    if victim == "worker":
        assert "a worker process ended abruptly" in errors
    deadline = time.monotonic() + 20
    while any(
        Path(f"/proc/{worker}/cmdline").exists() and Path(f"/proc/{worker}/cmdline").read_bytes()
        for worker in workers
    ):
        assert time.monotonic() < deadline, "workers outlive their coordinator"
        time.sleep(0.05)
    done = count(path)
    assert 16 <= done < 800
    arguments = {"ridge": [0.0, 0.1], "trials": 60, "seed": 3}
    stored = simulate(toy(), REGIME, store=path, **arguments)
    assert np.array_equal(draws(stored), draws(simulate(toy(), REGIME, **arguments)))


def campaign_done(path):
    try:
        return campaign_status(path).done
    except SimulationError:
        return 0


def test_pool_and_serial_stores_hold_the_same_bytes(campaign, tmp_path, pool):
    run_campaign(campaign, tmp_path / "serial.sqlite")
    run_campaign(campaign, tmp_path / "pool.sqlite", executor=pool)
    rows = []
    for name in ("serial", "pool"):
        with database(tmp_path / f"{name}.sqlite") as connection:
            rows.append(connection.execute("SELECT * FROM replicates ORDER BY digest, replicate").fetchall())
    assert rows[0] == rows[1] and len(rows[0]) == 42


def test_dask_executor_gives_the_same_bits(campaign, expected, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        path = tmp_path / "runs.sqlite"
        assert run_campaign(campaign, path, executor=client.get_executor()).complete
    assert np.array_equal(draws(collect_campaign(campaign, path)), expected)
