"""Learning with invariances."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from asymptotics.functions.symmetries import Cyclic
from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.regimes import FiniteSize, Polynomial
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

DIMENSION, RIDGE, NOISE = 30, 1e-3, 0.05
POWERS = {2: 0.5, 3: 0.5}


def model(invariance: str | None) -> KernelRidge:
    """The exponential kernel, averaged over shifts or not, and a target that shifts do not change."""
    return KernelRidge("exp(t)", POWERS, noise=NOISE, invariance=invariance)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error along the samples, with and without averaging."""
    n = np.unique(np.round(np.geomspace(4, 2e5, 120))).astype(int)
    few, found = np.array([20, 60, 250]), []
    for label, invariance in (("kernel averaged over shifts", "cyclic"), ("plain kernel", None)):
        risk = predict(model(invariance), FiniteSize(d=DIMENSION, n=n), ridge=RIDGE)
        regime = FiniteSize(d=DIMENSION, n=few)
        experiment = Experiment(model(invariance), regime, few, budget.trials(32), {"ridge": RIDGE})
        found.append(Curve(label, n, risk.test, experiment if invariance else None))
    return found


def harmonics(d: int, degree: int) -> int:
    """Cyclically invariant harmonics, by counting the orbits of monomials under shifts.

    Parameters
    ----------
    d, degree : int
    """

    def orbits(k: int) -> int:
        total = sum(
            math.comb(k // (d // math.gcd(d, s)) + math.gcd(d, s) - 1, math.gcd(d, s) - 1)
            for s in range(d) if k % (d // math.gcd(d, s)) == 0
        )  # fmt: skip
        return total // d

    return orbits(degree) - (orbits(degree - 2) if degree >= 2 else 0)


def numbers() -> Sequence[Number]:
    """Multiplicities, and thresholds one power of the dimension earlier."""
    found = []
    for k in (2, 3, 4, 5):
        ours = Cyclic().multiplicity(DIMENSION, k)
        found.append(
            Number(f"invariant harmonics of degree {k}", ours, harmonics(DIMENSION, k), "orbits of monomials")
        )
    for kappa, left in ((0.5, 1.0), (1.5, 0.5), (2.5, 0.0)):
        ours = predict(model("cyclic"), Polynomial(kappa1=math.inf, kappa2=kappa), ridge=0).test
        found.append(Number(f"n = d^{kappa}, averaged", ours, left, "Theorem 1: |P_>l f|^2 from n = d^(l-1)"))
    return found


ENTRY = Entry(
    title="Learning with invariances",
    paper="MeiMisiakiewiczMontanari2021",
    figure="Cyclic shifts in dimension 30: a target of degrees 2 and 3, the exponential kernel, noise 0.05.",
    caption="Averaging the kernel over the shifts saves a factor of the dimension in samples.",
    xlabel="samples $n$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
