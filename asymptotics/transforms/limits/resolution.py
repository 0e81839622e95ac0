"""Averages at the balance: which levels lead, which are dropped, what is known only as a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.system import Definition
from asymptotics.transforms.limits.balance import BalanceTerm, ConsistentExponents
from asymptotics.transforms.limits.exponents import ScaledProblem, averages_by_level
from asymptotics.transforms.limits.growth import Exponent
from asymptotics.transforms.limits.leading_parts import Row

Weighed = tuple[tuple[BalanceTerm, Exponent], ...]


@dataclass(frozen=True)
class Resolved:
    """One average at the balance.

    Attributes
    ----------
    definition : Definition
        With its leading part as expression (zero if unresolved).
    exponent : Exponent
        Its power of the dimension, or an upper bound if unresolved.
    resolved : bool
        Whether the declared levels decide the leading part.
    kept, dropped, corrections, bounds : tuple of (BalanceTerm, Exponent)
        Leading contributions; smaller ones; corrections to each; bounds on what the tail leaves open.
    """

    definition: Definition
    exponent: Exponent
    resolved: bool
    kept: Weighed
    dropped: Weighed
    corrections: Weighed
    bounds: Weighed

    @property
    def symbol(self) -> sp.Symbol:
        """Symbol of the definition."""
        return self.definition.symbol

    def possible(self) -> tuple[Exponent, ...]:
        """Exponents of everything that may contribute."""
        return tuple(e for _, e in (*self.kept, *self.dropped, *self.bounds))

    def rows(self) -> tuple[Row, ...]:
        """Lines of the balance table."""
        every = [(t, e, self.resolved) for t, e in self.kept]
        every += [(t, e, False) for t, e in (*self.dropped, *self.bounds)]
        every.sort(key=lambda entry: -entry[1].value)
        return tuple(Row(str(self.symbol), f"{t.label}: {t.coefficient}", e, keep) for t, e, keep in every)


def resolve(problem: ScaledProblem, solution: ConsistentExponents) -> tuple[Resolved, ...]:
    """Every average of the system at the balance.

    Parameters
    ----------
    problem : ScaledProblem
    solution : ConsistentExponents
    """
    region = {interval.unknown: interval for interval in solution.region}
    table = averages_by_level(problem, region)
    return tuple(
        _resolved(
            definition,
            *(
                _weigh(terms, solution)
                for terms in (
                    table[definition.symbol].terms,
                    table[definition.symbol].corrections,
                    table[definition.symbol].bounds,
                )
            ),
        )
        for definition in problem.system.definitions
    )


def _weigh(terms: Sequence[BalanceTerm], solution: ConsistentExponents) -> Weighed:
    return tuple((term, term.at(solution.exponents)) for term in terms)


def _resolved(definition: Definition, terms: Weighed, corrections: Weighed, bounds: Weighed) -> Resolved:
    top = max(e for _, e in (*terms, *bounds))
    kept = tuple((t, e) for t, e in terms if e == top)
    decided = bool(kept) and all(e < top for _, e in bounds)
    expression = sp.Add(*(t.coefficient for t, _ in kept)) if decided else sp.S.Zero
    return Resolved(
        Definition(definition.symbol, expression, definition.meaning),
        top,
        decided,
        kept,
        tuple((t, e) for t, e in terms if e < top),
        corrections,
        bounds,
    )
