"""A model of one's own: two groups of random features. Nothing in it speaks of training."""

from dataclasses import dataclass
from typing import Any

import asymptotics as asy
from asymptotics.equations.naming import symbol
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    Variable,
    norm2,
    slope,
)


def program():
    n, d, p1, p2 = (Dimension(name) for name in ("n", "d", "p1", "p2"))
    x = GaussianMatrix("X", n, d)
    w1, w2 = (GaussianMatrix(name, d, p, variance=1 / d.size) for name, p in (("W1", p1), ("W2", p2)))
    omega1, omega2 = GaussianMatrix("Omega1", n, p1), GaussianMatrix("Omega2", n, p2)
    a1, a2, u, r = Variable("a1", p1), Variable("a2", p2), Variable("u", d), Variable("r", n)
    beta = DeterministicVector("beta", d, measure="F1sq")
    epsilon = GaussianVector("epsilon", n, variance=symbol("noise"))
    mu1, mu2, star1, star2 = (
        symbol(name) for name in ("first_mu1", "second_mu1", "first_star", "second_star")
    )
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    penalty = norm2(u) + star1**2 * norm2(a1) + star2**2 * norm2(a2)
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a1) + lam * norm2(a2) + q * penalty,
        constraints={
            u: mu1 * (w1 @ a1) + mu2 * (w2 @ a2) - beta,
            r: x @ u + star1 * (omega1 @ a1) + star2 * (omega2 @ a2) - epsilon,
        },
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam) / n.size},
        name="two-groups",
    )


@dataclass(frozen=True)
class TwoGroups(asy.Model):
    first: Any
    second: Any
    target: Any
    noise: Any = 0
    theory = asy.Theory("two-groups", program, sizes=("n", "p1", "p2", "d"))

    def measure(self, d):
        return asy.Constants(d, first=self.first, second=self.second, target=self.target, noise=self.noise)


def equal_groups(noise="0.3"):
    """Two groups with one activation: random features with as many features as both."""
    activation = asy.Activation.from_coefficients(powers={1: "1/4"}, tail="0.09")
    return TwoGroups(activation, activation, asy.Target({1: 1}), noise), activation
