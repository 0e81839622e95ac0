"""Interpolation with tangent features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

NOISE, SAMPLES = 0.2, 2
MEAN, REST = 0.25, 0.25
"""Of ReLU's slope: squared mean, and variance."""


def model() -> NeuralTangentRidge:
    """Tangent features of a ReLU network, linear target."""
    return NeuralTangentRidge("relu", {1: 1}, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error against neurons, and that of linear ridge regression which it comes down to."""
    d = budget.size(60)
    p = np.unique(np.round(np.geomspace(d, 20 * d, 60))).astype(int)
    regime = FiniteSize(d=d, n=SAMPLES * d, p=p)
    asked: dict[str, Any] = {"ridge": 1e-6}
    risk = predict(model(), regime, **asked)
    few = d * np.array([1, 3, 10])
    experiment = Experiment(model(), FiniteSize(d=d, n=SAMPLES * d, p=few), few, budget.trials(40), asked)
    return [
        Curve("tangent features", p, risk.test, experiment),
        Curve("linear ridge regression", p, np.full(p.size, linear(0))),
    ]


def linear(ridge: float) -> float:
    """Isotropic ridge regression with the effective ridge of the paper, by its closed form."""
    paper, gamma = published("hastie"), 1 / SAMPLES
    lam = (ridge + REST) / MEAN / SAMPLES
    step = 1e-6 * lam
    m = [
        paper.stieltjes(gamma, x, math.sqrt(paper.radicand(gamma, x))) for x in (lam - step, lam, lam + step)
    ]
    return float(paper.risk(gamma, lam, 1, NOISE, m[1], (m[0] - m[2]) / (2 * step)))


def numbers() -> Sequence[Number]:
    """Many neurons, at two ridges."""
    found = []
    for ridge in (0.0, 0.5):
        ours = predict(model(), Proportional(math.inf, SAMPLES), ridge=ridge).test
        found.append(
            Number(
                f"many neurons, ridge {ridge:g}",
                ours,
                linear(ridge),
                "effective ridge (lambda + v)/(E s')^2",
                1e-8,
            )
        )
    return found


ENTRY = Entry(
    title="Tangent features interpolate like linear regression",
    paper="MontanariZhong2022",
    figure="ReLU, n/d = 2, noise 0.2; the effective ridge is the variance of the slope over its squared mean.",
    caption="With a few neurons per sample the tangent model reaches ridge regression with a ridge of its own making.",
    xlabel="neurons $N$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
