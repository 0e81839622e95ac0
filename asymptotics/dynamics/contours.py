"""Contours in many digits: the building blocks of what every training method says of its filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asymptotics.dynamics.nodes import least_error, talbot_exactly
from asymptotics.errors import InputError

PER_DIGIT = 1.75
"""Nodes of Talbot's contour for every digit."""

SHORT, LONG = 20, 400
"""Steps below which a circle is taken in any case, and the most nodes of a circle."""

Ridge = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class Contour:
    """Nodes of one filter, in mpmath numbers; weights of nodes above the real axis are doubled.

    Attributes
    ----------
    ridges, weights : list
    """

    ridges: list[Any]
    weights: list[Any]

    @classmethod
    def of(cls, pairs: list[tuple[Any, Any]], context: Any, beside: Any = 0) -> Contour:
        """Ridges with weights, which are scaled so that they and what stands beside them sum to one.

        Parameters
        ----------
        pairs : list[tuple[Any, Any]]
            Ridges and weights.
        context : mpmath context
            Of the precision.
        beside : number or array
            What stands beside the sum.
        """
        scale = (1 - beside) / context.fsum(weight.real for _, weight in pairs)
        return cls([ridge for ridge, _ in pairs], [weight * scale for _, weight in pairs])

    def __add__(self, other: Contour) -> Contour:
        """The sum of two filters."""
        return Contour([*self.ridges, *other.ridges], [*self.weights, *other.weights])


def along_talbot(path: Ridge, count: int, context: Any) -> list[tuple[Any, Any]]:
    """Ridges on Talbot's contour with as many nodes; ``path`` maps a point and its weight to a ridge and its weight.

    Parameters
    ----------
    path : Ridge
        Maps a point and its weight to a ridge and its weight.
    count : int
        Of the nodes.
    context : mpmath context
        Of the precision.
    """
    return [path(z, weight) for z, weight in talbot_exactly(count, least_error(count), context)]


def along_circle(path: Ridge, name: str, growth: int, count: int, context: Any) -> list[tuple[Any, Any]]:
    """Ridges on a circle around the unit disc, on which the integrand grows like a power.

    Half of the digits are spent on fewer nodes.

    Parameters
    ----------
    path : Ridge
        Maps a point and its weight to a ridge and its weight.
    name : str
        Of the method.
    growth : int
        Power with which the integrand grows.
    count : int
        Of the nodes.
    context : mpmath context
        Of the precision.

    Raises
    ------
    InputError
        If there would be too many nodes; it names the parameter.
    """
    digits = count / PER_DIGIT
    radius = context.mpf(10) ** (context.mpf(max(digits / 2, 1.0)) / max(growth, 1))
    half = int((growth + (digits + 2) * float(context.log(10) / context.log(radius))) / 2) + 1
    if half > LONG:
        raise InputError(
            name, growth, f"at most about {growth * LONG // half} in digits", "doubles take more"
        )
    angles = [context.pi * (2 * k + 1) / (2 * half) for k in range(half)]
    return [path(radius * context.expj(angle), context.mpf(1) / half) for angle in angles]
