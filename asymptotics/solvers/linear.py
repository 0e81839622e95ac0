"""Small linear systems at many points at once: the points are the last axis, and every step runs over all of them."""

from __future__ import annotations

import numpy as np


def solve_many(matrices: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solutions of linear systems, and the determinants of their matrices.

    Gaussian elimination with partial pivoting. A matrix that is singular, or not finite, gives numbers that are not
    finite; nothing is raised.

    Parameters
    ----------
    matrices : ndarray, shape (size, size, points)
    right : ndarray, shape (size, columns, points)

    Returns
    -------
    solutions : ndarray, shape (size, columns, points)
    determinants : ndarray, shape (points,)

    Examples
    --------
    >>> found, determinant = solve_many(np.array([[[0.0], [2.0]], [[1.0], [1.0]]]), np.array([[[4.0]], [[3.0]]]))
    >>> found[:, 0, 0].tolist(), determinant.tolist()
    ([1.0, 2.0], [-2.0])
    """
    size, count = matrices.shape[0], matrices.shape[2]
    rows = np.concatenate([matrices, right], axis=1)
    determinants = np.ones(count, dtype=rows.dtype)
    for step in range(size):
        if step + 1 < size:
            below = np.argmax(np.abs(rows[step:, step]), axis=0)
            moved = np.flatnonzero(below)
            if moved.size:
                other = below[moved] + step
                kept = rows[step][:, moved]
                rows[step][:, moved] = rows[other, :, moved].T
                rows[other, :, moved] = kept.T
                determinants[moved] *= -1
        pivot = rows[step, step].copy()
        determinants *= pivot
        rows[step, step + 1 :] /= pivot
        for other in range(step + 1, size):
            rows[other, step + 1 :] -= rows[other, step] * rows[step, step + 1 :]
    for step in range(size - 1, 0, -1):
        rows[:step, size:] -= rows[:step, step, None] * rows[step, size:]
    return rows[:, size:], determinants


def newton_steps(jacobian: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solutions as doubles, and the sign of the determinant; one for complex numbers.

    Where the matrix is singular steps are not finite and signs zero.

    Parameters
    ----------
    jacobian : ndarray, shape (size, size, points)
        Of doubles, complex numbers, or mpmath numbers.
    right : ndarray, shape (size, columns, points)
        Right-hand sides.
    """
    try:
        found, determinant = solve_many(jacobian, right)
    except ZeroDivisionError:  # of numbers that are no doubles
        return np.full(right.shape, np.nan), np.zeros(right.shape[2])
    if found.dtype == object:
        return found.astype(float), np.array([float(d > 0) - float(d < 0) for d in determinant])
    return found, np.ones(right.shape[2]) if np.iscomplexobj(found) else np.sign(determinant)
