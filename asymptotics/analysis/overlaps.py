"""How much of each part of the target is learned: the overlap of the predictor with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import NumbersLike
from asymptotics.functions.targets import Target
from asymptotics.models.model import Model, as_model
from asymptotics.models.regime import Regime, as_regime
from asymptotics.prediction.predict import predict
from asymptotics.prediction.risk_parts import RiskParts

__all__ = ["overlaps"]


def overlaps(model: Model, regime: Regime, ridge: NumbersLike) -> RiskParts:
    r"""Overlap of the predictor with each part of the target, over the power of that part.

    A part is learned where it is one, and missed where it is zero.

    Parameters
    ----------
    model : Model
        With a target by degrees: ``RandomFeaturesRidge``, ``KernelRidge``, ``NeuralTangentRidge``, on any inputs.
    regime : Proportional or FiniteSize
        Of finitely many samples.
    ridge : number or array
        Positive; of one that vanishes take a small one.

    Returns
    -------
    dict
        From each degree of the target, or each product of degrees where they are given, to
        :math:`E\langle\hat f, f_k\rangle/F_k^2`, a number or an array; prints as a table.

    Raises
    ------
    InputError
        If the model has no target by degrees, a ridge is not positive, or there are infinitely many samples.

    Notes
    -----
    The minimum of the population ridge is linear in the powers of the target, and what it weighs one with is the share
    that is missed. By the derived identity of the population pair (docs/theory/population_pair.md) that minimum is
    ``(train + ridge norm)/(1 - df/n) - noise``: each part is predicted alone, without noise. Not a number where other
    equations answer: tangent features of a few neurons.

    Examples
    --------
    >>> import asymptotics as asy
    >>> spikes = asy.Inputs.spiked(16, multiplicities=10)
    >>> model = asy.KernelRidge("exp(t)", target={(1, 0): 0.5, (2, 0): 0.5}, noise=0.05, inputs=spikes)
    >>> shares = overlaps(model, asy.FiniteSize(d=100, n=400), ridge=1e-3)
    >>> {key: round(float(share), 4) for key, share in shares.items()}
    {(1, 0): 0.9763, (2, 0): 0.6868}
    """
    model, regime = as_model(model), as_regime(regime)
    target: Any = getattr(model, "target", None)
    if not hasattr(target, "powers"):
        raise InputError("model", model, "one with a target by degrees")
    ridges = np.asarray(ridge, dtype=float)
    if not np.all(ridges > 0):
        raise InputError("ridge", ridge, "positive numbers", "of a ridge that vanishes take a small one")
    told = {sum(multi) for multi, _ in target.parts}
    keys = [multi for multi, _ in target.parts] + [k for k, power in target.powers if power and k not in told]
    found = {}
    for key in keys:
        changed: Any = model
        alone = replace(changed, target=Target({key: 1}), noise=0)
        risk = predict(alone, regime, ridges[()])
        samples = np.asarray(risk.parameters[regime.spelling(model.theory.samples)], dtype=float)
        if np.any(np.isinf(samples)):
            raise InputError(regime.spelling(model.theory.samples), samples, "finite numbers")
        # Equations without degrees of freedom are no population pair: these are NaN there, and so are overlaps.
        missed = (risk.train + ridges * risk.norm) / (1 - np.asarray(risk.degrees_of_freedom) / samples)
        found[key] = (1 - missed)[()]
    return RiskParts(found)
