"""The rows of a user's own matrix as inputs: weights and directions of the target are isotropic all the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError, SimulationError
from asymptotics.simulation.laws.laws import hermite_polynomial

Array = NDArray[np.float64]

BLOCK_ELEMENTS = 2**22
"""Projections of all rows of a matrix are computed in blocks of about this many numbers (32 MB)."""

SMALLEST_SCALE, LARGEST_SCALE = 0.25, 4.0
"""Range of the mean of ``|x|^2/d`` over a matrix in which features see projections of order 1."""


@dataclass(frozen=True, eq=False, repr=False)
class DataMatrix:
    r"""The rows of a matrix as inputs, and optionally a label for every row.

    Each replicate draws n rows without replacement to train on; all other rows, or ``test_samples`` of them,
    are the test set. With nested sizes the test set are the rows that the largest n leaves.

    Without labels the target is random, as for a law of inputs: its part of degree k is a sum of Hermite
    polynomials :math:`He_k` of projections on isotropic directions, each standardised over the rows, and has
    mean square :math:`F_k^2` over the rows, exactly. With labels these *are* the target :math:`f_\star`: the
    target of the model is not used and may be missing, the test error is the mean squared error on the labels
    of the test rows, and ``noise`` is label noise in addition to whatever noise the labels have.

    Parameters
    ----------
    points : array_like, shape (N, d)
        Inputs as rows, used as they are: features act on ``<theta, x>/sqrt(d)``, so that the mean of
        ``|x|^2/d`` has to be of order 1; see `standardized`. Copied, and kept read-only.
    labels : array_like, shape (N,), optional
        One number per row. Copied, and kept read-only.
    source : path-like, optional
        File that holds these numbers, set by `load` and `saved`: workers then read it, once each, instead of being
        sent the numbers with every block of replicates.

    Raises
    ------
    ShapeError
        If the points are no matrix, or there is not one label per row.
    InputError
        If a number is not finite, there are fewer than 2 rows or columns, or all rows are equal.

    References
    ----------
    docs/howto/inputs.md.

    Examples
    --------
    >>> data = DataMatrix(np.arange(12.0).reshape(4, 3), labels=[0, 1, 0, 1])
    >>> data
    DataMatrix(4 rows, 3 columns, labelled, a9aecadc)
    >>> data.standardized().points[:, 0].round(6).tolist()
    [-1.341641, -0.447214, 0.447214, 1.341641]
    """

    points: Array
    labels: Array | None = None
    source: Path | None = None

    weights: ClassVar[tuple[str, ...]] = ("sphere", "gaussian", "hypercube")
    exact_weights: ClassVar[str | None] = None
    irreducible: ClassVar[bool] = False
    law: ClassVar[None] = None

    def __post_init__(self) -> None:
        points = _as_finite("points", self.points)
        if points.ndim != 2:
            raise ShapeError("points", points.shape, "a matrix of N rows and d columns")
        if min(points.shape) < 2:
            raise InputError("points", points.shape, "at least 2 rows and 2 columns")
        if not np.ptp(points, axis=0).any():
            raise InputError("points", points, "rows that are not all equal")
        object.__setattr__(self, "points", points)
        if self.labels is not None:
            labels = _as_finite("labels", self.labels)
            if labels.shape != points.shape[:1]:
                raise ShapeError("labels", labels.shape, f"shape {points.shape[:1]}, one number per row")
            object.__setattr__(self, "labels", labels)

    def __repr__(self) -> str:
        rows, columns = self.points.shape
        labelled = "labelled, " if self.labelled else ""
        return f"DataMatrix({rows} rows, {columns} columns, {labelled}{self.digest[:8]})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataMatrix) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.source is None:
            return DataMatrix, (self.points, self.labels)
        return _read_once, (str(self.source), self.digest)

    @classmethod
    def load(cls, path: str | Path) -> DataMatrix:
        """Read points and labels from a file written by `saved` or ``numpy.savez(path, points=..., labels=...)``.

        Parameters
        ----------
        path : path-like
            An ``.npz`` file, on a disk that all workers see.

        Returns
        -------
        DataMatrix

        Raises
        ------
        InputError
            If the file cannot be read or does not hold such arrays.
        """
        path = Path(path).absolute()
        try:
            with np.load(path, allow_pickle=False) as arrays:
                points, labels = arrays["points"], arrays["labels"] if "labels" in arrays.files else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "path", str(path), "an .npz file with points, and labels if any", str(error)
            ) from error
        return cls(points, labels, path)

    def saved(self, path: str | Path) -> DataMatrix:
        """Write the numbers to a file, and return the matrix that workers read from there.

        Parameters
        ----------
        path : path-like
            An ``.npz`` file, on a disk that all workers see.

        Returns
        -------
        DataMatrix
        """
        path = Path(path).absolute()
        if path.suffix != ".npz":
            raise InputError("path", str(path), "a file name that ends in .npz")
        arrays: dict[str, Any] = {"points": self.points}
        if self.labels is not None:
            arrays["labels"] = self.labels
        np.savez(path, **arrays)
        return replace(self, source=path)

    @property
    def labelled(self) -> bool:
        """Whether there are labels."""
        return self.labels is not None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all numbers: what identifies the data in a store and in exported results."""
        result = hashlib.sha256(repr((self.points.shape, self.labelled)).encode())
        for array in (self.points, self.labels):
            if array is not None:
                result.update(array.astype("<f8", copy=False).data)
        return result.hexdigest()

    @cached_property
    def scale(self) -> float:
        """Mean of ``|x|^2/d`` over the rows."""
        return float(np.mean(self.points**2))

    def standardized(self) -> DataMatrix:
        """The rows minus their mean, all times one number, so that the mean of ``|x|^2`` is d.

        The shape of the spectrum stays as it is; divide the columns by their standard deviations beforehand if
        they are to count alike. Labels stay as they are.

        Returns
        -------
        DataMatrix
        """
        points = self.points - self.points.mean(axis=0)
        points /= math.sqrt(np.mean(points**2))
        return DataMatrix(points, self.labels)

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """Sizes and digest."""
        rows, columns = self.points.shape
        sizes = {"rows": rows, "columns": columns, "labelled": self.labelled}
        return {"law": "data", **sizes, "sha256": self.digest}

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Refuse sizes that the matrix does not have, and rows of another scale."""
        rows, columns = self.points.shape
        if d != columns:
            raise InputError("d", d, f"{columns}, the number of columns of the data")
        if n >= rows:
            raise InputError("n", n, f"fewer than the {rows} rows of the data: some are left to test on")
        if test_samples is not None and test_samples > rows - n:
            raise InputError("test_samples", test_samples, f"at most {rows - n}, the rows left at n = {n}")
        if not SMALLEST_SCALE <= self.scale <= LARGEST_SCALE:
            between = f"between {SMALLEST_SCALE} and {LARGEST_SCALE:g}"
            allowed = f"rows with a mean of |x|^2/d {between}; it is {self.scale:.4g}"
            raise InputError("inputs", self, allowed, "use DataMatrix(...).standardized()")

    def squared_norms(self, d: int) -> Array:
        """``|x|^2/d`` of all rows."""
        return np.einsum("ij,ij->i", self.points, self.points) / d

    def signal(self, powers: Mapping[int, float]) -> float:
        """The mean square of the labels, or the sum of the powers."""
        return sum(powers.values()) if self.labels is None else math.fsum(self.labels**2) / len(self.labels)

    def draw(self, n: int, d: int, generator: np.random.Generator) -> DataDraw:
        """Draw n rows to train on.

        Parameters
        ----------
        n : int
            Samples.
        d : int
            Dimension.
        generator : np.random.Generator
            Source of randomness.
        """
        rows = generator.permutation(len(self.points))
        return DataDraw(self, rows[n:], self.points[rows[:n]], rows[:n])


@lru_cache(maxsize=2)
def _read_once(path: str, digest: str) -> DataMatrix:
    """Read a matrix in a worker, and keep it for the next blocks.

    Raises
    ------
    SimulationError
        If the file is not there, or no longer holds the numbers of the campaign.
    """
    try:
        data = DataMatrix.load(path)
    except InputError as error:
        raise SimulationError(
            f"a worker cannot read {path}: {error}; put it on a disk that all workers see"
        ) from error
    if data.digest != digest:
        raise SimulationError(
            f"{path} has changed since the simulation was planned; load it again and run again"
        )
    return data


def _as_finite(name: str, values: Any) -> Array:
    try:
        if np.iscomplexobj(values):
            raise TypeError
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise InputError(name, values, "an array of real numbers") from None
    if not np.isfinite(array).all():
        raise InputError(name, values, "finite numbers")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class DataDraw:
    """Rows to train on and rows left; see `asymptotics.simulation.laws.protocols.Draw`."""

    data: DataMatrix
    left: NDArray[np.int64]
    points: Array
    rows: NDArray[np.int64]

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledData:
        """Draw a target, unless there are labels.

        Parameters
        ----------
        powers : mapping of int to float
            Degree to power of the target.
        generator : np.random.Generator
            Source of randomness.
        """
        values = self.data.labels
        if values is None:
            values = sample_values(self.data.points, powers, generator)
        return LabelledData(self.data.points, values, self.left, values[self.rows])


@dataclass(frozen=True, eq=False)
class LabelledData:
    """A target on all rows; see `asymptotics.simulation.laws.protocols.Labelled`."""

    points: Array
    everywhere: Array
    left: NDArray[np.int64]
    values: Array

    @property
    def fresh_inputs(self) -> int:
        """Number of rows left."""
        return len(self.left)

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield rows left, in their random order.

        Parameters
        ----------
        count : int
            Fresh inputs altogether.
        step : int
            Inputs of a block.
        generator : np.random.Generator
            Source of randomness.
        """
        for start in range(0, count, step):
            rows = self.left[start : min(start + step, count)]
            yield self.points[rows], self.everywhere[rows]

    def exact_errors(self, fit: Any, solutions: Array, series: Any) -> None:
        """None: only the rows left are known.

        Parameters
        ----------
        fit : Fit
            Of the draw.
        solutions : ndarray
            Coefficients, shape (path, m, 2).
        series : PopulationSeries
            Of the features.
        """


