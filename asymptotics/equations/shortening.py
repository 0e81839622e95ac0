"""The shortest of the forms that equations make equal.

Modulo equations an observable has many forms. An equation that is linear in a parameter (a ridge, a size) removes
it, which leaves one form. There the value of a removed parameter is written back wherever it is a factor, and
what remains of numerator and denominator is written in whichever variables need the fewest terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.rational_functions import RationalField


@dataclass(frozen=True)
class Rule:
    """One equation, solved for one symbol: the value is an element of a :class:`RationalField`."""

    variable: sp.Symbol
    value: Any


def shorten(
    expressions: Sequence[sp.Expr],
    residuals: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    fixed: Sequence[sp.Symbol] = (),
) -> tuple[sp.Expr, ...]:
    """Short forms of expressions, equal to them wherever the residuals vanish.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        Rational in the symbols.
    residuals : sequence of sympy.Expr
        What vanishes.
    unknowns : sequence of sympy.Symbol
        Symbols that parameters are preferred to when lengths agree.
    fixed : sequence of sympy.Symbol
        Symbols that no equation is solved for, such as named averages.

    Examples
    --------
    >>> from sympy.abc import x, n, t
    >>> shorten([(x + t) / (n + x)], [n - x - t], [t])
    (n/(n + x),)
    """
    field = RationalField([*expressions, *residuals, *unknowns])
    rules, others = parameter_rules(field, [field(r) for r in residuals], set(unknowns), set(fixed))
    marks = [field(u).numer for u in unknowns]
    return tuple(_short(field, field(e), rules, others, marks) for e in expressions)


def parameter_rules(
    field: RationalField, residuals: Sequence[Any], unknowns: set[sp.Symbol], fixed: set[sp.Symbol]
) -> tuple[list[Rule], list[Rule]]:
    """For each equation the parameter it removes, and the other symbols it could be solved for.

    Parameters
    ----------
    field : RationalField
    residuals : sequence of field elements
    unknowns : set of sympy.Symbol
        Not parameters.
    fixed : set of sympy.Symbol
        Symbols that no equation is solved for.
    """
    rules: list[Rule] = []
    others: list[Rule] = []
    for residual in residuals:
        for rule in rules:
            residual = field.substitute(residual, rule.variable, rule.value)
        if residual == 0:
            continue
        used = fixed | {rule.variable for rule in rules}
        solved = ((g, field.linear_value(residual, g)) for g in field.generators if g not in used)
        found = [Rule(g, value) for g, value in solved if value is not None and value != 0]
        free = [rule for rule in found if rule.variable not in unknowns]
        if not free:
            continue
        first = min(free, key=lambda r: (len(r.value.numer) + len(r.value.denom), str(r.variable)))
        rules.append(first)
        others += [r for r in found if r.variable != first.variable and len(r.value.denom) == 1]
    return rules, others


def _short(
    field: RationalField, element: Any, rules: Sequence[Rule], others: Sequence[Rule], marks: Sequence[Any]
) -> sp.Expr:
    for rule in rules:
        element = field.substitute(element, rule.variable, rule.value)
    if element == 0:
        return sp.S.Zero
    one = field.field.one  # type: ignore[union-attr]
    result = one
    for part, sign in ((element.numer, 1), (element.denom, -1)):
        whole = one
        for rule in rules:
            part, power = _divide_out(part, rule.value.numer)
            whole = whole * (field(rule.variable) * field.field.new(rule.value.denom)) ** power  # type: ignore[union-attr]
        result = result * (whole * _shortest(field, part, others, marks)) ** sign
    return sp.cancel(field.expression(result))


def _divide_out(part: Any, divisor: Any) -> tuple[Any, int]:
    """The part without the divisor, and how often it held it."""
    power = 0
    while len(divisor) > 1:
        quotient, remainder = divmod(part, divisor)
        if remainder != 0:
            break
        part, power = quotient, power + 1
    return part, power


def _shortest(field: RationalField, part: Any, others: Sequence[Rule], marks: Sequence[Any]) -> Any:
    """The shortest form of a polynomial, with parameters rather than unknowns when lengths agree."""
    forms = [field.field.new(part)]  # type: ignore[union-attr]
    forms += [field.substitute(forms[0], rule.variable, rule.value) for rule in others]

    def cost(form: Any) -> tuple[int, int, int]:
        used = sum(form.numer.degree(mark) > 0 or form.denom.degree(mark) > 0 for mark in marks)
        return len(form.numer) + len(form.denom), used, sum(form.numer.degrees())

    return min(forms, key=cost)
