"""Options shared by commands, and what their texts mean."""

from __future__ import annotations

import math
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.model_options import prepare_workers
from asymptotics.errors import InputError
from asymptotics.models.quantities import PSI1, RIDGES, SIZES, D

AXIS = "Number, 'inf', list a,b,c or grid start:stop:count[:log]."
SIZE_OPTIONS = tuple(
    click.option(f"--{one.name.replace('_', '-')}", help=f"{one.meaning}. {AXIS if one is PSI1 else ''}")
    for one in (*SIZES, *RIDGES)
)
TRIAL_OPTIONS = (
    click.option("--trials", default=100, show_default=True, help="Replicates of the simulation, or the first ones."),
    click.option(
        "--until", metavar="S",
        help="Draw until the standard error of the test error is S everywhere; test=S,train=T of several observables.",
    ),
    click.option("--most-trials", type=int, help="With --until: replicates after which it ends in any case."),
    click.option("--seed", default=0, show_default=True),
    click.option("--workers", default=1, show_default=True, help="Worker processes."),
    click.option(
        "--progress/--no-progress", default=None, help="Progress on stderr; by default in a terminal only."
    ),
)  # fmt: skip
_SIMULATION: dict[str, tuple[type, str]] = {
    "time": (str, "Gradient flow from 0 up to these times, instead of a ridge."),
    "step_size": (str, "With --time: gradient descent with this step."),
    "inputs": (
        str,
        "Law of the inputs: sphere (default), gaussian, hypercube; or rows in FILE.npz.",
    ),
    "weights": (str, "Declared with the model's options: that of the inputs by default."),
    "labels": (
        str,
        "drawn, averaged (smaller errors, on sphere and hypercube), or auto: averaged where possible.",
    ),
    "coupling": (str, "independent (default), or nested: all n and p from one draw."),
    "test_error": (str, "auto (default), exact, or sampled over a test set."),
    "test_samples": (int, "Size of a sampled test set."),
    "ensemble": (int, "Mean of so many predictors on the same data."),
    "surrogate_degree": (int, "Gaussian noise for features above this degree."),
    "precision": (str, "double (default), or single: faster, and checked against double."),
}
_COMPLETED = {
    "inputs": ("sphere", "gaussian", "hypercube"),
    "labels": ("drawn", "averaged", "auto"),
    "coupling": ("independent", "nested"),
    "test_error": ("auto", "exact", "sampled"),
    "precision": ("double", "single"),
}
"""What the shell completes; what is allowed is said by the simulation."""


def _completer(name: str) -> Callable[..., list[str]] | None:
    """Choices of an option that begin as what was typed."""
    choices = _COMPLETED.get(name)
    if choices is None:
        return None
    return lambda ctx, param, incomplete: [choice for choice in choices if choice.startswith(incomplete)]


SIMULATION_OPTIONS = tuple(
    click.option(f"--{name.replace('_', '-')}", type=kind, help=text, shell_complete=_completer(name))
    for name, (kind, text) in _SIMULATION.items()
    if name != "weights"
)
STANDARDIZE = (
    click.option("--standardize", is_flag=True, help="Of --inputs FILE.npz: centred, with mean |x|^2 = d."),
)
SIMULATION_OPTIONS += STANDARDIZE
JSON_OPTION = (click.option("--json", "as_json", is_flag=True, help="JSON on stdout."),)


