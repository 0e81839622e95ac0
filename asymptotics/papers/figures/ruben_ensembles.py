"""Ensembles of random features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.models.regimes import FiniteSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

LEVELS, SAMPLES, NOISE, RIDGE = 1000, 100, 0.05, 1e-4
INDEX = np.arange(1, LEVELS + 1.0)
EIGENVALUES, POWERS = INDEX**-1.5, INDEX**-1.8
MEMBERS = (1, 2, 8, math.inf)


def model() -> SpectralRidge:
    """Power laws of the spectrum and of the target."""
    return SpectralRidge(EIGENVALUES, target=POWERS, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error along the features of each member, trained on the same samples."""
    p, found = np.unique(np.round(np.geomspace(10, 1000, 90))).astype(int), []
    few = np.array([20, 60, 100, 250])
    for members in MEMBERS:
        risk = predict(model(), FiniteSize(n=SAMPLES, p=p), ridge=RIDGE, ensemble=Ensemble(members))
        experiment = None
        if members in (1, 8):
            asked: dict[str, Any] = {"ridge": RIDGE, "ensemble": Ensemble(members)}
            experiment = Experiment(model(), FiniteSize(n=SAMPLES, p=few), few, budget.trials(40), asked)
        name = r"\infty" if members == math.inf else members
        found.append(Curve(f"$K = {name}$", p, risk.test, experiment))
    return found


def numbers() -> Sequence[Number]:
    """Infinitely many members, and eight, by the printed forms with a fixed point found here."""
    paper, p = published("ruben"), 150

    def gap(log: float) -> float:
        nu = math.exp(log)
        df1 = np.sum(EIGENVALUES / (EIGENVALUES + nu))
        return float((SAMPLES - df1) * (p - df1) * nu - p * RIDGE) if df1 < SAMPLES else -1.0

    nu = math.exp(brentq(gap, math.log(1e-8), math.log(10), xtol=1e-15))
    share = EIGENVALUES / (EIGENVALUES + nu)
    missed, g2 = float(POWERS @ (1 - share) ** 2), float(share @ share) / SAMPLES
    infinite = paper.infinite_ensemble(missed, g2, NOISE)
    where = FiniteSize(n=SAMPLES, p=p)
    single = predict(model(), where, ridge=RIDGE).test
    found = []
    for members, theirs in ((math.inf, infinite), (8, paper.ensemble(single, infinite, 8))):
        ours = predict(model(), where, ridge=RIDGE, ensemble=Ensemble(members)).test
        found.append(Number(f"{members} members", ours, theirs, "omniscient risk estimate", 1e-8))
    return found


ENTRY = Entry(
    title="Ensembles of random features",
    paper="Ruben2024",
    figure="K members on the same 100 samples, each with features of its own; power laws 1.5 and 1.8.",
    caption="Averaging takes away what features add to the variance, and with it the peak.",
    xlabel="features of each member",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="xy",
)
