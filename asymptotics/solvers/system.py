"""Systems of several unknowns at many points, in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.branch import along, real_branch
from asymptotics.solvers.climb import climbed
from asymptotics.solvers.direct import direct
from asymptotics.solvers.given import flattened
from asymptotics.solvers.linear import solve_many
from asymptotics.solvers.points import Points
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status

BLOCK = 2048
_LEVELS = 1 << 17
_EPS = float(np.finfo(float).eps)
LOSS = 1e-10
"""Relative error above which an answer is called ill-conditioned."""


def solve_points(problem: SystemProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None = None) -> Root:
    """The physical solution of a system at many points, in double precision.

    Parameters
    ----------
    problem : SystemProblem
        With a start.
    inputs : mapping name -> float or ndarray
        Every parameter, broadcast against each other; ridges are positive, or complex off the negative half line.
    spectrum : Spectrum, optional
        Its arrays may have the points as their first axis.

    Returns
    -------
    Root
        Values have shape (unknowns, points). ``NOT_CONVERGED`` where continuation does not arrive: the determinant
        changes sign, a condition of the domain or the certificate of the branch fails. ``OUT_OF_RANGE`` where doubles
        do not reach, ``ILL_CONDITIONED`` where rounding costs more than six digits.

    Raises
    ------
    InputError
        If a parameter is missing or unknown, or the problem has no start.
    """
    require_parameters(problem, inputs)
    flat, count, _ = flattened(inputs)
    complex_ridge = any(np.iscomplexobj(inputs[name]) for name in problem.ridge)
    points = Points(problem, flat, spectrum, count)
    kind = complex if complex_ridge else float
    value = np.full((len(problem.unknowns), count), np.nan, dtype=kind)
    status, condition = np.full(count, Status.NOT_CONVERGED, dtype=np.int8), np.full(count, np.inf)
    rounds = 0
    levels = 1 if spectrum is None else max(np.shape(row)[-1] for row in spectrum.each_row())
    block = max(1, min(BLOCK, _LEVELS // max(levels, 1)))
    for begin in range(0, count, block):
        part = slice(begin, begin + block)
        found = _solve_block(points.take(part), complex_ridge)
        value[:, part], status[part], condition[part] = found.value, found.status, found.condition
        rounds += found.iterations
    evidence = RootEvidence(Grade.COMPUTED, (problem.way, "rounding not controlled"))
    return Root(value, status, condition, rounds, evidence=evidence)


def require_parameters(problem: SystemProblem, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that leave a parameter out, and problems without a start.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    inputs : mapping of str to number
        By name.

    Raises
    ------
    InputError
    """
    names = set(problem.parameters)
    given = set(inputs)
    if names - given:
        missing = ", ".join(f"no {name}" for name in sorted(names - given))
        raise InputError("parameters", missing, f"a value for each of {', '.join(sorted(names))}")
    if not problem.exponents:
        raise InputError("start", None, "leading orders at infinite ridge", "give start= to system_problem")


def _solve_block(points: Points, complex_ridge: bool) -> Root:
    problem = points.problem
    ridges = {name: np.asarray(points.inputs[name]) for name in problem.ridge}
    inputs = {**points.inputs, **{name: np.abs(value) for name, value in ridges.items()}}
    real = Points(problem, inputs if complex_ridge else points.inputs, points.spectrum, points.count)
    logs, arrived, unreached, rounds = _real_solution(real)
    if complex_ridge:
        angles = [np.broadcast_to(np.angle(ridges[name]), (points.count,)) for name in problem.ridge]
        path = along(points, logs.astype(complex), -1j * np.array(angles), first_step=0.5)
        logs, arrived, rounds = path.logs, arrived & path.arrived, rounds + path.rounds
    with np.errstate(all="ignore"):
        unknowns, condition = _polished(points, np.exp(logs))
        if complex_ridge:
            arrived = arrived & certified_branch(points, unknowns)
    status = np.where(arrived, Status.SOLVED, Status.NOT_CONVERGED).astype(np.int8)
    if np.any(unreached):
        status[unreached & ~_representable(real)] = Status.OUT_OF_RANGE
    status[arrived & ~(condition * _EPS <= LOSS)] = Status.ILL_CONDITIONED
    unknowns[:, ~arrived] = np.nan
    return Root(unknowns, status, condition, rounds + 1)


def _real_solution(points: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Logarithms of the unknowns, where they were found, where no path begins: any way where one solution is positive,
    up the ladder where there is one, else along a path.
    """
    if points.problem.ladder is not None:
        logs, arrived = climbed(points)
        rounds = 0
    elif points.problem.unique:
        logs, arrived, rounds = direct(points)
    else:
        branch = real_branch(points)
        return branch.logs, branch.arrived, np.isinf(branch.offsets), branch.rounds
    unreached, left = np.zeros(points.count, dtype=bool), np.flatnonzero(~arrived)
    if left.size:
        branch = real_branch(points.take(left))
        logs[:, left], arrived[left], rounds = branch.logs, branch.arrived, rounds + branch.rounds
        unreached[left] = np.isinf(branch.offsets)
    return logs, arrived, unreached, rounds


def _representable(points: Points) -> np.ndarray:
    """Whether the equations have finite values at the leading orders; negative ridges are not a matter of range."""
    negative = np.zeros(points.count, dtype=bool)
    for name in points.problem.ridge:
        negative |= np.less(points.inputs[name], 0)
    with np.errstate(all="ignore"):
        residuals, _, _ = points.linearized(
            points.start(), np.zeros((len(points.problem.ridge), points.count))
        )
    return negative | np.all(np.isfinite(residuals), axis=0)


def _polished(points: Points, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One more step of Newton's method on the unknowns themselves, and the norm of the inverse Jacobian."""
    size = len(unknowns)
    residuals, slopes, _ = points.at(points.values(unknowns), unknowns.dtype)
    unit = np.broadcast_to(np.eye(size)[:, :, None], (size, size, points.count))
    found, _ = solve_many(slopes, np.concatenate([-residuals[:, None], unit], axis=1))
    condition = np.max(np.sum(np.abs(found[:, 1:]), axis=1), axis=0)
    step = np.where(np.abs(found[:, 0]) < 1e-3, found[:, 0], 0.0)
    return unknowns * (1.0 + step), np.where(np.isfinite(condition), condition, np.inf)


def certified_branch(points: Points, unknowns: np.ndarray) -> np.ndarray:
    """Whether every expression of the certificate has a positive real part over the root of the first ridge.

    Parameters
    ----------
    points : Points
        With their ridges.
    unknowns : ndarray
        Shape (unknowns, points).
    """
    problem = points.problem
    good = np.ones(points.count, dtype=bool)
    root = np.sqrt(np.asarray(points.inputs[problem.ridge[0]], dtype=complex))
    from_program = problem.certificate(points.values(unknowns), Float64(), points.spectrum)
    for value in from_program.values():
        good &= np.real(value / root) > 0
    return good
