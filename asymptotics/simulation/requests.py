"""What a user asks the simulator for, checked and put into plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.simulation.experiment import Experiment
from asymptotics.simulation.sampling import LAWS

TEST_ERRORS = ("auto", "exact", "sampled")
"""How the average over a fresh input is taken."""

LABELS = ("drawn", "averaged")
"""Whether target and noise are drawn in every replicate or averaged over exactly."""


class TargetLike(Protocol):
    """A target function, known by its power in every degree."""

    @property
    def powers(self) -> Mapping[int, Any]:
        """Power F_k^2 per degree k."""


class ModelLike(Protocol):
    """What the simulator needs to know of a random-features model."""

    @property
    def activation(self) -> Any:
        """Vectorized function on float64 arrays."""

    @property
    def target(self) -> TargetLike:
        """The target function."""

    @property
    def noise(self) -> Any:
        """Variance of the label noise."""


class SizesLike(Protocol):
    """The sizes of an actual experiment: finite integers or arrays of them."""

    @property
    def d(self) -> Any:
        """Dimension of the inputs."""

    @property
    def n(self) -> Any:
        """Number of samples."""

    @property
    def p(self) -> Any:
        """Number of features."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Sizes and ridges of every configuration, all of one shape."""

    d: NDArray[np.int64]
    n: NDArray[np.int64]
    p: NDArray[np.int64]
    ridge: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid."""
        return self.d.shape

    def groups(self) -> dict[tuple[int, int, int], dict[float, list[int]]]:
        """Return the distinct sizes, for each its ridges, for each ridge the flat positions in the grid.

        Positions of equal sizes share their draws, so that a whole ridge path costs little more than one
        point.
        """
        result: dict[tuple[int, int, int], dict[float, list[int]]] = {}
        for position, index in enumerate(np.ndindex(self.shape)):
            sizes = (int(self.d[index]), int(self.n[index]), int(self.p[index]))
            result.setdefault(sizes, {}).setdefault(float(self.ridge[index]), []).append(position)
        return result


def as_count(name: str, value: Any, least: int) -> int:
    """Return an integer argument of at least the given size.

    Raises
    ------
    InputError
        When the value is not such an integer.

    Examples
    --------
    >>> as_count("trials", np.int64(3), 2)
    3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InputError(name, value, f"an integer, at least {least}")
    return int(value)


