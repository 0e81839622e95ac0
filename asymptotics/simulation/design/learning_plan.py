"""The plan of an experiment with inputs and labels: sizes that share draws, series, and what identifies them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.quantities import D, N, P
from asymptotics.resources import require_memory
from asymptotics.simulation.design.configurations import COUPLINGS, Configuration, couple, largest_sizes
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.options import (
    Grid,
    as_choice,
    as_grid,
    as_learning_sizes,
    is_infinite,
)
from asymptotics.simulation.design.training import as_method
from asymptotics.simulation.laws.population import PopulationSeries, expand, shorten
from asymptotics.simulation.learning.experiment import (
    COLUMNS,
    CONTROLS,
    Experiment,
    Task,
    default_test_samples,
)
from asymptotics.simulation.learning.fits import Learner
from asymptotics.simulation.learning.interpretation import (
    TEST_ERRORS,
    as_experiment,
    as_learner,
    check_sizes,
    describe_experiment,
)
from asymptotics.simulation.learning.streaming import STREAM_ELEMENTS

Sizes = tuple[int, int, int]
Expansion = tuple[PopulationSeries | None, bool]

NUMERICS = 6
"""Raised whenever the same request would give other draws, so that a store never mixes them."""

LEAST_DIMENSION = 3
"""In which a learner is tried when a grid is empty."""


@dataclass(frozen=True, eq=False)
class LearningPlan:
    """What is drawn for a learner; see `asymptotics.simulation.design.planning.Plan`.

    Attributes
    ----------
    experiment : Experiment
        The model.
    grid : Grid
        Sizes and ridge or time of every configuration.
    configurations : tuple of Configuration
        The distinct sizes.
    model : mapping
        What identifies the model, as plain data.
    """

    experiment: Experiment
    grid: Grid
    configurations: tuple[Configuration, ...]
    model: Mapping[str, Any]

    controls: ClassVar[tuple[str, ...]] = CONTROLS

    @property
    def observables(self) -> tuple[str, ...]:
        """What is measured, in the order of the results."""
        return self.experiment.measured

    @property
    def control_means(self) -> dict[str, float | None]:
        """Exact expectations of the controls."""
        return self.experiment.control_means

    @cached_property
    def fingerprints(self) -> Mapping[Configuration, str]:
        """Digest of the values of the function in every configuration."""
        learner = self.experiment.learner
        if not learner.varies_with_sizes:
            return dict.fromkeys(self.configurations, self.model["fingerprint"])
        sizes = {entry: largest_sizes(entry.d, entry.positions) for entry in self.configurations}
        return {entry: learner.fingerprint(d, p)[1] for entry, (d, _, p) in sizes.items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """Sizes and ridge or time of every point, as they are shown."""
        sizes: dict[str, Any] = dict(self.grid.sizes)
        if not self.experiment.learner.has_features and sizes[P.name].size:
            sizes[P.name] = np.full(self.grid.shape, np.inf)
        return {**sizes, **self.grid.path}

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model, and how its test errors were averaged."""
        exact = [sizes for entry in self.configurations if entry.exact for sizes in entry.sizes]
        sampled = [sizes for entry in self.configurations if not entry.exact for sizes in entry.sizes]
        kinds = {"exact_test_error_sizes": exact, "sampled_test_error_sizes": sampled}
        return {"numerics": NUMERICS, **self.model, **kinds}

    def cost(self, configuration: Configuration) -> int:
        """Rough relative cost of a replicate."""
        learner = self.experiment.learner
        widths = ((m.n, m.p if learner.has_features else m.n) for m in configuration.members)
        return sum(n * p * min(n, p) for n, p in widths)

    def describe(self, configuration: Configuration, seed: int) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data."""
        inputs = self.experiment.inputs.describe([configuration.d])
        columns = (*self.observables, *self.controls)
        other = {} if columns == COLUMNS else {"columns": list(columns)}
        return {
            "numerics": NUMERICS,
            "model": {**self.model, "fingerprint": self.fingerprints[configuration], "inputs": inputs},
            "test_error": "exact" if configuration.exact else "sampled",
            D.name: configuration.d,
            "key": list(configuration.key),
            "points": configuration.points,
            "parameter": _stored_name(self.experiment.training.names),
            "control_means": self.control_means,
            "seed": seed,
            **other,
        }

    def task(self, configuration: Configuration, seed: int, first: int, count: int) -> Task:
        """A block of replicates of a configuration."""
        what = (self.experiment, configuration.d, configuration.members, configuration.key)
        return Task(*what, seed, first, count, configuration.series, configuration.exact)


def _stored_name(names: tuple[str, ...]) -> Any:
    """One name, as stores have always had it, or several."""
    return names[0] if len(names) == 1 else list(names)


def plan_learning(model: Any, regime: Any, design: Design) -> LearningPlan:
    """Check a request about a learner, and write down what is to be drawn.

    Parameters
    ----------
    model : object
        With ``noise``, ``target``, and one of the attributes in
        `asymptotics.simulation.learning.interpretation.READERS`.
    regime : object
        With ``d``, ``n`` and ``p``, as far as the learner has them.
    design : Design

    Raises
    ------
    InputError
        As `asymptotics.simulation.design.simulate.simulate`.
    """
    learner, inputs = as_learner(model, design)
    learner, regime = _at_sizes(learner, regime)
    sizes = as_learning_sizes(regime, learner.has_features, learner.least_dimension)
    training, path = as_method(design)
    grid = as_grid(sizes, path)
    experiment = as_experiment(model, learner, inputs, training, design)
    coupling = as_choice("coupling", design.coupling, COUPLINGS)
    groups = couple(grid, coupling, learner.varies_with_sizes)
    choice = as_choice("test_error", design.test_error, TEST_ERRORS)
    check_sizes(experiment, {(d, n, p) for (d, n, p), _, _ in grid.points()})
    largest = [largest_sizes(key[0], points) for key, points in groups]
    for d, n, p in largest:
        require_memory(_elements(learner, d, n, p), "sizes", {D.name: d, N.name: n, P.name: p}, "a replicate")
    series = choose_test_errors(experiment, largest, choice)
    configurations = tuple(
        Configuration(key[0], key, points, *series[sizes])
        for (key, points), sizes in zip(groups, largest, strict=True)
    )
    description = {**describe_experiment(experiment, largest), "coupling": coupling}
    return LearningPlan(experiment, grid, configurations, description)


def _elements(learner: Learner, d: int, n: int, p: int) -> int:
    """Numbers that a replicate holds at least: inputs, weights, features as far as they are not streamed, and twice
    the smaller Gram matrix.
    """
    m = learner.centers(n, p)
    return (n + m) * d + min(n * m, STREAM_ELEMENTS) + 2 * min(n, m) ** 2


def _at_sizes(learner: Learner, regime: Any) -> tuple[Learner, Any]:
    """The learner and its sizes where it has a dimension of its own."""
    if learner.dimension is None:
        return learner, regime
    if getattr(regime, D.name, None) is not None or not hasattr(regime, N.name):
        raise InputError("regime", regime, "FiniteSize(n=..., p=...), without d", "the spectrum is given")
    p = getattr(regime, P.name, None)
    sizes = SimpleNamespace(d=learner.dimension, n=regime.n, p=p)
    return learner.infinitely_wide() if is_infinite(p) else learner, sizes


def choose_series(
    experiment: Experiment, d: int, n: int, p: int, series: PopulationSeries, *, whatever_cost: bool
) -> PopulationSeries | None:
    """The series for the exact test error where it is accurate and not too expensive.

    Parameters
    ----------
    experiment : Experiment
    d, n, p : int
        Sizes of the configuration.
    series : PopulationSeries
        Expansion of the activation, as far as it was made.
    whatever_cost : bool
        Whether it is taken even where a test set is cheaper.

    Notes
    -----
    With m coefficients the exact average costs about ``m^2 (d + 4 K)`` with K degrees; it is chosen up to ten
    times the cost of the fit and of a sampled test set, because it removes a part of the fluctuations that
    would take many replicates to average out.
    """
    m = experiment.learner.centers(n, p)
    short = shorten(series, m, experiment.highest_degree)
    if short is None or whatever_cost:
        return short
    exact = m * m * (d + 4 * len(short.coefficients))
    fit = n * m * min(n, m) + default_test_samples(d, n, m) * m * (d + 20)
    return short if exact <= 10 * fit else None


def choose_test_errors(experiment: Experiment, sizes: list[Sizes], choice: str) -> dict[Sizes, Expansion]:
    """Decide for every configuration how to average over a fresh input, and expand the activation where needed.

    Parameters
    ----------
    experiment : Experiment
    sizes : list of (d, n, p)
        Of every configuration.
    choice : {"auto", "exact", "sampled"}
        What the user asks for.

    Returns
    -------
    dict of (int, int, int) to (PopulationSeries or None, bool)
        The series, and whether the test error is exact.

    Raises
    ------
    InputError
        If the exact average is asked for, or needed for averaged labels, where it is not available, or labels
        cannot be averaged in memory.
    """
    learner, averaged = experiment.learner, experiment.average_labels
    sampled = choice == "sampled" or (choice == "auto" and experiment.test_samples is not None)
    if learner.always_exact and not averaged:
        return dict.fromkeys(sizes, (None, not sampled))  # a quadratic form, cheaper than any test set
    expandable = learner.profile(sizes[0][0] if sizes else LEAST_DIMENSION) is not None
    inputs = experiment.inputs
    zonal = experiment.weights.name == inputs.exact_weights and (inputs.irreducible or not averaged)
    must = choice == "exact" or averaged
    if must and (not zonal or not expandable or choice == "sampled"):
        name, value = ("labels", "averaged") if averaged else ("test_error", choice)
        allowed = "isotropic inputs and spherical weights, or both on the hypercube, an activation or kernel"
        of_inputs = "for averaged labels inputs of the law of the weights"
        raise InputError(name, value, f"{allowed}, no sampled test error, and {of_inputs}")
    sampled = not zonal or (sampled and not must)
    if not expandable or (sampled and learner.series_degree is None):
        return dict.fromkeys(sizes, (None, False))
    result: dict[Sizes, Expansion] = {}
    expansions: dict[int, PopulationSeries] = {}
    for d, n, p in sizes:
        if averaged and n * learner.centers(n, p) > STREAM_ELEMENTS:
            allowed = (
                f"at most {STREAM_ELEMENTS} features of all samples, held in memory; not n = {n}, p = {p}"
            )
            raise InputError("labels", "averaged", allowed, 'use labels="drawn"')
        if d not in expansions:
            expansions[d] = _expansion(experiment, d)
        if learner.series_degree is not None:
            whole = replace(expansions[d].truncated(learner.series_degree), complete=True)
            result[d, n, p] = whole, not sampled
            continue
        series = choose_series(experiment, d, n, p, expansions[d], whatever_cost=must)
        result[d, n, p] = series, series is not None
        if must and series is None:
            allowed = f"a series that converges; at d = {d} with {learner.centers(n, p)} coefficients"
            advice = 'use test_error="sampled" and labels="drawn"'
            raise InputError("test_error", "exact", f"{allowed} it needs too many degrees", advice)
    return result


def _expansion(experiment: Experiment, d: int) -> PopulationSeries:
    profile, law = experiment.learner.profile(d), experiment.inputs.law
    assert profile is not None and law is not None  # or nothing would be expanded
    return expand(profile, law, d, experiment.highest_degree)
