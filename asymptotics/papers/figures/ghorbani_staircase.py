"""The staircase of kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Polynomial
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

POWERS = {1: 1 / 3, 2: 1 / 3, 3: 1 / 3}
DIMENSIONS = (20, 100, 10**4)


def model() -> KernelRidge:
    """The exponential kernel."""
    return KernelRidge("exp(t)", POWERS)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error against the exponent of the samples, in several dimensions."""
    kappa, found = np.linspace(0.3, 3.8, 120), []
    for d in DIMENSIONS:
        n = np.unique(np.round(d**kappa))
        risk, experiment = predict(model(), FiniteSize(d=d, n=n), ridge=1e-6), None
        if d == DIMENSIONS[0]:
            few = np.array([8, 40, 120, 600])
            x = np.log(few) / math.log(d)
            experiment = Experiment(model(), FiniteSize(d=d, n=few), x, budget.trials(40), {"ridge": 1e-6})
        found.append(Curve(f"$d = {d}$", np.log(n) / math.log(d), risk.test, experiment))
    return found


def numbers() -> Sequence[Number]:
    """Between integers: the power of the degrees above, for samples and for features."""
    features, found = RandomFeaturesRidge("exponential", POWERS), []
    for low in (0, 1, 2):
        left = sum(power for degree, power in POWERS.items() if degree > low)
        ours = predict(model(), Polynomial(kappa1=math.inf, kappa2=low + 0.5), ridge=1e-6).test
        found.append(Number(f"kernel, n = d^{low + 0.5}", ours, left, "Theorem 4: |P_>l f|^2"))
        wide = predict(features, Polynomial(kappa1=low + 0.5, kappa2=math.inf), ridge_per_sample=0).test
        found.append(Number(f"random features, N = d^{low + 0.5}", wide, left, "Theorem 1: |P_>l f|^2"))
    return found


ENTRY = Entry(
    title="Linearized networks in high dimension: the staircase",
    paper="Ghorbani2021",
    figure="Theorems 1 and 4 as a curve: a target with equal power in degrees 1, 2, 3; exponential kernel.",
    caption="Each integer power of the dimension in samples buys one more degree of the target.",
    xlabel=r"$\log n/\log d$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="",
)
