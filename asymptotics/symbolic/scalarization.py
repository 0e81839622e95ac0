"""From the Dyson equation to a scalar fixed-point system: fewest unknowns, named averages, observables.

Traces over plain dimensions are eliminated where an equation is linear in one; for each spectrum the poles of
the mean inverse become unknowns themselves (the effective ridges), so that every spectral average has the
denominator ``s + nu``. Observables are slopes of the minimum in its sources, by implicit differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.normal_form import normal_form
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.matrices import Vector
from asymptotics.symbolic.observables import Slope, collect_pieces, name_large, read_observables


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


@dataclass(frozen=True)
class _Reduced:
    """Equations, unknowns and potentials while traces are being eliminated."""

    residuals: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Symbol, ...]
    values: tuple[sp.Expr, ...]
    positive: tuple[sp.Expr, ...]

    def solve(self, position: int, unknown: sp.Symbol, value: sp.Expr) -> _Reduced:
        """Drop one equation and one unknown, substituting its value."""
        rule = {unknown: value}
        keep = [r.subs(rule) for i, r in enumerate(self.residuals) if i != position]
        return _Reduced(
            tuple(keep),
            tuple(u for u in self.unknowns if u != unknown),
            tuple(v.subs(rule) for v in self.values),
            tuple(p.subs(rule) for p in self.positive),
        )


def _linear_value(residual: sp.Expr, unknown: sp.Symbol) -> sp.Expr | None:
    """Value of the unknown if the residual's numerator is linear in it."""
    numerator = sp.fraction(sp.cancel(residual))[0]
    if not numerator.has(unknown) or sp.degree(numerator, unknown) != 1:
        return None
    poly = sp.Poly(numerator, unknown)
    return sp.cancel(-poly.nth(0) / poly.nth(1))


_SIMPLE = 60
"""Operations in the value of an unknown up to which it is eliminated."""


def _eliminate_plain(state: _Reduced) -> _Reduced:
    """Solve equations without averages for unknowns they are linear in, as long as values stay simple.

    Unknowns outside spectral averages go first, then those with the simplest value.
    """
    while True:
        inside = {s for average in averages_in(*state.residuals, *state.values) for s in average.free_symbols}
        found = [
            ((unknown in inside, sp.count_ops(value), number), position, unknown, value)
            for number, unknown in enumerate(state.unknowns)
            for position, residual in enumerate(state.residuals)
            if not averages_in(residual) and len(state.residuals) > 1
            if (value := _linear_value(residual, unknown)) is not None
        ]
        if not found:
            return state
        (_, size, _), *step = min(found, key=lambda item: (item[0], item[1]))
        if size > _SIMPLE:
            return state
        state = state.solve(*step)


def _poles(
    state: _Reduced, equation: DysonEquation, removed: Mapping[sp.Symbol, sp.Expr]
) -> list[tuple[SpectralDimension, sp.Expr]]:
    """Poles of the mean inverse in each eigenvalue, as expressions in the unknowns."""
    found: list[tuple[SpectralDimension, sp.Expr]] = []
    for dimension, determinant in equation.determinants.items():
        if not isinstance(dimension, SpectralDimension):
            continue
        s = dimension.eigenvalue
        numerator = sp.fraction(sp.together(determinant.subs(removed)))[0]
        for factor, _ in sp.factor_list(sp.expand(numerator))[1]:
            if factor.has(s) and sp.degree(factor, s) == 1 and factor.free_symbols & set(state.unknowns):
                poly = sp.Poly(factor, s)
                if poly.nth(0) != 0:
                    found.append((dimension, sp.cancel(poly.nth(0) / poly.nth(1))))
    return found


def _introduce(state: _Reduced, pole: sp.Expr, nu: sp.Symbol) -> _Reduced:
    """Use ``nu = pole`` as an unknown in place of the first one the relation is linear in."""
    inside = [u for u in state.unknowns if pole.has(u)]
    for unknown in inside:
        value = _linear_value(nu - pole, unknown)
        if value is not None:
            rule = {unknown: value}
            return _Reduced(
                tuple(r.subs(rule) for r in state.residuals),
                tuple(nu if u == unknown else u for u in state.unknowns),
                tuple(v.subs(rule) for v in state.values),
                tuple(p.subs(rule) for p in state.positive),
            )
    raise DerivationError(f"the pole {pole} is not linear in any of its unknowns")


