"""Options shared by commands, and what their texts mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import numpy as np

import asymptotics as asy
from asymptotics.cli.model_options import prepare_workers
from asymptotics.errors import InputError

AXIS = "Number, 'inf', list a,b,c or grid start:stop:count[:log]."
SIZE_OPTIONS = (
    click.option("--psi1", help=f"Features per input dimension. {AXIS}"),
    click.option("--psi2", help="Samples per input dimension."),
    click.option("--d", help="Input dimension: answers at finite size."),
    click.option("--n", help="Samples."),
    click.option("--p", help="Features; without it, infinitely many."),
    click.option("--kappa1", help="Polynomial scaling: features p = theta1 d^kappa1."),
    click.option("--kappa2", help="Samples n = theta2 d^kappa2."),
    click.option("--theta1", help="Default: 1."),
    click.option("--theta2", help="Default: 1."),
    click.option("--ridge", help="lambda in |y - Za|^2 + lambda |a|^2; 0 is the ridgeless limit."),
    click.option("--ridge-per-sample", help="lambda/n, instead of --ridge."),
)
_REGIMES = {
    "proportional": ("psi1", "psi2"),
    "finite": ("d", "n", "p"),
    "polynomial": ("kappa1", "kappa2", "theta1", "theta2"),
}
_LIMITS = ("proportional", "polynomial")
TRIAL_OPTIONS = (
    click.option("--trials", default=100, show_default=True, help="Replicates of the simulation."),
    click.option("--seed", default=0, show_default=True),
    click.option("--workers", default=1, show_default=True, help="Worker processes."),
)
_SIMULATION: dict[str, tuple[type, str]] = {
    "time": (str, "Gradient flow from 0 up to these times, instead of a ridge."),
    "step_size": (str, "With --time: gradient descent with this step."),
    "inputs": (str, "Law of the inputs: sphere (default), gaussian or hypercube."),
    "weights": (str, "Law of the weights; that of the inputs by default."),
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
    "weights": ("sphere", "gaussian", "hypercube"),
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
)
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


def read_sizes(given: dict[str, Any], model: Any, outer: bool = False) -> tuple[Any, dict[str, Any]]:
    """The regime and the ridge that the options describe; takes its options out of ``given``.

    With ``outer``, options with several values span a grid; otherwise they have to have equally many.
    """
    names = [name for group in _REGIMES.values() for name in group]
    values = {name: given.pop(name) for name in (*names, "ridge", "ridge_per_sample")}
    values = {name: read_axis(name, text) for name, text in values.items() if text is not None}
    own = {name: read_axis(name, text) for name, text in given.pop("sizes", {}).items()}
    if outer:
        _own_axes(values, own)
    ridge: dict[str, Any] = {
        name: values.pop(name) for name in ("ridge", "ridge_per_sample") if name in values
    }
    if model.theory.only_infinite():
        features = {"psi2": "psi1", "kappa2": "kappa1"}
        values |= {features[name]: math.inf for name in values if name in features}
    chosen = [regime for regime, group in _REGIMES.items() if values.keys() & set(group)]
    if len(chosen) > 1:
        allowed = "options of one regime: --psi1 --psi2, or --d --n --p, or --kappa1 --kappa2"
        raise InputError("sizes", ", ".join(sorted(values)), allowed)
    kind = chosen[0] if chosen else "proportional"
    if own:
        kind = "finite" if values.keys() & {"d", "n"} else "proportional"
    needed = ("d", "n") if kind == "finite" else _REGIMES[kind][:2]
    if model.theory.features == "" and not model.theory.only_infinite():
        needed = tuple(name for name in needed if name not in ("psi1", "kappa1"))
    if not model.asks_dimension:
        needed = tuple(name for name in needed if name != "d")
    for name in needed:
        if name not in values:
            raise InputError(name, None, "a value", f"give --{name}")
    regimes = {"proportional": asy.Proportional, "finite": asy.FiniteSize, "polynomial": asy.Polynomial}
    return regimes[kind](**values, **own), ridge


def read_experiment_sizes(given: dict[str, Any], model: Any) -> tuple[Any, dict[str, Any]]:
    """The regime and the ridge of an experiment, which has finite sizes.

    Raises
    ------
    InputError
        If sizes of a limit are given.
    """
    limits = [name for kind in _LIMITS for name in _REGIMES[kind] if given.get(name) is not None]
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
    if values["time"] is not None:
        values["time"] = read_axis("time", values["time"])
    return {name: value for name, value in values.items() if value is not None}


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
    pool = asy.process_pool(workers, prepare_workers())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def note_unseen(model: Any) -> None:
    """Say which degrees of the target the model has no part in: these are never learned.

    Examples
    --------
    >>> note_unseen(asy.RandomFeaturesRidge("relu", target={1: 1}))
    """
    target: Any = getattr(model, "target", None)
    if not hasattr(target, "largest_degree") or not target.total:
        return
    try:
        unseen = model.unseen_degrees(target.largest_degree)
    except InputError:
        return
    lost = [str(k) for k in unseen if target.power(k)]
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
