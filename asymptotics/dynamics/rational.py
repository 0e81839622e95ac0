"""Poles of rational approximations on an interval, by the AAA algorithm (Nakatsukasa, Sète, Trefethen 2018)."""

from __future__ import annotations

import numpy as np

_ROUNDS, _DONE, _REAL = 200, 1e-14, 1e-6


def approximation_poles(
    points: np.ndarray, values: np.ndarray, tolerance: float, most: int = 80
) -> tuple[np.ndarray, float]:
    """Poles of a rational function that is close to given values, and how close.

    Support points are added where the error is largest; weights are the last singular vector of the Loewner matrix.

    Parameters
    ----------
    points : ndarray
        Positive or zero, increasing.
    values : ndarray
    tolerance : float
        Relative to the largest value.
    most : int
        Most support points.

    Returns
    -------
    poles : ndarray, complex
    error : float
        Largest error at the points.

    Examples
    --------
    >>> x = np.linspace(0, 2, 50)
    >>> poles, error = approximation_poles(x, 1 / (1 + x), 1e-13)
    >>> bool(np.min(abs(poles + 1)) < 1e-10 and error < 1e-13)
    True
    """
    scale = float(np.max(np.abs(values))) or 1.0
    left = np.ones(points.size, dtype=bool)
    fit = np.full(values.shape, values.mean())
    support: list[int] = []
    weights, error = np.ones(1), np.inf
    while len(support) < most:
        chosen = int(np.argmax(np.where(left, np.abs(values - fit), -1.0)))
        support.append(chosen)
        left[chosen] = False
        cauchy = 1 / (points[left][:, None] - points[support])
        loewner = (values[left][:, None] - values[support]) * cauchy
        weights = np.linalg.svd(loewner, full_matrices=len(support) > loewner.shape[0])[2][-1]
        fit = values.copy()
        fit[left] = (cauchy @ (weights * values[support])) / (cauchy @ weights)
        error = float(np.max(np.abs(values - fit)))
        if error <= tolerance * scale or not np.any(left):
            break
    return _zeros(points[support], weights, points[-1]), error


def _zeros(points: np.ndarray, weights: np.ndarray, length: float) -> np.ndarray:
    """Zeros of ``sum w/(z - x)``, all at once, by the iteration of Ehrlich and Aberth."""
    count = points.size - 1
    angles = 2 * np.pi * (np.arange(count) + 0.3) / max(count, 1)
    zeros = length * (0.5 + np.exp(1j * angles))
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            inverse = 1 / (zeros[:, None] - points)
            value, slope = inverse @ weights, -(inverse**2) @ weights
            newton = 1 / (slope / value + inverse.sum(axis=1))
            apart = zeros[:, None] - zeros + np.diag(np.full(count, np.inf))
            step = newton / (1 - newton * (1 / apart).sum(axis=1))
            zeros = zeros - np.where(np.isfinite(step), step, 0.0)
            if np.all(~(np.abs(step) > _DONE * np.abs(zeros))):
                break
    # Zeros come real or in pairs; of a pair the mirror of one stands for the other.
    real = zeros.real[np.abs(zeros.imag) <= _REAL * np.abs(zeros)]
    below = zeros[zeros.imag < -_REAL * np.abs(zeros)]
    return np.concatenate([real.astype(complex), below, np.conj(below)])
