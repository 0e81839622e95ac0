"""Angles between a prediction and a target, in every arithmetic."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from asymptotics.lowering.balls import Ball


def root(value: Any, like: Any) -> Any:
    """Square root of an exactly given number, in the numbers of ``like``.

    Parameters
    ----------
    value : Fraction or float
    like : float, array, mpmath number or ball

    Examples
    --------
    >>> from fractions import Fraction
    >>> root(Fraction(1, 4), 2.0)
    0.5
    """
    if isinstance(like, Ball):
        return (like - like + value).sqrt()
    if isinstance(like, mpmath.ctx_mp_python._mpf):
        context = like.context
        return context.sqrt(context.mpf(value.numerator) / value.denominator)
    return float(value) ** 0.5


def share_of_angle(overlap: Any, square: Any) -> Any:
    r"""``arccos(overlap/sqrt(square))/pi``: the probability that two Gaussians have different signs.

    Parameters
    ----------
    overlap : float, array, mpmath number or ball
        Mean product of a Gaussian of unit variance with another.
    square : same
        Mean square of the other.

    Returns
    -------
    same
        One half where the other Gaussian is zero.

    Examples
    --------
    >>> share_of_angle(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
    [0.25, 0.5]
    """
    if isinstance(square, Ball):
        return overlap.angle_share(square)
    if isinstance(square, mpmath.ctx_mp_python._mpf):
        context = square.context
        # The cosine is at most one; rounding may put it above.
        rest = context.mpf(max(square - overlap**2, 0))
        return context.atan2(context.sqrt(rest), overlap) / context.pi if square else context.mpf(1) / 2
    with np.errstate(invalid="ignore"):
        angle = np.arctan2(np.sqrt(np.maximum(square - np.square(overlap), 0.0)), overlap) / np.pi
    return np.where(square == 0, 0.5, np.where(np.isposinf(square), 0.5, angle))
