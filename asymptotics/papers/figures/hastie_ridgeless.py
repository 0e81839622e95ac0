"""Ridgeless least squares on isotropic inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

SIGNALS = (1, 2.33, 3.66, 5)
"""Signal-to-noise ratios of the paper's figure, at unit noise."""


def model(power: float, dimension: int = 1) -> SpectralRidge:
    """Isotropic inputs; the dimension is one where sizes are in units of it.

    Parameters
    ----------
    power : float
        Of the target.
    dimension : int
    """
    return SpectralRidge([1], target=[power], multiplicities=[dimension], noise=1)


def risk(power: float, gamma: object) -> np.ndarray:
    """Test error at ``gamma`` dimensions per sample.

    Parameters
    ----------
    power : float
        Of the target.
    gamma : array_like
        Dimensions per sample.
    """
    return np.asarray(predict(model(power), Proportional(math.inf, 1 / np.asarray(gamma)), ridge=0).test)


def curves(budget: Budget) -> Sequence[Curve]:
    """A line for each signal, an experiment on the first and the last."""
    gamma = np.concatenate([np.geomspace(0.1, 0.985, 80), np.geomspace(1.015, 10, 100)])
    d = budget.size(120)
    n = np.round(d / np.array([0.2, 0.5, 0.75, 1.5, 2.5, 5])).astype(int)
    found = []
    for power in SIGNALS:
        experiment = None
        if power in (SIGNALS[0], SIGNALS[-1]):
            experiment = Experiment(model(power, d), FiniteSize(n=n), d / n, budget.trials(80), {"ridge": 0})
        found.append(Curve(f"SNR {power:g}", gamma, risk(power, gamma), experiment))
    return found


def numbers() -> Sequence[Number]:
    """Both closed forms, and where the local minimum is."""
    hastie, power = published("hastie"), SIGNALS[-1]
    under, over = risk(power, [0.5, 2.0])
    root = math.sqrt(power)
    there = root / (root - 1)
    beside = risk(power, [there * 0.999, there, there * 1.001])
    slope = (beside[2] - beside[0]) / beside[1]
    return (
        Number("risk at gamma = 1/2", under, hastie.ridgeless_under(0.5, 1), "Theorem 1"),
        Number("risk at gamma = 2, SNR 5", over, hastie.ridgeless_over(2, power, 1), "Theorem 1"),
        Number(
            "slope at the local minimum", 1 + slope, 1, "Section 3.2: gamma = sqrt(SNR)/(sqrt(SNR) - 1)", 1e-6
        ),
    )


ENTRY = Entry(
    title="Surprises in ridgeless least squares",
    paper="Hastie2022",
    figure="Figure 2: isotropic features, unit noise, signal-to-noise ratios from 1 to 5, no ridge.",
    caption="Where dimensions are as many as samples the risk diverges; a minimum beyond needs a strong signal.",
    xlabel=r"dimensions per sample $\gamma$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    top=12,
)
