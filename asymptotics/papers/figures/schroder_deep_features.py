"""Deep random features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from asymptotics.models.deep_random_features import DeepRandomFeaturesRidge, Layer
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.papers.by_hand import gauss
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

WIDTHS, RIDGE, NOISE = (1.5, 2.0, 2.5), 0.05, 0.1


def model(depth: int) -> DeepRandomFeaturesRidge:
    """Layers of tanh."""
    layers = [Layer("tanh(2*x)", width=width) for width in WIDTHS[:depth]]
    return DeepRandomFeaturesRidge(layers, target={1: 1}, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error along the samples, for one to three layers."""
    psi2, d, found = np.geomspace(0.2, 20, 120), budget.size(80), []
    few = np.array([0.5, 2, 6])
    for depth in (1, 2, 3):
        risk = predict(model(depth), Proportional(psi2=psi2), ridge=RIDGE)
        theory = model(depth).theory
        names = [size.name for size in theory.sizes if size.name != theory.samples]
        widths = {name: round(width * d) for name, width in zip(names, WIDTHS, strict=False)}
        regime = FiniteSize(d=d, n=np.round(few * d).astype(int), **widths)
        experiment = Experiment(model(depth), regime, few, budget.trials(40), {"ridge": RIDGE})
        found.append(Curve(f"{depth} layer{'s' * (depth > 1)}", psi2, risk.test, experiment))
    return found


def drawn(samples: float, depth: int, d: int = 500) -> float:
    """The paper's recipe: the covariance of the features for weights that are drawn, and their formula on it.

    Parameters
    ----------
    samples : float
        Per dimension.
    depth, d : int
    """
    paper, rng = published("schroder"), np.random.default_rng(3)
    nodes, weights = gauss(200)
    omega, psi, radius = np.eye(d), rng.standard_normal(d), 1.0
    psi /= np.linalg.norm(psi)
    for width in WIDTHS[:depth]:
        p = round(width * d)
        w = rng.standard_normal((len(omega), p)) / math.sqrt(len(omega))
        values = np.tanh(2 * radius * nodes)
        slope = (weights @ (nodes * values)) / radius
        rest = weights @ values**2 - radius**2 * slope**2
        omega = slope**2 * w.T @ omega @ w + rest * np.eye(p)
        psi, radius = slope * w.T @ psi, math.sqrt(np.trace(omega) / p)
    p, n = len(omega), round(samples * d)
    eigenvalues, vectors = np.linalg.eigh(omega / p)
    powers = (vectors.T @ psi) ** 2 / p
    m = brentq(lambda x: paper.fixed_point(RIDGE, n, x, eigenvalues, np.sum), 1e-9, 1e9, xtol=1e-14)
    error = paper.test_error(RIDGE, n, m, eigenvalues, 1 + NOISE, np.sum, lambda f: powers @ f)
    return float(error) - NOISE


def numbers() -> Sequence[Number]:
    """The average over weights beside weights that are drawn."""
    found = []
    for depth in (1, 2):
        ours = predict(model(depth), Proportional(psi2=1.5), ridge=RIDGE).test
        found.append(
            Number(
                f"{depth} layers, n/d = 1.5",
                ours,
                drawn(1.5, depth),
                "their formula, weights drawn at d = 500",
                0.02,
            )
        )
    return found


ENTRY = Entry(
    title="Learning with deep random features",
    paper="Schroder2023",
    figure="One to three layers of tanh, widths 1.5, 2 and 2.5 per dimension, ridge 0.05.",
    caption="Each untrained layer takes some of the linear signal away and adds noise of its own.",
    xlabel=r"samples per dimension $n/d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
