"""Triple descent of the neural tangent kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import LINEAR, REST, followed
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

DIMENSION, SAMPLES, RIDGE = 24, 400, 1e-6
SLOPE = 0.5
"""Mean squared slope of ReLU."""


def model() -> NeuralTangentRidge:
    """Both layers of a ReLU network."""
    return NeuralTangentRidge("relu", {1: 1}, noise=0.4, layers="both")


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error against the number of neurons, from few parameters to many neurons."""
    p = np.unique(np.round(np.geomspace(2, 4000, 120))).astype(int)
    asked: dict[str, Any] = {"ridge": RIDGE}
    risk = predict(model(), FiniteSize(d=DIMENSION, n=SAMPLES, p=p), **asked)
    few = np.array([4, 40, 120, 1200])
    regime = FiniteSize(d=DIMENSION, n=SAMPLES, p=few)
    experiment = Experiment(model(), regime, few * DIMENSION, budget.trials(40), asked)
    return [Curve("random and tangent features", p * DIMENSION, risk.test, experiment)]


def numbers() -> Sequence[Number]:
    """The paper's relation of test and training error, with its own solution."""
    paper, psi1, samples, gamma = published("adlam_pennington"), 2.0, 3.0, 0.05
    found = followed(
        lambda ridge, *tau: paper.tangent_fixed_point(
            1 / samples, 1 / psi1, LINEAR, LINEAR + REST, SLOPE, 1.0, ridge, *tau
        ),
        gamma,
    )
    ours = predict(model(), Proportional(psi1, samples), ridge=gamma)
    theirs = ours.train / (gamma * found[0]) ** 2 - model().noise
    return (
        Number(
            "test error from the training error",
            ours.test,
            float(theirs),
            "E_test = E_train/(gamma tau_1)^2",
            1e-7,
        ),
    )


ENTRY = Entry(
    title="Triple descent of the neural tangent kernel",
    paper="AdlamPennington2020b",
    figure="Test error along the number of parameters: ReLU, both layers, many samples per dimension, hardly a ridge.",
    caption="A first peak where tangent features are as many as samples, and a shoulder where neurons are.",
    xlabel=r"parameters $pd$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=3,
)