def _reduce(
    equation: DysonEquation, potentials: Sequence[Potential], base: Mapping[sp.Symbol, sp.Expr]
) -> tuple[_Reduced, dict[sp.Symbol, list[sp.Symbol]]]:
    unknowns = tuple(u.symbol for u in equation.unknowns)
    state = _Reduced(equation.equations(), unknowns, tuple(p.value(equation) for p in potentials), unknowns)
    plain = _eliminate_plain(state)
    removed = {u: v for u, v in zip(state.unknowns, plain.positive, strict=True) if u != v}
    removed = {u: v.subs(base) for u, v in removed.items()}
    poles = _poles(plain, equation, {**base, **removed})
    names: dict[sp.Symbol, list[sp.Symbol]] = {}
    state = plain
    for number, (dimension, pole) in enumerate(poles, 1):
        nu = symbol("nu" if len(poles) == 1 else f"nu_{number}")
        current = pole.subs({u: v for u, v in zip(plain.unknowns, _current(plain, state), strict=True)})
        state = _introduce(state, current, nu)
        names.setdefault(dimension.eigenvalue, []).append(nu)
    return state, names


def _current(before: _Reduced, after: _Reduced) -> list[sp.Expr]:
    """Values of the unknowns of an earlier state in those of a later one."""
    table = dict(zip(before.positive, after.positive, strict=True))
    return [table.get(u, u) for u in before.unknowns]


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
    state, names = _reduce(equation, potentials, base)
    pieces = collect_pieces(state.residuals, state.unknowns, state.values, base, observables)
    reduced, definitions = normal_form(pieces.flat(), names)
    pieces, named = name_large(pieces.with_entries(reduced))
    residuals, read = pieces.residuals, read_observables(pieces, potentials, observables)
    equations = tuple(_as_equation(residual) for residual in residuals)
    used = {
        s for e in [*[q.residual for q in equations], *[o.expression for o in read]] for s in e.free_symbols
    }
    definitions = (*(d for d in definitions if d.symbol in used or named), *named)
    unknowns = tuple(Unknown(u, _meaning(u, names)) for u in state.unknowns)
    inside = {s for d in definitions for s in d.expression.free_symbols}
    defined = {d.symbol for d in definitions}
    parameters = sorted((used | inside) - set(state.unknowns) - defined, key=lambda s: s.name)
    conditions = [p.subs(base) for p in state.positive]
    conditions = [Condition(sp.cancel(c)) for c in conditions if not averages_in(c)]
    return FixedPointSystem(
        name=name,
        parameters=tuple(Parameter(p) for p in parameters),
        unknowns=unknowns,
        equations=equations,
        observables=read,
        definitions=definitions,
        measures=_measures(definitions, equation),
        domain=Domain(tuple(_unique(conditions + [Condition(u) for u in state.unknowns]))),
        provenance=provenance.then(
            f"scalar system in {', '.join(map(str, state.unknowns))}; observables by implicit differentiation"
        ),
    )


def _unique(conditions: Sequence[Condition]) -> list[Condition]:
    return [c for c in dict.fromkeys(conditions) if c.expression.free_symbols]


def _meaning(unknown: sp.Symbol, names: Mapping[sp.Symbol, list[sp.Symbol]]) -> str:
    spectrum = next((s for s, poles in names.items() if unknown in poles), None)
    return f"effective ridge: pole of the mean inverse at {spectrum} = -{unknown}" if spectrum else "trace"


def _measures(definitions: Sequence[Definition], equation: DysonEquation) -> tuple[Measure, ...]:
    """Every measure the definitions average over, with what it weighs."""
    dimensions = [d for d in equation.pencil.dimensions() if isinstance(d, SpectralDimension)]
    traces = {d.measure: d for d in dimensions}
    pairs = {(a.measure, a.variable) for d in definitions for a in averages_in(d.expression)}
    measures = []
    for m, s in sorted(pairs, key=lambda pair: pair[0].name):
        if m.name in traces:
            measures.append(
                Measure(m, s, f"trace over {traces[m.name].name}: sum over the spectrum {s}", "trace")
            )
        else:
            measures.append(Measure(m, s, f"sum of squared coordinates of a vector at {s}", "vector"))
    return tuple(measures)


def _as_equation(residual: sp.Expr) -> Equation:
    numerator = sp.fraction(sp.cancel(residual))[0]
    return Equation(sp.factor_terms(numerator), sp.S.Zero)
