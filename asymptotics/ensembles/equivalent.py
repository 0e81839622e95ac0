r"""One predictor instead of infinitely many, and generalized cross-validation of ensembles.

Bags of samples or features that are drawn at random overlap as if both had everything: infinitely many of them are one
predictor on all samples and features, at the same effective ridge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.evaluate import as_ensemble, ensemble_columns, of_members, shared_width
from asymptotics.ensembles.pairs import Members, members
from asymptotics.ensembles.sharing import has_random_features
from asymptotics.ensembles.weighted import weighted_members
from asymptotics.errors import InputError
from asymptotics.prediction.requests import Request, read_request

__all__ = ["equivalent_ridge", "generalized_cross_validation"]


def _found(request: Request, ensemble: Ensemble) -> tuple[Members, np.ndarray]:
    """The members, and one minus the degrees of freedom over the samples they are given parts of."""
    one, width = of_members(request, ensemble), shared_width(ensemble)
    if ensemble.weighted:
        found = weighted_members(one, ensemble, width)
        return found, found.gamma
    found, kept = members(one, width, apart=False), float(ensemble.samples)
    return found, (1 - kept) + kept * found.gamma


def equivalent_ridge(
    model: Any, regime: Any, ridge: Any = None, ensemble: Any = None, *, ridge_per_sample: Any = None
) -> Any:
    r"""The ridge at which one predictor is infinitely many members of an ensemble.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample
        As in :func:`asymptotics.predict`.
    ensemble : Ensemble
        The number of its members does not matter.

    Returns
    -------
    float or ndarray
        In the unit in which the ridge is given (per sample, if it is). With ``share="both"``, or a kernel: of one
        predictor on all samples and features. With ``share="data"`` and random features: of one with infinitely many
        features. With ``share="features"``: per sample, of one with infinitely many samples.

    Raises
    ------
    InputError
        If members share nothing, or the model does not say its effective ridge.

    References
    ----------
    docs/howto/ensembles_and_parts.md; LatourelleVigeantPaquette2023.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> bags = Ensemble(float("inf"), share="both", samples="3/5")
    >>> one = equivalent_ridge(model, asy.Proportional(psi1=2, psi2=3), 0.1, bags)
    >>> from asymptotics.ensembles.evaluate import predict_ensemble
    >>> many = predict_ensemble(model, asy.Proportional(psi1=2, psi2=3), 0.1, ensemble=bags)
    >>> abs(asy.predict(model, asy.Proportional(psi1=2, psi2=3), one).test - many.test) < 1e-13
    True
    """
    ensemble = as_ensemble(ensemble)
    request = read_request(model, regime, ridge, ridge_per_sample)
    if ensemble.share == "none":
        allowed = "members that share data or features"
        raise InputError(
            "share", ensemble.share, allowed, "members that share nothing have the squared bias in common"
        )
    found, gamma = _found(request, ensemble)
    random = has_random_features(request.model.theory)
    nu, samples = found.columns.values["effective_ridge"], request.sizes[request.model.theory.samples]
    if np.any(np.isnan(found.eta)):
        value = _by_ridge(request, ensemble, found, gamma, random)
    else:
        value = nu.copy()
        if random and ensemble.shares_features:
            width = float(ensemble.features)
            value = value * ((1 - width) + width * found.eta)
        if ensemble.shares_data or not random:
            value = value * gamma * (1.0 if request.per_sample else samples)
    return value.reshape(request.shape) if request.shape else value.item()


def _by_ridge(
    request: Request, ensemble: Ensemble, found: Members, gamma: np.ndarray, random: bool
) -> np.ndarray:
    """From the ridge itself: at one effective ridge it grows with samples minus degrees of freedom."""
    if ensemble.features != 1 or (random and ensemble.share != "both"):
        allowed = "share='both' with all features, or a model on one spectrum"
        raise InputError("share", ensemble.share, allowed, "infinitely many features are then another model")
    if np.any(request.ridge == 0):
        raise InputError("ridge", 0, "a positive ridge for this model")
    kept = 1.0 if request.per_sample else float(ensemble.samples)
    return request.ridge * gamma / (kept * found.gamma)


def generalized_cross_validation(
    model: Any, regime: Any, ridge: Any = None, ensemble: Any = 1, *, ridge_per_sample: Any = None
) -> Any:
    r"""Limit of generalized cross-validation of an ensemble: its training error over :math:`(1 - T/n)^2`.

    Exact (``test`` plus ``noise``) for one predictor, for averages over features on the same data, and for infinitely
    many bags; for a finite number of bags it is not, because a member knows the samples in its own bag only.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample
        As in :func:`asymptotics.predict`.
    ensemble : Ensemble or int
        Members share data.

    Returns
    -------
    float or ndarray

    Raises
    ------
    InputError
        If they do not.

    References
    ----------
    docs/howto/ensembles_and_parts.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> regime = asy.Proportional(psi1=2, psi2=3)
    >>> estimate = generalized_cross_validation(model, regime, 0.1)
    >>> abs(estimate - asy.predict(model, regime, 0.1).prediction) < 1e-13
    True
    """
    ensemble = as_ensemble(ensemble)
    if not ensemble.shares_data:
        raise InputError("share", ensemble.share, "'data' or 'both': there is one training error only then")
    request = read_request(model, regime, ridge, ridge_per_sample)
    _, gamma = _found(request, ensemble)
    train = ensemble_columns(request, ensemble).risk.train
    with np.errstate(all="ignore"):
        value = train / gamma**2
    return value.reshape(request.shape) if request.shape else value.item()
