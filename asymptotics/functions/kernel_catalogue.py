r"""Dot-product kernels by name, as functions of the cosine ``t = <x, x'>/d``.

=====================  ==========================================================================================
``linear``             ``t``
``exponential``        ``exp(t)``
``polynomial-m``       ``(1 + t)^m``
``gaussian-l``         ``exp((t - 1)/l^2)``, that is ``exp(-|x - x'|^2/(2 l^2 d))`` on the sphere of radius sqrt(d)
``laplace-l``          ``exp(-sqrt(2 - 2t)/l)``, that is ``exp(-|x - x'|/(l sqrt(d)))``
``arccos0``            ``1 - arccos(t)/pi``, the kernel of step features
``arccos1``            ``(sqrt(1 - t^2) + t (pi - arccos t))/pi``, the kernel of ReLU features, normalised to 1
``ntk-relu-L``         neural tangent kernel of L hidden ReLU layers
``ntk-erf-L``          neural tangent kernel of L hidden erf layers
=====================  ==========================================================================================

The lengths l default to 1, the depth L to 1, the degree m must be given. Tangent kernels have all layers trained, no
biases, and the parametrisation of Jacot, Gabriel and Hongler (2018): with ``S_0 = T_0 = t``,

    T_l = T_{l-1} * dS_l + S_l,

where for ReLU (weights of variance 2/fan-in) ``S_l = kappa_1(S_{l-1})`` and ``dS_l = kappa_0(S_{l-1})``, kappa_n being
``arccos0`` and ``arccos1``; and for erf (weights of variance 1/fan-in; Williams 1996)

    S_l  = (2/pi) arcsin(2 S_{l-1}/(1 + 2 q_{l-1})),     q_0 = 1,  q_l = (2/pi) arcsin(2 q_{l-1}/(1 + 2 q_{l-1})),
    dS_l = (4/pi)/sqrt((1 + 2 q_{l-1})^2 - 4 S_{l-1}^2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.functions.exact import number
from asymptotics.functions.formulas.evaluation import FormulaArithmetic

__all__ = ["KERNEL_NAMES", "TangentKernel", "kernel_of_name"]

KERNEL_NAMES = (
    "arccos0", "arccos1", "exponential", "gaussian", "laplace", "linear", "ntk-erf", "ntk-relu", "polynomial-2",
)  # fmt: skip
"""Names of kernels; lengths, depths and degrees are appended with a hyphen, as in ``ntk-relu-3``."""

_PLAIN = {
    "arccos0": "1 - acos(t)/pi",
    "arccos1": "(sqrt(1 - t**2) + t*(pi - acos(t)))/pi",
    "exponential": "exp(t)",
    "linear": "t",
}
_OTHER_NAMES = {
    "arccosine0": "arccos0",
    "arccosine1": "arccos1",
    "exp": "exponential",
    "laplacian": "laplace",
    "poly": "polynomial",
    "rbf": "gaussian",
}
_DEEPEST = 200


@dataclass(frozen=True)
class TangentKernel:
    """Neural tangent kernel of a fully connected network, evaluated by its recursion over layers.

    Parameters
    ----------
    nonlinearity : str
        ``"relu"`` or ``"erf"``.
    depth : int
        Number of hidden layers.

    Examples
    --------
    >>> TangentKernel("relu", 3).parity_degrees()
    (inf, inf)
    """

    nonlinearity: str
    depth: int

    def evaluate(
        self, t: Any, arithmetic: FormulaArithmetic, settle: Callable[[Any], Any] = lambda value: value
    ) -> Any:
        """Value at the cosine `t`, in the given arithmetic.

        Parameters
        ----------
        t : object
            Number, array, ball or series.
        arithmetic : FormulaArithmetic
            Its constants and functions.
        settle : callable
            Applied to the covariance after every layer; may drop the radius of a ball, which otherwise grows from layer
            to layer near t = 1 although the error does not.

        Returns
        -------
        object
            The kernel's value.
        """
        covariance, tangent, variance = t, t, arithmetic.number(Fraction(1))
        for _ in range(self.depth):
            if self.nonlinearity == "relu":
                following, slope = _relu_layer(covariance, arithmetic)
            else:
                following, slope = _erf_layer(covariance, variance, arithmetic)
                variance = _erf_layer(variance, variance, arithmetic)[0]
            covariance, tangent = settle(following), tangent * slope + following
        return tangent

    def parity_degrees(self) -> tuple[float, float]:
        """Degree bounds of the even and the odd part, as in `asymptotics.functions.formulas.parity.parity_degrees`."""
        if self.nonlinearity == "erf":
            return -1, math.inf
        return math.inf, 1 if self.depth == 1 else math.inf  # t kappa_0 + kappa_1 is t plus an even function


def _relu_layer(u: Any, arithmetic: FormulaArithmetic) -> tuple[Any, Any]:
    """Next covariance and its slope: the normalised arc-cosine kernels of order one and zero."""
    angle = arithmetic.call("acos", None, (u,)) / arithmetic.pi()
    slope = 1 - angle
    sine = arithmetic.power((1 - u) * (1 + u), Fraction(1, 2))
    return u * slope + sine / arithmetic.pi(), slope


def _erf_layer(u: Any, variance: Any, arithmetic: FormulaArithmetic) -> tuple[Any, Any]:
    """Next covariance and its slope for the error function."""
    width = 1 + 2 * variance
    following = 2 * arithmetic.call("asin", None, (2 * u / width,)) / arithmetic.pi()
    slope = 4 / (arithmetic.pi() * arithmetic.power((width - 2 * u) * (width + 2 * u), Fraction(1, 2)))
    return following, slope


def kernel_of_name(name: str) -> tuple[str, str | TangentKernel] | None:
    """Standard spelling of a kernel's name, and what it means.

    Parameters
    ----------
    name : str
        Case, blanks and underscores do not matter.

    Returns
    -------
    tuple or None
        The spelling, and a formula in t or a tangent kernel; None if there is no such name.

    Raises
    ------
    InputError
        If a number in the name cannot be read.

    Examples
    --------
    >>> kernel_of_name("NTK ReLU 3")
    ('ntk-relu-3', TangentKernel(nonlinearity='relu', depth=3))
    >>> kernel_of_name("gaussian-0.5")
    ('gaussian-0.5', 'exp((t - 1)*4)')
    """
    key = re.sub(r"[\s_\-]+", "-", name.strip().lower())
    stem, _, last = key.rpartition("-")
    if not re.fullmatch(r"\d+(\.\d*)?(/\d+)?", last):
        stem, last = key, ""
    stem = _OTHER_NAMES.get(stem, stem)
    if stem in _PLAIN and not last:
        return stem, _PLAIN[stem]
    spelled = f"{stem}-{last}" if last else stem
    if stem in ("ntk-relu", "ntk-erf") and re.fullmatch(r"\d{0,3}", last) and 1 <= int(last or 1) <= _DEEPEST:
        return spelled, TangentKernel(stem.removeprefix("ntk-"), int(last or 1))
    if stem == "polynomial" and re.fullmatch(r"\d{1,2}", last) and 0 < int(last) <= 64:
        return spelled, f"(1 + t)**{int(last)}"
    if stem in ("gaussian", "laplace"):
        length = Fraction(number("kernel", last or "1"))
        if length > 0:
            rate = 1 / length if stem == "laplace" else 1 / length**2
            return spelled, f"exp(-sqrt(2 - 2*t)*{rate})" if stem == "laplace" else f"exp((t - 1)*{rate})"
    return None
