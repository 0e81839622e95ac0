r"""Where the test error comes from: squared bias, features, data, label noise, and their interactions.

**Statement.** Let two predictors share features ($f = 1$) or not, and data ($d = 1$) or not. With $Q_f$ the overlap of
their errors and $\Upsilon_f$ the feedback through shared data, their cross-risk is $(Q_f + d\,\Upsilon_f\sigma^2)/(1 -
d\,\Upsilon_f)$, and inclusion and exclusion over what is shared gives, with $\Delta Q = Q_1 - Q_0$ and $\Delta\Upsilon
= \Upsilon_1 - \Upsilon_0$, six parts without a minus sign:
$$ Q_0,\qquad \Delta Q,\qquad \frac{Q_0\Upsilon_0}{1-\Upsilon_0},\qquad \frac{\Delta Q\,\Upsilon_1(1-\Upsilon_0) +
Q_0\Delta\Upsilon}{(1-\Upsilon_0)(1-\Upsilon_1)},\qquad \frac{\sigma^2\Upsilon_0}{1-\Upsilon_0},\qquad
\frac{\sigma^2\Delta\Upsilon}{(1-\Upsilon_0)(1-\Upsilon_1)} $$
for squared bias, features, data, features and data, data and noise, and all three.

They are the parts of [@AdlamPennington2020], [@dAscoli2020] and, in any spectrum, of [@Ruben2024].
"""

import sympy as sp

from asymptotics.ensembles.forms import PARTS
from asymptotics.ensembles.parts import part_expressions
from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.verification import Derivation, check

from .ensembles import averages, nus, omega_n, omega_p
from .published import adlam_pennington, dascoli, defilippis, ruben

derivation = Derivation(
    id="parts",
    title="The parts of the variance of a predictor",
    uses=["ensembles", "cross-risk", "random-features", "proportional-random-features"],
    references=["AdlamPennington2020", "dAscoli2020", "Ruben2024", "Defilippis2024"],
    concludes="parts",
)

n, p, lam, noise, nu, c, s = (symbol(name) for name in ("n", "p", "lam", "noise", "nu", "c", "s"))
SHARING = [(f, d) for f in (0, 1) for d in (0, 1)]


def on(measure, function):
    """Sum over the spectrum."""
    return SpectralAverage(function, s, symbol(measure))


@derivation.step("What two predictors share")
def overlaps(ensembles):
    r"""The cross-risk at the overlaps of predictors that share features, data, both or neither, at one ridge."""
    equal = {nus[0]: nu, nus[1]: nu}
    inside = {name: value.xreplace(equal) for name, value in averages().items()}
    found = {}
    for features, data in SHARING:
        at = {omega_n: data / n, omega_p: features / p}
        found[features, data] = ensembles.xreplace(at).xreplace(inside).xreplace(equal)
    rates = {f: sp.diff(sp.together(found[f, 1]), noise) for f in (0, 1)}
    for f in (0, 1):
        yield check.identity(
            found[f, 1] + noise, (found[f, 0] + noise) * (1 + rates[f]),
            f"{'shared' if f else 'independent'} features: the feedback is seen in what noise does",
        )  # fmt: skip
        yield check.identity(
            found[f, 0], found[f, 0].xreplace({noise: sp.S.Zero}), "fresh data: no noise in common"
        )
    return found


@derivation.step("Inclusion and exclusion")
def parts(overlaps):
    r"""The parts of the statement are those of inclusion and exclusion, separately for target and noise."""
    q, dq, u, du, rest, rest_more = (symbol(name) for name in PARTS)
    expressions = part_expressions()
    slack = {rest: 1 - u, rest_more: 1 - u - du}
    target = {(f, d): (q + f * dq) / (1 - d * (u + f * du)) for f, d in SHARING}
    noisy = {(f, d): d * noise * (u + f * du) / (1 - d * (u + f * du)) for f, d in SHARING}
    values = {name: value.xreplace(slack) for name, value in expressions.items()}
    for value, name in zip(expressions.values(), expressions, strict=True):
        yield check.positive(value, f"{name} is free of subtractions")
    yield check.identity(sum(values.values()), target[1, 1] + noisy[1, 1], "they sum to the test error")
    told = {
        "features": target[1, 0] - target[0, 0],
        "data": target[0, 1] - target[0, 0],
        "features:data": target[1, 1] - target[1, 0] - target[0, 1] + target[0, 0],
        "data:noise": noisy[0, 1] - noisy[0, 0],
        "features:data:noise": noisy[1, 1] - noisy[1, 0] - noisy[0, 1] + noisy[0, 0],
    }
    for name, value in told.items():
        yield check.identity(values[name], value, f"{name} by inclusion and exclusion")
    yield check.identity(noisy[1, 0] + noisy[0, 0], 0, "noise alone, or with the features, has no part")
    return values


