"""Two random layers: the next order of a program of one's own, at a dozen samples, column by column."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.equations.naming import symbol
from asymptotics.symbolic import (
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    Variable,
    norm2,
    slope,
)

SIZES, RIDGE = {"n": 12, "p1": 20, "p": 16}, 0.05
EIGENVALUES = tuple(Fraction(1, k) for k in range(1, 25))


def two_layers(noisy):
    """Labels that are noise, on ``Z = (G S^(1/2) B1 + sqrt(t1) N1) B2 + sqrt(t2) N2``."""
    n, p1, p, D = *map(Dimension, ("n", "p1", "p")), SpectralDimension("D")
    G = GaussianMatrix("G", n, D, column_covariance="s")
    B1, B2 = GaussianMatrix("B1", D, p1, variance=1 / p1), GaussianMatrix("B2", p1, p, variance=1 / p)
    a, v, u, r = Variable("a", p), Variable("v", p1), Variable("u", D), Variable("r", n)
    fitted = G @ u
    if noisy:
        first, second = symbol("first"), symbol("second")
        fitted += first * (GaussianMatrix("N1", n, p1, variance=1 / p1) @ v)
        fitted += second * (GaussianMatrix("N2", n, p, variance=1 / p) @ a)
    t, lam = symbol("t"), symbol("lam")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a),
        constraints={
            u: B1 @ v,
            v: B2 @ a,
            r: fitted - GaussianVector("epsilon", n, variance=symbol("noise")),
        },
        sources={t: 1},
        observables={"train": slope(t) / n.size, "norm": slope(lam) / n.size},
        name="two-layers",
    )


@dataclass(frozen=True)
class Layers(asy.Model):
    noise: Any = 1
    theory = asy.Theory("two-layers", partial(two_layers, False), sizes=("n", "p1", "p"))

    def measure(self, d):
        return asy.Constants(levels={"s": EIGENVALUES, "T": (1,) * 24}, noise=self.noise)


@dataclass(frozen=True)
class NoisyLayers(asy.Model):
    power: Any
    noise: Any = 1
    theory = asy.Theory("noisy-layers", partial(two_layers, True), sizes=("n", "p1", "p"))

    def measure(self, d):
        root = math.sqrt(self.power)
        levels = {"s": EIGENVALUES, "T": (1,) * 24}
        return asy.Constants(levels=levels, noise=self.noise, first=root, second=root)


def traces(values):
    """``lam Tr R`` and ``lam^2 Tr R^2`` from the residual and norm that unit noise leaves."""
    train, norm = (SIZES["n"] * values[name] for name in ("train", "norm"))
    return train + RIDGE * norm, train


ROWS = [
    # leading, next and simulated (200 thousand draws) lam Tr R and lam^2 Tr R^2; log-determinant in the same order
    (Layers(), (1.9210, 0.9080), (2.1491, 1.1252), (2.1355, 1.1118), (0.5837, -0.3738, -0.3300)),
    (NoisyLayers(0.2), (1.2871, 0.4188), (1.4515, 0.5475), (1.4408, 0.5420), (3.8637, 3.0116, 3.0524)),
]
COLUMNS = "model, leading, following, simulated, logarithm"


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_table(model, leading, following, simulated, logarithm):
    risk = asy.predict(model, asy.FiniteSize(**SIZES), RIDGE, order=1)
    assert list(risk.pieces) == ["leading", "gaussian"]
    assert traces(risk.pieces["leading"]) == pytest.approx(leading, abs=6e-5)
    assert traces(risk) == pytest.approx(following, abs=6e-5)
    # A dozen samples: nine tenths of what leading order leaves out.
    for first, second, truth in zip(leading, following, simulated, strict=True):
        assert abs(second - truth) < 0.1 * abs(first - truth)


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_log_determinant(model, leading, following, simulated, logarithm):
    """Its slope integrated from infinite ridge, at both orders; the correction is half the log-determinant itself."""
    places, weights = np.polynomial.legendre.leggauss(80)
    start, end = math.log(RIDGE), math.log(1e9)
    ridges = np.exp(start + (end - start) * (places + 1) / 2)
    risk = asy.predict(model, asy.FiniteSize(**SIZES), ridges, order=1)
    found = []
    for values in (risk.pieces["leading"], risk):
        missing = SIZES["n"] * (1 - values["train"] - ridges * values["norm"])
        found.append(SIZES["n"] * start + (end - start) / 2 * (weights @ missing))
    assert found == pytest.approx(logarithm[:2], abs=2e-4)
    assert abs(found[1] - logarithm[2]) < 0.06 * abs(found[0] - logarithm[2])
    here = asy.predict(model, asy.FiniteSize(**SIZES), RIDGE, order=1)
    determinant = here.orders.freedom / min(SIZES.values())
    assert math.log(determinant) / 2 == pytest.approx(found[1] - found[0], abs=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize(COLUMNS, ROWS)
def test_simulated_columns(model, leading, following, simulated, logarithm):
    """Both programs drawn 20,000 times, seed 5, within four standard errors (false alarms 0.03 %)."""
    generator, count = np.random.default_rng(5), 20000
    n, p1, p = SIZES.values()
    root = np.sqrt([float(value) for value in EIGENVALUES])
    power = getattr(model, "power", 0)

    def drawn(*shape):
        return generator.standard_normal((count, *shape))

    hidden = (drawn(n, 24) * root) @ drawn(24, p1) + math.sqrt(power) * drawn(n, p1)
    Z = (hidden @ drawn(p1, p) / math.sqrt(p1) + math.sqrt(power) * drawn(n, p)) / math.sqrt(p)
    shares = RIDGE / (RIDGE + np.linalg.eigvalsh(Z @ Z.transpose(0, 2, 1)))
    for values, mean in ((shares.sum(1), simulated[0]), ((shares**2).sum(1), simulated[1])):
        assert abs(values.mean() - mean) < 4 * values.std() / math.sqrt(count) + 8e-4
    found = n * math.log(RIDGE) - np.log(shares).sum(1)
    assert abs(found.mean() - logarithm[2]) < 4 * found.std() / math.sqrt(count) + 5e-3
