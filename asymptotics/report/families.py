"""The designed set of the reference campaign: models at growing sizes, over regimes, activations and kernels."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace

from asymptotics.errors import InputError
from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.model import DegreeModel
from asymptotics.models.quantities import D
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize


@dataclass(frozen=True)
class Family:
    """One model at growing sizes.

    Attributes
    ----------
    model : RandomFeaturesRidge or KernelRidge
        What is predicted and simulated.
    samples : (float, float)
        ``(theta, kappa)``: n is ``theta d^kappa``, rounded.
    features : (float, float) or None
        The same for p; None for kernels.
    ridge : float
        The ridge.
    sizes : tuple of int
        Dimensions d, at least 3 different ones, growing.
    inputs : str, default "sphere"
        Law of inputs and weights in the simulation. Theory is that of the sphere: other laws of the same
        class differ from it by O(1/d).
    weight : float, default 1
        Replicates are in proportion to its square root, all else being equal.

    Examples
    --------
    >>> model = RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> family = Family(model, (2, 1), (0.5, 2), 0.01, (10, 20, 40))
    >>> family.regime(20)
    FiniteSize(d=20, n=40, p=200)
    >>> print(family)
    relu, target {1: 1}, noise 0.1, n = 2 d, p = 0.5 d^2, ridge 0.01
    """

    model: DegreeModel
    samples: tuple[float, float]
    features: tuple[float, float] | None
    ridge: float
    sizes: tuple[int, ...]
    inputs: str = "sphere"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if len(self.sizes) < 3 or list(self.sizes) != sorted(set(self.sizes)):
            raise InputError("sizes", self.sizes, "at least 3 different dimensions, growing")
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise InputError("weight", self.weight, "a positive number")
        if (self.features is None) != bool(self.model.theory.only_infinite()):
            raise InputError("features", self.features, "(theta, kappa), and None for kernels")

    def regime(self, d: int) -> FiniteSize:
        """Return the sizes at one dimension."""
        n, p = (
            math.inf if law is None else round(law[0] * d ** law[1]) for law in (self.samples, self.features)
        )
        return FiniteSize(d=d, n=n, p=p)

    def seed(self, seed: int) -> int:
        """Return the seed of this family in a campaign: its draws are the same in whatever set it stands.

        Examples
        --------
        >>> REFERENCE_FAMILIES[0].seed(0) == REFERENCE_FAMILIES[1].seed(0)
        False
        """
        return seed + zlib.crc32(str(self).encode())

    def __str__(self) -> str:
        powers = ", ".join(f"{k}: {float(power):g}" for k, power in self.model.target.powers)
        sizes = [f"n = {_power_law(self.samples)}"]
        sizes += [] if self.features is None else [f"p = {_power_law(self.features)}"]
        laws = [] if self.inputs == "sphere" else [self.inputs]
        noise, ridge = f"noise {float(self.model.noise):g}", f"ridge {self.ridge:g}"
        return ", ".join([self.model.function_text, f"target {{{powers}}}", noise, *sizes, ridge, *laws])


def _power_law(law: tuple[float, float]) -> str:
    theta, kappa = law
    return f"{f'{theta:g} ' if theta != 1 else ''}{D.name}{'' if kappa == 1 else f'^{kappa:g}'}"


def _features(
    activation: str, target: dict[int, float], noise: float, n: tuple[float, float], p: tuple[float, float],
    ridge: float, sizes: tuple[int, ...],
) -> Family:  # fmt: skip
    return Family(RandomFeaturesRidge(activation, target=target, noise=noise), n, p, ridge, sizes)


def _kernel(
    kernel: str, target: dict[int, float], noise: float, n: tuple[float, float], ridge: float,
    sizes: tuple[int, ...],
) -> Family:  # fmt: skip
    return Family(KernelRidge(kernel, target=target, noise=noise), n, None, ridge, sizes)


# The smallest sizes are such that orders beyond 1/d^2 stay below 0.2 % of the limit, the largest such that a
# replicate takes some hundredths of a second.
_LINEAR = (16, 28, 52, 96)
_BETWEEN = (14, 20, 28, 40)
_SQUARE = (11, 15, 20, 27)
_SQUARE_KERNEL = (13, 18, 24, 32)
_BEYOND = (7, 9, 12, 15)

_PROPORTIONAL = (
    _features("relu", {1: 1}, 0.1, (2, 1), (3, 1), 1e-2, _LINEAR),
    _features("relu", {1: 1}, 0.5, (3, 1), (1, 1), 1e-2, _LINEAR),
    _features("tanh", {1: 1, 3: 0.2}, 0.1, (3, 1), (1.5, 1), 0.1, _LINEAR),
    _features("tanh", {1: 1}, 0.2, (1, 1), (4, 1), 0.05, _LINEAR),
    _features("erf", {1: 1, 2: 0.5}, 0.1, (0.5, 1), (1.5, 1), 0.02, _LINEAR),
    _features("sigmoid", {0: 1, 1: 1}, 0.1, (2, 1), (2.5, 1), 1e-2, _LINEAR),
    _features("softplus", {1: 1}, 0.0, (4, 1), (2, 1), 0.01, _LINEAR),
    _features("abs", {0: 0.5, 2: 1}, 0.1, (3, 1), (3, 1), 0.2, _LINEAR),
    _features("cos", {0: 0.5, 1: 0.2, 2: 0.3}, 0.1, (2, 1), (3, 1), 0.1, _LINEAR),
    _features("max(x, 0) - x/3", {1: 1, 2: 0.5}, 0.1, (2, 1), (5, 1), 0.02, _LINEAR),
)
_THRESHOLD = (
    _features("relu", {1: 1, 2: 0.25}, 0.0, (2, 1), (2, 1), 0.1, _LINEAR),
    _features("tanh", {1: 1}, 0.3, (3, 1), (3, 1), 0.3, _LINEAR),
)
_WIDE_AND_TALL = (
    _features("relu", {1: 1, 2: 0.2}, 0.1, (2, 1), (8, 1), 0.02, _LINEAR),
    _features("gelu", {0: 0.2, 1: 1}, 0.3, (8, 1), (2, 1), 0.05, _LINEAR),
)
_RIDGELESS = (
    _features("relu", {1: 1}, 0.1, (1, 1), (4, 1), 0.0, _LINEAR),
    _features("tanh", {1: 1}, 0.1, (6, 1), (2, 1), 0.0, _LINEAR),
    _features("erf", {1: 1, 3: 0.2}, 0.1, (1.5, 1), (4.5, 1), 1e-5, _LINEAR),
)
_BETWEEN_POWERS = (
    _features("x*abs(x)", {1: 1, 3: 0.5}, 0.1, (1, 1.5), (1, 1.5), 0.05, _BETWEEN),
    _features("tanh", {1: 1, 3: 0.5}, 0.1, (1, 1.5), (0.5, 2), 0.02, _BETWEEN),
    _features("sin(2*x)", {1: 0.5, 3: 1}, 0.1, (1, 1.5), (3, 1), 0.05, _BETWEEN),
)
_QUADRATIC = (
    _features("relu", {1: 0.5, 2: 1}, 0.1, (0.5, 2), (0.8, 2), 1e-2, _SQUARE),
    _features("relu", {1: 0.5, 2: 1, 3: 0.2}, 0.1, (1, 2), (0.4, 2), 0.02, _SQUARE),
    _features("abs", {0: 0.5, 2: 1}, 0.1, (0.6, 2), (0.6, 2), 0.1, _SQUARE),
    _features("gelu", {1: 0.5, 2: 1}, 0.2, (0.6, 2), (2, 1), 0.05, _SQUARE),
    _features("softplus", {1: 1, 2: 0.5}, 0.1, (2, 1), (0.8, 2), 0.02, _SQUARE),
)
_CUBIC_IN_PART = (
    _features("x*abs(x)", {1: 0.5, 3: 1}, 0.1, (0.3, 2.5), (0.6, 2.5), 0.05, _BEYOND),
    _features("erf", {1: 0.5, 3: 1}, 0.1, (0.5, 2.5), (2, 2), 0.05, _BEYOND),
)
_KERNELS = (
    _kernel("ntk-relu", {1: 1}, 0.2, (1, 1), 0.5, _LINEAR),
    _kernel("exp(t)", {1: 1, 2: 0.2}, 0.1, (2, 1), 0.1, _LINEAR),
    _kernel("exp(t)", {1: 1}, 0.1, (1.5, 1), 0.0, _LINEAR),
)
_QUADRATIC_KERNELS = (
    _kernel("ntk-relu", {1: 0.5, 2: 1}, 0.1, (0.4, 2), 0.2, _SQUARE_KERNEL),
    _kernel("exp(t)", {1: 0.5, 2: 1}, 0.1, (0.4, 2), 0.1, _SQUARE_KERNEL),
    _kernel("arccos1", {1: 0.5, 2: 1}, 0.1, (0.3, 2), 0.05, _SQUARE_KERNEL),
)

_HYPERCUBE = tuple(
    replace(family, inputs="hypercube") for family in (_PROPORTIONAL[0], _PROPORTIONAL[2], _KERNELS[1])
)

_QUICK = (_PROPORTIONAL, _THRESHOLD, _WIDE_AND_TALL, _RIDGELESS, _QUADRATIC, _KERNELS)
_KINDS = (*_QUICK, _BETWEEN_POWERS, _CUBIC_IN_PART, _QUADRATIC_KERNELS, _HYPERCUBE)

REFERENCE_FAMILIES = tuple(family for kind in _KINDS for family in kind)
"""The designed set: features and kernels, at linear scaling on both sides of the threshold, at it with a moderate
ridge, without ridge or nearly so away from it, wide and tall, and at powers of the dimension from 3/2 to 5/2;
and inputs on the hypercube against the theory of the sphere."""

SMALL_FAMILIES = tuple(kind[0] for kind in _QUICK)
"""The part for a few seconds: the first family of each of the quicker kinds."""
