"""One entry to every solver: a lowered problem, numbers, and the accuracy that is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64, Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.rounding import Rounded, Rounding
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.accuracy import Accuracy, Digits, Doubles, Proved
from asymptotics.solvers.digits import observables_to, solve_digits
from asymptotics.solvers.enclosure import enclose_root
from asymptotics.solvers.given import Given, flattened, given_numbers, remembered
from asymptotics.solvers.points import Points
from asymptotics.solvers.proof import solve_proved
from asymptotics.solvers.refinement import RefinedRoot, refine_root
from asymptotics.solvers.scalar import balanced_sides, solve_decreasing
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status
from asymptotics.solvers.system import LOSS, require_parameters, solve_points
from asymptotics.solvers.vanishing import vanishing_digits, vanishing_points
from asymptotics.solvers.vanishing_proof import vanishing_proof

Inputs = Mapping[str, Any] | Given

_MONOTONE = "one monotone equation: the solution is the only one"
_SPARE = 6


def solve(
    problem: ScalarProblem | SystemProblem,
    inputs: Inputs,
    accuracy: Accuracy | None = None,
    spectrum: Spectrum | None = None,
    *,
    guess: Any = None,
    size: Any = None,
    observables: bool = True,
) -> Root:
    """Solve a lowered system.

    Parameters
    ----------
    problem : ScalarProblem or SystemProblem
        From :func:`asymptotics.lowering.scalar.scalar_problem` or :func:`asymptotics.lowering.systems.system_problem`.
    inputs : mapping name -> number or array, or callable
        Parameters: arrays that broadcast in double precision; exact numbers at one point elsewhere, or a function from
        an arithmetic to the inputs and the spectrum in its numbers. A ridge of zero is the limit from positive ridges.
    accuracy : Doubles, Digits or Proved
        Double precision if not given.
    spectrum : Spectrum, optional
        Needed if the system averages over a spectrum; not with a function as inputs.
    guess : array, number or sequence, optional
        Where to begin: for a scalar problem any positive numbers; for a system unknowns in order, to a few digits,
        instead of continuation (not in double precision).
    size : array, optional
        For a scalar problem in double precision: the number that counts of learned eigenvalues are compared with, so
        that a plateau at exactly that count loses no digits.
    observables : bool
        Whether observables and definitions are wanted.

    Returns
    -------
    Root

    Raises
    ------
    InputError
        If a parameter is missing.
    SolverError
        If no solution is found at a single point (arrays carry a status instead).
    PrecisionError
        If a proof fails, or digits are not reached.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.lowering.systems import system_problem
    >>> from asymptotics.models.library import stored_system
    >>> psi2 = symbol("psi2")
    >>> start = {"nu": (1 / psi2, 1), "c": (psi2, 0)}
    >>> problem = system_problem(stored_system("kernel-ridge", "proportional"), "lam", start)
    >>> given = {"psi2": 2, "lam": "0.1", "mu1sq": "1/4", "mu_starsq": "1/10", "F1sq": 1, "F_starsq": 0, "noise": "0.1"}
    >>> print(solve(problem, given, Digits(30)).observables["test"])
    0.194764333895950109272243182923
    >>> print(solve(problem, given, Proved(10)).observables["test"])
    [0.1947643339 +/- 4.06e-12]
    """
    accuracy = Doubles() if accuracy is None else accuracy
    if isinstance(accuracy, Doubles):
        numbers = _doubles(inputs, spectrum)
        if isinstance(problem, SystemProblem):
            return _system_points(problem, *numbers, observables)
        root = _scalar_points(problem, *numbers, guess, size)
        return _with_observables(problem, root, *numbers) if observables else _named(problem, root)
    given = remembered(inputs if callable(inputs) else given_numbers(inputs, spectrum))
    if isinstance(problem, SystemProblem):
        return _system_point(problem, given, accuracy, guess, observables)
    return _scalar_point(problem, given, accuracy, guess, observables)


def _doubles(inputs: Inputs, spectrum: Spectrum | None) -> tuple[Mapping[str, Any], Spectrum | None]:
    if callable(inputs):
        return inputs(Float64())
    exact = {n: v for n, v in inputs.items() if not isinstance(v, (float, complex, np.ndarray, np.generic))}
    arrays = spectrum is None or all(isinstance(row, np.ndarray) for row in spectrum.each_row())
    listed = None if arrays else spectrum
    read, levels = given_numbers(exact, listed)(Float64())
    return {**inputs, **read}, levels if listed is not None else spectrum


def _system_points(
    problem: SystemProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None, observables: bool
) -> Root:
    """Points with a ridge and points without, each in its way."""
    require_parameters(problem, inputs)
    flat, count, _ = flattened(inputs)
    zero = np.zeros(count, dtype=bool)
    for name in problem.ridge:
        zero |= np.equal(flat[name], 0)
    if not np.any(zero):
        root = solve_points(problem, inputs, spectrum)
        return _read(problem, root, flat, spectrum) if observables else _named(problem, root)
    points = Points(problem, flat, spectrum, count)
    limit, rest = points.take(zero), points.take(~zero)
    first = vanishing_points(problem, limit.inputs, limit.spectrum, limit.count)
    if np.all(zero):
        return first if observables else replace(first, observables={})
    second = solve_points(problem, rest.inputs, rest.spectrum)
    second = _read(problem, second, rest.inputs, rest.spectrum)

    def joined(one: Any, two: Any) -> np.ndarray:
        whole = np.empty((*np.shape(two)[:-1], count), dtype=np.result_type(one, two))
        whole[..., zero], whole[..., ~zero] = one, two
        return whole

    def tables(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, np.ndarray]:
        return {name: joined(one[name], value) for name, value in two.items()}

    return Root(
        joined(first.value, second.value), joined(first.status, second.status),
        joined(first.condition, second.condition), first.iterations + second.iterations,
        tables(first.unknowns, second.unknowns),
        tables(first.observables, second.observables) if observables else {},
        RootEvidence(Grade.COMPUTED, (*second.evidence.statement, *first.evidence.statement)),
    )  # fmt: skip


def _read(problem: SystemProblem, root: Root, inputs: Mapping[str, Any], spectrum: Spectrum | None) -> Root:
    """Observables, and a status that tells where their own subtractions cost digits."""
    if np.iscomplexobj(root.value):
        return _with_observables(problem, root, inputs, spectrum)
    root = _named(problem, root)
    unknowns = {name: Rounded(value, np.abs(value)) for name, value in root.unknowns.items()}
    with np.errstate(all="ignore"):
        out = problem.observables({**inputs, **unknowns}, Rounding(), spectrum)
        rounded = {name: v if isinstance(v, Rounded) else Rounded(v) for name, v in out.items()}
        loss = [rounded[observable.name].loss() for observable in problem.system.observables]
    table = {name: np.broadcast_to(v.value, root.status.shape) for name, v in rounded.items()}
    lost = np.any([~(np.broadcast_to(x, root.status.shape) <= LOSS) for x in loss], axis=0)
    status = np.where((root.status == Status.SOLVED) & lost, Status.ILL_CONDITIONED, root.status)
    observables = {name: value for name, value in table.items() if name not in root.unknowns}
    return replace(root, status=status.astype(np.int8), observables=observables)


def _named(problem: ScalarProblem | SystemProblem, root: Root) -> Root:
    names = problem.unknowns if isinstance(problem, SystemProblem) else (problem.master,)
    values = root.value if isinstance(problem, SystemProblem) else [root.value]
    return replace(root, unknowns=dict(zip(names, values, strict=True)))


def _with_observables(
    problem: ScalarProblem | SystemProblem, root: Root, inputs: Mapping[str, Any], spectrum: Spectrum | None
) -> Root:
    root = _named(problem, root)
    with np.errstate(all="ignore"):
        out = problem.observables({**flattened(inputs)[0], **root.unknowns}, Float64(), spectrum)
    shape = np.shape(root.status)
    table = {
        name: np.broadcast_to(np.asarray(v), shape) for name, v in out.items() if name not in root.unknowns
    }
    return replace(root, observables=table)


def _scalar_points(
    problem: ScalarProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None, guess: Any, size: Any
) -> Root:
    flat, count, shape = flattened(inputs, guess)

    sizes = None if size is None else np.broadcast_to(size, shape).ravel()
    start = np.ones(count) if guess is None else np.broadcast_to(guess, shape).ravel()
    root = solve_decreasing(balanced_sides(problem, flat, spectrum, sizes), start)
    return replace(root, evidence=RootEvidence(Grade.COMPUTED, (_MONOTONE,)))


def _system_point(
    problem: SystemProblem, given: Given, accuracy: Digits | Proved, guess: Any, observables: bool
) -> Root:
    vanishing = _vanishes(problem, given)
    if isinstance(accuracy, Proved):
        if vanishing:
            return vanishing_proof(problem, given, accuracy)
        return solve_proved(problem, given, accuracy, guess, observables)
    if vanishing:
        root = vanishing_digits(problem, given, accuracy.digits)
        rounded = [_rounded(table, accuracy.digits) for table in (root.unknowns, root.observables)]
        return replace(root, unknowns=rounded[0], observables=rounded[1])
    refined, root = solve_digits(problem, given, accuracy.digits, guess)
    if not observables:
        return replace(root, unknowns=_rounded(root.unknowns, accuracy.digits))
    out = observables_to(problem, given, refined, accuracy.digits)
    table = {name: value for name, value in out.items() if name not in root.unknowns}
    return replace(
        root, unknowns=_rounded(root.unknowns, accuracy.digits), observables=_rounded(table, accuracy.digits)
    )


def _vanishes(problem: SystemProblem, given: Given) -> bool:
    """Whether a ridge is zero; negative ones are refused."""
    inputs = given(Multiprecision(15))[0]
    ridges = {name: inputs[name] for name in problem.ridge}
    for name, value in ridges.items():
        if not hasattr(value, "_mpc_") and value < 0:
            raise InputError(name, value, "a ridge that is not negative, or a complex one")
    return any(value == 0 for value in ridges.values())


def _rounded(values: Mapping[str, Any], digits: int) -> dict[str, Any]:
    """Numbers that print the digits that are right."""
    context = Multiprecision(digits).context
    return {n: context.mpc(v) if hasattr(v, "_mpc_") else context.mpf(v) for n, v in values.items()}


def _scalar_point(
    problem: ScalarProblem, given: Given, accuracy: Digits | Proved, guess: Any, observables: bool
) -> Root:
    root = refine_root(
        _sides(problem, given), 0.0 if guess is None else math.log(guess), accuracy.digits + _SPARE
    )
    if isinstance(accuracy, Proved):
        return _scalar_proof(problem, given, accuracy, root, observables)
    inputs, spectrum = given(root.arithmetic)
    values = problem.observables({**inputs, problem.master: root.value}, root.arithmetic, spectrum)
    statement = (
        _MONOTONE,
        f"{max(root.condition, 0.0):.1f} digits lost to conditioning were measured and added",
    )
    return Root(
        root.value, Status.SOLVED, 10.0 ** min(root.condition, 300.0), 0,
        _rounded({problem.master: root.value}, accuracy.digits),
        _rounded(values, accuracy.digits) if observables else {}, RootEvidence(Grade.MEASURED, statement),
    )  # fmt: skip


def _sides(problem: ScalarProblem, given: Given) -> Any:
    """Both sides of the master equation; the numbers of an arithmetic are made once."""
    last: list[Any] = [None, ({}, None)]

    def sides(nu: Any, arithmetic: Any) -> tuple[Any, Any, Any]:
        if last[0] is not arithmetic:
            last[:] = arithmetic, given(arithmetic)
        inputs, spectrum = last[1]
        out = problem.residual({**inputs, problem.master: nu}, arithmetic, spectrum)
        return out["left"], out["right"], out["slope"]

    return sides


def _scalar_proof(
    problem: ScalarProblem, given: Given, accuracy: Proved, root: RefinedRoot, observables: bool
) -> Root:
    arithmetic = Balls(accuracy.digits + _SPARE + math.ceil(max(root.condition, 0.0)))
    sides = _sides(problem, given)
    with arithmetic.precision():
        found = enclose_root(lambda nu: sides(nu, arithmetic), arithmetic.convert(root.value), arithmetic)
        inputs, spectrum = given(arithmetic)
        out = problem.observables({**inputs, problem.master: found.value}, arithmetic, spectrum)
        value = Ball(found.value, accuracy.digits)
        box = Ball(arithmetic.hull(found.lower, found.upper), accuracy.digits)
        balls = {name: Ball(v, accuracy.digits) for name, v in out.items()} if observables else {}
    return Root(
        value, Status.SOLVED, 10.0 ** min(root.condition, 300.0), 0, {problem.master: value}, balls,
        RootEvidence(Grade.PROVED, (_MONOTONE, "it lies where the sign changes")), {problem.master: box},
    )  # fmt: skip


def require_spectrum(problem: SystemProblem, spectrum: Spectrum | None) -> None:
    """Refuse a system with averages and no numbers behind them.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    spectrum : Spectrum, optional
        Levels with numbers.

    Raises
    ------
    InputError
    """
    if spectrum is None and problem.system.averages():
        raise InputError("spectrum", None, "the numbers behind the spectral averages of the system")
