"""What a solve returns: values, and for every point what happened and what to try."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Status(IntEnum):
    """Outcome at one point.

    ``SOLVED``, ``LIMIT`` and ``SLOW_LIMIT`` carry right values; ``DIVERGES`` carries infinities that are the
    right answer.
    """

    SOLVED = 0
    LIMIT = 1
    DIVERGES = 2
    ILL_CONDITIONED = 3
    NOT_CONVERGED = 4
    SLOW_LIMIT = 5
    OUT_OF_RANGE = 6

    @property
    def advice(self) -> str:
        """What the status means and what to do."""
        return _ADVICE[self]


_ADVICE = {
    Status.SOLVED: "solved on the physical branch",
    Status.LIMIT: "the limit of vanishing ridge, reached from positive ridge",
    Status.DIVERGES: "the risk diverges here: ridge 0 where n equals p or the rank of the spectrum",
    Status.ILL_CONDITIONED: "digits are lost to the conditioning of the problem; ask for digits=",
    Status.OUT_OF_RANGE: "the numbers leave the range of double precision here; ask for digits=",
    Status.SLOW_LIMIT: "close to a critical line: the limit is approached slowly; use FiniteSize at your dimension",
    Status.NOT_CONVERGED: "the root finder did not converge; ask for digits= or report the point",
}


@dataclass(frozen=True)
class Root:
    """Root of a decreasing function at many points.

    Attributes
    ----------
    value : ndarray
        The root.
    status : ndarray of int
        :class:`Status` at each point.
    condition : ndarray
        Relative change of the root per relative change of the right side.
    iterations : int
    """

    value: np.ndarray
    status: np.ndarray
    condition: np.ndarray
    iterations: int
