"""Truncated power series of balls."""

from __future__ import annotations

from typing import Any

from flint import arb_series

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Objects
from asymptotics.lowering.balls import exact_ball


class BallSeries(Objects):
    """Arithmetic of truncated power series with balls as coefficients.

    Parameters
    ----------
    terms : int
        Number of coefficients, at most ten.

    Examples
    --------
    >>> arithmetic = BallSeries(3)
    >>> one = arithmetic.convert(1)
    >>> [float(arithmetic.coefficient(one / arithmetic.series([1, 1]), k)) for k in range(3)]
    [1.0, -1.0, 1.0]
    """

    def __init__(self, terms: int) -> None:
        if not 1 <= terms <= 10:
            raise InputError("terms", terms, "an integer between 1 and 10")
        self.terms = terms

    def series(self, coefficients: Any) -> Any:
        """A polynomial."""
        return arb_series([exact_ball(value) for value in coefficients], prec=self.terms)

    def convert(self, value: Any) -> Any:
        """A constant."""
        return value if isinstance(value, arb_series) else self.series([value])

    def sqrt(self, value: Any) -> Any:
        """Square root of a series with positive constant term."""
        return value.sqrt()

    def coefficient(self, value: Any, exponent: int) -> Any:
        """One coefficient."""
        return value[exponent]
