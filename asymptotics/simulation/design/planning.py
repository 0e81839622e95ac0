"""A simulation written down: what is to be drawn, in which blocks, and under which identity it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.models.components import NORM, NORM_PER_FEATURE, RiskValues
from asymptotics.models.quantities import N, P
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.execution import Task
from asymptotics.simulation.design.options import Grid, SeedLike, SizesLike, as_count, as_seed
from asymptotics.simulation.design.settings import as_plan
from asymptotics.simulation.estimates.controls import Control
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.estimates.statistic import Statistic
from asymptotics.simulation.store import digest_of
from asymptotics.version import __version__

Array = NDArray[np.float64]

BLOCK = 8
"""Replicates in a block: small enough that an interruption loses little, the same whatever the number of trials.

Blocks of small replicates that are solved in one stack are as long as that, where the work is not divided into parts.
"""


class Plan(Protocol):
    """What a campaign asks of an experiment: its grid, its blocks of work, and what identifies them."""

    @property
    def grid(self) -> Grid:
        """Sizes and ridge or time of every configuration."""

    @property
    def configurations(self) -> Sequence[Any]:
        """The distinct draws, each with ``points`` as they are stored, and their ``places`` in the grid."""

    @property
    def observables(self) -> tuple[str, ...]:
        """What is measured, in the order of the results."""

    @property
    def controls(self) -> tuple[str, ...]:
        """Quantities with known means that follow them."""

    @property
    def control_means(self) -> Mapping[str, float | None]:
        """Their exact expectations, and None where one is not known."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Sizes and ridge or time of every point, as they are shown."""

    @property
    def provenance(self) -> Mapping[str, Any]:
        """How the numbers are made, as plain data."""

    def cost(self, configuration: Any) -> float:
        """Rough relative cost of a replicate."""

    def describe(self, configuration: Any, seed: int) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data.

        Parameters
        ----------
        configuration : configuration
            One point of the grid of sizes.
        seed : int
            Of the whole simulation.
        """

    def task(self, configuration: Any, seed: int, first: int, count: int) -> Task:
        """A block of replicates of a configuration.

        Parameters
        ----------
        configuration : configuration
            One point of the grid of sizes.
        seed : int
            Of the whole simulation.
        first : int
            Number of the first replicate.
        count : int
            Replicates.
        """


@dataclass(frozen=True, eq=False)
class Campaign:
    """A whole simulation before it is run, as returned by `plan_campaign`.

    Attributes
    ----------
    plan : Plan
        What is drawn.
    trials, seed : int
        Replicates per configuration and seed.
    """

    plan: Plan
    trials: int
    seed: int

    @property
    def configurations(self) -> Sequence[Any]:
        """The distinct draws."""
        return self.plan.configurations

    @property
    def columns(self) -> tuple[str, ...]:
        """What a replicate returns for every point."""
        return (*self.plan.observables, *self.plan.controls)

    def describe(self, configuration: Any) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data."""
        return self.plan.describe(configuration, self.seed)

    def digest(self, configuration: Any) -> str:
        """The identity under which the replicates of a configuration are stored."""
        return digest_of(self.describe(configuration))

    def tasks(
        self, missing: Callable[[Any], Iterable[int]] | None = None, shard: tuple[int, int] = (1, 1)
    ) -> list[tuple[Any, Task]]:
        """The blocks of work that are left, most expensive configurations first.

        Parameters
        ----------
        missing : callable, optional
            Gives the replicates of a configuration that are still to be drawn; all of them by default.
        shard : (int, int), default (1, 1)
            ``(i, n)``: only the i-th of n disjoint parts of the work, counted from 1.

        Returns
        -------
        list of (configuration, Task)
        """
        result = []
        costs = [self.plan.cost(entry) for entry in self.configurations]
        for number in sorted(range(len(costs)), key=lambda number: -costs[number]):
            entry = self.configurations[number]
            wanted = set(range(self.trials) if missing is None else missing(entry))
            stacked = getattr(self.plan.task(entry, self.seed, 0, 1), "stacked", 0) if shard[1] == 1 else 0
            size = max(BLOCK, stacked)
            for block, start in enumerate(range(0, self.trials, size)):
                if (number + block) % shard[1] != shard[0] - 1:
                    continue
                for first, count in _runs(wanted.intersection(range(start, min(start + size, self.trials)))):
                    result.append((entry, self.plan.task(entry, self.seed, first, count)))
        return result

    def assemble(self, results: Mapping[Any, Array]) -> Estimate:
        """The estimate from the results ``(trials, points, columns)`` of every configuration."""
        draws = np.empty((self.plan.grid.size, self.trials, len(self.columns)))
        for configuration in self.configurations:
            for column, positions in enumerate(configuration.places):
                draws[positions] = results[configuration][:, column]
        return make_estimate(
            draws.reshape((*self.plan.grid.shape, self.trials, len(self.columns))),
            self.plan.observables,
            self.plan.parameters,
            {**self.plan.provenance, "seed": self.seed, "trials": self.trials},
            self.plan.control_means,
        )


