"""A system as its page has it: with the unknowns, definitions and equations of the page."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.short_forms import joined_average
from asymptotics.equations.short_page import short_page
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Unknown


def shortened(system: FixedPointSystem) -> FixedPointSystem:
    """The same system in few operations, with the same observables.

    Its unknowns may be those of the system times others; what only observables use stands last in the definitions.
    An average that is a sum of two others is defined as that, so that exact algebra knows.

    Examples
    --------
    >>> from asymptotics.models.library import stored_system
    >>> short = shortened(stored_system("random-features"))
    >>> print(*short.definitions[:2], *short.equations, sep="; ")
    T02 := T[s**2/(nu + s)**2]; T11 := T[nu*s/(nu + s)**2]; T01 + c = n; T01 + h = p
    >>> short.observables == stored_system("random-features").observables
    True
    """
    page = short_page(system)
    told = {u.symbol: u.meaning for u in system.unknowns}
    meanings = told | {d.symbol: d.meaning for d in system.definitions}
    known = {d.symbol: d.expression for d in system.definitions}
    named: dict[sp.Symbol, sp.Expr] = {}
    for s, e in (*page.definitions, *page.steps):
        pairs = combinations(known, 2) if s not in known and isinstance(e, SpectralAverage) else ()
        pair = next(((x, y) for x, y in pairs if joined_average(s, x + y, known) == e), ())
        named |= {x: known[x] for x in pair} | {s: sum(pair) if pair else e}
    return replace(
        system,
        unknowns=tuple(Unknown(s, told.get(e, str(e))) for s, e in page.unknowns),
        definitions=tuple(Definition(s, e, meanings.get(s, "")) for s, e in named.items()),
        equations=tuple(Equation(left, right) for left, right in page.equations),
        domain=page.domain(system.domain),
    )
