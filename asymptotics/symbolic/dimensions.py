"""Sizes that tend to infinity: plain ones, and ones that carry a spectrum."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol


@dataclass(frozen=True)
class Dimension:
    """A size without structure: matrices are invariant under rotations of it.

    Parameters
    ----------
    name : str
        Letter of the size; ``size`` is its symbol.

    Examples
    --------
    >>> Dimension("n").size
    n
    """

    name: str
    size: sp.Symbol = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", symbol(self.name))

    def trace(self, function: sp.Expr) -> sp.Expr:
        """Trace of ``function`` times the identity: the function times the size."""
        return self.size * function


@dataclass(frozen=True)
class SpectralDimension:
    """A size with a spectrum: commuting deterministic matrices are functions of the eigenvalue.

    Parameters
    ----------
    name : str
    spectrum : str
        Letter of the eigenvalue.
    measure : str
        Letter of the trace over this dimension.

    Examples
    --------
    >>> D = SpectralDimension("D")
    >>> D.trace(D.eigenvalue / (1 + D.eigenvalue))
    T[s/(s + 1)]
    """

    name: str
    spectrum: str = "s"
    measure: str = "T"
    eigenvalue: sp.Symbol = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "eigenvalue", symbol(self.spectrum))

    def trace(self, function: sp.Expr) -> sp.Expr:
        """Trace of a function of the spectrum, as a spectral average."""
        return SpectralAverage(function, self.eigenvalue, symbol(self.measure))


AnyDimension = Dimension | SpectralDimension
