"""Leading parts of observables at a balance, with every cancellation on the solutions of the system detected.

Expressions are followed as they are written, named quantities kept. Whether the leading terms of a sum cancel is
decided at exact random solutions of the leading equations; if they do, series are taken, with parameters replaced by
what the equations say about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.system import Definition, FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balanced_system import Balanced, DominantBalance, leading, sign_of
from asymptotics.transforms.limits.fixed_spectrum import ORDERS
from asymptotics.transforms.limits.jets import Jet, Jets
from asymptotics.transforms.limits.sample_points import SamplePoints
from asymptotics.transforms.limits.variety import parametrise

Part = tuple[sp.Expr, Fraction]

NOTHING: Part = (sp.S.Zero, Fraction(0))


@dataclass(frozen=True)
class Readings:
    """Reads off leading parts at one balance.

    Attributes
    ----------
    system : FixedPointSystem
    prepared : Balanced
    balance : DominantBalance
    forms : tuple of sympy.Expr
        Its leading equations.
    """

    system: FixedPointSystem
    prepared: Balanced
    balance: DominantBalance
    forms: tuple[sp.Expr, ...]
    _known: dict[sp.Expr, Part] = field(default_factory=dict, repr=False, compare=False)

    def leading(self, expression: sp.Expr, name: str) -> Part:
        """Leading part of an expression and its exponent in the large quantity.

        Parameters
        ----------
        expression : sympy.Expr
            As the system has it.
        name : str
            For the error.

        Raises
        ------
        DerivationError
            If it cancels in a way that only the next order of the unknowns decides.
        """
        try:
            return self._part(sp.sympify(expression, strict=True))
        except DerivationError as error:
            powers = ", ".join(map(str, self.balance.found.exponents))
            raise DerivationError(f"{self.system.name}: {name} at exponents {powers}: {error}") from error

    def definitions(self) -> tuple[Definition, ...]:
        """Named quantities that were met, by their leading parts; averages as they are."""
        kept = [d for d in self.system.definitions if d.symbol in self.prepared.generators]
        found = [Definition(symbol, value) for symbol, value in self._jets.names.items()]
        for definition in self.system.definitions:
            if definition.symbol in self._known and definition.symbol in self._inline:
                value = self._part(self._inline[definition.symbol])[0]
                found.append(Definition(definition.symbol, value, definition.meaning))
        return (*kept, *found)

    def _part(self, expression: sp.Expr) -> Part:
        if expression not in self._known:
            self._known[expression] = self._follow(expression)
        return self._known[expression]

    def _follow(self, expression: sp.Expr) -> Part:
        if isinstance(expression, sp.Add):
            return self._sum(expression)
        if isinstance(expression, sp.Mul):
            parts = [self._part(factor) for factor in expression.args]
            if any(value == 0 for value, _ in parts):
                return NOTHING
            return sp.Mul(*(value for value, _ in parts)), sum((e for _, e in parts), Fraction(0))
        if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            value, power = self._part(expression.base)
            if value == 0 and expression.exp < 0:
                raise DerivationError(f"{expression.base} is zero")
            return value**expression.exp, power * int(expression.exp)
        if isinstance(expression, (sp.Symbol, SpectralAverage)):
            return self._atom(expression)
        return expression, Fraction(0)

    def _atom(self, atom: sp.Expr) -> Part:
        """Leading part of a symbol or an average."""
        if atom in self._inline:
            value, power = self._part(self._inline[atom])
            return (atom if value != 0 else value), power
        generator = self._averages.get(atom, atom)
        if generator in self.balance.table:
            return leading(self.balance.table[generator], self.balance.found.exponents)
        return atom, self.balance.at(self.prepared.scales.of(atom))

    def _sum(self, expression: sp.Expr) -> Part:
        """Leading terms of a sum; written out further if they cancel."""
        parts = [part for part in map(self._part, expression.args) if part[0] != 0]
        if not parts:
            return NOTHING
        power = max(e for _, e in parts)
        total = sp.Add(*(value for value, e in parts if e == power))
        return self._deeper(expression) if self._vanishes(total) else (total, power)

    def _deeper(self, expression: sp.Expr) -> Part:
        """Leading part of a sum whose leading terms cancel."""
        jet = self._jets.of(expression)
        if not jet.terms:
            if jet.bound is None:
                return NOTHING
            raise DerivationError("the leading terms cancel beyond the orders that are carried")
        power, value = jet.terms[0]
        if self._vanishes(value):
            raise DerivationError("the leading terms cancel")
        return value, power

    def _series(self, atom: sp.Expr) -> Jet:
        """Series of a symbol or an average."""
        generator = self._averages.get(atom, atom)
        if generator not in self.balance.table:
            return Jet(((self.balance.at(self.prepared.scales.of(atom)), atom),))
        table: dict[Fraction, list[sp.Expr]] = {}
        bounds = []
        for term in self.balance.table[generator]:
            exponent = self.balance.at(term.exponent)
            if term.order >= ORDERS:
                bounds.append(exponent)
            table.setdefault(exponent, []).append(term.coefficient)
        bound = max(bounds, default=None)
        known = {e: sp.Add(*v) for e, v in table.items() if bound is None or e > bound}
        return Jet(tuple(sorted(known.items(), key=lambda term: -term[0])), bound)

    def _vanishes(self, expression: sp.Expr) -> bool:
        """Whether an expression is zero on the solutions of the leading equations."""
        if expression == 0:
            return True
        named = self._inline.keys() | self._jets.names.keys()
        if not expression.free_symbols & named and sign_of(expression):
            return False
        return self._points.vanishes(expression, self._value)

    def _value(self, name: sp.Basic) -> sp.Expr | None:
        """What stands for a named quantity in the limit."""
        if name in self._inline:
            return self._part(self._inline[name])[0]
        return self._jets.names.get(name)

    @cached_property
    def _inline(self) -> Mapping[sp.Basic, sp.Expr]:
        """Explicit definitions, one level each."""
        return {
            d.symbol: sp.sympify(d.expression, strict=True)
            for d in self.system.definitions
            if d.symbol not in self.prepared.generators
        }

    @cached_property
    def _averages(self) -> Mapping[sp.Basic, sp.Symbol]:
        """Names of averages that occur without one."""
        return {
            g.shown: s for s, g in self.prepared.generators.items() if isinstance(g.shown, SpectralAverage)
        }

    @cached_property
    def _points(self) -> SamplePoints:
        return SamplePoints(self.forms, self._variables)

    @cached_property
    def _jets(self) -> Jets:
        """Series with parameters as the equations of the system give them, those that do not grow first."""
        scales = self.prepared.scales
        order = sorted(self.system.parameter_symbols(), key=lambda s: s in scales.growth)
        given = self.prepared.equations[: self.prepared.given]
        solved = parametrise(given, [*order, *scales.unknowns])
        return Jets(self._series, {**self._inline, **dict(solved.rules)})

    @property
    def _variables(self) -> tuple[sp.Symbol, ...]:
        return (*self.system.parameter_symbols(), *self.prepared.scales.unknowns)
