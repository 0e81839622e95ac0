r"""Truncated Laurent series over a field of rational functions, and expressions evaluated at them.

Spectral averages are expanded at large poles, :math:`(s+\nu)^{-m} = \sum_k \binom{-m}{k} s^k \nu^{-m-k}`, into
moments of their measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.rational_functions import RationalField
from asymptotics.errors import DerivationError


@dataclass(frozen=True)
class TruncatedSeries:
    """A truncated Laurent series: ``coefficients[k]`` belongs to the power ``start + k``.

    Attributes
    ----------
    start : int
    coefficients : tuple
        Field elements; everything beyond them is unknown.
    """

    start: int
    coefficients: tuple[Any, ...]

    @property
    def stop(self) -> int:
        """First power that is not known."""
        return self.start + len(self.coefficients)

    def __add__(self, other: TruncatedSeries) -> TruncatedSeries:
        start, stop = min(self.start, other.start), min(self.stop, other.stop)
        return TruncatedSeries(start, tuple(self.at(k) + other.at(k) for k in range(start, stop)))

    def at(self, power: int) -> Any:
        """Coefficient of a power below ``stop``."""
        return self.coefficients[power - self.start] if power >= self.start else 0

    def __mul__(self, other: TruncatedSeries) -> TruncatedSeries:
        values = []
        for k in range(min(len(self.coefficients), len(other.coefficients))):
            total: Any = 0
            for i in range(k + 1):
                if self.coefficients[i] and other.coefficients[k - i]:
                    total = total + self.coefficients[i] * other.coefficients[k - i]
            values.append(total)
        return TruncatedSeries(self.start + other.start, tuple(values))

    def trimmed(self) -> TruncatedSeries:
        """Without zeros in front."""
        skip = next((k for k, c in enumerate(self.coefficients) if c), len(self.coefficients))
        return TruncatedSeries(self.start + skip, self.coefficients[skip:])

    def inverse(self) -> TruncatedSeries:
        """One over the series.

        Raises
        ------
        DerivationError
            If no coefficient is known to differ from zero.
        """
        own = self.trimmed()
        if not own.coefficients:
            raise DerivationError("division by a series that vanishes to the order kept")
        first = own.coefficients[0]
        values = [1 / first]
        for k in range(1, len(own.coefficients)):
            total: Any = 0
            for i in range(1, k + 1):
                if own.coefficients[i]:
                    total = total + own.coefficients[i] * values[k - i]
            values.append(-total / first)
        return TruncatedSeries(-own.start, tuple(values))

    def with_coefficient(self, place: int, value: Any) -> TruncatedSeries:
        """The series with another coefficient at one place.

        Parameters
        ----------
        place : int
            Of the coefficient.
        value : object
            In the ring of coefficients.
        """
        return TruncatedSeries(
            self.start, (*self.coefficients[:place], value, *self.coefficients[place + 1 :])
        )


class SeriesEvaluator:
    """Expressions at truncated series.

    Parameters
    ----------
    field : RationalField
    small : sympy.Symbol
        The quantity the series run in.
    count : int
        Number of coefficients kept.
    values : mapping symbol -> TruncatedSeries
    """

    def __init__(
        self, field: RationalField, small: sp.Symbol, count: int, values: Mapping[sp.Symbol, TruncatedSeries]
    ) -> None:
        self.field, self.small, self.count = field, small, count
        self.values = dict(values)

    def constant(self, value: Any) -> TruncatedSeries:
        """A quantity that does not depend on the small one."""
        return TruncatedSeries(0, (value, *[0] * (self.count - 1)))

    def __call__(self, expression: sp.Expr) -> TruncatedSeries:
        """The series of an expression.

        Raises
        ------
        DerivationError
            If an average has a pole that does not go to infinity, or something else has no series.
        """
        if expression == self.small:
            return TruncatedSeries(1, self.constant(self.field(sp.S.One)).coefficients)
        if expression in self.values:
            return self.values[expression]
        if isinstance(expression, (sp.Add, sp.Mul)):
            result = self(expression.args[0])
            for argument in expression.args[1:]:
                part = self(argument)
                result = result + part if isinstance(expression, sp.Add) else result * part
            return result
        if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
            return self.power(self(expression.base), int(expression.exp))
        if isinstance(expression, SpectralAverage):
            return self.average(expression)
        return self.constant(self.field(expression))

    def power(self, base: TruncatedSeries, exponent: int) -> TruncatedSeries:
        """An integer power.

        Parameters
        ----------
        base : TruncatedSeries
            A series.
        exponent : int
            Of any sign, if the first coefficient can be inverted.
        """
        if exponent < 0:
            return self.power(base.inverse(), -exponent)
        result = self.constant(self.field(sp.S.One))
        for _ in range(exponent):
            result = result * base
        return result

    def average(self, average: SpectralAverage) -> TruncatedSeries:
        """An average, expanded at large poles into moments of its measure."""
        s = average.variable
        if not average.function.free_symbols - {s}:
            return self.constant(self.field(average))
        total = None
        for power, value in self._by_power(average.function, s).items():
            moment = self.constant(self.field(SpectralAverage(s**power, s, average.measure)))
            total = value * moment if total is None else total + value * moment
        if total is None:
            raise DerivationError(f"{average} vanishes to the order kept")
        return total

    def _by_power(self, function: sp.Expr, s: sp.Symbol) -> dict[sp.Rational, TruncatedSeries]:
        """The function as a polynomial in the eigenvalue with series for coefficients."""
        numerator, denominator = sp.fraction(sp.cancel(function))
        result = {power: self(value) for power, value in powers_of(numerator, s).items()}
        constant, factors = sp.factor_list(denominator)
        for factor, multiplicity in factors:
            result = self._divided(result, powers_of(factor, s), multiplicity)
        return {power: value * self(1 / constant) for power, value in result.items()}

    def _divided(
        self,
        numerator: Mapping[sp.Rational, TruncatedSeries],
        factor: Mapping[sp.Rational, sp.Expr],
        multiplicity: int,
    ) -> dict[sp.Rational, TruncatedSeries]:
        """Divide by a power of ``c0 + c1 s`` with ``c0`` large, or of a monomial in ``s``."""
        if len(factor) == 1:
            ((shift, value),) = factor.items()
            scale = self.power(self(1 / value), multiplicity)
            return {power - multiplicity * shift: part * scale for power, part in numerator.items()}
        if set(factor) != {sp.S.Zero, sp.S.One}:
            raise DerivationError("an average has a pole that is not of the form s + nu")
        step = self.power(self(1 / factor[sp.S.Zero]), multiplicity)
        ratio = self(-factor[sp.S.One] / factor[sp.S.Zero]).trimmed()
        if ratio.coefficients and ratio.start < 1:
            raise DerivationError("an average has a pole that does not go to infinity")
        result: dict[sp.Rational, TruncatedSeries] = {}
        for k in range(self.count // max(ratio.start, 1) + 1):
            choices = self.constant(self.field(sp.binomial(multiplicity + k - 1, k)))
            for power, part in numerator.items():
                added = part * step * choices
                result[power + k] = result[power + k] + added if power + k in result else added
            step = step * ratio
        return result


def powers_of(expression: sp.Expr, s: sp.Symbol) -> dict[sp.Rational, sp.Expr]:
    """Coefficients by power of ``s``; fractional powers allowed.

    Parameters
    ----------
    expression : sympy.Expr
        A sum of powers of ``s``.
    s : sympy.Symbol
        The variable.
    """
    result: dict[sp.Rational, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        value, rest = term.as_independent(s, as_Add=False)
        exponent = rest.as_base_exp()[1] if rest != 1 else sp.S.Zero
        result[exponent] = result.get(exponent, sp.S.Zero) + value
    return result


def moments_needed(average: SpectralAverage, order: int) -> list[sp.Expr]:
    """The moments that the expansion of an average at large poles can need.

    Parameters
    ----------
    average : SpectralAverage
        Of a rational function of the spectrum.
    order : int
        Of the expansion.
    """
    s = average.variable
    if not average.function.free_symbols - {s}:
        return [average]
    numerator, denominator = sp.fraction(sp.cancel(average.function))
    lowest = min(powers_of(denominator, s))
    factors = sum(factor.has(s) for factor, _ in sp.factor_list(denominator)[1])
    count = factors * (max(order, 5) + 1) + 1
    powers = {power - lowest + k for power in powers_of(numerator, s) for k in range(count)}
    return [SpectralAverage(s**power, s, average.measure) for power in sorted(powers)]
