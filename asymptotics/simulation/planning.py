"""A simulation written down: what is to be drawn, in which blocks, and under which identity it is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.estimate import Estimate, Statistic
from asymptotics.simulation.experiment import MEASURED, Experiment, Task, choose_series
from asymptotics.simulation.interpretation import (
    TEST_ERRORS,
    ModelLike,
    as_experiment,
    as_learner,
    describe_experiment,
)
from asymptotics.simulation.learners import KernelRegression, MappedFeatures, SurrogateFeatures
from asymptotics.simulation.nesting import Member
from asymptotics.simulation.population import PopulationSeries, expand
from asymptotics.simulation.requests import Grid, SizesLike, as_choice, as_count, as_grid
from asymptotics.simulation.streaming import STREAM_ELEMENTS
from asymptotics.version import __version__

Array = NDArray[np.float64]
Sizes = tuple[int, int, int]
Expansion = tuple[PopulationSeries | None, bool]

NUMERICS = 3
"""Raised whenever the same request would give other draws, so that a store never mixes them."""

COUPLINGS = ("independent", "nested")
"""Whether different n and p of one dimension are drawn independently or are parts of one draw."""

BLOCK = 8
"""Replicates in a block: small enough that an interruption loses little, the same whatever the number of trials."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """Sizes that share draws: one choice of n and p, or all nested ones of one dimension, each with its path.

    Attributes
    ----------
    d : int
        Dimension.
    key : tuple of int
        What, besides the seed, the draws depend on.
    positions : mapping of (int, int, float) to list of int
        For every n, p (0 for kernels) and ridge or time the flat positions in the grid.
    series : PopulationSeries or None
        Expansion of the activation, where it is needed.
    exact : bool
        Whether the test error is averaged exactly, or over a sampled test set.
    """

    d: int
    key: tuple[int, ...]
    positions: Mapping[tuple[int, int, float], list[int]]
    series: PopulationSeries | None
    exact: bool

    @property
    def members(self) -> tuple[Member, ...]:
        """The sizes, in the order of the results."""
        paths: dict[tuple[int, int], list[float]] = {}
        for n, p, parameter in self.positions:
            paths.setdefault((n, p), []).append(parameter)
        return tuple(Member(n, p, tuple(path)) for (n, p), path in paths.items())

    @property
    def points(self) -> list[list[float]]:
        """``[n, p, ridge or time]`` in the order of the results."""
        return [[m.n, m.p, parameter] for m in self.members for parameter in m.parameters]

    @property
    def cost(self) -> int:
        """Rough relative cost of a replicate."""
        return sum(m.n * (m.p or m.n) * min(m.n, m.p or m.n) for m in self.members)

    def __str__(self) -> str:
        return describe_sizes(self.d, self.points)


@dataclass(frozen=True, eq=False)
class Campaign:
    """A whole simulation before it is run, as returned by `plan_campaign`.

    Attributes
    ----------
    experiment : Experiment
        The model.
    grid : Grid
        Sizes and ridge or time of every configuration.
    configurations : tuple of Configuration
        The distinct sizes.
    trials, seed : int
        Replicates per configuration and seed.
    model : mapping
        What identifies the model, as plain data.
    """

    experiment: Experiment
    grid: Grid
    configurations: tuple[Configuration, ...]
    trials: int
    seed: int
    model: Mapping[str, Any]

    def describe(self, configuration: Configuration) -> dict[str, Any]:
        """Return everything that the draws of a configuration depend on, as plain data."""
        return {
            "numerics": NUMERICS,
            "model": dict(self.model),
            "test_error": "exact" if configuration.exact else "sampled",
            "d": configuration.d,
            "key": list(configuration.key),
            "points": configuration.points,
            "parameter": self.experiment.training.parameter,
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
                    what = (self.experiment, entry.d, entry.members, entry.key)
                    task = Task(*what, self.seed, first, count, entry.series, entry.exact)
                    result.append((entry, task))
        return result

    def assemble(self, results: Mapping[Configuration, Array]) -> Estimate:
        """Return the estimate from the results ``(trials, points, observables)`` of every configuration."""
        draws = np.empty((self.grid.d.size, self.trials, len(MEASURED)))
        for configuration in self.configurations:
            for column, (n, p, parameter) in enumerate(configuration.points):
                positions = configuration.positions[int(n), int(p), parameter]
                draws[positions] = results[configuration][:, column]
        sampled = [[c.d, m.n, m.p] for c in self.configurations if not c.exact for m in c.members]
        exact = [[c.d, m.n, m.p] for c in self.configurations if c.exact for m in c.members]
        grid = self.grid
        return make_estimate(
            draws.reshape((*grid.shape, self.trials, len(MEASURED))),
            {"d": grid.d, "n": grid.n, "p": grid.p, self.experiment.training.parameter: grid.path},
            {
                **self.model,
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
    time: Any = None,
    step_size: Any = None,
    trials: int = 100,
    seed: int = 0,
    inputs: str = "sphere",
    weights: str | None = None,
    test_error: str = "auto",
    labels: str = "drawn",
    test_samples: int | None = None,
    surrogate_degree: int | None = None,
    ensemble: int = 1,
    coupling: str = "independent",
) -> Campaign:
    """Check a request and write it down as a campaign, without running anything.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample, time, step_size, trials, seed
        As in `asymptotics.simulation.running.simulate`.
    inputs, weights, test_error, labels, test_samples, surrogate_degree, ensemble, coupling
        As there.

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
    learner = as_learner(model, surrogate_degree, ensemble)
    has_features = not isinstance(learner, KernelRegression)
    grid, training = as_grid(regime, ridge, ridge_per_sample, time, step_size, has_features=has_features)
    experiment = as_experiment(model, training, inputs, weights, test_samples, labels, learner)
    groups = couple(grid, as_choice("coupling", coupling, COUPLINGS), isinstance(learner, MappedFeatures))
    choice = as_choice("test_error", test_error, TEST_ERRORS)
    largest = [_largest(key[0], points) for key, points in groups]
    series = choose_test_errors(experiment, largest, choice)
    configurations = tuple(
        Configuration(key[0], key, points, *series[sizes])
        for (key, points), sizes in zip(groups, largest, strict=True)
    )
    d, _, p = largest[0] if largest else (3, 3, 3)
    description = {**describe_experiment(experiment, d, p), "coupling": coupling}
    return Campaign(experiment, grid, configurations, trials, seed, description)


