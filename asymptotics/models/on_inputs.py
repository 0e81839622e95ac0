"""Random features and kernels on inputs with a covariance, and errors under another law of the test inputs."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.kernels_certified import expand_kernel_certified
from asymptotics.functions.kernels import expand_kernel
from asymptotics.models.components import RISK, SHIFTED
from asymptotics.models.input_levels import InputLevels
from asymptotics.models.inputs import Inputs
from asymptotics.models.kernel_ridge import KERNEL_RIDGE
from asymptotics.models.library import stored_charts
from asymptotics.models.model import Equations, Model
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.models.rescaled import hermite_signs, rescaled_activation, rescaled_kernel
from asymptotics.models.shifted_equations import program
from asymptotics.models.theory import Size, Theory

__all__ = ["FeaturesOnInputs", "KernelOnInputs", "OnInputs"]

FEATURES_SHIFTED = Theory(
    "random-features-shifted",
    program,
    sizes=(Size("n", "samples"), Size("p", "features")),
    features="p",
    finite=partial(stored_charts, "random-features-shifted", "general"),
    observables=(*RISK, SHIFTED),
)
KERNEL_SHIFTED = replace(
    FEATURES_SHIFTED,
    sizes=(Size("n", "samples"), Size("p", "features", only_infinite=True)),
    features="",
)


@dataclass(frozen=True)
class OnInputs(Model):
    """A learning problem on inputs with a covariance.

    Attributes
    ----------
    source : object
        With ``target``, ``noise`` and the activation or kernel.
    inputs : Inputs
        Law of the training inputs.
    tested : Inputs or None
        Law of the test inputs, where it is another one.
    """

    source: Any
    inputs: Inputs
    tested: Inputs | None = None

    has_dimension: ClassVar[bool | None] = True
    plain: ClassVar[Theory]
    shifted: ClassVar[Theory]

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """With the error under the test law, where there is one."""
        return self.plain if self.tested is None else self.shifted

    @property
    def target(self) -> Any:
        """Of the source."""
        return self.source.target

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the source."""
        return self.source.noise

    def under(self, test_inputs: Inputs) -> OnInputs:
        """The same with errors under a test law."""
        return replace(self, tested=test_inputs)

    def measure(self, d: int | float | None) -> InputLevels:
        """Levels of the features on these inputs."""
        return InputLevels(self, math.inf if d is None else d)

    def limit(self) -> Equations:
        """Those of finite size, with shares in the place of numbers of directions."""
        return Equations(self.theory.at_finite_size(), self.measured(math.inf))

    @abstractmethod
    def powers(
        self, variance: Fraction, d: int | float, degrees: int, digits: int | None, certified: bool = False
    ) -> Expansion:
        """Power of the features in each degree, on inputs of a mean variance."""

    @abstractmethod
    def crossed(self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any) -> list[Any]:
        """Coefficient of each degree in the kernel between inputs of two mean variances."""

    def __str__(self) -> str:
        shift = "" if self.tested is None else f", tested on {self.tested}"
        return f"{self.source} on {self.inputs}{shift}"

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class FeaturesOnInputs(OnInputs):
    """Random features on inputs with a covariance; see :class:`OnInputs`."""

    plain: ClassVar[Theory] = RANDOM_FEATURES
    shifted: ClassVar[Theory] = FEATURES_SHIFTED

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the powers of the activation can be had."""
        known: float = self.source.activation.digits_known
        return known

    def powers(
        self, variance: Fraction, d: int | float, degrees: int, digits: int | None, certified: bool = False
    ) -> Expansion:
        """Power of the features in each degree, on inputs of a mean variance."""
        activation = rescaled_activation(self.source.activation, variance)
        if certified:
            return expand_certified(activation, d, degrees, digits or 16)
        return expand(activation, d, degrees, digits)

    def crossed(self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any) -> list[Any]:
        """Products of the coefficients at both scales, with the sign of the product."""
        pair = [self.powers(v, d, degrees, arithmetic.digits).powers for v in (own, other)]
        signs = [hermite_signs(rescaled_activation(self.source.activation, v), degrees) for v in (own, other)]
        signed = (signs[0] * signs[1]).tolist() if own != other else [1.0] * (degrees + 1)
        products = zip(*pair, signed, strict=True)
        return [
            arithmetic.convert(Fraction(sign)) * arithmetic.sqrt(arithmetic.convert(a) * arithmetic.convert(b))
            for a, b, sign in products
        ]


@dataclass(frozen=True, repr=False)
class KernelOnInputs(OnInputs):
    """Kernel ridge regression on inputs with a covariance; see :class:`OnInputs`."""

    plain: ClassVar[Theory] = KERNEL_RIDGE
    shifted: ClassVar[Theory] = KERNEL_SHIFTED

    def powers(
        self, variance: Fraction, d: int | float, degrees: int, digits: int | None, certified: bool = False
    ) -> Expansion:
        """Power of the kernel in each degree, on inputs of a mean variance."""
        kernel = rescaled_kernel(self.source.kernel, variance**2)
        if certified:
            return expand_kernel_certified(kernel, d, degrees, digits or 16)
        return expand_kernel(kernel, d, degrees, digits)

    def crossed(self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any) -> list[Any]:
        """Those of the kernel between the two."""
        kernel = rescaled_kernel(self.source.kernel, own * other)
        return [arithmetic.convert(v) for v in expand_kernel(kernel, d, degrees, arithmetic.digits).powers]


def require_inputs(name: str, value: Any) -> Inputs:
    """Inputs as a value.

    Raises
    ------
    InputError
        If they are none.
    """
    if isinstance(value, Inputs):
        return value
    allowed = "asy.Inputs.isotropic(), .spectrum([...]), .power_law(...), .spiked(...) or .from_data(X)"
    raise InputError(name, value, allowed)
