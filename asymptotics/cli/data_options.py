"""A user's own experiment on the command line: its table, and the convention of its numbers."""

from __future__ import annotations

from typing import Any

import click

from asymptotics.cli.loss_options import loss_option
from asymptotics.errors import InputError
from asymptotics.models.quantities import RIDGES, SIZES

DATA_OPTIONS = (
    click.option(
        "--data", type=click.Path(dir_okay=False), metavar="FILE.csv",
        help="Your own experiment: columns named d, n, p, ridge, test, test_standard_error, ...",
    ),
    click.option("--columns", help="Of --data: other names of columns, as mse=test,width=p."),
    loss_option(of_data=True),
    click.option("--half-loss", is_flag=True, help="Of --data: 1/2 stands before the loss."),
    click.option("--half-penalty", is_flag=True, help="Of --data: 1/2 stands before the penalty, as in weight decay."),
    click.option("--half-error", is_flag=True, help="Of --data: errors are halves of mean squares."),
    click.option("--plain-features", is_flag=True, help="Of --data: features are not divided by sqrt(p)."),
    click.option("--noisy-labels", is_flag=True, help="Of --data: the test error is against noisy labels."),
    click.option("--intercept", is_flag=True, help="Of --data: a constant was fitted too."),
    click.option("--kernel-scale", type=float, help="Of --data: kernel over that of this package."),
)  # fmt: skip

_NAMES = ("data", "columns", "loss", "half_loss", "half_penalty", "half_error", "plain_features", "noisy_labels",
          "intercept", "kernel_scale")  # fmt: skip


def read_measurement(given: dict[str, Any]) -> Any:
    """The experiment that the options describe, or None; takes them out of ``given``.

    Raises
    ------
    InputError
        If there are options of an experiment without ``--data``.
    """
    from asymptotics.report.convention import Convention
    from asymptotics.report.measurement import Measurement

    values = {name: given.pop(name) for name in _NAMES}
    path = values.pop("data")
    if path is None and values["loss"] not in (None, "sum", "mean"):
        given["loss"] = values.pop("loss")  # a loss to fit with
    if path is None:
        other = next((name for name, value in values.items() if value), None)
        if other is not None:
            raise InputError("data", None, "a table", f"--{other.replace('_', '-')} is about --data")
        return None
    columns = _read_columns(values.pop("columns") or "")
    convention = Convention(
        loss=values["loss"] or "sum",
        half_loss=values["half_loss"],
        half_penalty=values["half_penalty"],
        half_error=values["half_error"],
        features="plain" if values["plain_features"] else "over sqrt(p)",
        labels="noisy" if values["noisy_labels"] else "clean",
        intercept=values["intercept"],
        scale=values["kernel_scale"] if values["kernel_scale"] is not None else 1.0,
    )
    return Measurement.from_csv(path, convention=convention, columns=columns)


def _read_columns(text: str) -> dict[str, str]:
    """Names here by the names in the table.

    Examples
    --------
    >>> _read_columns("mse=test, width=p, note=")
    {'mse': 'test', 'width': 'p', 'note': ''}
    """
    found = {}
    for item in filter(None, text.split(",")):
        theirs, separator, ours = item.partition("=")
        if not separator:
            raise InputError("columns", text, "name=name pairs such as mse=test,width=p")
        found[theirs.strip()] = ours.strip()
    return found


def forbid_sizes(given: dict[str, Any]) -> None:
    """Sizes and ridge come with the table.

    Raises
    ------
    InputError
        If one is given as an option as well.
    """
    told = [one.name for one in (*SIZES, *RIDGES) if given.get(one.name) is not None]
    if told:
        allowed = "a column of --data"
        raise InputError(told[0], given[told[0]], allowed, "sizes and ridge come with it")
