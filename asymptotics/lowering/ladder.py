"""Ladders: systems whose equations each give the next unknown, so that one of them determines all.

From the first unknown every other one is explicit, and one equation is left. Where all of them grow with the first, and
that equation's left side falls, there is one solution, and bisection finds it to a few digits: enough for Newton's
method on the system itself, whose sides are sums of positive terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.system import Definition, FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True)
class Ladder:
    """A system to climb.

    Attributes
    ----------
    unknowns : tuple of str
        From the first one up.
    climb : Program
        From the parameters and the first unknown to the others, and to both sides of the equation that is left.
    """

    unknowns: tuple[str, ...]
    climb: Program = field(repr=False)


def ladder(system: FixedPointSystem, order: Sequence[sp.Symbol]) -> Ladder:
    """A system as a ladder.

    Parameters
    ----------
    system : FixedPointSystem
        With its equations in the order of the unknowns: the k-th one is linear in unknown k + 1, and holds none above.
    order : sequence of Symbol
        Its unknowns from the first one up.

    Raises
    ------
    DerivationError
        If it is none.

    Examples
    --------
    >>> from asymptotics.models.deep_equations import inverse_chart
    >>> chart = inverse_chart(("gaussian",))
    >>> ladder(chart.system, chart.ladder).unknowns
    ('kappa_0', 'nu')
    """
    left, ready = [*system.definitions], []
    for number, unknown in enumerate(order[1:]):
        equation, above = system.equations[number], set(order[number + 2 :])
        within = {d.symbol: d.expression for d in left if d.expression.has(unknown)}
        residual = equation.residual
        for _ in within:
            residual = residual.xreplace(within)
        numerator = sp.Poly(sp.fraction(sp.together(residual))[0], unknown)
        if numerator.degree() != 1 or residual.free_symbols & above or averages_in(numerator.as_expr()):
            raise DerivationError(f"{system.name}: {equation} does not give {unknown}")
        value = -numerator.nth(0) / numerator.nth(1)
        ready.append(Definition(unknown, sp.expand(value) if value.is_Add else sp.cancel(value)))
    last = system.equations[len(order) - 1]
    names = [*(p.symbol.name for p in system.parameters), order[0].name]
    outputs = {u.name: u for u in order[1:]} | {LEFT: last.left, RIGHT: last.right}
    return Ladder(
        tuple(u.name for u in order), lower(outputs, names, _ordered([*left, *ready]), system.measures)
    )


def _ordered(definitions: list[Definition]) -> tuple[Definition, ...]:
    """Definitions, each after those that it is made of."""
    found: list[Definition] = []
    waiting = {d.symbol for d in definitions}
    while definitions:
        ready = [d for d in definitions if not d.expression.free_symbols & (waiting - {d.symbol})]
        if not ready:
            raise DerivationError(f"definitions of {definitions[0].symbol} go in circles")
        found += ready
        waiting -= {d.symbol for d in ready}
        definitions = [d for d in definitions if d not in ready]
    return tuple(found)
