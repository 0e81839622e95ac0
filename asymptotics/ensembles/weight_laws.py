"""Laws of the weights that a member of an ensemble gives to samples: any finite one, and that of the bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number

__all__ = ["WeightLaw", "poisson", "read_weights"]

_ROUNDING = Fraction(1, 10**12)


@dataclass(frozen=True)
class WeightLaw:
    """A law of nonnegative weights.

    Attributes
    ----------
    values, chances : ndarray, shape (r,)
        Positive values and their probabilities.
    none : float
        Probability of a weight of zero.
    """

    values: np.ndarray
    chances: np.ndarray
    none: float

    @classmethod
    def finite(cls, pairs: Sequence[tuple[Fraction, Fraction]]) -> WeightLaw:
        """The law with these values and probabilities.

        Examples
        --------
        >>> law = WeightLaw.finite(read_weights({0: "1/2", 2: "1/2"}))
        >>> law.mean, law.none
        (1.0, 0.5)
        """
        positive = [(float(value), float(chance)) for value, chance in pairs if value > 0]
        values, chances = np.array(positive).T
        return cls(values, chances, float(sum(chance for value, chance in pairs if value == 0)))

    @property
    def mean(self) -> float:
        """Mean weight."""
        return float(self.values @ self.chances)

    @property
    def inverse(self) -> float:
        """Mean of one over the weights that are positive, times their probability."""
        return float(self.chances @ (1 / self.values))


def poisson(mean: float) -> WeightLaw:
    """How often a sample is drawn with replacement: a Poisson law, as far as doubles see it.

    Examples
    --------
    >>> abs(poisson(1.0).mean - 1.0) < 1e-15
    True
    """
    most = int(mean + 12 * np.sqrt(mean) + 30)
    values = np.arange(1.0, most + 1)
    chances = np.exp(values * np.log(mean) - mean - np.cumsum(np.log(values)))
    return WeightLaw(values, chances, 1 - float(chances.sum()))


def read_weights(given: Any) -> tuple[tuple[Fraction, Fraction], ...]:
    """A finite law as exact pairs of a value and its probability, by value.

    Parameters
    ----------
    given : mapping value -> probability, or sequence of pairs

    Raises
    ------
    InputError
        If a value or a probability is negative, or no number; a value is given twice; the probabilities do not sum to
        one (up to 1e-12 where they are floats); or all weights are zero.

    Examples
    --------
    >>> read_weights({2: "1/2", 0: 0.5})
    ((Fraction(0, 1), Fraction(1, 2)), (Fraction(2, 1), Fraction(1, 2)))
    """
    allowed = "a law of nonnegative weights: {value: probability}, with probabilities that sum to one"
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, Sequence) or isinstance(pairs, str) or not all(_is_pair(pair) for pair in pairs):
        raise InputError("weights", given, allowed)
    read = [[number("weights", part, minimum=0) for part in pair] for pair in pairs]
    exact = all(isinstance(chance, Fraction) for _, chance in read)
    law = sorted((Fraction(value), Fraction(chance)) for value, chance in read if chance > 0)
    values = [value for value, _ in law]
    total = sum((chance for _, chance in law), Fraction(0))
    if abs(total - 1) > (Fraction(0) if exact else _ROUNDING):
        raise InputError("weights", given, allowed, "the probabilities do not sum to one")
    if len(set(values)) != len(values):
        raise InputError("weights", given, allowed, "a value is given twice")
    if values[-1] == 0:
        raise InputError("weights", given, allowed, "all weights are zero")
    return tuple(law)


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2
