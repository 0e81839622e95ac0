"""Ball arithmetic: the numbers of a proof.

The files of the numeric wing that name python-flint are this one, its complex sibling and that of power series.

A ball is a midpoint and a radius; every operation returns a ball that contains all results of the operation on
numbers in its arguments. Precision is that of a context (:meth:`Balls.precision`) that one thread at a time is in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import mpmath
from flint import arb, arb_mat, fmpq
from mpmath.libmp import from_man_exp

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Objects, decimal_context
from asymptotics.resources import Exclusively


def _precision(bits: int) -> Exclusively:
    """Context manager: balls inside it are computed with that many bits, by one thread at a time."""
    return Exclusively(flint.ctx.workprec, bits)


class Ball:
    """A real number enclosed with a proof.

    Parameters
    ----------
    enclosure : flint.arb
    digits : int
        Decimal digits that are printed.

    Examples
    --------
    >>> third = Ball(arb(1) / 3, 12)
    >>> print(third)
    [0.333333333333 +/- 3.34e-13]
    >>> third.contains(Fraction(1, 3)), third < 1
    (True, True)
    """

    __slots__ = ("digits", "enclosure")

    def __init__(self, enclosure: Any, digits: int) -> None:
        # Adding zero rounds the midpoint and puts the rounding into the radius.
        with _precision(decimal_context(digits).prec):
            self.enclosure = enclosure + 0
        self.digits = digits

    @classmethod
    def read(cls, text: str, digits: int) -> Ball:
        """The ball that a text such as ``[0.25 +/- 1e-17]`` shows; ``ValueError`` if it is none."""
        with _precision(decimal_context(digits).prec):
            return cls(arb(text.removeprefix("+")), digits)

    @property
    def mid(self) -> mpmath.mpf:
        """Midpoint."""
        context = decimal_context(self.digits)
        if not self.enclosure.is_finite() or self.enclosure.is_nan():
            return context.mpf(float(self.enclosure))
        mantissa, exponent = self.enclosure.mid().man_exp()
        return context.make_mpf(from_man_exp(int(mantissa), int(exponent), context.prec, "n"))

    @property
    def rad(self) -> mpmath.mpf:
        """Radius, rounded up; zero for infinities."""
        context = decimal_context(10)
        if not self.enclosure.is_finite():
            return context.mpf(0)
        mantissa, exponent = self.enclosure.rad().man_exp()
        return context.make_mpf(from_man_exp(int(mantissa), int(exponent), 40, "u"))

    @property
    def lower(self) -> mpmath.mpf:
        """Lower end."""
        with _precision(self._bits()):
            return self._end(self.enclosure.lower(), "f")

    @property
    def upper(self) -> mpmath.mpf:
        """Upper end."""
        with _precision(self._bits()):
            return self._end(self.enclosure.upper(), "c")

    def _end(self, end: Any, rounding: str) -> mpmath.mpf:
        context = decimal_context(self.digits)
        if not end.is_finite():
            return context.mpf(float(end))
        mantissa, exponent = end.man_exp()
        return context.make_mpf(from_man_exp(int(mantissa), int(exponent), context.prec, rounding))

    def contains(self, value: Any) -> bool:
        """Whether a number lies in the ball, for certain (a decimal string is the exact decimal)."""
        if value in (math.inf, -math.inf) or not self.enclosure.is_finite():
            return bool(float(self.enclosure) == value)
        with _precision(4 * self._bits()):
            return bool(self.enclosure.contains(exact_ball(value)))

    def overlaps(self, other: Ball) -> bool:
        """Whether two balls have a point in common."""
        return bool(self.enclosure.overlaps(other.enclosure))

    def _bits(self) -> int:
        mantissa, _ = self.enclosure.mid().man_exp() if self.enclosure.is_finite() else (1, 0)
        return max(int(mantissa).bit_length(), bits_for(self.digits)) + 64

    def _operate(self, other: Any, name: str) -> Any:
        if isinstance(other, Ball):
            digits, value = min(self.digits, other.digits), other.enclosure
        elif isinstance(other, (int, float, Fraction, mpmath.mpf)):
            digits, value = self.digits, None
        else:
            return NotImplemented
        with _precision(self._bits()):
            return Ball(getattr(self.enclosure, name)(exact_ball(other) if value is None else value), digits)

    def __add__(self, other: Any) -> Any:
        return self._operate(other, "__add__")

    def __sub__(self, other: Any) -> Any:
        return self._operate(other, "__sub__")

    def __mul__(self, other: Any) -> Any:
        return self._operate(other, "__mul__")

    def __truediv__(self, other: Any) -> Any:
        return self._operate(other, "__truediv__")

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __neg__(self) -> Ball:
        return Ball(-self.enclosure, self.digits)

    def sqrt(self) -> Ball:
        """Square root; the part of the ball below zero is left out."""
        with _precision(self._bits()):
            return Ball(self.enclosure.nonnegative_part().sqrt(), self.digits)

    def angle_share(self, square: Ball) -> Ball:
        """``arccos(self/sqrt(square))/pi``, for a mean product and a mean square of two Gaussians."""
        digits = min(self.digits, square.digits)
        with _precision(self._bits()):
            rest = (square.enclosure - self.enclosure * self.enclosure).nonnegative_part().sqrt()
            return Ball(arb.atan2(rest, self.enclosure) / arb.pi(), digits)

    def __lt__(self, other: Any) -> bool:
        """Whether every number of the ball is smaller than every number of the other."""
        return bool(self.enclosure < (other.enclosure if isinstance(other, Ball) else exact_ball(other)))

    def __gt__(self, other: Any) -> bool:
        """Whether every number of the ball is larger than every number of the other."""
        return bool(self.enclosure > (other.enclosure if isinstance(other, Ball) else exact_ball(other)))

    def __float__(self) -> float:
        return float(self.mid)

    def __str__(self) -> str:
        return str(self.enclosure.str(self.digits)) if self.enclosure.is_finite() else str(self.mid)

    def __repr__(self) -> str:
        return f"Ball({self})"

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.enclosure.is_finite():
            return _restored, (float(self.enclosure), None, self.digits)
        middle, radius = self.enclosure.mid().man_exp(), self.enclosure.rad().man_exp()
        return _restored, (tuple(map(int, middle)), tuple(map(int, radius)), self.digits)


def _restored(middle: Any, radius: Any, digits: int) -> Ball:
    """A ball, unpickled."""
    if radius is None:
        return Ball(arb(middle), digits)
    with _precision(max(middle[0].bit_length(), 64)):
        return Ball(arb(middle, arb(radius)), digits)


def exact_ball(value: Any) -> Any:
    """A ball at the current precision that contains an exactly given number."""
    if isinstance(value, arb):
        return value
    if isinstance(value, Ball):
        return value.enclosure
    if isinstance(value, str):
        value = Fraction(value)
    if isinstance(value, (int, Fraction)):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, float):
        return arb(value)
    if hasattr(value, "_mpf_"):
        if not mpmath.isfinite(value):
            return arb(float(value))
        sign, mantissa, exponent, _ = value._mpf_
        return arb((-int(mantissa) if sign else int(mantissa), int(exponent)))
    raise InputError("value", value, "a number: int, float, Fraction, decimal string, mpmath number or ball")


def bits_for(digits: int) -> int:
    """Binary digits that hold a number of decimal digits."""
    return math.ceil(digits * math.log2(10)) + 1


@lru_cache(maxsize=64)
def interval(lower: Fraction, upper: Fraction, digits: int = 30) -> Ball:
    """The ball that contains an interval with exact ends.

    Parameters
    ----------
    lower : Fraction
        Exact end.
    upper : Fraction
        Exact end.
    digits : int
        Precision of the midpoint.

    Examples
    --------
    >>> interval(Fraction(1), Fraction(2)).contains("1.5")
    True
    """
    with _precision(bits_for(digits) + 64):
        return Ball(exact_ball(lower).union(exact_ball(upper)), digits)


class Balls(Objects):
    """Arithmetic of balls.

    Parameters
    ----------
    digits : int
        Working precision in decimal digits, in force inside :meth:`precision`.

    Examples
    --------
    >>> arithmetic = Balls(20)
    >>> with arithmetic.precision():
    ...     print(arithmetic.sqrt(arithmetic.convert(2)).str(15))
    [1.41421356237310 +/- 4.96e-15]
    """

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.bits = bits_for(digits)

    def precision(self) -> Any:
        """Context manager: operations inside it round to this precision, which is that of the process; others wait."""
        return _precision(self.bits)

    def convert(self, value: Any) -> Any:
        """A ball around an exactly given number."""
        return exact_ball(value)

    def sqrt(self, value: Any) -> Any:
        """Square root of a number known to be nonnegative: what of its ball is negative is cut off."""
        return value.nonnegative_part().sqrt()

    def root(self, value: Any, degree: int) -> Any:
        """Root of a positive number."""
        return value.root(degree)

    def lower(self, value: Any) -> Any:
        """Lower end."""
        return value.lower()

    def upper(self, value: Any) -> Any:
        """Upper end."""
        return value.upper()

    def middle(self, value: Any) -> Any:
        """Midpoint."""
        return value.mid()

    def hull(self, first: Any, second: Any) -> Any:
        """The smallest ball around two.

        Parameters
        ----------
        first, second : ball
            What is covered.
        """
        return first.union(second)

    def meet(self, first: Any, second: Any) -> Any:
        """What two balls that hold the same number have in common; the first if the second is not finite.

        Parameters
        ----------
        first, second : ball
            Two enclosures of one number.
        """
        return first.intersection(second) if second.is_finite() else first

    def exp(self, value: Any) -> Any:
        """Exponential."""
        return value.exp()

    def zeta(self, value: Any, start: Any) -> Any:
        """Hurwitz' zeta function."""
        return value.zeta(start)

    def pi(self) -> Any:
        """The number pi."""
        return arb.pi()

    def log(self, value: Any) -> Any:
        """Natural logarithm."""
        return value.log()

    def widened(self, value: Any, radius: Any) -> Any:
        """The ball of a given radius around a midpoint.

        Parameters
        ----------
        value : ball
            Of which the midpoint is taken.
        radius : ball
            Of which the upper end is taken.
        """
        return arb(value.mid(), radius.upper())

    def strictly_inside(self, inner: Any, outer: Any) -> bool:
        """Whether a ball lies in the interior of another.

        Parameters
        ----------
        inner, outer : ball
            The one that should lie inside, and the one around it.
        """
        return bool(outer.contains_interior(inner))

    def to(self, value: Any) -> Any:
        """The interval from zero to an upper bound."""
        return arb(0).union(value.upper())

    def digits_of(self, value: Any) -> float:
        """Relative accuracy in decimal digits; infinite for an exact number."""
        if value.rad() == 0:
            return math.inf
        return value.rel_accuracy_bits() * math.log10(2)


def solve_linear(matrix: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Solution of a linear system in balls, at the precision in force: rows of a matrix with several right sides.

    Parameters
    ----------
    matrix : sequence of Sequence[Any]
        Square, of balls.
    right : sequence of Sequence[Any]
        Columns of right sides, row by row.

    Raises
    ------
    ZeroDivisionError
        If the matrix is not certainly invertible.

    Examples
    --------
    >>> solve_linear([[arb(2)]], [[arb(1)]])
    [[0.500000000000000]]
    """
    found = arb_mat([list(row) for row in matrix]).solve(arb_mat([list(row) for row in right]))
    return [[found[i, j] for j in range(found.ncols())] for i in range(found.nrows())]
