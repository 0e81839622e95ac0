"""What a user asks the simulator for, checked and put into plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.quantities import D, N, P
from asymptotics.simulation.learning.spectral import Training

LARGEST_RIDGE = 1e100
"""Ridges and times above this would overflow in products with sizes and eigenvalues, and in squares."""

MOST_STEPS = 2**53
"""Steps of gradient descent that a double counts."""


SeedLike = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None
"""What `numpy.random.default_rng` takes."""


class SizesLike(Protocol):
    """The sizes of an actual experiment: finite integers or arrays of them, under the names the model gives them."""

    @property
    def n(self) -> Any:
        """Number of samples."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Sizes and ridge or time of every configuration, all of one shape.

    Attributes
    ----------
    sizes : mapping of str to ndarray of int
    path : mapping of str to ndarray of float
        Ridges, times, or what else training has, by name.
    """

    sizes: Mapping[str, NDArray[np.int64]]
    path: Mapping[str, NDArray[np.float64]]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid."""
        return next(iter(self.sizes.values())).shape

    @property
    def size(self) -> int:
        """Number of its points."""
        return math.prod(self.shape)

    def points(self) -> Iterator[tuple[tuple[int, ...], Any, int]]:
        """Sizes, ridge or time (of several parameters a tuple), and flat position of every entry."""
        for position, index in enumerate(np.ndindex(self.shape)):
            sizes = tuple(int(values[index]) for values in self.sizes.values())
            path = tuple(float(values[index]) for values in self.path.values())
            yield sizes, path[0] if len(path) == 1 else path, position


