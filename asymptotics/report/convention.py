"""Conventions of other people's experiments, and what their ridge and errors are in this package's."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.kernels import Kernel

__all__ = ["Convention", "neural_tangents_scale", "random_phase_powers", "rbf_kernel"]

_CHOICES = {
    "loss": ("sum", "mean"),
    "features": ("over sqrt(p)", "plain"),
    "labels": ("clean", "noisy"),
}


@dataclass(frozen=True)
class Convention:
    r"""What an experiment minimises and reports.

    By default this package's: ``sum_i (y_i - f(x_i))^2 + ridge |a|^2`` over features divided by ``sqrt(p)``, test error
    against the function itself.

    Parameters
    ----------
    loss : {"sum", "mean"}
        Of squares over the samples.
    half_loss, half_penalty : bool
        Whether ``1/2`` stands before the loss, before the penalty. The weight decay of PyTorch's optimisers is half
        a penalty.
    features : {"over sqrt(p)", "plain"}
        Whether features are divided by the square root of their number. Kernels have none.
    labels : {"clean", "noisy"}
        Of the test set: noisy ones add their variance to the test error.
    half_error : bool
        Whether reported errors are halves of mean squares.
    scale : float
        Kernel of the experiment over this package's; of features, the square of theirs over this package's.
    intercept : bool
        Whether a constant was fitted besides, without penalty. Theory has none;
        ``Measurement.without_intercept(model)`` converts the numbers, and so does the command line.

    Raises
    ------
    InputError
        If an entry is not one of the named ones, or the scale is not positive.

    References
    ----------
    docs/notation.md.

    Examples
    --------
    Mean loss, weight decay, noisy test labels:

    >>> own = Convention(loss="mean", half_penalty=True, features="plain", labels="noisy")
    >>> own.ridge(0.02, n=300, p=600)
    0.005
    """

    loss: str = "sum"
    half_loss: bool = False
    half_penalty: bool = False
    features: str = "over sqrt(p)"
    labels: str = "clean"
    half_error: bool = False
    scale: float = 1.0
    intercept: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(name, getattr(self, name), f"one of {', '.join(map(repr, allowed))}")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise InputError("scale", self.scale, "a positive number")

    def ridge(self, given: Any, *, n: Any = None, p: Any = math.inf) -> Any:
        """The ridge in this package's convention.

        Parameters
        ----------
        given : float or ndarray
            That of the experiment.
        n, p : int or ndarray
            Samples, needed for a mean loss; features, infinite for kernels.

        Returns
        -------
        float or ndarray

        Raises
        ------
        InputError
            If a size is needed and missing.
        """
        factor = (2.0 if self.half_loss else 1.0) * (0.5 if self.half_penalty else 1.0) / self.scale
        value = np.asarray(given, dtype=float) * factor
        if self.loss == "mean":
            if n is None:
                raise InputError("n", None, "the number of samples", "a mean loss needs it")
            value = value * np.asarray(n, dtype=float)
        if self.features == "plain":
            if not np.all(np.isfinite(np.asarray(p, dtype=float))):
                raise InputError("p", p, "the number of features", "kernels have features='over sqrt(p)'")
            value = value / np.asarray(p, dtype=float)
        return value if value.ndim else float(value)

    @property
    def error_factor(self) -> float:
        """What reported errors are multiplied by to be mean squares."""
        return 2.0 if self.half_error else 1.0

    @classmethod
    def scikit_learn(cls, *, fit_intercept: bool = True, features: str = "plain", **other: Any) -> Convention:
        """``Ridge(alpha, fit_intercept)`` on plain features; ``KernelRidge(alpha)`` with ``features="over sqrt(p)"``.

        Both minimise a sum of squares plus ``alpha`` times the squared norm.

        Parameters
        ----------
        fit_intercept : bool
            Whether a constant is fitted besides.
        features : str
            ``"plain"`` for ``Ridge``, ``"over sqrt(p)"`` for ``KernelRidge``.

        Examples
        --------
        >>> Convention.scikit_learn().ridge(1.0, n=100, p=50)
        0.02
        """
        return cls(features=features, intercept=fit_intercept, **other)

    @classmethod
    def pytorch(cls, **other: Any) -> Convention:
        """``MSELoss()`` and an optimiser's ``weight_decay`` on plain features: a mean, and half a penalty.

        Examples
        --------
        >>> Convention.pytorch().ridge(1e-3, n=100, p=50)
        0.001
        """
        return cls(**{"loss": "mean", "half_penalty": True, "features": "plain", **other})

    def changed(self, **other: Any) -> Convention:
        """The same convention with other values of some fields."""
        return replace(self, **other)

    def __str__(self) -> str:
        said = [
            f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default
        ]
        return ", ".join(said) or "that of this package"


def rbf_kernel(gamma: float, d: int) -> Kernel:
    """The kernel ``exp(-gamma |x - x'|^2)`` of scikit-learn, for inputs of squared norm d.

    Parameters
    ----------
    gamma : float
        Inverse squared length, as scikit-learn has it.
    d : int
        Input dimension, and squared norm of the inputs.

    Examples
    --------
    >>> import math
    >>> math.isclose(rbf_kernel(0.01, 50)(0.5), math.exp(-0.01 * 2 * 50 * 0.5))
    True
    """
    if not (gamma > 0 and d > 0):
        raise InputError("gamma, d", (gamma, d), "positive numbers")
    return Kernel.from_formula(f"exp({2 * float(gamma) * d!r}*(t - 1))")


def neural_tangents_scale(hidden_layers: int, W_std: float = 1.0) -> float:
    """Tangent kernel of ReLU layers in the library neural-tangents, over the kernel ``ntk-relu-L`` of this package.

    Parameters
    ----------
    hidden_layers : int
    W_std : float
        Of every ``stax.Dense``, the last one too; ``b_std=0`` and the parametrisation ``"ntk"``.

    Notes
    -----
    This package has weights of variance ``2/fan-in`` before every ReLU and 1 after the last, so that with
    ``W_std=1`` every hidden layer halves the kernel.

    Examples
    --------
    >>> neural_tangents_scale(3), neural_tangents_scale(1, 2.0)
    (0.125, 8.0)
    """
    return W_std**2 * (W_std**2 / 2) ** hidden_layers


def random_phase_powers(length: float = 1.0, degrees: int = 12) -> tuple[dict[int, float], float]:
    """Power per degree, and above, of ``sqrt(2) cos(u/length + phase)`` averaged over uniform phases.

    These are random Fourier features, ``sqrt(2/p) cos(<w, x> + b)``; ``Activation.from_coefficients`` takes them. The
    kernel is ``exp((t - 1)/length^2)``. Each feature has its own share of every degree, so that beyond the kernel
    (``p`` infinite) the answer for identical features is an approximation.

    Parameters
    ----------
    length : float
        Of the Gaussian kernel, in units of the input norm over sqrt(d).
    degrees : int
        Largest degree.

    Examples
    --------
    >>> powers, tail = random_phase_powers()
    >>> round(powers[1], 6), round(sum(powers.values()) + tail, 12)
    (0.367879, 1.0)
    """
    if not length > 0:
        raise InputError("length", length, "a positive number")
    rate = 1 / length**2
    powers = {k: math.exp(-rate + k * math.log(rate) - math.lgamma(k + 1)) for k in range(degrees + 1)}
    return powers, max(0.0, 1.0 - math.fsum(powers.values()))
