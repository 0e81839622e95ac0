"""Inputs with a target function of the user's own: any function of the inputs, instead of powers per degree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.laws.protocols import Draw, Inputs, Labelled

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

_PROBES = 16


@dataclass(frozen=True)
class FunctionInputs:
    """Inputs of any kind, with a function of theirs for the target.

    Parameters
    ----------
    inputs : Inputs
        A law, or a matrix without labels.
    function : callable
        From inputs ``(k, d)`` to their targets ``(k,)``, always the same.

    Raises
    ------
    InputError
        If the inputs have labels already, or this is no function.

    Examples
    --------
    >>> from asymptotics.simulation.laws.laws import SPHERE
    >>> inputs = FunctionInputs(SPHERE, lambda x: np.sin(x[:, 0]))
    >>> drawn = inputs.draw(5, 3, np.random.default_rng(0))
    >>> bool(np.all(drawn.label({}, None).values == np.sin(drawn.points[:, 0])))
    True
    """

    inputs: Inputs
    function: Function

    exact_weights: ClassVar[None] = None
    irreducible: ClassVar[bool] = False
    labelled: ClassVar[bool] = True
    law: ClassVar[None] = None

    def __post_init__(self) -> None:
        allowed = "a function of inputs (k, d) that returns one number for each"
        if not callable(self.function):
            raise InputError("target_function", self.function, allowed)
        if self.inputs.labelled:
            raise InputError("target_function", self.function, "nothing where labels are given")

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the laws of weights that go with the inputs."""
        return self.inputs.weights

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """The inputs, and the function by its name and its values at fixed points."""
        known = list(dimensions)
        name = getattr(self.function, "__name__", None) or type(self.function).__name__
        values = {str(d): self._fingerprint(d) for d in known}
        return {
            "law": "function",
            "inputs": self.inputs.describe(known),
            "target_function": name,
            "values": values,
        }

    def _fingerprint(self, d: int) -> str:
        """Digest of values, to seven digits, at Gaussian points and far out."""
        points = np.random.Generator(np.random.PCG64DXSM(d)).standard_normal((_PROBES, d))
        points[-1] *= 4.0
        values = self.values_at(points)
        scale = float(np.abs(values).max(initial=0.0)) or 1.0
        rounded = f"{scale:.6e}:" + ",".join(f"{value:.7f}" for value in np.round(values / scale, 7) + 0.0)
        return hashlib.sha256(rounded.encode()).hexdigest()[:16]

    def values_at(self, points: Array) -> Array:
        """The function at points ``(k, d)``.

        Raises
        ------
        SimulationError
            If it does not return one finite number for each.
        """
        values = np.asarray(self.function(points), dtype=np.float64)
        if values.shape != points.shape[:1] or not np.isfinite(values).all():
            raise SimulationError(
                f"the target function turned inputs of shape {points.shape} into shape {values.shape}; it must return "
                "one finite number for each of them"
            )
        return values

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """As the inputs; and the function is tried.

        Raises
        ------
        InputError
            If it fails, or is not the same twice.
        """
        self.inputs.check(d, n, {}, test_samples)
        allowed = "a function of inputs (k, d) that returns one finite number for each"
        try:
            once, again = self._fingerprint(d), self._fingerprint(d)
        except Exception as error:
            raise InputError(
                "target_function", self.function, allowed, f"calling it failed: {error}"
            ) from error
        if once != again:
            raise InputError("target_function", self.function, f"{allowed}, the same ones every time")

    def squared_norms(self, d: int) -> Array:
        """Those of the inputs."""
        return self.inputs.squared_norms(d)

    def signal(self, powers: Mapping[int, float]) -> None:
        """Unknown: the mean square of the function is no control."""

    def draw(self, n: int, d: int, generator: np.random.Generator) -> FunctionDraw:
        """Draw the inputs."""
        return FunctionDraw(self, self.inputs.draw(n, d, generator))


@dataclass(frozen=True, eq=False)
class FunctionDraw:
    """Training inputs; see `asymptotics.simulation.laws.protocols.Draw`."""

    law: FunctionInputs
    drawn: Draw

    @property
    def points(self) -> Array:
        """The inputs, as rows ``(n, d)``."""
        return self.drawn.points

    def label(self, powers: Mapping[int, float], generator: np.random.Generator) -> LabelledFunction:
        """The function; nothing is drawn."""
        return LabelledFunction(self.law, self.drawn.label({}, generator), self.law.values_at(self.points))


@dataclass(frozen=True, eq=False)
class LabelledFunction:
    """A function on training inputs and on fresh ones; see `asymptotics.simulation.laws.protocols.Labelled`."""

    law: FunctionInputs
    labelled: Labelled
    values: Array

    @property
    def fresh_inputs(self) -> int | None:
        """Number of fresh inputs there are."""
        return self.labelled.fresh_inputs

    def fresh(self, count: int, step: int, generator: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield fresh inputs and the function there."""
        for points, _ in self.labelled.fresh(count, step, generator):
            yield points, self.law.values_at(points)

    def exact_errors(self, fit: Any, solutions: Array, series: Any) -> None:
        """None: the expansion of the function is not known."""
