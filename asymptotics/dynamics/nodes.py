r"""Filters of the spectrum as sums over ridges: contours, their nodes and weights.

A training method leaves the share :math:`h(x)` of what lies at eigenvalue :math:`x` of :math:`ZZ^T`. For ridge
regression that is :math:`\lambda/(\lambda+x)`; for every linear method it is a contour integral of these,

.. math:: h(x) = \frac1{2\pi i}\oint e^{z}\,\frac{\lambda'(z)}{\lambda(z)}\,\frac{\lambda(z)}{\lambda(z)+x}\,dz,
          \qquad h(x(z)) = e^z,\quad \lambda = -x,

around the negative real axis, on which all singularities lie: the case Talbot's contours are made for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

TALBOT = 24
"""Nodes of Talbot's contour in double precision: the filter is right to 3e-14 (12 solves)."""

CIRCLE = 36.0
"""Natural logarithm of how far the error of a circle is brought down."""

TALBOT_LOSS = 1e-13
"""Error of the test error relative to that of the zero predictor, at most."""


@dataclass(frozen=True)
class Nodes:
    r"""A filter ``h(x) = Re sum_k weight_k ridge_k/(ridge_k + x)``, one in each row.

    Attributes
    ----------
    ridge, weight : ndarray, shape (rows, nodes), complex
        Of nodes in conjugate pairs only the one above the real axis is listed, with twice the weight. Neighbours are
        close to each other; no node lies on the negative real axis. A very large ridge stands for the zero predictor.
    """

    ridge: np.ndarray
    weight: np.ndarray

    def filter(self, x: Any) -> np.ndarray:
        """The share that is left at eigenvalues, shape (rows, eigenvalues).

        Examples
        --------
        >>> nodes = talbot(lambda z: (z, 1 / z), np.array([[1.0]]))
        >>> abs(nodes.filter([0.0, 2.0])[0] - np.exp([0.0, -2.0])).max() < 1e-13
        np.True_
        """
        x = np.asarray(x, dtype=float)
        terms = self.weight[..., None] / (1 + x / self.ridge[..., None])
        return np.real(np.sum(terms, axis=1))

    def __add__(self, other: Nodes) -> Nodes:
        """The sum of two filters."""
        return Nodes(
            np.concatenate([self.ridge, other.ridge], axis=1),
            np.concatenate([self.weight, other.weight], axis=1),
        )


def talbot_points(count: int = TALBOT) -> tuple[np.ndarray, np.ndarray]:
    """Points of the modified Talbot contour above the axis, and ``e^z dz`` over ``i pi`` there.

    The contour is that of Dingfelder and Weideman, Numer. Algorithms 68 (2015) 167.
    """
    theta = np.pi * (2 * np.arange(count // 2) + 1) / count
    cot = 1 / np.tan(0.6407 * theta)
    z = count * (0.5017 * theta * cot - 0.6122 + 0.2645j * theta)
    slope = count * (0.5017 * cot - 0.5017 * 0.6407 * theta / np.sin(0.6407 * theta) ** 2 + 0.2645j)
    return z, np.exp(z) * slope * 2 / (1j * count)


Path = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def talbot(path: Path, shape: np.ndarray, count: int = TALBOT) -> Nodes:
    """Nodes on Talbot's contour; weights are scaled so that nothing is learned at eigenvalue zero, exactly.

    Parameters
    ----------
    path : callable
        ``z -> ridge, d log(ridge)/dz``, for arrays (rows, nodes).
    shape : ndarray, shape (rows, 1)
        Its rows.
    """
    z, measure = talbot_points(count)
    z = np.broadcast_to(z, (shape.shape[0], z.size))
    ridge, slope = path(z)
    return Nodes(ridge, measure * slope)


def normalised(nodes: Nodes, total: Any = 1.0) -> Nodes:
    """The filter scaled so that it is ``total`` at eigenvalue zero."""
    return Nodes(nodes.ridge, nodes.weight * (total / np.real(nodes.weight.sum(axis=1, keepdims=True))))


def circle(growth: int, largest: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    r"""Points on a circle around zero for :math:`\oint U^k f(U)\,dU/(2\pi i U)`, above the axis, and weights.

    Parameters
    ----------
    growth : int
        The power ``k`` of the integrand.
    largest : float
        Modulus of the singularity that is furthest out.
    """
    radius = largest * 10 ** (1 / max(growth, 1))
    half = int(np.ceil((growth + CIRCLE / np.log(radius / largest)) / 2))
    angle = np.pi * (np.arange(half) + 0.5) / half
    u = radius * np.exp(1j * angle)
    return u, np.full(half, 1.0 / half)


def double_exponential(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances to the end ``pi`` of angles in ``(0, pi)``, the angles, and weights, graded towards that end."""
    step = 3.2 / count
    t = step * (np.arange(count) + 0.5)
    away = np.exp(-np.pi * np.sinh(t)) / (1 + np.exp(-np.pi * np.sinh(t)))
    grade = np.pi * np.cosh(t) * away * (1 - away)
    distance = 2 * np.pi * away
    return distance, np.pi - distance, 2 * np.pi * grade * step
