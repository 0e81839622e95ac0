"""The command that makes published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.options import JSON_OPTION, options, require_plots
from asymptotics.errors import InputError
from asymptotics.papers.make import entries


def _figures(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Names of figures, for the shell."""
    return [name for name in entries() if name.startswith(incomplete)]


@main.command()
@click.argument("names", nargs=-1, shell_complete=_figures)
@click.option("--all", "every", is_flag=True, help="Every figure.")
@click.option("--small", is_flag=True, help="Smaller sizes and fewer replicates.")
@click.option("--out", default="asymptotics-gallery", show_default=True, type=click.Path(file_okay=False))
@click.option("--workers", default=2, show_default=True, help="Worker processes of the simulation.")
@options(JSON_OPTION)
def gallery(names: tuple[str, ...], every: bool, small: bool, out: str, workers: int, as_json: bool) -> None:
    """Published figures: theory, simulation, numbers of the paper, caption and citation.

    NAMES are figures; without any they are listed.
    """
    if names and every:
        raise InputError("names", ", ".join(names), "names of figures or --all, not both")
    if not names and not every:
        listed = {name: {"title": entry.title, "paper": entry.paper} for name, entry in entries().items()}
        lines = (f"{name}: {entry['title']} [{entry['paper']}]" for name, entry in listed.items())
        click.echo(json.dumps(listed, indent=1) if as_json else "\n".join(lines))
        return
    require_plots(str(Path("figure.pdf")))
    made = asy.gallery(
        *names, folder=out, small=small, workers=workers, say=lambda line: click.echo(line, err=True)
    )
    if as_json:
        click.echo(json.dumps({one.name: one.data() for one in made}, indent=1))
    else:
        click.echo("\n".join(map(str, made)))
    if not all(one.agrees for one in made):
        raise click.exceptions.Exit(1)
