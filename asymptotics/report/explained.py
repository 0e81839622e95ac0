"""What the next order explains of the differences at finite size, family by family; nothing is fitted for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.components import TEST
from asymptotics.prediction.predict import predict
from asymptotics.report.comparison import Comparison, compare
from asymptotics.report.extrapolation import correct
from asymptotics.report.families import Family
from asymptotics.report.judgement import normal_score

__all__ = ["Explained", "corrected_risk", "explained", "explained_lines", "together"]


@dataclass(frozen=True)
class Explained:
    """One family, or several together.

    Attributes
    ----------
    chi_squared, chi_squared_left : float
        Of the differences of an observable at every size from theory at leading and at next order.
    degrees_of_freedom : int
    coefficient, coefficient_left : float
        Of 1/d in the relative difference from both theories.
    """

    chi_squared: float
    chi_squared_left: float
    degrees_of_freedom: int
    coefficient: float = np.nan
    coefficient_left: float = np.nan

    @property
    def share(self) -> float:
        """The share of the coefficient of 1/d that the next order explains."""
        return 1 - self.coefficient_left / self.coefficient

    def __add__(self, other: Explained) -> Explained:
        return Explained(
            self.chi_squared + other.chi_squared,
            self.chi_squared_left + other.chi_squared_left,
            self.degrees_of_freedom + other.degrees_of_freedom,
        )


def corrected_risk(family: Family, d: int) -> tuple[Any, str]:
    """The risk of a family at next order, or None and why there is none.

    Parameters
    ----------
    family : Family
        Model, regime and ridge.
    d : int
        Input dimension.
    """
    if family.inputs != "sphere":
        return None, f"{family.inputs}: theory is that of the sphere"
    try:
        return predict(family.model, family.regime(d), ridge=family.ridge, order=1), ""
    except InputError as error:
        return None, str(error)


def explained(
    family: Family, comparisons: Sequence[Comparison], corrected: Sequence[Any], name: str, order: int
) -> Explained | None:
    """What the next order explains of one observable; None where there is no next order, or nothing to explain.

    Parameters
    ----------
    family : Family
    comparisons : sequence of Comparison
        With theory at leading order, one per size.
    corrected : sequence of Risk
        Theory at next order.
    name : str
    order : int
        Highest power of 1/d that is fitted.
    """
    if any(risk is None for risk in corrected):
        return None
    after = [compare(risk, entry.estimate) for risk, entry in zip(corrected, comparisons, strict=True)]
    if any(name not in entry.observables for entry in (*comparisons, *after)):
        return None
    first, second = (
        np.array([float(entry.observables[name].difference) for entry in entries])
        for entries in (comparisons, after)
    )
    theory, error = (
        np.array([float(getattr(entry.observables[name], what)) for entry in comparisons])
        for what in ("theory", "standard_error")
    )
    if not ((theory > 0).all() and (error > 0).all()):
        return None
    trials = [entry.estimate.trials for entry in comparisons]
    sums, slopes = [], []
    for difference in (first, second):
        scores = [normal_score(z, count - 1) for z, count in zip(difference / error, trials, strict=True)]
        sums.append(float(np.square(scores).sum()))
        fit = correct(family.sizes, difference / theory, error / theory, order=order, trials=trials)
        slopes.append(fit.coefficients[0])
    return Explained(sums[0], sums[1], len(theory), slopes[0], slopes[1])


def together(results: Iterable[Any], observable: str) -> Explained | None:
    """What is explained of an observable, over all families that have a next order.

    Parameters
    ----------
    results : iterable of Any
        Of families at growing sizes.
    observable : str
        Its name.
    """
    found = [entry.orders[observable] for entry in results if observable in entry.orders]
    return sum(found[1:], found[0]) if found else None


def explained_lines(results: Sequence[Any], observables: Iterable[str]) -> list[str]:
    """What the next order explains, a line for each family, and the families that have none.

    Parameters
    ----------
    results : sequence of Any
        Of families at growing sizes.
    observables : iterable of str
        Their names.
    """
    lines = [
        "next order, nothing fitted: chi-squared of the test error at finite size, and the coefficient of 1/d in "
        "percent, before and after:"
    ]
    apart: dict[str, int] = {}
    for entry in results:
        one = entry.orders.get(TEST.name)
        if one is None:
            apart[entry.apart] = apart.get(entry.apart, 0) + 1
            continue
        slopes = f"{100 * one.coefficient:+8.1f} -> {100 * one.coefficient_left:+8.1f}"
        lines.append(f"  {_counts(one)}   {slopes}   {entry.family}")
    for name in observables:
        total = together(results, name)
        if total is not None:
            lines.append(f"  {_counts(total)}   {name}, all of these families")
    return [*lines, *(f"  apart, {count} families: {reason}" for reason, count in apart.items())]


def _counts(one: Explained) -> str:
    return f"{one.chi_squared:8.0f} -> {one.chi_squared_left:7.0f} /{one.degrees_of_freedom}"
