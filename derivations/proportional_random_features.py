r"""Random features in the proportional regime.

**Statement.** Inputs and weights on the sphere in dimension $d$, $p = \psi_1 d$ features, $n = \psi_2 d$
samples, activation with linear part $\mu_1^2$ and nonlinear part $\mu_\star^2$. As $d \to \infty$ test error,
training error and norm have limits, explicit in the unique admissible solution of two coupled equations.

These are the limits of [@MeiMontanari2022]: their polynomials $E_0, E_1, E_2$ and the equations for $\nu_1,
\nu_2$, the training objective and the norm, the ridgeless limit, infinitely many features, infinitely many
samples, and the threshold $\rho_\star$ above which no ridge is optimal, which turns out to be $\zeta^2$ for
every sample size.
"""

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit
from asymptotics.verification import Derivation, check

from . import _finite
from .published import mei_montanari

derivation = Derivation(
    id="proportional-random-features",
    title="Random-features ridge regression in the proportional regime",
    uses=["random-features"],
    references=["MeiMontanari2022", "HuLu2023", "Defilippis2024"],
    concludes="system",
    assumptions=[
        "Features may be replaced by Gaussian ones with the same covariance in the kernel eigenbasis."
    ],
)

lam, noise, nu, c = (symbol(name) for name in ("lam", "noise", "nu", "c"))
psi1, psi2, mu1, mu_star = (symbol(name) for name in ("psi1", "psi2", "mu1sq", "mu_starsq"))
power1, power_star = symbol("F1sq"), symbol("F_starsq")
x, z, lam_bar, y = (symbol(name) for name in ("x", "z", "lambdabar", "y"))
chi = -x  # chi of the paper is negative
rest = power_star + noise

# Our variables in those of the paper: x = -chi = mu_star^2/nu, z = zeta^2, and the ridge of the mean loss.
dictionary = {nu: mu_star / x, mu1: z * mu_star, lam: psi2 * mu_star * lam_bar}
trace = z * x / (1 + z * x) + x  # T/d in these variables


def translated(expression):
    """An expression of the limit system in the variables of the paper."""
    return sp.cancel(expression.subs(dictionary, simultaneous=True))


@derivation.step("The limit")
def system(random_features):
    r"""Sizes grow like $d$; the linear part of the activation is one eigenvalue $\mu_1^2/d$ of multiplicity
    $d$, everything above it is a tail of total mass $\mu_\star^2$ of infinitesimal eigenvalues. Balancing
    leading terms leaves one choice of exponents, $\nu \sim d^{-1}$ and $c \sim d$. The approach is measured:
    the system at finite $d$, with all of the tail on degree two, against the limit.
    """
    yield check.assumes(
        "the test error of ridge regression on the features of the sphere is, to leading order, that of Gaussian "
        "features with the same covariance in the eigenbasis of the kernel operator",
        "HuLu2023",
    )
    growth = {symbol("n"): (psi2, 1), symbol("p"): (psi1, 1)}
    limit = take_limit(random_features, growth, polynomial_levels(1), name="proportional-random-features")
    found = limit.system
    numbers = {psi1: 2, psi2: 3, lam: sp.Rational(1, 10), noise: sp.Rational(1, 5)}
    numbers |= {mu1: sp.Rational(1, 4), mu_star: sp.Rational(1, 10), power1: 1, power_star: sp.Rational(1, 4)}
    gaps = finite_size_gaps(random_features, found, numbers, ("test", "train", "norm"))
    for name, differences in gaps.items():
        yield check.limit(differences, 1, f"the {name} of the system at size d approaches its limit like 1/d")
    return found


