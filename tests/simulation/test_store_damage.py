"""Stores that cannot lie: whatever bit flips, whatever is copied when, wherever a file is read."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import (
    campaign_status,
    collect_campaign,
    copy_store,
    merge_stores,
    plan_campaign,
    process_pool,
    read_store,
    run_campaign,
    side_files,
    simulate,
)
from asymptotics.simulation.design import execution
from asymptotics.simulation.laws.data import DataMatrix
from asymptotics.simulation.store_file import open_store

LINEAR = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
SIZES = Namespace(d=6, n=[8, 12], p=5)


@pytest.fixture(scope="module")
def campaign():
    return plan_campaign(LINEAR, SIZES, [0.1, 1.0], trials=6)


@pytest.fixture(scope="module")
def whole(campaign, tmp_path_factory):
    path = tmp_path_factory.mktemp("stores") / "runs.sqlite"
    assert run_campaign(campaign, path).complete
    return path


def draws_of(estimate):
    return np.stack([s.draws for s in estimate.statistics.values()])


def flipped(source, target, bit):
    data = bytearray(source.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    target.write_bytes(bytes(data))


def test_no_flipped_bit_changes_a_number_in_silence(campaign, whole, tmp_path):
    """Of 400 bits, half of them where rows are; each is refused in one line, or changes nothing."""
    expected, path = draws_of(collect_campaign(campaign, whole)), tmp_path / "flipped.sqlite"
    text, generator = str(campaign_status(whole)), np.random.default_rng(11)
    data = whole.read_bytes()
    rows = np.flatnonzero(np.frombuffer(data, np.uint8))
    bits = np.concatenate(
        [
            8 * generator.choice(rows, 200) + generator.integers(8, size=200),
            generator.integers(8 * len(data), size=200),
        ]
    )
    refused = 0
    for bit in map(int, bits):
        flipped(whole, path, bit)
        for ask in (lambda: draws_of(collect_campaign(campaign, path)), lambda: read_store(path)):
            try:
                found = ask()
            except SimulationError as error:
                refused += 1
                assert "\n" not in str(error)
            else:
                if isinstance(
                    found, list
                ):  # a description may be of fewer campaigns only if the store says so
                    found = np.concatenate([draws_of(estimate) for estimate in found], axis=1)
                    found = found.reshape(expected.shape)
                assert np.array_equal(found, expected), bit
        try:
            assert str(campaign_status(path)) == text, bit
        except SimulationError:
            pass
        for name in path.parent.glob(path.name + "-*"):
            name.unlink()
    assert refused > 200


def test_a_zeroed_replicate_and_a_lost_one_are_refused(campaign, whole, tmp_path):
    for statement in (
        "UPDATE replicates SET numbers = zeroblob(length(numbers)) WHERE replicate = 3",
        "DELETE FROM replicates WHERE replicate = 3",
        "UPDATE configurations SET trials = 60",
        "UPDATE replicates SET replicate = 70 WHERE replicate = 3",
    ):
        path = tmp_path / "damaged.sqlite"
        shutil.copy(whole, path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)
        with pytest.raises(SimulationError, match="is damaged"):
            collect_campaign(campaign, path)
        with pytest.raises(SimulationError, match="is damaged"):
            read_store(path)


def test_numbers_that_are_not_finite_are_not_stored(campaign, tmp_path):
    entry = campaign.configurations[0]
    with open_store(tmp_path / "runs.sqlite", writing=True) as opened:
        opened.register([(campaign.digest(entry), campaign.describe(entry))], 2)
        values = np.ones((2, 1, 1))
        opened.write(campaign.digest(entry), [0], values[:1])
        with pytest.raises(SimulationError, match=r"replicate 1 .* not finite"):
            opened.write(campaign.digest(entry), [1], values[1:] * np.nan)
        assert opened.done(campaign.digest(entry)) == {0}


def test_the_one_file_is_whole_after_every_block(campaign, whole, tmp_path):
    """A plain copy of the file alone, and `copy_store`, taken between the blocks of a run."""
    path, blocks = tmp_path / "runs.sqlite", []
    entry = campaign.configurations[0]
    digest, description = campaign.digest(entry), campaign.describe(entry)
    shape = len(entry.points), len(campaign.columns)
    with open_store(whole, writing=False) as opened:
        numbers = opened.read(digest, *shape)
    with open_store(path, writing=True) as writer:
        writer.register([(digest, description)], 6)
        for replicate, values in numbers.items():
            writer.write(digest, [replicate], values[None])
            plain, copied = tmp_path / f"plain{replicate}", tmp_path / f"copy{replicate}"
            shutil.copy(path, plain)
            copy_store(path, copied)
            for copy in (plain, copied):
                with open_store(copy, writing=False) as opened:
                    blocks.append(len(opened.read(digest, *shape)))
    assert blocks == [k for k in range(1, 7) for _ in range(2)]


def test_copies_go_to_new_files_only(whole, tmp_path):
    copy_store(whole, tmp_path / "copy")
    assert str(campaign_status(tmp_path / "copy")) == str(campaign_status(whole))
    with pytest.raises(InputError, match="does not exist yet"):
        copy_store(whole, tmp_path / "copy")
    with pytest.raises(SimulationError, match="cannot write"):
        copy_store(whole, tmp_path / "nowhere" / "copy")


def test_side_files_are_named(whole, tmp_path):
    assert side_files(whole) == ()
    path = tmp_path / "runs.sqlite"
    shutil.copy(whole, path)
    (tmp_path / "runs.sqlite-wal").write_bytes(b"1")
    assert side_files(path) == (tmp_path / "runs.sqlite-wal",)


@pytest.mark.skipif(
    os.name == "nt" or os.getuid() != 0, reason="needs another user to whom a folder is read-only"
)
def test_read_only_media(whole):
    """Another user may read the folder and write nothing."""
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copy(whole, folder / "runs.sqlite")
        folder.chmod(0o555)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setuid(65534)
                status = 0 if campaign_status(folder / "runs.sqlite").complete else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        shutil.rmtree(folder)


def test_a_link_to_a_store_has_its_lock(campaign, tmp_path):
    path, link = tmp_path / "runs.sqlite", tmp_path / "link.sqlite"
    with open_store(path, writing=True):
        link.symlink_to(path)
        with pytest.raises(SimulationError, match="another run is writing"):
            run_campaign(campaign, link)
    assert run_campaign(campaign, link).complete and campaign_status(path).complete


@pytest.mark.parametrize("path", ["", " ", ":memory:", "a\0b"])
def test_stores_that_would_keep_nothing_are_refused_before_drawing(path, monkeypatch):
    monkeypatch.setattr(execution, "run_task", lambda task: pytest.fail("drawn"))
    with pytest.raises(InputError, match="the path of a file"):
        simulate(LINEAR, SIZES, 0.1, trials=2, store=path)


def test_a_merge_that_fails_leaves_the_target_as_it_was(campaign, whole, tmp_path):
    good, bad, target = (tmp_path / name for name in ("good", "bad", "target"))
    shutil.copy(whole, good)
    flipped(whole, bad, 8 * whole.read_bytes().index(campaign.digest(campaign.configurations[0]).encode()))
    merge_stores(target, [])
    with pytest.raises(SimulationError):
        merge_stores(target, [good, bad])
    assert campaign_status(target).planned == 0
    assert merge_stores(target, [good]).complete


def test_more_workers_than_cores_are_not_started():
    cores = execution.cores()
    with pytest.warns(UserWarning, match=f"{cores + 5} workers on {cores} cores: {cores} are started"):
        pool = process_pool(cores + 5)
    assert pool._max_workers == cores
    pool.shutdown()


class Hanging(Executor):
    """Ends nothing before it is told to."""

    def __init__(self):
        self.pool, self.gate = ThreadPoolExecutor(1), threading.Event()

    def submit(self, function, /, *arguments, **options) -> Future:
        threading.Timer(0.35, self.gate.set).start()
        return self.pool.submit(lambda: self.gate.wait(5) and function(*arguments, **options))


def test_an_executor_that_hangs_is_reported(monkeypatch):
    monkeypatch.setattr(execution, "PATIENCE", 0.1)
    with pytest.warns(UserWarning, match="no block has ended for .* it may hang"):
        simulate(LINEAR, SIZES, 0.1, trials=2, executor=Hanging())


def test_an_executor_that_works_is_not(recwarn):
    with ThreadPoolExecutor(2) as pool:
        simulate(LINEAR, SIZES, 0.1, trials=2, executor=pool)
    assert not recwarn.list


def test_short_memory_is_one_line(monkeypatch):
    def short(task):
        raise MemoryError

    monkeypatch.setattr(execution, "run_task", short)
    with pytest.raises(SimulationError, match="not enough memory for a block"):
        simulate(LINEAR, SIZES, 0.1, trials=2)


def capped(level):
    def relu(x):
        return np.clip(x, 0, level)

    return Namespace(activation=relu, target=Namespace(powers={}), noise=0.1)


@pytest.mark.parametrize(("tail", "apart"), [(30.0, True), (1.0, False)])
def test_functions_are_told_apart_as_far_out_as_rows_ask(tail, apart):
    rows = np.random.default_rng(0).standard_normal((400, 5))
    rows[0] *= tail
    data = DataMatrix(rows, rows[:, 0])
    campaigns = [
        plan_campaign(capped(level), Namespace(d=5, n=8, p=4), 0.1, trials=2, inputs=data)
        for level in (10, 100)
    ]
    digests = {c.digest(c.configurations[0]) for c in campaigns}
    assert len(digests) == 1 + apart


def test_a_run_in_another_process_can_be_copied_at_any_moment(tmp_path):
    """Thirty copies of the one file, while it is written: each is refused or holds what was stored."""
    script = (
        "import numpy as np\nfrom types import SimpleNamespace as N\nfrom asymptotics.simulation import simulate\n"
        "model = N(activation=np.tanh, target=N(powers={1: 1.0}), noise=0.1)\n"
        f"simulate(model, N(d=6, n=8, p=5), 0.1, trials=120, store={str(tmp_path / 'runs.sqlite')!r})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    )
    campaign = plan_campaign(LINEAR, Namespace(d=6, n=8, p=5), 0.1, trials=120)
    counts = []
    while process.poll() is None:
        if (tmp_path / "runs.sqlite").exists() and len(counts) < 30:
            copy = tmp_path / f"copy{len(counts)}"
            shutil.copy(tmp_path / "runs.sqlite", copy)
            try:
                counts.append(campaign_status(copy, campaign).done)
            except SimulationError as error:
                counts.append(-1)
                assert "\n" not in str(error)
    assert process.returncode == 0 and counts
    full = collect_campaign(campaign, tmp_path / "runs.sqlite").test.draws
    for number, done in enumerate(counts):
        for estimate in read_store(tmp_path / f"copy{number}") if done > 1 else ():
            assert np.array_equal(estimate.test.draws[0], full[: estimate.trials])
