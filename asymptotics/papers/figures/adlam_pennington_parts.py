"""A fine-grained variance decomposition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asymptotics.ensembles.parts import NAMES
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import LINEAR, REST, followed
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES, RIDGE = 2, 1e-3


def model() -> RandomFeaturesRidge:
    """ReLU, linear target, a tenth of its power as noise."""
    return RandomFeaturesRidge("relu", {1: 1}, noise=0.1)


def curves(budget: Budget) -> Sequence[Curve]:
    """All six parts, and an experiment on their sum."""
    psi1, d = np.geomspace(0.1, 30, 240), budget.size(100)
    parts = predict(model(), Proportional(psi1, SAMPLES), ridge=RIDGE).parts
    p = np.round(d * np.array([0.3, 1, 3.2, 8, 20])).astype(int)
    experiment = Experiment(
        model(), FiniteSize(d=d, n=SAMPLES * d, p=p), p / d, budget.trials(60), {"ridge": RIDGE}
    )
    total = sum(np.asarray(part) for part in parts.values())
    found = [Curve(name, psi1, parts[name]) for name in NAMES]
    return [*found, Curve("simulation of the sum", psi1, total, experiment)]


def solution(psi1: float, samples: float, ridge: float) -> np.ndarray:
    """The pair of the paper.

    Parameters
    ----------
    psi1, samples : float
        Features and samples per dimension.
    ridge : float
    """
    equations = published("adlam_pennington").fixed_point
    return followed(
        lambda gamma, *tau: equations(1 / samples, 1 / psi1, LINEAR, LINEAR + REST, gamma, *tau), ridge
    )


def numbers() -> Sequence[Number]:
    """The squared bias, by the paper's equations."""
    paper, found = published("adlam_pennington"), []
    for psi1 in (1, 5):
        theirs = paper.squared_bias(*solution(psi1, SAMPLES, RIDGE))
        ours = predict(model(), Proportional(psi1, SAMPLES), ridge=RIDGE).parts["bias2"]
        found.append(Number(f"squared bias at n_1/n_0 = {psi1:g}", ours, theirs, "tau_2^2/tau_1^2", 1e-7))
    return found


ENTRY = Entry(
    title="Understanding double descent by its parts",
    paper="AdlamPennington2020",
    figure="Variance decomposition along the number of features: ReLU, m/n_0 = 2, ridge 0.001, noise 0.1.",
    caption="The interactions of features with data, and of both with noise, make the peak; noise alone does not.",
    xlabel=r"features per dimension $n_1/n_0$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=2.5,
    stacked=True,
)
