r"""Marchenko–Pastur: the resolvent of a sample covariance matrix.

**Statement.** Let $X \in \mathbb{R}^{n \times d}$ have independent standard Gaussian entries and $\gamma =
d/n$. Then $m = \frac1d \mathrm{tr}\,(X^\top X/n + \lambda)^{-1}$ tends to the unique positive root of
$$ \gamma\lambda\,m^2 + (1 - \gamma + \lambda)\,m - 1 = 0 . $$

This is the law of [@MarchenkoPastur1967].
"""

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.symbolic import Dimension, GaussianMatrix, dyson_equation, linearize
from asymptotics.verification import Derivation, check

from .published import hastie, marchenko_pastur

derivation = Derivation(
    id="marchenko-pastur",
    title="Resolvent of a sample covariance matrix",
    references=["MarchenkoPastur1967", "Hastie2022", "HeltonRashidiFarSpeicher2007"],
    concludes="system",
    assumptions=["The mean of the inverse pencil solves its Dyson equation to leading order."],
)

n, d, lam, gamma, m = (symbol(name) for name in ("n", "d", "lam", "gamma", "m"))
samples, inputs = Dimension("n"), Dimension("d")


@derivation.step("The resolvent")
def resolvent():
    r"""The resolvent of the sample covariance as a noncommutative rational expression; entries of $X$ have
    variance $1/n$ here, so that $X^\top X$ is the sample covariance.
    """
    X = GaussianMatrix("X", samples, inputs, variance=1 / n)
    yield from ()
    return (X.T @ X + lam).inv()


@derivation.step("Linearization")
def linearization(resolvent):
    r"""The Schur complement of the lower block of the pencil is $\lambda + X^\top X$, so the upper corner of its
    inverse is the resolvent.
    """
    found = linearize(resolvent)
    yield check.shapes(found.pencil)
    yield check.represents(found, trials=5)
    return found


@derivation.step("The Dyson equation")
def dyson(linearization):
    r"""Two traces close the equation: one of the resolvent, one of its companion block."""
    equation = dyson_equation(linearization.pencil)
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow",
        "HeltonRashidiFarSpeicher2007",
    )
    yield check.inverts(equation)
    return equation


@derivation.step("One quadratic equation")
def system(dyson):
    r"""Eliminating the companion trace leaves a quadratic equation for $m$. The product of its roots is
    $-1/(\gamma\lambda) < 0$, so exactly one root is positive.
    """
    found = FixedPointSystem(
        name="marchenko-pastur",
        parameters=(Parameter(gamma, "inputs per sample"), Parameter(lam, "ridge")),
        unknowns=(Unknown(m, "normalized trace of the resolvent"),),
        equations=(Equation(gamma * lam * m**2 + (1 - gamma + lam) * m, sp.S.One),),
        observables=(
            Observable("companion", gamma * m + (1 - gamma) / lam, "trace of (XX'/n + lam)^{-1} over n"),
        ),
        domain=Domain((Condition(m),), "the product of the two roots is negative"),
    )
    resolvent, companion = (unknown.symbol for unknown in dyson.unknowns)
    here = [e.subs({resolvent: gamma * m, d: gamma * n}) for e in dyson.equations()]
    yield check.in_ideal(
        found.equations[0],
        here,
        eliminate=[companion],
        statement="the quadratic follows from the Dyson equation",
    )
    yield check.identity(
        companion,
        lam * found.observable("companion"),
        modulo=here,
        eliminate=[companion, lam],
        statement="the companion trace is the one of the n by n resolvent",
    )
    return found


@derivation.step("Moments")
def moments(system):
    r"""Expanding in $1/\lambda$, $m = \sum_k (-1)^k M_k \lambda^{-k-1}$ with $M_k$ the moments of the
    eigenvalue distribution, which are Narayana polynomials in $\gamma$.
    """
    order = 8
    x = symbol("x")
    series = sum((-1) ** k * marchenko_pastur.moment(gamma, k) * x ** (k + 1) for k in range(order))
    yield check.series(
        system.equations[0].residual.subs(lam, 1 / x),
        {m: series},
        x,
        order,
        statement=f"the first {order} moments are Narayana polynomials",
    )
    return series


@derivation.step("Comparison: the published law")
def law(system):
    r"""At $z = -\lambda$ the equation is that of [@MarchenkoPastur1967]; the closed form of [@Hastie2022] is
    its larger root, and the discriminant vanishes at the two edges $(1 \mp \sqrt\gamma)^2$ of the bulk.
    """
    yield check.equivalent(
        system,
        [marchenko_pastur.stieltjes_equation(gamma, -lam, m)],
        statement="the derived equation is the published one",
    )
    root = sp.sqrt(hastie.radicand(gamma, lam))
    closed, other = hastie.stieltjes(gamma, lam, root), hastie.stieltjes(gamma, lam, -root)
    residual = system.equations[0].residual
    yield check.identity(residual.subs(m, closed), statement="the closed form solves the equation")
    yield check.identity(closed - other, root / (gamma * lam), statement="it is the larger of the two roots")
    yield check.identity(closed * other, -1 / (gamma * lam), statement="the product of the roots is negative")
    x = symbol("x")
    low, high = marchenko_pastur.edges(sp.sqrt(gamma))
    yield check.identity(
        hastie.radicand(gamma, -x),
        (x - low) * (x - high),
        statement="the branch points are the edges of the bulk",
    )
