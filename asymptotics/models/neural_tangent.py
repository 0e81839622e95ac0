"""The linearization of a two-layer network, as a user declares it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import as_activation
from asymptotics.functions.exact import number, number_or_array, shown
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.tangent import (
    expand_tangent,
    expand_tangent_certified,
    rescaled,
    slope_of,
)
from asymptotics.functions.targets import as_target
from asymptotics.models.components import COMPARED
from asymptotics.models.feature_groups import read_biases
from asymptotics.models.inputs import read_inputs
from asymptotics.models.model import DegreeModel
from asymptotics.models.network_inputs import pose_on_inputs
from asymptotics.models.network_problems import pose
from asymptotics.models.neural_tangent_equations import equivalent, program
from asymptotics.models.posed import Posed
from asymptotics.models.tangent_biases import pose_with_biases
from asymptotics.models.theory import Size, Theory

__all__ = ["NeuralTangentRidge"]

NEURAL_TANGENT = Theory(
    "neural-tangent",
    program,
    sizes=(Size("n", "samples"), Size("p", "neurons")),
    features="p",
    equivalent=equivalent,
    observables=COMPARED,
)
"""Sizes as users give them; the program has the tangent features ``N = p d`` besides."""


@lru_cache(maxsize=256)
def _heaviness(slope: Any) -> float:
    """``E s^4/(E s^2)^2`` for a function of a standard Gaussian variable; infinite where it is not known."""
    if slope.formula is None:
        return math.inf if len(slope.powers) > 1 else 1.0
    points, weights = np.polynomial.hermite_e.hermegauss(200)
    squares = slope(points) ** 2
    mean = weights @ squares
    return float((weights @ squares**2) * weights.sum() / mean**2) if mean > 0 else 1.0


@dataclass(frozen=True)
class NeuralTangentRidge(DegreeModel):
    r"""Ridge regression on the linearization of a two-layer network at its random start.

    The network is :math:`f(x) = \frac1{\sqrt p}\sum_{j\le p} a_j\,\sigma(\langle w_j, x\rangle/\sqrt d)` with
    weights :math:`w_j` and inputs uniform on the sphere of radius :math:`\sqrt d`. Its slopes in the first layer are
    the tangent features :math:`a_j^0\sigma'(\langle w_j,x\rangle/\sqrt d)\,x_i/\sqrt{pd}`, its slopes in the second
    layer random features. The estimator minimizes :math:`\|y - f_0 - Z b\|^2 + \lambda\|b\|^2`.

    Parameters
    ----------
    activation : str or Activation
        A name or formula; its slope is needed, so that it must not jump.
    target : mapping or Target
        Degree k to the power :math:`F_k^2`.
    noise : number or array
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``.
    layers : {"first", "both"}
        What is trained: tangent features alone, or random features too.
    kernel_weights : (number, number)
        Weights of the kernels of the random and of the tangent features, positive. One and one is the scaling of
        the neural tangent kernel; a standard parametrization with one learning rate has ``p`` and ``d``.
    second_layer : {"signs", "gaussian"}
        Law of the :math:`a_j^0`, of unit variance.
    output : {"zero", "random"}
        Whether the function at the start is subtracted, or is the random one of the network.
    inputs : Inputs, optional
        Their law, where it is not the sphere: of two levels of equal variance, for tangent features alone.
    biases : str, optional
        Law of random biases, ``"normal(mean, deviation)"`` or ``"uniform(low, high)"``: neurons are
        :math:`\sigma(\langle w_j,x\rangle/\sqrt d + b_j)`, and biases, in units of their standard deviation s, are
        trained with the first layer: features :math:`s\,a_j^0\sigma'/\sqrt p` beside those above.

    Raises
    ------
    InputError
        If a value is not of this kind; the message names it.

    Notes
    -----
    ``p`` counts neurons: there are ``pd`` tangent features. In ``Proportional`` they are infinitely many.
    ``risk.made_by["formula"]`` says which equations answered; see ``docs/theory/neural_tangent.md``.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.NeuralTangentRidge("relu", target={1: 1}, noise="0.4", layers="both", kernel_weights=(1, "0.7"))
    >>> risk = asy.predict(model, asy.Proportional(psi1=2, psi2=3), ridge="0.05")
    >>> round(risk.test, 12), round(risk.train, 12), round(risk.norm, 12)
    (0.248961748225, 0.011872491488, 1.585232290136)
    """

    activation: Any
    target: Any
    noise: Any = 0
    layers: str = "first"
    kernel_weights: Any = (1, 1)
    second_layer: str = "signs"
    output: str = "zero"
    inputs: Any = None
    biases: Any = None

    theory: ClassVar[Theory] = NEURAL_TANGENT

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", as_activation(self.activation))
        object.__setattr__(self, "target", as_target(self.target))
        object.__setattr__(self, "noise", number_or_array("noise", self.noise, minimum=0))
        for name, allowed in _WORDS.items():
            if getattr(self, name) not in allowed:
                raise InputError(name, getattr(self, name), " or ".join(map(repr, allowed)))
        weights = self.kernel_weights
        if isinstance(weights, str) or not isinstance(weights, Iterable) or len(tuple(weights)) != 2:
            raise InputError(
                "kernel_weights", weights, "two numbers: of the random and of the tangent features"
            )
        read = tuple(number("kernel_weights", weight, minimum=0) for weight in weights)
        if not read[1] or (self.trains_both and not read[0]):
            advice = "a kernel of weight zero is left out by layers='first', or by RandomFeaturesRidge"
            raise InputError("kernel_weights", weights, "positive numbers", advice)
        object.__setattr__(self, "kernel_weights", read)
        if self.inputs is not None:
            object.__setattr__(self, "inputs", read_inputs(self.inputs))
        if self.biases is not None:
            object.__setattr__(self, "biases", read_biases(self.biases))
        slope_of(self.activation)

    @property
    def trains_both(self) -> bool:
        """Whether the second layer is trained too."""
        return self.layers == "both"

    @property
    def gaussian(self) -> bool:
        """Whether the second layer is Gaussian."""
        return self.second_layer == "gaussian"

    @property
    def starts_randomly(self) -> bool:
        """Whether training starts from the random function of the network."""
        return self.output == "random"

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the numbers behind the equations can be had."""
        return float(self.activation.digits_known)

    @property
    def function_text(self) -> str:
        """The activation."""
        return str(self.activation)

    @property
    def heaviness(self) -> float:
        """Kurtosis of the slopes of neurons, not centered."""
        return _heaviness(self.slope)

    @property
    def slope(self) -> Any:
        """The derivative of the activation."""
        return slope_of(self.activation)

    @property
    def start(self) -> Any:
        """Variance of the coefficients of the random features that training starts from."""
        return 1 / Fraction(self.kernel_weights[0]) if self.starts_randomly else Fraction(0)

    def random(
        self, d: Any, degrees: int, digits: int | None = None, certified: bool = False
    ) -> Expansion | None:
        """Power of the random features in each degree; None where they are not trained.

        Parameters
        ----------
        d : int or inf
            Dimension.
        degrees : int
            The largest.
        digits : int, optional
            Decimal digits; doubles without them.
        certified : bool
            Whether powers are balls.
        """
        self._require_one_kind()
        if not self.trains_both:
            return None
        if certified:
            found = expand_certified(self.activation, d, degrees, digits or 16)
        else:
            found = expand(self.activation, d, degrees, digits)
        return rescaled(found, self.kernel_weights[0], certified)

    def tangent(self, d: Any, degrees: int, digits: int | None = None, certified: bool = False) -> Expansion:
        """Power of the tangent features in each degree.

        Parameters
        ----------
        d : int or inf
            Dimension.
        degrees : int
            The largest.
        digits : int, optional
            Decimal digits; doubles without them.
        certified : bool
            Whether powers are balls.
        """
        self._require_one_kind()
        if certified:
            found = expand_tangent_certified(self.activation, d, degrees, digits or 16)
        else:
            found = expand_tangent(self.activation, d, degrees, digits)
        return rescaled(found, self.kernel_weights[1], certified)

    def _require_one_kind(self) -> None:
        """Refuse random biases, with which every neuron is a feature of its own kind."""
        if self.biases is not None:
            advice = "predict and simulate know them; what is asked of degrees does not"
            raise InputError("biases", str(self.biases), "None here", advice)

    def begun(
        self, d: Any, degrees: int, digits: int | None = None, certified: bool = False
    ) -> Expansion | None:
        """Power in each degree of a random function at the start that no trained feature spans.

        Parameters
        ----------
        d : int or inf
            Dimension.
        degrees : int
            The largest.
        digits : int, optional
            Decimal digits; doubles without them.
        certified : bool
            Whether powers are balls.
        """
        if self.trains_both or not self.starts_randomly:
            return None
        if certified:
            return expand_certified(self.activation, d, degrees, digits or 16)
        return expand(self.activation, d, degrees, digits)

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """Power of all features in each degree; the tail is that of the tangent features where they are alone."""
        return self.tangent(d, degrees, digits)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The equations that answer, by sizes."""
        if self.biases is not None:
            return tuple(pose_with_biases(self, regime, shape))
        if self.inputs is not None:
            return pose_on_inputs(self, regime, shape)
        return pose(self, regime, shape)

    def __repr__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in _WORDS)
        options += "" if self.inputs is None else f", inputs={self.inputs}"
        options += "" if self.biases is None else f", biases='{self.biases}'"
        return f"NeuralTangentRidge({str(self.activation)!r}, {{{powers}}}, noise={shown(self.noise)}, {options})"

    def __str__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        what = "random and tangent features" if self.trains_both else "tangent features"
        weights = "" if self.kernel_weights == (1, 1) else f", kernel weights {self.kernel_weights}"
        start = ", random output" if self.starts_randomly else ""
        start += "" if self.inputs is None else f", {self.inputs}"
        start += "" if self.biases is None else f", biases {self.biases}"
        return (
            f"{what} of a two-layer network, activation {self.activation}, second layer of {self.second_layer}"
            f"{weights}{start}, target {{{powers}}}, noise {shown(self.noise)}"
        )


_WORDS = {"layers": ("first", "both"), "second_layer": ("signs", "gaussian"), "output": ("zero", "random")}
