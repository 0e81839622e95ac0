"""Kernels on inputs with a low-dimensional signal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ive

from asymptotics.models.inputs import Inputs
from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.papers.entry import Budget, Curve, Entry, Experiment, Number
from asymptotics.prediction.predict import predict

DIMENSION, SIGNAL, RIDGE, NOISE = 60, 6, 1e-3, 0.05
VARIANCES = (1, 4, 16)
"""Of the directions of the signal; the others have variance one."""


def model(variance: float) -> KernelRidge:
    """A quadratic function of the signal, the exponential kernel."""
    inputs = Inputs.spiked(variance, multiplicities=SIGNAL, law="sphere")
    return KernelRidge("exp(t)", {(2, 0): 1}, noise=NOISE, inputs=inputs)


def curves(budget: Budget) -> Sequence[Curve]:
    """Test error along the samples, for signals of growing variance."""
    n, found, few = np.unique(np.round(np.geomspace(10, 5000, 60))).astype(int), [], np.array([40, 150, 400])
    for variance in VARIANCES:
        risk = predict(model(variance), FiniteSize(d=DIMENSION, n=n), ridge=RIDGE)
        where = FiniteSize(d=DIMENSION, n=few)
        experiment = Experiment(model(variance), where, few, budget.trials(32), {"ridge": RIDGE})
        found.append(Curve(f"variance {variance}", n, risk.test, experiment))
    return found


def levels(size: float, dimension: int, most: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of exp(c t) on a sphere by the formula of Funk and Hecke, and multiplicities of the harmonics.

    Parameters
    ----------
    size : float
        The number c.
    dimension, most : int
        Of the space around the sphere; the highest degree.
    """
    degrees, half = np.arange(most + 1), dimension / 2
    values = gammaln(half) + (half - 1) * math.log(2 / size) + np.log(ive(degrees + half - 1, size)) + size
    counts = [1.0, float(dimension)]
    counts += [
        math.comb(k + dimension - 1, k) - math.comb(k + dimension - 3, k - 2) for k in range(2, most + 1)
    ]
    return np.exp(values), np.array(counts)


def by_hand(variance: float, n: int) -> float:
    """The risk on products of harmonics, with the effective ridge by bisection.

    Parameters
    ----------
    variance : float
        Of the signal.
    n : int
    """
    rest = DIMENSION - SIGNAL
    mean = (variance * SIGNAL + rest) / DIMENSION
    one, many = levels(variance / mean * SIGNAL / DIMENSION, SIGNAL)
    two, more = levels(rest / mean / DIMENSION, rest)
    s, m = np.outer(one, two), np.outer(many, more)
    nu = math.exp(
        brentq(lambda x: np.sum(m * s / (s + math.exp(x))) + RIDGE * math.exp(-x) - n, -30, 10, xtol=1e-14)
    )
    freedom = np.sum(m * (s / (s + nu)) ** 2)
    missed = (nu / (s[2, 0] + nu)) ** 2
    return float(n / (n - freedom) * (missed + NOISE) - NOISE)


def numbers() -> Sequence[Number]:
    """Risks with eigenvalues by Bessel functions."""
    found = []
    for variance in (4, 16):
        ours = predict(model(variance), FiniteSize(d=DIMENSION, n=200), ridge=RIDGE).test
        found.append(
            Number(
                f"variance {variance}, n = 200", ours, by_hand(variance, 200), "Funk and Hecke, by hand", 1e-8
            )
        )
    return found


ENTRY = Entry(
    title="When do networks outperform kernels?",
    paper="Ghorbani2020",
    figure="Spiked covariates: a quadratic target in 6 of 60 directions, whose variance grows.",
    caption="A kernel learns as if the dimension were the effective one: the stronger the signal, the fewer samples.",
    xlabel="samples $n$",
    ylabel="test error",
    curves=curves,
    numbers=numbers,
)
