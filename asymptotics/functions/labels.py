r"""Labels of two classes: the sign of a linear target, with flips, probit noise or a logistic link."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from asymptotics.errors import InputError
from asymptotics.functions.exact import number, shown
from asymptotics.functions.targets import Target

__all__ = ["SignTarget"]

_DIGITS = 60
"""Digits of the power of the linear part where it is an irrational number that is known."""

_TRUSTED = 50
_DOUBLE = 15
_HALF_WIDTH, _STEPS = 12.0, 4000
_REACH, _INNER = 9.0, 144
_TINY = 1e-300

Array = NDArray[np.float64]


@dataclass(frozen=True, init=False)
class LatentTarget(Target):
    """The linear function of unit power whose sign labels are, itself.

    Examples
    --------
    >>> LatentTarget().power(1)
    Fraction(1, 1)
    """

    def __init__(self) -> None:
        super().__init__({1: 1})

    @property
    def follows_prediction(self) -> bool:
        """Yes: that is what it is for."""
        return True


@dataclass(frozen=True, init=False, repr=False)
class SignTarget(Target):
    r"""Labels :math:`\pm1`: the sign of a linear function :math:`f` of unit power, which :math:`d` directions share.

    The labels are :math:`y = c^{1/2} f + \text{rest}` with a linear part of power :math:`c` and a rest of power
    :math:`1 - c`, which acts like independent noise as long as only the linear part is learned: the powers of this
    target are those of the linear part, and the noise of a model is that of the rest.

    Parameters
    ----------
    flips : number
        Probability, below one half, with which a label is the other one.
    probit : number
        Variance of Gaussian noise that is added to ``f`` before its sign is taken.
    logistic : number, optional
        Slope :math:`\gamma` of a logistic link in place of the sign: :math:`P(y = 1) = 1/(1 + e^{-\gamma f})`.

    Raises
    ------
    InputError
        If flips are half of the labels or more, a number is negative, or ``probit`` and ``logistic`` are both given.

    Notes
    -----
    The mean of :math:`yf`, whose square is the power ``c``, is :math:`(1 - 2e)\sqrt{2/(\pi(1+\epsilon))}` for flips
    :math:`e` and probit noise :math:`\epsilon`: a Gaussian integral, the limit of large
    dimension: on the sphere the power is larger by a share of about 1/(2d), which simulations in low dimension see.

    References
    ----------
    docs/theory/labels_and_losses.md; Gerace2020, Loureiro2021.

    Examples
    --------
    >>> target = SignTarget(flips="0.1")
    >>> round(float(target.power(1)), 12) == round(0.64 * 2 / math.pi, 12)
    True
    >>> print(target)
    signs, flips 1/10
    """

    flips: Fraction | float = Fraction(0)
    probit: Fraction | float = Fraction(0)
    logistic: Fraction | float | None = None

    def __init__(self, flips: Any = 0, probit: Any = 0, logistic: Any = None) -> None:
        flips, probit = number("flips", flips, minimum=0), number("probit", probit, minimum=0)
        if not flips < 0.5:
            raise InputError(
                "flips", flips, "a probability below 1/2", "at 1/2 labels know nothing of the target"
            )
        if logistic is not None:
            logistic = number("logistic", logistic, minimum=0)
            if probit or not 0 < logistic < math.inf:
                allowed = "a positive slope, without probit noise" if probit else "a positive number"
                raise InputError("logistic", logistic, allowed, "a link is logistic or a probit")
        for name, value in (("flips", flips), ("probit", probit), ("logistic", logistic)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "powers", ((1, self._power()),))

    def _power(self) -> Fraction:
        """Power of the linear part, as a fraction next to it."""
        if self.logistic is not None:
            # A sum over an even grid: the integrand is analytic and falls like a Gaussian, the error is below 1e-16.
            f = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, _STEPS + 1)
            weights = np.exp(-(f**2) / 2) / math.sqrt(2 * math.pi) * (f[1] - f[0])
            slope = Fraction(float(np.sum(weights * f * np.tanh(float(self.logistic) * f / 2))))
            return ((1 - 2 * Fraction(self.flips)) * slope) ** 2
        context = mpmath.MPContext()
        context.dps = _DIGITS + 10
        inverse_pi = Fraction(int(context.floor(context.mpf(10) ** _DIGITS / context.pi)), 10**_DIGITS)
        return (1 - 2 * Fraction(self.flips)) ** 2 * 2 * inverse_pi / (1 + Fraction(self.probit))

    @property
    def rest(self) -> Fraction:
        """Power of what is not linear in the labels."""
        return 1 - Fraction(self.power(1))

    @property
    def digits_known(self) -> float:
        """Decimal digits of the power of the linear part."""
        return _TRUSTED if self.logistic is None else _DOUBLE

    def noise_of(self, given: Any) -> Fraction:
        """The noise of a model with these labels: that of the rest.

        Raises
        ------
        InputError
            If another one is given.
        """
        if given not in (0, self.rest):
            advice = (
                "noise before the sign is SignTarget(probit=...), flipped labels are SignTarget(flips=...)"
            )
            raise InputError("noise", given, "0 beside labels of two classes", advice)
        return self.rest

    @property
    def classes(self) -> SignTarget:
        """Itself: its labels have classes."""
        return self

    def chance(self, f: Array) -> Array:
        """Probability of the label 1 where the linear function is ``f``."""
        if self.logistic is not None:
            clean = expit(float(self.logistic) * f)
        elif self.probit:
            clean = ndtr(f / math.sqrt(self.probit))
        else:
            clean = np.where(f > 0, 1.0, 0.0)
        e = float(self.flips)
        return np.asarray(e + (1 - 2 * e) * clean)

    def smoothed(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Probability of the label 1, and its slope in the mean, where the linear function is Gaussian.

        Parameters
        ----------
        mean, variance : ndarray
            Of the linear function; they broadcast.
        """
        kept = 1 - 2 * float(self.flips)
        if self.logistic is None:
            width = np.sqrt(np.maximum(variance + float(self.probit), _TINY))
            clean, slope = (
                ndtr(mean / width),
                np.exp(-((mean / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi)),
            )
        else:
            # Sums over an even grid, as above.
            step = 2 * _REACH / _INNER
            x = np.linspace(-_REACH, _REACH, _INNER + 1)
            weights = np.exp(-(x**2) / 2) * step / math.sqrt(2 * math.pi)
            gamma = float(self.logistic)
            link = expit(gamma * (mean[..., None] + np.sqrt(np.maximum(variance, 0.0))[..., None] * x))
            clean, slope = link @ weights, gamma * ((link * (1 - link)) @ weights)
        return float(self.flips) + kept * clean, kept * slope

    def draw(self, f: Array, generator: np.random.Generator) -> Array:
        """Labels for values of the linear function."""
        return np.where(generator.random(f.shape) < self.chance(f), 1.0, -1.0)

    @property
    def text(self) -> str:
        """What a model prints."""
        return "'sign'" if self == SignTarget() else repr(self)

    def __repr__(self) -> str:
        given = {"flips": self.flips, "probit": self.probit, "logistic": self.logistic}
        return f"SignTarget({', '.join(f'{k}={shown(v)}' for k, v in given.items() if v)})"

    def __str__(self) -> str:
        given = {"flips": self.flips, "probit noise": self.probit, "logistic of slope": self.logistic}
        return ", ".join(("signs", *(f"{name} {shown(value)}" for name, value in given.items() if value)))
