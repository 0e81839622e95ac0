"""What tangent features leave of the trace of a quadratic target: the recorded formula, in numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.components import TEST
from asymptotics.models.coordinates import FEATURES
from asymptotics.models.lazy_trace_equations import ALONG, COST_ALONG, LEFT
from asymptotics.models.library import stored_system

_GIVEN = tuple(s.name for s in (LEFT, FEATURES, ALONG, COST_ALONG))


def trace_left(left: Any, rho: Any, along: float, cost: float) -> np.ndarray:
    """Share of the trace that tangent features leave.

    Parameters
    ----------
    left : array
        What linear random features of their strength and cost across the neurons leave of a target.
    rho : array
        Neurons per dimension.
    along, cost : float
        Squared strength of degree two along the direction of a neuron, and the power above; strength zero learns
        nothing.

    Examples
    --------
    >>> trace_left(np.array([0.5]), np.array([0.5]), 2.0, 0.0)
    array([0.5])
    """
    if along == 0:
        return np.ones(np.shape(left))
    given = dict(zip(_GIVEN, (left, rho, along, cost), strict=True))
    return np.asarray(_formula()(given, Float64())[TEST.name])


@cache
def _formula() -> Program:
    return lower({TEST.name: stored_system("lazy-trace").observable(TEST.name)}, _GIVEN)
