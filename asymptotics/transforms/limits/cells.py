r"""Cells: the set of scaling exponents on which one and the same balance holds.

Every comparison of two exponents made while taking a limit is linear in the symbolic exponents. Together they
cut out a convex polyhedron that contains the point at which the limit was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import sympy as sp

from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.limits.growth import Exponent, fraction


@dataclass(frozen=True)
class IntegerForm:
    """A linear form with integer coefficients and no common divisor, as its coefficients.

    Attributes
    ----------
    constant : int
    slopes : tuple of (symbol, int)
    """

    constant: int
    slopes: tuple[tuple[sp.Symbol, int], ...]

    @staticmethod
    def of(exponent: Exponent) -> IntegerForm:
        """The form of an exponent, scaled by a positive number."""
        numbers = [exponent.constant, *(slope for _, slope in exponent.slopes)]
        scale = lcm(*(number.denominator for number in numbers))
        whole = [int(number * scale) for number in numbers]
        common = gcd(*whole) or 1
        slopes = zip((s for s, _ in exponent.slopes), whole[1:], strict=True)
        return IntegerForm(whole[0] // common, tuple((s, v // common) for s, v in slopes))

    def at(self, point: Mapping[sp.Symbol, Fraction]) -> Fraction:
        """Value at a point."""
        return sum((point[s] * v for s, v in self.slopes), Fraction(self.constant))

    def expression(self) -> sp.Expr:
        """The form as an expression."""
        return sp.Add(*(v * s for s, v in self.slopes), self.constant)

    def plus(self, factor: Fraction, other: IntegerForm) -> IntegerForm:
        """The sum with a multiple of another form, rescaled.

        Parameters
        ----------
        factor : Fraction
        other : IntegerForm
            Multiplied by the factor before it is added.
        """
        table = {s: Fraction(v) for s, v in self.slopes}
        for s, v in other.slopes:
            table[s] = table.get(s, Fraction(0)) + factor * v
        slopes = tuple(sorted(((s, v) for s, v in table.items() if v), key=lambda pair: pair[0].name))
        return IntegerForm.of(Exponent(Fraction(self.constant) + factor * other.constant, slopes))

    def coefficient(self, name: sp.Symbol) -> int:
        """Coefficient of a symbol."""
        return dict(self.slopes).get(name, 0)


def feasible(positive: Sequence[IntegerForm], nonnegative: Sequence[IntegerForm] = ()) -> bool:
    """Whether some point makes the first forms positive and the second ones nonnegative (Fourier–Motzkin).

    Parameters
    ----------
    positive, nonnegative : sequence of IntegerForm
    """
    strict, weak = set(positive), set(nonnegative)
    while True:
        names = {s for form in strict | weak for s, _ in form.slopes}
        constants = [form for form in strict if not form.slopes]
        if any(form.constant <= 0 for form in constants):
            return False
        if any(form.constant < 0 for form in weak if not form.slopes):
            return False
        if not names:
            return True
        name = min(names, key=lambda s: s.name)
        rows = [(form, True) for form in strict] + [(form, False) for form in weak]
        lower = [row for row in rows if row[0].coefficient(name) > 0]
        upper = [row for row in rows if row[0].coefficient(name) < 0]
        strict = {form for form, hard in rows if hard and not form.coefficient(name) and form.slopes}
        weak = {form for form, hard in rows if not hard and not form.coefficient(name) and form.slopes}
        for low, low_strict in lower:
            for high, high_strict in upper:
                factor = Fraction(low.coefficient(name), -high.coefficient(name))
                (strict if low_strict or high_strict else weak).add(low.plus(factor, high))


@dataclass(frozen=True)
class Cell:
    """A relatively open convex polyhedron of scaling exponents.

    Attributes
    ----------
    equalities : tuple of IntegerForm
        Zero on the cell, each solved for its first symbol.
    inequalities : tuple of IntegerForm
        Positive on the cell, none of them superfluous.
    """

    equalities: tuple[IntegerForm, ...]
    inequalities: tuple[IntegerForm, ...]

    def contains(self, point: Mapping[sp.Symbol, Any]) -> bool:
        """Whether a point with exact rational coordinates lies in the cell.

        Raises
        ------
        InputError
            If a coordinate is missing or not an exact rational.
        """
        exact = {s: fraction(v) for s, v in point.items()}
        names = {s for form in (*self.equalities, *self.inequalities) for s, _ in form.slopes}
        if not names <= set(exact):
            raise InputError("point", dict(point), f"values for {', '.join(sorted(map(str, names)))}")
        zero = all(form.at(exact) == 0 for form in self.equalities)
        return zero and all(form.at(exact) > 0 for form in self.inequalities)

    def __str__(self) -> str:
        lines = [f"{form.expression()} = 0" for form in self.equalities]
        lines += [f"{form.expression()} > 0" for form in self.inequalities]
        return ", ".join(lines) if lines else "everywhere"


def cell(equalities: Iterable[Exponent], inequalities: Iterable[Exponent]) -> Cell:
    """The polyhedron of given linear forms, in a normal form.

    Parameters
    ----------
    equalities, inequalities : iterable of Exponent
        Forms that vanish, and forms that are positive.

    Raises
    ------
    DerivationError
        If it is empty.
    """
    rows: list[IntegerForm] = []
    for exponent in equalities:
        form = eliminated(IntegerForm.of(exponent), rows)
        if not form.slopes:
            if form.constant:
                raise DerivationError(f"the exponents are never equal: {exponent}")
            continue
        rows = [eliminated(row, [form]) for row in rows] + [form]
    forms = {eliminated(IntegerForm.of(exponent), rows) for exponent in inequalities}
    if any(form.constant <= 0 for form in forms if not form.slopes):
        raise DerivationError("the comparisons of exponents contradict each other")
    kept = sorted((form for form in forms if form.slopes), key=lambda form: str(form.expression()))
    return Cell(tuple(rows), tuple(_irredundant(kept)))


def eliminated(form: IntegerForm, rows: Sequence[IntegerForm]) -> IntegerForm:
    """A form with the leading symbol of every row removed by means of that row.

    Parameters
    ----------
    form : IntegerForm
    rows : sequence of IntegerForm
        Each vanishes and has a leading symbol of its own.
    """
    for row in rows:
        name, value = row.slopes[0]
        factor = Fraction(-form.coefficient(name), value)
        if factor:
            form = form.plus(factor, row)
    return form


def _irredundant(forms: Sequence[IntegerForm]) -> list[IntegerForm]:
    """Drop the inequalities that follow from the others."""
    kept = list(forms)
    for form in forms:
        others = [other for other in kept if other != form]
        opposite = IntegerForm(-form.constant, tuple((s, -v) for s, v in form.slopes))
        if not feasible(others, [opposite]):
            kept = others
    return kept
