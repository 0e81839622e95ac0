"""Cells of two exponents inside a box, as exact polygons, segments and points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp

from asymptotics.errors import InputError
from asymptotics.transforms.limits.cells import Cell, IntegerForm

Point = tuple[Fraction, Fraction]


def _value(form: IntegerForm, axes: Sequence[sp.Symbol], point: Point) -> Fraction:
    return form.at(dict(zip(axes, point, strict=True)))


def _clip(corners: list[Point], form: IntegerForm, axes: Sequence[sp.Symbol]) -> list[Point]:
    """Part of a convex polygon (or segment, or point) on which a form is nonnegative."""
    kept: list[Point] = []
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        first, second = _value(form, axes, here), _value(form, axes, there)
        if first >= 0:
            kept.append(here)
        if first * second < 0:
            part = first / (first - second)
            kept.append((here[0] + part * (there[0] - here[0]), here[1] + part * (there[1] - here[1])))
    distinct: list[Point] = []
    for point in kept:
        if point not in distinct:
            distinct.append(point)
    return distinct


def polygon(cell: Cell, axes: tuple[sp.Symbol, sp.Symbol], box: tuple[Point, Point]) -> tuple[Point, ...]:
    """Corners of the closure of a cell inside a box, in order around it.

    Parameters
    ----------
    cell : Cell
    axes : pair of sympy.Symbol
        The two exponents; the cell may involve no others.
    box : pair of points
        Lower left and upper right corner.

    Returns
    -------
    tuple of points
        Empty, one point, the two ends of a segment, or the corners of a polygon.

    Raises
    ------
    InputError
        If the cell involves another exponent.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> x, y = symbol("x"), symbol("y")
    >>> half = Cell((), (IntegerForm(0, ((x, 1), (y, -1))),))
    >>> [tuple(map(str, corner)) for corner in polygon(half, (x, y), ((Fraction(0),) * 2, (Fraction(1),) * 2))]
    [('0', '0'), ('1', '0'), ('1', '1')]
    """
    names = {s for form in (*cell.equalities, *cell.inequalities) for s, _ in form.slopes}
    if not names <= set(axes):
        raise InputError("cell", str(cell), f"conditions on {axes[0]} and {axes[1]} only")
    (left, bottom), (right, top) = box
    corners: list[Point] = [(left, bottom), (right, bottom), (right, top), (left, top)]
    opposite = [
        IntegerForm(-form.constant, tuple((s, -v) for s, v in form.slopes)) for form in cell.equalities
    ]
    for form in (*cell.equalities, *opposite, *cell.inequalities):
        if corners:
            corners = _clip(corners, form, axes)
    return tuple(corners)


def inner_point(corners: Sequence[Point]) -> Point:
    """A point in the relative interior: the mean of the corners."""
    share = Fraction(1, len(corners))
    total = (sum((x for x, _ in corners), Fraction(0)), sum((y for _, y in corners), Fraction(0)))
    return (total[0] * share, total[1] * share)


def area(corners: Sequence[Point]) -> Fraction:
    """Area enclosed by the corners."""
    if len(corners) < 3:
        return Fraction(0)
    shifted = [*corners[1:], corners[0]]
    twice = sum((a * d - b * c for (a, b), (c, d) in zip(corners, shifted, strict=True)), Fraction(0))
    return abs(twice) / 2


def as_mapping(axes: Sequence[sp.Symbol], point: Point) -> Mapping[sp.Symbol, sp.Rational]:
    """A point as exact values of the two exponents.

    Parameters
    ----------
    axes : sequence of sympy.Symbol
    point : pair of Fraction
    """
    return {s: sp.Rational(v.numerator, v.denominator) for s, v in zip(axes, point, strict=True)}
