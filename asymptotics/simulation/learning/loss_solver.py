r"""Minimizers of :math:`\sum_i\ell(y_i, z_i) + \tfrac\lambda2\|a\|^2`, from the definition.

By representation :math:`z = Ku` with the Gram matrix of the samples. Stationarity is
:math:`z = \operatorname{prox}_t(y, z - t\lambda u)` for any ``t``, solved by semismooth Newton steps along decreasing
ridges; where the dual is a quadratic program in a box, by interior points. The duality gap
certifies the result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.functions.loss import Loss

Array = NDArray[np.float64]

TOLERANCE = 1e-8
"""Duality gap, relative to the objective, up to which a minimizer is accepted."""

_STEPS = 60
_RATIO = 4.0
_INSIDE = 1e-12
_MOST, _SHRINK, _BACK, _CENTRAL = 100, 0.1, 0.99, 1e-14


def minimize(gram: Array, y: Array, ridge: float, loss: Loss) -> Array:
    """Coefficients ``u`` of the samples at the minimum.

    Parameters
    ----------
    gram : ndarray, shape (n, n)
        Of features or of a kernel.
    y : ndarray, shape (n,)
    ridge : float
        Positive.
    loss : Loss

    Raises
    ------
    SimulationError
        If no minimizer is found whose duality gap is small.

    Examples
    --------
    >>> from asymptotics.functions.losses import Square
    >>> u = minimize(np.eye(2), np.array([1.0, -1.0]), 1.0, Square())
    >>> u.round(12).tolist()
    [0.5, -0.5]
    """
    box = loss.box(y)
    if box is not None:
        low, high, curvature = box
        u = interior(gram / ridge + curvature * np.eye(len(y)), y, low, high) / ridge
        return _certified(u, duality_gap(gram, y, ridge, loss, u), loss)
    scale = max(float(np.trace(gram)) / len(y), _INSIDE)
    u = np.zeros(len(y))
    found, gap = newton(gram, y, ridge, loss, u, scale)
    if gap <= TOLERANCE:
        return found
    along = ridge * _RATIO ** np.arange(
        int(np.ceil(np.log(max(scale * len(y) / ridge, 2.0)) / np.log(_RATIO))), -1, -1
    )
    for value in along:
        u, gap = newton(gram, y, float(value), loss, u, scale)
    return _certified(u, gap, loss)


def _certified(u: Array, gap: float, loss: Loss) -> Array:
    if gap > TOLERANCE:
        raise SimulationError(f"no minimizer of the {loss.name} loss was found: the duality gap is {gap:.1e}")
    return u


def interior(matrix: Array, c: Array, low: Array, high: Array) -> Array:
    """The minimum of ``v'Qv/2 - c'v`` in a box, by a primal-dual interior-point method.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Q, positive semidefinite.
    c, low, high : ndarray, shape (n,)

    Examples
    --------
    >>> interior(np.eye(2), np.array([0.5, 3.0]), np.zeros(2), np.ones(2)).round(6).tolist()
    [0.5, 1.0]
    """
    v = (low + high) / 2
    below, above = np.ones(len(c)), np.ones(len(c))
    for _ in range(_MOST):
        left, right = v - low, high - v
        mu = _SHRINK * float(below @ left + above @ right) / (2 * len(c))
        if mu < _CENTRAL:
            break
        bent = matrix + np.diag(below / left + above / right)
        step = np.linalg.solve(bent, c - matrix @ v + mu / left - mu / right)
        moves = (mu / left - below - below / left * step, mu / right - above + above / right * step)
        limits = ((left, step), (right, -step), (below, moves[0]), (above, moves[1]))
        falls = ((value[move < 0], -move[move < 0]) for value, move in limits)
        length = min(1.0, *(_BACK * float((value / fall).min(initial=np.inf)) for value, fall in falls))
        v, below, above = v + length * step, below + length * moves[0], above + length * moves[1]
    return v


def newton(gram: Array, y: Array, ridge: float, loss: Loss, u: Array, scale: float) -> tuple[Array, float]:
    """Semismooth Newton steps from given coefficients: the best ones that are met, and their duality gap.

    Parameters
    ----------
    gram, y, ridge, loss
        As for :func:`minimize`.
    u : ndarray, shape (n,)
    scale : float
        Parameter of the proximal map.
    """
    best, least = u, np.inf
    for _ in range(_STEPS):
        z = gram @ u
        w = z - scale * ridge * u
        near = loss.prox(y, w, scale)
        feasible = (near - w) / (scale * ridge)
        gap = duality_gap(gram, y, ridge, loss, feasible)
        if gap < least:
            best, least = feasible, gap
        if least <= TOLERANCE / 100:
            break
        bend = loss.prox_slope(y, near, w, scale)
        matrix = (1 - bend)[:, None] * gram
        matrix[np.diag_indices_from(matrix)] += scale * ridge * bend
        try:
            u = u - np.linalg.solve(matrix, z - near)
        except np.linalg.LinAlgError:
            break
    return best, float(least)


def duality_gap(gram: Array, y: Array, ridge: float, loss: Loss, u: Array) -> float:
    """Objective minus its dual, over the objective; infinite where the dual has no value.

    Parameters
    ----------
    gram, y, ridge, loss
        As for :func:`minimize`.
    u : ndarray, shape (n,)
        Coefficients; slopes of the loss are ``-ridge u``.
    """
    z = gram @ u
    energy = ridge * float(u @ z) / 2
    primal = float(loss.value(y, z).sum()) + energy
    dual = -float(loss.conjugate(y, -ridge * u).sum()) - energy
    gap = (primal - dual) / max(abs(primal), _INSIDE)
    return gap if np.isfinite(gap) else np.inf