def plan_campaign(
    model: Any, regime: SizesLike, ridge: Any = None, *, trials: int = 100, seed: SeedLike = 0, **options: Any
) -> Campaign:
    """Check a request and write it down as a campaign, without running anything.

    Parameters
    ----------
    model, regime, ridge, trials, seed
        As in `asymptotics.simulation.design.simulate.simulate`.
    **options
        As there, by the names of the fields of `asymptotics.simulation.design.design.Design`.

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
    (2, 2)
    """
    return plan_design(model, regime, Design.of(ridge, options), trials, seed)


def plan_design(model: Any, regime: SizesLike, design: Design, trials: int, seed: SeedLike) -> Campaign:
    """The campaign of a design; see `plan_campaign`.

    Parameters
    ----------
    model : object
        What is simulated.
    regime : object
        Finite sizes.
    design : Design
        Options of the experiment.
    trials : int
        Replicates of every point, at least 2.
    seed : int
        From which every replicate has its own stream.
    """
    trials, seed = as_count("trials", trials, 2), as_seed(seed)
    return Campaign(as_plan(model, regime, design), trials, seed)


def make_estimate(
    draws: Array,
    observables: Sequence[str],
    parameters: Mapping[str, Any],
    provenance: Mapping[str, Any],
    control_means: Mapping[str, float | None],
) -> Estimate:
    """An estimate from draws ``(*grid, trials, columns)``: observables first, then controls.

    Parameters
    ----------
    draws : ndarray
    observables : sequence of str
        Names of the first columns.
    parameters : mapping of str to ndarray
    provenance : mapping
    control_means : mapping of str to float or None
        Names and exact means of the last columns; one without is no control.
    """
    columns = dict(zip((*observables, *control_means), np.moveaxis(draws, -1, 0), strict=True))
    statistics = {name: Statistic(columns[name]) for name in observables}
    controls = {
        name: Control(columns[name], mean) for name, mean in control_means.items() if mean is not None
    }
    if NORM.name in observables and P.name in parameters:  # the norm is per sample
        samples, features = (np.asarray(parameters[size.name])[..., None] for size in (N, P))
        found = RiskValues.of(columns).by_features(samples, features)
        statistics[NORM_PER_FEATURE.name] = Statistic(found.norm_per_feature)
    if "label_power" not in provenance:
        power = sum(columns[name].mean() if mean is None else mean for name, mean in control_means.items())
        provenance = {**provenance, "label_power": float(power)}
    provenance = {**provenance, "version": __version__}
    return Estimate(**statistics, parameters=parameters, provenance=provenance, controls=controls)


def _runs(numbers: set[int]) -> list[tuple[int, int]]:
    """First number and count of the maximal runs of consecutive integers.

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
