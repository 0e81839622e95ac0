r"""Random-features ridge regression, for every spectrum.

**Statement.** Let $Z = AB \in \mathbb{R}^{n \times p}$ with $A = G S^{1/2}$, $G$ with independent standard
Gaussian entries, $S$ the diagonal matrix of eigenvalues $s_k$, and $B$ with independent Gaussian entries of
variance $1/p$. Labels are $y = A S^{-1/2}\beta + \varepsilon$. The estimator minimizes $\|y - Za\|^2 +
\lambda\|a\|^2$. With $T = \mathrm{Tr}\,S(S+\nu)^{-1}$ the excess test error, the training error and the norm of
the estimator are deterministic to leading order, explicit in the unique solution $c, \nu > 0$ of
$$ c\,\nu\,(1 - T/p) = \lambda, \qquad c + T = n . $$

The equations are those of [@Defilippis2024], [@Simon2024] and [@Atanasov2024]; that the three agree is proved
here too.
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

from .published import atanasov, defilippis, simon

derivation = Derivation(
    id="random-features",
    title="Random-features ridge regression in a general spectrum",
    references=["Defilippis2024", "Wang2025", "Simon2024", "Atanasov2024", "LatourelleVigeantPaquette2023"],
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
    """Sum of the squared target coordinates times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


df1, df2, tr12 = trace(s / (s + nu)), trace(s**2 / (s + nu) ** 2), trace(s / (s + nu) ** 2)
b01, b02, b12 = target(1 / (s + nu)), target(1 / (s + nu) ** 2), target(s / (s + nu) ** 2)


@derivation.step("The learning problem as a quadratic program")
def program():
    r"""Write $u = Ba - S^{-1/2}\beta$ for the error of the predictor in the eigenbasis and $r = Au -
    \varepsilon$ for the residual on the samples. The energy is $t\|r\|^2 + \lambda\|a\|^2 + q\,u^\top S u$. At
    $t = 1$, $q = 0$ its minimizer is the ridge estimator, and by the envelope theorem the derivatives of the
    minimum in $t$, $\lambda$ and $q$ are the residual sum of squares, $\|\hat a\|^2$ and the test error.
    """
    N, P, D = Dimension("n"), Dimension("p"), SpectralDimension("D")
    S = SpectralMatrix(D)
    A = GaussianMatrix("A", N, D, column_covariance="s")
    B = GaussianMatrix("B", D, P, variance=1 / P.size)
    a, u, r = Variable("a", P), Variable("u", D), Variable("r", N)
    beta = DeterministicVector("beta", D)
    epsilon = GaussianVector("epsilon", N, variance=noise)
    t, q = symbol("t"), symbol("q")
    written = QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u, S),
        constraints={u: B @ a - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n, "norm": slope(lam) / n},
        name="random-features",
    )
    yield check.shapes(written)
    return written


@derivation.step("The pencil of the stationarity conditions")
def pencil(program):
    r"""The Lagrangian is stationary where a symmetric block matrix $L$, affine in $A$ and $B$, maps variables
    and multipliers to the given vectors. The minimum is minus the quadratic form of $L^{-1}$ in those vectors.
    """
    blocks = program.pencil()
    yield check.shapes(blocks)
    yield check.represents(program)
    return blocks


@derivation.step("The Dyson equation")
def dyson(pencil):
    r"""Taking the expectation block by block, $G = E[L^{-1}]$ solves $G = (L_0 - \eta(G))^{-1}$ with $\eta(G) =
    E[X G X]$ and $X$ the random part of $L$. Blocks are functions of the spectrum; their traces are the scalar
    unknowns.
    """
    equation = dyson_equation(pencil)
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    return equation


@derivation.step("The scalar system")
def system(program, dyson):
    r"""The mean inverse has one pole in the eigenvalue, at $s = -\nu$. With $\nu$ as an unknown and the traces
    over samples and features eliminated, two equations remain. Observables are the derivatives of the minimum,
    by implicit differentiation; Euler's identity for the homogeneous energy, $E = t\,\partial_t E +
    \lambda\,\partial_\lambda E + q\,\partial_q E$, checks them.
    """
    found = program.deterministic_equivalent()
    (other,) = [unknown for unknown in found.unknown_symbols() if unknown != nu]
    found = found.renamed({other: c})
    traces = {unknown.symbol.name: unknown.symbol for unknown in dyson.unknowns}
    pole = 1 / (traces["tau_a"] * traces["tau_r_dual"])
    at_base = [equation.subs({symbol("t"): 1, symbol("q"): 0}) for equation in dyson.equations()]
    for equation in found.expanded().equations:
        scalar = equation.residual.subs({c: traces["tau_r_dual"]}).subs({nu: pole})
        yield check.in_ideal(scalar, at_base, statement="the scalar equation follows from the Dyson equation")
    yield check.identity(
        found.observable("minimum"),
        n * found.observable("train") + lam * n * found.observable("norm"),
        modulo=found,
        statement="Euler's identity: the minimum is the sum of its parts",
    )
    return found


