"""The minimum of a program as quadratic forms of a mean inverse, one for each given vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.matrices import DeterministicVector, GaussianVector


@dataclass(frozen=True)
class Potential:
    """Part of the minimum due to one given vector, or to two of them together.

    Attributes
    ----------
    name : str
    vector : GaussianVector or DeterministicVector
    pairs : tuple of (i, k, sympy.Expr)
        The part is minus the sum over the pairs of the quadratic form of the vector with matrix
        ``profile * G[i, k]``.
    """

    name: str
    vector: GaussianVector | DeterministicVector
    pairs: tuple[tuple[int, int, sp.Expr], ...]

    @property
    def strength(self) -> sp.Expr:
        """Mean square of an entry of a Gaussian vector; one for a deterministic vector, whose measure holds it."""
        found: sp.Expr = getattr(self.vector, "variance", sp.S.One)
        return found

    def coefficients(self) -> tuple[sp.Expr, ...]:
        """Every coefficient in the part."""
        return (*(profile for _, _, profile in self.pairs), self.strength)

    def rewritten(self, rule: Mapping[sp.Expr, sp.Expr]) -> Potential:
        """The part with expressions in its coefficients replaced."""
        vector = self.vector
        if isinstance(vector, GaussianVector):
            vector = replace(vector, variance=vector.variance.xreplace(dict(rule)))
        pairs = tuple((i, k, profile.xreplace(dict(rule))) for i, k, profile in self.pairs)
        return Potential(self.name, vector, pairs)

    def combine(self, block: Callable[[int, int], sp.Expr]) -> sp.Expr:
        """The part, with ``block(i, k)`` in the place of the blocks of the mean inverse."""
        return -sum((self.vector.quadratic(profile * block(i, k)) for i, k, profile in self.pairs), sp.S.Zero)

    def value(self, equation: DysonEquation) -> sp.Expr:
        """The part in the traces of a Dyson equation."""
        return self.combine(equation.entry)


Places = Sequence[tuple[int, sp.Expr]]


def potential_of(vector: GaussianVector | DeterministicVector, places: Places) -> Potential:
    """The part of one vector that stands in several constraints, each with its profile.

    Parameters
    ----------
    vector : GaussianVector or DeterministicVector
        In several constraints.
    places : Places
        Where it stands, with its profile.
    """
    pairs = tuple((i, k, first * second) for i, first in places for k, second in places)
    return Potential(vector.name, vector, pairs)


def joint_potential(
    first: DeterministicVector, places: Places, second: DeterministicVector, others: Places
) -> Potential:
    """The part of two deterministic vectors of one dimension together.

    Its measure weighs an eigenvalue with the product of their coordinates there; it vanishes for vectors that are
    orthogonal in every eigenspace.

    Parameters
    ----------
    first : DeterministicVector
        Given vector.
    places : Places
        Where it stands.
    second : DeterministicVector
        Given vector.
    others : Places
        Where that stands.
    """
    name, measure = f"{first.name}_{second.name}", f"{first.measure}_{second.measure}"
    pairs = tuple((i, k, 2 * one * two) for i, one in places for k, two in others)
    return Potential(name, DeterministicVector(name, first.dimension, measure), pairs)
