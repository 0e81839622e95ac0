r"""Polynomial scaling of random features and kernels.

**Statement.** Let $p = \theta_1 d^{\kappa_1}$, $n = \theta_2 d^{\kappa_2}$ with $\kappa_1, \kappa_2 > 0$, inputs and
weights on the sphere, and a ridge of order one. The degrees below $\min(\kappa_1, \kappa_2)$ are learned, those
above are not, and what happens in between is decided by which sizes compete: at equal integer exponents $\ell$ the
proportional equations return, with $\psi_i = \ell!\,\theta_i$; at equal exponents that are no integer the unlearned
part alone makes a peak at $n = p$; at different exponents the smaller size alone decides, and is critical at every
integer. These are the limits of [@HuLuMisiakiewicz2024] for random features and of [@Xiao2022] for kernels.

No regime is listed in what follows: every limit is taken by dominant balance at one point, and its cell of exponents
comes with it.
"""

from math import factorial

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.models import kernel_ridge_equations
from asymptotics.transforms.limits.atlas import atlas
from asymptotics.verification import Derivation, check

from .published import polynomial_regimes as published

derivation = Derivation(
    id="polynomial-regimes",
    title="Polynomial scaling: the staircase, its peaks, and the diagonal",
    uses=["random-features", "proportional-random-features"],
    references=["HuLuMisiakiewicz2024", "Xiao2022", "HuLu2023"],
    concludes="critical",
    assumptions=[
        "Features may be replaced by Gaussian ones with the same covariance in the kernel eigenbasis."
    ],
)

LEVELS = (1, 2, 3)
HALF = sp.Rational(1, 2)
nu, c, lam, noise = (symbol(name) for name in ("nu", "c", "lam", "noise"))
theta1, theta2, psi1, psi2 = (symbol(name) for name in ("theta1", "theta2", "psi1", "psi2"))
tail, power_tail = symbol("mu_starsq"), symbol("F_starsq")


def part(level):
    """Squared norms of activation and target in one degree."""
    return symbol(f"mu{level}sq"), symbol(f"F{level}sq")


def expanded(system):
    """Residuals and test error of a system, with definitions written out."""
    full = system.expanded()
    return [equation.residual for equation in full.equations], full.observable("test")


@derivation.step("Equal integer exponents: the proportional equations return")
def critical(random_features, proportional_random_features):
    r"""At $\kappa_1 = \kappa_2 = \ell$ put $\nu = \ell!\,\nu'$, $c = c'/\ell!$ and $\theta_i = \psi_i/\ell!$: the
    limit system becomes the proportional one with degree $\ell$ in the place of degree one.
    """
    yield check.assumes(
        "the test error of ridge regression on the features of the sphere is, to leading order, that of Gaussian "
        "features with the same covariance in the eigenbasis of the kernel operator",
        "HuLuMisiakiewicz2024",
    )
    wanted, risk = expanded(proportional_random_features)
    found = {}
    for level in LEVELS:
        regime = atlas(random_features, level, level)
        residuals, test = expanded(regime.system)
        scale = factorial(level)
        there = {nu: scale * nu, c: c / scale, theta1: psi1 / scale, theta2: psi2 / scale}
        mu, power = part(level)
        there |= {mu: symbol("mu1sq"), power: symbol("F1sq")}
        moved = [sp.cancel(r.subs(there, simultaneous=True)) for r in residuals]
        yield check.equivalent(
            moved, wanted, statement=f"degree {level}: the equations are the proportional ones"
        )
        value = sp.cancel(test.subs(there, simultaneous=True))
        yield check.identity(value, risk, modulo=wanted, statement=f"degree {level}: so is the test error")
        found[level] = regime
    return found[2].system


