r"""Two ridges at once from the population pair: divided differences.

**Statement.** Two ridge predictors on the same features and data, with effective ridges $\kappa_1, \kappa_2$, have
the cross-risk $R_{12} = E\,(f - \hat f_1)(f - \hat f_2)$ with
$$ R_{12} + \sigma_\varepsilon^2 = \frac{Q_{12} + \sigma_\varepsilon^2}{1 - df_{12}/n}, \qquad df_{12} =
\frac{\kappa_2\,df(\kappa_2) - \kappa_1\,df(\kappa_1)}{\kappa_2 - \kappa_1}, \quad Q_{12} = \frac{\kappa_2
R(\kappa_1) - \kappa_1 R(\kappa_2)}{\kappa_2 - \kappa_1} . $$
Predictors whose outer layers are independent have the same cross-risk, with the divided differences taken in the
pair of what they share, at the effective ridges there. From the minima $E_k$ at ridges $\lambda_k$ alone,
$$ (R_{12} + \sigma_\varepsilon^2)\,c_1 c_2 = n\,\frac{\lambda_1E_2 - \lambda_2E_1}{\lambda_1 - \lambda_2}, \qquad
c_k = n - df(\kappa_k) : $$
generalized cross-validation for pairs of ridges. Whatever has a pair has its ensembles, its gradient flow and its
early stopping, without a derivation of its own.
"""

from dataclasses import replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import kernel_ridge_equations, pair_layers, pair_learners, pair_two_ridges
from asymptotics.models.coordinates import LAM
from asymptotics.models.pair import KAPPA
from asymptotics.models.pair_two_ridges import copied
from asymptotics.symbolic import GaussianVector, SpectralMatrix, norm2, replicate, slope
from asymptotics.verification import Derivation, check

from .population_pair import given, trace

