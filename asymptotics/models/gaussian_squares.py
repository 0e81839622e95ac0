r"""The law of the square of a standard normal variable, in every arithmetic: weights of a Gaussian second layer.

In :math:`u = \log w` averages of :math:`w^j x^{j-1}\varphi(xw)`, with :math:`|\varphi| \le 1` in the right half-plane,
are integrals of functions analytic in a strip, so that the trapezoidal rule converges exponentially. With step ``h``
and integrals on the lines of height ``b < a`` of modulus at most ``M`` it is off by at most
:math:`2M/(e^{2\pi a/h} - 1)` [TrefethenWeideman2014, theorem 5.1]; here
:math:`M = (2j-1)!!\,(\cos a)^{-j-1/2}\,x^{j-1}`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls

__all__ = ["gaussian_squares"]

_STEP, _LEAST, _LARGEST = 0.25, -38.0, 9.0
_HEIGHT, _COSINE = Fraction(1445, 1000), Fraction(1, 8)
"""Height a of the strip, and what its cosine is larger than: sin(x) > x - x^3/6 at x = pi/2 - a > 0.1257."""

_MOMENT = 3
"""The largest power ``j``: what the solved equations and their slopes ask of the law."""

_POINT, _MORE = Fraction(1, 2**14), 13
"""End of the interval that stands for what the rule misses, and the digits that its third power costs."""

_NATURAL = math.log(10)
_MARGIN = 12

Law = tuple[list[Any], list[Any]]
"""Points and weights."""


def gaussian_squares(arithmetic: Any) -> Law:
    """Points and weights: averages of ``w/(1 + x w)`` and of its slopes to the digits of an arithmetic.

    Parameters
    ----------
    arithmetic : arithmetic
        Doubles, multiple precision or balls. Of balls the last point is an interval that begins at zero, and its weight
        an interval around zero: what a function bounded as above takes there contains what the rule misses of it. The
        point is short, so that ``1 + xw`` is far from zero on it up to ``x`` of about 10^4.

    Examples
    --------
    >>> from asymptotics.models.network_levels import DoublesOfLists
    >>> w, weight = gaussian_squares(DoublesOfLists())
    >>> round(sum(p * x for x, p in zip(w, weight)), 14), round(sum(p * x**2 for x, p in zip(w, weight)), 13)
    (1.0, 3.0)
    """
    if isinstance(arithmetic, Balls):
        return _enclosed(arithmetic)
    points, weights = _doubles() if arithmetic.digits is None else _rule(arithmetic.digits)
    return [arithmetic.convert(x) for x in points], [arithmetic.convert(x) for x in weights]


@cache
def _doubles() -> tuple[list[float], list[float]]:
    """Right to 14 digits for every ``x``: the trapezoidal rule in ``t``, the normal variable ``log(1 + exp(t))``.

    Far below averages are analytic in one strip, as in the logarithm; far above the rule is that of the Gaussian.
    """
    t = np.arange(_LEAST, _LARGEST, _STEP)
    normal = np.log1p(np.exp(t))
    weights = 2 * _STEP / (1 + np.exp(-t)) * np.exp(-(normal**2) / 2) / math.sqrt(2 * math.pi)
    return (normal**2).tolist(), weights.tolist()


@cache
def _rule(digits: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """To more digits than asked for; relatively to a small average at large ``x``, so that the rule begins early."""
    arithmetic = Multiprecision(digits + _MARGIN)
    step, first, last = _grid(digits, 2 * digits * _NATURAL)
    points, weights = _trapezoid(step, first, last, arithmetic.context)
    return tuple(points), tuple(weights)


def _grid(digits: int, depth: float) -> tuple[Fraction, int, int]:
    """Step, and the first and last multiples of it: down to ``-depth``, and up to where the density is negligible."""
    step = Fraction(1, math.ceil((digits * _NATURAL + _MARGIN) / 9))
    top = math.log(2 * digits * _NATURAL + 60)
    return step, -math.ceil(depth / step), math.ceil(top / step) + 1


def _trapezoid(step: Fraction, first: int, last: int, of: Any) -> Law:
    """The rule by the functions of an arithmetic or a context."""
    unit = of.convert(step.numerator) / step.denominator
    scale = unit / of.sqrt(2 * (of.pi() if callable(of.pi) else of.pi))
    points = [of.exp(unit * k) for k in range(first, last + 1)]
    return points, [scale * of.sqrt(w) * of.exp(-w / 2) for w in points]


def _enclosed(arithmetic: Balls) -> Law:
    """The rule, and a point for what it misses: by its step, and below and above its points."""
    digits = arithmetic.digits + _MORE
    step, first, last = _grid(digits, 2 * digits * _NATURAL / 3)
    points, weights = _trapezoid(step, first, last, arithmetic)
    one, unit = arithmetic.convert(1), arithmetic.convert(step)
    inverse = one / arithmetic.convert(_COSINE)
    moment = inverse**_MOMENT * arithmetic.sqrt(inverse) * math.prod(range(1, 2 * _MOMENT, 2))
    missed = moment * 2 / (arithmetic.exp(arithmetic.pi() * arithmetic.convert(2 * _HEIGHT) / unit) - one)
    # Below the first point terms are less than a geometric series; above the last one than an integral.
    start, end = arithmetic.exp(unit * (first - 1)), arithmetic.exp(unit * last)
    below = unit * start * arithmetic.sqrt(start) / (one - arithmetic.exp(-unit * 3 / 2))
    above = end**_MOMENT / arithmetic.sqrt(end) * arithmetic.exp(-end / 2) * 2
    above = above / (one - arithmetic.convert(2 * _MOMENT - 1) / end)
    short = arithmetic.convert(_POINT)
    error = (missed + below + above) / short**_MOMENT
    rest = arithmetic.widened(arithmetic.convert(0), arithmetic.upper(error))
    return [*points, arithmetic.hull(arithmetic.convert(0), short)], [*weights, rest]
