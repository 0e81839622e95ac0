"""Exact inputs in the numbers of any arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.program import Spectrum

GivenValues = tuple[Mapping[str, Any], Spectrum | None]
Given = Callable[[Any], GivenValues]
"""From an arithmetic, whose precision is in force, to the inputs and the spectrum in its numbers."""


def given_numbers(inputs: Mapping[str, Any], spectrum: Spectrum | None = None) -> Given:
    """Exact inputs, ready for any arithmetic.

    Parameters
    ----------
    inputs : mapping name -> int, float, Fraction, decimal string, mpmath number, complex number or Ball
        Taken as exact.
    spectrum : Spectrum, optional
        Of such numbers, in sequences.

    Examples
    --------
    >>> from asymptotics.lowering.arithmetic import Multiprecision
    >>> given_numbers({"lam": "1/3"})(Multiprecision(30))
    ({'lam': mpf('0.333333333333333333333333333333')}, None)
    """

    def numbers(arithmetic: Any) -> GivenValues:
        values = {name: converted(value, arithmetic) for name, value in inputs.items()}
        if spectrum is None:
            return values, None
        rows = {name: _array(row, arithmetic) for name, row in spectrum.weights.items()}
        tails = {name: converted(value, arithmetic) for name, value in spectrum.tails.items()}
        return values, Spectrum(spectrum.each_letter(lambda row: _array(row, arithmetic)), rows, tails)

    return numbers


def remembered(given: Given) -> Given:
    """The same, with the numbers of every arithmetic made once."""
    known: dict[tuple[type, Any], GivenValues] = {}

    def numbers(arithmetic: Any) -> GivenValues:
        key = type(arithmetic), getattr(arithmetic, "digits", None)
        if key not in known:
            known[key] = given(arithmetic)
        return known[key]

    return numbers


def converted(value: Any, arithmetic: Any) -> Any:
    """One number in an arithmetic.

    Parameters
    ----------
    value : number
        Of any kind.
    arithmetic : arithmetic
        In which it is wanted.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Ball) and not isinstance(arithmetic, Balls):
        value = value.mid
    if isinstance(value, complex) or hasattr(value, "_mpc_"):
        if isinstance(arithmetic, Balls):
            raise InputError("value", value, "a real number in a proof", "ask for digits without a proof")
        return complex(value) if isinstance(arithmetic, Float64) else arithmetic.context.mpc(value)
    if isinstance(arithmetic, Float64) and isinstance(value, str):
        value = Fraction(value)
    return arithmetic.convert(value)


def flattened(inputs: Mapping[str, Any], *others: Any) -> tuple[dict[str, Any], int, tuple[int, ...]]:
    """Inputs as numbers or arrays of points along one axis, the number of points, and their shape.

    Examples
    --------
    >>> values, count, shape = flattened({"a": 1.0, "b": np.ones((2, 1)), "c": np.ones(3)})
    >>> values["a"], values["b"].shape, count, shape
    (1.0, (6,), 6, (2, 3))
    """
    shape = np.broadcast_shapes(*(np.shape(value) for value in (*inputs.values(), *others)))
    flat = {n: v if np.ndim(v) == 0 else np.broadcast_to(v, shape).ravel() for n, v in inputs.items()}
    return flat, math.prod(shape), shape


def _array(values: Any, arithmetic: Any) -> np.ndarray:
    items = [converted(value, arithmetic) for value in values]
    if isinstance(arithmetic, Float64):
        return np.array(items, dtype=float)
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result
