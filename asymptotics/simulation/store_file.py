"""The file of a store: opened by one writer and any number of readers, copied while it is written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.store import FORMAT, SCHEMA, UNSEALED, CampaignStore


def as_store_path(value: str | Path) -> Path:
    """The path of a store, with links followed, so that a file has one name and one lock.

    Raises
    ------
    InputError
        If it is empty or names a database in memory, in which nothing would be kept.

    Examples
    --------
    >>> as_store_path("runs.sqlite").name
    'runs.sqlite'
    """
    try:
        if str(value).strip() and str(value) != ":memory:" and "\0" not in str(value):
            return Path(value).resolve()
    except (TypeError, OSError, RuntimeError) as error:
        raise InputError("store", value, "the path of a file", str(error)) from error
    raise InputError("store", value, "the path of a file")


def side_files(path: str | Path) -> tuple[Path, ...]:
    """Files beside a store that hold replicates which the store itself does not hold yet.

    Without a run there are none, unless the last one was killed within the moment of a write: opening the store for
    writing brings them together again. A copy of the one file alone is then older, not wrong.
    """
    path = as_store_path(path)
    log = path.with_name(path.name + "-wal")
    return (log,) if log.exists() and log.stat().st_size else ()


def copy_store(source: str | Path, target: str | Path) -> None:
    """Copy a store into a new file at any moment, also while a run is writing to it.

    Parameters
    ----------
    source, target : path-like
        An existing store, and a file that does not exist.

    Raises
    ------
    InputError
        If the target exists.
    SimulationError
        If the source is no store, or the target cannot be written; then there is no target.
    """
    goal = as_store_path(target)
    if goal.exists():
        raise InputError("target", str(target), "a file that does not exist yet")
    part = goal.with_name(goal.name + ".part")
    with open_store(source, writing=False) as opened:
        try:
            copy = sqlite3.connect(part)
            try:
                opened.connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
            os.replace(part, goal)
        except (sqlite3.Error, OSError) as error:
            part.unlink(missing_ok=True)
            raise SimulationError(f"cannot write {goal}: {error}; {source} is unchanged") from error


@contextmanager
def open_store(path: str | Path, *, writing: bool) -> Iterator[CampaignStore]:
    """Open a store, creating it when writing.

    Parameters
    ----------
    path : path-like
        The SQLite file.
    writing : bool
        Whether to write: only one process at a time may, and readers do not disturb it.

    Yields
    ------
    CampaignStore

    Raises
    ------
    SimulationError
        If the file is not such a store, does not exist (reading), cannot be opened, or another run is
        writing to it.

    Notes
    -----
    The write lock is an exclusive transaction on a small SQLite file beside the store, which the operating
    system releases when the process ends, however it ends. Like SQLite itself it needs a file system with
    working locks; on a network file system without them use one store per job (``shard``) and merge.
    """
    path = as_store_path(path)
    if not writing and not path.exists():
        raise SimulationError(f"there is no store {path}")
    with _write_lock(path) if writing else nullcontext():
        connection = _connect(path, writing)
        try:
            opened = CampaignStore(path, connection, _checked_format(path, connection) == FORMAT)
            if writing and not opened.sealed:
                opened.seal_all()
            yield opened
        finally:
            connection.close()


@contextmanager
def _write_lock(path: Path) -> Iterator[None]:
    lock_path = path.with_name(path.name + ".lock")
    try:
        lock = sqlite3.connect(lock_path, timeout=0.0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            if "locked" not in str(error):
                raise
            raise SimulationError(
                f"another run is writing to {path}; wait until it ends, or give this run a store of its own and "
                "merge the two afterwards"
            ) from error
    except sqlite3.Error as error:
        raise SimulationError(f"cannot open {path} for writing: {error}") from error
    try:
        yield
    finally:
        lock.close()  # the lock file stays: removing it could take the lock from a run that has just begun


def _connect(path: Path, writing: bool) -> sqlite3.Connection:
    try:
        if not writing:
            return _reader(path)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.executescript(
                    f"BEGIN; {SCHEMA} INSERT INTO about VALUES ('format', '{FORMAT}'); COMMIT;"
                )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # safe against crashes of any process
            return connection
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, ValueError) as error:  # a message about a damaged file need not be text
        raise _unusable(path, error) from error


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that reads, from media that cannot be written too."""
    address = f"{path.as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
        return connection
    except sqlite3.OperationalError as error:  # the files of a shared log cannot be made there
        connection.close()
        if side_files(path):
            names = " and ".join(str(name) for name in side_files(path))
            raise SimulationError(
                f"cannot read {path} here ({error}): its newest rows are in {names}; copy both to where you may write"
            ) from error
        return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)


def _checked_format(path: Path, connection: sqlite3.Connection) -> str:
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        row = None
        if "about" in tables:
            row = connection.execute("SELECT value FROM about WHERE name = 'format'").fetchone()
    except (sqlite3.Error, ValueError) as error:
        raise _unusable(path, error) from error
    if row is None or row[0] not in (FORMAT, UNSEALED):
        raise SimulationError(
            f"{path} is a database, but not a store of format {FORMAT}: give another file, or export it with "
            "`asymptotics store export` of the version that wrote it"
        )
    return str(row[0])


def _unusable(path: Path, error: Exception) -> SimulationError:
    return SimulationError(f"cannot use {path} as a store: {error}")
