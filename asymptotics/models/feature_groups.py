"""Groups of random features, and laws of biases, as a user declares them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.exact import number, shown
from asymptotics.functions.moved import moved

__all__ = ["BiasLaw", "Group", "read_biases", "read_groups"]

_ROUNDING = 1e-12
_STEP, _FAR = 0.25, 9.0
_NODES = 48
_LAW = re.compile(r"(normal|uniform)\(([^(),]+),([^(),]+)\)")
_LAWS = "'normal(mean, deviation)' or 'uniform(low, high)', such as 'normal(0, 1)'"


@dataclass(frozen=True)
class Group:
    r"""A group of features :math:`\sigma(r\langle\theta, x\rangle/\sqrt d)` with a ridge of their own.

    Parameters
    ----------
    activation : str or Activation
        The function sigma.
    share : number
        Share of all features, between zero and one; the shares of a model's groups sum to one.
    scale : number
        Input scale r, positive.
    ridge : number
        Ridge of the group in units of the ridge that is asked for, positive: coefficients of the group are weighed with
        it in the energy and in ``norm``.

    Raises
    ------
    InputError
        If a value is not of this kind; the message names it.

    References
    ----------
    docs/theory/feature_law.md; MengYaoCao2022.

    Examples
    --------
    >>> import asymptotics as asy
    >>> asy.Group("tanh", scale=2, share=".4", ridge=4)
    Group('tanh', share=2/5, scale=2, ridge=4)
    """

    activation: Any
    share: Any
    scale: Any = 1
    ridge: Any = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", as_activation(self.activation))
        for name in ("share", "scale", "ridge"):
            value = number(f"{name} of a group", getattr(self, name))
            if not value > 0:
                raise InputError(f"{name} of a group", getattr(self, name), "a positive number")
            object.__setattr__(self, name, value)
        if self.share > 1:
            raise InputError("share of a group", self.share, "a positive number, at most 1")
        moved(self.activation, self.scale)

    @property
    def function(self) -> Activation:
        """The activation with the scale of its argument."""
        return moved(self.activation, self.scale)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={shown(getattr(self, name))}" for name in ("share", "scale", "ridge"))
        return f"Group({str(self.activation)!r}, {options})"

    def __str__(self) -> str:
        more = "" if self.ridge == 1 else f" with {shown(self.ridge)} times the ridge"
        return f"{shown(self.share)} of {self.function}{more}"


def read_groups(groups: Any) -> tuple[Group, ...]:
    """Groups from a list of them.

    Raises
    ------
    InputError
        If it is none, or the shares do not sum to one.
    """
    if isinstance(groups, (str, Group)) or not isinstance(groups, Iterable):
        raise InputError("groups", groups, "a list of asymptotics.Group")
    found = tuple(groups)
    if not found or not all(isinstance(group, Group) for group in found):
        raise InputError("groups", groups, "a list of asymptotics.Group, at least one")
    total = float(sum(Fraction(group.share) for group in found))
    if abs(total - 1) > _ROUNDING:
        raise InputError("groups", f"shares that sum to {total:g}", "shares that sum to 1")
    return found


@dataclass(frozen=True)
class BiasLaw:
    """The law of random biases.

    Attributes
    ----------
    kind : {"normal", "uniform"}
    first, second : Fraction or float
        Mean and standard deviation, or the ends of the interval.
    """

    kind: str
    first: Any
    second: Any

    @property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Points and weights: averages of functions that are analytic near the real line are right to 14 digits."""
        return _nodes(self.kind, float(self.first), float(self.second))

    @property
    def variance(self) -> float:
        """Mean square distance from the mean.

        Examples
        --------
        >>> read_biases("normal(1, 2)").variance, read_biases("uniform(-3, 3)").variance
        (4.0, 3.0)
        """
        first, second = float(self.first), float(self.second)
        return second**2 if self.kind == "normal" else (second - first) ** 2 / 12

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Independent biases."""
        first, second = float(self.first), float(self.second)
        if self.kind == "normal":
            return first + second * generator.standard_normal(count)
        return first + (second - first) * generator.random(count)

    def __str__(self) -> str:
        return f"{self.kind}({shown(self.first)}, {shown(self.second)})"


@lru_cache(maxsize=64)
def _nodes(kind: str, first: float, second: float) -> tuple[np.ndarray, np.ndarray]:
    if kind == "normal":
        # The trapezoidal rule: its error falls exponentially with the step for what is analytic in a strip.
        step = _STEP / max(1.0, second)
        z = np.arange(-round(_FAR / step), round(_FAR / step) + 1) * step
        weights = np.exp(-(z**2) / 2)
        return first + second * z, weights / weights.sum()
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    return first + (second - first) * (1 + points) / 2, weights / 2


def read_biases(text: Any) -> BiasLaw:
    """The law of biases, from its text.

    Parameters
    ----------
    text : str or BiasLaw
        ``"normal(mean, deviation)"`` or ``"uniform(low, high)"``.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> print(read_biases("normal(0, 1)"), len(read_biases("uniform(-1, 1)").nodes[0]))
    normal(0, 1) 48
    """
    if isinstance(text, BiasLaw):
        return text
    match = _LAW.fullmatch(text.replace(" ", "")) if isinstance(text, str) else None
    if match is None:
        raise InputError("biases", text, f"None, or a law: {_LAWS}")
    first, second = (number("biases", part) for part in match.groups()[1:])
    least = first if match[1] == "uniform" else 0
    if not second > least or not all(map(math.isfinite, (first, second))):
        allowed = "a positive deviation" if match[1] == "normal" else "ends in increasing order"
        raise InputError("biases", text, allowed)
    return BiasLaw(match[1], first, second)
