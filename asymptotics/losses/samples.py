"""Averages over one sample: labels, predictions before it is seen, and the proximal map of the loss, in doubles.

The names are those of :data:`asymptotics.models.loss_potential.AVERAGES`. Integrals over the prediction are sums of
Gauss-Legendre rules between the points where something bends: the loss, the labels, the Gaussian weight.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.functions.labels import SignTarget
from asymptotics.functions.losses import Loss

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = np.array([0.0, 0.4, 0.8, 1.3, 1.8, 2.4, 3.0, 3.7, 4.5, 5.5, 7.0, 9.5])
_EDGES = np.concatenate([-_PANELS[:0:-1], _PANELS])
_LABEL_EDGES = np.array([-8.0, -5.0, -3.0, -1.5, -0.6, 0.6, 1.5, 3.0, 5.0, 8.0])


def rule(spread: Array, bends: list[Array]) -> tuple[Array, Array]:
    """Nodes and weights ``(points, nodes)`` of a centered Gaussian law of this standard deviation, cut at bends.

    Parameters
    ----------
    spread : ndarray, shape (points,)
        Standard deviations, positive.
    bends : list of ndarray, each of shape (points,)
        Arguments where the integrand is not smooth: no panel of the quadrature reaches across.
    """
    reach = _EDGES[-1] * spread
    parts = [spread[:, None] * _EDGES, *(np.broadcast_to(b, spread.shape)[:, None] for b in bends)]
    edges = np.sort(np.clip(np.concatenate(parts, axis=1), -reach[:, None], reach[:, None]), axis=1)
    middle, half = (edges[:, 1:] + edges[:, :-1]) / 2, (edges[:, 1:] - edges[:, :-1]) / 2
    w = (middle[..., None] + half[..., None] * _NODES).reshape(len(spread), -1)
    density = np.exp(-((w / spread[:, None]) ** 2) / 2) / (spread[:, None] * math.sqrt(2 * math.pi))
    return w, density * (half[..., None] * _WEIGHTS).reshape(len(spread), -1)


class Samples(ABC):
    """What a sample contributes to the potential.

    Attributes
    ----------
    kind : str
        Which of the derived systems is meant; see :func:`asymptotics.models.loss_potential.loss_rule`.
    """

    kind: str

    @abstractmethod
    def averages(self, rho: Any, m: Array, q: Array, V: Array) -> dict[str, Array]:
        """All averages by name.

        Parameters
        ----------
        rho : number or ndarray
            Power of the latent value.
        m, q, V : ndarray, shape (points,)
            Order parameters: overlap, mean square and spread of predictions.
        """


def _of_proximal(loss: Loss, y: Any, w: Array, V: Array) -> tuple[Array, Array, Array, Array]:
    """Force, stiffness, cost and envelope at predictions ``w``."""
    z = loss.prox(y, w, V)
    force = (z - w) / V
    cost = loss.value(y, z)
    return force, (1 - loss.prox_slope(y, z, w, V)) / V, cost, V * force**2 / 2 + cost


@dataclass(frozen=True)
class OfClasses(Samples):
    """Labels of two classes, of a latent value of unit power.

    Attributes
    ----------
    labels : SignTarget
    loss : Loss
        Symmetric under a change of sign of label and prediction, as all are here: the label 1 counts twice.
    """

    labels: SignTarget
    loss: Loss
    kind = "classes"

    def averages(self, rho: Any, m: Array, q: Array, V: Array) -> dict[str, Array]:
        """Integrals over the prediction, weighted with the probability of the label."""
        mean, left = m / q, np.maximum(rho - m**2 / q, 0.0)
        width = np.sqrt(left + float(self.labels.probit))
        if self.labels.logistic is not None:
            width = np.maximum(width, 1 / float(self.labels.logistic))
        with np.errstate(divide="ignore", invalid="ignore"):
            turns = np.where(mean != 0, width / np.abs(mean), 0.0)
        bends = [*self.loss.kinks(1.0, V), *(turns * edge for edge in _LABEL_EDGES)]
        w, weight = rule(np.sqrt(q), bends)
        chance, slope = self.labels.smoothed(mean[:, None] * w, left[:, None])
        force, stiffness, cost, envelope = _of_proximal(self.loss, 1.0, w, V[:, None])
        whole = 2 * weight * chance
        return {
            "force2": (whole * force**2).sum(1),
            "stiffness": (whole * stiffness).sum(1),
            "pull": (2 * weight * slope * force).sum(1),
            "cost": (whole * cost).sum(1),
            "envelope": (whole * envelope).sum(1),
        }


@dataclass(frozen=True)
class OfNumbers(Samples):
    """Labels that are numbers: the residual before a sample is seen is Gaussian.

    Attributes
    ----------
    noise : float
        Variance of the label noise.
    loss : Loss
        Of the difference of label and prediction.
    """

    noise: float
    loss: Loss
    kind = "numbers"

    def averages(self, rho: Any, m: Array, q: Array, V: Array) -> dict[str, Array]:
        """Integrals over the difference of prediction and label."""
        spread = np.sqrt(np.maximum(rho + self.noise + q - 2 * m, 0.0))
        w, weight = rule(spread, self.loss.kinks(0.0, V))
        force, stiffness, cost, envelope = _of_proximal(self.loss, 0.0, w, V[:, None])
        names = {"force2": force**2, "stiffness": stiffness, "cost": cost, "envelope": envelope}
        return {name: (weight * value).sum(1) for name, value in names.items()}
