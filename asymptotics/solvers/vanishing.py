r"""Ridge zero: the limit from positive ridges, for any system.

Far below the scale on which the solution changes, unknowns and observables are powers of the ridge times constants, up
to a relative error that is itself a power of the ridge. They are computed at two tiny ridges. What agrees there is the
limit; what follows a power grows without bound, or vanishes; what does neither is not claimed. Proofs cover the whole
interval down to zero with one box, by germs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.arithmetic import Float64, Multiprecision
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.branch import starting_offsets
from asymptotics.solvers.digits import Refined, solve_digits
from asymptotics.solvers.given import Given
from asymptotics.solvers.points import Points
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status
from asymptotics.solvers.system import solve_points

_LOWEST = -80.0
_TINY = (-80.0, -110.0)
_AGREE, _CONSTANT, _POWER = 1e-12, 1e-3, 0.05
_NOISE = 1e-25
"""Observables below this share of the largest one, at ridges far smaller still, are rounding."""
_STATEMENT = "limit of vanishing ridge: the same at two tiny ridges"


def require_one_ridge(problem: SystemProblem) -> str:
    """Name of the ridge.

    Raises
    ------
    InputError
        If there are several: how they vanish together would have to be said.
    """
    if len(problem.ridge) != 1:
        raise InputError(
            ", ".join(problem.ridge), 0, "positive ridges", "limits are taken in systems of one ridge"
        )
    return problem.ridge[0]


def vanishing_points(
    problem: SystemProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None, count: int
) -> Root:
    """Limits of unknowns and observables at many points, in double precision.

    Parameters
    ----------
    problem : SystemProblem
    inputs : mapping name -> float or ndarray, shape (points,)
        Parameters; the ridge is not read.
    spectrum : Spectrum or None
    count : int
        Number of points.

    Returns
    -------
    Root
        ``LIMIT``; ``DIVERGES`` where an observable is infinite; ``ILL_CONDITIONED`` where the two ridges do not agree.
    """
    name = require_one_ridge(problem)
    low = Points(problem, {**inputs, name: np.full(count, np.exp(_LOWEST))}, spectrum, count)
    offsets, _ = starting_offsets(low, low.start())
    tables, roots = [], []
    for tiny in _TINY:
        with np.errstate(all="ignore"):
            ridge = np.exp(_LOWEST + np.where(np.isfinite(offsets), offsets, 0.0) + tiny)
            at = {**inputs, name: ridge}
            root = solve_points(problem, at, spectrum)
            at |= dict(zip(problem.unknowns, root.value, strict=True))
            out = problem.observables(at, Float64(), spectrum)
        roots.append(root)
        tables.append({n: np.broadcast_to(np.asarray(v, dtype=float), (count,)) for n, v in out.items()})
    values, settled = {}, np.ones(count, dtype=bool)
    named = [observable.name for observable in problem.system.observables]
    with np.errstate(all="ignore"):
        sizes = [np.minimum(np.abs(tables[0][key]), np.abs(tables[1][key])) for key in named]
        noise = _NOISE * np.max(np.where(np.isfinite(sizes), sizes, 0.0), axis=0, initial=0.0)
    for key in tables[0]:
        floor = noise if key in named else np.zeros(count)
        values[key], good = _limit(tables[0][key], tables[1][key], _TINY[1] - _TINY[0], floor)
        settled &= good
    status = np.where(settled, Status.LIMIT, Status.ILL_CONDITIONED).astype(np.int8)
    infinite = np.zeros(count, dtype=bool)
    for key in named:
        infinite |= np.isinf(values[key])
    status[settled & infinite] = Status.DIVERGES
    worst = np.maximum(roots[0].status, roots[1].status)
    status = np.where(worst == Status.SOLVED, status, worst).astype(np.int8)
    unknowns = {key: values.pop(key) for key in problem.unknowns}
    return Root(
        np.array(list(unknowns.values())), status, roots[1].condition, roots[0].iterations + roots[1].iterations,
        unknowns, values, RootEvidence(Grade.COMPUTED, (_STATEMENT,)),
    )  # fmt: skip


def _limit(
    first: np.ndarray, second: np.ndarray, logarithm: float, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The limit of a quantity from its values at two ridges, and whether it is one; zero where both are noise."""
    with np.errstate(all="ignore"):
        exponent = np.where(first == second, 0.0, np.log(np.abs(second / first)) / logarithm)
        same = np.abs(second - first) <= _AGREE * np.abs(second)
        infinite = np.copysign(np.inf, second)
    value = np.where(exponent > _POWER, 0.0, np.where(exponent < -_POWER, infinite, second))
    drowned = np.maximum(np.abs(first), np.abs(second)) < noise
    return np.where(drowned, 0.0, value), drowned | same | (np.abs(exponent) > _POWER)


