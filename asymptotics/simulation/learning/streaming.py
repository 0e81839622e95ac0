"""Feature matrices that are too large to keep: computed again, block by block, whenever they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Real = NDArray[Any]
"""An array in double or in single precision."""

STREAM_ELEMENTS = 2**27
"""A feature matrix with more entries than this (1 GB) is streamed."""

BLOCK_ELEMENTS = 2**23
"""Entries of one block of it (64 MB)."""


@dataclass(frozen=True, eq=False)
class StreamedFeatures:
    """A matrix Z of shape (n, p) given by a rule for its blocks of columns (p > n) or rows.

    Memory: one block, and what the caller keeps, that is the Gram matrix of the smaller side. With n = 10^4,
    p = 10^5 these are 0.8 GB and two working copies of it while factorizing, instead of 8 GB for Z.

    Attributes
    ----------
    shape : (int, int)
        n and p.
    block : callable
        ``block(rows, columns)`` with two slices returns that part of Z.
    dtype : type
        Precision of the blocks, and of their sums.

    Examples
    --------
    >>> whole = np.arange(6.0).reshape(2, 3)
    >>> streamed = StreamedFeatures((2, 3), lambda rows, columns: whole[rows, columns])
    >>> (streamed @ np.ones((3, 1))).ravel().tolist()
    [3.0, 12.0]
    >>> streamed.gram().tolist()
    [[5.0, 14.0], [14.0, 50.0]]
    """

    shape: tuple[int, int]
    block: Callable[[slice, slice], Real]
    dtype: Any = np.float64

    def _blocks(self) -> Iterator[tuple[slice, slice, Real]]:
        n, p = self.shape
        step = max(1, BLOCK_ELEMENTS // min(n, p))
        everything = slice(None)
        for start in range(0, max(n, p), step):
            part = slice(start, start + step)
            rows, columns = (everything, part) if n < p else (part, everything)
            yield rows, columns, self.block(rows, columns)

    def leading(self, n: int, p: int, factor: float) -> StreamedFeatures:
        """The first n rows and p columns, times a factor.

        Parameters
        ----------
        n : int
            Rows.
        p : int
            Columns.
        factor : float
            Of all entries.
        """

        def block(rows: slice, columns: slice) -> Real:
            inside = slice(*rows.indices(n)), slice(*columns.indices(p))
            return factor * self.block(*inside)

        return StreamedFeatures((n, p), block, self.dtype)

    def in_double(self) -> StreamedFeatures:
        """The same matrix with blocks and sums in double precision."""
        return StreamedFeatures(self.shape, lambda *part: self.block(*part).astype(np.float64, copy=False))

    def __matmul__(self, vectors: Array) -> Real:
        """Z a for a of shape (p, r)."""
        result = np.zeros((self.shape[0], vectors.shape[1]), self.dtype)
        for rows, columns, block in self._blocks():
            result[rows] += block @ vectors[columns]
        return result

    def transposed(self, vectors: Array) -> Real:
        """Z^T y for y of shape (n, r)."""
        result = np.zeros((self.shape[1], vectors.shape[1]), self.dtype)
        for rows, columns, block in self._blocks():
            result[columns] += block.T @ vectors[rows]
        return result

    def gram(self) -> Real:
        """Z Z^T if n < p, else Z^T Z."""
        size = min(self.shape)
        result = np.zeros((size, size), self.dtype)
        for _, _, block in self._blocks():
            result += block @ block.T if self.shape[0] < self.shape[1] else block.T @ block
        return result


def in_double(matrix: Real | StreamedFeatures) -> Real | StreamedFeatures:
    """A matrix for products in double precision: itself, or, of one in single precision, its blocks widened.

    Examples
    --------
    >>> narrow = np.array([[0.1, 0.2]], dtype=np.float32)
    >>> (in_double(narrow) @ np.ones((2, 1))).dtype
    dtype('float64')
    """
    if isinstance(matrix, StreamedFeatures):
        return matrix.in_double()
    if matrix.dtype == np.float64:
        return matrix
    n, p = matrix.shape
    return StreamedFeatures((n, p), lambda *part: matrix[part].astype(np.float64))


def turned(matrices: Real) -> Real:
    """The transposes of a stack of matrices, in the order in which small products are fast; of one matrix a view.

    Parameters
    ----------
    matrices : Real
        Shape (..., n, m).
    """
    return matrices.T if matrices.ndim == 2 else np.ascontiguousarray(matrices.swapaxes(-1, -2))
