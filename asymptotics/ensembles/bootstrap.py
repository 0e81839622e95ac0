r"""Members whose samples are drawn with replacement: weights w with Poisson law, in the limit.

With weights on the samples, the effective number :math:`c` of them and :math:`\kappa = T/c` solve

.. math:: c = \sum_i \frac{w_i}{1 + w_i\kappa}, \qquad \lambda = c\,\nu\,(1 - T/p),

and two predictors overlap by :math:`\omega_n = \sum_i y_i y_i'` with :math:`y = w/(c + wT)` (derived in
``derivations/bagging.py``). Since :math:`\sum_i y_i = 1`, two independent bags have :math:`\omega_n = 1/n`.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, INV_N, INV_P, ONE
from asymptotics.dynamics.levels import Levels
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.forms import PARTS, part_program
from asymptotics.ensembles.pairs import Members, Pair, features_of, level_numbers, spectrum_of
from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.components import TESTED, RiskValues
from asymptotics.prediction.accuracy import Columns
from asymptotics.prediction.plans import plan
from asymptotics.prediction.requests import Request
from asymptotics.solvers.solution import Status

_ARITHMETIC = Float64()
_HALVINGS = 110
_TINY = 1e-18

Array = np.ndarray


def poisson(mean: float) -> tuple[Array, Array]:
    """Positive values of a Poisson variable and their probabilities, as far as doubles see them.

    Examples
    --------
    >>> values, weights = poisson(1.0)
    >>> abs(float(weights @ values) - 1.0) < 1e-15
    True
    """
    most = int(mean + 12 * np.sqrt(mean) + 30)
    values = np.arange(1.0, most + 1)
    logs = values * np.log(mean) - mean - np.cumsum(np.log(values))
    return values, np.exp(logs)


def resampled(request: Request, ensemble: Ensemble, width: float) -> Members:
    """Members that draw samples with replacement; the pair is of two of them, on the samples they draw from.

    Parameters
    ----------
    request : Request
        Samples are those that members draw from.
    ensemble : Ensemble
    width : float
        As in :func:`asymptotics.ensembles.pairs.members`.

    Raises
    ------
    InputError
        If the model is not on one spectrum, or samples are infinite.
    """
    count, mean = request.count, float(ensemble.samples)
    names = (*(component.name for component in TESTED), "kept", "effective_ridge", "degrees_of_freedom")
    values = {name: np.full(count, np.nan) for name in names}
    table = {name: np.full(count, np.nan) for name in (*PARTS, "gamma", "eta")}
    noise, charts, status = (
        double("noise", request.model.noise),
        [],
        np.full(count, Status.SOLVED, dtype=np.int8),
    )
    for piece in plan(request):
        level, where = spectrum_of(piece.chart), piece.where
        if level is None:
            raise InputError("bootstrap", True, "False, or a model on one spectrum")
        samples, features = features_of(piece.chart, level, request, where)
        if np.any(np.isinf(samples)):
            raise InputError("bootstrap", True, "False where samples do not matter")
        ridge = request.ridge[where] * (samples * mean if request.per_sample else 1.0)
        (bias, variance), found = _solved(
            level.levels(piece.data, _ARITHMETIC), samples, features, ridge, mean, width
        )
        answer = RiskValues.tested(bias, noise * variance).named()
        answer |= {"kept": found["kept"], "effective_ridge": found["nu"]}
        answer["degrees_of_freedom"] = samples * (1 - found["gamma"])
        for name, value in answer.items():
            values[name][where] = value
        for name in table:
            table[name][where] = found[name]
        status[where[request.ridge[where] == 0]] = Status.LIMIT
        charts.append(piece.chart)
    pair = Pair(**{f.name: table[f.name] for f in fields(Pair)})
    columns = Columns(values, status, np.full(count, np.nan), tuple(charts), noise)
    return Members(columns, pair, table["gamma"], table["eta"])


def _solved(
    levels: Levels, samples: Array, features: Array, ridge: Array, mean: float, width: float
) -> tuple[tuple[Array, Array], dict[str, Array]]:
    """Of one member, in rows: bias and variance per noise; its pair, slacks and effective ridge."""
    weights, law = poisson(mean)
    nu, c = _roots(levels, samples, features, ridge, weights, law)
    averages = level_numbers(levels, nu)
    freedom = averages[BOTH] + averages[ONE]
    with np.errstate(all="ignore"):
        y = weights / (c[:, None] + weights * freedom[:, None])
        own = samples * (law * y**2).sum(axis=1)
        slack = samples * (law * y**2 * c[:, None] / weights).sum(axis=1)
        eta = 1 - freedom / features
        eta = np.where(np.isfinite(features) & (c / samples > eta), ridge / (c * nu), eta)
        kept = law * (c[:, None] / (c[:, None] + weights * freedom[:, None])) ** 2
        none = 1 - law.sum()
        gamma = none + (law * c[:, None] / (c[:, None] + weights * freedom[:, None])).sum(axis=1)

        def forms(overlap: Array, left: Array, one_p: float, slack_p: Array) -> Pair:
            given = {**averages, GAMMA[0]: left, ETA[1]: slack_p, INV_N: overlap, INV_P: one_p / features}
            found = part_program()({key.name: value for key, value in given.items()}, _ARITHMETIC)
            return Pair(**{name: np.broadcast_to(found[name], nu.shape) for name in PARTS})

        alone = forms(own, slack, 1.0, eta)
        pair = forms(1 / samples, gamma, width, (1 - width) + width * eta)
        risk = alone.risk(True)
    found = {"nu": nu, "gamma": gamma, "eta": eta, "kept": none + kept.sum(axis=1)}
    return risk, {**found, **{name: getattr(pair, name) for name in PARTS}}


def _roots(
    levels: Levels, samples: Array, features: Array, ridge: Array, weights: Array, law: Array
) -> tuple[Array, Array]:
    """Effective ridge, and effective number of samples, by halving: the ridge grows with both."""

    def effective(freedom: Array) -> Array:
        """The number c with ``sum w/(c + w T) = 1``; zero where there are not so many distinct samples."""
        low, high = (
            np.full(freedom.shape, np.log(_TINY)),
            np.full(freedom.shape, np.log(weights @ law) + 1e-12),
        )
        share = (freedom / samples)[:, None]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = (law * weights / (np.exp(middle)[:, None] + weights * share)).sum(axis=1) > 1
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.where(law.sum() > freedom / samples, samples * np.exp((low + high) / 2), 0.0)

    def reached(log_nu: Array) -> tuple[Array, Array]:
        nu = np.exp(log_nu)
        averages = level_numbers(levels, nu)
        freedom = averages[BOTH] + averages[ONE]
        c = effective(freedom)
        return c * nu * np.maximum(1 - freedom / features, 0.0), c

    total = float(levels.trace + np.sum(np.asarray(levels.multiplicities) * np.asarray(levels.eigenvalues)))
    scale = np.log(total / np.minimum(samples, features))
    high = np.log(np.exp(scale) + ridge / (samples * min(1.0, float(weights @ law)))) + 40.0
    low = scale - 80.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = reached(middle)[0] > ridge
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    nu = high
    return np.exp(nu), reached(nu)[1]
