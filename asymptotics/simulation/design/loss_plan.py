"""The plan of an experiment with labels of two classes, or with another loss than the square."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from asymptotics.errors import InputError
from asymptotics.models.components import NORM_PER_FEATURE
from asymptotics.simulation.design.configurations import Configuration
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.learning_plan import LearningPlan, plan_learning
from asymptotics.simulation.learning.interpretation import READERS
from asymptotics.simulation.learning.loss_task import LossTask

_PLAIN = (
    "labels", "ensemble", "surrogate_degree", "coupling", "precision", "time", "time_per_sample", "training",
    "step_size",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LossPlan(LearningPlan):
    """What is drawn for labels of two classes, or another loss.

    Attributes
    ----------
    names : tuple of str
        What is measured.
    classes, loss
        Labels of two classes and loss; None for numbers, and for ridge regression.
    """

    names: tuple[str, ...] = ()
    classes: Any = None
    loss: Any = None
    drawn: dict[str, str] = field(default_factory=dict)

    controls = ()

    @property
    def observables(self) -> tuple[str, ...]:
        """What is measured, in the order of the results."""
        return self.names

    @property
    def control_means(self) -> dict[str, float | None]:
        """Nothing: there are no controls."""
        return {}

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model."""
        return {**super().provenance, **self.drawn, "label_power": 1.0}

    def describe(self, configuration: Configuration, seed: int) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data."""
        return {**super().describe(configuration, seed), **self.drawn}

    def task(self, configuration: Configuration, seed: int, first: int, count: int) -> Any:
        """A block of replicates of a configuration."""
        (member,) = configuration.members
        signal = self.experiment.inputs.signal(dict(self.experiment.powers))
        return LossTask(
            self.experiment, self.classes, self.loss, self.names, float(signal or 1.0), configuration.d, member.n,
            member.p, member.parameters, configuration.key, seed, first, count,
        )  # fmt: skip


def is_asked(model: Any) -> bool:
    """Whether a model has labels of two classes, or another loss than the square."""
    classes = getattr(getattr(model, "target", None), "classes", None)
    return classes is not None or getattr(model, "loss", None) is not None


def plan_loss(model: Any, regime: Any, design: Design) -> LossPlan:
    """Check a request about classes or a loss, and write down what is to be drawn.

    Parameters
    ----------
    model : object
        With ``components``, and ``model``, ``loss`` and ``classes`` where there is a loss.
    regime : object
        With the sizes.
    design : Design

    Raises
    ------
    InputError
        If an option does not apply, or the features are none that are drawn one by one.
    """
    loss = getattr(model, "loss", None)
    base = model if loss is None else model.model
    design.require_defaults(_PLAIN, "labels of two classes or a loss")
    source = base if loss is None else base.setting()
    if not any(getattr(source, name, None) is not None for name in READERS):
        raise InputError("model", base, "a model with inputs and features that are drawn")
    single = plan_learning(source, regime, replace(design, test_error="sampled"))
    if loss is not None and any(not ridge > 0 for entry in single.configurations for ridge in _ridges(entry)):
        raise InputError("ridge", 0, "a positive number for a loss")
    classes = getattr(base.target, "classes", None) if loss is None else model.classes
    names = [component.name for component in model.components]
    if loss is None:
        names = [name for name in names if name != NORM_PER_FEATURE.name]
    drawn = {"classes": repr(classes), "loss": repr(loss)}
    return LossPlan(
        single.experiment,
        single.grid,
        single.configurations,
        single.model,
        tuple(names),
        classes,
        loss,
        drawn,
    )


def _ridges(entry: Configuration) -> tuple[float, ...]:
    return tuple(ridge for member in entry.members for ridge in member.parameters)
