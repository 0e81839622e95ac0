"""Double descent of random features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from asymptotics.models.components import TRAIN
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import ZETA2
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES = 3
"""Per dimension."""

RIDGES = (1e-3, 1e-1)
"""In the paper's convention, a mean loss with ridge N lambda/d: ours is n/d times it."""


def model() -> RandomFeaturesRidge:
    """ReLU, linear target, no noise."""
    return RandomFeaturesRidge("relu", {1: 1})


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error for two ridges, training error for the first."""
    psi1, d = np.geomspace(0.1, 30, 300), budget.size(100)
    p = np.round(d * np.array([0.3, 1, 2, 3, 4.5, 8, 16])).astype(int)
    regime, found = FiniteSize(d=d, n=SAMPLES * d, p=p), []
    for ridge in RIDGES:
        asked: dict[str, Any] = {"ridge": SAMPLES * ridge}
        risk = predict(model(), Proportional(psi1, SAMPLES), **asked)
        experiment = Experiment(model(), regime, p / d, budget.trials(60), asked)
        found.append(Curve(rf"test, $\lambda = {ridge:g}$", psi1, risk.test, experiment))
        if ridge == RIDGES[0]:
            found.append(Curve(TRAIN.label, psi1, risk.train, component=TRAIN.name))
    return found


def numbers() -> Sequence[Number]:
    """The printed polynomials, at the closed form of their root without ridge, on both sides of the peak."""
    paper = published("mei_montanari")
    found = []
    for psi1 in (1.5, 6):
        least = min(psi1, SAMPLES)
        chi = paper.ridgeless_chi(ZETA2, least, math.sqrt(paper.ridgeless_radicand(ZETA2, least)))
        theirs = paper.risk(chi, ZETA2, psi1, SAMPLES, 1, 0, 0)
        ours = predict(model(), Proportional(psi1, SAMPLES), ridge=0).test
        found.append(Number(f"risk without ridge at N/d = {psi1:g}", ours, theirs, "Theorem 3"))
    return found


ENTRY = Entry(
    title="The double descent curve of random features",
    paper="MeiMontanari2022",
    figure="Figure of the introduction: ReLU, n/d = 3, linear target, no noise, lambda = 0.001 (and 0.1).",
    caption="With hardly a ridge the test error peaks where features are as many as samples, and falls again.",
    xlabel=r"features per dimension $N/d$",
    ylabel="error",
    curves=curves,
    numbers=numbers,
    top=3,
)
