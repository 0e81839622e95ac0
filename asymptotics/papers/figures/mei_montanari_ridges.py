"""Ridges compared along the number of features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from asymptotics.analysis.optimize import optimal_ridge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import REST, ZETA2
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES, SIGNAL = 10, 5
RIDGES = (1e-4, 1e-2, 1e-1)


def model() -> RandomFeaturesRidge:
    """ReLU and a linear target, five times the noise."""
    return RandomFeaturesRidge("relu", {1: 1}, noise=1 / SIGNAL)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error for some ridges, and for the best one at each number of features."""
    psi1, d, found = np.geomspace(0.3, 100, 240), budget.size(40), []
    p = np.round(d * np.array([1, 4, 10, 25])).astype(int)
    for ridge in RIDGES:
        asked: dict[str, Any] = {"ridge": SAMPLES * ridge}
        risk = predict(model(), Proportional(psi1, SAMPLES), **asked)
        experiment = None
        if ridge == RIDGES[1]:
            regime = FiniteSize(d=d, n=SAMPLES * d, p=p)
            experiment = Experiment(model(), regime, p / d, budget.trials(40), asked)
        found.append(Curve(rf"$\lambda = {ridge:g}$", psi1, risk.test, experiment))
    few = psi1[::6]
    best = optimal_ridge(model(), Proportional(few, SAMPLES))
    found.append(Curve("best ridge", few, best.risk.test))
    return found


def numbers() -> Sequence[Number]:
    """The wide limit, with a ridge."""
    paper, lam_bar = published("mei_montanari"), 0.1
    omega = paper.omega(ZETA2, SAMPLES, lam_bar, math.sqrt(paper.omega_radicand(ZETA2, SAMPLES, lam_bar)))
    ours = predict(model(), Proportional(math.inf, SAMPLES), ridge=SAMPLES * lam_bar * REST)
    return (
        Number("bias with infinitely many features", ours.bias, paper.bias_wide(SAMPLES, omega), "Theorem 4"),
        Number(
            "variance with infinitely many features", ours.variance, paper.variance_wide(SAMPLES, omega) / SIGNAL,
            "Theorem 4",
        ),
    )  # fmt: skip


ENTRY = Entry(
    title="More features and a good ridge",
    paper="MeiMontanari2022",
    figure="Ridge comparison: ReLU, n/d = 10, signal-to-noise ratio 5.",
    caption="With the best ridge the risk falls with every feature: the peak is one of too small a ridge.",
    xlabel=r"features per dimension $N/d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=1.0,
)
