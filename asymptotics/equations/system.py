"""FixedPointSystem: the waist. Every exact road ends here and every numeric road begins here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Domain
from asymptotics.equations.encoding import canonical_text
from asymptotics.equations.printing import latex_display, latex_page, text_page
from asymptotics.equations.provenance import Provenance
from asymptotics.errors import DerivationError


@dataclass(frozen=True)
class Declared:
    """A symbol and what it means: a parameter or an unknown."""

    symbol: sp.Symbol
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.symbol}: {self.meaning}" if self.meaning else str(self.symbol)


class Parameter(Declared):
    """A quantity the user gives."""


class Unknown(Declared):
    """A quantity the equations determine."""


@dataclass(frozen=True)
class Measure:
    """A spectral measure: weights on the eigenvalues of one dimension.

    Attributes
    ----------
    symbol : sympy.Symbol
        Name used inside spectral averages.
    variable : sympy.Symbol
        The eigenvalue it integrates over.
    meaning : str
    kind : {"trace", "vector"}
        A trace weighs an eigenvalue by its multiplicity; a vector by its squared coordinates there.
    """

    symbol: sp.Symbol
    variable: sp.Symbol
    meaning: str = ""
    kind: str = "trace"


@dataclass(frozen=True)
class Definition:
    """A named quantity, explicit in parameters, unknowns and earlier definitions."""

    symbol: sp.Symbol
    expression: sp.Expr
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.symbol} := {self.expression}"


@dataclass(frozen=True)
class Equation:
    """An equation ``left = right`` between exact expressions."""

    left: sp.Expr
    right: sp.Expr = sp.S.Zero
    meaning: str = ""

    @property
    def residual(self) -> sp.Expr:
        """``left - right``."""
        return self.left - self.right

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


@dataclass(frozen=True)
class Observable:
    """A quantity to be read off the solution."""

    name: str
    expression: sp.Expr
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.expression}"


@dataclass(frozen=True)
class FixedPointSystem:
    """A finite exact system of equations in scalar unknowns, with its observables.

    Attributes
    ----------
    name : str
    parameters, unknowns : tuple of Parameter, Unknown
    measures : tuple of Measure
        Spectral measures that averages refer to.
    definitions : tuple of Definition
        Named quantities, each explicit in what stands before it.
    equations : tuple of Equation
    observables : tuple of Observable
    domain : Domain
        Which solution is the physical one.
    provenance : Provenance
        Not part of the mathematics: equality and digest ignore it.

    Raises
    ------
    DerivationError
        If an equation, a definition or an observable uses what is not declared.

    References
    ----------
    docs/theory/dyson.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> system = asy.derive("kernel-ridge", "proportional")
    >>> [str(unknown.symbol) for unknown in system.unknowns], len(system.equations)
    (['nu', 'c'], 2)
    """

    name: str
    parameters: tuple[Parameter, ...]
    unknowns: tuple[Unknown, ...]
    equations: tuple[Equation, ...]
    observables: tuple[Observable, ...] = ()
    definitions: tuple[Definition, ...] = ()
    measures: tuple[Measure, ...] = ()
    domain: Domain = field(default_factory=Domain)
    provenance: Provenance = field(default_factory=Provenance, compare=False)

    def __post_init__(self) -> None:
        known = {q.symbol for q in (*self.parameters, *self.unknowns)}
        for definition in self.definitions:
            self._require(definition.expression, known, f"definition of {definition.symbol}")
            known.add(definition.symbol)
        for equation in self.equations:
            self._require(equation.residual, known, f"equation {equation}")
        for observable in self.observables:
            self._require(observable.expression, known, f"observable {observable.name}")

    def _require(self, expression: sp.Expr, known: set[sp.Symbol], place: str) -> None:
        unknown = sp.sympify(expression, strict=True).free_symbols - known
        if unknown:
            raise DerivationError(f"{self.name}: {place} uses undeclared {sorted(map(str, unknown))}")
        measures = {average.measure for average in averages_in(expression)}
        missing = measures - {measure.symbol for measure in self.measures}
        if missing:
            raise DerivationError(
                f"{self.name}: {place} averages over undeclared {sorted(map(str, missing))}"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical record of the mathematics (names, equations, observables)."""
        return hashlib.sha256(canonical_text(self).encode()).hexdigest()

    def observable(self, name: str) -> sp.Expr:
        """Expression of one observable, as stored."""
        for observable in self.observables:
            if observable.name == name:
                return observable.expression
        names = ", ".join(o.name for o in self.observables)
        raise DerivationError(f"{self.name} has no observable {name!r}; it has {names}")

    def parameter_symbols(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the parameters."""
        return tuple(parameter.symbol for parameter in self.parameters)

    def unknown_symbols(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the unknowns."""
        return tuple(unknown.symbol for unknown in self.unknowns)

    def expand(self, expression: sp.Expr) -> sp.Expr:
        """The expression with every definition written out."""
        for definition in reversed(self.definitions):
            expression = expression.xreplace({definition.symbol: definition.expression})
        return expression

    def expanded(self) -> FixedPointSystem:
        """The same system without definitions."""
        return replace(
            self,
            definitions=(),
            equations=tuple(
                Equation(self.expand(e.left), self.expand(e.right), e.meaning) for e in self.equations
            ),
            observables=tuple(
                Observable(o.name, self.expand(o.expression), o.meaning) for o in self.observables
            ),
        )

    def averages(self) -> tuple[SpectralAverage, ...]:
        """Every spectral average in the system."""
        parts: Iterable[sp.Expr] = (
            *(d.expression for d in self.definitions),
            *(e.residual for e in self.equations),
            *(o.expression for o in self.observables),
        )
        return averages_in(*parts)

    def renamed(self, rule: Mapping[sp.Symbol, sp.Symbol], name: str = "") -> FixedPointSystem:
        """The same system with other symbols; ``rule`` must be one to one.

        Parameters
        ----------
        rule : mapping of sympy.Symbol to sympy.Symbol
            Old symbol to new one, one to one.
        name : str
            Of the result; the same by default.

        Raises
        ------
        DerivationError
            If two symbols would become equal.
        """
        used = {*self.parameter_symbols(), *self.unknown_symbols(), *(d.symbol for d in self.definitions)}
        target = [rule.get(s, s) for s in used]
        if len(set(target)) != len(target):
            raise DerivationError(f"{self.name}: renaming {dict(rule)} makes two symbols equal")
        rule = dict(rule)
        return replace(
            self,
            name=name or self.name,
            parameters=tuple(Parameter(p.symbol.xreplace(rule), p.meaning) for p in self.parameters),
            unknowns=tuple(Unknown(u.symbol.xreplace(rule), u.meaning) for u in self.unknowns),
            definitions=tuple(
                Definition(d.symbol.xreplace(rule), d.expression.xreplace(rule), d.meaning)
                for d in self.definitions
            ),
            equations=tuple(
                Equation(e.left.xreplace(rule), e.right.xreplace(rule), e.meaning) for e in self.equations
            ),
            observables=tuple(
                Observable(o.name, o.expression.xreplace(rule), o.meaning) for o in self.observables
            ),
            domain=self.domain.replace(rule),
        )

    def __str__(self) -> str:
        return text_page(self)

    def __repr__(self) -> str:
        unknowns = ", ".join(unknown.symbol.name for unknown in self.unknowns)
        return f"<FixedPointSystem {self.name}: unknowns {unknowns}; digest {self.digest[:12]}>"

    def latex(self) -> str:
        """The system as a LaTeX ``align*`` with its definitions, equations and observables."""
        return latex_page(self)

    def _repr_latex_(self) -> str:
        return latex_display(self)
