r"""Parts along training for any model with a program: two copies with ridges of their own.

Models that are not on one spectrum have no forms for two ridges. Their programs do: two copies, each with a ridge, that
share what two predictors share. Without coupling the copies do not know of each other, so that the path from infinite
ridge is that of each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.dynamics.nodes import Nodes
from asymptotics.ensembles.pairs import Pair
from asymptotics.ensembles.sharing import DATA, FEATURES, has_random_features, owners, replicated
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.errors import InputError
from asymptotics.lowering.systems import SystemProblem, system_problem
from asymptotics.models.components import SPLIT, RiskValues, components_of
from asymptotics.models.coordinates import NOISE
from asymptotics.models.measures import Numbers
from asymptotics.models.theory import Theory
from asymptotics.solvers.solution import ANSWERED
from asymptotics.solvers.solve import solve
from asymptotics.symbolic.replicas import replicate
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

Table = dict[str, np.ndarray]


@cache
def two_ridges(theory: Theory, shared: frozenset[str]) -> SystemProblem:
    """Two copies that share what is drawn with the owners named, ready to be solved at two ridges.

    Parameters
    ----------
    theory : Theory
    shared : frozenset of str
        Of ``"data"`` and ``"features"``.

    Raises
    ------
    InputError
        If the program declares no test error with a target and label noise.
    """
    program, ridge = theory.program(), symbol(theory.ridge)
    table = owners(program, theory.samples, theory.ridge)
    names = [name for name, of in table.items() if set(of) <= shared]
    two = replicate(program, shared=names, distinct=[ridge])
    system = two.deterministic_equivalent()
    known = {component.name: component.parts for component in components_of(two)}
    missing = [part.name for part in SPLIT if part.name not in known]
    if missing:
        allowed = "a model whose program declares test, with a target and label noise"
        raise InputError("model", theory.name, allowed, f"missing: {', '.join(missing)}")
    values = {o.name: o.expression for o in system.observables}
    observables = tuple(
        Observable(part.name, sp.Add(*(values[name] for name in known[part.name]))) for part in SPLIT
    )
    ridges = tuple(f"{theory.ridge}_{copy}" for copy in (1, 2))
    variables = [v.name for v in program.variables()]
    start = _start(system, theory, ridges, variables)
    return system_problem(replace(system, observables=observables), ridges, start)


def _start(system: FixedPointSystem, theory: Theory, ridges: Sequence[str], variables: Sequence[str]) -> Any:
    """Leading orders at infinite ridges, from those of two copies with one ridge; what they share has no part in it."""
    equal = replicated(theory, frozenset({DATA})).deterministic_equivalent()
    orders = {u.name: order for u, order in at_infinite_ridge(equal, (theory.ridge,)).items()}
    ratio = symbol(ridges[1]) / symbol(ridges[0])
    found = {}
    for unknown in system.unknown_symbols():
        first = unknown.name
        for variable in variables:
            first = re.sub(rf"_{re.escape(variable)}2(?=_|\Z)", f"_{variable}1", first)
        second = first != unknown.name
        if re.fullmatch(r"nu_[12]", first) and "nu" in orders:
            first, second = "nu", first == "nu_2"
        if first not in orders:
            return at_infinite_ridge(system, tuple(ridges))
        coefficient, exponent = orders[first]
        power = sp.Rational(exponent.numerator, exponent.denominator)
        found[unknown] = (coefficient * ratio**power if second else coefficient, exponent)
    return found


def general_sums(
    theory: Theory, sizes: Table, data: Numbers, nodes: Nodes, scale: np.ndarray, read: Any
) -> Table:
    """Sums over pairs of ridges, row by row; NaN where a node was not reached.

    Parameters
    ----------
    theory : Theory
    sizes : dict
        Finite sizes by name, in rows.
    data : Numbers
    nodes : Nodes
    scale : ndarray, shape (rows,)
        What ridges of nodes are multiplied by: the samples where these are per sample.
    read : callable
        From a pair, the noise, and None to what is summed.
    """
    if not all(np.all(np.isfinite(value)) for value in sizes.values()):
        raise InputError(
            "sizes", "inf", "finite sizes, where pairs of trained predictors are asked for of this model"
        )
    rows, count = nodes.ridge.shape
    first, second = np.repeat(np.arange(count), count), np.tile(np.arange(count), count)
    total: Table = {}
    noise = data.scalars[NOISE.name]
    for mate in (np.asarray, np.conj):
        ridges = scale[:, None] * nodes.ridge[:, first], scale[:, None] * mate(nodes.ridge)[:, second]
        pair = _pair(theory, sizes, data, ridges)
        weight = nodes.weight[:, first] * mate(nodes.weight)[:, second]
        for name, value in read(pair, noise, None).items():
            total[name] = total.get(name, np.zeros(rows)) + np.real(np.sum(weight * value, axis=1)) / 2
    return total


def _pair(theory: Theory, sizes: Table, data: Numbers, ridges: tuple[np.ndarray, np.ndarray]) -> Pair:
    """Pairs of nodes, shape (rows, pairs)."""
    together = _solved(theory, frozenset({DATA, FEATURES}), sizes, data, ridges)
    apart = together
    if has_random_features(theory):
        apart = _solved(theory, frozenset({DATA}), sizes, data, ridges)
    return Pair.of_risks(apart, together)


def _solved(
    theory: Theory, shared: frozenset[str], sizes: Table, data: Numbers, ridges: tuple[np.ndarray, np.ndarray]
) -> RiskValues:
    """Bias, and variance per noise, of two copies at pairs of ridges."""
    problem, shape = two_ridges(theory, shared), ridges[0].shape
    given: dict[str, Any] = {**data.scalars, NOISE.name: 1.0}
    given |= {name: np.repeat(value, shape[1]) for name, value in sizes.items()}
    given |= {name: ridge.ravel() for name, ridge in zip(problem.ridge, ridges, strict=True)}
    inputs = {name: value for name, value in given.items() if name in problem.parameters}
    root = solve(problem, inputs, spectrum=data.spectrum)
    lost = ~np.isin(root.status, ANSWERED)

    def reached(value: Any) -> np.ndarray:
        filled = np.broadcast_to(np.asarray(value, dtype=complex), lost.shape).copy()
        filled[lost] = np.nan
        return filled.reshape(shape)

    return RiskValues.of(root.observables).mapped(reached)
