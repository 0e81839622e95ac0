"""Limits of lazy training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

ACTIVATION, DIMENSION, RIDGE = "x**2 - 1", 1000, 1e-6


def tangent() -> NeuralTangentRidge:
    """Tangent features of a quadratic network, a traceless quadratic target."""
    return NeuralTangentRidge(ACTIVATION, {2: 1})


def population(rho: np.ndarray | float) -> np.ndarray:
    """Risk of tangent features with infinitely many samples, at so many neurons per dimension."""
    regime = FiniteSize(d=DIMENSION, n=math.inf, p=np.round(DIMENSION * np.asarray(rho)).astype(int))
    return np.asarray(predict(tangent(), regime, ridge_per_sample=0).test)


def curves(budget: Budget) -> Sequence[Curve]:
    """Against neurons per dimension, for infinitely many samples, and for four per square of the dimension."""
    rho, d = np.linspace(0.02, 1.5, 75), budget.size(20)
    random = predict(RandomFeaturesRidge(ACTIVATION, {2: 1}), Proportional(rho, math.inf), ridge_per_sample=0)
    n, p = 4 * d * d, np.arange(1, round(1.5 * d) + 1)
    risk = predict(tangent(), FiniteSize(d=d, n=n, p=p), ridge=RIDGE)
    few = np.round(d * np.array([0.25, 0.5, 0.75])).astype(int)
    experiment = Experiment(
        tangent(), FiniteSize(d=d, n=n, p=few), few / d, budget.trials(32), {"ridge": RIDGE}
    )
    return [
        Curve("random features", rho, random.test),
        Curve("tangent features", rho, population(rho)),
        Curve(f"tangent features, $d = {d}$, $n = 4d^2$", p / d, risk.test, experiment),
    ]


def numbers() -> Sequence[Number]:
    """The population risk of both, relative to the power of the target."""
    found = [
        Number(
            f"tangent features, N/d = {rho:g}",
            float(population(rho)),
            max(1 - rho, 0.0) ** 2,
            "Theorem 2, traceless",
            1e-9,
        )
        for rho in (0.3, 0.7, 1.2)
    ]
    random = predict(RandomFeaturesRidge(ACTIVATION, {2: 1}), Proportional(0.5, math.inf), ridge_per_sample=0)
    return [
        *found,
        Number(
            "random features, N/d = 1/2", random.test, 1.0, "Theorem 1, isotropic weights, traceless", 1e-9
        ),
    ]


ENTRY = Entry(
    title="Limitations of lazy training",
    paper="Ghorbani2019",
    figure="Quadratic activation, isotropic weights, a traceless quadratic target, as many neurons as dimensions.",
    caption="Random features learn nothing of the target, tangent features a share that grows with the neurons.",
    xlabel="neurons per dimension $N/d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="",
)
