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

from asymptotics.lowering.leading_orders import UNIT, Leading, LeadingOrder
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.scalar import ScalarProblem
from asymptotics.prediction.measures import Numbers
from asymptotics.prediction.points import Point


def threshold_point(point: Point) -> Point:
    """A regular point with the effective ridge of a threshold point: no ridge and gap one."""
    return replace(point, coordinates={**point.coordinates, "gap": Fraction(1)})


def leading_orders(
    chart_problem: ScalarProblem,
    point: Point,
    rank: int | float | Fraction,
    data: Numbers,
    root: Any,
    arithmetic: Any,
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
    given = {key: order.convert(value) for key, value in point.coordinates.items()}
    given |= {name: ridge for name in ("lam", "lam_n") if name in given}
    given |= {key: Leading(value) for key, value in data.scalars.items()}
    spectrum = _lifted(data.spectrum, order)

    def run(nu: Leading) -> dict[str, Leading]:
        return chart_problem.observables({**given, chart_problem.master: nu}, order, spectrum)

    if root is not None:
        return run(Leading(root))
    # All levels are learned: the slope of the trace at nu = 0 is the trace of the inverse spectrum.
    slope = run(Leading(arithmetic.convert(1), UNIT))["T11"].coefficient
    return run(effective_ridge(point, rank, slope, arithmetic))


def _lifted(spectrum: Spectrum | None, order: LeadingOrder) -> Spectrum | None:
    if spectrum is None:
        return None

    def lift(values: Any) -> Any:
        return order.array([Leading(value) for value in values])

    weights = {name: lift(value) for name, value in spectrum.weights.items()}
    tails = {name: Leading(value) for name, value in spectrum.tails.items()}
    return Spectrum(lift(spectrum.eigenvalues), weights, tails)


def effective_ridge(point: Point, rank: Any, inverse_trace: Any, arithmetic: Any) -> Leading:
    """Leading order, in the chart's ridge, of the effective ridge where it vanishes with the ridge.

    Parameters
    ----------
    point : Point
    rank : int, Fraction or float
        At most the smaller size.
    inverse_trace : number
        Trace of the inverse of the spectrum.
    arithmetic : Arithmetic
        Of the result.
    """
    if point.size == math.inf or point.chart == "feature_limited":
        return Leading(arithmetic.convert(1), UNIT)
    gap, inverse = Fraction(1), Fraction(0)
    if point.chart in ("wide", "tall"):
        gap, inverse = (
            point.coordinates["gap"],
            point.coordinates["inv_p" if point.chart == "wide" else "inv_n"],
        )
    unit = point.size if "lam_n" in point.coordinates else Fraction(1)
    if rank < point.size:
        slack = Fraction(point.size) - Fraction(rank)
        return Leading(arithmetic.convert(unit / (slack * (inverse * slack + gap))), UNIT)
    if gap > 0:
        return Leading(arithmetic.sqrt(arithmetic.convert(unit / gap) / inverse_trace), UNIT // 2)
    corner = arithmetic.convert(unit / inverse) / (inverse_trace * inverse_trace)
    return Leading(arithmetic.root(corner, 3), UNIT // 3)


def inverse_trace(data: Numbers, arithmetic: Any) -> Any:
    """Trace of the inverse of the spectrum, over its nonzero eigenvalues."""
    if data.spectrum is None:
        return arithmetic.convert(1) / data.scalars["mu1sq"]
    pairs = zip(data.spectrum.eigenvalues, data.spectrum.weights["T"], strict=True)
    return sum((weight / s for s, weight in pairs if s != 0), arithmetic.convert(0))


def limits(orders: dict[str, Leading], infinity: Any, zero: Any) -> tuple[dict[str, Any], bool]:
    """Limits of leading orders, and whether the test error diverges."""
    values = {name: order.limit(infinity, zero) for name, order in orders.items()}
    return values, orders["test"].exponent < 0
