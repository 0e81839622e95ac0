"""Fewest scalar unknowns: poles of the mean inverse first, then everything an equation is linear in.

For each spectrum the poles of the mean inverse become unknowns themselves (the effective ridges), so that every
spectral average has the denominator ``s + nu``. What is left is eliminated where an equation is linear in it,
equations without averages first; the unknowns a pole is made of stay. Where that would make the equations grow they
keep more unknowns and stay short (:mod:`asymptotics.symbolic.economy`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.shortening import Rule, parameter_rules
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.poles import AverageRules, Reduced, introduce_poles
from asymptotics.symbolic.progress import report

_LONG = 100

_SHORT = 80
"""Operations that equations may always take."""

_RAW = Fraction(3, 2)
"""Growth before common factors are cancelled that is never made up for by cancelling them."""


def reduce_traces(
    equation: DysonEquation,
    values: Sequence[sp.Expr],
    base: Mapping[sp.Symbol, sp.Expr],
    differentiable: bool = True,
    growth: Fraction | None = None,
) -> Reduced | None:
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
    growth : Fraction, optional
        How much longer than the Dyson equation the equations may become on the way.

    Returns
    -------
    Reduced or None
        None if the equations would become longer; if a pole is made of a sum of traces, because eliminating one of
        them would put the others everywhere; and for averages over joint laws.

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    unknowns = tuple(u.symbol for u in equation.unknowns)
    state = Reduced(equation.equations(), unknowns, tuple(values), unknowns, {})
    state, kept = introduce_poles(state, equation.determinants, base)
    rules = AverageRules.of(equation.pencil, base)
    sums = any(_is_sum(trace.subs(base)) for trace in state.traces)
    if growth is not None and (sums or rules.joint(state.residuals)):
        return None
    return _eliminate(state, kept, rules, differentiable, growth)


def _is_sum(trace: sp.Expr) -> bool:
    return bool(sp.fraction(sp.together(trace))[0].is_Add)


def _eliminate(
    state: Reduced,
    kept: frozenset[sp.Symbol],
    averages: AverageRules,
    differentiable: bool,
    growth: Fraction | None,
) -> Reduced | None:
    """Solve equations for unknowns they are linear in, as long as there are such."""
    free = [u for u in state.unknowns if u not in kept]
    expressions = averages.spread_all([*state.residuals, *state.values, *state.traces], free)
    field = RationalField([*expressions, *state.unknowns])
    inside = {s for average in averages_in(*expressions) for s in average.free_symbols}
    nodes = [g for g in field.generators if not g.is_Symbol]
    elements = [field(expression) for expression in expressions]
    first, second = len(state.residuals), len(state.residuals) + len(state.values)
    residuals, unknowns, steps = elements[:first], list(state.unknowns), []
    longest = None if growth is None else max(Fraction(_SHORT), growth * operations(residuals))
    while len(residuals) > 1:
        report("eliminating")
        open_ones = [u for u in unknowns if u not in kept | inside]
        step = _cheapest(field, residuals, open_ones, nodes, averages.base)
        if step is None:
            break
        position, unknown, value = step
        others = [r for i, r in enumerate(residuals) if i != position]
        raw = (field.numerator_after(r, unknown, value) for r in others)
        if longest is not None and sum(map(_operations, raw)) > _RAW * longest:
            return None
        residuals = [field.substitute(r, unknown, value) for r in others]
        if longest is not None and operations(residuals) > longest:
            return None
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


def operations(elements: Sequence[Any]) -> int:
    """Operations that the numerators of field elements take, multiplied out."""
    return sum(_operations(element.numer) for element in elements)


def _operations(polynomial: Any) -> int:
    """Operations that a polynomial takes, multiplied out, without its monomial factor."""
    monomials: list[tuple[int, ...]] = polynomial.monoms()
    low = [min(powers) for powers in zip(*monomials, strict=True)]
    lifted = ([e - least for e, least in zip(monomial, low, strict=True)] for monomial in monomials)
    return sum(1 + sum(int(e > 0) + int(e > 1) for e in monomial) for monomial in lifted)


def _terms(value: Any) -> int:
    return len(value.numer) + len(value.denom)


def _depends(value: Any, variable: Any) -> bool:
    return value.numer.degree(variable.numer) > 0 or value.denom.degree(variable.numer) > 0
