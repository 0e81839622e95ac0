"""Early stopping beside ridge regression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.integrate import quad

from asymptotics.dynamics.filters import GradientFlow
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

GAMMA, NOISE = 0.5, 1.0
"""Dimensions per sample; the target has unit power."""


def model(dimension: int = 1) -> SpectralRidge:
    """Isotropic inputs."""
    return SpectralRidge([1], target=[1], multiplicities=[dimension], noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Flow to time t, and ridge 1/t: the paper's loss is half a mean, so that its time is ours per sample."""
    t, where = np.geomspace(0.03, 300, 160), Proportional(math.inf, 1 / GAMMA)
    flow = predict(model(), where, training=GradientFlow(time_per_sample=t))
    ridge = predict(model(), where, ridge_per_sample=1 / t)
    d, few = budget.size(100), np.array([0.1, 0.5, 2, 10, 60])
    asked: dict[str, Any] = {"training": GradientFlow(time_per_sample=few)}
    experiment = Experiment(model(d), FiniteSize(n=round(d / GAMMA)), few, budget.trials(60), asked)
    return [Curve("gradient flow", t, flow.test, experiment), Curve(r"ridge $1/t$", t, ridge.test)]


def average(function: object) -> float:
    """Over the law of Marchenko and Pastur, with the angle as variable."""
    low, high = (1 - math.sqrt(GAMMA)) ** 2, (1 + math.sqrt(GAMMA)) ** 2

    def inside(angle: float) -> float:
        s = (low + high) / 2 + (high - low) / 2 * math.cos(angle)
        return function(s) * ((high - low) / 2 * math.sin(angle)) ** 2 / (2 * math.pi * GAMMA * s)  # type: ignore[operator]

    return float(quad(inside, 0, math.pi, epsabs=1e-14, epsrel=1e-13)[0])


def numbers() -> Sequence[Number]:
    """Both risks as the paper's integrals, and its bounds."""
    paper, where = published("ali_kolter_tibshirani"), Proportional(math.inf, 1 / GAMMA)
    alpha, t = 1 / (NOISE * GAMMA), 2.0
    flow = predict(model(), where, training=GradientFlow(time_per_sample=t)).test
    ridge = predict(model(), where, ridge_per_sample=1 / t).test
    theirs = (
        NOISE * GAMMA * average(lambda s: paper.flow(s, alpha, math.exp(-t * s))),
        NOISE * GAMMA * average(lambda s: paper.ridge(s, alpha, 1 / t)),
    )
    times = np.geomspace(1e-2, 1e3, 400)
    worst = np.max(
        predict(model(), where, training=GradientFlow(time_per_sample=times)).test
        / predict(model(), where, ridge_per_sample=1 / times).test
    )
    return (
        Number("risk of the flow at t = 2", flow, theirs[0], "Theorem 3, by quadrature", 1e-9),
        Number("risk of the ridge 1/2", ridge, theirs[1], "Theorem 3, by quadrature", 1e-9),
        Number("flow over ridge, at most 1.69", float(worst <= float(paper.ALONG_THE_PATH)), 1, "Theorem 2"),
    )


ENTRY = Entry(
    title="Early stopping is almost ridge regression",
    paper="AliKolterTibshirani2019",
    figure="Isotropic inputs, half as many dimensions as samples, signal-to-noise ratio 1.",
    caption="The risk of gradient flow stopped at t follows that of the ridge 1/t, never 1.69 times above it.",
    xlabel="time $t$, one over the ridge",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
