"""The best power for the ridge: cells are walked along its exponent, and the constant is minimised where they meet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import TEST
from asymptotics.scaling.law import FEATURE_EXPONENT, RIDGE_EXPONENT, Question
from asymptotics.scaling.minimise import least
from asymptotics.scaling.power import Power
from asymptotics.transforms.limits.cells import Cell

_LARGEST = Fraction(1)
"""Ridges of this exponent are of the order of the eigenvalues, per sample; nothing is learned beyond."""
_BELOW = Fraction(1, 1000)
_MOST = 60


@dataclass(frozen=True)
class Stretch:
    """Exponents of the ridge with one law.

    Attributes
    ----------
    low, high : Fraction or float
        Ends; equal for a single exponent.
    inner : Fraction
        An exponent inside.
    """

    low: Fraction | float
    high: Fraction | float
    inner: Fraction


def stretches(asked: Question) -> Iterator[Stretch]:
    """Every stretch of ridge exponents below one, from the largest down to the ridgeless limit."""
    end: Fraction | float = _LARGEST
    for _ in range(_MOST):
        trial = Fraction(end) - _BELOW
        low, high = ends_of(replace(asked, ridge=Power(trial)).cell(TEST.name), asked.features)
        while high < end:  # the step went too far
            trial = (Fraction(high) + Fraction(end)) / 2
            low, high = ends_of(replace(asked, ridge=Power(trial)).cell(TEST.name), asked.features)
        yield Stretch(low, high, trial)
        if low == -math.inf:
            return
        yield Stretch(low, low, Fraction(low))
        end = low
    raise DerivationError("the cells along the exponent of the ridge do not end")


def ends_of(found: Cell, features: Power | None) -> tuple[Fraction | float, Fraction | float]:
    """Interval of ridge exponents of a cell.

    Parameters
    ----------
    found : Cell
    features : Power or None
        Where the cell is cut.
    """
    low: Fraction | float = -math.inf
    high: Fraction | float = math.inf
    point = {RIDGE_EXPONENT: Fraction(0)}
    if features is not None:
        point[FEATURE_EXPONENT] = features.exponent
    for form in found.inequalities:
        slope = form.coefficient(RIDGE_EXPONENT)
        if not slope:
            continue
        bound = -form.at(point) / slope
        if slope > 0:
            low = max(low, bound)
        else:
            high = min(high, bound)
    return low, high


def coefficient(asked: Question) -> Any:
    """Constant of the test error."""
    return asked.leading(TEST.name).coefficient


def best_ridge(asked: Question) -> Question:
    """The question with the ridge whose test error is least as n grows.

    Parameters
    ----------
    asked : Question
        Its ridge is not looked at.

    Notes
    -----
    The exponent of the test error is continuous and piecewise linear in that of the ridge, so it is least where cells
    meet, or on a whole cell; there the constant decides. Without an inner minimum of the constant, the ridgeless limit
    is as good as any small ridge.
    """
    ridgeless = replace(asked, ridge=None)
    rates: dict[Fraction, Fraction] = {}
    for stretch in stretches(asked):
        if stretch.low == stretch.high:
            rates[stretch.inner] = replace(asked, ridge=Power(stretch.inner)).leading(TEST.name).lead.value
    context = Multiprecision(asked.digits).context
    found: list[tuple[Any, Power | None]] = []
    best = min(rates.values(), default=Fraction(0))
    with suppress(DerivationError):  # infinite where there are as many features as samples
        limit = ridgeless.leading(TEST.name)
        best = min(best, limit.lead.value)
        found += [(limit.coefficient, None)] if limit.lead.value == best else []
    for exponent in (e for e, rate in rates.items() if rate == best):

        def at(constants: Any, exponent: Fraction = exponent) -> Any:
            return coefficient(replace(asked, ridge=Power(exponent, constants[0])))

        inner = least(at, 1, context)
        if inner is not None:
            found.append((inner[1], Power(exponent, inner[0][0])))
    if not found:
        raise DerivationError("no power of n is best for the ridge: its constant has no minimum")
    return replace(asked, ridge=min(found, key=lambda pair: pair[0])[1])
