"""Expansions in formulas: the risk at a large ridge, with coefficients that are rational in every parameter."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from asymptotics.analysis.puiseux import series_root
from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError
from asymptotics.lowering.formula_numbers import RationalFunctions
from asymptotics.lowering.puiseux_series import PuiseuxNumber, PuiseuxSeries
from asymptotics.models.components import NAMES
from asymptotics.models.library import stored_chart
from asymptotics.models.recipes import recipes
from asymptotics.models.regimes import Proportional
from asymptotics.prediction.problems import coordinates, problem, ridge_name
from asymptotics.prediction.singular import growing_ridge

_SPECTRUM = ("mu1sq", "mu_starsq", "F1sq", "F_starsq", "noise")
_GUARD = 2
_SPELLING = Proportional(1, 1).spelling


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

    References
    ----------
    docs/howto/limits_of_sizes_and_ridge.md.

    Examples
    --------
    >>> formulas = large_ridge_formulas(terms=2)
    >>> formulas["test"]
    [(Fraction(0, 1), F1sq + F_starsq), (Fraction(-1, 1), -2*F1sq*mu1sq*psi2)]
    """
    if family not in recipes():
        raise InputError("family", family, " or ".join(recipes()))
    used = stored_chart(family, "proportional", chart or next(iter(recipes()[family].charts)))
    names = [_SPELLING(size.name) for size in used.sizes]
    base = RationalFunctions([*sorted(names), *_SPECTRUM])
    arithmetic = PuiseuxSeries(base, 1, terms + _GUARD)
    given, first = _coordinates(used, base, arithmetic)
    given |= {name: arithmetic.constant(base.variable(name)) for name in _SPECTRUM}
    reduced = problem(used)
    root = series_root(reduced, given, None, PuiseuxNumber(arithmetic, -1, [first]), terms + _GUARD)
    found = reduced.observables({**given, reduced.master: root}, arithmetic, None)
    result = {}
    for name in (*NAMES, reduced.master):
        if name in found:
            series = found[name].shortened(terms)
            values = [base.expression(a) for a in series.coefficients]
            result[name] = [(-Fraction(series.start + k), value) for k, value in enumerate(values)]
    return result


def _coordinates(
    chart: Chart, base: RationalFunctions, arithmetic: PuiseuxSeries
) -> tuple[dict[str, Any], Any]:
    """Inputs of the chart, and the leading coefficient of the effective ridge."""
    sizes = {size.name: arithmetic.constant(base.variable(_SPELLING(size.name))) for size in chart.sizes}
    program = coordinates(chart, False, expanded=True)
    given = program({**sizes, ridge_name(False): arithmetic.variable(-1)}, arithmetic)
    return given, growing_ridge(chart, given, arithmetic).coefficients[0]
