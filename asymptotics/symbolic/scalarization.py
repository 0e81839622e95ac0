"""From the Dyson equation of a program to a scalar fixed-point system with its observables.

Observables are slopes of the minimum in its sources, by implicit differentiation of the reduced equations, each
written in the shortest form that the equations allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from asymptotics.equations.provenance import Provenance
from asymptotics.equations.shortening import shorten
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.symbolic.assembly import as_equation, assemble, named_averages
from asymptotics.symbolic.couplings import linear_response
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.observables import Slope, collect_pieces, name_large, read_observables
from asymptotics.symbolic.potentials import Potential
from asymptotics.symbolic.reduction import reduce_traces
from asymptotics.symbolic.symmetry import Pair


def scalarize(
    equation: DysonEquation,
    potentials: Sequence[Potential],
    sources: Mapping[sp.Symbol, Any],
    observables: Mapping[str, Slope],
    name: str,
    provenance: Provenance,
    couplings: Mapping[sp.Symbol, Mapping[Pair, sp.Expr]] | None = None,
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
    couplings : mapping source -> change of the pencil, optional
        Sources that are already zero in the equation; slopes in them are read off by linear response.

    Returns
    -------
    FixedPointSystem

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    base = {source: sp.sympify(value, strict=True) for source, value in sources.items()}
    couplings = couplings or {}
    joined = {s: linear_response(equation, change, potentials, base) for s, change in couplings.items()}
    carried = [entry for response in joined.values() for entry in response.flat()]
    count = len(potentials)
    plain = {label: o for label, o in observables.items() if o.source not in couplings}
    state = reduce_traces(equation, [*(p.value(equation) for p in potentials), *carried], base, bool(plain))
    pieces = collect_pieces(state.residuals, state.unknowns, state.values[:count], base, plain)
    carried = [value.subs(base) for value in state.values[count:]]
    reduced, averages = named_averages([*pieces.flat(), *carried], state.poles, equation.pencil)
    own = len(reduced) - len(carried)
    pieces, entries = pieces.with_entries(reduced[:own]), iter(reduced[own:])
    equations = [as_equation(residual) for residual in pieces.residuals]
    pieces, named = name_large(pieces)
    read = {o.name: o for o in read_observables(pieces, potentials, plain)}
    for source, response in joined.items():
        slopes = response.with_entries([next(entries) for _ in response.flat()]).solve()
        read |= _coupled(source, slopes, potentials, observables)
    ordered = [o for label in ("minimum", *observables) for o in read.values() if _label(o) == label]
    if not named:
        fixed = [definition.symbol for definition in averages]
        ordered = _shortened(ordered, [e.residual for e in equations], state.unknowns, fixed)
    how = "linear response" if joined and not plain else "implicit differentiation"
    step = f"scalar system in {', '.join(map(str, state.unknowns))}; observables by {how}"
    definitions = (*averages, *named)
    return assemble(name, equation, state, equations, ordered, definitions, base, provenance.then(step))


def _label(observable: Observable) -> str:
    return observable.name.partition(".")[0]


def _coupled(
    source: sp.Symbol,
    slopes: Sequence[sp.Expr],
    potentials: Sequence[Potential],
    observables: Mapping[str, Slope],
) -> dict[str, Observable]:
    """Observables that are slopes in one coupling."""
    read: dict[str, Observable] = {}
    for label, wanted in observables.items():
        if wanted.source != source:
            continue
        parts = [wanted.factor * slope for slope in slopes]
        read[label] = Observable(label, sum(parts, sp.S.Zero), f"slope of the minimum in {source}")
        for potential, part in zip(potentials, parts, strict=True):
            name = f"{label}.{potential.name}"
            read[name] = Observable(name, part, f"part due to {potential.name}")
    return read


def _shortened(
    observables: Sequence[Observable], residuals: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol],
    averages: Sequence[sp.Symbol],
) -> list[Observable]:  # fmt: skip
    """Observables in their shortest form modulo the equations; a sum of parts is the sum of short parts."""
    parts = [o for o in observables if "." in o.name or o.name == "minimum"]
    forms = shorten([o.expression for o in parts], residuals, unknowns, averages)
    short = {o.name: form for o, form in zip(parts, forms, strict=True)}
    for o in observables:
        if o.name not in short:
            short[o.name] = sum((short[q.name] for q in parts if q.name.startswith(f"{o.name}.")), sp.S.Zero)
    return [Observable(o.name, short[o.name], o.meaning) for o in observables]
