"""What kind of numbers an answer is asked in."""

from __future__ import annotations

from dataclasses import dataclass

from asymptotics.errors import InputError


@dataclass(frozen=True)
class Doubles:
    """Double precision, arrays of points."""


@dataclass(frozen=True)
class Digits:
    """mpmath numbers with that many digits right, one point.

    Examples
    --------
    >>> Digits(50)
    Digits(digits=50)
    """

    digits: int

    def __post_init__(self) -> None:
        _require(self.digits)


@dataclass(frozen=True)
class Proved:
    """Balls of that relative accuracy around a solution proved to exist, one point.

    Attributes
    ----------
    digits : int
    branch : bool
        Whether it is proved as well that the solution continues without a fold to where the ridge is so large that
        the leading orders hold; systems of one monotone equation do not need it.
    """

    digits: int = 16
    branch: bool = False

    def __post_init__(self) -> None:
        _require(self.digits)


Accuracy = Doubles | Digits | Proved


def _require(digits: int) -> None:
    if not isinstance(digits, int) or digits < 1:
        raise InputError("digits", digits, "a positive integer")
