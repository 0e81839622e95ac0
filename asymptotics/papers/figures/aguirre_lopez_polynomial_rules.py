"""Random features and polynomial rules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.components import TEST
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

DIMENSION, FEATURES, RIDGE = 30, 10**4, 1e-4
POWERS = {1: 1 / 3, 2: 1 / 3, 3: 1 / 3}
ACTIVATION = "elu"


def model(powers: dict[int, float] = POWERS) -> RandomFeaturesRidge:
    """ELU, a teacher with equal parts of degrees one to three."""
    return RandomFeaturesRidge(ACTIVATION, powers)


def curves(budget: Budget) -> Sequence[Curve]:
    """Over the samples, from ten to ten times the features."""
    n = np.unique(np.round(np.geomspace(10, 10 * FEATURES, 160))).astype(int)
    risk = predict(model(), FiniteSize(d=DIMENSION, n=n, p=FEATURES), ridge=RIDGE)
    few = np.array([20, 60, 200, 600])
    regime = FiniteSize(d=DIMENSION, n=few, p=FEATURES)
    experiment = Experiment(model(), regime, few, budget.trials(24), {"ridge": RIDGE})
    return [Curve(TEST.label, n, risk.test, experiment)]


def saddle(d: int, n: float, p: float, ridge: float, constants: Sequence[float], square: float) -> float:
    """Generalization error by the paper's saddle-point equations, truncated at degree two, by damped iteration.

    ``constants`` are the coefficients E[He_l sigma] of degrees one and two, ``square`` the power above; the teacher
    has equal parts of both degrees.

    Parameters
    ----------
    d : int
    n, p, ridge : float
    constants : sequence of float
    square : float
    """
    binomial, mu2 = np.array([d, d * (d - 1) / 2]), np.array([constants[0] ** 2, constants[1] ** 2 / 2])
    tau, eta = np.sqrt([0.5, 0.5]), p / np.array([d, d * (d - 1) / 2])
    chi, q, m = 1.0, 0.5, 0.3

    def g(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        root = np.sqrt((1 - z - eta) ** 2 - 4 * eta * z)
        value = (1 - z - eta - root) / (2 * eta * z)
        slope = (-1 - (-2 * (1 - z - eta) - 4 * eta) / (2 * root)) / (2 * eta * z) - value / z
        return value, slope

    for _ in range(6000):
        error = 1 - 2 * m + q
        front = n / binomial * mu2
        hat, hat0 = front / (1 + chi), n / p * square / (1 + chi)
        qhat, qhat0 = front * error / (1 + chi) ** 2, n / p * square * error / (1 + chi) ** 2
        mhat = n / binomial * np.sqrt(mu2) * tau / (1 + chi)
        gamma = eta / hat * (ridge + hat0)
        value, slope = g(-gamma)
        one, two = 1 - gamma * value, gamma * value - gamma**2 * slope
        chis, chi0 = eta / hat * one, (1 - one.sum()) / (ridge + hat0)
        signal = mhat**2 + qhat
        qs = eta * qhat0 / ((ridge + hat0) * hat) * two
        qs = qs + eta * signal / hat**2 * (1 + gamma**2 * slope - 2 * gamma * value)
        q0 = qhat0 / (ridge + hat0) ** 2 * (1 - np.sum(1 - gamma**2 * slope))
        q0 = q0 + np.sum(signal / (hat * (ridge + hat0)) * two)
        new = square * chi0 + mu2 @ chis, square * q0 + mu2 @ qs, tau @ (np.sqrt(mu2) * chis * mhat)
        chi, q, m = (0.5 * (old + value) for old, value in zip((chi, q, m), new, strict=True))
    return float(1 - 2 * m + q)


def numbers() -> Sequence[Number]:
    """Two truncated theories that agree in high dimension; and the peak at as many samples as features."""
    d = 10**5
    harmonics, expansion = d * (d - 1) / 2, model().expand(math.inf, 2)
    n, p = round(0.7 * harmonics), round(1.2 * harmonics)
    powers = [float(x) for x in expansion.powers]
    theirs = saddle(d, n, p, 0.01, (math.sqrt(powers[1]), math.sqrt(2 * powers[2])), float(expansion.tail))
    ours = predict(model({1: 0.5, 2: 0.5}), FiniteSize(d=d, n=n, p=p), ridge=0.01).test
    around = np.array([0.5, 1.0, 2.0]) * FEATURES
    peak = predict(model(), FiniteSize(d=DIMENSION, n=around, p=FEATURES), ridge=RIDGE).test
    return (
        Number(
            "error at P = 0.7, N = 1.2 binomials, D = 100000", ours, theirs, "saddle-point equations", 1e-4
        ),
        Number("the middle of three is the largest at P = N", float(np.argmax(peak)), 1, "peak at P = N"),
    )


ENTRY = Entry(
    title="Random features and polynomial rules",
    paper="AguirreLopez2025",
    figure="D = 30, N = 10000 features, samples from 10 to 100000; ELU, a cubic teacher.",
    caption="Degrees are learned one after the other at P of order D, D^2/2, D^3/6; a peak at P = N.",
    xlabel="samples $P$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
