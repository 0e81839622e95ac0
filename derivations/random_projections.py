r"""Least squares on random projections, without ridge.

**Statement.** Regress $y = X\theta + \varepsilon$, rows of $X$ of covariance $S$, on $m$ Gaussian projections
of $X$, and take the minimum-norm least-squares fit. With $\kappa$ the solution of
$\mathrm{Tr}\,S(S+\kappa)^{-1} = \min(m, n)$ the test error is explicit on both sides of $m = n$, and diverges
there.

The projected design is the random-features model with $p = m$ and target $\beta_k = s_k^{1/2}\theta_k$, in the
limit of vanishing ridge; the result is that of [@Bach2024].
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Measure, Observable, Parameter, Unknown
from asymptotics.verification import Derivation, check

from .published import bach

derivation = Derivation(
    id="random-projections",
    title="Least squares on random projections",
    uses=["random-features"],
    references=["Bach2024"],
    concludes="systems",
)

n, m, p, lam, noise = (symbol(name) for name in ("n", "m", "p", "lam", "noise"))
nu, c, h, s, kappa = (symbol(name) for name in ("nu", "c", "h", "s", "kappa"))


def trace(function):
    """Trace of a function of the spectrum."""
    return SpectralAverage(function, s, symbol("T"))


def theta(function):
    """Sum of the squared coordinates of theta times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


df1, df2 = trace(s / (s + kappa)), trace(s**2 / (s + kappa) ** 2)
shrunk, shrunk2 = theta(s / (s + kappa)), theta(s / (s + kappa) ** 2)


def in_theta(expression):
    """Target coordinates in terms of theta, sizes and effective ridge in the letters of the paper."""
    expression = expression.replace(
        lambda node: isinstance(node, SpectralAverage) and node.measure == symbol("B"),
        lambda node: theta(node.function * s),
    )
    return expression.subs({p: m, nu: kappa})


@derivation.step("Vanishing ridge")
def systems(random_features):
    r"""The system reads $c\,h\,\nu = \lambda\,p$ with $c = n - T$, $h = p - T$ and $T =
    \mathrm{Tr}\,S(S+\nu)^{-1}$. As $\lambda \to 0$ the effective ridge decreases to the value where $T =
    \min(n, p)$: for $p < n$ the slack of the features vanishes, $h = 0$, and for $p > n$ that of the samples,
    $c = 0$. The test error is continuous there.
    """
    full = random_features.expanded()
    trace_at = trace(s / (s + nu))
    yield check.equivalent(
        [c * h * nu - lam * p, n - c - trace_at, p - h - trace_at],
        [*(e.residual for e in full.equations), p - h - trace_at],
        statement="the system in slack form",
    )
    found = {}
    for side, size in (("under", m), ("over", n)):
        found[side] = FixedPointSystem(
            name=f"random-projections-{side}",
            parameters=tuple(Parameter(q) for q in (m, n, noise)),
            unknowns=(Unknown(kappa, "effective ridge"),),
            equations=(Equation(df1, size),),
            observables=tuple(
                Observable(name, sp.cancel(in_theta(full.observable(name))))
                for name in ("test", "test.beta", "test.epsilon")
            ),
            measures=(
                Measure(symbol("T"), s, "trace over the inputs"),
                Measure(symbol("B"), s, "theta", "vector"),
            ),
            domain=Domain((Condition(kappa),), "the trace decreases in kappa"),
        )
        yield check.positive(
            -sp.diff(df1, kappa), statement=f"{side}: the trace decreases, so kappa is unique"
        )
    train = full.observable("train")
    yield check.identity(train.subs(c, 0), statement="more projections than samples: the fit interpolates")
    return found


@derivation.step("Comparison: fewer projections than samples")
def under(systems):
    r"""For $m < n$ bias and variance are those of [@Bach2024]."""
    system = systems["under"]
    yield check.identity(
        system.observable("test.beta"),
        bach.bias_under(n, m, kappa, shrunk),
        modulo=system,
        statement="the bias is the published one",
    )
    yield check.identity(
        system.observable("test.epsilon"),
        bach.variance_under(n, m, noise),
        modulo=system,
        statement="the variance is the published one",
    )


@derivation.step("Comparison: more projections than samples")
def over(systems):
    r"""For $m > n$ bias and variance are those of [@Bach2024]."""
    system = systems["over"]
    yield check.identity(
        system.observable("test.beta"),
        bach.bias_over(n, m, kappa, df2, shrunk, shrunk2),
        modulo=system,
        statement="the bias is the published one",
    )
    yield check.identity(
        system.observable("test.epsilon"),
        bach.variance_over(n, m, df2, noise),
        modulo=system,
        statement="the variance is the published one",
    )
