"""Scaling laws of random features."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from asymptotics.models.components import BIAS, VARIANCE
from asymptotics.models.regimes import FiniteSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.scaling.ask import scaling_law
from asymptotics.scaling.power import Power

DECAY, SOURCE, RIDGE, FEATURES = Fraction(3, 2), Fraction(3, 10), Fraction(3, 5), Fraction(7, 10)
"""Capacity alpha, source r, and the exponents l and q: ridge n^(1 - l), features n^q."""

LEVELS, NOISE = 3000, 0.2
OTHER = (Fraction(2), Fraction(7, 10), Fraction(1, 2), Fraction(8, 5))


def model(alpha: Fraction = DECAY, source: Fraction = SOURCE, levels: int | None = None) -> SpectralRidge:
    """Power laws without an end, or cut off for an experiment.

    Parameters
    ----------
    alpha : Fraction
        Decay of the eigenvalues: level k is ``k^-alpha``.
    source : Fraction
        How smooth the target is: its squared coefficients fall as ``k^-(1 + 2 alpha source)``.
    levels : int, optional
        Number of levels to keep; without it there are infinitely many.
    """
    found: SpectralRidge = SpectralRidge.power_law(
        decay=alpha, target_decay=1 + 2 * alpha * source, noise=NOISE, levels=levels
    )
    return found


def curves(budget: Budget) -> Sequence[Curve]:
    """Bias and variance along the samples, with their laws."""
    n = np.unique(np.round(np.geomspace(20, 1e8, 80)))
    p, ridge = np.round(n ** float(FEATURES)), n ** float(1 - RIDGE)
    risk, found = predict(model(), FiniteSize(n=n, p=p), ridge=ridge), []
    law = scaling_law(model(), features=Power(FEATURES), ridge=Power(1 - RIDGE))
    few = 300
    where = FiniteSize(n=few, p=round(few ** float(FEATURES)))
    asked = {"ridge": few ** float(1 - RIDGE)}
    experiment = Experiment(model(levels=LEVELS), where, [few], budget.trials(40), asked)
    for part, values in ((BIAS, risk.bias), (VARIANCE, risk.variance)):
        term = getattr(law, part.name)
        on_it = experiment if part is BIAS else None
        found.append(Curve(part.label, n, values, on_it, part.name))
        found.append(Curve(f"{part.label}, its law", n, term.constant * n ** float(term.exponent)))
    return found


def exponents(
    alpha: Fraction, source: Fraction, ridge: Fraction, features: Fraction
) -> tuple[Fraction, Fraction]:
    """The paper's rates of bias and variance.

    Parameters
    ----------
    alpha, source, ridge, features : Fraction
        Capacity, source, and the exponents l and q.
    """
    s = min(ridge / alpha, features, Fraction(1))
    bias = min(
        2 * alpha * s * min(source, Fraction(1)), (2 * alpha * min(source, Fraction(1, 2)) - 1) * s + features
    )
    return bias, 1 - s


def numbers() -> Sequence[Number]:
    """Derived exponents beside the printed ones."""
    found = []
    for alpha, source, ridge, features in ((DECAY, SOURCE, RIDGE, FEATURES), OTHER):
        law = scaling_law(model(alpha, source), features=Power(features), ridge=Power(1 - ridge))
        for term, theirs in zip(
            (law.bias, law.variance), exponents(alpha, source, ridge, features), strict=True
        ):
            what = f"exponent at alpha = {alpha}, r = {source}, l = {ridge}, q = {features}"
            assert term.exponent is not None
            found.append(Number(what, -float(term.exponent), float(theirs), "rates of bias and variance"))
    return found


ENTRY = Entry(
    title="Scaling laws of random feature regression",
    paper="Defilippis2024",
    figure="Capacity 1.5, source 0.3; ridge n^0.4 and n^0.7 features, noise 0.2.",
    caption="Bias and variance come down to power laws, whose exponents and constants are derived.",
    xlabel="samples $n$",
    ylabel="error",
    curves=curves,
    numbers=numbers,
    log="xy",
)
