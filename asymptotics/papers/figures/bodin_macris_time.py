"""Descents in training time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import LINEAR, REST, ZETA2
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES, NOISE = 3, 0.5
WIDTHS = (1, 2.5, 8)


def model() -> RandomFeaturesRidge:
    """ReLU and a linear target with much noise."""
    return RandomFeaturesRidge("relu", {1: 1}, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error against the time of gradient flow, for three widths."""
    t, d, found = np.geomspace(0.05, 1e5, 120), budget.size(80), []
    few = np.array([0.3, 3, 30, 1000])
    for psi1 in WIDTHS:
        risk = predict(model(), Proportional(psi1, SAMPLES), time=t)
        regime = FiniteSize(d=d, n=SAMPLES * d, p=round(psi1 * d))
        experiment = Experiment(model(), regime, few, budget.trials(40), {"time": few})
        found.append(Curve(f"$N/d = {psi1:g}$", t, risk.test, experiment))
    return found


def by_hand(time: float, d: int = 700, psi1: float = 2.0) -> float:
    """One draw of the Gaussian equivalent, trained in its eigenbasis.

    Parameters
    ----------
    time : float
    d : int
    psi1 : float
        Features per dimension.
    """
    rng = np.random.default_rng(1)
    n, p, mu1, rest = SAMPLES * d, round(psi1 * d), math.sqrt(LINEAR), math.sqrt(REST)
    x, theta, omega = rng.standard_normal((n, d)), rng.standard_normal((d, p)), rng.standard_normal((n, p))
    beta = rng.standard_normal(d)
    beta /= np.linalg.norm(beta)
    z = (mu1 * x @ theta / math.sqrt(d) + rest * omega) / math.sqrt(p)
    y = x @ beta + math.sqrt(NOISE) * rng.standard_normal(n)
    values, vectors = np.linalg.eigh(z.T @ z)
    filtered = -np.expm1(-time * values) / np.maximum(values, 1e-300)
    a = vectors @ (filtered * (vectors.T @ (z.T @ y)))
    linear = mu1 * theta @ a / math.sqrt(d * p) - beta
    return float(linear @ linear + rest**2 * (a @ a) / p)


def numbers() -> Sequence[Number]:
    """The end of training by the closed form without ridge; the way there by one large draw."""
    paper, psi1 = published("mei_montanari"), 2.0
    chi = paper.ridgeless_chi(ZETA2, psi1, math.sqrt(paper.ridgeless_radicand(ZETA2, psi1)))
    end = predict(model(), Proportional(psi1, SAMPLES), time=1e9).test
    theirs = paper.risk(chi, ZETA2, psi1, SAMPLES, 1, 0, NOISE)
    found = [Number("end of training", end, theirs, "Theorem 3 of Mei and Montanari", 1e-9)]
    for time in (1.0, 10.0):
        ours = predict(model(), Proportional(psi1, SAMPLES), time=time).test
        found.append(
            Number(f"time {time:g}", ours, by_hand(time), "a draw of the Gaussian equivalent, d = 700", 0.05)
        )
    return found


ENTRY = Entry(
    title="Model-, sample- and epoch-wise descents",
    paper="BodinMacris2021",
    figure="Gradient flow of random features: ReLU, n/d = 3, noise 0.5.",
    caption="Near interpolation the error falls, and rises again with time; wide models suffer less.",
    xlabel="time $t$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=3,
)
