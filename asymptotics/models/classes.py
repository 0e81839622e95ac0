"""What models of degrees have of labels of two classes: their own theory, their own observables, and where to stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number_or_array
from asymptotics.functions.expansions.expand_function import expand_function
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.labels import SignTarget
from asymptotics.functions.targets import as_target
from asymptotics.lowering.angles import root, share_of_angle
from asymptotics.models import labels_equations
from asymptotics.models.components import CLASSIFICATION_ERROR, OVERLAP, SQUARE, Component
from asymptotics.models.library import stored_charts
from asymptotics.models.model import DegreeModel, Equations
from asymptotics.models.quantities import D
from asymptotics.models.theory import Theory

__all__ = ["ByLabels", "ClassifyingModel"]

_DEGREES = (3, 5, 7)
"""Degrees of the labels that no linear function has; even ones are zero."""

SIGN = "sign"
"""Short for :class:`~asymptotics.functions.labels.SignTarget` as it is by default."""

_BEYOND = (
    "degrees of the labels beyond the linear one are learned here: they are no noise, and errors are fewer"
)

_FEW = 10
"""Dimensions up to which simulated errors are lower by ten percent; docs/howto/trust_table.md has them."""

_LOW = (
    f"in {_FEW} dimensions and fewer the linear part of the labels is larger than in many, which the formula takes: "
    "errors are lower by about one over the dimension"
)

TOLERANCE = 0.003
"""Learned share of the labels' power, in degrees above one, from which the linear formula is not trusted."""


class ByLabels:
    """Theory of a model: that of its class, or of labels of two classes where the target has them.

    Parameters
    ----------
    numbers : Theory
        For labels that are numbers.
    """

    def __init__(self, numbers: Theory) -> None:
        self.numbers = numbers
        name = labels_equations.NAMES[numbers.name]
        base = numbers.program
        self.classes = replace(
            numbers,
            name=name,
            program=lambda: labels_equations.program(base()),
            finite=partial(stored_charts, name, "general"),
            limit=partial(stored_charts, name, "proportional"),
            observables=(*numbers.observables, SQUARE, OVERLAP),
        )

    def __get__(self, model: Any, owner: Any = None) -> Theory:
        return self.numbers if model is None or not model.target.follows_prediction else self.classes


@lru_cache(maxsize=64)
def _powers_above_one(labels: SignTarget) -> Mapping[int, float]:
    """Powers of the mean label in degrees above one, in the limit of large dimension."""
    found = expand_function(lambda f: 2 * labels.chance(f) - 1, (0.0,), math.inf, max(_DEGREES))
    return {k: float(found.powers[k]) for k in _DEGREES}


class ClassifyingModel(DegreeModel):
    """A model of degrees whose labels may be classes, the sign of a linear target."""

    read: ClassVar[tuple[Component, ...]] = (CLASSIFICATION_ERROR,)
    warns: ClassVar[bool] = True

    def read_labels(self) -> None:
        """Read target and noise as they were given; a subclass calls this when it is made.

        Raises
        ------
        InputError
            If one is none, or labels of two classes have another noise.
        """
        given = SignTarget() if isinstance(self.target, str) and self.target == SIGN else self.target
        target = as_target(given, classes=True)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "noise", target.noise_of(number_or_array("noise", self.noise, minimum=0)))

    def require_numbers(self, name: str) -> None:
        """Check that labels are numbers, beside a field or an option that classes are not known with.

        Raises
        ------
        InputError
            If they are classes.
        """
        if self.target.classes is not None:
            advice = "asy.WithLoss(model, 'square', labels='sign') answers for a model with target={1: 1}"
            raise InputError("target", self.target.text, f"numbers beside {name}", advice)

    @property
    def only_ridge(self) -> str:  # type: ignore[override]
        """Why training, averages and the next order are not answered for classes; empty for numbers."""
        if self.target.classes is None:
            return ""
        return (
            "of labels of two classes no more is known: their linear part is a target {1: c} with noise 1 - c"
        )

    @property
    def noise_text(self) -> Any:
        """The noise as it was given."""
        return 0 if self.target.classes else self.noise

    @property
    def components(self) -> tuple[Component, ...]:
        """Components of its risk; of classes the classification error too."""
        return self.theory.components + ((CLASSIFICATION_ERROR,) if self.target.classes else ())

    def read_off(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The overlap with a target of unit power, and the classification error, from what the equations give."""
        if self.target.classes is None:
            return {}
        overlap, square = values[OVERLAP.name], values[SQUARE.name]
        overlap = overlap / root(self.target.total, square)
        return {OVERLAP.name: overlap, CLASSIFICATION_ERROR.name: share_of_angle(overlap, square)}

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where more than the linear part of the labels is learned: the rest of them is then no noise."""
        dimension = sizes.get(D.name)
        if self.target.classes is None or dimension is None:
            return {}
        powers = _powers_above_one(self.target.classes)
        effective = values["effective_ridge"]
        learned = np.zeros(effective.shape)
        for d in np.unique(dimension):
            expansion, here = self.expand(int(d), max(_DEGREES)), dimension == d
            for k, power in powers.items():
                eigenvalue = float(expansion.powers[k]) / multiplicity(int(d), k)
                with np.errstate(all="ignore"):
                    learned[here] += power * np.nan_to_num(eigenvalue / (eigenvalue + effective[here]))
        return {_BEYOND: learned > TOLERANCE, _LOW: dimension <= _FEW}

    def scaling(self, kappa1: Any, kappa2: Any) -> Equations:
        """Equations in polynomial scaling.

        Raises
        ------
        InputError
            For labels of two classes.
        """
        if self.target.classes is not None:
            advice = "beyond proportional sizes more than the linear part of the labels is learned"
            raise InputError("regime", "Polynomial", f"Proportional or FiniteSize for {self}", advice)
        return super().scaling(kappa1, kappa2)
