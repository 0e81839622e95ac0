"""What a figure of the gallery consists of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from asymptotics.models.components import TEST

__all__ = ["Budget", "Curve", "Entry", "Experiment", "Number"]


@dataclass(frozen=True)
class Budget:
    """How much is simulated.

    Attributes
    ----------
    small : bool
        Smaller sizes and fewer replicates: minutes for the whole gallery.
    seed : int
    """

    small: bool = False
    seed: int = 20261128

    def trials(self, usual: int) -> int:
        """Replicates, of as many as usual."""
        return max(8, usual // 4) if self.small else usual

    def size(self, usual: int) -> int:
        """A dimension, of as many as usual."""
        return round(usual * 0.6) if self.small else usual


@dataclass(frozen=True)
class Number:
    """A number of the paper beside ours.

    Attributes
    ----------
    what : str
    ours, published : float
    source : str
        Where the published one is from: a theorem, an equation, a figure, or other code.
    tolerance : float
        Relative.
    """

    what: str
    ours: float
    published: float
    source: str
    tolerance: float = 1e-10

    @property
    def agrees(self) -> bool:
        """Whether they are equal to within the tolerance."""
        return math.isclose(self.ours, self.published, rel_tol=self.tolerance, abs_tol=self.tolerance * 1e-3)

    def __str__(self) -> str:
        verdict = "agrees" if self.agrees else "DISAGREES"
        return f"{self.what}: {self.ours:.12g}, published {self.published:.12g} ({self.source}): {verdict}"


@dataclass(frozen=True)
class Experiment:
    """What is simulated for a curve.

    Attributes
    ----------
    model : Model
    regime : FiniteSize
    x : ndarray
        Where its points stand in the figure.
    trials : int
    asked : mapping
        Ridge, training or ensemble: for prediction and simulation alike.
    """

    model: Any
    regime: Any
    x: Any
    trials: int
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Curve:
    """A line of a figure, and an experiment on it.

    Attributes
    ----------
    label : str
    x, y : array_like
    experiment : Experiment, optional
    component : str
        Which component of the experiment's risk the line is.
    """

    label: str
    x: Any
    y: Any
    experiment: Experiment | None = None
    component: str = TEST.name

    def rows(self) -> list[tuple[str, float, float]]:
        """Label and values, point by point."""
        return [
            (self.label, float(a), float(b)) for a, b in zip(np.ravel(self.x), np.ravel(self.y), strict=True)
        ]


@dataclass(frozen=True)
class Entry:
    """One published figure.

    Attributes
    ----------
    title : str
    paper : str
        Its key in the bibliography.
    figure : str
        Which figure or statement, with the paper's parameters.
    caption : str
        What is seen.
    xlabel, ylabel : str
    curves : callable
        ``curves(budget)`` returns the lines.
    numbers : callable
        ``numbers()`` returns numbers of the paper beside ours.
    log : str
        Axes that are logarithmic: ``""``, ``"x"``, ``"y"`` or ``"xy"``.
    top : float, optional
        Where the vertical axis ends.
    stacked : bool
        Whether the lines are parts that are stacked; experiments are then of their sum.
    """

    title: str
    paper: str
    figure: str
    caption: str
    xlabel: str
    ylabel: str
    curves: Callable[[Budget], Sequence[Curve]]
    numbers: Callable[[], Sequence[Number]]
    log: str = "x"
    top: float | None = None
    stacked: bool = False
