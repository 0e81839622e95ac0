"""Degrees on the sphere: multiplicities, orthogonal polynomials of one coordinate, and the expansion type.

A coordinate ``t = <theta, x>/sqrt(d)`` of a uniform point on the sphere of radius ``sqrt(d)`` has the weight
``(1 - t^2/d)^((d-3)/2)`` on ``[-sqrt(d), sqrt(d)]``; as ``d`` grows this becomes the standard Gaussian. The monic
orthogonal polynomials obey ``pi_{k+1} = t pi_k - b_k^2 pi_{k-1}`` with

    b_k^2 = d k (k + d - 3) / ((2k + d - 4)(2k + d - 2))        (b_k^2 = k for d = inf),

that is, Gegenbauer's polynomials (Hermite's for ``d = inf``); see DLMF, sections 18.8 and 18.9.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from asymptotics.errors import InputError

__all__ = ["Expansion", "multiplicity", "read_degrees", "read_dimension", "recurrence"]

_MOST_DIGITS = 12000
Number = float | mpmath.mpf | Fraction
Dimension = int | float  # the float is math.inf


def read_dimension(d: Any) -> int | float:
    """Read an input dimension.

    Parameters
    ----------
    d : int or math.inf
        Integral numbers of any type are taken.

    Returns
    -------
    int or float
        An ``int`` of at least 2, or ``math.inf``.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> read_dimension(60.0)
    60
    """
    if isinstance(d, numbers.Integral) and not isinstance(d, bool) and int(d) >= 2:
        return int(d)
    if isinstance(d, numbers.Real) and not isinstance(d, bool):
        value = float(d)
        if value == math.inf:
            return math.inf
        if value >= 2 and value.is_integer():
            return int(value)
    raise InputError("d", d, "an integer >= 2, or math.inf")


def read_degrees(degrees: Any) -> int:
    """Read the largest degree of an expansion.

    Parameters
    ----------
    degrees : int
        Nonnegative, at most 2000.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> read_degrees(8)
    8
    """
    if isinstance(degrees, numbers.Integral) and not isinstance(degrees, bool) and 0 <= int(degrees) <= 2000:
        return int(degrees)
    raise InputError("degrees", degrees, "an integer between 0 and 2000 (the largest degree kept)")


def read_digits(digits: Any) -> int | None:
    """Read a number of decimal digits.

    Parameters
    ----------
    digits : int or None
        None for float64.

    Returns
    -------
    int or None
        The same.

    Raises
    ------
    InputError
        If it is no integer between 1 and 12000: answers of 10000 digits need a few more.

    Examples
    --------
    >>> read_digits(50)
    50
    """
    if digits is None:
        return None
    if (
        isinstance(digits, numbers.Integral)
        and not isinstance(digits, bool)
        and 1 <= int(digits) <= _MOST_DIGITS
    ):
        return int(digits)
    raise InputError("digits", digits, f"an integer between 1 and {_MOST_DIGITS}, or None for float64")


def multiplicity(d: int, k: int) -> int:
    """Number ``B(d, k)`` of linearly independent harmonics of degree `k` in `d` dimensions.

    Parameters
    ----------
    d : int
        Dimension, at least 2.
    k : int
        Degree, at least 0.

    Returns
    -------
    int
        ``C(d+k-1, k) - C(d+k-3, k-2)``, exact.

    Raises
    ------
    InputError
        If `d` is not a finite integer >= 2 or `k` not a nonnegative integer.

    Examples
    --------
    >>> [multiplicity(3, k) for k in range(4)]
    [1, 3, 5, 7]
    """
    size = read_dimension(d)
    if size == math.inf:
        raise InputError("d", d, "a finite dimension", "multiplicities are infinite in infinite dimension")
    if not isinstance(k, numbers.Integral) or isinstance(k, bool) or k < 0:
        raise InputError("k", k, "a nonnegative integer")
    size, degree = int(size), int(k)
    return math.comb(size + degree - 1, degree) - (
        math.comb(size + degree - 3, degree - 2) if degree >= 2 else 0
    )


def recurrence(d: int | float, degrees: int) -> list[Fraction]:
    """Coefficients ``b_k^2`` of the three-term recurrence, ``k = 0 .. degrees`` (``b_0^2 = 0``).

    Parameters
    ----------
    d : int or math.inf
        Dimension.
    degrees : int
        Last index.

    Returns
    -------
    list of Fraction
        Exact; the squared norm of the monic polynomial of degree k is the product of the first k.

    Examples
    --------
    >>> recurrence(math.inf, 3)
    [Fraction(0, 1), Fraction(1, 1), Fraction(2, 1), Fraction(3, 1)]
    """
    if d == math.inf:
        return [Fraction(k) for k in range(degrees + 1)]
    size = int(d)
    result = [Fraction(0)]
    for k in range(1, degrees + 1):
        # The first is E t^2 = 1; written out because the general form is 0/0 in two dimensions.
        result.append(
            Fraction(size * k * (k + size - 3), (2 * k + size - 4) * (2 * k + size - 2))
            if k > 1
            else Fraction(1)
        )
    return result


@dataclass(frozen=True)
class Expansion:
    """Power of a function in every degree: ``total = sum(powers) + tail``.

    Parameters
    ----------
    powers : tuple
        Squared L2 norm of the degree-k part, ``k = 0 .. K``. (For a kernel: the part of ``h(1)`` in degree k.)
    tail : number
        Sum over all higher degrees.
    total : number
        Sum over all degrees.
    d : int or math.inf
        Dimension of the sphere, ``math.inf`` for the Gaussian limit.
    zeros : tuple of (int, str)
        Degrees whose power is exactly zero, each with the reason; -1 stands for the tail.
    method : str
        How the numbers were obtained.
    digits : int or None
        Decimal digits that are right; None for float64.

    Examples
    --------
    >>> e = Expansion((0.0, 1.0), 0.5, 1.5, math.inf)
    >>> e.power(1), e.above(0)
    (1.0, 1.5)
    """

    powers: tuple[Any, ...]
    tail: Any
    total: Any
    d: int | float
    zeros: tuple[tuple[int, str], ...] = ()
    method: str = ""
    digits: int | None = None

    @property
    def degrees(self) -> int:
        """Largest degree that is resolved."""
        return len(self.powers) - 1

    def power(self, k: int) -> Any:
        """Power in degree `k`.

        Parameters
        ----------
        k : int
            Between 0 and `degrees`.

        Returns
        -------
        number
            Squared norm of the degree-k part.

        Raises
        ------
        InputError
            If the expansion does not resolve that degree.
        """
        if not 0 <= k <= self.degrees:
            raise InputError("k", k, f"a degree between 0 and {self.degrees}", "expand to more degrees")
        return self.powers[k]

    def above(self, k: int) -> Any:
        """Total power of all degrees above `k`, without cancellation.

        Parameters
        ----------
        k : int
            Between -1 and `degrees`.

        Returns
        -------
        number
            ``tail`` plus the resolved powers above `k`.

        Raises
        ------
        InputError
            If `k` is larger than `degrees`.
        """
        if not -1 <= k <= self.degrees:
            raise InputError("k", k, f"a degree between -1 and {self.degrees}", "expand to more degrees")
        result = self.tail
        for power in reversed(self.powers[k + 1 :]):
            result = result + power
        return result

    def eigenvalue(self, k: int) -> Any:
        """Eigenvalue ``power / B(d, k)`` of the kernel operator in degree `k`, for finite d.

        Parameters
        ----------
        k : int
            Between 0 and `degrees`.

        Returns
        -------
        number
            Repeated `multiplicity` times in the spectrum.

        Raises
        ------
        InputError
            If the degree is not resolved or d is infinite.
        """
        count = multiplicity(self.d, k)  # type: ignore[arg-type]
        power = self.power(k)
        try:
            return power / count
        except OverflowError:  # a float64 divided by an integer beyond its range
            return float(Fraction(power) / count)

    def __str__(self) -> str:
        lines = [f"d = {self.d}, {self.method}" if self.method else f"d = {self.d}"]
        lines += [f"  degree {k:3d}  {power}" for k, power in enumerate(self.powers)]
        return "\n".join([*lines, f"  above       {self.tail}", f"  total       {self.total}"])

    def __repr__(self) -> str:
        return f"<Expansion: {self}>"
