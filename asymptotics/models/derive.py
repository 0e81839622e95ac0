"""Derive the systems of the library from their models' definitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from asymptotics.equations.records import write_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.models import random_features_equations as random_features
from asymptotics.models.library import RECORDS, record_name

_SIZES = {"general": ("n", "p"), "proportional": ("psi2", "psi1")}
_CHARTS: dict[str, Callable[[FixedPointSystem, str, str], FixedPointSystem]] = {
    "wide": random_features.wide_chart,
    "tall": random_features.tall_chart,
}


@cache
def derive(model: str, regime: str = "general", chart: str = "") -> FixedPointSystem:
    """Derive a system from the definition of its model.

    Parameters
    ----------
    model : {"random-features"}
    regime : {"general", "proportional"}
    chart : {"", "wide", "tall"}

    Returns
    -------
    FixedPointSystem

    Raises
    ------
    InputError
        If there is no such model, regime or chart.

    Examples
    --------
    >>> [str(e) for e in derive("random-features").equations]
    ['c*h*nu = lam*p', 'T02 + T11 + c = n', 'T02 + T11 + h = p']
    """
    if model != "random-features":
        raise InputError("model", model, "random-features")
    if regime not in _SIZES:
        raise InputError("regime", regime, f"one of {', '.join(_SIZES)}")
    if chart and chart not in _CHARTS:
        raise InputError("chart", chart, f"empty or one of {', '.join(_CHARTS)}")
    if chart:
        return _CHARTS[chart](derive(model, regime), *_SIZES[regime])
    if regime == "proportional":
        return random_features.slack_form(random_features.proportional(), *_SIZES[regime])
    return random_features.slack_form(random_features.equivalent(), *_SIZES[regime])


def all_names() -> tuple[tuple[str, str, str], ...]:
    """Every (model, regime, chart) that is recorded."""
    return tuple(("random-features", regime, chart) for regime in _SIZES for chart in ("", *_CHARTS))


def write_records() -> tuple[str, ...]:
    """Derive every system of the library and write its record; returns the names."""
    written = []
    for name in all_names():
        write_record(derive(*name), RECORDS / f"{record_name(*name)}.json")
        written.append(record_name(*name))
    return tuple(written)
