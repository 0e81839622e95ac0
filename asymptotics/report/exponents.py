"""How eigenvalues of a kernel and the target in its eigenbasis fall, read off data, with an honest error bar.

The spectrum of a kernel matrix on N rows ends where the true one goes on, so that its exponents are not read off its
eigenvalues. What the rows do know without bias is the population at an effective ridge: for any ridge, ``kappa`` is one
over the trace of the inverse, and degrees of freedom and error of the population follow from it (the equations of
kernel ridge regression, backwards). Their local slopes in ``log kappa`` are ``-1/decay`` and
``(target_decay - 1)/decay``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from asymptotics.errors import InputError
from asymptotics.models.pool import LEVEL, read_kernel
from asymptotics.printing import Printed

__all__ = ["Exponents", "estimate_exponents"]

Array = NDArray[np.float64]

_RIDGES, _LEAST_ROWS, _LEAST_RIDGES = 160, 64, 12
_WINDOWS = ((6.0, 0.4), (3.0, 0.2), (6.0, 0.2), (2.0, 0.3), (10.0, 0.4))
_WHOLE = (3.0, 0.4)
_SATURATED, _CAUTION = 1.9, 1.5


@dataclass(frozen=True, repr=False)
class Exponents(Printed):
    """Exponents of a power law, with one standard error each.

    Attributes
    ----------
    decay, decay_error : float
        Eigenvalues fall like ``k**-decay``.
    target_decay, target_error : float
        Powers of the target along them fall like ``k**-target_decay``.
    noise : float
        What of the labels does not fall: noise, and what the kernel never sees.
    saturated : bool
        Whether the target falls faster than ridge regression can tell: ``target_decay`` is then a lower bound.

    Notes
    -----
    See ``docs/howto/real_data.md``.

    Examples
    --------
    >>> print(Exponents(1.5, 0.03, 2.0, 0.1, 0.25))
    decay 1.500 +- 0.030, target_decay 2.00 +- 0.10, noise 0.25
    """

    decay: float
    decay_error: float
    target_decay: float
    target_error: float
    noise: float
    saturated: bool = False

    def __str__(self) -> str:
        bound = " or more" if self.saturated else ""
        return (
            f"decay {self.decay:.3f} +- {self.decay_error:.3f}, "
            f"target_decay {self.target_decay:.2f} +- {self.target_error:.2f}{bound}, noise {self.noise:.3g}"
        )


def estimate_exponents(kernel: Any, labels: Any, *, groups: int = 8, seed: int = 0) -> Exponents:
    r"""Exponents of source and capacity of data, with error bars that count both sampling and curvature.

    Parameters
    ----------
    kernel : array_like, shape (N, N)
        Kernel matrix of N rows, 64 or more.
    labels : array_like, shape (N,)
    groups : int
        Parts of the rows that are left out in turn (the jackknife): each costs an eigendecomposition.
    seed : int
        Of the parts.

    Returns
    -------
    Exponents
        An error is the jackknife's and, added in squares, by how much the exponent changes over the window that it is
        fitted in, from three degrees of freedom to two fifths of the rows: data that are no power law have large ones.

    Raises
    ------
    InputError, ShapeError
        If the kernel or the labels are not what ``SpectralRidge.from_kernel_matrix`` takes, rows or groups are too few,
        or the kernel has too few eigenvalues for a window.

    Notes
    -----
    On power laws with Gaussian eigenfunctions, N = 250, decay 1.25 to 3, with and without noise, at least 90 % of true
    values lie within two errors (a test, marked slow, says so for each case). Error bars know nothing of how rows were
    chosen, and of kernels whose leverage is unequal; see ``docs/howto/real_data.md``.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> k = np.arange(1, 3001.0)
    >>> rows = generator.standard_normal((150, 3000))
    >>> found = estimate_exponents((rows * k**-1.5) @ rows.T, rows @ k**-1.0)
    >>> abs(found.decay - 1.5) < 2 * found.decay_error, abs(found.target_decay - 2) < 2 * found.target_error
    (True, True)
    """
    matrix, y = read_kernel(kernel, labels)
    if len(y) < _LEAST_ROWS:
        raise InputError("kernel", matrix.shape, f"{_LEAST_ROWS} rows or more")
    if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or not 2 <= groups <= len(y) // 8:
        raise InputError("groups", groups, f"a whole number from 2 to {len(y) // 8}")
    curves = _curves(matrix, y)
    decay, rate, noise, halves = _fit(curves, _WHOLE)
    order = np.random.default_rng(seed).permutation(len(y))
    parts = []
    for group in range(groups):
        kept = np.sort(np.delete(order, np.s_[group::groups]))
        parts.append(_fit(_curves(matrix[np.ix_(kept, kept)], y[kept]), _WHOLE)[:2])
    pieces = np.array([(a, 1 + a * r) for a, r in parts])
    sampling = np.sqrt((groups - 1) / groups * np.sum((pieces - pieces.mean(axis=0)) ** 2, axis=0))
    target = 1 + decay * rate
    others = [_fit(curves, window) for window in _WINDOWS]
    drift = _CAUTION * max(abs(1 + a * r - target) for a, r, _, _ in others)
    decay_error = float(np.hypot(sampling[0], halves))
    target_error = float(np.sqrt(sampling[1] ** 2 + drift**2 + (rate * decay_error) ** 2))
    return Exponents(decay, decay_error, target, target_error, noise, rate > _SATURATED)


@dataclass(frozen=True, eq=False)
class _Curves:
    """The population at effective ridges: logarithm of these, degrees of freedom, their fall, and error with noise."""

    place: Array
    freedom: Array
    fall: Array
    error: Array
    rows: int

    def within(self, window: tuple[float, float]) -> NDArray[np.bool_]:
        """Where degrees of freedom lie between a number and a share of the rows."""
        return (self.freedom >= window[0]) & (self.freedom <= window[1] * self.rows)


def _curves(kernel: Array, labels: Array) -> _Curves:
    values, vectors = np.linalg.eigh(kernel)
    values = np.where(values > len(kernel) * LEVEL * values[-1], values, 0.0)
    powers, rows = (vectors.T @ labels) ** 2, len(labels)
    ridges = np.geomspace(1e-3 * values[values > 0].min(), 10 * values[-1], _RIDGES)
    inverse = 1 / (values[:, None] + ridges)
    trace, square = inverse.sum(axis=0), (inverse**2).sum(axis=0)
    kappa, freedom = 1 / trace, rows - ridges * trace
    fall = (trace - ridges * square) * trace / square
    generalized = (powers @ inverse**2) / trace**2
    return _Curves(np.log(kappa), freedom, fall, (rows - freedom + fall) * generalized, rows)


def _fit(curves: _Curves, window: tuple[float, float]) -> tuple[float, float, float, float]:
    """Decay, the exponent of the error in kappa, the noise, and how far the decays of both halves are apart."""
    where = curves.within(window)
    if where.sum() < _LEAST_RIDGES:
        raise InputError(
            "kernel", f"{curves.rows} rows", "a spectrum with more eigenvalues than these for a power law"
        )
    x, fall, error = curves.place[where], np.log(curves.fall[where]), curves.error[where]
    half = x.size // 2
    whole, first, second = (
        -1 / np.polyfit(x[part], fall[part], 1)[0] for part in (np.s_[:], np.s_[:half], np.s_[half:])
    )
    rate, noise = _above_noise(x, error)
    return float(whole), rate, noise, float(abs(first - second))


def _above_noise(place: Array, error: Array) -> tuple[float, float]:
    """Exponent and floor of ``floor + constant * kappa**exponent``, by least squares of logarithms."""
    centered, known = place - place.mean(), np.log(error)

    def misfit(unknown: Array) -> Array:
        return np.logaddexp(unknown[0], unknown[1] + unknown[2] * centered) - known

    starts = [[np.log(error.min() * share), known.mean(), 0.7] for share in (0.5, 1e-3)]
    bounds = ([-200.0, -200.0, 0.0], [200.0, 200.0, 2.0])
    best = min(
        (least_squares(misfit, start, bounds=bounds) for start in starts), key=lambda found: found.cost
    )
    return float(best.x[2]), float(np.exp(best.x[0]))
