"""The physical solution of a system of several unknowns at one point, to any number of digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.errors import PrecisionError, SolverError
from asymptotics.lowering.arithmetic import Float64, Multiprecision
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.branch import real_branch
from asymptotics.solvers.given import Given
from asymptotics.solvers.linear import solve_many
from asymptotics.solvers.points import PrecisePoint
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status
from asymptotics.solvers.system import solve_points

_GUARD = 4
_PRECISIONS = (30, 60, 120, 400, 1200)
_MOST_STEPS = 60
_FEW = 4
_EXTRA, _RISES = 16, 5
_RIGHT = (Status.SOLVED, Status.ILL_CONDITIONED)


@dataclass(frozen=True)
class Refined:
    """Unknowns at a precision.

    Attributes
    ----------
    values : list
    arithmetic : Multiprecision
    digits : float
        Digits that are right.
    condition : float
        Common logarithm of the condition number.
    steps : int
    """

    values: list[Any]
    arithmetic: Multiprecision
    digits: float
    condition: float
    steps: int = 0


def solve_digits(
    problem: SystemProblem, given: Given, digits: int, guess: Any = None
) -> tuple[Refined, Root]:
    """Solve to that many digits.

    Parameters
    ----------
    problem : SystemProblem
    given : callable
        From an arithmetic to inputs and spectrum, see :func:`asymptotics.solvers.given.given_numbers`.
    digits : int
        Relative accuracy of every unknown.
    guess : sequence of numbers, optional
        Unknowns in order, to a few digits; found by continuation if not given.

    Returns
    -------
    refined : Refined
    root : Root
        The same with unknowns by name and the evidence; observables are left to the caller.

    Raises
    ------
    SolverError
        If continuation does not arrive, or Newton's method does not converge from the guess.
    """
    rough = _rough(problem, given) if guess is None else Refined(list(guess), Multiprecision(15), 3.0, 0.0)
    refined = refine_system(problem, given, rough, digits)
    statement = (
        problem.way if guess is None else "refined from a guess: the branch is that of the guess",
        f"{max(refined.condition, 0.0):.1f} digits lost to conditioning were measured and added",
    )  # fmt: skip
    names = dict(zip(problem.unknowns, refined.values, strict=True))
    root = Root(
        refined.values, Status.SOLVED, 10.0 ** min(refined.condition, 300.0), refined.steps, names,
        evidence=RootEvidence(Grade.MEASURED, statement),
    )  # fmt: skip
    return refined, root


def _rough(problem: SystemProblem, given: Given) -> Refined:
    """The solution to a few digits: in doubles where they reach, else on mpmath numbers."""
    try:
        inputs, spectrum = given(Float64())
        root = solve_points(problem, {name: np.array([value]) for name, value in inputs.items()}, spectrum)
        if root.status[0] in _RIGHT and root.condition[0] < 1e10:
            condition = math.log10(max(root.condition[0], 1e-300))
            return Refined(root.value[:, 0].tolist(), Multiprecision(15), 14.0 - max(condition, 0), condition)
    except (OverflowError, ZeroDivisionError):
        pass
    for precision in _PRECISIONS:
        arithmetic = Multiprecision(precision)
        inputs, spectrum = given(arithmetic)
        if any(hasattr(inputs[name], "_mpc_") for name in problem.ridge):
            break
        branch = real_branch(PrecisePoint(problem, inputs, spectrum, arithmetic))
        if not branch.arrived[0]:
            continue
        values = [arithmetic.context.exp(y) for y in branch.logs[:, 0]]
        values, accuracy, condition = _newton(problem, given, values, arithmetic, 0.0)
        if accuracy >= _FEW:
            return Refined(values, arithmetic, accuracy, condition)
    raise SolverError(
        f"{problem.system.name}: the path from infinite ridge does not arrive",
        "check the sizes, or report the point",
    )


def refine_system(problem: SystemProblem, given: Given, rough: Refined, digits: int) -> Refined:
    """Newton's method with a precision that rises as it converges.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    given : Given
        Inputs and spectrum.
    rough : Refined
        A solution of few digits.
    digits : int
        Decimal digits.

    Raises
    ------
    SolverError
        If the steps do not shrink.
    """
    wanted = digits + _GUARD
    values, accuracy, condition, working, steps = rough.values, rough.digits, rough.condition, 0, 0
    while accuracy < wanted or working == 0:
        steps += 1
        lost = max(condition, 0.0) + _GUARD
        following = math.ceil(min(2 * max(accuracy, _FEW) + lost, wanted + lost))
        working = following if following > working else working + math.ceil(lost)
        if steps > _MOST_STEPS:
            raise SolverError(f"{problem.system.name}: Newton's method does not converge", "report the point")
        arithmetic = Multiprecision(working)
        values, accuracy, condition = _newton(problem, given, values, arithmetic, accuracy)
        if accuracy == -math.inf:
            raise SolverError(
                f"{problem.system.name}: Newton's method leaves the guess", "give a better guess"
            )
    return Refined(values, arithmetic, accuracy, condition, steps)


def _newton(
    problem: SystemProblem, given: Given, values: list[Any], arithmetic: Multiprecision, claimed: float
) -> tuple[list[Any], float, float]:
    """One step: unknowns, digits that are right now, common logarithm of the condition number.

    The length of the step is the error of the unknowns before it. If that is more than was claimed, what the next claim
    is to be corrected by is known.
    """
    inputs, spectrum = given(arithmetic)
    context = arithmetic.context
    values = [context.convert(value) + 0 for value in values]
    point = PrecisePoint(problem, inputs, spectrum, arithmetic)
    at = {**inputs, **dict(zip(problem.unknowns, values, strict=True))}
    residuals, slopes, _ = point.at(at)
    size = len(values)
    unit = np.array(
        [[[arithmetic.convert(int(i == k))] for k in range(size)] for i in range(size)], dtype=object
    )
    try:
        found, _ = solve_many(slopes, np.concatenate([-residuals[:, None], unit], axis=1))
    except ZeroDivisionError:  # singular to this precision
        return values, 0.0, float(arithmetic.digits)
    steps = found[:, 0, 0]
    norm = max(sum(abs(value) for value in row) for row in found[:, 1:, 0])
    condition = arithmetic.logarithm(norm) / math.log(10)
    length = max(abs(step) for step in steps)
    if length > 1:  # away from what it was given
        return values, -math.inf, condition
    right = float(arithmetic.digits) if length == 0 else -arithmetic.logarithm(length) / math.log(10)
    accuracy = min(2 * right - max(claimed - right, 0.0), arithmetic.digits - max(condition, 0.0))
    return [value * context.exp(step) for value, step in zip(values, steps, strict=True)], accuracy, condition


def observables_to(problem: SystemProblem, given: Given, refined: Refined, digits: int) -> dict[str, Any]:
    """Every output of the observables to that many digits: what their subtractions lose is measured and made up for.

    They are computed at two precisions; where they differ the higher one rises. What still shrinks with it at the end,
    at many times the digits asked for, is zero.

    Parameters
    ----------
    problem, given
        Those of :func:`solve_digits`.
    refined : Refined
        The solution to at least that many digits.
    digits : int

    Raises
    ------
    PrecisionError
        If they do not settle.
    """
    extra, last = _EXTRA, _outputs(problem, given, refined)
    for rise in range(_RISES):
        refined = refine_system(problem, given, refined, digits + extra)
        found = _outputs(problem, given, refined)
        tolerance = refined.arithmetic.convert(10) ** (-digits - 1)
        names = [observable.name for observable in problem.system.observables]
        open_ = [
            n for n in names if found[n] == 0 or not abs(found[n] - last[n]) <= tolerance * abs(found[n])
        ]
        zero = [n for n in open_ if abs(found[n]) <= tolerance * abs(last[n])]
        if not open_ or (rise == _RISES - 1 and zero == open_):
            return found | {n: found[n] * 0 for n in zero}
        extra, last = 2 * extra + digits, found
    raise PrecisionError(f"{problem.system.name}: {', '.join(open_)} cannot be computed to {digits} digits")


def _outputs(problem: SystemProblem, given: Given, refined: Refined) -> dict[str, Any]:
    inputs, spectrum = given(refined.arithmetic)
    at = {**inputs, **dict(zip(problem.unknowns, refined.values, strict=True))}
    return problem.observables(at, refined.arithmetic, spectrum)
