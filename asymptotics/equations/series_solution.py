r"""Systems solved as power series in one small quantity, in truncated exact arithmetic.

A series is a finite list of rational functions of the other parameters. The leading term of every unknown is found
by trying small exponents; each further coefficient then solves a linear system with the Jacobian of the leading
terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from asymptotics.equations.averages import averages_in
from asymptotics.equations.domain import Domain
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.system import FixedPointSystem
from asymptotics.equations.truncated import SeriesEvaluator, TruncatedSeries, moments_needed
from asymptotics.errors import DerivationError, InputError

_TRACE_POWERS = (1, 0, 2, -1, 3, -2)
_POLE_POWERS = (-1, -2, -3, -4)

Shown = tuple[int, tuple[sp.Expr, ...]]


@dataclass(frozen=True)
class SeriesSolution:
    """The unknowns and observables of a system as series.

    Attributes
    ----------
    small : sympy.Symbol
    unknowns, observables : mapping
        From symbol or name to ``(start, coefficients)``, the coefficients as expressions.
    """

    small: sp.Symbol
    unknowns: Mapping[sp.Symbol, Shown]
    observables: Mapping[str, Shown]

    def coefficient(self, observable: str, power: int) -> sp.Expr:
        """Coefficient of a power of the small quantity in an observable.

        Parameters
        ----------
        observable : str
            Its name.
        power : int
            Of the small quantity.

        Raises
        ------
        InputError
            If there is no such observable.
        DerivationError
            If the power is beyond what was computed.
        """
        if observable not in self.observables:
            raise InputError("observable", observable, f"one of {', '.join(self.observables)}")
        start, coefficients = self.observables[observable]
        if power >= start + len(coefficients):
            known = start + len(coefficients) - 1
            raise DerivationError(f"{observable} is known to power {known}, not {power}")
        return coefficients[power - start] if power >= start else sp.S.Zero


def series_solution(
    system: FixedPointSystem,
    small: sp.Symbol,
    rule: Mapping[sp.Symbol, sp.Expr],
    order: int,
    exponents: Mapping[sp.Symbol, int] | None = None,
) -> SeriesSolution:
    """The physical solution of a system as a power series.

    Parameters
    ----------
    system : FixedPointSystem
    small : sympy.Symbol
        The small quantity.
    rule : mapping parameter -> expression in ``small``
        Such as ``{z: 1 / small}`` for a large ridge.
    order : int
        Number of coefficients of every unknown.
    exponents : mapping unknown -> int, optional
        Powers of the leading terms; by default small integers are tried.

    Raises
    ------
    DerivationError
        If no leading terms, or more than one choice of them, satisfy equations and domain.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.equations.system import Equation, Parameter, Unknown
    >>> m, z, e = symbol("m"), symbol("z"), symbol("e")
    >>> law = Equation(m * (z + m), sp.S.One)
    >>> system = FixedPointSystem("example", (Parameter(z),), (Unknown(m),), (law,))
    >>> series_solution(system, e, {z: 1 / e}, 4, exponents={m: 1}).unknowns[m]
    (1, (1, 0, -1, 0))
    """
    problem = _Problem.of(system, small, rule, order)
    if exponents:
        tried = [tuple(exponents[u] for u in problem.unknowns)]
    else:
        choices = (_POLE_POWERS if u in problem.poles() else _TRACE_POWERS for u in problem.unknowns)
        tried = sorted(itertools.product(*choices), key=lambda t: sum(map(abs, t)))
    found = []
    for trial in tried:
        leading = problem.leading(trial)
        lifted = None if leading is None else problem.lift(trial, leading)
        if lifted is not None and problem.allowed(system.domain, lifted):
            found.append(lifted)
    if len(found) != 1:
        shown = [{str(u): v.start for u, v in values.items()} for values in found]
        raise DerivationError(f"{system.name}: leading terms are not unique or not found: {shown}")
    evaluator = problem.evaluator(found[0], order)
    observables = {o.name: evaluator(o.expression.xreplace(dict(rule))) for o in system.observables}
    return SeriesSolution(
        small,
        {u: _shown(problem.field, value) for u, value in found[0].items()},
        {name: _shown(problem.field, value) for name, value in observables.items()},
    )


def _shown(field: RationalField, series: TruncatedSeries) -> Shown:
    own = series.trimmed()
    return own.start, tuple(sp.factor_terms(field.expression(c)) for c in own.coefficients)


@dataclass(frozen=True)
class _Problem:
    """A system with the small quantity put in."""

    small: sp.Symbol
    unknowns: tuple[sp.Symbol, ...]
    definitions: tuple[tuple[sp.Symbol, sp.Expr], ...]
    residuals: tuple[sp.Expr, ...]
    rule: Mapping[sp.Symbol, sp.Expr]
    field: RationalField
    order: int

    @staticmethod
    def of(
        system: FixedPointSystem, small: sp.Symbol, rule: Mapping[sp.Symbol, sp.Expr], order: int
    ) -> _Problem:
        """The problem of a system."""
        put = dict(rule)
        definitions = tuple((d.symbol, d.expression.xreplace(put)) for d in system.definitions)
        residuals = tuple(e.residual.xreplace(put) for e in system.equations)
        read = (o.expression.xreplace(put) for o in system.observables)
        parts = [*residuals, *(e for _, e in definitions), *read]
        names = {s for part in parts for s in part.free_symbols} | {small, *system.unknown_symbols()}
        moments = {moment for average in averages_in(*parts) for moment in moments_needed(average, order)}
        field = RationalField([*names, *moments])
        return _Problem(small, system.unknown_symbols(), definitions, residuals, put, field, order)

    def poles(self) -> set[sp.Symbol]:
        """The unknowns that occur in denominators of averages."""
        averages = averages_in(*self.residuals, *(e for _, e in self.definitions))
        below = [sp.fraction(sp.cancel(average.function))[1] for average in averages]
        return {u for u in self.unknowns if any(bottom.has(u) for bottom in below)}

    def evaluator(self, values: Mapping[sp.Symbol, TruncatedSeries], count: int) -> SeriesEvaluator:
        """Expressions at the given series, definitions included."""
        evaluator = SeriesEvaluator(self.field, self.small, count, values)
        for name, expression in self.definitions:
            evaluator.values[name] = evaluator(expression)
        return evaluator

    def at(self, values: Mapping[sp.Symbol, TruncatedSeries], count: int) -> list[TruncatedSeries]:
        """The residuals at the given series."""
        evaluator = self.evaluator(values, count)
        return [evaluator(residual) for residual in self.residuals]

    def leading(self, trial: Sequence[int]) -> dict[sp.Symbol, Any] | None:
        """Leading coefficients with the exponents tried, if the leading equations have one nonzero solution."""
        for count in (2, 5):
            try:
                rows = [row.trimmed() for row in self.at(self._free(trial, count), count)]
            except DerivationError:
                continue
            if all(row.coefficients for row in rows):
                return self._solved([row.coefficients[0] for row in rows])
        return None

    def _free(self, trial: Sequence[int], count: int) -> dict[sp.Symbol, TruncatedSeries]:
        """Every unknown as a coefficient of its own times a power."""
        zeros = [0] * (count - 1)
        return {
            u: TruncatedSeries(power, (self.field(u), *zeros))
            for u, power in zip(self.unknowns, trial, strict=True)
        }

    def _solved(self, equations: Sequence[Any]) -> dict[sp.Symbol, Any] | None:
        """The nonzero solution of equations that can be solved one linear unknown after the other."""
        solved: dict[sp.Symbol, Any] = {}
        remaining, put = list(equations), self.field.substitute
        while len(solved) < len(self.unknowns):
            step = next(
                (
                    (position, u, value)
                    for position, equation in enumerate(remaining)
                    for u in self.unknowns
                    if u not in solved and equation != 0
                    if (value := self._linear(equation, u)) is not None and value != 0
                ),
                None,
            )
            if step is None:
                return None
            position, unknown, value = step
            solved = {u: put(v, unknown, value) for u, v in solved.items()} | {unknown: value}
            remaining = [put(e, unknown, value) for k, e in enumerate(remaining) if k != position]
        return solved if all(value != 0 for value in solved.values()) else None

    def _linear(self, equation: Any, unknown: sp.Symbol) -> Any:
        """Nonzero value of an unknown that an equation is linear in, up to powers of the unknown itself."""
        generator = self.field(unknown).numer
        numerator = equation.numer
        while numerator and not numerator % generator:
            numerator = numerator.exquo(generator)
        return self.field.linear_value(self.field(sp.S.One) * numerator, unknown)

    def lift(
        self, trial: Sequence[int], leading: Mapping[sp.Symbol, Any]
    ) -> dict[sp.Symbol, TruncatedSeries] | None:
        """Coefficient after coefficient, each entering linearly; None at a double solution."""
        zeros = [0] * (self.order - 1)
        values = {
            u: TruncatedSeries(power, (leading[u], *zeros))
            for u, power in zip(self.unknowns, trial, strict=True)
        }
        starts = [row.trimmed().start for row in self.at(self._free(trial, self.order), self.order)]
        for k in range(1, self.order):
            probe = {u: v.with_coefficient(k, self.field(u)) for u, v in values.items()}
            elements = [
                row.at(start + k) for row, start in zip(self.at(probe, self.order), starts, strict=True)
            ]
            jacobian = [[self._slope(element, u) for u in self.unknowns] for element in elements]
            try:
                solved = self.field.solve(jacobian, [self._constant(element) for element in elements])
            except DMNonInvertibleMatrixError:
                return None
            values = {u: v.with_coefficient(k, c) for (u, v), c in zip(values.items(), solved, strict=True)}
        return values

    def _slope(self, element: Any, unknown: sp.Symbol) -> Any:
        return element.diff(self.field(unknown)) if element else self.field(sp.S.Zero)

    def _constant(self, element: Any) -> Any:
        rest = element if element else self.field(sp.S.Zero)
        for unknown in self.unknowns:
            rest = self.field.substitute(rest, unknown, self.field(sp.S.Zero))
        return -rest

    def allowed(self, domain: Domain, values: Mapping[sp.Symbol, TruncatedSeries]) -> bool:
        """Whether the series satisfy the domain at one generic point, for the small quantity small enough."""
        generic = {g: sp.Rational(7 + 3 * k, 5 + k) for k, g in enumerate(self.field.generators)}
        evaluator = self.evaluator(values, self.order)
        for condition in domain.conditions:
            row = evaluator(condition.expression.xreplace(dict(self.rule))).trimmed()
            if row.coefficients and self.field.expression(row.coefficients[0]).xreplace(generic) <= 0:
                return False
        return True
