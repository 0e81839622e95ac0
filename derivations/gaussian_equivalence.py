r"""Gaussian equivalence: real features behave like Gaussian ones of the same covariance.

**Statement.** Let $Z_{ij} = \sigma(\langle\theta_j, x_i\rangle/\sqrt d)/\sqrt p$ with $x_i$ and $\theta_j$
uniform on the sphere of radius $\sqrt d$. Test error, training error and norm of ridge regression on $Z$ are,
to leading order, those of the features $Z = AB$ with Gaussian $A$, $B$ whose spectrum is that of the kernel
operator: eigenvalue $\mu_k^2/N_k$ with multiplicity $N_k$ for the harmonics of degree $k$.

This is a theorem in the regimes of [@MeiMontanari2022], [@HuLu2023] and [@HuLuMisiakiewicz2024] and is
*assumed* here. What the package adds is evidence: simulation with the nonlinear features, at sizes at which
people run experiments, against the derived system and against Gaussian surrogate features.
"""

import math

import sympy as sp

from asymptotics.functions.expansions.expand import expand
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.simulation import simulate
from asymptotics.verification import Derivation, check

from . import _finite

derivation = Derivation(
    id="gaussian-equivalence",
    title="Gaussian equivalence and its evidence",
    uses=["random-features"],
    references=["MeiMontanari2022", "HuLu2023", "HuLuMisiakiewicz2024", "Defilippis2024"],
    concludes="equivalence",
    assumptions=["Real features behave like Gaussian ones of the same covariance in the kernel eigenbasis."],
)

TARGET = {1: 1, 2: "1/4"}
NOISE = "1/10"
DEGREES = 8
# activation, d, n, p, ridge
CONFIGURATIONS = (
    ("relu", 40, 80, 60, "1/10"),
    ("tanh", 30, 60, 200, "1/100"),
    ("relu", 16, 130, 130, "1/10"),
    ("x + x**2/2", 24, 200, 50, "1/20"),
)
ALLOWANCE = 0.03
THRESHOLD = 4.0


def model(activation):
    """The model of one configuration."""
    return RandomFeaturesRidge(activation, target=TARGET, noise=NOISE)


def multiplicity(d, k):
    """Dimension of the harmonics of degree k on the sphere in dimension d."""
    return math.comb(d + k - 1, k) - (math.comb(d + k - 3, k - 2) if k >= 2 else 0)


def levels(activation, d):
    """(eigenvalue, multiplicity, target power) of every degree, all above the last one on the next degree."""
    expansion = expand(activation, d=d, degrees=DEGREES, digits=40)
    masses = [*expansion.powers, expansion.above(DEGREES)]
    rows = []
    for k, mass in enumerate(masses):
        count = multiplicity(d, k)
        rows.append((sp.Float(str(mass), 40) / count, count, sp.Rational(TARGET.get(k, 0))))
    return [row for row in rows if row[0] != 0 or row[2] != 0]


@derivation.step("What is assumed")
def equivalence():
    r"""Expanded in spherical harmonics the kernel operator has eigenvalue $\mu_k^2/N_k$ on degree $k$.
    Replacing the harmonics of inputs and weights by independent Gaussian coordinates keeps the covariance of
    the features; that it keeps the errors too is the assumption.
    """
    yield check.assumes(
        "test error, training error and norm of ridge regression on random features of the sphere are, to leading "
        "order, those of Gaussian features with the same covariance in the eigenbasis of the kernel operator",
        "HuLuMisiakiewicz2024",
    )
    return levels


@derivation.step("Evidence: nonlinear features against the derived system")
def features(equivalence, random_features):
    r"""Four configurations, below, at and above $n = p$, with $n, p$ of the order of $d$ and of $d^2$. The
    derived system is evaluated at the sizes of the experiment with the exact Gegenbauer coefficients of the
    activation.
    """
    names = ("test", "train", "norm")
    for seed, (activation, d, n, p, ridge) in enumerate(CONFIGURATIONS, 1):
        lam, noise = sp.Rational(ridge), sp.Rational(NOISE)
        theory = _finite.observables(random_features, names, equivalence(activation, d), n, p, lam, noise)
        found = simulate(
            model(activation), FiniteSize(d=d, n=n, p=p), ridge=float(lam), trials=40, seed=seed, labels="averaged",
            progress=False,
        )  # fmt: skip
        for name in names:
            statistic = getattr(found, name)
            yield check.simulated(
                float(theory[name]),
                float(statistic.mean),
                float(statistic.standard_error),
                f"{name} error of {activation} at d = {d}, n = {n}, p = {p}" if name != "norm"
                else f"norm of {activation} at d = {d}, n = {n}, p = {p}",
                seed=seed,
                threshold=THRESHOLD,
                allowance=ALLOWANCE,
            )  # fmt: skip


@derivation.step("Evidence: nonlinear features against Gaussian surrogates")
def surrogates():
    r"""The same experiment with everything of the features above degree two replaced by independent Gaussian
    noise of the same variance, with other random numbers.
    """
    for seed, (activation, d, n, p, ridge) in enumerate(CONFIGURATIONS[:2], 11):
        sizes, lam = FiniteSize(d=d, n=n, p=p), float(sp.Rational(ridge))
        real = simulate(model(activation), sizes, ridge=lam, trials=60, seed=seed, progress=False).test
        other = simulate(
            model(activation),
            sizes,
            ridge=lam,
            trials=60,
            seed=seed + 100,
            surrogate_degree=2,
            progress=False,
        ).test
        spread = math.hypot(float(real.standard_error), float(other.standard_error))
        yield check.simulated(
            float(other.mean), float(real.mean), spread,
            f"test error of {activation} features and of their surrogates at d = {d}, n = {n}, p = {p}",
            seed=seed, threshold=THRESHOLD, allowance=ALLOWANCE,
        )  # fmt: skip
