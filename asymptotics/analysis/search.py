"""One parameter moved, the others fixed: where the test error is least, by the sign of its derived slope."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.analysis.slopes import certified_slope, slope_at
from asymptotics.errors import PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, interval
from asymptotics.models.measures import AsDoubles, SpectralMeasure
from asymptotics.prediction.points import Place, Point
from asymptotics.prediction.risk import Risk
from asymptotics.solvers.bracket import bracketed_root

DOUBLE = 17
_PAIRED = 21
"""Digits of a slope for which levels are pairs of doubles all the way."""
ROUNDING = 1e-13
_WIDER = 0.01
_DECADES, _FEWER = 200, 16


@dataclass(frozen=True)
class Task:
    """One parameter to be moved, the others fixed.

    Attributes
    ----------
    place : Place
    moving : str
        ``lam``, or a size of the theory.
    point : callable
        The point at a value of it.
    risk : callable
        The risk at values of it.
    measure : SpectralMeasure
        The numbers that slopes are taken at.
    unit : float
        Values of this order lose no digits to cancellation in the slope.
    doubled : bool
        Whether pairs of doubles are precise enough for what is asked.
    """

    place: Place
    moving: str
    point: Callable[[Fraction], Point]
    risk: Callable[..., Risk]
    measure: SpectralMeasure = field(repr=False)
    unit: float = 1.0
    doubled: bool = False

    def slope(self, value: Fraction, digits: int) -> Any:
        """Derivative of the test error in the logarithm of the parameter.

        Parameters
        ----------
        value : Fraction
            Of the parameter that is optimized.
        digits : int
            Decimal digits of the answer.
        """
        # The terms of the slope are of the size of the test error; far out their sum falls like the parameter.
        lost = math.ceil(abs(_decades(value) - math.log10(self.unit)))
        wanted = digits + lost
        if self.doubled and lost <= _PAIRED // 2:  # pairs of doubles hold ten digits more
            wanted = min(wanted, _PAIRED)
        return slope_at(self.measure, self.point(value), self.moving, wanted)

    def solve(self, low: float, high: float, digits: int | None, certified: bool) -> Any:
        """Root of the slope between two values, as a float, an mpmath number or a proved ball.

        Parameters
        ----------
        low : float
            Where the slope has one sign.
        high : float
            Where it has the other.
        digits : int, optional
            Decimal digits; a float without them.
        certified : bool
            Whether the root is a proved ball.
        """
        wanted = DOUBLE if digits is None else digits
        # A value scanned may be the root: the bracket is widened, so that the slope differs from zero at its ends.
        ends = Fraction(low) * Fraction(1 - _WIDER), Fraction(high) * Fraction(1 + _WIDER)
        root = bracketed_root(self.slope, *ends, wanted)
        if certified:
            return self._prove(root, wanted)
        return float(root) if digits is None else Multiprecision(digits).convert(root)

    def _prove(self, root: Fraction, digits: int) -> Ball:
        below, above = root * (1 - Fraction(1, 10**digits)), root * (1 + Fraction(1, 10**digits))
        first, second = (
            certified_slope(self.measure, self.point(value), self.moving, 2 * digits + 10)
            for value in (below, above)
        )
        if not ((first < 0 and second > 0) or (first > 0 and second < 0)):
            raise PrecisionError(
                "the change of sign of the slope could not be proved", "ask for fewer digits"
            )
        return interval(below, above, digits)

    def descend(self, grid: np.ndarray, place: int, sign: int = 1) -> tuple[Any, Any]:
        """Two values around a minimum of the test error (a maximum for sign -1), found downhill from a grid point.

        Where the test error is flat to rounding, its slope is not. The first value is None where downhill leads to the
        start of the grid, the second where it leads to the end; both are one grid point where the slope vanishes there.

        Parameters
        ----------
        grid : ndarray
        place : int
            Where to begin.
        sign : int
        """

        def slope(index: int) -> Any:
            return sign * self.slope(Fraction(grid[index]), DOUBLE)

        near, here = place, slope(place)
        if here == 0:
            return grid[place], grid[place]
        step = -1 if here > 0 else 1
        while True:
            far = min(max(near + step, 0), grid.size - 1)
            if far == near:
                return (None, grid[near]) if step < 0 else (grid[near], None)
            there = slope(far)
            if there * step >= 0:
                return (grid[min(near, far)], grid[max(near, far)]) if there else (grid[far], grid[far])
            near, step = far, 2 * step

    def beyond(self, last: float, upwards: bool) -> tuple[Any, Any]:
        """Two values around a minimum past the end of a grid; None where the test error falls for ever.

        Parameters
        ----------
        last : float
            The end of the grid, from where the test error falls.
        upwards : bool
            Whether it is the upper end.
        """
        direction = 1 if upwards else -1
        near, rounded = Fraction(last), self.doubled or self.place.equations.measure.unending
        for far in _outwards(near, direction, _FEWER if rounded else _DECADES):
            if self.slope(far, DOUBLE) * direction >= 0:
                return (float(near), float(far)) if upwards else (float(far), float(near))
            near = far
        return None, None

    def is_flat(self, grid: np.ndarray, test: np.ndarray) -> bool:
        """Whether the test error does not depend on the parameter at all.

        Parameters
        ----------
        grid, test : ndarray
            Values of the parameter and of the test error.
        """
        largest = float(np.nanmax(test))
        if not math.isfinite(largest) or largest - float(np.nanmin(test)) > ROUNDING * largest:
            return False
        places = [grid[(grid.size - 1) * k // 4] for k in (1, 2, 3)]
        return all(
            abs(self.slope(Fraction(x), 2 * DOUBLE)) <= 10 ** (-1.5 * DOUBLE) * largest for x in places
        )


def _decades(value: Fraction) -> float:
    """Common logarithm of a positive fraction, to the nearest whole number or better."""
    return math.log10(value.numerator) - math.log10(value.denominator)


def _outwards(start: Fraction, direction: int, decades: int) -> Iterator[Fraction]:
    for k in range(4, decades, 4):
        yield start * Fraction(10) ** (direction * k)


def measure_for(place: Place, digits: int | None, certified: bool) -> SpectralMeasure:
    """The numbers that slopes are taken at: rounded ones where double precision is asked for and degrees do not end.

    Parameters
    ----------
    place : Place
    digits : int or None
    certified : bool
    """
    measure = place.equations.measure
    if digits is not None or certified or not (measure.truncated or measure.unending):
        return measure
    finite = [float(size) for size in place.sizes.values() if size != math.inf]
    return AsDoubles(measure, max(finite, default=1.0))
