"""Commands that run experiments: simulate, compare, reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.data_options import DATA_OPTIONS, forbid_sizes, read_measurement
from asymptotics.cli.group import main
from asymptotics.cli.loss_options import loss_option
from asymptotics.cli.model_options import MODEL_OPTIONS, ModelCommand, read_model
from asymptotics.cli.options import (
    JSON_OPTION,
    SIMULATION_OPTIONS,
    SIZE_OPTIONS,
    TRIAL_OPTIONS,
    beside,
    options,
    read_experiment_sizes,
    read_simulation,
    read_sizes,
    read_until,
    require_plots,
    tell_derivation,
    worker_pool,
    written,
)
from asymptotics.cli.pages import page
from asymptotics.cli.stopping import kept_by, stoppable
from asymptotics.errors import InputError
from asymptotics.simulation.design.options import as_ridges, as_training
from asymptotics.verification.evidence import Verdict
from asymptotics.verification.latex import latex
from asymptotics.verification.run import run


@main.command(cls=ModelCommand)
@options(MODEL_OPTIONS, (loss_option(),), SIZE_OPTIONS, SIMULATION_OPTIONS, TRIAL_OPTIONS)
@click.option(
    "--store", type=click.Path(dir_okay=False), help="SQLite file: stops and resumes without losing a trial."
)
@click.option("--shard", default="1/1", show_default=True, help="Part i/n of the campaign, for job arrays.")
@click.option("--status", is_flag=True, help="Only say how much of it is in the store.")
@click.option(
    "--csv", "csv_path", type=click.Path(dir_okay=False), help="Table of means and standard errors."
)
@options(JSON_OPTION)
def simulate(
    trials: int, seed: int, workers: int, progress: bool | None, store: str | None, shard: str, status: bool,
    csv_path: str | None, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Monte Carlo from the model's definition, with standard errors."""
    from asymptotics.simulation import plan_campaign

    rule = read_until(given)
    model = read_model(given)
    request = read_simulation(given)
    regime, ridge = read_sizes(given, model)
    campaign = plan_campaign(model, regime, **ridge, **request, trials=trials, seed=seed)
    if store is None and (status or shard != "1/1"):
        raise InputError("store", None, "a path", "--status and --shard need --store")
    if rule["until"] is not None and shard != "1/1":
        raise InputError("until", rule["until"], "nothing with --shard", "a part does not know the others")
    answer = _run(campaign, rule, workers, progress, store, _read_shard(shard), status)
    if csv_path is not None:
        if not isinstance(answer, asy.Estimate):
            raise InputError(
                "csv", csv_path, "no table", "part of a campaign has none: merge the stores first"
            )
        written(csv_path, lambda: answer.to_csv(csv_path))
    if as_json or csv_path is None:
        click.echo(answer.to_json() if as_json else str(answer))


def _read_shard(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise InputError("shard", text, "i/n with 1 <= i <= n, such as 2/8")
    return int(part), int(parts)


def _run(
    campaign: Any, rule: dict[str, Any], workers: int, progress: bool | None, store: str | None,
    shard: tuple[int, int], status: bool,
) -> Any:  # fmt: skip
    """The estimate of a campaign; of a part of it, or where only that is asked, how far its store is."""
    from asymptotics.simulation import campaign_status, finish_campaign, run_campaign

    if status and store is not None:
        if not Path(store).exists():
            raise InputError("store", store, "an existing store")
        return campaign_status(store, campaign)
    with stoppable(kept_by(store, campaign)), worker_pool(workers) as executor:
        if store is not None and shard[1] > 1:
            return run_campaign(campaign, store, shard=shard, executor=executor, progress=progress)
        return finish_campaign(campaign, **rule, executor=executor, progress=progress, store=store)


@main.command(cls=ModelCommand)
@options(MODEL_OPTIONS, SIZE_OPTIONS, SIMULATION_OPTIONS, TRIAL_OPTIONS)
@click.option(
    "--allowance", type=float, help="Relative difference allowed to finite size, on top of sampling error."
)
@options(DATA_OPTIONS, JSON_OPTION)
def compare(
    trials: int, seed: int, workers: int, progress: bool | None, allowance: float | None, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Theory beside simulation, or with --data beside your own experiment; exit code 1 if they disagree."""
    data, rule = read_measurement(given), read_until(given)
    model = read_model(given)
    if data is not None:
        forbid_sizes(given)
        data = data.without_intercept(model)
        judged = asy.compare(asy.predict(model, data.regime, ridge=data.ridge), data, allowance=allowance)
        _judge(judged, as_json)
        return
    request = read_simulation(given)
    regime, ridge = read_experiment_sizes(given, model)
    theory, sizes = beside(model, regime, request.get("inputs"))
    risk = asy.predict(theory, sizes, **ridge, **_learner(request))
    with worker_pool(workers) as executor:
        estimate = asy.simulate(
            model,
            regime,
            **ridge,
            **{"labels": "auto", **request},
            **rule,
            trials=trials,
            seed=seed,
            executor=executor,
            progress=progress,
        )
    _judge(asy.compare(risk, estimate, allowance=allowance), as_json)


def _learner(request: dict[str, Any]) -> dict[str, Any]:
    """What theory is asked to train and to average, so that it is what is simulated."""
    asked = {"ensemble": request["ensemble"]} if request.get("ensemble", 1) != 1 else {}
    if "time" in request and "step_size" in request:
        times = as_ridges("time", request["time"])
        step = as_training("time", times, request["step_size"]).step_size
        return asked | {"training": asy.GradientDescent(np.rint(times / step), step)}
    return asked | ({"time": request["time"]} if "time" in request else {})


def _judge(comparison: Any, as_json: bool) -> None:
    """Print the table and the verdict, which is the exit code."""
    click.echo(comparison.to_json() if as_json else str(comparison))
    if not comparison.agrees:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--out", default="asymptotics-report", show_default=True, type=click.Path(file_okay=False))
@click.option("--workers", default=2, show_default=True, help="Worker processes of the simulation.")
def reproduce(out: str, workers: int) -> None:
    """The main job in one go: a report on double descent, staircase, training time and linearization.

    Derives the equations, predicts the curves, simulates points on them, compares, and writes figures, tables,
    equations and a page that ties them together; then proves the equations step by step. Minutes on two cores.
    """
    require_plots(str(Path("curve.pdf")))
    report = asy.reproduce(Path(out), workers=workers, say=lambda line: click.echo(line, err=True))
    click.echo("proving the equations against the published ones", err=True)
    name = "proportional-random-features"
    outcomes = run(name, progress=tell_derivation)
    verdict = Verdict(tuple(outcome.report for outcome in outcomes.values()))
    (report.folder / "verification.txt").write_text(f"{verdict}\n", encoding="utf-8")
    click.echo("writing the derivation to read, and what to cite", err=True)
    (report.folder / "derivation.html").write_text(page([outcomes[name]]), encoding="utf-8")
    (report.folder / "appendix.tex").write_text(latex([outcomes[name]]), encoding="utf-8")
    citation = asy.cite(asy.derive("random-features", regime="proportional"))
    (report.folder / "references.bib").write_text(f"{citation}\n", encoding="utf-8")
    click.echo(str(report))
    click.echo(str(verdict).splitlines()[-1])
    if not (report.agrees and verdict.passed):
        raise click.exceptions.Exit(1)
