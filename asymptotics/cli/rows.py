"""The command that predicts held-out errors from a file of data."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.options import JSON_OPTION, options, read_axis
from asymptotics.errors import InputError


@main.command()
@click.option(
    "--data", required=True, type=click.Path(dir_okay=False), metavar="FILE.npz",
    help="Written by numpy.savez: labels, and kernel (N x N) or features (N x p).",
)  # fmt: skip
@click.option("--n", "sizes", required=True, help="Rows drawn: a number, a list or a grid start:stop:count.")
@click.option("--ridge", required=True, help="Ridges, one or as many as sizes.")
@click.option(
    "--draws", type=click.IntRange(1), default=10, help="Of the leave-one-out errors beside theory."
)
@options(JSON_OPTION)
def heldout(data: str, sizes: str, ridge: str, draws: int, as_json: bool) -> None:
    """Held-out errors of ridge regression on rows of your data, predicted, beside exact leave-one-out."""
    given = _read(data)
    n, ridges = np.broadcast_arrays(np.rint(_floats("rows drawn", sizes)), _floats("ridge", ridge))
    model = asy.SpectralRidge.from_features if "features" in given else asy.SpectralRidge.from_kernel_matrix
    source = given["features"] if "features" in given else given["kernel"]
    pool = model(source, given["labels"], heldout=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        risk = asy.predict(pool, asy.FiniteSize(n=n), ridge=ridges)
    for message in dict.fromkeys(str(one.message) for one in told):
        click.echo(f"warning: {message}", err=True)
    kernel = source @ source.T if "features" in given else source
    left = asy.loo_curve(kernel, given["labels"], n, ridges, draws=draws).test
    columns = {
        "rows": n, "ridge": ridges, "predicted": risk.test, "leave_one_out": left.mean,
        "standard_error": left.standard_error, "universality": pool.universality(risk.effective_ridge),
    }  # fmt: skip
    rows = [
        dict(zip(columns, map(float, row))) for row in np.broadcast(*map(np.atleast_1d, columns.values()))
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo("".join(f"{name:>16}" for name in columns))
    for row in rows:
        click.echo("".join(f"{value:>16.6g}" for value in row.values()))


def _floats(name: str, text: str) -> Any:
    try:
        return np.asarray(read_axis(name, text), dtype=float)
    except ValueError as error:
        raise InputError(name, text, "a number, a list a,b,c or a grid start:stop:count[:log]") from error


def _read(path: str) -> dict[str, Any]:
    """Arrays of the file.

    Raises
    ------
    InputError
        If it cannot be read, or lacks labels or what they are learned with.
    """
    allowed = "a file of numpy.savez with labels, and kernel or features"
    try:
        with np.load(Path(path), allow_pickle=False) as file:
            found = {name: file[name] for name in ("labels", "kernel", "features") if name in file}
    except (OSError, ValueError) as error:
        raise InputError("data", path, allowed, str(error)) from error
    if "labels" not in found or len(found) != 2:
        raise InputError("data", path, allowed, f"it holds {', '.join(found) or 'neither'}")
    return found
