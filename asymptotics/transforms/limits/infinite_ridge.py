"""Leading orders of the unknowns of a system as its ridge grows: where the physical branch begins."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from asymptotics.equations.chart import Orders
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.limits.balanced_system import Balanced, DominantBalance, balanced_system, leading
from asymptotics.transforms.limits.leading_solution import ExactSample, explicit_solution

_SAMPLES = 4


def at_infinite_ridge(system: FixedPointSystem, ridge: Sequence[str] = ("lam",)) -> Orders:
    """Leading orders of all unknowns as the ridge grows, at fixed sizes and spectrum.

    Parameters
    ----------
    system : FixedPointSystem
    ridge : sequence of str
        Names of the ridges. Where there are several they grow in fixed ratios: orders are in the first one, and
        coefficients hold the ratios of the others to it.

    Returns
    -------
    mapping unknown -> (coefficient, exponent)
        ``unknown ~ coefficient * ridge**exponent``.
        Coefficients are in the parameters and in moments of the spectrum, as spectral averages of powers.

    Raises
    ------
    InputError
        If the system has no such parameter.
    DerivationError
        If no choice of exponents, or more than one, has positive unknowns inside the domain.

    Notes
    -----
    The search over leading terms is exhaustive (:mod:`~asymptotics.transforms.limits.exponent_search`). A choice whose
    unknowns, or conditions of the domain, are negative at some of a few random parameters is not the physical one.

    Examples
    --------
    >>> from asymptotics.models.derive import derive
    >>> at_infinite_ridge(derive("random-features"))[symbol("nu")]
    (1/n, Fraction(1, 1))
    """
    names = [symbol(name) for name in ridge]
    stray = set(names) - set(system.parameter_symbols())
    if stray or not names:
        raise InputError("ridge", list(ridge), "parameters of the system")
    prepared = balanced_system(system, dict.fromkeys(names, 1))
    ratios = {name: name / names[0] for name in names[1:]} | {names[0]: sp.S.One}
    found = _candidates(prepared)
    if found is None:
        prepared = prepared.refined()
        found = _candidates(prepared)
    if found is None:
        raise DerivationError(
            f"{system.name}: the leading terms at infinite ridge do not determine the unknowns"
        )
    physical = [orders for orders in found if _is_positive(orders)]
    if len(physical) > 1:
        physical = [orders for orders in physical if _in_domain(system, prepared, orders)]
    if len(physical) != 1:
        raise DerivationError(
            f"{system.name}: {len(physical)} of {len(found)} balances at infinite ridge have positive unknowns"
        )
    return {u: (c.xreplace(ratios), e) for u, (c, e) in physical[0].items()}


def _candidates(prepared: Balanced) -> list[Orders] | None:
    """Choices of exponents whose leading equations can be solved; nothing if some leave an unknown open."""
    candidates: list[Orders] = []
    for balance in prepared.balances():
        solved = _solved(prepared, balance)
        if solved is None:
            continue
        if balance.found.free or set(solved) != set(prepared.scales.unknowns):
            return None
        exponents = dict(zip(prepared.scales.unknowns, balance.found.exponents, strict=True))
        candidates.append({u: (solved[u], exponents[u]) for u in prepared.scales.unknowns})
    return candidates


def _solved(prepared: Balanced, balance: DominantBalance) -> dict[sp.Symbol, sp.Expr] | None:
    forms = [leading(terms, balance.found.exponents)[0] for terms in balance.terms]
    return explicit_solution(forms, prepared.scales.unknowns)


def _is_positive(orders: Orders) -> bool:
    for seed in range(_SAMPLES):
        sample = ExactSample(seed)
        values = [sample.value(coefficient) for coefficient, _ in orders.values()]
        if not all(value.is_extended_real and value > 0 for value in values):
            return False
    return True


def _in_domain(system: FixedPointSystem, prepared: Balanced, orders: Orders) -> bool:
    """Whether no condition of the domain is negative to leading order."""
    large = sp.Integer(10) ** 60
    for seed in range(_SAMPLES):
        sample = ExactSample(seed)
        point = {
            u: sample.value(c) * large ** sp.Rational(e.numerator, e.denominator)
            for u, (c, e) in orders.items()
        }
        ridges = {s: sample.value(s) * large for s in prepared.scales.growth}
        for condition in system.domain.conditions:
            value = sample.value(system.expand(condition.expression), point | ridges)
            if value.is_real and value < 0:
                return False
    return True
