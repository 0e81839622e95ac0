"""Solution and proof of any system at one point, from a plain mapping of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from asymptotics.deprecation import deprecated
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import Start, SystemProblem, system_problem
from asymptotics.solvers.accuracy import Accuracy, Doubles
from asymptotics.solvers.solution import Root, Status
from asymptotics.solvers.solve import require_spectrum, solve

FindStart = Callable[[FixedPointSystem, Sequence[str]], Start]


def solve_system(
    system: FixedPointSystem,
    parameters: Mapping[str, Any],
    *,
    start: Start | FindStart | None = None,
    ridge: str | Sequence[str] = "lam",
    accuracy: Accuracy | None = None,
    spectrum: Spectrum | None = None,
    starts: int | None = None,
    seed: int | None = None,
) -> Root:
    """Solve a system at one point, by continuation from infinite ridge.

    Parameters
    ----------
    system : FixedPointSystem
    parameters : mapping name -> number
    start : mapping, or callable from system and ridges to one
        Leading orders of the unknowns at infinite ridge, see :func:`asymptotics.lowering.systems.system_problem`.
    ridge : str or sequence of str
    accuracy : Doubles, Digits or Proved
    spectrum : Spectrum, optional
        Needed if the system has averages.
    starts, seed : int
        Not used any more: nothing is searched.

    Returns
    -------
    Root
        Of numbers, not arrays.

    Raises
    ------
    InputError
        If a parameter is missing or unknown, or there is no spectrum, or no start.
    SolverError
        If the path from infinite ridge does not arrive.

    Examples
    --------
    >>> from asymptotics.models.derive import derive
    >>> from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge
    >>> given = {"psi1": 2, "psi2": 3, "lam": 0.1, "noise": 0.5, "F1sq": 1, "F_starsq": 0}
    >>> given |= {"mu1sq": 0.25, "mu_starsq": 0.09}
    >>> solution = solve_system(derive("random-features", "proportional"), given, start=at_infinite_ridge)
    >>> round(solution.observables["test"], 6)
    0.554155
    """
    if starts is not None or seed is not None:
        deprecated("solve_system(starts=, seed=)", "neither, nothing is searched", gone_in="0.3")
    names = {parameter.symbol.name for parameter in system.parameters}
    if names != set(parameters):
        missing, extra = sorted(names - set(parameters)), sorted(set(parameters) - names)
        shown = ", ".join([*(f"no {name}" for name in missing), *(f"unknown {name}" for name in extra)])
        raise InputError("parameters", shown, f"a value for each of {', '.join(sorted(names))}")
    if start is None:
        raise InputError(
            "start", None, "leading orders at infinite ridge", "asymptotics.solve_system derives them"
        )
    ridges = (ridge,) if isinstance(ridge, str) else tuple(ridge)
    problem = _problem(system, ridges, start) if callable(start) else system_problem(system, ridges, start)
    require_spectrum(problem, spectrum)
    accuracy = Doubles() if accuracy is None else accuracy
    root = solve(problem, parameters, accuracy, spectrum)
    wanted = [observable.name for observable in system.observables]
    root = replace(root, observables={name: root.observables[name] for name in wanted})
    if not isinstance(accuracy, Doubles):
        return root
    if root.status[0] not in (Status.SOLVED, Status.ILL_CONDITIONED):
        raise SolverError(f"{system.name}: {Status(root.status[0]).name}", Status(root.status[0]).advice)
    return _single(root)


@lru_cache(maxsize=64)
def _problem(system: FixedPointSystem, ridges: tuple[str, ...], start: FindStart) -> SystemProblem:
    return system_problem(system, ridges, start(system, ridges))


def _single(root: Root) -> Root:
    """Arrays of one point as numbers."""

    def numbers(table: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value.reshape(-1)[0].item() for name, value in table.items()}

    return Root(
        root.value[:, 0].tolist(), Status(int(root.status[0])), float(root.condition[0]), root.iterations,
        numbers(root.unknowns), numbers(root.observables), root.evidence,
    )  # fmt: skip
