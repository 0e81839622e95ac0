r"""The matrix Dyson equation of a pencil: :math:`G = (L_0 - \eta(G))^{-1}`.

Over the block algebra the mean inverse ``G`` couples only blocks of equal dimension. Its traces against the
covariances are the scalar unknowns; the inverse itself is explicit in them, dimension by dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.symbolic.covariance import TraceTerm, covariance_terms
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.pencil import Pencil

Pair = tuple[int, int]


@dataclass(frozen=True)
class TraceUnknown:
    """A scalar unknown: ``sign * variance * Tr(weight * G[inner])``.

    The sign makes the unknown positive on the physical branch whenever the block is diagonal.
    """

    symbol: sp.Symbol
    inner: Pair
    weight: sp.Expr
    variance: sp.Expr
    dimension: AnyDimension
    sign: int


@dataclass(frozen=True)
class DysonEquation:
    """The Dyson equation of a pencil, solved for the inverse in terms of its traces.

    Attributes
    ----------
    pencil : Pencil
    unknowns : tuple of TraceUnknown
    self_energy : mapping (i, k) -> sympy.Expr
        The covariance map at the unknowns, nonzero blocks with ``i <= k``.
    inverse : mapping (i, k) -> sympy.Expr
        Blocks of ``G``, explicit in the unknowns and the spectra.
    determinants : mapping dimension -> sympy.Expr
        Determinant of ``L0 - eta`` restricted to one dimension.
    """

    pencil: Pencil
    unknowns: tuple[TraceUnknown, ...]
    self_energy: Mapping[Pair, sp.Expr]
    inverse: Mapping[Pair, sp.Expr]
    determinants: Mapping[AnyDimension, sp.Expr]

    def trace(self, i: int, k: int, weight: sp.Expr = sp.S.One) -> sp.Expr:
        """Trace of ``weight * G[i, k]``, as an expression in the unknowns."""
        dimension = self.pencil.blocks[i].dimension
        return dimension.trace(weight * self.entry(i, k))

    def entry(self, i: int, k: int) -> sp.Expr:
        """Block (i, k) of the mean inverse."""
        return self.inverse.get((min(i, k), max(i, k)), sp.S.Zero)

    def equations(self) -> tuple[sp.Expr, ...]:
        """Residuals, one for each unknown: unknown minus its definition."""
        return tuple(u.symbol - u.sign * u.variance * self.trace(*u.inner, u.weight) for u in self.unknowns)

    def __str__(self) -> str:
        names = [block.name for block in self.pencil.blocks]
        lines = [
            f"eta[{names[i]},{names[k]}] = {value}" for (i, k), value in sorted(self.self_energy.items())
        ]
        lines += [f"G[{names[i]},{names[k]}] = {value}" for (i, k), value in sorted(self.inverse.items())]
        return "\n".join(lines)


def dyson_equation(pencil: Pencil) -> DysonEquation:
    """The Dyson equation of a pencil.

    Parameters
    ----------
    pencil : Pencil
        Self-adjoint, affine in independent Gaussian matrices.

    Returns
    -------
    DysonEquation

    Raises
    ------
    DerivationError
        If the mean of the pencil minus its self-energy is structurally singular.

    Notes
    -----
    See ``docs/theory/dyson.md``. Blocks that vanish by symmetry are found first, as the smallest pattern of
    nonzero blocks closed under the covariance map and under inversion, so no unknown is spent on them.
    """
    terms = covariance_terms(pencil)
    pattern = _nonzero_pattern(pencil, terms)
    unknowns, self_energy = _unknowns(pencil, [t for t in terms if t.inner in pattern])
    inverse: dict[Pair, sp.Expr] = {}
    determinants: dict[AnyDimension, sp.Expr] = {}
    for dimension in pencil.dimensions():
        for component in _components(pencil.indices(dimension), pattern):
            determinant = _invert(pencil, component, self_energy, inverse)
            determinants[dimension] = determinants.get(dimension, sp.S.One) * determinant
    return DysonEquation(pencil, unknowns, self_energy, inverse, determinants)


def _nonzero_pattern(pencil: Pencil, terms: tuple[TraceTerm, ...]) -> frozenset[Pair]:
    """Block pairs of the inverse that do not vanish identically."""
    links = {pair for pair, value in pencil.deterministic.items() if value != 0}
    while True:
        pattern: set[Pair] = set()
        for dimension in pencil.dimensions():
            for component in _components(pencil.indices(dimension), links):
                pattern |= {(i, k) for i in component for k in component if i <= k}
        grown = links | {term.outer for term in terms if term.inner in pattern}
        if grown == links:
            return frozenset(pattern)
        links = grown


def _components(indices: tuple[int, ...], links: frozenset[Pair] | set[Pair]) -> list[tuple[int, ...]]:
    """Connected components of block rows under the links."""
    remaining, components = list(indices), []
    while remaining:
        component, frontier = {remaining[0]}, [remaining[0]]
        while frontier:
            i = frontier.pop()
            near = [k for k in remaining if k not in component and ((i, k) in links or (k, i) in links)]
            component.update(near)
            frontier.extend(near)
        components.append(tuple(sorted(component)))
        remaining = [k for k in remaining if k not in component]
    return components


def _unknowns(pencil: Pencil, terms: list[TraceTerm]) -> tuple[tuple[TraceUnknown, ...], dict[Pair, sp.Expr]]:
    """One unknown for every distinct trace, and the self-energy written with them."""
    table: dict[tuple[Pair, sp.Expr, sp.Expr], TraceUnknown] = {}
    self_energy: dict[Pair, sp.Expr] = {}
    for term in terms:
        key = (term.inner, term.weight, term.variance)
        if key not in table:
            i, k = term.inner
            first, second = pencil.blocks[i], pencil.blocks[k]
            name = first.name if i == k else f"{first.name}_{second.name}"
            used = {u.symbol.name for u in table.values()}
            label = f"tau_{name}" if f"tau_{name}" not in used else f"tau_{term.label}_{name}"
            sign = -1 if first.sign == second.sign == -1 else 1
            table[key] = TraceUnknown(
                symbol(label), term.inner, term.weight, term.variance, term.dimension, sign
            )
        unknown = table[key]
        value = unknown.sign * term.factor * unknown.symbol
        self_energy[term.outer] = self_energy.get(term.outer, sp.S.Zero) + value
    return tuple(table.values()), self_energy


def _invert(
    pencil: Pencil,
    component: tuple[int, ...],
    self_energy: Mapping[Pair, sp.Expr],
    inverse: dict[Pair, sp.Expr],
) -> sp.Expr:
    """Invert one diagonal part of ``L0 - eta``; store its blocks and return its determinant."""

    def block(i: int, k: int) -> sp.Expr:
        return pencil.entry(i, k) - self_energy.get((min(i, k), max(i, k)), sp.S.Zero)

    rows = [[block(i, k) for k in component] for i in component]
    matrix = DomainMatrix.from_Matrix(sp.Matrix(rows)).to_field()
    determinant = matrix.domain.to_sympy(matrix.det())
    if determinant == 0:
        names = ", ".join(pencil.blocks[i].name for i in component)
        raise DerivationError(f"the mean of the pencil is singular on the blocks {names}")
    result = matrix.inv().to_Matrix()
    for a, i in enumerate(component):
        for b, k in enumerate(component):
            if i <= k and result[a, b] != 0:
                inverse[i, k] = result[a, b]
    return determinant
