"""Stores, row by row: what was written is read, whatever else stands there is refused, and nothing is half written."""

import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import (
    collect_campaign,
    copy_store,
    merge_stores,
    plan_campaign,
    read_store,
    run_campaign,
    side_files,
    store_file,
)
from asymptotics.simulation.design import campaign as design_campaign
from asymptotics.simulation.design.campaign import CampaignStatus, _as_shard, _columns
from asymptotics.simulation.design.planning import BLOCK
from asymptotics.simulation.store import FORMAT, UNSEALED, digest_of
from asymptotics.simulation.store_file import as_store_path, open_store

OLD = Path(__file__).parent / "fixtures" / "store_of_numerics_6.db"
POINTS, COLUMNS = 3, 2


def description(n=5):
    return {"points": [[n, 7, 0.1]] * POINTS, "columns": ["a", "b"], "model": {"activation": "tanh"}, "d": 4}


FIRST, SECOND = digest_of(description()), digest_of(description(6))
VALUES = np.random.default_rng(0).standard_normal((4, POINTS, COLUMNS))


@pytest.fixture
def path(tmp_path):
    """A store of two configurations with four and two replicates."""
    path = tmp_path / "runs.sqlite"
    with open_store(path, writing=True) as opened:
        opened.register([(FIRST, description()), (SECOND, description(6))], 4)
        opened.write(FIRST, [0, 1], VALUES[:2])
        opened.write(FIRST, [3, 2], VALUES[[3, 2]])
        opened.write(SECOND, [0, 1], -VALUES[:2])
    return path


