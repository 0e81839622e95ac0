"""Proof of a solution from a guess, for any system and a plain mapping of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem, system_problem
from asymptotics.solvers.accuracy import Proved
from asymptotics.solvers.given import given_numbers
from asymptotics.solvers.proof import solve_proved
from asymptotics.solvers.solution import Root


def certify_system(
    system: FixedPointSystem,
    parameters: Mapping[str, Any],
    guess: Mapping[str, Any],
    *,
    digits: int = 16,
    spectrum: Spectrum | None = None,
) -> Root:
    """Prove that a system has exactly one solution close to a guess, and enclose it and its observables.

    Parameters
    ----------
    system : FixedPointSystem
    parameters : mapping name -> int, float, Fraction, decimal string, mpmath number or Ball
        Exact values, or balls that contain them.
    guess : mapping name -> number
        Every unknown, to a few digits: for instance from :func:`asymptotics.solvers.newton.solve_system`.
    digits : int
        Relative accuracy of the unknowns.
    spectrum : Spectrum, optional
        Of such numbers; needed if the system has averages.

    Returns
    -------
    Root
        Of balls, with the box in which the solution is the only one.

    Raises
    ------
    InputError
        If a name is missing, or the system averages over a spectrum that is not given.
    PrecisionError
        If the test fails: the guess is too far away or not positive, the Jacobian singular, a parameter too uncertain,
        or a condition of the domain not certain.

    References
    ----------
    docs/theory/solver.md.

    Examples
    --------
    >>> from asymptotics.models.derive import derive
    >>> given = {"psi1": 2, "psi2": 3, "lam": "0.1", "noise": "0.5", "F1sq": 1, "F_starsq": 0}
    >>> given |= {"mu1sq": "0.25", "mu_starsq": "0.09"}
    >>> guess = {"nu": 0.148, "c": 1.765, "h": 0.765}
    >>> proved = certify_system(derive("random-features", "proportional"), given, guess)
    >>> print(proved.observables["train"])
    [0.3647934409649526 +/- 2.08e-17]
    """
    problem = _problem(system)
    if spectrum is None and system.averages():
        raise InputError("spectrum", None, "the numbers behind the spectral averages of the system")
    if set(problem.parameters) != set(parameters):
        wanted = ", ".join(sorted(problem.parameters))
        raise InputError("parameters", sorted(parameters), f"a value for each of {wanted}")
    if set(problem.unknowns) != set(guess):
        raise InputError("guess", sorted(guess), f"a value for each of {', '.join(problem.unknowns)}")
    start = [guess[name] for name in problem.unknowns]
    if not all(value > 0 for value in start):
        raise PrecisionError(
            f"{system.name}: the guess is not positive", "unknowns are positive on the branch"
        )
    try:
        return solve_proved(
            problem, given_numbers(parameters, spectrum), Proved(digits), start, observables=False
        )
    except PrecisionError:
        raise
    except SolverError as error:
        raise PrecisionError(
            f"{system.name}: no solution close to the guess", "give a better guess"
        ) from error


@lru_cache(maxsize=64)
def _problem(system: FixedPointSystem) -> SystemProblem:
    return system_problem(system, ())
