r"""The matrix Dyson equation of a pencil: :math:`G = (L_0 - \eta(G))^{-1}`.

Over the block algebra the mean inverse ``G`` couples only blocks of equal dimension. Its traces against the
covariances are the scalar unknowns; the inverse itself is explicit in them, dimension by dimension.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.symbolic.covariance import TraceTerm, covariance_terms
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.symmetry import (
    Pair,
    TraceKey,
    components,
    equal_classes,
    key_of,
    leading_scales,
    leading_signs,
    nonzero_pattern,
)


@dataclass(frozen=True)
class TraceUnknown:
    """A scalar unknown: ``sign * variance * Tr(weight * G[inner])``.

    The sign makes the unknown positive for small variances, hence on the whole physical branch whenever the
    block is definite.
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
        """Block (i, k) of the mean inverse.

        Parameters
        ----------
        i : int
            Block row.
        k : int
            Block column.
        """
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
    See ``docs/theory/dyson.md``. Blocks that vanish are found first, as are traces that are equal, so no unknown
    is spent on them (:mod:`asymptotics.symbolic.symmetry`); the equalities are proved on the result.
    """
    terms = covariance_terms(pencil)
    pattern = nonzero_pattern(pencil, terms)
    terms = tuple(term for term in terms if term.inner in pattern)
    unknowns, values = _unknowns(pencil, terms)
    self_energy: dict[Pair, sp.Expr] = {}
    for term in terms:
        value = term.factor * term.variance * values[key_of(term)]
        self_energy[term.outer] = self_energy.get(term.outer, sp.S.Zero) + value
    self_energy = {pair: value for pair, value in self_energy.items() if value != 0}
    inverse: dict[Pair, sp.Expr] = {}
    determinants: dict[AnyDimension, sp.Expr] = {}
    for dimension in pencil.dimensions():
        for part in components(pencil.indices(dimension), pattern | set(self_energy)):
            determinant = _invert(pencil, part, self_energy, inverse)
            determinants[dimension] = determinants.get(dimension, sp.S.One) * determinant
    equation = DysonEquation(pencil, unknowns, self_energy, inverse, determinants)
    _prove_equal(equation, values)
    return equation


def _unknowns(
    pencil: Pencil, terms: Sequence[TraceTerm]
) -> tuple[tuple[TraceUnknown, ...], dict[TraceKey, sp.Expr]]:
    """One unknown for every class of equal traces, and the value of each trace in them.

    A trace that occurs with several variances is one unknown, with the first of them.
    """
    first: dict[TraceKey, TraceTerm] = {}
    for term in terms:
        first.setdefault(key_of(term), term)
    signs = leading_signs(pencil, terms, {key: term.variance for key, term in first.items()})
    for key in first:
        signs.setdefault(key, -1 if all(pencil.blocks[i].sign == -1 for i in key.inner) else 1)
    scaled = {key: signs[key] * term.variance for key, term in first.items()}
    scales = {**scaled, **leading_scales(pencil, terms, list(first))}
    classes = equal_classes(pencil, terms, scales)
    unknowns: dict[str, TraceUnknown] = {}
    values: dict[TraceKey, sp.Expr] = {}
    for members in classes:
        key = members[0]
        names = dict.fromkeys(pencil.blocks[i].name for i in key.inner)
        label = f"tau_{'_'.join(names)}"
        if label in unknowns:
            label = f"tau_{first[key].label}_{'_'.join(names)}"
        unknowns[label] = TraceUnknown(
            symbol(label), key.inner, key.weight, first[key].variance, key.dimension, signs[key]
        )
        symbols = unknowns[label].symbol / scaled[key]
        values.update({m: symbols * sp.cancel(scales[key] / scales[m]) for m in members})
    return tuple(unknowns.values()), values


def _prove_equal(equation: DysonEquation, values: Mapping[TraceKey, sp.Expr]) -> None:
    """Every trace of a class has the definition of its unknown: exact, after the inversion.

    Raises
    ------
    DerivationError
        If the traces found equal at random points are not equal.
    """
    for key, value in values.items():
        own = equation.entry(*key.inner) * key.weight
        unknown = next(u for u in equation.unknowns if value.has(u.symbol))
        shared = equation.entry(*unknown.inner) * unknown.weight * unknown.sign * unknown.variance
        if key.dimension != unknown.dimension:
            own, shared = key.dimension.trace(own), unknown.dimension.trace(shared)
        if key.inner != unknown.inner and sp.cancel(own - shared * value / unknown.symbol) != 0:
            raise DerivationError(f"traces of the blocks {key.inner} and {unknown.inner} are not equal")


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
