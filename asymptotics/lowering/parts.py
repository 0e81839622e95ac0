r"""Equations between positive numbers: every equation ``0 = residual`` as ``positive = negative``.

All symbols of a system are positive, and so are averages of positive functions. A residual is a sum of terms with
signs, with denominators cleared if need be; the two sides are computed without cancellation, and
``log(positive/negative)`` is what Newton's method is applied to: it is nearly linear in the logarithms of the unknowns
wherever one term leads on each side.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.system import Definition, FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.lowering.scalar import visibly_positive

Parts = tuple[sp.Expr, sp.Expr]


def equation_parts(system: FixedPointSystem) -> tuple[tuple[Parts, ...], tuple[Definition, ...]]:
    """Positive and negative part of every equation, and the definitions they use.

    Definitions seen to be positive stay named; the others are written out.

    Raises
    ------
    DerivationError
        If an average is of a function with a denominator that is not seen to be positive, or an equation has terms of
        one sign only and thus no solution.

    Examples
    --------
    >>> from asymptotics.models.library import stored_system
    >>> parts, definitions = equation_parts(stored_system("random-features"))
    >>> parts[0], [str(d.symbol) for d in definitions]
    ((c*h*nu, lam*p), ['B11', 'B20', 'T02', 'T11'])
    """
    named: list[Definition] = []
    rule: dict[sp.Basic, sp.Expr] = {}
    for definition in system.definitions:
        expression = definition.expression.xreplace(rule)
        if visibly_positive(expression):
            named.append(Definition(definition.symbol, expression, definition.meaning))
        else:
            rule[definition.symbol] = expression
    parts = tuple(signed_parts(equation.residual.xreplace(rule)) for equation in system.equations)
    for equation, pair in zip(system.equations, parts, strict=True):
        if sp.S.Zero in pair:
            raise DerivationError(f"{system.name}: {equation} has terms of one sign only")
    return parts, tuple(named)


def signed_parts(expression: sp.Expr) -> Parts:
    """Positive and negative terms of an expression in positive symbols; of its numerator, if terms have no clear sign.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> a, b = symbol("a"), symbol("b")
    >>> signed_parts(a / b - b + 1), signed_parts(a / (a - b) - b)
    ((a/b + 1, b), (a + b**2, a*b))
    """
    terms = sp.Add.make_args(expression)
    if all(visibly_positive(t) or visibly_positive(-t) for t in terms):
        positive = [t for t in terms if visibly_positive(t)]
        return sp.Add(*positive), sp.Add(*(-t for t in terms if t not in positive))
    expression = expression.xreplace({a: _split_average(a) for a in averages_in(expression)})
    field = RationalField([expression])
    return _by_sign(field, field(expression).numer)


def _split_average(average: SpectralAverage) -> sp.Expr:
    """An average as a difference of averages of positive functions."""
    if visibly_positive(average.function):
        return average
    field = RationalField([average.function])
    element = field(average.function)
    denominator = element.denom.as_expr()
    if not visibly_positive(denominator):
        raise DerivationError(f"{average}: the denominator {denominator} is not seen to be positive")
    positive, negative = (part / denominator for part in _by_sign(field, element.numer))
    s, measure = average.variable, average.measure
    return SpectralAverage(positive, s, measure) - SpectralAverage(negative, s, measure)


def _by_sign(field: RationalField, polynomial: Any) -> Parts:
    """Terms of a polynomial with positive and with negative coefficients, both with positive signs."""
    if not hasattr(polynomial, "terms"):
        value = sp.sympify(polynomial, strict=True)
        return (value, sp.S.Zero) if value > 0 else (sp.S.Zero, -value)
    return _gathered(field, polynomial, 1), _gathered(field, polynomial, -1)


def _gathered(field: RationalField, polynomial: Any, sign: int) -> sp.Expr:
    terms: Iterable[tuple[tuple[int, ...], int]] = polynomial.terms()
    return sp.Add(
        *(
            abs(int(coefficient)) * sp.Mul(*(g**e for g, e in zip(field.generators, powers, strict=True)))
            for powers, coefficient in terms
            if (coefficient > 0) == (sign > 0)
        )
    )