def as_count(name: str, value: Any, least: int) -> int:
    """An integer argument of at least the given size.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : object
        What the user gave.
    least : int
        Smallest allowed value.

    Raises
    ------
    InputError
        If the value is not such an integer.

    Examples
    --------
    >>> as_count("trials", np.int64(3), 2)
    3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InputError(name, value, f"an integer, at least {least}")
    return int(value)


def as_seed(value: Any) -> int:
    """The seed of a campaign, an integer that its estimates and stores record.

    Parameters
    ----------
    value : int, None, sequence of int, SeedSequence, BitGenerator or Generator
        As `numpy.random.default_rng` takes it. A nonnegative integer is the seed itself. A seed sequence, or a sequence
        of integers, gives the same one each time; a generator is drawn from once; None is fresh entropy.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> as_seed(3), as_seed(np.random.SeedSequence(3)) == as_seed([3])
    (3, True)
    """
    if isinstance(value, Integral):
        return as_count("seed", value, 0)
    if isinstance(value, (np.random.Generator, np.random.BitGenerator)):
        return int(np.random.default_rng(value).integers(2**63))
    try:
        sequence = value if isinstance(value, np.random.SeedSequence) else np.random.SeedSequence(value)
    except (TypeError, ValueError):
        allowed = (
            "a nonnegative integer, or what numpy.random.default_rng takes: a Generator, a SeedSequence, None"
        )
        raise InputError("seed", value, allowed) from None
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


def as_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """One of the allowed words, or raise InputError.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : object
        What the user gave.
    choices : iterable of str
        Allowed words.
    """
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        raise InputError(name, value, "one of " + ", ".join(map(repr, allowed)))
    return value


def as_sizes(name: str, value: Any, least: int = 1) -> NDArray[np.int64]:
    """Sizes as an integer array; floats with integer values are accepted.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : object
        What the user gave.
    least : int
        Smallest allowed value.

    Raises
    ------
    InputError
        If a size is infinite, not an integer, or too small.

    Examples
    --------
    >>> as_sizes("n", [10, 20.0]).tolist()
    [10, 20]
    """
    array = _as_array(name, value)
    flat = [as_number(name, entry, "positive integers") for entry in array.ravel().tolist()]
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


def is_infinite(p: Any) -> bool:
    """Whether a number of features is left out, or infinite everywhere.

    Raises
    ------
    InputError
        If it is no number.

    Examples
    --------
    >>> is_infinite(None), is_infinite([math.inf, math.inf]), is_infinite(0)
    (True, True, False)
    """
    if p is None:
        return True
    allowed = "positive integers, or math.inf for a kernel"
    return all(
        as_number(P.name, entry, allowed) == math.inf for entry in _as_array(P.name, p).ravel().tolist()
    )


def as_ridges(name: str, value: Any, endless: bool = False) -> NDArray[np.float64]:
    """Ridges or times as a float array; numbers, Fractions and decimal strings are accepted.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : object
        What the user gave.
    endless : bool
        Whether infinity is allowed.

    Raises
    ------
    InputError
        If one is negative, or so large that products with it overflow; infinite ones may be allowed.
    """
    array = _as_array(name, value)
    allowed = f"numbers, at least 0 and at most {LARGEST_RIDGE:g}{', or math.inf' if endless else ''}"
    flat = [float(as_number(name, entry, allowed)) for entry in array.ravel().tolist()]
    if not all(0 <= entry <= LARGEST_RIDGE or (endless and entry == math.inf) for entry in flat):
        raise InputError(name, value, allowed)
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _as_array(name: str, value: Any) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError:
        raise ShapeError(name, value, "a number or a rectangular array") from None


def as_number(name: str, entry: Any, allowed: str) -> Any:
    """An entry that may be a number, a Fraction or a string such as "1e-3" or "3/2".

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    entry : object
        What the user gave.
    allowed : str
        What is allowed, in words.
    """
    if isinstance(entry, bool):
        raise InputError(name, entry, allowed)
    try:
        if isinstance(entry, str):
            return float(Fraction(entry.strip()))
        return entry if isinstance(entry, int) else float(entry)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise InputError(name, entry, allowed) from None


ENDLESS = ("time", "time_per_sample")
"""What may be infinite: training to the end."""

PER_SAMPLE: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "ridge_per_sample": ("ridge", lambda value, n: value * n),
    "time_per_sample": ("time", lambda value, n: value / n),
}
"""What else may be given, of what, and how it follows with the number of samples."""


def as_grid(sizes: Mapping[str, NDArray[np.int64]], path: Mapping[str, Any]) -> Grid:
    """Broadcast sizes and a path of ridges, times, or several parameters to one grid.

    Parameters
    ----------
    sizes : mapping of str to ndarray of int
        As `as_sizes` returns them; with the samples under ``n``.
    path : mapping of str to array_like
        Values by name; those in `PER_SAMPLE` are converted.

    Raises
    ------
    InputError
        If a value of the path is not allowed.
    ShapeError
        If the shapes do not broadcast.
    """
    values = {name: as_ridges(name, value, name in ENDLESS) for name, value in path.items()}
    try:
        arrays = np.broadcast_arrays(*sizes.values(), *values.values())
    except ValueError:
        shapes = tuple(array.shape for array in (*sizes.values(), *values.values()))
        names = f"shapes of {', '.join((*sizes, *values))}"
        raise ShapeError(names, shapes, "shapes that broadcast like NumPy's") from None
    found = dict(zip((*sizes, *values), arrays, strict=True))
    along = {}
    for name in values:
        plain, convert = PER_SAMPLE.get(name, (name, lambda value, _: value))
        along[plain] = convert(found[name], found[N.name])
    return Grid({name: found[name] for name in sizes}, along)


def as_learning_sizes(
    regime: Any, has_features: bool, least_dimension: int = 2
) -> dict[str, NDArray[np.int64]]:
    """The sizes d, n and p of an experiment with inputs; p is 0 where no features are drawn.

    Parameters
    ----------
    regime : object
        With attributes ``d``, ``n`` and, where features are drawn, ``p``: numbers or sequences of them.
    has_features : bool
        Whether features are drawn.
    least_dimension : int
        Smallest d that the inputs can be drawn in.

    Raises
    ------
    InputError
        If a size is missing or not allowed.
    """
    if not all(hasattr(regime, size.name) for size in ((D, N, P) if has_features else (D, N))):
        allowed = "finite sizes d, n and p, such as FiniteSize(d=60, n=120, p=300)"
        raise InputError("regime", regime, allowed, "only these can be simulated")
    if has_features:
        p = as_sizes("p", regime.p)
    else:
        given_p: Any = getattr(regime, P.name, None)
        if not is_infinite(given_p):
            raise InputError("p", given_p, "math.inf or nothing", "a kernel has no finite number of features")
        p = np.zeros(np.shape(given_p), dtype=np.int64)
    return {
        D.name: as_sizes("d", regime.d, least=least_dimension),
        N.name: as_sizes("n", regime.n),
        P.name: p,
    }


def as_training(name: str, time: Any, step_size: Any) -> Training:
    """The training method of a path.

    Parameters
    ----------
    name : {"time", "ridge", "ridge_per_sample"}
        What the path is a path of.
    time : float or sequence of float
        Training times, as the step multiplies the gradient; read where ``name`` is ``"time"``.
    step_size : float or None
        Of gradient descent; without it gradient flow.

    Raises
    ------
    InputError
        If the step is not allowed, or times are no multiples of it.
    """
    if name != "time":
        if step_size is not None:
            raise InputError("step_size", step_size, "nothing without time")
        return Training("ridge")
    if step_size is None:
        return Training("flow")
    allowed = "a positive number of which every time is a multiple"
    step = float(as_number("step_size", step_size, allowed))
    if not (math.isfinite(step) and step > 0):
        raise InputError("step_size", step_size, allowed)
    times = as_ridges("time", time)
    if np.any(times / MOST_STEPS > step):
        raise InputError("step_size", step_size, f"at most {MOST_STEPS:.0e} steps", "use gradient flow")
    steps = times / step
    if np.any(np.abs(steps - np.round(steps)) > 1e-9 * np.maximum(steps, 1.0)):
        raise InputError("step_size", step_size, allowed)
    return Training("descent", step)
