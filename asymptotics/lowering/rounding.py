"""Doubles that carry a bound on their rounding error: what a program's subtractions cost, at every point.

To first order in the rounding of single operations; parameters are taken as exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Float64

_EPS = float(np.finfo(float).eps)


class Rounded:
    """Numbers and bounds on their errors.

    Parameters
    ----------
    value : float or ndarray
    error : float or ndarray
        Absolute, in units of the rounding of one.

    Examples
    --------
    >>> x = Rounded(np.array([1.0, 3.0]), 1.0)
    >>> (x - 1.0).loss()
    array([           inf, 3.33066907e-16])
    """

    __slots__ = ("error", "value")
    __array_ufunc__ = None

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        self.value, self.error = value, error

    def loss(self) -> np.ndarray:
        """Bound on the relative error; zero for a number that is zero without error."""
        with np.errstate(all="ignore"):
            ratio = np.divide(self.error, np.abs(self.value))
        return _EPS * np.where(np.equal(self.error, 0), 0.0, ratio)

    def _sum(self, value: Any, error: Any) -> Rounded:
        return Rounded(value, self.error + error + np.abs(value))

    def __add__(self, other: Any) -> Rounded:
        value, error = _parts(other)
        return self._sum(self.value + value, error)

    def __sub__(self, other: Any) -> Rounded:
        value, error = _parts(other)
        return self._sum(self.value - value, error)

    def __rsub__(self, other: Any) -> Rounded:
        value, error = _parts(other)
        return self._sum(value - self.value, error)

    def __mul__(self, other: Any) -> Rounded:
        value, error = _parts(other)
        product = self.value * value
        return Rounded(product, self.error * np.abs(value) + np.abs(self.value) * error + np.abs(product))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Rounded:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Rounded:
        return _quotient(other, self)


def _parts(other: Any) -> tuple[Any, Any]:
    return (other.value, other.error) if isinstance(other, Rounded) else (other, 0.0)


def _quotient(above: Any, below: Any) -> Rounded:
    (first, error), (second, other) = _parts(above), _parts(below)
    value = first / second
    return Rounded(value, (error + np.abs(value) * other) / np.abs(second) + np.abs(value))


class Rounding(Float64):
    """Arithmetic of arrays with bounds on their rounding errors."""

    def sqrt(self, value: Any) -> Any:
        """Elementwise square root."""
        if not isinstance(value, Rounded):
            return super().sqrt(value)
        root = np.sqrt(value.value)
        return Rounded(root, value.error / (2 * root) + root)

    def lift(self, value: Any) -> Any:
        """Add a last axis."""
        if not isinstance(value, Rounded):
            return super().lift(value)
        return Rounded(np.asarray(value.value)[..., None], np.asarray(value.error)[..., None])

    def sum_levels(self, value: Any) -> Any:
        """Sum over the last axis."""
        if not isinstance(value, Rounded):
            return super().sum_levels(value)
        largest = np.sum(np.abs(value.value), axis=-1)
        return Rounded(np.sum(value.value, axis=-1), np.sum(value.error, axis=-1) + largest)
