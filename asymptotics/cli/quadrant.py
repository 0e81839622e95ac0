"""Commands about polynomial scaling: atlas, staircase."""

from __future__ import annotations

import json as json_module
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.model_options import MODEL_OPTIONS, ModelCommand, read_model
from asymptotics.cli.options import JSON_OPTION, options, read_axis, require_plots, written
from asymptotics.errors import InputError


@main.command(cls=ModelCommand)
@click.option("--kappa1", help="Features p ~ d^kappa1: an integer, a ratio such as 3/2, or inf.")
@click.option("--kappa2", help="Samples n ~ d^kappa2.")
@options(MODEL_OPTIONS)
@click.option("--latex", is_flag=True, help="The limit system as a LaTeX document.")
@click.option("--out", type=click.Path(dir_okay=False), help="Figure of the whole quadrant.")
@click.option("--d", default=1000, show_default=True, help="Dimension of the figure.")
@options(JSON_OPTION)
def atlas(
    kappa1: str | None, kappa2: str | None, latex: bool, out: str | None, d: int, as_json: bool, **given: Any
) -> None:
    """Name the polynomial regime of two exponents; derive its limit."""
    require_plots(out)
    anything = given["activation"] or given["kernel"]
    model = read_model(given)
    if out:
        axes = asy.plot_atlas(model, d)
        written(out, lambda: asy.save_figure(axes, out))
    if kappa1 is None or kappa2 is None:
        if out and kappa1 is kappa2 is None:
            return
        raise InputError("kappa1, kappa2", (kappa1, kappa2), "both exponents", "give --kappa1 and --kappa2")
    exponents = (read_axis("kappa1", kappa1), read_axis("kappa2", kappa2))
    regime = asy.atlas(*exponents, model if anything else None)
    if latex:
        from asymptotics.report.latex import document

        click.echo(document(regime.system), nl=False)
    elif as_json:
        click.echo(json_module.dumps(_facts(regime), indent=1))
    else:
        click.echo(str(regime))


def _facts(regime: Any) -> dict[str, Any]:
    return {
        "cell": str(regime.cell),
        "limited_by": regime.limited_by,
        "learned": list(regime.learned),
        "partly_learned": list(regime.partly_learned),
        "noise": list(regime.noise),
        "equations": [str(equation) for equation in regime.system.equations],
        "definitions": [str(definition) for definition in regime.system.definitions],
        "observables": {o.name: str(o.expression) for o in regime.system.observables},
        "digest": regime.system.digest,
    }


@main.command(cls=ModelCommand)
@options(MODEL_OPTIONS)
@click.option("--kappa", default="0.1:3.5:100", show_default=True, help="Grid of exponents.")
@click.option("--d", default="30,100,1000", show_default=True, help="Input dimensions.")
@click.option(
    "--along", type=click.Choice(["samples", "features", "neurons"]), default="samples", show_default=True
)
@click.option("--ridge", default="1e-6", show_default=True, help="Per sample if along features.")
@click.option("--out", type=click.Path(dir_okay=False), help="Figure: .pdf, .png or .svg.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Table.")
@options(JSON_OPTION)
def staircase(
    kappa: str,
    d: str,
    along: str,
    ridge: str,
    out: str | None,
    csv_path: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Risk against the exponent with which samples or features grow."""
    require_plots(out)
    model = read_model(given)
    dimensions = np.atleast_1d(np.asarray(read_axis("d", d), dtype=float))
    if np.any(dimensions != np.round(dimensions)):
        raise InputError("d", d, "integers")
    sizes = [int(value) for value in dimensions]
    risk = asy.staircase(model, np.atleast_1d(np.asarray(read_axis("kappa", kappa), dtype=float)), sizes,
                         ridge=ridge, along=along)  # fmt: skip
    if csv_path:
        written(csv_path, lambda: risk.to_csv(csv_path))
    if out:
        largest = float(np.max(risk.parameters["kappa"]))
        axes = asy.plot_staircase(model, sizes, largest=largest, along=along, ridge=ridge)
        written(out, lambda: asy.save_figure(axes, out))
    if as_json or not (out or csv_path):
        click.echo(risk.to_json() if as_json else str(risk))