def options(*groups: tuple[Callable[..., Any], ...]) -> Callable[[Any], Any]:
    """Attach groups of options to a command."""

    def attach(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return attach


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


def _own_axes(values: dict[str, Any], own: dict[str, Any]) -> None:
    """Give every option with several values an axis of its own, the longest the last one."""
    arrays = [
        (table, name) for table in (values, own) for name in table if isinstance(table[name], np.ndarray)
    ]
    order = sorted(arrays, key=lambda item: item[0][item[1]].size)
    for position, (table, name) in enumerate(order):
        table[name] = table[name].reshape((-1, *[1] * (len(order) - 1 - position)))


def _regimes() -> tuple[Any, ...]:
    return asy.Proportional, asy.FiniteSize, asy.Polynomial


def read_sizes(given: dict[str, Any], model: Any, outer: bool = False) -> tuple[Any, dict[str, Any]]:
    """The regime and the ridge that the options describe; takes its options out of ``given``.

    With ``outer``, options with several values span a grid; otherwise they have to have equally many.
    """
    values = {one.name: given.pop(one.name) for one in (*SIZES, *RIDGES)}
    values = {name: read_axis(name, text) for name, text in values.items() if text is not None}
    own = {name: read_axis(name, text) for name, text in given.pop("sizes", {}).items()}
    if outer:
        _own_axes(values, own)
    ridge = {one.name: values.pop(one.name) for one in RIDGES if one.name in values}
    chosen = [kind for kind in _regimes() if values.keys() & {size.name for size in kind.quantities}]
    if len(chosen) > 1:
        allowed = "options of one regime: --psi1 --psi2, or --d --n --p, or --kappa1 --kappa2"
        raise InputError("sizes", ", ".join(sorted(values)), allowed)
    kind = chosen[0] if chosen else asy.Proportional
    if own and kind is asy.Polynomial:
        allowed = "nothing: in polynomial scaling samples and features are the only sizes"
        raise InputError("sizes", ", ".join(own), allowed)
    for name in kind.needed(model):
        if name not in values and name not in own:
            raise InputError(name, None, "a value", f"give --{name}")
    return kind(**values, **own), ridge


def read_experiment_sizes(given: dict[str, Any], model: Any) -> tuple[Any, dict[str, Any]]:
    """The regime and the ridge of an experiment, which has finite sizes.

    Raises
    ------
    InputError
        If sizes of a limit are given.
    """
    sizes = [size.name for kind in _regimes() if kind.is_limit for size in kind.quantities]
    limits = [name for name in sizes if given.get(name) is not None]
    if limits:
        raise InputError("sizes", ", ".join(limits), "finite sizes --d, --n, --p", "a simulation needs them")
    return read_sizes(given, model)


def read_simulation(given: dict[str, Any]) -> dict[str, Any]:
    """The options of the simulation that were given; takes them out of ``given``.

    Examples
    --------
    >>> read_simulation(dict.fromkeys(_SIMULATION) | {"time": "1,2", "labels": "averaged"})
    {'time': array([1., 2.]), 'labels': 'averaged'}
    """
    values = {name: given.pop(name) for name in _SIMULATION}
    values["inputs"] = read_inputs(values["inputs"], given.pop("standardize", False))
    if values["time"] is not None:
        values["time"] = read_axis("time", values["time"])
    return {name: value for name, value in values.items() if value is not None}


def read_inputs(text: str | None, standardized: bool) -> Any:
    """The name of a law, or rows in a file.

    Raises
    ------
    InputError
        If a law is to be standardized, or there is no such file.
    """
    if str(text).endswith(".npz"):
        data = asy.DataMatrix.load(str(text))
        return data.standardized() if standardized else data
    if standardized:
        raise InputError("standardize", standardized, "nothing without --inputs FILE.npz")
    return text


def beside(model: Any, regime: Any, inputs: Any) -> tuple[Any, Any]:
    """What theory is asked for beside an experiment on inputs, and its sizes: of rows, about their population."""
    if inputs is None or isinstance(inputs, str):
        return model, regime
    theory, columns = asy.on_data(model, inputs), inputs.points.shape[1]
    needed = asy.FiniteSize.needed(theory)
    if not regime.is_limit and np.any(np.asarray(regime.d) != columns):
        raise InputError(D.name, regime.d, f"{columns}, the number of columns of the data")
    if D.name in needed:
        return theory, regime
    if regime.is_limit:
        raise InputError("sizes", str(regime), "finite sizes --d and --n", "labelled rows are all there are")
    return theory, type(regime)(**{name: getattr(regime, name) for name in needed})


def read_until(given: dict[str, Any]) -> dict[str, Any]:
    """The stopping rule that the options describe; takes them out of ``given``.

    Raises
    ------
    InputError
        If it is no number, or name=number pairs.

    Examples
    --------
    >>> read_until({"until": "test=0.01,train=1e-4", "most_trials": None})
    {'until': {'test': 0.01, 'train': 0.0001}, 'most_trials': None}
    """
    text, most = given.pop("until"), given.pop("most_trials")
    try:
        if text is None or "=" not in text:
            return {"until": None if text is None else float(text), "most_trials": most}
        pairs = [item.split("=") for item in text.split(",")]
        return {"until": {name.strip(): float(value) for name, value in pairs}, "most_trials": most}
    except ValueError:
        raise InputError("until", text, "a standard error, or several as test=0.01,train=0.001") from None


@contextmanager
def worker_pool(workers: int) -> Iterator[Any]:
    """A pool of worker processes; None for one worker, which is this process.

    Raises
    ------
    InputError
        If the number of workers is not positive.
    """
    if workers < 1:
        raise InputError("workers", workers, "a positive integer")
    if workers == 1:
        yield None
        return
    others = set(multiprocessing.active_children())
    pool = asy.process_pool(workers, prepare_workers())
    try:
        yield pool
    except KeyboardInterrupt:  # blocks in flight are lost: nobody waits for them
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def tell_derivation(report: Any) -> None:
    """Say on a terminal that a derivation is done; all of them take minutes."""
    if on_a_terminal():
        click.echo(report.lines()[0], err=True)


def on_a_terminal() -> bool:
    """Whether talk is read by somebody now."""
    return sys.stderr.isatty()


def note_unseen(model: Any) -> None:
    """Say which degrees of the target the model has no part in: these are never learned.

    Examples
    --------
    >>> note_unseen(asy.RandomFeaturesRidge("relu", target={1: 1}))
    """
    lost = [str(k) for k in model.never_learned()]
    if lost:
        what = f"degree{'s' if len(lost) > 1 else ''} {', '.join(lost)}"
        click.echo(f"note: {model} has no part in {what} of the target, which is never learned", err=True)


def written(path: str, write: Callable[[], Any]) -> None:
    """Write a file and say so.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        write()
    except (OSError, ValueError) as error:
        allowed = "a path that can be written, with a known suffix"
        raise InputError("file", path, allowed, str(error)) from error
    click.echo(f"wrote {path}", err=True)


def require_plots(out: str | None) -> None:
    """Check before any work that a figure can be drawn and its file be written.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    InputError
        If the folder does not exist, or the suffix is unknown.
    """
    if out is None:
        return
    from asymptotics.report.canvas import load_pyplot

    pyplot = load_pyplot()
    known = pyplot.figure().canvas.get_supported_filetypes()
    pyplot.close()
    suffix = Path(out).suffix.removeprefix(".").lower()
    if suffix not in known:
        raise InputError("file", out, f"a known suffix: {', '.join(sorted(known))}")
    if not Path(out).absolute().parent.is_dir():
        raise InputError("file", out, "a path that can be written", "its folder does not exist")
