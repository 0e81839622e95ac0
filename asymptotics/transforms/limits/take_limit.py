r"""The limit of a fixed-point system as the dimension grows, by dominant balance, in exact arithmetic.

Sizes and ridge grow like powers of the dimension, the spectrum comes in levels separated by powers. Exponents
of the unknowns are *found*: the only ones at which every equation keeps two leading terms of opposite sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter
from asymptotics.errors import DerivationError, InputError
from asymptotics.printing import Printed
from asymptotics.transforms.arguments import exact_expression, named_symbol, require_mapping, require_system
from asymptotics.transforms.limits.balance import ConsistentExponents
from asymptotics.transforms.limits.cells import Cell, cell
from asymptotics.transforms.limits.comparisons import comparisons
from asymptotics.transforms.limits.exponents import ScaledProblem, scaled_problem, unique_balance
from asymptotics.transforms.limits.growth import ZERO, Exponent, PowerSum, SeparatedLevels, polynomial_levels
from asymptotics.transforms.limits.leading_parts import (
    LeadingPart,
    LeadingSum,
    Row,
    Scaling,
    leading_polynomial,
    leading_rational,
    two_sided,
    without_monomial_factor,
)
from asymptotics.transforms.limits.next_order import Approach, Perturbations
from asymptotics.transforms.limits.resolution import Resolved, resolve
from asymptotics.transforms.limits.uniqueness import UniqueBalance, unique_over
from asymptotics.transforms.limits.variety import Variety, parametrise


@dataclass(frozen=True, repr=False)
class Limit(Printed):
    """A limit system and the balance that gives it.

    Attributes
    ----------
    system : FixedPointSystem
        In rescaled unknowns, under their old symbols; free of spectral averages.
    exponents : mapping symbol -> Exponent
        Of every parameter, unknown and definition: old symbol = d**exponent * new one, to leading order.
    observables : mapping str -> Exponent
        Power of the dimension divided out of each observable. A part of an observable (bias and variance in the
        test error) is measured on the scale of the whole, and is zero in ``system`` if it is smaller.
    leading : mapping str -> (sympy.Expr, Exponent)
        Leading part of each observable by itself, where the declared levels decide it.
    table : tuple of Row
        Every term that was weighed.
    order : mapping str -> tuple of str
        Levels that are ``learned`` (eigenvalue above the effective ridge), ``partly learned``, ``noise``.
    balances : int
        How many balances the exhaustive search found consistent (always 1).
    perturbations : Perturbations
        Everything that was dropped.
    problem, solution
        What was balanced, and the balance found.
    """

    system: FixedPointSystem
    exponents: Mapping[sp.Symbol, Exponent]
    observables: Mapping[str, Exponent]
    leading: Mapping[str, tuple[sp.Expr, Exponent]]
    table: tuple[Row, ...]
    order: Mapping[str, tuple[str, ...]]
    balances: int
    perturbations: Perturbations = field(repr=False, compare=False)
    problem: ScaledProblem = field(repr=False, compare=False)
    solution: ConsistentExponents = field(repr=False, compare=False)

    @cached_property
    def approach(self) -> Mapping[str, Approach]:
        """At which power of the dimension each observable approaches its limit."""
        return {name: self.perturbations.approach(name) for name in self.perturbations.observables}

    def dropped(self) -> tuple[Row, ...]:
        """Lines of the balance table that do not survive."""
        return tuple(row for row in self.table if not row.kept)

    def correction(self, name: str) -> tuple[sp.Expr, Exponent]:
        """Leading difference between an observable of the finite system and its limit.

        Returns
        -------
        coefficient : sympy.Expr
            In parameters and unknowns of the limit system.
        exponent : Exponent

        Raises
        ------
        ValueError
            If only a bound on the difference is known.
        """
        return self.perturbations.correction(name)

    def cell(self, *names: str) -> Cell:
        """Scaling exponents for which the named observables (default: all) have this same limit."""
        wanted = names or tuple(self.perturbations.observables)
        equal, larger = comparisons(self.perturbations, self.solution, wanted)
        return cell(equal, larger)

    def prove_unique(self, *names: str) -> UniqueBalance:
        """Prove that the balance is the only one everywhere in :meth:`cell`.

        Raises
        ------
        CertificateError
            If another balance is possible somewhere in the cell.
        """
        return unique_over(self.problem, self.solution, self.cell(*names))

    def __str__(self) -> str:
        grown = [f"{name} ~ d^({e})" for name, e in self.exponents.items() if e.key() != ZERO.key()]
        lines = [str(self.system), "scaling", *("  " + line for line in grown), "", "levels"]
        lines += [f"  {fate}: {', '.join(names)}" for fate, names in self.order.items() if names]
        lines += ["", "balance table", *("  " + str(row) for row in self.table)]
        lines += ["", f"consistent balances found by exhaustive search: {self.balances}", "", "approach"]
        lines += [f"  {name}: {approach}" for name, approach in self.approach.items()]
        return "\n".join(lines) + "\n"


def take_limit(
    system: FixedPointSystem,
    growth: Mapping[Any, Any],
    levels: SeparatedLevels | int,
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
    growth : mapping parameter -> (coefficient, exponent)
        Parameters that grow or shrink, by symbol or name; the others stay of order one. Exponents are exact
        rationals, or linear forms in symbols given values by ``point``.
    levels : SeparatedLevels or int
        The spectrum; a number stands for the degrees of a polynomial kernel on the sphere up to that one
        (:func:`~asymptotics.transforms.limits.growth.polynomial_levels`).
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
        If a parameter to be scaled is not one of the system's, or an exponent not exact.
    DerivationError
        If no balance, or more than one, is consistent; or if the levels do not resolve the leading order.

    Notes
    -----
    Exponents are found and shown unique as in :mod:`asymptotics.transforms.limits.balance`; :meth:`Limit.cell` and
    :meth:`Limit.prove_unique` carry both from one point to all the exponents that share the limit.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> limit = take_limit(asy.derive("kernel-ridge"), {"n": ("psi2", 1)}, 1)
    >>> print(limit.exponents[symbol("nu")], limit.order["partly learned"], limit.approach["test"])
    -1 ('degree 1',) difference at most d^(-1)
    """
    levels = _levels(levels)
    told = [exact_expression(e, "conditions") for e in conditions]
    problem = scaled_problem(require_system(system), _growth(system, growth, point), levels, told)
    solution = unique_balance(problem)
    averages = resolve(problem, solution)
    exponents = {s: g.exponent for s, g in problem.growth.items()}
    exponents |= dict(zip(problem.unknowns, solution.exponents, strict=True))
    exponents |= {average.symbol: average.exponent for average in averages}
    scaling = Scaling(exponents, {s: g.coefficient for s, g in problem.growth.items()})
    chosen, variety = _equations(problem, scaling, averages)
    leading = {o.name: leading_rational(o.expression, scaling) for o in system.observables}
    scales = _scales(system, leading)
    perturbations = Perturbations(
        unknowns=problem.unknowns,
        equations=tuple(part for _, part in chosen),
        observables={name: (part, scales[name]) for name, part in leading.items()},
        averages=averages,
        scaling=scaling,
        growth=problem.growth,
        variety=variety,
    )
    read, own = _observables(system, perturbations)
    domain = _domain(system.domain, perturbations)
    text = ", ".join(f"{s} = {g}" for s, g in problem.growth.items()).replace(" d^", f" {scale}^")
    limit_system = _assemble(problem, [e for e, _ in chosen], read, domain, averages, name, text)
    return Limit(
        system=limit_system,
        exponents=exponents,
        observables=scales,
        leading=own,
        table=tuple(_table(system, perturbations)),
        order=_order(levels, solution),
        balances=1,
        perturbations=perturbations,
        problem=problem,
        solution=solution,
    )


