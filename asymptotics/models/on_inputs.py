"""Random features and kernels on inputs with a covariance, and errors under another law of the test inputs."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.kernels_certified import expand_kernel_certified
from asymptotics.functions.kernels import expand_kernel
from asymptotics.models.components import RISK, SHIFTED
from asymptotics.models.fluctuations import refuse_next_order
from asymptotics.models.input_levels import InputLevels
from asymptotics.models.inputs import Inputs, require_inputs
from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
from asymptotics.models.library import stored_charts
from asymptotics.models.model import Equations, Model
from asymptotics.models.posed import Posed
from asymptotics.models.quantities import D
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.regimes import RealSize
from asymptotics.models.rescaled import hermite_signs, rescaled_activation, rescaled_kernel
from asymptotics.models.shifted_equations import program
from asymptotics.models.theory import Size, Theory
from asymptotics.models.unequal_lengths import lengths

__all__ = ["FeaturesOnInputs", "KernelOnInputs", "OnInputs", "pose"]

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
    most_spread : float
        Deviation of the squared length of Gaussian inputs, over its mean, up to which theory is trusted: above it
        simulation differs by more than two percent in the test error (by ten in the training error of a kernel).
    """

    source: Any
    inputs: Inputs
    tested: Inputs | None = None

    has_dimension: ClassVar[bool | None] = True
    plain: ClassVar[Theory]
    shifted: ClassVar[Theory]
    most_spread: ClassVar[float]

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The same problem, with what is said of its formula."""
        return pose(replace(self), regime, shape)

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

    def tested_on(self, test_inputs: Any) -> OnInputs:
        """The same with the error under another law of the test inputs."""
        return replace(self, tested=require_inputs("test_inputs", test_inputs))

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused: what these inputs have beyond Gaussian features is not known.

        Raises
        ------
        InputError
            Always.
        """
        refuse_next_order(self)

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where Gaussian inputs are of so unequal length that errors differ by ten percent and more."""
        found: dict[str, np.ndarray] = {}
        if self.inputs.law != "gaussian" or D.name not in sizes:
            return found
        for d in np.unique(sizes[D.name]):
            here = sizes[D.name] == d
            for reason, where in lengths(self.measure(int(d))).doubts(ridge, values).items():
                found[reason] = found.get(reason, False) | (where & here)
        return found

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
        """Power of the features in each degree, on inputs of a mean variance.

        Parameters
        ----------
        variance : Fraction
            Mean squared norm of the inputs over the dimension.
        d : int or float
            Dimension.
        degrees : int
            The largest.
        digits : int, optional
            Decimal digits; doubles without them.
        certified : bool
            Whether powers are balls.
        """

    @abstractmethod
    def crossed(
        self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any
    ) -> list[Any]:
        """Coefficient of each degree in the kernel between inputs of two mean variances.

        Parameters
        ----------
        own : Fraction
            Mean variance of the training inputs.
        other : Fraction
            Mean variance of the test inputs.
        d : int or float
            Dimension.
        degrees : int
            The largest.
        arithmetic : arithmetic
            Of the coefficients.
        """

    def __str__(self) -> str:
        shift = "" if self.tested is None else f", tested on {self.tested}"
        own = f" on {self.inputs}" if self.source.inputs is None else ""
        return f"{self.source}{own}{shift}"

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class FeaturesOnInputs(OnInputs):
    """Random features on inputs with a covariance; see :class:`OnInputs`."""

    plain: ClassVar[Theory] = RANDOM_FEATURES
    shifted: ClassVar[Theory] = FEATURES_SHIFTED
    most_spread: ClassVar[float] = 0.35

    @property
    def activation(self) -> Any:
        """Of the source: what is drawn."""
        return self.source.activation

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

    def crossed(
        self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any
    ) -> list[Any]:
        """Products of the coefficients at both scales, with the sign of the product."""
        pair = [self.powers(v, d, degrees, arithmetic.digits).powers for v in (own, other)]
        signs = [hermite_signs(rescaled_activation(self.source.activation, v), degrees) for v in (own, other)]
        signed = (signs[0] * signs[1]).tolist() if own != other else [1.0] * (degrees + 1)
        products = zip(*pair, signed, strict=True)
        return [
            arithmetic.convert(Fraction(sign))
            * arithmetic.sqrt(arithmetic.convert(a) * arithmetic.convert(b))
            for a, b, sign in products
        ]


@dataclass(frozen=True, repr=False)
class KernelOnInputs(OnInputs):
    """Kernel ridge regression on inputs with a covariance; see :class:`OnInputs`."""

    plain: ClassVar[Theory] = KERNEL_RIDGE
    shifted: ClassVar[Theory] = KERNEL_SHIFTED
    most_spread: ClassVar[float] = 0.2

    @property
    def kernel(self) -> Any:
        """Of the source: what is drawn."""
        return self.source.kernel

    def powers(
        self, variance: Fraction, d: int | float, degrees: int, digits: int | None, certified: bool = False
    ) -> Expansion:
        """Power of the kernel in each degree, on inputs of a mean variance."""
        kernel = rescaled_kernel(self.source.kernel, variance**2)
        if certified:
            return expand_kernel_certified(kernel, d, degrees, digits or 16)
        return expand_kernel(kernel, d, degrees, digits)

    def crossed(
        self, own: Fraction, other: Fraction, d: int | float, degrees: int, arithmetic: Any
    ) -> list[Any]:
        """Those of the kernel between the two."""
        kernel = rescaled_kernel(self.source.kernel, own * other)
        return [arithmetic.convert(v) for v in expand_kernel(kernel, d, degrees, arithmetic.digits).powers]


PRODUCTS = "products of harmonics of the levels of equal variance (prediction)"
LINEAR = "linear part by level, the rest as noise (prediction)"
_FEW = 0.25


def pose(model: OnInputs, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """The problem that answers on inputs with a covariance, with a caution where degrees are not told apart.

    Parameters
    ----------
    model : OnInputs
    regime : Regime
    shape : tuple of int
        Of the question.

    Raises
    ------
    InputError
        In polynomial scaling.
    """
    if not regime.is_point:
        raise InputError("regime", regime, "Proportional or FiniteSize", "on inputs with a covariance")
    if regime.dimension is None:
        return (Posed(model, regime, None, LINEAR),)
    given = regime.parameters(model)
    sizes = {name: np.broadcast_to(np.asarray(v, dtype=float), shape).ravel() for name, v in given.items()}
    smaller = np.minimum(sizes["n"], sizes.get("p", np.inf))
    many, uneven = np.zeros(smaller.shape, dtype=bool), np.zeros(smaller.shape, dtype=bool)
    for d in np.unique(sizes["d"]):
        measure, here = model.measure(int(d)), sizes["d"] == d
        many[here] = smaller[here] > _FEW * measure.most_samples
        uneven[here] = measure.spread > model.most_spread
    cautions = {"": ~(many | uneven), _UNEVEN: uneven, _TOO_MANY: many & ~uneven}
    found = []
    for caution, chosen in cautions.items():
        if chosen.all():
            return (Posed(model, regime, None, PRODUCTS, caution),)
        where = np.flatnonzero(chosen)
        if where.size:
            part = RealSize(**{name: column[where] for name, column in sizes.items()})
            found.append(Posed(model, part, where, PRODUCTS, caution))
    return tuple(found)


_UNEVEN = "lengths of these Gaussian inputs are too different from each other: law='sphere' has equal ones"
_TOO_MANY = "so many samples learn degrees that are not told apart for so many levels"
