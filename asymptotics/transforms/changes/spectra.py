"""Spectra to put into a system: isotropic, two blocks, atoms, power laws, tails.

A spectrum has finitely many levels (an eigenvalue, its multiplicity, the power of each deterministic vector there), and
may have a tail of infinitely many eigenvalues that tend to zero with a finite sum. Whatever else there is may be kept
as an average.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Measure
from asymptotics.errors import InputError

Powers = Any
"""An expression (the same for every vector), or a mapping from the name of a measure to one."""


@dataclass(frozen=True)
class Atom:
    """One eigenvalue.

    Attributes
    ----------
    eigenvalue, multiplicity : sympy.Expr or number
    power : sympy.Expr, number, or mapping of measure name to one
        Sum of squared coordinates of each vector at the eigenvalue.
    """

    eigenvalue: Any
    multiplicity: Any = 1
    power: Powers = 0


@dataclass(frozen=True)
class VanishingTail:
    """Infinitely many eigenvalues that tend to zero.

    Attributes
    ----------
    mass : sympy.Expr or number
        Their sum.
    power : sympy.Expr, number, or mapping of measure name to one
        Sum of squared coordinates of each vector in the tail.
    """

    mass: Any
    power: Powers = 0


@dataclass(frozen=True)
class ExactSpectrum:
    """Levels, a tail, and perhaps a rest that is kept as an average.

    Attributes
    ----------
    atoms : tuple of Atom
    tail : VanishingTail, optional
    rest : bool
        Whether averages over what is not listed stay in the system.
    meanings : mapping of str to str
        What the symbols mean, by name.
    name : str

    Raises
    ------
    InputError
        If there is nothing in it.
    """

    atoms: tuple[Atom, ...] = ()
    tail: VanishingTail | None = None
    rest: bool = False
    meanings: Mapping[str, str] = field(default_factory=dict)
    name: str = "atoms"

    def __post_init__(self) -> None:
        if not self.atoms and self.tail is None:
            raise InputError("levels", self.atoms, "at least one level, or a tail")

    def expressions(self) -> tuple[sp.Expr, ...]:
        """Every expression in the spectrum."""
        parts: list[Any] = []
        for level in self.atoms:
            parts += [level.eigenvalue, level.multiplicity, *_listed(level.power)]
        if self.tail is not None:
            parts += [self.tail.mass, *_listed(self.tail.power)]
        return tuple(sp.sympify(part, strict=True) for part in parts)


def _listed(power: Powers) -> list[Any]:
    return list(power.values()) if isinstance(power, Mapping) else [power]


def power_in(power: Powers, measure: Measure) -> sp.Expr:
    """The power of the vector that a measure belongs to.

    Parameters
    ----------
    power : sympy.Expr, number, or mapping of measure name to one
    measure : Measure
        Of a vector.

    Raises
    ------
    InputError
        If powers are listed by measure and this one is missing.
    """
    if isinstance(power, Mapping):
        if measure.symbol.name not in power:
            raise InputError("power", sorted(power), f"a power for the vector measure {measure.symbol}")
        power = power[measure.symbol.name]
    return sp.sympify(power, strict=True)


def isotropic(eigenvalue: Any = "s1", multiplicity: Any = "d", power: Any = "F1sq") -> ExactSpectrum:
    """One eigenvalue.

    Names become symbols; expressions and numbers are taken as they are.

    Parameters
    ----------
    eigenvalue, multiplicity, power : str, sympy.Expr or number
        ``power`` may be a mapping from the names of vector measures.

    Examples
    --------
    >>> isotropic(eigenvalue=1).atoms
    (Atom(eigenvalue=1, multiplicity=d, power=F1sq),)
    """
    return atoms([(eigenvalue, multiplicity, power)], "isotropic")


def two_block(
    first: Sequence[Any] = ("s1", "d1", "F1sq"), second: Sequence[Any] = ("s2", "d2", "F2sq")
) -> ExactSpectrum:
    """Two eigenvalues, each with multiplicity and power.

    Parameters
    ----------
    first, second : (eigenvalue, multiplicity, power)
        Each as for :func:`isotropic`.
    """
    return atoms([first, second], "two-block")


def atoms(levels: Iterable[Sequence[Any]], name: str = "atoms") -> ExactSpectrum:
    """Finitely many eigenvalues, each a triple (eigenvalue, multiplicity, power).

    Parameters
    ----------
    levels : iterable of (eigenvalue, multiplicity, power)
        Each as for :func:`isotropic`.
    name : str, optional
        Of the spectrum.

    Examples
    --------
    >>> len(atoms([(1, "d1", "F1sq"), ("s2", "d2", 0)]).atoms)
    2
    """
    meanings: dict[str, str] = {}
    read = []
    for number, (eigenvalue, multiplicity, power) in enumerate(levels, 1):
        for value, what in (
            (eigenvalue, f"eigenvalue {number}"),
            (multiplicity, f"multiplicity of eigenvalue {number}"),
            (power, f"power of the vector at eigenvalue {number}"),
        ):
            if isinstance(value, str):
                meanings[value] = what
        read.append(Atom(_named(eigenvalue), _named(multiplicity), _named(power)))
    return ExactSpectrum(tuple(read), meanings=meanings, name=name)


def _named(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _named(entry) for key, entry in value.items()}
    return symbol(value) if isinstance(value, str) else value


def power_law(
    exponent: Any, levels: int, source: Any = 0, scale: Any = 1, rest: bool = False
) -> ExactSpectrum:
    """Eigenvalues ``scale * k**-exponent`` with powers ``k**-source``, for ``k = 1, ..., levels``.

    Parameters
    ----------
    exponent, source : int or sympy.Rational
        Capacity and source exponents; with integers the system stays rational.
    levels : int
        Where the explicit sum ends.
    scale : sympy.Expr or number
    rest : bool
        Whether the levels after that are kept as an average, instead of being left out.

    Raises
    ------
    InputError
        If an exponent is not exact, or there is no level.

    Examples
    --------
    >>> [level.eigenvalue for level in power_law(2, 3).atoms]
    [1, 1/4, 1/9]
    """
    exponents = [sp.sympify(value, strict=True) for value in (exponent, source)]
    for name, value in zip(("exponent", "source"), exponents, strict=True):
        if not value.is_Rational:
            raise InputError(name, value, "an exact rational number", "write Rational(3, 2), not 1.5")
    if not isinstance(levels, int) or levels < 1:
        raise InputError("levels", levels, "a positive integer")
    entries = tuple(
        Atom(scale * sp.Integer(k) ** -exponents[0], 1, sp.Integer(k) ** -exponents[1])
        for k in range(1, levels + 1)
    )
    return ExactSpectrum(entries, rest=rest, name="power-law")
