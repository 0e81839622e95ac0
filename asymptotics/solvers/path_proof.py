r"""Proof that a solution is the one that continues from infinite ridge.

For every ridge above some value there is exactly one solution close to the leading orders: Krawczyk's test on germs,
one box for the whole end of the half line. From there to the ridge that is given runs a chain of boxes, each over an
interval of ridges and with exactly one solution for each of them; at every junction one solution lies in both boxes.
So the solution is a continuous function of the ridge without a fold, all the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball, Balls, solve_linear
from asymptotics.lowering.germs import Germs
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.branch import starting_offsets
from asymptotics.solvers.contraction import Box, aligned, contracted, difference, differences, dot, prove_box
from asymptotics.solvers.points import PrecisePoint

_FIRST, _SHORTEST, _MOST_BOXES = 0.25, 1e-6, 2500
_BEYOND = 20.0
_NEWTON = 8


@dataclass(frozen=True)
class PathProof:
    """What was proved about the branch of a solution.

    Attributes
    ----------
    boxes : int
        Links of the chain.
    offset : float
        Logarithm of the ridge from which the leading orders hold, over the ridge given.
    factor : float
        For all larger ridges exactly one solution has its unknowns within this factor of the leading orders.
    """

    boxes: int
    offset: float
    factor: float

    def __str__(self) -> str:
        return (
            f"branch proved: for ridges above exp({self.offset:.3g}) times the one given exactly one solution is "
            f"within a factor {self.factor:.3g} of the leading orders at infinity, and {self.boxes} overlapping "
            "boxes, each with one solution for every ridge in it, lead from there to the solution"
        )


class _Chain:
    """A solution followed outwards, in balls at the precision in force."""

    def __init__(
        self, problem: SystemProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None, arithmetic: Balls
    ):
        self.problem, self.inputs, self.spectrum, self.arithmetic = problem, inputs, spectrum, arithmetic
        self.size = len(problem.unknowns)

    def values(self, shift: Any, unknowns: Sequence[Any]) -> dict[str, Any]:
        """Inputs with shifted ridges, and unknowns."""
        factor = self.arithmetic.exp(shift)
        ridges = {name: self.inputs[name] * factor for name in self.problem.ridge}
        return {**self.inputs, **ridges, **dict(zip(self.problem.unknowns, unknowns, strict=True))}

    def linear(self, shift: Any, unknowns: Sequence[Any]) -> tuple[list[Any], list[list[Any]], list[Any]]:
        """Differences, slopes in the unknowns, and slope in the shift."""
        sides = self.problem.linearize(self.values(shift, unknowns), self.arithmetic, self.spectrum)
        values, rows = differences(sides, self.size, self.arithmetic)
        zero = self.arithmetic.convert(0)
        moving = [sum((difference(pair, zero) for pair in row[self.size :]), zero) for row in sides.slopes]
        return values, rows, moving

    def centred(self, shift: Any, unknowns: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Approximate unknowns at a shift, and their velocities in the logarithm."""
        middle = self.arithmetic.middle
        velocity: list[Any] = []
        for _ in range(_NEWTON):
            values, rows, moving = self.linear(shift, unknowns)
            about = [[middle(v) for v in row] for row in rows]
            try:
                steps = solve_linear(
                    about, [[-middle(a), -middle(b)] for a, b in zip(values, moving, strict=True)]
                )
            except ZeroDivisionError as error:
                raise PrecisionError("the Jacobian is singular on the path") from error
            unknowns = [
                middle(m * self.arithmetic.exp(middle(s[0]))) for m, s in zip(unknowns, steps, strict=True)
            ]
            velocity = [middle(s[1]) for s in steps]
            if max(abs(float(middle(s[0]))) for s in steps) < 1e-9:
                break
        return list(unknowns), velocity

    def junction(self, shift: Any, unknowns: Sequence[Any]) -> Box:
        """The solution at one shift, enclosed."""
        values = self.values(shift, unknowns)
        inputs = {name: values[name] for name in self.inputs}
        return prove_box(self.problem, inputs, self.spectrum, unknowns, self.arithmetic)

    def link(self, begin: Any, end: Any, near: Box) -> Box:
        """A box over an interval of shifts that holds the solutions at both ends, and the one at the far end."""
        convert, exp = self.arithmetic.convert, self.arithmetic.exp
        half = (end - begin) / 2
        start = [self.arithmetic.middle(u) for u in near.inner]
        _, velocity = self.centred(begin, start)
        guess = [u * exp(v * half) for u, v in zip(start, velocity, strict=True)]
        centre, velocity = self.centred(begin + half, guess)
        across = self.arithmetic.widened(convert(0), half)

        def over(offsets: list[Any]) -> tuple[list[Any], list[list[Any]]]:
            unknowns = [m * exp(v * across + z) for m, v, z in zip(centre, velocity, offsets, strict=True)]
            _, rows, moving = self.linear(begin + half + across, unknowns)
            return [(m + dot(row, velocity)) * across for m, row in zip(moving, rows, strict=True)], rows

        values, rows, _ = self.linear(begin + half, centre)
        offsets, _ = contracted((values, rows), over, self.arithmetic)
        self._admissible(
            begin + half + across,
            [m * exp(v * across + z) for m, v, z in zip(centre, velocity, offsets, strict=True)],
        )
        ends = [u * exp(v * half) for u, v in zip(centre, velocity, strict=True)]
        far, _ = self.centred(end, ends)
        there = self.junction(end, far)
        for box, sign in ((near, -half), (there, half)):
            for z, u, m, v in zip(offsets, box.inner, centre, velocity, strict=True):
                if not self.arithmetic.strictly_inside(self.arithmetic.log(u / m) - v * sign, z):
                    raise PrecisionError("two boxes of the chain do not overlap")
        return there

    def _admissible(self, shift: Any, unknowns: Sequence[Any]) -> None:
        out = self.problem.conditions(self.values(shift, unknowns), self.arithmetic, self.spectrum)
        for name, value in out.items():
            if not value > 0:
                raise PrecisionError(f"{name} is not certain on the path")

    def closes(self, shift: Any, last: Box) -> float | None:
        """Whether the leading orders hold from a shift on, with the solution there among them: within which factor."""
        arithmetic, problem = self.arithmetic, self.problem
        germs = Germs(arithmetic, arithmetic.exp(-shift))
        orders = dict(zip(problem.unknowns, problem.exponents, strict=True))
        base = self._leading()
        given = {name: germs.of(value) for name, value in self.inputs.items()}
        given |= {name: germs.of(self.inputs[name], Fraction(-1)) for name in problem.ridge}
        spectrum = germs.spectrum(self.spectrum)

        def at(offsets: list[Any]) -> tuple[list[Any], list[list[Any]]]:
            values = dict(given)
            for name, z in zip(problem.unknowns, offsets, strict=True):
                values[name] = germs.of(base[name] * arithmetic.exp(z), -orders[name])
            sides = problem.linearize(values, germs, spectrum)
            return aligned(sides, self.size, germs)

        nothing = [arithmetic.convert(0)] * self.size
        try:
            offsets, _ = contracted(at(nothing), lambda z: ([], at(z)[1]), arithmetic)
        except (PrecisionError, ZeroDivisionError):
            return None
        for z, u, name in zip(offsets, last.inner, problem.unknowns, strict=True):
            leading = arithmetic.log(base[name]) + shift * arithmetic.convert(orders[name])
            if not arithmetic.strictly_inside(arithmetic.log(u) - leading, z):
                return None
        return float(np.exp(max(float(abs(z).upper()) for z in offsets)))

    def _leading(self) -> dict[str, Any]:
        """Leading orders at infinity, extended to the ridge that is given."""
        problem, arithmetic = self.problem, self.arithmetic
        out = problem.start(self.inputs, arithmetic, self.spectrum)
        ridge = arithmetic.log(self.inputs[problem.ridge[0]])
        exponents = zip(problem.unknowns, problem.exponents, strict=True)
        return {name: out[name] * arithmetic.exp(ridge * arithmetic.convert(e)) for name, e in exponents}


