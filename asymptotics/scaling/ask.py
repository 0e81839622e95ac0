"""What users ask of scaling laws."""

from __future__ import annotations

import math
from typing import Any

from asymptotics.errors import InputError
from asymptotics.scaling.law import ScalingLaw, law_of, question
from asymptotics.scaling.optimal import best_ridge

__all__ = ["scaling_law"]

OPTIMAL = "optimal"


def scaling_law(
    model: Any, *, features: Any = math.inf, ridge: Any = 0, digits: int | None = None, terms: int = 2
) -> ScalingLaw:
    r"""Exponents and constants of the risk where features and ridge are powers of the number of samples.

    Parameters
    ----------
    model : PowerLawRidge
        ``SpectralRidge.power_law(decay=, target_decay=, noise=)``.
    features : Power or math.inf
        ``asy.Power(q, theta)`` is :math:`p = \theta n^q`; infinitely many, a kernel, by default.
    ridge : Power, number or "optimal"
        ``asy.Power(e, L)`` is :math:`\lambda = L n^e`; a number is a constant ridge, 0 the ridgeless limit; "optimal"
        is the power with the smallest test error.
    digits : int, optional
        Constants as mpmath numbers of so many digits; floats by default.
    terms : int, default 2
        How many terms of the test error and its parts are wanted; where a logarithm ends an expansion there are fewer.

    Returns
    -------
    ScalingLaw
        ``exponent``, ``constant``, ``next``, ``crossover`` of the test error; the same of ``bias``, ``variance``,
        ``train``, ``norm`` and ``effective_ridge``; the ``cell`` of exponents on which the law holds.

    Raises
    ------
    InputError
        If the model is no infinite power law, or sizes or ridge are no powers.
    DerivationError
        If a power is accompanied by a logarithm (``(target_decay - 1)/decay`` is 1 or 2), or the effective ridge stays
        of order one.

    Notes
    -----
    Nothing is looked up. Exponents come from dominant balance in the recorded equations, by exhaustive search; averages
    over the spectrum from the Mellin transform of the sums; lower orders term after term. Gaussian equivalence is
    assumed as for ``predict``. Published exponents: [Defilippis2024], [Cui2021].

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay="3/2", target_decay="17/5")
    >>> law = scaling_law(model, features=asy.Power("3/5", 3), ridge=asy.Power("1/2", 2))
    >>> law.exponent, round(law.constant, 6), law.next.exponent, round(law.next.constant, 6)
    (Fraction(-23, 30), 1.18477, Fraction(-4, 5), 4.005452)
    >>> print(f"{law.crossover:.3g}")
    7.42e+15
    """
    if isinstance(ridge, str):
        if ridge != OPTIMAL:
            raise InputError("ridge", ridge, f'a Power, a number, or "{OPTIMAL}"')
        return law_of(best_ridge(question(model, features, 0, digits)), digits, terms)
    return law_of(question(model, features, ridge, digits), digits, terms)
