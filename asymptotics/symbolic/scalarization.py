"""From the Dyson equation of a program to a scalar fixed-point system with its observables.

Observables are slopes of the minimum in its sources, by implicit differentiation of the reduced equations, each
written in the shortest form that the equations allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.provenance import Provenance
from asymptotics.equations.shortening import shorten
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.symbolic.assembly import as_equation, assemble, named_averages
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.matrices import Vector
from asymptotics.symbolic.observables import Slope, collect_pieces, name_large, read_observables
from asymptotics.symbolic.reduction import reduce_traces


@dataclass(frozen=True)
class Potential:
    """Part of the minimum due to one given vector: its multiplier blocks and profiles."""

    name: str
    vector: Vector
    places: tuple[tuple[int, sp.Expr], ...]

    def value(self, equation: DysonEquation) -> sp.Expr:
        """Minus the quadratic form of the mean inverse in the given vector."""
        total = sp.S.Zero
        for i, first in self.places:
            for k, second in self.places:
                total -= self.vector.quadratic(first * second * equation.entry(i, k))  # type: ignore[attr-defined]
        return total


def scalarize(
    equation: DysonEquation,
    potentials: Sequence[Potential],
    sources: Mapping[sp.Symbol, Any],
    observables: Mapping[str, Slope],
    name: str,
    provenance: Provenance,
) -> FixedPointSystem:
    """The scalar fixed-point system of a Dyson equation, with observables as slopes of the minimum.

    Parameters
    ----------
    equation : DysonEquation
    potentials : sequence of Potential
        Parts of the minimum, one for each given vector.
    sources : mapping symbol -> value
        Where slopes are taken.
    observables : mapping str -> Slope
    name : str
    provenance : Provenance

    Returns
    -------
    FixedPointSystem

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    base = {source: sp.sympify(value) for source, value in sources.items()}
    state = reduce_traces(equation, [p.value(equation) for p in potentials], base)
    pieces = collect_pieces(state.residuals, state.unknowns, state.values, base, observables)
    reduced, averages = named_averages(pieces.flat(), state.poles, equation.pencil)
    equations = [as_equation(residual) for residual in pieces.with_entries(reduced).residuals]
    pieces, entries = name_large(pieces.with_entries(reduced))
    read = read_observables(pieces, potentials, observables)
    if not entries:
        fixed = [definition.symbol for definition in averages]
        read = _shortened(read, [e.residual for e in equations], state.unknowns, fixed)
    step = f"scalar system in {', '.join(map(str, state.unknowns))}; observables by implicit differentiation"
    definitions = (*averages, *entries)
    return assemble(name, equation, state, equations, read, definitions, base, provenance.then(step))


def _shortened(
    observables: Sequence[Observable], residuals: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol],
    averages: Sequence[sp.Symbol],
) -> tuple[Observable, ...]:  # fmt: skip
    """Observables in their shortest form modulo the equations; a sum of parts is the sum of short parts."""
    parts = [o for o in observables if "." in o.name or o.name == "minimum"]
    forms = shorten([o.expression for o in parts], residuals, unknowns, averages)
    short = {o.name: form for o, form in zip(parts, forms, strict=True)}
    for o in observables:
        if o.name not in short:
            short[o.name] = sum((short[q.name] for q in parts if q.name.startswith(f"{o.name}.")), sp.S.Zero)
    return tuple(Observable(o.name, short[o.name], o.meaning) for o in observables)
