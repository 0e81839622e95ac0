r"""The limit of a fixed-point system as the dimension grows, by dominant balance, in exact arithmetic.

Sizes and ridge grow like powers of the dimension, the spectrum comes in levels separated by powers. Exponents
of the unknowns are *found*: the only ones at which every equation keeps two leading terms of opposite sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Observable, Parameter
from asymptotics.errors import DerivationError
from asymptotics.transforms.balance import Solution
from asymptotics.transforms.exponents import Problem, averages_by_level, scaled_problem, unique_balance
from asymptotics.transforms.growth import ZERO, Exponent, Levels
from asymptotics.transforms.leading import (
    Leading,
    Row,
    Scaling,
    Variety,
    leading_polynomial,
    leading_rational,
    parametrise,
    without_monomial_factor,
)


@dataclass(frozen=True)
class Limit:
    """A limit system and the balance that gives it.

    Attributes
    ----------
    system : FixedPointSystem
        In rescaled unknowns, under their old symbols; free of spectral averages.
    exponents : mapping symbol -> Exponent
        Of every parameter, unknown and definition: old symbol = d**exponent * new one, to leading order.
    observables : mapping str -> Exponent
        Power of the dimension divided out of each observable.
    leading : mapping str -> (sympy.Expr, Exponent)
        Leading part of each observable by itself, also where it is negligible in the one it is a part of.
    table : tuple of Row
        Every term that was weighed.
    assumptions : tuple of sympy.Expr
        Combinations of coefficients assumed nonzero.
    balances : int
        How many balances the exhaustive search found consistent (always 1).
    next_exponent : Exponent or None
        Largest relative size of a dropped term in the definitions and equations.
    """

    system: FixedPointSystem
    exponents: Mapping[sp.Symbol, Exponent]
    observables: Mapping[str, Exponent]
    leading: Mapping[str, tuple[sp.Expr, Exponent]]
    table: tuple[Row, ...]
    assumptions: tuple[sp.Expr, ...] = ()
    balances: int = 1
    next_exponent: Exponent | None = None

    def dropped(self) -> tuple[Row, ...]:
        """Lines of the balance table that do not survive."""
        return tuple(row for row in self.table if not row.kept)

    def __str__(self) -> str:
        grown = [f"{name} ~ d^({e})" for name, e in self.exponents.items() if e.key() != ZERO.key()]
        lines = [str(self.system), "scaling", *("  " + line for line in grown), "", "balance table"]
        lines += ["  " + str(row) for row in self.table]
        if self.assumptions:
            lines += ["assumed nonzero: " + ", ".join(map(str, self.assumptions))]
        lines += ["", f"consistent balances found by exhaustive search: {self.balances}"]
        if self.next_exponent is not None:
            lines.append(f"first dropped terms are smaller by d^({self.next_exponent})")
        return "\n".join(lines) + "\n"


def take_limit(
    system: FixedPointSystem,
    growth: Mapping[sp.Symbol, Any],
    levels: Levels,
    scale: str = "d",
    *,
    point: Mapping[sp.Symbol, Any] | None = None,
    conditions: Sequence[sp.Expr] = (),
    name: str = "",
) -> Limit:
    """The limit of a system as the dimension grows.

    Parameters
    ----------
    system : FixedPointSystem
        With spectral averages in its definitions.
    growth : mapping symbol -> (coefficient, exponent)
        Parameters that grow or shrink; the others stay of order one. Exponents are exact rationals, or linear
        forms in symbols given values by ``point``.
    levels : Levels
        The spectrum.
    scale : str
        Name of the quantity whose powers are compared.
    point : mapping symbol -> rational, optional
        Values of symbolic exponents: the limit is that of the cell which contains this point.
    conditions : sequence of sympy.Expr
        Combinations of coefficients known to be positive, where the balance depends on a sign.
    name : str
        Name of the limit system.

    Returns
    -------
    Limit

    Raises
    ------
    InputError
        If a parameter to be scaled is not one of the system's.
    DerivationError
        If no balance, or more than one, is consistent; or if the levels do not resolve the leading order.
    """
    problem = scaled_problem(system, growth, levels, point, conditions)
    solution = unique_balance(problem)
    averages, rows = _definitions(problem, solution)
    exponents = {s: g.exponent for s, g in problem.growth.items()}
    exponents |= dict(zip(problem.unknowns, solution.exponents, strict=True))
    exponents |= {d.symbol: e for d, e in averages}
    scaling = Scaling(exponents, {s: g.coefficient for s, g in problem.growth.items()})
    defined = {d.symbol: d.expression for d, _ in averages}
    equations, more, variety = _equations(problem, scaling, defined)
    rows += more
    read, own, scales, more = _observables(system, scaling, defined, variety)
    rows += more
    domain = _domain(system.domain, scaling, defined, variety)
    text = ", ".join(f"{s} = {g}" for s, g in problem.growth.items()).replace(" d^", f" {scale}^")
    limit_system = _assemble(problem, equations, read, domain, [d for d, _ in averages], name, text)
    return Limit(
        system=limit_system,
        exponents=exponents,
        observables=scales,
        leading=own,
        table=tuple(rows),
        next_exponent=_next(rows),
    )


def _definitions(problem: Problem, solution: Solution) -> tuple[list[tuple[Definition, Exponent]], list[Row]]:
    """Each average to leading order, with the contributions of all levels."""
    region = {interval.unknown: interval for interval in solution.region}
    table, bounds = averages_by_level(problem, region)
    result: list[tuple[Definition, Exponent]] = []
    rows: list[Row] = []
    for definition in problem.system.definitions:
        weighed = [(term, term.at(solution.exponents)) for term in table[definition.symbol]]
        limits = [(term, term.at(solution.exponents)) for term in bounds[definition.symbol]]
        top = max((e for _, e in weighed), default=None)
        if top is None or any(e >= top for _, e in limits):
            raise DerivationError(
                f"{definition.symbol}: the tail may lead; declare one more level explicitly"
            )
        kept = [term for term, e in weighed if e == top]
        expression = sp.Add(*(term.coefficient for term in kept))
        result.append((replace(definition, expression=expression), top))
        place = str(definition.symbol)
        both = sorted([*weighed, *limits], key=lambda pair: -pair[1].value)
        rows += [Row(place, f"{term.label}: {term.coefficient}", e, e == top) for term, e in both]
    return result, rows


def _equations(
    problem: Problem, scaling: Scaling, defined: Mapping[sp.Symbol, sp.Expr]
) -> tuple[list[Equation], list[Row], Variety]:
    """Leading equations; one that repeats another is replaced by a consequence of the system."""
    prefer = [*sorted(_parameters(problem, defined), key=lambda s: s.name), *problem.unknowns]
    chosen: list[Equation] = []
    rows: list[Row] = []
    variety = Variety((), ())
    meanings = [e.meaning for e in problem.system.equations]
    candidates = [*problem.residuals, *problem.consequences]
    for number, residual in enumerate(candidates):
        if len(chosen) == len(problem.unknowns):
            break
        leading = leading_polynomial(residual, scaling)
        form = leading.coefficient if leading.complete else without_monomial_factor(leading.coefficient)
        if chosen and variety.vanishes(form.xreplace(dict(defined))):
            continue
        meaning = meanings[number] if number < len(meanings) else ""
        chosen.append(Equation(form, sp.S.Zero, meaning))
        rows += leading.rows(f"equation {number + 1}")
        variety = parametrise([e.residual.xreplace(dict(defined)) for e in chosen], prefer)
    if len(chosen) < len(problem.unknowns):
        raise DerivationError("the leading equations do not determine the unknowns")
    return chosen, rows, variety


def _parameters(problem: Problem, defined: Mapping[sp.Symbol, sp.Expr]) -> set[sp.Symbol]:
    found: set[sp.Symbol] = set()
    for expression in [*defined.values(), *(g.coefficient for g in problem.growth.values())]:
        found |= expression.free_symbols
    found |= set(problem.system.parameter_symbols()) - set(problem.growth)
    return found - set(problem.unknowns)


def _observables(
    system: FixedPointSystem, scaling: Scaling, defined: Mapping[sp.Symbol, sp.Expr], variety: Variety
) -> tuple[list[Observable], dict[str, Any], dict[str, Exponent], list[Row]]:
    """Leading observables; a part is measured on the scale of what it is a part of."""
    own: dict[str, Leading] = {}
    rows: list[Row] = []
    for observable in system.observables:
        leading = leading_rational(observable.expression, scaling, observable.name)
        if leading.coefficient != 0 and variety.vanishes(leading.coefficient.xreplace(dict(defined))):
            raise DerivationError(f"{observable.name} cancels to leading order in this limit")
        own[observable.name] = leading
        if "." not in observable.name:
            rows += leading.detail
    read, scales = [], {}
    for observable in system.observables:
        whole = own.get(observable.name.partition(".")[0], own[observable.name])
        mine = own[observable.name]
        small = mine.exponent < whole.exponent
        scales[observable.name] = whole.exponent
        read.append(replace(observable, expression=sp.S.Zero if small else mine.coefficient))
    parts = {key: (leading.coefficient, leading.exponent) for key, leading in own.items()}
    return read, parts, scales, rows


def _domain(
    domain: Domain, scaling: Scaling, defined: Mapping[sp.Symbol, sp.Expr], variety: Variety
) -> Domain:
    """Leading conditions; those that hold by the signs of symbols or become equalities are left out."""
    kept: list[Condition] = []
    for condition in domain.conditions:
        form = leading_rational(condition.expression, scaling).coefficient
        expression = form.xreplace(dict(defined))
        trivial = bool(form.is_positive) and not form.is_Symbol
        if not trivial and not variety.vanishes(expression):
            kept.append(Condition(form, condition.meaning, condition.strict))
    return Domain(tuple(dict.fromkeys(kept)), domain.uniqueness)


def _next(rows: Sequence[Row]) -> Exponent | None:
    """Largest exponent of a dropped term relative to what is kept in the same place."""
    gaps: list[Exponent] = []
    for place in dict.fromkeys(row.place for row in rows):
        here = [row for row in rows if row.place == place]
        top = max(row.exponent for row in here if row.kept)  # every place keeps at least one
        gaps += [row.exponent - top for row in here if not row.kept and row.exponent < top]
    return max(gaps, default=None)


def _assemble(
    problem: Problem,
    equations: Sequence[Equation],
    observables: Sequence[Observable],
    domain: Domain,
    definitions: Sequence[Definition],
    name: str,
    text: str,
) -> FixedPointSystem:
    system = problem.system
    used: set[sp.Symbol] = set()
    for expression in [*(e.residual for e in equations), *(o.expression for o in observables)]:
        used |= expression.free_symbols
    definitions = [d for d in definitions if d.symbol in used]
    for expression in [*(d.expression for d in definitions), *(c.expression for c in domain.conditions)]:
        used |= expression.free_symbols
    names = {p.symbol: p.meaning for p in system.parameters}
    parameters = sorted(used - set(problem.unknowns) - {d.symbol for d in definitions}, key=lambda s: s.name)
    meanings = {**names, **problem.levels.names}
    return FixedPointSystem(
        name=name or f"{system.name} in the limit {text}",
        parameters=tuple(Parameter(symbol(p.name), meanings.get(p, "")) for p in parameters),
        unknowns=system.unknowns,
        equations=tuple(equations),
        observables=tuple(observables),
        definitions=tuple(definitions),
        domain=domain,
        provenance=system.provenance.then(f"limit {text} by dominant balance"),
    )
