"""Leading parts of observables at a balance, with every cancellation on the solutions of the system detected."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balanced_system import Balance, Balanced, leading, sign_of, written
from asymptotics.transforms.limits.leading_solution import tidy
from asymptotics.transforms.limits.variety import Variety, parametrise

Part = tuple[sp.Expr, Fraction]


@dataclass(frozen=True)
class Readings:
    """Reads off leading parts at one balance.

    Attributes
    ----------
    system : FixedPointSystem
    prepared : Balanced
    balance : Balance
    forms : tuple of sympy.Expr
        Its leading equations.
    """

    system: FixedPointSystem
    prepared: Balanced
    balance: Balance
    forms: tuple[sp.Expr, ...]
    _known: dict[sp.Expr, Part | None] = field(default_factory=dict, repr=False, compare=False)
    _names: dict[sp.Basic, sp.Expr] = field(default_factory=dict, repr=False, compare=False)

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
            If it cancels to leading order, as it stands and with parameters written in the unknowns.
        """
        given = written(self.system, self.prepared, expression)
        part = self._sum(given)
        if part is None:
            part = self._sum(sp.together(given))
        if part is None:
            for variable, value in self._on_shell.rules:
                given = given.xreplace({variable: value})
            part = self._sum(sp.together(given))
        if part is None:
            powers = ", ".join(map(str, self.balance.found.exponents))
            raise DerivationError(f"{self.system.name}: {name} cancels to leading order (exponents {powers})")
        return part

    def _sum(self, expression: sp.Expr) -> Part | None:
        """Leading part, fraction by fraction; nothing if it vanishes on the solutions."""
        parts: list[Part] = []
        for fraction in sp.Add.make_args(expression):
            if fraction not in self._known:
                self._known[fraction] = self._fraction(fraction)
            part = self._known[fraction]
            if part is None:
                return None
            parts += [part] if part[0] != 0 else []
        if not parts:
            return sp.S.Zero, Fraction(0)
        power = max(e for _, e in parts)
        leaders = [value for value, e in parts if e == power]
        total = sp.Add(*leaders)
        return None if len(leaders) > 1 and self._vanishes(total) else (total, power)

    def _fraction(self, fraction: sp.Expr) -> Part | None:
        """Leading part of one fraction; nothing if numerator or denominator vanish on the solutions."""
        ring = RationalField([fraction])
        element = ring(fraction)
        if not element:
            return sp.S.Zero, Fraction(0)
        above, below = (self._weighed(e) for e in ring.expression(element).as_numer_denom())
        if self._vanishes(above[0]) or self._vanishes(below[0]):
            return None
        return tidy(above[0] / below[0]), above[1] - below[1]

    def _weighed(self, polynomial: sp.Expr) -> Part:
        terms = self.prepared.terms(polynomial, self.balance.table)
        return leading(terms, self.balance.found.exponents)

    def _vanishes(self, expression: sp.Expr) -> bool:
        """Whether an expression is zero on the solutions of the leading equations."""
        if expression == 0 or sign_of(expression):
            return expression == 0
        return self._limit.vanishes(self._plain(expression))

    def _plain(self, expression: sp.Expr) -> sp.Expr:
        """An expression with a symbol for every average."""
        for average in expression.atoms(SpectralAverage):
            self._names.setdefault(average, sp.Dummy(f"average{len(self._names)}", positive=True))
        return expression.xreplace(self._names)

    @cached_property
    def _limit(self) -> Variety:
        """The leading equations solved for parameters before unknowns."""
        forms = [self._plain(form) for form in self.forms]
        extra = sorted({s for form in forms for s in form.free_symbols} - set(self._variables), key=str)
        return parametrise(forms, [*self._variables, *extra])

    @cached_property
    def _on_shell(self) -> Variety:
        """The equations of the system solved for parameters before unknowns."""
        return parametrise(self.prepared.equations[: self.prepared.given], self._variables)

    @property
    def _variables(self) -> tuple[sp.Symbol, ...]:
        return (*self.system.parameter_symbols(), *self.prepared.scales.unknowns)
