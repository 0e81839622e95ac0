r"""Pairs of predictors with one ridge at every point of a request: what they miss together, and the feedback.

Read from the spectrum where a chart averages over one, by the forms of :mod:`asymptotics.ensembles.forms`. Any other
model gives the same numbers by two of its systems: its own risk, and the overlap of two copies with features of their
own. With bias and variance per noise of either, :math:`1 - \Upsilon = 1/(1 + \text{variance})`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, HALF, INV_N, INV_P, LEFT, ONE, OTHER
from asymptotics.dynamics.levels import LevelChart, Levels, as_levels
from asymptotics.ensembles.forms import PARTS, part_program
from asymptotics.ensembles.sharing import Independent, has_random_features
from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.errors import InputError
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.components import SPLIT, TRAIN, Component, RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.pair import pruned
from asymptotics.prediction.accuracy import Columns, Doubles
from asymptotics.prediction.evaluate import solve_chart
from asymptotics.prediction.general import solve_general
from asymptotics.prediction.plans import Piece, plan
from asymptotics.prediction.problems import is_scalar
from asymptotics.prediction.requests import Request

_ARITHMETIC = Float64()
_CLOSE, _STABLE = 1e-8, 1e4
_CELLS = 1 << 18
_NEEDED = (*SPLIT, TRAIN)

Array = np.ndarray


@dataclass(frozen=True)
class Pair:
    """Two predictors with features of their own, and what sharing their features adds.

    Attributes
    ----------
    missed, missed_more : ndarray
        Overlap of their errors with independent data.
    feedback, feedback_more : ndarray
        Feedback through the samples that they share.
    rest, rest_more : ndarray
        One minus the feedback with independent features, and with shared ones.
    """

    missed: Array
    missed_more: Array
    feedback: Array
    feedback_more: Array
    rest: Array
    rest_more: Array

    @classmethod
    def of_risks(cls, apart: RiskValues, together: RiskValues) -> Pair:
        """From bias, and variance at unit noise, of pairs with features of their own and with shared ones.

        Parameters
        ----------
        apart : RiskValues
            Pairs with features of their own.
        together : RiskValues
            Pairs with shared features.
        """
        with np.errstate(all="ignore"):
            rest, rest_more = 1 / (1 + apart.variance), 1 / (1 + together.variance)
            missed, feedback = apart.bias * rest, apart.variance * rest
            more = together.bias * rest_more - missed, together.variance * rest_more - feedback
        return cls(missed, more[0], feedback, more[1], rest, rest_more)

    def overlapping(self, share: float) -> Pair:
        """The pair with a share of the overlap of their samples."""
        return replace(
            self, feedback=share * self.feedback, feedback_more=share * self.feedback_more,
            rest=(1 - share) + share * self.rest, rest_more=(1 - share) + share * self.rest_more,
        )  # fmt: skip

    def risk(self, shares_features: bool) -> tuple[Array, Array]:
        """Bias, and variance per noise, of the pair."""
        if not shares_features:
            return self.missed / self.rest, self.feedback / self.rest
        bias = (self.missed + self.missed_more) / self.rest_more
        return bias, (self.feedback + self.feedback_more) / self.rest_more


@dataclass(frozen=True)
class Members:
    """Predictors at every point of a request, one by one and in pairs.

    Attributes
    ----------
    columns : Columns
        Risk of one predictor.
    pair : Pair
        Two of them that are trained on the same samples, in rows; with features shared as far as ``width`` says.
    gamma : ndarray
        Samples minus degrees of freedom, over samples.
    eta : ndarray
        The same of features; NaN where a chart does not say.
    """

    columns: Columns
    pair: Pair
    gamma: Array
    eta: Array


def members(request: Request, width: float = 1.0, apart: bool = True) -> Members:
    """Predictors, and pairs of them.

    Parameters
    ----------
    request : Request
        Sizes of one predictor.
    width : float
        Overlap of the features of a pair that shares features, in units of one over the features of one predictor.
    apart : bool
        Whether pairs with features of their own are asked for too; what is shared may not be told apart otherwise.

    Raises
    ------
    InputError
        If the model cannot say what is asked.
    """
    columns = Doubles().answer(request)
    table = {name: np.full(request.count, np.nan) for name in (*PARTS, "gamma", "eta")}
    rest = np.zeros(request.count, dtype=bool)
    for piece in plan(request):
        level = spectrum_of(piece.chart)
        found = None if level is None else _on_levels(request, piece, level, columns, width)
        if found is None:
            rest[piece.where] = True
            continue
        for name, value in found.items():
            table[name][piece.where] = value
    if np.any(rest):
        where = np.flatnonzero(rest)
        for name, value in _by_programs(request, where, width, apart).items():
            table[name][where] = value
    return Members(
        columns, Pair(**{f.name: table[f.name] for f in fields(Pair)}), table["gamma"], table["eta"]
    )


@cache
def spectrum_of(chart: Chart) -> LevelChart | None:
    """A chart read as a spectrum, as far as its test error is concerned; None where it is none.

    In a limit the norm may hold averages at another scale than the test error does.
    """
    for whole in (True, False):
        system = chart.system
        if not whole:
            kept = tuple(o for o in system.observables if o.name in {part.name for part in SPLIT})
            system = pruned(replace(system, observables=kept))
        read = as_levels(replace(chart, system=system, vanishing=chart.vanishing or RIDGE))
        if read is not None:
            return read
    return None


def features_of(chart: Chart, level: LevelChart, request: Request, where: Array) -> tuple[Array, Array]:
    """Samples and features that the equations know; infinite where they do not matter to the effective ridge.

    Parameters
    ----------
    chart : Chart
        Coordinates that answered.
    level : LevelChart
        Chart of the features.
    request : Request
        What was asked.
    where : ndarray
        Indices of points.
    """
    theory = request.model.theory
    samples = request.sizes[theory.samples][where]
    endless = np.full(where.size, np.inf)
    if chart.vanishing is None:
        return endless, request.sizes[theory.features][where]
    if level.wide or theory.features not in request.sizes:
        return samples, endless
    return samples, request.sizes[theory.features][where]


def slacks(small: Array, large: Array, freedom: Array, product: Array) -> tuple[Array, Array]:
    """One minus the degrees of freedom over the smaller size, and over the larger; their product is known.

    Parameters
    ----------
    small : ndarray
        The smaller size.
    large : ndarray
        The larger size.
    freedom : ndarray
        Degrees of freedom.
    product : ndarray
        Of both slacks, as the equations give it.
    """
    with np.errstate(all="ignore"):
        ratio = small / large
        gap = np.where(np.isinf(large), 1.0, (large - small) / large)
        first = 2 * product / (gap + np.sqrt(gap**2 + 4 * ratio * product))
        first = np.where(np.isfinite(first), first, (small - freedom) / small)
    return first, gap + ratio * first


def level_numbers(levels: Levels, nu: Array) -> dict[Any, Array]:
    """Averages with two equal poles over the levels, at effective ridges, in blocks that fit the cache.

    Parameters
    ----------
    levels : Levels
        Eigenvalues with multiplicities and target powers.
    nu : ndarray
        Effective ridges, of any shape.
    """
    s, m, b = (
        np.asarray(part, dtype=float) for part in (levels.eigenvalues, levels.multiplicities, levels.powers)
    )
    found = {name: np.empty(nu.shape) for name in (BOTH, ONE, LEFT, HALF)}
    step = max(1, _CELLS // max(s.size, 1))
    for begin in range(0, nu.size, step):
        at = slice(begin, begin + step)
        with np.errstate(all="ignore"):
            out = nu[at, None] / (s + nu[at, None])
            into = s / (s + nu[at, None])
            tail = np.where(levels.trace == 0, 0.0, levels.trace / nu[at])
        found[BOTH][at] = (m * into**2).sum(axis=1)
        found[ONE][at] = (m * into * out).sum(axis=1) + tail
        found[LEFT][at] = (b * out**2).sum(axis=1) + levels.power
        found[HALF][at] = (b * into * out).sum(axis=1)
    return {**found, OTHER: found[ONE]}


def _on_levels(
    request: Request, piece: Piece, level: LevelChart, columns: Columns, width: float
) -> dict[str, Array] | None:
    """The pair on the spectrum of a chart; None where the chart is not what it was read as."""
    where = piece.where
    samples, features = features_of(piece.chart, level, request, where)
    nu = columns.values["effective_ridge"][where]
    levels = level.levels(piece.data, _ARITHMETIC)
    averages = level_numbers(levels, nu)
    freedom = averages[BOTH] + averages[ONE]
    ridge = np.zeros(where.size) if piece.chart.vanishing is None else request.ridge[where]
    first = samples <= features
    with np.errstate(all="ignore"):
        per_sample = ridge if request.per_sample else ridge / samples
        small, large = np.minimum(samples, features), np.maximum(samples, features)
        one, two = slacks(small, large, freedom, per_sample / nu)
    gamma, eta = np.where(first, one, two), np.where(first, two, one)

    def forms(overlap: float, slack: Array) -> dict[str, Array]:
        given = {**averages, GAMMA[0]: gamma, ETA[1]: slack, INV_N: 1 / samples, INV_P: overlap / features}
        with np.errstate(all="ignore"):
            return part_program()({key.name: value for key, value in given.items()}, _ARITHMETIC)

    whole = forms(1.0, eta)
    pair = Pair(**{name: np.broadcast_to(whole[name], where.shape) for name in PARTS})
    if not _is(pair, columns, where, levels.noise):
        return None
    found = whole if width == 1.0 else forms(width, (1 - width) + width * eta)
    return {**found, "gamma": gamma, "eta": eta}


def _is(pair: Pair, columns: Columns, where: Array, noise: float) -> bool:
    """Whether pairs of equal predictors have the risk of one."""
    with np.errstate(all="ignore"):
        bias, variance = pair.risk(True)
    close, risk = True, columns.risk
    for column, value in ((risk.bias, bias), (risk.variance, noise * variance)):
        known = column[where]
        # Where rounding is magnified the two differ by it, and say nothing about the chart.
        sure = np.isfinite(known) & np.isfinite(value) & (columns.condition[where] < _STABLE)
        difference = np.abs(value[sure] - known[sure])
        close &= bool(np.all(difference <= _CLOSE * (np.abs(known[sure]) + _CLOSE)))
    return close


def require_width(model: Any, width: float) -> None:
    """Check that a model that is not on one spectrum is not asked how parts of features overlap.

    Parameters
    ----------
    model : Model
        Whose features overlap in part.
    width : float
        Share of the features in common, between 0 and 1.

    Raises
    ------
    InputError
        If it is.
    """
    if width != 1.0 and has_random_features(model.theory):
        allowed = "1 where features are shared, or a model on one spectrum"
        raise InputError(
            "features", width, allowed, f"{model.theory.name} does not say how parts of features overlap"
        )


def _by_programs(request: Request, where: Array, width: float, apart: bool) -> dict[str, Array]:
    """The pair from the risk of one predictor, and the derived overlap of two with features of their own."""
    model = request.model
    have = {component.name for component in model.components}
    missing = [part.name for part in _NEEDED if part.name not in have]
    if missing:
        allowed = "a model whose program declares test and train, with a target and label noise 'noise'"
        raise InputError("model", model, allowed, f"missing: {', '.join(missing)}")
    random = has_random_features(model.theory)
    require_width(model, width)
    single = other = _solved(request, where, _NEEDED)
    if random and apart:
        other = _solved(replace(request, model=Independent(model)), where, SPLIT)
    with np.errstate(all="ignore"):
        gamma = np.sqrt(single.train / (single.bias + single.variance + 1))
    return {**vars(Pair.of_risks(other, single)), "gamma": gamma, "eta": np.full(where.size, np.nan)}


def _solved(request: Request, where: Array, needed: tuple[Component, ...]) -> RiskValues:
    """Components at unit noise."""
    table = {component.name: np.full(request.count, np.nan) for component in needed}
    wanted = np.zeros(request.count, dtype=bool)
    wanted[where] = True
    for piece in plan(request):
        if not np.any(wanted[piece.where]):
            continue
        if NOISE.name not in piece.data.scalars:
            allowed = "a model with label noise 'noise' among its numbers"
            raise InputError("model", request.model, allowed, "the feedback is seen in what noise does")
        data = replace(piece.data, scalars={**piece.data.scalars, NOISE.name: 1.0})
        solver = solve_chart if is_scalar(piece.chart) else solve_general
        values, _, _ = solver(piece.chart, piece.points, data)
        for name, column in table.items():
            power = piece.powers.get(name, 0)
            column[piece.where] = values[name] if power == 0 else 0.0 if power < 0 else np.inf
    return RiskValues.of(table).mapped(itemgetter(where))
