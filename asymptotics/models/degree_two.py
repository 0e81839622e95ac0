r"""Tangent features given the weights, where neurons are about as many as inputs have dimensions.

On polynomials of degree two the operator of the tangent features is the mean of ``M`` on one slot and on the other,
with ``M`` the second moment of the directions of the neurons. The two copies commute: eigenvalues are
:math:`(m + m')/2` with ``m`` and ``m'`` of the law of Marchenko and Pastur, a classical convolution. Features that are
independent would have a law of Marchenko and Pastur themselves. Everything of higher degree is isotropic: the same
eigenvalue for every parameter. Given these levels ridge regression is kernel ridge regression.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.components import COMPARED
from asymptotics.models.fluctuations import refuse_next_order
from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
from asymptotics.models.measures import Numbers, SpectralMeasure, trace_of
from asymptotics.models.model import Equations, Model
from asymptotics.models.theory import Size, Theory

DIGITS = 14
_FEWEST, _MOST = 12, 256
_ROUNDING = 1e-13

Law = tuple[np.ndarray, np.ndarray]
"""Points and weights."""


def neuron_law(ratio: float, nodes: int) -> tuple[Law, float]:
    """The law of Marchenko and Pastur of mean one, for ``ratio`` neurons per dimension.

    Parameters
    ----------
    ratio : float
    nodes : int
        Points of its continuous part: the Gauss rule of Chebyshev polynomials of the second kind, in which its density
        over the semicircle is one over the point.

    Returns
    -------
    law : (ndarray, ndarray)
    atom : float
        Weight of zero: where neurons are fewer than dimensions, and the end of the interval where they are as many.

    Examples
    --------
    >>> (points, weights), atom = neuron_law(0.5, 60)
    >>> round(float(weights.sum()) + atom, 12), round(float(weights @ points), 12), round(atom, 12)
    (1.0, 1.0, 0.5)
    """
    angle = np.pi * np.arange(1, nodes + 1) / (nodes + 1)
    # sin(angle/2)^2 and cos(angle/2)^2 keep the distance from the edges, where the lower one may be at zero.
    low, root = (1 - 1 / math.sqrt(ratio)) ** 2, math.sqrt(ratio)
    points = low + 4 * np.cos(angle / 2) ** 2 / root
    weights = 2 / (nodes + 1) * np.sin(angle) ** 2 / points
    # One over the point is no polynomial: what the rule misses of it is at zero, as an atom or the end of an interval.
    missing = 1 - float(weights.sum())
    return (points, weights), missing if missing > _ROUNDING else 0.0


@lru_cache(maxsize=256)
def pair_law(ratio: float, nodes: int) -> tuple[Law, float]:
    """The law of the mean of two independent points of `neuron_law`, and its atom at zero.

    Parameters
    ----------
    ratio : float
        Neurons over dimensions.
    nodes : int
        Points of the law.

    Examples
    --------
    >>> (points, weights), atom = pair_law(0.5, 60)
    >>> round(float(weights @ (1 / (0.1 + points))) + atom / 0.1, 9)
    3.400609351
    """
    (points, weights), atom = neuron_law(ratio, nodes)
    rows, columns = np.triu_indices(nodes)
    double = np.where(rows == columns, 1.0, 2.0)
    parts = [((points[rows] + points[columns]) / 2, double * weights[rows] * weights[columns])]
    if atom:
        parts.append((points / 2, 2 * atom * weights))
    found = np.concatenate([p for p, _ in parts]), np.concatenate([w for _, w in parts])
    return found, atom**2


def nodes_needed(ratio: float, distance: float) -> int:
    """Points after which averages of ``1/(distance + x)`` over `pair_law` are right to rounding.

    Parameters
    ----------
    ratio : float
        Neurons over dimensions.
    distance : float
        From the pole to the law.

    Examples
    --------
    >>> nodes_needed(1.0, 1.0), nodes_needed(1.0, 0.0)
    (15, 256)
    """
    low = (1 - 1 / math.sqrt(ratio)) ** 2
    beyond = (distance + low) * math.sqrt(ratio)
    rate = 2 * math.log1p(beyond + math.sqrt(beyond * (beyond + 2)))
    return _MOST if rate < 37 / _MOST else max(_FEWEST, math.ceil(37 / rate))


@dataclass(frozen=True)
class WeightLevels(SpectralMeasure):
    """Levels of the tangent features of a draw of the weights.

    Attributes
    ----------
    network : object
        As for :class:`~asymptotics.models.network_levels.NetworkLevels`.
    d : int or math.inf
        In the limit sizes are in units of ``d^2``.
    neurons : Fraction or float
        Their number; in the limit per dimension.
    """

    network: Any
    d: int | float
    neurons: Any

    def doubles(self, size: float) -> Numbers:
        """Levels, with as many points of the law as its distance from zero asks for."""
        powers, counts, rest = self._powers()
        ratio = float(self.neurons) if self.d == math.inf else float(self.neurons) / float(self.d)
        columns = ratio if self.d == math.inf else float(self.neurons) * float(self.d)
        noise = rest / columns
        unit = powers[-1] / counts[-1]
        law, atom = pair_law(ratio, nodes_needed(ratio, noise / unit))
        if noise == 0:
            # Near one the rule takes the end of the interval for an atom: without a cost, what is there is learned.
            known = max(1 - ratio, 0.0) ** 2
            law, atom = (np.append(law[0], law[0].min()), np.append(law[1], max(atom - known, 0.0))), known
        levels = [np.array([power / count for power, count in zip(powers[:-1], counts[:-1], strict=True)])]
        levels.append(unit * law[0])
        multiplicities = np.concatenate([np.array(counts[:-1]), counts[-1] * law[1]])
        target, beyond = self._target(len(powers))
        wanted = np.concatenate([np.array(target[:-1]), target[-1] * law[1]])
        eigenvalues = np.concatenate(levels)
        left = columns - float(multiplicities[eigenvalues > 0].sum())
        lost = beyond + target[-1] * atom
        spectrum, rank = _shifted(eigenvalues, multiplicities, wanted, noise, max(left, 0.0), lost)
        return Numbers({"noise": float(self.network.noise)}, spectrum, float(trace_of(spectrum)), rank)

    def _powers(self) -> tuple[list[float], list[float], float]:
        """Powers and counts of the degrees up to two that are resolved, and the power above."""
        expansion = self.network.tangent(self.d, 2, None, False)
        powers = [float(power) for power in expansion.powers]
        if self.d == math.inf:
            return powers[2:], [0.5], float(expansion.tail)
        return powers, [float(multiplicity(int(self.d), k)) for k in range(3)], float(expansion.tail)

    def _target(self, degrees: int) -> tuple[list[float], float]:
        """Power of the target in the resolved degrees, and above."""
        target, begun = self.network.target, self.network.begun(self.d, 2, None)
        powers = [
            float(target.power(k)) + (0.0 if begun is None else float(begun.powers[k])) for k in range(3)
        ]
        beyond = float(target.above(2)) + (0.0 if begun is None else float(begun.tail))
        return powers[3 - degrees :], beyond

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The same levels, in the numbers of a precision."""
        data = self.doubles(1.0)
        assert data.spectrum is not None

        def exact(values: np.ndarray) -> Any:
            return arithmetic.array([arithmetic.convert(Fraction(float(value))) for value in values])

        weights = {name: exact(values) for name, values in data.spectrum.weights.items()}
        tails = {name: arithmetic.convert(Fraction(float(v))) for name, v in data.spectrum.tails.items()}
        spectrum = Spectrum(exact(data.spectrum.eigenvalues), weights, tails)
        scalars = {"noise": arithmetic.convert(Fraction(self.network.noise))}
        return Numbers(scalars, spectrum, trace_of(spectrum), data.rank)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Refused.

        Raises
        ------
        PrecisionError
            Always.
        """
        raise PrecisionError(
            f"averages over the weights are known to {DIGITS} digits", "leave out certified=True"
        )

    def rank(self, degrees: int) -> int | float | Fraction:
        """Parameters that move the function."""
        return self.doubles(1.0).rank

    @property
    def power(self) -> float:
        """Mean squared norm of the tangent features."""
        return float(self.network.tangent(self.d, 1, None, False).total)


def _shifted(
    eigenvalues: np.ndarray, counts: np.ndarray, target: np.ndarray, noise: float, left: float, lost: float
) -> tuple[Spectrum, float]:
    """Levels of features that have an isotropic part of their own: of it nothing is seen in the target."""
    whole = eigenvalues + noise
    seen = np.divide(target * eigenvalues, whole, out=np.zeros_like(whole), where=whole > 0)
    unseen = np.divide(target * noise, whole, out=target.copy(), where=whole > 0)
    beyond = lost + float(unseen.sum())
    keep = whole > 0
    levels, counts, seen = whole[keep], counts[keep], seen[keep]
    if noise > 0 and left > 0:
        levels, counts, seen = np.append(levels, noise), np.append(counts, left), np.append(seen, 0.0)
    spectrum = Spectrum(levels, {"T": counts, "B": seen}, {"T": 0.0, "B": beyond})
    return spectrum, float(counts.sum())


@dataclass(frozen=True)
class TangentGivenWeights(Model):
    """Tangent features of a draw of the weights, as a kernel of given levels.

    Attributes
    ----------
    network : object
    neurons : Fraction or float
        Number of neurons; per dimension in the limit.
    """

    network: Any
    neurons: Any

    theory: ClassVar[Theory] = replace(KERNEL_RIDGE, sizes=(Size("n", "samples"),), observables=COMPARED)
    has_dimension: ClassVar[bool | None] = True

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the network."""
        return self.network.noise

    @property
    def digits_known(self) -> float:
        """Those of the law of the weights."""
        return min(DIGITS, self.network.digits_known)

    def measure(self, d: int | float | None) -> WeightLevels:
        """Levels given the weights."""
        return WeightLevels(self.network, math.inf if d is None else d, self.neurons)

    def limit(self) -> Equations:
        """Samples in units of ``d^2``."""
        return Equations(self.theory.at_finite_size(), self.measured(math.inf))

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused: what points on the sphere have beyond Gaussian ones is not known for tangent features.

        Raises
        ------
        InputError
            Always.
        """
        refuse_next_order(self.network)

    def __str__(self) -> str:
        return f"tangent features of {self.network}, given the weights"


def positions(chosen: np.ndarray, *columns: np.ndarray) -> Sequence[tuple[np.ndarray, tuple[Any, ...]]]:
    """Chosen positions in groups of equal values of the columns, with these values."""
    where = np.flatnonzero(chosen)
    if not where.size:
        return []
    table = np.stack([column[where].astype(float) for column in columns])
    values, inverse = np.unique(table, axis=1, return_inverse=True)
    return [(where[inverse.ravel() == k], tuple(values[:, k].tolist())) for k in range(values.shape[1])]