def in_spectrum(parts, overlaps):
    """The parts in averages over the spectrum."""
    q, dq, u, du, _, _ = (symbol(name) for name in PARTS)
    rates = [sp.diff(sp.together(overlaps[f, 1]), noise) for f in (0, 1)]
    feedback = [rate / (1 + rate) for rate in rates]
    rule = {
        q: overlaps[0, 0], dq: overlaps[1, 0] - overlaps[0, 0], u: feedback[0], du: feedback[1] - feedback[0],
    }  # fmt: skip
    return {name: value.xreplace(rule) for name, value in parts.items()}


@derivation.step("Comparison: any spectrum")
def spectrum(parts, overlaps, random_features):
    r"""The symmetric decomposition of [@Ruben2024], in the quantities of [@Defilippis2024]."""
    df2, tr12 = on("T", s**2 / (s + nu) ** 2), on("T", s / (s + nu) ** 2)
    b_rr, b_srr = on("B", 1 / (s + nu) ** 2), on("B", s / (s + nu) ** 2)
    b, g2, nu1 = nu**2 * b_rr, df2 / n, lam / c
    chi, upsilon = defilippis.chi(p, df2, tr12), defilippis.upsilon(n, p, nu1, nu, df2)
    whole = defilippis.bias(n, p, nu1, nu, df2, tr12, b_rr, b_srr)
    features, data = ruben.variance_features(chi, nu, b_srr), ruben.variance_data(b, g2)
    published = {
        "bias2": b,
        "features": features,
        "data": data,
        "features:data": whole - b - features - data,
        "data:noise": ruben.variance_data_noise(g2, noise),
        "features:data:noise": ruben.variance_all(upsilon, g2, noise),
    }
    for name, value in in_spectrum(parts, overlaps).items():
        yield check.identity(value, published[name], f"{name} is the published one", modulo=random_features)


def proportional(expression):
    """On the proportional spectrum, with nu in units of one over the dimension."""
    mu1, mu_star, power, psi2, psi1, d = (
        symbol(name) for name in ("mu1sq", "mu_starsq", "F1sq", "psi2", "psi1", "d")
    )

    def averaged(node):
        tail = sp.diff(node.function, s).subs(s, 0)
        level = node.function.subs(s, mu1 / d)
        return d * level + mu_star * tail if node.measure.name == "T" else power * level

    written = expression.replace(lambda node: isinstance(node, SpectralAverage), averaged)
    return sp.cancel(written.subs({nu: nu / d, n: psi2 * d, p: psi1 * d}))


@derivation.step("Comparison: the proportional regime")
def limit(parts, overlaps, proportional_random_features):
    r"""With $u = \mu_1^2/(\mu_1^2 + \nu)$ the parts without features are those of [@dAscoli2020]. The squared bias is
    that of [@AdlamPennington2020] with $\tau_1 = c/(n\lambda)$ and $\tau_2 = (1-u)\tau_1$, which solve their equations.
    """
    mu1, mu_star, power, psi2, psi1 = (
        symbol(name) for name in ("mu1sq", "mu_starsq", "F1sq", "psi2", "psi1")
    )
    found = in_spectrum(parts, overlaps)
    u = mu1 / (mu1 + nu)
    squared = power * (1 - 2 * dascoli.psi1(u) + dascoli.psi2_independent(u))
    yield check.identity(proportional(found["bias2"]), squared, "squared bias: d'Ascoli et al.")
    yield check.identity(
        proportional(found["bias2"] + found["data"]), power * dascoli.bias_ensemble(u, psi2),
        "with the data: the average over features",
    )  # fmt: skip
    yield check.identity(
        proportional(found["data:noise"]), noise * dascoli.noise_ensemble(u, psi2), "data and noise"
    )
    tau1 = c / (psi2 * lam)
    tau2 = (1 - u) * tau1
    for number, equation in enumerate(
        adlam_pennington.fixed_point(1 / psi2, 1 / psi1, mu1, mu1 + mu_star, lam, tau1, tau2), 1
    ):
        yield check.in_ideal(
            equation,
            proportional_random_features,
            f"equation {number} of Adlam and Pennington",
            eliminate=[lam, c],
        )
    yield check.identity(
        proportional(found["bias2"]), power * adlam_pennington.squared_bias(tau1, tau2), "their squared bias"
    )
