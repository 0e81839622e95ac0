"""Multiple descent of random features with several activations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.feature_groups import Group
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import LINEAR, REST, gauss
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SAMPLES, RIDGE, NOISE = 3, 1e-5, 0.05
GROUPS = (("identity", 20.0), ("relu", 0.3))
"""Activations and input scales: a linear group far stronger than one of ReLU."""


def model() -> RandomFeaturesRidge:
    """Half of the features in each group."""
    groups = [Group(name, share=0.5, scale=scale) for name, scale in GROUPS]
    return RandomFeaturesRidge(groups=groups, target={1: 1}, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error along all features."""
    psi1, d = np.geomspace(0.2, 60, 300), budget.size(60)
    risk = predict(model(), Proportional(psi1, SAMPLES), ridge=RIDGE)
    p = 2 * np.round(d * np.array([0.4, 1.5, 6, 14])).astype(int)
    experiment = Experiment(
        model(), FiniteSize(d=d, n=SAMPLES * d, p=p), p / d, budget.trials(40), {"ridge": RIDGE}
    )
    return [Curve("two activations", psi1, risk.test, experiment)]


def fixed_point(
    mu1sq: np.ndarray, rest: np.ndarray, psi: np.ndarray, samples: float, ridge: float
) -> tuple[np.ndarray, float]:
    """The groups' and the samples' traces on the imaginary axis, where their potential is stationary.

    Parameters
    ----------
    mu1sq, rest, psi : ndarray
        For each group the squared linear constant, the rest, and features per dimension.
    samples, ridge : float
    """
    root, groups, last = math.sqrt(ridge * psi.sum()), psi.copy(), samples
    for _ in range(200_000):
        inside = rest + mu1sq / (1 + last * (mu1sq @ groups))
        new, own = psi / (root + last * inside), samples / (root + groups @ inside)
        if max(np.max(np.abs(new / groups - 1)), abs(own / last - 1)) < 1e-14:
            break
        groups, last = np.sqrt(groups * new), math.sqrt(last * own)
    return groups, last


def numbers() -> Sequence[Number]:
    """The paper's Hessian form at a fixed point found here."""
    paper, psi1, ridge = published("meng_yao_cao"), 2.0, 0.1
    groups = [Group("tanh", share=0.5), Group("relu", share=0.5)]
    both = RandomFeaturesRidge(groups=groups, target={1: 1}, noise=NOISE)
    ours = predict(both, Proportional(psi1, SAMPLES), ridge=ridge)
    nodes, weights = gauss(150)
    tanh = np.tanh(nodes)
    first = np.array([(weights @ (nodes * tanh)) ** 2, LINEAR])
    rest = np.array([weights @ tanh**2 - first[0], REST])
    psi = np.array([psi1 / 2, psi1 / 2])
    traces, last = fixed_point(first, rest, psi, SAMPLES, ridge)
    theirs = paper.risk(first, rest, psi, SAMPLES, 1j * traces, 1j * last, 1, NOISE)
    return (
        Number(
            "risk of tanh and ReLU", ours.test, float(complex(theirs).real), "Theorem 3.4, Hessian form", 1e-9
        ),
    )


ENTRY = Entry(
    title="Multiple descent in the multiple random feature model",
    paper="MengYaoCao2022",
    figure="Two activations of different strength, n/d = 3, hardly a ridge.",
    caption="A peak where the strong features are as many as they can learn, and one where all are as many as samples.",
    xlabel=r"features per dimension $N/d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=3,
)
