"""Expansion of a function in zonal polynomials by adaptive quadrature, for laws with a density."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError

Array = NDArray[np.float64]

EDGE = 13.0
"""Projections of variance 1 are integrated up to here: beyond lies a mass of about exp(-EDGE^2/2) = 2e-37."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


class ProjectedDensity(Protocol):
    """The law of a projection <u, x>, through a variable in which its density is smooth."""

    def __hash__(self) -> int: ...

    def edge(self, d: int) -> float:
        """Where to stop: the variable runs from -edge to edge."""

    def projection(self, d: int, variable: Array) -> tuple[Array, Array]:
        """Projections and their density in the variable, up to a factor.

        Parameters
        ----------
        d : int
            Dimension.
        variable : ndarray
            Of integration, of any shape.
        """

    def multiplicity(self, d: int, degree: int) -> float:
        """B(d, k)."""

    def zonal_polynomial(self, d: int, degree: int, projection: Array) -> Array:
        """P_k."""


def expand_by_quadrature(
    activation: Callable[[Array], Array], law: ProjectedDensity, d: int, degree: int
) -> tuple[Array, float]:
    """Coefficients mu_0, ..., mu_degree with their signs, and E sigma^2, by adaptive Gauss-Legendre quadrature.

    Parameters
    ----------
    activation : callable
        Vectorized function; kinks and jumps are found by bisection.
    law : ProjectedDensity
        Law of the projection.
    d, degree : int
        Dimension and highest degree.

    Returns
    -------
    coefficients : ndarray, shape (degree + 1,)
    total : float

    Examples
    --------
    >>> from asymptotics.simulation.laws.laws import SPHERE
    >>> coefficients, total = expand_by_quadrature(np.sign, SPHERE, 3, 3)
    >>> (coefficients**2).round(9).tolist(), round(total, 9)
    ([0.0, 0.75, 0.0, 0.109375], 1.0)
    """
    projections = law.projection(d, np.linspace(-law.edge(d), law.edge(d), 257))[0]
    with np.errstate(all="ignore"):
        seen = np.asarray(activation(projections)).tobytes()
    try:
        return _remembered(activation, law, d, degree, seen)
    except TypeError:  # a function that cannot be a key
        return _expand(activation, law, d, degree)


@lru_cache(maxsize=32)
def _remembered(
    activation: Callable[[Array], Array], law: ProjectedDensity, d: int, degree: int, seen: bytes
) -> tuple[Array, float]:
    """An expansion made before of the same object, with the values that it had: it may have changed since."""
    return _expand(activation, law, d, degree)


def _expand(
    activation: Callable[[Array], Array], law: ProjectedDensity, d: int, degree: int
) -> tuple[Array, float]:
    edge = law.edge(d)
    panels = np.linspace(-edge, edge, 17)
    left, right = panels[:-1], panels[1:]
    moments = np.zeros(degree + 3)
    coarse = _panel_moments(activation, law, d, degree, left, right)
    scale = np.abs(coarse).sum(axis=0)
    for _ in range(60):  # every round halves the panels that are not yet resolved
        middle = (left + right) / 2
        halves = [
            _panel_moments(activation, law, d, degree, *ends) for ends in ((left, middle), (middle, right))
        ]
        fine = halves[0] + halves[1]
        open_panels = (np.abs(fine - coarse) > 1e-14 * scale).any(axis=1)
        moments += fine[~open_panels].sum(axis=0)
        if not open_panels.any():
            break
        left, right = (
            np.concatenate([left[open_panels], middle[open_panels]]),
            np.concatenate([middle[open_panels], right[open_panels]]),
        )
        coarse = np.concatenate([half[open_panels] for half in halves])
    else:
        moments += coarse.sum(axis=0)
    moments /= moments[-1]
    norms = [math.sqrt(law.multiplicity(d, k)) for k in range(degree + 1)]
    coefficients = moments[:-2] * norms
    coefficients.setflags(write=False)
    return coefficients, float(moments[-2])


def _panel_moments(
    activation: Callable[[Array], Array],
    law: ProjectedDensity,
    d: int,
    degree: int,
    left: Array,
    right: Array,
) -> Array:
    """Integrate sigma P_k for every k, sigma^2 and 1 against the law of the projection, on every panel."""
    variable = (left + right)[:, None] / 2 + (right - left)[:, None] / 2 * _NODES
    projection, density = law.projection(d, variable)
    weights = (right - left)[:, None] / 2 * _WEIGHTS * density
    values = finite_values(activation, projection)
    weighted = weights * values
    moments = np.empty((len(left), degree + 3))
    for k in range(degree + 1):
        moments[:, k] = (weighted * law.zonal_polynomial(d, k, projection)).sum(axis=1)
    moments[:, -2] = (weighted * values).sum(axis=1)
    moments[:, -1] = weights.sum(axis=1)
    return moments


def finite_values(activation: Callable[[Array], Array], projection: Array) -> Array:
    """The values of an activation.

    Parameters
    ----------
    activation : Callable[[ndarray], ndarray]
        On arrays.
    projection : ndarray
        Its arguments.

    Raises
    ------
    SimulationError
        If one of them is not finite.
    """
    values = np.asarray(activation(projection), dtype=np.float64)
    if not np.isfinite(values).all():
        raise SimulationError("the activation is not finite on the range of its argument")
    return values
