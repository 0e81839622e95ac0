"""Roots of sizes and parameters: names while a system is derived, roots again in the result.

The engine works with rational functions. A program with a coefficient ``sqrt(n)`` is the program with any number ``r``
there, at ``r = sqrt(n)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Observable, Parameter


@dataclass(frozen=True)
class Roots:
    """Names for roots.

    Attributes
    ----------
    names : mapping power -> sympy.Expr
        Every power with a fractional exponent, in the name of its root.
    values : mapping symbol -> sympy.Expr
        The roots behind the names.
    """

    names: Mapping[sp.Expr, sp.Expr]
    values: Mapping[sp.Symbol, sp.Expr]

    @staticmethod
    def of(expressions: Iterable[sp.Expr], bound: Iterable[sp.Symbol] = ()) -> Roots:
        """The roots in some expressions; those of the bound letters, eigenvalues, are left alone.

        Examples
        --------
        >>> n = symbol("n")
        >>> Roots.of([1 + sp.sqrt(n), n ** sp.Rational(3, 2)]).names
        {sqrt(n): root1, n**(3/2): root1**3}
        """
        powers: dict[sp.Expr, dict[sp.Expr, None]] = {}
        letters = set(bound)
        for expression in expressions:
            for power in sorted(expression.atoms(sp.Pow), key=sp.default_sort_key):
                fractional = power.exp.is_Rational and not power.exp.is_Integer
                if fractional and not power.base.free_symbols & letters and not _inside(power, letters):
                    powers.setdefault(power.base, {})[power] = None
        names: dict[sp.Expr, sp.Expr] = {}
        values: dict[sp.Symbol, sp.Expr] = {}
        for number, (base, found) in enumerate(powers.items(), 1):
            order = sp.ilcm(*(power.exp.q for power in found), 1)
            name = symbol(f"root{number}")
            values[name] = base ** sp.Rational(1, order)
            names.update({power: name ** (power.exp * order) for power in found})
        return Roots(names, values)

    def restored(self, system: FixedPointSystem, sizes: Iterable[Definition] = ()) -> FixedPointSystem:
        """The system with roots in the place of their names.

        Parameters
        ----------
        system : FixedPointSystem
            Written in the names of the roots.
        sizes : iterable of Definition
            Definitions that roots may need; those that are needed join the system's.
        """
        if not self.values:
            return system

        def put(expression: sp.Expr) -> sp.Expr:
            return expression.xreplace(dict(self.values))

        inside = {s for value in self.values.values() for s in value.free_symbols}
        known = {d.symbol for d in system.definitions}
        needed = tuple(d for d in sizes if d.symbol in inside - known)
        own = {p.symbol for p in system.parameters} | inside
        gone = {*self.values, *known, *(d.symbol for d in needed)}
        parameters = sorted(own - gone, key=lambda s: s.name)
        definitions = (Definition(d.symbol, put(d.expression), d.meaning) for d in system.definitions)
        conditions = (Condition(put(c.expression), c.meaning, c.strict) for c in system.domain.conditions)
        return replace(
            system,
            parameters=tuple(Parameter(p) for p in parameters),
            definitions=(*needed, *definitions),
            equations=tuple(Equation(put(e.left), put(e.right), e.meaning) for e in system.equations),
            observables=tuple(Observable(o.name, put(o.expression), o.meaning) for o in system.observables),
            domain=Domain(tuple(conditions), system.domain.uniqueness),
        )


def _inside(power: sp.Expr, letters: set[sp.Symbol]) -> bool:
    """Whether the power holds an average, whose letter is bound."""
    return any(average.variable in letters for average in averages_in(power))