def finite_size_gaps(general, limit, numbers, names):
    """Differences of observables at growing d to their limit, the tail all on degree two."""
    linear, tail = (_finite.mp.mpf(str(sp.N(numbers[q], 50))) for q in (mu1, mu_star))
    root, slack = _finite.effective_ridge(
        lambda value: linear / (linear + value) + tail / value,
        numbers[psi2],
        numbers[psi1],
        sp.N(numbers[lam], 50),
    )
    values = {**numbers, nu: sp.Float(str(root), 45), c: sp.Float(str(slack), 45)}
    full = limit.expanded()
    targets = {name: full.observable(name).subs(values) for name in names}
    gaps = {name: {} for name in names}
    for d in (10**2, 10**4, 10**6):
        second = sp.Rational(d * (d + 1), 2) - 1
        levels = [
            (numbers[mu1] / d, d, numbers[power1]),
            (numbers[mu_star] / second, second, numbers[power_star]),
        ]
        found = _finite.observables(general, names, levels, 3 * d, 2 * d, numbers[lam], numbers[noise])
        for name in names:
            gaps[name][d] = found[name] - _finite.mp.mpf(str(targets[name]))
    return gaps


@derivation.step("The equations in the variables of the paper")
def equations(system):
    r"""Put $x = \mu_\star^2/\nu$, $\zeta^2 = \mu_1^2/\mu_\star^2$ and $\lambda = \psi_2\mu_\star^2\bar\lambda$;
    then $x = -\chi$ of [@MeiMontanari2022], and their $\nu_1 = i\,x\,s/c$, $\nu_2 = i\,c/s$ at $\xi = i\,s$, $s
    = (\psi_1\psi_2\bar\lambda)^{1/2}$.
    """
    found = [translated(residual) for residual in (e.residual for e in system.expanded().equations)]
    compact = [(psi2 - trace) - c, c * (psi1 - trace) - psi1 * psi2 * lam_bar * x]
    yield check.equivalent(found, compact, statement="the limit system in the variables of the paper")
    s = symbol("s")
    at_s = [residual.subs(lam_bar, s**2 / (psi1 * psi2)) for residual in found]
    published = mei_montanari.fixed_point(psi1, psi2, z, sp.I * s, sp.I * x * s / c, sp.I * c / s)
    yield check.equivalent(
        at_s, published, statement="the derived equations are those for nu_1 and nu_2 on the imaginary axis"
    )
    return compact


@derivation.step("Minimal polynomial and physical branch")
def minimal_polynomial(equations):
    r"""Eliminating $c$ leaves $(\psi_1 - T)(\psi_2 - T) = \psi_1\psi_2\bar\lambda\,x$, a quartic in $x$ that
    does not factor. Of its roots one is physical: $T$ increases with $x$, so on $T < \min(\psi_1, \psi_2)$ the
    left side over $x$ decreases from infinity to zero and meets $\psi_1\psi_2\bar\lambda$ once.
    """
    eliminated = (psi2 - trace) * (psi1 - trace) - psi1 * psi2 * lam_bar * x
    yield check.in_ideal(eliminated, equations, statement="c eliminated")
    quartic = sp.fraction(sp.cancel(eliminated))[0]
    published = mei_montanari.quartic(x, z, psi1, psi2, lam_bar)
    yield check.identity(
        eliminated * (1 + z * x) ** 2, published, statement="the polynomial is the known quartic"
    )
    yield check.irreducible(
        quartic, x, statement="it does not factor over the rational functions of the parameters"
    )
    yield check.positive(sp.diff(trace, x), statement="T increases with x")
    h1, h2 = symbol("h1"), symbol("h2")
    slack = [psi1 - trace - h1, psi2 - trace - h2]
    fall = -sp.diff((psi1 - trace) * (psi2 - trace) / x, x)
    expected = (h1 + h2) * sp.diff(trace, x) / x + h1 * h2 / x**2
    yield check.identity(fall, expected, modulo=slack, statement="how fast the left side over x falls")
    yield check.positive(expected, statement="it falls where T < min(psi_1, psi_2)")
    return quartic


