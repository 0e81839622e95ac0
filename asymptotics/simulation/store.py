"""Replicates kept in one SQLite file: one writer, any number of readers, nothing lost by a crash.

One row per configuration and replicate. A configuration is known by the digest of everything its draws depend
on, so a store may hold many campaigns, and a campaign finds what it needs whatever else is there. Numbers are
stored as float64 bytes, descriptions as JSON; nothing in the file is ever executed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError

Array = NDArray[np.float64]

FORMAT = "asymptotics.campaign/2"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS configurations (
    digest TEXT PRIMARY KEY, description TEXT NOT NULL, trials INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replicates (
    digest TEXT NOT NULL REFERENCES configurations (digest), replicate INTEGER NOT NULL, numbers BLOB NOT
    NULL, PRIMARY KEY (digest, replicate)) WITHOUT ROWID;
"""


class CampaignStore:
    """An open store; made by `open_store`.

    Parameters
    ----------
    path : pathlib.Path
        The SQLite file.
    connection : sqlite3.Connection
        In autocommit mode.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self.connection = path, connection

    def register(self, configurations: Iterable[tuple[str, dict[str, Any]]], trials: int) -> None:
        """Announce configurations, by digest and description, and how many replicates are planned."""
        with self._transaction():
            self.connection.executemany(
                "INSERT INTO configurations VALUES (?, ?, ?) "
                "ON CONFLICT (digest) DO UPDATE SET trials = max(trials, excluded.trials)",
                [(digest, json.dumps(description), trials) for digest, description in configurations],
            )

    def descriptions(self) -> dict[str, tuple[dict[str, Any], int]]:
        """Description and planned trials of every configuration, by digest, in order of registration."""
        rows = self.connection.execute(
            "SELECT digest, description, trials FROM configurations ORDER BY rowid"
        )
        return {digest: (json.loads(description), trials) for digest, description, trials in rows}

    def done(self, digest: str) -> set[int]:
        """The replicates of a configuration that are stored."""
        rows = self.connection.execute("SELECT replicate FROM replicates WHERE digest = ?", (digest,))
        return {replicate for (replicate,) in rows}

    def write(self, digest: str, replicates: Iterable[int], values: Array) -> None:
        """Store the results of a block in one transaction: all of it or nothing.

        Parameters
        ----------
        digest : str
            The configuration.
        replicates : iterable of int
            Their numbers; one that is stored already is an error.
        values : ndarray, shape (len(replicates), points, columns)

        Raises
        ------
        SimulationError
            If the file cannot be written, for instance because the disk is full.
        """
        rows = [
            (digest, replicate, np.ascontiguousarray(entry, dtype="<f8").tobytes())
            for replicate, entry in zip(replicates, values, strict=True)
        ]
        with self._transaction():
            self.connection.executemany("INSERT INTO replicates VALUES (?, ?, ?)", rows)

    def read(self, digest: str, points: int, columns: int) -> dict[int, Array]:
        """Results ``(points, columns)`` of every stored replicate.

        Raises
        ------
        SimulationError
            If a row does not have the right length.
        """
        result = {}
        query = "SELECT replicate, numbers FROM replicates WHERE digest = ? ORDER BY replicate"
        for replicate, numbers in self.connection.execute(query, (digest,)):
            if len(numbers) != 8 * points * columns:
                raise SimulationError(
                    f"{self.path}: replicate {replicate} of configuration {digest[:12]} is damaged"
                )
            result[replicate] = np.frombuffer(numbers, dtype="<f8").reshape(points, columns)
        return result

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise SimulationError(
                f"cannot write to {self.path}: {error}; everything stored before is safe: "
                "make room or repair the cause, and run again to continue"
            ) from error


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
    path = Path(path)
    if not writing and not path.exists():
        raise SimulationError(f"there is no store {path}")
    with _write_lock(path) if writing else _nothing():
        connection = _connect(path, writing)
        try:
            yield CampaignStore(path, connection)
        finally:
            connection.close()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


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
        if writing:
            connection = sqlite3.connect(path, isolation_level=None)
        else:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            tables = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            if writing and not tables:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(
                    f"BEGIN; {_SCHEMA} INSERT INTO about VALUES ('format', '{FORMAT}'); COMMIT;"
                )
            elif "about" not in tables or _format(connection) != FORMAT:
                raise SimulationError(
                    f"{path} is a database, but not a store of format {FORMAT}: give another file, or export it with "
                    "`asymptotics store export` of the version that wrote it"
                )
            connection.execute("PRAGMA synchronous = NORMAL")  # safe against crashes of any process
            return connection
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise SimulationError(f"cannot use {path} as a store: {error}") from error


def _format(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM about WHERE name = 'format'").fetchone()
    return row[0] if row else None
