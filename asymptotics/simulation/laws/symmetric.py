"""Inputs on the sphere with targets that are invariant under a group of permutations of the coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.simulation.laws.laws import Sphere
from asymptotics.simulation.laws.sampling import (
    HarmonicTarget,
    LabelledLaw,
    LawDraw,
    squared_norm,
)

_DIRECTIONS = 12
"""Directions per degree; each stands for all of its images under the group."""


@dataclass(frozen=True)
class SymmetricSphere(Sphere):
    """The sphere, with invariant targets.

    Attributes
    ----------
    symmetry : object
        With ``elements(d)``: the group as permutations, shape (elements, d).

    Examples
    --------
    >>> from asymptotics.functions.symmetries import Cyclic
    >>> drawn = SymmetricSphere(Cyclic()).draw(3, 4, np.random.default_rng(0))
    >>> target = drawn.label({2: 1.0}, np.random.default_rng(1)).target
    >>> x = drawn.points
    >>> bool(np.allclose(target(x), target(x[:, [1, 2, 3, 0]]))), round(float(target.power), 12)
    (True, 1.0)
    """

    symmetry: Any
    irreducible: ClassVar[bool] = False

    def draw(self, n: int, d: int, generator: np.random.Generator) -> SymmetricDraw:
        """Draw the training inputs."""
        return SymmetricDraw(self, self.sample(n, d, generator))

    def describe(self, dimensions: Iterable[int]) -> Any:
        """As the sphere: the symmetry is one of the learner."""
        return self.name


@dataclass(frozen=True, eq=False)
class SymmetricDraw(LawDraw):
    """Training inputs of one replicate, with invariant targets."""

    law: Any

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledLaw:
        """Draw a target: a sum over directions and their images, of exactly the prescribed powers."""
        d = self.points.shape[1]
        elements, components = self.law.symmetry.elements(d), []
        for degree, power in sorted(powers.items()):
            directions = self.law.directions(_DIRECTIONS, d, generator)
            coefficients = generator.standard_normal(_DIRECTIONS)
            if power == 0:
                continue
            images = directions[:, elements].reshape(-1, d)
            repeated = np.repeat(coefficients, len(elements))
            cosines = np.clip(self.law.cosines(images), -1.0, 1.0)
            norm = squared_norm(self.law, d, degree, cosines, repeated)
            components.append((degree, images, repeated * math.sqrt(power / norm)))
        target = HarmonicTarget(self.law, d, tuple(components))
        return LabelledLaw(target, target(self.points))
