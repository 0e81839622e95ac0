"""The plan of an experiment with an ensemble, or two copies of everything: what is drawn, and what identifies it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.design.configurations import Configuration, couple
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.learning_plan import (
    LEAST_DIMENSION,
    LearningPlan,
    choose_test_errors,
    plan_learning,
)
from asymptotics.simulation.learning.bags import PARTS, TWO_COPIES, Bags, BagTask
from asymptotics.simulation.learning.experiment import MEASURED, Experiment
from asymptotics.simulation.learning.interpretation import TEST_ERRORS, check_sizes
from asymptotics.simulation.learning.streaming import STREAM_ELEMENTS

_PLAIN = ("test_inputs", "labels", "surrogate_degree", "coupling", "precision")
_WHOLE = 1e-9


@dataclass(frozen=True, eq=False)
class EnsemblePlan(LearningPlan):
    """What is drawn for an ensemble of a learner.

    Attributes
    ----------
    bags : Bags or None
        How members are given samples and features; None for parts of the test error by two copies.
    """

    bags: Bags | None = None

    @property
    def observables(self) -> tuple[str, ...]:
        """What is measured, in the order of the results."""
        return (*PARTS, MEASURED[0]) if self.bags is None else self.bags.observables()

    @property
    def drawn(self) -> dict[str, str]:
        """What identifies the ensemble."""
        return {"parts": "two copies"} if self.bags is None else dict(self.bags.description)

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model and the ensemble, and how its test errors were averaged."""
        return {**super().provenance, "ensemble": self.drawn}

    def describe(self, configuration: Configuration, seed: int) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data."""
        return {**super().describe(configuration, seed), "ensemble": self.drawn}

    def task(self, configuration: Configuration, seed: int, first: int, count: int) -> Any:
        """A block of replicates of a configuration."""
        (member,) = configuration.members
        return BagTask(
            self.experiment, self.bags, configuration.d, member.n, member.p, member.parameters, configuration.key, seed,
            first, count, configuration.series, configuration.exact,
        )  # fmt: skip


def as_bags(ensemble: Any) -> Bags:
    """How an ensemble is drawn.

    Parameters
    ----------
    ensemble : object
        With ``members``, ``share``, ``samples``, ``features``, ``bootstrap`` and ``weights``, such as ``Ensemble``.

    Raises
    ------
    InputError
        If it is none, or has infinitely many members.
    """
    try:
        count, text = ensemble.members, ensemble.describe()
        shares = bool(ensemble.shares_data), bool(ensemble.shares_features)
        parts = float(ensemble.samples), float(ensemble.features)
        weights = tuple((float(value), float(chance)) for value, chance in ensemble.weights or ())
    except AttributeError:
        raise InputError("ensemble", ensemble, "an Ensemble, or a number of predictors") from None
    if count == math.inf:
        raise InputError("members", count, "a finite number: the members are drawn")
    described = tuple(sorted((str(name), str(value)) for name, value in text.items()))
    return Bags(int(count), *shares, *parts, bool(ensemble.bootstrap), weights, described)


def plan_ensemble(model: Any, regime: Any, design: Design, bags: Bags | None) -> EnsemblePlan:
    """Check a request about an ensemble, and write down what is to be drawn.

    Parameters
    ----------
    model, regime
        As in `asymptotics.simulation.design.learning_plan.plan_learning`.
    design : Design
        The number of its ensemble is not used.
    bags : Bags or None
        None for the parts of the test error.

    Raises
    ------
    InputError
        If a member would have a share of a sample or a feature, or an option does not apply.
    """
    design = replace(design, ensemble=1)
    design.require_defaults(_PLAIN, "an ensemble")
    single = plan_learning(model, regime, design)
    given = TWO_COPIES if bags is None else bags
    groups = couple(single.grid, design.coupling)
    totals = {key: _total(single.experiment, given, key) for key, _ in groups}
    check_sizes(single.experiment, set(totals.values()))
    series = choose_test_errors(single.experiment, list(totals.values()), _choice(design))
    configurations = tuple(Configuration(key[0], key, points, *series[totals[key]]) for key, points in groups)
    return EnsemblePlan(single.experiment, single.grid, configurations, single.model, bags)


def _choice(design: Design) -> str:
    assert design.test_error in TEST_ERRORS  # or there would be no single plan
    return design.test_error


def _total(experiment: Experiment, bags: Bags, sizes: tuple[int, ...]) -> tuple[int, int, int]:
    """Sizes of everything that is drawn.

    Raises
    ------
    InputError
        If parts are no whole numbers, features cannot be drawn one by one, or there are too many.
    """
    d, n, p = sizes
    learner = experiment.learner
    if learner.has_features and not bags.shares_features and learner.profile(LEAST_DIMENSION) is None:
        if not learner.always_exact:
            raise InputError(
                "ensemble", dict(bags.description), "features that are shared, for a feature map"
            )
    parts = [
        ("samples", bags.samples, n),
        *([("features", bags.features, p)] if learner.has_features else []),
    ]
    for name, share, size in parts:
        if abs(share * size - round(share * size)) > _WHOLE * size or round(share * size) < 1:
            raise InputError(name, share, f"a share of {size} that is a whole number")
    rows, columns = bags.drawn(n, p)
    if rows * max(columns, 1) > STREAM_ELEMENTS:
        raise InputError(
            "ensemble", dict(bags.description), f"at most {STREAM_ELEMENTS} features of all samples"
        )
    return int(d), int(rows), int(np.int64(columns))
