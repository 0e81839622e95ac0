"""With the best ridge more samples and more features are better."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import fsolve

from asymptotics.analysis.optimize import optimal_ridge
from asymptotics.models.regimes import FiniteSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict
from asymptotics.verification.discovery import published

LEVELS, NOISE = 200, 0.1
INDEX = np.arange(1, LEVELS + 1.0)
EIGENVALUES, POWERS = INDEX**-1.5, INDEX**-1.6
FEATURES = (30, 100, math.inf)


def model() -> SpectralRidge:
    """Power laws of the spectrum and of the target."""
    return SpectralRidge(EIGENVALUES, target=POWERS, noise=NOISE)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error with the best ridge, and without any, along the samples."""
    n, found = np.unique(np.round(np.geomspace(5, 1000, 14))).astype(int), []
    for features in FEATURES:
        best = optimal_ridge(model(), FiniteSize(n=n, p=features))
        name = r"\infty" if features == math.inf else features
        found.append(Curve(f"best ridge, $k = {name}$", n, best.risk.test))
    few = np.array([10, 40, 60, 250, 600])
    none = predict(model(), FiniteSize(n=n, p=FEATURES[1]), ridge=1e-3)
    experiment = Experiment(
        model(), FiniteSize(n=few, p=FEATURES[1]), few, budget.trials(40), {"ridge": 1e-3}
    )
    return [*found, Curve(f"ridge 0.001, $k = {FEATURES[1]}$", n, none.test, experiment)]


def numbers() -> Sequence[Number]:
    """The eigenframework at one point, solved here; and that the best risk never grows."""
    paper, n, k, delta = published("simon"), 200, 100, 0.02

    def sums(logs: np.ndarray) -> tuple[float, float, np.ndarray]:
        kappa, gamma = np.exp(logs)
        return kappa, gamma, EIGENVALUES / (EIGENVALUES + gamma)

    def residuals(logs: np.ndarray) -> list[float]:
        kappa, gamma, share = sums(logs)
        return list(paper.fixed_point(n, k, delta, kappa, gamma, share.sum()))

    kappa, gamma, share = sums(fsolve(residuals, np.log([2e-3, 4e-3]), xtol=1e-13))
    shrunk, cross = POWERS @ (1 - share), POWERS @ (share / (EIGENVALUES + gamma))
    theirs = paper.test_error(n, k, kappa, share.sum(), share @ share, shrunk, cross, NOISE)
    ours = predict(model(), FiniteSize(n=n, p=k), ridge=delta)
    sizes = np.array([10, 60, 300])
    falls = [
        np.all(np.diff(optimal_ridge(model(), FiniteSize(n=n_, p=p_)).risk.test) < 0)
        for n_, p_ in ((sizes, 100), (100, sizes))
    ]
    return (
        Number("test error at n = 200, k = 100", ours.test + NOISE, float(theirs), "eigenframework", 1e-9),
        Number(
            "best risk falls with samples and with features", float(sum(falls)), 2, "Theorem: more is better"
        ),
    )


ENTRY = Entry(
    title="More is better",
    paper="Simon2024",
    figure="Power laws 1.5 and 1.6 of spectrum and target, noise 0.1; k features.",
    caption="With the best ridge the error falls with every sample and feature; with hardly a ridge it peaks at n = k.",
    xlabel="samples $n$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
    log="xy",
)
