r"""One-sided limits of vanishing ridge where ridge zero is a singular point of the chart.

That is at the interpolation threshold ``n = p`` and where the smaller size reaches the rank of the spectrum. With
``m`` the smaller size, ``T`` the trace of S(S+nu)^{-1}, the equations are ``c eta nu = ridge * r``, ``c = m - T``,
``eta = c/large + gap``. As the ridge vanishes there are three balances:

* rank > m: T(nu) = m at a positive nu, and ``c -> 0`` (singular only for gap = 0);
* rank < m: ``c -> m - rank``, and nu vanishes like the ridge;
* rank = m: ``c`` and nu vanish together, ``c = nu * R`` with ``R`` the trace of the inverse spectrum, nu like the
  square root of the ridge (gap > 0) or its cube root (gap = 0).

The programs of the chart then run on leading orders.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from asymptotics.lowering.leading import UNIT, Leading, LeadingOrder
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.prediction.measures import Numbers
from asymptotics.prediction.points import Point


def threshold_point(point: Point) -> Point:
    """A regular point with the effective ridge of a threshold point: no ridge and gap one."""
    return replace(point, coordinates={**point.coordinates, "gap": Fraction(1)})


def leading_orders(
    chart_problem: ScalarProblem, point: Point, rank: int | float, data: Numbers, root: Any, arithmetic: Any
) -> dict[str, Leading]:
    """Leading order, in the ridge of the chart, of every output as the ridge vanishes.

    Parameters
    ----------
    chart_problem : ScalarProblem
    point : Point
        Of ridge zero.
    rank : int or float
        Rank of the spectrum.
    data : Numbers
    root : number or None
        For ``rank > size``: the root of ``T(nu) = size``.
    arithmetic : Arithmetic
        Of ``data`` and ``root``.
    """
    order = LeadingOrder(arithmetic)
    ridge = Leading(arithmetic.convert(1), UNIT)
    if root is not None:
        nu = Leading(root)
    else:
        nu = effective_ridge(point, rank, data, arithmetic)
    name = "lam" if point.chart == "wide" else "lam_n"
    given = {key: order.convert(value) for key, value in point.coordinates.items()} | {name: ridge}
    given |= {key: Leading(value) for key, value in data.scalars.items()} | {chart_problem.master: nu}
    return chart_problem.observables(given, order, _lifted(data.spectrum, order))


def _lifted(spectrum: Spectrum | None, order: LeadingOrder) -> Spectrum | None:
    if spectrum is None:
        return None

    def lift(values: Any) -> Any:
        return order.array([Leading(value) for value in values])

    weights = {name: lift(value) for name, value in spectrum.weights.items()}
    tails = {name: Leading(value) for name, value in spectrum.tails.items()}
    return Spectrum(lift(spectrum.eigenvalues), weights, tails)


def effective_ridge(point: Point, rank: int | float, data: Numbers, arithmetic: Any) -> Leading:
    """Leading order, in the chart's ridge, of the effective ridge where it vanishes with the ridge."""
    inverse = point.coordinates.get("inv_p", point.coordinates.get("inv_n"))
    assert inverse is not None
    if point.chart == "samples":
        gap, unit, inverse = Fraction(1), point.size, Fraction(0)
    else:
        gap = point.coordinates["gap"]
        unit = Fraction(1) if point.chart == "wide" else point.size
    if point.size == math.inf:
        return Leading(arithmetic.convert(1), UNIT)
    if rank < point.size:
        slack = Fraction(point.size) - int(rank)
        return Leading(arithmetic.convert(unit / (slack * (inverse * slack + gap))), UNIT)
    trace = _inverse_trace(data, arithmetic)
    if gap > 0:
        return Leading(arithmetic.sqrt(arithmetic.convert(unit / gap) / trace), UNIT // 2)
    return Leading(arithmetic.root(arithmetic.convert(unit / inverse) / (trace * trace), 3), UNIT // 3)


def _inverse_trace(data: Numbers, arithmetic: Any) -> Any:
    """Trace of the inverse of the spectrum, over its nonzero eigenvalues."""
    if data.spectrum is None:
        return arithmetic.convert(1) / data.scalars["mu1sq"]
    pairs = zip(data.spectrum.eigenvalues, data.spectrum.weights["T"], strict=True)
    return sum((weight / s for s, weight in pairs if s != 0), arithmetic.convert(0))


def limits(orders: dict[str, Leading], infinity: Any, zero: Any) -> tuple[dict[str, Any], bool]:
    """Limits of leading orders, and whether the test error diverges."""
    values = {name: order.limit(infinity, zero) for name, order in orders.items()}
    return values, orders["test"].exponent < 0
