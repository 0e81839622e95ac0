r"""The law of one coordinate on the sphere in double precision: nodes between kinks, and orthonormal polynomials.

With ``t = sqrt(d) sin(s/sqrt(d))`` the weight is ``cos^(d-2)(s/sqrt(d)) ds``; Gauss-Legendre panels end at the kinks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.functions.expansions.harmonics import recurrence

_PANEL, _NODES, _FAR = 1.5, 20, 12.0


def coordinate_rule(d: int, kinks: Sequence[float] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for averages over one coordinate of a uniform point on the sphere of radius ``sqrt(d)``.

    Parameters
    ----------
    d : int
    kinks : sequence of float
        Where the functions to be averaged are not analytic.

    Examples
    --------
    >>> t, w = coordinate_rule(10)
    >>> round(float(w @ t**2), 12), round(float(w @ t**4), 12) == 2.5
    (1.0, True)
    """
    root = math.sqrt(d)
    end = min(root * math.pi / 2, _FAR)
    inside = {root * math.asin(kink / root) for kink in kinks if abs(kink) < root}
    cuts = sorted({-end, *inside, end})
    edges = np.concatenate(
        [np.linspace(a, b, 1 + math.ceil((b - a) / _PANEL))[:-1] for a, b in itertools.pairwise(cuts)]
        + [[end]]
    )
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    places = (middle[:, None] + half[:, None] * nodes).ravel()
    measure = (half[:, None] * weights).ravel() * np.cos(places / root) ** (d - 2)
    return root * np.sin(places / root), measure / measure.sum()


def orthonormal_polynomials(d: int, t: Any, degrees: int) -> np.ndarray:
    """The polynomials of degree 0 to ``degrees`` at ``t``, orthonormal in the law of one coordinate.

    Parameters
    ----------
    d : int
        Dimension of the sphere.
    t : array_like
        One coordinate, between -1 and 1.
    degrees : int
        Largest degree.

    Examples
    --------
    >>> t, w = coordinate_rule(7)
    >>> h = orthonormal_polynomials(7, t, 3)
    >>> bool(np.allclose((h * w) @ h.T, np.eye(4)))
    True
    """
    steps = [math.sqrt(value) for value in recurrence(d, max(degrees, 1))]
    t = np.asarray(t, dtype=float)
    found = [np.ones_like(t), t / steps[1]]
    for k in range(1, degrees):
        found.append((t * found[k] - steps[k] * found[k - 1]) / steps[k + 1])
    return np.array(found[: degrees + 1])


@lru_cache(maxsize=64)
def sampled(activation: Any, d: int, degrees: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """An activation at the nodes of its own rule: weights, values, polynomials, and its coefficients in these.

    Parameters
    ----------
    activation : Activation
    d : int
    degrees : int
    """
    t, weights = coordinate_rule(d, [float(kink) for kink in activation.kinks])
    values = np.asarray(activation(t), dtype=float)
    polynomials = orthonormal_polynomials(d, t, degrees)
    return weights, values, polynomials, (polynomials * weights) @ values
