"""When the best ridge is none."""

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

SAMPLES = 2
SIGNALS = (ZETA2 / 4, ZETA2 / 2, 4 * ZETA2)
"""Two below the threshold, one above."""


def model(signal: float) -> RandomFeaturesRidge:
    """ReLU and a linear target of unit power."""
    return RandomFeaturesRidge("relu", {1: 1}, noise=1 / signal)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error over its value without ridge, against the ridge, for infinitely many features."""
    lam_bar, d, found = np.geomspace(1e-3, 30, 200), budget.size(60), []
    for signal in SIGNALS:
        risk = predict(model(signal), Proportional(math.inf, SAMPLES), ridge=SAMPLES * REST * lam_bar)
        experiment = None
        if signal == SIGNALS[1]:
            few = np.array([0.03, 0.3, 1, 6])
            asked: dict[str, Any] = {"ridge": SAMPLES * REST * few}
            regime = FiniteSize(d=d, n=SAMPLES * d, p=30 * SAMPLES * d)
            experiment = Experiment(model(signal), regime, few, budget.trials(24), asked)
        found.append(Curve(rf"$\rho = {signal / ZETA2:g}\,\zeta^2$", lam_bar, risk.test, experiment))
    return found


def numbers() -> Sequence[Number]:
    """The best ridge below the threshold, and the threshold."""
    paper, found = published("mei_montanari"), []
    for signal in SIGNALS[:2]:
        omega = paper.optimal_omega(SAMPLES, signal, math.sqrt(paper.optimal_radicand(SAMPLES, signal)))
        ours = optimal_ridge(model(signal), Proportional(math.inf, SAMPLES)).value / (SAMPLES * REST)
        theirs = paper.optimal_ridge(ZETA2, SAMPLES, omega)
        found.append(Number(f"best ridge at {signal / ZETA2:g} zeta^2", ours, theirs, "Section 5", 1e-7))
    omega0 = paper.omega(ZETA2, SAMPLES, 0, math.sqrt(paper.omega_radicand(ZETA2, SAMPLES, 0)))
    above = optimal_ridge(model(paper.threshold(SAMPLES, omega0) * 1.01), Proportional(math.inf, SAMPLES))
    found.append(Number("best ridge just above the threshold", above.value, 0, "Section 5: rho > rho_*"))
    return found


ENTRY = Entry(
    title="The best ridge is none where the signal is strong",
    paper="MeiMontanari2022",
    figure="Optimal ridge in the wide limit: ReLU, n/d = 2, signal-to-noise ratios around the threshold.",
    caption="Beyond a signal-to-noise ratio of zeta^2 any ridge does harm; below, the best one is positive.",
    xlabel=r"ridge $\lambda/\mu_\star^2$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
