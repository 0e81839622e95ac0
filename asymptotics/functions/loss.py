"""What a convex loss of a label and a prediction is; see :mod:`asymptotics.functions.losses` for those there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loss(ABC):
    """A convex loss of a label and a prediction.

    Attributes
    ----------
    name : str
        As users spell it.
    of_classes : bool
        Whether labels have to be -1 or 1.
    is_smooth : bool
        Whether it has a slope everywhere.

    References
    ----------
    docs/theory/labels_and_losses.md.

    Examples
    --------
    >>> from asymptotics.functions.losses import Hinge
    >>> isinstance(Hinge(), Loss), Hinge().of_classes
    (True, True)
    """

    name: ClassVar[str]
    of_classes: ClassVar[bool] = False
    is_smooth: ClassVar[bool] = True

    @abstractmethod
    def value(self, y: Array, z: Array) -> Array:
        """The loss.

        Parameters
        ----------
        y, z : ndarray
            Labels and predictions; they broadcast.
        """

    @abstractmethod
    def slope(self, y: Array, z: Array) -> Array:
        """Derivative in the prediction; some subgradient at a kink.

        Parameters
        ----------
        y, z : ndarray
            Labels and predictions; they broadcast.
        """

    @abstractmethod
    def curvature(self, y: Array, z: Array) -> Array:
        """Second derivative in the prediction, zero at a kink.

        Parameters
        ----------
        y, z : ndarray
            Labels and predictions; they broadcast.
        """

    @abstractmethod
    def conjugate(self, y: Array, u: Array) -> Array:
        """``max over z of u z - loss``; infinite where there is none.

        Parameters
        ----------
        y, u : ndarray
            Labels and slopes; they broadcast.
        """

    @abstractmethod
    def prox(self, y: Array, w: Array, V: Any) -> Array:
        """The proximal map.

        Parameters
        ----------
        y, w : ndarray
            Labels and where the map is taken.
        V : number or ndarray
            Its parameter, positive.
        """

    def kinks(self, y: float, V: Array) -> list[Array]:
        """Values of ``w`` at which the proximal map changes its branch, or bends, in increasing order.

        Parameters
        ----------
        y : float
            A label.
        V : ndarray
            Any number of parameters of the map.
        """
        return []

    def box(self, y: Array) -> tuple[Array, Array, float] | None:
        """Least and largest force on a sample, and curvature of the conjugate between; None if it has no such form."""
        return None

    def prox_slope(self, y: Array, z: Array, w: Array, V: Any) -> Array:
        """Derivative of the proximal map in ``w``.

        Parameters
        ----------
        y, z, w : ndarray
            Labels, the value of the map, and where it is taken.
        V : number or ndarray
            Its parameter.
        """
        return np.asarray(1 / (1 + V * self.curvature(y, z)))

    def __str__(self) -> str:
        return self.name
