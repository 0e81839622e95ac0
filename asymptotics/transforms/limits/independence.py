"""Which of several leading equations are independent, or contradict each other, for generic parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.rational_functions import RationalField
from asymptotics.transforms.limits.leading_solution import without_common


def independent(forms: Sequence[sp.Expr], variables: Sequence[sp.Expr]) -> list[int] | None:
    """Positions of equations none of which follows from the ones before it.

    Parameters
    ----------
    forms : sequence of sympy.Expr
        Polynomials that vanish.
    variables : sequence of sympy.Expr
        Unknowns, and averages that depend on them; everything else is generic.

    Returns
    -------
    list of int or None
        None if some combination of the equations holds no variable: they contradict each other.

    Examples
    --------
    >>> from sympy.abc import n, p, x, y
    >>> independent([x * y - 1, x - n, x * y - y * n], [x, y]), independent([x - n, x - p], [x])
    ([0, 1], None)
    """
    field = RationalField([*forms, *variables])
    pending = [(number, field(form)) for number, form in enumerate(forms)]
    kept: list[int] = []
    slopes: list[Any] = []
    while pending:
        pending = [(number, _bare(field, element, slopes)) for number, element in pending if element]
        if any(not field.expression(e).has(*variables) for _, e in pending):
            return None
        step = next(
            ((number, name) for number, e in pending for name in variables if _is_linear(field, e, name)),
            None,
        )
        if step is None:
            break
        number, name = step
        value = field.linear_value(dict(pending)[number], name)
        kept.append(number)
        slopes.append(value.denom)  # type: ignore[union-attr]
        pending = [(k, field.substitute(e, name, value)) for k, e in pending if k != number]  # type: ignore[arg-type]
    return sorted([*kept, *_distinct(pending)])


def _bare(field: RationalField, element: Any, slopes: Sequence[Any]) -> Any:
    """The numerator without factors that are not zero: monomials, and what has been divided by."""
    numerator = without_common(element.numer)
    for slope in slopes:
        while not (common := numerator.gcd(slope)).is_ground:
            numerator = numerator.quo(common)
    return field.field.new(numerator, field.field.ring.one)  # type: ignore[union-attr]


def _is_linear(field: RationalField, element: object, name: sp.Expr) -> bool:
    return name in field.generators and field.linear_value(element, name) is not None  # type: ignore[arg-type]


def _distinct(pending: Iterable[tuple[int, object]]) -> list[int]:
    """Equations that are linear in nothing, those that are multiples of an earlier one left out."""
    seen: list[object] = []
    kept = []
    for number, element in pending:
        numerator = element.numer.primitive()[1]  # type: ignore[attr-defined]
        if numerator not in seen and -numerator not in seen:
            seen.append(numerator)
            kept.append(number)
    return kept


def named(
    expressions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> tuple[list[sp.Expr], list[sp.Symbol]]:
    """Averages replaced by symbols.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    unknowns : sequence of sympy.Symbol

    Returns
    -------
    expressions : list of sympy.Expr
    opaque : list of sympy.Symbol
        Symbols of the averages that depend on an unknown.
    """
    averages = sorted({a for e in expressions for a in e.atoms(SpectralAverage)}, key=sp.default_sort_key)
    names: dict[sp.Basic, sp.Expr] = {
        a: sp.Dummy(f"average{k}", positive=True) for k, a in enumerate(averages)
    }
    opaque = [names[a] for a in averages if a.has(*unknowns)]
    return [e.xreplace(names) for e in expressions], opaque  # type: ignore[return-value]
