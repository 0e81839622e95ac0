"""Ensembles and parts to any number of digits, on models of one spectrum: the same forms on mpmath numbers.

The risk of one member comes out by two routes, the chart and the pair of equal predictors; they have to agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, HALF, INV_N, INV_P, LEFT, ONE, OTHER
from asymptotics.dynamics.levels import Levels
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.forms import PARTS, part_program
from asymptotics.ensembles.pairs import Pair, spectrum_of
from asymptotics.ensembles.parts import NAMES, part_program_of_risk
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import TESTED, TRAIN, RiskValues
from asymptotics.models.model import Equations
from asymptotics.prediction.accuracy import Columns, Digits
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.precise import solve_point
from asymptotics.prediction.problems import chart_of, is_scalar
from asymptotics.prediction.requests import Request

_SPARE = 8
_AGREE = 3


@dataclass(frozen=True)
class PrecisePair:
    """Two predictors at one point.

    Attributes
    ----------
    pair : Pair
        Of mpmath numbers.
    gamma : mpmath number
        Samples minus degrees of freedom, over samples.
    noise : mpmath number
    arithmetic : Multiprecision
    """

    pair: Pair
    gamma: Any
    noise: Any
    arithmetic: Any


def scaled(request: Request, shares: Mapping[str, Fraction]) -> Request:
    """The request with exact shares of some sizes, by their names in the theory.

    Parameters
    ----------
    request : Request
        What one member is asked.
    shares : mapping of str to Fraction
        Name of a size to the share that a member has of it.
    """
    known, exact = request.exact_parameters(), dict(request.exact)
    sizes = dict(request.sizes)
    for name, share in shares.items():
        if share == 1:
            continue
        spelled = request.regime.spelling(name)
        values = np.asarray(known[spelled], dtype=object)
        read = np.vectorize(lambda v, s=share: v if v == math.inf else v * s, otypes=[object])(values)
        exact[spelled] = read if read.shape else read.item()
        sizes[name] = sizes[name] * float(share)
    return replace(request, sizes=sizes, exact=exact)


def precise_pairs(request: Request, digits: int, width: Fraction = Fraction(1)) -> Iterator[PrecisePair]:
    """Pairs at every point of a request, in digits.

    Parameters
    ----------
    request : Request
        What is asked, over a grid.
    digits : int
        Decimal digits.
    width : Fraction
        Share of the features that two members have in common.

    Raises
    ------
    InputError
        If the model is not on one spectrum, or a point is singular.
    """
    known: dict[int | None, Equations] = {}
    for sizes, ridge, d in request.exact_rows():
        if d not in known:
            known[d] = request.regime.equations(request.model, d)
        equations = known[d]
        chart = chart_of(equations.charts, sizes)
        level = spectrum_of(chart) if is_scalar(chart) else None
        if level is None:
            raise InputError("digits", digits, "None, or a model on one spectrum")
        point = in_chart(chart, sizes, ridge, request.per_sample)
        measure = equations.measure
        degrees = measure.first_degrees(float(point.size))
        if point.without_ridge and (measure.rank(degrees) <= point.size or point.at_threshold):
            raise InputError(
                "digits", digits, "None, or a positive ridge here", "the point is a limit of others"
            )
        root, degrees = solve_point(measure, point, degrees, digits + _SPARE)
        arithmetic, theory = root.arithmetic, request.model.theory
        levels = level.levels(measure.numbers(degrees, arithmetic), arithmetic)
        samples: Any = math.inf if chart.vanishing is None else sizes[theory.samples]
        endless = chart.vanishing is not None and (level.wide or theory.features not in sizes)
        features: Any = math.inf if endless else sizes[theory.features]
        given = Fraction(ridge) if chart.vanishing is not None else Fraction(0)
        per_sample = given if request.per_sample else given / samples if samples != math.inf else Fraction(0)
        yield _pair(levels, root.value, samples, features, per_sample, width, arithmetic)


def _pair(
    levels: Levels, nu: Any, samples: Any, features: Any, ridge: Fraction, width: Fraction, arithmetic: Any
) -> PrecisePair:
    convert = arithmetic.convert
    averages = _averages(levels, nu, arithmetic)
    small, large = min(samples, features), max(samples, features)
    product = convert(ridge) / nu
    ratio = convert(Fraction(0) if large == math.inf else Fraction(small) / Fraction(large))
    gap = convert(1) if large == math.inf else convert(1 - Fraction(small) / Fraction(large))
    first = 2 * product / (gap + arithmetic.sqrt(gap * gap + 4 * ratio * product))
    second = gap + ratio * first
    gamma, eta = (first, second) if samples <= features else (second, first)
    one_n, one_p = (
        convert(Fraction(0) if size == math.inf else 1 / Fraction(size)) for size in (samples, features)
    )
    share = convert(width)
    given = {GAMMA[0]: gamma, ETA[1]: 1 - share + share * eta, INV_N: one_n, INV_P: share * one_p, **averages}
    found = part_program()({key.name: value for key, value in given.items()}, arithmetic)
    pair = Pair(**{f.name: found[f.name] for f in fields(Pair)})
    return PrecisePair(pair, gamma, levels.noise, arithmetic)


def _averages(levels: Levels, nu: Any, arithmetic: Any) -> dict[Any, Any]:
    """Averages with two equal poles."""
    zero = arithmetic.convert(0)
    both, mixed, left, half = zero, levels.trace / nu, zero + levels.power, zero
    for s, m, b in zip(levels.eigenvalues, levels.multiplicities, levels.powers, strict=True):
        out, into = nu / (s + nu), s / (s + nu)
        both, mixed = both + m * into * into, mixed + m * into * out
        left, half = left + b * out * out, half + b * into * out
    return {BOTH: both, ONE: mixed, OTHER: mixed, LEFT: left, HALF: half}


def ensemble_to_digits(request: Request, ensemble: Ensemble, digits: int) -> Columns:
    """The risk of an ensemble, as mpmath numbers.

    Parameters
    ----------
    request : Request
        Sizes of what members are given parts of.
    ensemble : Ensemble
    digits : int

    Raises
    ------
    InputError
        If the model is not on one spectrum, samples are weighted or drawn with replacement, or a point is singular.
    PrecisionError
        If the two routes to the risk of one member disagree.
    """
    if ensemble.weighted:
        raise InputError("digits", digits, "None for a bootstrap, or weights")
    theory = request.model.theory
    shares = {theory.samples: ensemble.samples}
    if ensemble.features != 1:
        if theory.features not in request.sizes:
            raise InputError(
                "features", ensemble.features, "1 for a model without a size that counts its features"
            )
        shares[theory.features] = ensemble.features
    member = scaled(request, shares)
    answer = Digits(digits).answer(member)
    width = ensemble.features if ensemble.shares_features else Fraction(1)
    overlap = ensemble.samples if ensemble.shares_data else Fraction(0)
    asked = (*TESTED, *((TRAIN,) if ensemble.shares_data else ()))
    columns = {component.name: np.empty(request.count, dtype=object) for component in asked}
    out = Multiprecision(digits).convert
    for place, found in enumerate(precise_pairs(member, digits, width)):
        plain = answer.risk.mapped(itemgetter(place))
        if width == 1:
            _require_equal(found, plain.test, digits)
        convert = found.arithmetic.convert
        bias, per_noise = found.pair.overlapping(convert(overlap)).risk(ensemble.shares_features)
        pair = RiskValues.tested(bias, found.noise * per_noise)
        kept = convert(ensemble.samples)
        rest = 1 - kept + kept * found.gamma
        pair = replace(pair, train=rest * rest * (pair.test + found.noise))
        plain = replace(plain, train=kept * plain.train + (1 - kept) * (plain.test + found.noise))
        weight = convert(0) if ensemble.members == math.inf else convert(Fraction(1, ensemble.members))
        mixed = plain.combined(pair, partial(_mean, weight)).named()
        for name, column in columns.items():
            column[place] = out(mixed[name])
    kept_columns = {name: answer.values[name] for name in ("effective_ridge", "degrees_of_freedom")}
    return replace(answer, values={**columns, **kept_columns})


def _mean(weight: Any, single: Any, pair: Any) -> Any:
    return weight * single + (1 - weight) * pair


def _require_equal(found: PrecisePair, test: Any, digits: int) -> None:
    bias, per_noise = found.pair.risk(True)
    value = bias + found.noise * per_noise
    if abs(value - test) > abs(test) * found.arithmetic.convert(Fraction(1, 10 ** max(digits - _AGREE, 1))):
        raise PrecisionError(
            "the risk of one predictor", f"{test} by its chart and {value} by its pair differ"
        )


def parts_to_digits(request: Request, digits: int) -> dict[str, Any]:
    """The six parts at every point, as mpmath numbers.

    Parameters
    ----------
    request : Request
        What is asked, over a grid.
    digits : int
        Decimal digits.

    Raises
    ------
    InputError
        As :func:`ensemble_to_digits`.

    Examples
    --------
    >>> import asymptotics as asy
    >>> from asymptotics.prediction.requests import read_request
    >>> model = asy.SpectralRidge([2, 1], [1, 1], noise="1/2")
    >>> request = read_request(model, asy.FiniteSize(n=3, p=4), "1/10", None)
    >>> found = parts_to_digits(request, 30)
    >>> print(sum(value[0] for value in found.values()))
    0.675204015260395358216074538944
    """
    request.model.theory.written()  # without a program copies of it are not known
    columns = {name: np.empty(request.count, dtype=object) for name in NAMES}
    out = Multiprecision(digits).convert
    for place, found in enumerate(precise_pairs(request, digits)):
        given = {name: getattr(found.pair, name) for name in PARTS}
        values = part_program_of_risk()({**given, "noise": found.noise}, found.arithmetic)
        for name, column in columns.items():
            column[place] = out(values[name])
    return columns
