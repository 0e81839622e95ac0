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
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Multiprecision

TALBOT = 30
"""Nodes of Talbot's contour in double precision: 15 solves."""

WIDE = tuple(Fraction(part) for part in ("8.95", "0.6914", "10.2", "4.64"))
"""Its shape in double precision: the filter is right to 4e-16, and what it takes away at small eigenvalues to 1e-14 of
itself. The moduli of the weights sum to 4.9, and rounding is magnified by the square of that; on the contour on which
the error is least for so many nodes it would be 39."""

CIRCLE = 36.0
"""Natural logarithm of how far the error of a circle is brought down."""


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


def least_error(count: int) -> tuple[Fraction, ...]:
    """Shape of the modified contour of Talbot with the least error (Dingfelder, Weideman 2015, Numer. Algorithms)."""
    a, b, c, d = (Fraction(part, 10000) for part in (5017, 6407, 6122, 2645))
    return count * a, b, count * c, count * d


def talbot_exactly(count: int, shape: tuple[Fraction, ...], context: Any) -> list[tuple[Any, Any]]:
    r"""Points of a modified contour of Talbot above the axis, and ``e^z dz`` over ``i pi`` there, in mpmath numbers.

    The contour is :math:`z = a\theta\cot(b\theta) - c + id\theta`.

    Parameters
    ----------
    count : int
        Of the nodes.
    shape : tuple of Fraction
        Parameters of the contour.
    context : mpmath context
        Of the precision.
    """
    a, b, c, d = (context.mpf(x.numerator) / x.denominator for x in shape)
    points = []
    for k in range(count // 2):
        theta = context.pi * (2 * k + 1) / count
        cot = context.cot(b * theta)
        z = context.mpc(a * theta * cot - c, d * theta)
        slope = context.mpc(a * cot - a * b * theta / context.sin(b * theta) ** 2, d)
        points.append((z, context.exp(z) * slope * 2 / context.mpc(0, count)))
    return points


@cache
def talbot_points() -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of :func:`talbot_exactly`, rounded once: ``exp`` would magnify what is lost in a point."""
    points = np.array(talbot_exactly(TALBOT, WIDE, Multiprecision(40).context), dtype=complex)
    return points[:, 0], points[:, 1]


Path = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def talbot(path: Path, shape: np.ndarray) -> Nodes:
    """Nodes on Talbot's contour; weights are scaled so that nothing is learned at eigenvalue zero, exactly.

    Parameters
    ----------
    path : callable
        ``z -> ridge, d log(ridge)/dz``, for arrays (rows, nodes).
    shape : ndarray, shape (rows, 1)
        Its rows.
    """
    z, measure = talbot_points()
    z = np.broadcast_to(z, (shape.shape[0], z.size))
    ridge, slope = path(z)
    return Nodes(ridge, measure * slope)


def normalised(nodes: Nodes, total: Any = 1.0) -> Nodes:
    """The filter scaled so that it is ``total`` at eigenvalue zero.

    Parameters
    ----------
    nodes : Nodes
        Ridges with weights.
    total : number or array
        Value of the filter at eigenvalue zero.
    """
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


def graded(count: int, context: Any) -> list[tuple[Any, Any]]:
    """Distances to the end ``pi`` of angles, and weights, of :func:`double_exponential` in mpmath numbers.

    Parameters
    ----------
    count : int
        Of the angles.
    context : mpmath context
        Of the precision.
    """
    reach = context.asinh(context.log(10) * context.dps / context.pi)
    step, found = reach / count, []
    for k in range(count):
        t = step * (k + context.mpf(1) / 2)
        small = context.exp(-context.pi * context.sinh(t))
        away = small / (1 + small)
        found.append((2 * context.pi * away, 2 * step * context.pi * context.cosh(t) * away * (1 - away)))
    return found


def double_exponential(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances to the end ``pi`` of angles in ``(0, pi)``, the angles, and weights, graded towards that end."""
    step = 3.2 / count
    t = step * (np.arange(count) + 0.5)
    away = np.exp(-np.pi * np.sinh(t)) / (1 + np.exp(-np.pi * np.sinh(t)))
    grade = np.pi * np.cosh(t) * away * (1 - away)
    distance = 2 * np.pi * away
    return distance, np.pi - distance, 2 * np.pi * grade * step