derivation = Derivation(
    id="pair-of-ridges",
    title="Two ridges at once from the population pair",
    uses=["ridge-from-pair", "cross-risk", "random-features"],
    references=["Defilippis2024", "Ruben2024", "LatourelleVigeantPaquette2023"],
    concludes="rule",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, noise, s, c, nu, lam = (symbol(name) for name in ("n", "p", "noise", "s", "c", "nu", "lam"))
kappas, lams, cs = copied("kappa"), copied("lam"), copied("c")
KERNEL = {symbol("mu1sq"): sp.S.One, symbol("mu_starsq"): sp.S.Zero, symbol("d"): sp.S.One}


def target(function):
    """Sum of the squared target coordinates times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


def divided(values, at):
    """Degrees of freedom and error between two ridges: divided differences of (df, objective) at each."""
    (first, second), (one, two) = values, at
    freedom = (two * second["df"] - one * first["df"]) / (two - one)
    error = (two * first["objective"] - one * second["objective"]) / (two - one)
    return freedom, error


@derivation.step("Two copies of a learner")
def program():
    r"""Two copies of ridge regression on Gaussian features of any covariance, with ridges of their own on the same
    data, coupled by a source $2q\,u_1^\top S u_2$.
    """
    single = kernel_ridge_equations.program()
    single = replace(single, observables={"test": single.observables["test"]})
    written = replicate(single, shared=["A", "beta", "epsilon"], distinct=[LAM])
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    return written


@derivation.step("Partial fractions")
def rule(program):
    r"""The derived cross-risk has averages with one pole at each effective ridge. In partial fractions,
    $$ \mathrm{Tr}\frac{S^2}{(S+\kappa_1)(S+\kappa_2)} = df_{12}, \qquad \kappa_1\kappa_2\sum_k
    \frac{\beta_k^2}{(s_k+\kappa_1)(s_k+\kappa_2)} = Q_{12} . $$
    """
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    found = pair_two_ridges.cross_rule()
    product = (s + kappas[0]) * (s + kappas[1])
    freedom, error = divided([given(kappa) for kappa in kappas], kappas)
    yield check.identity(trace(s**2 / product), freedom, "the trace is the divided difference of kappa df")
    yield check.identity(
        kappas[0] * kappas[1] * target(1 / product), error, "the target sum is that of R against 1/kappa"
    )
    pair = {symbol(f"{name}_{mark}"): given(kappa)[name]
            for mark, kappa in zip("ab", kappas, strict=True) for name in ("df", "objective")}  # fmt: skip
    derived = program.deterministic_equivalent().expanded()
    at = dict(zip((symbol("nu_1"), symbol("nu_2")), kappas, strict=True))
    yield check.identity(
        derived.observable("test").xreplace(at),
        found.expand(found.observable("test")).xreplace(pair),
        "the cross-risk is the one derived from the program",
    )
    return found


@derivation.step("Equal ridges")
def diagonal(rule, ridge_from_pair):
    r"""As the ridges meet the divided differences become $df_2 = (\kappa\,df)'$ and $Q = R - \kappa R'$: the
    cross-risk is the test error of one predictor.
    """
    step, slope_df, slope_r = symbol("step"), symbol("df_slope"), symbol("objective_slope")
    base = {name: symbol(name) for name in ("df", "objective")}
    near = {"df": base["df"] + step * slope_df, "objective": base["objective"] + step * slope_r}
    freedom, error = divided([base, near], (KAPPA, KAPPA + step))
    yield check.identity(
        sp.cancel(freedom).subs(step, 0), base["df"] + KAPPA * slope_df, "df_12 becomes the slope of kappa df"
    )
    yield check.identity(
        sp.cancel(error).subs(step, 0), base["objective"] - KAPPA * slope_r, "Q_12 becomes R - kappa R'"
    )
    learner = pair_learners.ridge_rule()
    at = {symbol("df_cross"): symbol("df2_in"), symbol("error_cross"): symbol("error_in")}
    yield check.identity(
        rule.observable("test").xreplace(at),
        learner.observable("test"),
        modulo=[e.residual for e in learner.equations]
        + [symbol("df_in") - symbol("df2_in") - symbol("partial_in")],
        eliminate=[lam, n, symbol("df_in")],
        statement="the cross-risk is then the test error",
    )


@derivation.step("Independent layers")
def independent():
    r"""Two layers with independent weights $W_1, W_2$ on the same inputs, as a program without samples. A white
    vector $e$ stands for a target of unit power in every direction of the eigenbasis: the overlap of the two
    predictions of it is $\mathrm{Tr}\,\Omega_{12}(\Omega_2+\kappa_2)^{-1}\Omega_{21}(\Omega_1+\kappa_1)^{-1} =
    df_{12}$, the trace that feeds back through shared samples. It is the divided difference below the layer, and so
    is the overlap of the two errors.
    """
    single = pair_layers.layer_program()
    (u,) = (v for v in single.constraints if v.name == "u")
    S, q, extra = SpectralMatrix(u.dimension), symbol("q"), symbol("g")
    white = GaussianVector("e", u.dimension, variance=1)
    f = type(u)("f", u.dimension)
    (beta,) = (t for t in single.constraints[u].terms if t.vector.name == "beta")
    rest = type(single.constraints[u])(tuple(t for t in single.constraints[u].terms if t != beta))
    constraints = {
        **single.constraints,
        f: rest,
        u: f - S ** sp.Rational(-1, 2) @ white + type(rest)((beta,)),
    }
    probed = replace(
        single, energy=single.energy + q * norm2(u, S) + extra * norm2(f, S), constraints=constraints,
        sources={q: 0, extra: 0}, observables={"error": slope(q), "overlap": slope(extra)},
    )  # fmt: skip
    copies = replicate(probed, shared=["beta", "e"], distinct=[KAPPA])
    yield check.shapes(copies)
    found = copies.deterministic_equivalent().expanded()
    poles = (symbol("nu_1"), symbol("nu_2"))
    freedom, error = divided([given(pole) for pole in poles], poles)
    modulo = [e.residual for e in found.equations]
    order = [*(symbol(f"kappa_{k}") for k in (1, 2))]
    yield check.identity(
        found.observable("error.beta"), error, modulo=modulo, eliminate=order,
        statement="the overlap of the errors is the divided difference below the layer",
    )  # fmt: skip
    yield check.identity(
        found.observable("overlap.e"), freedom, modulo=modulo, eliminate=order,
        statement="the overlap of the predictions of a white target is that of the degrees of freedom",
    )  # fmt: skip
    return found


@derivation.step("Comparison: the joint program of random features")
def joint(rule, cross_risk):
    r"""The cross-risks that were derived from programs in which samples and weights are random at once, for
    predictors that share features and data, and for predictors on the same data with independent features. In the
    eigenbasis of the kernel $\mu_1^2/d = 1$ and $\mu_\star = 0$.
    """
    pair = pair_layers.spectrum().through(pair_layers.features())
    inner = [symbol(f"kappa_0_{mark}") for mark in "ab"]
    old = {symbol(f"{name}_{k}"): value for name, values in (("lambda", lams), ("nu", inner), ("c", cs))
           for k, value in zip((1, 2), values, strict=True)}  # fmt: skip
    order = [*kappas, *lams, *(symbol(f"h_{mark}") for mark in "ab")]
    for layers, case, statement in (
        (0, (True, True), "same features, same data"),
        (1, (False, True), "independent features, same data"),
    ):
        system = pair_two_ridges.two_ridges(pair, layers).expanded()
        equations = [sp.cancel(e.residual.xreplace(KERNEL)) for e in system.equations]
        yield check.identity(
            system.observable("test").xreplace(KERNEL),
            cross_risk[case].xreplace(old),
            modulo=equations,
            eliminate=order,
            nonzero=[kappas[0] - kappas[1], inner[0] - inner[1]],
            statement=f"{statement}: the cross-risk is that of the joint program",
        )


@derivation.step("Cross-validation for pairs of ridges")
def cross_validation(rule):
    r"""With $E_k = c_k(R(\kappa_k) + \sigma_\varepsilon^2)$ and $\lambda_k P = c_k\kappa_k$ the differences collapse:
    what is estimated needs the two fits and their degrees of freedom, and neither the target nor the noise.
    """
    width = symbol("width")
    minima = [c_ * (symbol(f"objective_{mark}") + noise) for c_, mark in zip(cs, "ab", strict=True)]
    equations = [c_ * kappa - ridge * width for c_, kappa, ridge in zip(cs, kappas, lams, strict=True)]
    equations += [c_ + symbol(f"df_{mark}") - n for c_, mark in zip(cs, "ab", strict=True)]
    risk = rule.expand(rule.observable("test"))
    estimate = n * (lams[0] * minima[1] - lams[1] * minima[0]) / (lams[0] - lams[1])
    yield check.identity(
        (risk + noise) * cs[0] * cs[1],
        estimate,
        modulo=equations,
        eliminate=[*lams, *(symbol(f"df_{mark}") for mark in "ab")],
        nonzero=[kappas[0] - kappas[1], lams[0] - lams[1]],
        statement="generalized cross-validation for pairs of ridges",
    )
