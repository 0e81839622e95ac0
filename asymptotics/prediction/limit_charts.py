"""Charts of several unknowns where sizes are infinite: limits by dominant balance, derived once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import sympy as sp

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge
from asymptotics.transforms.limits.limit_systems import limits_of


@dataclass(frozen=True)
class LimitChart:
    """A chart of a limit, and what becomes of its components there.

    Attributes
    ----------
    chart : Chart
    powers : mapping component -> Fraction
        Power of the large quantity divided out: zero for a finite limit, positive for a component that diverges,
        negative for one that vanishes.
    """

    chart: Chart
    powers: Mapping[str, Fraction]


@cache
def at_infinite_sizes(chart: Chart, infinite: frozenset[str]) -> LimitChart:
    """A chart where some sizes are infinite, one after the other; the ridge per sample is kept where samples are.

    Parameters
    ----------
    chart : Chart
        Coordinates of the equations.
    infinite : frozenset[str]
        Names of sizes.

    Raises
    ------
    DerivationError
        If the limit does not exist, or is not the only one.
    """
    if _is_regular(chart, infinite):
        return LimitChart(chart, {})
    powers: dict[str, Fraction] = {o.name: Fraction(0) for o in chart.system.observables}
    for name in sorted(infinite):
        size = symbol(name)
        ridge = chart.vanishing if size == chart.samples else None
        growth = {size: 1} | ({} if ridge is None else {ridge: 1})
        chart, own = _unique(chart, growth, size)
        powers = {component: own.get(component, power) or power for component, power in powers.items()}
    return LimitChart(chart, powers)


def _is_regular(chart: Chart, infinite: frozenset[str]) -> bool:
    """Whether the coordinates of a chart are finite where these sizes are infinite: then it is its own limit."""
    try:
        chart.inputs(
            per_sample=chart.samples.name in infinite, infinite=[symbol(name) for name in sorted(infinite)]
        )
    except DerivationError:
        return False
    return True


def _unique(
    chart: Chart, growth: dict[sp.Symbol, int], size: sp.Symbol
) -> tuple[Chart, Mapping[str, Fraction]]:
    """The one limit that continues to an infinite ridge."""
    found, reasons = [], []
    for limit in limits_of(chart.system, growth):
        coordinates = {s: e for s, e in chart.coordinates.items() if s != size}
        if chart.vanishing in growth:
            coordinates[chart.vanishing] = RIDGE / chart.samples  # type: ignore[index]
        try:
            changed = replace(
                chart, system=limit.system, coordinates=coordinates, slack=_other(coordinates, size)
            )
            assert changed.vanishing is not None
            start = at_infinite_ridge(limit.system, (changed.vanishing.name,))
        except DerivationError as error:
            reasons.append(str(error))
            continue
        found.append((replace(changed, start=start), limit.observables))
    if len(found) != 1:
        reason = f"{len(found)} limits" if found else "no limit in which the ridge keeps its effect"
        advice = "measure features so that their kernel stays finite, or give a large size"
        shown = f" ({reasons[-1]})" if reasons and not found else ""
        raise DerivationError(f"{chart.system.name}: {reason} for infinite {size}{shown}; {advice}")
    return found[0]


def _other(coordinates: Mapping[sp.Symbol, sp.Expr], size: sp.Symbol) -> sp.Symbol:
    """A size that stays finite."""
    left = sorted((e for e in coordinates.values() if e.is_Symbol and e not in (size, RIDGE)), key=str)
    return left[0] if left else size
