"""Derive the systems of the library from their models' definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from asymptotics.equations.records import write_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.models import kernel_ridge_equations as kernel_ridge
from asymptotics.models import random_features_equations as random_features
from asymptotics.models.library import RECORDS, record_name


@dataclass(frozen=True)
class _Recipe:
    """How the systems of one model are derived."""

    equations: Any
    sizes: dict[str, tuple[str, ...]]
    charts: dict[str, Callable[..., FixedPointSystem]]


_RECIPES = {
    "random-features": _Recipe(
        random_features,
        {"general": ("n", "p"), "proportional": ("psi2", "psi1")},
        {"wide": random_features.wide_chart, "tall": random_features.tall_chart},
    ),
    "kernel-ridge": _Recipe(
        kernel_ridge,
        {"general": ("n",), "proportional": ("psi2",)},
        {"samples": kernel_ridge.sample_chart},
    ),
}


@cache
def derive(model: str, regime: str = "general", chart: str = "") -> FixedPointSystem:
    """Derive a system from the definition of its model.

    Parameters
    ----------
    model : {"random-features", "kernel-ridge"}
    regime : {"general", "proportional"}
        ``general``: any spectrum, any sizes.
    chart : str
        Coordinates in which it is solved (``"wide"``, ``"tall"``; ``"samples"`` for kernels); empty for the
        symmetric ones.

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
    recipe = _RECIPES.get(model)
    if recipe is None:
        raise InputError("model", model, f"one of {', '.join(_RECIPES)}")
    if regime not in recipe.sizes:
        raise InputError("regime", regime, f"one of {', '.join(recipe.sizes)}")
    if chart and chart not in recipe.charts:
        raise InputError("chart", chart, f"empty or one of {', '.join(recipe.charts)}")
    sizes = recipe.sizes[regime]
    if chart:
        return recipe.charts[chart](derive(model, regime), *sizes)
    start = recipe.equations.equivalent() if regime == "general" else recipe.equations.proportional()
    return recipe.equations.slack_form(start, *sizes)


def all_names() -> tuple[tuple[str, str, str], ...]:
    """Every (model, regime, chart) that is recorded."""
    return tuple(
        (model, regime, chart)
        for model, recipe in _RECIPES.items()
        for regime in recipe.sizes
        for chart in ("", *recipe.charts)
    )


def write_records() -> tuple[str, ...]:
    """Derive every system of the library and write its record; returns the names."""
    written = []
    for name in all_names():
        write_record(derive(*name), RECORDS / f"{record_name(*name)}.json")
        written.append(record_name(*name))
    return tuple(written)
