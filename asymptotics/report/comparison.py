"""Theory beside simulation: differences in standard errors and in percent, a verdict with its error rate."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.ensembles.parts import NAMES as PARTS
from asymptotics.errors import InputError
from asymptotics.models import components
from asymptotics.report.comparison_page import comparison_page
from asymptotics.report.differences import POWER, ObservableComparison, differences
from asymptotics.report.judgement import Pooled, detectable, holm, normal_score, pool, skewness_corrected
from asymptotics.report.measurement import Measurement
from asymptotics.report.pairing import broadcast, check_pair, differences_of_kind
from asymptotics.simulation.estimates.statistic import Statistic
from asymptotics.simulation.estimates.tables import align, write

Array = NDArray[np.float64]

COMPARED = tuple(component.name for component in components.COMPARED)

_OTHER_UNITS = {component.name for component in components.RISK if not component.is_error}

DEFAULT_ALLOWANCE = {component.name: component.allowance for component in components.COMPARED}
"""Relative difference that finite size may cause without counting as disagreement."""

SHARP_ALLOWANCE = {component.name: component.sharp_allowance for component in components.COMPARED}
"""The same where theory has the next order already."""

ROUNDING = 1e-9
"""Differences below this share of the label power are rounding: interpolation leaves 1e-30, not 0."""

PRINTED_ROWS = 15


@dataclass(frozen=True, eq=False)
class Comparison:
    """Theory against simulation, as returned by `compare`.

    Attributes
    ----------
    observables : mapping of str to ObservableComparison
        By name: test, bias, variance, train, norm, as far as theory gives them.
    estimate : Estimate or Measurement
        The experiment.
    allowance : mapping of str to float
        Relative finite-size allowance per observable.
    false_alarm_rate : float
        Probability that the verdict is "disagrees" although every difference is within its allowance.
    notes : tuple of str
        In which respects the simulation is not of what the prediction is about.
    caution : str
        Why the prediction is not trusted; empty where it is.
    """

    observables: Mapping[str, ObservableComparison]
    estimate: Any
    allowance: Mapping[str, float]
    false_alarm_rate: float
    notes: tuple[str, ...] = ()
    caution: str = ""

    @property
    def agrees(self) -> bool:
        """Whether no difference is significantly larger than its allowance; `compare` has the error rate."""
        return not any(entry.rejected.any() for entry in self.observables.values())

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary per configuration and observable, with parameters and all numbers."""
        result = []
        for index in np.ndindex(self.estimate.shape):
            parameters = {name: value[index].item() for name, value in self.estimate.parameters.items()}
            for name, entry in self.observables.items():
                result.append(
                    {
                        **parameters,
                        "observable": name,
                        "theory": float(entry.theory[index]),
                        "simulation": float(entry.mean[index]),
                        "standard_error": float(entry.standard_error[index]),
                        "difference": float(entry.difference[index]),
                        "standard_errors": float(entry.z[index]),
                        "percent": float(entry.percent[index]),
                        "p_value": float(entry.p_value[index]),
                        "agrees": not bool(entry.rejected[index]),
                    }
                )
        return result

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Rows whose difference is significantly larger than allowed, worst first."""
        return sorted((row for row in self.rows() if not row["agrees"]), key=lambda row: row["p_value"])

    def pooled(self) -> dict[str, Pooled]:
        """Return the pooled chi-squared of every observable.

        Configurations of equal sizes share their draws (a ridge path): they are first averaged, in units of
        their standard deviations, to one score per size, so that the pooled scores are independent.
        """
        return {name: pool(self.scores(name)) for name in self.observables}

    def scores(self, name: str) -> Array:
        """Return independent scores of one observable, one per distinct sizes, standard normal under theory.

        Notes
        -----
        Student's t with ``trials - 1`` degrees of freedom is mapped to the normal distribution by its
        quantiles. Nested sizes of one dimension share their draws too, and give one score; points of a measurement
        are taken as independent.
        """
        entry, parameters = self.observables[name], self.estimate.parameters
        if isinstance(self.estimate, Measurement):
            return np.array(
                [normal_score(t, self.estimate.trials - 1) for t in entry.z[np.isfinite(entry.z)]]
            )
        shared = self.estimate.shared
        draws = getattr(self.estimate, name).draws
        groups: dict[tuple[float, ...], list[Array]] = {}
        for index in np.ndindex(self.estimate.shape):
            spread = draws[index].std(ddof=1)
            if math.isfinite(entry.z[index]) and spread > 0 and entry.z[index] != 0:
                sizes = tuple(float(parameters[key][index]) for key in shared if key in parameters)
                groups.setdefault(sizes, []).append((draws[index] - entry.theory[index]) / spread)
        scores = []
        for members in groups.values():
            line = np.mean(members, axis=0)
            t = line.mean() / (line.std(ddof=1) / math.sqrt(line.size))
            t = float(skewness_corrected(t, Statistic(line).skewness, line.size))
            scores.append(normal_score(t, line.size - 1))
        return np.array(scores)

    def __str__(self) -> str:
        columns = ("observable", "theory", "simulation", "s.e.", "difference", "in s.e.", "in %", "")
        rows = self.rows()
        measured = isinstance(self.estimate, Measurement)
        kind = "measurement" if measured else f"simulation, {self.estimate.trials} replicates"
        head = f"Theory against {kind}"
        if self.estimate.shape == ():
            sizes = ", ".join(f"{name} = {rows[0][name]:.6g}" for name in self.estimate.parameters)
            return "\n".join(
                [f"{head}: {sizes}", *align(columns, [_cells(row) for row in rows]), *self._verdict()]
            )
        names = tuple(self.estimate.parameters)
        shown = rows if len(rows) <= PRINTED_ROWS else sorted(rows, key=_worst_first)[:PRINTED_ROWS]
        note = (
            []
            if len(rows) == len(shown)
            else [f"({len(shown)} largest of {len(rows)} differences, in standard errors)"]
        )
        cells = [(*(f"{row[name]:.6g}" for name in names), *_cells(row)) for row in shown]
        return "\n".join([head, *align((*names, *columns), cells), *note, *self._verdict()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return comparison_page(self.rows(), tuple(self.estimate.parameters), self._verdict(), self.agrees)

    def to_markdown(self) -> str:
        """Return the whole table and the verdict as Markdown."""
        names = tuple(self.estimate.parameters)
        header = (*names, "observable", "theory", "simulation", "s.e.", "difference", "in s.e.", "in %", "")
        lines = ["| " + " | ".join(header) + " |", "|" + " ---: |" * len(header)]
        for row in self.rows():
            cells = (*(f"{row[name]:.6g}" for name in names), *_cells(row))
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *self._verdict(), ""])

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return `rows` as CSV, and write them to a file if a path is given."""
        text = io.StringIO()
        rows = self.rows()
        writer = csv.DictWriter(
            text, fieldnames=list(rows[0]) if rows else ["observable"], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
        return write(text.getvalue(), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return rows, verdict, pooled statistics and provenance as JSON; what is not finite becomes null."""
        rows = [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
                for row in self.rows()]  # fmt: skip
        document = {
            "format": "asymptotics.Comparison/1",
            "agrees": self.agrees,
            "false_alarm_rate": self.false_alarm_rate,
            "allowance": dict(self.allowance),
            "trials": self.estimate.trials if math.isfinite(self.estimate.trials) else None,
            "rows": rows,
            "pooled": {name: vars(entry) for name, entry in self.pooled().items()},
            "notes": list(self.notes),
            **({"caution": self.caution} if self.caution else {}),
            "provenance": dict(self.estimate.provenance),
        }
        return write(json.dumps(document, indent=1, allow_nan=False), path)

    def _verdict(self) -> list[str]:
        allowed = ", ".join(f"{name} {100 * self.allowance[name]:g} %" for name in self.observables)
        failures = self.failures
        compared = sum(int(np.isfinite(entry.p_value).sum()) for entry in self.observables.values())
        if failures:
            first = (
                f"DISAGREES: {len(failures)} of {compared} differences exceed sampling error plus allowance"
            )
        else:
            first = f"agrees: none of {compared} differences exceeds sampling error plus allowance"
        skipped = sum(entry.z.size for entry in self.observables.values()) - compared
        lines = [first, f"(allowance: {allowed}; false-alarm rate at most {100 * self.false_alarm_rate:g} %)"]
        found = [
            f"{name} {e.detectable_percent}" for name, e in self.observables.items() if e.detectable_percent
        ]
        if found:
            lines.append(
                f"(a difference of {', '.join(found)} would have been found, with probability {POWER:g})"
            )
        if skipped:
            lines.append(f"({skipped} not compared: theory is not finite there)")
        lines += [f"(theory has a caution: {self.caution})"] if self.caution else []
        return [*lines, *(f"(note: {note})" for note in self.notes)]


def compare(
    risk: Any,
    estimate: Any,
    *,
    allowance: float | Mapping[str, float] | None = None,
    false_alarm_rate: float = 0.01,
) -> Comparison:
    r"""Compare a prediction with a simulation or a measurement, and judge.

    Parameters
    ----------
    risk : object
        With some of the attributes ``test``, ``bias``, ``variance``, ``train``, ``norm``: numbers or arrays
        that broadcast to the grid of the estimate; and ``parts``, where these were simulated.
    estimate : Estimate or Measurement
        Result of ``simulate`` or ``simulate_parts``, or numbers of an experiment of one's own.
    allowance : float or mapping of str to float, optional
        Relative difference per observable that finite size may cause; by default 2 % for test, bias and
        variance and 5 % for train and norm; for a risk of order 1 that is not too far from leading order 0.5 %, 2 %
        for train and 1 % for the norm. 0 asks for equality up to sampling error.
    false_alarm_rate : float, default 0.01
        Probability, for the whole table, of the verdict "disagrees" when every true difference is within the
        allowance.

    Returns
    -------
    Comparison
        Prints as a table; ``agrees``, ``rows()``, ``failures``, ``pooled()``, ``to_markdown()``,
        ``to_csv()``.

    Raises
    ------
    InputError
        When the risk has none of the observables or other sizes than the estimate, the estimate is none, the
        allowance is negative or the rate is not between 0 and 1.
    ShapeError
        When the shape of the risk does not broadcast to that of the estimate.

    Notes
    -----
    Of the difference :math:`\Delta` the allowance :math:`\delta\,|\mathrm{theory}|` is taken off, and the
    rest is measured in standard errors, :math:`t = (|\Delta| - \delta\,|\mathrm{theory}|)_+/\mathrm{s.e.}`
    Corrected for the skewness of the draws, its p-value is the two-sided one of Student's t with trials - 1
    degrees of freedom. Holm's step-down procedure over all configurations and observables bounds the rate of
    false alarms of the table whatever their dependence. At the interpolation threshold with a ridge of 1e-3 a stated
    1 % is at most 2 % with 20 replicates and 1.4 % with 100, as a slow test asks of 4000 tables; without a ridge
    there, where draws have no second moment, it holds only approximately.

    The smallest difference that would have been found with probability 95 % is printed too: agreement says as much
    as it is small. Averaged labels (``labels="auto"`` of `simulate`) make it several times smaller.

    References
    ----------
    docs/theory/simulation.md.

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> from asymptotics.simulation import simulate
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> estimate = simulate(model, Namespace(d=20, n=40, p=30), ridge=0.1, trials=10)
    >>> compare(Namespace(train=0.05, test=5.0), estimate).agrees
    False
    """
    if not 0 < false_alarm_rate < 1:
        raise InputError("false_alarm_rate", false_alarm_rate, "a number between 0 and 1")
    check_pair(risk, estimate)
    known = _known(risk, _compared(estimate))
    allowances = _allowances(allowance, list(known), corrected=getattr(risk, "order", 0) > 0)
    power = _label_power(estimate)
    entries: dict[str, dict[str, Array]] = {}
    for name, value in known.items():
        theory = broadcast(name, value, estimate.shape)
        statistic = getattr(estimate, name)
        floor = ROUNDING * (np.abs(statistic.mean) if name in _OTHER_UNITS else power)
        entries[name] = differences(theory, statistic, allowances[name], floor)
    if not entries:
        raise InputError("risk", type(risk).__name__, "an object with one of " + ", ".join(COMPARED))
    p_values = np.concatenate([entry["p_value"].ravel() for entry in entries.values()])
    rejected = iter(np.split(holm(p_values, false_alarm_rate), len(entries)))
    level = false_alarm_rate / max(int(np.isfinite(p_values).sum()), 1)
    observables = {
        name: ObservableComparison(
            **entry,
            rejected=next(rejected).reshape(estimate.shape),
            detectable=allowances[name] * np.abs(entry["theory"])
            + detectable(entry["standard_error"], getattr(estimate, name).trials, level, POWER),
        )
        for name, entry in entries.items()
    }
    allowed = {name: allowances[name] for name in observables}
    notes, caution = differences_of_kind(risk, estimate), getattr(risk, "caution", "")
    return Comparison(observables, estimate, allowed, false_alarm_rate, notes, caution)


def _known(risk: Any, names: Sequence[str]) -> dict[str, Any]:
    """What theory has of these: components, and parts of the test error, computed where they were simulated."""
    parts = getattr(risk, "parts", {}) if any(name in PARTS for name in names) else {}
    found = {name: parts.get(name, None) if name in PARTS else getattr(risk, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _compared(estimate: Any) -> list[str]:
    """Components of the table that a simulation measured, and those of a user's own program."""
    known = {component.name for component in components.RISK}
    return [n for n in COMPARED if n in estimate.statistics] + [
        n for n in estimate.statistics if n not in known
    ]


def _allowances(
    allowance: float | Mapping[str, float] | None, compared: Sequence[str], corrected: bool = False
) -> dict[str, float]:
    default = SHARP_ALLOWANCE if corrected else DEFAULT_ALLOWANCE
    rest = components.TEST.sharp_allowance if corrected else components.TEST.allowance
    result = {name: default.get(name, rest) for name in (*COMPARED, *compared)}
    if isinstance(allowance, Mapping):
        unknown = [name for name in allowance if name not in result]
        if unknown:
            raise InputError("allowance", unknown[0], "observables among " + ", ".join(result))
        result |= {name: float(value) for name, value in allowance.items()}
    elif allowance is not None:
        result = dict.fromkeys(result, float(allowance))
    if not all(math.isfinite(value) and value >= 0 for value in result.values()):
        raise InputError("allowance", allowance, "relative differences, at least 0")
    return result


def _label_power(estimate: Any) -> float:
    """Return E y^2, the natural scale of every error; 0 when the estimate does not say."""
    return float(estimate.provenance.get("label_power", 0.0))


def _worst_first(row: Mapping[str, Any]) -> float:
    return -abs(row["standard_errors"]) if math.isfinite(row["standard_errors"]) else 0.0


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["observable"],
        f"{row['theory']:.6g}",
        f"{row['simulation']:.6g}",
        f"{row['standard_error']:.2g}",
        f"{row['difference']:+.3g}",
        f"{row['standard_errors']:+.1f}",
        f"{row['percent']:+.2f}",
        "" if row["agrees"] else "DISAGREES",
    )
