"""Inputs with a covariance, level by level of equal variance, and fresh ones under another law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.models.input_levels import target_parts
from asymptotics.models.inputs import Inputs, Level, aligned
from asymptotics.simulation.laws.laws import LAWS, hermite_polynomial
from asymptotics.simulation.laws.sampling import Law

Array = NDArray[np.float64]

MOST_PARTS = 300
"""Products of harmonics that a target of whole degrees on spheres is drawn from."""


@dataclass(frozen=True)
class BlockInputs:
    """The experiment on inputs with a covariance.

    Attributes
    ----------
    inputs : Inputs
        Law of the training inputs.
    target : Target
        Power of the target by degree, or by products of degrees.
    tested : Inputs or None
        Law of further test inputs, in the same eigenbasis.
    """

    inputs: Inputs
    target: Any
    tested: Inputs | None = None

    weights: ClassVar[tuple[str, ...]] = ("sphere", "gaussian", "hypercube")
    exact_weights: ClassVar[str | None] = None
    irreducible: ClassVar[bool] = False
    labelled: ClassVar[bool] = False
    law: ClassVar[None] = None

    @property
    def base(self) -> Law:
        """Law of the directions of one level."""
        return LAWS[self.inputs.law]

    def levels(self, d: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Levels of the training law, and of the test law."""
        return aligned(self.inputs, self.tested or self.inputs, d)

    def sample(self, count: int, d: int, generator: np.random.Generator, test: bool = False) -> Array:
        """Draw inputs, as rows ``(count, d)``: coordinates of the same level stand together."""
        own, tested = self.levels(d)
        found = np.empty((count, d))
        for level, at in zip(tested if test else own, slices(own), strict=True):
            found[:, at] = self.base.sample(count, at.stop - at.start, generator)
            found[:, at] *= math.sqrt(level.variance)
        return found

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """Levels in every dimension."""
        found: dict[str, Any] = {"law": f"levels of {self.inputs.law} inputs", "name": str(self.inputs)}
        laws = zip(("levels", "test_levels"), (0, 1), strict=True)
        for name, place in laws if self.tested is not None else (("levels", 0),):
            found[name] = {
                str(d): [[float(f"{float(v.variance):.12g}"), int(v.count)] for v in self.levels(d)[place]]
                for d in dimensions
            }
        return found

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Refuse dimensions without levels, and targets with too many parts."""
        own, _ = self.levels(d)
        if self.target.parts:
            target_parts(self.target, own, 1)
        if self.inputs.law == "sphere":
            top = max(powers, default=0)
            if math.comb(len(own) + top - 1, top) > MOST_PARTS and not self._told(top):
                advice = "take law='gaussian', or give the powers of products of degrees"
                raise InputError("target degree", top, f"a lower one for {len(own)} levels", advice)

    def _told(self, degree: int) -> bool:
        return any(sum(multi) == degree for multi, _ in self.target.parts)

    def squared_norms(self, d: int) -> Array:
        """The mean, and one standard deviation more where it varies."""
        own, tested = self.levels(d)
        found = []
        for levels in (own, tested):
            mean = float(sum(v.variance * v.count for v in levels) / d)
            square = float(sum(v.variance**2 * v.count for v in levels) / d)
            found += [mean] if self.inputs.law == "sphere" else [mean, mean + math.sqrt(2 * square / d)]
        return np.array(found)

    def signal(self, powers: Mapping[int, float]) -> float:
        """The sum of the powers."""
        return sum(powers.values())

    def draw(self, n: int, d: int, generator: np.random.Generator) -> BlockDraw:
        """Draw the training inputs of one replicate."""
        return BlockDraw(self, self.sample(n, d, generator))


@dataclass(frozen=True, eq=False)
class BlockDraw:
    """Training inputs; see `asymptotics.simulation.laws.protocols.Draw`."""

    inputs: BlockInputs
    points: Array

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledBlocks:
        """Draw a target."""
        target = sample_products(self.inputs, powers, self.points.shape[1], generator)
        return LabelledBlocks(self.inputs, target, target(self.points))


@dataclass(frozen=True, eq=False)
class LabelledBlocks:
    """A target on the training inputs and on fresh ones; see `asymptotics.simulation.laws.protocols.Labelled`."""

    inputs: BlockInputs
    target: ProductTarget
    values: Array
    test: bool = False
    fresh_inputs: ClassVar[int | None] = None

    @property
    def elsewhere(self) -> LabelledBlocks:
        """The same target with fresh inputs of the test law."""
        return LabelledBlocks(self.inputs, self.target, self.values, True)

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Draw fresh inputs."""
        d = self.target.d
        for start in range(0, count, step):
            points = self.inputs.sample(min(step, count - start), d, generator, self.test)
            yield points, self.target(points)

    def exact_errors(self, fit: Any, solutions: Array, series: Any) -> None:
        """None: errors are sampled."""


