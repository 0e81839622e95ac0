"""Derivations: literate arguments whose steps are functions and whose graph is their signatures."""

from __future__ import annotations

import inspect
import textwrap
import time
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asymptotics.errors import DerivationError
from asymptotics.verification.evidence import Check, StepReport


def parameter_name(identifier: str) -> str:
    """Name under which a step receives the conclusion of another derivation.

    Examples
    --------
    >>> parameter_name("random-features")
    'random_features'
    """
    return identifier.replace("-", "_")


@dataclass(frozen=True)
class Step:
    """One move of a derivation.

    Attributes
    ----------
    name : str
        What the step produces; later steps ask for it by this name.
    title : str
    needs : tuple of str
        Earlier results it uses.
    prose : str
        The argument, in Markdown with mathematics.
    function : callable
        Yields checks and returns the result.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    prose: str
    function: Callable[..., Any] = field(repr=False)

    def run(self, results: Mapping[str, Any]) -> tuple[StepReport, Any]:
        """Carry the step out; an exception becomes an error in the report.

        Parameters
        ----------
        results : mapping str -> object
            Earlier results by name.

        Returns
        -------
        report : StepReport
        result : object
            None if the step did not finish.
        """
        start = time.perf_counter()
        checks: list[Check] = []
        error, result = "", None
        try:
            result = _drain(self.function(**{need: results[need] for need in self.needs}), checks)
        except Exception as problem:
            error = _describe(problem)
        report = StepReport(self.name, self.title, tuple(checks), time.perf_counter() - start, error)
        return report, result


def _drain(value: Any, checks: list[Check]) -> Any:
    """Collect the checks a step yields, and its result."""
    if not isinstance(value, Generator):
        return value
    while True:
        try:
            check = next(value)
        except StopIteration as end:
            return end.value
        if not isinstance(check, Check):
            raise DerivationError(f"a step yielded {type(check).__name__}; it may only yield checks")
        checks.append(check)


def _describe(problem: Exception) -> str:
    """The exception with the innermost place inside the derivation's own file."""
    frames = traceback.extract_tb(problem.__traceback__)
    last = frames[-1]
    outer = next((f for f in frames if Path(f.filename).parent.name == "derivations"), last)
    place = f"{Path(outer.filename).name}:{outer.lineno}"
    return f"{type(problem).__name__}: {problem} ({place})"


@dataclass
class Derivation:
    """An executable argument.

    Parameters
    ----------
    id : str
        Name on the command line, such as ``random-features``.
    title : str
    uses : sequence of str
        Derivations whose conclusions the steps may ask for, by their id with underscores.
    references : sequence of str
        Keys of the bibliography.
    concludes : str
        The step whose result is the conclusion.
    assumptions : sequence of str
        What is taken for granted, one sentence each, for the first page.

    Examples
    --------
    >>> from asymptotics.verification import checks as check
    >>> derivation = Derivation(id="square", title="A square", concludes="square")
    >>> @derivation.step("Binomial")
    ... def square():
    ...     "The square of a sum."
    ...     from sympy.abc import a, b
    ...     yield check.identity((a + b) ** 2, a**2 + 2 * a * b + b**2)
    ...     return (a + b) ** 2
    >>> derivation.steps[0].run({})[0].passed
    True
    """

    id: str
    title: str
    uses: Sequence[str] = ()
    references: Sequence[str] = ()
    concludes: str = ""
    assumptions: Sequence[str] = ()
    statement: str = ""
    steps: list[Step] = field(default_factory=list)

    def step(self, title: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the decorated function as the next step.

        Raises
        ------
        DerivationError
            If a parameter is neither an earlier step nor a used derivation, the name is taken, or the
            function has no docstring.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            needs = tuple(inspect.signature(function).parameters)
            known = {step.name for step in self.steps} | {parameter_name(name) for name in self.uses}
            name = function.__name__
            missing = [need for need in needs if need not in known]
            if missing:
                raise DerivationError(f"{self.id}: step {name} asks for {missing[0]}, known: {sorted(known)}")
            if name in known:
                raise DerivationError(f"{self.id}: the name {name} is already taken")
            prose = textwrap.dedent(inspect.getdoc(function) or "")
            if not prose:
                raise DerivationError(f"{self.id}: step {name} has no prose")
            self.steps.append(Step(name, title, needs, prose, function))
            return function

        return register

    def result_names(self) -> tuple[str, ...]:
        """Names of all steps, in reading order."""
        return tuple(step.name for step in self.steps)

    def validate(self) -> None:
        """Check that the derivation is complete.

        Raises
        ------
        DerivationError
            If it has no steps, or concludes with something that is not one of them.
        """
        if self.concludes not in self.result_names():
            raise DerivationError(f"{self.id}: concludes with {self.concludes!r}, which is not a step")
