r"""Truncated series in the large quantity, for expressions whose leading terms cancel.

The equations of the system give some parameters (or unknowns) in terms of everything else, exactly; put in, nothing
is left that could cancel on the solutions only. Coefficients of named quantities get names of their own, so that long
chains of definitions stay chains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.sample_points import SamplePoints

CARRIED = 5
"""Powers carried of every series."""


@dataclass(frozen=True)
class Jet:
    """Leading powers of a quantity.

    Attributes
    ----------
    terms : tuple of (exponent, coefficient)
        Decreasing exponents; the first coefficient is not zero.
    bound : Fraction or None
        Exponent of what is left out; None if nothing is.
    """

    terms: tuple[tuple[Fraction, sp.Expr], ...]
    bound: Fraction | None = None

    @property
    def top(self) -> Fraction | None:
        """Leading exponent, or a bound on it; None for zero."""
        return self.terms[0][0] if self.terms else self.bound


def _larger(*bounds: Fraction | None) -> Fraction | None:
    return max((b for b in bounds if b is not None), default=None)


def _raised(bound: Fraction | None, top: Fraction | None) -> Fraction | None:
    return None if bound is None or top is None else bound + top


@dataclass(frozen=True)
class Jets:
    """Series of expressions at one balance.

    Parameters
    ----------
    atom : callable
        Series of a symbol or an average that nothing is put in for.
    inline : mapping symbol -> expression
        Named quantities, and what the equations give.
    """

    atom: Callable[[sp.Expr], Jet]
    inline: Mapping[sp.Basic, sp.Expr]
    names: dict[sp.Basic, sp.Expr] = field(default_factory=dict)
    _known: dict[sp.Expr, Jet] = field(default_factory=dict, repr=False)
    _points: SamplePoints = field(default_factory=lambda: SamplePoints((), ()), repr=False)

    def of(self, expression: sp.Expr) -> Jet:
        """Series of an expression."""
        if expression not in self._known:
            self._known[expression] = self._follow(expression)
        return self._known[expression]

    def _follow(self, expression: sp.Expr) -> Jet:
        if expression in self.inline:
            return self._named(expression)
        if isinstance(expression, (sp.Symbol, SpectralAverage)):
            return self.atom(expression)
        if isinstance(expression, sp.Add):
            return self._sum([self.of(part) for part in expression.args])
        if isinstance(expression, sp.Mul):
            return reduce(self._product, [self.of(part) for part in expression.args])
        if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            base, power = self.of(expression.base), int(expression.exp)
            base = base if power > 0 else self._inverse(base)
            return reduce(self._product, [base] * abs(power))
        return Jet(((Fraction(0), expression),)) if expression != 0 else Jet(())

    def _named(self, name: sp.Expr) -> Jet:
        """Series of a named quantity, its coefficients under new names."""
        jet, terms = self.of(self.inline[name]), []
        for number, (exponent, value) in enumerate(jet.terms):
            if value.is_Atom:
                terms.append((exponent, value))
                continue
            new = symbol(f"{name}_{number}".replace("^2", "sq"))
            while new in self.names or new in self.inline:
                new = symbol(f"{new}_")
            self.names[new] = value
            terms.append((exponent, new))
        return Jet(tuple(terms), jet.bound)

    def _sum(self, jets: list[Jet]) -> Jet:
        table: dict[Fraction, list[sp.Expr]] = {}
        for jet in jets:
            for exponent, value in jet.terms:
                table.setdefault(exponent, []).append(value)
        return self._carried({e: sp.Add(*v) for e, v in table.items()}, _larger(*(j.bound for j in jets)))

    def _product(self, a: Jet, b: Jet) -> Jet:
        table: dict[Fraction, list[sp.Expr]] = {}
        for first, left in a.terms:
            for second, right in b.terms:
                table.setdefault(first + second, []).append(left * right)
        bound = _larger(_raised(a.bound, b.top), _raised(b.bound, a.top))
        return self._carried({e: sp.Add(*v) for e, v in table.items()}, bound)

    def _inverse(self, jet: Jet) -> Jet:
        """One over a series."""
        if not jet.terms:
            raise DerivationError("a denominator vanishes, or cancels beyond the powers that are carried")
        exponent, lead = jet.terms[0]
        small = Jet(
            tuple((e - exponent, -value / lead) for e, value in jet.terms[1:]),
            None if jet.bound is None else jet.bound - exponent,
        )
        total = power = one = Jet(((Fraction(0), sp.S.One),))
        for _ in range(CARRIED if small.top is not None else 0):
            power = self._product(power, small)
            total = self._sum([total, power])
        if small.top is not None:
            total = self._carried(dict(total.terms), _larger(total.bound, small.top * (CARRIED + 1)))
        return self._product(total, Jet(((-exponent, one.terms[0][1] / lead),)))

    def _carried(self, table: Mapping[Fraction, sp.Expr], bound: Fraction | None) -> Jet:
        """The leading terms that are not zero."""
        terms: list[tuple[Fraction, sp.Expr]] = []
        for exponent in sorted(table, reverse=True):
            if bound is not None and exponent <= bound:
                break
            value = table[exponent]
            if value == 0 or (not terms and self._is_zero(value)):
                continue
            if len(terms) == CARRIED:
                bound = exponent
                break
            terms.append((exponent, value))
        return Jet(tuple(terms), bound)

    def _is_zero(self, value: sp.Expr) -> bool:
        free = value.is_number or (value.is_Symbol and value not in self.names)
        return not free and self._points.vanishes(value, self.names.get)
