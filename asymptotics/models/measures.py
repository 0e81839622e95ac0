"""The numbers behind a model's averages, in every arithmetic: the only kinds there are.

Levels of the sphere (:mod:`asymptotics.models.sphere_levels`), scalars in the proportional limit and in polynomial
scaling (:mod:`asymptotics.models.limit_measures`), levels that are given (:mod:`asymptotics.models.given_levels`),
power laws without an end (:mod:`asymptotics.models.power_law_levels`), and own constants
(:class:`asymptotics.models.constants.Constants`). Theory asks them; it does not know which one it has.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision, ScalarFloat
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.pairs import PAIR_DIGITS
from asymptotics.lowering.program import Spectrum

TAIL = "tail_eigenvalue"
"""Input of the programs of a proof: the eigenvalue of what is not resolved, anywhere up to a bound."""

STEP = 32
"""Digits are computed, and remembered, in multiples of this."""


@dataclass(frozen=True)
class Numbers:
    """A model's constants and spectrum in the numbers of one arithmetic.

    Attributes
    ----------
    scalars : mapping
        Inputs of the programs that describe the model, noise included.
    spectrum : Spectrum or None
        Levels and tails.
    trace : number
        Sum of the eigenvalues that samples or features can resolve: the scale of the effective ridge.
    rank : float
        Number of positive eigenvalues (doubles only; see :meth:`SpectralMeasure.rank`).
    truncation : tuple of float
        ``c, m``: the trace of S(S+nu)^{-1} is known up to ``(c/nu)^m``, degrees above the last not being resolved.
    reach : float
        The least effective ridge down to which they are right to rounding.
    """

    scalars: Mapping[str, Any]
    spectrum: Spectrum | None
    trace: Any
    rank: Any = math.inf
    truncation: tuple[float, int] = (0.0, 0)
    reach: float = 0.0


class SpectralMeasure(ABC):
    """What theory asks of a model besides its equations; values, compared and remembered by what they hold."""

    @abstractmethod
    def doubles(self, size: float) -> Numbers:
        """Numbers in double precision, resolved for problems up to a smaller size of ``size``."""

    def first(self, size: float) -> Numbers:
        """Numbers to begin with: those of :meth:`doubles`, or fewer that say how far they reach."""
        return self.doubles(size)

    def finer(self, reach: float) -> Numbers:
        """Numbers that reach below an effective ridge, where the first ones end."""
        return self.doubles(reach)

    @abstractmethod
    def in_digits(self, degrees: int, arithmetic: Multiprecision) -> Numbers:
        """Numbers of a precision, with that many degrees resolved.

        Parameters
        ----------
        degrees : int
            Resolved one by one.
        arithmetic : Multiprecision
            Numbers of a precision.
        """

    @abstractmethod
    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Balls proved to contain them, and a ball for :data:`TAIL`; the arithmetic's precision is in force.

        Parameters
        ----------
        degrees : int
            Resolved one by one.
        arithmetic : Balls
            Balls.
        """

    @abstractmethod
    def rank(self, degrees: int) -> int | float | Fraction:
        """Number of positive eigenvalues, from what is exactly zero."""

    @property
    @abstractmethod
    def power(self) -> float:
        """Mean squared norm of the features: the unit of a ridge."""

    truncated: ClassVar[bool] = False
    """Whether degrees beyond those resolved have an effect, which more of them make smaller."""

    unending: ClassVar[bool] = False
    """The same, where no number of digits resolves them: slopes are those of the doubles."""

    complex_proofs: ClassVar[bool] = True
    """Whether balls also hold for averages at complex effective ridges."""

    def decays(self) -> tuple[Fraction, Fraction]:
        """Exponents of eigenvalues and of the target's powers, where both are power laws without an end.

        Raises
        ------
        InputError
            If they are not.
        """
        advice = "SpectralRidge.power_law(decay=, target_decay=)"
        raise InputError("model", "this spectrum", "a power law without an end", advice)

    def resolution(self, sizes: np.ndarray) -> np.ndarray:
        """Which doubles serve each smaller size: equal numbers share them, and no answer depends on its neighbours."""
        return np.zeros(sizes.shape, dtype=int)

    def first_degrees(self, size: float) -> int:
        """Degrees that suffice for a first solution in double precision."""
        return 0

    def require_digits(self, degrees: int, digits: int) -> None:
        """Raise PrecisionError where degrees that are not resolved would be seen in so many digits.

        Parameters
        ----------
        degrees, digits : int
        """
        return

    def enough_degrees(self, start: int, digits: int, scale: int, ridge: int) -> int:
        """Degrees after which the rest is known well enough for the given number of digits.

        Parameters
        ----------
        start : int
            Least number of degrees.
        digits : int
        scale : int
            Common logarithm, rounded down, of ``nu^2`` times the trace against which a shift counts.
        ridge : int
            Common logarithm of ``nu``, rounded down.

        Raises
        ------
        PrecisionError
            If more than ``MOST_DEGREES`` degrees would be needed.
        """
        return start

    def acting_degrees(self, start: int) -> int:
        """Degrees, at least so many, of which one acts.

        Raises
        ------
        PrecisionError
            If none of the first ``MOST_DEGREES`` does.
        """
        return start

    def certain_rank(self, data: Numbers) -> bool:
        """Whether proved numbers leave no doubt that there is no tail."""
        return data.spectrum is not None and bool(data.spectrum.tails["T"] == 0)

    def more_degrees(self, degrees: int) -> int:
        """Degrees for another attempt at a proof whose balls came out too wide."""
        return degrees

    def exactly(self, arithmetic: Any, degrees: int) -> Numbers:
        """Numbers of an exact arithmetic.

        Parameters
        ----------
        arithmetic : arithmetic
            Of exact numbers.
        degrees : int
            Resolved one by one.

        Raises
        ------
        InputError
            If they are not rational.
        """
        raise InputError("digits", None, "given, unless the activation is given by its coefficients")

    def in_pairs(self, arithmetic: Multiprecision) -> Numbers | None:
        """Numbers of a precision with levels in pairs of doubles; none unless there are many of moderate size."""
        return None

    @property
    def many_levels(self) -> int:
        """How many levels there are where pairs of doubles serve them; zero elsewhere."""
        found = _in_pairs(self, STEP)
        return 0 if found is None or found.spectrum is None else found.spectrum.eigenvalues.high.size

    def numbers(self, degrees: int, arithmetic: Any, moderate: bool = False) -> Numbers:
        """Numbers of a multiple precision, or in double precision read off them; remembered.

        Parameters
        ----------
        degrees : int
            Resolved one by one.
        arithmetic : Arithmetic
        moderate : bool
            Whether what they are combined with is of moderate size, so that pairs of doubles hold it.
        """
        if isinstance(arithmetic, ScalarFloat):
            return _read_off(self, degrees)
        if moderate and arithmetic.digits <= PAIR_DIGITS and (quick := _in_pairs(self, arithmetic.digits)):
            return quick
        return _in_digits(self, degrees, -(-arithmetic.digits // STEP) * STEP)

    def balls(self, degrees: int, digits: int) -> Numbers:
        """Balls around the numbers, and around the eigenvalues in the tail; remembered.

        Parameters
        ----------
        degrees : int
            Resolved one by one.
        digits : int
            Decimal digits of the balls.

        Raises
        ------
        PrecisionError
            If the model's coefficients cannot be enclosed.
        """
        return _in_balls(self, degrees, digits)


@lru_cache(maxsize=512)
def _in_digits(measure: SpectralMeasure, degrees: int, digits: int) -> Numbers:
    return measure.in_digits(degrees, Multiprecision(digits))


@lru_cache(maxsize=64)
def _in_pairs(measure: SpectralMeasure, digits: int) -> Numbers | None:
    return measure.in_pairs(Multiprecision(digits))


@lru_cache(maxsize=256)
def _in_balls(measure: SpectralMeasure, degrees: int, digits: int) -> Numbers:
    arithmetic = Balls(digits)
    with arithmetic.precision():
        return measure.in_balls(degrees, arithmetic)


@lru_cache(maxsize=256)
def _read_off(measure: SpectralMeasure, degrees: int) -> Numbers:
    if measure.many_levels:
        return measure.doubles(math.inf)
    accurate = _in_digits(measure, degrees, STEP)
    scalars = {name: float(value) for name, value in accurate.scalars.items()}
    levels = accurate.spectrum
    if levels is None:
        return Numbers(scalars, None, float(accurate.trace))
    weights = {name: value.astype(float) for name, value in levels.weights.items()}
    tails = {name: float(value) for name, value in levels.tails.items()}
    spectrum = Spectrum(levels.each_letter(lambda row: row.astype(float)), weights, tails)
    return Numbers(scalars, spectrum, float(accurate.trace))


@dataclass(frozen=True)
class AsDoubles(SpectralMeasure):
    """What doubles make of a measure, taken as exact: degrees that are not resolved stay gathered in its tail.

    Attributes
    ----------
    measure : SpectralMeasure
    size : float
        Smaller sizes up to this are resolved as well as double precision does.
    """

    measure: SpectralMeasure
    size: float

    def doubles(self, size: float) -> Numbers:
        """The doubles themselves."""
        return self.measure.doubles(self.size)

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The same numbers in an arithmetic."""
        data = self.doubles(self.size)
        scalars = {name: arithmetic.convert(value) for name, value in data.scalars.items()}
        if data.spectrum is None:
            return Numbers(scalars, None, arithmetic.convert(data.trace), data.rank)
        levels = data.spectrum
        spectrum = Spectrum(
            levels.each_letter(lambda row: arithmetic.array(row.tolist())),
            {name: arithmetic.array(row.tolist()) for name, row in levels.weights.items()},
            {name: arithmetic.convert(value) for name, value in levels.tails.items()},
        )
        return Numbers(scalars, spectrum, arithmetic.convert(data.trace), data.rank)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Nothing is proved about rounded numbers."""
        raise PrecisionError("rounded levels prove nothing", "give digits=")

    def rank(self, degrees: int) -> int | float | Fraction:
        """Number of positive eigenvalues."""
        return self.doubles(self.size).rank

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return self.measure.power
