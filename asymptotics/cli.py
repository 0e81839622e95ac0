"""The command line: each command is a few lines over the public face.

Machine-readable output goes to stdout, talk to stderr. Exit codes: 0 ok, 1 a check failed, 2 bad input.
"""

from __future__ import annotations

import json as json_module
import math
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.errors import AsymptoticsError, InputError, MissingExtraError

MODEL_OPTIONS = (
    click.option(
        "--activation", default="relu", show_default=True, help="Name or formula in x, e.g. 'max(x,0) - x/3'."
    ),
    click.option("--target", default="1:1", show_default=True, help="Power per degree, e.g. 1:1,2:0.25."),
    click.option("--noise", default="0", show_default=True, help="Label-noise variance."),
)
AXIS = "Number, 'inf', list a,b,c or grid start:stop:count[:log]."
SIZE_OPTIONS = (
    click.option("--psi1", help=f"Features per input dimension. {AXIS}"),
    click.option("--psi2", help="Samples per input dimension."),
    click.option("--d", help="Input dimension: answers at finite size."),
    click.option("--n", help="Samples."),
    click.option("--p", help="Features; without it, infinitely many."),
    click.option("--ridge", help="lambda in |y - Za|^2 + lambda |a|^2; 0 is the ridgeless limit."),
    click.option("--ridge-per-sample", help="lambda/n, instead of --ridge."),
)
TRIAL_OPTIONS = (
    click.option("--trials", default=100, show_default=True, help="Replicates of the simulation."),
    click.option("--seed", default=0, show_default=True),
    click.option("--workers", default=1, show_default=True, help="Worker processes."),
)
JSON_OPTION = (click.option("--json", "as_json", is_flag=True, help="JSON on stdout."),)


