"""Observables of a program: slopes of its minimum, by implicit differentiation along the solution.

Every expression that enters is first brought to one normal form. Where the entries of the linear system of the
response are large they get names, and the observables are written in those, so that nothing is multiplied out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.response import gradient
from asymptotics.equations.system import Definition, Observable
from asymptotics.errors import InputError
from asymptotics.symbolic.named_response import Names, solve_in_names
from asymptotics.symbolic.scalars import exact_divisor, exact_scalar

_LARGE = 400
"""Operations in the linear system of the response above which its entries are named."""

_SIMPLE = 8
"""Entries of at most this many operations are never named."""


@dataclass(frozen=True)
class Slope:
    """``factor`` times the derivative of the minimum in ``source``."""

    source: sp.Symbol
    factor: sp.Expr = sp.S.One

    def __mul__(self, factor: Any) -> Slope:
        return Slope(self.source, self.factor * exact_scalar(factor, "factor"))

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> Slope:
        return Slope(self.source, self.factor * exact_divisor(divisor))

    def __neg__(self) -> Slope:
        return -1 * self

    def __add__(self, other: Any) -> Slope:
        raise InputError("observable", other, "a slope times a factor", "name each slope, add their numbers")

    __radd__ = __sub__ = __rsub__ = __add__


def slope(source: sp.Symbol) -> Slope:
    """The derivative of the minimum of a program in one coefficient of its energy."""
    if not isinstance(source, sp.Symbol):
        raise InputError("source", source, "a symbol of the energy")
    return Slope(source)


@dataclass(frozen=True)
class Pieces:
    """Everything the response needs, at the base point of the sources.

    Attributes
    ----------
    residuals : tuple
        Residuals of the equations.
    jacobian : tuple of tuple
        Their derivatives in the unknowns, one row for each residual.
    slopes : tuple of tuple
        Derivatives of each part of the minimum in the unknowns.
    forcing : tuple of tuple
        Derivatives of the residuals in each source.
    partials : tuple of tuple
        Derivatives of the parts of the minimum in each source.
    values : tuple
        Parts of the minimum.
    """

    residuals: tuple[sp.Expr, ...]
    jacobian: tuple[tuple[sp.Expr, ...], ...]
    slopes: tuple[tuple[sp.Expr, ...], ...]
    forcing: tuple[tuple[sp.Expr, ...], ...]
    partials: tuple[tuple[sp.Expr, ...], ...]
    values: tuple[sp.Expr, ...]

    def flat(self) -> list[sp.Expr]:
        """Every expression in one list."""
        tables = (self.jacobian, self.slopes, self.forcing, self.partials)
        return [*self.residuals, *(e for table in tables for row in table for e in row), *self.values]

    def with_entries(self, flat: Sequence[sp.Expr]) -> Pieces:
        """The same shape with other entries, in the order of :meth:`flat`."""
        stream = iter(flat)
        residuals = _row(self.residuals, stream)
        jacobian, slopes, forcing, partials = (
            tuple(_row(row, stream) for row in table)
            for table in (self.jacobian, self.slopes, self.forcing, self.partials)
        )
        return Pieces(residuals, jacobian, slopes, forcing, partials, _row(self.values, stream))

    def without_cancellation(self, unknowns: Sequence[sp.Symbol]) -> Pieces:
        """Derivatives of the equations without terms that cancel each other on the solution, as far as possible.

        Modulo an equation its derivative has several forms, and one of them often has one sign.
        """
        if not self.jacobian:
            return self
        jacobian, forcing = [], []
        for residual, row in zip(self.residuals, self.jacobian, strict=True):
            scales = _scales(residual)
            pairs = zip(row, unknowns, strict=True)
            jacobian.append(tuple(_one_sign(e, residual, [s / u for s in scales]) for e, u in pairs))
        for row in self.forcing:
            terms = zip(row, self.residuals, strict=True)
            forcing.append(tuple(_one_sign(e, residual, _scales(residual)) for e, residual in terms))
        slopes = tuple(tuple(_one_sign(e, sp.S.Zero, []) for e in row) for row in self.slopes)
        return replace(self, jacobian=tuple(jacobian), forcing=tuple(forcing), slopes=slopes)


def _scales(residual: sp.Expr) -> list[sp.Expr]:
    """One, and one over the monomial that all terms of the residual share."""
    factors = sp.Mul.make_args(sp.factor_terms(residual))
    return [sp.S.One, 1 / sp.Mul(*(f for f in factors if f.is_positive and not f.is_Add))]


def _one_sign(entry: sp.Expr, residual: sp.Expr, factors: Sequence[sp.Expr]) -> sp.Expr:
    """The entry, plus or minus the residual times a factor, in the form with fewest terms of the rarer sign."""
    if entry == 0:
        return entry
    moved = (entry + sign * f * residual for f in dict.fromkeys(factors) for sign in (1, -1))
    forms = [sp.expand(entry), *map(sp.expand, moved)]

    def cost(form: sp.Expr) -> tuple[int, int]:
        terms = sp.Add.make_args(form)
        minus = sum(term.could_extract_minus_sign() for term in terms)
        return min(minus, len(terms) - minus), len(terms)

    best = min(forms, key=cost)
    return entry if best == forms[0] and sp.count_ops(entry) < sp.count_ops(best) else best


def _row(shape: Sequence[Any], stream: Iterator[sp.Expr]) -> tuple[sp.Expr, ...]:
    return tuple(next(stream) for _ in shape)


def collect_pieces(
    residuals: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], values: Sequence[sp.Expr],
    base: Mapping[sp.Symbol, sp.Expr], observables: Mapping[str, Slope],
) -> Pieces:  # fmt: skip
    """Derivatives of residuals and minimum in unknowns and sources.

    Parameters
    ----------
    residuals, unknowns : sequence
        The equations, with the sources still in them.
    values : sequence of sympy.Expr
        Parts of the minimum, one for each given vector.
    base : mapping source -> value
        Where slopes are taken.
    observables : mapping str -> Slope
    """
    at_base, parts = [r.subs(base) for r in residuals], [v.subs(base) for v in values]
    sources = _sources(observables)
    if not sources:
        return Pieces(tuple(at_base), (), (), (), (), tuple(parts))
    return Pieces(
        tuple(at_base),
        tuple(tuple(row) for row in gradient(at_base, unknowns)),
        tuple(tuple(sp.diff(v, u) for u in unknowns) for v in parts),
        tuple(tuple(sp.diff(r, source).subs(base) for r in residuals) for source in sources),
        tuple(tuple(sp.diff(v, source).subs(base) for v in values) for source in sources),
        tuple(parts),
    )


def _sources(observables: Mapping[str, Slope]) -> list[sp.Symbol]:
    return list(dict.fromkeys(o.source for o in observables.values()))


def name_large(pieces: Pieces) -> tuple[Pieces, tuple[Definition, ...]]:
    """Give names to the entries of a large response, equal entries the same name.

    Returns
    -------
    pieces : Pieces
        Unchanged if the response is small.
    definitions : tuple of Definition
    """
    tables = (pieces.jacobian, pieces.slopes, pieces.forcing, pieces.partials)
    entries = [e for table in tables for row in table for e in row]
    if sum(sp.count_ops(e) for e in entries) <= _LARGE:
        return pieces, ()
    names: dict[sp.Expr, Definition] = {}

    def name(entry: sp.Expr) -> sp.Expr:
        if sp.count_ops(entry) <= _SIMPLE:
            return entry
        if entry not in names:
            label = symbol(f"R{len(names) + 1}")
            names[entry] = Definition(label, entry, "entry of the linear response")
        return names[entry].symbol

    named = [tuple(tuple(name(e) for e in row) for row in table) for table in tables]
    jacobian, slopes, forcing, partials = named
    changed = replace(pieces, jacobian=jacobian, slopes=slopes, forcing=forcing, partials=partials)
    return changed, tuple(names.values())


class Named(Protocol):
    """A part of the minimum."""

    @property
    def name(self) -> str:
        """Name of the given vector it is due to."""


def read_observables(
    pieces: Pieces, parts: Sequence[Named], observables: Mapping[str, Slope]
) -> tuple[Observable, ...]:
    """The minimum, every observable, and its part due to each given vector.

    Parameters
    ----------
    pieces : Pieces
        The minimum by given vectors.
    parts : sequence of Named
        Names of these.
    observables : mapping of str to Slope
        Name to slope.
    """
    sources = _sources(observables)
    read = [Observable("minimum", sp.cancel(sum(pieces.values, sp.S.Zero)), "minimum of the energy")]
    if not observables:
        return tuple(read)
    field = RationalField([*pieces.flat(), *(o.factor for o in observables.values())])
    size = len(pieces.residuals)
    transposed = [[field(pieces.jacobian[k][i]) for k in range(size)] for i in range(size)]
    sensitivities = [field.solve(transposed, [field(e) for e in row]) for row in pieces.slopes]
    for label, wanted in observables.items():
        position = sources.index(wanted.source)
        found = []
        for sensitivity, partial in zip(sensitivities, pieces.partials[position], strict=True):
            total = field(partial)
            for response, force in zip(sensitivity, pieces.forcing[position], strict=True):
                total = total - response * field(force)
            found.append(field.expression(field(wanted.factor) * total))
        read.append(Observable(label, sum(found, sp.S.Zero), f"slope of the minimum in {wanted.source}"))
        read += [
            Observable(f"{label}.{part.name}", value, f"part due to {part.name}")
            for part, value in zip(parts, found, strict=True)
        ]
    return tuple(read)


def read_in_names(
    pieces: Pieces, parts: Sequence[Named], observables: Mapping[str, Slope],
    before: Sequence[tuple[int, int]], names: Names,
) -> tuple[Observable, ...]:  # fmt: skip
    """What :func:`read_observables` reads, with a definition for every step of the linear solution.

    Parameters
    ----------
    pieces : Pieces
        With each residual at the place of its own unknown.
    parts, observables
        As in :func:`read_observables`.
    before : sequence of (int, int)
        Order of elimination; see :func:`solve_in_names`.
    names : Names
        Gets the definitions.
    """
    minimum = sum(map(sp.expand, pieces.values), sp.S.Zero)
    read = [Observable("minimum", minimum, "minimum of the energy")]
    responses = solve_in_names(pieces.jacobian, pieces.forcing, names, before) if observables else []
    slopes = [[names(slope, "slope of the minimum") for slope in row] for row in pieces.slopes]
    sources = _sources(observables)
    for label, wanted in observables.items():
        position = sources.index(wanted.source)
        found = []
        for row, partial in zip(slopes, pieces.partials[position], strict=True):
            moved = (a * x for a, x in zip(row, responses[position], strict=True))
            found.append(wanted.factor * (partial - sum(moved, sp.S.Zero)))
        read.append(Observable(label, sum(found, sp.S.Zero), f"slope of the minimum in {wanted.source}"))
        read += [
            Observable(f"{label}.{part.name}", value, f"part due to {part.name}")
            for part, value in zip(parts, found, strict=True)
        ]
    return tuple(read)
