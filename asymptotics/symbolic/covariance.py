r"""The covariance map :math:`\eta(G) = E[X G X]` of a pencil, over the rectangular block algebra.

For a Gaussian matrix :math:`X = R^{1/2} W C^{1/2}` with entries of variance :math:`v` in :math:`W`,

.. math:: E[X G X^\top] = v\, R \operatorname{Tr}(C G), \qquad E[X^\top G X] = v\, C \operatorname{Tr}(R G).

The pairing of :math:`X` with itself without transpose (possible only for square matrices) has no trace
and vanishes in the limit of large dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.matrices import GaussianMatrix
from asymptotics.symbolic.pencil import Pencil


@dataclass(frozen=True)
class TraceTerm:
    """One term of the covariance map: ``factor * Tr(weight * G[inner])`` added to block ``outer``.

    Attributes
    ----------
    outer, inner : tuple of int
        Block index pairs, each sorted.
    factor : sympy.Expr
        Function of the spectrum of the outer dimension.
    weight : sympy.Expr
        Function of the spectrum of the inner dimension, without scalar factor.
    variance : sympy.Expr
        Variance of the matrix times every scalar factor.
    label : str
        Name of the Gaussian matrix.
    """

    outer: tuple[int, int]
    inner: tuple[int, int]
    factor: sp.Expr
    weight: sp.Expr
    variance: sp.Expr
    label: str
    dimension: AnyDimension


def _sorted(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i <= j else (j, i)


def covariance_terms(pencil: Pencil) -> tuple[TraceTerm, ...]:
    """Every term of the covariance map of the pencil, for outer blocks ``i <= k``."""
    return tuple(_terms(pencil))


def _terms(pencil: Pencil) -> Iterator[TraceTerm]:
    for first in pencil.random:
        for second in pencil.random:
            if first.matrix != second.matrix:
                continue
            matrix = first.matrix
            left, right = first.left * second.left, first.right * second.right
            row_factor, column_factor = left * matrix.row_covariance, right * matrix.column_covariance
            if first.row <= second.row:
                inner = _sorted(first.column, second.column)
                yield _term((first.row, second.row), inner, row_factor, column_factor, matrix, matrix.columns)
            if first.column <= second.column:
                inner = _sorted(first.row, second.row)
                yield _term(
                    (first.column, second.column), inner, column_factor, row_factor, matrix, matrix.rows
                )


def _term(
    outer: tuple[int, int], inner: tuple[int, int], factor: sp.Expr, weight: sp.Expr, matrix: GaussianMatrix,
    dimension: AnyDimension,
) -> TraceTerm:  # fmt: skip
    """A term with the scalar part of its weight moved into the variance."""
    bound = dimension.eigenvalues if isinstance(dimension, SpectralDimension) else ()
    scalar, weight = weight.as_independent(*bound, as_Add=False)
    return TraceTerm(outer, inner, factor, weight, scalar * matrix.variance, matrix.name, dimension)
