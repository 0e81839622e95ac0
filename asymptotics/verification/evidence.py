"""Evidence: what one check found, how strong it is, and what a run of derivations adds up to."""

from __future__ import annotations

import enum
import functools
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from asymptotics.errors import DerivationError


class Evidence(enum.IntEnum):
    """Grade of a check, from a theorem taken on trust to exact arithmetic.

    Examples
    --------
    >>> min(Evidence.EXACT, Evidence.STATISTICAL).name
    'STATISTICAL'
    """

    ASSUMED = 1
    STATISTICAL = 2
    CONVERGED = 3
    ENCLOSED = 4
    EXACT = 5

    def __str__(self) -> str:
        return self.name


def weakest(grades: Iterable[Evidence]) -> Evidence:
    """The lowest of the grades; no grade at all counts as exact (nothing was claimed)."""
    return min(grades, default=Evidence.EXACT)


@dataclass(frozen=True)
class Check:
    """One test of one statement.

    Attributes
    ----------
    kind : str
        Which check it is (``identity``, ``limit``, ...).
    statement : str
        What is claimed, in words.
    grade : Evidence
    passed : bool
    detail : str
        How it was found, or what went wrong.
    formulas : tuple of str
        LaTeX of the claim, printed from the objects that were compared.
    reference : str
        Key of the bibliography, obligatory for an assumption.
    seconds : float
    """

    kind: str
    statement: str
    grade: Evidence
    passed: bool
    detail: str = ""
    formulas: tuple[str, ...] = ()
    reference: str = ""
    seconds: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        mark = "ok  " if self.passed else "FAIL"
        note = f"  [{self.detail}]" if self.detail else ""
        return f"{mark} {self.grade.name:<11} {self.statement}{note}"

    def data(self) -> dict[str, Any]:
        """The check as JSON data."""
        return {
            "kind": self.kind,
            "statement": self.statement,
            "grade": self.grade.name,
            "passed": self.passed,
            "detail": self.detail,
            "reference": self.reference,
            "seconds": round(self.seconds, 4),
        }


def timed(function: Callable[..., Check]) -> Callable[..., Check]:
    """Measure a check; an engine error inside it is a failed check with the reason."""

    @functools.wraps(function)
    def measured(*arguments: Any, **options: Any) -> Check:
        start = time.perf_counter()
        try:
            check = function(*arguments, **options)
        except DerivationError as problem:
            statement = str(options.get("statement") or function.__name__)
            check = Check(function.__name__, statement, Evidence.EXACT, False, str(problem))
        return replace(check, seconds=time.perf_counter() - start)

    return measured


