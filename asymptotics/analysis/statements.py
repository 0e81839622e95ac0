"""Statements about whole curves, proved by subdivision: enclosures, local extrema, one curve below another.

Pieces of the range on which a statement is not decided by the enclosures of :mod:`asymptotics.analysis.curves` are
divided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from asymptotics.analysis.curves import SHOWN, Arc, Curve, Extremum
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.exact import exact_number
from asymptotics.lowering.balls import Ball, interval

_NARROW = Fraction(1, 10**12)


@dataclass(frozen=True)
class CertifiedCurve:
    """Piecewise enclosure of a curve.

    Attributes
    ----------
    curve : Curve
    pieces : tuple of Extremum
        In order; neighbours share an end.
    """

    curve: Curve
    pieces: tuple[Extremum, ...]

    def __call__(self, value: Any) -> Ball:
        """Enclosure on the piece that holds the value."""
        exact = exact_number(self.curve.over, value)
        for piece in self.pieces:
            if piece.lower <= exact <= piece.upper:
                return piece.value
        raise InputError(self.curve.over, value, "a value in the range of the curve")


@dataclass(frozen=True)
class Extrema:
    """Every local extremum of a curve inside a range, each in a proved interval.

    Attributes
    ----------
    minima, maxima : tuple of Ball
        Intervals of the parameter that hold exactly one each.
    """

    minima: tuple[Ball, ...]
    maxima: tuple[Ball, ...]


def _initial(curve: Curve, between: tuple[Any, Any]) -> list[tuple[Fraction, Fraction]]:
    """The range, divided where the chart changes."""
    lower, upper = (exact_number("between", value) for value in between)
    if not 0 < lower < upper:
        raise InputError("between", between, "two positive numbers, the smaller one first")
    border = curve.threshold()
    ends = [lower, *([border] if border is not None and lower < border < upper else []), upper]
    return list(pairwise(ends))


def _middle(lower: Fraction, upper: Fraction) -> Fraction:
    """A point near the geometric mean, with few digits."""
    guess = Fraction(math.sqrt(float(lower) * float(upper)))
    return guess if lower < guess < upper else (lower + upper) / 2


def _subdivide(
    curve: Curve, between: tuple[Any, Any], accept: Callable[[Extremum], bool], most: int
) -> tuple[Extremum, ...]:
    """Pieces that cover the range, every one accepted.

    Raises
    ------
    PrecisionError
        If more than ``most`` pieces would be needed, or a piece becomes too narrow.
    """
    waiting, done = _initial(curve, between)[::-1], []
    while waiting:
        lower, upper = waiting.pop()
        local = Arc(curve, lower, upper).local()
        if local is not None and accept(local):
            done.append(local)
            continue
        if len(waiting) + len(done) >= most or upper - lower < upper * _NARROW:
            raise PrecisionError(
                f"not decided close to {curve.over} = {float(lower):.9g}",
                "narrow the range, or allow more pieces",
            )
        middle = _middle(lower, upper)
        waiting += [(middle, upper), (lower, middle)]
    return tuple(done)


def certify_curve(
    curve: Curve, between: tuple[Any, Any], *, tolerance: float = 1e-2, most: int = 20000
) -> CertifiedCurve:
    """Enclose a curve on a whole range of its parameter.

    Parameters
    ----------
    curve : Curve
    between : (number, number)
        Positive ends of the range.
    tolerance : float
        Largest relative radius of an enclosure.
    most : int
        Most pieces.

    Returns
    -------
    CertifiedCurve

    Raises
    ------
    PrecisionError
        If the tolerance is not reached: the curve diverges in the range, or more pieces are needed.

    References
    ----------
    docs/howto/digits_and_proofs.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> curve = Curve(model, asy.Proportional(psi1=1, psi2=3), ridge="0.1", over="features")
    >>> bool(certify_curve(curve, (1, 2), tolerance=0.5)("1.5") < 1)
    True
    """

    def accept(local: Extremum) -> bool:
        return float(local.value.rad) <= tolerance * abs(float(local.value.mid))

    return CertifiedCurve(curve, _subdivide(curve, between, accept, most))


def local_extrema(curve: Curve, between: tuple[Any, Any], *, most: int = 20000) -> Extrema:
    """Find every local extremum inside a range, and prove that there are no others.

    Parameters
    ----------
    curve, between, most
        As for :func:`certify_curve`.

    Returns
    -------
    Extrema

    Raises
    ------
    PrecisionError
        If it is not decided whether some piece holds an extremum.

    References
    ----------
    docs/howto/digits_and_proofs.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> curve = Curve(model, asy.Proportional(psi1=1, psi2=3), ridge="0.001", over="features")
    >>> found = local_extrema(curve, ("0.05", 60))
    >>> len(found.minima), len(found.maxima)
    (1, 1)
    """
    minima: list[Ball] = []
    maxima: list[Ball] = []

    def accept(local: Extremum) -> bool:
        if local.slope > 0 or local.slope < 0:
            return True
        if not (local.curvature > 0 or local.curvature < 0):
            return False
        piece = Arc(curve, local.lower, local.upper)
        signs = [_sign(piece.coefficients(end, 2)) for end in (local.lower, local.upper)]
        if 0 in signs:
            return False
        if signs[0] != signs[1]:
            (minima if signs[0] < 0 else maxima).append(interval(local.lower, local.upper, SHOWN))
        return True

    _subdivide(curve, between, accept, most)
    return Extrema(tuple(minima), tuple(maxima))


def _sign(coefficients: list[Any] | None) -> int:
    """Sign of the slope at a point, zero where it is not certain."""
    if coefficients is None:
        return 0
    return 1 if coefficients[1] > 0 else -1 if coefficients[1] < 0 else 0


def count_local_minima(curve: Curve, between: tuple[Any, Any], *, most: int = 20000) -> int:
    """Number of local minima inside a range, proved; parameters and errors are those of :func:`local_extrema`.

    Parameters
    ----------
    curve : Curve
    between : pair of numbers
        Range of the curve's parameter.
    most : int
        Intervals after which the search gives up.

    Returns
    -------
    int

    Raises
    ------
    PrecisionError
        If the count cannot be proved within so many intervals.

    References
    ----------
    docs/howto/digits_and_proofs.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> curve = Curve(model, asy.Proportional(psi1=1, psi2=3), ridge="0.1", over="features")
    >>> count_local_minima(curve, ("0.5", 5))
    0
    """
    return len(local_extrema(curve, between, most=most).minima)


def is_below(first: Curve, second: Curve | Any, between: tuple[Any, Any], *, most: int = 20000) -> bool:
    """Whether one curve lies strictly below another, or below a number, on a whole range: proved, or disproved.

    Parameters
    ----------
    first : Curve
    second : Curve or number
        Over the same parameter.
    between, most
        As for :func:`certify_curve`.

    Returns
    -------
    bool

    Raises
    ------
    PrecisionError
        If it is not decided: the curves touch, or come too close.

    References
    ----------
    docs/howto/digits_and_proofs.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.5")
    >>> curve = Curve(model, asy.Proportional(psi1=1, psi2=3), ridge="0.1", over="features")
    >>> is_below(curve, 2, (1, 2))
    True
    """
    bound = None if isinstance(second, Curve) else exact_number("second", second)
    counterexample = False

    def accept(local: Extremum) -> bool:
        nonlocal counterexample
        other: Any = bound
        if bound is None:
            found = Arc(second, local.lower, local.upper).local()
            if found is None:
                return False
            other = found.value
        if local.value < other:
            return True
        counterexample = counterexample or local.value > other
        return counterexample

    if isinstance(second, Curve) and second.over != first.over:
        raise InputError("second", second, f"a curve over {first.over}")
    ranges = [between]
    if isinstance(second, Curve):
        border = second.threshold()
        lower, upper = (exact_number("between", value) for value in between)
        if border is not None and lower < border < upper:
            ranges = [(lower, border), (border, upper)]
    for part in ranges:
        _subdivide(first, part, accept, most)
    return not counterexample
