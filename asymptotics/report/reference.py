"""The reference campaign: theory against simulation over many models and sizes, within a time budget.

Every family is one model at growing sizes, at a fixed ratio of n and p to powers of d. The theory at finite
size leaves corrections of order 1/d when n and p grow like d, and of order 1/d^2 when they grow like d^2; so
each family is extrapolated to 1/d = 0 by a quadratic in 1/d, where the difference has to vanish.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from asymptotics.errors import InputError
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.prediction.predict import predict
from asymptotics.report.comparison import COMPARED, Comparison, compare
from asymptotics.report.judgement import Calibration, Extrapolation, calibrate, extrapolate, holm
from asymptotics.simulation import simulate

FEWEST_TRIALS, MOST_TRIALS = 16, 5000

LIMIT_ALLOWANCE = {"test": 0.005, "bias": 0.005, "variance": 0.005, "train": 0.02, "norm": 0.01}
"""Relative difference at 1/d = 0 that terms beyond the quadratic fit may leave."""


@dataclass(frozen=True)
class Family:
    """One model at growing sizes.

    Attributes
    ----------
    activation : str
        Name or formula.
    target : mapping of int to float
        Power per degree.
    noise : float
        Label-noise variance.
    samples, features : (float, float)
        ``(theta, kappa)``: n and p are ``theta d^kappa``, rounded.
    ridge : float
        The ridge.
    sizes : tuple of int
        Dimensions d.
    """

    activation: str
    target: Mapping[int, float]
    noise: float
    samples: tuple[float, float]
    features: tuple[float, float]
    ridge: float
    sizes: tuple[int, ...]

    def regime(self, d: int) -> FiniteSize:
        """Return the sizes at one dimension."""
        n, p = (round(theta * d**kappa) for theta, kappa in (self.samples, self.features))
        return FiniteSize(d=d, n=n, p=p)

    def model(self) -> RandomFeaturesRidge:
        """Return the model."""
        return RandomFeaturesRidge(self.activation, target=dict(self.target), noise=self.noise)

    def __str__(self) -> str:
        (n, kn), (p, kp) = self.samples, self.features
        degrees = ", ".join(f"{k}: {power:g}" for k, power in self.target.items())
        sizes = f"n = {n:g} d{'' if kn == 1 else f'^{kn:g}'}, p = {p:g} d{'' if kp == 1 else f'^{kp:g}'}"
        return f"{self.activation}, target {{{degrees}}}, noise {self.noise:g}, {sizes}, ridge {self.ridge:g}"


_LINEAR = (16, 24, 40, 72)
_SQUARE = (8, 11, 15, 21)

REFERENCE_FAMILIES = (
    Family("relu", {1: 1.0}, 0.1, (2, 1), (3, 1), 1e-2, _LINEAR),
    Family("relu", {1: 1.0, 2: 0.25}, 0.0, (2, 1), (2, 1), 0.1, _LINEAR),
    Family("relu", {1: 1.0}, 0.5, (3, 1), (1, 1), 1e-2, _LINEAR),
    Family("tanh", {1: 1.0, 3: 0.2}, 0.1, (3, 1), (1.5, 1), 0.1, _LINEAR),
    Family("tanh", {1: 1.0}, 0.2, (1, 1), (4, 1), 0.05, _LINEAR),
    Family("erf", {1: 1.0, 2: 0.5}, 0.1, (0.5, 1), (1.5, 1), 0.02, _LINEAR),
    Family("gelu", {0: 0.2, 1: 1.0, 2: 0.5}, 0.2, (1.5, 1), (4, 1), 0.05, _LINEAR),
    Family("sigmoid", {0: 1.0, 1: 1.0}, 0.1, (2, 1), (2.5, 1), 1e-2, _LINEAR),
    Family("softplus", {1: 1.0}, 0.0, (4, 1), (2, 1), 0.01, _LINEAR),
    Family("abs", {0: 0.5, 2: 1.0}, 0.1, (3, 1), (3, 1), 0.2, _LINEAR),
    Family("cos", {0: 0.5, 1: 0.2, 2: 0.3}, 0.1, (2, 1), (3, 1), 0.1, _LINEAR),
    Family("max(x, 0) - x/3", {1: 1.0, 2: 0.5}, 0.1, (2, 1), (5, 1), 0.02, _LINEAR),
    Family("relu", {1: 0.5, 2: 1.0}, 0.1, (0.5, 2), (0.8, 2), 1e-2, _SQUARE),
    Family("relu", {1: 0.5, 2: 1.0, 3: 0.2}, 0.1, (1.0, 2), (0.4, 2), 0.02, _SQUARE),
    Family("gelu", {1: 0.5, 2: 1.0}, 0.2, (0.6, 2), (2, 1), 0.05, _SQUARE),
    Family("softplus", {1: 1.0, 2: 0.5}, 0.1, (2, 1), (0.8, 2), 0.02, _SQUARE),
)


@dataclass(frozen=True, eq=False)
class ReferenceReport:
    """What a reference campaign found.

    Attributes
    ----------
    families : tuple of Family
        What was compared.
    comparisons : tuple of tuple of Comparison
        One per family and size.
    extrapolations : tuple of mapping of str to Extrapolation
        Per family and observable, of the relative difference.
    seconds : float
        Time it took.
    false_alarm_rate : float
        Of the verdict.
    """

    families: tuple[Family, ...]
    comparisons: tuple[tuple[Comparison, ...], ...]
    extrapolations: tuple[Mapping[str, Extrapolation], ...]
    seconds: float
    false_alarm_rate: float

    @property
    def configurations(self) -> int:
        """Number of simulated configurations."""
        return sum(len(entries) for entries in self.comparisons)

    def calibration(self, name: str = "test") -> Calibration:
        """Return the quantiles of the extrapolated differences of an observable, in standard errors."""
        return calibrate(np.array([entry[name].z for entry in self.extrapolations if name in entry]))

    @property
    def failures(self) -> list[tuple[Family, str, Extrapolation]]:
        """Families and observables whose limit differs from zero by more than its allowance and sampling error."""
        cells = [(family, name, fit) for family, entry in zip(self.families, self.extrapolations, strict=True)
                 for name, fit in entry.items()]  # fmt: skip
        excess = [
            max(abs(fit.limit) - LIMIT_ALLOWANCE[name], 0.0) / fit.limit_standard_error
            for _, name, fit in cells
        ]
        rejected = holm(np.array([min(2 * stats.norm.sf(z), 1.0) for z in excess]), self.false_alarm_rate)
        return [cell for cell, reject in zip(cells, rejected, strict=True) if reject]

    @property
    def agrees(self) -> bool:
        """Whether theory and simulation agree in the limit of large size in every family."""
        return not self.failures

    def __str__(self) -> str:
        trials = sum(entry.estimate.trials for entries in self.comparisons for entry in entries)
        lines = [
            f"Reference campaign: {self.configurations} configurations in {len(self.families)} families, "
            f"{trials} replicates, {self.seconds:.0f} s",
            "relative difference of test error in percent, simulation minus theory, by growing d, and at 1/d = 0:",
        ]
        for family, entries, fits in zip(self.families, self.comparisons, self.extrapolations, strict=True):
            cells = [float(entry.observables["test"].percent) for entry in entries]
            shown = "  ".join(f"{cell:+6.2f}" for cell in cells)
            fit = fits["test"]
            limit = f"{100 * fit.limit:+.2f} ± {100 * fit.limit_standard_error:.2f}"
            lines.append(f"  {shown}   ->  {limit}   {family}")
        lines.append(f"extrapolated test error: {str(self.calibration()).replace(chr(10), '; ')}")
        if self.agrees:
            lines.append("agrees: no family differs from theory in the limit")
        for family, name, fit in self.failures:
            lines.append(f"DISAGREES: {name}, {family}: {fit}")
        lines.append(f"(false-alarm rate at most {100 * self.false_alarm_rate:g} %)")
        return "\n".join(lines)

    def to_markdown(self) -> str:
        """Return the whole report: extrapolations of every observable, calibration, all configurations."""
        lines = [
            "# Theory against simulation",
            "",
            "```",
            str(self),
            "```",
            "",
            "## Limits of relative differences",
            "",
        ]
        lines += ["| family | observable | limit in % | standard error | in s.e. | c_1 | c_2 | fit p-value |"]
        lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
        for family, fits in zip(self.families, self.extrapolations, strict=True):
            for name, fit in fits.items():
                lines.append(
                    f"| {family} | {name} | {100 * fit.limit:+.3f} | {100 * fit.limit_standard_error:.3f} | "
                    f"{fit.z:+.1f} | {' | '.join(f'{c:+.2g}' for c in fit.coefficients)} | {fit.p_value:.2g} |"
                )
        lines += ["", "## Configurations", ""]
        for family, entries in zip(self.families, self.comparisons, strict=True):
            lines += [f"### {family}", ""]
            for entry in entries:
                lines += [entry.to_markdown()]
        return "\n".join(lines)


def reference_campaign(
    seconds: float = 120.0,
    *,
    families: Sequence[Family] = REFERENCE_FAMILIES,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
    false_alarm_rate: float = 0.01,
    say: Callable[[str], None] | None = None,
) -> ReferenceReport:
    """Compare theory with simulation over a designed set of configurations.

    Parameters
    ----------
    seconds : float, default 120
        Time budget. It sets the number of replicates, at least 16 per configuration, so that very small
        budgets are exceeded; the draws themselves do not depend on it.
    families : sequence of Family
        What to compare; 16 families of 4 sizes by default.
    seed : int, default 0
        Seed of the simulations; family i uses ``seed + i``.
    executor : concurrent.futures.Executor, optional
        Where to run the replicates.
    store : path-like, optional
        SQLite file to keep them in; see ``simulate``.
    false_alarm_rate : float, default 0.01
        Of the verdict, by Holm's procedure over all families and observables.
    say : callable, optional
        Told which family is being run, one line at a time.

    Returns
    -------
    ReferenceReport
        Prints as a table; ``to_markdown()`` has every configuration.

    Raises
    ------
    InputError
        When the budget is not positive.
    """
    if not (np.isfinite(seconds) and seconds > 0):
        raise InputError("seconds", seconds, "a positive number")
    start = time.monotonic()
    left = sum(len(family.sizes) for family in families)
    comparisons, extrapolations = [], []
    for number, family in enumerate(families):
        if say is not None:
            say(f"{number + 1}/{len(families)}: {family}")
        entries = []
        for d in family.sizes:
            share = (seconds - (time.monotonic() - start)) / left
            entries.append(_compare_size(family, d, share, seed + number, executor, store))
            left -= 1
        comparisons.append(tuple(entries))
        extrapolations.append(_extrapolate_family(family, entries))
    took = time.monotonic() - start
    return ReferenceReport(tuple(families), tuple(comparisons), tuple(extrapolations), took, false_alarm_rate)


def _compare_size(family: Family, d: int, seconds: float, seed: int, executor: Any, store: Any) -> Comparison:
    """Simulate one size for about the given time, after a pilot that measures the cost."""
    model, regime = family.model(), family.regime(d)
    arguments = {"seed": seed, "labels": "averaged", "store": store, "progress": False}
    begin = time.monotonic()
    simulate(model, regime, family.ridge, trials=FEWEST_TRIALS, executor=executor, **arguments)
    cost = (time.monotonic() - begin) / FEWEST_TRIALS
    trials = int(np.clip(seconds / max(cost, 1e-9), FEWEST_TRIALS, MOST_TRIALS))
    estimate = simulate(model, regime, family.ridge, trials=trials, executor=executor, **arguments)
    return compare(predict(model, regime, ridge=family.ridge), estimate)


def _extrapolate_family(family: Family, entries: Sequence[Comparison]) -> dict[str, Extrapolation]:
    """Extrapolate the relative difference of every observable that is not zero."""
    result = {}
    for name in COMPARED:
        if any(name not in entry.observables for entry in entries):
            continue
        cells = [entry.observables[name] for entry in entries]
        theory = np.array([float(cell.theory) for cell in cells])
        error = np.array([float(cell.standard_error) for cell in cells])
        if (theory > 0).all() and (error > 0).all():
            difference = np.array([float(cell.difference) for cell in cells])
            order, sizes = min(2, len(family.sizes) - 1), np.array(family.sizes)
            result[name] = extrapolate(sizes, difference / theory, error / theory, order=order)
    return result
