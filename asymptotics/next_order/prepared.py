"""What the next order of a theory needs, derived once a process: its loop, and its traces at a solved point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.components import components_of
from asymptotics.models.measures import Numbers
from asymptotics.models.theory import Theory
from asymptotics.next_order.loop import Levels, LoweredLoop, Solved
from asymptotics.symbolic.kept_traces import KeptTraces, kept_traces
from asymptotics.symbolic.one_loop import one_loop
from asymptotics.transforms.changes.rewriting import is_subtraction_free

_PER_FEATURE = "_per_feature"


@dataclass(frozen=True)
class Reading:
    """What one component of a risk is made of: a factor, and slopes by (given vector, source)."""

    name: str
    factor: str
    slopes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """The next order of a theory.

    Attributes
    ----------
    theory : Theory
    lowered : LoweredLoop
    kept : KeptTraces
    """

    theory: Theory
    lowered: LoweredLoop
    kept: KeptTraces

    @cached_property
    def pivots(self) -> tuple[str, ...]:
        """Traces that are read off the unknowns: those without a subtraction, if they give the others."""
        rules = {s.name: e for s, e in self.kept.expressions.items()}
        averages = {d.symbol for d in self.kept.definitions}
        safe = [n for n, e in rules.items() if not e.free_symbols & averages and is_subtraction_free(e)]
        return tuple(safe) if self.lowered.order(safe) is not None else tuple(rules)

    @cached_property
    def reader(self) -> Program:
        """Program for the pivots, in sizes, parameters and the unknowns of the program's system."""
        table = {s.name: e for s, e in self.kept.expressions.items() if s.name in self.pivots}
        inside = {s for e in table.values() for s in e.free_symbols}
        needed: list[Definition] = []
        # A system written shortly may define traces that elimination kept, in unknowns of its own.
        derived = () if self.theory.finite else self.theory.written().deterministic_equivalent().definitions
        known = {d.symbol: d for d in (*derived, *self.kept.definitions)}
        for definition in reversed(known.values()):
            if definition.symbol in inside:
                inside |= definition.expression.free_symbols
                needed.insert(0, definition)
        inside -= {d.symbol for d in needed}
        return lower(table, sorted(s.name for s in inside), needed, self.kept.measures)

    def solved(
        self, values: Mapping[str, Any], data: Numbers, arithmetic: Any, tiny: Any
    ) -> tuple[Solved, Any]:
        """Points with all their traces, and by how much these disagree with their definitions.

        Parameters
        ----------
        values : mapping name -> ndarray, shape (points,), or number
            Sizes, parameters, the ridge, and the unknowns of the program's system.
        data : Numbers
        arithmetic : Arithmetic
        tiny : number
            What does not count in a spectrum, relative to its trace.
        """
        levels = Levels.of(data.spectrum, data.trace, tiny)
        sizes = {
            d.symbol.name: levels.weights[d.symbol.name.removesuffix("00")].sum()
            for d in self.lowered.loop.names
            if d.symbol.name in self.lowered.inputs
        }
        known = {**values, **self.reader(values, arithmetic, data.spectrum), **sizes}
        wanted = {*self.lowered.inputs, *(p.name for p in self.lowered.loop.equation.pencil.dimensions())}
        shaped = {name: _column(value) for name, value in known.items() if name in wanted}
        at = Solved(shaped, levels, arithmetic)
        for name in self.lowered.order(self.pivots) or ():
            shaped[name] = self.lowered.trace(name, at)
        worst: Any = 0.0
        for name in self.pivots:
            ratio = self.lowered.trace(name, at) / at.values[name]
            worst = np.maximum(worst, np.abs(np.asarray(ratio, dtype=float)[..., 0] - 1))
        return at, worst

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Every component of the risk as a sum of slopes."""
        loop = self.lowered.loop
        parts = {c.name: c.parts or (c.name,) for c in components_of(self.theory.written())}
        forms = {potential.name: number for number, potential in enumerate(loop.potentials)}
        sources = {source: number for number, source in enumerate(loop.sources)}
        found = []
        for component in self.theory.components:
            name = component.name.removesuffix(_PER_FEATURE)
            slopes = []
            for part in component.parts or parts[name]:
                label, _, vector = part.partition(".")
                chosen = [forms[vector]] if vector else forms.values()
                slopes += [(form, sources[loop.observables[label].source]) for form in chosen]
                base = label
            factor = base + component.name[len(name) :]
            found.append(Reading(component.name, factor, tuple(slopes)))
        return tuple(found)

    @cached_property
    def factors(self) -> Program:
        """Program for the factor of every observable, and for the variance of every given vector."""
        loop, theory = self.lowered.loop, self.theory
        table = {label: o.factor for label, o in loop.observables.items()}
        share = symbol(theory.samples) / symbol(theory.features) if theory.features else sp.S.Zero
        table |= {label + _PER_FEATURE: e * share for label, e in dict(table).items()}
        table |= {strength_name(v.name): v.strength for v in loop.potentials}
        roots = self.lowered.roots
        used = {s for e in (*table.values(), *(d.expression for d in roots)) for s in e.free_symbols}
        return lower(table, sorted(s.name for s in used - {d.symbol for d in roots}), roots)


def strength_name(form: str) -> str:
    """The output of :attr:`Prepared.factors` for the variance of a given vector."""
    return f"strength of {form}"


def _column(value: Any) -> Any:
    """A number, or one number per point, as a column."""
    if isinstance(value, np.ndarray):
        return value[:, None]
    found = np.empty((1, 1), dtype=float if isinstance(value, float | int) else object)
    found[0, 0] = value
    return found


@cache
def prepared(theory: Theory) -> Prepared:
    """The next order of a theory.

    Raises
    ------
    DerivationError
        If its program has none, or its traces cannot be kept.

    Examples
    --------
    >>> from asymptotics.models.random_features_theory import RANDOM_FEATURES
    >>> prepared(RANDOM_FEATURES).pivots
    ('tau_a', 'tau_r_dual')
    """
    program = theory.written()
    loop = one_loop(program)
    return Prepared(theory, LoweredLoop(loop), kept_traces(program, loop.equation))


@cache
def errors_of(theory: Theory) -> tuple[str, ...]:
    """The first component of a risk and its parts."""
    parts = [component.name for component in components_of(theory.written()) if component.parts]
    return (theory.components[0].name, *parts)
