"""Where double descent comes from: initialization, sampling, noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import ZETA2
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES = 1
RIDGE = 1e-4
GROUPS = {
    "squared bias": ("bias2",),
    "sampling": ("data",),
    "initialization": ("features", "features:data"),
    "noise": ("data:noise", "features:data:noise"),
}
"""The paper's terms in parts: sampling is what independent features leave, initialization what they average out."""


def model() -> RandomFeaturesRidge:
    """ReLU, linear target, a quarter of its power as noise."""
    return RandomFeaturesRidge("relu", {1: 1}, noise=0.25)


def curves(budget: Budget) -> Sequence[Curve]:
    """The terms, and an experiment on their sum."""
    psi1, d = np.geomspace(0.1, 20, 240), budget.size(150)
    parts = predict(model(), Proportional(psi1, SAMPLES), ridge=RIDGE).parts
    found = [Curve(label, psi1, sum(parts[name] for name in names)) for label, names in GROUPS.items()]
    p = np.round(d * np.array([0.2, 0.6, 2, 5, 12])).astype(int)
    experiment = Experiment(
        model(), FiniteSize(d=d, n=SAMPLES * d, p=p), p / d, budget.trials(60), {"ridge": RIDGE}
    )
    total = sum(np.asarray(part) for part in parts.values())
    return [*found, Curve("simulation of the sum", psi1, total, experiment)]


def numbers() -> Sequence[Number]:
    """Bias and noise of infinitely many predictors, by the learned share of the linear part."""
    paper, found = published("dascoli"), []
    for psi1 in (0.5, 3):
        least = min(psi1, SAMPLES)
        roots = np.roots([ZETA2, 1 + ZETA2 - least * ZETA2, -least])  # x + u = least, with the share u below
        x = float(np.max(roots.real))
        u = ZETA2 * x / (1 + ZETA2 * x)
        parts = predict(model(), Proportional(psi1, SAMPLES), ridge=0).parts
        many = parts["bias2"] + parts["data"]
        found.append(
            Number(
                f"bias of many at P/D = {psi1:g}",
                many,
                paper.bias_ensemble(u, SAMPLES),
                "1 - 2 Psi_1 + Psi_2^e",
            )
        )
        theirs = model().noise * paper.noise_ensemble(u, SAMPLES)
        found.append(
            Number(f"noise of many at P/D = {psi1:g}", parts["data:noise"], float(theirs), "Psi_3^e")
        )
    return found


ENTRY = Entry(
    title="Double trouble in double descent",
    paper="dAscoli2020",
    figure="Decomposition along P/D at N/D = 1; ReLU, signal-to-noise ratio 4, ridge 0.0001.",
    caption="The peak is of initialization and noise: averaging over features takes both away, sampling stays.",
    xlabel=r"features per dimension $P/D$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=5,
    stacked=True,
)
