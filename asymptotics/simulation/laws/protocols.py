"""What an experiment asks of its inputs, of a draw of them, and of its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from asymptotics.simulation.laws.sampling import Array, Law, Predictor, SeriesLike


class Inputs(Protocol):
    """What an experiment asks of its inputs: a `Law`, or data."""

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the laws of weights that go with them, the default first."""

    @property
    def exact_weights(self) -> str | None:
        """The law of weights for which averages over a fresh input are sums over degrees."""

    @property
    def irreducible(self) -> bool:
        """Whether labels can be averaged over; see `Law`."""

    @property
    def labelled(self) -> bool:
        """Whether labels are given, so that no target is drawn."""

    @property
    def law(self) -> Law | None:
        """The law in whose zonal polynomials functions are expanded, where there is one."""

    def describe(self, dimensions: Iterable[int]) -> Any:
        """What identifies them, as plain data."""

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Raise InputError where nothing can be drawn."""

    def squared_norms(self, d: int) -> Array:
        """Values of ``|x|^2/d`` at which a kernel must be finite."""

    def signal(self, powers: Mapping[int, float]) -> float | None:
        """The expectation of ``f*(x)^2``; None where it is not known."""

    def draw(self, n: int, d: int, generator: np.random.Generator) -> Draw:
        """Draw the training inputs of one replicate."""


class Draw(Protocol):
    """Training inputs of one replicate."""

    @property
    def points(self) -> Array:
        """The inputs, as rows ``(n, d)``."""

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> Labelled:
        """Draw a target, unless labels are given."""


class Labelled(Protocol):
    """A target on the training inputs of one replicate, and on fresh ones."""

    @property
    def values(self) -> Array:
        """The target at the training inputs, ``(n,)``."""

    @property
    def fresh_inputs(self) -> int | None:
        """Number of fresh inputs there are; None where any number can be drawn."""

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield fresh inputs ``(k, d)`` and the target there ``(k,)``, in blocks of ``step``, one when asked for."""

    def exact_errors(self, fit: Predictor, solutions: Array, series: SeriesLike | None) -> Array | None:
        """Test, bias and variance averaged over the fresh input without sampling, or None where that is not known.

        Where it is known too roughly they are not numbers.

        Parameters
        ----------
        fit : Predictor
            A draw of a learner.
        solutions : ndarray, shape (points, m, 2)
            Coefficients from the target and from the noise.
        series : SeriesLike or None
            Expansion of the features, if there is one.

        Returns
        -------
        ndarray, shape (points, 3), or None
        """
