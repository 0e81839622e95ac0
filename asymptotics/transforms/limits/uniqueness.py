r"""Uniqueness of a balance over a whole cell, not only at one of its points.

The exponents of the unknowns become variables beside the scaling exponents. Every region of the effective ridge
and every choice of leading terms is a system of linear equations and inequalities in both; each has to be empty
over the cell, or to force the exponents already found. Emptiness is decided exactly (Fourier–Motzkin).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from asymptotics.errors import CertificateError
from asymptotics.transforms.limits.balance import BalanceTerm, ConsistentExponents, Interval, added_up
from asymptotics.transforms.limits.cells import Cell, IntegerForm, eliminated, feasible
from asymptotics.transforms.limits.contributions import regions
from asymptotics.transforms.limits.exponents import ScaledProblem, averages_by_level, poles_of
from asymptotics.transforms.limits.growth import Exponent


@dataclass(frozen=True)
class UniqueBalance:
    """Record of an exhaustive search over a cell.

    Attributes
    ----------
    cell : Cell
    regions : int
        Positions of the effective ridge among the eigenvalues that were examined.
    branches : int
        Choices of leading terms that were examined.
    consistent : int
        Choices that are possible; all of them force the same exponents.
    """

    cell: Cell
    regions: int
    branches: int
    consistent: int


@dataclass(frozen=True)
class _Branch:
    """Equalities solved so far, and what has to be nonnegative or positive."""

    rows: tuple[IntegerForm, ...]
    positive: frozenset[IntegerForm]
    nonnegative: frozenset[IntegerForm]

    def with_equality(self, form: IntegerForm) -> _Branch | None:
        """The branch with one more equality; nothing if it contradicts the others."""
        form = eliminated(form, self.rows)
        if not form.slopes:
            return None if form.constant else self
        rows = (*(eliminated(row, [form]) for row in self.rows), form)
        return _Branch(rows, _reduced(self.positive, rows), _reduced(self.nonnegative, rows))

    def with_inequalities(self, forms: Iterable[IntegerForm]) -> _Branch:
        """The branch with more forms that have to be nonnegative."""
        return _Branch(self.rows, self.positive, self.nonnegative | _reduced(forms, self.rows))

    def possible(self, more: Sequence[IntegerForm] = ()) -> bool:
        """Whether some point satisfies everything, and makes further forms positive."""
        extra = _reduced(more, self.rows)
        if any(not form.slopes and form.constant <= 0 for form in self.positive | extra):
            return False
        return feasible(sorted(self.positive | extra, key=str), sorted(self.nonnegative, key=str))


def _reduced(forms: Iterable[IntegerForm], rows: Sequence[IntegerForm]) -> frozenset[IntegerForm]:
    return frozenset(eliminated(form, rows) for form in forms)


def _variable(name: sp.Symbol) -> Exponent:
    return Exponent(Fraction(0), ((name, Fraction(1)),))


def _modulo(exponent: Exponent, rows: Sequence[IntegerForm]) -> Exponent:
    """The exponent with the leading symbol of every row removed by means of that row."""
    for row in rows:
        name, value = row.slopes[0]
        factor = Fraction(-1, value) * dict(exponent.slopes).get(name, Fraction(0))
        if factor:
            slopes = tuple((s, Fraction(v)) for s, v in row.slopes)
            exponent = exponent + Exponent(Fraction(row.constant), slopes) * factor
    return exponent


def unique_over(problem: ScaledProblem, solution: ConsistentExponents, cell: Cell) -> UniqueBalance:
    """Prove that a balance is the only one everywhere in a cell.

    Parameters
    ----------
    problem : ScaledProblem
        With symbolic exponents.
    solution : ConsistentExponents
        The balance found at a point of the cell.
    cell : Cell

    Returns
    -------
    UniqueBalance

    Raises
    ------
    CertificateError
        If another balance is possible somewhere in the cell.
    """
    names = [sp.Symbol(f"exponent of {u}") for u in problem.unknowns]
    poles = poles_of(problem)
    start = _Branch(cell.equalities, frozenset(cell.inequalities), frozenset())
    examined = consistent = seen = 0
    for combination in product(*(regions(pole, problem.levels) for pole in poles)):
        seen += 1
        branch = _in_region(start, combination, names)
        if branch is None or not branch.possible():
            continue
        averages = averages_by_level(problem, dict(zip(poles, combination, strict=True)), corrected=False)
        table = {name: average.terms for name, average in averages.items()}
        equations = [
            _signed(problem.expanded(r, table), problem, cell, names)
            for r in (*problem.residuals, *problem.consequences)
        ]
        for leaf in _leaves(equations, branch):
            examined += 1
            if leaf is None:
                continue
            consistent += 1
            _require(leaf, names, solution, cell)
    return UniqueBalance(cell, seen, examined, consistent)


def _in_region(branch: _Branch, region: Sequence[Interval], names: Sequence[sp.Symbol]) -> _Branch | None:
    for interval in region:
        here = _variable(names[interval.unknown])
        if interval.is_point and interval.low is not None:
            narrowed = branch.with_equality(IntegerForm.of(here - interval.low))
            if narrowed is None:
                return None
            branch = narrowed
            continue
        bounds = [IntegerForm.of(here - interval.low)] if interval.low is not None else []
        bounds += [IntegerForm.of(interval.high - here)] if interval.high is not None else []
        branch = _Branch(branch.rows, branch.positive | _reduced(bounds, branch.rows), branch.nonnegative)
    return branch


def _signed(
    terms: Sequence[BalanceTerm], problem: ScaledProblem, cell: Cell, names: Sequence[sp.Symbol]
) -> list[tuple[Exponent, int]]:
    """Exponent and sign of every term, those of equal exponent throughout the cell added up."""
    groups: dict[tuple[Any, ...], list[BalanceTerm]] = {}
    for term in terms:
        key = (term.powers, _modulo(term.exponent, cell.equalities).key())
        groups.setdefault(key, []).append(term)
    found: list[tuple[Exponent, int]] = []
    for group in groups.values():
        total = group[0].exponent
        for name, power in zip(names, group[0].powers, strict=True):
            total = total + _variable(name) * power
        found += [(total, sign) for _, sign in added_up(group, problem.unknowns, problem.positive)]
    return found


def _leaves(equations: Sequence[Sequence[tuple[Exponent, int]]], branch: _Branch) -> Iterator[_Branch | None]:
    """Every choice of two leading terms of opposite sign in each equation; ``None`` for an impossible one."""
    if not equations:
        yield branch
        return
    signed = equations[0]
    for i, (first, sign) in enumerate(signed):
        for second, other in signed[i + 1 :]:
            if sign * other > 0:
                continue
            narrowed = branch.with_equality(IntegerForm.of(first - second))
            if narrowed is None:
                yield None
                continue
            narrowed = narrowed.with_inequalities(
                IntegerForm.of(first - third)
                for third, _ in signed
                if third is not first and third is not second
            )
            if narrowed.possible():
                yield from _leaves(equations[1:], narrowed)
            else:
                yield None


def _require(leaf: _Branch, names: Sequence[sp.Symbol], solution: ConsistentExponents, cell: Cell) -> None:
    """A possible choice has to force the exponents found."""
    for name, exponent in zip(names, solution.exponents, strict=True):
        gap = IntegerForm.of(_variable(name) - exponent)
        opposite = IntegerForm(-gap.constant, tuple((s, -v) for s, v in gap.slopes))
        if leaf.possible([gap]) or leaf.possible([opposite]):
            raise CertificateError(
                f"another balance is possible in the cell {cell}: {name} is not {exponent}"
            )
