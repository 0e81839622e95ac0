"""What a reference campaign found: families, configurations, verdict, and its text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from asymptotics.models.components import TEST
from asymptotics.models.quantities import D
from asymptotics.report.comparison import COMPARED, SHARP_ALLOWANCE, Comparison
from asymptotics.report.explained import Explained, explained_lines, together
from asymptotics.report.extrapolation import Correction, Extrapolation
from asymptotics.report.families import Family
from asymptotics.report.judgement import Calibration, Pooled, calibrate, holm, normal_score, pool
from asymptotics.simulation.design.options import as_choice
from asymptotics.simulation.estimates.tables import align, write
from asymptotics.version import __version__

Array = NDArray[np.float64]

ALLOWANCE = SHARP_ALLOWANCE
"""Relative difference, in the limit or beside the correction, that orders beyond 1/d^2 may leave."""

WORST = 8
"""Configurations and limits that are shown as the worst."""


@dataclass(frozen=True, eq=False)
class FamilyResult:
    """One family: its configurations, and what their differences come to.

    Attributes
    ----------
    family : Family
    comparisons : tuple of Comparison
        One per size.
    limits : mapping of str to Extrapolation
        Of the relative difference of every observable that is not zero.
    corrections : mapping of str to Correction
        The same differences as powers of 1/d alone.
    equations : tuple of str
        Names and digests of the systems that theory solved.
    orders : mapping of str to Explained
        What theory at next order explains of every observable; empty where there is none.
    apart : str
        Why there is none.
    """

    family: Family
    comparisons: tuple[Comparison, ...]
    limits: Mapping[str, Extrapolation]
    corrections: Mapping[str, Correction]
    equations: tuple[str, ...] = ()
    orders: Mapping[str, Explained] = field(default_factory=dict)
    apart: str = ""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield one dictionary per configuration and observable; shares are in percent of theory."""
        for number, (d, entry) in enumerate(zip(self.family.sizes, self.comparisons, strict=True)):
            for name, fit in self.corrections.items():
                cell, first = entry.observables[name], fit.coefficients[0] / d
                freedom = entry.estimate.trials - 1
                yield {
                    "family": str(self.family),
                    **{key: value.item() for key, value in entry.estimate.parameters.items()},
                    "trials": entry.estimate.trials,
                    "observable": name,
                    "theory": float(cell.theory),
                    "simulation": float(cell.mean),
                    "standard_error": float(cell.standard_error),
                    "percent": float(cell.percent),
                    "standard_errors": float(cell.z),
                    "score": normal_score(float(cell.z), freedom),
                    "percent_in_1/d": 100 * first,
                    "percent_in_1/d^2": 100 * (fit.explained[number] - first),
                    "percent_left": 100 * fit.residuals[number],
                    "score_left": fit.scores[number],
                }


@dataclass(frozen=True)
class Failure:
    """A difference that neither sampling nor corrections of finite size explain.

    Attributes
    ----------
    family : Family
    observable : str
    d : int or None
        Size of the configuration; None for the limit of infinite size.
    difference, standard_error : float
        What is left, relative to theory.
    """

    family: Family
    observable: str
    d: int | None
    difference: float
    standard_error: float

    def __str__(self) -> str:
        where = "limit" if self.d is None else f"d = {self.d}"
        size = f"{100 * self.difference:+.2f} ± {100 * self.standard_error:.2f} %"
        return f"{self.observable}, {where}: {size}, {self.family}"


