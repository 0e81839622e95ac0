"""Sizes that tend to infinity: plain ones, and ones that carry a spectrum."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError


class _Size:
    """A dimension stands for its size in scalar formulas such as ``1 / p`` or ``n - p``."""

    size: sp.Expr

    def _sympy_(self) -> sp.Expr:
        return self.size

    def _combined(self, other: Any, combine: Callable[[Any, Any], sp.Expr]) -> Any:
        if isinstance(other, (int, Fraction, sp.Expr, _Size)):
            return combine(self.size, sp.sympify(other, strict=True))
        if isinstance(other, (float, complex, str)):
            raise InputError("scalar", other, "an exact number", "write a Fraction or sympy.Rational")
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._combined(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._combined(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._combined(other, lambda size, value: value - size)

    def __mul__(self, other: Any) -> Any:
        return self._combined(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._combined(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combined(other, lambda size, value: value / size)

    def __pow__(self, other: Any) -> Any:
        return self._combined(other, operator.pow)


@dataclass(frozen=True)
class Dimension(_Size):
    """A size without structure: matrices are invariant under rotations of it.

    Parameters
    ----------
    name : str
        Letter of the size; ``size`` is its symbol.

    Examples
    --------
    >>> n = Dimension("n")
    >>> n.size, 1 / n
    (n, 1/n)
    """

    name: str
    size: sp.Symbol = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", symbol(self.name))

    def trace(self, function: sp.Expr) -> sp.Expr:
        """Trace of ``function`` times the identity: the function times the size."""
        return self.size * function


@dataclass(frozen=True)
class SpectralDimension(_Size):
    """A size with a spectrum: commuting deterministic matrices are functions of the eigenvalue.

    Parameters
    ----------
    name : str
    spectrum : str
        Letter of the eigenvalue.
    measure : str
        Letter of the trace over this dimension.
    companions : tuple of str, optional
        Letters of further eigenvalues in the same eigenbasis, for matrices that commute with the first one
        without being a function of it (a test covariance, say). Where they occur polynomially the measure ``T_g``
        weighs with ``g`` times the weight of ``T``; where they occur in denominators, averages are over the joint
        law of all letters.

    Examples
    --------
    >>> D = SpectralDimension("D")
    >>> D.trace(D.eigenvalue / (1 + D.eigenvalue))
    T[s/(s + 1)]
    >>> SpectralDimension("D", companions=("g",)).eigenvalues
    (s, g)
    """

    name: str
    spectrum: str = "s"
    measure: str = "T"
    companions: tuple[str, ...] = ()
    eigenvalue: sp.Symbol = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        letters = (self.spectrum, *self.companions)
        if len(set(letters)) != len(letters):
            raise InputError(
                "companions", self.companions, "letters different from each other and the spectrum's"
            )
        object.__setattr__(self, "eigenvalue", symbol(self.spectrum))

    @property
    def eigenvalues(self) -> tuple[sp.Symbol, ...]:
        """The eigenvalue and its companions."""
        return (self.eigenvalue, *(symbol(letter) for letter in self.companions))

    @property
    def size(self) -> sp.Expr:  # type: ignore[override]
        """The size: the trace of the identity."""
        return self.trace(sp.S.One)

    @property
    def size_name(self) -> sp.Symbol:
        """Name of the size in derived systems, where it is one of the averages."""
        return symbol(f"{self.measure}00")

    def trace(self, function: sp.Expr) -> sp.Expr:
        """Trace of a function of the spectrum, as a spectral average."""
        return SpectralAverage(function, self.eigenvalue, symbol(self.measure))


AnyDimension = Dimension | SpectralDimension
