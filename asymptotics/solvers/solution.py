"""What a solve returns: values, and for every point what happened and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.printing import Printed


class Status(IntEnum):
    """Outcome at one point.

    ``SOLVED``, ``LIMIT`` and ``SLOW_LIMIT`` carry right values; ``DIVERGES`` carries infinities that are the
    right answer. ``UNTRUSTED`` solves equations that are known to describe an experiment badly there.
    ``NOT_CONVERGED``, ``OUT_OF_RANGE`` and ``BELOW_EDGE`` carry no values.

    Attributes
    ----------
    has_values : bool
        Whether there are values at all.
    advice : str
        What the status means and what to do.

    References
    ----------
    docs/theory/solver.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    >>> risk = asy.predict(model, asy.Proportional([1.0, 2.0], 2), ridge=0)
    >>> [Status(status).name for status in risk.status], Status.DIVERGES.has_values
    (['LIMIT', 'DIVERGES'], True)
    """

    SOLVED = 0
    LIMIT = 1
    DIVERGES = 2
    ILL_CONDITIONED = 3
    NOT_CONVERGED = 4
    SLOW_LIMIT = 5
    OUT_OF_RANGE = 6
    UNTRUSTED = 7
    BELOW_EDGE = 8

    @property
    def has_values(self) -> bool:
        """Whether there are values at all."""
        return self not in WITHOUT_VALUES

    @property
    def advice(self) -> str:
        """What the status means and what to do."""
        return _ADVICE[self]

    def __str__(self) -> str:
        return self.name.lower()


class Statuses(np.ndarray[Any, np.dtype[np.int8]]):
    """Statuses of a grid: integers that print as words.

    Examples
    --------
    >>> found = Statuses([0, 1])
    >>> found, found[1], found == Status.LIMIT
    (Statuses(['solved', 'limit']), <Status.LIMIT: 1>, array([False,  True]))
    """

    def __new__(cls, values: Any) -> Statuses:
        """An array of any shape."""
        return np.asarray(values, dtype=np.int8).view(cls)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Status(int(found)) if isinstance(found, np.int8) else found

    def __str__(self) -> str:
        return str(self.words) if self.ndim else str(self.words[()])

    def __repr__(self) -> str:
        return f"Statuses({np.array2string(self.words, separator=', ')})"

    @property
    def words(self) -> NDArray[np.str_]:
        """The statuses in words."""
        flat = [str(Status(int(value))) for value in np.asarray(self).ravel()]
        return np.array(flat, dtype=np.str_).reshape(self.shape)


_ADVICE = {
    Status.SOLVED: "solved on the physical branch",
    Status.LIMIT: "the limit of vanishing ridge, reached from positive ridge",
    Status.DIVERGES: "the risk diverges here: ridge 0 where n equals p or the rank of the spectrum",
    Status.ILL_CONDITIONED: "digits are lost to the conditioning of the problem; ask for digits=",
    Status.OUT_OF_RANGE: "the numbers leave the range of double precision here, or degrees decide that are not "
    "resolved; ask for digits=, or take a ridge",
    Status.BELOW_EDGE: "no solution continues from ridge zero to so negative a ridge; optimal_ridge(negative=True)"
    " scans those that have one",
    Status.SLOW_LIMIT: "close to a critical line: the limit is approached slowly; use FiniteSize at your dimension",
    Status.UNTRUSTED: "no formula is trusted at these sizes: simulate beside it, or take other sizes",
    Status.NOT_CONVERGED: "the root finder did not converge; ask for digits= or report the point",
}


ANSWERED = (Status.SOLVED, Status.LIMIT)
"""Statuses of values of which nothing is to be said."""

WITHOUT_VALUES = (Status.NOT_CONVERGED, Status.OUT_OF_RANGE, Status.BELOW_EDGE)
"""Outcomes without values: they are NaN."""


class Grade(StrEnum):
    """How far an answer can be relied on."""

    COMPUTED = "computed"
    MEASURED = "measured"
    PROVED = "proved"


@dataclass(frozen=True)
class RootEvidence:
    """What is known about an answer.

    Attributes
    ----------
    grade : Grade
        ``COMPUTED``: rounding is not controlled, the condition number says what it may cost. ``MEASURED``: the loss of
        digits was measured and made up for. ``PROVED``: balls that contain the solution.
    statement : tuple of str
        What was checked, measured or proved, in sentences.
    """

    grade: Grade = Grade.COMPUTED
    statement: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.grade}: {'; '.join(self.statement)}" if self.statement else str(self.grade)


@dataclass(frozen=True, repr=False)
class Root(Printed):
    """Solution of a system, at one point or at many.

    Attributes
    ----------
    value : number or ndarray
        The unknown of a scalar problem, (points,); the unknowns of a system in order, (unknowns, points).
    status : Status or ndarray of int
        :class:`Status` at each point.
    condition : float or ndarray
        Relative change of the root per relative change of one side of the equations.
    iterations : int
        Evaluations of the equations.
    unknowns, observables : mapping name -> number or ndarray
        Empty where they were not asked for.
    evidence : RootEvidence
    box : mapping name -> Ball
        Where the solution was proved to be the only one.
    """

    value: Any
    status: Any
    condition: Any
    iterations: int = 0
    unknowns: Mapping[str, Any] = field(default_factory=dict)
    observables: Mapping[str, Any] = field(default_factory=dict)
    evidence: RootEvidence = field(default_factory=RootEvidence)
    box: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = [
            f"{name:>16} = {_shown(value)}" for name, value in {**self.unknowns, **self.observables}.items()
        ]
        return "\n".join([*rows, f"{'evidence':>16} = {self.evidence}"])


def _shown(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