@dataclass(frozen=True, eq=False)
class ReferenceReport:
    """What a reference campaign found.

    Attributes
    ----------
    results : tuple of FamilyResult
        One per family.
    seed : int
        Of the campaign.
    budget, needed, seconds : float
        Time allowed, time until every configuration had its fewest replicates, and time taken.
    false_alarm_rate : float
        Of the verdict.
    """

    results: tuple[FamilyResult, ...]
    seed: int
    budget: float
    needed: float
    seconds: float
    false_alarm_rate: float

    @property
    def configurations(self) -> int:
        """Number of simulated configurations."""
        return sum(len(entry.comparisons) for entry in self.results)

    @property
    def trials(self) -> int:
        """Number of replicates."""
        return sum(comparison.estimate.trials for entry in self.results for comparison in entry.comparisons)

    @property
    def observables(self) -> list[str]:
        """Observables that any family has."""
        return [name for name in COMPARED if any(name in entry.limits for entry in self.results)]

    @cached_property
    def _rows(self) -> tuple[dict[str, Any], ...]:
        """All rows, once: every score is a quantile of Student's t, and tables, figures and verdict share them."""
        return tuple(row for entry in self.results for row in entry.rows())

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary per configuration and observable."""
        return [dict(row) for row in self._rows]

    def scores(self, observable: str) -> Array:
        """Differences at finite size in standard errors, one per configuration, as normal scores."""
        return np.array([row["score"] for row in self._rows if row["observable"] == observable])

    def limit_scores(self, observable: str) -> Array:
        """Differences extrapolated to 1/d = 0 in standard errors, one per family, as normal scores."""
        return np.array([e.limits[observable].score for e in self.results if observable in e.limits])

    def calibrations(self, observable: str = "test") -> dict[str, Calibration]:
        """Return the scores at finite size and after extrapolation beside normal quantiles.

        Raises
        ------
        InputError
            When no family has this observable.

        Notes
        -----
        Scores of one observable are independent. Those of different observables of one configuration are not,
        since they come from the same draws: each observable has a calibration, and a p-value, of its own.
        """
        as_choice("observable", observable, self.observables)
        return {
            "finite size": calibrate(self.scores(observable)),
            "extrapolated": calibrate(self.limit_scores(observable)),
        }

    def pooled(self, observable: str) -> dict[str, Pooled]:
        """Return chi-squared of the differences: at finite size, beside the corrections, and extrapolated.

        No allowance is made: the first is large because corrections of finite size are seen.
        """
        fits = [entry.corrections[observable] for entry in self.results if observable in entry.corrections]
        total, freedom = sum(fit.chi_squared for fit in fits), sum(fit.degrees_of_freedom for fit in fits)
        return {
            "finite size": pool(self.scores(observable)),
            "corrected": Pooled(total, freedom, float(stats.chi2.sf(total, freedom)) if freedom else 1.0),
            "extrapolated": pool(self.limit_scores(observable)),
        }

    def explained(self, observable: str = TEST.name) -> Explained | None:
        """What theory at next order explains of an observable, over all families that have one."""
        return together(self.results, observable)

    @cached_property
    def failures(self) -> list[Failure]:
        """Limits that are not zero, and configurations that corrections in powers of 1/d do not explain.

        The allowance for orders beyond is taken off; what is left is tested by Holm's procedure over all limits,
        configurations and observables at once.
        """
        cells, p_values = [], []
        for entry in self.results:
            for name, limit in entry.limits.items():
                tested = [(None, limit.limit, limit.limit_standard_error, limit.freedom)]
                fit = entry.corrections[name]
                left = (entry.family.sizes, fit.residuals, fit.residual_standard_errors, fit.freedoms)
                for d, difference, error, freedom in [*tested, *zip(*left, strict=True)]:
                    if error > 0:
                        excess = max(abs(difference) - ALLOWANCE[name], 0.0) / error
                        cells.append(Failure(entry.family, name, d, difference, error))
                        p_values.append(min(2 * float(stats.t.sf(excess, freedom)), 1.0))
        rejected = holm(np.array(p_values), self.false_alarm_rate)
        return [cell for cell, reject in zip(cells, rejected, strict=True) if reject]

    @property
    def agrees(self) -> bool:
        """Whether every limit is zero and corrections of finite size explain every configuration."""
        return not self.failures

    @property
    def verdict(self) -> list[str]:
        """The verdict with its error rate, the failures one by one, and whether the budget was enough."""
        failures = self.failures
        first = "DISAGREES: neither sampling nor corrections of finite size explain"
        lines = [first, *(f"  {failure}" for failure in failures)]
        if not failures:
            lines = [
                "agrees: corrections in 1/d and 1/d^2 explain every configuration, and every limit is zero"
            ]
        allowed = ", ".join(f"{name} {100 * ALLOWANCE[name]:g} %" for name in self.observables)
        rate = f"false-alarm rate at most {100 * self.false_alarm_rate:g} %"
        lines.append(f"({rate}; allowed to orders beyond 1/d^2: {allowed})")
        if self.needed > self.budget:
            lines.append(
                f"(the budget of {self.budget:.0f} s is too small: the fewest replicates took {self.needed:.0f} s)"
            )
        return lines

    def worst(self) -> list[dict[str, Any]]:
        """Return the rows with the largest differences at finite size, in standard errors."""
        return sorted(self._rows, key=lambda row: -abs(row["standard_errors"]))[:WORST]

    def worst_limits(self) -> list[tuple[Family, str, Extrapolation]]:
        """Return the limits with the largest scores."""
        limits = [(entry.family, name, fit) for entry in self.results for name, fit in entry.limits.items()]
        return sorted(limits, key=lambda row: -abs(row[2].score))[:WORST]

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return `rows` as CSV, and write them to a file if a path is given."""
        text, rows = io.StringIO(), self.rows()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return write(text.getvalue(), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return everything but the draws as JSON; infinite numbers are the string ``"inf"``."""
        document = {
            "format": "asymptotics.ReferenceReport/1",
            "agrees": self.agrees,
            "verdict": self.verdict,
            "false_alarm_rate": self.false_alarm_rate,
            "allowance": ALLOWANCE,
            "made": self.made,
            "failures": [{**vars(failure), "family": str(failure.family)} for failure in self.failures],
            "pooled": {
                name: {kind: vars(entry) for kind, entry in self.pooled(name).items()}
                for name in self.observables
            },
            "calibration": {
                name: {kind: entry.p_value for kind, entry in self.calibrations(name).items()}
                for name in self.observables
            },
            "limits": [
                {"family": str(entry.family), "observable": name, "score": fit.score, **vars(fit)}
                for entry in self.results
                for name, fit in entry.limits.items()
            ],
            "configurations": self.rows(),
        }
        return write(json.dumps(_plain(document), indent=1, allow_nan=False), path)

    @property
    def made(self) -> dict[str, Any]:
        """How the report was made: version, seed, budget, time, replicates, and the equations that theory solved."""
        systems = dict.fromkeys(name for entry in self.results for name in entry.equations)
        return {
            "version": __version__,
            "seed": self.seed,
            "budget": self.budget,
            "seconds": self.seconds,
            "configurations": self.configurations,
            "trials": self.trials,
            "equations": list(systems),
        }

    def __str__(self) -> str:
        head = (
            f"Theory against simulation: {self.configurations} configurations in {len(self.results)} families, "
            f"{self.trials} replicates, {self.seconds:.0f} s, version {__version__}"
        )
        title = "test error, simulation minus theory in percent, by growing d, and extrapolated to 1/d = 0:"
        orders = explained_lines(self.results, self.observables)
        blocks = [[head], [title, *self._families()], orders, self._pooled(), self._worst(), self.verdict]
        return "\n\n".join("\n".join(block) for block in blocks)

    __repr__ = __str__

    def _families(self) -> list[str]:
        lines = []
        for entry in self.results:
            cells = [f"{float(one.observables[TEST.name].percent):+6.2f}" for one in entry.comparisons]
            fit = entry.limits[TEST.name]
            limit = f"{100 * fit.limit:+.2f} ± {100 * fit.limit_standard_error:.2f}"
            lines.append(f"  {'  '.join(cells)}   ->  {limit}   {entry.family}")
        return lines

    def _pooled(self) -> list[str]:
        header = (
            "observable",
            "finite size",
            "corrected",
            "p-value",
            "extrapolated",
            "p-value",
            "Kolmogorov-Smirnov p",
        )
        rows = []
        for name in self.observables:
            raw, corrected, limits = self.pooled(name).values()
            shares = [f"{one.chi_squared:.0f}/{one.degrees_of_freedom}" for one in (raw, corrected, limits)]
            ks = self.calibrations(name)["extrapolated"].p_value
            tails = [f"{p:.2g}" for p in (corrected.p_value, limits.p_value, ks)]
            rows.append((name, shares[0], shares[1], tails[0], shares[2], tails[1], tails[2]))
        title = (
            "chi-squared over degrees of freedom; observables are not independent, and nothing is allowed to orders "
            "beyond 1/d^2, which long campaigns resolve:"
        )
        return [title, *align(header, rows)]

    def _worst(self) -> list[str]:
        header = ("in s.e.", "in %", "of it 1/d", "1/d^2", "left in s.e.", "observable", D.name, "family")
        rows = [
            (f"{row['standard_errors']:+.1f}", f"{row['percent']:+.2f}", f"{row['percent_in_1/d']:+.2f}",
             f"{row['percent_in_1/d^2']:+.2f}", f"{row['score_left']:+.1f}",
             row["observable"], f"{row[D.name]:.0f}", row["family"])
            for row in self.worst()
        ]  # fmt: skip
        lines = ["largest differences at finite size, and what corrections explain of them:"]
        lines += align(header, rows, left="family")
        lines += ["", "largest limits:"]
        for family, name, fit in self.worst_limits():
            limit = f"{100 * fit.limit:+.2f} ± {100 * fit.limit_standard_error:.2f} %"
            lines.append(f"  {fit.score:+.1f} s.e.: {limit}, {name}, {family}")
        return lines


def _plain(value: Any) -> Any:
    """Replace what JSON cannot hold."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
