"""Replicates kept in one SQLite file: one writer, any number of readers, nothing lost by a crash.

One row per configuration and replicate. A configuration is known by the digest of everything its draws depend
on, so a store may hold many campaigns, and a campaign finds what it needs whatever else is there. Numbers are
stored as float64 bytes, descriptions as JSON; nothing in the file is ever executed.

Every row carries a seal, a digest of what it says and of where it stands; every configuration carries the number
of its rows, the exclusive or of their seals, and a seal of its own. A bit that flips, a row that is lost and a
file that was copied while it was written are refused instead of averaged.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.resources import read_json

Array = NDArray[np.float64]

FORMAT = "asymptotics.campaign/3"

UNSEALED = "asymptotics.campaign/2"
"""The format without seals; a store of it is read as it is, and sealed by the first run that writes to it."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS configurations (
    digest TEXT PRIMARY KEY, description TEXT NOT NULL, trials INTEGER NOT NULL, stored INTEGER NOT NULL DEFAULT 0,
    rows BLOB NOT NULL DEFAULT x'', seal BLOB NOT NULL DEFAULT x'');
CREATE TABLE IF NOT EXISTS replicates (
    digest TEXT NOT NULL REFERENCES configurations (digest), replicate INTEGER NOT NULL, numbers BLOB NOT
    NULL, seal BLOB NOT NULL DEFAULT x'', PRIMARY KEY (digest, replicate)) WITHOUT ROWID;
