"""Any fixed-point system at one point, with a start that is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asymptotics.equations.system import FixedPointSystem
from asymptotics.lowering.program import Spectrum
from asymptotics.solvers import newton
from asymptotics.solvers.accuracy import Accuracy
from asymptotics.solvers.solution import Root
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

__all__ = ["solve_system"]


def solve_system(
    system: FixedPointSystem,
    parameters: Mapping[str, Any],
    *,
    start: Any = at_infinite_ridge,
    ridge: str | Sequence[str] = "lam",
    accuracy: Accuracy | None = None,
    spectrum: Spectrum | None = None,
    starts: int | None = None,
    seed: int | None = None,
) -> Root:
    """Solve a system at one point, by continuation from infinite ridge, where the solution is explicit.

    Parameters
    ----------
    system : FixedPointSystem
        Derived, or written by hand; unknowns are positive on the physical branch.
    parameters : mapping name -> number
        A value for every parameter of the system.
    start : mapping or callable, optional
        Leading orders of the unknowns at infinite ridge; derived by dominant balance by default.
    ridge : str or sequence of str
        The parameter, or the parameters, that grow together along the path.
    accuracy : Doubles, Digits or Proved, optional
        From :mod:`asymptotics.solvers.accuracy`; double precision by default.
    spectrum : Spectrum, optional
        Needed if the system has averages.
    starts, seed : int
        Not used any more: nothing is searched.

    Returns
    -------
    Root
        Unknowns and observables by name, with what is known about them.

    Raises
    ------
    InputError
        If a parameter is missing or unknown, or there is no spectrum.
    DerivationError
        If the solution at infinite ridge is not determined.
    SolverError
        If the path from infinite ridge does not arrive.

    References
    ----------
    docs/theory/solver.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> given = {"psi1": 2, "psi2": 3, "lam": 0.1, "noise": 0.5, "F1sq": 1, "F_starsq": 0}
    >>> solution = solve_system(
    ...     asy.derive("random-features", "proportional"), given | {"mu1sq": 0.25, "mu_starsq": 0.09}
    ... )
    >>> round(solution.observables["test"], 6)
    0.554155
    """
    return newton.solve_system(
        system,
        parameters,
        start=start,
        ridge=ridge,
        accuracy=accuracy,
        spectrum=spectrum,
        starts=starts,
        seed=seed,
    )