def vanishing_digits(problem: SystemProblem, given: Given, digits: int) -> Root:
    """Limits of unknowns and observables at one point to that many digits; the ridge that is given is not read.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    given : Given
        Inputs and spectrum.
    digits : int
        Decimal digits.

    Raises
    ------
    SolverError
        If what is found at two tiny ridges agrees neither in value nor in power.
    """
    scale = ridge_scale(problem, given)
    tables = []
    for power in (2 * digits + 20, 3 * digits + 30):
        refined, root, numbers = at_power_of_ten(problem, given, scale - power, digits + power)
        arithmetic = refined.arithmetic
        inputs, levels = numbers(arithmetic)
        tables.append((power, problem.observables({**inputs, **root.unknowns}, arithmetic, levels)))
    (near, first), (far, second) = tables
    out = {key: _precise_limit(first[key], second[key], far - near, digits, arithmetic) for key in first}
    statement = (*root.evidence.statement, _STATEMENT)
    unknowns = {key: out.pop(key) for key in problem.unknowns}
    diverges = any(abs(out[o.name]) == arithmetic.context.inf for o in problem.system.observables)
    status = Status.DIVERGES if diverges else Status.LIMIT
    return Root(
        list(unknowns.values()), status, root.condition, root.iterations, unknowns, out,
        RootEvidence(Grade.MEASURED, statement),
    )  # fmt: skip


def ridge_scale(problem: SystemProblem, given: Given) -> int:
    """Decades of the ridge from which on the leading orders at infinity hold.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    given : Given
        Inputs and spectrum.
    """
    name = require_one_ridge(problem)
    double, spectrum = given(Float64())
    low = Points(problem, {**double, name: np.array([np.exp(_LOWEST)])}, spectrum, 1)
    offset = float(starting_offsets(low, low.start())[0][0])
    return int(np.floor((_LOWEST + (offset if np.isfinite(offset) else -_LOWEST)) / np.log(10)))


def at_power_of_ten(
    problem: SystemProblem, given: Given, power: int, digits: int
) -> tuple[Refined, Root, Given]:
    """The solution at a ridge that is a power of ten, and its inputs.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    given : Given
        Inputs and spectrum.
    power : int
        Of ten.
    digits : int
        Decimal digits.
    """
    numbers = _shifted(given, require_one_ridge(problem), power)
    return *solve_digits(problem, numbers, digits), numbers


def _shifted(given: Given, name: str, power: int) -> Given:
    """The same inputs with a ridge that is a power of ten."""

    def numbers(arithmetic: Any) -> Any:
        inputs, spectrum = given(arithmetic)
        ten = arithmetic.convert(10)
        ridge = ten**power if power >= 0 else arithmetic.convert(1) / ten ** (-power)
        return {**inputs, name: ridge}, spectrum

    return numbers


def _precise_limit(first: Any, second: Any, decades: int, digits: int, arithmetic: Multiprecision) -> Any:
    context = arithmetic.context
    if first == second or abs(second - first) <= abs(second) * context.mpf(10) ** (-digits - 1):
        return second
    if first == 0 or second == 0:
        raise SolverError("the limit of vanishing ridge is not clear", "give a positive ridge")
    exponent = -float(context.log(abs(second / first))) / (decades * float(np.log(10)))
    if abs(exponent) < _POWER:
        raise SolverError("the limit of vanishing ridge is not clear", "give a positive ridge")
    return context.mpf(0) if exponent > 0 else context.inf * context.sign(second)
