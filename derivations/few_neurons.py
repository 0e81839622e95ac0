r"""Tangent features of a few neurons, where samples are about as many as inputs have dimensions.

**Statement.** Let $\bar s$ be the mean of the slopes of $p$ neurons at a sample and $V$ their variance over the
neurons. With $\psi = n/d$ and $\kappa = \theta_1\bar s^2 + \theta_0V$ the tangent features have the effective weights
$$ \frac1{\theta_1} = \lambda + \psi E\frac{\bar s^2}{1+\kappa},\qquad \frac1{\theta_0} = \lambda +
\frac{\psi}{p-1}E\frac{V}{1+\kappa}, $$
and the predictor takes the share $A$ of the linear part of the target that minimizes $\psi E[((A\bar s-1)^2F_1^2 +
F_{>1}^2 + \sigma^2)/(1+\kappa)] + \lambda A^2F_1^2$.
"""

import random

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.models import few_neurons_equations as few
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

derivation = Derivation(
    id="few-neurons",
    title="Tangent features of a few neurons",
    uses=["neural-tangent"],
    references=["MontanariZhong2022", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "Slopes at a sample are independent of the input given its projections on the neurons, and exchangeable.",
    ],
)


@derivation.step("The learning problem")
def program():
    r"""Along the mean of the neurons a sample has the features $\bar s\,x$, across it features of variance $V$."""
    written = few.program()
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.shapes(written)
    yield check.represents(written)
    yield check.inverts(dyson_equation(written.pencil()))
    return written


def mean(levels, function):
    """A mean over levels."""
    return sum(x["R"] * function(x) for x in levels)


@derivation.step("The two effective weights")
def equations(program):
    r"""At random exact solutions of the two equations of the statement the derived equations hold, and the share of the
    target minimizes the energy.
    """
    system = few.equivalent()
    for seed in range(4):
        rng = random.Random(seed)

        def draw(rng=rng):
            return sp.Rational(rng.randint(1, 9), rng.randint(1, 9))

        levels = [{"g": draw(), "v": draw(), "R": draw()} for _ in range(3)]
        total = sum(x["R"] for x in levels)
        for x in levels:
            x["R"] /= total
            x["s"] = x["g"] ** 2
        first, other, psi = draw(), draw(), draw()
        kappa = [1 + first * x["s"] + other * x["v"] for x in levels]
        inside = [x | {"k": k} for x, k in zip(levels, kappa, strict=True)]
        lam = 1 / first - psi * mean(inside, lambda x: x["s"] / x["k"])
        across = psi * mean(inside, lambda x: x["v"] / x["k"]) / (1 / other - lam)
        linear, rest, noise = draw(), draw(), draw()
        known = {
            "n": psi, "d": sp.S.One, "M": across, "lam": lam, "noise": noise, "F1sq": linear, "F_starsq": rest,
            "mean_s": mean(levels, lambda x: x["s"]), "mean_v": mean(levels, lambda x: x["v"]),
            "mean_g": mean(levels, lambda x: x["g"]), "tau_a": first, "tau_b": other * across,
        }  # fmt: skip
        residuals, found = solved(system, levels, {symbol(name): value for name, value in known.items()})
        yield check.same_object(residuals, {sp.S.Zero}, f"point {seed}: the equations of the statement")
        a = sp.Symbol("A")
        left = [((a * x["g"] - 1) ** 2 * linear + rest + noise) / x["k"] for x in inside]
        energy = psi * sum(x["R"] * e for x, e in zip(levels, left, strict=True)) + lam * a**2 * linear
        best = sp.solve(sp.diff(energy, a), a)[0]
        yield check.same_object(found[few.SIGNAL], best, f"point {seed}: the share of the target")
    return system


def solved(system, levels, known):
    """Residuals of a system at levels, and its definitions, in exact numbers."""

    def value(expression):
        rule = {}
        for average in averages_in(expression):
            weigh = [average.function.xreplace({symbol(k): x[k] for k in ("s", "v", "g")}) for x in levels]
            rule[average] = sum(x["R"] * w.xreplace(known) for x, w in zip(levels, weigh, strict=True))
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    known = dict(known)
    for definition in system.definitions:
        known[definition.symbol] = value(definition.expression)
    return {value(e.residual) for e in system.equations}, known


@derivation.step("The result")
def system(equations):
    """The equations that are solved."""
    return equations
