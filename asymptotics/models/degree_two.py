r"""Tangent features given the weights, where neurons are about as many as inputs have dimensions.

On polynomials of degree two the operator of the tangent features is the mean of ``M`` on one slot and on the other,
with ``M`` the second moment of the directions of the neurons. The two copies commute: eigenvalues are
:math:`(m + m')/2` with ``m`` and ``m'`` of the law of Marchenko and Pastur, a classical convolution. Features that are
independent would have a law of Marchenko and Pastur themselves. Everything of higher degree is isotropic: the same
eigenvalue for every parameter. Given these levels ridge regression is kernel ridge regression.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.models.model import Equations, Model
from asymptotics.models.network_doubts import training_doubts
from asymptotics.models.theory import Size, Theory

DIGITS = 14
_FEWEST, _MOST, _BEGIN = 12, 96, 40
_DIGITS_OF_E = 40.0
"""Logarithm of the rounding of doubles."""
_ROUNDING = 1e-13
_STEP, _HARD_EDGE, _SOFT_EDGE, _UPPER_EDGE, _HARD = 0.25, -38.0, -26.0, 14.0, 1e-8
_LINEAR = 0.05
"""Power of the slopes beyond their linear part, in units of that, up to which they count as linear."""

_TINY = 1e-28
"""Distance from a hard edge, in units of the mean, down to which its law is known: sums of inverses diverge there."""

Law = tuple[np.ndarray, np.ndarray]
"""Points and weights."""


def neuron_law(ratio: float, nodes: float) -> tuple[Law, float]:
    """The law of Marchenko and Pastur of mean one, for ``ratio`` neurons per dimension.

    Parameters
    ----------
    ratio : float
    nodes : int or inf
        Points of its continuous part: the Gauss rule of Chebyshev polynomials of the second kind, in which its density
        over the semicircle is one over the point. Infinite for poles at any distance: the trapezoidal rule in the
        logarithm of the angle from the lower edge over that from the upper one.

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
    low, root = (1 - 1 / math.sqrt(ratio)) ** 2, math.sqrt(ratio)
    if math.isinf(nodes):
        # At a hard edge the smallest angles have a mass; elsewhere their squares.
        t = np.arange(_HARD_EDGE if low < _HARD else _SOFT_EDGE, _UPPER_EDGE, _STEP)
        angle, other = np.pi / (1 + np.exp(-t)), np.pi / (1 + np.exp(t))
        spacing = _STEP * angle * other / np.pi
    else:
        other = np.pi * np.arange(1, nodes + 1) / (nodes + 1)
        angle, spacing = np.pi - other, np.pi / (nodes + 1)
    # The sine of half the angle keeps the distance from the lower edge, which may be at zero.
    points = low + 4 * np.sin(angle / 2) ** 2 / root
    weights = 2 / np.pi * spacing * np.sin(np.minimum(angle, other)) ** 2 / points
    if math.isinf(nodes):
        return (points, weights), max(0.0, 1 - ratio)
    # One over the point is no polynomial: what the rule misses of it is at zero, as an atom or the end of an interval.
    missing = 1 - float(weights.sum())
    return (points, weights), missing if missing > _ROUNDING else 0.0


@lru_cache(maxsize=256)
def pair_law(ratio: float, nodes: float) -> tuple[Law, float]:
    """The law of the mean of two independent points of `neuron_law`, and its atom at zero.

    Parameters
    ----------
    ratio : float
        Neurons over dimensions.
    nodes : int or inf
        Points of the law of one.

    Examples
    --------
    >>> (points, weights), atom = pair_law(0.5, 60)
    >>> round(float(weights @ (1 / (0.1 + points))) + atom / 0.1, 9)
    3.400609351
    """
    (points, weights), atom = neuron_law(ratio, nodes)
    rows, columns = np.triu_indices(points.size)
    double = np.where(rows == columns, 1.0, 2.0)
    parts = [((points[rows] + points[columns]) / 2, double * weights[rows] * weights[columns])]
    if atom:
        parts.append((points / 2, 2 * atom * weights))
    found = np.concatenate([p for p, _ in parts]), np.concatenate([w for _, w in parts])
    return found, atom**2


def nodes_needed(ratio: float, distance: float) -> float:
    """Points after which averages of ``1/(distance + x)`` over `pair_law` are right to rounding; infinite if too many.

    Parameters
    ----------
    ratio : float
        Neurons over dimensions.
    distance : float
        From the pole to the law.

    Examples
    --------
    >>> nodes_needed(1.0, 1.0), nodes_needed(1.0, 0.0)
    (16, inf)
    """
    beyond = (distance + _gap(ratio)) * math.sqrt(ratio)
    rate = 2 * math.log1p(beyond + math.sqrt(beyond * (beyond + 2)))
    return math.inf if rate < _DIGITS_OF_E / _MOST else max(_FEWEST, math.ceil(_DIGITS_OF_E / rate))


