"""Reading sizes: numbers or arrays, exact where they were given exactly."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import number, real_array


def checked_size(name: str, value: Any, allowed: str, smallest: float, integer: bool = False) -> Any:
    """A positive number kept exact where it was given exactly, or a float array of positive numbers.

    Parameters
    ----------
    name : str
        For messages.
    value : object
        What the user gave.
    allowed : str
        What is allowed, in words.
    smallest : float
        Allowed.
    integer : bool
        Whether it has to be whole.
    """
    if value is None or isinstance(value, (bool, bytes, dict, set)):
        raise InputError(name, value, allowed)
    if isinstance(value, (str, Fraction, int)) or not is_array(value):
        given = _exact(name, value)
        values = np.asarray(float(given))
    else:
        given = real_array(name, value, allowed, _exact)
        values = given.astype(float)
        given.setflags(write=False)
    bad = ~(values >= smallest) if smallest > 0 else ~(values > 0)
    if integer:
        bad |= np.isfinite(values) & (values != np.round(values))
    if np.any(bad):
        raise InputError(name, values[bad].flat[0].item() if values.ndim else value, allowed)
    return given


def is_array(value: Any) -> bool:
    """Whether a value is to be read as an array: an array, or a list or tuple (even one that is ragged)."""
    return isinstance(value, (list, tuple)) or np.ndim(value) > 0


def _exact(name: str, value: Any) -> Any:
    """A scalar, exact where it was given exactly; infinity, also as the text of an export, is a float."""
    if isinstance(value, (float, np.floating, str)) and value in (math.inf, "inf"):
        return math.inf
    read = number(name, value)
    if read > sys.float_info.max:
        raise InputError(name, value, "a number below 1.8e308, or math.inf where that is allowed")
    return int(read) if isinstance(read, Fraction) and read.denominator == 1 else read


def shape_of(**values: Any) -> tuple[int, ...]:
    """The common shape of numbers and arrays.

    Raises
    ------
    ShapeError
        If they do not broadcast.
    """
    shapes = {
        name: np.shape(value) if isinstance(value, np.ndarray) else () for name, value in values.items()
    }
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        shown = ", ".join(f"{name}: {shape}" for name, shape in shapes.items() if shape)
        raise ShapeError("shapes", shown, "arrays that broadcast against each other") from None
