"""Single points in exact numbers: what ``digits=`` and ``certified=`` start from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.regimes import FiniteSize, Proportional, RealSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.requests import SIZE_NAMES, Request, sizes_of


@dataclass(frozen=True)
class Point:
    """One point, in the coordinates of the chart that serves it.

    Attributes
    ----------
    chart : str
        ``wide``, ``tall`` or ``samples``.
    coordinates : dict
        Inputs of the chart's programs, exact.
    size : Fraction or float
        The smaller size (an infinite one is a float).
    ridge : Fraction
        In the unit of the chart: ``lam`` for ``wide``, ``lam/n`` otherwise.
    dimension : int or None
    """

    chart: str
    coordinates: dict[str, Fraction]
    size: Fraction | float
    ridge: Fraction
    dimension: int | None

    @property
    def without_ridge(self) -> bool:
        """Whether no ridge keeps the effective ridge from vanishing."""
        return self.ridge == 0 or self.chart == "feature_limited"

    @property
    def at_threshold(self) -> bool:
        """Whether both sizes are equal."""
        return self.coordinates.get("gap", 1) == 0


def exact(value: Any) -> Fraction | float:
    """A number as a ``Fraction`` (a float stands for the binary fraction it stores); infinity stays a float."""
    return math.inf if value == math.inf else Fraction(value)


def points(family: str, names: tuple[str, str], request: Request) -> Iterator[Point]:
    """Every point of a request, in the order of its flattened shape; ``names`` of samples and features."""
    dimensions = [None] * request.samples.size if request.dimension is None else request.dimension.tolist()
    for (n, p, lam, lam_n), d in zip(exact_rows(names, request), dimensions, strict=True):
        yield locate(family, names, n, p, lam, lam_n, None if d is None else int(d))


def exact_parameters(request: Request) -> dict[str, Any]:
    """What was given, exactly: fractions, or arrays of fractions of the request's shape; infinities are floats."""
    found = {}
    for name, value in request.exact.items():
        column = np.empty(request.shape, dtype=object)
        for place, one in np.ndenumerate(np.broadcast_to(np.asarray(value, dtype=object), request.shape)):
            column[place] = exact(one)
        found[name] = column if request.shape else column.item()
    return found


def exact_rows(names: tuple[str, str], request: Request) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Samples, features, ridge and ridge per sample of every point, exactly."""
    columns = {name: np.asarray(value).ravel() for name, value in exact_parameters(request).items()}
    per_sample = "ridge_per_sample" in columns
    for row in zip(*columns.values(), strict=True):
        given = dict(zip(columns, row, strict=True))
        n, p = given[names[0]], given[names[1]]
        ridge = given["ridge_per_sample" if per_sample else "ridge"]
        yield n, p, *_ridges(ridge, n, per_sample)


def _ridges(ridge: Any, n: Any, per_sample: bool) -> tuple[Any, Any]:
    if n == math.inf:
        return Fraction(0), ridge if per_sample else Fraction(0)
    return (ridge * n, ridge) if per_sample else (ridge, ridge / n)


def locate(
    family: str, names: tuple[str, str], n: Any, p: Any, lam: Fraction, lam_n: Fraction, d: int | None
) -> Point:
    """The point with the given sizes, in the chart that serves it."""
    if family == "kernel-ridge":
        return Point("samples", {"inv_n": _inverse(n), "lam_n": lam_n}, n, lam_n, d)
    wide = p >= n
    small, large = (n, p) if wide else (p, n)
    inverse = _inverse(large)
    gap = Fraction(1) if large == math.inf else (large - small) / large
    if wide:
        return Point("wide", {names[0]: small, "inv_p": inverse, "gap": gap, "lam": lam}, small, lam, d)
    return Point("tall", {names[1]: small, "inv_n": inverse, "gap": gap, "lam_n": lam_n}, small, lam_n, d)


def _inverse(size: Any) -> Fraction:
    return Fraction(0) if size == math.inf else 1 / Fraction(size)


def single(model: Any, regime: Any) -> tuple[tuple[str, str], Any, Any, int | None]:
    """Names of samples and features, both sizes, and the dimension, of a model and a regime that is one point.

    Raises
    ------
    InputError
        If it holds arrays, is not of finite size or proportional, or does not fit the model.
    """
    sizes_of(model, regime)
    if not isinstance(regime, (Proportional, FiniteSize, RealSize)):
        raise InputError("regime", regime, "Proportional or FiniteSize")
    names = SIZE_NAMES[type(regime)]
    values = [getattr(regime, name) for name in names]
    d = len(model.eigenvalues) if isinstance(model, SpectralRidge) else getattr(regime, "d", None)
    if any(np.ndim(value) for value in (*values, d) if value is not None):
        raise InputError("regime", regime, "one point, no arrays")
    return names, exact(values[0]), exact(values[1]), None if d is None else int(d)
