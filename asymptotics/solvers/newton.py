"""Solution of any lowered system at one point: from many starts, kept only if it is in the domain.

For systems that do not reduce to one monotone equation. The unknowns are positive, so the search is in their
logarithms; two different solutions in the domain are an error, not a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import root

from asymptotics.equations.averages import averages_in
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, SolverError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program

_ARITHMETIC = Float64()
_ENOUGH = 4
"""Solutions in the domain after which the search ends; they must all be the same."""


@dataclass(frozen=True)
class Solution:
    """A solution in the domain.

    Attributes
    ----------
    unknowns : mapping name -> float
    observables : mapping name -> float
    residual : float
        Largest residual, relative to the largest term of its equation.
    starts : int
        How many starting points led to this solution.
    tried : int
        How many were tried.
    """

    unknowns: Mapping[str, float]
    observables: Mapping[str, float]
    residual: float
    starts: int
    tried: int

    def __str__(self) -> str:
        rows = [f"{name:>16} = {value:.12g}" for name, value in {**self.unknowns, **self.observables}.items()]
        found = f"{'residual':>16} = {self.residual:.1e}, found from {self.starts} of {self.tried} starts"
        return "\n".join([*rows, found])


def solve_system(
    system: FixedPointSystem, parameters: Mapping[str, Any], *, starts: int = 300, seed: int = 0
) -> Solution:
    """Solve a system at one point.

    Parameters
    ----------
    system : FixedPointSystem
        Without spectral averages.
    parameters : mapping name -> number
        A value for every parameter of the system.
    starts : int
        Most starting points to try, log-uniform over many orders of magnitude; the search ends when a few of
        them have led to a solution in the domain.
    seed : int
        Of the starting points.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        If a parameter is missing or unknown, or the system averages over a spectrum.
    SolverError
        If no start leads to a solution in the domain, or two different ones are found.

    Examples
    --------
    >>> from asymptotics.models.derive import derive
    >>> given = {"psi1": 2, "psi2": 3, "lam": 0.1, "noise": 0.5, "F1sq": 1, "F_starsq": 0}
    >>> given |= {"mu1sq": 0.25, "mu_starsq": 0.09}
    >>> solution = solve_system(derive("random-features", "proportional"), given)
    >>> round(solution.observables["test"], 6)
    0.554155
    """
    if system.averages():
        raise InputError("system", system.name, "a system without spectral averages", "substitute a spectrum")
    values = _read(system, parameters)
    equations, domain, reading = _lowered(system)
    names = [unknown.symbol.name for unknown in system.unknowns]

    def scaled(logarithms: np.ndarray) -> np.ndarray:
        out = equations({**values, **dict(zip(names, np.exp(logarithms), strict=True))}, _ARITHMETIC)
        sizes = np.array([out[f"size{i}"] for i in range(len(names))])
        return np.array([out[f"residual{i}"] for i in range(len(names))]) / sizes

    found: list[tuple[np.ndarray, float]] = []
    generator, tried = np.random.default_rng(seed), 0
    with np.errstate(all="ignore"):
        while tried < starts and len(found) < _ENOUGH:
            tried += 1
            guess = generator.uniform(-9, 6, len(names))
            answer = root(scaled, guess, method="hybr", options={"xtol": 1e-13})
            error = float(np.max(np.abs(scaled(answer.x))))
            if not error < 1e-9:
                continue
            at = {**values, **dict(zip(names, np.exp(answer.x), strict=True))}
            if all(value > 0 for value in domain(at, _ARITHMETIC).values()):
                found.append((answer.x, error))
    best, count = _unique(system.name, found, tried)
    at = {**values, **dict(zip(names, np.exp(best[0]), strict=True))}
    observables = {name: float(value) for name, value in reading(at, _ARITHMETIC).items()}
    unknowns = {name: float(np.exp(x)) for name, x in zip(names, best[0], strict=True)}
    return Solution(unknowns, observables, best[1], count, tried)


def _read(system: FixedPointSystem, parameters: Mapping[str, Any]) -> dict[str, float]:
    names = {parameter.symbol.name for parameter in system.parameters}
    if names != set(parameters):
        missing, extra = sorted(names - set(parameters)), sorted(set(parameters) - names)
        shown = ", ".join([*(f"no {name}" for name in missing), *(f"unknown {name}" for name in extra)])
        raise InputError("parameters", shown, f"a value for each of {', '.join(sorted(names))}")
    return {name: float(value) for name, value in parameters.items()}


def _lowered(system: FixedPointSystem) -> tuple[Program, Program, Program]:
    """Residuals with the sizes of their largest terms, conditions of the domain, and observables."""
    inputs = [*(p.symbol.name for p in system.parameters), *(u.symbol.name for u in system.unknowns)]
    outputs = {}
    for number, equation in enumerate(system.equations):
        outputs[f"residual{number}"] = equation.residual
        # The sum of the terms without their signs: what a residual has to be compared with.
        terms = [term for term in equation.residual.expand().as_ordered_terms()]
        outputs[f"size{number}"] = sum(-t if t.could_extract_minus_sign() else t for t in terms)
    conditions = {
        f"condition{number}": condition.expression
        for number, condition in enumerate(system.domain.conditions)
        if not averages_in(condition.expression)
    }
    reading = {observable.name: observable.expression for observable in system.observables}
    programs = [lower(table, inputs, system.definitions) for table in (outputs, conditions, reading)]
    return programs[0], programs[1], programs[2]


def _unique(
    name: str, found: list[tuple[np.ndarray, float]], tried: int
) -> tuple[tuple[np.ndarray, float], int]:
    if not found:
        raise SolverError(f"{name}: no start of {tried} led to a solution in the domain", "raise starts")
    best = min(found, key=lambda item: item[1])
    if any(np.max(np.abs(other[0] - best[0])) > 1e-5 for other in found):
        raise SolverError(f"{name}: more than one solution in the domain", "state more conditions")
    return best, len(found)
