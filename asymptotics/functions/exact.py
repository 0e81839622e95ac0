"""Reading numbers from users: exact where they were given exactly, finite always."""

from __future__ import annotations

import math
import numbers
import re
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, SupportsFloat, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError

__all__ = ["Exact", "NumbersLike", "double", "exact_number", "is_exact", "number", "real_array"]

Exact = Fraction
"""The type of an exactly known number."""

NumbersLike: TypeAlias = SupportsFloat | str | Sequence[Any] | NDArray[Any]
"""What users give where numbers or arrays of them are asked for: texts such as ``"1/4"`` are exact numbers."""

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?", re.IGNORECASE)
_RATIO = re.compile(r"[+-]?\d+\s*/\s*\d+")
_LONGEST_TEXT = 400
_LARGEST_EXPONENT = 1000
_EXACT_BELOW = 2.0**53
_ALLOWED = "a finite number: int, float, Fraction, or a string such as '0.09' or '1/4'"


def number(name: str, value: Any, *, minimum: float | None = None) -> Fraction | float:
    """Read a finite real number, exactly where it was given exactly.

    Parameters
    ----------
    name : str
        The argument, as the user spells it (for the error message).
    value : object
        An ``int``, ``float``, ``Fraction``, ``Decimal``, NumPy or SymPy real scalar, or a string that holds a
        decimal number (``"0.09"``, ``"1e-3"``) or a ratio of integers (``"1/4"``).
    minimum : float, optional
        Smallest value allowed.

    Returns
    -------
    Fraction or float
        A ``Fraction`` for everything exact, strings included; a ``float`` for a binary floating-point number.

    Raises
    ------
    InputError
        If the value is not a number, not finite, or below `minimum`.

    Examples
    --------
    >>> number("noise", "0.1"), number("noise", 0.1), number("noise", 2)
    (Fraction(1, 10), 0.1, Fraction(2, 1))
    """
    result = _read(name, value)
    if minimum is not None and result < minimum:
        raise InputError(name, value, f"a number >= {minimum:g}")
    return result


def number_or_array(name: str, value: Any, *, minimum: float | None = None) -> Any:
    """Read a number, or an array of them as nested tuples, each as :func:`number` does.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : number or array_like
        What the user gave.
    minimum : float, optional
        Smallest allowed value.

    Examples
    --------
    >>> number_or_array("noise", [["0.1"], [2]]), number_or_array("noise", 0.5)
    (((Fraction(1, 10),), (Fraction(2, 1),)), 0.5)
    """
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value):
        if not len(value):
            raise InputError(name, value, "a number, or an array of at least one")
        return tuple(number_or_array(name, one, minimum=minimum) for one in value)
    return number(name, value, minimum=minimum)


def shown(value: Any) -> str:
    """A number as it was given, or an array of numbers in short.

    Examples
    --------
    >>> shown(Fraction(1, 3)), shown((0.1, Fraction(2))), shown(tuple(range(9)))
    ('1/3', '0.1, 2', '9 values from 0 to 8')
    """
    if not isinstance(value, tuple):
        return str(value)
    flat = list(np.ravel(np.array(value, dtype=object)))
    return (
        ", ".join(map(str, flat)) if len(flat) < 7 else f"{len(flat)} values from {min(flat)} to {max(flat)}"
    )


def exact_number(name: str, value: Any, *, minimum: float | None = None) -> Fraction:
    """Read a finite real number as a ``Fraction``; a float stands for the binary fraction it stores.

    Parameters
    ----------
    name : str
        The argument, as the user spells it.
    value : object
        As for `number`.
    minimum : float, optional
        Smallest value allowed.

    Returns
    -------
    Fraction
        The same number.

    Raises
    ------
    InputError
        As for `number`.

    Examples
    --------
    >>> exact_number("tail", 0.25)
    Fraction(1, 4)
    """
    return Fraction(number(name, value, minimum=minimum))


