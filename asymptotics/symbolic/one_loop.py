r"""The one-loop potential of a pencil: half the log-determinant of the Jacobian of its Dyson fixed-point map.

To leading order the mean of :math:`\log\det L` is stationary in the overlaps :math:`Q` of the random vectors, the
traces that the covariance map asks for; the next order is the Gaussian integral over their fluctuations,

.. math:: \Phi_1 = \tfrac12\log\det(1 - T), \qquad \delta Q = T\,\delta Q \text{ one step of } Q = F(Q).

Sources stand in the deterministic part, so that every observable has its correction as a slope of this one function.
A matrix that occurs several times has overlaps between its places too. Those that are exchanged with their transpose
come in two kinds, and the antisymmetric ones count negatively: there is one replica fewer of them.
See ``docs/theory/next_order.md``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError
from asymptotics.symbolic.assembly import size_definitions
from asymptotics.symbolic.couplings import at_sources, direction
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.dyson import DysonEquation, dyson_equation
from asymptotics.symbolic.matrices import GaussianMatrix
from asymptotics.symbolic.observables import Slope
from asymptotics.symbolic.pencil import Pencil, Placement
from asymptotics.symbolic.potentials import Potential
from asymptotics.symbolic.symmetry import Pair

Entries = Mapping[Pair, sp.Expr]
"""Blocks of a matrix by (row, column), in both orders."""

_HALF = sp.Rational(1, 2)


@dataclass(frozen=True)
class Overlap:
    """One fluctuating overlap: ``Tr(read G)``, on one side of a random matrix.

    Attributes
    ----------
    matrix : GaussianMatrix
    rows : bool
        Whether it is an overlap of vectors over the rows of the matrix.
    places : tuple of int
        Which of the placements of the matrix it joins.
    odd : bool
        Whether it is antisymmetric in the places.
    dimension : Dimension or SpectralDimension
    read : mapping (i, k) -> sympy.Expr
    push : mapping (i, k) -> sympy.Expr
        Change of the covariance map, per change of :attr:`partner`.
    partner : int
        Position of the overlap of the same places on the other side of the matrix.
    """

    matrix: GaussianMatrix
    rows: bool
    places: Pair
    odd: bool
    dimension: AnyDimension
    read: Entries
    push: Entries
    partner: int


@dataclass(frozen=True)
class OneLoop:
    """A program at the base of its sources, with everything its next order is made of.

    Attributes
    ----------
    equation : DysonEquation
        At the base of the sources.
    overlaps : tuple of Overlap
    sources : mapping symbol -> entries
        Derivative of the pencil in every source that an observable is a slope in.
    potentials : tuple of Potential
    observables : mapping str -> Slope
    names : tuple of Definition
        Names of sizes and roots that stand in the above.
    """

    equation: DysonEquation
    overlaps: tuple[Overlap, ...]
    sources: Mapping[sp.Symbol, Entries]
    potentials: tuple[Potential, ...]
    observables: Mapping[str, Slope]
    names: tuple[Definition, ...] = ()

    def jacobian(self, odd: bool = False) -> sp.Matrix:
        """``1 - T``, exact in the traces of the Dyson equation and averages over its spectra."""
        chosen = [k for k, overlap in enumerate(self.overlaps) if overlap.odd == odd]
        rows = [[int(i == k) - self._step(i, self.overlaps[k].partner, k) for k in chosen] for i in chosen]
        return sp.Matrix(len(chosen), len(chosen), [entry for row in rows for entry in row])

    def determinant(self, odd: bool = False) -> sp.Expr:
        """Determinant of :meth:`jacobian`."""
        return sp.factor(self.jacobian(odd).det(method="berkowitz"))

    def _step(self, reader: int, pusher: int, moved: int) -> sp.Expr:
        """Change of an overlap per change of another one, which pushes where its partner is read."""
        first, second = self.overlaps[reader], self.overlaps[pusher]
        if first.dimension != second.dimension:
            return sp.S.Zero
        total = sp.S.Zero
        for (k, i), weight in first.read.items():
            for (a, b), factor in second.push.items():
                total += weight * self.equation.entry(i, a) * factor * self.equation.entry(b, k)
        total = sp.cancel(total)
        return first.dimension.trace(total) if total != 0 else total


def overlaps_of(random: Sequence[Placement]) -> tuple[Overlap, ...]:
    """The overlaps of the random matrices of a pencil, those on the rows of a matrix before those on its columns."""
    found: list[Overlap] = []
    for matrix in dict.fromkeys(place.matrix for place in random):
        places = [place for place in random if place.matrix == matrix]
        for a, b in itertools.combinations_with_replacement(range(len(places)), 2):
            first, second = places[a], places[b]
            row = ((first.row, second.row), first.left * second.left * matrix.row_covariance)
            column = ((first.column, second.column), first.right * second.right * matrix.column_covariance)
            for odd in (False, True)[: 1 + (a != b)]:
                for side, (pair, factor) in ((True, row), (False, column)):
                    read, push = _operators(pair, factor, matrix.variance, a == b, odd)
                    dimension = matrix.rows if side else matrix.columns
                    partner = len(found) + (1 if side else -1)
                    found.append(Overlap(matrix, side, (a, b), odd, dimension, read, push, partner))
    return tuple(found)


def _operators(
    pair: Pair, factor: sp.Expr, variance: sp.Expr, alone: bool, odd: bool
) -> tuple[Entries, Entries]:
    """What an overlap is read with, and what it pushes when its partner moves."""
    i, k = pair
    if alone:
        return {(i, k): factor}, {(i, k): variance * factor}
    sign = -1 if odd else 1
    if i == k:  # two matrices side by side: the two orders are one block
        return ({}, {}) if odd else ({(i, i): factor}, {(i, i): 2 * variance * factor})
    read = {(k, i): _HALF * factor, (i, k): sign * _HALF * factor}
    return read, {(i, k): variance * factor, (k, i): sign * variance * factor}


def _both(blocks: Mapping[Pair, sp.Expr]) -> dict[Pair, sp.Expr]:
    return {**blocks, **{(k, i): value for (i, k), value in blocks.items()}}


def one_loop(program: Any) -> OneLoop:
    """The next order of a quadratic program.

    Parameters
    ----------
    program : QuadraticProgram

    Raises
    ------
    DerivationError
        If a square matrix joins blocks that are correlated: it would pair with itself without a transpose.

    Examples
    --------
    The ridge on a design of n rows: half the logarithm of one minus ``Tr S^2(S + nu)^-2 / n``, where
    ``nu = 1/(tau_r_dual)`` at ``lam = 1``:

    >>> from asymptotics.models.kernel_ridge_equations import program
    >>> loop = one_loop(program())
    >>> len(loop.overlaps), loop.determinant().free_symbols - {loop.equation.unknowns[0].symbol} != set()
    (2, True)
    """
    rule, roots = program.stable_names()
    pencil = program.pencil().rewritten(rule)
    sources = {o.source: _both(direction(pencil, o.source)) for o in program.observables.values()}
    base = {s: sp.sympify(value, strict=True) for s, value in program.sources.items()}
    sources = {s: {pair: e.xreplace(base) for pair, e in blocks.items()} for s, blocks in sources.items()}
    quiet = at_sources(pencil, base)
    equation = dyson_equation(quiet)
    _require_no_twist(quiet, equation)
    names = tuple(Definition(name, value) for name, value in roots.values.items())
    return OneLoop(
        equation,
        overlaps_of(quiet.random),
        sources,
        tuple(potential.rewritten(rule).rewritten(base) for potential in program.potentials()),
        {label: Slope(o.source, o.factor.xreplace(rule)) for label, o in program.observables.items()},
        (*size_definitions(quiet), *names),
    )


def _require_no_twist(pencil: Pencil, equation: DysonEquation) -> None:
    for first in pencil.random:
        for second in pencil.random:
            if first.matrix == second.matrix and equation.entry(first.row, second.column) != 0:
                raise DerivationError(
                    f"the square matrix {first.matrix.name} joins correlated blocks: it also pairs with itself "
                    "without a transpose, which is not in the next order here"
                )