def certify_path(
    problem: SystemProblem,
    inputs: Mapping[str, Any],
    spectrum: Spectrum | None,
    solution: Box,
    arithmetic: Balls,
) -> PathProof:
    """Prove that a proved solution is the one that continues from infinite ridge.

    Parameters
    ----------
    problem : SystemProblem
        With a start.
    inputs : mapping name -> ball
    spectrum : Spectrum or None
        Of balls.
    solution : Box
        From :func:`asymptotics.solvers.contraction.prove_box`.
    arithmetic : Balls
        Its precision must be in force.

    Raises
    ------
    InputError
        If the problem has no start.
    PrecisionError
        If the chain breaks: the precision is too low, or the solution belongs to another branch.
    """
    if not problem.exponents:
        raise InputError("start", None, "leading orders at infinite ridge", "give start= to system_problem")
    chain = _Chain(problem, inputs, spectrum, arithmetic)
    at, width, here, boxes = arithmetic.convert(0), _FIRST, solution, 0
    longest = _reach(problem, inputs, spectrum) + _BEYOND
    while boxes < _MOST_BOXES and at < longest:
        factor = chain.closes(at, here)
        if factor is not None:
            return PathProof(boxes, float(at), factor)
        end = arithmetic.middle(at + arithmetic.convert(width))
        try:
            here = chain.link(at, end, here)
            at, boxes, width = end, boxes + 1, width * 1.5
        except PrecisionError:
            width /= 3
            if width < _SHORTEST:
                raise
    raise PrecisionError(
        "the leading orders at infinite ridge could not be confirmed",
        "write equations whose leading terms do not cancel",
    )


def _reach(problem: SystemProblem, inputs: Mapping[str, Any], spectrum: Spectrum | None) -> float:
    """About where the leading orders hold, in floating point."""
    short = Multiprecision(20)

    def number(value: Any) -> Any:
        return short.convert(Ball(value, 20).mid)

    levels = None
    if spectrum is not None:
        rows = {name: short.array([number(v) for v in row]) for name, row in spectrum.weights.items()}
        tails = {name: number(value) for name, value in spectrum.tails.items()}
        levels = Spectrum(
            spectrum.each_letter(lambda row: short.array([number(v) for v in row])), rows, tails
        )
    point = PrecisePoint(problem, {name: number(value) for name, value in inputs.items()}, levels, short)
    return float(starting_offsets(point, point.start())[0][0])