@derivation.step("Equal exponents that are no integer")
def diagonal(random_features):
    r"""Between integers no degree is partly learned: the unlearned part, of squared norm $\mu_{\ge\ell}^2$, acts as
    one tail. With $t = 1 - T/p$ the published quadratic and risk follow; the error peaks at $n = p$.
    """
    for level in (1, 2):
        regime = atlas(random_features, level - HALF, level - HALF)
        residuals, test = expanded(regime.system)
        mu, power = part(level)
        mass, ratio = mu + tail, theta2 / theta1
        t = 1 - mass / nu / theta1
        quadratic = published.diagonal_quadratic(t, ratio, lam / mass)
        yield check.in_ideal(
            quadratic, residuals, statement=f"exponent {level - HALF}: the published quadratic for t"
        )
        upsilon = published.diagonal_upsilon(t, ratio)
        risk = published.diagonal_risk(upsilon, power + power_tail, noise)
        yield check.identity(
            test, risk, modulo=residuals, statement=f"exponent {level - HALF}: the published risk"
        )


@derivation.step("More features than samples: the kernel closed forms")
def sample_limited(random_features):
    r"""At $\kappa_2 = \ell < \kappa_1$ the features drop out. With $r = \varrho\,w + 1/w$, $w$ the unlearned share
    of degree $\ell$ and $\varrho = \mu_\ell^2/(\lambda + \mu_{>\ell}^2)$, the published bias and variance follow;
    kernel ridge regression, from its own program, has the same limit.
    """
    kernel = kernel_ridge_equations.equivalent()
    for level in LEVELS:
        regime = atlas(random_features, level + HALF, level)
        residuals, test = expanded(regime.system)
        mu, power = part(level)
        scale = factorial(level)
        unlearned = nu / (scale * mu + nu)
        rho, delta = mu / (lam + tail), scale * theta2
        root = rho * unlearned + 1 / unlearned
        yield check.in_ideal(
            root**2 - published.kernel_radicand(delta, rho), residuals,
            statement=f"degree {level}: r squared is the published radicand",
        )  # fmt: skip
        bias, variance = published.kernel_bias(delta, rho, root), published.kernel_variance(delta, rho, root)
        risk = published.kernel_risk(bias, variance, power, power_tail, noise)
        yield check.identity(test, risk, modulo=residuals, statement=f"degree {level}: the published risk")
        own, error = expanded(atlas(kernel, float("inf"), level).system)
        for equation in own:
            yield check.in_ideal(
                equation, residuals, statement=f"degree {level}: the kernel's own equation follows"
            )
        yield check.identity(
            test,
            error,
            modulo=residuals,
            statement=f"degree {level}: the kernel's own program has the same risk",
        )


@derivation.step("More samples than features: the approximation error")
def feature_limited(random_features):
    r"""At $\kappa_1 = \ell < \kappa_2$ ridge and noise drop out: what is left is the error of the best predictor in
    the span of the features.
    """
    for level in LEVELS:
        regime = atlas(random_features, level, level + HALF)
        residuals, test = expanded(regime.system)
        mu, power = part(level)
        scale = factorial(level)
        u = scale * mu / (scale * mu + nu)
        yield check.identity(
            test, published.population_risk(u, power, power_tail), modulo=residuals,
            statement=f"degree {level}: the published risk",
        )  # fmt: skip
        yield check.in_ideal(
            u + scale * tail / nu - scale * theta1, residuals,
            statement=f"degree {level}: its equation u + c = psi1",
        )  # fmt: skip


@derivation.step("Between the critical lines: the staircase")
def staircase(random_features):
    r"""Off the critical lines the error is the power of the target above $\min(\kappa_1, \kappa_2)$, whatever the
    ridge, the noise and the coefficients.
    """
    kernel = kernel_ridge_equations.equivalent()
    for level in LEVELS:
        small = level - HALF
        _, power = part(level)
        steps = {
            "samples": atlas(random_features, small + 1, small),
            "features": atlas(random_features, small, small + 1),
            "kernel": atlas(kernel, float("inf"), small),
        }
        for name, regime in steps.items():
            residuals, test = expanded(regime.system)
            yield check.identity(
                test, published.between_integers(power + power_tail), modulo=residuals,
                statement=f"{name} at exponent {small}: degrees below {level} are learned",
            )  # fmt: skip
