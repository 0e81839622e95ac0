"""How to divide a time budget over configurations so that extrapolated differences are known best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SWEEPS = 30
"""Of the iteration for the best proportions; it has converged to three digits by then."""


@dataclass(frozen=True)
class Cost:
    """What a pilot says about one configuration.

    Attributes
    ----------
    d : int
        Its dimension.
    seconds : float
        Of one replicate.
    spread : float
        Standard deviation of one replicate, relative to theory.
    done : int
        Replicates at hand.
    """

    d: int
    seconds: float
    spread: float
    done: int


def proportions(costs: Sequence[Cost], order: int) -> Array:
    r"""Return replicates per configuration, up to a factor, that make the limit of a family best known.

    Parameters
    ----------
    costs : sequence of Cost
        The sizes of one family.
    order : int
        Highest power of 1/d in the extrapolation.

    Returns
    -------
    ndarray, shape (len(costs),)
        The same factor for every family makes the sum of the variances of their limits smallest.

    Notes
    -----
    The limit is a weighted sum :math:`\sum_i a_i y_i` of the differences, with variance :math:`\sum_i a_i^2
    s_i^2/N_i`; at given total time :math:`\sum_i c_i N_i` it is smallest at :math:`N_i \propto |a_i|
    s_i/\sqrt{c_i}`. As the :math:`a_i` of weighted least squares depend on the :math:`N_i`, this is iterated.
    A size without which the limit would do still counts like one in the plain mean of all: it is a
    configuration to be checked, too.

    Examples
    --------
    >>> sizes = [Cost(10, 1.0, 1.0, 0), Cost(20, 1.0, 1.0, 0)]
    >>> proportions(sizes, order=1).round(6).tolist()  # the limit is 2 y(20) - y(10)
    [1.0, 2.0]
    """
    d = np.array([cost.d for cost in costs], dtype=np.float64)
    spread = np.array([cost.spread for cost in costs])
    seconds = np.array([cost.seconds for cost in costs])
    powers = (d.min() / d)[:, None] ** np.arange(order + 1)
    replicates = 1 / seconds
    for _ in range(SWEEPS):
        scale = np.sqrt(replicates) / spread
        limit = np.linalg.pinv(powers * scale[:, None])[0] * scale
        replicates = np.maximum(np.abs(limit), 1 / len(d)) * spread / np.sqrt(seconds)
    return replicates


def allocate(costs: Sequence[Cost], wanted: Array, seconds: float, most: int) -> list[int]:
    """Return how many replicates every configuration is to have in the end.

    Parameters
    ----------
    costs : sequence of Cost
        Configurations of all families.
    wanted : ndarray, shape (len(costs),)
        Replicates up to a common factor.
    seconds : float
        Time for the replicates that are not yet at hand.
    most : int
        Most replicates of a configuration.

    Returns
    -------
    list of int
        At least those at hand.

    Examples
    --------
    >>> costs = [Cost(10, 0.1, 1.0, 16), Cost(20, 0.2, 1.0, 16)]
    >>> allocate(costs, np.array([1.0, 3.0]), seconds=20.0, most=1000)
    [35, 106]
    >>> allocate(costs, np.array([1.0, 3.0]), seconds=-1.0, most=1000)
    [16, 16]
    """
    done = np.array([cost.done for cost in costs], dtype=np.float64)
    price = np.array([cost.seconds for cost in costs])
    low, high = 0.0, float((max(seconds, 0.0) + price @ done) / (price @ wanted))
    for _ in range(50):
        factor = (low + high) / 2
        added = np.clip(factor * wanted, done, np.maximum(done, most)) - done
        low, high = (factor, high) if price @ added <= seconds else (low, factor)
    return [int(value) for value in np.clip(low * wanted, done, np.maximum(done, most))]
