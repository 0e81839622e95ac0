"""Run derivations in the order of the argument, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asymptotics.equations.records import write_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import CertificateError, InputError
from asymptotics.models.library import RECORDS
from asymptotics.verification.derivation import Derivation, parameter_name
from asymptotics.verification.discovery import bibliography, derivations, ordered
from asymptotics.verification.evidence import DerivationReport, Evidence, StepReport, Verdict


@dataclass(frozen=True)
class Outcome:
    """A derivation that was run: its report and the result of every step that finished."""

    derivation: Derivation
    report: DerivationReport
    results: Mapping[str, Any]

    @property
    def conclusion(self) -> Any:
        """What the derivation concludes with.

        Raises
        ------
        CertificateError
            If it did not pass.
        """
        if not self.report.passed:
            raise CertificateError(f"{self.derivation.id} did not pass:\n" + "\n".join(self.report.lines()))
        return self.results[self.derivation.concludes]


def run_derivation(
    derivation: Derivation,
    used: Mapping[str, Outcome] = MappingProxyType({}),
    keys: Iterable[str] | None = None,
    keep_going: bool = False,
) -> Outcome:
    """Run one derivation, given the outcomes of those it uses.

    Parameters
    ----------
    derivation : Derivation
    used : mapping str -> Outcome
    keys : iterable of str, optional
        Keys of the bibliography: an assumption or a reference outside it fails.
    keep_going : bool
        Run the steps after a failed one too, to see how many checks notice.

    Returns
    -------
    Outcome
        Never raises for a failing step; the steps after it are reported as not reached.
    """
    derivation.validate()
    before = tuple(used[name].report for name in derivation.uses)
    broken = [report.id for report in before if not report.passed]
    results: dict[str, Any] = {}
    if not broken:
        results = {parameter_name(name): used[name].conclusion for name in derivation.uses}
    reports: list[StepReport] = []
    for step in derivation.steps:
        if broken or (reports and not reports[-1].passed and not keep_going):
            break
        report, results[step.name] = step.run(results)
        reports.append(_with_references(report, derivation, keys))
    remaining = tuple(step.title for step in derivation.steps[len(reports) :])
    conclusion = results.get(derivation.concludes)
    digest = conclusion.digest if isinstance(conclusion, FixedPointSystem) else ""
    summary = DerivationReport(derivation.id, derivation.title, tuple(reports), before, digest, remaining)
    return Outcome(derivation, summary, MappingProxyType(results))


def _with_references(report: StepReport, derivation: Derivation, keys: Iterable[str] | None) -> StepReport:
    """Fail the step if it assumes something without a reference in the bibliography."""
    if keys is None:
        return report
    known = set(keys)
    cited = [check.reference for check in report.checks if check.grade is Evidence.ASSUMED]
    missing = [key for key in (*cited, *derivation.references) if key not in known]
    if not missing or report.error:
        return report
    return replace(report, error=f"not in the bibliography: {', '.join(sorted(set(missing)))}")


def run(
    *names: str, catalogue: Mapping[str, Derivation] | None = None, keys: Iterable[str] | None = None,
    progress: Callable[[DerivationReport], None] | None = None,
) -> dict[str, Outcome]:  # fmt: skip
    """Run the named derivations and all they use; a failing one does not stop the others.

    Parameters
    ----------
    catalogue : mapping of str to Derivation, optional
        Where they are found; those that ship by default.
    keys : iterable of str, optional
        Of the bibliography.
    progress : Callable[[DerivationReport], None], optional
        Told each report.

    Raises
    ------
    InputError
        If a name is not that of a derivation.
    """
    known = derivations() if catalogue is None else ordered(catalogue)
    keys = (bibliography() if catalogue is None else None) if keys is None else keys
    for name in names:
        if name not in known:
            raise InputError("derivation", name, f"one of {', '.join(sorted(known))}")
    wanted: set[str] = set()

    def want(name: str) -> None:
        wanted.add(name)
        for used in known[name].uses:
            want(used)

    for name in names or tuple(known):
        want(name)
    outcomes: dict[str, Outcome] = {}
    for name, derivation in known.items():
        if name in wanted:
            outcomes[name] = run_derivation(derivation, outcomes, keys)
            if progress is not None:
                progress(outcomes[name].report)
    return outcomes


def verify(*names: str, progress: Callable[[DerivationReport], None] | None = None) -> Verdict:
    """Run derivations and grade what they show; printing the verdict prints the report.

    Parameters
    ----------
    *names : str
        Ids of derivations (default: all); those they use are run too.
    progress : callable, optional
        Called with each report as soon as it is there.

    Returns
    -------
    Verdict
        ``.passed``, ``.grade``, ``.rows()``, ``.to_json()``.

    Raises
    ------
    InputError
        If a name is not that of a derivation.

    References
    ----------
    docs/theory/dyson.md.

    Examples
    --------
    >>> verify("marchenko-pastur").passed
    True
    """
    return Verdict(tuple(outcome.report for outcome in run(*names, progress=progress).values()))


def conclusion(name: str) -> Any:
    """What a derivation concludes with, after running it.

    A system carries the derivation's id, assumptions and references in its provenance.

    Raises
    ------
    CertificateError
        If the derivation does not pass.
    """
    outcome = run(name)[name]
    result = outcome.conclusion
    if not isinstance(result, FixedPointSystem):
        return result
    assumed = tuple(f"{check.statement} [{check.reference}]" for check in outcome.report.assumptions())
    history = replace(
        result.provenance,
        derivation=name,
        assumptions=assumed or result.provenance.assumptions,
        references=tuple(outcome.derivation.references),
    )
    return replace(result, provenance=history)


def write_conclusions(directory: Path, *names: str) -> list[Path]:
    """Write the record of every named derivation (default: all) that concludes with a system.

    These are the systems as they are proved, for a user's own use. The records that the solvers read hold them in
    the coordinates of every chart, and are written by :func:`write_records`.

    Raises
    ------
    CertificateError
        If one of them does not pass; nothing is written then.
    """
    results = {name: conclusion(name) for name in names or tuple(derivations())}
    systems = {name: result for name, result in results.items() if isinstance(result, FixedPointSystem)}
    written = []
    for name, system in systems.items():
        path = Path(directory) / f"{name}.json"
        write_record(system, path)
        written.append(path)
    return written


def write_records(directory: Path = RECORDS) -> list[Path]:
    """Write the records that the solvers read: what the derivation ``library`` concludes.

    Parameters
    ----------
    directory : Path
        Where (default: where the package reads them).

    Raises
    ------
    CertificateError
        If the derivation, or one that it builds on, does not pass; nothing is written then.
    """
    written = []
    for name, recorded in conclusion("library").items():
        path = Path(directory) / f"{name}.json"
        write_record(recorded, path)
        written.append(path)
    return written
