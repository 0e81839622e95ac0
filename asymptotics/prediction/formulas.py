"""Expansions in formulas: the risk at a large ridge, with coefficients that are rational in every parameter."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from asymptotics.errors import InputError
from asymptotics.lowering.formula_numbers import RationalFunctions
from asymptotics.lowering.puiseux_series import PuiseuxSeries, Series
from asymptotics.prediction.evaluate import problem
from asymptotics.prediction.puiseux import series_root
from asymptotics.prediction.risk import COMPONENTS

_SPECTRUM = ("mu1sq", "mu_starsq", "F1sq", "F_starsq", "noise")
_GUARD = 2


def large_ridge_formulas(
    family: str = "random-features", *, terms: int = 3, chart: str = ""
) -> dict[str, list[tuple[Fraction, Any]]]:
    """Coefficients of the powers of the ridge, for a large ridge in the proportional limit, as formulas.

    Parameters
    ----------
    family : {"random-features", "kernel-ridge"}
    terms : int
        Number of coefficients of each component.
    chart : str
        Coordinates to compute in; they do not change the result.

    Returns
    -------
    dict
        For each component, exponents of the ridge and SymPy expressions in ``psi1``, ``psi2``, the squared norms of
        activation and target (``mu1sq``, ``mu_starsq``, ``F1sq``, ``F_starsq``) and ``noise``.

    Raises
    ------
    InputError
        For another family.

    Examples
    --------
    >>> formulas = large_ridge_formulas(terms=2)
    >>> formulas["test"]
    [(Fraction(0, 1), F1sq + F_starsq), (Fraction(-1, 1), -2*F1sq*mu1sq*psi2)]
    """
    charts = {"random-features": "wide", "kernel-ridge": "samples"}
    if family not in charts:
        raise InputError("family", family, " or ".join(charts))
    chart = chart or charts[family]
    sizes = ("psi1", "psi2") if family == "random-features" else ("psi2",)
    base = RationalFunctions([*sizes, *_SPECTRUM])
    arithmetic = PuiseuxSeries(base, 1, terms + _GUARD)
    given, first = _coordinates(chart, base, arithmetic)
    given |= {name: arithmetic.constant(base.variable(name)) for name in _SPECTRUM}
    reduced = problem(family, "proportional", chart)
    root = series_root(reduced, given, None, Series(arithmetic, -1, [first]), terms + _GUARD)
    found = reduced.observables({**given, reduced.master: root}, arithmetic, None)
    result = {}
    for name in (*COMPONENTS, reduced.master):
        if name in found:
            series = found[name].shortened(terms)
            values = [base.expression(a) for a in series.coefficients]
            result[name] = [(-Fraction(series.start + k), value) for k, value in enumerate(values)]
    return result


def _coordinates(
    chart: str, base: RationalFunctions, arithmetic: PuiseuxSeries
) -> tuple[dict[str, Any], Any]:
    """Inputs of the chart, and the leading coefficient of the effective ridge."""
    one, ridge, samples = base.convert(1), arithmetic.variable(-1), base.variable("psi2")
    if chart == "samples":
        constants = {"inv_n": one / samples}
    elif chart == "wide":
        features = base.variable("psi1")
        constants = {"psi2": samples, "inv_p": one / features, "gap": one - samples / features}
    else:
        features = base.variable("psi1")
        constants = {"psi1": features, "inv_n": one / samples, "gap": one - features / samples}
    given = {name: arithmetic.constant(value) for name, value in constants.items()}
    if chart == "wide":
        return {**given, "lam": ridge}, one / samples
    return {**given, "lam_n": ridge * arithmetic.constant(one / samples)}, one / samples
