"""What is asked of ``predict``: sizes and ridges, validated once and broadcast."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import double, number, real_array
from asymptotics.models.model import Model, as_model
from asymptotics.models.regime import Regime, as_regime
from asymptotics.models.sizes import is_array, shape_of
from asymptotics.resources import require_memory

POINT_ELEMENTS = 40
"""Numbers in double precision that are held per point while an answer is made, at least; measured: 43 to 60."""


@dataclass(frozen=True)
class Request:
    """Sizes and ridge at every point, flattened.

    Attributes
    ----------
    model : Model
    regime : Regime
    shape : tuple of int
        Shape of the answer.
    sizes : dict
        Sizes by their names in the theory; one of them may be infinite.
    ridge : ndarray
        As it was given.
    per_sample : bool
        Whether it was given per sample.
    dimension : ndarray or None
        ``d`` at finite size, where the model has a dimension: doubles, or whole numbers that are none.
    parameters : dict
        What the user gave, by name, broadcast to ``shape``.
    exact : dict
        The same, unbroadcast, exact where given exactly.
    inputs : str or None
        Law of the inputs, which the next order depends on; None for that of the model.
    caution : str
        Why the problem that answers is not to be trusted; empty where it is.
    itself : bool
        Whether the model answers, and not problems that it poses.
    """

    model: Model
    regime: Regime
    shape: tuple[int, ...]
    sizes: dict[str, np.ndarray]
    ridge: np.ndarray
    per_sample: bool
    dimension: np.ndarray | None
    parameters: dict[str, np.ndarray]
    exact: dict[str, Any]
    inputs: str | None = None
    caution: str = ""
    itself: bool = True

    @property
    def count(self) -> int:
        """Number of points."""
        return self.ridge.size

    def at(self, where: np.ndarray, ridge: np.ndarray) -> Request:
        """The same at some of the points, with other ridges.

        Parameters
        ----------
        where : ndarray of int
        ridge : ndarray
            For each of them.
        """
        sizes = {name: value[where] for name, value in self.sizes.items()}
        dimension = None if self.dimension is None else self.dimension[where]
        part = replace(self, shape=(where.size,), sizes=sizes, ridge=ridge, dimension=dimension)
        return replace(part, parameters={}, exact={})

    def groups(self) -> Iterator[tuple[np.ndarray, int | None]]:
        """Positions of the points of one dimension, dimension by dimension."""
        if self.dimension is None:
            yield np.arange(self.count), None
            return
        for d in np.unique(self.dimension):
            yield np.flatnonzero(self.dimension == d), int(d)

    def exact_rows(self) -> Iterator[tuple[dict[str, Any], Any, int | None]]:
        """Sizes by their names in the theory, ridge as given, and dimension of every point, exactly."""
        columns = {name: np.asarray(value).ravel() for name, value in self.exact_parameters().items()}
        ridge = "ridge_per_sample" if self.per_sample else "ridge"
        spelled = {name: self.regime.spelling(name) for name in self.sizes}
        dimension = None if self.dimension is None else self.dimension.tolist()
        for place in range(self.count):
            sizes = {name: columns[given][place] for name, given in spelled.items() if given in columns}
            sizes |= {name: value for name, value in self.regime.implied.items() if name in self.sizes}
            yield sizes, columns[ridge][place], None if dimension is None else int(dimension[place])

    def exact_parameters(self) -> dict[str, Any]:
        """What was given, exactly: fractions, or arrays of fractions of the request's shape; infinities are floats."""
        found = {}
        for name, value in self.exact.items():
            column = np.empty(self.shape, dtype=object)
            given = np.broadcast_to(np.asarray(value, dtype=object), self.shape)
            for place, one in np.ndenumerate(given):
                column[place] = exact(one)
            found[name] = column if self.shape else column.item()
        return found


def exact(value: Any) -> Fraction | float:
    """A number as a ``Fraction`` (a float stands for the binary fraction it stores); infinity stays a float."""
    return math.inf if value == math.inf else Fraction(value)


def _ridge(name: str, value: Any, minimum: float | None) -> Any:
    allowed = f"a finite number{'' if minimum is None else ' >= 0'}, or an array of them"
    entry = partial(_ridge_entry, minimum=minimum)
    if isinstance(value, str) or not is_array(value):
        return entry(name, value)
    array = real_array(name, value, allowed, entry)
    if array.dtype == object:
        return array
    bad = ~(np.isfinite(array) & np.greater_equal(array, -math.inf if minimum is None else minimum))
    if np.any(bad):
        raise InputError(name, array[bad].flat[0].item(), allowed)
    return array


def _ridge_entry(name: str, value: Any, minimum: float | None) -> Fraction | float:
    read = number(name, value, minimum=minimum)
    if not -sys.float_info.max <= read <= sys.float_info.max:
        raise InputError(name, value, "a number of at most 1.8e308")
    return read


def require_doubles(request: Request) -> None:
    """Check that no ridge given exactly is too small for a double, where it would stand for zero.

    Raises
    ------
    InputError
        If one is.
    """
    for name in request.exact.keys() & {"ridge", "ridge_per_sample"}:
        value = np.asarray(request.exact[name])
        for entry in value.ravel() if value.dtype == object else ():
            double(name, abs(entry))


