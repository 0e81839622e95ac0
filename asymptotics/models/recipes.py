"""How the recorded systems of a model are derived: one value, or several, at the end of a file of equations."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from asymptotics.equations.chart import Chart
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError

_ENDING = "_equations"


@dataclass(frozen=True)
class Recipe:
    """How the systems of one model are derived, and the derivation that proves each.

    Attributes
    ----------
    model : str
    start : mapping regime -> callable
        The system as it is first derived.
    slack_form : callable
        The symmetric coordinates, from that system and the names of its sizes.
    sizes : mapping regime -> tuple of str
        Samples first.
    charts : mapping name -> callable
        From the symmetric system and the names of its sizes, in the order in which they are asked whether they serve.
    theorems : mapping regime -> str
        Names of derivations.
    singular : bool
        Whether limits of vanishing ridge are derived case by case, as can be done for charts of one average; others are
        followed towards it.
    """

    model: str
    start: Mapping[str, Callable[[], FixedPointSystem]]
    slack_form: Callable[..., FixedPointSystem]
    sizes: Mapping[str, tuple[str, ...]]
    charts: Mapping[str, Callable[..., Chart]]
    theorems: Mapping[str, str]
    singular: bool = True


@cache
def recipes() -> Mapping[str, Recipe]:
    """All of them by the name of the model, found beside this file."""
    names = [found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])]
    modules = [import_module(f"asymptotics.models.{name}") for name in names if name.endswith(_ENDING)]
    found = [module.RECIPE for module in modules if hasattr(module, "RECIPE")]
    found += [recipe for module in modules for recipe in getattr(module, "RECIPES", ())]
    return {recipe.model: recipe for recipe in found}


def recipe_of(model: str) -> Recipe:
    """The recipe of a recorded model.

    Raises
    ------
    InputError
        If there is no such model.
    """
    if model not in recipes():
        raise InputError("model", model, f"one of {', '.join(recipes())}")
    return recipes()[model]
