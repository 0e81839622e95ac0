r"""Numbers with their mixed first derivatives: in one of several directions, in one of several sources, in both.

A jet is :math:`x + \epsilon x_\epsilon + \sigma x_\sigma + \epsilon\sigma x_{\epsilon\sigma}` with
:math:`\epsilon^2 = \sigma^2 = 0`: the error of a predictor is the slope in a source of the slope in a direction.
All pairs of a direction and a source are carried at once, on the first two axes of the arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Product = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Jet:
    """Arrays whose first two axes are directions and sources.

    Attributes
    ----------
    value : ndarray, shape (1, 1, ...)
    direction : ndarray, shape (directions, 1, ...)
    source : ndarray, shape (1, sources, ...)
    both : ndarray, shape (directions, sources, ...)

    Examples
    --------
    >>> x = Jet(*(np.full((1, 1), v) for v in (3.0, 1.0, 1.0, 0.0)))
    >>> (x * x).both.item(), (x * x * x).both.item()
    (2.0, 18.0)
    """

    value: Any
    direction: Any
    source: Any
    both: Any

    def parts(self) -> tuple[Any, Any, Any, Any]:
        """Value, slopes along directions and in sources, mixed slopes."""
        return self.value, self.direction, self.source, self.both

    def each(self, apply: Callable[[Any], Any]) -> Jet:
        """A linear function of every part."""
        return Jet(*map(apply, self.parts()))

    def at(self, *index: Any) -> Jet:
        """Every part at an index of its last axes."""
        return self.each(lambda part: part[(..., *index)])

    def times(self, other: Jet, product: Product) -> Jet:
        """A bilinear function of two jets.

        Parameters
        ----------
        other : Jet
            The second factor.
        product : Product
            Bilinear, of values.
        """
        a, b = self, other
        both = product(a.both, b.value) + product(a.value, b.both)
        both = both + product(a.direction, b.source) + product(a.source, b.direction)
        return Jet(
            product(a.value, b.value),
            product(a.direction, b.value) + product(a.value, b.direction),
            product(a.source, b.value) + product(a.value, b.source),
            both,
        )

    def __matmul__(self, other: Jet) -> Jet:
        return self.times(other, np.matmul)

    def __mul__(self, other: Any) -> Jet:
        return (
            self.times(other, np.multiply) if isinstance(other, Jet) else self.each(lambda part: part * other)
        )

    __rmul__ = __mul__

    def __add__(self, other: Jet) -> Jet:
        return Jet(*(a + b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def __neg__(self) -> Jet:
        return self.each(lambda part: -part)

    def __sub__(self, other: Jet) -> Jet:
        return self + -other


def log_determinant(matrix: Jet, inverse: Callable[[Any], Any]) -> Jet:
    """Slopes of the logarithm of a determinant; its value is not computed and stands as zero.

    Parameters
    ----------
    matrix : Jet
        Square on its last two axes.
    inverse : callable
        Of an array of square matrices.
    """
    back = inverse(matrix.value)
    along, across, both = (back @ part for part in (matrix.direction, matrix.source, matrix.both))
    mixed = _trace(both) - (along * np.swapaxes(across, -1, -2)).sum(axis=(-1, -2))
    return Jet(0 * _trace(back), _trace(along), _trace(across), mixed)


def _trace(matrix: Any) -> Any:
    return np.trace(matrix, axis1=-2, axis2=-1)


def inverse_of(matrix: Any) -> Any:
    """Inverses of an array of square matrices, of doubles or of objects such as balls.

    Examples
    --------
    >>> from fractions import Fraction
    >>> inverse_of(np.array([[Fraction(0), Fraction(2)], [Fraction(1), Fraction(1)]], dtype=object)).tolist()
    [[Fraction(-1, 2), Fraction(1, 1)], [Fraction(1, 2), Fraction(0, 1)]]
    """
    if matrix.dtype != object:
        return np.linalg.inv(matrix)
    flat = matrix.reshape((-1, *matrix.shape[-2:]))
    found = np.empty_like(flat)
    for place, rows in enumerate(flat):
        found[place] = _gauss_jordan(rows)
    return found.reshape(matrix.shape)


def _gauss_jordan(matrix: Any) -> Any:
    size = len(matrix)
    one, zero = matrix[0, 0] * 0 + 1, matrix[0, 0] * 0
    unit = [[one if i == k else zero for k in range(size)] for i in range(size)]
    rows = [[*left, *right] for left, right in zip(matrix.tolist(), unit, strict=True)]
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(float(rows[i][k])))
        rows[k], rows[best] = rows[best], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(size):
            factor = rows[i][k]
            if i != k:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    result = np.empty((size, size), dtype=object)
    for i, row in enumerate(rows):
        result[i] = row[size:]
    return result