def couple(
    grid: Grid, coupling: str, by_features: bool = False
) -> list[tuple[tuple[int, ...], dict[tuple[int, int, float], list[int]]]]:
    """Return the groups of sizes that share draws: the key of their streams, and their points with positions.

    Positions of equal sizes always share their draws, so that a whole path costs little more than one point.

    Parameters
    ----------
    grid : Grid
        All sizes and ridges or times.
    coupling : {"independent", "nested"}
        Whether sizes of one dimension are independent or parts of one draw.
    by_features : bool
        With nested sizes, whether different p are drawn separately, from the same streams.

    Returns
    -------
    list of (tuple of int, dict)
        Points (n, p, ridge or time) of equal n and p follow each other.
    """
    groups: dict[tuple[int, ...], dict[tuple[int, int], dict[tuple[int, int, float], list[int]]]] = {}
    keys: dict[tuple[int, ...], tuple[int, ...]] = {}
    for (d, n, p, parameter), position in grid.points():
        key = (d,) if coupling == "nested" else (d, n, p)
        group = (*key, p) if by_features else key
        keys[group] = key
        members = groups.setdefault(group, {}).setdefault((n, p), {})
        members.setdefault((n, p, parameter), []).append(position)
    return [
        (
            keys[group],
            {point: positions for points in members.values() for point, positions in points.items()},
        )
        for group, members in groups.items()
    ]


def _largest(d: int, points: Iterable[tuple[int, int, float]]) -> Sizes:
    return d, max(n for n, _, _ in points), max(p for _, p, _ in points)


