r"""Convex losses from one potential.

**Statement.** The minimum of $\sum_i t\,\ell(y_i, z_i) + \frac\lambda2\|a\|^2$ over features with pair $(df, R)$
is to leading order the stationary value of
$$ m\hat m - \tfrac12\hat V q + \tfrac12\hat q V - \tfrac12\Big[\tfrac{\hat m^2}{\hat V}S(\kappa) + \tfrac{\hat
q}{\hat V}df(\kappa)\Big] + n\,E\,M_V, \qquad \kappa = \frac{\lambda P}{\hat V}, $$
with $S = R(\infty) - R$ and the Moreau envelope $M_V$. This potential is assumed. Its six stationarity conditions are
explicit one by one, and training loss and norm are its slopes. For the square loss elimination gives the rule of
ridge regression back.
"""

import sympy as sp

from asymptotics.equations.gaussian_averages import (
    LATENT,
    PREDICTION,
    Channel,
    ChannelSlope,
    Force,
    GaussianAverage,
    named_averages,
)
from asymptotics.equations.naming import symbol
from asymptotics.models import loss_potential, pair_learners
from asymptotics.models.pair import below
from asymptotics.verification import Derivation, check

from .published import sur_candes

derivation = Derivation(
    id="convex-losses",
    title="Convex losses from one potential",
    uses=["ridge-from-pair"],
    references=[*loss_potential.REFERENCES],
    concludes="rule",
    assumptions=["The minimum concentrates on the stationary value of the potential."],
)

n, lam, noise, width, rho, m, q, V, t, c = (
    symbol(name) for name in ("n", "lam", "noise", "width", "rho", "m", "q", "V", "t", "c")
)
z, w, y, delta = (symbol(name) for name in ("z", "w_at", "y", "delta"))


@derivation.step("Averages over a sample")
def averages():
    r"""The heat equation in the covariance, on every monomial of degree up to three, against moments; and the envelope
    theorem where the proximal map is explicit: on the branches of square, Huber, absolute and hinge loss.
    """
    x, v = LATENT, PREDICTION
    for i, j in [(a, b) for a in range(4) for b in range(4 - a)]:
        average = GaussianAverage(x**i * v**j, rho, m, q)
        for entry in (rho, m, q):
            slope = sp.diff(average, entry)
            found = slope.replace(lambda e: isinstance(e, GaussianAverage), lambda e: e.moments())
            yield check.identity(found, sp.diff(average.moments(), entry), f"E x^{i} w^{j} in {entry}")
    branches = {
        "square": ((w + V * t * y) / (1 + V * t), (y - z) ** 2 / 2),
        "huber, far": (w + V * t * delta, delta * (y - z) - delta**2 / 2),
        "absolute, far": (w + V * t, y - z),
        "absolute, at the label": (y, sp.S.Zero),
        "hinge, below the margin": (w + V * t, 1 - z),
        "hinge, at the margin": (sp.S.One, sp.S.Zero),
    }
    for name, (prox, loss) in branches.items():
        envelope = ((prox - w) ** 2 / (2 * V) + t * loss).subs(z, prox)
        force = (prox - w) / V
        rates = {w: -force, V: -(force**2) / 2, t: loss.subs(z, prox)}
        for letter, rate in rates.items():
            yield check.identity(
                sp.diff(envelope, letter), rate, f"{name}: slope of the envelope in {letter}"
            )


@derivation.step("The stationary point")
def rule(averages):
    r"""Of the potential, which is assumed, for labels of two classes."""
    yield check.assumes(loss_potential.ASSUMED.split(" [")[0], "Loureiro2021")
    found = loss_potential.loss_rule("classes")
    order = dict(zip(("V_hat", "m_hat", "q_hat"), found.definitions, strict=True))
    yield check.same_object(
        [str(d.expression) for d in order.values()],
        ["n*stiffness", "n*pull", "force2*n"],
        "conjugates are averages",
    )
    return found


@derivation.step("The square loss by elimination")
def square(ridge_from_pair):
    r"""For numbers with Gaussian noise the envelope is $(w-y)^2/(2(1+V))$ and its averages are moments. With $1 + V =
    n/c$ the stationary point is ridge regression, whose rule was derived without a potential.
    """
    system, ridge = loss_potential.loss_rule("numbers"), pair_learners.ridge_rule()
    difference = PREDICTION - LATENT
    law = (rho + noise, m, q)
    whole = GaussianAverage(difference**2, *law).moments()
    left = 1 + V
    square, half = whole / left**2, whole / left / 2
    values = {"force2": square, "stiffness": 1 / left, "cost": square / 2, "envelope": half}
    known = {symbol(name): value for name, value in values.items()}
    df, error, objective, df2 = (below(name) for name in ("df", "error", "objective", "df2"))
    test = ridge.observable("test")
    at = {
        V: n / c - 1,
        m: rho - objective,
        q: test - rho + 2 * (rho - objective),
        symbol("captured_in"): rho - objective,
        symbol("learned_in"): rho - 2 * objective + error,
    }
    parts = [df - df2 - below("partial"), objective - error - below("penalty")]
    modulo = [*(e.residual for e in ridge.equations), *parts]
    order = [lam, n, df, objective]

    def written(expression):
        return system.expand(expression).xreplace(known).subs(at, simultaneous=True)

    for equation in system.equations:
        yield check.identity(
            written(equation.residual), 0, modulo=modulo, eliminate=order,
            statement=f"{equation.left}: ridge regression is the stationary point",
        )  # fmt: skip
    rows = {"train_loss": ridge.observable("train") / 2, "objective": ridge.observable("minimum") / (2 * n),
            "norm": ridge.observable("norm")}  # fmt: skip
    for name, value in rows.items():
        yield check.identity(
            written(system.observable(name)), value, modulo=modulo, eliminate=order,
            statement=f"the {name} is that of ridge regression",
        )  # fmt: skip


@derivation.step("Comparison: Sur and Candès")
def published(rule):
    r"""Without a ridge, with $p = \kappa n$ features that can represent the target: $df = df_2 = p$, all power is
    captured. Labels are logistic, $Q_1 = -x$ and $Q_2 = w$; the second equation is the stationarity of $m$ after an
    integration by parts in the latent value.
    """
    p, kappa = symbol("p"), symbol("kappa_features")
    full = {below("df"): p, below("df2"): p, symbol("captured_in"): rho, symbol("learned_in"): rho}
    force2, stiffness, pull = (symbol(name) for name in ("force2", "stiffness", "pull"))
    residuals = [rule.expand(e.residual).xreplace(full).subs(p, kappa * n) for e in rule.equations[1:]]
    by_parts = rho * pull - m * stiffness
    sigma2 = (q - m**2 / rho) / kappa
    theirs = sur_candes.equations(kappa, sigma2, V**2 * force2, by_parts, 1 - V * stiffness)
    names = loss_potential.classes().names
    force = Force(PREDICTION, V, t)
    slopes = (ChannelSlope(LATENT) * force, Channel(LATENT) * sp.diff(force, PREDICTION))
    stein = rho * GaussianAverage(slopes[0], rho, m, q) + m * GaussianAverage(slopes[1], rho, m, q)
    yield check.identity(named_averages(stein, names), by_parts, "E x P f by parts")
    yield check.equivalent(
        list(theirs),
        residuals,
        eliminate=[kappa, rho],
        statement="the three equations are the published ones",
    )
