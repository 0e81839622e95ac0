"""Self-adjoint linear pencils: symmetric block matrices, affine in independent Gaussian matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy as sp

from asymptotics.errors import ShapeError
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.matrices import GaussianMatrix


@dataclass(frozen=True)
class Block:
    """One block row (and column) of a pencil.

    Attributes
    ----------
    name : str
    dimension : Dimension or SpectralDimension
    sign : int
        Sign of the diagonal block of the inverse on the physical branch: +1 for a minimized variable,
        -1 for a multiplier.
    """

    name: str
    dimension: AnyDimension
    sign: int = 1


@dataclass(frozen=True)
class Placement:
    """A Gaussian matrix at block (row, column); its transpose stands at (column, row).

    ``left`` and ``right`` are diagonal factors, functions of the spectra of the two dimensions.
    """

    matrix: GaussianMatrix
    row: int
    column: int
    left: sp.Expr = sp.S.One
    right: sp.Expr = sp.S.One


@dataclass(frozen=True)
class Pencil:
    """A symmetric block matrix ``L = L0 + X``, with ``L0`` deterministic and ``X`` linear in Gaussians.

    Attributes
    ----------
    blocks : tuple of Block
    deterministic : mapping (i, j) -> sympy.Expr, i <= j
        Blocks of ``L0``: multiples of the identity, or functions of the spectrum.
    random : tuple of Placement

    Raises
    ------
    ShapeError
        If a block does not fit the dimensions of its row and column.
    """

    blocks: tuple[Block, ...]
    deterministic: Mapping[tuple[int, int], sp.Expr]
    random: tuple[Placement, ...]

    def __post_init__(self) -> None:
        for i, j in self.deterministic:
            if self.blocks[i].dimension != self.blocks[j].dimension:
                raise ShapeError("block", (self.blocks[i].name, self.blocks[j].name), "equal dimensions")
        for placement in self.random:
            rows, columns = self.blocks[placement.row].dimension, self.blocks[placement.column].dimension
            if (placement.matrix.rows, placement.matrix.columns) != (rows, columns):
                raise ShapeError(
                    "block", placement.matrix.name, f"a matrix of shape ({rows.name}, {columns.name})"
                )

    @property
    def size(self) -> int:
        """Number of block rows."""
        return len(self.blocks)

    def indices(self, dimension: AnyDimension) -> tuple[int, ...]:
        """Block rows of one dimension."""
        return tuple(i for i, block in enumerate(self.blocks) if block.dimension == dimension)

    def dimensions(self) -> tuple[AnyDimension, ...]:
        """The distinct dimensions, in order of appearance."""
        return tuple(dict.fromkeys(block.dimension for block in self.blocks))

    def entry(self, i: int, j: int) -> sp.Expr:
        """Deterministic block (i, j).

        Parameters
        ----------
        i : int
            Block row.
        j : int
            Block column.
        """
        return self.deterministic.get((min(i, j), max(i, j)), sp.S.Zero)

    def coefficients(self) -> tuple[sp.Expr, ...]:
        """Every coefficient, variance and covariance."""
        random = (
            (p.left, p.right, p.matrix.variance, p.matrix.row_covariance, p.matrix.column_covariance)
            for p in self.random
        )
        return (*self.deterministic.values(), *(e for row in random for e in row))

    def rewritten(self, rule: Mapping[sp.Expr, sp.Expr]) -> Pencil:
        """The pencil with expressions in its coefficients, variances and covariances replaced."""

        def put(expression: sp.Expr) -> sp.Expr:
            return expression.xreplace(dict(rule))

        def matrix(item: GaussianMatrix) -> GaussianMatrix:
            rows, columns = put(item.row_covariance), put(item.column_covariance)
            return replace(item, variance=put(item.variance), row_covariance=rows, column_covariance=columns)

        random = (
            replace(p, matrix=matrix(p.matrix), left=put(p.left), right=put(p.right)) for p in self.random
        )
        entries = {pair: put(value) for pair, value in self.deterministic.items()}
        return Pencil(self.blocks, entries, tuple(random))

    def __str__(self) -> str:
        rows = []
        for i in range(self.size):
            cells = [str(self.entry(i, j)) for j in range(self.size)]
            for placement in self.random:
                factors = [str(f) for f in (placement.left, placement.right) if f != 1]
                name = "*".join([*factors, placement.matrix.name])
                if placement.row == i:
                    cells[placement.column] = name
                if placement.column == i:
                    cells[placement.row] = name + "'"
            rows.append(f"{self.blocks[i].name:>8} | " + "  ".join(f"{c:>8}" for c in cells))
        return "\n".join(rows)
