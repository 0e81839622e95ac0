"""Equations of a lowered system at points, as functions of the logarithms of unknowns and ridges.

In double precision for arrays of points; on mpmath numbers, in arrays of objects, for one point where doubles do not
reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from asymptotics.lowering.arithmetic import Float64, Multiprecision
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import SystemProblem

Linearized = tuple[np.ndarray, np.ndarray, np.ndarray]
"""``log(positive/negative)`` (unknowns, points), its slopes in the logarithms of the unknowns (unknowns, unknowns,
points), and in those of the ridges (unknowns, ridges, points)."""


class Track(Protocol):
    """What continuation asks about points."""

    @property
    def problem(self) -> SystemProblem:
        """The equations."""

    @property
    def count(self) -> int:
        """Number of points."""

    def take(self, chosen: Any) -> Track:
        """Some of the points."""

    def start(self) -> np.ndarray:
        """Logarithms of the leading orders at infinite ridge, extended to the ridge that is given."""

    def linearized(self, logs: np.ndarray, shifts: np.ndarray) -> Linearized:
        """At logarithms of the unknowns (unknowns, points), with shifts (ridges, points) of those of the ridges.

        Parameters
        ----------
        logs : ndarray
            Of the unknowns, shape (unknowns, points).
        shifts : ndarray
            Of the logarithms of the ridges, shape (ridges, points).
        """

    def admissible(self, logs: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Whether every condition of the domain holds.

        Parameters
        ----------
        logs : ndarray
            Of the unknowns, shape (unknowns, points).
        shifts : ndarray
            Of the logarithms of the ridges, shape (ridges, points).
        """


