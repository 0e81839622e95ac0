"""Checks by measurement: balls, digits, rates, Monte Carlo; and what is taken on trust."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp

from asymptotics.errors import InputError
from asymptotics.verification.evidence import Check, Evidence, timed


@timed
def enclosed(value: Any, ball: Any, statement: str) -> Check:
    """A number lies in a proved ball, given by its midpoint and radius.

    Parameters
    ----------
    value : number
    ball : object with ``mid`` and ``rad``, attributes or methods
    statement : str
    """
    middle, radius = ((part() if callable(part) else part) for part in (ball.mid, ball.rad))
    exact, center, reach = (sp.Rational(str(number)) for number in (value, middle, radius))
    passed = bool(abs(exact - center) <= reach)
    return Check("enclosed", statement, Evidence.ENCLOSED, passed, f"ball {middle} +/- {radius}")


@timed
def agrees(left: Any, right: Any, digits: int, statement: str) -> Check:
    """Two numbers agree to ``digits`` significant digits.

    Parameters
    ----------
    left : number
        Of any kind.
    right : number
        Of any kind.
    digits : int
        Significant ones.
    statement : str
        In words.

    Examples
    --------
    >>> agrees(sp.sqrt(2), sp.Rational(14142135623731, 10**13), 12, "root of two").passed
    True
    """
    first, second = (sp.sympify(value, strict=True).evalf(digits + 15) for value in (left, right))
    scale = max(abs(first), abs(second), sp.Float(10) ** -300)
    found = math.inf if first == second else float(-sp.log(abs(first - second) / scale, 10))
    detail = f"{min(found, digits + 15):.1f} digits, {digits} asked"
    return Check("agrees", statement, Evidence.CONVERGED, found >= digits, detail)


@timed
def limit(gaps: Mapping[Any, Any], rate: Any, statement: str, tolerance: float = 0.05) -> Check:
    """The gap between a system and its limit falls like ``size ** -rate``.

    Parameters
    ----------
    gaps : mapping size -> gap
        At least three growing sizes.
    rate : number
        Predicted exponent.
    statement : str
    tolerance : float
        Allowed error of the observed exponent between the two largest sizes.

    Examples
    --------
    >>> limit({10: 0.11, 100: 0.0101, 1000: 0.001001}, 1, "a gap of 1/d").passed
    True
    """
    sizes = sorted(gaps)
    values = [abs(float(gaps[size])) for size in sizes]
    if len(sizes) < 3 or any(value == 0 for value in values):
        raise InputError("gaps", gaps, "nonzero gaps at three or more sizes")
    slopes = [
        -math.log(values[k + 1] / values[k]) / math.log(float(sizes[k + 1]) / float(sizes[k]))
        for k in range(len(sizes) - 1)
    ]
    passed = abs(slopes[-1] - float(rate)) <= tolerance and values == sorted(values, reverse=True)
    detail = f"exponents {', '.join(f'{slope:.4f}' for slope in slopes)}; predicted {rate}"
    return Check("limit", statement, Evidence.CONVERGED, passed, detail)


@timed
def simulated(
    theory: float, mean: float, standard_error: float, statement: str, seed: int, threshold: float = 4.0,
    allowance: float = 0.0,
) -> Check:  # fmt: skip
    """Monte Carlo agrees with theory within ``threshold`` standard errors, plus a relative allowance.

    Parameters
    ----------
    theory, mean, standard_error : float
    statement : str
    seed : int
        Of the simulation, for the record.
    threshold : float
        In standard errors; the false-alarm rate printed is that of a normal law at allowance zero.
    allowance : float
        Relative finite-size error granted to the theory.
    """
    score = (mean - theory) / standard_error
    passed = abs(mean - theory) <= threshold * standard_error + allowance * abs(theory)
    alarm = math.erfc(threshold / math.sqrt(2))
    detail = (
        f"theory {theory:.6g}, simulation {mean:.6g} +/- {standard_error:.2g} (z = {score:+.2f}), seed {seed}"
    )
    detail += f", false alarms {alarm:.1e}" + (f", allowance {allowance:.1%}" if allowance else "")
    return Check("simulated", statement, Evidence.STATISTICAL, passed, detail)


@timed
def assumes(statement: str, reference: str) -> Check:
    """A theorem is taken from the literature; the key has to stand in the bibliography.

    Parameters
    ----------
    statement : str
        The theorem.
    reference : str
        Key of the bibliography.

    Raises
    ------
    InputError
        If no reference is given.
    """
    if not reference:
        raise InputError("reference", reference, "a key of derivations/references.bib")
    return Check("assumes", statement, Evidence.ASSUMED, True, f"taken from {reference}", reference=reference)
