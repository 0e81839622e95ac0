"""Levels of the kernel operator on the sphere in finite dimension, and how many of them digits need.

Infinitely many degrees are treated as a tail of eigenvalue zero, which shifts the trace of S(S+nu)^{-1} by at most
``tail * largest/nu^2``, ``largest`` the largest eigenvalue in the tail. Where more than ``SIMPLE_DEGREES`` would be
needed and the tail's second moment is known, one eigenvalue with the first two moments takes its place (the one-point
Gauss rule): the shift is then ``second * largest/nu^3``. Enough degrees are resolved that this is below the digits
asked for, or :class:`~asymptotics.errors.PrecisionError` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import PrecisionError
from asymptotics.functions.exact import double
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.limit_measures import exact_powers
from asymptotics.models.measures import STEP, TAIL, Numbers, SpectralMeasure

MOST_DEGREES = 2000
SIMPLE_DEGREES = 160
SECOND_ORDER = 3
"""Half the largest second derivative of ``1/(x + nu)``, ``nu/(x + nu)^2`` and ``x/(x + nu)^2``, times ``nu^3``."""

_NEGLIGIBLE, _OUTWEIGHED = 1e-17, 3e-7
_SMALLEST_TAIL = 1e-30
_MOST_MULTIPLE = 1e300
"""Degrees of larger multiplicity are not kept one by one in doubles."""


@dataclass(frozen=True)
class SphereLevels(SpectralMeasure):
    """Levels of the kernel operator on the sphere in finite dimension, degree by degree.

    Attributes
    ----------
    model : object
        With ``target``, ``noise`` and ``expand``, ``expand_certified``, ``expand_squares``.
    d : int
    """

    model: Any
    d: int
    truncated: ClassVar[bool] = True

    def degrees(self, size: float) -> tuple[int, ...]:
        """The degree of every level that :meth:`doubles` resolves."""
        top, target = degrees_needed(self.d, size, self.model.multiplicity), self.model.target
        powers = [float(power) for power in self.model.expand(self.d, top).powers]
        seen = [_share(powers[k], self.model.multiplicity(self.d, k)) > 0 for k in range(top + 1)]
        return tuple(k for k in range(top + 1) if seen[k] or float(target.power(k)) > 0)

    def doubles(self, size: float) -> Numbers:
        """Levels that matter for a smaller size of ``size``, and the rest as a tail."""
        model, d = self.model, self.d
        top = max(degrees_needed(d, size, model.multiplicity), model.target.largest_degree)
        expansion = self._with_what_acts(top)
        top = len(expansion.powers) - 1
        counts = [model.multiplicity(d, k) for k in range(top + 1)]
        powers = [float(value) for value in expansion.powers]
        eigenvalues = np.array([_share(power, count) for power, count in zip(powers, counts, strict=True)])
        weights = np.array([float(count) for count in counts])
        target = np.array([float(model.target.power(k)) for k in range(top + 1)])
        tail = float(expansion.tail)
        # A degree without eigenvalue and without target has no effect: leave it out.
        keep = (eigenvalues > 0) | (target > 0)
        rest = {"T": tail, "B": float(model.target.above(top))}
        spectrum = Spectrum(eigenvalues[keep], {"T": weights[keep], "B": target[keep]}, rest)
        above = model.multiplicity(d, top + 1)
        truncation: tuple[float, int] = (tail * math.sqrt(_share(1.0, above)), 2)
        squares = self._squares(top, 16) if tail > _SMALLEST_TAIL * expansion.total else None
        if squares is not None:
            second = float(squares.tail)
            spectrum = gathered(spectrum, second)
            truncation = (math.cbrt(SECOND_ORDER * second * math.sqrt(_share(second, above))), 3)
        rank = math.inf if tail > 0 else float(weights[eigenvalues > 0].sum())
        scalars = {"noise": double("noise", model.noise)}
        return Numbers(scalars, spectrum, float(sum(powers)) + tail, rank, truncation)

    def _with_what_acts(self, top: int) -> Expansion:
        """Degrees up to one, and as many more as it takes for those kept to outweigh what is not.

        A polynomial of high degree alone has its power where degrees are many: far below the effective ridge, where it
        leaves the first trace to the tail, but makes up all of the second.
        """
        while True:
            expansion, above = (
                self.model.expand(self.d, top),
                max(self.model.multiplicity(self.d, top + 1), 1),
            )
            if top >= SIMPLE_DEGREES or above >= _MOST_MULTIPLE or expansion.tail == 0:
                return expansion
            # The effective ridge of the largest size that this many degrees are meant for, without a ridge.
            pole = float(expansion.total) / (above * _NEGLIGIBLE)
            kept = math.hypot(
                *(self._acting(k, float(power), pole) for k, power in enumerate(expansion.powers))
            )
            if float(expansion.tail) / math.sqrt(above) <= _OUTWEIGHED * kept:
                return expansion
            top += 1

    def _acting(self, degree: int, power: float, pole: float) -> float:
        """Root of a degree's share of the trace of S^2 (S + nu)^{-2}, times the pole nu."""
        count = max(self.model.multiplicity(self.d, degree), 1)
        return power * pole / (_share(power, count) + pole) / math.sqrt(count)

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels of a precision; the tail gathered in one eigenvalue where its second moment is known."""
        digits = arithmetic.digits
        expansion = self.model.expand(self.d, degrees, digits)
        data = self._assembled(expansion.powers, expansion.tail, arithmetic)
        squares = self._squares(degrees, digits)
        if squares is None or data.spectrum is None or expansion.tail == 0:
            return data
        spectrum = gathered(data.spectrum, arithmetic.convert(squares.tail))
        return Numbers(data.scalars, spectrum, data.trace)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved levels, and what bounds the eigenvalues in the tail."""
        expansion = self.model.expand_certified(self.d, degrees, arithmetic.digits)
        data = self._assembled(expansion.powers, expansion.tail, arithmetic)
        largest = expansion.tail / max(self.model.multiplicity(self.d, degrees + 1), 1)
        return Numbers({**data.scalars, TAIL: arithmetic.to(largest)}, data.spectrum, data.trace)

    def exactly(self, arithmetic: Any, degrees: int) -> Numbers:
        """Levels from coefficients that are given exactly."""
        values, tail = exact_powers(self.model, degrees)
        return self._assembled(values, tail, arithmetic)

    def _assembled(self, powers: Any, tail: Any, arithmetic: Any) -> Numbers:
        convert, target = arithmetic.convert, self.model.target
        top = len(powers) - 1
        counts = [self.model.multiplicity(self.d, k) for k in range(top + 1)]
        wanted = [Fraction(target.power(k)) for k in range(top + 1)]
        keep = [k for k in range(top + 1) if not (powers[k] == 0 and wanted[k] == 0)]
        spectrum = Spectrum(
            arithmetic.array([convert(powers[k]) / convert(max(counts[k], 1)) for k in keep]),
            {
                "T": arithmetic.array([counts[k] for k in keep]),
                "B": arithmetic.array([wanted[k] for k in keep]),
            },
            {"T": convert(tail), "B": convert(Fraction(target.above(top)))},
        )
        scalars = {"noise": convert(Fraction(self.model.noise))}
        return Numbers(scalars, spectrum, spectrum.trace)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Sum of the multiplicities of the degrees that are present; infinite with a tail."""
        return _sphere_rank(self.model, self.d, degrees)

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return float(self.model.expand(self.d, 1).total)

    def first_degrees(self, size: float) -> int:
        """Degrees whose multiplicity is not far above the size."""
        degree = max(self.model.target.largest_degree, 1)
        while degree < 60 and self.model.multiplicity(self.d, degree + 1) < 1e14 * size:
            degree += 1
        return degree

    def resolution(self, sizes: np.ndarray) -> np.ndarray:
        """Degrees kept one by one at each size."""
        found = (self.model.multiplicity(self.d, k + 1) for k in range(1, SIMPLE_DEGREES))
        counts = np.maximum.accumulate([float(min(count, _MOST_MULTIPLE)) for count in found])
        wanted = np.minimum(sizes, _MOST_MULTIPLE * _NEGLIGIBLE) / _NEGLIGIBLE
        return 1 + np.searchsorted(counts, wanted, side="left")

    def acting_degrees(self, start: int) -> int:
        """Degrees, at least so many, of which one acts."""
        while start < MOST_DEGREES:
            expansion = self.model.expand(self.d, start, STEP)
            if expansion.tail == 0 or any(power != 0 for power in expansion.powers):
                return start
            start = min(2 * start, MOST_DEGREES)
        raise PrecisionError(
            f"no degree up to {MOST_DEGREES} of the spectrum acts", "leave digits= out, or take a larger d"
        )

    def enough_degrees(self, start: int, digits: int, scale: int, ridge: int) -> int:
        """Degrees after which the shift of the trace by the tail is below the digits.

        Parameters
        ----------
        start : int
            Degrees to begin with.
        digits : int
            Decimal digits.
        scale : int
            Power of ten of the samples.
        ridge : int
            Power of ten of the ridge.
        """
        return _enough_degrees(self, start, digits, scale, ridge)

    def more_degrees(self, degrees: int) -> int:
        """Three times as many where the tail is an interval, and not gathered in one eigenvalue."""
        return min(3 * degrees, MOST_DEGREES) if degrees >= SIMPLE_DEGREES else degrees

    def _squares(self, degrees: int, digits: int) -> Expansion | None:
        """Second moments, with that many degrees resolved; None where the tail is left as it is."""
        if degrees < SIMPLE_DEGREES:
            return None
        try:
            found = self.model.expand_squares(self.d, degrees, STEP)
        except PrecisionError:  # a smooth kernel, with next to nothing in its tail
            return None
        if found is None or digits <= STEP:
            return found
        return self.model.expand_squares(self.d, degrees, digits)


def degrees_needed(d: int, size: float, multiplicity: Callable[[int, int], int] = multiplicity) -> int:
    """Degrees to keep one by one, so that all higher ones act as a tail to rounding at the given size.

    Parameters
    ----------
    d : int
        Dimension.
    size : float
        The largest of the smaller sizes.
    multiplicity : callable
        Number of eigenfunctions of a degree in a dimension.
    """
    degree = 1
    while degree < SIMPLE_DEGREES and multiplicity(d, degree + 1) < min(size / _NEGLIGIBLE, _MOST_MULTIPLE):
        degree += 1
    return degree


def _share(value: float, count: int) -> float:
    """A number divided by a multiplicity, which may be beyond all doubles."""
    if count == 0:
        return 0.0
    return value / count if count < _MOST_MULTIPLE else float(Fraction(value) / count)


def gathered(spectrum: Spectrum, second: Any) -> Spectrum:
    """The spectrum with its tail in one eigenvalue: of the same sum, and the given sum of squares.

    Parameters
    ----------
    spectrum : Spectrum
        With a tail.
    second : number
        Second moment of the tail.
    """
    first = spectrum.tails["T"]

    def more(values: np.ndarray, value: Any) -> np.ndarray:
        return np.array([*values.tolist(), value], dtype=values.dtype)

    weights = {
        "T": more(spectrum.weights["T"], first * first / second),
        "B": more(spectrum.weights["B"], 0 * first),
    }
    return Spectrum(more(spectrum.eigenvalues, second / first), weights, {**spectrum.tails, "T": 0 * first})


@lru_cache(maxsize=256)
def _sphere_rank(model: Any, d: int, degrees: int) -> int | float:
    expansion = model.expand(d, degrees, STEP)
    if expansion.tail != 0:
        return math.inf
    return sum(model.multiplicity(d, k) for k, power in enumerate(expansion.powers) if power != 0)


@lru_cache(maxsize=512)
def _enough_degrees(measure: SphereLevels, start: int, digits: int, scale: int, ridge: int) -> int:
    d, top = measure.d, start
    while True:
        expansion = measure.model.expand(d, top, STEP)
        if expansion.tail == 0:
            return top
        most = {
            degree: math.log10(max(measure.model.multiplicity(d, degree + 1), 1))
            for degree in range(start, top + 1)
        }
        rest = {degree: 2 * logarithm(expansion.above(degree)) - most[degree] for degree in most}
        if min(rest.values()) > scale - digits and (squares := measure._squares(top, STEP)):
            # No eigenvalue in the tail exceeds the root of the second moment over its multiplicity.
            for degree in range(max(start, SIMPLE_DEGREES), top + 1):
                second = (3 * logarithm(squares.above(degree)) - most[degree]) / 2
                rest[degree] = second - ridge + math.log10(SECOND_ORDER)
        for degree, size in rest.items():
            if size <= scale - digits:
                return degree
        if top == MOST_DEGREES:
            reached = max(int(scale - rest[top]) - 8, 1)
            raise PrecisionError(
                f"the spectrum in dimension {d} decays too slowly for so many digits",
                f"ask for at most {reached} digits, or take a larger d",
            )
        start, top = top, min(2 * top, MOST_DEGREES)


def logarithm(value: Any) -> float:
    """Common logarithm of a positive float or mpmath number, whatever its size."""
    return (
        math.log10(value) if isinstance(value, float) else Multiprecision(15).logarithm(value) / math.log(10)
    )
