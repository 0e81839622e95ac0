"""Numbers of a risk as text and back: JSON that keeps every digit, and balls."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.functions.exact import exact_number, exact_text
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball

__all__ = ["exported", "read_numbers", "scalar", "shown"]

_ENDLESS = ("inf", "+inf", "-inf", "nan")


def exported(value: Any) -> Any:
    """A number or an array of numbers as JSON has them, in nested lists.

    Examples
    --------
    >>> exported(np.array([0.5, np.inf])), exported(Fraction(1, 3))
    ([0.5, 'inf'], '1/3')
    """
    array = np.asarray(value)
    return _plain(value) if array.ndim == 0 else [exported(item) for item in array]


def shown(value: Any) -> str:
    """A number as a page has it: doubles with the digits that are theirs."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def scalar(value: Any) -> Any:
    """A plain number instead of an array of no axes."""
    return value.item() if isinstance(value, np.generic) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, (np.floating, np.integer, float, int)):
        number = value.item() if isinstance(value, np.generic) else value
        return number if np.isfinite(number) else str(number)
    return str(value)


def read_numbers(data: Any) -> dict[str, Any]:
    """Values, status, parameters and noise of an export, as a risk holds them.

    Examples
    --------
    >>> data = {"values": {"test": "0.25"}, "status": 0, "parameters": {"n": "1/3"}, "noise": 0.5}
    >>> read_numbers(data)["exact"]
    {'n': Fraction(1, 3), 'noise': Fraction(1, 2)}
    """
    for part in ("values", "parameters", "noise"):
        for leaf in _leaves(data[part]):
            _require_short(leaf)
    exactly = any(isinstance(v, str) for v in _leaves(data["values"]) if v not in _ENDLESS)
    read: Callable[[Any], Any] = _Reader(data["values"]) if exactly else _double
    given = {name: _shaped(value, _exactly) for name, value in data["parameters"].items()}
    status = np.array(data["status"], dtype=np.int8)
    missing = np.full(status.shape, np.nan) if status.shape else math.nan
    return {
        "values": {name: _shaped(value, read) for name, value in data["values"].items()},
        "noise": _shaped(data["noise"], _Reader(data["values"]).number if exactly else _double),
        "parameters": {name: _shaped(value, _double) for name, value in data["parameters"].items()},
        "status": status,
        "condition": missing,
        "effective_ridge": missing,
        "degrees_of_freedom": missing,
        "made_by": dict(data["made_by"]) if "made_by" in data else {},
        "exact": {**given, "noise": _shaped(data["noise"], _exactly)} if exactly else {},
    }


_EXPONENT = re.compile(r"[eE][-+]?\d{6}")
_LONGEST = 40_000


def _require_short(leaf: Any) -> None:
    """Refuse a number whose text is longer than any that is exported, or that would be when written out.

    Raises
    ------
    ValueError
    """
    if isinstance(leaf, str) and (len(leaf) > _LONGEST or _EXPONENT.search(leaf)):
        raise ValueError("a number that is too long")


def _leaves(data: Any) -> Iterator[Any]:
    """Every number of a nested export."""
    if isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _leaves(item)
    else:
        yield data


def _shaped(data: Any, read: Callable[[Any], Any]) -> Any:
    """A number, or an array of the numbers of nested lists."""
    if not isinstance(data, list):
        return read(data)
    numbers = [read(leaf) for leaf in _leaves(data)]
    kind = float if all(isinstance(value, float) for value in numbers) else object
    result = np.empty(len(numbers), dtype=kind)
    result[:] = numbers
    return result.reshape(np.shape(data))


def _double(value: Any) -> float:
    return float(Fraction(value)) if isinstance(value, str) and value not in _ENDLESS else float(value)


def _exactly(value: Any) -> Any:
    return float(value) if value in _ENDLESS else exact_number("parameter", value)


class _Reader:
    """Reads numbers of many digits or balls; how many digits is seen from the longest."""

    def __init__(self, values: Any) -> None:
        texts = [leaf for leaf in _leaves(values) if isinstance(leaf, str) and leaf not in _ENDLESS]
        self.proved = any("+/-" in text for text in texts)
        mantissas = [text.strip("[]").partition(" ")[0].partition("e")[0] for text in texts]
        self.digits = max((len(m.replace(".", "").lstrip("-+0")) for m in mantissas), default=1)

    def __call__(self, value: Any) -> Any:
        """An mpmath number, or a ball."""
        return Ball.read(str(value), self.digits) if self.proved else self.number(value)

    def number(self, value: Any) -> Any:
        """An mpmath number."""
        arithmetic = Multiprecision(self.digits)
        return arithmetic.context.mpf(value) if value in _ENDLESS else arithmetic.convert(str(value))
