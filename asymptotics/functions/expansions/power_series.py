"""Truncated power series with ball coefficients, and formulas on them: Taylor coefficients of kernels.

Functions are composed through the differential equations they satisfy (Brent and Kung 1978, section 5), at quadratic
cost in the length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from asymptotics.functions.formulas.enclosures import REAL, arb, ball
from asymptotics.functions.formulas.evaluation import FormulaArithmetic

__all__ = ["PowerSeries", "SeriesArithmetic"]


class PowerSeries:
    """Power series ``c_0 + c_1 t + ...``, cut after a fixed number of terms.

    Parameters
    ----------
    coefficients : sequence of arb
        Every operation keeps their number.

    Examples
    --------
    >>> variable = PowerSeries([arb(0), arb(1), arb(0)])
    >>> [float(c) for c in ((1 + variable) * (1 + variable)).coefficients]
    [1.0, 2.0, 1.0]
    """

    def __init__(self, coefficients: Sequence[arb]) -> None:
        self.coefficients = list(coefficients)

    def __len__(self) -> int:
        return len(self.coefficients)

    def like(self, constant: Any) -> PowerSeries:
        """A constant of the same length."""
        if isinstance(constant, PowerSeries):
            return constant
        return PowerSeries([arb(constant), *[arb(0)] * (len(self) - 1)])

    def __neg__(self) -> PowerSeries:
        return PowerSeries([-c for c in self.coefficients])

    def __add__(self, other: Any) -> PowerSeries:
        right = self.like(other)
        return PowerSeries([a + b for a, b in zip(self.coefficients, right.coefficients, strict=True)])

    __radd__ = __add__

    def __sub__(self, other: Any) -> PowerSeries:
        return self + (-self.like(other))

    def __rsub__(self, other: Any) -> PowerSeries:
        return self.like(other) + (-self)

    def __mul__(self, other: Any) -> PowerSeries:
        if not isinstance(other, PowerSeries):
            return PowerSeries([c * other for c in self.coefficients])
        a, b = self.coefficients, other.coefficients
        return PowerSeries([_dot(a[: n + 1], b[n::-1]) for n in range(len(a))])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> PowerSeries:
        return self * self.like(other).power(Fraction(-1))

    def __rtruediv__(self, other: Any) -> PowerSeries:
        return self.power(Fraction(-1)) * other

    def derivative(self) -> PowerSeries:
        """The derivative, with a zero in place of the unknown last term."""
        return PowerSeries([*(c * k for k, c in enumerate(self.coefficients) if k), arb(0)])

    def integral(self, constant: arb) -> PowerSeries:
        """The antiderivative with the given value at zero."""
        return PowerSeries([constant, *(c / (k + 1) for k, c in enumerate(self.coefficients[:-1]))])

    def power(self, exponent: Fraction) -> PowerSeries:
        """A rational power; exponents that are no positive integers need a constant term that is not zero."""
        u = self.coefficients
        if exponent.denominator == 1 and exponent >= 0:
            result = self.like(1)
            for _ in range(int(exponent)):
                result = result * self
            return result
        first = REAL.power(u[0], exponent)
        if u[0].contains(0) or not first.is_finite():
            raise ValueError("a power of a series without constant term")
        p, y = ball(exponent), [first]
        for n in range(1, len(u)):
            y.append(sum(((p * k - (n - k)) * u[k] * y[n - k] for k in range(1, n + 1)), arb(0)) / (u[0] * n))
        return PowerSeries(y)

    def exp(self) -> PowerSeries:
        """Exponential, from ``y' = u' y``."""
        u, y = self.coefficients, [self.coefficients[0].exp()]
        for n in range(1, len(u)):
            y.append(sum((u[k] * k * y[n - k] for k in range(1, n + 1)), arb(0)) / n)
        return PowerSeries(y)

    def log(self) -> PowerSeries:
        """Logarithm, from ``y' = u'/u``."""
        return (self.derivative() / self).integral(self.coefficients[0].log())

    def sin_cos(self) -> tuple[PowerSeries, PowerSeries]:
        """Sine and cosine together, from ``s' = u' c`` and ``c' = -u' s``."""
        u = self.coefficients
        s, c = [u[0].sin()], [u[0].cos()]
        for n in range(1, len(u)):
            s.append(sum((u[k] * k * c[n - k] for k in range(1, n + 1)), arb(0)) / n)
            c.append(-sum((u[k] * k * s[n - k] for k in range(1, n + 1)), arb(0)) / n)
        return PowerSeries(s), PowerSeries(c)

    def asin(self) -> PowerSeries:
        """Inverse sine, from its derivative."""
        slope = ((1 - self) * (1 + self)).power(Fraction(-1, 2))
        return (self.derivative() * slope).integral(self.coefficients[0].asin())

    def atan(self) -> PowerSeries:
        """Inverse tangent, from its derivative."""
        return (self.derivative() / (1 + self * self)).integral(self.coefficients[0].atan())

    def erf(self) -> PowerSeries:
        """Error function, from its derivative."""
        slope = (-(self * self)).exp() * (2 / arb.pi().sqrt())
        return (self.derivative() * slope).integral(self.coefficients[0].erf())

    def sigmoid(self) -> PowerSeries:
        """Logistic function."""
        return 1 / (1 + (-self).exp())


def _dot(a: Sequence[arb], b: Sequence[arb]) -> arb:
    return sum((x * y for x, y in zip(a, b, strict=True)), arb(0))


_FUNCTIONS: dict[str, Callable[[PowerSeries], PowerSeries]] = {
    "acos": lambda u: arb.pi() / 2 - u.asin(),
    "asin": PowerSeries.asin,
    "atan": PowerSeries.atan,
    "cos": lambda u: u.sin_cos()[1],
    "cosh": lambda u: (u.exp() + (-u).exp()) * (arb(1) / 2),
    "erf": PowerSeries.erf,
    "exp": PowerSeries.exp,
    "gelu": lambda u: u * _FUNCTIONS["normal_cdf"](u),
    "log": PowerSeries.log,
    "normal_cdf": lambda u: (1 + (u * (1 / arb(2).sqrt())).erf()) * (arb(1) / 2),
    "sigmoid": PowerSeries.sigmoid,
    "silu": lambda u: u * u.sigmoid(),
    "sin": lambda u: u.sin_cos()[0],
    "sinh": lambda u: (u.exp() - (-u).exp()) * (arb(1) / 2),
    "softplus": lambda u: (1 + u.exp()).log(),
    "tanh": lambda u: 2 * (2 * u).sigmoid() - 1,
}


class SeriesArithmetic(FormulaArithmetic):
    """Formula arithmetic on series of one length, for `asymptotics.functions.formulas.evaluation.evaluate`.

    Parameters
    ----------
    length : int
        Number of terms.

    Examples
    --------
    >>> exponential = SeriesArithmetic(4).call("exp", None, (SeriesArithmetic(4).variable(),))
    >>> [float(c.mid()) for c in exponential.coefficients][:3]
    [1.0, 1.0, 0.5]
    """

    def __init__(self, length: int) -> None:
        self.length = length

    def _constant(self, value: arb) -> PowerSeries:
        return PowerSeries([value, *[arb(0)] * (self.length - 1)])

    def variable(self) -> PowerSeries:
        """The series t."""
        return PowerSeries([arb(int(k == 1)) for k in range(self.length)])

    def number(self, value: Fraction) -> Any:
        """A rational constant."""
        return self._constant(ball(value))

    def pi(self) -> Any:
        """The constant pi."""
        return self._constant(arb.pi())

    def power(self, base: Any, exponent: Fraction) -> Any:
        """A rational power.

        Parameters
        ----------
        base : series
            With constant coefficient that is not zero.
        exponent : Fraction
            Any fraction.
        """
        return base.power(exponent)

    def call(self, head: str, value: Fraction | None, arguments: tuple[Any, ...]) -> Any:
        """A function; ``KeyError`` for one that is not analytic.

        Parameters
        ----------
        head : str
            Name of the function.
        value : Fraction, optional
            Its parameter, if it has one.
        arguments : tuple of Any
            Series.
        """
        return _FUNCTIONS[head](arguments[0])
