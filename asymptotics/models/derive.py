"""Derive the systems of the library from their models' definitions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from asymptotics.equations.chart import Chart
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.models.recipes import Recipe, recipe_of, recipes
from asymptotics.models.theory import Theory
from asymptotics.transforms.limits.singular_limits import singular_limits


def derive(model: Any, regime: str = "general", chart: str = "") -> FixedPointSystem:
    """Derive a system from the definition of its model.

    Parameters
    ----------
    model : {"random-features", "kernel-ridge"}, Model or Theory
        A model or theory of one's own has one system, that of its program.
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

    References
    ----------
    docs/theory/dyson.md.

    Examples
    --------
    >>> [str(e) for e in derive("random-features").equations]
    ['c*h*nu = lam*p', 'T02 + T11 + c = n', 'T02 + T11 + h = p']
    """
    theory = getattr(model, "theory", model)
    if isinstance(theory, Theory):
        if theory.name not in recipes():
            return theory.at_finite_size()[0].system
        own = getattr(model, "system_name", None)  # of a class it is no name
        model = own if isinstance(own, str) else theory.name
    return _derive(model, regime, chart)


@cache
def _derive(model: str, regime: str, chart: str) -> FixedPointSystem:
    if chart:
        return derive_chart(model, regime, chart).system
    recipe, sizes = _recipe(model, regime, chart)
    return _concluded(recipe.slack_form(recipe.start[regime](), *sizes), recipe, regime)


def _concluded(system: FixedPointSystem, recipe: Recipe, regime: str) -> FixedPointSystem:
    """The system with the name of the derivation that concludes it."""
    return replace(system, provenance=replace(system.provenance, derivation=recipe.theorems[regime]))


@cache
def derive_chart(model: str, regime: str, chart: str) -> Chart:
    """Derive a chart; parameters and errors are those of :func:`derive`.

    Parameters
    ----------
    model : str
        Its name.
    regime : str
        Its name.
    chart : str
        Name of the coordinates.
    """
    recipe, sizes = _recipe(model, regime, chart)
    found = recipe.charts[chart](derive(model, regime), *sizes)
    found = replace(found, system=_concluded(found.system, recipe, regime))
    return replace(found, singular=singular_limits(found)) if recipe.singular else found


def _recipe(model: str, regime: str, chart: str) -> tuple[Recipe, tuple[str, ...]]:
    recipe = recipe_of(model)
    if regime not in recipe.sizes:
        raise InputError("regime", regime, f"one of {', '.join(recipe.sizes)}")
    if chart and chart not in recipe.charts:
        raise InputError("chart", chart, f"empty or one of {', '.join(recipe.charts)}")
    return recipe, recipe.sizes[regime]


def all_names() -> tuple[tuple[str, str, str], ...]:
    """Every (model, regime, chart) that is recorded."""
    return tuple(
        (model, regime, chart)
        for model, recipe in recipes().items()
        for regime in recipe.sizes
        for chart in ("", *recipe.charts)
    )
