"""What several figures need to evaluate a paper's own equations, without this package."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import fsolve

__all__ = ["LINEAR", "REST", "ZETA2", "followed", "gauss"]

LINEAR, REST = 0.25, 0.25 - 0.5 / math.pi
"""Squared linear constant of ReLU, and its power above degree one."""

ZETA2 = LINEAR / REST


def gauss(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of averages over a standard Gaussian variable."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


def followed(residuals: Callable[..., Sequence[Any]], ridge: float) -> np.ndarray:
    """Two traces at a ridge, followed down from a large one, where both are one over it.

    Parameters
    ----------
    residuals : callable
        ``residuals(ridge, first, second)`` vanishes at the traces.
    ridge : float
    """
    found = np.log([1e-4, 1e-4])
    for here in np.geomspace(1e4, ridge, 60):
        found = fsolve(
            lambda logs, here=here: [float(r) for r in residuals(here, *np.exp(logs))], found, xtol=1e-13
        )
    return np.asarray(np.exp(found))
