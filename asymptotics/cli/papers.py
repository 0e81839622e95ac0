"""Commands for papers and for people: cite, render, explore, info."""

from __future__ import annotations

import json as json_module
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.model_options import MODEL_OPTIONS, ModelCommand, read_model
from asymptotics.cli.options import JSON_OPTION, SIZE_OPTIONS, options, read_sizes, tell_derivation, written
from asymptotics.cli.pages import page
from asymptotics.models.quantities import RIDGE, RIDGES, SIZES
from asymptotics.models.recipes import recipes
from asymptotics.verification.discovery import derivations
from asymptotics.verification.latex import latex
from asymptotics.verification.render import markdown
from asymptotics.verification.run import run

FORMATS = {"html": page, "latex": latex, "markdown": markdown}
"""What makes a document of derivations that were run."""

NEEDED = ("numpy", "scipy", "sympy", "mpmath", "python-flint", "click", "tqdm", "threadpoolctl")
EXTRAS = {"matplotlib": "plot", "xarray": "data", "gmpy2": "fast", "distributed": "cluster"}


def _citable(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Names of derivations and derived systems, for the shell."""
    return [name for name in (*derivations(), *recipes()) if name.startswith(incomplete)]


@main.command(cls=ModelCommand)
@click.argument("names", nargs=-1, shell_complete=_citable)
@options(MODEL_OPTIONS, SIZE_OPTIONS, JSON_OPTION)
def cite(names: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """What to cite, as BibTeX: this software, and the theorems that an answer rests on.

    Of the model and sizes given as options; or of NAMES: derivations, derived systems, keys of the bibliography.
    """
    from asymptotics.prediction.citation import cite as citation_of

    asked = any(given[size.name] is not None for size in SIZES)
    model = read_model(given)
    what: list[Any] = [
        key for name in names for key in (derivations()[name].references if name in derivations() else [name])
    ]
    if asked:
        if all(given[ridge.name] is None for ridge in RIDGES):
            given[RIDGE.name] = "1"
        regime, ridge = read_sizes(given, model)
        what.append(asy.predict(model, regime, **ridge))
    found = citation_of(*what)
    if as_json:
        click.echo(
            json_module.dumps(
                {"note": found.note, "keys": list(found.keys), "bibtex": list(found.entries)}, indent=1
            )
        )
    else:
        click.echo(str(found))


def _names(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Names of derivations, for the shell."""
    return [name for name in derivations() if name.startswith(incomplete)]


@main.command()
@click.argument("names", nargs=-1, required=True, shell_complete=_names)
@click.option(
    "--html", "kind", flag_value="html", default="html", help="A page for a browser (default), one file."
)
@click.option("--latex", "kind", flag_value="latex", help="A document that compiles by itself.")
@click.option("--markdown", "kind", flag_value="markdown", help="Markdown with formulas in dollars.")
@click.option("--out", type=click.Path(dir_okay=False), help="File; standard output by default.")
def render(names: tuple[str, ...], kind: str, out: str | None) -> None:
    """Derivations as a page to read: symbols, statements, equations and their certificates.

    They are run, so that every printed equation comes from the object that was checked. `asymptotics list` has
    their names.
    """
    outcomes = run(*names, progress=tell_derivation)
    text = FORMATS[kind]([outcomes[name] for name in names])
    if out is None:
        click.echo(text, nl=False)
    else:
        written(out, lambda: Path(out).write_text(text, encoding="utf-8"))


@main.command()
@click.option(
    "--out", type=click.Path(dir_okay=False), default="explorer.html", show_default=True, help="The page."
)
def explore(out: str) -> None:
    """One page for a browser that solves the same equations by itself; it asks for nothing from anywhere."""
    written(out, lambda: asy.explore(out))


@main.command()
@options(JSON_OPTION)
def info(as_json: bool) -> None:
    """Versions, extras and cores: what to put into a report of a problem."""
    facts: dict[str, Any] = {
        "asymptotics": asy.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        **{name: _version(name) for name in NEEDED},
        **{name: _version(name) or f"absent (extra {extra})" for name, extra in EXTRAS.items()},
    }
    if as_json:
        click.echo(json_module.dumps(facts, indent=1))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name.ljust(width)}  {value}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
