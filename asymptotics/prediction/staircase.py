"""The staircase: risk against the exponent with which samples or features grow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.exact import number
from asymptotics.models.regimes import RealSize
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
    r"""Risk against :math:`\kappa = \log n/\log d` (or :math:`\log p/\log d`) at several dimensions.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    kappa : array, shape (points,)
        Exponents.
    d : int or array of int, shape (dimensions,)
    ridge : number
        :math:`\lambda`; the ridge per sample where samples are infinite.
    along : {"samples", "features"}
        Which size is ``theta * d**kappa``.
    theta : number
    other : number
        The other size; infinite by default (kernel limit, or population limit).

    Returns
    -------
    Risk
        Of shape ``(dimensions, points)``, with ``kappa`` among its parameters.

    Raises
    ------
    InputError
        If an exponent is not positive, or ``along`` is neither word.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.5})
    >>> risk = asy.staircase(model, kappa=[0.5, 1.5, 2.5], d=[1000], ridge=1e-6)
    >>> risk.test.round(2)[0].tolist()
    [1.03, 0.48, 0.0]
    """
    exponents = np.asarray(kappa, dtype=float)
    if exponents.ndim != 1 or not np.all((exponents > 0) & np.isfinite(exponents)):
        raise InputError("kappa", kappa, "a list of positive numbers")
    if along not in ("samples", "features"):
        raise InputError("along", along, "'samples' or 'features'")
    dimensions = np.atleast_1d(np.asarray(d))[:, None]
    grown = float(number("theta", theta, minimum=0)) * dimensions.astype(float) ** exponents
    d_grid = np.broadcast_to(dimensions, grown.shape)
    fixed = other if isinstance(other, float) and other == math.inf else float(number("other", other))
    if along == "samples":
        risk = predict(model, RealSize(d_grid, grown, fixed), ridge=ridge)
    else:
        sizes = RealSize(d_grid, fixed, grown)
        risk = predict(model, sizes, **{"ridge_per_sample" if fixed == math.inf else "ridge": ridge})
    parameters = {**risk.parameters, "kappa": np.broadcast_to(exponents, grown.shape)}
    return Risk(
        **{**{name: getattr(risk, name) for name in risk.__dataclass_fields__}, "parameters": parameters}
    )