def real_array(name: str, value: Any, allowed: str, entry: Callable[[str, Any], Any]) -> NDArray[Any]:
    """Read an array of real numbers: doubles, or exact numbers where some entry is one.

    Parameters
    ----------
    name : str
        The argument, as the user spells it.
    value : array_like
        Floats, integers, or objects and texts that `entry` reads.
    allowed : str
        What is allowed, for the error message.
    entry : callable
        Reads one exact number: the argument's name, and the entry.

    Returns
    -------
    ndarray
        Of doubles, or of objects: fractions, texts, and integers that no double holds stay exact.

    Raises
    ------
    InputError
        If entries are complex, boolean, dates, masked, or no numbers; or the array is ragged.

    Examples
    --------
    >>> real_array("ridge", [1, 2.5], "numbers", number), real_array("ridge", ["1/4"], "numbers", number)
    (array([1. , 2.5]), array([Fraction(1, 4)], dtype=object))
    """
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(name, "a masked array", allowed, "fill it, or leave its masked entries out")
    try:
        read = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputError(name, value, allowed) from error
    kind = read.dtype.kind
    if kind not in "iufOUS":
        raise InputError(name, f"an array of {read.dtype}", allowed)
    # Doubles are read off exact entries where doubles are wanted.
    if kind in "OUS" or (kind in "iu" and np.any(np.abs(read.astype(float)) >= _EXACT_BELOW)):
        each = np.vectorize(lambda one: entry(name, one), otypes=[object])
        return np.asarray(each(np.array(value, dtype=object)))
    return np.array(read, dtype=float)


def double(name: str, value: Fraction | float) -> float:
    """A number read by `number` in double precision.

    Parameters
    ----------
    name : str
        The argument, as the user spells it.
    value : Fraction or float
        A nonnegative number.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If it was given exactly, and is too large or (unless zero) too small for a double of full accuracy.

    Examples
    --------
    >>> double("noise", Fraction(1, 4))
    0.25
    """
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    least = sys.float_info.min if is_exact(value) and value else 0.0
    if not least <= result < math.inf:
        raise InputError(
            name, value, "zero or a number between 2.3e-308 and 1.8e308 in double precision", "give digits="
        )
    return result


def exact_text(value: Fraction | float) -> str:
    """A number as text that `number` reads back exactly: a decimal where it has one, a ratio of integers elsewhere.

    Parameters
    ----------
    value : Fraction, int or float
        A float stands for the binary fraction it stores.

    Returns
    -------
    str
        ``"inf"`` for infinity.

    Examples
    --------
    >>> exact_text(Fraction(1, 40)), exact_text(Fraction(-1, 3)), exact_text(0.5), exact_text(10**30)
    ('0.025', '-1/3', '0.5', '1000000000000000000000000000000')
    """
    if value in (math.inf, -math.inf):
        return str(value)
    exact = Fraction(value)
    places, rest = 0, exact.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        return str(exact)
    digits = str(abs(exact.numerator) * 10**places // exact.denominator).rjust(places + 1, "0")
    decimal = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{decimal}" if exact < 0 else decimal


def is_exact(value: Any) -> bool:
    """Whether a number read by `number` was given exactly.

    Parameters
    ----------
    value : Fraction or float
        A number returned by `number`.

    Returns
    -------
    bool
        True for ``Fraction`` and ``int``.

    Examples
    --------
    >>> is_exact(Fraction(1, 3)), is_exact(0.5)
    (True, False)
    """
    return isinstance(value, (Fraction, int))


def _read(name: str, value: Any) -> Fraction | float:
    if isinstance(value, bool) or value is None:
        raise InputError(name, value, _ALLOWED)
    if isinstance(value, str):
        return _read_text(name, value)
    if getattr(getattr(value, "dtype", None), "kind", "f") not in "iuf":
        raise InputError(name, value, _ALLOWED)
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
            raise InputError(name, value, _ALLOWED)
        return Fraction(value)
    if getattr(value, "is_Rational", False) and hasattr(value, "p"):  # sympy.Rational
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, numbers.Real) or getattr(value, "ndim", None) == 0 or hasattr(value, "_mpf_"):
        try:
            result = float(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(name, value, _ALLOWED) from None
        if not math.isfinite(result):
            raise InputError(name, value, _ALLOWED)
        return result
    raise InputError(name, value, _ALLOWED)


def _read_text(name: str, value: str) -> Fraction:
    text = value.strip()
    if len(text) > _LONGEST_TEXT:
        raise InputError(name, value, _ALLOWED)
    if _RATIO.fullmatch(text):
        numerator, denominator = text.split("/")
        if int(denominator) == 0:
            raise InputError(name, value, _ALLOWED, "the denominator is zero")
        return Fraction(int(numerator), int(denominator))
    match = _DECIMAL.fullmatch(text)
    if match is None or abs(int((match.group(2) or "e0")[1:])) > _LARGEST_EXPONENT:
        raise InputError(name, value, _ALLOWED)
    return Fraction(text)
