"""Two models that the package does not know, each as a user would write it: a program and a frozen dataclass."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import asymptotics as asy
from asymptotics.equations.naming import symbol
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    norm2,
    slope,
)


def two_groups():
    """Two groups of random features with activations of their own, on inputs with a spectrum."""
    n, p1, p2, D, dim = *map(Dimension, ("n", "p1", "p2")), SpectralDimension("D"), symbol("dim")
    X = GaussianMatrix("X", n, D, column_covariance="s")
    W1, W2 = (GaussianMatrix(f"W_{p.name}", D, p, variance=1 / dim) for p in (p1, p2))
    Omega1, Omega2 = (GaussianMatrix(f"Omega_{p.name}", n, p) for p in (p1, p2))
    a1, a2, u, r = Variable("a1", p1), Variable("a2", p2), Variable("u", D), Variable("r", n)
    beta, epsilon = DeterministicVector("beta", D), GaussianVector("epsilon", n, variance=symbol("noise"))
    mu1, mu2, star1, star2 = map(symbol, ("first_mu1", "second_mu1", "first_star", "second_star"))
    t, q, lam = map(symbol, ("t", "q", "lam"))
    rest = star1**2 * norm2(a1) + star2**2 * norm2(a2)
    return QuadraticProgram(
        energy=t * norm2(r) + lam * dim * (norm2(a1) + norm2(a2)) + q * (norm2(u, SpectralMatrix(D)) + rest),
        constraints={
            u: mu1 * (W1 @ a1) + mu2 * (W2 @ a2) - beta,
            r: X @ u + star1 * (Omega1 @ a1) + star2 * (Omega2 @ a2) - epsilon,
        },
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size},
        name="two-groups",
    )


@dataclass(frozen=True)
class TwoGroups(asy.Model):
    first: asy.Activation
    second: asy.Activation
    variances: tuple = (1,)
    target: tuple = (1,)
    noise: Any = 0
    theory = asy.Theory("two-groups", two_groups, sizes=("n", "p1", "p2"))
    has_dimension = True

    def measure(self, d):
        dim, groups = 1 if d == math.inf else d, len(self.variances)
        levels = {"s": self.variances, "T": [Fraction(dim, groups)] * groups, "B": self.target}
        activations = {"first": self.first, "second": self.second}
        return asy.Constants(d, levels=levels, dim=dim, noise=self.noise, **activations)


def two_penalties():
    """Ridge on correlated inputs, penalised one by one, and on random ones; read off under another test law too."""
    n, p, D = Dimension("n"), Dimension("p"), SpectralDimension("D", companions=("g", "w"))
    X, Y = GaussianMatrix("X", n, D, column_covariance="s"), GaussianMatrix("Y", n, p, variance=1 / p)
    a, u, b, v, r = Variable("a", D), Variable("u", D), Variable("b", p), Variable("v", p), Variable("r", n)
    beta, gamma = DeterministicVector("beta", D), DeterministicVector("gamma", p, measure="hidden")
    epsilon = GaussianVector("epsilon", n, variance=symbol("noise"))
    S, G, W = (SpectralMatrix(D, letter) for letter in "sgw")
    t, q, shift, lam, ratio = map(symbol, ("t", "q", "shift", "lam", "ratio"))
    penalty = norm2(a, W) + ratio * norm2(b)
    return QuadraticProgram(
        energy=t * norm2(r)
        + lam * penalty
        + q * norm2(u, S)
        + shift * norm2(u, G)
        + (q + shift) / p * norm2(v),
        constraints={u: a - beta, v: b - gamma, r: X @ u + Y @ v - epsilon},
        sources={t: 1, q: 0, shift: 0},
        observables={"test": slope(q), "shifted": slope(shift), "train": slope(t) / n.size},
        name="two-penalties",
    )


@dataclass(frozen=True)
class TwoPenalties(asy.Model):
    variances: tuple = tuple(Fraction(40, 19 + k) for k in range(1, 31))
    test_law: tuple = tuple(Fraction(k, 15) for k in range(1, 31))
    penalties: tuple = (1,) * 15 + (4,) * 15
    ratio: Any = 1
    noise: Any = 0
    theory = asy.Theory("two-penalties", two_penalties, sizes=("n", "p"), features="p")

    def measure(self, d):
        laws = {"s": self.variances, "g": self.test_law, "w": self.penalties}
        ones = (1,) * len(self.variances)
        return asy.Constants(
            levels={**laws, "T": ones, "B": ones}, hidden=1, ratio=self.ratio, noise=self.noise
        )
