"""Double descent of random projections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from asymptotics.models.components import BIAS, TEST, VARIANCE
from asymptotics.models.regimes import FiniteSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES, LEVELS, NOISE = 100, 400, 0.05
EIGENVALUES = 1 / np.arange(1, LEVELS + 1)
POWERS = EIGENVALUES**2
"""Of a target whose coordinates in the inputs are one over the level."""


def model() -> SpectralRidge:
    """Inputs of a harmonic spectrum."""
    return SpectralRidge(EIGENVALUES, target=POWERS, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Bias and variance along the number of projections, and the test error with an experiment."""
    m = np.unique(np.round(np.geomspace(5, 2000, 160))).astype(int)
    m = m[np.abs(m - SAMPLES) > 2]
    risk = predict(model(), FiniteSize(n=SAMPLES, p=m), ridge=0)
    few = np.array([15, 50, 75, 140, 300, 900])
    experiment = Experiment(model(), FiniteSize(n=SAMPLES, p=few), few, budget.trials(80), {"ridge": 0})
    return [
        Curve(TEST.label, m, risk.test, experiment),
        Curve(BIAS.label, m, risk.bias),
        Curve(VARIANCE.label, m, risk.variance),
    ]


def numbers() -> Sequence[Number]:
    """The printed forms, with the effective ridge by bisection."""
    paper, found = published("bach"), []
    theta2 = POWERS / EIGENVALUES
    for m in (40, 250):
        least = min(m, SAMPLES)
        kappa = brentq(
            lambda k, least=least: np.sum(EIGENVALUES / (EIGENVALUES + k)) - least, 1e-12, 1e3, xtol=1e-16
        )
        share = EIGENVALUES / (EIGENVALUES + kappa)
        shrunk, shrunk2, df2 = theta2 @ share, theta2 @ (share / (EIGENVALUES + kappa)), share @ share
        if m < SAMPLES:
            theirs = paper.bias_under(SAMPLES, m, kappa, shrunk), paper.variance_under(SAMPLES, m, NOISE)
        else:
            theirs = (
                paper.bias_over(SAMPLES, m, kappa, df2, shrunk, shrunk2),
                paper.variance_over(SAMPLES, m, df2, NOISE),
            )
        ours = predict(model(), FiniteSize(n=SAMPLES, p=m), ridge=0)
        found.append(Number(f"bias with {m} projections", ours.bias, float(theirs[0]), "printed bias", 1e-9))
        found.append(
            Number(
                f"variance with {m} projections", ours.variance, float(theirs[1]), "printed variance", 1e-9
            )
        )
    return found


ENTRY = Entry(
    title="Linear regression with random projections",
    paper="Bach2024",
    figure="Minimum norm along the number of projections: harmonic spectrum, 100 samples.",
    caption="Bias and variance peak together where projections are as many as samples.",
    xlabel="projections $m$",
    ylabel="error",
    curves=curves,
    numbers=numbers,
    log="xy",
)
