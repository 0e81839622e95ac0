"""What turns a quadratic program into an experiment: sizes, constants, spectra, and powers of its given vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.deprecation import deprecated
from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.matrices import DeterministicVector, GaussianMatrix, Vector
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.symbolic.replicas import matrices_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DrawnSpectrum:
    """The levels of a spectral dimension.

    Parameters
    ----------
    eigenvalues : sequence of number
        One per level, at least 0.
    multiplicities : int or sequence of int
        How many coordinates each level has.
    companions : mapping of str to sequence of number, optional
        Values of the companions of the eigenvalue, by letter.

    Raises
    ------
    InputError
        If a number is negative or not finite, or a multiplicity no positive integer.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> DrawnSpectrum([1, 0.5], [1, 3], {"g": [2.0, 1.0]}).size
    4
    """

    eigenvalues: Sequence[float]
    multiplicities: Any = 1
    companions: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        levels = _nonnegative("eigenvalues", self.eigenvalues)
        several = isinstance(self.multiplicities, Iterable)
        counts = _nonnegative(
            "multiplicities", self.multiplicities if several else [self.multiplicities] * len(levels)
        )
        if any(count < 1 or count != int(count) for count in counts):
            raise InputError("multiplicities", self.multiplicities, "positive integers")
        others = {letter: _nonnegative(letter, values) for letter, values in self.companions.items()}
        for name, values in {"multiplicities": counts, **others}.items():
            if len(values) != len(levels):
                raise ShapeError(name, f"{len(values)} numbers", f"{len(levels)}, one per eigenvalue")
        object.__setattr__(self, "eigenvalues", levels)
        object.__setattr__(self, "multiplicities", tuple(int(count) for count in counts))
        object.__setattr__(self, "companions", others)

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return sum(self.multiplicities)

    def levels(self, dimension: SpectralDimension) -> list[dict[str, float]]:
        """Eigenvalue and companions of every level, by letter."""
        columns = {dimension.spectrum: self.eigenvalues, **self.companions}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _nonnegative(name: str, values: Any) -> tuple[float, ...]:
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        raise InputError(name, values, "a list of numbers") from None
    if not found or not all(math.isfinite(value) and value >= 0 for value in found):
        raise InputError(name, values, "a list of finite numbers, at least 0")
    return found


@dataclass(frozen=True)
class ProgramSetting:
    r"""A quadratic program with everything that an experiment of it needs.

    Parameters
    ----------
    program : QuadraticProgram
        Its matrices and random vectors are drawn, its minimum is solved for, its observables are read off.
    sizes : mapping of str to int
        Size of every plain dimension, by name.
    constants : mapping of str to number
        Value of every other parameter of energy, constraints, variances and observables, by name; the ridge
        may be left out.
    spectra : mapping of str to DrawnSpectrum
        Levels of every spectral dimension, by name.
    powers : mapping of str to number or sequence of number
        For the letter (``measure``) of every deterministic vector its squared norm; over a spectral dimension
        its power in every level. Two vectors ``B``, ``C`` of one dimension have the inner product ``B_C``, if it
        is given; otherwise their directions are independent.
    ridge : str, default "lam"
        Name of the parameter of a path: values at equal sizes share their draws, and 0 means the limit.
    observables : mapping of str to str or sequence of str, optional
        What to read off: names in the results, each with that of an observable of the program or of its part
        due to a given vector (``test.beta``), or several that are added. By default all of them, under their own
        names.

    Raises
    ------
    InputError
        If a value is missing or not allowed; the message names it.

    Notes
    -----
    By the envelope theorem the slope of the minimum in a coefficient of the energy is the quadratic form that it
    multiplies, at the minimiser; no derived equation enters. Coefficients may hold sizes.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import program
    >>> spectrum = DrawnSpectrum([1.0, 0.1], [5, 40])
    >>> setting = ProgramSetting(program(), {"n": 30, "p": 20}, {"noise": 0.1}, {"D": spectrum}, {"B": [1, 0]})
    >>> setting.names
    ('test', 'test.beta', 'test.epsilon', 'train', 'train.beta', 'train.epsilon', 'norm', 'norm.beta', 'norm.epsilon')
    """

    program: QuadraticProgram
    sizes: Mapping[str, int]
    constants: Mapping[str, float] = field(default_factory=dict)
    spectra: Mapping[str, DrawnSpectrum] = field(default_factory=dict)
    powers: Mapping[str, Any] = field(default_factory=dict)
    ridge: str = "lam"
    observables: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for dimension in self.dimensions:
            self._check_dimension(dimension)
        constants = {}
        for name, value in self.constants.items():
            try:
                constants[name] = float(value)
            except (TypeError, ValueError, OverflowError):
                raise InputError(name, value, "a number") from None
            if not math.isfinite(constants[name]):
                raise InputError(name, value, "a finite number")
        object.__setattr__(self, "constants", constants)
        powers = {letter: self._power(letter, value) for letter, value in self.powers.items()}
        object.__setattr__(self, "powers", powers)
        for vector in self.deterministic_vectors:
            self._check_vector(vector)
        known = self.readings
        if self.observables is not None:
            found = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in self.observables.items()}
            object.__setattr__(self, "observables", found)
            for name, readings in found.items():
                if not readings or not set(readings) <= set(known):
                    raise InputError("observables", {name: readings}, f"one of {', '.join(known)}")

    def _check_dimension(self, dimension: AnyDimension) -> None:
        if not isinstance(dimension, SpectralDimension):
            size = self.sizes.get(dimension.name)
            if isinstance(size, bool) or size is None or size != int(size) or size < 1:
                raise InputError(dimension.name, size, "a positive integer: a size of the program")
            return
        spectrum = self.spectra.get(dimension.name)
        letters = {letter.name for letter in dimension.eigenvalues[1:]}
        if not isinstance(spectrum, DrawnSpectrum) or set(spectrum.companions) != letters:
            shown = f" with companions {', '.join(sorted(letters))}" if letters else ""
            raise InputError("spectra", dict(self.spectra), f"a DrawnSpectrum{shown} for {dimension.name}")

    def _power(self, letter: str, value: Any) -> tuple[float, ...]:
        several = isinstance(value, Iterable)
        try:
            power = tuple(float(entry) for entry in (value if several else [value]))
        except (TypeError, ValueError, OverflowError):
            raise InputError(letter, value, "a number, or one per level") from None
        if not all(math.isfinite(entry) for entry in power):
            raise InputError(letter, value, "finite numbers")
        return power

    def _check_vector(self, vector: DeterministicVector) -> None:
        power = self.powers.get(vector.measure)
        levels = len(self.multiplicities(vector.dimension))
        if power is None or len(power) != levels or min(power) < 0:
            allowed = "a number" if levels == 1 else f"{levels} numbers, one per level"
            raise InputError(vector.measure, power, f"{allowed}, at least 0: the power of {vector.name}")

    @cached_property
    def dimensions(self) -> tuple[AnyDimension, ...]:
        """Every dimension, in order of appearance."""
        found: dict[AnyDimension, None] = {v.dimension: None for v in self.program.variables()}
        for matrix in self.matrices:
            found.update({matrix.rows: None, matrix.columns: None})
        return tuple(found)

    @cached_property
    def matrices(self) -> tuple[GaussianMatrix, ...]:
        """The distinct random matrices, in order of appearance."""
        return matrices_of(self.program)

    @cached_property
    def given(self) -> tuple[Vector, ...]:
        """The distinct given vectors, in order of appearance."""
        variables = set(self.program.variables())
        terms = (term for form in self.program.constraints.values() for term in form.terms)
        return tuple(dict.fromkeys(term.vector for term in terms if term.vector not in variables))

    @property
    def deterministic_vectors(self) -> tuple[DeterministicVector, ...]:
        """The given vectors that are not random."""
        return tuple(vector for vector in self.given if isinstance(vector, DeterministicVector))

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Positions among the given vectors of two deterministic ones of one dimension."""
        fixed = [(i, v) for i, v in enumerate(self.given) if isinstance(v, DeterministicVector)]
        return tuple(
            (i, k)
            for place, (i, v) in enumerate(fixed)
            for k, w in fixed[place + 1 :]
            if v.dimension == w.dimension
        )

    @cached_property
    def readings(self) -> tuple[str, ...]:
        """Names of all observables and of their parts due to each given vector, or to two together."""
        names = [v.name for v in self.given]
        parts = [*names, *(f"{names[i]}_{names[k]}" for i, k in self.pairs)]
        return tuple(
            name
            for label in self.program.observables
            for name in (label, *(f"{label}.{part}" for part in parts))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is read off, in the order of the results."""
        return self.readings if self.observables is None else tuple(self.observables)

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """Positions among all readings of what is added up for each result."""
        if self.observables is None:
            return tuple((column,) for column in range(len(self.readings)))
        return tuple(tuple(map(self.readings.index, readings)) for readings in self.observables.values())

    def multiplicities(self, dimension: AnyDimension) -> tuple[int, ...]:
        """Coordinates in each level of a dimension; a plain one is a single level."""
        if isinstance(dimension, SpectralDimension):
            return self.spectra[dimension.name].multiplicities
        return (int(self.sizes[dimension.name]),)

    def size(self, dimension: AnyDimension) -> int:
        """Number of coordinates of a dimension."""
        return sum(self.multiplicities(dimension))

    def inner_products(
        self, first: DeterministicVector, second: DeterministicVector
    ) -> tuple[float, ...] | None:
        """Inner product of two given vectors in each level, or None where it is left to chance.

        Parameters
        ----------
        first : DeterministicVector
            Given vector.
        second : DeterministicVector
            Given vector.
        """
        for letter in (f"{first.measure}_{second.measure}", f"{second.measure}_{first.measure}"):
            if letter in self.powers:
                return self.powers[letter]
        return None


def __getattr__(name: str) -> Any:
    if name == "Spectrum":
        deprecated("Spectrum", "DrawnSpectrum", gone_in="0.3")
        return DrawnSpectrum
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
