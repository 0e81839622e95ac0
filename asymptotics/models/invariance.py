r"""Kernels and features that are averaged over a group: the same eigenvalues, fewer eigenfunctions.

Averaged over a group the kernel keeps the eigenvalue of each degree, on the invariant harmonics alone. Where their
number falls by a power alpha of the dimension, degree l is learned from :math:`d^{l-\alpha}` samples on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.functions.symmetries import Symmetry
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.limit_measures import ScalingMeasure
from asymptotics.models.measures import SpectralMeasure
from asymptotics.models.model import DegreeModel, Equations
from asymptotics.models.polynomial_equations import Degrees, levels_to_know, polynomial_limit
from asymptotics.models.posed import Posed
from asymptotics.models.regimes import Polynomial
from asymptotics.models.theory import Theory

__all__ = ["AveragedDegrees", "pose_averaged"]

AVERAGED = "averaged over a group: eigenvalues of degrees as they were, on invariant harmonics"

_ENOUGH, _MOST, _FURTHER, _SPARE = 10**17, 400, 24, 10
_NEGLIGIBLE = 1e-10
"""Share of the power beyond what is known of a symmetry that is left out."""


@dataclass(frozen=True)
class AveragedDegrees(DegreeModel):
    """A kernel or random features averaged over a group.

    Attributes
    ----------
    plain : DegreeModel
        The same without the average.
    symmetry : Symmetry
    """

    plain: Any
    symmetry: Any

    has_dimension: ClassVar[bool | None] = True

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """Of what is averaged."""
        found: Theory = self.plain.theory
        return found

    @property
    def target(self) -> Any:  # type: ignore[override]
        """Of what is averaged."""
        return self.plain.target

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of what is averaged."""
        return self.plain.noise

    @property
    def digits_known(self) -> float:
        """Of what is averaged."""
        return float(self.plain.digits_known)

    @property
    def function_text(self) -> str:
        """The function, and the symmetry."""
        return f"{self.plain.function_text}, averaged ({self.symmetry})"

    def multiplicity(self, d: int, degree: int) -> int:
        """Number of invariant harmonics."""
        found: int = self.symmetry.multiplicity(d, degree)
        return found

    def measure(self, d: int | float | None) -> SpectralMeasure:
        """Levels on the sphere.

        Raises
        ------
        InputError
            In infinite dimension, where samples in proportion to it are another regime; or if the target is not
            invariant.
        """
        if d is None or d == math.inf:
            advice = "degree l is learned at d^(l - alpha) samples: use Polynomial or FiniteSize"
            raise InputError("regime", "Proportional", "another regime for an invariant model", advice)
        for degree, power in self.target.powers:
            if power and not self.multiplicity(int(d), degree):
                allowed = f"no part in degree {degree}, of which no harmonic is invariant"
                raise InputError("target", self.target, allowed)
        return super().measure(d)

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """Eigenvalue times the number of invariant harmonics, degree by degree."""
        if d == math.inf:
            found: Expansion = self.plain.expand(d, degrees, digits)
            return found
        wide = self._wide(int(d), degrees, digits)
        # Numbers of an expansion are rounded as whoever made them rounds; what is made of them shall not be.
        convert = float if digits is None else Multiprecision(digits + _SPARE).convert
        wide = replace(
            wide, powers=tuple(map(convert, wide.powers)), tail=convert(wide.tail), total=convert(wide.total)
        )
        powers, rest = self._reduced(int(d), wide)
        beyond = self._beyond(int(d), wide, rest, digits)
        tail = sum(powers[degrees + 1 :], beyond)
        kept = tuple(powers[: degrees + 1])
        return Expansion(kept, tail, sum(kept, tail), d, digits=digits)

    def _wide(self, d: int, degrees: int, digits: int | None) -> Expansion:
        """The expansion that is averaged, to a degree beyond which next to nothing is left."""
        parts = _ENOUGH if digits is None else 10 ** (digits + 2)
        top, last = max(degrees + 8, 24), max(degrees, _MOST)
        while True:
            found: Expansion = self.plain.expand(d, min(top, last), digits)
            if top >= last or found.tail * parts <= found.total:
                return found
            top *= 2

    def _reduced(self, d: int, wide: Expansion) -> tuple[list[Any], Any]:
        """Powers on invariant harmonics, and the share of the last degree that is left."""
        powers, count, full = [], 0, 1
        for k, power in enumerate(wide.powers):
            count, full = self.multiplicity(d, k), multiplicity(d, k)
            powers.append(power * count / full)
        return powers, Fraction(count, full)

    def _beyond(self, d: int, wide: Expansion, share: Fraction, digits: int | None) -> Any:
        """What lies beyond all degrees that were looked at.

        Raises
        ------
        InputError
            If the symmetry says nothing about degrees that matter.
        PrecisionError
            If so many digits are asked for that it would be seen.
        """
        last = self.symmetry.last
        if last is not None:
            missed = sum(wide.powers[last + 1 :], wide.tail)
            if missed > wide.total * _NEGLIGIBLE:
                allowed = f"multiplicities of degrees beyond {last} too, where the function has power"
                raise InputError("invariance", str(self.symmetry), allowed)
            if digits is not None and missed > 0:
                raise PrecisionError("degrees beyond those given would be seen", "leave out digits=")
            return 0 * wide.tail
        if digits is not None and wide.tail * 10**digits > wide.total:
            raise PrecisionError("the spectrum decays too slowly for so many digits", "ask for fewer digits")
        return wide.tail * share.numerator / share.denominator

    def expand_certified(self, d: Any, degrees: int, digits: int) -> Expansion:
        """The same as balls: what lies beyond is between nothing and all of it.

        Raises
        ------
        PrecisionError
            If the symmetry is known to some degree only.
        """
        if self.symmetry.last is not None:
            raise PrecisionError("multiplicities are given to some degree only", "leave out certified=True")
        wide = self.plain.expand_certified(d, degrees + _FURTHER, digits)
        powers, _ = self._reduced(int(d), wide)
        tail = sum(powers[degrees + 1 :], wide.tail.union(0 * wide.tail))
        kept = tuple(powers[: degrees + 1])
        return Expansion(kept, tail, sum(kept, tail), d, digits=digits)

    def expand_squares(self, d: int, degrees: int, digits: int) -> None:
        """Not known: the tail is left as it is."""
        return None

    def degrees(self, most: int) -> Degrees:
        """Those of what is averaged, with the power of the dimension by which multiplicities fall.

        Raises
        ------
        InputError
            If the symmetry is one of a fixed dimension.
        """
        if self.symmetry.degeneracy is None:
            advice = (
                "a group of permutations, or given multiplicities, belong to one dimension: use FiniteSize"
            )
            raise InputError("invariance", str(self.symmetry), "'cyclic' in polynomial scaling", advice)
        return replace(
            self.plain.degrees(most + self.symmetry.degeneracy), degeneracy=self.symmetry.degeneracy
        )

    def scaling(self, kappa1: Any, kappa2: Any) -> Equations:
        """Equations in polynomial scaling, with thresholds lowered by the degeneracy."""
        limit = polynomial_limit(
            self.theory.name, kappa1, kappa2, self.degrees(levels_to_know(kappa1, kappa2))
        )
        regime = limit.regime
        measure = ScalingMeasure(self.plain, limit.last, tuple(regime.partly_learned), tuple(regime.noise))
        return Equations(limit.charts, measure, limit.vanishing())

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("order", 1, "0 for an invariant model", "its next order is not known")

    def setting(self) -> Any:
        """The function itself, averaged."""
        return self

    @property
    def activation(self) -> Any:
        """Of what is averaged, if it has one."""
        return getattr(self.plain, "activation", None)

    @property
    def kernel(self) -> Any:
        """Of what is averaged, if it has one."""
        return getattr(self.plain, "kernel", None)

    def __str__(self) -> str:
        return f"{self.plain}, averaged over a group ({self.symmetry})"


class _Unridged(Polynomial):
    """Polynomial scaling without a ridge: one of order one would be larger than all that is learned."""

    def require_ridge(self, name: str, ridge: Any) -> None:
        """Only zero.

        Raises
        ------
        InputError
            If a ridge is given.
        """
        if np.any(np.asarray(ridge) != 0):
            advice = "eigenvalues that are learned are of order d^-alpha: FiniteSize takes any ridge"
            raise InputError(name, ridge, "0 in polynomial scaling with invariance", advice)
        super().require_ridge(name, ridge)


def pose_averaged(plain: Any, symmetry: Symmetry, regime: Any) -> Iterator[Posed]:
    """The problem that answers for something averaged over a group.

    Parameters
    ----------
    plain : model
        What is averaged, with a spectrum degree by degree.
    symmetry : Symmetry
        Group of the average.
    regime : object
        Sizes, or a scaling of them.
    """
    model = AveragedDegrees(plain, symmetry)
    if not regime.is_point:
        regime = _Unridged(**vars(regime))
    yield Posed(model, regime, None, AVERAGED)
