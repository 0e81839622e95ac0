"""Inputs beyond the named laws: Gaussian points with a spectrum of variances, and the rows of a user's own matrix.

Whatever the inputs are, weights and directions of the target are isotropic, and features act on
``<theta, x>/sqrt(d)``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError, SimulationError
from asymptotics.simulation.laws import Gaussian, hermite_polynomial

Array = NDArray[np.float64]

BLOCK_ELEMENTS = 2**22
"""Projections of all rows of a matrix are computed in blocks of about this many numbers (32 MB)."""

SMALLEST_SCALE, LARGEST_SCALE = 0.25, 4.0
"""Range of the mean of ``|x|^2/d`` over a matrix in which features see projections of order 1."""


@dataclass(frozen=True)
class GaussianInputs(Gaussian):
    r"""Gaussian inputs whose coordinates have different variances.

    .. math:: x = \Sigma^{1/2} g,\qquad \Sigma = \mathrm{diag}(s_1, \dots, s_d),\qquad
              \frac1d\sum_i s_i = 1

    with standard Gaussian g. A diagonal :math:`\Sigma` costs no generality: weights and directions of the
    target are isotropic, so that only its eigenvalues matter.

    Parameters
    ----------
    variances : array_like, shape (d,), or callable
        The *shape* of the spectrum: positive numbers, which are SCALED TO MEAN 1, so that E|x|^2 = d whatever
        their size. A function of d returns them for every dimension of a grid; worker processes need one that
        is defined at the top level of a module.

    Raises
    ------
    InputError
        When a variance is not a positive finite number.
    ShapeError
        When they are not a list of numbers.

    Notes
    -----
    The target of degree k is a sum of :math:`He_k(\langle v, x\rangle)/\sqrt{k!}` along random directions v,
    drawn isotropically in the space of inputs and scaled to :math:`v^T\Sigma v = 1`, with the exact power
    :math:`F_k^2` by :math:`E\,He_k(\langle u,x\rangle)He_k(\langle v,x\rangle) = k!\,(u^T\Sigma v)^k`. A linear
    target thus has the share :math:`s_i/d` of its power, up to fluctuations, along coordinate i.

    Examples
    --------
    >>> inputs = GaussianInputs([1.0, 1.0, 10.0, 10.0])
    >>> inputs.spectrum(4).round(6).tolist()
    [0.181818, 0.181818, 1.818182, 1.818182]
    >>> power_law = GaussianInputs(lambda d: np.arange(1.0, d + 1) ** -1.5)
    >>> float(power_law.spectrum(100).sum())
    100.0
    """

    variances: Any

    weights: ClassVar[tuple[str, ...]] = ("gaussian", "sphere")
    exact_weights: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        if not callable(self.variances):
            object.__setattr__(self, "variances", tuple(_as_variances(self.variances).tolist()))

    def __repr__(self) -> str:
        if callable(self.variances):
            return f"GaussianInputs({getattr(self.variances, '__name__', self.variances)!s})"
        least, most = min(self.variances), max(self.variances)
        return f"GaussianInputs({len(self.variances)} variances from {least:g} to {most:g})"

    def spectrum(self, d: int) -> Array:
        """Return the variances in dimension d, of mean 1.

        Raises
        ------
        InputError
            When there are none of this dimension.
        """
        given = _as_variances(self.variances(d) if callable(self.variances) else self.variances)
        if len(given) != d:
            raise InputError("d", d, f"{len(given)}, the number of variances", "or give a function of d")
        return given / given.mean()

    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw independent entries of the given variances."""
        return generator.standard_normal((count, d)) * np.sqrt(self.spectrum(d))

    def directions(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw isotropic vectors v, scaled to ``v^T Sigma v = 1``."""
        directions = generator.standard_normal((count, d))
        directions /= np.sqrt(directions**2 @ self.spectrum(d))[:, None]
        return directions

    def cosines(self, directions: Array) -> Array:
        """Return ``u^T Sigma v``."""
        return directions * self.spectrum(directions.shape[1]) @ directions.T

    def squared_norms(self, d: int) -> Array:
        """Return 1 and one standard deviation more."""
        return 1.0 + np.array([0.0, math.sqrt(2.0 * np.mean(self.spectrum(d) ** 2) / d)])

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Refuse dimensions without variances."""
        self.spectrum(d)

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """Return the variances of mean 1, to twelve digits, which all machines share."""
        spectra = {str(d): [float(f"{s:.12g}") for s in self.spectrum(d)] for d in dimensions}
        return {"law": self.name, "variances": spectra}


def _as_variances(variances: Any) -> Array:
    try:
        array = np.array(variances, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("variances", variances, "positive finite numbers, or a function of d") from None
    if array.ndim != 1:
        raise ShapeError("variances", array.shape, "a list of d numbers, or a function of d that returns one")
    if len(array) == 0 or not (np.isfinite(array).all() and (array > 0).all()):
        raise InputError("variances", variances, "positive finite numbers")
    return array


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

    Raises
    ------
    ShapeError
        When the points are no matrix, or there is not one label per row.
    InputError
        When a number is not finite, there are fewer than 2 rows or columns, or all rows are equal.

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

    weights: ClassVar[tuple[str, ...]] = ("sphere", "gaussian", "hypercube")
    exact_weights: ClassVar[str | None] = None
    irreducible: ClassVar[bool] = False

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
        """Return the rows minus their mean, all times one number, so that the mean of ``|x|^2`` is d.

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
        """Return sizes and digest."""
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
        """Return ``|x|^2/d`` of all rows."""
        return np.einsum("ij,ij->i", self.points, self.points) / d

    def signal(self, powers: Mapping[int, float]) -> float:
        """Return the mean square of the labels, or the sum of the powers."""
        return sum(powers.values()) if self.labels is None else math.fsum(self.labels**2) / len(self.labels)

    def draw(self, n: int, d: int, generator: np.random.Generator) -> DataDraw:
        """Draw n rows to train on."""
        rows = generator.permutation(len(self.points))
        return DataDraw(self, rows[n:], self.points[rows[:n]], rows[:n])


def _as_finite(name: str, values: Any) -> Array:
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise InputError(name, values, "an array of numbers") from None
    if not np.isfinite(array).all():
        raise InputError(name, values, "finite numbers")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class DataDraw:
    """Rows to train on and rows left; see `asymptotics.simulation.sampling.Draw`."""

    data: DataMatrix
    left: NDArray[np.int64]
    points: Array
    rows: NDArray[np.int64]

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledData:
        """Draw a target, unless there are labels."""
        values = self.data.labels
        if values is None:
            values = sample_values(self.data.points, powers, generator)
        return LabelledData(self.data.points, values, self.left, values[self.rows])


@dataclass(frozen=True, eq=False)
class LabelledData:
    """A target on all rows; see `asymptotics.simulation.sampling.Labelled`."""

    points: Array
    everywhere: Array
    left: NDArray[np.int64]
    values: Array
    target: ClassVar[None] = None

    @property
    def fresh_inputs(self) -> int:
        """Number of rows left."""
        return len(self.left)

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield rows left, in their random order."""
        for start in range(0, count, step):
            rows = self.left[start : min(start + step, count)]
            yield self.points[rows], self.everywhere[rows]


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
        When all polynomials of a degree vanish on the rows, which then cannot carry its power.

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
