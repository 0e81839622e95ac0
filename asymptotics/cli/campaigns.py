"""Commands about many simulations: the reference campaign, and stores of replicates."""

from __future__ import annotations

import csv
import io
import json as json_module
from pathlib import Path
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.options import JSON_OPTION, options, worker_pool, written

STORE = click.Path(exists=True, dir_okay=False)


@main.command()
@click.option("--seconds", default=120.0, show_default=True, help="Time budget.")
@click.option("--workers", default=2, show_default=True, help="Worker processes.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--store", type=click.Path(dir_okay=False), help="SQLite file to keep replicates in, and to add to."
)
@click.option("--small", is_flag=True, help="Only a few of the families.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for page, tables and figure.")
@options(JSON_OPTION)
def reference(
    seconds: float, workers: int, seed: int, store: str | None, small: bool, out: str | None, as_json: bool
) -> None:
    """Theory against simulation over a designed set of models and sizes.

    Says which configurations corrections of finite size do not explain, and whether the differences extrapolate
    to zero at infinite size; exit code 1 if theory and simulation disagree.
    """
    from asymptotics.report.families import REFERENCE_FAMILIES, SMALL_FAMILIES
    from asymptotics.report.reference_pages import prepare_folder, write_report

    if out is not None:
        prepare_folder(out)
    families = SMALL_FAMILIES if small else REFERENCE_FAMILIES
    with worker_pool(workers) as executor:
        report = asy.reference_campaign(
            seconds, families=families, seed=seed, executor=executor, store=store,
            say=lambda line: click.echo(line, err=True),
        )  # fmt: skip
    if out is not None:
        for path in write_report(report, out):
            click.echo(f"wrote {path}", err=True)
    click.echo(report.to_json() if as_json else str(report))
    if not report.agrees:
        raise click.exceptions.Exit(1)


@main.group()
def store() -> None:
    """What is in a store of replicates: status, copy, merge, export."""


@store.command("status")
@click.argument("file", type=STORE)
@options(JSON_OPTION)
def status(file: str, as_json: bool) -> None:
    """How far every configuration is, also while a run is writing."""
    from asymptotics.simulation import campaign_status, side_files

    found = campaign_status(file)
    click.echo(found.to_json() if as_json else str(found))
    for path in side_files(file):
        click.echo(f"newest replicates are in {path}: take both, or `asymptotics store copy`", err=True)


@store.command("merge")
@click.argument("target", type=click.Path(dir_okay=False))
@click.argument("sources", nargs=-1, required=True, type=STORE)
@options(JSON_OPTION)
def merge(target: str, sources: tuple[str, ...], as_json: bool) -> None:
    """Copy the replicates of several stores into one, such as those of a job array."""
    from asymptotics.simulation import merge_stores

    found = merge_stores(target, sources)
    click.echo(found.to_json() if as_json else str(found))


@store.command("copy")
@click.argument("source", type=STORE)
@click.argument("target", type=click.Path(dir_okay=False))
def copy(source: str, target: str) -> None:
    """Copy a store into a new file, also while a run is writing to it."""
    from asymptotics.simulation import copy_store

    copy_store(source, target)
    click.echo(f"wrote {target}", err=True)


@store.command("export")
@click.argument("file", type=STORE)
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="One table of everything.")
@click.option("--draws", is_flag=True, help="In the table, every replicate instead of means.")
@options(JSON_OPTION)
def export(file: str, csv_path: str | None, draws: bool, as_json: bool) -> None:
    """Every simulation in a store, with all that identifies it.

    The JSON is a list of estimates with their draws, each as ``simulate --json`` prints it.
    """
    from asymptotics.simulation import read_store

    estimates = read_store(file)
    if csv_path is not None:
        written(csv_path, lambda: Path(csv_path).write_text(_table(estimates, draws), encoding="utf-8"))
    if as_json:
        click.echo(json_module.dumps([json_module.loads(one.to_json()) for one in estimates], indent=1))
    elif csv_path is None:
        for one in estimates:
            click.echo(", ".join(f"{name} {value}" for name, value in _identity(one).items()))
            click.echo(f"{one}\n")


def _identity(estimate: Any) -> dict[str, Any]:
    """All that tells one simulation from another, in plain columns."""
    kept = {name: value for name, value in estimate.provenance.items() if not name.endswith("_sizes")}
    return {
        name: value if isinstance(value, str | int | float) else _in_words(value)
        for name, value in kept.items()
    }


def _in_words(value: Any) -> str:
    """Plain data in one cell."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_in_words(entry)}" for name, entry in value.items())
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _table(estimates: list[Any], draws: bool) -> str:
    """One CSV of several estimates; a column that does not apply to one is left empty."""
    rows = [
        {"simulation": number, **_identity(one), **row}
        for number, one in enumerate(estimates, 1)
        for row in csv.DictReader(io.StringIO(one.to_csv(draws=draws)))
    ]
    columns = dict.fromkeys(column for row in rows for column in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
