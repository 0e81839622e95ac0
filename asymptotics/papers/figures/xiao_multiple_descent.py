"""Multiple descent of dot-product kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.regimes import FiniteSize, Polynomial
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

WEIGHTS = (0.0, 0.6, 0.3, 0.08, 0.02)
"""Powers of the kernel in each degree: well apart, so that each has a peak of its own."""

POWERS, NOISE = {1: 0.4, 2: 0.3, 3: 0.3}, 0.1


def model() -> KernelRidge:
    """A kernel of four degrees."""
    return KernelRidge(" + ".join(f"{w}*t**{k}" for k, w in enumerate(WEIGHTS) if w), POWERS, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Over four decades of samples, without ridge."""
    kappa, found = np.linspace(0.4, 3.3, 240), []
    for d in (30, 10**3):
        n = np.unique(np.round(d**kappa))
        risk, experiment = predict(model(), FiniteSize(d=d, n=n), ridge=1e-6), None
        if d < 100:
            few = np.array([10, 30, 100, 460, 1000])
            x = np.log(few) / math.log(d)
            experiment = Experiment(model(), FiniteSize(d=d, n=few), x, budget.trials(32), {"ridge": 1e-6})
        found.append(Curve(f"$d = {d}$", np.log(n) / math.log(d), risk.test, experiment))
    return found


def numbers() -> Sequence[Number]:
    """The closed form where samples are as many as harmonics of degree two."""
    paper, found, ridge = published("polynomial_regimes"), [], 0.05
    expansion = model().expand(math.inf, 4)
    share = float(expansion.powers[2]) / (ridge + float(sum(expansion.powers[3:])) + float(expansion.tail))
    for delta in (0.5, 1.0, 3.0):
        root = math.sqrt(paper.kernel_radicand(delta, share))
        bias, variance = paper.kernel_bias(delta, share, root), paper.kernel_variance(delta, share, root)
        theirs = paper.kernel_risk(bias, variance, POWERS[2], POWERS[3], NOISE)
        ours = predict(model(), Polynomial(kappa1=math.inf, kappa2=2, theta2=delta / 2), ridge=ridge).test
        found.append(Number(f"n = {delta:g} d^2/2", ours, theirs, "learning curve at an integer exponent"))
    return found


ENTRY = Entry(
    title="Precise learning curves of dot-product kernels",
    paper="Xiao2022",
    figure="A kernel with four degrees, targets in three, noise 0.1, hardly a ridge.",
    caption="Each integer power of the dimension may have a peak: multiple descent.",
    xlabel=r"$\log n/\log d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="",
)
