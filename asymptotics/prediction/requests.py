"""What is asked of ``predict``: sizes and ridges, validated once and broadcast."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import double, number
from asymptotics.models.library import MODELS
from asymptotics.models.regimes import FiniteSize, Polynomial, Proportional, RealSize, shape_of
from asymptotics.models.spectral_ridge import SpectralRidge


@dataclass(frozen=True)
class Request:
    """Sizes and ridge at every point, flattened.

    Attributes
    ----------
    shape : tuple of int
        Shape of the answer.
    samples, features : ndarray
        ``n, p`` (finite size), ``psi2, psi1`` (proportional) or ``theta2, theta1`` (polynomial); one of
        them may be infinite.
    ridge, ridge_per_sample : ndarray
        ``lam`` and ``lam/samples``; the first is infinite where samples and ridge_per_sample are.
    dimension : ndarray or None
        ``d`` at finite size; the number of levels where the spectrum is given.
    parameters : dict
        What the user gave, by name, broadcast to ``shape``.
    exact : dict
        The same, unbroadcast, exact where given exactly.
    """

    shape: tuple[int, ...]
    samples: np.ndarray
    features: np.ndarray
    ridge: np.ndarray
    ridge_per_sample: np.ndarray
    dimension: np.ndarray | None
    parameters: dict[str, np.ndarray]
    exact: dict[str, Any]

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Samples, features, ridge, ridge per sample."""
        return self.samples, self.features, self.ridge, self.ridge_per_sample


def _ridge(name: str, value: Any) -> Any:
    allowed = "a finite number >= 0, or an array of them"
    try:
        if isinstance(value, str) or np.ndim(value) == 0:
            return _ridge_entry(name, value)
        if np.asarray(value).dtype.kind in "OUS":
            # Fractions and decimal strings stay exact; doubles are read off them where doubles are wanted.
            read = np.vectorize(lambda entry: _ridge_entry(name, entry), otypes=[object])
            return read(np.array(value, dtype=object))
        array = np.array(value, dtype=float)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(name, value, allowed) from error
    bad = ~((array >= 0) & np.isfinite(array))
    if np.any(bad):
        raise InputError(name, array[bad].flat[0].item(), allowed)
    return array


def _ridge_entry(name: str, value: Any) -> Any:
    read = number(name, value, minimum=0)
    if read > sys.float_info.max:
        raise InputError(name, value, "a number between 0 and 1.8e308")
    return read


def require_doubles(request: Request) -> None:
    """Check that no ridge given exactly is too small for a double, where it would stand for zero.

    Raises
    ------
    InputError
        If one is.
    """
    for name in request.exact.keys() & {"ridge", "ridge_per_sample"}:
        value = np.asarray(request.exact[name])
        for entry in value.ravel() if value.dtype == object else ():
            double(name, entry)


SIZE_NAMES = {
    Proportional: ("psi2", "psi1"),
    FiniteSize: ("n", "p"),
    RealSize: ("n", "p"),
    Polynomial: ("theta2", "theta1"),
}
"""How each regime calls samples and features."""


def read_request(model: Any, regime: Any, ridge: Any, ridge_per_sample: Any) -> Request:
    """Validate and broadcast.

    Raises
    ------
    InputError
        If the regime is not one, the ridge is missing, given twice, negative or not finite, or meaningless
        for infinitely many samples.
    ShapeError
        If shapes do not broadcast.
    """
    sizes = sizes_of(model, regime)
    if (ridge is None) == (ridge_per_sample is None):
        raise InputError("ridge", ridge, "exactly one of ridge and ridge_per_sample")
    name = "ridge" if ridge_per_sample is None else "ridge_per_sample"
    if isinstance(regime, Polynomial):
        _require_polynomial_ridge(regime, name, ridge if ridge_per_sample is None else ridge_per_sample)
    exact = {**sizes, name: _ridge(name, ridge if ridge_per_sample is None else ridge_per_sample)}
    shape = shape_of(**exact)
    arrays = {k: np.broadcast_to(np.asarray(_float(v)), shape).astype(float) for k, v in exact.items()}
    samples_name, features_name = SIZE_NAMES[type(regime)]
    samples, features = arrays[samples_name].ravel(), arrays[features_name].ravel()
    if np.any(np.isinf(samples) & np.isinf(features)):
        raise InputError(samples_name, math.inf, f"a finite value where {features_name} is infinite")
    values = arrays[name].ravel()
    if name == "ridge":
        if np.any(np.isinf(samples) & (values > 0)):
            raise InputError(
                "ridge", float(values[np.isinf(samples)].max()), f"0 where {samples_name} is infinite",
                "give ridge_per_sample instead",
            )  # fmt: skip
        lam, lam_n = values, values / samples
    else:
        with np.errstate(invalid="ignore"):
            lam, lam_n = np.where(values == 0, 0.0, values * samples), values
    dimension = arrays["d"].ravel() if "d" in arrays else None
    if isinstance(model, SpectralRidge):
        dimension = np.full(samples.size, float(len(model.eigenvalues)))
    return Request(shape, samples, features, lam, lam_n, dimension, arrays, exact)


def _require_kernel_limit(regime: Any) -> None:
    name = {"Proportional": "psi1", "Polynomial": "kappa1"}.get(type(regime).__name__, "p")
    value = getattr(regime, name)
    if np.any(np.isfinite(np.asarray(_float(value)))):
        raise InputError(name, value, "math.inf for kernel ridge regression")


def _require_polynomial_ridge(regime: Polynomial, name: str, value: Any) -> None:
    """In polynomial scaling the ridge is of order one; per sample it would have to vanish."""
    if (name == "ridge_per_sample" or regime.kappa2 == math.inf) and np.any(np.asarray(value) != 0):
        raise InputError(name, value, "0 here", "in polynomial scaling give ridge, of order one as d grows")


def sizes_of(model: Any, regime: Any) -> dict[str, Any]:
    """Sizes of a regime by name, after the check that the regime is one of the model's.

    Raises
    ------
    InputError
        If the model is none, or the regime does not fit it: an input dimension is missing or superfluous, or a
        kernel is given finitely many features.
    """
    if getattr(model, "family", None) not in MODELS:
        raise InputError("model", model, "a RandomFeaturesRidge, a KernelRidge or a SpectralRidge")
    sizes = _sizes(model, regime)
    if model.family == "kernel-ridge":
        _require_kernel_limit(regime)
    return sizes


def _sizes(model: Any, regime: Any) -> dict[str, Any]:
    if isinstance(model, SpectralRidge):
        if not isinstance(regime, FiniteSize) or regime.d is not None:
            raise InputError("regime", regime, "FiniteSize(n=..., p=...), without d", "the spectrum is given")
        return {"n": regime.n, "p": regime.p}
    if isinstance(regime, FiniteSize) and regime.d is None:
        raise InputError("d", None, "the input dimension", "only a SpectralRidge has none")
    if isinstance(regime, Proportional):
        return {"psi1": regime.psi1, "psi2": regime.psi2}
    if isinstance(regime, FiniteSize):
        return {"d": regime.d, "n": regime.n, "p": regime.p}
    if isinstance(regime, Polynomial):
        return {"theta1": regime.theta1, "theta2": regime.theta2}
    raise InputError(
        "regime", regime, "Proportional(psi1, psi2), FiniteSize(d, n, p) or Polynomial(kappa1, kappa2)"
    )


def _float(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else float(value)
