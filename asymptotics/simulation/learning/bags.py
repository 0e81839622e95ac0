r"""Ensembles of predictors that share samples, features, parts of them, or nothing; and the parts of a test error.

All samples and all features of one replicate are drawn at once. A member is trained on some of the rows, with weights,
and some of the columns; its coefficients are embedded among those of everything that was drawn, where averages over
fresh inputs are taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.models.components import NORM, TESTED, TRAIN, RiskValues
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.learning.experiment import (
    Experiment,
    Task,
    control_values,
    fresh_errors,
)
from asymptotics.simulation.learning.fits import Fit
from asymptotics.simulation.learning.least_squares import KernelProblem, RidgeProblem
from asymptotics.simulation.learning.nesting import Member
from asymptotics.simulation.threads import one_thread

Array = NDArray[np.float64]
Places = NDArray[np.intp]

PARTS = ("bias2", "features", "data", "features:data", "data:noise", "features:data:noise")
"""Parts of the test error, as theory names them."""

_BAGS = 1


@dataclass(frozen=True)
class Bags:
    """How members are given samples and features.

    Attributes
    ----------
    count : int
        Number of members.
    shares_data, shares_features : bool
    samples, features : float
        Shares that a member is given.
    bootstrap : bool
        Whether samples are drawn with replacement.
    weights : tuple of (float, float)
        Values and probabilities of the weights of samples, drawn for every member; none if all weigh the same.
    description : tuple of (str, str)
        What identifies it.
    """

    count: int
    shares_data: bool
    shares_features: bool
    samples: float = 1.0
    features: float = 1.0
    bootstrap: bool = False
    weights: tuple[tuple[float, float], ...] = ()
    description: tuple[tuple[str, str], ...] = ()

    def sizes(self, n: int, p: int) -> tuple[int, int]:
        """Numbers of samples and of features of one member.

        Parameters
        ----------
        n : int
            Samples.
        p : int
            Features.
        """
        return round(self.samples * n), round(self.features * p)

    def drawn(self, n: int, p: int) -> tuple[int, int]:
        """Numbers of samples and of features that are drawn altogether.

        Parameters
        ----------
        n : int
            Samples of a member.
        p : int
            Features of a member.
        """
        rows, columns = self.sizes(n, p)
        return (
            n if self.shares_data else self.count * rows,
            p if self.shares_features else self.count * columns,
        )

    def choices(
        self, n: int, p: int, generator: np.random.Generator
    ) -> Iterator[tuple[Places, Places, Array]]:
        """Rows and columns of every member, and the weights of its rows, which are positive.

        Parameters
        ----------
        n : int
            Samples.
        p : int
            Features.
        generator : np.random.Generator
            Source of randomness.
        """
        sizes, (rows, columns) = self.sizes(n, p), self.drawn(n, p)
        for member in range(self.count):
            chosen = []
            for size, total, shared, again in (
                (sizes[0], rows, self.shares_data, self.bootstrap), (sizes[1], columns, self.shares_features, False)
            ):  # fmt: skip
                if not shared:
                    chosen.append(np.arange(member * size, (member + 1) * size))
                elif size == total and not again:
                    chosen.append(np.arange(total))
                else:
                    chosen.append(np.sort(generator.choice(total, size, replace=again)))
            weights = np.ones(chosen[0].size)
            if self.weights:
                values, chances = np.transpose(self.weights)
                weights = generator.choice(values, chosen[0].size, p=chances)
            kept = weights > 0
            yield chosen[0][kept], chosen[1], weights[kept]

    def observables(self) -> tuple[str, ...]:
        """What is measured: no training error without shared data, no norm of members of another size."""
        own = self.samples == 1 and self.features == 1 and not self.bootstrap and not self.weights
        found = (*TESTED, *([TRAIN] if self.shares_data else []), *([NORM] if own else []))
        return tuple(component.name for component in found)


@dataclass(frozen=True)
class BagTask:
    """A block of replicates of an ensemble, or of two-copy estimates of parts where ``bags`` is None.

    Attributes
    ----------
    experiment : Experiment
    bags : Bags or None
    d, n, p : int
        Sizes that members are given parts of.
    parameters : tuple
        Ridges, times, or what else training has.
    key : tuple of int
        What, besides the seed, the draws depend on.
    seed, first, count : int
    series : PopulationSeries or None
    exact : bool
    """

    experiment: Experiment
    bags: Bags | None
    d: int
    n: int
    p: int
    parameters: tuple[Any, ...]
    key: tuple[int, ...]
    seed: int
    first: int = 0
    count: int = 1
    series: PopulationSeries | None = None
    exact: bool = False

    def run(self) -> Array:
        """The results of every replicate of the block, with BLAS limited to one thread."""
        with one_thread():
            replicates = range(self.first, self.first + self.count)
            return np.stack([self._replicate(replicate) for replicate in replicates])

    def _replicate(self, replicate: int) -> Array:
        bags = TWO_COPIES if self.bags is None else self.bags
        experiment, (rows, columns) = self.experiment, bags.drawn(self.n, self.p)
        streams = replicate_streams(self.seed, self.key, replicate)
        drawn = experiment.inputs.draw(rows, self.d, streams.inputs)
        fit = experiment.learner.draw(drawn.points, experiment.weights, columns, streams.weights, self.series)
        labelled = drawn.label(dict(experiment.powers), streams.target)
        noise = np.sqrt(experiment.noise) * streams.noise.standard_normal(rows)
        labels = np.column_stack([labelled.values, noise])

        member = Member(rows, columns, self.parameters)
        whole = Task(
            self.experiment, self.d, (member,), self.key, self.seed, series=self.series, exact=self.exact
        )

        def errors(solutions: Array) -> Array:
            return fresh_errors(whole, fit, labelled, solutions, streams.test_inputs)

        controls = np.broadcast_to(control_values(labels), (len(self.parameters), 3))
        if self.bags is None:
            return np.column_stack([self._parts(fit, labels, errors), controls])
        seeds = np.random.SeedSequence(self.seed, spawn_key=(*self.key, replicate, _BAGS))
        chosen = bags.choices(self.n, self.p, np.random.Generator(np.random.PCG64DXSM(seeds)))
        found = [self._member(fit, labels, *which) for which in chosen]
        average = np.mean([coefficients for coefficients, _ in found], axis=0)
        residuals = labels.sum(axis=1)[:, None] - fit.predict(average.sum(axis=2).T)
        norm = np.mean([norm for _, norm in found], axis=0)
        test, bias, variance = errors(average).T
        risk = RiskValues(test, bias, variance, (residuals**2).sum(axis=0) / rows, norm).named()
        return np.column_stack([*(risk[name] for name in bags.observables()), controls])

    def _member(
        self, fit: Fit, labels: Array, rows: Places, columns: Places, weights: Array
    ) -> tuple[Array, Array]:
        """Coefficients of one member among all that are drawn ``(path, m, 2)``, and its norms per sample."""
        design, training = np.asarray(fit.design), self.experiment.training
        whole = np.zeros((len(self.parameters), design.shape[1], labels.shape[1]))
        if not rows.size:
            return whole, np.zeros(len(self.parameters))
        # Weights on the squares are their roots on rows of features and on labels.
        roots = np.sqrt(weights)[:, None]
        if fit.metric is not None:
            part = roots * np.asarray(fit.metric)[np.ix_(rows, rows)] * roots.T
            found = KernelProblem(part).solve_path(roots * labels[rows], self.parameters, training)
            np.add.at(whole.swapaxes(0, 1), rows, (roots * found).swapaxes(0, 1))
        else:
            factor = float(np.sqrt(fit.width / columns.size))
            part = roots * (factor * design[np.ix_(rows, columns)])
            found = RidgeProblem(part).solve_path(roots * labels[rows], self.parameters, training)
            whole[:, columns] = factor * found
        sums = found.sum(axis=2)
        images = sums if fit.metric is None else sums @ part
        return whole, np.einsum("km,km->k", sums, images) / rows.size

    def _parts(self, fit: Fit, labels: Array, errors: Any) -> Array:
        """The six parts from two data sets and two sets of features, without bias, and their sum."""
        rows = np.split(np.arange(len(labels)), 2)
        columns = (
            [np.arange(0)] * 2 if fit.metric is not None else np.split(np.arange(fit.design.shape[1]), 2)
        )
        places = [(f, x) for f in (0, 1) for x in (0, 1)]
        single = {
            (f, x): self._member(fit, labels, rows[x], columns[f], np.ones(rows[x].size))[0]
            for f, x in places
        }
        pairs = list(itertools.combinations_with_replacement(places, 2))
        middle = np.concatenate([(single[one] + single[two]) / 2 for one, two in pairs])
        squares = np.split(errors(middle)[:, 1:].T, len(pairs), axis=1)
        own = {one: square for (one, two), square in zip(pairs, squares, strict=True) if one == two}
        shared: dict[tuple[bool, bool], list[Array]] = {}
        for (one, two), square in zip(pairs, squares, strict=True):
            # A product of errors from the squared error in the middle of both.
            cross = 2 * square - (own[one] + own[two]) / 2
            shared.setdefault((one[0] == two[0], one[1] == two[1]), []).append(cross)
        keys = ((False, False), (True, False), (False, True), (True, True))
        none, features, data, every = (np.mean(shared[key], axis=0) for key in keys)
        interaction = every[0] - features[0] - data[0] + none[0]
        found = [none[0], features[0] - none[0], data[0] - none[0], interaction, data[1], every[1] - data[1]]
        return np.column_stack([*found, every.sum(axis=0)])


TWO_COPIES = Bags(2, False, False)
"""Two data sets and two sets of features."""
