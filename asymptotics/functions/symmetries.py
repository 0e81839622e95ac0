r"""Symmetries of inputs: how many harmonics of each degree are invariant.

A finite group that permutes coordinates has, by Molien's theorem, as many invariant polynomials of degree k as the
coefficient of :math:`t^k` in the mean over its elements of :math:`\prod_c (1 - t^c)^{-1}`, one factor for each cycle of
length c; harmonic ones are those without the multiples of :math:`\|x\|^2`. Everything is exact in integers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.harmonics import multiplicity

__all__ = ["Cyclic", "GivenMultiplicities", "PermutationGroup", "Symmetry", "read_symmetry"]

CycleType = tuple[tuple[int, int], ...]
"""Lengths of cycles, and how many there are of each."""

MOST_ELEMENTS = 20_000
_ALLOWED = "'cyclic', {degree: multiplicity}, or a list of permutations that generate a group"


class Symmetry(ABC):
    """A symmetry of the inputs; frozen, hashable.

    Attributes
    ----------
    degeneracy : int or None
        Power of the dimension by which multiplicities fall; None where the dimension is fixed.
    """

    degeneracy: ClassVar[int | None] = None

    @abstractmethod
    def multiplicity(self, d: int, degree: int) -> int:
        """Number of linearly independent invariant harmonics of a degree.

        Parameters
        ----------
        d : int
            Dimension of the inputs.
        degree : int
            Of the harmonics, at least 0.
        """

    def elements(self, d: int) -> np.ndarray:
        """The group as permutations of coordinates, shape (elements, d).

        Raises
        ------
        InputError
            If only multiplicities are known.
        """
        raise InputError("invariance", self, "a group to draw with", "only its multiplicities are given")

    @property
    def last(self) -> int | None:
        """The last degree whose multiplicity is known; None where all are."""
        return None


def invariants(kind: CycleType, degree: int) -> int:
    """Coefficient of ``t**degree`` in the product over cycles of ``1/(1 - t**length)``.

    Parameters
    ----------
    kind : tuple of (int, int)
        Cycle type of a permutation: lengths of cycles, and how many there are of each.
    degree : int
        Of the monomials that are counted.

    Examples
    --------
    >>> invariants(((1, 2),), 3), invariants(((1, 1), (2, 1)), 3)
    (4, 2)
    """
    (length, count), *rest = kind
    if not rest:
        whole, left = divmod(degree, length)
        return 0 if left else math.comb(count + whole - 1, whole)
    return sum(
        math.comb(count + j - 1, j) * invariants(tuple(rest), degree - j * length)
        for j in range(degree // length + 1)
    )


def _by_molien(kinds: Iterable[tuple[CycleType, int]], degree: int) -> int:
    """Invariant harmonics of a group with so many elements of each cycle type."""
    order, polynomials = 0, [0, 0]
    for kind, count in kinds:
        order += count
        for place, k in enumerate((degree, degree - 2)):
            polynomials[place] += count * invariants(kind, k) if k >= 0 else 0
    return (polynomials[0] - polynomials[1]) // order


@dataclass(frozen=True)
class Cyclic(Symmetry):
    """Cyclic shifts of the coordinates.

    Examples
    --------
    >>> [Cyclic().multiplicity(30, k) for k in range(6)]
    [1, 1, 15, 165, 1352, 9110]
    """

    degeneracy: ClassVar[int | None] = 1

    def multiplicity(self, d: int, degree: int) -> int:
        """By Molien's theorem: shifts by multiples of ``d/r`` have cycles of length r."""
        return _cyclic(int(d), int(degree))

    def elements(self, d: int) -> np.ndarray:
        """All shifts."""
        return (np.arange(d)[:, None] + np.arange(d)) % d

    def __str__(self) -> str:
        return "cyclic"