@derivation.step("Comparison: the risk")
def risk(system, equations):
    r"""The test error is $F_1^2 E_1/E_0 + (F_\star^2 + \tau^2)\,E_2/E_0 + F_\star^2$, the difference being zero
    modulo the equations after clearing denominators.
    """
    test = translated(system.expand(system.observable("test")))
    published = mei_montanari.risk(chi, z, psi1, psi2, power1, power_star, noise)
    yield check.identity(test, published, modulo=equations, statement="the test error is the published one")
    for name, value in (
        ("E1/E0", mei_montanari.e1(chi, z, psi1, psi2) / mei_montanari.e0(chi, z, psi1, psi2)),
        ("E2/E0", mei_montanari.e2(chi, z, psi1, psi2) / mei_montanari.e0(chi, z, psi1, psi2)),
    ):
        part = sp.diff(test, power1 if name == "E1/E0" else noise)
        yield check.identity(part, value, modulo=equations, statement=f"the coefficient {name}")
    return test


@derivation.step("Comparison: training objective, training error and norm")
def training(system, equations):
    r"""The training objective is $g\,[F_1^2/(1 - \chi\zeta^2) + F_\star^2 + \tau^2]$ with $g = c/\psi_2$, the
    training error $g^2(\mathcal{R} + \tau^2)$, and the squared norm the published polynomials. Coefficients of
    the paper are ours over $\sqrt p$.
    """
    g = c / psi2
    minimum = translated(system.expand(system.observable("minimum"))) / psi2
    published = mei_montanari.objective(g, chi, z, power1, power_star, noise)
    yield check.identity(
        minimum, published, modulo=equations, statement="the training objective is the published one"
    )
    train = translated(system.expand(system.observable("train")))
    total = mei_montanari.risk(chi, z, psi1, psi2, power1, power_star, noise) + noise
    yield check.identity(
        train, g**2 * total, modulo=equations, statement="the training error is the published one"
    )
    norm = translated(system.expand(system.observable("norm"))) * psi2 / psi1
    published = mei_montanari.norm(chi, z, psi1, psi2, power1, power_star, noise)
    yield check.identity(
        mu_star * norm, published, modulo=equations, statement="the norm is the published one"
    )


@derivation.step("Comparison: no ridge")
def ridgeless(equations):
    r"""At $\bar\lambda = 0$ the equations factor: $T = \psi_1$ or $c = 0$, that is $T = \psi_2$; the physical
    branch has $T < \min(\psi_1, \psi_2)$ and reaches $T = \psi$, $\psi = \min(\psi_1, \psi_2)$. The published
    $\chi$ is its negative root.
    """
    at_zero = [residual.subs(lam_bar, 0) for residual in equations]
    product = (psi2 - trace) * (psi1 - trace)
    yield check.in_ideal(product, at_zero, statement="without ridge T is psi_1 or psi_2")
    psi = symbol("psi")
    root = sp.sqrt(mei_montanari.ridgeless_radicand(z, psi))
    closed, other = (mei_montanari.ridgeless_chi(z, psi, sign * root) for sign in (1, -1))
    yield check.identity((trace - psi).subs(x, -closed), statement="the published chi solves T = psi")
    yield check.identity(other - closed, root / z, statement="it is the smaller of the two roots")
    yield check.identity(
        closed * other, -psi / z, statement="the roots have opposite signs, so it is the negative one"
    )


@derivation.step("Comparison: infinitely many features")
def wide(risk, equations):
    r"""At $1/\psi_1 = 0$ the equations become $\psi_2 - T = \psi_2\bar\lambda\,x$; the published $\omega =
    \zeta^2\chi$ is the negative root, and bias and variance are the published ones.
    """
    reduced = [sp.cancel(e.subs(psi1, 1 / y) * y).subs(y, 0) if e.has(psi1) else e for e in equations]
    one = psi2 - trace - psi2 * lam_bar * x
    yield check.in_ideal(one, reduced, statement="one equation is left")
    root = sp.sqrt(mei_montanari.omega_radicand(z, psi2, lam_bar))
    closed, other = (mei_montanari.omega(z, psi2, lam_bar, sign * root) for sign in (1, -1))
    yield check.identity(one.subs(x, -closed / z), statement="the published omega solves it")
    yield check.identity(
        closed * other, -psi2 * z / (1 + lam_bar * psi2), statement="the two roots have opposite signs"
    )
    yield check.identity(other - closed, root / (1 + lam_bar * psi2), statement="it is the negative one")
    limit = sp.cancel(risk.subs(psi1, 1 / y)).subs(y, 0)
    w = z * chi
    published = (
        power1 * mei_montanari.bias_wide(psi2, w) + rest * mei_montanari.variance_wide(psi2, w) + power_star
    )
    yield check.identity(limit, published, modulo=[one], statement="the test error is the published one")
    return one, limit


