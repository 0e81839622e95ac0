"""Regimes: which sizes an answer is for. Values may be numbers or arrays; they broadcast like NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.exact import number


def _checked(name: str, value: Any, allowed: str, smallest: float, integer: bool = False) -> Any:
    """A positive number kept exact where it was given exactly, or a float array of positive numbers."""
    if value is None or isinstance(value, (bool, bytes, dict, set)):
        raise InputError(name, value, allowed)
    if isinstance(value, (str, Fraction, int)) or np.ndim(value) == 0:
        given = _exact(name, value)
        values = np.asarray(float(given))
    else:
        try:
            given = np.array(value, dtype=float)
        except (TypeError, ValueError) as error:
            raise InputError(name, value, allowed) from error
        values = given
        given.setflags(write=False)
    bad = ~(values >= smallest) if smallest > 0 else ~(values > 0)
    if integer:
        bad |= np.isfinite(values) & (values != np.round(values))
    if np.any(bad):
        raise InputError(name, values[bad].flat[0].item() if values.ndim else value, allowed)
    return given


def _exact(name: str, value: Any) -> Any:
    """A scalar, exact where it was given exactly; infinity stays a float."""
    if isinstance(value, (float, np.floating)) and value == math.inf:
        return math.inf
    read = number(name, value)
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


@dataclass(frozen=True)
class Proportional:
    """Sizes in proportion: ``p = psi1 d``, ``n = psi2 d``, ``d`` tends to infinity.

    Parameters
    ----------
    psi1, psi2 : number or array
        Features and samples per input dimension; ``math.inf`` for a wide network or for population risk.
        Fractions and decimal strings stay exact where ``digits=`` is asked.

    Raises
    ------
    InputError
        If a value is not positive.

    Examples
    --------
    >>> Proportional(psi1=2, psi2=3)
    Proportional(psi1=2, psi2=3)
    """

    psi1: Any
    psi2: Any

    def __post_init__(self) -> None:
        for name in ("psi1", "psi2"):
            value = _checked(name, getattr(self, name), "a positive number or math.inf", 0)
            object.__setattr__(self, name, value)
        shape_of(psi1=self.psi1, psi2=self.psi2)


@dataclass(frozen=True)
class FiniteSize:
    """The sizes of an actual experiment.

    Parameters
    ----------
    d : int or array of int
        Input dimension, at least 3.
    n : int, array of int or math.inf
        Samples; ``math.inf`` for population risk.
    p : int, array of int or math.inf, optional
        Features; ``math.inf`` (the default) for the kernel limit.

    Raises
    ------
    InputError
        If a size is not a positive integer.
    """

    d: Any
    n: Any
    p: Any = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "d", _checked("d", self.d, "a finite integer, at least 3", 3, integer=True))
        if not np.all(np.isfinite(np.asarray(self.d, dtype=float))):
            raise InputError("d", self.d, "a finite integer, at least 3", "use Proportional for infinite d")
        for name in ("n", "p"):
            value = _checked(name, getattr(self, name), "a positive integer or math.inf", 1, integer=True)
            object.__setattr__(self, name, value)
        shape_of(d=self.d, n=self.n, p=self.p)


Regime = Proportional | FiniteSize