def as_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return one of the allowed words, or raise InputError."""
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        raise InputError(name, value, "one of " + ", ".join(map(repr, allowed)))
    return value


def as_sizes(name: str, value: Any, least: int = 1) -> NDArray[np.int64]:
    """Return sizes as an integer array; floats with integer values are accepted.

    Raises
    ------
    InputError
        When a size is infinite, not an integer, or too small.

    Examples
    --------
    >>> as_sizes("n", [10, 20.0]).tolist()
    [10, 20]
    """
    array = _as_array(name, value)
    flat = [_as_number(name, entry, "positive integers") for entry in array.ravel().tolist()]
    for entry in flat:
        if math.isinf(entry) and entry > 0:
            raise InputError(
                name,
                value,
                "finite positive integers",
                "simulation needs finite sizes: an actual experiment has finitely many samples and features",
            )
        if not (math.isfinite(entry) and entry == int(entry) and entry >= least):
            raise InputError(name, value, f"positive integers, at least {least}")
    return np.array([int(entry) for entry in flat], dtype=np.int64).reshape(array.shape)


def as_ridges(name: str, value: Any) -> NDArray[np.float64]:
    """Return ridge coefficients as a float array; numbers, Fractions and decimal strings are accepted.

    Raises
    ------
    InputError
        When one is negative or not finite.
    """
    array = _as_array(name, value)
    allowed = "finite numbers, at least 0"
    flat = [float(_as_number(name, entry, allowed)) for entry in array.ravel().tolist()]
    if not all(math.isfinite(entry) and entry >= 0 for entry in flat):
        raise InputError(name, value, allowed)
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _as_array(name: str, value: Any) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError:
        raise ShapeError(name, value, "a number or a rectangular array") from None


def _as_number(name: str, entry: Any, allowed: str) -> Any:
    """Return an entry that may be a number, a Fraction or a string such as "1e-3" or "3/2"."""
    if isinstance(entry, bool):
        raise InputError(name, entry, allowed)
    try:
        if isinstance(entry, str):
            return float(Fraction(entry.strip()))
        return entry if isinstance(entry, int) else float(entry)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise InputError(name, entry, allowed) from None


def as_activation(activation: Any) -> Callable[..., Any]:
    """Return a vectorized activation, tried on three numbers.

    Raises
    ------
    InputError
        When it cannot be evaluated, for instance because only its coefficients are known.
    """
    allowed = "a vectorized function of a float64 array"
    advice = "simulation needs the function itself; coefficients alone allow a prediction only"
    if not callable(activation) or getattr(activation, "function", activation) is None:
        raise InputError("activation", activation, allowed, advice)
    probe = np.array([-1.0, 0.25, 1.5])
    try:
        values = np.asarray(activation(probe), dtype=np.float64)
    except InputError:
        raise
    except Exception as error:
        raise InputError("activation", activation, allowed, f"calling it failed: {error}") from error
    if values.shape != probe.shape or not np.isfinite(values).all():
        raise InputError("activation", activation, allowed, "it must return one finite number per entry")
    return activation


def as_experiment(
    model: ModelLike, inputs: str, weights: str | None, test_samples: int | None, labels: str = "drawn"
) -> Experiment:
    """Return the experiment of a model, with every field checked.

    Raises
    ------
    InputError
        When the activation cannot be evaluated, a degree or power of the target or the noise is not allowed,
        or an option is unknown.
    """
    powers = {}
    for degree, power in dict(model.target.powers).items():
        degree = as_count("target degree", degree, 0)
        value = float(_as_number("target power", power, "a finite number, at least 0"))
        if not (math.isfinite(value) and value >= 0):
            raise InputError("target power", power, "a finite number, at least 0")
        powers[degree] = value
    noise = float(_as_number("noise", model.noise, "a finite number, at least 0"))
    if not (math.isfinite(noise) and noise >= 0):
        raise InputError("noise", model.noise, "a finite number, at least 0")
    inputs = as_choice("inputs", inputs, LAWS)
    return Experiment(
        activation=as_activation(model.activation),
        powers=tuple(sorted(powers.items())),
        noise=noise,
        inputs=inputs,
        weights=inputs if weights is None else as_choice("weights", weights, LAWS),
        test_samples=None if test_samples is None else as_count("test_samples", test_samples, 2),
        average_labels=as_choice("labels", labels, LABELS) == "averaged",
    )


def as_grid(regime: SizesLike, ridge: Any, ridge_per_sample: Any) -> Grid:
    """Broadcast sizes and ridge to one grid.

    Raises
    ------
    InputError
        When a size or ridge is not allowed, or not exactly one of the two ridges is given.
    ShapeError
        When the shapes do not broadcast.
    """
    if (ridge is None) == (ridge_per_sample is None):
        raise InputError("ridge", ridge, "exactly one of ridge and ridge_per_sample")
    sizes = [as_sizes("d", regime.d, least=2), as_sizes("n", regime.n), as_sizes("p", regime.p)]
    if ridge is not None:
        penalty = as_ridges("ridge", ridge)
    else:
        penalty = as_ridges("ridge_per_sample", ridge_per_sample)
    try:
        d, n, p, penalty = np.broadcast_arrays(*sizes, penalty)
    except ValueError:
        shapes = tuple(array.shape for array in (*sizes, penalty))
        raise ShapeError("shapes of d, n, p, ridge", shapes, "shapes that broadcast like NumPy's") from None
    return Grid(d, n, p, penalty if ridge is not None else penalty * n)
