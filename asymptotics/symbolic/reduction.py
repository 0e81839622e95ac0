"""Fewest scalar unknowns: poles of the mean inverse first, then everything an equation is linear in.

For each spectrum the poles of the mean inverse become unknowns themselves (the effective ridges), so that every
spectral average has the denominator ``s + nu``. What is left is eliminated where an equation is linear in it,
equations without averages first; the unknowns a pole is made of stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.shortening import Rule, parameter_rules
from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation

_LONG = 100


@dataclass(frozen=True)
class Reduced:
    """Equations and everything else, in the unknowns that are left.

    Attributes
    ----------
    residuals, unknowns : tuple
        As many equations as unknowns.
    values : tuple of sympy.Expr
        What was to be carried along.
    traces : tuple of sympy.Expr
        The traces of the Dyson equation in the unknowns left, positive for small variances; those that have
        grown too long to be of use are left out.
    poles : mapping eigenvalue -> tuple of symbols
    """

    residuals: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Symbol, ...]
    values: tuple[sp.Expr, ...]
    traces: tuple[sp.Expr, ...]
    poles: Mapping[sp.Symbol, tuple[sp.Symbol, ...]]


def reduce_traces(
    equation: DysonEquation,
    values: Sequence[sp.Expr],
    base: Mapping[sp.Symbol, sp.Expr],
    differentiable: bool = True,
) -> Reduced:
    """Reduce the trace equations of a Dyson equation.

    Parameters
    ----------
    equation : DysonEquation
    values : sequence of sympy.Expr
        Expressions in the traces to carry along.
    base : mapping symbol -> value
        Sources, with the values at which poles are looked for.
    differentiable : bool
        Whether the values are going to be differentiated. If not, parameters in them may be replaced by means
        of the equations, which keeps them short.

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    unknowns = tuple(u.symbol for u in equation.unknowns)
    state = Reduced(equation.equations(), unknowns, tuple(values), unknowns, {})
    state, kept = _introduce_poles(state, equation, base)
    spectra = (d for d in equation.pencil.dimensions() if isinstance(d, SpectralDimension))
    bound = {d.eigenvalue: d.eigenvalues for d in spectra}
    return _eliminate(state, kept, _Averages(bound, base), differentiable)


def _introduce_poles(
    state: Reduced, equation: DysonEquation, base: Mapping[sp.Symbol, sp.Expr]
) -> tuple[Reduced, frozenset[sp.Symbol]]:
    found = _poles(equation, base)
    poles: dict[sp.Symbol, tuple[sp.Symbol, ...]] = {}
    kept: set[sp.Symbol] = set()
    for number, (dimension, pole) in enumerate(found, 1):
        nu = symbol("nu" if len(found) == 1 else f"nu_{number}")
        current = pole.subs(dict(zip((u.symbol for u in equation.unknowns), state.traces, strict=True)))
        inside = [u for u in state.unknowns if current.has(u)]
        state = _replace_first(state, inside, current, nu)
        kept |= {nu, *(u for u in inside if u in state.unknowns)}
        poles[dimension.eigenvalue] = (*poles.get(dimension.eigenvalue, ()), nu)
    return Reduced(state.residuals, state.unknowns, state.values, state.traces, poles), frozenset(kept)


def _poles(
    equation: DysonEquation, base: Mapping[sp.Symbol, sp.Expr]
) -> list[tuple[SpectralDimension, sp.Expr]]:
    """Poles of the mean inverse in each eigenvalue, as expressions in the traces."""
    traces = {u.symbol for u in equation.unknowns}
    found: list[tuple[SpectralDimension, sp.Expr]] = []
    for dimension, determinant in equation.determinants.items():
        if not isinstance(dimension, SpectralDimension):
            continue
        s = dimension.eigenvalue
        numerator = sp.fraction(sp.together(determinant.subs(base)))[0]
        for factor, _ in sp.factor_list(sp.expand(numerator))[1]:
            if factor.has(s) and sp.degree(factor, s) == 1 and factor.free_symbols & traces:
                poly = sp.Poly(factor, s)
                pole = sp.cancel(poly.nth(0) / poly.nth(1))
                if pole != 0 and (dimension, pole) not in found:
                    found.append((dimension, pole))
    return found


def _replace_first(state: Reduced, inside: Sequence[sp.Symbol], pole: sp.Expr, nu: sp.Symbol) -> Reduced:
    """Use ``nu = pole`` as an unknown in place of the first one the relation is linear in."""
    for unknown in inside:
        numerator = sp.fraction(sp.cancel(nu - pole))[0]
        if sp.degree(numerator, unknown) != 1:
            continue
        poly = sp.Poly(numerator, unknown)
        rule = {unknown: sp.cancel(-poly.nth(0) / poly.nth(1))}
        return Reduced(
            tuple(r.subs(rule) for r in state.residuals),
            tuple(nu if u == unknown else u for u in state.unknowns),
            tuple(v.subs(rule) for v in state.values),
            tuple(t.subs(rule) for t in state.traces),
            state.poles,
        )
    raise DerivationError(f"the pole {pole} is not linear in any of its unknowns")