def describe_sizes(d: int, points: Iterable[Iterable[float]]) -> str:
    """Return sizes in words, with the smallest and largest where there are several.

    Examples
    --------
    >>> describe_sizes(5, [[10, 20, 0.1], [10, 30, 0.1]])
    'd = 5, n = 10, p = 20 to 30'
    """
    words = [f"d = {d}"]
    n, p, _ = zip(*points, strict=True)
    for name, values in (("n", n), ("p", p)):
        least, most = int(min(values)), int(max(values))
        words.append(f"{name} = {least}" if least == most else f"{name} = {least} to {most}")
    return ", ".join(words)


def choose_test_errors(experiment: Experiment, sizes: list[Sizes], choice: str) -> dict[Sizes, Expansion]:
    """Decide for every configuration how to average over a fresh input, and expand the activation where needed.

    Returns
    -------
    dict of (int, int, int) to (PopulationSeries or None, bool)
        The series, and whether the test error is exact.

    Raises
    ------
    InputError
        When the exact average is asked for, or needed for averaged labels, where it is not available, or when
        labels cannot be averaged in memory.
    """
    learner = experiment.learner
    expandable = bool(sizes) and learner.profile(sizes[0][0]) is not None
    spherical = experiment.weights == "sphere" and (
        experiment.inputs == "sphere" or not experiment.average_labels
    )
    must = choice == "exact" or experiment.average_labels
    if must and (not spherical or not expandable or choice == "sampled"):
        name, value = ("labels", "averaged") if experiment.average_labels else ("test_error", choice)
        allowed = "spherical weights, an activation or kernel"
        raise InputError(
            name, value, f"{allowed}, no sampled test error, and for averaged labels spherical inputs"
        )
    sampled = not spherical or choice == "sampled" or (not must and experiment.test_samples is not None)
    if not expandable or (sampled and not isinstance(learner, SurrogateFeatures)):
        return dict.fromkeys(sizes, (None, False))
    result: dict[Sizes, Expansion] = {}
    expansions: dict[int, PopulationSeries] = {}
    for d, n, p in sizes:
        if experiment.average_labels and n * learner.centers(n, p) > STREAM_ELEMENTS:
            allowed = (
                f"at most {STREAM_ELEMENTS} features of all samples, held in memory; not n = {n}, p = {p}"
            )
            raise InputError("labels", "averaged", allowed, 'use labels="drawn"')
        if d not in expansions:
            profile = learner.profile(d)
            assert profile is not None
            expansions[d] = expand(profile, experiment.inputs, d, experiment.highest_degree)
        if isinstance(learner, SurrogateFeatures):
            result[d, n, p] = expansions[d].truncated(learner.degree), not sampled
            continue
        series = choose_series(experiment, d, n, p, expansions[d], whatever_cost=must)
        result[d, n, p] = series, series is not None
        if must and series is None:
            allowed = f"a series that converges; at d = {d} with {learner.centers(n, p)} coefficients"
            advice = 'use test_error="sampled" and labels="drawn"'
            raise InputError("test_error", "exact", f"{allowed} it needs too many degrees", advice)
    return result


def digest(description: Mapping[str, Any]) -> str:
    """Return the SHA-256 of plain data in canonical JSON."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def make_estimate(draws: Array, parameters: Mapping[str, Any], provenance: Mapping[str, Any]) -> Estimate:
    """Return an estimate from draws ``(*grid, trials, observables)``."""
    statistics = {name: Statistic(draws[..., column]) for column, name in enumerate(MEASURED)}
    p = np.asarray(parameters["p"])
    p = np.where(p == 0, np.inf, p) if np.any(p == 0) else p  # a kernel has infinitely many features
    per_feature = Statistic(statistics["norm"].draws * (np.asarray(parameters["n"]) / p)[..., None])
    parameters = {**parameters, "p": p}
    provenance = {**provenance, "numerics": NUMERICS, "version": __version__}
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
