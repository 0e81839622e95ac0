r"""Members with independent weights on the samples: any finite law, or the Poisson law of a bootstrap.

With weights w on the samples, the effective number :math:`c` of them and :math:`\kappa = T/c` solve

.. math:: c = \sum_i \frac{w_i}{1 + w_i\kappa}, \qquad \lambda = c\,\nu\,(1 - T/p),

and two predictors overlap by :math:`\omega_n = \sum_i y_i y_i'` with :math:`y = w/(c + wT)` (derived in
``derivations/bagging.py``). Since :math:`\sum_i y_i = 1`, two independent members have :math:`\omega_n = 1/n`.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, INV_N, INV_P, ONE
from asymptotics.dynamics.levels import Levels
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.forms import PARTS, part_program
from asymptotics.ensembles.pairs import Members, Pair, features_of, level_numbers, spectrum_of
from asymptotics.ensembles.weight_laws import WeightLaw
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
_TINY, _TIE = 1e-18, 1e-14
_SMALL = 1e-150  # for zero, where what vanishes together has a limit; its square is no zero yet

Array = np.ndarray


def weighted_members(request: Request, ensemble: Ensemble, width: float) -> Members:
    """Members that weight samples, or draw them with replacement; the pair is of two of them, on the same samples.

    Parameters
    ----------
    request : Request
        Samples are those that members weight.
    ensemble : Ensemble
    width : float
        As in :func:`asymptotics.ensembles.pairs.members`.

    Raises
    ------
    InputError
        If the model is not on one spectrum, or samples are infinite.
    """
    count, law = request.count, ensemble.weight_law
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
            raise InputError(*ensemble.weighting, "its default, or a model on one spectrum")
        samples, features = features_of(piece.chart, level, request, where)
        if np.any(np.isinf(samples)):
            raise InputError(*ensemble.weighting, "its default where samples do not matter")
        ridge = request.ridge[where] * (samples * law.mean if request.per_sample else 1.0)
        (bias, variance), found = _solved(
            level.levels(piece.data, _ARITHMETIC), samples, features, ridge, law, width
        )
        answer = RiskValues.tested(bias, noise * variance).named()
        answer |= {"kept": found["kept"], "effective_ridge": np.where(found["full"][2], 0.0, found["nu"])}
        answer["degrees_of_freedom"] = samples * (1 - found["gamma"])
        for name, value in answer.items():
            values[name][where] = value
        for name in table:
            table[name][where] = found[name]
        status[where[request.ridge[where] == 0]] = Status.LIMIT
        status[where[found["full"][0] & (found["full"].sum(axis=0) > 1)]] = Status.DIVERGES
        charts.append(piece.chart)
    pair = Pair(**{f.name: table[f.name] for f in fields(Pair)})
    columns = Columns(values, status, np.full(count, np.nan), tuple(charts), noise)
    return Members(columns, pair, table["gamma"], table["eta"])


def _solved(
    levels: Levels, samples: Array, features: Array, ridge: Array, law: WeightLaw, width: float
) -> tuple[tuple[Array, Array], dict[str, Array]]:
    """Of one member, in rows: bias and variance per noise; its pair, slacks and effective ridge."""
    weights, chances = law.values, law.chances
    nu, c, eta, full = _slacks(levels, samples, features, ridge, law)
    averages = level_numbers(levels, nu)
    freedom = averages[BOTH] + averages[ONE]
    with np.errstate(all="ignore"):
        y = weights / (c[:, None] + weights * freedom[:, None])
        own = samples * (chances * y**2).sum(axis=1)
        slack = samples * (chances * y**2 * c[:, None] / weights).sum(axis=1)
        left = c[:, None] / (c[:, None] + weights * freedom[:, None])
        kept, gamma = (law.none + np.where(full[0], 0.0, (chances * left**k).sum(axis=1)) for k in (2, 1))

        def forms(overlap: Array, left: Array, one_p: float, slack_p: Array) -> Pair:
            given = {**averages, GAMMA[0]: left, ETA[1]: slack_p, INV_N: overlap, INV_P: one_p / features}
            found = part_program()({key.name: value for key, value in given.items()}, _ARITHMETIC)
            return Pair(**{name: np.broadcast_to(found[name], nu.shape) for name in PARTS})

        alone = forms(own, slack, 1.0, eta)
        pair = forms(1 / samples, gamma, width, (1 - width) + width * eta)
        risk = alone.risk(True)
    found = {"nu": nu, "gamma": gamma, "eta": eta, "kept": kept, "full": full}
    return risk, {**found, **{name: getattr(pair, name) for name in PARTS}}


def _slacks(
    levels: Levels, samples: Array, features: Array, ridge: Array, law: WeightLaw
) -> tuple[Array, Array, Array, Array]:
    """Effective ridge, effective number of samples, one minus the degrees of freedom over features, and what is full.

    The product of the first three is the ridge: of the last two of them the smaller one follows without cancellation.
    Without ridge one of them is zero: the degrees of freedom are as many as the smallest of distinct samples, features
    and eigenvalues. Where several are equal, all of them exceed the degrees of freedom by the same small number.
    """
    nu, c = _roots(levels, samples, features, ridge, law)
    averages = level_numbers(levels, nu)
    eta = np.broadcast_to(1 - (averages[BOTH] + averages[ONE]) / features, nu.shape)
    s, m = (np.asarray(part, dtype=float) for part in (levels.eigenvalues, levels.multiplicities))
    s, m = s[s > 0], m[s > 0]
    rank = np.inf if levels.trace > 0 else float(m.sum())
    fits = np.stack([samples * (1 - law.none), features, np.full(nu.shape, rank)])
    full = (ridge == 0) & (fits <= fits.min(axis=0) * (1 + _TIE))
    fewer = c / (samples * law.mean) < eta
    with np.errstate(all="ignore"):
        exact_c, exact_eta = ridge / (nu * eta), ridge / (nu * c)
        last = _SMALL / np.stack(
            [law.inverse * samples / fits[0], features, np.full(nu.shape, np.sum(m / s))]
        )
    c = np.where((ridge > 0) & fewer, exact_c, c)
    eta = np.where((ridge > 0) & ~fewer & np.isfinite(features), exact_eta, eta)
    return (
        np.where(full[2], last[2], nu),
        np.where(full[0], last[0], c),
        np.where(full[1], last[1], eta),
        full,
    )


def _roots(
    levels: Levels, samples: Array, features: Array, ridge: Array, law: WeightLaw
) -> tuple[Array, Array]:
    """Effective ridge, and effective number of samples, by halving: the ridge grows with both."""
    weights, chances, mean = law.values, law.chances, law.mean

    def effective(freedom: Array) -> Array:
        """The number c with ``sum w/(c + w T) = 1``; zero where there are not so many distinct samples."""
        low, high = (
            np.full(freedom.shape, np.log(_TINY * weights.min())),
            np.full(freedom.shape, np.log(mean) + 1e-12),
        )
        share = (freedom / samples)[:, None]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = (chances * weights / (np.exp(middle)[:, None] + weights * share)).sum(axis=1) > 1
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.where(chances.sum() > freedom / samples, samples * np.exp((low + high) / 2), 0.0)

    def reached(log_nu: Array) -> tuple[Array, Array]:
        nu = np.exp(log_nu)
        averages = level_numbers(levels, nu)
        freedom = averages[BOTH] + averages[ONE]
        c = effective(freedom)
        return c * nu * np.maximum(1 - freedom / features, 0.0), c

    total = float(levels.trace + np.sum(np.asarray(levels.multiplicities) * np.asarray(levels.eigenvalues)))
    scale = np.log(total / np.minimum(samples, features))
    high = np.log(np.exp(scale) + ridge / (samples * min(1.0, mean))) + 40.0
    low = scale - 80.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = reached(middle)[0] > ridge
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    nu = high
    return np.exp(nu), reached(nu)[1]
