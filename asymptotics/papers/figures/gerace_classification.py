"""Classification with random features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import LINEAR, REST
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

SAMPLES, RIDGES = 3, (1e-4, 0.1)
ERROR = "classification_error"


def model() -> RandomFeaturesRidge:
    """ReLU features, signs of a linear function."""
    return RandomFeaturesRidge("relu", target="sign")


def curves(budget: Budget) -> Sequence[Curve]:
    """Share of the test labels on the wrong side, for two ridges."""
    psi1, d, found = np.geomspace(0.2, 30, 200), budget.size(100), []
    p = np.round(d * np.array([0.5, 1.5, 6, 15])).astype(int)
    for ridge in RIDGES:
        risk = predict(model(), Proportional(psi1, SAMPLES), ridge=ridge)
        regime = FiniteSize(d=d, n=SAMPLES * d, p=p)
        experiment = Experiment(model(), regime, p / d, budget.trials(40), {"ridge": ridge})
        found.append(Curve(rf"$\lambda = {ridge:g}$", psi1, getattr(risk, ERROR), experiment, ERROR))
    return found


def saddle(psi1: float, ridge: float, d: int) -> float:
    """The ridge classifier by the saddle point of the Gaussian covariate model, on one draw of the features.

    Parameters
    ----------
    psi1 : float
        Features per input dimension.
    ridge : float
        As it multiplies the squared norm of the coefficients.
    d : int
        Input dimension of the draw.

    Returns
    -------
    float
        Probability of a wrong label.
    """
    rng, p, n = np.random.default_rng(5), round(psi1 * d), SAMPLES * d
    weights = rng.standard_normal((d, p)) / math.sqrt(d)
    first, rest, teacher = math.sqrt(LINEAR), REST, math.sqrt(2 / math.pi)
    values = np.linalg.eigvalsh(weights.T @ weights)
    omega = (first**2 * values + rest) / p
    target = (teacher * first) ** 2 * values / (p * d)  # on average over teachers
    V, q, m = 1.0, 0.5, 0.3
    for _ in range(3000):
        hat = n / (1 + V)
        qhat = n * (1 + q - 2 * m) / (1 + V) ** 2
        below = ridge + hat * omega
        spread, square = np.sum(omega / below), qhat * np.sum(omega**2 / below**2)
        new = spread, square + hat**2 * np.sum(target * omega / below**2), hat * np.sum(target / below)
        V, q, m = (0.5 * (old + x) for old, x in zip((V, q, m), new, strict=True))
    return math.acos(min(m / teacher / math.sqrt(q), 1)) / math.pi


def numbers() -> Sequence[Number]:
    """The classification error beside their saddle point on features that are drawn."""
    ours = getattr(predict(model(), Proportional(2.0, SAMPLES), ridge=0.1), ERROR)
    return (
        Number(
            "classification error at p/d = 2",
            ours,
            saddle(2.0, 0.1, 500),
            "saddle point, features drawn at d = 500",
            0.02,
        ),
    )


ENTRY = Entry(
    title="Classification with random features",
    paper="Gerace2020",
    figure="Ridge regression on labels of two classes: ReLU, n/d = 3, two ridges.",
    caption="Double descent of the share of wrong labels, which a ridge takes away.",
    xlabel=r"features per dimension $p/d$",
    ylabel="classification error",
    curves=curves,
    numbers=numbers,
)
