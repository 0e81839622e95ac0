"""Putting a scalar system together: named averages, measures, equations without common factors, the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.utilities.iterables import sift

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.joint_form import joint_form
from asymptotics.equations.naming import symbol
from asymptotics.equations.normal_form import normal_form
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.poles import Reduced

Poles = Mapping[sp.Symbol, Sequence[sp.Symbol]]


def spectral_dimensions(pencil: Pencil) -> tuple[SpectralDimension, ...]:
    """The dimensions of a pencil that carry a spectrum."""
    return tuple(d for d in pencil.dimensions() if isinstance(d, SpectralDimension))


def size_definitions(pencil: Pencil) -> tuple[Definition, ...]:
    """The size of every dimension that carries a spectrum, as the average it is."""
    return tuple(Definition(d.size_name, d.size, f"size of {d.name}") for d in spectral_dimensions(pencil))


def named_averages(
    expressions: Sequence[sp.Expr], poles: Poles, pencil: Pencil
) -> tuple[tuple[sp.Expr, ...], tuple[Definition, ...]]:
    """Write every average in named basis averages.

    Companions of an eigenvalue go into the measure; where they stand in a denominator the average is over the joint
    law of all letters.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        With averages in them.
    poles : Poles
        Of the averages.
    pencil : Pencil
        Whose spectra they are over.

    Raises
    ------
    DerivationError
        If an average has a pole that is not an unknown, or a denominator that is not linear in a joint law.
    """
    letters = {d.eigenvalue: d.eigenvalues for d in spectral_dimensions(pencil)}
    found = averages_in(*expressions)
    joint = {
        a.variable for a in found if sp.fraction(sp.together(a.function))[1].has(*letters[a.variable][1:])
    }
    rule: dict[sp.Expr, sp.Expr] = {}
    definitions: list[Definition] = []
    for s in sorted(joint, key=str):
        own = {a: SpectralAverage(a.function, letters[s], a.measure) for a in found if a.variable == s}
        named, basis = joint_form(list(own.values()))
        rule |= {a: named[node] for a, node in own.items()}
        definitions += basis
    for average in found:
        if average not in rule and average.function.has(*letters[average.variable][1:]):
            rule[average] = _weighted(average, letters[average.variable][1:])
    named_ones, single = normal_form([expression.xreplace(rule) for expression in expressions], poles)
    return named_ones, (*single, *definitions)


def _weighted(average: SpectralAverage, companions: Sequence[sp.Symbol]) -> sp.Expr:
    numerator, denominator = sp.fraction(sp.together(average.function))
    total = sp.S.Zero
    for powers, coefficient in sp.Poly(numerator, *companions).terms():
        suffix = "".join(
            f"_{letter.name}{power if power > 1 else ''}"
            for letter, power in zip(companions, powers, strict=True)
            if power
        )
        measure = symbol(f"{average.measure.name}{suffix}")
        total += SpectralAverage(coefficient / denominator, average.variable, measure)
    return total


def measures(definitions: Sequence[Definition], pencil: Pencil) -> tuple[Measure, ...]:
    """Every measure the definitions average over, with what it weighs.

    Parameters
    ----------
    definitions : sequence of Definition
        With averages in them.
    pencil : Pencil
        Whose spectra they are over.
    """
    dimensions = {d.measure: d for d in spectral_dimensions(pencil)}
    pairs = {(a.measure, a.variable) for d in definitions for a in averages_in(d.expression)}
    found = []
    for m, s in sorted(pairs, key=lambda pair: pair[0].name):
        base, _, weight = m.name.partition("_")
        if isinstance(s, sp.Tuple):
            law = f"joint law of {', '.join(map(str, s))}"
            trace = m.name in dimensions
            meaning = (
                f"trace over {dimensions[m.name].name}" if trace else "sum of squared coordinates of a vector"
            )
            found.append(Measure(m, s, f"{meaning}: {law}", "trace" if trace else "vector"))
        elif m.name in dimensions:
            meaning = f"trace over {dimensions[m.name].name}: sum over the spectrum {s}"
            found.append(Measure(m, s, meaning, "trace"))
        elif base in dimensions:
            word = weight.replace("_", " ")
            meaning = f"trace over {dimensions[base].name} weighed with {word}: sum over the spectrum {s}"
            found.append(Measure(m, s, meaning, "vector"))
        else:
            found.append(Measure(m, s, f"sum of squared coordinates of a vector at {s}", "vector"))
    return tuple(found)


def as_equation(residual: sp.Expr) -> Equation:
    """The numerator without its monomial factor: every symbol stands for a positive quantity."""
    numerator = sp.fraction(sp.cancel(residual))[0]
    _, numerator = sp.Poly(numerator, *sorted(numerator.free_symbols, key=str)).terms_gcd()
    return Equation(sp.factor_terms(numerator.as_expr()), sp.S.Zero)


def as_short_equation(residual: sp.Expr, symbols: Sequence[sp.Symbol]) -> Equation:
    """The numerator without its monomial factor, what is added on the left and what is subtracted on the right.

    Parameters
    ----------
    residual : sympy.Expr
        What vanishes.
    symbols : sequence of sympy.Symbol
        Unknowns, which may be divided out.
    """
    numerator = as_equation(residual).residual
    minus, plus = sift(
        sp.Add.make_args(sp.expand(numerator)), lambda t: t.could_extract_minus_sign(), binary=True
    )
    sides = [plus, [-term for term in minus]]
    if len(plus) < len(minus):
        sides.reverse()
    left, right = (_nested(sp.Add(*side), symbols) for side in sides)
    return Equation(left, right)


def _nested(expression: sp.Expr, symbols: Sequence[sp.Symbol]) -> sp.Expr:
    """The sum with one of the symbols in front of what it multiplies, where that is shorter."""
    forms = [sp.factor_terms(expression)]
    forms += [sp.collect(f, s, sp.factor_terms) for f in forms[:1] for s in symbols if f.has(s)]
    return min(forms, key=sp.count_ops)


def assemble(
    name: str,
    equation: DysonEquation,
    state: Reduced,
    equations: Sequence[Equation],
    observables: Sequence[Observable],
    definitions: Sequence[Definition],
    base: Mapping[sp.Symbol, Any],
    provenance: Provenance,
) -> FixedPointSystem:
    """The fixed-point system of a reduced Dyson equation.

    Parameters
    ----------
    name : str
        What the system is called.
    equation : DysonEquation
        Where the equations come from: its pencil names the dimensions and spectra.
    state : Reduced
        Unknowns that are left, with their meanings and the traces that are positive.
    equations : sequence of Equation
        One for each unknown.
    observables : sequence of Observable
        Functions of unknowns and parameters.
    definitions : sequence of Definition
        Averages and abbreviations; those that nothing uses are dropped.
    base : mapping symbol -> number
        Values of the sources, at which conditions are read.
    provenance : Provenance
        How the system was derived.
    """
    definitions = (*size_definitions(equation.pencil), *state.sizes, *definitions)
    definitions = tuple({d.symbol: d for d in definitions}.values())
    parts = [*(q.residual for q in equations), *(o.expression for o in observables)]
    used = {s for expression in parts for s in expression.free_symbols}
    for definition in reversed(definitions):
        if definition.symbol in used:
            used |= definition.expression.free_symbols
    definitions = tuple(d for d in definitions if d.symbol in used)
    own = {*state.unknowns, *(d.symbol for d in definitions)}
    parameters = sorted(used - own, key=lambda s: s.name)
    conditions = [trace.subs(base) for trace in state.traces]
    conditions = [sp.cancel(c) for c in conditions if not averages_in(c)]
    kept = dict.fromkeys(Condition(c) for c in [*conditions, *state.unknowns] if c.free_symbols)
    return FixedPointSystem(
        name=name,
        parameters=tuple(Parameter(p) for p in parameters),
        unknowns=tuple(Unknown(u, _meaning(u, state)) for u in state.unknowns),
        equations=tuple(equations),
        observables=tuple(observables),
        definitions=definitions,
        measures=measures(definitions, equation.pencil),
        domain=Domain(tuple(kept)),
        provenance=provenance,
    )


def _meaning(unknown: sp.Symbol, state: Reduced) -> str:
    spectrum = next((s for s, places in state.poles.items() if unknown in places), None)
    if spectrum:
        return f"effective ridge: pole of the mean inverse at {spectrum} = -{unknown}"
    return state.meanings.get(unknown, "trace")
