r"""The resolvent of the random-features kernel, from its expression.

**Statement.** Let $F = WX + \Theta$ with independent Gaussian $X \in \mathbb{R}^{d \times n}$ of variance $1$,
$W \in \mathbb{R}^{p \times d}$ of variance $\zeta/d$, $\Theta \in \mathbb{R}^{p \times n}$ of variance $\eta -
\zeta$, and $K = F^\top F/p + \gamma$. Then $\tau_1 = \frac1n\mathrm{tr}\,K^{-1}$ and $\tau_2 =
\frac1n\mathrm{tr}\,\frac{X^\top X}{d} K^{-1}$ solve the two equations of [@AdlamPennington2020], and these are
the equations of the proportional regime derived from the energy: the two front ends meet.
"""

from dataclasses import replace

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.symbolic import Dimension, GaussianMatrix, dyson_equation, linearize
from asymptotics.verification import Derivation, check

from .published import adlam_pennington

derivation = Derivation(
    id="random-features-resolvent",
    title="The random-features resolvent from its expression",
    uses=["proportional-random-features"],
    references=["AdlamPennington2020", "HeltonMaiSpeicher2018"],
    concludes="system",
    assumptions=["The mean of the inverse pencil solves its Dyson equation to leading order."],
)

n, p, d = (symbol(name) for name in ("n", "p", "d"))
gamma, zeta, eta, phi, psi = (symbol(name) for name in ("gamma", "zeta", "eta", "phi", "psi"))
tau1, tau2, excess = symbol("tau1"), symbol("tau2"), symbol("excess")


@derivation.step("The expressions")
def expressions():
    r"""$K^{-1}$ and $\frac1d X^\top X K^{-1}$ are noncommutative rational expressions in $X$, $W$ and $\Theta$;
    here `excess` stands for $\eta - \zeta$.
    """
    samples, features, inputs = Dimension("n"), Dimension("p"), Dimension("d")
    X = GaussianMatrix("X", inputs, samples)
    W = GaussianMatrix("W", features, inputs, variance=zeta / d)
    Theta = GaussianMatrix("Theta", features, samples, variance=excess)
    F = W @ X + Theta
    resolvent = (F.T @ F / p + gamma).inv()
    yield from ()
    return resolvent, X.T @ X @ resolvent / d


@derivation.step("Linearization")
def linearizations(expressions):
    r"""Schur complements turn each expression into a corner of the inverse of a pencil: four blocks for the
    resolvent, twelve for the product.
    """
    found = tuple(linearize(expression) for expression in expressions)
    for linearization in found:
        yield check.shapes(linearization.pencil)
        yield check.represents(linearization)
    return found


@derivation.step("The Dyson equations")
def traces(expressions, linearizations):
    r"""Each pencil has its own Dyson equation. The larger pencil holds the resolvent too, as minus one of its
    blocks, so $\tau_1$ and $\tau_2$ are both traces of its mean inverse; the smaller one says the same about
    $\tau_1$.
    """
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow",
        "HeltonMaiSpeicher2018",
    )
    small, large = (dyson_equation(linearization.pencil) for linearization in linearizations)
    yield check.inverts(small)
    yield check.inverts(large)
    corner = linearizations[1]
    inside = replace(corner, expression=expressions[0], row=3, column=4, coefficient=sp.Integer(-1))
    yield check.represents(
        inside, statement="minus one block of the inverse of the larger pencil is the resolvent"
    )
    definitions = [
        tau1 + large.trace(inside.row, inside.column) / n,
        tau2 - corner.coefficient * large.trace(corner.row, corner.column) / n,
    ]
    # small block, large block, small trace over large trace
    table = [
        ((0, 0), (3, 4), p * excess),
        ((1, 1), (5, 6), 1 / p),
        ((3, 3), (8, 9), 1 / p),
        ((2, 2), (7, 10), p),
    ]
    here = {u.inner: (u.symbol, e) for u, e in zip(small.unknowns, small.equations(), strict=True)}
    there = {u.inner: (u.symbol, e) for u, e in zip(large.unknowns, large.equations(), strict=True)}
    same = {here[one][0]: scale * there[other][0] for one, other, scale in table}
    for one, other, scale in table:
        yield check.identity(
            here[one][1].subs(same, simultaneous=True),
            scale * there[other][1],
            statement="the two pencils have the same Dyson equation for the resolvent",
        )
    order = [there[7, 10][0], gamma, there[8, 9][0], p, there[1, 8][0], there[1, 2][0], tau1, tau2]
    return [*large.equations(), *definitions], order


@derivation.step("Comparison: Adlam and Pennington")
def system(traces):
    r"""With $\phi = d/n$, $\psi = d/p$ both published equations lie in the ideal of the Dyson equations, once
    $\tau_1$ and $\tau_2$ are defined as the two traces.
    """
    equations, order = traces
    in_sizes = adlam_pennington.fixed_point(d / n, d / p, zeta, zeta + excess, gamma, tau1, tau2)
    for number, residual in enumerate(in_sizes, 1):
        yield check.in_ideal(
            residual,
            equations,
            eliminate=order,
            statement=f"published equation {number} follows from the Dyson equations",
        )
    published = adlam_pennington.fixed_point(phi, psi, zeta, eta, gamma, tau1, tau2)
    return FixedPointSystem(
        name="random-features-resolvent",
        parameters=tuple(Parameter(q) for q in (eta, gamma, phi, psi, zeta)),
        unknowns=(Unknown(tau1, "trace of the inverse kernel"), Unknown(tau2, "its trace against X'X/d")),
        equations=tuple(Equation(residual) for residual in published),
        observables=(Observable("shrinkage", tau2 / tau1, "part of a linear target that is not learned"),),
        domain=Domain((Condition(tau2), Condition(tau1 - tau2))),
    )


@derivation.step("The two front ends meet")
def meeting(system, proportional_random_features):
    r"""The energy of pure noise is $\tau^2\lambda\,\mathrm{tr}\,(ZZ^\top+\lambda)^{-1}$, so $c =
    \psi_2\gamma\tau_1$ in the system derived from the energy; and $\nu/(\mu_1^2+\nu) = \tau_2/\tau_1$. With
    $\mu_1^2 = \zeta$, $\mu_\star^2 = \eta - \zeta$, $\lambda = \gamma$ the two systems imply each other.
    """
    other = proportional_random_features.expanded()
    rule = {
        symbol("psi1"): 1 / psi,
        symbol("psi2"): 1 / phi,
        symbol("lam"): gamma,
        symbol("mu1sq"): zeta,
        symbol("mu_starsq"): eta - zeta,
        symbol("c"): gamma * tau1 / phi,
        symbol("nu"): zeta * tau2 / (tau1 - tau2),
    }
    yield check.equivalent(
        [e.residual.subs(rule, simultaneous=True) for e in other.equations],
        system,
        eliminate=[eta, gamma],
        nonzero=[tau1 - tau2, eta - zeta],
        statement="the proportional system and the published equations imply each other",
    )