def tamper(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def values_of(opened, digest=FIRST):
    return opened.read(digest, POINTS, COLUMNS)


def test_what_was_written_is_read(path):
    with open_store(path, writing=False) as opened:
        found = values_of(opened)
        assert list(found) == [0, 1, 2, 3] and np.array_equal(list(found.values()), VALUES)
        assert list(values_of(opened, SECOND)) == [0, 1] and values_of(opened, "0" * 64) == {}
        assert (opened.done(FIRST), opened.done("0" * 64)) == ({0, 1, 2, 3}, set())
        assert opened.descriptions() == {FIRST: (description(), 4), SECOND: (description(6), 4)}
        for shape in ((2, COLUMNS), (POINTS, 1), (COLUMNS, POINTS + 1)):
            with pytest.raises(SimulationError, match=r"replicate 0 .* is damaged"):
                opened.read(FIRST, *shape)


def test_more_trials_are_announced_and_fewer_take_none_back(path):
    with open_store(path, writing=True) as opened:
        for trials, planned in ((9, 9), (2, 9)):
            opened.register([(FIRST, description())], trials)
            assert opened.descriptions()[FIRST] == (description(), planned)
        assert len(values_of(opened)) == 4


ALL = {"read", "done", "descriptions"}


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        (f"UPDATE replicates SET numbers = zeroblob(48) WHERE digest = '{FIRST}' AND replicate = 1", {"read"}),
        (f"UPDATE replicates SET seal = x'00' WHERE digest = '{FIRST}' AND replicate = 1", {"read"}),
        (f"UPDATE replicates SET replicate = 9 WHERE digest = '{FIRST}' AND replicate = 1", {"read"}),
        (f"UPDATE replicates SET replicate = 9, digest = '{FIRST}' WHERE digest = '{SECOND}' AND replicate = 1",
         {"read", "done"}),
        (f"DELETE FROM replicates WHERE digest = '{FIRST}' AND replicate = 3", {"read", "done"}),
        ("UPDATE configurations SET trials = 5", ALL),
        ("UPDATE configurations SET stored = 3", ALL),
        ("UPDATE configurations SET rows = zeroblob(16)", ALL),
        ("UPDATE configurations SET seal = zeroblob(16)", ALL),
        ("UPDATE configurations SET description = replace(description, 'tanh', 'relu')", {"descriptions"}),
        ("UPDATE configurations SET description = substr(description, 2)", {"descriptions"}),
        ("DROP TABLE replicates", {"read", "done"}),
        ("ALTER TABLE configurations RENAME COLUMN stored TO kept", ALL),
    ],
)  # fmt: skip
def test_every_change_is_refused_by_whoever_reads_it(path, statement, refused):
    tamper(path, statement)
    with open_store(path, writing=False) as opened:
        asked = {
            "read": lambda: values_of(opened),
            "done": lambda: opened.done(FIRST),
            "descriptions": opened.descriptions,
        }
        for name, ask in asked.items():
            if name not in refused:
                ask()
                continue
            with pytest.raises(SimulationError, match=r"is damaged|cannot be read") as error:
                ask()
            assert "\n" not in str(error.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_keeps_its_whole_block_out(path, bad):
    values = VALUES[:3].copy()
    values[2, 1, 1] = bad
    with open_store(path, writing=True) as opened:
        with pytest.raises(SimulationError, match=r"replicate 9 .* not finite"):
            opened.write(FIRST, [7, 8, 9], values)
        opened.write(FIRST, [7, 8], values[:2])
        assert opened.done(FIRST) == {0, 1, 2, 3, 7, 8}


def test_a_block_is_stored_whole_or_not_at_all(path):
    with open_store(path, writing=True) as opened:
        with pytest.raises(SimulationError, match="cannot write"):
            opened.write(FIRST, [4, 3], VALUES[:2])  # one of them is there already
        with pytest.raises(KeyError), opened.transaction():
            opened.write(FIRST, [5], VALUES[:1])
            raise KeyError
        assert opened.done(FIRST) == {0, 1, 2, 3}
        with opened.transaction(), opened.transaction():
            opened.write(FIRST, [5], VALUES[:1])
        assert side_files(path) == ()  # the one file holds everything
    with open_store(path, writing=False) as opened:
        assert np.array_equal(values_of(opened)[5], VALUES[0])


def test_stores_without_seals_are_read_as_they_are_and_sealed_by_who_writes(tmp_path):
    path = tmp_path / "old.sqlite"
    shutil.copy(OLD, path)

    def everything():
        with open_store(path, writing=False) as opened:
            return opened.sealed, {
                digest: [v.tobytes() for v in opened.read(digest, len(d["points"]), len(_columns(d))).values()]
                for digest, (d, _) in opened.descriptions().items()
            }, [opened.done(digest) for digest in opened.descriptions()]  # fmt: skip

    before, about = everything(), "SELECT value FROM about"
    assert not before[0] and {len(rows) for rows in before[1].values()} == {3}
    with open_store(path, writing=True) as opened:
        assert opened.sealed and opened.connection.execute(about).fetchone() == (FORMAT,)
    assert everything() == (True, *before[1:])
    tamper(path, "UPDATE replicates SET numbers = zeroblob(length(numbers)) WHERE replicate = 1")
    with pytest.raises(SimulationError, match=r"replicate 1 .* is damaged"):
        everything()


def test_files_of_other_kinds(path, tmp_path):
    for value in ("asymptotics.campaign/1", "asymptotics.campaign/4"):
        tamper(path, f"UPDATE about SET value = '{value}'")
        for writing in (False, True):
            with (
                pytest.raises(SimulationError, match="not a store of format"),
                open_store(path, writing=writing),
            ):
                pass
    tamper(path, "DELETE FROM about")
    with pytest.raises(SimulationError, match="not a store of format"), open_store(path, writing=False):
        pass
    tamper(path, f"INSERT INTO about VALUES ('format', '{UNSEALED}')")
    with open_store(path, writing=False) as opened:
        assert not opened.sealed
    tamper(path, "ALTER TABLE about RENAME COLUMN value TO other")
    with pytest.raises(SimulationError, match="cannot use"), open_store(path, writing=False):
        pass
    with (
        pytest.raises(SimulationError, match="there is no store"),
        open_store(tmp_path / "no", writing=False),
    ):
        pass
    (tmp_path / "text").write_text("no database " * 90)
    for writing in (False, True):
        with (
            pytest.raises(SimulationError, match="cannot use"),
            open_store(tmp_path / "text", writing=writing),
        ):
            pass


def test_one_writer_and_a_lock_that_can_be_had(path):
    with open_store(path, writing=True), open_store(path, writing=False) as reader:
        assert len(values_of(reader)) == 4
        with pytest.raises(SimulationError, match="another run is writing"), open_store(path, writing=True):
            pass
    lock = path.with_name(path.name + ".lock")
    assert lock.exists()
    lock.unlink()
    lock.mkdir()
    with pytest.raises(SimulationError, match=r"cannot open .* for writing"), open_store(path, writing=True):
        pass
    lock.rmdir()
    lock.write_text("no database " * 90)
    with pytest.raises(SimulationError, match=r"cannot open .* for writing"), open_store(path, writing=True):
        pass


def test_paths(tmp_path):
    for bad in ("", " ", ":memory:", "a\0b", 3):
        with pytest.raises(InputError, match="the path of a file" + "; .*int" * (bad == 3)):
            as_store_path(bad)
    link = tmp_path / "link"
    link.symlink_to("runs.sqlite")
    assert as_store_path(str(link)) == tmp_path / "runs.sqlite"
    (tmp_path / "runs.sqlite").touch()
    log = tmp_path / "runs.sqlite-wal"
    assert side_files(link) == ()
    log.touch()
    assert side_files(link) == ()
    log.write_bytes(b"1")
    assert side_files(link) == (log,)


def test_copies(path, tmp_path, monkeypatch):
    goal = tmp_path / "copy"
    copy_store(path, goal)
    assert not (tmp_path / "copy.part").exists()
    with open_store(goal, writing=False) as opened:
        assert np.array_equal(list(values_of(opened).values()), VALUES)
    with closing(sqlite3.connect(goal)) as copied:
        assert copied.execute("PRAGMA journal_mode").fetchone() == ("delete",)  # one file, whoever reads it
    with pytest.raises(InputError, match="does not exist yet"):
        copy_store(path, goal)
    goal.unlink()

    def full(*given):
        raise OSError("no space left")

    monkeypatch.setattr(store_file.os, "replace", full)
    with pytest.raises(SimulationError, match=r"cannot write .*copy: no space left; .* is unchanged"):
        copy_store(path, goal)
    assert not goal.exists() and not (tmp_path / "copy.part").exists()


class Broken:
    """A connection of which nothing can be asked."""

    def execute(self, statement):
        raise sqlite3.OperationalError("disk I/O error")

    def close(self):
        pass


def test_connections_that_break(path, monkeypatch):
    """A lock that cannot be had is no other run; a reader takes a file as it stands unless newer rows lie beside it."""
    right = sqlite3.connect
    with open_store(path, writing=False) as opened:
        pass
    with pytest.raises(SimulationError, match="closed"):
        opened.done(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *given, **options: Broken())
        with pytest.raises(SimulationError, match=r"cannot open .* for writing: disk I/O error"):
            store_file._write_lock(path).__enter__()

    def connect(address, **options):
        return right(address, **options) if "immutable" in str(address) else Broken()

    monkeypatch.setattr(sqlite3, "connect", connect)
    path.with_name(path.name + "-wal").write_bytes(b"")
    with open_store(path, writing=False) as opened:
        assert opened.done(FIRST) == {0, 1, 2, 3}
    path.with_name(path.name + "-wal").write_bytes(b"rows")
    with pytest.raises(SimulationError, match=r"newest rows are in .*runs.sqlite-wal; copy both"):
        store_file._reader(path)


@pytest.mark.parametrize(
    ("factor", "shift", "merged"),
    [(1 + 5e-6, 0, True), (1 + 2e-5, 0, False), (1 - 2e-5, 0, False), (1, 5e-10, True), (1, 1e-8, False)],
)
def test_merged_stores_agree_up_to_what_machines_do(path, tmp_path, factor, shift, merged):
    """Rows that are there stay, new ones are added, and planned trials are the larger number of both."""
    other, large = tmp_path / "other.sqlite", np.where(shift, 0.0, np.abs(VALUES) + 1)
    with open_store(path, writing=True) as opened:
        opened.write(FIRST, [7], large[:1])
    with open_store(other, writing=True) as opened:
        opened.register([(FIRST, description())], 9)
        opened.write(FIRST, [7, 8], np.stack([large[0] * factor + shift, VALUES[0]]))
    if not merged:
        with pytest.raises(SimulationError, match="disagree on replicate 7"):
            merge_stores(path, [other])
    else:
        assert (merge_stores(path, [other]).done, merge_stores(path, [other]).planned) == (8, 13)
    with open_store(path, writing=False) as opened:
        found = values_of(opened)
        assert set(found) == {0, 1, 2, 3, 7} | ({8} if merged else set())
        assert np.array_equal(found[7], large[0])


def test_parts_of_a_campaign():
    assert [_as_shard(shard) for shard in ((1, 1), (2, 2), [1, 2.0])] == [(1, 1), (2, 2), (1, 2)]
    for shard in ((0, 1), (2, 1), (1.5, 2), (1, 2.5), (1, 2, 3), 1, "a", (None, 1)):
        with pytest.raises(InputError, match="shard"):
            _as_shard(shard)


def test_how_far_a_store_is():
    one = {"points": [[5, 7, 0.1]], "model": {"activation": "tanh"}, "d": 4}
    status = CampaignStatus((("a" * 64, one, 7, 4), ("b" * 64, {**one, "points": one["points"] * 2}, 1, 4)))
    assert (status.done, status.planned, status.complete) == (5, 8, False)
    assert str(status).splitlines() == [
        "5 of 8 replicates in 2 configurations",
        "  aaaaaaaaaaaa       7 / 4       tanh, d = 4, n = 5, p = 7, 1 point",
        "  bbbbbbbbbbbb       1 / 4       tanh, d = 4, n = 5, p = 7, 2 points",
    ]
    assert CampaignStatus(status.configurations[:1]).complete
    for count, more in ((20, False), (23, True)):
        text = str(CampaignStatus(status.configurations[:1] * count))
        assert ("... and 3 more" in text) == more and len(text.splitlines()) == 21 + more


MODEL = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)