def options(*groups: tuple[Callable[..., Any], ...]) -> Callable[[Any], Any]:
    """Attach groups of options to a command."""

    def attach(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return attach


class _Commands(click.Group):
    """Turns errors into one line on stderr and an exit code."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options before the command."""
        try:
            return super().make_context(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            click.echo(f"error: {_one_line(error.format_message())}", err=True)
            raise click.exceptions.Exit(2) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command chosen."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            message, code = error.format_message(), 2
        except (InputError, MissingExtraError) as error:
            message, code = str(error), 2
        except AsymptoticsError as error:
            message, code = str(error), 1
        click.echo(f"error: {_one_line(message)}", err=True)
        ctx.exit(code)


def _one_line(message: str) -> str:
    return " ".join(message.split())


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(asy.__version__, prog_name="asymptotics")
def main() -> None:
    """Exact asymptotic risk of linearized neural networks."""
    require_own_name()


def require_own_name() -> None:
    """Refuse to run where another distribution has written into this package.

    Raises
    ------
    InputError
        If the distribution called ``asymptotics`` is installed: its import name is the same, so that its
        files and ours are mixed in one folder.
    """
    try:
        other = distribution("asymptotics").version
    except PackageNotFoundError:
        return
    raise InputError(
        "environment", f"asymptotics {other}", "an environment without the distribution called asymptotics",
        "it overwrites files of asymptotics-rf; install asymptotics-rf alone in a fresh virtual environment",
    )  # fmt: skip


def read_axis(name: str, text: str) -> Any:
    """A number kept as its text, infinity, or an array.

    Raises
    ------
    InputError
        If the text is none of ``number``, ``inf``, ``a,b,c``, ``start:stop:count[:log|:lin]``.

    Examples
    --------
    >>> read_axis("psi1", "1:4:3").tolist()
    [1.0, 2.5, 4.0]
    """
    allowed = "a number, inf, a list a,b,c or a grid start:stop:count[:log]"
    try:
        if ":" in text:
            start, stop, count, *kind = text.split(":")
            if kind not in ([], ["log"], ["lin"]) or not 1 <= int(count) <= 10**7:
                raise ValueError(text)
            spaced = np.geomspace if kind == ["log"] else np.linspace
            return spaced(float(start), float(stop), int(count))
        if "," in text:
            return np.array([float(item) for item in text.split(",")])
    except ValueError:
        raise InputError(name, text, allowed) from None
    return math.inf if text.strip().lower() in ("inf", "infinity") else text.strip()


def read_target(text: str) -> dict[int, str]:
    """Degree to power, from ``degree:power,...``.

    Examples
    --------
    >>> read_target("1:1,2:0.25")
    {1: '1', 2: '0.25'}
    """
    powers: dict[int, str] = {}
    for item in text.split(","):
        degree, separator, power = item.partition(":")
        if not separator or not degree.strip().isdigit() or int(degree) in powers:
            raise InputError("target", text, "degree:power pairs such as 1:1,2:0.25, each degree once")
        powers[int(degree)] = power.strip()
    return powers


def read_model(given: dict[str, Any]) -> Any:
    """The model that the options describe; takes its options out of ``given``."""
    target = read_target(given.pop("target"))
    return asy.RandomFeaturesRidge(given.pop("activation"), target=target, noise=given.pop("noise"))


def read_sizes(given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The regime and the ridge that the options describe; takes its options out of ``given``."""
    names = ("psi1", "psi2", "d", "n", "p", "ridge", "ridge_per_sample")
    values = {name: given.pop(name) for name in names}
    values = {name: read_axis(name, text) for name, text in values.items() if text is not None}
    ridge: dict[str, Any] = {
        name: values.pop(name) for name in ("ridge", "ridge_per_sample") if name in values
    }
    proportional, finite = values.keys() & {"psi1", "psi2"}, values.keys() & {"d", "n", "p"}
    if proportional and finite:
        raise InputError("sizes", ", ".join(sorted(values)), "either --psi1 and --psi2, or --d, --n and --p")
    for name in ("d", "n") if finite else ("psi1", "psi2"):
        if name not in values:
            raise InputError(name, None, "a value", f"give --{name}")
    return (asy.FiniteSize(**values) if finite else asy.Proportional(**values)), ridge


@main.command()
@options(MODEL_OPTIONS, SIZE_OPTIONS)
@click.option("--digits", type=int, help="Correct decimal digits.")
@click.option("--certified", is_flag=True, help="Proved enclosures.")
@options(JSON_OPTION)
def predict(digits: int | None, certified: bool, as_json: bool, **given: Any) -> None:
    """Theory's answer at one point, or at every point of a grid."""
    model = read_model(given)
    regime, ridge = read_sizes(given)
    precision: dict[str, Any] = {"digits": digits} if digits is not None else {}
    precision |= {"certified": True} if certified else {}
    risk = asy.predict(model, regime, **ridge, **precision)
    click.echo(risk.to_json() if as_json else str(risk))


@main.command()
@options(MODEL_OPTIONS, SIZE_OPTIONS)
@click.option("--x", "axis", help="Parameter on the horizontal axis (default: the one given as a grid).")
@click.option("--components", default="test,bias,variance", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False), help="Figure: .pdf, .png or .svg.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Table of the curve.")
@options(JSON_OPTION)
def curve(
    axis: str | None, components: str, out: str | None, csv_path: str | None, as_json: bool, **given: Any
) -> None:
    """A risk curve: figure, table, or JSON."""
    model = read_model(given)
    regime, ridge = read_sizes(given)
    risk = asy.predict(model, regime, **ridge)
    varying = [name for name, value in risk.parameters.items() if np.unique(value).size > 1]
    if not varying:
        raise InputError("sizes", "a single point", "one option given as a grid, e.g. --psi1 0.1:10:100:log")
    if csv_path:
        _written(csv_path, lambda: risk.to_csv(csv_path))
    if out:
        axes = asy.plot(risk, axis or varying[0], components=[name.strip() for name in components.split(",")])
        _written(out, lambda: axes.figure.savefig(out))
    if as_json or not (out or csv_path):
        click.echo(risk.to_json() if as_json else str(risk))


def _written(path: str, write: Callable[[], Any]) -> None:
    try:
        write()
    except (OSError, ValueError) as error:
        raise InputError(
            "file", path, "a path that can be written, with a known suffix", str(error)
        ) from error
    click.echo(f"wrote {path}", err=True)


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
    regime, ridge = read_sizes(given)
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
    """Theory beside simulation at finite size; exit code 1 if they disagree."""
    model = read_model(given)
    regime, ridge = read_sizes(given)
    if not isinstance(regime, asy.FiniteSize):
        raise InputError("sizes", "psi1, psi2", "finite sizes --d, --n, --p", "a simulation needs them")
    risk = asy.predict(model, regime, **ridge)
    estimate = _run_simulation(model, regime, ridge, trials, seed, workers)
    comparison = asy.compare(risk, estimate, allowance=allowance)
    click.echo(comparison.to_json() if as_json else str(comparison))
    if not comparison.agrees:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("model", default="random-features")
@click.option("--regime", default="general", show_default=True)
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
    """Run derivations step by step and grade the evidence; exit code 1 on any failure."""
    verdict = asy.verify(*names)
    click.echo(verdict.to_json() if as_json else str(verdict))
    if not verdict.passed:
        raise click.exceptions.Exit(1)


@main.command("list")
@options(JSON_OPTION)
def list_command(as_json: bool) -> None:
    """Models, regimes, activations and derivations."""
    from asymptotics.models.catalogue import ACTIVATION_NAMES
    from asymptotics.models.library import MODELS
    from asymptotics.verification import derivations

    table = {
        "models": list(MODELS),
        "regimes": ["Proportional(psi1, psi2)", "FiniteSize(d, n, p)"],
        "activations": list(ACTIVATION_NAMES),
        "derivations": list(derivations()),
    }
    if as_json:
        click.echo(json_module.dumps(table, indent=1))
        return
    for title, names in table.items():
        click.echo(title)
        for name in names:
            click.echo(f"  {name}")


@main.command()
@click.option("--out", default="asymptotics-report", show_default=True, type=click.Path(file_okay=False))
@click.option("--workers", default=2, show_default=True, help="Worker processes of the simulation.")
def reproduce(out: str, workers: int) -> None:
    """Derive, predict, simulate, compare and plot a double-descent curve, into a report folder."""
    report = asy.reproduce(Path(out), workers=workers, say=lambda line: click.echo(line, err=True))
    click.echo(str(report))
    if not report.agrees:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    main()
