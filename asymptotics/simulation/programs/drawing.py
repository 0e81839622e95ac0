"""The random ingredients of a program: one independent stream for each matrix and each given vector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.programs.numbers import ProgramNumbers
from asymptotics.simulation.programs.setting import ProgramSetting
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.matrices import DeterministicVector, GaussianMatrix, GaussianVector, Vector

Array = NDArray[np.float64]
Generators = Sequence[np.random.Generator]

ROUNDING = 1e-9
"""Share of the largest eigenvalue of a matrix of inner products below which one is zero."""


@dataclass(frozen=True, eq=False)
class DrawingPlan:
    """What is drawn, as numbers: standard deviations of every matrix and random vector.

    Attributes
    ----------
    setting : ProgramSetting
    matrices : mapping of GaussianMatrix to (rows, columns)
        Factors of the rows ``(rows, 1)`` or a number, and of the columns ``(columns,)`` or a number.
    deviations : mapping of GaussianVector to float
        Standard deviation of an entry.
    """

    setting: ProgramSetting
    matrices: Mapping[GaussianMatrix, tuple[Array | float, Array | float]]
    deviations: Mapping[Vector, float]

    @classmethod
    def of(cls, numbers: ProgramNumbers) -> DrawingPlan:
        """The recipe of a setting.

        Raises
        ------
        InputError
            If a variance or covariance is negative, or depends on the ridge.
        """
        setting, matrices = numbers.setting, {}
        deviations: dict[Vector, float] = {}
        for matrix in setting.matrices:
            parts = (matrix.variance, matrix.row_covariance, matrix.column_covariance)
            _require_fixed(matrix.name, parts, setting.ridge)
            variance = _root(matrix.name, numbers.number(matrix.variance))
            rows = _root(matrix.name, numbers.profile(matrix.row_covariance, matrix.rows))
            columns = _root(matrix.name, numbers.profile(matrix.column_covariance, matrix.columns))
            matrices[matrix] = (variance * (rows[:, None] if np.ndim(rows) else rows), columns)
        for vector in setting.given:
            if isinstance(vector, GaussianVector):
                _require_fixed(vector.name, (vector.variance,), setting.ridge)
                deviations[vector] = float(_root(vector.name, numbers.number(vector.variance)))
        return cls(setting, matrices, deviations)

    def draw(
        self, seed: int, key: tuple[int, ...], replicate: int
    ) -> tuple[dict[GaussianMatrix, Array], dict[Vector, Array]]:
        """All matrices and given vectors of one replicate.

        Parameters
        ----------
        seed : int
            Seed of the simulation.
        key : tuple of int
            The sizes: different ones get independent streams.
        replicate : int
            Number of the replicate, from 0.

        Returns
        -------
        matrices : dict of GaussianMatrix to ndarray
        vectors : dict of Vector to ndarray
        """
        setting = self.setting
        root = np.random.SeedSequence(seed, spawn_key=(*key, replicate))
        children = root.spawn(len(setting.matrices) + len(setting.given))
        streams = [np.random.Generator(np.random.PCG64DXSM(child)) for child in children]
        matrices = {}
        for (matrix, (rows, columns)), stream in zip(self.matrices.items(), streams, strict=False):
            values = stream.standard_normal((setting.size(matrix.rows), setting.size(matrix.columns)))
            values *= rows
            values *= columns
            matrices[matrix] = values
        own = dict(zip(setting.given, streams[len(setting.matrices) :], strict=True))
        return matrices, self._vectors(own)

    def _vectors(self, own: Mapping[Vector, np.random.Generator]) -> dict[Vector, Array]:
        setting, drawn = self.setting, {}
        fixed: dict[AnyDimension, list[DeterministicVector]] = {}
        for vector, stream in own.items():
            if vector in self.deviations:
                drawn[vector] = self.deviations[vector] * stream.standard_normal(
                    setting.size(vector.dimension)
                )
            elif isinstance(vector, DeterministicVector):
                fixed.setdefault(vector.dimension, []).append(vector)
            else:
                raise InputError("constraints", vector.name, "Gaussian or deterministic given vectors")
        for dimension, vectors in fixed.items():
            drawn |= _directions(setting, dimension, vectors, [own[vector] for vector in vectors])
        return {vector: drawn[vector] for vector in own}


def _require_fixed(name: str, expressions: Sequence[object], ridge: str) -> None:
    if any(parameter.name == ridge for e in expressions for parameter in e.free_symbols):  # type: ignore[attr-defined]
        raise InputError(name, ridge, "a variance that does not depend on the ridge")


def _root(name: str, variance: Array | float) -> Array:
    if np.any(np.asarray(variance) < 0):
        raise InputError(name, float(np.min(variance)), "a variance of at least 0")
    return np.sqrt(variance)


def _directions(
    setting: ProgramSetting,
    dimension: AnyDimension,
    vectors: Sequence[DeterministicVector],
    streams: Generators,
) -> dict[Vector, Array]:
    """Random directions in every level with the given powers and inner products."""
    joint = [setting.inner_products(v, w) for place, v in enumerate(vectors) for w in vectors[place + 1 :]]
    size = setting.size(dimension)
    raw = np.stack([stream.standard_normal(size) for stream in streams], axis=1)
    start = 0
    for level, count in enumerate(setting.multiplicities(dimension)):
        part = raw[start : start + count]
        if any(products is not None for products in joint):
            part[:] = _with_products(setting, vectors, level, part)
        else:
            powers = np.array([setting.powers[vector.measure][level] for vector in vectors])
            part *= np.sqrt(powers) / np.linalg.norm(part, axis=0)
        start += count
    return {vector: np.ascontiguousarray(raw[:, place]) for place, vector in enumerate(vectors)}


def _with_products(
    setting: ProgramSetting, vectors: Sequence[DeterministicVector], level: int, raw: Array
) -> Array:
    """Vectors with the given inner products in a random frame; those not given are zero."""
    gram = np.diag([setting.powers[vector.measure][level] for vector in vectors])
    for i, first in enumerate(vectors):
        for k, second in enumerate(vectors[:i]):
            products = setting.inner_products(second, first)
            gram[i, k] = gram[k, i] = 0.0 if products is None else products[level]
    values, axes = np.linalg.eigh(gram)
    values, axes = values[::-1], axes[:, ::-1]
    rank = int(np.sum(values > ROUNDING * max(values[0], 0.0)))
    if rank > len(raw) or values[-1] < -ROUNDING * max(values[0], 0.0):
        names = ", ".join(vector.name for vector in vectors)
        raise InputError(
            "powers", gram.tolist(), f"inner products that {names} can have in {len(raw)} dimensions"
        )
    frame, triangle = np.linalg.qr(raw[:, :rank])
    frame *= np.sign(np.diag(triangle))
    return frame @ (np.sqrt(values[:rank])[:, None] * axes[:, :rank].T)


def stream_key(sizes: Mapping[str, int]) -> tuple[int, ...]:
    """What, besides the seed, the draws of a program depend on.

    Examples
    --------
    >>> stream_key({"n": 3, "d": 5})
    (5, 3)
    """
    return tuple(sizes[name] for name in sorted(sizes))


def total_elements(setting: ProgramSetting) -> int:
    """Entries of all random matrices."""
    return sum(math.prod((setting.size(m.rows), setting.size(m.columns))) for m in setting.matrices)
