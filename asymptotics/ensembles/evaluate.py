r"""Risk of an ensemble: of one predictor and of pairs of them.

The error of the average of K predictors is :math:`R_\infty + (R_1 - R_\infty)/K`, with the risk of one of them and
the cross-risk of two. Parts of samples or features that are drawn at random from m of n have an overlap of
:math:`m^2/n` on average: :math:`\omega = 1/n`, whatever m.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.ensembles.digits import ensemble_to_digits
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.pairs import Members, members
from asymptotics.ensembles.sharing import has_random_features
from asymptotics.ensembles.weighted import weighted_members
from asymptotics.errors import InputError, SolverError
from asymptotics.functions.exact import double
from asymptotics.models.components import RiskValues
from asymptotics.prediction.accuracy import Columns, read_accuracy
from asymptotics.prediction.cautions import doubted
from asymptotics.prediction.requests import Request, read_request
from asymptotics.prediction.risk import Risk
from asymptotics.solvers.solution import Status
from asymptotics.version import __version__

__all__ = ["ensemble_columns", "predict_ensemble"]

_LARGE = 1e100
_ONE = ("effective_ridge", "degrees_of_freedom")


def of_members(request: Request, ensemble: Ensemble) -> Request:
    """The request for one member, which has its share of samples and features.

    Parameters
    ----------
    request : Request
        What is asked of the average.
    ensemble : Ensemble
        What members share.

    Raises
    ------
    InputError
        If the model has no size for the features of which members are given a part.
    """
    theory, sizes = request.model.theory, dict(request.sizes)
    samples = 1.0 if ensemble.weighted else float(ensemble.samples)
    sizes[theory.samples] = sizes[theory.samples] * samples
    if ensemble.features != 1:
        name = theory.features
        if name not in sizes:
            allowed = "1 for a model without a size that counts its features"
            raise InputError("features", ensemble.features, allowed)
        sizes[name] = sizes[name] * float(ensemble.features)
    return replace(request, sizes=sizes)


def shared_width(ensemble: Ensemble) -> float:
    """Overlap of the features of two members, times the features of one."""
    return float(ensemble.features) if ensemble.shares_features else 1.0


def ensemble_columns(request: Request, ensemble: Ensemble) -> Columns:
    """Columns of an answer: the risk of the average, with status; the rest is that of one member.

    Parameters
    ----------
    request : Request
        Sizes of what members are given parts of.
    ensemble : Ensemble

    Raises
    ------
    InputError
        If the model cannot say what members have in common.
    """
    one = of_members(request, ensemble)
    if ensemble.weighted:
        found = weighted_members(one, ensemble, shared_width(ensemble))
    else:
        apart = not ensemble.shares_features and has_random_features(request.model.theory)
        found = members(one, shared_width(ensemble), apart)
    noise = double("noise", request.model.noise)
    bias, variance = _cross(request, ensemble, found)
    pair = RiskValues.tested(bias, noise * variance)
    with np.errstate(all="ignore"):
        own, other = _train(ensemble, found, pair.test + noise, found.columns.risk.test + noise)
    answer = averaged(ensemble, found.columns, own, replace(pair, train=other))
    return with_limits(answer) if ensemble.weighted else answer


def with_limits(columns: Columns) -> Columns:
    """Columns without ridge: numbers that stand for zero or infinity as what they stand for."""
    limit = np.isin(columns.status, (Status.LIMIT, Status.DIVERGES))
    values = {}
    for name, value in columns.values.items():
        size = np.abs(np.asarray(value))
        values[name] = np.where(
            limit & (size > _LARGE), np.inf, np.where(limit & (size * _LARGE < 1), 0, value)
        )
    return replace(columns, values=values)


def averaged(ensemble: Ensemble, one: Columns, train: Any, pair: RiskValues) -> Columns:
    """Columns of the average of members.

    Parameters
    ----------
    ensemble : Ensemble
    one : Columns
        Risk of one member.
    train : ndarray or None
        Its training error on all samples that the members share parts of; None where they share none.
    pair : RiskValues
        The overlap of two members.
    """
    same = ensemble.members == 1 or (ensemble.share == "both" and ensemble.whole and ensemble.features == 1)
    weight, known = 1.0 if same else 1 / ensemble.members, one.risk

    def mixed(single: Any, pair: Any) -> np.ndarray:
        """A mean over pairs of members, of which those of a member with itself may be all or none."""
        if weight in (0, 1):
            return np.asarray(single if weight else pair, dtype=float)
        return np.asarray(weight * single + (1 - weight) * pair, dtype=float)

    mean = replace(known, train=train).combined(pair, mixed)
    norms = RiskValues(norm=known.norm, norm_per_feature=known.norm_per_feature)
    columns = mean.named() | norms.named() | {name: one.values[name] for name in _ONE}
    for name in columns:
        columns[name] = np.where(
            np.isin(one.status, (Status.NOT_CONVERGED, Status.OUT_OF_RANGE)), np.nan, columns[name]
        )
    return replace(one, values=columns)


def _cross(request: Request, ensemble: Ensemble, found: Members) -> tuple[np.ndarray, np.ndarray]:
    """Bias, and variance per noise, of two different members."""
    share = 0.0
    if ensemble.shares_data:
        share = 1.0 if ensemble.weighted else float(ensemble.samples)
    random = has_random_features(request.model.theory)
    return found.pair.overlapping(share).risk(ensemble.shares_features or not random)


def _train(ensemble: Ensemble, found: Members, pair: Any, single: Any) -> tuple[Any, Any]:
    """Mean squared errors on all samples that the members share parts of: of one, and overlap of two; if there are."""
    train = found.columns.risk.train
    if not ensemble.shares_data:
        return (None, None) if ensemble.members > 1 else (train, train)
    gamma, kept = found.gamma, float(ensemble.samples)
    if ensemble.weighted:
        own, other = found.columns.values["kept"] * single, gamma
    else:
        own = train * kept + ((1 - kept) * single if kept < 1 else 0.0)
        other = (1 - kept) + kept * gamma
    return own, other**2 * pair


def predict_ensemble(
    model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None, ensemble: Any,
    digits: int | None = None,
) -> Risk:  # fmt: skip
    r"""Asymptotically exact risk of the average of several predictors.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample
        As in :func:`asymptotics.predict`; a ridge per sample is divided by the samples that a member is given.
    ensemble : Ensemble or int
        A number of predictors is that of an ensemble on the same data.
    digits : int, optional
        Decimal digits; values are then mpmath numbers. For models on one spectrum, without
        bootstrap and weights.

    Returns
    -------
    Risk
        ``test``, ``bias``, ``variance``; where data are shared ``train``, on all samples that members are given parts
        of; and of one member the norm, the effective ridge and the degrees of freedom.

    Raises
    ------
    InputError
        If a value is not what it should be, or the model cannot say what members have in common.
    SolverError
        If a single point was asked for and could not be solved.

    Notes
    -----
    Derived in ``derivations/ensembles.py`` and ``derivations/bagging.py``; compared with [Ruben2024]_.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> regime = asy.Proportional(psi1=2, psi2=3)
    >>> ten = predict_ensemble(model, regime, 0.1, ensemble=Ensemble(10))
    >>> bool(ten.test < asy.predict(model, regime, 0.1).test)
    True
    """
    ensemble = as_ensemble(ensemble)
    request = read_request(model, regime, ridge, ridge_per_sample)
    accuracy = read_accuracy(digits, False)
    if digits is None:
        answer = ensemble_columns(request, ensemble)
    else:
        answer = ensemble_to_digits(request, ensemble, digits)
    given = {**request.exact_parameters(), "noise": Fraction(request.model.noise)} if accuracy.exact else {}
    return risk_of_average(request, ensemble, answer, given)


def risk_of_average(
    request: Request, ensemble: Ensemble, answer: Columns, given: Mapping[str, Any], learner: str = ""
) -> Risk:
    """The answer in the shape of the request, with how it was made.

    Parameters
    ----------
    request : Request
        What was asked.
    ensemble : Ensemble
        What members share.
    answer : Columns
        Columns at the points of the request.
    given : mapping of str to number
        Sizes and ridges by name.
    learner : str
        How the average is described.

    Raises
    ------
    SolverError
        If it is one point that was not solved.
    """
    answer = doubted(request, answer)
    model, shape, status = request.model, request.shape, answer.status
    if not shape and status[0] in (Status.NOT_CONVERGED, Status.OUT_OF_RANGE):
        raise SolverError(f"no value for {model} in {request.regime}", Status(int(status[0])).advice)

    def shaped(flat: np.ndarray) -> Any:
        return flat.reshape(shape) if shape else flat.item(0)

    values = {name: shaped(column) for name, column in answer.values.items()}
    ridge, freedom = (values.pop(name) for name in _ONE)
    equations = dict.fromkeys(f"{chart.system.name} {chart.system.digest[:16]}" for chart in answer.charts)
    return Risk(
        values=values,
        noise=answer.noise,
        parameters={k: v.reshape(shape) if shape else v.item() for k, v in request.parameters.items()},
        status=status.reshape(shape),
        condition=shaped(answer.condition),
        effective_ridge=ridge,
        degrees_of_freedom=freedom,
        made_by={
            "package": f"asymptotics-rf {__version__}",
            "model": str(model),
            "regime": request.regime.label,
            **({"training": learner} if learner else {}),
            "equations": ", ".join(equations),
            "ensemble": ", ".join(f"{name} {value}" for name, value in ensemble.describe().items()),
            **answer.said,
        },
        exact=dict(given),
    )


def as_ensemble(value: Any) -> Ensemble:
    """An ensemble, or the number of predictors with features of their own on the same data.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> as_ensemble(5).share
    'data'
    """
    if isinstance(value, Ensemble):
        return value
    if isinstance(value, Mapping):
        return Ensemble(**value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (value >= 1 or math.isinf(value)):
        return Ensemble(value)
    raise InputError("ensemble", value, "an Ensemble, or a number of predictors")
