"""Proof that a decreasing function has its root near an approximation: a change of sign between two close points.

The left side decreases (checked symbolically when the problem is reduced, see
:func:`asymptotics.lowering.scalar.scalar_problem`), so a change of sign proves that there is exactly one root, and
that it lies between the points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asymptotics.errors import PrecisionError

_ATTEMPTS = 60
_WIDE = 1e-7

Sides = Callable[[Any], tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Enclosure:
    """A proved root.

    Attributes
    ----------
    value : ball
        Contains the root, for every choice of parameters in their balls.
    lower, upper : ball
        Points between which the sign changes.
    """

    value: Any
    lower: Any
    upper: Any


def enclose_root(sides: Sides, guess: Any, arithmetic: Any) -> Enclosure:
    """Enclose the root of ``left(nu) = right``, ``left`` decreasing, and prove that it is there.

    Parameters
    ----------
    sides : callable
        From a ball ``nu`` to balls left, right, and minus the derivative of left in ``log nu``.
    guess : ball
        A positive number close to the root.
    arithmetic : Balls
        Its precision must be in force.

    Raises
    ------
    PrecisionError
        If no change of sign can be shown: the parameters or the working precision are too coarse.
    """
    left, right, slope = sides(guess)
    excess = left - right
    one, steepness = arithmetic.convert(1), arithmetic.lower(slope)
    if not steepness > 0:
        raise PrecisionError("the slope of the equation is not known well enough", "ask for more digits")
    least = arithmetic.convert(2) ** (2 - arithmetic.bits)
    up, down = _margin(excess, steepness, least, arithmetic), _margin(-excess, steepness, least, arithmetic)
    lower = upper = None
    for _ in range(_ATTEMPTS):
        if upper is None:
            point = arithmetic.upper(guess * (one + up))
            upper, up = (point, up) if _sign(sides(point)) < 0 else (None, up * 4)
        if lower is None:
            point = arithmetic.lower(guess / (one + down))
            lower, down = (point, down) if _sign(sides(point)) > 0 else (None, down * 4)
        if lower is not None and upper is not None:
            found = Enclosure(arithmetic.hull(lower, upper), lower, upper)
            return (
                found if up < _WIDE and down < _WIDE else _contracted(sides, guess, excess, found, arithmetic)
            )
        if not (up < 1e12 and down < 1e12):
            break
    raise PrecisionError("no change of sign could be shown", "ask for more digits, or narrow the parameters")


def _contracted(sides: Sides, guess: Any, excess: Any, found: Enclosure, arithmetic: Any) -> Enclosure:
    """One step of Newton's method on intervals in the logarithm, for parameters that are wide balls."""
    slope = sides(found.value)[2]
    if not slope > 0:
        return found
    step = excess / slope
    return Enclosure(arithmetic.meet(found.value, guess * arithmetic.exp(step)), found.lower, found.upper)


def _margin(excess: Any, steepness: Any, least: Any, arithmetic: Any) -> Any:
    """Relative distance to a point where the sign is expected to be settled."""
    top = arithmetic.upper(excess)
    bound = top * 2 / steepness if top > 0 else least
    return arithmetic.upper(bound if bound > least else least)


def _sign(values: tuple[Any, Any, Any]) -> int:
    """Sign of ``left - right`` where it is certain, else 0."""
    excess = values[0] - values[1]
    return 1 if excess > 0 else -1 if excess < 0 else 0
