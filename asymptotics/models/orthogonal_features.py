r"""Random features with orthogonal weights: given the weights their covariance is known, and they are a kernel.

Up to as many features as dimensions the weights are orthogonal. Then the covariance of the features is
:math:`\sum_k \mu_k^2[(1 - P_k(0))\,I + P_k(0)\,11^\top]` with the zonal polynomials :math:`P_k` at right angles: two
levels, of which in the limit one is left. Beyond, the weights are a tight frame, ``d`` rows of a Haar matrix: the
linear part has ``d`` equal eigenvalues, and what is of higher degree acts as independent noise. Given these levels
ridge regression is kernel ridge regression; what of the target lies outside the span of the features is out of reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.components import COMPARED
from asymptotics.models.degree_two import positions
from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
from asymptotics.models.measures import STEP, TAIL, Numbers, SpectralMeasure
from asymptotics.models.model import Equations, Model
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.posed import Posed, no_joint_program
from asymptotics.models.regimes import Proportional, RealSize
from asymptotics.models.theory import Size, Theory

__all__ = ["ORTHOGONAL", "OrthogonalFeatures", "OrthogonalLevels", "pose_orthogonal"]

ORTHOGONAL = "features of orthogonal weights as a kernel, given the weights (prediction)"

_CROWDED = 0.1
"""Features per harmonic of degree two, from which a tight frame of them starts to learn degree two."""

Level = tuple[Any, Any, Any]
"""Eigenvalue, multiplicity, power of the target that is captured."""


def at_right_angles(degree: int, d: int) -> Fraction:
    """The zonal polynomial of a degree at angle ninety, one at angle zero.

    Parameters
    ----------
    degree : int
        Of the polynomial, at least 0.
    d : int
        Dimension of the sphere's space, at least 3.

    Examples
    --------
    >>> [str(at_right_angles(k, 5)) for k in range(5)]
    ['1', '0', '-1/4', '0', '1/8']
    """
    value = Fraction(1)
    for k in range(0, degree, 2):
        value *= -Fraction(k + 1, d + k - 1)
    return value if degree % 2 == 0 else Fraction(0)


@dataclass(frozen=True)
class OrthogonalLevels(SpectralMeasure):
    """Levels of features with orthogonal weights.

    Attributes
    ----------
    features : object
        With ``activation``, ``target`` and ``noise``.
    d : int or math.inf
    width : Fraction or float
        Number of features; in the limit per dimension.
    """

    features: Any
    d: int | float
    width: Any

    def doubles(self, size: float) -> Numbers:
        """The levels in double precision."""
        return self._numbers(DoublesOfLists())

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The levels of a precision."""
        return self._numbers(arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved levels.

        Raises
        ------
        PrecisionError
            At finite dimension: there are levels beyond those that are kept.
        """
        if self.d != math.inf:
            raise PrecisionError(
                "levels of orthogonal weights are proved in Proportional", "give digits= instead"
            )
        data = self._numbers(arithmetic, certified=True)
        return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, data.spectrum, data.trace)

    def _numbers(self, arithmetic: Any, certified: bool = False) -> Numbers:
        levels, beyond = (self._limit if self.d == math.inf else self._sphere)(arithmetic, certified)
        kept = [level for level in levels if not (level[0] == 0 and level[2] == 0)]
        columns = [arithmetic.array([level[k] for level in kept]) for k in range(3)]
        zero = arithmetic.convert(Fraction(0))
        spectrum = Spectrum(columns[0], {"T": columns[1], "B": columns[2]}, {"T": zero, "B": beyond})
        noise = arithmetic.convert(Fraction(self.features.noise))
        return Numbers({"noise": noise}, spectrum, spectrum.trace, float(self.rank(1)))

    def _limit(self, arithmetic: Any, certified: bool) -> tuple[list[Level], Any]:
        """Sizes in units of the dimension; a constant of the target is learned for nothing, if features have one."""
        convert, target, width = (
            arithmetic.convert,
            self.features.target,
            arithmetic.convert(Fraction(self.width)),
        )
        if certified:
            found = expand_certified(self.features.activation, math.inf, 1, arithmetic.digits or STEP)
        else:
            found = expand(self.features.activation, math.inf, 1, arithmetic.digits)
        linear, rest, one = convert(found.powers[1]), convert(found.tail), convert(Fraction(1))
        constant = Fraction(target.power(0)) if found.powers[0] == 0 else Fraction(0)
        beyond, wanted = convert(Fraction(target.above(1)) + constant), convert(Fraction(target.power(1)))
        if self.width <= 1:
            whole = linear + rest
            # What is captured, and what is not, without a difference.
            return [(whole / width, width, wanted * width * linear / whole)], beyond + wanted * (
                (one - width) * linear + rest
            ) / whole
        whole = linear * width + rest
        levels = [(whole / width, one, wanted * linear * width / whole), (rest / width, width - one, 0 * one)]
        return levels, beyond + wanted * rest / whole

    def _sphere(self, arithmetic: Any, certified: bool) -> tuple[list[Level], Any]:
        """All degrees, on average over targets."""
        convert, target, d = arithmetic.convert, self.features.target, int(self.d)
        width, digits = convert(Fraction(self.width)), arithmetic.digits
        top = max(target.largest_degree, 1, self._degrees(digits or 16))
        found = expand(self.features.activation, d, top, digits)
        powers, few = [convert(power) for power in found.powers], self.width <= d
        angles = [
            convert(at_right_angles(k, d)) if few else convert(Fraction(k == 0)) for k in range(top + 1)
        ]
        one, zero = convert(Fraction(1)), convert(Fraction(0))
        together = sum((a * mu for a, mu in zip(angles, powers, strict=True)), zero)
        apart = convert(found.tail) + sum(
            ((one - a) * mu for a, mu in zip(angles, powers, strict=True)), zero
        )
        linear = zero if few else powers[1] * width / convert(Fraction(d))
        apart = apart if few else apart - powers[1]
        # Eigenvalues times the number of features: along the mean, of the linear part, of the rest.
        counts = [
            one,
            zero if few else convert(Fraction(d)),
            width - one - (zero if few else convert(Fraction(d))),
        ]
        values = [apart + width * together, apart + linear, apart]
        levels, beyond = [], convert(Fraction(target.above(top)))
        seen = [zero] * 3
        for k in range(min(top, target.largest_degree) + 1):
            wanted = convert(Fraction(target.power(k)))
            if wanted == 0:
                continue
            each = wanted * powers[k] / convert(Fraction(multiplicity(d, k)))
            parts = [(one - angles[k]) + width * angles[k], one - angles[k], one - angles[k]]
            if k == 1 and not few:
                parts = [zero, width / convert(Fraction(d)), zero]
            shares = [
                each * part * c / v if v != 0 else zero
                for part, c, v in zip(parts, counts, values, strict=True)
            ]
            seen = [s + share for s, share in zip(seen, shares, strict=True)]
            beyond = beyond + wanted - sum(shares, zero)
        for value, count, captured in zip(values, counts, seen, strict=True):
            if count > 0:
                levels.append((value / width, count, captured))
        return levels, beyond

    def _degrees(self, digits: int) -> int:
        """Degrees after which the zonal polynomials at right angles are rounding."""
        degree = 2
        while degree < 60 and abs(at_right_angles(degree, int(self.d))) > Fraction(10) ** -(digits + 3):
            degree += 2
        return degree

    def rank(self, degrees: int) -> int | float | Fraction:
        """Number of features, or of dimensions where the activation is linear."""
        if expand(self.features.activation, self.d, 1, STEP).tail != 0:
            return self.width if isinstance(self.width, float) else Fraction(self.width)
        return min(self.width, 1 if self.d == math.inf else int(self.d))

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return float(expand(self.features.activation, self.d, 1).total)


@dataclass(frozen=True)
class OrthogonalFeatures(Model):
    """Random features with orthogonal weights, as a kernel given the weights.

    Attributes
    ----------
    features : RandomFeaturesRidge
    width : Fraction or float
        Number of features; per dimension in the limit.
    """

    features: Any
    width: Any

    theory: ClassVar[Theory] = replace(
        KERNEL_RIDGE,
        program=no_joint_program("orthogonal weights"),
        equivalent=None,
        sizes=(Size("n", "samples"),),
        observables=COMPARED,
    )
    has_dimension: ClassVar[bool | None] = True
    without_next_order: ClassVar[str] = "orthogonal weights"

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the features."""
        return self.features.noise

    @property
    def digits_known(self) -> float:
        """Of the activation."""
        known: float = self.features.activation.digits_known
        return known

    def measure(self, d: int | float | None) -> OrthogonalLevels:
        """Levels given the weights."""
        return OrthogonalLevels(self.features, math.inf if d is None else d, self.width)

    def limit(self) -> Equations:
        """Samples in units of the dimension."""
        return Equations(self.theory.at_finite_size(), self.measured(math.inf))

    def __str__(self) -> str:
        return str(self.features)


def pose_orthogonal(features: Any, regime: Any, shape: tuple[int, ...]) -> Iterator[Posed]:
    """Features of orthogonal weights, one kernel for each number of them.

    Parameters
    ----------
    features : RandomFeaturesRidge
    regime : Regime
    shape : tuple of int
        Of the question.

    Raises
    ------
    InputError
        In polynomial scaling.
    """
    if not regime.is_point:
        raise InputError("regime", regime, "Proportional or FiniteSize", "for orthogonal weights")
    given = regime.parameters(features)
    finite = regime.dimension is not None
    names = ("n", "p", "d") if finite else ("psi2", "psi1")
    columns = {name: np.broadcast_to(np.asarray(given[name], dtype=float), shape).ravel() for name in names}
    widths = columns[names[1]]
    single = np.ndim(given[names[1]]) == 0 and (not finite or np.ndim(given["d"]) == 0)
    dimension = columns["d"] if finite else np.full(widths.size, np.inf)
    wide = np.isinf(widths)
    crowded = (widths > _CROWDED * dimension * (dimension + 1) / 2) & (widths > dimension) & ~wide

    def sizes(where: np.ndarray) -> Any:
        """Samples, and the dimension where there is one, as they were given where there is one number of features."""
        kept = {name: column for name, column in columns.items() if name != names[1]}
        chosen = {name: given[name] if single else column[where] for name, column in kept.items()}
        return RealSize(**chosen) if finite else Proportional(**chosen)

    if wide.any():
        where = np.flatnonzero(wide)
        # No number of features is infinitely many, whose weights might be independent as well.
        yield Posed(replace(features, weights="sphere"), sizes(where), None if single else where, ORTHOGONAL)
    for caution, chosen in {"": ~wide & ~crowded, _LEARNS_MORE: crowded}.items():
        for where, (width,) in positions(chosen, widths):
            exact = Fraction(given[names[1]]) if single else width
            places = None if single else where
            yield Posed(OrthogonalFeatures(features, exact), sizes(where), places, ORTHOGONAL, caution)


_LEARNS_MORE = "a tight frame of so many features learns degree two, which is taken for noise here"