def sample_values(points: Array, powers: Mapping[int, float], generator: np.random.Generator) -> Array:
    """Draw a target on the rows of a matrix whose part of degree k has mean square F_k^2, exactly.

    Parameters
    ----------
    points : ndarray, shape (N, d)
        The rows, not all equal.
    powers : mapping of int to float
        Power F_k^2 per degree k.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    SimulationError
        If all polynomials of a degree vanish on the rows, which then cannot carry its power.

    Examples
    --------
    >>> points = np.random.default_rng(0).standard_normal((50, 4))
    >>> values = sample_values(points, {2: 9.0}, np.random.default_rng(1))
    >>> float(np.mean(values**2).round(12))
    9.0
    """
    total = np.zeros(len(points))
    for degree, power in sorted(powers.items()):
        count = points.shape[1] if degree > 1 else 1
        directions = generator.standard_normal((count, points.shape[1]))
        coefficients = generator.standard_normal(count)
        if power == 0:
            continue
        part, step = np.zeros(len(points)), max(1, BLOCK_ELEMENTS // len(points))
        for start in range(0, count, step):
            columns = slice(start, start + step)
            projections = points @ directions[columns].T
            projections -= projections.mean(axis=0)
            projections /= projections.std(axis=0)
            part += hermite_polynomial(degree, projections) @ coefficients[columns]
        mean_square = part @ part / len(part)
        if not mean_square > 1e-24 * (coefficients @ coefficients):
            raise SimulationError(
                f"polynomials of degree {degree} vanish on all rows of the data; leave this degree out"
            )
        total += part * math.sqrt(power / mean_square)
    return total
