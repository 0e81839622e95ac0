"""Substitution of random rational matrices: exact values of expressions and pencils, in small sizes.

The check of a linearization: both sides are computed over the rationals, with no rule in common but matrix
arithmetic. A failure is a disproof; a pass at points drawn at random is overwhelming evidence.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.expressions import Expression
from asymptotics.symbolic.linearization import Linearization
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.words import Diagonal, Factor, Letter, Term


@dataclass
class Sample:
    """Rational values of dimensions, spectra, matrices and scalars, drawn when first needed.

    Parameters
    ----------
    seed : int
    sizes : mapping, optional
        Sizes of dimensions; others get 2, 3, 4, 2, ... in order of first use.

    Notes
    -----
    Eigenvalues are squares of rationals, so that square roots of a spectrum stay rational. A Gaussian matrix
    is any rational matrix: what is checked is an identity between matrices, not its law.
    """

    seed: int
    sizes: Mapping[AnyDimension, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._sizes: dict[AnyDimension, int] = dict(self.sizes)
        self._values: dict[Any, Any] = {}

    def positive(self) -> sp.Rational:
        """A positive rational with small numerator and denominator."""
        return sp.Rational(self._random.randint(1, 9), self._random.randint(1, 5))

    def size(self, dimension: AnyDimension) -> int:
        """Size of a dimension."""
        return self._sizes.setdefault(dimension, 2 + len(self._sizes) % 3)

    def scalar(self, value: sp.Expr) -> sp.Rational:
        """Value of an expression in parameters."""
        names = sorted(value.free_symbols, key=lambda s: s.name)
        return value.xreplace({s: self._values.setdefault(s, self.positive()) for s in names})

    def function(self, value: sp.Expr, dimension: AnyDimension) -> list[sp.Rational]:
        """Values of a function of the spectrum, eigenvalue by eigenvalue.

        Parameters
        ----------
        value : sympy.Expr
            Of the letter of the spectrum.
        dimension : AnyDimension
            With a spectrum.
        """
        if not isinstance(dimension, SpectralDimension):
            return [self.scalar(value)] * self.size(dimension)
        rows = self._values.setdefault(
            dimension,
            [{s: self.positive() ** 2 for s in dimension.eigenvalues} for _ in range(self.size(dimension))],
        )
        return [self.scalar(value.xreplace(row)) for row in rows]

    def matrix(self, matrix: Any) -> DomainMatrix:
        """A rational matrix of the shape of the letter, the same at every call."""
        if matrix not in self._values:
            shape = self.size(matrix.rows), self.size(matrix.columns)
            rows = [[sp.QQ(self._random.randint(-9, 9), self._random.randint(1, 4)) for _ in range(shape[1])]
                    for _ in range(shape[0])]  # fmt: skip
            self._values[matrix] = DomainMatrix(rows, shape, sp.QQ)
        return self._values[matrix]

    def diagonal(self, value: sp.Expr, dimension: AnyDimension) -> DomainMatrix:
        """The diagonal matrix with the values of a function of the spectrum.

        Parameters
        ----------
        value : sympy.Expr
            Of the letter of the spectrum.
        dimension : AnyDimension
            With a spectrum.
        """
        return DomainMatrix.diag([sp.QQ.from_sympy(v) for v in self.function(value, dimension)], sp.QQ)

    def expression(self, value: Expression) -> DomainMatrix:
        """The value of an expression."""
        total = DomainMatrix.zeros((self.size(value.rows), self.size(value.columns)), sp.QQ)
        for term in value.terms:
            total = total + self._term(term, value.rows)
        return total.to_dense()

    def _term(self, term: Term, dimension: AnyDimension) -> DomainMatrix:
        result = self.diagonal(term.coefficient, dimension)
        for factor in term.factors:
            result = result * self._factor(factor)
        return result

    def _factor(self, factor: Factor) -> DomainMatrix:
        if isinstance(factor, Letter):
            value = self.matrix(factor.matrix)
            return value.transpose() if factor.transposed else value
        if isinstance(factor, Diagonal):
            return self.diagonal(factor.function, factor.dimension)
        value = self.expression(factor.body)
        return value.to_dense().inv() if factor.inverse else value

    def pencil(self, pencil: Pencil) -> DomainMatrix:
        """The value of a pencil."""
        sizes = [self.size(block.dimension) for block in pencil.blocks]
        grid = [[DomainMatrix.zeros((a, b), sp.QQ) for b in sizes] for a in sizes]
        for (i, k), value in pencil.deterministic.items():
            grid[i][k] = grid[i][k] + self.diagonal(value, pencil.blocks[i].dimension)
            if i != k:
                grid[k][i] = grid[k][i] + self.diagonal(value, pencil.blocks[i].dimension)
        for place in pencil.random:
            value = (
                self.diagonal(place.left, place.matrix.rows)
                * self.matrix(place.matrix)
                * self.diagonal(place.right, place.matrix.columns)
            )
            grid[place.row][place.column] = grid[place.row][place.column] + value
            grid[place.column][place.row] = grid[place.column][place.row] + value.transpose()
        rows = [row[0].hstack(*row[1:]) for row in grid]
        return rows[0].vstack(*rows[1:]).to_dense()

    def corner(self, value: Linearization) -> DomainMatrix:
        """The corner of the inverse of a pencil that a linearization names."""
        sizes = [self.size(block.dimension) for block in value.pencil.blocks]
        row, column = sum(sizes[: value.row]), sum(sizes[: value.column])
        columns = sum(sizes)
        unit = DomainMatrix.eye(columns, sp.QQ).to_dense()[:, column : column + sizes[value.column]]
        solved = self.pencil(value.pencil).lu_solve(unit)
        factor = self.diagonal(value.coefficient, value.pencil.blocks[value.row].dimension)
        return (factor * solved[row : row + sizes[value.row], :]).to_dense()


def represents(linearization: Linearization, trials: int = 3, seed: int = 1) -> bool:
    """Whether the corner equals the expression at random rational matrices, exactly.

    Parameters
    ----------
    linearization : Linearization
    trials : int
        Number of independent points.
    seed : int

    Examples
    --------
    >>> from asymptotics.symbolic import Dimension, GaussianMatrix, linearize
    >>> n, d = Dimension("n"), Dimension("d")
    >>> X = GaussianMatrix("X", n, d)
    >>> represents(linearize(X @ (1 + X.T @ X).inv()))
    True
    """
    for trial in range(trials):
        sample = Sample(seed + trial)
        if sample.expression(linearization.expression) != sample.corner(linearization):
            return False
    return True
