"""Limits of a system at a fixed spectrum: vanishing ridge, sizes that grow without bound; every balance there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.arguments import exact_expression, named_symbol, require_mapping, require_system
from asymptotics.transforms.limits.balanced_system import Balanced, DominantBalance, balanced_system, leading
from asymptotics.transforms.limits.fixed_spectrum import tail_symbol
from asymptotics.transforms.limits.growth import fraction
from asymptotics.transforms.limits.independence import independent, named
from asymptotics.transforms.limits.leading_observables import Readings
from asymptotics.transforms.limits.leading_parts import two_sided
from asymptotics.transforms.limits.leading_solution import without_monomials

Rule = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class LimitSystem:
    """One limit of a system: a balance, and on demand the system that holds there.

    Attributes
    ----------
    exponents : mapping unknown -> Fraction
        Old unknown = large**exponent * new one, to leading order.
    source : FixedPointSystem
        What the limit is taken of.
    prepared, balance, forms
        How it was balanced, and the leading equations.
    """

    exponents: Mapping[sp.Symbol, Fraction]
    source: FixedPointSystem = field(repr=False)
    prepared: Balanced = field(repr=False, compare=False)
    balance: DominantBalance = field(repr=False, compare=False)
    forms: tuple[sp.Expr, ...] = field(repr=False)

    @property
    def system(self) -> FixedPointSystem:
        """The limit system, in rescaled unknowns under their old symbols; an observable is its leading part.

        Averages of inverse powers are over the positive eigenvalues; what a measure holds at zero is a parameter
        (``T_tail``) where the effective ridge vanishes.

        Raises
        ------
        DerivationError
            If an observable cancels to leading order.
        """
        return self._built[0]

    @property
    def observables(self) -> Mapping[str, Fraction]:
        """Power of the large quantity divided out of each observable: 0 if its limit is finite, > 0 if it grows."""
        return self._built[1]

    @cached_property
    def _built(self) -> tuple[FixedPointSystem, Mapping[str, Fraction]]:
        scales, system = self.prepared.scales, self.source
        unit: dict[sp.Basic, sp.Expr] = {next(iter(scales.growth)): sp.S.One}
        shown = [*scales.unknowns, *self.prepared.generators]
        equations = [two_sided(form.xreplace(unit), shown, "") for form in self.forms]
        readings = Readings(system, self.prepared, self.balance, self.forms)
        observables, powers = [], {}
        for observable in system.observables:
            value, powers[observable.name] = readings.leading(observable.expression, observable.name)
            observables.append(replace(observable, expression=value.xreplace(unit)))
        definitions = [
            replace(d, expression=sp.sympify(d.expression, strict=True).xreplace(unit))
            for d in readings.definitions()
        ]
        text = ", ".join(f"{s} ~ large^{e}" for s, e in scales.growth.items())
        return _assembled(system, equations, observables, definitions, text), powers

    def __str__(self) -> str:
        powers = [f"{u} ~ large^({e})" for u, e in self.exponents.items() if e]
        powers += [f"{name} ~ large^({e})" for name, e in self.observables.items() if e]
        return f"{self.system}\nscaling\n" + "".join(f"  {line}\n" for line in powers)


def limits_of(
    system: FixedPointSystem,
    growth: Mapping[Any, Any],
    *,
    where: Mapping[Any, Any] | None = None,
    positive: Sequence[sp.Expr] = (),
    tails: Collection[str] = (),
) -> tuple[LimitSystem, ...]:
    """All limits of a system as some parameters grow or vanish, at a fixed spectrum.

    Parameters
    ----------
    system : FixedPointSystem
    growth : mapping parameter -> exponent
        Powers of one large quantity, by symbol or name. The first parameter is that power; the others stand in the
        limit system for what they are in units of theirs: with ``{n: 1, lam: 1}`` the new ``lam`` is ``lam/n``.
    where : mapping parameter -> expression, optional
        Relations between parameters, for limits that exist nowhere else: ``{n: p}``, or ``{n: rank}`` with
        the rank written as the average of one.
    positive : sequence of sympy.Expr
        Combinations of parameters that are positive where the limit is wanted.
    tails : collection of str
        Measures that hold something at eigenvalues that are zero or accumulate there.

    Returns
    -------
    tuple of LimitSystem
        For generic parameters every solution with positive unknowns tends to one of them; which one depends on the
        region the parameters are in.

    Raises
    ------
    InputError
        If a parameter or measure is not one of the system's, or an exponent not an exact rational.
    DerivationError
        If there is no balance, or the leading equations leave an unknown open.

    Notes
    -----
    The search over leading terms is exhaustive; equations in which averages cancel are completed by what follows from
    them (:mod:`~asymptotics.transforms.limits.consequences`), and leading equations that contradict each other
    for generic parameters are no limit.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> for limit in limits_of(asy.derive("kernel-ridge"), {"lam": -1}):
    ...     print({str(u): str(e) for u, e in limit.exponents.items()}, *limit.system.equations)
    {'nu': '-1', 'c': '0'} c*nu = 1 c + T[1] = n
    {'nu': '0', 'c': '-1'} c*nu = 1 T02 + T11 = n
    """
    if not require_mapping(growth, "growth", "parameters to exponents"):
        raise InputError("growth", growth, "at least one parameter that grows or vanishes")
    exponents = {s: fraction(e) for s, e in _by_parameter(system, growth, "growth").items()}
    told = [exact_expression(e, "positive", system) for e in positive]
    rule = _by_parameter(system, require_mapping(where or {}, "where", "parameters to expressions"), "where")
    system = _restricted(system, {s: exact_expression(e, "where", system) for s, e in rule.items()})
    kinds = _tails(system, tails)
    prepared = balanced_system(system, exponents, tails=kinds, positive=told)
    found = _determined(prepared)
    if found is None:
        prepared = prepared.refined()
        found = _determined(prepared)
    if found is None:
        raise DerivationError(f"{system.name}: the leading equations do not determine the unknowns")
    if not found:
        raise DerivationError(f"{system.name}: no balance of leading terms is consistent")
    unknowns = prepared.scales.unknowns
    return tuple(
        LimitSystem(dict(zip(unknowns, b.found.exponents, strict=True)), system, prepared, b, tuple(forms))
        for b, forms in found
    )


def _by_parameter(system: FixedPointSystem, given: Mapping[Any, Any], argument: str) -> dict[sp.Symbol, Any]:
    """What was given for parameters, by symbol."""
    symbols = require_system(system).parameter_symbols()
    return {named_symbol(s, symbols, argument, "parameters of the system"): v for s, v in given.items()}


def _tails(system: FixedPointSystem, names: Collection[str]) -> dict[sp.Symbol, int]:
    """Measures with a tail, and whether each is a trace."""
    measures = {m.symbol: int(m.kind == "trace") for m in system.measures}
    named = (names,) if isinstance(names, str) else names
    chosen = [named_symbol(name, measures, "tails", "measures of the system") for name in named]
    return {s: measures[s] for s in chosen}


def _restricted(system: FixedPointSystem, where: Rule) -> FixedPointSystem:
    """The system with parameters replaced."""
    if not where:
        return system
    rule = dict(where)
    new = {s for value in rule.values() for s in sp.sympify(value, strict=True).free_symbols}
    kept = [p for p in system.parameters if p.symbol not in rule]
    kept += [Parameter(s) for s in sorted(new - {p.symbol for p in kept}, key=str)]

    def put(expression: sp.Expr) -> sp.Expr:
        return sp.sympify(expression, strict=True).xreplace(rule)

    return replace(
        system,
        parameters=tuple(kept),
        definitions=tuple(replace(d, expression=put(d.expression)) for d in system.definitions),
        equations=tuple(Equation(put(e.left), put(e.right), e.meaning) for e in system.equations),
        observables=tuple(replace(o, expression=put(o.expression)) for o in system.observables),
        domain=system.domain.replace(rule),  # type: ignore[arg-type]
    )


def _determined(prepared: Balanced) -> list[tuple[DominantBalance, list[sp.Expr]]] | None:
    """Balances whose leading equations determine the unknowns, with those; nothing if some are undetermined."""
    found = []
    for balance in prepared.balances():
        forms = [leading(terms, balance.found.exponents)[0] for terms in balance.terms]
        kept = _independent(prepared, forms, balance.found.free)
        if kept is None:
            continue  # for generic parameters these equations contradict each other
        if len(kept) < len(prepared.scales.unknowns):
            return None
        found.append((balance, [without_monomials(forms[k]) for k in kept]))
    return found


def _independent(prepared: Balanced, forms: Sequence[sp.Expr], free: int) -> list[int] | None:
    """As many independent equations as there are unknowns, or fewer; nothing if they contradict each other.

    The equations of the system come first: where they are independent, what follows from them holds by itself.
    """
    plain, opaque = named(forms, prepared.scales.unknowns)
    variables = [*opaque, *prepared.generators, *prepared.scales.unknowns]
    size = len(prepared.scales.unknowns)
    kept: list[int] | None = []
    for count in (prepared.given, len(forms)):
        kept = independent(plain[:count], variables)
        if kept is None or (free and count == prepared.given and len(kept) > size - free):
            return None
        if len(kept) >= size and not free:
            return kept[:size]
    return (kept or [])[: size - 1]


def _assembled(
    system: FixedPointSystem, equations: Sequence[Equation], observables: Sequence[Observable],
    definitions: Sequence[Definition], text: str,
) -> FixedPointSystem:  # fmt: skip
    """The limit system with what it uses."""
    parts = [*(e.residual for e in equations), *(o.expression for o in observables)]
    used = {s for part in parts for s in part.free_symbols}
    kept: list[Definition] = []
    for definition in reversed(definitions):
        if definition.symbol in used:
            kept.insert(0, definition)
            used |= definition.expression.free_symbols
    parts += [d.expression for d in kept]
    averaged = {a.measure for part in parts for a in part.atoms(SpectralAverage)}
    unknowns = system.unknown_symbols()
    given = {p.symbol: p for p in system.parameters}
    tails = {
        tail_symbol(m.symbol): f"what {m.symbol} holds at eigenvalues that are zero" for m in system.measures
    }
    free = sorted(used - set(unknowns) - {d.symbol for d in kept}, key=str)
    return FixedPointSystem(
        name=f"{system.name}, {text}",
        parameters=tuple(given.get(s, Parameter(s, tails.get(s, ""))) for s in free),
        unknowns=tuple(Unknown(u.symbol, u.meaning) for u in system.unknowns),
        equations=tuple(equations),
        observables=tuple(observables),
        definitions=tuple(kept),
        measures=tuple(m for m in system.measures if m.symbol in averaged),
        domain=Domain(tuple(Condition(u) for u in unknowns), system.domain.uniqueness),
        provenance=system.provenance.then(f"limit {text} at a fixed spectrum by dominant balance"),
    )
