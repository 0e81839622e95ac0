"""A simulation written down: what is to be drawn, in which blocks, and under which identity it is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.estimate import Estimate, Statistic
from asymptotics.simulation.experiment import MEASURED, Experiment, Task, choose_series
from asymptotics.simulation.population import PopulationSeries, expand, shorten
from asymptotics.simulation.requests import (
    TEST_ERRORS,
    Grid,
    ModelLike,
    SizesLike,
    as_choice,
    as_count,
    as_experiment,
    as_grid,
)

Array = NDArray[np.float64]
Sizes = tuple[int, int, int]

NUMERICS = 1
"""Raised whenever the same request would give other draws, so that a store never mixes them."""

BLOCK = 8
"""Replicates in a block: small enough that an interruption loses little, the same whatever the number of trials."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """One choice of sizes, with the ridges that share its draws.

    Attributes
    ----------
    d, n, p : int
        Dimension, number of samples, number of features.
    positions : mapping of float to list of int
        For every ridge the flat positions in the grid.
    series : PopulationSeries or None
        Exact population averages, or None for a sampled test set.
    """

    d: int
    n: int
    p: int
    positions: Mapping[float, list[int]]
    series: PopulationSeries | None

    @property
    def ridges(self) -> tuple[float, ...]:
        """The ridges, in the order of the results."""
        return tuple(self.positions)

    @property
    def cost(self) -> int:
        """Rough relative cost of a replicate."""
        return self.n * self.p * min(self.n, self.p)


@dataclass(frozen=True, eq=False)
class Campaign:
    """A whole simulation before it is run, as returned by `plan_campaign`.

    Attributes
    ----------
    experiment : Experiment
        The model.
    grid : Grid
        Sizes and ridges of every configuration.
    configurations : tuple of Configuration
        The distinct sizes.
    trials, seed : int
        Replicates per configuration and seed.
    """

    experiment: Experiment
    grid: Grid
    configurations: tuple[Configuration, ...]
    trials: int
    seed: int

    def describe(self, configuration: Configuration) -> dict[str, Any]:
        """Return everything that the draws of a configuration depend on, as plain data."""
        return {
            "numerics": NUMERICS,
            "model": describe_experiment(self.experiment),
            "test_error": "sampled" if configuration.series is None else "exact",
            "d": configuration.d,
            "n": configuration.n,
            "p": configuration.p,
            "ridges": list(configuration.ridges),
            "seed": self.seed,
        }

    def digest(self, configuration: Configuration) -> str:
        """Return the identity under which the replicates of a configuration are stored."""
        return digest(self.describe(configuration))

    def tasks(
        self, missing: Callable[[Configuration], Iterable[int]] | None = None, shard: tuple[int, int] = (1, 1)
    ) -> list[tuple[Configuration, Task]]:
        """Return the blocks of work that are left, most expensive configurations first.

        Parameters
        ----------
        missing : callable, optional
            Gives the replicates of a configuration that are still to be drawn; all of them by default.
        shard : (int, int), default (1, 1)
            ``(i, n)``: only the i-th of n disjoint parts of the work, counted from 1.

        Returns
        -------
        list of (Configuration, Task)
        """
        result = []
        ordered = sorted(enumerate(self.configurations), key=lambda pair: -pair[1].cost)
        for number, entry in ordered:
            wanted = set(range(self.trials) if missing is None else missing(entry))
            for block, start in enumerate(range(0, self.trials, BLOCK)):
                if (number + block) % shard[1] != shard[0] - 1:
                    continue
                for first, count in _runs(wanted.intersection(range(start, min(start + BLOCK, self.trials)))):
                    sizes = (entry.d, entry.n, entry.p)
                    task = Task(self.experiment, *sizes, entry.ridges, self.seed, first, count, entry.series)
                    result.append((entry, task))
        return result

    def assemble(self, results: Mapping[Configuration, Array]) -> Estimate:
        """Return the estimate from the results ``(trials, ridges, observables)`` of every configuration."""
        draws = np.empty((self.grid.d.size, self.trials, len(MEASURED)))
        for configuration in self.configurations:
            for column, positions in enumerate(configuration.positions.values()):
                draws[positions] = results[configuration][:, column]
        sampled = [[c.d, c.n, c.p] for c in self.configurations if c.series is None]
        exact = [[c.d, c.n, c.p] for c in self.configurations if c.series is not None]
        grid = self.grid
        return make_estimate(
            draws.reshape((*grid.shape, self.trials, len(MEASURED))),
            {"d": grid.d, "n": grid.n, "p": grid.p, "ridge": grid.ridge},
            {
                **describe_experiment(self.experiment),
                "exact_test_error_sizes": exact,
                "sampled_test_error_sizes": sampled,
                "seed": self.seed,
                "trials": self.trials,
            },
        )


def plan_campaign(
    model: ModelLike,
    regime: SizesLike,
    ridge: Any = None,
    *,
    ridge_per_sample: Any = None,
    trials: int = 100,
    seed: int = 0,
    inputs: str = "sphere",
    weights: str | None = None,
    test_error: str = "auto",
    labels: str = "drawn",
    test_samples: int | None = None,
) -> Campaign:
    """Check a request and write it down as a campaign, without running anything.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample, trials, seed, inputs, weights, test_error, labels, test_samples
        As in `asymptotics.simulation.running.simulate`.

    Returns
    -------
    Campaign

    Raises
    ------
    InputError
        As in `asymptotics.simulation.running.simulate`.

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> campaign = plan_campaign(model, Namespace(d=20, n=[40, 80], p=30), [0.1, 1.0], trials=10)
    >>> len(campaign.configurations), len(campaign.tasks())
    (2, 4)
    """
    trials = as_count("trials", trials, 2)
    seed = as_count("seed", seed, 0)
    experiment = as_experiment(model, inputs, weights, test_samples, labels)
    grid = as_grid(regime, ridge, ridge_per_sample)
    groups = grid.groups()
    choice = as_choice("test_error", test_error, TEST_ERRORS)
    series = choose_test_errors(experiment, list(groups), choice)
    configurations = tuple(
        Configuration(*sizes, positions, series[sizes]) for sizes, positions in groups.items()
    )
    return Campaign(experiment, grid, configurations, trials, seed)


def choose_test_errors(
    experiment: Experiment, sizes: list[Sizes], choice: str
) -> dict[Sizes, PopulationSeries | None]:
    """Decide for every configuration how to average over a fresh input: a series, or None for sampling.

    Raises
    ------
    InputError
        When the exact average is asked for, or needed for averaged labels, where it is not available.
    """
    must = choice == "exact" or experiment.average_labels
    spherical = experiment.weights == "sphere"
    spherical &= experiment.inputs == "sphere" or not experiment.average_labels
    if must and (not spherical or choice == "sampled"):
        name, value = ("labels", "averaged") if experiment.average_labels else ("test_error", choice)
        allowed = "spherical weights (for averaged labels also spherical inputs) and no sampled test error"
        raise InputError(name, value, allowed)
    if not spherical or choice == "sampled" or (not must and experiment.test_samples):
        return dict.fromkeys(sizes)
    result: dict[Sizes, PopulationSeries | None] = {}
    expansions: dict[int, PopulationSeries] = {}
    for d, n, p in sizes:
        if d not in expansions:
            expansions[d] = expand(experiment.activation, experiment.inputs, d, experiment.highest_degree)
        if not must:
            result[d, n, p] = choose_series(experiment, d, n, p, expansions[d])
            continue
        result[d, n, p] = shorten(expansions[d], p, experiment.highest_degree)
        if result[d, n, p] is None:
            allowed = f"a series that converges; at d = {d}, p = {p} it needs too many degrees"
            raise InputError("test_error", "exact", allowed, 'use test_error="sampled" and labels="drawn"')
    return result


def describe_experiment(experiment: Experiment) -> dict[str, Any]:
    """Return a model as plain data: what identifies it in a store and in exported results."""
    name, values = fingerprint(experiment.activation)
    return {
        "activation": name,
        "activation_values": values,
        "target_powers": {str(degree): power for degree, power in experiment.powers},
        "noise": experiment.noise,
        "inputs": experiment.inputs,
        "weights": experiment.weights,
        "labels": "averaged" if experiment.average_labels else "drawn",
        "test_samples": experiment.test_samples,
    }


def fingerprint(function: Callable[[Array], Array]) -> tuple[str, str]:
    """Return the name of a function and a digest of its values, so that two functions of one name do not mix.

    Seven digits at 257 points are compared: enough to tell functions apart, few enough that another
    implementation of the same function counts as the same.

    Examples
    --------
    >>> fingerprint(np.tanh)[0]
    'tanh'
    >>> fingerprint(lambda x: x)[1] == fingerprint(lambda x: 2 * x)[1]
    False
    """
    name = getattr(function, "name", None) or getattr(function, "__name__", None) or type(function).__name__
    with np.errstate(all="ignore"):
        values = np.asarray(function(np.linspace(-8.0, 8.0, 257)), dtype=np.float64)
    scale = np.abs(values[np.isfinite(values)]).max(initial=0.0) or 1.0
    rounded = f"{scale:.6e}:" + ",".join(f"{value + 0.0:.7f}" for value in np.round(values / scale, 7))
    return str(name), hashlib.sha256(rounded.encode()).hexdigest()[:16]


def digest(description: Mapping[str, Any]) -> str:
    """Return the SHA-256 of plain data in canonical JSON."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def make_estimate(draws: Array, parameters: Mapping[str, Any], provenance: Mapping[str, Any]) -> Estimate:
    """Return an estimate from draws ``(*grid, trials, observables)``."""
    statistics = {name: Statistic(draws[..., column]) for column, name in enumerate(MEASURED)}
    scale = np.asarray(parameters["n"]) / np.asarray(parameters["p"])
    per_feature = Statistic(statistics["norm"].draws * scale[..., None])
    try:
        made_by = version("asymptotics-rf")
    except PackageNotFoundError:
        made_by = "uninstalled"
    provenance = {**provenance, "numerics": NUMERICS, "version": made_by}
    return Estimate(**statistics, norm_per_feature=per_feature, parameters=parameters, provenance=provenance)


def _runs(numbers: set[int]) -> list[tuple[int, int]]:
    """Return (first, count) of the maximal runs of consecutive integers.

    >>> _runs({1, 2, 3, 7})
    [(1, 3), (7, 1)]
    """
    result: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if result and number == sum(result[-1]):
            result[-1] = (result[-1][0], result[-1][1] + 1)
        else:
            result.append((number, 1))
    return result
