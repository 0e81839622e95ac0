r"""Tangent features on inputs with a covariance: one block of independent features for every level of equal variance.

The tangent features of a neuron along the directions of level b have the kernel :math:`a_b t_b\,\kappa(t)` with
:math:`\kappa` the kernel of the slopes; they are ``p d_b`` features. All ``p d`` parameters in one block would share
them as if directions were alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.fluctuations import refuse_next_order
from asymptotics.models.input_levels import SPARE, level_weights, recurrence_numbers, target_parts
from asymptotics.models.inputs import Level, mean_variance
from asymptotics.models.measures import STEP, Numbers, SpectralMeasure
from asymptotics.models.model import Model
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.network_problems import BOTH, PartOfNetwork
from asymptotics.models.posed import Posed
from asymptotics.models.product_levels import Multi, counted, most_degrees, shares, times_cosine
from asymptotics.models.regimes import RealSize
from asymptotics.models.rescaled import rescaled_activation
from asymptotics.models.theory import Theory

__all__ = ["NetworkOnInputs", "pose_on_inputs"]

_BLOCKS = 2
_NEGLIGIBLE, _SMALLEST = 1e-17, 1e-19
_FEW, _HEAVY = 20, 6.0

FORMULA = "a block of independent features for each level of equal variance (prediction)"
_SINGLE = "single neurons dominate the kernel"


@dataclass(frozen=True)
class NetworkOnInputs(PartOfNetwork, Model):
    """Tangent features alone on inputs of two levels.

    Attributes
    ----------
    network : NeuralTangentRidge
        With ``inputs``.
    """

    network: Any
    theory: ClassVar[Theory] = BOTH
    has_dimension: ClassVar[bool | None] = True

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused: what these inputs have beyond Gaussian features is not known.

        Raises
        ------
        InputError
            Always.
        """
        refuse_next_order(self.network)

    def measure(self, d: int | float | None) -> BlocksOfLevels:
        """Levels of the two kernels."""
        return BlocksOfLevels(self.network, math.inf if d is None else d)

    def __str__(self) -> str:
        return f"{self.network}, as blocks of independent features"


