r"""Ridge regression on isotropic inputs.

**Statement.** Let $X \in \mathbb{R}^{n \times d}$ have independent standard Gaussian entries, $\gamma = d/n$,
and let $\hat\beta$ minimize $\frac1n\|y - X\beta\|^2 + \lambda\|\beta\|^2$ for $y = X\beta_\star +
\varepsilon$, $\|\beta_\star\|^2 = r^2$, noise of variance $\sigma^2$. Then $\|\hat\beta - \beta_\star\|^2$
tends to
$$ \frac{r^2\nu^2 + \sigma^2\gamma}{(1+\nu)^2 - \gamma}, \qquad \nu\Big(1 - \frac{\gamma}{1+\nu}\Big) = \lambda, \quad
\nu > \max(0, \gamma - 1). $$

Equal to the closed forms of [@Hastie2022]: ridge, ridgeless on both sides of $\gamma = 1$, optimal ridge.
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
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
from asymptotics.verification import Derivation, check

from .published import hastie

derivation = Derivation(
    id="ridge",
    title="Ridge regression on isotropic inputs",
    uses=["ridge-covariance", "marchenko-pastur"],
    references=["Hastie2022"],
    concludes="system",
)

n, d, lam, noise, gamma, r2, nu = (symbol(name) for name in ("n", "d", "lam", "noise", "gamma", "r^2", "nu"))


def isotropic(expression):
    """Every eigenvalue is 1: traces count d = gamma n of them, the target has squared norm r2."""
    weight = {"T": gamma * n, "B": r2}
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: weight[node.measure.name] * node.function.subs(node.variable, 1),
    )


@derivation.step("The isotropic spectrum")
def system(ridge_covariance):
    r"""Put every eigenvalue equal to one in the general system, $d = \gamma n$, and count the ridge per sample:
    the number of samples drops out.
    """
    general = ridge_covariance.expanded()
    per_sample = {lam: n * lam}

    def reduced(expression):
        return sp.cancel(isotropic(expression).subs(per_sample))

    found = FixedPointSystem(
        name="ridge",
        parameters=tuple(Parameter(q) for q in (gamma, lam, noise, r2)),
        unknowns=(Unknown(nu, "effective ridge"),),
        equations=(Equation(nu * (1 - gamma / (1 + nu)), lam),),
        observables=tuple(
            Observable(name, sp.cancel(reduced(general.observable(name)) * factor))
            for name, factor in (
                ("test", 1),
                ("test.theta", 1),
                ("test.epsilon", 1),
                ("train", 1),
                ("norm", n),
            )
        ),
        domain=Domain(
            (Condition(nu), Condition(nu - gamma + 1)), "the left side increases where it is positive"
        ),
    )
    yield check.equivalent(
        [sp.cancel(reduced(e.residual) / n) for e in general.equations],
        found,
        statement="the number of samples drops out of the equation",
    )
    expected = (r2 * nu**2 + noise * gamma) / ((1 + nu) ** 2 - gamma)
    yield check.identity(
        found.observable("test"), expected, modulo=found, statement="the test error as stated"
    )
    return found


@derivation.step("The same from its own program")
def direct(system):
    r"""Derived again without a spectrum, as a program over plain dimensions, the multiplier trace is
    $\tau = n\lambda/\nu$, and everything agrees.
    """
    N, P = Dimension("n"), Dimension("d")
    X = GaussianMatrix("X", N, P)
    a, u, r = Variable("a", P), Variable("u", P), Variable("r", N)
    beta, epsilon = DeterministicVector("beta", P), GaussianVector("epsilon", N, variance=noise)
    t, q = symbol("t"), symbol("q")
    written = QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u),
        constraints={u: a - beta, r: X @ u - epsilon},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n, "norm": slope(lam)},
        name="ridge-direct",
    )
    plain = written.deterministic_equivalent()
    (tau,) = plain.unknown_symbols()
    rule = {tau: n * lam / nu, lam: n * lam, d: gamma * n, symbol("B"): r2}
    yield check.represents(written)
    yield check.equivalent(
        [e.residual.subs(rule, simultaneous=True) for e in plain.equations],
        system,
        statement="the two derivations give the same equation",
    )
    for name in ("test", "train", "norm"):
        value = plain.observable(name).subs(rule, simultaneous=True)
        yield check.identity(
            value,
            system.observable(name),
            modulo=system,
            statement=f"the two derivations give the same {name}",
        )


@derivation.step("Comparison: the risk by Stieltjes transforms")
def published_risk(system, marchenko_pastur):
    r"""The resolvent trace of the sample covariance is $m(-\lambda) = \nu/(\lambda(1+\nu))$: it solves the
    Marchenko–Pastur equation. Its derivative comes by implicit differentiation, and the risk of [@Hastie2022]
    in $m$ and $m'$ is ours.
    """
    m = nu / (lam * (1 + nu))
    residual = marchenko_pastur.equations[0].residual.subs(symbol("m"), m)
    yield check.in_ideal(
        residual, system, statement="the resolvent trace solves the Marchenko-Pastur equation"
    )
    equation = system.equations[0].residual
    nu_slope = -sp.diff(equation, lam) / sp.diff(equation, nu)
    m_slope = -(sp.diff(m, lam) + sp.diff(m, nu) * nu_slope)
    published = hastie.risk(gamma, lam, r2, noise, m, m_slope)
    yield check.identity(
        system.observable("test"), published, modulo=system, statement="the risk is the published one"
    )


@derivation.step("Comparison: no ridge")
def ridgeless(system):
    r"""At $\lambda = 0$ the equation factors as $\nu\,(1 + \nu - \gamma) = 0$. The physical branch has $\nu >
    \max(0, \gamma - 1)$ and tends to that maximum: $\nu = 0$ for $\gamma < 1$, and $\nu = \gamma - 1$ for
    $\gamma > 1$.
    """
    at_zero = system.equations[0].residual.subs(lam, 0)
    yield check.identity(
        at_zero * (1 + nu), nu * (1 + nu - gamma), statement="the equation factors without ridge"
    )
    test = system.observable("test")
    yield check.identity(
        test.subs(nu, 0),
        hastie.ridgeless_under(gamma, noise),
        statement="fewer inputs than samples: the published form",
    )
    over = hastie.ridgeless_over(gamma, r2, noise)
    yield check.identity(
        test.subs(nu, gamma - 1), over, statement="more inputs than samples: the published form"
    )
    root = symbol("root")
    minimum = root / (root - 1)
    yield check.identity(
        sp.diff(over, gamma).subs(gamma, minimum).subs(r2, root**2 * noise),
        statement="its stationary point is at gamma = sqrt(SNR)/(sqrt(SNR) - 1)",
    )


@derivation.step("Comparison: the optimal ridge")
def optimum(system):
    r"""The risk depends on $\lambda$ through $\nu$ only, and its derivative has the sign of
    $r^2\lambda - \sigma^2\gamma$: the minimum is at $\lambda_\star = \sigma^2\gamma/r^2$, where the risk is
    $\sigma^2\gamma\,m(-\lambda_\star)$.
    """
    test, slack = system.observable("test"), symbol("slack")
    growth = sp.diff(test, nu)
    sign = r2 * lam - noise * gamma
    factor = 2 * (1 + nu) / ((1 + nu) ** 2 - gamma) ** 2
    yield check.identity(growth, factor * sign, modulo=system, statement="the derivative changes sign once")
    yield check.positive(
        ((1 + nu) ** 2 - gamma).subs(gamma, 1 + nu - slack),
        statement="the denominator is positive where T < n",
    )
    best = hastie.optimal_ridge(gamma, r2, noise)
    here = system.equations[0].residual.subs(lam, best)
    yield check.identity(sign.subs(lam, best), statement="it vanishes at the published optimal ridge")
    yield check.identity(
        test,
        hastie.optimal_risk(gamma, noise, nu / (best * (1 + nu))),
        modulo=here,
        statement="the risk there is the published one",
    )
