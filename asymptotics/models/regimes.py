"""Regimes: which sizes an answer is for. Values may be numbers or arrays; they broadcast like NumPy."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import number


def _checked(name: str, value: Any, allowed: str, smallest: float, integer: bool = False) -> Any:
    """A positive number kept exact where it was given exactly, or a float array of positive numbers."""
    if value is None or isinstance(value, (bool, bytes, dict, set)):
        raise InputError(name, value, allowed)
    if isinstance(value, (str, Fraction, int)) or not is_array(value):
        given = _exact(name, value)
        values = np.asarray(float(given))
    else:
        try:
            if np.asarray(value).dtype.kind in "OUS":
                # Fractions and decimal strings stay exact; doubles are read off them where doubles are wanted.
                read = np.vectorize(lambda entry: _exact(name, entry), otypes=[object])
                given = read(np.array(value, dtype=object))
            else:
                given = np.array(value, dtype=float)
            values = given.astype(float)
        except InputError:
            raise
        except (TypeError, ValueError) as error:
            raise InputError(name, value, allowed) from error
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


class _Sizes:
    """Equality of regimes by value, arrays included."""

    def _key(self) -> tuple[Any, ...]:
        return type(self), *(
            (np.shape(v), *np.ravel(np.asarray(v, dtype=object))) for v in vars(self).values()
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sizes) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, eq=False)
class Proportional(_Sizes):
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


@dataclass(frozen=True, eq=False)
class FiniteSize(_Sizes):
    """The sizes of an actual experiment.

    Parameters
    ----------
    d : int or array of int
        Input dimension, at least 3; left out where the model's spectrum is given (``SpectralRidge``).
    n : int, array of int or math.inf
        Samples; ``math.inf`` for population risk.
    p : int, array of int or math.inf, optional
        Features; ``math.inf`` (the default) for the kernel limit.

    Raises
    ------
    InputError
        If a size is not a positive integer, or n is missing.
    """

    d: Any = None
    n: Any = None
    p: Any = math.inf

    whole: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.d is not None:
            self._read_dimension()
        for name in ("n", "p"):
            allowed = "a positive integer or math.inf" if self.whole else "a positive number or math.inf"
            smallest = 1 if self.whole else 0
            value = _checked(name, getattr(self, name), allowed, smallest, integer=self.whole)
            object.__setattr__(self, name, value)
        shape_of(**{name: value for name, value in vars(self).items() if value is not None})

    def _read_dimension(self) -> None:
        object.__setattr__(self, "d", _checked("d", self.d, "a finite integer, at least 3", 3, integer=True))
        if not np.all(np.isfinite(np.asarray(self.d, dtype=float))):
            raise InputError("d", self.d, "a finite integer, at least 3", "use Proportional for infinite d")


@dataclass(frozen=True, eq=False)
class RealSize(FiniteSize):
    """Finite sizes in which samples and features may be any positive numbers: for curves and comparisons.

    The deterministic equivalent is analytic in ``n`` and ``p``; only an experiment needs whole numbers.

    Examples
    --------
    >>> RealSize(d=10, n=31.6, p=100)
    RealSize(d=10, n=31.6, p=100)
    """

    whole: ClassVar[bool] = False


def _exponent(name: str, value: Any) -> Fraction | float:
    """A positive exponent as an exact fraction, or infinity."""
    allowed = "a positive rational such as 2, '3/2' or Fraction(3, 2), or math.inf"
    if isinstance(value, float) and value == math.inf:
        return value
    read = number(name, value)
    exact = Fraction(read).limit_denominator(1000)
    if float(exact) != float(read) or (isinstance(read, Fraction) and exact != read):
        raise InputError(name, value, allowed, "its denominator may be at most 1000; write it as a Fraction")
    if exact <= 0:
        raise InputError(name, value, allowed)
    return exact


@dataclass(frozen=True, eq=False)
class Polynomial(_Sizes):
    """Polynomial scaling: ``p = theta1 d^kappa1``, ``n = theta2 d^kappa2``, ``d`` tends to infinity.

    Parameters
    ----------
    kappa1, kappa2 : int, Fraction, str or float
        Exponents of features and samples, exact rationals; ``math.inf`` for infinitely many.
    theta1, theta2 : number or array
        Their coefficients.

    Raises
    ------
    InputError
        If an exponent is not a positive rational, a coefficient not positive and finite, or both exponents
        infinite.

    Examples
    --------
    >>> Polynomial(kappa1=2, kappa2="3/2", theta1=0.5)
    Polynomial(kappa1=Fraction(2, 1), kappa2=Fraction(3, 2), theta1=0.5, theta2=1)
    """

    kappa1: Any
    kappa2: Any
    theta1: Any = 1
    theta2: Any = 1

    def __post_init__(self) -> None:
        for name in ("kappa1", "kappa2"):
            object.__setattr__(self, name, _exponent(name, getattr(self, name)))
        if self.kappa1 == self.kappa2 == math.inf:
            raise InputError("kappa1", self.kappa1, "finite where kappa2 is infinite")
        for name in ("theta1", "theta2"):
            value = _checked(name, getattr(self, name), "a positive finite number", 0)
            if not np.all(np.isfinite(np.asarray(value, dtype=float))):
                raise InputError(name, value, "a positive finite number", "give an infinite exponent instead")
            object.__setattr__(self, name, value)
        shape_of(theta1=self.theta1, theta2=self.theta2)


Regime = Proportional | FiniteSize | Polynomial
