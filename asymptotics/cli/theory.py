"""Commands that answer from theory: predict, curve, derive, verify, list."""

from __future__ import annotations

import json as json_module
from dataclasses import fields
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.data_options import DATA_OPTIONS, read_measurement
from asymptotics.cli.group import main
from asymptotics.cli.loss_options import loss_option
from asymptotics.cli.model_options import MODEL_OPTIONS, ModelCommand, models, read_model
from asymptotics.cli.options import (
    JSON_OPTION,
    SIZE_OPTIONS,
    STANDARDIZE,
    beside,
    note_unseen,
    options,
    read_axis,
    read_inputs,
    read_sizes,
    require_plots,
    tell_derivation,
    written,
)
from asymptotics.errors import InputError


@main.command(cls=ModelCommand)
@options(MODEL_OPTIONS, (loss_option(),), SIZE_OPTIONS)
@click.option("--digits", type=int, help="Correct decimal digits.")
@click.option("--certified", is_flag=True, help="Proved enclosures.")
@click.option("--time", help="Gradient flow from zero for these times, instead of a ridge.")
@click.option("--ensemble", type=int, help="Average of so many predictors on the same data.")
@click.option(
    "--order", type=click.IntRange(0, 1), default=0, help="1 adds the first term in one over the sizes."
)
@click.option(
    "--inputs",
    help="Rows in FILE.npz, whose population is estimated; with --order 1: sphere (default) or gaussian.",
)
@options(STANDARDIZE, JSON_OPTION)
def predict(
    digits: int | None, certified: bool, time: str | None, ensemble: int | None, order: int, inputs: str | None,
    standardize: bool, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Theory's answer at one point, or at every point of a grid."""
    model = read_model(given)
    note_unseen(model)
    regime, ridge = read_sizes(given, model)
    law = read_inputs(inputs, standardize)
    model, regime = beside(model, regime, law)
    precision: dict[str, Any] = {"digits": digits} if digits is not None else {}
    precision |= {"certified": True} if certified else {}
    learner: dict[str, Any] = {
        "time": None if time is None else read_axis("time", time),
        "ensemble": ensemble,
        "order": order,
        "inputs": law if isinstance(law, str) else None,
    }
    risk = asy.predict(model, regime, **ridge, **precision, **learner)
    click.echo(risk.to_json() if as_json else str(risk))
    if order and not as_json:
        click.echo(str(risk.trust))


@main.command(cls=ModelCommand)
@options(MODEL_OPTIONS, SIZE_OPTIONS)
@click.option("--x", "axis", help="Parameter on the horizontal axis (default: the one with most values).")
@click.option("--components", help="Comma-separated (default: test,bias,variance; of several curves, test).")
@click.option("--map", "as_map", is_flag=True, help="Two parameters as a map with contours.")
@click.option("--out", type=click.Path(dir_okay=False), help="Figure: .pdf, .png or .svg.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Table of the curve.")
@options(DATA_OPTIONS, JSON_OPTION)
def curve(
    axis: str | None, components: str | None, as_map: bool, out: str | None, csv_path: str | None, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Risk curves: figure, table, or JSON.

    Every option with several values has an axis of its own: --psi1 0.1:10:100:log --ridge 0.01,0.1,1 is three
    curves. With --data, your own measurements are drawn on them.
    """
    require_plots(out)
    data = read_measurement(given)
    model = read_model(given)
    data = data and data.without_intercept(model)
    note_unseen(model)
    regime, ridge = read_sizes(given, model, outer=True)
    risk = asy.predict(model, regime, **ridge)
    varying = {name: np.unique(value).size for name, value in risk.parameters.items()}
    if max(varying.values()) < 2:
        raise InputError("sizes", "a single point", "one option given as a grid, e.g. --psi1 0.1:10:100:log")
    if csv_path:
        written(csv_path, lambda: risk.to_csv(csv_path))
    if out:
        names = None if components is None else [name.strip() for name in components.split(",")]
        x = axis or max(varying, key=lambda name: varying[name])
        if as_map:
            y = max((name for name in varying if name != x), key=lambda name: varying[name])
            axes = asy.plot_map(risk, x, y, component=None if names is None else names[0])
        else:
            axes = asy.plot(risk, x, components=names, simulation=data)
        written(out, lambda: asy.save_figure(axes, out))
    if as_json or not (out or csv_path):
        click.echo(risk.to_json() if as_json else str(risk))


def _models(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Names of models, for the shell."""
    from asymptotics.models.recipes import recipes

    return [name for name in recipes() if name.startswith(incomplete)]


def _regimes(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Names of regimes, for the shell."""
    from asymptotics.models.library import REGIMES

    return [name for name in REGIMES if name.startswith(incomplete)]


@main.command()
@click.argument("model", default="random-features", shell_complete=_models)
@click.option(
    "--regime", default="general", show_default=True, help="general or proportional.", shell_complete=_regimes
)
@click.option("--chart", default="", help="Coordinates in which it is solved: wide or tall.")
@click.option("--latex", is_flag=True, help="A compilable LaTeX document.")
@click.option("--json", "as_json", is_flag=True, help="The exact record.")
def derive(model: str, regime: str, chart: str, latex: bool, as_json: bool) -> None:
    """Derive the equations of a model from its definition."""
    from asymptotics.equations.records import record_text
    from asymptotics.report.latex import document

    system = asy.derive(model, regime=regime, chart=chart)
    click.echo(record_text(system) if as_json else document(system) if latex else str(system), nl=False)


@main.command()
@click.argument("names", nargs=-1)
@options(JSON_OPTION)
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Run derivations and grade their evidence.

    Without names, all of them; a derivation runs with those that it builds on. The exit code is 1 if any fails.
    """
    verdict = asy.verify(*names, progress=tell_derivation)
    click.echo(verdict.to_json() if as_json else str(verdict))
    if not verdict.passed:
        raise click.exceptions.Exit(1)


@main.command("list")
@options(JSON_OPTION)
def list_command(as_json: bool) -> None:
    """Models, regimes, activations, kernels, laws of the inputs, and derivations."""
    from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
    from asymptotics.functions.kernel_catalogue import KERNEL_NAMES
    from asymptotics.models.recipes import recipes
    from asymptotics.simulation.laws.laws import LAWS
    from asymptotics.verification import derivations

    table = {
        "models": [f"{one.__name__}({', '.join(f.name for f in fields(one))})" for one in models()],
        "derived systems": list(recipes()),
        "regimes": [
            "Proportional(psi1, psi2)",
            "Polynomial(kappa1, kappa2, theta1, theta2)",
            "FiniteSize(d, n, p)",
        ],
        "activations": list(ACTIVATION_NAMES),
        "kernels": list(KERNEL_NAMES),
        "input laws": [*LAWS, "GaussianInputs(eigenvalues)", "DataMatrix(rows)"],
        "derivations": list(derivations()),
    }
    if as_json:
        click.echo(json_module.dumps(table, indent=1))
        return
    for title, names in table.items():
        click.echo(title)
        for name in names:
            click.echo(f"  {name}")