@lru_cache(maxsize=4096)
def _cyclic(d: int, degree: int) -> int:
    shifts = Counter(d // math.gcd(d, j) for j in range(d))
    # Only lengths that divide one of the two degrees have a coefficient there.
    return _by_molien(((((r, d // r),), count) for r, count in shifts.items()), degree)


@dataclass(frozen=True)
class PermutationGroup(Symmetry):
    """A finite group of permutations of the coordinates, given by generators.

    Attributes
    ----------
    generators : tuple of tuple of int
        Images of the coordinates 0, 1, ...

    Examples
    --------
    >>> group = PermutationGroup(((1, 2, 0),))
    >>> [group.multiplicity(3, k) for k in range(5)] == [Cyclic().multiplicity(3, k) for k in range(5)]
    True
    """

    generators: tuple[tuple[int, ...], ...]

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.generators[0])

    def multiplicity(self, d: int, degree: int) -> int:
        """By Molien's theorem.

        Raises
        ------
        InputError
            If the dimension is not that of the permutations.
        """
        self._require(d)
        return _of_group(self.generators, int(degree))

    def elements(self, d: int) -> np.ndarray:
        """The group that the permutations generate."""
        self._require(d)
        return np.array(_generated(self.generators))

    def _require(self, d: int) -> None:
        if d != self.dimension:
            raise InputError("d", d, f"{self.dimension}, the number of coordinates that are permuted")

    def __str__(self) -> str:
        return f"{len(_generated(self.generators))} permutations of {self.dimension} coordinates"


@lru_cache(maxsize=64)
def _generated(generators: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """All products of permutations.

    Raises
    ------
    InputError
        If there are too many.
    """
    start = tuple(range(len(generators[0])))
    found, fresh = {start}, [start]
    while fresh:
        images = {tuple(g[i] for i in one) for one in fresh for g in generators}
        fresh = list(images - found)
        found |= images
        if len(found) > MOST_ELEMENTS:
            advice = "give {degree: multiplicity}"
            raise InputError(
                "invariance", generators[0], f"a group of at most {MOST_ELEMENTS} elements", advice
            )
    return tuple(sorted(found))


@lru_cache(maxsize=64)
def _types(generators: tuple[tuple[int, ...], ...]) -> tuple[tuple[CycleType, int], ...]:
    return tuple(Counter(map(_cycles, _generated(generators))).items())


@lru_cache(maxsize=4096)
def _of_group(generators: tuple[tuple[int, ...], ...], degree: int) -> int:
    return _by_molien(_types(generators), degree)


def _cycles(permutation: tuple[int, ...]) -> CycleType:
    left, lengths = set(range(len(permutation))), Counter[int]()
    while left:
        place, length = left.pop(), 1
        while (place := permutation[place]) in left:
            left.remove(place)
            length += 1
        lengths[length] += 1
    return tuple(sorted(lengths.items()))


@dataclass(frozen=True)
class GivenMultiplicities(Symmetry):
    """Numbers of invariant harmonics, degree by degree; of other degrees nothing is known.

    Attributes
    ----------
    counts : tuple of (degree, multiplicity)
    """

    counts: tuple[tuple[int, int], ...]

    @property
    def last(self) -> int | None:
        """The last degree before the first one that is missing."""
        known = dict(self.counts)
        return next(k for k in range(len(known) + 1) if k not in known) - 1

    def multiplicity(self, d: int, degree: int) -> int:
        """As given; zero where nothing is known.

        Raises
        ------
        InputError
            If there are fewer harmonics than that, invariant or not.
        """
        found = dict(self.counts).get(degree, 0)
        if found > multiplicity(d, degree):
            allowed = f"at most the {multiplicity(d, degree)} harmonics of degree {degree} in dimension {d}"
            raise InputError(f"invariance[{degree}]", found, allowed)
        return found

    def __str__(self) -> str:
        return str(dict(self.counts))


def read_symmetry(value: Any) -> Symmetry:
    """A symmetry from what a user gives.

    Parameters
    ----------
    value : str, mapping or list
        ``"cyclic"``, multiplicities of the invariant harmonics by degree, or permutations that generate a group.

    Raises
    ------
    InputError
        If it is none of these; the message says what is allowed.

    Examples
    --------
    >>> print(read_symmetry("cyclic"), read_symmetry([[1, 0, 2]]))
    cyclic 2 permutations of 3 coordinates
    """
    if isinstance(value, Symmetry):
        return value
    if isinstance(value, str):
        if value != "cyclic":
            raise InputError("invariance", value, _ALLOWED)
        return Cyclic()
    if isinstance(value, Mapping):
        whole = [isinstance(n, Integral) and int(n) >= 0 for pair in value.items() for n in pair]
        if not value or not all(whole):
            raise InputError("invariance", value, "whole numbers, degree to multiplicity")
        return GivenMultiplicities(tuple(sorted((int(k), int(m)) for k, m in {0: 1, **value}.items())))
    try:
        rows = tuple(tuple(int(i) for i in row) for row in value)
    except (TypeError, ValueError):
        raise InputError("invariance", value, _ALLOWED) from None
    for row in rows:
        if sorted(row) != list(range(len(rows[0]))):
            raise InputError("invariance", row, f"permutations of 0 to {len(rows[0]) - 1}")
    if not rows:
        raise InputError("invariance", value, _ALLOWED)
    found = PermutationGroup(rows)
    _generated(rows)
    return found