def _eliminate(
    state: Reduced,
    kept: frozenset[sp.Symbol],
    averages: _Averages,
    differentiable: bool,
) -> Reduced:
    """Solve equations for unknowns they are linear in, as long as there are such."""
    expressions = [*state.residuals, *state.values, *state.traces]
    free = [u for u in state.unknowns if u not in kept]
    rule = {average: averages.spread(average, free) for average in averages_in(*expressions)}
    expressions = [expression.xreplace(rule) for expression in expressions]
    field = RationalField([*expressions, *state.unknowns])
    inside = {s for average in averages_in(*expressions) for s in average.free_symbols}
    nodes = [g for g in field.generators if not g.is_Symbol]
    elements = [field(expression) for expression in expressions]
    first, second = len(state.residuals), len(state.residuals) + len(state.values)
    residuals, unknowns, steps = elements[:first], list(state.unknowns), []
    while len(residuals) > 1:
        open_ones = [u for u in unknowns if u not in kept | inside]
        step = _cheapest(field, residuals, open_ones, nodes, averages.base)
        if step is None:
            break
        position, unknown, value = step
        residuals = [field.substitute(r, unknown, value) for i, r in enumerate(residuals) if i != position]
        unknowns.remove(unknown)
        steps.append(Rule(unknown, value))
    rules: list[Rule] = []
    if not differentiable:
        rules, _ = parameter_rules(field, residuals, set(unknowns), {*nodes, *inside})
    explicit = [*_explicit(field, steps, rules), *rules]
    return Reduced(
        tuple(field.expression(r.numer) for r in residuals),
        tuple(unknowns),
        tuple(field.expression(_replaced(field, value, explicit)) for value in elements[first:second]),
        tuple(field.expression(t) for t in _short_ones(field, elements[second:], steps)),
        state.poles,
    )


def _explicit(field: RationalField, steps: Sequence[Rule], rules: Sequence[Rule]) -> list[Rule]:
    """The eliminated unknowns in the remaining ones, the last eliminated first."""
    explicit: list[Rule] = []
    for step in reversed(steps):
        explicit.append(Rule(step.variable, _replaced(field, step.value, [*explicit, *rules])))
    return explicit


def _replaced(field: RationalField, element: Any, rules: Sequence[Rule]) -> Any:
    for rule in rules:
        element = field.substitute(element, rule.variable, rule.value)
    return element


def _short_ones(field: RationalField, elements: Sequence[Any], steps: Sequence[Rule]) -> list[Any]:
    """The elements in the remaining unknowns, as far as they stay short."""
    explicit: dict[sp.Symbol, Any] = {}

    def replaced(element: Any) -> Any | None:
        for variable, value in explicit.items():
            if _depends(element, field(variable)):
                if value is None or _terms(element) * _terms(value) > _LONG:
                    return None
                element = field.substitute(element, variable, value)
        return element

    for step in reversed(steps):
        explicit[step.variable] = replaced(step.value)
    return [short for element in elements if (short := replaced(element)) is not None]


@dataclass(frozen=True)
class _Averages:
    """How averages are rewritten: the letters each one binds, and where sources are going to be put."""

    bound: Mapping[sp.Symbol, Sequence[sp.Symbol]]
    base: Mapping[sp.Symbol, sp.Expr]

    def spread(self, average: SpectralAverage, unknowns: Sequence[sp.Symbol]) -> sp.Expr:
        """The average as a sum of averages, unknowns in its numerator and scalar factors taken out.

        Proportional averages become equal ones.
        """
        letters = self.bound.get(average.variable, (average.variable,))
        numerator, denominator = sp.fraction(sp.cancel(average.function))
        if not (numerator.is_polynomial(*letters) and denominator.is_polynomial(*letters)):
            return average
        inside = [u for u in unknowns if numerator.has(u)]
        if denominator.has(*inside) or not numerator.is_polynomial(*inside):
            inside = []
        below = self._leading(denominator, letters)
        total = sp.S.Zero
        parts = sp.Poly(numerator, *inside).terms() if inside else [((), numerator)]
        for powers, coefficient in parts:
            above = self._leading(coefficient, letters)
            function = sp.cancel(coefficient / above) / sp.cancel(denominator / below)
            front = sp.Mul(*(u**power for u, power in zip(inside, powers, strict=True)))
            front = front * sp.cancel(above / below)
            total += front * SpectralAverage(sp.cancel(function), average.variable, average.measure)
        return total

    def _leading(self, polynomial: sp.Expr, letters: Sequence[sp.Symbol]) -> sp.Expr:
        """The first coefficient that does not vanish where the sources are going to be put."""
        coefficients = sp.Poly(polynomial, *letters).coeffs()
        return next((c for c in coefficients if sp.expand(c.subs(self.base)) != 0), sp.S.One)


def _cheapest(
    field: RationalField,
    residuals: Sequence[Any],
    unknowns: Sequence[sp.Symbol],
    nodes: Sequence[sp.Expr],
    base: Mapping[sp.Symbol, sp.Expr],
) -> tuple[int, sp.Symbol, Any] | None:
    """Equation, unknown and value: fewest other unknowns in the value, no averages, fewest terms."""
    best: tuple[tuple[Any, ...], tuple[int, sp.Symbol, Any]] | None = None
    marks = [field(node).numer for node in nodes]
    for position, residual in enumerate(residuals):
        averaged = any(residual.numer.degree(mark) > 0 for mark in marks)
        for place, unknown in enumerate(unknowns):
            value = field.linear_value(residual, unknown)
            if value is not None and sp.expand(field.expression(value.denom).subs(base)) != 0:
                others = sum(_depends(value, field(u)) for u in unknowns)
                cost = (others, averaged, _terms(value), place, position)
                if best is None or cost < best[0]:
                    best = cost, (position, unknown, value)
    return None if best is None else best[1]


def _terms(value: Any) -> int:
    return len(value.numer) + len(value.denom)


def _depends(value: Any, variable: Any) -> bool:
    return value.numer.degree(variable.numer) > 0 or value.denom.degree(variable.numer) > 0
