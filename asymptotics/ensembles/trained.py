r"""Risk of an ensemble whose members are trained: sums over pairs of ridges, of one member and of two.

A trained member is a sum of ridge predictors over nodes. The overlap of two members is that sum of the overlaps of two
ridge predictors, one of either member, at every pair of nodes; the average then is what it is for ridge regression.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.dynamics.evaluate import Trained, read_trained, trained_risk
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.evaluate import (
    averaged,
    ensemble_columns,
    of_members,
    risk_of_average,
    shared_width,
)
from asymptotics.ensembles.in_time import Table, pair_sums
from asymptotics.ensembles.pairs import Pair
from asymptotics.ensembles.sharing import has_random_features
from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.models.components import TESTED, TRAIN, RiskValues
from asymptotics.prediction.accuracy import Columns
from asymptotics.prediction.risk import Risk

__all__ = ["predict_trained_ensemble", "trained_ensemble_columns"]


def trained_ensemble_columns(asked: Trained, ensemble: Ensemble) -> Columns:
    """Columns of an answer: the risk of the average, with status; the rest is that of one member.

    Parameters
    ----------
    asked : Trained
        With sizes of what members are given parts of.
    ensemble : Ensemble

    Raises
    ------
    InputError
        If samples are weighted or drawn with replacement, or the model cannot say what members have in common.
    """
    if ensemble.weighted:
        name, value = ensemble.weighting
        allowed = "its default where members are trained"
        raise InputError(name, value, allowed, "samples=0.632 leaves out as many as a bootstrap")
    request = asked.request
    member = replace(asked, request=of_members(request, ensemble))
    noise, one = double("noise", request.model.noise), trained_risk(member)
    share = float(ensemble.samples) if ensemble.shares_data else 0.0
    shared = ensemble.shares_features or not has_random_features(request.model.theory)
    kept = float(ensemble.samples)

    def read(pair: Pair, noise: Any, slacks: Any) -> Table:
        bias, per_noise = pair.overlapping(share).risk(shared)
        tested = RiskValues.tested(bias, noise * per_noise)
        if not ensemble.shares_data or slacks is None:
            return tested.named()
        rest = [(1 - kept) + kept * slack for slack in slacks]
        return replace(tested, train=rest[0] * rest[1] * (tested.test + noise)).named()

    names = [component.name for component in (*TESTED, TRAIN)]
    columns, ended = pair_sums(member, names, read, shared_width(ensemble))
    own = None
    if ensemble.shares_data or ensemble.members == 1:
        known = one.risk
        own = known.train if kept == 1 else known.train * kept + (1 - kept) * (known.test + noise)
    whole = averaged(ensemble, one, own, RiskValues.of(columns))
    where = np.flatnonzero(ended)
    if where.size:
        values = {name: value[where][:, None] for name, value in asked.values.items()}
        ridge = asked.training.converged(values) if values else None
        reached = np.zeros(where.size) if ridge is None else np.nan_to_num(np.ravel(ridge))
        answer = ensemble_columns(request.at(where, reached), ensemble)
        for name, column in whole.values.items():
            column[where] = answer.values.get(name, np.nan)
        whole.status[where] = answer.status
    return replace(
        whole, values={k: v for k, v in whole.values.items() if k != TRAIN.name or not np.all(np.isnan(v))}
    )


def predict_trained_ensemble(model: Any, regime: Any, training: Any, ensemble: Ensemble) -> Risk:
    """Asymptotically exact risk of the average of several trained predictors.

    Parameters
    ----------
    model, regime
        As in :func:`asymptotics.predict`; times and step sizes are those of every member.
    training : Training
    ensemble : Ensemble

    Returns
    -------
    Risk
        As :func:`asymptotics.ensembles.evaluate.predict_ensemble`. The training error is left out for models that are
        not on one spectrum.

    Raises
    ------
    InputError
        As :func:`trained_ensemble_columns`.
    SolverError
        If a single point was asked for and could not be solved.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> sizes = asy.Proportional(psi1=2, psi2=3)
    >>> one, ten = (predict_trained_ensemble(model, sizes, asy.GradientFlow(10), Ensemble(k)) for k in (1, 10))
    >>> bool(ten.test < one.test)
    True
    """
    asked = read_trained(model, regime, training)
    answer = trained_ensemble_columns(asked, ensemble)
    return risk_of_average(asked.answered, ensemble, answer, {}, str(training))
