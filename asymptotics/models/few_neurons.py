"""Tangent features of a few neurons where samples are about as many as dimensions: the law of the slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.components import COMPARED
from asymptotics.models.few_neurons_equations import program
from asymptotics.models.fluctuations import refuse_next_order
from asymptotics.models.library import stored_chart
from asymptotics.models.measures import Numbers, SpectralMeasure
from asymptotics.models.model import Model
from asymptotics.models.theory import Size, Theory

_POINTS = 2048
"""Points of a law that is no sum over two values."""

_PRIMES = (
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173,
)  # fmt: skip

_DIGITS, _EXACT_DIGITS = 3, 14


def _charts() -> tuple[Any, ...]:
    return (stored_chart("neural-tangent", "general", "few"),)


FEW_NEURONS = Theory(
    "few-neurons", program, sizes=(Size("n", "samples"),), finite=_charts, limit=_charts, observables=COMPARED
)


@lru_cache(maxsize=64)
def slopes_law(slope: Any, neurons: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance over the neurons of slopes at independent standard Gaussian projections, and weights.

    Exact where the slope has two values; elsewhere points that fill the space of projections evenly.

    Parameters
    ----------
    slope : callable
        Derivative of the activation, on arrays.
    neurons : int
        Their number.

    Examples
    --------
    >>> from asymptotics.functions.activations import Activation
    >>> mean, variance, weights = slopes_law(Activation.from_formula("heaviside(x)"), 2)
    >>> mean.tolist(), variance.tolist(), weights.tolist()
    ([0.0, 0.5, 1.0], [0.0, 0.25, 0.0], [0.25, 0.5, 0.25])
    """
    places = np.linspace(-8.0, 8.0, 4001) + np.pi / 10_000
    values = np.unique(slope(places))
    if len(values) == 2:
        low, high = values
        # Between two neighbours of different values there is a kink; it is where the mean of the slope says.
        inside = slope(places) == high
        changes = np.flatnonzero(inside[1:] != inside[:-1])
        kinks = [_kink(slope, places[k], places[k + 1]) for k in changes]
        edges = np.concatenate([[-np.inf], kinks, [np.inf]])
        mass = np.diff(ndtr(edges))
        share = float(mass[0 if inside[0] else 1 :: 2].sum())
        k = np.arange(neurons + 1)
        choose = np.array([math.comb(neurons, int(i)) for i in k], dtype=float)
        weights = choose * share**k * (1 - share) ** (neurons - k)
        mean = low + (high - low) * k / neurons
        return mean, (high - low) ** 2 * k * (neurons - k) / neurons**2, weights
    # Multiples of roots of primes: a lattice without end, in which no two neurons are alike.
    steps = np.sqrt(np.array(_PRIMES[:neurons], dtype=float))
    uniform = np.mod(np.arange(1, _POINTS + 1)[:, None] * steps, 1.0)
    found = slope(ndtri(uniform))
    weights = np.full(len(found), 1 / len(found))
    mean, variance = found.mean(axis=1), found.var(axis=1)
    first, second = _moments(slope)
    across = (1 - 1 / neurons) * (second - first**2) / variance.mean() if variance.any() else 1.0
    return mean + (first - mean.mean()), across * variance, weights


def _moments(slope: Any) -> tuple[float, float]:
    """Mean and mean square of a function of a standard Gaussian variable: what the points of a law have to have."""
    edges = np.linspace(-10.0, 10.0, 401)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = (edges[1] - edges[0]) / 2
    places = (edges[:-1, None] + half + half * nodes).ravel()
    values, measure = (
        slope(places),
        (np.broadcast_to(half * weights, (400, 8)).ravel()) * np.exp(-(places**2) / 2),
    )
    scale = math.sqrt(2 * math.pi)
    return float(measure @ values) / scale, float(measure @ values**2) / scale


def _kink(slope: Any, left: float, right: float) -> float:
    """Where a function of two values changes, by bisection."""
    start = slope(np.array([left]))[0]
    for _ in range(60):
        middle = (left + right) / 2
        if slope(np.array([middle]))[0] == start:
            left = middle
        else:
            right = middle
    return right


@dataclass(frozen=True)
class SlopeLevels(SpectralMeasure):
    """The law of mean and variance of the slopes of a few neurons, and the sizes that go with it.

    Attributes
    ----------
    network : object
        With ``slope``, ``target``, ``noise`` and ``kernel_weights``.
    d, neurons : int
    """

    network: Any
    d: int
    neurons: int

    def doubles(self, size: float) -> Numbers:
        """The law in double precision."""
        network, weight = self.network, float(self.network.kernel_weights[1])
        mean, variance, weights = slopes_law(network.slope, self.neurons)
        mean, variance = mean * math.sqrt(weight), variance * weight
        letters = {"s": mean**2, "v": variance, "g": mean}
        target = network.target
        scalars = {
            "d": float(self.d), "M": float(self.d * (self.neurons - 1)), "noise": float(network.noise),
            "mean_s": float(weights @ mean**2), "mean_v": float(weights @ variance),
            "mean_g": float(weights @ mean), "F1sq": float(target.power(1)),
            "F_starsq": float(target.above(1)) + float(target.power(0)),
        }  # fmt: skip
        spectrum = Spectrum(letters, {"R": weights, "R_g": weights * mean}, {"R": 0.0, "R_g": 0.0})
        return Numbers(scalars, spectrum, float(weights @ (mean**2 + variance)))

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """The same numbers in a precision."""
        data = self.doubles(1.0)
        assert data.spectrum is not None

        def exact(values: np.ndarray) -> Any:
            return arithmetic.array([arithmetic.convert(Fraction(float(value))) for value in values])

        weights = {name: exact(values) for name, values in data.spectrum.weights.items()}
        spectrum = Spectrum(
            data.spectrum.each_letter(exact), weights, dict.fromkeys(weights, arithmetic.convert(Fraction(0)))
        )
        scalars = {name: arithmetic.convert(Fraction(value)) for name, value in data.scalars.items()}
        return Numbers(scalars, spectrum, arithmetic.convert(Fraction(data.trace)))

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Refused.

        Raises
        ------
        PrecisionError
            Always.
        """
        raise PrecisionError("averages over slopes have no proved bounds", "leave out certified=True")

    def rank(self, degrees: int) -> int | float | Fraction:
        """Not used: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of the tangent features."""
        return float(self.doubles(1.0).trace)


@dataclass(frozen=True)
class FewNeurons(Model):
    """Tangent features of a few neurons.

    Attributes
    ----------
    network : NeuralTangentRidge
    neurons : int
    """

    network: Any
    neurons: int

    theory: ClassVar[Theory] = FEW_NEURONS
    has_dimension: ClassVar[bool | None] = True

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the network."""
        return self.network.noise

    @property
    def digits_known(self) -> float:
        """Those of the law of the slopes."""
        exact = len(slopes_law(self.network.slope, self.neurons)[0]) == self.neurons + 1
        return _EXACT_DIGITS if exact else _DIGITS

    def measure(self, d: int | float | None) -> SlopeLevels:
        """The law of the slopes."""
        assert d is not None
        return SlopeLevels(self.network, int(d), self.neurons)

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused: what points on the sphere have beyond Gaussian ones is not known for tangent features.

        Raises
        ------
        InputError
            Always.
        """
        refuse_next_order(self.network)

    def __str__(self) -> str:
        return f"tangent features of {self.neurons} neurons: {self.network}"