"""

_SEALS = """
ALTER TABLE configurations ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
ALTER TABLE configurations ADD COLUMN rows BLOB NOT NULL DEFAULT x'';
ALTER TABLE configurations ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
ALTER TABLE replicates ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
"""

_SEAL = 16
"""Bytes of a seal."""


class CampaignStore:
    """An open store; made by `asymptotics.simulation.store_file.open_store`.

    Parameters
    ----------
    path : pathlib.Path
        The SQLite file.
    connection : sqlite3.Connection
        In autocommit mode.
    sealed : bool
        Whether its rows carry seals.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, sealed: bool = True) -> None:
        self.path, self.connection, self.sealed = path, connection, sealed

    def register(self, configurations: Iterable[tuple[str, dict[str, Any]]], trials: int) -> None:
        """Announce configurations, by digest and description, and how many replicates are planned.

        Parameters
        ----------
        configurations : iterable of tuple[str, dict[str, Any]]
            Digest and description of each.
        trials : int
            Replicates that are planned of each.
        """
        with self.transaction():
            for digest, description in configurations:
                known = self._count(digest)
                self.connection.execute(
                    "INSERT INTO configurations (digest, description, trials, rows) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (digest) DO UPDATE SET trials = max(trials, excluded.trials)",
                    (digest, json.dumps(description), trials, bytes(_SEAL)),
                )
                self._seal(digest, *known)

    def descriptions(self) -> dict[str, tuple[dict[str, Any], int]]:
        """Description and planned trials of every configuration, by digest, in order of registration.

        Raises
        ------
        SimulationError
            If one is damaged.
        """
        query = "SELECT digest, description, trials FROM configurations ORDER BY rowid"
        result = {}
        with self._reading():
            for digest, text, trials in self.connection.execute(query):
                self._count(digest)
                description = read_json(text)
                if self.sealed and digest_of(description) != digest:
                    raise self._damaged(f"the description of configuration {digest[:12]}")
                result[digest] = description, trials
        return result

    def done(self, digest: str) -> set[int]:
        """The replicates of a configuration that are stored.

        Raises
        ------
        SimulationError
            If not all that were stored are there.
        """
        query = "SELECT replicate FROM replicates WHERE digest = ?"
        with self._reading():
            found = {replicate for (replicate,) in self.connection.execute(query, (digest,))}
            if self.sealed and len(found) != self._count(digest)[0]:
                raise self._damaged(f"the list of replicates of configuration {digest[:12]}")
        return found

    def write(self, digest: str, replicates: Iterable[int], values: Array) -> None:
        """Store the results of a block in one transaction: all of it or nothing.

        Parameters
        ----------
        digest : str
            The configuration, which was registered.
        replicates : iterable of int
            Their numbers; one that is stored already is an error.
        values : ndarray, shape (len(replicates), points, columns)

        Raises
        ------
        SimulationError
            If a number is not finite, or the file cannot be written, for instance because the disk is full.
        """
        numbers = list(replicates)
        for replicate, entry in zip(numbers, values, strict=True):
            if not np.isfinite(entry).all():
                raise SimulationError(
                    f"replicate {replicate} of configuration {digest[:12]} is not finite and is not stored; "
                    f"{self.path} keeps what was stored before"
                )
        blobs = [np.ascontiguousarray(entry, dtype="<f8").tobytes() for entry in values]
        seals = [_seal_of(digest, replicate, blob) for replicate, blob in zip(numbers, blobs, strict=True)]
        with self.transaction():
            self.connection.executemany(
                "INSERT INTO replicates (digest, replicate, numbers, seal) VALUES (?, ?, ?, ?)",
                zip([digest] * len(numbers), numbers, blobs, seals, strict=True),
            )
            stored, rows = self._count(digest)
            self._seal(digest, stored + len(numbers), _together([rows, *seals]))

    def read(self, digest: str, points: int, columns: int) -> dict[int, Array]:
        """Results ``(points, columns)`` of every stored replicate.

        Parameters
        ----------
        digest : str
            Of a configuration.
        points : int
            Of the path.
        columns : int
            Observables.

        Raises
        ------
        SimulationError
            If a row is not what was written, or is missing.
        """
        seal = "seal" if self.sealed else "x''"
        query = f"SELECT replicate, numbers, {seal} FROM replicates WHERE digest = ? ORDER BY replicate"
        result, seals = {}, []
        with self._reading():
            for replicate, numbers, stamp in self.connection.execute(query, (digest,)):
                whole = not self.sealed or stamp == _seal_of(digest, replicate, numbers)
                if len(numbers) != 8 * points * columns or not whole:
                    raise self._damaged(f"replicate {replicate} of configuration {digest[:12]}")
                result[replicate] = np.frombuffer(numbers, dtype="<f8").reshape(points, columns)
                seals.append(stamp)
            if self.sealed and self._count(digest) != (len(result), _together(seals)):
                raise self._damaged(f"the list of replicates of configuration {digest[:12]}")
        return result

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or nothing; inside another one, a part of that.

        Raises
        ------
        SimulationError
            If the file cannot be written.
        """
        if self.connection.in_transaction:
            yield
            return
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the one file now holds everything
        except (sqlite3.Error, OverflowError) as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise SimulationError(
                f"cannot write to {self.path}: {error}; everything stored before is safe: "
                "make room or repair the cause, and run again to continue"
            ) from error

    def seal_all(self) -> None:
        """Give a store without seals those of what it holds now."""
        with self.transaction():
            for statement in _SEALS.split(";")[:-1]:
                self.connection.execute(statement)
            for (digest,) in self.connection.execute("SELECT digest FROM configurations").fetchall():
                rows = self.connection.execute(
                    "SELECT replicate, numbers FROM replicates WHERE digest = ?", (digest,)
                ).fetchall()
                seals = [_seal_of(digest, replicate, numbers) for replicate, numbers in rows]
                self.connection.executemany(
                    "UPDATE replicates SET seal = ? WHERE digest = ? AND replicate = ?",
                    [(seal, digest, replicate) for seal, (replicate, _) in zip(seals, rows, strict=True)],
                )
                self._seal(digest, len(rows), _together(seals))
            self.connection.execute("UPDATE about SET value = ? WHERE name = 'format'", (FORMAT,))
        self.sealed = True

    def _seal(self, digest: str, stored: int, rows: bytes) -> None:
        """Write down how many rows a configuration has and their seals together, and seal it with that."""
        (trials,) = self.connection.execute(
            "SELECT trials FROM configurations WHERE digest = ?", (digest,)
        ).fetchone()
        self.connection.execute(
            "UPDATE configurations SET stored = ?, rows = ?, seal = ? WHERE digest = ?",
            (stored, rows, _seal_of(digest, trials, stored, rows), digest),
        )

    def _count(self, digest: str) -> tuple[int, bytes]:
        """How many rows a configuration has, and their seals together."""
        if not self.sealed:
            return 0, bytes(_SEAL)
        query = f"SELECT {_STATED}, seal FROM configurations WHERE digest = ?"
        row = self.connection.execute(query, (digest,)).fetchone()
        if row is None:
            return 0, bytes(_SEAL)
        if _seal_of(*row[:-1]) != row[-1]:
            raise self._damaged(f"configuration {digest[:12]}")
        return row[2], row[3]

    def _damaged(self, what: str) -> SimulationError:
        return SimulationError(
            f"{self.path}: {what} is damaged: it is not what was written; use a copy of the file, or a new store"
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            raise SimulationError(f"{self.path} cannot be read: {error}; use a copy of the file") from error


_STATED = "digest, trials, stored, rows"
"""What the seal of a configuration is of, besides its digest, which is that of its description."""


def digest_of(description: Any) -> str:
    """The SHA-256 of plain data in canonical JSON."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _seal_of(*parts: Any) -> bytes:
    """A digest of plain parts, none of which can pass for another."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=_SEAL).digest()


def _together(seals: Iterable[bytes]) -> bytes:
    """The exclusive or of seals, whatever their order."""
    total = 0
    for seal in seals:
        total ^= int.from_bytes(seal, "big")
    return total.to_bytes(_SEAL, "big")
