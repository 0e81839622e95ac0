"""The Gaussian term of the next order in any number of digits, and as balls.

Digits are measured: the term is computed at two working precisions, and has to agree. Balls need no measuring: the
same operations run on a ball that is proved to hold the effective ridge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.next_order.corrections import GAUSSIAN, Terms, components
from asymptotics.next_order.prepared import Prepared, prepared
from asymptotics.next_order.response import respond
from asymptotics.prediction import certified, precise
from asymptotics.prediction.accuracy import Columns
from asymptotics.prediction.points import Point, locate
from asymptotics.prediction.problems import require_scalar
from asymptotics.prediction.requests import Request

_SPARE, _MORE = 12, 14
_ATTEMPTS = 3


def precise_terms(request: Request, accuracy: Any) -> tuple[Columns, Terms, Any]:
    """The leading answer, the terms of the next order, and no sixth cumulant.

    Parameters
    ----------
    request : Request
        What is asked, over a grid.
    accuracy : Accuracy
        Digits or balls.

    Raises
    ------
    InputError
        If the model has terms beyond the Gaussian one or several unknowns; and for proofs without a ridge, at
        infinite sizes, or where eigenvalues are zero or not resolved.
    PrecisionError
        If the digits are not reached.
    """
    d = None if request.dimension is None else int(request.dimension.min(initial=3))
    if request.model.fluctuations(d, 1.0) is not None:
        allowed = "None for points on the sphere at order 1"
        raise InputError("digits", accuracy.digits, allowed, "fourth cumulants are integrals in doubles")
    proved = accuracy.proves
    columns = accuracy.answer(request)
    names = [component.name for component in request.model.components]
    table = {name: np.empty(request.count, dtype=object) for name in names}
    ready = prepared(request.model.theory)
    for place, (sizes, ridge, dimension) in enumerate(request.exact_rows()):
        equations = request.regime.equations(request.model, dimension)
        require_scalar(equations.charts, "digits at order 1")

        def at(digits: int, equations: Any = equations, sizes: Any = sizes, ridge: Any = ridge) -> Point:
            found = _regular(sizes, ridge, Fraction(equations.measure.power), digits, proved)
            return locate(equations.charts, *found, request.per_sample)

        found = (_enclosed if proved else _measured)(ready, equations.measure, at, accuracy.digits)
        for name in names:
            table[name][place] = accuracy.number(found[name])
    return columns, {GAUSSIAN: table}, np.zeros(request.count)


def _regular(
    sizes: Mapping[str, Any], ridge: Any, unit: Fraction, digits: int, proved: bool
) -> tuple[dict[str, Any], Fraction]:
    """Sizes and a ridge at which nothing is infinite or zero, to so many digits."""
    far = Fraction(10) ** (3 * digits)
    if proved and (ridge == 0 or any(value == float("inf") for value in sizes.values())):
        allowed = "False at order 1 without a ridge, or where a size is infinite"
        raise InputError("certified", True, allowed, "digits= measures instead")
    finite = {name: far if value == float("inf") else value for name, value in sizes.items()}
    return finite, Fraction(ridge) if ridge else unit / far


def _measured(ready: Prepared, measure: Any, at: Callable[[int], Point], digits: int) -> dict[str, Any]:
    """Components of the term, of which so many digits agree between two precisions."""
    before, working = None, digits + _SPARE
    for _ in range(_ATTEMPTS + 1):
        point = at(working)
        degrees = measure.first_degrees(float(point.size))
        root, degrees = precise.solve_point(measure, point, degrees, working)
        data = measure.numbers(degrees, root.arithmetic)
        values = precise.outputs(point, data, root.value, root.arithmetic)
        found = _components(ready, point, data, values, Multiprecision(root.arithmetic.digits), working)
        if before is not None and all(_agree(found[name], before[name], digits) for name in found):
            return found
        before, working = found, working + _MORE
    raise PrecisionError(f"{digits} digits of the next order were not reached", "ask for fewer digits")


def _agree(first: Any, second: Any, digits: int) -> bool:
    """Whether two values have the digits in common, or both are what a ridge that stands for zero leaves."""
    size = max(abs(first), abs(second))
    return bool(abs(first - second) * 10 ** (digits + 1) <= size or size * 10 ** (2 * digits) < 1)


def _enclosed(ready: Prepared, measure: Any, at: Callable[[int], Point], digits: int) -> dict[str, Any]:
    """Components of the term as balls with so many digits."""
    point, working = at(digits), digits + _SPARE
    degrees = measure.first_degrees(float(point.size))
    root, degrees = precise.solve_point(measure, point, degrees, digits + _SPARE)
    for _ in range(_ATTEMPTS):
        arithmetic = Balls(working)
        data = measure.balls(degrees, arithmetic.digits)
        levels = data.spectrum
        if levels is None or any(tail != 0 for tail in levels.tails.values()) or not _positive(levels):
            allowed = "False at order 1 where eigenvalues are zero or not resolved"
            raise InputError("certified", True, allowed, "digits= measures instead")
        with arithmetic.precision():
            nu = certified.prove(point, data, arithmetic.convert(root.value), arithmetic).value
            values = certified.outputs(point, data, nu, arithmetic)
            found = _components(ready, point, data, values, arithmetic, working)
            short = digits - min(arithmetic.digits_of(value) for value in found.values())
        if short <= 0:
            return {name: Ball(value, digits) for name, value in found.items()}
        working += int(short) + 4
    raise PrecisionError(f"balls of {digits} digits were not reached", "ask for fewer digits")


def _positive(levels: Any) -> bool:
    return all(float(value) > 0 for value in levels.eigenvalues.tolist())


def _components(
    ready: Prepared, point: Point, data: Any, outputs: Mapping[str, Any], arithmetic: Any, digits: int
) -> dict[str, Any]:
    """Every component of the Gaussian term at one point."""
    theory = ready.theory
    sizes = {name: arithmetic.convert(value) for name, value in point.sizes.items()}
    ridge = arithmetic.convert(point.ridge * (point.sizes[theory.samples] if point.per_sample else 1))
    coordinates = {name: arithmetic.convert(value) for name, value in point.coordinates.items()}
    given = {**outputs, **coordinates, **data.scalars, **sizes, theory.ridge: ridge}
    given |= theory.unknowns_from(given, arithmetic)
    at, _ = ready.solved(given, data, arithmetic, arithmetic.convert(Fraction(1, 10 ** (4 * digits))))
    factors = ready.factors({**given, **{name: v.item() for name, v in at.values.items()}}, arithmetic)
    potential = respond(ready.lowered, at).potential()
    return {name: value.item() for name, value in components(ready, factors, potential).items()}