def test_parts_are_the_whole_and_progress_counts_what_is_left(tmp_path, monkeypatch):
    """A campaign drawn in two parts and merged is that drawn at once, and fewer replicates are said to be fewer."""
    campaign = plan_campaign(MODEL, Namespace(d=5, n=6, p=4), [0.1, 1.0], trials=2 * BLOCK + 1)
    parts, seen = [tmp_path / "first", tmp_path / "second"], []

    @contextmanager
    def bar(total, shown, done):
        seen.append([total, done])
        yield Namespace(update=seen[-1].append)

    monkeypatch.setattr(design_campaign, "progress_bar", bar)
    done = [run_campaign(campaign, path, shard=(place, 2)).done for place, path in enumerate(parts, 1)]
    assert sum(done) == 2 * BLOCK + 1 and min(done) > 0
    with pytest.raises(SimulationError, match=f"lacks {done[1]} of {2 * BLOCK + 1} replicates"):
        collect_campaign(campaign, parts[0])
    assert merge_stores(parts[0], parts[1:]).complete
    assert run_campaign(campaign, tmp_path / "all").complete
    whole, merged = (collect_campaign(campaign, path).test.draws for path in (tmp_path / "all", parts[0]))
    assert np.array_equal(whole, merged)
    run_campaign(campaign, parts[1])
    assert all(total - start == sum(steps) for total, start, *steps in seen)
    assert [total for total, *_ in seen] == [*done, 2 * BLOCK + 1, 2 * BLOCK + 1] and seen[-1][1] == done[1]
    (exported,) = read_store(parts[0])
    assert exported.provenance["trials"] == 2 * BLOCK + 1 == exported.trials


@pytest.mark.parametrize("trials", [1, 2])
def test_one_replicate_is_no_estimate(trials, tmp_path):
    campaign = plan_campaign(MODEL, Namespace(d=5, n=6, p=4), 0.1, trials=2)
    (entry,) = campaign.configurations
    with open_store(tmp_path / "runs", writing=True) as opened:
        opened.register([(campaign.digest(entry), campaign.describe(entry))], 2)
        shape = trials, len(entry.points), len(campaign.columns)
        opened.write(campaign.digest(entry), range(trials), np.ones(shape))
    assert [estimate.trials for estimate in read_store(tmp_path / "runs")] == [2] * (trials == 2)
