"""The one adapter of this room to python-flint: formulas on real and complex balls.

A ball is a midpoint with a rigorous radius. Precision is set through `working_precision` only, a context manager
that restores what it found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
from flint import acb, arb, fmpq

from asymptotics.functions.formulas.evaluation import FormulaArithmetic
from asymptotics.resources import Exclusively

__all__ = [
    "COMPLEX", "REAL", "acb", "arb", "ball", "complex_arithmetic",
    "to_float", "to_mpf", "whole_power", "working_precision",
]  # fmt: skip


def working_precision(bits: int) -> Any:
    """Context manager: balls inside it are computed with `bits` bits.

    Parameters
    ----------
    bits : int
        Binary digits.

    Returns
    -------
    context manager
        Restores the previous precision on leaving. The precision is that of the process: other threads wait.

    Examples
    --------
    >>> with working_precision(200):
    ...     third = ball(Fraction(1, 3))
    >>> third.rel_accuracy_bits() > 190
    True
    """
    return Exclusively(flint.ctx.workprec, bits)


def ball(value: Any) -> arb:
    """A ball that contains an exactly given real number.

    Parameters
    ----------
    value : Fraction, int, float, arb, or real SymPy number
        Floats stand for the binary fraction they store.

    Returns
    -------
    arb
        Enclosure at the current precision.

    Examples
    --------
    >>> import sympy
    >>> abs(ball(sympy.sqrt(2)) ** 2 - 2) < 1e-14
    True
    """
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, (int, float)):
        return arb(value)
    if isinstance(value, arb):
        return value
    if value.is_Rational:
        return arb(fmpq(int(value.p), int(value.q)))
    digits = int(flint.ctx.prec * 0.302) + 20
    text = str(value.evalf(digits))
    # SymPy's evalf promises the digits it prints; allow the last ten to be wrong.
    return arb(text) + arb(0, f"1e{10 - digits + _decimal_exponent(text)}")


def _decimal_exponent(text: str) -> int:
    """An upper bound on the decimal exponent of a printed real number."""
    mantissa, _, exponent = text.partition("e")
    return int(exponent or 0) + len(mantissa.partition(".")[0])


def to_float(value: arb) -> float:
    """Nearest float64 to a ball's midpoint.

    Parameters
    ----------
    value : arb
        Ball of radius far below float64's rounding.

    Returns
    -------
    float
        The number; 0.0 below float64's range.

    Examples
    --------
    >>> to_float(arb(1) / 4)
    0.25
    """
    return float(value.mid())


def to_mpf(value: Any, digits: int) -> mpmath.mpf:
    """An mpmath number with `digits` decimal digits (and a few guard bits); mpmath's own precision is untouched.

    Parameters
    ----------
    value : arb, Fraction, int or float
        The number; a ball must be narrower than the digits asked for.
    digits : int
        Decimal digits to keep.

    Returns
    -------
    mpmath.mpf
        Correctly rounded midpoint.

    Examples
    --------
    >>> to_mpf(Fraction(1, 4), 30)
    mpf('0.25')
    """
    bits = math.ceil(digits * math.log2(10)) + 8
    if isinstance(value, Fraction):
        raw = mpmath.libmp.from_rational(value.numerator, value.denominator, bits, "n")
    elif isinstance(value, (int, float)):
        raw = mpmath.mpf(value)._mpf_
    else:
        mantissa, exponent = value.mid().man_exp()
        raw = mpmath.libmp.from_man_exp(int(mantissa), int(exponent), bits, "n")
    return mpmath.mp.make_mpf(raw)


def whole_power(base: Any, exponent: int) -> Any:
    """A ball to an integer power, by repeated squaring.

    python-flint's ``arb ** int`` is not a number for a ball with midpoint zero and positive radius.

    Parameters
    ----------
    base : arb
        Any ball.
    exponent : int
        Any integer.

    Returns
    -------
    arb
        Enclosure.

    Examples
    --------
    >>> whole_power(arb(0, 1e-3), 2).is_finite()
    True
    """
    if exponent < 0:
        return 1 / whole_power(base, -exponent)
    result = None
    while exponent:
        if exponent % 2:
            result = base if result is None else result * base
        exponent //= 2
        base = base * base if exponent else base
    return 1 + 0 * base if result is None else result


class _Balls:
    """Formula arithmetic on real balls."""

    def number(self, value: Fraction) -> Any:
        return arb(fmpq(value.numerator, value.denominator))

    def pi(self) -> Any:
        return arb.pi()

    def power(self, base: Any, exponent: Fraction) -> Any:
        if exponent.denominator == 1:
            return whole_power(base, int(exponent))
        if exponent > 0 and not base > 0 and base.upper() >= 0:
            # The formula is real, so the base is not negative: the rounding that says otherwise is dropped.
            middle = self.power(base.upper(), exponent) / 2 if base.upper() > 0 else arb(0)
            return arb(middle.mid(), middle.upper())
        if exponent.denominator == 2:
            return whole_power(base.sqrt(), exponent.numerator)
        return base ** arb(fmpq(exponent.numerator, exponent.denominator))

    def call(self, head: str, value: Fraction | None, arguments: tuple[Any, ...]) -> Any:
        if head == "leaky_relu":
            assert value is not None
            u = arguments[0]
            return u.max(arb(0)) + self.number(value) * u.min(arb(0))
        return _REAL_FUNCTIONS[head](*arguments)


def _sigmoid(u: Any) -> Any:
    return (1 + (u / 2).tanh()) / 2


def _normal_cdf(u: arb) -> arb:
    return (-u / arb(2).sqrt()).erfc() / 2


def _softplus(u: arb) -> arb:
    # log(1 + e^u) = max(u, 0) + log(1 + e^{-|u|}) keeps full relative accuracy on both sides.
    return u.max(arb(0)) + (-abs(u)).exp().log1p()


def _away_from_one(u: arb) -> arb:
    """``sqrt(1 - u^2)`` for a real number in [-1, 1] whose ball may stick out of that interval."""
    return REAL.power((1 - u) * (1 + u), Fraction(1, 2))


def _method(name: str) -> Callable[[Any], Any]:
    return lambda u: getattr(u, name)()


_REAL_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: _method(name) for name in ("atan", "cos", "cosh", "erf", "exp", "log", "sin", "sinh", "tanh")
}
_REAL_FUNCTIONS.update(
    {
        "acos": lambda u: arb.atan2(_away_from_one(u), u),
        "asin": lambda u: arb.atan2(u, _away_from_one(u)),
        "abs": abs,
        "sign": _method("sgn"),
        "max": lambda a, b: a.max(b),
        "min": lambda a, b: a.min(b),
        "relu": lambda u: u.max(arb(0)),
        "heaviside": lambda u: (1 + u.sgn()) / 2,
        "elu": lambda u: u.max(arb(0)) + u.min(arb(0)).expm1(),
        "gelu": lambda u: u * _normal_cdf(u),
        "normal_cdf": _normal_cdf,
        "sigmoid": lambda u: 1 / (1 + (-u).exp()),
        "silu": lambda u: u / (1 + (-u).exp()),
        "softplus": _softplus,
    }
)

REAL: FormulaArithmetic = _Balls()
"""Real balls (python-flint's ``arb``)."""


class _ComplexBalls:
    """Formula arithmetic on complex balls; with `analytic` set, non-finite wherever the formula is not analytic."""

    def __init__(self, analytic: bool) -> None:
        self.analytic = analytic

    def number(self, value: Fraction) -> Any:
        return acb(fmpq(value.numerator, value.denominator))

    def pi(self) -> Any:
        return acb.pi()

    def power(self, base: Any, exponent: Fraction) -> Any:
        if exponent.denominator == 1:
            return base ** int(exponent)
        if exponent.denominator == 2:
            return base.sqrt(analytic=self.analytic) ** int(exponent.numerator)
        return base.pow(acb(fmpq(exponent.numerator, exponent.denominator)), analytic=self.analytic)

    def call(self, head: str, value: Fraction | None, arguments: tuple[Any, ...]) -> Any:
        u, flag = arguments[0], self.analytic
        if head in _ENTIRE_OR_MEROMORPHIC:
            return _ENTIRE_OR_MEROMORPHIC[head](u)
        if head == "log":
            return u.log(analytic=flag)
        if head in ("max", "min"):
            return getattr(u, f"real_{head}")(arguments[1], analytic=flag)
        if head == "abs":
            return u.real_abs(analytic=flag)
        if head == "sign":
            return u.real_sgn(analytic=flag)
        if head == "heaviside":
            return u.real_heaviside(analytic=flag)
        if head == "softplus":
            return (1 + u.exp()).log(analytic=flag)
        positive = u.real_max(acb(0), analytic=flag)
        if head == "relu":
            return positive
        negative = u.real_min(acb(0), analytic=flag)
        if head == "leaky_relu":
            assert value is not None
            return positive + self.number(value) * negative
        if head == "elu":
            return positive + negative.expm1()
        return self._inverse(head, u)

    def _inverse(self, head: str, u: acb) -> acb:
        """Inverse functions: refuse any ball that may touch a branch cut."""
        if self.analytic:
            cut = (
                (u.imag.contains(0) and not abs(u.real) < 1)
                if head != "atan"
                else (u.real.contains(0) and not abs(u.imag) < 1)
            )
            if cut:
                return acb(arb.nan())
        return getattr(u, head)()


_ENTIRE_OR_MEROMORPHIC: dict[str, Callable[[Any], Any]] = {
    name: _method(name) for name in ("cos", "cosh", "erf", "exp", "sin", "sinh", "tanh")
}
_ENTIRE_OR_MEROMORPHIC.update(
    {
        "normal_cdf": lambda u: (-u / arb(2).sqrt()).erfc() / 2,
        "gelu": lambda u: u * (-u / arb(2).sqrt()).erfc() / 2,
        "sigmoid": _sigmoid,
        "silu": lambda u: u * _sigmoid(u),
    }
)


def complex_arithmetic(analytic: bool) -> FormulaArithmetic:
    """Complex balls, in the form that `acb.integral` asks for.

    Parameters
    ----------
    analytic : bool
        If true, any value that may lie where the formula is not analytic comes out non-finite.

    Returns
    -------
    FormulaArithmetic
        For `evaluate`.

    Examples
    --------
    >>> complex_arithmetic(True).call("abs", None, (acb(0, 1),)).is_finite()
    False
    """
    return COMPLEX[analytic]


COMPLEX: tuple[FormulaArithmetic, FormulaArithmetic] = (_ComplexBalls(False), _ComplexBalls(True))
"""Complex balls without and with the analyticity test."""
