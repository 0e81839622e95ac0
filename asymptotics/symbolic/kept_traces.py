"""The traces of a Dyson equation, kept through the elimination that a program's system comes out of.

What is eliminated is still known: every trace is an explicit function of the unknowns that stay. The next order needs
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.system import Definition, Measure
from asymptotics.symbolic.assembly import measures, named_averages, size_definitions
from asymptotics.symbolic.couplings import at_sources, coupling_sources
from asymptotics.symbolic.dyson import DysonEquation, dyson_equation
from asymptotics.symbolic.scalarization import reduced


@dataclass(frozen=True)
class KeptTraces:
    """Traces in the unknowns that a system keeps.

    Attributes
    ----------
    expressions : mapping symbol -> sympy.Expr
    definitions : tuple of Definition
        Sizes, roots and averages that stand in them.
    measures : tuple of Measure
    """

    expressions: Mapping[sp.Symbol, sp.Expr]
    definitions: tuple[Definition, ...]
    measures: tuple[Measure, ...]


def kept_traces(program: Any, wanted: DysonEquation) -> KeptTraces:
    """The traces of a Dyson equation at the base of the sources, in the unknowns of the program's system.

    Parameters
    ----------
    program : QuadraticProgram
    wanted : DysonEquation
        Of the program's pencil at the base of its sources.
    """
    rule, roots = program.stable_names()
    pencil = program.pencil().rewritten(rule)
    couplings = dict.fromkeys(coupling_sources(pencil, program.sources), sp.S.Zero)
    equation = dyson_equation(at_sources(pencil, couplings))
    base = {s: sp.sympify(value, strict=True) for s, value in program.sources.items()}

    def values(form: DysonEquation) -> list[sp.Expr]:
        return [
            u.symbol if u in form.unknowns else u.sign * u.variance * form.trace(*u.inner, u.weight)
            for u in wanted.unknowns
        ]

    differentiable = any(o.source not in couplings for o in program.observables.values())
    state = reduced(equation, values, base, differentiable, bool(couplings))
    found = [value.subs(base) for value in state.values]
    named, averages = named_averages(found, state.poles, equation.pencil)
    sizes, known = size_definitions(pencil), tuple(Definition(*item) for item in roots.values.items())
    definitions = (*sizes, *known, *state.sizes, *averages)
    definitions = tuple({d.symbol: d for d in definitions}.values())
    expressions = {u.symbol: value for u, value in zip(wanted.unknowns, named, strict=True)}
    return KeptTraces(expressions, definitions, measures(definitions, pencil))
