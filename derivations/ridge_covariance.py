r"""Ridge regression with a population covariance, and with another covariance at test time.

**Statement.** Let the rows of $X \in \mathbb{R}^{n \times D}$ be centered Gaussian with covariance $S$, labels
$y = X\theta + \varepsilon$, and $\hat\theta$ the minimizer of $\|y - X\theta\|^2 + \lambda\|\theta\|^2$. With
the effective ridge $\nu > 0$, the unique solution of $n\nu - \nu\,\mathrm{Tr}\,S(S+\nu)^{-1} = \lambda$, the
errors $(\hat\theta-\theta)^\top H (\hat\theta-\theta)$ for $H = S$ (test error), $H = 1$ (estimation error) and
$H = S^2$ (a test covariance different from the training one) are deterministic to leading order.

This is the limit of infinitely many features of [@Defilippis2024] and the kernel form of [@Simon2024]; the
errors under another test covariance follow from the same potential.
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
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
    dyson_equation,
    norm2,
    slope,
)
from asymptotics.verification import Derivation, check

from .published import simon

derivation = Derivation(
    id="ridge-covariance",
    title="Ridge regression with a population covariance and covariate shift",
    uses=["random-features"],
    references=["Defilippis2024", "Simon2024", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, lam, noise = (symbol(name) for name in ("n", "p", "lam", "noise"))
nu, c, s = symbol("nu"), symbol("c"), symbol("s")


def trace(function):
    """Trace of a function of the spectrum."""
    return SpectralAverage(function, s, symbol("T"))


def target(function):
    """Sum of the squared coordinates of theta times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


df1, df2 = trace(s / (s + nu)), trace(s**2 / (s + nu) ** 2)


@derivation.step("The learning problem as a quadratic program")
def program():
    r"""With $u = a - \theta$ the error of the estimator and $r = Xu - \varepsilon$ the residual, each test
    covariance is one more source: $q_0\|u\|^2 + q_1\,u^\top S u + q_2\,u^\top S^2 u$.
    """
    N, D = Dimension("n"), SpectralDimension("D")
    S = SpectralMatrix(D)
    X = GaussianMatrix("X", N, D, column_covariance="s")
    a, u, r = Variable("a", D), Variable("u", D), Variable("r", N)
    theta = DeterministicVector("theta", D)
    epsilon = GaussianVector("epsilon", N, variance=noise)
    t, q0, q1, q2 = (symbol(name) for name in ("t", "q0", "q1", "q2"))
    written = QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q0 * norm2(u) + q1 * norm2(u, S) + q2 * norm2(u, S**2),
        constraints={u: a - theta, r: X @ u - epsilon},
        sources={t: 1, q0: 0, q1: 0, q2: 0},
        observables={
            "test": slope(q1),
            "estimation": slope(q0),
            "shifted": slope(q2),
            "train": slope(t) / n,
            "norm": slope(lam) / n,
        },
        name="ridge-covariance",
    )
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("The Dyson equation")
def dyson(program):
    r"""The stationarity conditions are a pencil with one random matrix; two traces close its Dyson equation."""
    equation = dyson_equation(program.pencil())
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    return equation


@derivation.step("The scalar system")
def system(program):
    r"""One unknown remains, the effective ridge; $\nu$ is unique because $\nu\,(n -
    \mathrm{Tr}\,S(S+\nu)^{-1})$ increases where it is positive.
    """
    found = program.deterministic_equivalent()
    yield check.equivalent(
        found, [nu * (n - df1) - lam], statement="the equations are those of the effective ridge"
    )
    yield check.identity(
        found.observable("minimum"),
        n * found.observable("train") + lam * n * found.observable("norm"),
        modulo=found,
        statement="Euler's identity: the minimum is the sum of its parts",
    )
    left = nu * (n - df1)
    growth = c + nu * trace(s / (s + nu) ** 2)
    yield check.identity(sp.diff(left, nu), growth, modulo=[n - c - df1], statement="slope of the left side")
    yield check.positive(growth, statement="the left side increases where T < n")
    return found


@derivation.step("Comparison: the kernel form")
def kernel(system):
    r"""With $\beta_k^2 = s_k\theta_k^2$ these are the kernel ridge equations of [@Simon2024] (there $\delta =
    \lambda$, $\kappa = \nu$), training error included.
    """
    squared = target(s * nu**2 / (s + nu) ** 2)
    published = simon.kernel_test_error(n, df2, squared, noise)
    yield check.identity(
        system.observable("test") + noise,
        published,
        modulo=system,
        statement="the test error is the published one",
    )
    yield check.identity(
        system.observable("train"),
        simon.kernel_train_error(n, lam, nu, published),
        modulo=system,
        statement="the training error is the published one",
    )


@derivation.step("Random features with infinitely many features")
def wide(system, random_features):
    r"""At $1/p = 0$ the random-features system has $c = \lambda/\nu$ and becomes this one, observable by
    observable, with $\beta_k = s_k^{1/2}\theta_k$.
    """
    x = symbol("x")
    limit = random_features.expanded()
    residuals = [sp.cancel(e.residual.subs(p, 1 / x) * x).subs(x, 0) if e.residual.has(p) else e.residual
                 for e in limit.equations]  # fmt: skip
    yield check.equivalent(
        [*residuals], [nu * (n - df1) - lam, c * nu - lam], statement="the fixed points agree at 1/p = 0"
    )
    for name in ("test", "train"):
        value = sp.cancel(limit.observable(name).subs(p, 1 / x)).subs(x, 0)
        value = value.replace(
            lambda node: isinstance(node, SpectralAverage) and node.measure == symbol("B"),
            lambda node: target(node.function * s),
        )
        yield check.identity(
            value,
            system.observable(name),
            modulo=[system, c * nu - lam],
            statement=f"the {name} error agrees",
        )


@derivation.step("One formula for every test covariance")
def shifted(system):
    r"""The three errors have one form. Under a test covariance $H$ the error is the shrinkage error $\sum_k
    h_k\theta_k^2\nu^2/(s_k+\nu)^2$ plus $\frac1n \mathrm{Tr}\,HS(S+\nu)^{-2}$ times the total test error under
    the training covariance, label noise included: the shift changes what is measured, not what is learned.
    """
    for name, h in (("estimation", sp.Integer(1)), ("test", s), ("shifted", s**2)):
        bias_h = target(h * nu**2 / (s + nu) ** 2)
        cross = trace(h * s / (s + nu) ** 2)
        form = bias_h + cross / n * (system.observable("test") + noise)
        yield check.identity(
            system.observable(name),
            form,
            modulo=system,
            statement=f"the error for H = {h} has that form",
        )
