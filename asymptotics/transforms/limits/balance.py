r"""Dominant balance: exponents of the unknowns at which every equation keeps two leading terms.

Each equation is a sum of terms (coefficient) :math:`d^{a + p \cdot x}`, ``x`` the exponents of the unknowns.
All ways to let one positive and one negative term lead are enumerated; each is a linear system for ``x`` in
exact rational arithmetic, accepted if no other term is larger. The search is exhaustive, so that a single
accepted point is a proof that the balance is unique.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.growth import ZERO, Exponent


@dataclass(frozen=True)
class BalanceTerm:
    """One term of an equation: its coefficient and its exponent, affine in the unknown exponents.

    Attributes
    ----------
    coefficient : sympy.Expr
    exponent : Exponent
        Part that does not involve unknown exponents.
    powers : tuple of Fraction
        Coefficient of each unknown exponent.
    label : str
        What the term is, for the reader.
    """

    coefficient: sp.Expr
    exponent: Exponent
    powers: tuple[Fraction, ...]
    label: str = ""

    def times(self, other: BalanceTerm) -> BalanceTerm:
        """Product of two terms."""
        return BalanceTerm(
            self.coefficient * other.coefficient,
            self.exponent + other.exponent,
            tuple(a + b for a, b in zip(self.powers, other.powers, strict=True)),
            " ".join(part for part in (self.label, other.label) if part),
        )

    def at(self, exponents: Sequence[Exponent]) -> Exponent:
        """The exponent once those of the unknowns are known."""
        total = self.exponent
        for power, exponent in zip(self.powers, exponents, strict=True):
            if power:
                total = total + exponent * power
        return total


@dataclass(frozen=True)
class Interval:
    """Where the exponent of one unknown is looked for: a point, or an open interval."""

    unknown: int
    low: Exponent | None
    high: Exponent | None

    @property
    def is_point(self) -> bool:
        """Whether only one value is allowed."""
        return self.low is not None and self.low is self.high

    def contains(self, exponent: Exponent) -> bool:
        """Whether an exponent lies in it."""
        if self.is_point:
            return exponent == self.low
        return (self.low is None or self.low < exponent) and (self.high is None or exponent < self.high)

    def compare(self, exponent: Exponent) -> int:
        """Sign of (a given exponent minus the unknown's); zero only for a point interval."""
        if self.is_point:
            return (exponent > self.low) - (exponent < self.low)  # type: ignore[operator]
        return 1 if self.high is not None and exponent >= self.high else -1


@dataclass(frozen=True)
class ConsistentExponents:
    """A consistent choice of exponents, or a line of them."""

    exponents: tuple[Exponent, ...]
    free: int = 0
    region: tuple[Interval, ...] = ()


Row = tuple[tuple[Fraction, ...], Exponent]


def _sign(coefficient: sp.Expr, positive: Sequence[sp.Expr]) -> int:
    """Sign of a coefficient in positive symbols; zero if it is not known."""
    expanded = sp.expand(coefficient)
    numbers = [term.as_coeff_Mul()[0] for term in sp.Add.make_args(expanded)]
    if all(number > 0 for number in numbers):
        return 1
    if all(number < 0 for number in numbers):
        return -1
    for condition in positive:
        ratio = sp.factor(sp.cancel(coefficient / condition))
        number = ratio.as_coeff_Mul()[0]
        if ratio.is_positive:
            return 1
        if ratio.is_negative or (number < 0 and (-ratio).is_positive):
            return -1
    return 0


def merged(
    terms: Sequence[BalanceTerm], unknowns: Sequence[sp.Symbol], positive: Sequence[sp.Expr]
) -> list[tuple[BalanceTerm, int]]:
    """Terms that can lead, each with its sign: for equal powers only the largest exponent, summed.

    Parameters
    ----------
    terms : sequence of BalanceTerm
    unknowns : sequence of sympy.Symbol
        In the order of the powers.
    positive : sequence of sympy.Expr
        What is known to be positive.
    """
    groups: dict[tuple[Fraction, ...], list[BalanceTerm]] = {}
    for term in terms:
        groups.setdefault(term.powers, []).append(term)
    found: list[tuple[BalanceTerm, int]] = []
    for group in groups.values():
        pending = sorted(group, key=lambda term: -term.exponent.value)
        while pending:
            top = pending[0].exponent
            level = [term for term in pending if term.exponent == top]
            pending = [term for term in pending if term.exponent < top]
            signed = added_up(level, unknowns, positive)
            found += signed
            if signed:
                break
    return found


def added_up(
    terms: Sequence[BalanceTerm], unknowns: Sequence[sp.Symbol], positive: Sequence[sp.Expr]
) -> list[tuple[BalanceTerm, int]]:
    """Terms of equal exponent, added up, each with its sign; nothing if they cancel identically.

    Parameters
    ----------
    terms : sequence of BalanceTerm
    unknowns : sequence of sympy.Symbol
        In the order of the powers.
    positive : sequence of sympy.Expr
        What is known to be positive.
    """
    head = terms[0]
    signs = [_sign(term.coefficient, positive) for term in terms]
    total = sp.Add(*(term.coefficient for term in terms))
    if len(set(signs)) == 1 and signs[0]:
        return [(BalanceTerm(total, head.exponent, head.powers, head.label), signs[0])]
    common = sp.factor(total)
    if common == 0:
        return []
    bare = sp.Mul(*(f for f in sp.Mul.make_args(common) if not f.as_base_exp()[0].is_Symbol))
    if not bare.has(*unknowns):
        return [(BalanceTerm(common, head.exponent, head.powers, head.label), _sign(common, positive))]
    return [(term, sign) for term, sign in zip(terms, signs, strict=True)]


def _reduce(rows: list[Row], row: Row) -> tuple[list[Row], bool]:
    """Add an equation to a reduced set of rows; the flag says whether it is consistent."""
    coefficients, right = list(row[0]), row[1]
    for known, value in rows:
        pivot = next(i for i, c in enumerate(known) if c)
        factor = coefficients[pivot]
        if factor:
            coefficients = [a - factor * b for a, b in zip(coefficients, known, strict=True)]
            right = right - value * factor
    lead = next((i for i, c in enumerate(coefficients) if c), None)
    if lead is None:
        return rows, right.value == 0
    scale = 1 / coefficients[lead]
    new = (tuple(c * scale for c in coefficients), right * scale)
    cleaned = []
    for known, value in rows:
        factor = known[lead]
        changed = tuple(a - factor * b for a, b in zip(known, new[0], strict=True))
        cleaned.append((changed, value - new[1] * factor if factor else value))
    return [*cleaned, new], True


def _branches(
    equations: Sequence[Sequence[tuple[BalanceTerm, int]]], rows: list[Row], chosen: tuple[BalanceTerm, ...]
) -> Iterator[tuple[list[Row], tuple[BalanceTerm, ...]]]:
    """Every way to pick, in each equation, two terms of opposite sign that lead."""
    if not equations:
        yield rows, chosen
        return
    signed = equations[0]
    for i, (first, sign) in enumerate(signed):
        for second, other in signed[i + 1 :]:
            if sign * other > 0:
                continue
            difference = tuple(a - b for a, b in zip(first.powers, second.powers, strict=True))
            extended, consistent = _reduce(rows, (difference, second.exponent - first.exponent))
            if consistent:
                yield from _branches(equations[1:], extended, (*chosen, first))


def _line(rows: Sequence[Row], size: int) -> tuple[list[Exponent], list[Fraction], int]:
    """Base point and direction of the solution set of reduced rows, and its dimension."""
    pivots = {next(i for i, c in enumerate(row) if c): (row, value) for row, value in rows}
    free = [i for i in range(size) if i not in pivots]
    base = [pivots[i][1] if i in pivots else ZERO for i in range(size)]
    direction = [Fraction(0)] * size
    if len(free) == 1:
        direction = [-pivots[i][0][free[0]] if i in pivots else Fraction(1) for i in range(size)]
    return base, direction, len(free)


def _feasible(
    base: Sequence[Exponent],
    direction: Sequence[Fraction],
    equations: Sequence[Sequence[tuple[BalanceTerm, int]]],
    chosen: Sequence[BalanceTerm],
    region: Sequence[Interval],
) -> Fraction | None:
    """A parameter of the line at which the chosen terms lead inside the region; ``None`` if there is none."""
    low: Fraction | None = None
    high: Fraction | None = None
    strict: list[tuple[Fraction, Fraction]] = []
    for constant, rise, is_strict in _inequalities(base, direction, equations, chosen, region):
        if rise == 0:
            if constant < 0 or (is_strict and constant == 0):
                return None
            continue
        bound = -constant / rise
        if rise > 0:
            low = bound if low is None else max(low, bound)
        else:
            high = bound if high is None else min(high, bound)
        if is_strict:
            strict.append((constant, rise))
    if low is not None and high is not None and low > high:
        return None
    inside = _between(low, high)
    return inside if all(c + r * inside > 0 for c, r in strict) else None


def _inequalities(
    base: Sequence[Exponent],
    direction: Sequence[Fraction],
    equations: Sequence[Sequence[tuple[BalanceTerm, int]]],
    chosen: Sequence[BalanceTerm],
    region: Sequence[Interval],
) -> Iterator[tuple[Fraction, Fraction, bool]]:
    """What has to be nonnegative along the line: value at the base, slope, and whether it has to be positive."""
    values = [exponent.value for exponent in base]

    def along(term: BalanceTerm) -> tuple[Fraction, Fraction]:
        rise = value = Fraction(0)
        for power, here, slope in zip(term.powers, values, direction, strict=True):
            if power:
                value += power * here
                rise += power * slope
        return term.exponent.value + value, rise

    for interval in region:
        value, rise = values[interval.unknown], direction[interval.unknown]
        if interval.low is not None:
            yield value - interval.low.value, rise, not interval.is_point
        if interval.high is not None:
            yield interval.high.value - value, -rise, not interval.is_point
    for signed, leader in zip(equations, chosen, strict=True):
        top, rise = along(leader)
        for term, _ in signed:
            if term is not leader:
                value, slope = along(term)
                yield top - value, rise - slope, False


def _between(low: Fraction | None, high: Fraction | None) -> Fraction:
    if low is None:
        return Fraction(0) if high is None else high - 1
    return low + 1 if high is None else (low + high) / 2


def balances(
    equations: Sequence[Sequence[BalanceTerm]],
    unknowns: Sequence[sp.Symbol],
    region: Sequence[Interval],
    positive: Sequence[sp.Expr] = (),
) -> list[ConsistentExponents]:
    """All exponents of the unknowns in a region at which every equation balances.

    Parameters
    ----------
    equations : sequence of sequences of BalanceTerm
        Each a sum that has to vanish.
    unknowns : sequence of sympy.Symbol
        Positive; their order is that of ``BalanceTerm.powers``.
    region : sequence of Interval
    positive : sequence of sympy.Expr
        Combinations of coefficients known to be positive.

    Returns
    -------
    list of ConsistentExponents
        Distinct ones; ``free`` is 1 for a point on a line of solutions.

    Raises
    ------
    DerivationError
        If the exponents are undetermined in more than one direction.
    """
    size = len(unknowns)
    signed = [merged(terms, unknowns, positive) for terms in equations]
    rows: list[Row] = []
    for interval in region:
        if interval.is_point and interval.low is not None:
            unit = tuple(Fraction(int(i == interval.unknown)) for i in range(size))
            rows, _ = _reduce(rows, (unit, interval.low))
    found: dict[tuple[Fraction, ...], ConsistentExponents] = {}
    for extended, chosen in _branches(signed, rows, ()):
        base, direction, free = _line(extended, size)
        if free > 1:
            raise DerivationError("the balance leaves the exponents of several unknowns undetermined")
        inside = _feasible(base, direction, signed, chosen, region)
        if inside is None:
            continue
        step = Exponent(inside, (), inside)
        point = tuple(b + step * v for b, v in zip(base, direction, strict=True))
        key = tuple(e.value for e in point)
        known = found.get(key)
        if known is None or known.free > free:
            found[key] = ConsistentExponents(point, free, tuple(region))
    return list(found.values())