def _levels(levels: Any) -> SeparatedLevels:
    """Levels as they are, or those of the sphere up to a degree."""
    if isinstance(levels, SeparatedLevels):
        return levels
    if isinstance(levels, bool) or not isinstance(levels, int) or levels < 0:
        raise InputError("levels", levels, "separated levels, or the last degree of a polynomial kernel")
    return polynomial_levels(levels)


def _growth(
    system: FixedPointSystem, growth: Any, point: Mapping[sp.Symbol, Any] | None
) -> dict[sp.Symbol, PowerSum]:
    """How parameters grow, by symbol."""
    symbols, found = system.parameter_symbols(), {}
    for key, value in require_mapping(growth, "growth", "parameters to (coefficient, exponent)").items():
        name = named_symbol(key, symbols, "growth", "parameters of the system")
        if not isinstance(value, PowerSum):
            pairs = value if isinstance(value, list) else [value]
            value = [p if isinstance(p, tuple) and len(p) == 2 else (p, 0) for p in pairs]
            value = [(exact_expression(c, "growth"), exact_expression(e, "growth")) for c, e in value]
        found[name] = PowerSum.of(value, point)
    return found


def _equations(
    problem: ScaledProblem, scaling: Scaling, averages: Sequence[Resolved]
) -> tuple[list[tuple[Equation, LeadingPart]], Variety]:
    """Leading equations; one that repeats another is replaced by a consequence of the system."""
    defined = {average.symbol: average.definition.expression for average in averages}
    prefer = [*sorted(_parameters(problem, defined), key=lambda s: s.name), *problem.unknowns]
    chosen: list[tuple[Equation, LeadingPart]] = []
    variety = Variety()
    meanings = [e.meaning for e in problem.system.equations]
    for number, residual in enumerate((*problem.residuals, *problem.consequences)):
        if len(chosen) == len(problem.unknowns):
            break
        leading = leading_polynomial(residual, scaling)
        form = leading.coefficient if leading.complete else without_monomial_factor(leading.coefficient)
        if chosen and variety.vanishes(form.xreplace(defined)):
            continue
        meaning = meanings[number] if number < len(meanings) else ""
        chosen.append((two_sided(form, [*problem.unknowns, *defined], meaning), leading))
        variety = parametrise([e.residual.xreplace(defined) for e, _ in chosen], prefer)
    if len(chosen) < len(problem.unknowns):
        raise DerivationError("the leading equations do not determine the unknowns")
    return chosen, variety


