"""Commands that run experiments: simulate, compare, reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.cli.options import (
    JSON_OPTION,
    MODEL_OPTIONS,
    SIZE_OPTIONS,
    TRIAL_OPTIONS,
    options,
    read_model,
    read_sizes,
)
from asymptotics.errors import InputError


def _pool(workers: int) -> Any:
    if workers < 1:
        raise InputError("workers", workers, "a positive integer")
    return asy.process_pool(workers) if workers > 1 else None


def _run_simulation(model: Any, regime: Any, ridge: Any, trials: int, seed: int, workers: int) -> Any:
    executor = _pool(workers)
    try:
        return asy.simulate(model, regime, **ridge, trials=trials, seed=seed, executor=executor)
    finally:
        if executor is not None:
            executor.shutdown(cancel_futures=True)


@main.command()
@options(MODEL_OPTIONS, SIZE_OPTIONS, TRIAL_OPTIONS)
@click.option(
    "--store", type=click.Path(dir_okay=False), help="SQLite file: stops and resumes without losing a trial."
)
@click.option("--shard", default="1/1", show_default=True, help="Part i/n of the campaign, for job arrays.")
@click.option("--status", is_flag=True, help="Only say how much of the store is done.")
@options(JSON_OPTION)
def simulate(
    trials: int,
    seed: int,
    workers: int,
    store: str | None,
    shard: str,
    status: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Monte Carlo from the model's definition, with standard errors."""
    model = read_model(given)
    regime, ridge = read_sizes(given, model)
    if store is None:
        if status or shard != "1/1":
            raise InputError("store", None, "a path", "--status and --shard need --store")
        estimate = _run_simulation(model, regime, ridge, trials, seed, workers)
    else:
        estimate = _campaign(model, regime, ridge, trials, seed, workers, store, shard, status)
    if estimate is not None:
        click.echo(estimate.to_json() if as_json else str(estimate))


def _campaign(
    model: Any,
    regime: Any,
    ridge: Any,
    trials: int,
    seed: int,
    workers: int,
    store: str,
    shard: str,
    status: bool,
) -> Any:
    from asymptotics.simulation import campaign_status, collect_campaign, plan_campaign, run_campaign

    campaign = plan_campaign(model, regime, **ridge, trials=trials, seed=seed)
    part, _, parts = shard.partition("/")
    if not (part.isdigit() and parts.isdigit()):
        raise InputError("shard", shard, "i/n, such as 2/8")
    if not status:
        executor = _pool(workers)
        try:
            run_campaign(campaign, store, shard=(int(part), int(parts)), executor=executor)
        finally:
            if executor is not None:
                executor.shutdown(cancel_futures=True)
    if status or int(parts) > 1:
        click.echo(str(campaign_status(store)))
        return None
    return collect_campaign(campaign, store)


@main.command()
@options(MODEL_OPTIONS, SIZE_OPTIONS, TRIAL_OPTIONS)
@click.option(
    "--allowance", type=float, help="Relative difference allowed to finite size, on top of sampling error."
)
@options(JSON_OPTION)
def compare(
    trials: int, seed: int, workers: int, allowance: float | None, as_json: bool, **given: Any
) -> None:
    """Theory beside simulation; exit code 1 if they disagree."""
    model = read_model(given)
    regime, ridge = read_sizes(given, model)
    if not isinstance(regime, asy.FiniteSize):
        raise InputError("sizes", "psi1, psi2", "finite sizes --d, --n, --p", "a simulation needs them")
    risk = asy.predict(model, regime, **ridge)
    estimate = _run_simulation(model, regime, ridge, trials, seed, workers)
    comparison = asy.compare(risk, estimate, allowance=allowance)
    click.echo(comparison.to_json() if as_json else str(comparison))
    if not comparison.agrees:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--out", default="asymptotics-report", show_default=True, type=click.Path(file_okay=False))
@click.option("--workers", default=2, show_default=True, help="Worker processes of the simulation.")
def reproduce(out: str, workers: int) -> None:
    """The main job in one go: a report on double descent.

    Derives the equations, predicts the curve, simulates points on it, compares, and writes figure, tables,
    equations and a page that ties them together; then proves the equations step by step.
    """
    report = asy.reproduce(Path(out), workers=workers, say=lambda line: click.echo(line, err=True))
    click.echo("proving the equations against the published ones", err=True)
    verdict = asy.verify("proportional-random-features")
    (report.folder / "verification.txt").write_text(f"{verdict}\n", encoding="utf-8")
    click.echo(str(report))
    click.echo(str(verdict).splitlines()[-1])
    if not (report.agrees and verdict.passed):
        raise click.exceptions.Exit(1)