@dataclass(frozen=True)
class Points:
    """Points in double precision.

    Attributes
    ----------
    problem : SystemProblem
    inputs : mapping name -> float or ndarray, shape (points,)
        Every parameter; complex ridges are allowed.
    spectrum : Spectrum or None
        Its arrays may have points as their first axis.
    count : int
    """

    problem: SystemProblem
    inputs: Mapping[str, Any]
    spectrum: Spectrum | None
    count: int

    def take(self, chosen: Any) -> Points:
        """Some of the points, by an index array or a slice."""
        inputs = {name: v if np.ndim(v) == 0 else v[chosen] for name, v in self.inputs.items()}
        count = np.arange(self.count)[chosen].size
        return Points(
            self.problem, inputs, None if self.spectrum is None else self.spectrum.take(chosen), count
        )

    def start(self) -> np.ndarray:
        """Logarithms of the leading orders at infinite ridge."""
        problem, logs = self.problem, np.empty((len(self.problem.unknowns), self.count))
        out = problem.start(self.inputs, Float64(), self.spectrum)
        with np.errstate(all="ignore"):
            for row, (name, exponent) in enumerate(zip(problem.unknowns, problem.exponents, strict=True)):
                ridge = np.log(self.inputs[problem.ridge[0]])
                logs[row] = np.log(out[name]) + float(exponent) * ridge
        return logs

    def values(self, unknowns: np.ndarray, shifts: np.ndarray | None = None) -> dict[str, Any]:
        """Inputs, with ridges shifted in the logarithm, and unknowns by name."""
        values = {**self.inputs, **dict(zip(self.problem.unknowns, unknowns, strict=True))}
        if shifts is not None:
            for name, shift in zip(self.problem.ridge, shifts, strict=True):
                values[name] = self.inputs[name] * np.exp(shift)
        return values

    def linearized(self, logs: np.ndarray, shifts: np.ndarray) -> Linearized:
        """Residuals and slopes."""
        return self.at(self.values(np.exp(logs), shifts), logs.dtype)

    def at(self, values: Mapping[str, Any], kind: Any) -> Linearized:
        """Residuals and slopes at given values of all inputs and unknowns.

        Parameters
        ----------
        values : mapping of str to number
            Inputs and unknowns by name.
        kind : arithmetic
            Of the numbers.
        """
        sides = self.problem.linearize(values, Float64(), self.spectrum)
        size = len(self.problem.unknowns)
        slopes = np.zeros((size, size + len(self.problem.ridge), self.count), dtype=kind)
        residuals = np.empty((size, self.count), dtype=kind)
        for row in range(size):
            above, below = sides.positive[row], sides.negative[row]
            residuals[row] = np.log(above / below)
            for column, (first, second) in enumerate(sides.slopes[row]):
                if first is not None:
                    slopes[row, column] = first / above
                if second is not None:
                    slopes[row, column] -= second / below
        return residuals, slopes[:, :size], slopes[:, size:]

    def admissible(self, logs: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Whether every condition holds: signs are asked of real solutions only."""
        good = np.ones(self.count, dtype=bool)
        if not self.problem.conditions.outputs or np.iscomplexobj(logs):
            return good
        out = self.problem.conditions(self.values(np.exp(logs), shifts), Float64(), self.spectrum)
        for value in out.values():
            good &= np.greater(value, 0)
        return good


@dataclass(frozen=True)
class PrecisePoint:
    """One point on mpmath numbers.

    Attributes
    ----------
    problem : SystemProblem
    inputs : mapping name -> mpmath number
    spectrum : Spectrum or None
    arithmetic : Multiprecision
    """

    problem: SystemProblem
    inputs: Mapping[str, Any]
    spectrum: Spectrum | None
    arithmetic: Multiprecision
    count: int = 1

    def take(self, chosen: Any) -> PrecisePoint:
        """The point."""
        return self

    def start(self) -> np.ndarray:
        """Logarithms of the leading orders at infinite ridge."""
        problem, log = self.problem, self.arithmetic.context.log
        out = problem.start(self.inputs, self.arithmetic, self.spectrum)
        logs = np.empty((len(problem.unknowns), 1), dtype=object)
        for row, (name, exponent) in enumerate(zip(problem.unknowns, problem.exponents, strict=True)):
            ridge = log(self.inputs[problem.ridge[0]])
            logs[row, 0] = log(out[name]) + ridge * exponent.numerator / exponent.denominator
        return logs

    def values(self, logs: np.ndarray, shifts: np.ndarray) -> dict[str, Any]:
        """Inputs, with ridges shifted, and unknowns by name."""
        exp = self.arithmetic.context.exp
        values = {n: exp(y) for n, y in zip(self.problem.unknowns, logs[:, 0].tolist(), strict=True)}
        for name, shift in zip(self.problem.ridge, shifts[:, 0].tolist(), strict=True):
            values[name] = self.inputs[name] * exp(shift)
        return {**self.inputs, **values}

    def linearized(self, logs: np.ndarray, shifts: np.ndarray) -> Linearized:
        """Residuals and slopes."""
        return self.at(self.values(logs, shifts))

    def at(self, values: Mapping[str, Any]) -> Linearized:
        """Residuals and slopes at given values of all inputs and unknowns."""
        sides = self.problem.linearize(values, self.arithmetic, self.spectrum)
        size, zero = len(self.problem.unknowns), self.arithmetic.convert(0)
        slopes = np.full((size, size + len(self.problem.ridge), 1), zero, dtype=object)
        residuals = np.empty((size, 1), dtype=object)
        for row in range(size):
            above, below = sides.positive[row], sides.negative[row]
            residuals[row, 0] = self.arithmetic.context.log(above / below)
            for column, (first, second) in enumerate(sides.slopes[row]):
                up, down = (zero if x is None else x / y for x, y in ((first, above), (second, below)))
                slopes[row, column, 0] = up - down
        return residuals, slopes[:, :size], slopes[:, size:]

    def admissible(self, logs: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Whether every condition holds."""
        out = self.problem.conditions(self.values(logs, shifts), self.arithmetic, self.spectrum)
        return np.array([all(value > 0 for value in out.values())])
