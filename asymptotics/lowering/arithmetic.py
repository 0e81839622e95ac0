"""The numbers a program runs on: float64 arrays, Python floats, mpmath numbers (balls are in ``balls.py``).

An arithmetic converts exact constants and knows the few operations that are not Python operators. No global
precision is touched: mpmath numbers belong to contexts of their own, and ball code runs in a local one.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

import mpmath
import numpy as np
from mpmath.libmp import from_rational, to_str

from asymptotics.lowering.pairs import Pairs


class Arithmetic(Protocol):
    """What a program needs besides ``+ - * /``."""

    def convert(self, value: Any) -> Any:
        """An exact constant as a number of this arithmetic."""

    def sqrt(self, value: Any) -> Any:
        """Square root."""

    def lift(self, value: Any) -> Any:
        """A point value made to broadcast against level values."""

    def sum_levels(self, value: Any) -> Any:
        """Sum over the levels, the last axis."""

    def balance(self, share: Any, rest: Any) -> Any:
        """A share where it is at most one half, minus what it lacks to one elsewhere (doubles only).

        Parameters
        ----------
        share : number
            Of the whole.
        rest : number
            One minus the share, without cancellation.
        """

    def learned(self, first: Any, second: Any) -> Any:
        """One where the first is larger (doubles only).

        Parameters
        ----------
        first : number
            To be compared.
        second : number
            With this.
        """


class Float64:
    """Vectorized double precision."""

    def convert(self, value: Fraction) -> float:
        """The nearest double."""
        return float(value)

    def sqrt(self, value: Any) -> Any:
        """Elementwise square root."""
        return np.sqrt(value)

    def lift(self, value: Any) -> Any:
        """Add a last axis."""
        return np.asarray(value)[..., None]

    def sum_levels(self, value: Any) -> Any:
        """Sum over the last axis."""
        return np.add.reduce(value, axis=-1)

    def balance(self, share: Any, rest: Any) -> Any:
        """A share where it is at most one half, minus what it lacks to one elsewhere."""
        return np.where(share <= rest, share, -rest)

    def learned(self, first: Any, second: Any) -> Any:
        """One where the first is larger."""
        return np.where(np.greater(first, second), 1.0, 0.0)


class ScalarFloat(Float64):
    """Double precision at one point: Python floats, levels as one-dimensional arrays.

    Examples
    --------
    >>> ScalarFloat().convert(Fraction(1, 4))
    0.25
    """

    def convert(self, value: Any) -> float:
        """The nearest double."""
        return float(value)

    def sqrt(self, value: Any) -> float:
        """Square root."""
        return math.sqrt(value)

    def logarithm(self, value: float) -> float:
        """Natural logarithm."""
        return math.log(value)

    def scaled(self, value: float, exponent: float) -> float:
        """``value * exp(exponent)``."""
        return value * math.exp(exponent)

    def lift(self, value: Any) -> Any:
        """Single numbers broadcast as they are."""
        return value

    def sum_levels(self, value: Any) -> float:
        """Sum of the levels."""
        return float(value.sum())


class Objects:
    """Level values are NumPy object arrays of single numbers; point values are single numbers."""

    def balance(self, share: Any, rest: Any) -> Any:
        """Not needed where precision is free."""
        raise NotImplementedError

    def learned(self, first: Any, second: Any) -> Any:
        """Not needed where precision is free."""
        raise NotImplementedError

    def lift(self, value: Any) -> np.ndarray:
        """An array of one number: operators between a number and an array would first try to convert the array."""
        result = np.empty(1, dtype=object)
        result[0] = value
        return result

    def sum_levels(self, value: Any) -> Any:
        """Sum of the levels."""
        if isinstance(value, Pairs):
            return value.total(self.convert)
        return sum(value.ravel().tolist(), self.convert(Fraction(0)))

    def array(self, values: Any) -> np.ndarray:
        """Numbers as an array of levels."""
        result = np.empty(len(values), dtype=object)
        result[:] = [self.convert(value) for value in values]
        return result

    def convert(self, value: Any) -> Any:
        """To be defined by the arithmetic."""
        raise NotImplementedError


class Multiprecision(Objects):
    """mpmath numbers with a precision of their own.

    Parameters
    ----------
    digits : int
        Working precision in decimal digits.

    Examples
    --------
    >>> Multiprecision(30).convert(Fraction(1, 3))
    mpf('0.333333333333333333333333333333')
    """

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.context = decimal_context(digits)

    def convert(self, value: Any) -> Any:
        """The nearest number of this precision; strings are read as decimals or ratios."""
        if isinstance(value, str):
            value = Fraction(value)
        if isinstance(value, (Fraction, int)):
            raw = from_rational(value.numerator, value.denominator, self.context.prec, "n")
            return self.context.make_mpf(raw)
        return self.context.mpf(value)

    def sqrt(self, value: Any) -> Any:
        """Square root."""
        return self.context.sqrt(value)

    def root(self, value: Any, degree: int) -> Any:
        """Real root of a positive number.

        Parameters
        ----------
        value : number
            Positive.
        degree : int
            Of the root.
        """
        return self.context.root(value, degree)

    def zeta(self, value: Any, start: Any) -> Any:
        """Hurwitz' zeta function: the sum of the powers ``(start + k)^-value``, k = 0, 1, ...

        Parameters
        ----------
        value : number
            Exponent, above one.
        start : number
            Positive.
        """
        return self.context.zeta(value, start)

    def logarithm(self, value: Any) -> float:
        """Natural logarithm, as a float: the number itself may be far outside the range of doubles."""
        _, mantissa, exponent, length = value._mpf_
        shift = max(length - 60, 0)
        return math.log(int(mantissa) >> shift) + (exponent + shift) * math.log(2)

    def scaled(self, value: Any, exponent: float) -> Any:
        """``value * exp(exponent)``.

        Parameters
        ----------
        value : number
            A factor.
        exponent : float
            Of e.
        """
        return value * self.context.exp(exponent)


@lru_cache(maxsize=256)
def decimal_context(digits: int) -> mpmath.MPContext:
    """An mpmath context of its own, whose numbers are ``mpmath.mpf`` and print that many digits.

    Sums and products of its numbers keep its precision, whatever ``mpmath.mp.dps`` is.

    Examples
    --------
    >>> third = decimal_context(25).mpf(1) / 3
    >>> str(third * 2), isinstance(third, mpmath.mpf)
    ('0.6666666666666666666666667', True)
    """
    context = mpmath.MPContext()
    context.dps = digits + 4

    def __str__(self: Any) -> str:
        return to_str(self._mpf_, digits)

    def __repr__(self: Any) -> str:
        return f"mpf('{to_str(self._mpf_, digits)}')"

    def __reduce__(self: Any) -> tuple[Any, ...]:
        return restored, (digits, self.__getstate__())

    kind = type("mpf", (mpmath.mpf,), {"__str__": __str__, "__repr__": __repr__, "__reduce__": __reduce__})
    kind._ctxdata = [kind, object.__new__, context._prec_rounding]  # type: ignore[attr-defined]
    kind.context = context  # type: ignore[attr-defined]
    context.mpf = kind
    context.types = [kind, context.mpc, context.constant]
    for name in ("zero", "one", "two", "half", "inf", "ninf", "nan"):
        if hasattr(context, name):
            setattr(context, name, context.mpf(getattr(context, name)))
    return context


def restored(digits: int, state: Any) -> Any:
    """A number of :func:`decimal_context`, unpickled.

    Parameters
    ----------
    digits : int
        Decimal digits of the context the number belongs to.
    state : object
        What the number's ``__getstate__`` returned: its mantissa and exponent.
    """
    number = object.__new__(decimal_context(digits).mpf)
    number.__setstate__(state)
    return number
