"""Limits of lazy training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asymptotics.analysis.lazy_limits import LazyLimits, lazy_limits
from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

ACTIVATION, DIMENSION, RIDGE = "x**2 - 1", 400, 1e-6
TARGET = np.resize([1.0, -1.0], DIMENSION)
TRACE, WEIGHTS = 1 + TARGET, 2 + TARGET
"""A traceless target, one with as much power along the identity, and variances of weights along both."""


def tangent() -> NeuralTangentRidge:
    """Tangent features of a quadratic network, a traceless quadratic target."""
    return NeuralTangentRidge(ACTIVATION, {2: 1})


def _limits(target: np.ndarray, rho: np.ndarray | float, weights: np.ndarray | None = None) -> LazyLimits:
    """Risks with infinitely many samples, at so many neurons per dimension."""
    return lazy_limits(ACTIVATION, target, rho, weights=weights)


def curves(budget: Budget) -> Sequence[Curve]:
    """Against neurons per dimension, for infinitely many samples, and for four per square of the dimension."""
    rho, d = np.linspace(0.02, 1.5, 75), budget.size(20)
    plain, turned, trace = _limits(TARGET, rho), _limits(TARGET, rho, WEIGHTS), _limits(TRACE, rho)
    n, p = 4 * d * d, np.arange(1, round(1.5 * d) + 1)
    risk = predict(tangent(), FiniteSize(d=d, n=n, p=p), ridge=RIDGE)
    few = np.round(d * np.array([0.25, 0.5, 0.75])).astype(int)
    experiment = Experiment(
        tangent(), FiniteSize(d=d, n=n, p=few), few / d, budget.trials(32), {"ridge": RIDGE}
    )
    return [
        Curve("random features", rho, plain["random features"].risk),
        Curve("random features, weights of variances 3 : 1", rho, turned["random features"].risk),
        Curve("tangent features", rho, plain["tangent features"].risk),
        Curve("tangent features, half the target along the trace", rho, trace["tangent features"].risk),
        Curve("network, half the target along the trace", rho, trace["network"].risk),
        Curve(f"tangent features, $d = {d}$, $n = 4d^2$", p / d, risk.test, experiment),
    ]


def numbers() -> Sequence[Number]:
    """Population risks, relative to the power of the target, beside the printed formulas."""
    found = []
    for rho in (0.3, 0.7, 1.2):
        rest, half = max(1 - rho, 0.0), _limits(TRACE, rho)
        tangent = (
            ("traceless part", rest**2, "Theorem 2, traceless"), ("trace part", rest, "Theorem 2, the trace"),
            ("tangent features", (rest**2 + rest) / 2, "Theorem 2, half of each"),
        )  # fmt: skip
        for name, published, source in tangent:
            found.append(Number(f"{name}, N/d = {rho:g}", float(half[name].risk[0]), published, source, 1e-9))
        turned = _limits(TARGET, rho, WEIGHTS)["random features"].risk[0]
        # |Gamma|^2 = (9 + 1)/8d with trace one, <Gamma, B>^2/|Gamma|^2|B|^2 = 1/5.
        published = 1 - 0.2 * 1.25 * rho / (1 + 1.25 * rho)
        source = "Theorem 1, weights of variances 3 : 1"
        found.append(Number(f"random features, N/d = {rho:g}", float(turned), published, source, 1e-9))
    plain = _limits(TARGET, 0.5)
    source = "Theorem 1, isotropic weights, traceless"
    return [
        *found,
        Number("random features, N/d = 1/2", float(plain["random features"].risk[0]), 1.0, source, 1e-9),
        Number(
            "network, N/d = 1/2", float(plain["network"].risk[0]), 0.5, "Theorem 3, rank of the target", 1e-9
        ),
    ]


ENTRY = Entry(
    title="Limitations of lazy training",
    paper="Ghorbani2019",
    figure="Quadratic activation and quadratic target, as many neurons as dimensions, infinitely many samples.",
    caption=(
        "Of a traceless target random features learn nothing, unless their weights are turned to it; tangent features "
        "learn a share that grows with the neurons, less of the trace; a network all that its rank allows."
    ),
    xlabel="neurons per dimension $N/d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="",
)
