"""A system without spectral averages as polynomials: its equations, and what cannot vanish in its domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.polynomials import Element, Rational, Ring
from asymptotics.transforms.arguments import exact_expression, named_symbol, require_mapping, require_system

Value = int | str | Fraction | sp.Rational


@dataclass(frozen=True, eq=False)
class Nonvanishing:
    """What is known not to vanish: sums of positive terms, and listed irreducible polynomials.

    Attributes
    ----------
    ring : Ring
    known : tuple of (Element, str)
        Irreducible polynomials, and why each does not vanish.
    """

    ring: Ring
    known: tuple[tuple[Element, str], ...] = ()

    @staticmethod
    def of(ring: Ring, statements: Iterable[tuple[Element, str]]) -> Nonvanishing:
        """From polynomials of any kind: their irreducible factors do not vanish either.

        Parameters
        ----------
        ring : Ring
        statements : iterable of (Element, str)
            Polynomials, and why each does not vanish.
        """
        known: dict[sp.Expr, tuple[Element, str]] = {}
        for f, why in statements:
            for factor, _ in ring.factor(f)[1] if f != ring.zero else ():
                known.setdefault(ring.write(factor), (factor, why))
        return Nonvanishing(ring, tuple(known.values()))

    def reason(self, factor: Element) -> str:
        """Why an irreducible factor cannot vanish; empty if that is not known."""
        if self.ring.one_signed(factor):
            return "a sum of positive terms"
        return next((why for known, why in self.known if known == factor), "")

    def factors(self) -> list[sp.Expr]:
        """Positive symbols, and the polynomials that are listed."""
        positive = [symbol for symbol in self.ring.symbols if symbol.is_positive]
        return [*positive, *(self.ring.write(f) for f, _ in self.known if not self.ring.one_signed(f))]

    def split(self, f: Element) -> tuple[Element, Element, dict[sp.Expr, str]]:
        """The part of ``f`` that may vanish, the part that cannot, and the reasons for the latter by factor."""
        ring = self.ring
        may, cannot, reasons = ring.one, ring.one, dict[sp.Expr, str]()
        constant, factors = ring.factor(f)
        for factor, power in factors:
            why = self.reason(factor)
            if why:
                cannot = cannot * factor**power
                reasons[ring.write(factor)] = why
            else:
                may = may * factor**power
        return may, cannot * ring.constant(constant), reasons


@dataclass(frozen=True, eq=False)
class AlgebraicSystem:
    """Equations of a system in a ring of polynomials.

    Attributes
    ----------
    system : FixedPointSystem
    ring : Ring
        Generators: the kept unknown, the other unknowns, the parameters that have no value.
    unknowns : int
        How many of the generators are unknowns.
    equations : tuple of Element
        Numerators in lowest terms.
    nonzero : Nonvanishing
        What does not vanish at a physical solution.
    environment : dict
        What parameters with values, and definitions, are in the ring.
    """

    system: FixedPointSystem
    ring: Ring
    unknowns: int
    equations: tuple[Element, ...]
    nonzero: Nonvanishing
    environment: Mapping[sp.Symbol, Rational]

    def read(self, expression: sp.Expr) -> Rational:
        """An expression in the symbols of the system as a rational function."""
        return self.ring.rational(expression, self.environment)


def exact_values(values: Mapping[Any, Any] | None, allowed: Iterable[sp.Symbol]) -> dict[sp.Symbol, Fraction]:
    """Values of parameters, by symbol or name, as exact fractions.

    Parameters
    ----------
    values : mapping of symbol or str to int, Fraction or str, optional
    allowed : iterable of sympy.Symbol
        The parameters.

    Raises
    ------
    InputError
        If a name is not a parameter, or a value not an exact rational; symbols of positive quantities may be zero,
        but not negative.
    """
    symbols, found = tuple(allowed), {}
    for key, value in require_mapping(values or {}, "values", "parameters to exact values").items():
        chosen = named_symbol(key, symbols, "values", "a parameter")
        name = chosen.name
        if isinstance(value, (bool, float)):
            raise InputError(name, value, "an exact rational", "write Fraction(1, 10) or '0.1', not a float")
        try:
            exact = Fraction(str(value))
        except (ValueError, ZeroDivisionError) as error:
            raise InputError(name, value, "an exact rational") from error
        if chosen.is_positive and exact < 0:
            raise InputError(name, value, "a rational that is not negative")
        found[chosen] = exact
    return found


def algebraic(
    system: FixedPointSystem,
    keep: sp.Symbol | str,
    values: Mapping[Any, Any] | None,
    nonzero: Sequence[sp.Expr],
    engine: Engine,
) -> AlgebraicSystem:
    """Read a system into a ring in which the kept unknown comes first.

    Parameters
    ----------
    system : FixedPointSystem
    keep : sympy.Symbol or str
        An unknown, or the name of an observable, which then becomes an unknown of its own.
    values : mapping, optional
        Exact values of parameters.
    nonzero : sequence of sympy.Expr
        What the caller knows not to vanish.
    engine : Engine

    Raises
    ------
    DerivationError
        If the system holds spectral averages or is not rational.
    InputError
        If ``keep`` or a value is not one the system has.
    """
    if require_system(system).averages():
        raise DerivationError(
            f"{system.name} holds spectral averages: substitute a spectrum before eliminating"
        )
    fixed = exact_values(values, system.parameter_symbols())
    kept, extra = _kept(system, keep)
    others = [u for u in system.unknown_symbols() if u != kept]
    free = [s for s in system.parameter_symbols() if s not in fixed]
    ring = engine.ring([kept, *others, *free])
    environment: dict[sp.Symbol, Rational] = {s: (ring.constant(v), ring.one) for s, v in fixed.items()}
    declared = [exact_expression(e, "nonzero", system) for e in nonzero]
    denominators, equations = [], []
    for definition in system.definitions:
        environment[definition.symbol] = ring.rational(definition.expression, environment)
        denominators.append(environment[definition.symbol][1])
    for residual in [*(e.residual for e in system.equations), *extra]:
        numerator, denominator = ring.rational(residual, environment)
        denominators.append(denominator)
        if numerator != ring.zero:
            equations.append(ring.normalized(numerator)[1])
    known = Nonvanishing.of(
        ring,
        [
            *((denominator, "a denominator of the system") for denominator in denominators),
            *_conditions(system, ring, environment),
            *((part, "declared nonzero") for e in declared for part in ring.rational(e, environment)),
        ],
    )
    return AlgebraicSystem(system, ring, 1 + len(others), tuple(equations), known, environment)


def _kept(system: FixedPointSystem, keep: sp.Symbol | str) -> tuple[sp.Symbol, list[sp.Expr]]:
    """Symbol of the kept quantity, and the equation that defines it if it is an observable."""
    name = keep.name if isinstance(keep, sp.Symbol) else str(keep)
    for unknown in system.unknown_symbols():
        if unknown.name == name:
            return unknown, []
    if name not in {o.name for o in system.observables}:
        names = [*(u.name for u in system.unknown_symbols()), *(o.name for o in system.observables)]
        raise InputError("keep", name, f"an unknown or an observable: {', '.join(names)}")
    taken = {s.name for s in (*system.parameter_symbols(), *(d.symbol for d in system.definitions))}
    kept = sp.Symbol(name, real=True) if name not in taken else symbol(f"{name}_value")
    return kept, [kept - system.observable(name)]


def _conditions(
    system: FixedPointSystem, ring: Ring, environment: Mapping[sp.Symbol, Rational]
) -> list[tuple[Element, str]]:
    """What strict conditions of the domain keep from vanishing."""
    return [
        (part, f"{condition.expression} > 0 in the domain")
        for condition in system.domain.conditions
        if condition.strict
        for part in ring.rational(condition.expression, environment)
    ]
