r"""Training in steps: descent, heavy ball, Nesterov's method.

The generating function of what is left after k steps is ridge regression in disguise: a ridge that is a rational
function of the conjugate variable ``U``, and a weight. The share left after k steps is a contour integral of both times
``U^k``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.dynamics.contours import SHORT, Contour, along_circle, along_talbot
from asymptotics.dynamics.nodes import Nodes, circle, normalised, talbot
from asymptotics.dynamics.training import FAR, FEW, FEW_SIGNED, Training, Values, checked, not_whole
from asymptotics.errors import InputError

__all__ = ["GradientDescent", "HeavyBall", "Nesterov"]

MOST_NODES = 6000
_NEGLIGIBLE = 38.0
_PER_NODE = 2.0
_DIGITS = 290


class _Stepwise(Training):
    """Methods with steps: integrals over ``U``, of which the share left after k steps has the factor ``U^k``."""

    needs_edge: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checked("steps", self.steps, "an integer >= 0", not_whole)  # type: ignore[attr-defined]
        checked("step_size", self.step_size, "a positive number", lambda a: (a <= 0) | np.isinf(a))  # type: ignore[attr-defined]
        if "momentum" in self.__dataclass_fields__:
            checked(
                "momentum",
                self.momentum,  # type: ignore[attr-defined]
                "a number from 0 up to, but not including, 1",
                lambda a: (a < 0) | (a >= 1),
            )

    def _ridge(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        """The ridge at ``U``, given with ``U - 1``."""
        raise NotImplementedError

    def _weight(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        """What multiplies ``U^k`` per unit of the logarithm of ``U``."""
        return u / less

    def _slow(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """Where oscillating modes have died out, so that what is left decays without oscillation."""
        few = np.where(self._negative(values, edge), FEW_SIGNED, FEW)
        with np.errstate(divide="ignore"):
            decay = -0.5 * np.log(values["momentum"]) if "momentum" in values else np.inf
        return (values["steps"] >= few) & (decay > _NEGLIGIBLE / np.maximum(values["steps"], 1))

    def _negative(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """Where some mode changes sign at every step."""
        return values["step_size"] * edge > 1

    def groups(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """Circles by the number of steps; contours of Talbot with one branch or two."""
        two = np.where(self._negative(values, edge), -2.0, -1.0)
        return np.where(self._slow(values, edge), two, values["steps"]).ravel()

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Contours of Talbot in ``log U`` around positive and negative ``U``, or a circle."""
        steps = values["steps"]
        if not np.all(self._slow(values, edge)):
            most = int(steps.max())
            u, share = circle(most)
            if u.size > MOST_NODES:
                allowed = f"at most about {most * MOST_NODES // u.size} with this momentum, or many more"
                raise InputError("steps", most, allowed, "oscillations need too many nodes in between")
            weight = share * np.exp(steps * np.log(u)) * self._weight(u, u - 1, values)
            return normalised(self._extended(Nodes(self._ridge(u, u - 1, values), weight), values, edge))

        def path(sign: int) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
            def at(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                u = sign * np.exp(z / steps)
                less = np.expm1(z / steps) if sign > 0 else u - 1
                factor = np.where(steps % 2 == 1, sign, 1) / steps
                return self._ridge(u, less, values), factor * self._weight(u, less, values)

            return at

        nodes = normalised(self._extended(talbot(path(1), steps), values, edge))
        if not np.any(self._negative(values, edge)):
            return nodes
        other = talbot(path(-1), steps)
        return nodes + Nodes(np.conj(other.ridge), np.conj(other.weight))

    def contour(self, values: dict[str, Any], count: int, context: Any) -> Contour:
        """Contours of Talbot in ``log U`` around positive and negative ``U``, or a circle."""
        steps = int(values["steps"])
        beyond = self._untrained(values)
        decay = -0.5 * float(context.log(values["momentum"])) if values.get("momentum") else math.inf
        if steps < max(SHORT, count) or decay * steps < _PER_NODE * count:

            def around(u: Any, weight: Any) -> tuple[Any, Any]:
                return self._ridge(u, u - 1, values), weight * u**steps * self._weight(u, u - 1, values)

            return Contour.of(
                along_circle(around, "steps", steps, count, context), context, beyond
            ) + self._far(beyond, context)

        def slow(z: Any, weight: Any) -> tuple[Any, Any]:
            u, less = context.exp(z / steps), context.expm1(z / steps)
            return self._ridge(u, less, values), weight * self._weight(u, less, values) / steps

        def alternating(z: Any, weight: Any) -> tuple[Any, Any]:
            u = -context.exp(z / steps)
            ridge, own = self._ridge(u, u - 1, values), self._weight(u, u - 1, values)
            return context.conj(ridge), context.conj((-1) ** steps * weight * own / steps)

        other = along_talbot(alternating, count, context)
        return (
            Contour.of(along_talbot(slow, count, context), context, beyond)
            + self._far(beyond, context)
            + Contour([ridge for ridge, _ in other], [weight for _, weight in other])
        )

    def _untrained(self, values: Any) -> Any:
        """The share of the zero predictor that is left."""
        return 0

    def _far(self, share: Any, context: Any) -> Contour:
        """The zero predictor, as ridge regression with a ridge beyond all digits."""
        if share == 0:
            return Contour([], [])
        if context.dps > _DIGITS:
            raise InputError("digits", context.dps, f"at most about {_DIGITS // 3} for {self.method}")
        return Contour([context.mpc(context.mpf(10) ** _DIGITS)], [context.mpc(share)])

    def _extended(self, nodes: Nodes, values: Values, edge: np.ndarray) -> Nodes:
        """With what is left of the zero predictor, if anything is."""
        return nodes


@dataclass(frozen=True, eq=False)
class GradientDescent(_Stepwise):
    r"""Gradient descent :math:`a \leftarrow a - \eta Z^T(Za - y)` from zero.

    Parameters
    ----------
    steps : int or array of int
    step_size : number or array
        :math:`\eta`; below two over the largest eigenvalue of :math:`ZZ^T`.

    Raises
    ------
    InputError
        If steps are negative or no integers, or the step size is not positive.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> GradientDescent(steps=20, step_size=0.5).filter([0.0, 1.0, 3.0]).round(9).tolist()
    [1.0, 9.54e-07, 9.54e-07]
    """

    steps: Any
    step_size: Any
    method: ClassVar[str] = "gradient descent"

    def _ridge(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        return less / values["step_size"]

    def speed_limit(self, values: Values) -> np.ndarray | None:
        """Two."""
        return np.full_like(values["step_size"], 2.0)


@dataclass(frozen=True, eq=False)
class HeavyBall(_Stepwise):
    r"""Heavy ball :math:`a_{k+1} = a_k - \eta\nabla_k + \beta(a_k - a_{k-1})` from zero.

    Parameters
    ----------
    steps : int or array of int
    step_size, momentum : number or array
        :math:`\eta` and :math:`\beta` in [0, 1).

    Raises
    ------
    InputError
        As for :class:`GradientDescent`, or if the momentum is outside [0, 1).

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> HeavyBall(steps=2, step_size=0.25, momentum=0.5).filter([0.0, 1.0]).round(9).tolist()
    [1.0, 0.4375]
    """

    steps: Any
    step_size: Any
    momentum: Any
    method: ClassVar[str] = "heavy ball"

    def _ridge(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        return less * (u - values["momentum"]) / (values["step_size"] * u)

    def _negative(self, values: Values, edge: np.ndarray) -> np.ndarray:
        return values["step_size"] * edge > (1 + np.sqrt(values["momentum"])) ** 2

    def speed_limit(self, values: Values) -> np.ndarray | None:
        """Twice one plus the momentum."""
        return 2 * (1 + values["momentum"])


@dataclass(frozen=True, eq=False)
class Nesterov(_Stepwise):
    r"""Nesterov's method with constant momentum: :math:`b_k = a_k + \beta(a_k - a_{k-1})`, a step from there.

    Parameters
    ----------
    steps : int or array of int
    step_size, momentum : number or array
        :math:`\eta` and :math:`\beta` in [0, 1).

    Raises
    ------
    InputError
        As for :class:`HeavyBall`.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> Nesterov(steps=2, step_size=0.25, momentum=0.5).filter([0.0, 1.0]).round(9).tolist()
    [1.0, 0.46875]
    """

    steps: Any
    step_size: Any
    momentum: Any
    method: ClassVar[str] = "Nesterov's method"

    # With P = (1 + b)/U - b/U^2 the recursion has the generating function of ridge (1 - P)/(eta P), and 1 - P
    # is (U - 1)(U - b)/U^2.
    def _ridge(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        beta = values["momentum"]
        return less * (u - beta) / (values["step_size"] * ((1 + beta) * u - beta))

    def _weight(self, u: np.ndarray, less: np.ndarray, values: Values) -> np.ndarray:
        beta = values["momentum"]
        return u**2 / ((1 + beta) * u - beta) / less

    def _negative(self, values: Values, edge: np.ndarray) -> np.ndarray:
        return values["step_size"] * edge > 1

    def _extended(self, nodes: Nodes, values: Values, edge: np.ndarray) -> Nodes:
        return nodes + Nodes(FAR * edge + 0j, self._untrained(values) + 0j)

    def _untrained(self, values: Any) -> Any:
        beta = values["momentum"]
        return (beta / (1 + beta)) ** (values["steps"] + 1)

    def speed_limit(self, values: Values) -> np.ndarray | None:
        """Where a root of the recursion reaches -1."""
        return 2 * (1 + values["momentum"]) / (1 + 2 * values["momentum"])
