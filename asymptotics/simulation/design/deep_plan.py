"""The plan of an experiment with several layers: their widths are sizes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from asymptotics.models.quantities import P
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.learning_plan import LearningPlan, plan_learning


@dataclass(frozen=True, eq=False)
class DeepPlan(LearningPlan):
    """A plan whose features have a name of their own, and whose hidden layers have widths.

    Attributes
    ----------
    features : str
        What the number of features is called.
    hidden : mapping of str to int
        The widths of the other layers.
    """

    features: str = P.name
    hidden: Mapping[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """Sizes and ridge or time of every point, by the names that the model gives them."""
        found = super().parameters
        widths = {name: np.full(self.grid.shape, width) for name, width in self.hidden.items()}
        shown = {self.features if name == P.name else name: value for name, value in found.items()}
        place = list(shown).index(self.features)
        items = list(shown.items())
        return dict([*items[:place], *widths.items(), *items[place:]])


def plan_deep(model: Any, regime: Any, design: Design) -> DeepPlan:
    """The plan of a model of several layers.

    Parameters
    ----------
    model : object
        With ``at_sizes(regime)``: the model with the widths of its hidden layers, the sizes that are left, and names.
    regime : object
    design : Design

    Raises
    ------
    InputError
        As `plan_learning`, and if a width is missing or no single number.
    """
    source, sizes, features, hidden = model.at_sizes(regime)
    plan = plan_learning(source, sizes, design)
    own = {entry.name: getattr(plan, entry.name) for entry in fields(LearningPlan)}
    return DeepPlan(**own, features=features, hidden=hidden)
