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

from asymptotics.symbolic.dimensions import AnyDimension
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
        Function of the spectrum of the inner dimension.
    variance : sympy.Expr
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
                yield TraceTerm(
                    (first.row, second.row), _sorted(first.column, second.column), row_factor, column_factor,
                    matrix.variance, matrix.name, matrix.columns,
                )  # fmt: skip
            if first.column <= second.column:
                yield TraceTerm(
                    (first.column, second.column), _sorted(first.row, second.row), column_factor, row_factor,
                    matrix.variance, matrix.name, matrix.rows,
                )  # fmt: skip
