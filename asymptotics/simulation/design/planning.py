"""A simulation written down: what is to be drawn, in which blocks, and under which identity it is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.design.configurations import (
    COUPLINGS,
    Configuration,
    couple,
    largest_sizes,
)
from asymptotics.simulation.design.options import Grid, SizesLike, as_choice, as_count, as_grid
from asymptotics.simulation.estimates.controls import Control
from asymptotics.simulation.estimates.estimate import Estimate, Statistic
from asymptotics.simulation.laws.population import PopulationSeries, expand
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.learning.covariates import SpectralFeatures
from asymptotics.simulation.learning.experiment import (
    COLUMNS,
    CONTROLS,
    MEASURED,
    Experiment,
    Task,
    choose_series,
)
from asymptotics.simulation.learning.interpretation import (
    TEST_ERRORS,
    ModelLike,
    as_experiment,
    as_request,
    check_sizes,
    describe_experiment,
    fingerprint,
    is_kernel,
)
from asymptotics.simulation.learning.learners import MappedFeatures, SurrogateFeatures
from asymptotics.simulation.learning.streaming import STREAM_ELEMENTS
from asymptotics.version import __version__

Array = NDArray[np.float64]
Sizes = tuple[int, int, int]
Expansion = tuple[PopulationSeries | None, bool]

NUMERICS = 6
"""Raised whenever the same request would give other draws, so that a store never mixes them."""

LEAST_DIMENSION = 3
"""In which a learner is tried when a grid is empty."""

BLOCK = 8
"""Replicates in a block: small enough that an interruption loses little, the same whatever the number of trials."""


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

    @cached_property
    def fingerprints(self) -> Mapping[Configuration, str]:
        """Digest of the values of the function in every configuration: a feature map depends on the sizes."""
        learner = self.experiment.learner
        if not isinstance(learner, MappedFeatures):
            return dict.fromkeys(self.configurations, self.model["fingerprint"])
        sizes = {entry: largest_sizes(entry.d, entry.positions) for entry in self.configurations}
        return {entry: fingerprint(learner, d, p)[1] for entry, (d, _, p) in sizes.items()}

    def describe(self, configuration: Configuration) -> dict[str, Any]:
        """Return everything that the draws of a configuration depend on, as plain data."""
        inputs = self.experiment.inputs.describe([configuration.d])
        return {
            "numerics": NUMERICS,
            "model": {**self.model, "fingerprint": self.fingerprints[configuration], "inputs": inputs},
            "test_error": "exact" if configuration.exact else "sampled",
            "d": configuration.d,
            "key": list(configuration.key),
            "points": configuration.points,
            "parameter": self.experiment.training.parameter,
            "control_means": self.experiment.control_means,
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
        """Return the estimate from the results ``(trials, points, columns)`` of every configuration."""
        draws = np.empty((self.grid.d.size, self.trials, len(COLUMNS)))
        for configuration in self.configurations:
            for column, (n, p, parameter) in enumerate(configuration.points):
                positions = configuration.positions[int(n), int(p), parameter]
                draws[positions] = results[configuration][:, column]
        sampled = [[c.d, m.n, m.p] for c in self.configurations if not c.exact for m in c.members]
        exact = [[c.d, m.n, m.p] for c in self.configurations if c.exact for m in c.members]
        grid = self.grid
        return make_estimate(
            draws.reshape((*grid.shape, self.trials, len(COLUMNS))),
            {"d": grid.d, "n": grid.n, "p": grid.p, self.experiment.training.parameter: grid.path},
            {
                **self.model,
                "exact_test_error_sizes": exact,
                "sampled_test_error_sizes": sampled,
                "seed": self.seed,
                "trials": self.trials,
            },
            self.experiment.control_means,
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
    inputs: Any = "sphere",
    weights: str | None = None,
    test_error: str = "auto",
    labels: str = "drawn",
    test_samples: int | None = None,
    surrogate_degree: int | None = None,
    ensemble: int = 1,
    coupling: str = "independent",
    precision: str = "double",
) -> Campaign:
    """Check a request and write it down as a campaign, without running anything.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample, time, step_size, trials, seed
        As in `asymptotics.simulation.design.simulate.simulate`.
    inputs, weights, test_error, labels, test_samples, surrogate_degree, ensemble, coupling, precision
        As there.

    Returns
    -------
    Campaign

    Raises
    ------
    InputError
        As in `asymptotics.simulation.design.simulate.simulate`.

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
    learner, regime, inputs = as_request(model, regime, inputs, surrogate_degree, ensemble)
    has_features = not is_kernel(learner, regime)
    least = 1 if isinstance(learner, SpectralFeatures) else 2  # one eigenfunction is a spectrum
    grid, training = as_grid(
        regime, ridge, ridge_per_sample, time, step_size, has_features=has_features, least_dimension=least
    )
    experiment = as_experiment(model, training, inputs, weights, test_samples, labels, learner, precision)
    groups = couple(grid, as_choice("coupling", coupling, COUPLINGS), isinstance(learner, MappedFeatures))
    choice = as_choice("test_error", test_error, TEST_ERRORS)
    check_sizes(experiment, {point[:3] for point, _ in grid.points()})
    largest = [largest_sizes(key[0], points) for key, points in groups]
    series = choose_test_errors(experiment, largest, choice)
    configurations = tuple(
        Configuration(key[0], key, points, *series[sizes])
        for (key, points), sizes in zip(groups, largest, strict=True)
    )
    description = {**describe_experiment(experiment, largest), "coupling": coupling}
    return Campaign(experiment, grid, configurations, trials, seed, description)


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
    sampled = choice == "sampled" or (choice == "auto" and experiment.test_samples is not None)
    if isinstance(learner, SpectralFeatures) and not experiment.average_labels:
        return dict.fromkeys(sizes, (None, not sampled))  # a quadratic form, cheaper than any test set
    expandable = learner.profile(sizes[0][0] if sizes else LEAST_DIMENSION) is not None
    law, averaged = experiment.inputs, experiment.average_labels
    zonal = experiment.weights.name == law.exact_weights and (law.irreducible or not averaged)
    must = choice == "exact" or averaged
    if must and (not zonal or not expandable or choice == "sampled"):
        name, value = ("labels", "averaged") if averaged else ("test_error", choice)
        allowed = "isotropic inputs and spherical weights, or both on the hypercube, an activation or kernel"
        inputs = "for averaged labels inputs of the law of the weights"
        raise InputError(name, value, f"{allowed}, no sampled test error, and {inputs}")
    sampled = not zonal or (sampled and not must)
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
            assert profile is not None and isinstance(law, Law)
            expansions[d] = expand(profile, law, d, experiment.highest_degree)
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


def make_estimate(
    draws: Array,
    parameters: Mapping[str, Any],
    provenance: Mapping[str, Any],
    control_means: Mapping[str, float],
) -> Estimate:
    """Return an estimate from draws ``(*grid, trials, columns)``."""
    columns = {name: Statistic(draws[..., column]) for column, name in enumerate(COLUMNS)}
    statistics = {name: columns[name] for name in MEASURED}
    controls = {name: Control(columns[name].draws, control_means[name]) for name in CONTROLS}
    p = np.asarray(parameters["p"])
    p = np.where(p == 0, np.inf, p) if np.any(p == 0) else p  # a kernel has infinitely many features
    per_feature = Statistic(statistics["norm"].draws * (np.asarray(parameters["n"]) / p)[..., None])
    parameters = {**parameters, "p": p}
    power = sum(control_means.values())
    provenance = {"numerics": NUMERICS, **provenance, "label_power": power, "version": __version__}
    return Estimate(
        **statistics,
        norm_per_feature=per_feature,
        parameters=parameters,
        provenance=provenance,
        controls=controls,
    )


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
