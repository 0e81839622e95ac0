"""Stores on the command line: one line for whatever is wrong, and columns that tell simulations apart."""

import csv
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from asymptotics.cli import main
from asymptotics.simulation import read_store

OLD = Path(__file__).parent / "fixtures" / "store_of_numerics_6.db"
RUN = ["simulate", "--activation", "tanh", "--target", "1:1", "--noise", "0.1", "--d", "6", "--n", "8", "--p", "5",
       "--ridge", "0.1", "--trials", "3"]  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def line(result, code):
    """The one line that a command says when it fails."""
    assert result.exit_code == code and isinstance(result.exception, SystemExit)
    (said,) = [
        text for text in result.stderr.splitlines() if not text.startswith(("Usage:", "Try ")) and text
    ]
    return said


@pytest.mark.parametrize("path", ["", " ", ":memory:"])
def test_what_would_keep_nothing_is_refused(path):
    assert "the path of a file" in line(run(*RUN, "--store", path), 2)


def test_files_that_cannot_be_used(tmp_path):
    damaged = tmp_path / "damaged.sqlite"
    data = bytearray(OLD.read_bytes())
    data[: len(b"SQLite")] = b"\xff\xfe\x00\xd8\x80\x00"
    damaged.write_bytes(bytes(data))
    for command in (["status"], ["export"], ["copy"], ["merge"]):
        more = {"copy": [tmp_path / "new"], "merge": [OLD]}.get(command[0], [])
        assert "cannot use" in line(run("store", *command, damaged, *more), 1)
    assert "cannot use" in line(run(*RUN, "--store", damaged), 1)
    assert not (tmp_path / "new").exists()
    assert "does not exist yet" in line(run("store", "copy", OLD, damaged), 2)
    assert "cannot open" in line(run(*RUN, "--store", tmp_path / "nowhere" / "runs.sqlite"), 1)


def test_a_copy_says_what_it_wrote_and_side_files_are_named(tmp_path):
    source, goal = tmp_path / "runs.sqlite", tmp_path / "copy.sqlite"
    shutil.copy(OLD, source)
    copied = run("store", "copy", source, goal)
    assert copied.exit_code == 0 and copied.stderr == f"wrote {goal}\n" and copied.stdout == ""
    status = run("store", "status", goal)
    assert (status.exit_code, status.stderr) == (0, "") and status.stdout == run(
        "store", "status", OLD
    ).stdout
    (tmp_path / "copy.sqlite-wal").write_bytes(b"1")
    named = run("store", "status", goal)
    assert f"newest replicates are in {tmp_path / 'copy.sqlite-wal'}: take both" in named.stderr


def test_exports_of_every_kind_are_told_apart(tmp_path):
    """Networks, kernels, feature maps, spectra and rows of data in one store: no two are alike."""
    assert run("store", "export", OLD, "--csv", tmp_path / "all.csv").exit_code == 0
    with (tmp_path / "all.csv").open() as text:
        rows = list(csv.DictReader(text))
    known = read_store(OLD)
    assert len({row["simulation"] for row in rows}) == len(known) and len(rows) == sum(
        e.test.mean.size for e in known
    )
    numbers = (
        "simulation",
        "mean",
        "standard_error",
        *known[0].statistics,
        *(f"{n}_standard_error" for n in known[0].statistics),
    )
    identities = {tuple((name, row[name]) for name in row if name not in numbers) for row in rows}
    assert len(identities) == len(rows)
    printed = run("store", "export", OLD).stdout
    assert printed.count("Monte Carlo estimate") == len(known) and "spectral" in printed
