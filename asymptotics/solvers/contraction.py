r"""Proof that a system of several unknowns has exactly one solution in a box: Krawczyk's test in ball arithmetic.

Unknowns are ``m exp(z)``, with m close to the solution; with H the differences of both sides of the equations, J their
slopes in z and Y an approximate inverse of J(0), the box ``-Y H(0) + (I - Y J(Z)) Z`` contains every zero of H in Z; if
it lies in the interior of Z there is exactly one. Nothing is assumed about the system, and nothing is said about zeros
outside the box: see :mod:`asymptotics.solvers.path_proof` for the branch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Balls, solve_linear
from asymptotics.lowering.germs import Germs
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import Sides, SystemProblem

Linear = tuple[list[Any], list[list[Any]]]

_INFLATIONS = 14
_WIDER = 3
_WIDEST = 1


@dataclass(frozen=True)
class Box:
    """A box with exactly one solution.

    Attributes
    ----------
    box : list of ball
        Unknowns, in order.
    inner : list of ball
        A part of the box that contains the solution.
    offsets : list of ball
        The box in the logarithm, relative to its centre.
    """

    box: list[Any]
    inner: list[Any]
    offsets: list[Any]


def prove_box(
    problem: SystemProblem, inputs: Any, spectrum: Spectrum | None, middle: Sequence[Any], arithmetic: Balls
) -> Box:
    """Enclose the solution close to approximate unknowns, and prove that it is there; the precision must be in force.

    Parameters
    ----------
    problem : SystemProblem
        The lowered system.
    inputs : mapping
        By name, as balls.
    spectrum : Spectrum, optional
        Levels as balls.
    middle : sequence of Any
        Approximate unknowns.
    arithmetic : Balls
        Balls of a precision.

    Raises
    ------
    PrecisionError
        If the test fails.
    """

    def at(unknowns: Sequence[Any]) -> Linear:
        values = {**inputs, **dict(zip(problem.unknowns, unknowns, strict=True))}
        return differences(problem.linearize(values, arithmetic, spectrum), len(unknowns), arithmetic)

    def over(offsets: list[Any]) -> Linear:
        return [], at(moved(middle, offsets, arithmetic))[1]

    offsets, image = contracted(at(middle), over, arithmetic)
    return Box(moved(middle, offsets, arithmetic), moved(middle, image, arithmetic), offsets)


def moved(middle: Sequence[Any], offsets: Sequence[Any], arithmetic: Balls) -> list[Any]:
    """Unknowns at offsets in the logarithm from a centre.

    Parameters
    ----------
    middle : sequence of Any
        Unknowns.
    offsets : sequence of Any
        In the logarithm.
    arithmetic : Balls
        Balls of a precision.
    """
    return [m * arithmetic.exp(z) for m, z in zip(middle, offsets, strict=True)]


def differences(sides: Sides, size: int, arithmetic: Balls) -> Linear:
    """Differences of both sides of the equations, and their slopes in the logarithms of the unknowns.

    Parameters
    ----------
    sides : Sides
        Of the equations, with slopes.
    size : int
        Number of unknowns.
    arithmetic : Balls
        Balls of a precision.
    """
    zero = arithmetic.convert(0)
    values = [above - below for above, below in zip(sides.positive, sides.negative, strict=True)]
    rows = [[difference(pair, zero) for pair in row[:size]] for row in sides.slopes]
    return values, rows


def aligned(sides: Sides, size: int, germs: Germs) -> Linear:
    """Differences and slopes of equations in germs, every equation over its leading power.

    Parameters
    ----------
    sides : Sides
        Of the equations, in germs.
    size : int
        Number of unknowns.
    germs : Germs
        Their arithmetic.

    Raises
    ------
    ZeroDivisionError
        If a slope is not known to be of the order of its side.
    """
    values, rows = [], []
    zero = germs.balls.convert(0)
    for above, below, slopes in zip(sides.positive, sides.negative, sides.slopes, strict=True):
        low = min(above.order, below.order)
        values.append(germs.at(above, low) - germs.at(below, low))
        pairs = [tuple(None if g is None else germs.at(g, low) for g in pair) for pair in slopes[:size]]
        rows.append([difference((first, second), zero) for first, second in pairs])
    return values, rows


def difference(pair: tuple[Any, Any], zero: Any) -> Any:
    """Difference of two slopes, either of which may be missing.

    Parameters
    ----------
    pair : tuple[Any, Any]
        Slopes of both sides.
    zero : number
        In the arithmetic.
    """
    above, below = pair
    if below is None:
        return zero if above is None else above
    return -below if above is None else above - below


def contracted(
    centre: Linear, over: Callable[[list[Any]], Linear], arithmetic: Balls
) -> tuple[list[Any], list[Any]]:
    """A box around zero that Krawczyk's map contracts, and its image.

    Parameters
    ----------
    centre : pair
        Values and slopes at zero.
    over : callable
        From a box to what has to be added to the values (empty: nothing), and the slopes on it.
    arithmetic : Balls
        Its precision must be in force.

    Raises
    ------
    PrecisionError
        If no box is found.
    """
    values, jacobian = centre
    size = len(values)
    unit = [[arithmetic.convert(int(i == k)) for k in range(size)] for i in range(size)]
    about = [[arithmetic.middle(v) for v in row] for row in jacobian]
    try:
        inverse = [[arithmetic.middle(v) for v in row] for row in solve_linear(about, unit)]
    except ZeroDivisionError as error:
        raise PrecisionError("the Jacobian is not certainly invertible", "give a better guess") from error
    shift = [dot(row, values) for row in inverse]
    least = arithmetic.convert(2) ** (6 - arithmetic.bits)
    radii = [abs(s) * 2 + least for s in shift]
    for _ in range(_INFLATIONS):
        offsets = [arithmetic.widened(arithmetic.convert(0), r) for r in radii]
        extra, slopes = over(offsets)
        image = []
        for i in range(size):
            rest = [unit[i][k] - dot(inverse[i], [row[k] for row in slopes]) for k in range(size)]
            moved_by = shift[i] + dot(inverse[i], extra) if extra else shift[i]
            image.append(dot(rest, offsets) - moved_by)
        if not all(value.is_finite() for value in image):
            break
        if all(arithmetic.strictly_inside(k, b) for k, b in zip(image, offsets, strict=True)):
            return offsets, image
        radii = [abs(k).upper() * _WIDER / 2 + least for k in image]
        if not all(r < _WIDEST for r in radii):
            break
    raise PrecisionError(
        "Krawczyk's test fails around the guess", "give a better guess, or narrow the parameters"
    )


def dot(first: Sequence[Any], second: Sequence[Any]) -> Any:
    """Sum of products.

    Parameters
    ----------
    first : sequence of Any
        Numbers.
    second : sequence of Any
        As many.
    """
    total = first[0] * second[0]
    for a, b in zip(first[1:], second[1:], strict=True):
        total = total + a * b
    return total