@derivation.step("Comparison: Defilippis, Loureiro and Misiakiewicz")
def deterministic_equivalent(system):
    r"""With $\nu_2 = \nu$ and $\nu_1 = \lambda/c$ the system is the fixed point of [@Defilippis2024], and test
    error, norm ([@Wang2025]) and training error agree identically modulo the equations.
    """
    nu1, nu2 = lam / c, nu
    yield check.equivalent(
        system,
        defilippis.fixed_point(n, p, lam, nu1, nu2, df1),
        statement="the derived equations are the published fixed point",
    )
    pairs = {
        "bias": ("test.beta", defilippis.bias(n, p, nu1, nu2, df2, tr12, b02, b12)),
        "variance": ("test.epsilon", defilippis.variance(n, p, nu1, nu2, df2, noise)),
        "training error": ("train", defilippis.train(n, lam, nu1, system.observable("test"), noise)),
        "squared norm": ("norm", defilippis.norm(n, p, lam, nu1, nu2, df2, tr12, b01, b02, b12, noise) / n),
        "training objective": ("minimum", n * defilippis.objective(n, lam, nu1, nu2, b01, noise)),
    }
    for name, (observable, published) in pairs.items():
        yield check.identity(
            system.observable(observable),
            published,
            modulo=system,
            statement=f"the {name} is the published one",
        )


@derivation.step("Comparison: Simon, Karkada, Ghosh and Belkin")
def eigenframework(system):
    r"""With $\kappa = \lambda/c$, $\gamma = \nu$ the system and the test error are those of [@Simon2024]."""
    kappa = lam / c
    yield check.equivalent(
        system,
        simon.fixed_point(n, p, lam, kappa, nu, df1),
        statement="the derived equations are those of the eigenframework",
    )
    published = simon.test_error(n, p, kappa, df1, df2, nu * b01, b12, noise)
    yield check.identity(
        system.observable("test") + noise,
        published,
        modulo=system,
        statement="the test error is the published one",
    )


@derivation.step("Comparison: Atanasov, Zavatone-Veth and Pehlevan")
def renormalized(system):
    r"""With $\kappa_1 = \lambda/c$, $\kappa_2 = \nu$ and ridge $\lambda/n$ per sample the system and the test
    error are those of [@Atanasov2024]; there the target enters through $\bar w_k^2 = \beta_k^2/s_k$.
    """
    yield check.equivalent(
        system,
        atanasov.fixed_point(n, p, lam / n, lam / c, nu, df1),
        statement="the derived equations are products of S-transforms",
    )
    published = atanasov.generalization_error(n, p, nu, df1, df2, b01, -b02, noise)
    yield check.identity(
        system.observable("test") + noise,
        published,
        modulo=system,
        statement="the test error is the published one",
    )


@derivation.step("The physical branch")
def branch(system):
    r"""Eliminating $c = n - T$ leaves $F(\nu) = \nu\,(n - T)(1 - T/p) = \lambda$. Write $h = p - T$; both $c$
    and $h$ are positive where $T < \min(n, p)$. Since $T' = -\mathrm{Tr}\,S(S+\nu)^{-2}$,
    $$ p\,F'(\nu) = c\,h + \nu\,(c + h)\,\mathrm{Tr}\,S(S+\nu)^{-2} > 0 , $$
    and $F$ increases from $0$, where $T = \min(n, p)$, to infinity: there is exactly one solution for each
    $\lambda > 0$.
    """
    h = symbol("h")
    left = nu * (n - df1) * (1 - df1 / p)
    on_slack = [n - c - df1, p - h - df1]
    slope_of_left = p * sp.diff(left, nu)
    expected = c * h + nu * (c + h) * tr12
    yield check.identity(
        slope_of_left, expected, modulo=on_slack, statement="slope of the eliminated equation"
    )
    yield check.positive(expected, statement="the slope is positive where T < min(n, p)")
    yield check.in_ideal(left - lam, system, statement="the eliminated equation follows from the system")
