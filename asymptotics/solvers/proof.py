"""The solution of a system of several unknowns at one point, with a proof."""

from __future__ import annotations

import math
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.accuracy import Proved
from asymptotics.solvers.contraction import Box, prove_box
from asymptotics.solvers.digits import solve_digits
from asymptotics.solvers.given import Given
from asymptotics.solvers.path_proof import certify_path
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status

_SPARE = 6
_ATTEMPTS = 4


def solve_proved(
    problem: SystemProblem, given: Given, accuracy: Proved, guess: Any = None, observables: bool = True
) -> Root:
    """Enclose the solution and the observables, and prove that the solution is there.

    Parameters
    ----------
    problem : SystemProblem
    given : callable
        From an arithmetic to inputs and spectrum, see :func:`asymptotics.solvers.given.given_numbers`.
    accuracy : Proved
    guess : sequence of numbers, optional
        Unknowns in order, to a few digits; found by continuation if not given.
    observables : bool
        Whether the observables have to reach the accuracy as well.

    Returns
    -------
    Root
        Unknowns, observables and definitions are balls.

    Raises
    ------
    PrecisionError
        If the test fails, a condition of the domain is not certain, or the accuracy is not reached.
    SolverError
        If no approximate solution is found.
    """
    digits = accuracy.digits
    refined, root = solve_digits(problem, given, digits + _SPARE, guess)
    working = digits + _SPARE + math.ceil(max(refined.condition, 0.0))
    for _ in range(_ATTEMPTS):
        arithmetic = Balls(working)
        with arithmetic.precision():
            found, short = _attempt(problem, given, accuracy, refined.values, arithmetic, observables)
        if short <= 0:
            return Root(
                [found.unknowns[name] for name in problem.unknowns], Status.SOLVED, root.condition,
                root.iterations, found.unknowns, found.observables, found.evidence, found.box,
            )  # fmt: skip
        working += math.ceil(min(short, 10.0 * digits)) + 2
    raise PrecisionError(
        f"{problem.system.name}: {digits} digits were not reached",
        "narrow the parameters, or ask for fewer digits",
    )


def _attempt(
    problem: SystemProblem,
    given: Given,
    accuracy: Proved,
    values: list[Any],
    arithmetic: Balls,
    observables: bool,
) -> tuple[Root, float]:
    """Everything at one precision, and by how many digits it falls short."""
    inputs, spectrum = given(arithmetic)
    middle = [arithmetic.middle(arithmetic.convert(value)) for value in values]
    box = prove_box(problem, inputs, spectrum, middle, arithmetic)
    at = {**inputs, **dict(zip(problem.unknowns, box.inner, strict=True))}
    for name, value in problem.conditions(at, arithmetic, spectrum).items():
        if not value > 0:
            raise PrecisionError(
                f"{problem.system.name}: {name} is not certainly positive", "ask for more digits"
            )
    out = problem.observables(at, arithmetic, spectrum)
    named = [out[observable.name] for observable in problem.system.observables] if observables else []
    asked = [*box.inner, *named]
    short = accuracy.digits - min(arithmetic.digits_of(value) for value in asked)
    statement = ["exactly one solution in the box, conditions of the domain positive"]
    if accuracy.branch and short <= 0:
        statement.append(str(certify_path(problem, inputs, spectrum, box, arithmetic)))
    else:
        statement.append("the branch was followed in floating point")
    return _labelled(problem, box, out, tuple(statement), accuracy.digits), short


def _labelled(
    problem: SystemProblem, box: Box, out: dict[str, Any], statement: tuple[str, ...], digits: int
) -> Root:
    """Balls by name, printed to the digits asked for."""

    def balls(values: Any) -> dict[str, Ball]:
        return {name: Ball(value, digits) for name, value in zip(problem.unknowns, values, strict=True)}

    observables = {name: Ball(value, digits) for name, value in out.items() if name not in problem.unknowns}
    return Root(
        [], Status.SOLVED, math.nan, 0, balls(box.inner), observables, RootEvidence(Grade.PROVED, statement),
        balls(box.box),
    )  # fmt: skip