@dataclass(frozen=True)
class Part:
    """Points of a request that one problem answers.

    Attributes
    ----------
    request : Request
        In the sizes of that problem.
    where : ndarray of int or None
        Positions of its points in the flattened request; all of them if None.
    formula, caution : str
        See :class:`~asymptotics.models.posed.Posed`.
    """

    request: Request
    where: np.ndarray | None = None
    formula: str = ""
    caution: str = ""


def posed(request: Request) -> tuple[Part, ...]:
    """A request as the problems that answer it: itself, unless its model hands points to others."""
    parts = []
    for one in request.model.posed(request.regime, request.shape):
        if one.model is request.model:
            parts.append(Part(request, one.where, one.formula, one.caution))
            continue
        name = "ridge_per_sample" if request.per_sample else "ridge"
        ridge = request.exact[name]
        if one.where is not None:
            ridge = np.broadcast_to(np.asarray(ridge), request.shape).ravel()[one.where]
        given = {"ridge": None, "ridge_per_sample": None, name: ridge}
        found = read_question(
            one.model, one.regime, given["ridge"], given["ridge_per_sample"], below_zero=True
        )
        parts.append(Part(found, one.where, one.formula, one.caution))
    return tuple(parts)


def read_request(model: Any, regime: Any, ridge: Any, ridge_per_sample: Any) -> Request:
    """Validate and broadcast, for learners that one problem has to answer.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    ridge : number or array
        As the user gave it.
    ridge_per_sample : number or array
        In its place.

    Raises
    ------
    InputError
        As :func:`read_question`, and if several problems share the points.
    """
    request = read_question(model, regime, ridge, ridge_per_sample)
    if request.model.only_ridge:
        raise InputError(
            "model",
            request.model,
            "one of which more than ridge regression is known",
            request.model.only_ridge,
        )
    parts = posed(request)
    if len(parts) != 1 or parts[0].where is not None:
        allowed = "sizes that one formula answers"
        raise InputError("regime", request.regime, allowed, "ask for the points one by one")
    found = replace(parts[0].request, caution=parts[0].caution)
    return replace(found, parameters=request.parameters)


def read_question(
    model: Any, regime: Any, ridge: Any, ridge_per_sample: Any, below_zero: bool = False
) -> Request:
    """Validate and broadcast; ridges below zero only where they are allowed.

    Parameters
    ----------
    model : object
        Any model with a theory.
    regime : object
        Sizes or ratios of sizes.
    ridge, ridge_per_sample : float, array or None
        Exactly one of them, the second in units of the number of samples.
    below_zero : bool
        Whether ridges below zero are allowed, at finite sizes.

    Raises
    ------
    InputError
        If the regime is not one, the ridge is missing, given twice, negative or not finite, or meaningless
        for infinitely many samples, or the answer does not fit into memory.
    ShapeError
        If shapes do not broadcast.
    """
    model, regime = as_model(model), as_regime(regime)
    sizes = regime.parameters(model)
    if (ridge is None) == (ridge_per_sample is None):
        raise InputError("ridge", ridge, "exactly one of ridge and ridge_per_sample")
    per_sample = ridge is None
    name, given = ("ridge_per_sample", ridge_per_sample) if per_sample else ("ridge", ridge)
    read = _ridge(name, given, None if below_zero and regime.is_point else 0.0)
    regime.require_ridge(name, read)
    exactly = {**sizes, name: read}
    shape = shape_of(**exactly)
    require_memory(POINT_ELEMENTS * math.prod(shape), "shape", shape, "an answer")
    arrays = {k: np.broadcast_to(np.asarray(_float(v)), shape).astype(float) for k, v in exactly.items()}
    spelled = {size.name: regime.spelling(size.name) for size in model.theory.sizes}
    flat = {size: arrays[given].ravel() for size, given in spelled.items() if given in arrays}
    values = arrays[name].ravel()
    implied = {size: value for size, value in regime.implied.items() if size in spelled}
    flat |= {size: np.full(values.size, float(value)) for size, value in implied.items()}
    _require_finite(model, spelled, flat, values, per_sample)
    dimension = None
    if model.asks_dimension and regime.dimension is not None:
        dimension = np.broadcast_to(_whole(regime.dimension), shape).ravel()
    return Request(model, regime, shape, flat, values, per_sample, dimension, arrays, exactly)


def _require_finite(
    model: Model, spelled: dict[str, str], sizes: dict[str, np.ndarray], ridge: np.ndarray, per_sample: bool
) -> None:
    """At most one of samples and any other size is infinite, and the ridge of infinitely many is one per sample."""
    name = model.theory.samples
    endless = np.isinf(sizes[name])
    for other, values in sizes.items():
        if other != name and np.any(endless & np.isinf(values)):
            raise InputError(spelled[name], math.inf, f"a finite value where {spelled[other]} is infinite")
    if not per_sample and np.any(endless & (ridge != 0)):
        raise InputError(
            "ridge", float(ridge[endless & (ridge != 0)][0]), f"0 where {spelled[name]} is infinite",
            "give ridge_per_sample instead",
        )  # fmt: skip


def _whole(value: Any) -> np.ndarray:
    """Dimensions as doubles, or as whole numbers where some double is none of them."""
    doubles = np.asarray(value, dtype=float)
    # Past 2**53 neighbouring whole numbers share a double.
    return doubles if np.all(doubles < 2.0**53) else np.asarray(value, dtype=object)


def _float(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else float(value)
