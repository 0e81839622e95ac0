"""Random features beyond the linear regime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Polynomial
from asymptotics.papers.by_hand import REST
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

KAPPA, RIDGE, NOISE = "3/2", 0.01, 0.3
POWERS = {1: 1, 2: 0.7}


def model() -> RandomFeaturesRidge:
    """ReLU, a target of degrees one and two."""
    return RandomFeaturesRidge("relu", POWERS, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Along samples over features at equal exponents: the limit, and finite dimension."""
    ratio, d = np.geomspace(0.1, 10, 161), budget.size(40)
    limit = predict(model(), Polynomial(KAPPA, KAPPA, theta1=1, theta2=ratio), ridge=RIDGE)
    p = round(d**1.5)
    n = np.unique(np.round(p * ratio)).astype(int)
    near = predict(model(), FiniteSize(d=d, n=n, p=p), ridge=RIDGE)
    few = np.round(p * np.array([0.25, 0.6, 2, 5])).astype(int)
    experiment = Experiment(
        model(), FiniteSize(d=d, n=few, p=p), few / p, budget.trials(40), {"ridge": RIDGE}
    )
    return [Curve("limit", ratio, limit.test), Curve(f"$d = {d}$", n / p, near.test, experiment)]


def numbers() -> Sequence[Number]:
    """The closed form at equal exponents that are no integer."""
    paper, found = published("polynomial_regimes"), []
    for ratio in (0.5, 2.0):
        (t,) = (r for r in np.roots([1, -(1 - ratio - RIDGE / REST), -RIDGE / REST]) if r > 0)
        assert abs(paper.diagonal_quadratic(t, ratio, RIDGE / REST)) < 1e-14
        theirs = paper.diagonal_risk(paper.diagonal_upsilon(t, ratio), POWERS[2], NOISE)
        ours = predict(model(), Polynomial(KAPPA, KAPPA, theta1=1, theta2=ratio), ridge=RIDGE).test
        found.append(
            Number(f"n/p = {ratio:g} at exponent {KAPPA}", ours, float(theirs), "equal exponents, no integer")
        )
    return found


ENTRY = Entry(
    title="Random features beyond the linear scaling regime",
    paper="HuLuMisiakiewicz2024",
    figure="n and p of order d^(3/2): ReLU, ridge 0.01, noise 0.3.",
    caption="Double descent at n = p where both are any power of the dimension; no degree is half learned there.",
    xlabel=r"samples over features $n/p$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
