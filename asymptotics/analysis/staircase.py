"""The staircase: risk against the exponent with which samples, features or the time of training grow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.model import as_model
from asymptotics.models.regimes import RealSize
from asymptotics.models.tangent_kernel import NetworkOfKernel
from asymptotics.prediction.predict import predict
from asymptotics.prediction.risk import Risk


def staircase(
    model: Any,
    kappa: Any,
    d: Any,
    *,
    ridge: Any = 0,
    along: str = "samples",
    theta: Any = 1,
    other: Any = math.inf,
) -> Risk:
    r"""Risk against :math:`\kappa = \log n/\log d` (or :math:`\log p/\log d`, or of time) at several dimensions.

    Parameters
    ----------
    model : RandomFeaturesRidge, KernelRidge or NeuralTangentRidge
    kappa : array, shape (points,)
        Exponents.
    d : int or array of int, shape (dimensions,)
    ridge : number
        :math:`\lambda`; the ridge per sample where samples are infinite. Zero along time.
    along : {"samples", "features", "neurons", "time"}
        Which size is ``theta * d**kappa``. Neurons are those of a ``NeuralTangentRidge``, or of a two-layer network
        whose tangent kernel is that of a ``KernelRidge``: each has ``d`` tangent parameters. Time is that of gradient
        flow times the samples, ``n t``, with infinitely many features: degree k is learned at ``d**k``.
    theta : number
    other : number
        The other size; infinite by default (kernel limit, or population limit). Along time it is the number of samples,
        which is finite.

    Returns
    -------
    Risk
        Of shape ``(dimensions, points)``, with ``kappa`` among its parameters.

    Raises
    ------
    InputError
        If an exponent is not positive, ``along`` is none of the words, or neurons are asked of a model that
        is no kernel.

    Notes
    -----
    Between the critical lines tangent features have the published population limit, degree ``l + 1`` at ``d^l`` neurons
    [Ghorbani2021]. Where neurons are about as many as dimensions degree two is learned as the law of the weights says;
    ``risk.made_by["formula"]`` names what was solved.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.5})
    >>> risk = asy.staircase(model, kappa=[0.5, 1.5, 2.5], d=[1000], ridge=1e-6)
    >>> risk.test.round(2)[0].tolist()
    [1.03, 0.48, 0.0]
    >>> flow = staircase(model, kappa=[0.5, 1.5, 2.5], d=[1000], along="time", other=10**10)
    >>> flow.test.round(2)[0].tolist()
    [0.99, 0.5, 0.0]
    """
    if along == "time" and (other == math.inf or ridge != 0):
        raise InputError("other", other, "a number of samples along time, where the ridge is zero")
    exponents = np.asarray(kappa, dtype=float)
    if exponents.ndim != 1 or not np.all((exponents > 0) & np.isfinite(exponents)):
        raise InputError("kappa", kappa, "a list of positive numbers")
    dimensions = np.atleast_1d(np.asarray(d))[:, None]
    grown = float(number("theta", theta, minimum=0)) * dimensions.astype(float) ** exponents
    fixed = other if isinstance(other, float) and other == math.inf else float(number("other", other))
    d_grid = np.broadcast_to(dimensions, grown.shape)
    risk = _along(model, along, d_grid, grown, fixed, ridge)
    return replace(risk, parameters={**risk.parameters, "kappa": np.broadcast_to(exponents, grown.shape)})


def _along(model: Any, along: str, d: np.ndarray, grown: np.ndarray, fixed: float, ridge: Any) -> Risk:
    if along == "samples":
        return predict(model, RealSize(d, grown, fixed), ridge=ridge)
    if along == "time":
        return predict(model, RealSize(d, fixed, math.inf), time_per_sample=grown)
    if along == "neurons":
        if not hasattr(model, "tangent"):
            if not as_model(model).theory.only_infinite():
                allowed = (
                    "a NeuralTangentRidge, or a KernelRidge with a tangent kernel, where along is 'neurons'"
                )
                raise InputError("model", model, allowed)
            model = NetworkOfKernel(model)
    elif along != "features":
        raise InputError("along", along, "'samples', 'features', 'neurons' or 'time'")
    name = "ridge_per_sample" if fixed == math.inf else "ridge"
    return predict(model, RealSize(d, fixed, grown), **{name: ridge})
