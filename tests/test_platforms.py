"""What differs between systems: spawned workers, executors, paths, locks, locales.

Run on Linux. Paths with a colon and in other scripts, the C locale and the spawn start method stand in for what Windows
and macOS do by default; those systems themselves are not run here.
"""

import csv
import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

import pytest

import asymptotics as asy
from asymptotics.models.loading import load_model
from asymptotics.simulation import read_store

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
LIMIT = asy.Proportional(psi1=[1, 2, "5/2"], psi2=3)
SIZES = asy.FiniteSize(d=6, n=9, p=[5, 12])
ACCURACIES = [{"digits": 30}, {"certified": True}, {"digits": 12, "certified": True}]
OPTIONS = ["--activation", "max(x,0)", "--target", "1:1", "--noise", "0.1"]
FINITE = ["--d", "6", "--n", "9", "--p", "5,12", "--ridge", "0.1"]
NAMES = ["C:", "läufe und größen", "данные", "a b#1?%20&c"]
"""Folders: a drive letter as it looks elsewhere, other scripts, and characters that mean something in addresses."""

OWN = '''
from dataclasses import dataclass

import asymptotics as asy


@dataclass(frozen=True)
class Own(asy.RandomFeaturesRidge):
    """Not in ASCII: é."""
'''


@pytest.fixture(scope="module")
def pool():
    with asy.process_pool(2) as executor:
        yield executor


@contextmanager
def spawned():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def dask():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


def same(executor, options):
    alone = asy.predict(MODEL, LIMIT, [["1/10"], ["0"]], **options)
    spread = asy.predict(MODEL, LIMIT, [["1/10"], ["0"]], **options, executor=executor)
    return spread == alone and spread.to_json() == alone.to_json()


@pytest.mark.parametrize("options", ACCURACIES, ids=str)
def test_a_process_pool_gives_the_same_answers(pool, options):
    assert same(pool, options)


@pytest.mark.slow
@pytest.mark.parametrize("start", [spawned, dask])
def test_any_executor_gives_the_same_answers(start):
    with start() as executor:
        assert all(same(executor, options) for options in ACCURACIES)


def test_spawned_workers_draw_the_same(pool):
    alone = asy.simulate(MODEL, SIZES, 0.1, trials=6, progress=False)
    spread = asy.simulate(MODEL, SIZES, 0.1, trials=6, progress=False, executor=pool)
    assert alone.test.draws.tolist() == spread.test.draws.tolist()


@pytest.fixture(params=NAMES)
def folder(request, tmp_path):
    path = tmp_path / request.param
    path.mkdir()
    return path


def test_stores_and_exports_in_any_folder(folder):
    store = folder / "läufe.sqlite"
    estimate = asy.simulate(MODEL, SIZES, 0.1, trials=3, store=store, progress=False)
    again = asy.simulate(MODEL, SIZES, 0.1, trials=3, store=str(store), progress=False)
    assert estimate.test.draws.tolist() == again.test.draws.tolist()
    assert [one.trials for one in read_store(store)] == [3]
    estimate.to_json(folder / "schätzung.json")
    estimate.to_csv(folder / "schätzung.csv")
    risk = asy.predict(MODEL, SIZES, 0.1)
    risk.to_json(folder / "risiko.json")
    risk.to_csv(folder / "risiko.csv")
    assert asy.Risk.from_json(folder / "risiko.json") == asy.Risk.from_json(risk.to_json())
    names = {path.name for path in folder.iterdir()}
    assert names >= {"läufe.sqlite", "schätzung.json", "schätzung.csv", "risiko.json", "risiko.csv"}
    assert list(folder.parent.iterdir()) == [folder]  # nothing landed elsewhere


def test_models_of_ones_own_in_any_folder(folder):
    path = folder / "modell é.py"
    path.write_text(OWN, encoding="utf-8")
    kind = load_model(f"{path}:Own")
    risk = asy.predict(kind("relu", {1: 1}, noise="0.1"), asy.Proportional(2, 3), 0.1)
    assert risk.test == asy.predict(MODEL, asy.Proportional(2, 3), 0.1).test


WRITER = """
import sys, sqlite3
lock = sqlite3.connect(sys.argv[1] + ".lock", isolation_level=None)
lock.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_one_run_at_a_time_writes_to_a_store_and_the_lock_dies_with_it(tmp_path):
    store = tmp_path / "läufe.sqlite"
    command = [sys.executable, "-c", WRITER, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked" + os.linesep.encode()
        with pytest.raises(asy.AsymptoticsError, match="another run is writing"):
            asy.simulate(MODEL, SIZES, 0.1, trials=2, store=store, progress=False)
        other.kill()
    assert asy.simulate(MODEL, SIZES, 0.1, trials=2, store=store, progress=False).trials == 2


def command_line(*arguments, folder):
    """A command in a C locale, where Python would write ASCII."""
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("PYTHONIOENCODING", None)
    command = [sys.executable, "-m", "asymptotics.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True)


def test_exports_are_utf8_in_a_c_locale(tmp_path):
    done = command_line("simulate", *OPTIONS, *FINITE, "--trials", "3", "--csv", "größe.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader((tmp_path / "größe.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 3


def test_json_and_refusals_are_printed_in_a_c_locale(tmp_path):
    (tmp_path / "größe.py").write_text(OWN, encoding="utf-8")
    asked = [
        "predict",
        "--model",
        "größe.py:Own",
        *OPTIONS,
        "--psi1",
        "2",
        "--psi2",
        "3",
        "--ridge",
        "1/10",
    ]
    read = command_line(*asked, "--json", folder=tmp_path)
    assert read.returncode == 0, read.stderr
    value = json.loads(read.stdout.decode("utf-8"))["values"]["test"]
    assert value == asy.predict(MODEL, asy.Proportional(2, 3), "1/10").test
    refused = command_line("predict", "--activation", "größe", "--psi1", "2", "--psi2", "3", folder=tmp_path)
    assert (
        refused.returncode != 0 and b"Traceback" not in refused.stderr and refused.stderr.startswith(b"error")
    )