@derivation.step("Comparison: infinitely many samples")
def large_sample(risk, equations):
    r"""At $1/\psi_2 = 0$ with $\bar\lambda$ fixed the equations become $\psi_1 - T = \psi_1\bar\lambda\,x$; the
    variance vanishes and the bias is the published one, at the same $\omega$ with $\psi_1$ in place of
    $\psi_2$.
    """
    eliminated = sp.cancel((psi2 - trace) * (psi1 - trace) / psi2) - psi1 * lam_bar * x
    yield check.in_ideal(eliminated, equations, statement="c eliminated")
    reduced = sp.cancel(eliminated.subs(psi2, 1 / y)).subs(y, 0)
    one = psi1 - trace - psi1 * lam_bar * x
    yield check.equivalent([reduced], [one], statement="one equation is left")
    root = sp.sqrt(mei_montanari.omega_radicand(z, psi1, lam_bar))
    closed = mei_montanari.omega(z, psi1, lam_bar, root)
    yield check.identity(one.subs(x, -closed / z), statement="the published omega solves it")
    limit = sp.cancel(risk.subs(psi2, 1 / y)).subs(y, 0)
    published = power1 * mei_montanari.bias_large_sample(psi1, z, z * chi) + power_star
    yield check.identity(limit, published, modulo=[one], statement="the test error is the published one")


@derivation.step("Comparison: the threshold of the optimal ridge")
def threshold(wide):
    r"""With infinitely many features and $\rho = F_1^2/(F_\star^2 + \tau^2)$, the derivative of the risk along
    the solution has the sign of $\rho\,(1 + \psi_2\bar\lambda) - \zeta^2$. So the optimal ridge is
    $\bar\lambda_\star = (\zeta^2/\rho - 1)/\psi_2$ while $\rho < \zeta^2$, and zero above: the published
    $\rho_\star$ equals $\zeta^2$ whatever $\psi_2$ is.
    """
    one, limit = wide
    rho = symbol("rho")
    normalized = limit.subs(power1, rho * rest)
    growth = sp.diff(normalized, x)
    sign = z - rho * (1 + psi2 * lam_bar)
    factor = sp.cancel(growth / rest)
    positive = 2 * x * z * psi2 * (1 + z * x) / ((1 + z * x) ** 2 * psi2 - z**2 * x**2) ** 2
    yield check.identity(
        factor / sign,
        positive,
        modulo=[one],
        statement="the derivative is a positive factor times that sign",
    )
    yield check.positive(
        ((1 + z * x) ** 2 * psi2 - z**2 * x**2).subs(psi2, z * x / (1 + z * x) + symbol("slack")),
        statement="the denominator is positive where T < psi_2",
    )
    at_zero = one.subs(lam_bar, 0)
    yield check.identity(
        mei_montanari.threshold(psi2, -z * x),
        z,
        modulo=[at_zero],
        statement="the published threshold is zeta^2",
    )
    root = sp.sqrt(mei_montanari.optimal_radicand(psi2, rho))
    best = mei_montanari.optimal_omega(psi2, rho, root)
    optimum = (z / rho - 1) / psi2
    yield check.identity(
        mei_montanari.optimal_ridge(z, psi2, best),
        optimum,
        statement="the published optimal ridge is this one",
    )
    yield check.identity(
        one.subs({x: -best / z, lam_bar: optimum}),
        statement="the published omega is the solution at the optimum",
    )
