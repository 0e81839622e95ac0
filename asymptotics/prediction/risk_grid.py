"""The grid of a risk: which parameter runs along which axis, and which points have given parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from asymptotics.errors import InputError

__all__ = ["axes_of", "dimensions", "line_of", "select"]


def axes_of(values: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Axes of a grid along which an array varies.

    Parameters
    ----------
    values : array_like
        That broadcast to the grid.
    shape : tuple of int
        Of the grid.

    Examples
    --------
    >>> axes_of(np.array([[1.0], [2.0]]), (2, 3)), axes_of(0.5, (2, 3))
    ((0,), ())
    """
    array = np.broadcast_to(np.asarray(values), shape)
    if array.size == 0:
        return tuple(axis for axis in range(len(shape)) if array.shape[axis] == 0)
    first = [np.take(array, [0], axis) for axis in range(array.ndim)]
    return tuple(axis for axis in range(array.ndim) if np.any(array != first[axis]))


def line_of(values: Any, shape: tuple[int, ...], axis: int) -> Any:
    """The values along one axis of a grid, at the start of the others.

    Parameters
    ----------
    values : array_like
        That broadcast to the grid.
    shape : tuple of int
        Of the grid.
    axis : int
        Number of the axis.
    """
    index = tuple(slice(None) if k == axis else 0 for k in range(len(shape)))
    return np.broadcast_to(np.asarray(values), shape)[index]


def dimensions(parameters: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[str, ...]:
    """Names of the axes: the first parameter that runs along this one only; ``axis_0``, ... where there is none.

    Parameters
    ----------
    parameters : mapping of str to number
        By name.
    shape : tuple of int
        Of the grid.

    Examples
    --------
    >>> dimensions({"n": [[1.0], [2.0]], "m": [[2.0], [4.0]], "ridge": 0.1}, (2, 3))
    ('n', 'axis_1')
    """
    names = [f"axis_{axis}" for axis in range(len(shape))]
    for name, values in reversed(list(parameters.items())):
        along = axes_of(values, shape)
        if len(along) == 1 and 0 not in shape:
            line = np.asarray(line_of(values, shape, along[0]), dtype=float)
            names[along[0]] = name if np.unique(line).size == line.size else names[along[0]]
    return tuple(names)


def select(name: str, values: Any, shape: tuple[int, ...], wanted: Any, nearest: bool) -> tuple[int, Any]:
    """Axis along which a parameter runs, and the positions that have the wanted values; -1 if it does not vary.

    Parameters
    ----------
    name : str
        Of the parameter.
    values : array_like
        Of it, on the grid.
    shape : tuple of int
        Of the grid.
    wanted : number or array
        Values to be found.
    nearest : bool
        Whether the nearest value counts.

    Raises
    ------
    InputError
        If it has no such value, or runs along several axes at once.
    """
    along = axes_of(values, shape)
    if len(along) > 1:
        raise InputError(
            name, wanted, "a parameter that runs along one axis", "use an index, such as risk[0]"
        )
    axis = along[0] if along else -1
    line = np.asarray(line_of(values, shape, axis) if along else np.ravel(values)[:1], dtype=float)
    if isinstance(wanted, slice):
        low = -np.inf if wanted.start is None else float(wanted.start)
        high = np.inf if wanted.stop is None else float(wanted.stop)
        return axis, np.flatnonzero((line >= low) & (line <= high))
    many = np.ndim(wanted) > 0
    found = [_position(name, line, value, nearest) for value in (wanted if many else [wanted])]
    return axis, np.array(found) if many else found[0]


def _position(name: str, line: np.ndarray, value: Any, nearest: bool) -> int:
    number = float(value)
    with np.errstate(invalid="ignore"):  # inf - inf
        distance = np.where(line == number, 0.0, np.abs(line - number))
    place = int(np.argmin(distance))
    if not nearest and not distance[place] <= 1e-9 * abs(number):
        raise InputError(
            name, value, "a value of the grid", f"the nearest is {line[place]:.6g}; method='nearest' takes it"
        )
    return place