@dataclass(frozen=True)
class BlocksOfLevels(SpectralMeasure):
    """Levels of the tangent kernels of two levels of equal variance, in products of harmonics.

    Attributes
    ----------
    network : NeuralTangentRidge
    d : int
    """

    network: Any
    d: int | float

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels of the inputs."""
        found: tuple[Level, ...] = self.network.inputs.levels(self.d)
        return found

    def doubles(self, size: float) -> Numbers:
        """Levels in double precision."""
        return _doubles(self)

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels of a precision.

        Raises
        ------
        PrecisionError
            If degrees that are not resolved would be seen in these digits.
        """
        return self._numbers(self._top(10.0 ** -(arithmetic.digits + SPARE), arithmetic.digits), arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Not known.

        Raises
        ------
        PrecisionError
            Always.
        """
        raise PrecisionError("levels of tangent features on these inputs are not proved", "ask for digits=")

    def rank(self, degrees: int) -> int | float | Fraction:
        """Infinite: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of all features."""
        return float(self._slope(1, None).total)

    def _slope(self, degrees: int, digits: int | None) -> Expansion:
        variance = mean_variance(self.levels)
        slope = rescaled_activation(self.network.slope, variance)
        return expand(slope, self.d if self.network.inputs.law == "sphere" else math.inf, degrees, digits)

    def _top(self, least: float, digits: int | None) -> int:
        most = most_degrees(_BLOCKS, 1 if digits is None else 3)
        found = self._slope(most, digits)
        small = (k for k in range(1, most + 1) if found.above(k) <= found.total * least)
        top = next(small, most if digits is None else None)
        if top is None:
            reached = max(int(-math.log10(float(found.tail / found.total))) - SPARE, 1)
            advice = f"ask for at most {min(reached, STEP)} digits"
            raise PrecisionError(
                f"degrees above {most} of the slopes would be seen in so many digits", advice
            )
        return min(max(top, self.network.target.largest_degree), most)

    def _numbers(self, top: int, arithmetic: Any) -> Numbers:
        convert, law = arithmetic.convert, self.network.inputs.law
        levels, slope = self.levels, self._slope(top, arithmetic.digits)
        counts = tuple(int(level.count) for level in levels)
        numbers = recurrence_numbers(arithmetic, False)
        weights = [numbers(weight) for weight in level_weights(levels)]
        kernel: dict[Multi, Any] = {}
        factor = convert(Fraction(self.network.kernel_weights[1]))
        for power, part in zip(slope.powers, shares(weights, counts, int(self.d), top, law), strict=True):
            if power != 0:
                for multi, share in part.items():
                    kernel[multi] = kernel.get(multi, 0) + convert(power) * factor * convert(share)
        blocks = []
        for b, weight in enumerate(weights):
            alone = [convert(weight) if b == other else 0 for other in range(len(weights))]
            blocks.append(times_cosine(kernel, alone, counts, law))
        parts, beyond = target_parts(self.network.target, levels, top)
        zero, total = convert(Fraction(0)), convert(slope.total) * factor
        rests = [total * convert(weight) for weight in weights]
        columns: dict[str, list[Any]] = {name: [] for name in ("s", "m", "T", "B", "w", "A")}
        for multi in sorted({*blocks[0], *blocks[1], *parts}):
            count = convert(Fraction(counted(multi, counts, law)))
            masses = [block.get(multi, zero) for block in blocks]
            power = convert(parts.get(multi, Fraction(0)))
            if power == 0 and not sum(masses) > total * _SMALLEST:
                continue
            masses = [max(mass, zero) for mass in masses]
            rests = [rest - mass for rest, mass in zip(rests, masses, strict=True)]
            row = (masses[0] / count, masses[1] / count, count, power, zero, zero)
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
        one = convert(Fraction(1))
        for row in ((zero, zero, zero, convert(beyond), zero, zero), (zero, zero, zero, zero, one, one)):
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
        arrays = {name: arithmetic.array(column) for name, column in columns.items()}
        measures = {name: arrays.pop(name) for name in "TBA"}
        scalars = {
            "noise": convert(Fraction(self.network.noise)), "start": zero,
            "rest_f": max(rests[0], zero), "rest_t": max(rests[1], zero),
        }  # fmt: skip
        return Numbers(scalars, Spectrum(arrays, measures, dict.fromkeys(measures, zero)), total)


@lru_cache(maxsize=64)
def _doubles(measure: BlocksOfLevels) -> Numbers:
    return measure._numbers(measure._top(_NEGLIGIBLE, None), DoublesOfLists())


def pose_on_inputs(network: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """The problem that answers for tangent features on inputs with a covariance.

    Parameters
    ----------
    network : NeuralTangentRidge
    regime : Regime
    shape : tuple of int
        Of the question.

    Raises
    ------
    InputError
        If nothing is known: other layers, starts or regimes, or another number of levels than two.
    """
    if network.trains_both or network.gaussian or network.starts_randomly:
        allowed = "tangent features alone with second-layer signs, from zero"
        raise InputError("inputs", network.inputs, "None", f"with a covariance there are {allowed}")
    if regime.dimension is None:
        advice = "in proportion they are a kernel: KernelRidge with t times the kernel of the slopes"
        raise InputError("regime", regime, "FiniteSize for tangent features on these inputs", advice)
    given = regime.parameters(network)
    column = {k: np.broadcast_to(np.asarray(given[k], dtype=float), shape) for k in ("d", "n", "p")}
    counts = np.empty((_BLOCKS, *shape))
    for d in np.unique(column["d"]):
        levels = network.inputs.levels(int(d))
        if len(levels) != _BLOCKS:
            raise InputError(
                "inputs", network.inputs, "two levels, a signal and the rest", f"not {len(levels)}"
            )
        for b, level in enumerate(levels):
            counts[b] = np.where(column["d"] == d, float(level.count), counts[b])
    sizes = RealSize(
        d=column["d"][()], n=column["n"][()], p=(column["p"] * counts[0])[()], N=(column["p"] * counts[1])[()]
    )
    few = bool(np.any(column["p"] < _FEW)) and network.heaviness > _HEAVY
    return (Posed(NetworkOnInputs(network), sizes, None, FORMULA, _SINGLE if few else ""),)