@dataclass(frozen=True, eq=False)
class ProductTarget:
    """A function with exactly the prescribed power in every product of degrees.

    Attributes
    ----------
    d : int
    base : Law
        Of the directions of one level.
    levels : tuple of Level
        Of the training law, to which the powers refer.
    parts : tuple
        Degrees by level, directions ``(m, d)`` and coefficients ``(m,)`` of sums of products of zonal polynomials.
    whole : tuple
        Degree, directions and coefficients of sums of Hermite polynomials along directions through all levels.
    """

    d: int
    base: Law
    levels: tuple[Level, ...]
    parts: tuple[tuple[tuple[tuple[int, int], ...], Array, Array], ...]
    whole: tuple[tuple[int, Array, Array], ...]

    def __call__(self, points: Array) -> Array:
        """Evaluate at points ``(count, d)``; a harmonic is a homogeneous polynomial off its sphere."""
        values, places = np.zeros(len(points)), slices(self.levels)
        for multi, directions, coefficients in self.parts:
            product = np.ones((len(points), len(directions)))
            for b, degree in multi:
                at = places[b]
                product *= self._factor(points[:, at], directions[:, at], self.levels[b], degree)
            values += product @ coefficients
        for degree, directions, coefficients in self.whole:
            values += hermite_polynomial(degree, points @ directions.T) @ coefficients
        return values

    def _factor(self, points: Array, directions: Array, level: Level, degree: int) -> Array:
        count = points.shape[1]
        white = points / math.sqrt(level.variance)
        if not self.base.irreducible:
            return self.base.zonal_polynomial(count, degree, white @ directions.T)
        length = np.sqrt(np.einsum("ij,ij->i", white, white) / count)[:, None]
        return length**degree * self.base.zonal_polynomial(count, degree, white @ directions.T / length)


def slices(levels: Sequence[Level]) -> list[slice]:
    """Where the coordinates of every level stand."""
    ends = np.cumsum([0, *(int(level.count) for level in levels)]).tolist()
    return [slice(start, stop) for start, stop in pairwise(ends)]


def sample_products(
    inputs: BlockInputs, powers: Mapping[int, float], d: int, generator: np.random.Generator
) -> ProductTarget:
    """Draw a target whose power in every product of degrees is exactly the prescribed one.

    Parameters
    ----------
    inputs : BlockInputs
    powers : mapping of int to float
        Power per degree; parts of degrees are those of the target of the inputs.
    d : int
    generator : numpy.random.Generator

    Notes
    -----
    On spheres a degree that is given as a whole is divided among the products of that degree as isotropic directions
    divide it. Gaussian inputs have Hermite polynomials along isotropic directions, which do so in the mean.
    """
    levels, base = inputs.levels(d)[0], inputs.base
    divided: list[tuple[tuple[tuple[int, int], ...], float]] = []
    whole = []
    parts, _ = target_parts(inputs.target, levels, max(powers, default=0)) if _divides(inputs) else ({}, 0)
    told = {sum(multi) for multi, _ in inputs.target.parts}
    for multi, part in sorted(parts.items()):
        if base.irreducible or sum(k for _, k in multi) in told:
            divided.append((multi, float(part)))
    for degree, power in sorted(powers.items()):
        if not base.irreducible and degree not in told and power:
            whole.append(_hermite(levels, degree, power, d, generator))
    found = []
    for multi, power in divided:
        if power:
            found.append(_product(levels, base, multi, power, d, generator))
    return ProductTarget(d, base, tuple(levels), tuple(found), tuple(whole))


def _divides(inputs: BlockInputs) -> bool:
    """Whether some degree is drawn as products."""
    return inputs.base.irreducible or bool(inputs.target.parts)


def _hermite(
    levels: Sequence[Level], degree: int, power: float, d: int, generator: np.random.Generator
) -> tuple[int, Array, Array]:
    """Hermite polynomials along isotropic directions through all levels."""
    spectrum = np.concatenate([np.full(int(v.count), float(v.variance)) for v in levels])
    count = d if degree > 1 else 1
    directions = generator.standard_normal((count, d))
    directions /= np.sqrt(directions**2 @ spectrum)[:, None]
    coefficients: Array = generator.standard_normal(count)
    cosines = np.clip(directions * spectrum @ directions.T, -1.0, 1.0)
    norm = coefficients @ cosines**degree @ coefficients
    return degree, directions, coefficients * math.sqrt(power / norm)


def _product(
    levels: Sequence[Level], base: Law, multi: tuple[tuple[int, int], ...], power: float, d: int,
    generator: np.random.Generator,
) -> tuple[tuple[tuple[int, int], ...], Array, Array]:  # fmt: skip
    """Products of zonal polynomials along random directions in each level."""
    degree, places = sum(k for _, k in multi), slices(levels)
    count = max(int(levels[b].count) for b, _ in multi) if degree > 1 else 1
    directions = np.zeros((count, d))
    coefficients: Array = generator.standard_normal(count)
    correlation = np.ones((count, count))
    for b, k in multi:
        size = places[b].stop - places[b].start
        drawn = generator.standard_normal((count, size))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        directions[:, places[b]] = drawn
        correlation *= base.correlation(size, k, np.clip(drawn @ drawn.T, -1, 1)) / base.multiplicity(size, k)
    norm = coefficients @ correlation @ coefficients
    return multi, directions, coefficients * math.sqrt(power / norm)