@dataclass(frozen=True)
class StepReport:
    """What one step of a derivation showed.

    Attributes
    ----------
    name, title : str
    checks : tuple of Check
    seconds : float
    error : str
        Why the step did not finish (empty: it did).
    """

    name: str
    title: str
    checks: tuple[Check, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the step finished and each of its checks holds."""
        return not self.error and all(check.passed for check in self.checks)

    @property
    def grade(self) -> Evidence:
        """The weakest of its checks; a step that only defines something is exact."""
        return weakest(check.grade for check in self.checks)

    def lines(self) -> list[str]:
        """The report, line by line."""
        mark = "ok  " if self.passed else "FAIL"
        lines = [f"  {mark} {self.grade.name:<11} {self.title}  ({self.seconds:.2f} s)"]
        lines += [f"         {check}" for check in self.checks]
        lines += [f"         {line}" for line in self.error.splitlines()]
        return lines

    def data(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "name": self.name,
            "title": self.title,
            "passed": self.passed,
            "grade": self.grade.name,
            "error": self.error,
            "seconds": round(self.seconds, 4),
            "checks": [check.data() for check in self.checks],
        }


@dataclass(frozen=True)
class DerivationReport:
    """What one derivation showed.

    Attributes
    ----------
    id, title : str
    steps : tuple of StepReport
        Steps after a failed one are not run and not listed.
    uses : tuple of DerivationReport
        Reports of the derivations it builds on.
    digest : str
        Digest of the system it concludes with (empty: it concludes with something else).
    remaining : tuple of str
        Titles of the steps that were not reached.
    """

    id: str
    title: str
    steps: tuple[StepReport, ...]
    uses: tuple[DerivationReport, ...] = ()
    digest: str = ""
    remaining: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every step, here and in the derivations it uses, was reached and passed."""
        own = bool(self.steps) and not self.remaining and all(step.passed for step in self.steps)
        return own and all(report.passed for report in self.uses)

    @property
    def grade(self) -> Evidence:
        """The weakest of its steps and of the derivations it uses."""
        return weakest([step.grade for step in self.steps] + [report.grade for report in self.uses])

    @property
    def proved_grade(self) -> Evidence:
        """The grade of everything but what is explicitly assumed."""
        own = [check.grade for check in self.checks() if check.grade is not Evidence.ASSUMED]
        return weakest(own + [report.proved_grade for report in self.uses])

    @property
    def seconds(self) -> float:
        """Time its own steps took."""
        return sum(step.seconds for step in self.steps)

    def checks(self) -> tuple[Check, ...]:
        """Every check of its own steps."""
        return tuple(check for step in self.steps for check in step.checks)

    def assumptions(self) -> tuple[Check, ...]:
        """Every assumption it rests on, those of the derivations it uses included."""
        inherited = [check for report in self.uses for check in report.assumptions()]
        own = [check for check in self.checks() if check.grade is Evidence.ASSUMED]
        return tuple(dict.fromkeys([*inherited, *own]))

    def lines(self) -> list[str]:
        """The report, line by line."""
        mark = "ok  " if self.passed else "FAIL"
        lines = [f"{mark} {self.id}: {self.title}  ({self.seconds:.2f} s)"]
        for step in self.steps:
            lines += step.lines()
        lines += [f"       not reached: {title}" for title in self.remaining]
        lines += [f"       builds on {report.id}, which failed" for report in self.uses if not report.passed]
        assumed = self.assumptions()
        suffix = f"; {len(assumed)} assumed" if assumed else ""
        rest = f"everything not assumed: {self.proved_grade.name}{suffix}"
        lines.append(f"     grade {self.grade.name} ({rest})")
        if self.digest:
            lines.append(f"     system {self.digest[:16]}")
        return lines

    def data(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "id": self.id,
            "title": self.title,
            "passed": self.passed,
            "grade": self.grade.name,
            "proved_grade": self.proved_grade.name,
            "digest": self.digest,
            "seconds": round(self.seconds, 4),
            "uses": [report.id for report in self.uses],
            "assumptions": [check.data() for check in self.assumptions()],
            "steps": [step.data() for step in self.steps],
            "not_reached": list(self.remaining),
        }


_COLORS = {True: "#2e7d32", False: "#b71c1c"}


def _folded(report: DerivationReport) -> str:
    """A derivation as a line in color that opens to its report."""
    head, *lines = report.lines()
    title = f'<span style="color:{_COLORS[report.passed]}">{escape(head)}</span>'
    opened = "" if report.passed else " open"
    return f"<details{opened}><summary>{title}</summary><pre>{escape(chr(10).join(lines))}</pre></details>"


@dataclass(frozen=True, repr=False)
class Verdict:
    """Outcome of a run of derivations; printing it shows the whole report.

    Attributes
    ----------
    reports : tuple of DerivationReport
        In the order of the argument: what is used stands before what uses it.
    """

    reports: tuple[DerivationReport, ...]

    @property
    def passed(self) -> bool:
        """Whether every derivation passed (and there was at least one)."""
        return bool(self.reports) and all(report.passed for report in self.reports)

    @property
    def grade(self) -> Evidence:
        """The weakest grade of all derivations."""
        return weakest(report.grade for report in self.reports)

    @property
    def seconds(self) -> float:
        """Total time of all steps."""
        return sum(report.seconds for report in self.reports)

    def __getitem__(self, name: str) -> DerivationReport:
        return next(report for report in self.reports if report.id == name)

    def rows(self) -> list[tuple[str, str, bool, str, float]]:
        """One row per step: derivation, step title, passed, grade, seconds."""
        return [
            (report.id, step.title, step.passed, step.grade.name, step.seconds)
            for report in self.reports
            for step in report.steps
        ]

    def __str__(self) -> str:
        lines = [line for report in self.reports for line in [*report.lines(), ""]]
        count = sum(len(report.checks()) for report in self.reports)
        failed = [report.id for report in self.reports if not report.passed]
        outcome = f"FAILED: {', '.join(failed)}" if failed else "all passed"
        tally = f"{len(self.reports)} derivations, {count} checks, {self.seconds:.1f} s"
        return "\n".join([*lines, f"{tally}: {outcome}"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = escape(str(self).rpartition("\n")[2])
        return "\n".join(
            [*map(_folded, self.reports), f'<div style="color:{_COLORS[self.passed]}"><b>{said}</b></div>']
        )

    def to_json(self) -> str:
        """The verdict as JSON text."""
        data = {
            "passed": self.passed,
            "grade": self.grade.name,
            "seconds": round(self.seconds, 4),
            "derivations": [report.data() for report in self.reports],
        }
        return json.dumps(data, indent=1)
