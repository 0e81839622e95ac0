"""The command about scaling laws of a power law."""

from __future__ import annotations

import json as json_module
import math
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.options import JSON_OPTION, options, require_plots, written
from asymptotics.errors import InputError
from asymptotics.models.components import TEST


def _power(name: str, text: str) -> Any:
    """What is written as EXPONENT or EXPONENT:CONSTANT, or a word."""
    if text in ("inf", "optimal", "0", "none"):
        return {"inf": math.inf, "optimal": "optimal"}.get(text, 0)
    exponent, _, constant = text.partition(":")
    try:
        return asy.Power(exponent, constant or 1)
    except InputError as error:
        raise InputError(name, text, "EXPONENT or EXPONENT:CONSTANT, as 7/10:2", str(error)) from error


@main.command()
@click.option("--decay", required=True, help="Eigenvalues k^(-decay).")
@click.option("--target-decay", required=True, help="Powers of the target k^(-target_decay).")
@click.option("--noise", default="0", show_default=True, help="Variance of the label noise.")
@click.option(
    "--features",
    default="inf",
    show_default=True,
    help="p = CONSTANT n^EXPONENT, as 7/10:2; inf for a kernel.",
)
@click.option(
    "--ridge",
    default="0",
    show_default=True,
    help="Power of n as for features; optimal; 0 for the ridgeless limit.",
)
@click.option("--terms", default=2, show_default=True, help="Terms of every asymptote.")
@click.option("--atlas", is_flag=True, help="Every law in the plane of exponents instead.")
@click.option("--compute", type=click.Choice(["n*p", "p*time"]), help="Best use of a budget instead.")
@click.option(
    "--out", type=click.Path(dir_okay=False), help="Figure: exact risk with asymptotes, or the plane."
)
@options(JSON_OPTION)
def scaling(
    decay: str, target_decay: str, noise: str, features: str, ridge: str, terms: int, atlas: bool,
    compute: str | None, out: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Derive exponents and constants of the risk in a power law.

    ``asymptotics scaling --decay 3/2 --target-decay 17/5 --features 3/5:3 --ridge 1/2:2`` is an example.
    """
    require_plots(out)
    model = asy.SpectralRidge.power_law(decay=decay, target_decay=target_decay, noise=noise)
    if compute:
        spent = asy.compute_optimal(model, compute)
        bought = {name: _pair(power) for name, power in spent.allocation.items()}
        _show(spent, {"cost": compute, TEST.name: _pair(spent.test), "allocation": bought}, as_json)
        return
    if atlas:
        found = asy.scaling_atlas(model)
        if out:
            axes = asy.plot_scaling_atlas(model)
            written(out, lambda: asy.save_figure(axes, out))
        _show("\n".join(map(str, found)), [_law_facts(regime) for regime in found], as_json)
        return
    sizes = {"features": _power("features", features), "ridge": _power("ridge", ridge)}
    law = asy.scaling_law(model, **sizes, terms=terms)
    if out:
        drawn = asy.plot_scaling(model, **sizes)
        written(out, lambda: asy.save_figure(drawn, out))
    _show(law, _facts(law), as_json)


def _show(answer: Any, facts: Any, as_json: bool) -> None:
    click.echo(json_module.dumps(facts, indent=1) if as_json else str(answer).rstrip())


def _pair(power: Any) -> list[Any]:
    return [str(power.exponent), float(power.constant)]


def _facts(law: Any) -> dict[str, Any]:
    return {
        "features": None if law.features is None else _pair(law.features),
        "ridge": None if law.ridge is None else _pair(law.ridge),
        "terms": {
            name: [[str(e), float(c)] for e, c in found.terms] for name, found in law.asymptotes.items()
        },
        "crossovers": law.crossovers,
        "cell": str(law.cell),
    }


def _law_facts(regime: Any) -> dict[str, Any]:
    return {
        "dimension": regime.dimension,
        "cells": [str(cell) for cell in regime.cells],
        "exponents": {name: str(form) for name, form in regime.exponents.items()},
        "limited_by": regime.limited_by,
        "led_by": regime.led_by,
    }
