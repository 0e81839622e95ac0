"""From the Dyson equation of a program to a scalar fixed-point system with its observables.

Observables are slopes of the minimum in its sources, by implicit differentiation of the reduced equations, each
written in the shortest form that the equations allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.provenance import Provenance
from asymptotics.equations.short_system import shortened
from asymptotics.equations.shortening import shorten
from asymptotics.equations.system import Definition, FixedPointSystem, Observable
from asymptotics.symbolic.assembly import as_equation, as_short_equation, assemble, named_averages
from asymptotics.symbolic.couplings import LinearResponse, linear_response
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.economy import economize, size_names
from asymptotics.symbolic.named_response import Names
from asymptotics.symbolic.observables import (
    Pieces,
    Slope,
    collect_pieces,
    name_large,
    read_in_names,
    read_observables,
)
from asymptotics.symbolic.poles import Reduced
from asymptotics.symbolic.potentials import Potential
from asymptotics.symbolic.progress import report
from asymptotics.symbolic.reduction import reduce_traces
from asymptotics.symbolic.short_form import short_form
from asymptotics.symbolic.symmetry import Pair

_GROWTH = Fraction(6, 5)
"""Operations of the equations, relative to the Dyson equation, beyond which they keep more unknowns instead."""


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
    plain = {label: o for label, o in observables.items() if o.source not in couplings}
    start = _Start(equation, potentials, base, couplings)
    state, joined = start.reduced(bool(plain))
    report("writing averages in their basis")
    pieces = collect_pieces(state.residuals, state.unknowns, state.values[: len(potentials)], base, plain)
    carried = [value.subs(base) for value in state.values[len(potentials) :]]
    reduced, averages = named_averages([*pieces.flat(), *carried], state.poles, equation.pencil)
    own = len(reduced) - len(carried)
    pieces, entries = pieces.with_entries(reduced[:own]), iter(reduced[own:])
    joined = {s: r.with_entries([next(entries) for _ in r.flat()]) for s, r in joined.items()}
    if state.short:
        ordered, named = _read_in_names(state, pieces, joined, potentials, observables)
        equations = [as_short_equation(residual, state.unknowns) for residual in pieces.residuals]
    else:
        equations = [as_equation(residual) for residual in pieces.residuals]
        pieces, named = name_large(pieces)
        report("solving the linear response")
        read = read_observables(pieces, potentials, plain)
        slopes = {s: response.solve() for s, response in joined.items()}
        ordered = _ordered(read, slopes, potentials, observables)
    if not named:
        report("shortening observables")
        fixed = [definition.symbol for definition in averages]
        ordered = _shortened(ordered, [e.residual for e in equations], state.unknowns, fixed)
    how = "linear response" if joined and not plain else "implicit differentiation"
    step = f"scalar system in {', '.join(map(str, state.unknowns))}; observables by {how}"
    definitions = (*averages, *named)
    system = assemble(name, equation, state, equations, ordered, definitions, base, provenance.then(step))
    if joined or not state.short:
        return system
    report("writing equations as balances")
    return shortened(system)


@dataclass(frozen=True)
class _Start:
    """What is reduced: with few unknowns if the equations stay as short, else with short equations."""

    equation: DysonEquation
    potentials: Sequence[Potential]
    base: Mapping[sp.Symbol, sp.Expr]
    couplings: Mapping[sp.Symbol, Mapping[Pair, sp.Expr]]

    def reduced(self, differentiable: bool) -> tuple[Reduced, dict[sp.Symbol, LinearResponse]]:
        """The reduced equations with the parts of the minimum, and the response to each coupling."""
        joined: dict[sp.Symbol, LinearResponse] = {}

        def values(equation: DysonEquation) -> list[sp.Expr]:
            joined.clear()
            for s, change in self.couplings.items():
                joined[s] = linear_response(equation, change, self.potentials, self.base)
            carried = [entry for response in joined.values() for entry in response.flat()]
            return [*(p.value(equation) for p in self.potentials), *carried]

        state = reduced(self.equation, values, self.base, differentiable, bool(self.couplings))
        return state, joined


def reduced(
    equation: DysonEquation,
    values: Callable[[DysonEquation], list[sp.Expr]],
    base: Mapping[sp.Symbol, sp.Expr],
    differentiable: bool = True,
    try_first: bool = False,
) -> Reduced:
    """A Dyson equation in few unknowns, or in short equations where few unknowns would make them grow.

    Parameters
    ----------
    equation : DysonEquation
    values : callable
        What is carried along, in the traces of the equation that it is given.
    base : mapping source -> value
    differentiable : bool
        Whether the values are going to be differentiated.
    try_first : bool
        Whether values take long, so that it is first seen which equations they are wanted for.
    """
    if try_first and reduce_traces(equation, [], base, growth=_GROWTH) is None:
        state = None
    else:
        state = reduce_traces(equation, values(equation), base, differentiable, _GROWTH)
    if state is None:
        form = short_form(equation, base)
        state = economize(form, values(form.equation), base)
    return state


def _read_in_names(
    state: Reduced,
    pieces: Pieces,
    joined: Mapping[sp.Symbol, LinearResponse],
    potentials: Sequence[Potential],
    observables: Mapping[str, Slope],
) -> tuple[list[Observable], tuple[Definition, ...]]:
    """Observables with every step of the linear solutions named."""
    names = Names()
    place = {u: i for i, u in enumerate(state.unknowns)}
    before = [(place[first], place[second]) for first, second in state.before]
    rule = {average: d.symbol * average.function for average, d in size_names(_factors(observables)).items()}
    observables = {label: Slope(o.source, o.factor.xreplace(rule)) for label, o in observables.items()}
    plain = {label: o for label, o in observables.items() if o.source not in joined}
    read = read_in_names(pieces.without_cancellation(state.unknowns), potentials, plain, before, names)
    slopes = {s: response.solve_in_names(names) for s, response in joined.items()}
    return _ordered(read, slopes, potentials, observables), tuple(names.definitions)


def _factors(observables: Mapping[str, Slope]) -> list[sp.Expr]:
    return [o.factor for o in observables.values()]


def _ordered(
    read: Sequence[Observable],
    slopes: Mapping[sp.Symbol, Sequence[sp.Expr]],
    potentials: Sequence[Potential],
    observables: Mapping[str, Slope],
) -> list[Observable]:
    """The minimum and every observable with its parts, in the order asked for."""
    found = {o.name: o for o in read}
    for source, values in slopes.items():
        found |= _coupled(source, values, potentials, observables)
    return [o for label in ("minimum", *observables) for o in found.values() if _label(o) == label]


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
