"""Sizes and ridges that are powers of the number of samples, and asymptotes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.errors import InputError
from asymptotics.functions.exact import exact_number, number
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.scaling.scale_series import ScaleNumber

__all__ = ["Asymptote", "Power"]


def decimal(name: str, value: Any) -> Fraction:
    """A number read exactly; a float stands for the decimal it prints.

    Parameters
    ----------
    name : str
        For the error message.
    value : number or str
    """
    found = number(name, value)
    return Fraction(repr(found)) if isinstance(found, float) else found


@dataclass(frozen=True)
class Power:
    """A power of the number of samples: ``constant * n**exponent``.

    Parameters
    ----------
    exponent : int, Fraction, str or float
        Exact; a float stands for the decimal it prints.
    constant : number, default 1
        Positive.

    Raises
    ------
    InputError
        If the exponent is no number, or the constant not positive.

    Examples
    --------
    >>> print(Power("7/10", 2))
    2 n^(7/10)

    See docs/howto/scaling_laws.md.
    """

    exponent: Any
    constant: Any = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "exponent", decimal("exponent", self.exponent))
        if not (isinstance(self.constant, Fraction | int) or hasattr(self.constant, "_mpf_")):
            object.__setattr__(self, "constant", decimal("constant", self.constant))
        if not self.constant > 0:
            raise InputError("constant", self.constant, "a positive number")

    def at(self, n: Any) -> Any:
        """The value at a number of samples, as a float or an array."""
        return float(self.constant) * n ** float(self.exponent)

    def __str__(self) -> str:
        return f"{self.constant} n^({self.exponent})"


@dataclass(frozen=True)
class Asymptote:
    """A quantity as the number of samples grows: a sum of powers, largest first.

    Attributes
    ----------
    terms : tuple of (Fraction, number)
        Exponents and constants of every term that is known; none for a quantity that is zero.
    """

    terms: tuple[tuple[Fraction, Any], ...]

    @classmethod
    def of(cls, value: ScaleNumber, digits: int | None) -> Asymptote:
        """The terms of a sum of powers, as floats or to so many digits."""
        convert = float if digits is None else Multiprecision(digits).convert
        return cls(tuple((e.value, convert(a)) for e, a in value.terms))

    @property
    def exponent(self) -> Fraction | None:
        """Power of n; None for a quantity that is zero."""
        return self.terms[0][0] if self.terms else None

    @property
    def constant(self) -> Any:
        """What stands in front of it."""
        return self.terms[0][1] if self.terms else 0.0

    @property
    def next(self) -> Asymptote:
        """The same from the next power on: its exponent and constant say when the first one alone is to be trusted."""
        return Asymptote(self.terms[1:])

    @property
    def crossover(self) -> float | None:
        """Number of samples at which the first two terms are equally large; None where only one is known."""
        return crossing(self, self.next)

    def __call__(self, n: Any, terms: int | None = None) -> Any:
        """The sum of the first terms, or of all, at numbers of samples: floats or arrays."""
        return sum((float(a) * n ** float(e) for e, a in self.terms[:terms]), 0.0 * n)

    def __str__(self) -> str:
        shown = [f"{_short(a)} n^({e})" for e, a in self.terms[:2]]
        return " + ".join(shown).replace("+ -", "- ") or "0"


def crossing(first: Asymptote, second: Asymptote) -> float | None:
    """Number of samples at which the leading terms of two quantities are equally large, if there is one.

    Parameters
    ----------
    first, second : Asymptote
    """
    if not first.terms or not second.terms or first.exponent == second.exponent:
        return None
    assert first.exponent is not None and second.exponent is not None
    with_digits = Multiprecision(20).context
    ratio = abs(with_digits.mpf(second.constant) / with_digits.mpf(first.constant))
    gap = first.exponent - second.exponent
    found = with_digits.power(ratio, with_digits.mpf(gap.denominator) / gap.numerator)
    return float(found) if found < with_digits.mpf("1e308") else math.inf


def _short(value: Any) -> str:
    return f"{float(value):.6g}"


def read_size(name: str, value: Any) -> Power | None:
    """A size as a power; None for an infinite one.

    Parameters
    ----------
    name : str
        For the error message.
    value : Power or math.inf

    Raises
    ------
    InputError
        If it is neither.
    """
    if value is None or (isinstance(value, float) and value == math.inf):
        return None
    if isinstance(value, Power):
        return value
    raise InputError(name, value, "asy.Power(exponent, constant), or math.inf", 'asy.Power("7/10")')


def read_ridge(value: Any) -> Power | None:
    """A ridge as a power; None for no ridge."""
    if isinstance(value, Power):
        return value
    if exact_number("ridge", value, minimum=0) == 0:
        return None
    return Power(0, value)


def table_of(asymptotes: Mapping[str, Asymptote]) -> str:
    """Lines of a table of asymptotes, with where the second term takes over."""
    lines = []
    for name, found in asymptotes.items():
        met = found.crossover
        lines.append(f"  {name:<10} {found}" + ("" if met is None else f"   (equal at n = {met:.3g})"))
    return "\n".join(lines)