def _gap(ratio: float) -> float:
    """From zero to the continuous part of `pair_law`: half as far beside the atom at zero of one of the two points."""
    low = (1 - 1 / math.sqrt(ratio)) ** 2
    return low / 2 if ratio < 1 else low


def distance_reached(ratio: float, nodes: float) -> float:
    """Distance of the pole from the law at which so many points are enough: the inverse of `nodes_needed`.

    Parameters
    ----------
    ratio : float
        Neurons over dimensions.
    nodes : int
        Points of the law.

    Examples
    --------
    >>> distance_reached(1.0, nodes_needed(1.0, 0.3)) <= 0.3 < distance_reached(1.0, nodes_needed(1.0, 0.3) - 1)
    True
    """
    if math.isinf(nodes):
        return _TINY if (1 - 1 / math.sqrt(ratio)) ** 2 < _HARD else 0.0
    beyond = math.cosh(_DIGITS_OF_E / (2 * nodes)) - 1
    return beyond / math.sqrt(ratio) - _gap(ratio)


@dataclass(frozen=True)
class _Degrees:
    """Powers and counts of the degrees that are resolved, the power above; powers of the target there, and above."""

    powers: tuple[float, ...]
    counts: tuple[float, ...]
    rest: float
    target: tuple[float, ...]
    beyond: float


@lru_cache(maxsize=256)
def _degrees(network: Any, d: int | float) -> _Degrees:
    """Degrees up to two; the last alone in the limit."""
    expansion, begun = network.tangent(d, 2, None, False), network.begun(d, 2, None)
    first = 2 if d == math.inf else 0
    counts = (0.5,) if d == math.inf else tuple(float(multiplicity(int(d), k)) for k in range(3))
    target = [
        float(network.target.power(k)) + (0.0 if begun is None else float(begun.powers[k])) for k in range(3)
    ]
    beyond = float(network.target.above(2)) + (0.0 if begun is None else float(begun.tail))
    powers = tuple(float(power) for power in expansion.powers[first:3])
    return _Degrees(powers, counts, float(expansion.tail), tuple(target[first:]), beyond)


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
        return self._numbers(self._nodes(0.0))

    def first(self, size: float) -> Numbers:
        """Levels of few points of the law: an effective ridge is a distance from zero too."""
        return self._numbers(min(_BEGIN, self._nodes(0.0)))

    def finer(self, reach: float) -> Numbers:
        """Levels of twice as many points as reach so far."""
        more = 2 * self._nodes(reach)
        return self._numbers(min(more if more <= _MOST else math.inf, self._nodes(0.0)))

    @property
    def _ratio(self) -> float:
        """Neurons per dimension."""
        return float(self.neurons) if self.d == math.inf else float(self.neurons) / float(self.d)

    def _scales(self, degrees: _Degrees) -> tuple[float, float, float]:
        """Tangent features, the eigenvalue that what is not resolved has for each of them, and that of degree two."""
        columns = self._ratio if self.d == math.inf else float(self.neurons) * float(self.d)
        return columns, degrees.rest / columns, degrees.powers[-1] / degrees.counts[-1]

    def _nodes(self, ridge: float) -> float:
        """Points of the law down to an effective ridge."""
        _, noise, unit = self._scales(_degrees(self.network, self.d))
        return nodes_needed(self._ratio, (noise + ridge) / unit) if unit else float(_FEWEST)

    def _numbers(self, nodes: float) -> Numbers:
        """Levels with so many points of the law, and how far they reach."""
        degrees = _degrees(self.network, self.d)
        columns, noise, unit = self._scales(degrees)
        law, atom = pair_law(self._ratio, nodes)
        counts = np.array(degrees.counts)
        below, last = np.array(degrees.powers[:-1]) / counts[:-1], counts[-1]
        multiplicities = np.concatenate([counts[:-1], last * law[1]])
        wanted = np.concatenate([np.array(degrees.target[:-1]), degrees.target[-1] * law[1]])
        eigenvalues = np.concatenate([below, unit * law[0]])
        left = columns - float(multiplicities[eigenvalues > 0].sum())
        lost = degrees.beyond + degrees.target[-1] * atom
        spectrum, rank = _shifted(eigenvalues, multiplicities, wanted, noise, max(left, 0.0), lost)
        reach = max(distance_reached(self._ratio, nodes) * unit - noise, 0.0)
        scalars = {"noise": float(self.network.noise)}
        trace = float(spectrum.eigenvalues @ spectrum.weights["T"])
        return Numbers(scalars, spectrum, trace, rank, reach=reach)

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
        return Numbers(scalars, spectrum, spectrum.trace, data.rank)

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

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where single neurons change the training error, at finite dimension; what a linear slope does is known."""
        if "d" not in sizes:
            return {}
        degrees = _degrees(self.network, math.inf)
        known = degrees.rest <= _LINEAR * degrees.powers[-1]
        return {} if known else training_doubts(self.network, float(self.neurons), values)

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
