"""One-sided limits of vanishing ridge at many points, where ridge zero is a singular point of a chart.

The balances are those of :mod:`asymptotics.prediction.limits`; programs run on arrays of leading orders.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.lowering.leading_orders import UNIT, LeadingArray, LeadingFloat64
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.prediction.spectra import SpectralData

_ARITHMETIC = LeadingFloat64()


def vanishing_ridge(
    chart_problem: ScalarProblem, inputs: dict[str, np.ndarray], size: np.ndarray, root: np.ndarray,
    data: SpectralData, scalars: dict[str, Any],
) -> dict[str, LeadingArray]:  # fmt: skip
    """Leading order, in the ridge of the chart, of every output.

    Parameters
    ----------
    chart_problem : ScalarProblem
    inputs : dict
        Coordinates of the chart at the points (the ridge is ignored).
    size : ndarray
        The smaller size.
    root : ndarray
        Where the rank exceeds the size: the root of ``T(nu) = size``.
    data : SpectralData
    scalars : dict
        Inputs that describe the spectrum, and the noise.
    """
    ridge = LeadingArray(np.ones(size.shape), float(UNIT))
    given: dict[str, Any] = {name: LeadingArray(value) for name, value in inputs.items()} | scalars
    given |= {name: ridge for name in ("lam", "lam_n") if name in inputs}

    def run(nu: LeadingArray) -> dict[str, Any]:
        return chart_problem.observables({**given, chart_problem.master: nu}, _ARITHMETIC, data.spectrum)

    with np.errstate(all="ignore"):
        trace = LeadingArray(run(LeadingArray(np.ones(size.shape), float(UNIT)))["T11"].coefficient)
        nu = _effective_ridge(inputs, size, root, data.rank, trace.coefficient)
        found = run(nu)
    return {name: v if isinstance(v, LeadingArray) else LeadingArray(v) for name, v in found.items()}


def _effective_ridge(
    inputs: dict[str, np.ndarray], size: np.ndarray, root: np.ndarray, rank: float, inverse_trace: np.ndarray
) -> LeadingArray:
    """Leading order of the effective ridge; ``inverse_trace`` is that of the spectrum."""
    if not inputs.keys() & {"lam", "lam_n"}:
        return LeadingArray(np.where(rank > size, root, 1.0), np.where(rank > size, 0.0, float(UNIT)))
    gap = inputs.get("gap", np.ones(size.shape))
    inverse = inputs.get("inv_p", inputs.get("inv_n", np.zeros(size.shape)) if "gap" in inputs else 0.0)
    per_sample = "lam_n" in inputs
    slack = size - rank
    share = np.where(np.isinf(size), 1.0, (size if per_sample else 1.0) / slack)
    deficient = share / (np.where(np.isinf(size), 0.0, inverse * slack) + gap)
    unit = size if per_sample else np.ones(size.shape)
    edge = np.sqrt(unit / (gap * inverse_trace))
    corner = np.cbrt(unit / (inverse * inverse_trace**2))
    coefficient = np.where(rank < size, deficient, np.where(gap > 0, edge, corner))
    exponent = np.where(rank < size, UNIT, np.where(gap > 0, UNIT // 2, UNIT // 3)).astype(float)
    infinite = np.isinf(size)
    coefficient = np.where(infinite, 1.0, np.where(rank > size, root, coefficient))
    exponent = np.where(infinite, float(UNIT), np.where(rank > size, 0.0, exponent))
    return LeadingArray(coefficient, exponent)