def _parameters(problem: ScaledProblem, defined: Mapping[sp.Symbol, sp.Expr]) -> set[sp.Symbol]:
    found: set[sp.Symbol] = set()
    for expression in [*defined.values(), *(g.coefficient for g in problem.growth.values())]:
        found |= expression.free_symbols
    found |= set(problem.system.parameter_symbols()) - set(problem.growth)
    return found - set(problem.unknowns)


def _scales(system: FixedPointSystem, leading: Mapping[str, LeadingSum]) -> dict[str, Exponent]:
    """Power divided out of each observable: its own, or that of the observable it is a summand of."""
    scales = {}
    for observable in system.observables:
        mine = set(sp.Add.make_args(observable.expression))
        wholes = [o.name for o in system.observables if mine <= set(sp.Add.make_args(o.expression))]
        scales[observable.name] = max((leading[name].exponent for name in wholes), key=lambda e: e.value)
    return scales


def _observables(
    system: FixedPointSystem, perturbations: Perturbations
) -> tuple[list[Observable], dict[str, tuple[sp.Expr, Exponent]]]:
    """Limits of the observables, and the leading part of each by itself.

    Raises
    ------
    DerivationError
        If one cancels to leading order, or needs an average that the levels do not resolve.
    """
    unresolved = {average.symbol for average in perturbations.averages if not average.resolved}
    read, own = [], {}
    for observable in system.observables:
        leading, scale = perturbations.observables[observable.name]
        small = leading.exponent < scale
        hidden = leading.coefficient.free_symbols & unresolved
        if not hidden:
            own[observable.name] = (leading.coefficient, leading.exponent)
            expanded = leading.coefficient.xreplace(perturbations.defined())
            if expanded != 0 and perturbations.variety.vanishes(expanded):
                raise DerivationError(f"{observable.name} cancels to leading order in this limit")
        elif not small:
            needed = ", ".join(sorted(map(str, hidden)))
            raise DerivationError(f"{observable.name} needs {needed}: declare one more level explicitly")
        read.append(replace(observable, expression=sp.S.Zero if small else leading.coefficient))
    return read, own


def _domain(domain: Domain, perturbations: Perturbations) -> Domain:
    """Leading conditions; those that hold by the signs of symbols or become equalities are left out."""
    kept: list[Condition] = []
    for condition in domain.conditions:
        form = leading_rational(condition.expression, perturbations.scaling).coefficient
        trivial = bool(form.is_positive) and not form.is_Symbol
        if not trivial and not perturbations.variety.vanishes(form.xreplace(perturbations.defined())):
            kept.append(Condition(form, condition.meaning, condition.strict))
    return Domain(tuple(dict.fromkeys(kept)), domain.uniqueness)


def _table(system: FixedPointSystem, perturbations: Perturbations) -> Iterator[Row]:
    for average in perturbations.averages:
        yield from average.rows()
    for number, leading in enumerate(perturbations.equations, 1):
        yield from leading.rows(f"equation {number}")
    for observable in system.observables:
        part, _ = perturbations.observables[observable.name]
        whole = any(
            set(sp.Add.make_args(observable.expression)) < set(sp.Add.make_args(other.expression))
            for other in system.observables
        )
        if not whole:
            yield from part.rows(observable.name)


def _order(levels: SeparatedLevels, solution: ConsistentExponents) -> dict[str, tuple[str, ...]]:
    """Which levels lie above, at and below the effective ridge."""
    found: dict[str, list[str]] = {"learned": [], "partly learned": [], "noise": []}
    if not solution.region:
        return {}
    interval = solution.region[0]
    fates = {1: "learned", 0: "partly learned", -1: "noise"}
    for level in levels.explicit:
        found[fates[-1 if level.exponent is None else interval.compare(level.exponent)]].append(level.name)
    if levels.tail is not None:
        found["noise"].append("tail")
    return {fate: tuple(names) for fate, names in found.items()}


def _assemble(
    problem: ScaledProblem,
    equations: Sequence[Equation],
    observables: Sequence[Observable],
    domain: Domain,
    averages: Sequence[Resolved],
    name: str,
    text: str,
) -> FixedPointSystem:
    system = problem.system
    used: set[sp.Symbol] = set()
    for expression in [*(e.residual for e in equations), *(o.expression for o in observables)]:
        used |= expression.free_symbols
    hidden = [average for average in averages if average.symbol in used and not average.resolved]
    if hidden:
        raise DerivationError(f"{hidden[0].symbol}: the tail may lead; declare one more level explicitly")
    definitions = [average.definition for average in averages if average.symbol in used]
    for expression in [*(d.expression for d in definitions), *(c.expression for c in domain.conditions)]:
        used |= expression.free_symbols
    parameters = sorted(used - set(problem.unknowns) - {d.symbol for d in definitions}, key=lambda s: s.name)
    meanings = {p.symbol: p.meaning for p in system.parameters} | dict(problem.levels.names)
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
