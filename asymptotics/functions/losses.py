r"""Convex losses: what they cost, and their proximal maps.

A loss :math:`\ell(y, z)` of a label and a prediction is known by its value, its slope and curvature in the prediction,
its convex conjugate there, and the proximal map

.. math:: \operatorname{prox}_V(y, w) = \arg\min_z\; \frac{(z-w)^2}{2V} + \ell(y, z)

with the points where that changes its branch. Learners minimize
:math:`\sum_i \ell(y_i, z_i) + \tfrac\lambda2\|a\|^2`, so that the square loss
:math:`(y-z)^2/2` has the ridge of ridge regression.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit, xlogy

from asymptotics.errors import InputError
from asymptotics.functions.exact import number, shown
from asymptotics.functions.loss import Array, Loss

__all__ = ["Absolute", "Hinge", "Huber", "Logistic", "Loss", "Square", "as_loss"]

_STEPS = 200
_CLOSE = 1e-15
_BENDS = (-12.0, -6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0, 12.0)


class _OfResidual(Loss):
    """A loss of the difference of label and prediction, with a piecewise linear slope."""

    @abstractmethod
    def of(self, r: Array) -> Array:
        """The loss of a residual."""

    @abstractmethod
    def clipped(self, r: Array) -> Array:
        """Its derivative."""

    def value(self, y: Array, z: Array) -> Array:
        """The loss."""
        return self.of(y - z)

    def slope(self, y: Array, z: Array) -> Array:
        """Minus the derivative in the residual."""
        return -self.clipped(y - z)


@dataclass(frozen=True)
class Square(_OfResidual):
    """``(y - z)^2/2``: ridge regression.

    Examples
    --------
    >>> float(Square().prox(1.0, 0.0, 1.0))
    0.5
    """

    name: ClassVar[str] = "square"

    def of(self, r: Array) -> Array:
        """Half the square."""
        return np.square(r) / 2

    def clipped(self, r: Array) -> Array:
        """The residual."""
        return r

    def curvature(self, y: Array, z: Array) -> Array:
        """One."""
        return np.ones(np.broadcast_shapes(np.shape(y), np.shape(z)))

    def conjugate(self, y: Array, u: Array) -> Array:
        """``u y + u^2/2``."""
        return u * y + np.square(u) / 2

    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """A weighted mean."""
        return np.asarray((w + V * y) / (1 + V))


@dataclass(frozen=True)
class Huber(_OfResidual):
    """``r^2/2`` for residuals up to ``delta``, ``delta |r| - delta^2/2`` beyond.

    Parameters
    ----------
    delta : number
        Positive.

    Raises
    ------
    InputError
        If it is not.

    References
    ----------
    docs/theory/labels_and_losses.md.

    Examples
    --------
    >>> [float(Huber(1).value(0.0, z)) for z in (1.0, 2.0)]
    [0.5, 1.5]
    """

    delta: Fraction | float = 1.0
    name: ClassVar[str] = "huber"

    def __post_init__(self) -> None:
        delta = number("delta", self.delta, minimum=0)
        if not 0 < delta < math.inf:
            raise InputError("delta", self.delta, "a positive number")
        object.__setattr__(self, "delta", delta)

    def of(self, r: Array) -> Array:
        """Quadratic near zero, linear beyond."""
        c = self.clipped(r)
        return c * r - np.square(c) / 2

    def clipped(self, r: Array) -> Array:
        """The residual, no further than ``delta``."""
        return np.clip(r, -float(self.delta), float(self.delta))

    def curvature(self, y: Array, z: Array) -> Array:
        """One near zero."""
        return (np.abs(y - z) < float(self.delta)).astype(float)

    def conjugate(self, y: Array, u: Array) -> Array:
        """``u y + u^2/2`` up to ``delta``."""
        return np.where(np.abs(u) <= float(self.delta), u * y + np.square(u) / 2, np.inf)

    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """A weighted mean near the label, a fixed step towards it from afar."""
        return np.asarray(w + V * self.clipped((y - w) / (1 + V)))

    def kinks(self, y: float, V: Array) -> list[Array]:
        """Where the step reaches ``delta``."""
        reach = float(self.delta) * (1 + V)
        return [y - reach, y + reach]

    def box(self, y: Array) -> tuple[Array, Array, float]:
        """``delta`` either way, with the curvature of the square."""
        reach = float(self.delta) * np.ones(np.shape(y))
        return -reach, reach, 1.0

    def prox_slope(self, y: Array, z: Array, w: Array, V: Any) -> Array:
        """Decided before the map, where it is not rounded."""
        near = np.abs(y - w) < float(self.delta) * (1 + V)
        return np.where(near, 1 / (1 + V), 1.0)

    def __str__(self) -> str:
        return f"huber (delta {shown(self.delta)})"


@dataclass(frozen=True)
class Absolute(_OfResidual):
    """``|y - z|``: least absolute deviations.

    Examples
    --------
    >>> Absolute().prox(0.0, np.array([-3.0, 0.5]), 1.0).tolist()
    [-2.0, 0.0]
    """

    name: ClassVar[str] = "absolute"
    is_smooth: ClassVar[bool] = False

    def of(self, r: Array) -> Array:
        """The size."""
        return np.abs(r)

    def clipped(self, r: Array) -> Array:
        """The sign."""
        return np.sign(r)

    def curvature(self, y: Array, z: Array) -> Array:
        """None."""
        return np.zeros(np.broadcast_shapes(np.shape(y), np.shape(z)))

    def conjugate(self, y: Array, u: Array) -> Array:
        """``u y`` up to one."""
        return np.where(np.abs(u) <= 1, u * y, np.inf)

    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """A step of ``V`` towards the label, no further."""
        return np.asarray(w + np.clip(y - w, -V, V))

    def kinks(self, y: float, V: Array) -> list[Array]:
        """Where the step reaches the label."""
        return [y - V, y + V]

    def box(self, y: Array) -> tuple[Array, Array, float]:
        """One either way."""
        return -np.ones(np.shape(y)), np.ones(np.shape(y)), 0.0

    def prox_slope(self, y: Array, z: Array, w: Array, V: Any) -> Array:
        """Zero where the map is the label."""
        return np.where(np.abs(y - w) < V, 0.0, 1.0)


@dataclass(frozen=True)
class Hinge(Loss):
    """``max(1 - y z, 0)``: the support vector machine.

    Examples
    --------
    >>> Hinge().prox(1.0, np.array([-1.0, 0.5, 2.0]), 1.0).tolist()
    [0.0, 1.0, 2.0]
    """

    name: ClassVar[str] = "hinge"
    of_classes: ClassVar[bool] = True
    is_smooth: ClassVar[bool] = False

    def value(self, y: Array, z: Array) -> Array:
        """What the margin lacks."""
        return np.maximum(1 - y * z, 0.0)

    def slope(self, y: Array, z: Array) -> Array:
        """Minus the label where the margin lacks something."""
        return np.where(y * z < 1, -y, 0.0)

    def curvature(self, y: Array, z: Array) -> Array:
        """None."""
        return np.zeros(np.broadcast_shapes(np.shape(y), np.shape(z)))

    def conjugate(self, y: Array, u: Array) -> Array:
        """``u y`` between ``-1`` and 0."""
        return np.where((u * y <= 0) & (u * y >= -1), u * y, np.inf)

    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """A step of ``V`` towards the margin, no further."""
        return np.asarray(w + y * np.clip(1 - y * w, 0.0, V))

    def kinks(self, y: float, V: Array) -> list[Array]:
        """Where the step reaches the margin, and where none is needed."""
        return [1 - V, np.ones(np.shape(V))] if y > 0 else [-np.ones(np.shape(V)), V - 1]

    def box(self, y: Array) -> tuple[Array, Array, float]:
        """One towards the label."""
        return np.minimum(y, 0.0), np.maximum(y, 0.0), 0.0

    def prox_slope(self, y: Array, z: Array, w: Array, V: Any) -> Array:
        """Zero where the map is the margin."""
        return np.where((y * w < 1) & (y * w > 1 - V), 0.0, 1.0)


@dataclass(frozen=True)
class Logistic(Loss):
    """``log(1 + exp(-y z))``: logistic regression.

    Examples
    --------
    >>> z = Logistic().prox(1.0, np.array([0.3]), 2.0)
    >>> bool(abs(z[0] - 0.3 - 2 / (1 + np.exp(z[0]))) < 1e-15)
    True
    """

    name: ClassVar[str] = "logistic"
    of_classes: ClassVar[bool] = True

    def value(self, y: Array, z: Array) -> Array:
        """Minus the logarithm of a probability."""
        return np.logaddexp(0.0, -y * z)

    def slope(self, y: Array, z: Array) -> Array:
        """Minus the label times the probability of the other one."""
        return -y * expit(-y * z)

    def curvature(self, y: Array, z: Array) -> Array:
        """Product of the probabilities of both."""
        return np.asarray(expit(z) * expit(-z))

    def conjugate(self, y: Array, u: Array) -> Array:
        """Minus an entropy."""
        share = -u * y
        inside = np.clip(share, 0.0, 1.0)
        return np.where(inside == share, xlogy(inside, inside) + xlogy(1 - inside, 1 - inside), np.inf)

    def kinks(self, y: float, V: Array) -> list[Array]:
        """Where the map bends: between predictions of about -12 and 12."""
        bends = _BENDS if y > 0 else tuple(-z for z in reversed(_BENDS))
        return [z + V * float(self.slope(np.array(y), np.array(z))) for z in bends]

    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """By Newton's method between the ends of an interval that holds it."""
        w, V = np.broadcast_arrays(np.asarray(y * w, dtype=float), np.asarray(V, dtype=float))
        low, high = w.copy(), w + V
        z = np.clip(np.where(w > 0, w, np.log1p(V) + w / (1 + V)), low, high)
        for _ in range(_STEPS):
            other = expit(-z)
            gap = z - w - V * other
            low, high = np.where(gap < 0, z, low), np.where(gap < 0, high, z)
            step = gap / (1 + V * other * (1 - other))
            new = z - step
            new = np.where((new < low) | (new > high), (low + high) / 2, new)
            done = np.abs(new - z) <= _CLOSE * (1 + np.abs(z))
            z = new
            if done.all():
                break
        return np.asarray(y * z)


_LOSSES: dict[str, type[Loss]] = {kind.name: kind for kind in (Square, Logistic, Hinge, Huber, Absolute)}


def as_loss(value: Any) -> Loss:
    """Read a loss.

    Parameters
    ----------
    value : str or Loss
        A name, or a loss such as ``Huber(delta=1.345)``.

    Raises
    ------
    InputError
        For anything else: functions, losses that are not convex, losses of several classes.

    Examples
    --------
    >>> as_loss("logistic"), as_loss(Huber("1.345"))
    (Logistic(), Huber(delta=Fraction(269, 200)))
    """
    if isinstance(value, Loss):
        return value
    if isinstance(value, str) and value in _LOSSES:
        return _LOSSES[value]()
    allowed = ", ".join(map(repr, _LOSSES))
    advice = "losses that are not convex, or of more than two classes, have no equations here"
    raise InputError("loss", value, f"one of {allowed}, or a Loss such as Huber(delta=2)", advice)
