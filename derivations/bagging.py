r"""Bags: samples at random, and why infinitely many bags are one ridge regression.

**Statement.** Ridge regression on features of any covariance with weights $w_i$ on the samples has $c =
\sum_i\frac{w_i}{1+w_i\kappa}$ with $\kappa = T/c$, and two of them, with weights $w, v$ on the same samples, the
cross-risk $R_{12} + \sigma_\varepsilon^2 = (Q_{12} + \sigma_\varepsilon^2)/(1 - \omega_nD_{11})$ with the overlap
$\omega_n = \sum_i\frac{w_i}{c_1+w_iT_1}\frac{v_i}{c_2+v_iT_2}$. On the samples both have residuals with the mean
product
$$ \frac{R_{12}+\sigma_\varepsilon^2}{n}\sum_i\frac{1}{(1+w_i\kappa_1)(1+v_i\kappa_2)} . $$
Weights drawn independently for every bag (subsets, or with replacement) have $\omega_n = 1/n$, whatever their law: so
infinitely many bags have the risk of one predictor on all samples, at the same effective ridge, that is with the larger
ridge $\lambda' = (n - T)\,\nu\,(1 - T/p)$. Their training error is $(1-T/n)^2(R+\sigma_\varepsilon^2)$: generalized
cross-validation is exact for infinitely many bags, and not for one.
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.symbolic import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    dyson_equation,
    inner,
    norm2,
    slope,
)
from asymptotics.verification import Derivation, check

from .ensembles import B00, B10, D10, D11, Names, averages, nus, omega_n, omega_p

derivation = Derivation(
    id="bagging",
    title="Bags, weights on the samples, and the ridge they amount to",
    uses=["ensembles", "random-features"],
    references=["LatourelleVigeantPaquette2023"],
    concludes="rule",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, lam, noise, nu, c, s = (symbol(name) for name in ("n", "p", "lam", "noise", "nu", "c", "s"))
w, v = symbol("w"), symbol("v")
lams = [symbol(f"lam_{k}") for k in (1, 2)]
RESIDUALS = symbol("residuals")


@derivation.step("Weighted samples")
def program():
    r"""Two predictors $\sum_iw_ir_i^2 + \lambda\|b\|^2$ on the same samples, coupled by sources times the overlap of
    their errors and the inner product of their residuals, every sample counted once.
    """
    D, N = SpectralDimension("D"), SpectralDimension("n", spectrum="w", measure="N", companions=("v",))
    S, beta = SpectralMatrix(D), DeterministicVector("beta", D)
    A = GaussianMatrix("A", N, D, column_covariance="s")
    epsilon = GaussianVector("epsilon", N, variance=noise)
    q, t = symbol("q"), symbol("t")
    energy, constraints, errors, residuals = 0, {}, [], []
    for k in (0, 1):
        b, u, r = Variable(f"b{k + 1}", D), Variable(f"u{k + 1}", D), Variable(f"r{k + 1}", N)
        part = norm2(r, SpectralMatrix(N, N.eigenvalues[k])) + lams[k] * norm2(b)
        energy = part if k == 0 else energy + part
        constraints |= {u: b - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon}
        errors.append(u)
        residuals.append(r)
    written = QuadraticProgram(
        energy + 2 * q * inner(*errors, S) + 2 * t * inner(*residuals), constraints, {q: 0, t: 0},
        {"test": slope(q) / 2, "train": slope(t) / 2}, "two bags",
    )  # fmt: skip
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    return written


@derivation.step("The scalar system")
def system(program):
    r"""The engine's system in the joint law of the weights."""
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(dyson_equation(program.pencil()))
    return program.deterministic_equivalent()


@derivation.step("The rule")
def rule(system):
    r"""With $\kappa_k = T_k/c_k$, $c_k = \lambda_k/\nu_k$: equations, cross-risk, and residuals on the samples."""
    names = Names(system)
    (pole,), spectral, spread = names.poles("w"), names.poles("s"), symbol("tau_u2")
    T11, T10 = names.average("T", s**2), names.average("T", s)
    traces = [T11 + spectral[1] * T10, T11 + spectral[0] * T10]
    weights = [ridge / nu_k for ridge, nu_k in zip(lams, spectral, strict=True)]
    both, one, other, every = (names.average("N", f) for f in (v * w, w, v, sp.S.One))
    written = [names.written(e.residual) for e in system.equations]
    facts = {
        "the pole of the weights is 1/kappa_1": pole * traces[0] - weights[0],
        "tau is kappa_2": spread * weights[1] - traces[1],
        "c_1 is the sum of w/(1 + w kappa_1)": pole * (one + both * spread) - weights[0],
        "c_2 is the sum of v/(1 + v kappa_2)": both + pole * other - weights[1],
    }
    for statement, fact in facts.items():
        yield check.in_ideal(fact, written, statement, eliminate=[*lams, one, other])
    letters = {T11: D11, T10: D10, names.average("B", sp.S.One): B00, names.average("B", s): B10}
    letters |= dict(zip(spectral, nus, strict=True))
    known = {
        both: omega_n * traces[0] * weights[1], every: RESIDUALS / pole, pole: weights[0] / traces[0],
    }  # fmt: skip
    risk, train = (names.written(system.observable(name)) for name in ("test", "train"))
    for name in known:
        risk, train = risk.xreplace({name: known[name]}), train.xreplace({name: known[name]})
    found = (nus[0] * nus[1] * B00 + noise) / (1 - omega_n * D11) - noise
    yield check.identity(risk.xreplace(letters), found, "the cross-risk")
    yield check.identity(
        train.xreplace(letters), RESIDUALS * (found + noise),
        "residuals: the cross-risk times the sum of 1/((1 + w kappa_1)(1 + v kappa_2))",
    )  # fmt: skip
    return found


@derivation.step("Any features")
def features(rule, ensembles):
    r"""Features of any covariance, and so also random ones: what they share stands in $Q_{12}$ and $D_{11}$ only. With
    those of a layer of random features it is the formula of ensembles.
    """
    P = omega_p * D10 / (1 - omega_p * D11)
    freedom = D11 + nus[0] * nus[1] * D10 * P
    missed = nus[0] * nus[1] * (B00 + P * B10)
    yield check.identity(
        rule.xreplace({B00: missed / (nus[0] * nus[1]), D11: freedom}), ensembles, "the formula of ensembles"
    )


@derivation.step("Bags drawn at random")
def independent(rule):
    r"""Weights that are drawn independently: a sum over samples of a product is the product of two sums, over n.
    Shares sum to one, so that the overlap is $1/n$; and $\sum_i\frac{1}{1+w_i\kappa} = n - T$.
    """
    c_1, T_1 = symbol("c_1"), symbol("T_1")
    total = symbol("total")
    yield check.identity(
        1 / (1 + w * T_1 / c_1),
        1 - T_1 * w / (c_1 + w * T_1),
        "what is left of a sample: one less T times its share",
    )
    first, second = symbol("sum_1"), symbol("sum_2")
    ones = [first - 1, second - 1]
    yield check.identity(
        first * second / n, 1 / n, "the overlap of two bags", modulo=ones, eliminate=[first, second]
    )
    left = [total - (n - T_1)]
    yield check.identity(
        rule.xreplace({omega_n: 1 / n}) + noise,
        ((nus[0] * nus[1] * B00 + noise) / (1 - D11 / n)),
        "two bags overlap as if both had all samples",
    )
    yield check.identity(
        total**2 / n / n,
        (1 - T_1 / n) ** 2,
        "training error of infinitely many bags over the risk",
        left,
        [total],
    )
    return 1 / n


@derivation.step("Bagging is a ridge")
def ridge(ensembles, random_features, independent):
    r"""Two bags at the effective ridge $\nu$ have the risk of one predictor on everything at the ridge that has this
    $\nu$ there.
    """
    equal = {nus[0]: nu, nus[1]: nu}
    inside = {name: value.xreplace(equal) for name, value in averages().items()}
    pair = ensembles.xreplace({omega_n: independent, omega_p: 1 / p}).xreplace(inside).xreplace(equal)
    yield check.identity(
        pair, random_features.observable("test"), modulo=random_features, eliminate=[lam, c],
        statement="the cross-risk of two bags is the risk of one predictor on everything",
    )  # fmt: skip
    freedom = SpectralAverage(s / (s + nu), s, symbol("T"))
    yield check.identity(
        (n - freedom) * nu * (1 - freedom / p),
        lam,
        "whose ridge is this",
        modulo=random_features,
        eliminate=[lam, c],
    )


@derivation.step("Cross-validation of a bag")
def single(rule):
    r"""A bag of $m$ of $n$ samples: residuals on its own samples are smaller by $c/m$, on the others they are errors on
    fresh samples. Only without others is that $(1-T/n)^2$.
    """
    m, T_1 = symbol("m"), symbol("T_1")
    inside, outside = m * ((m - T_1) / m) ** 2, n - m
    gap = (inside + outside) / n - (1 - T_1 / n) ** 2
    yield check.identity(
        gap,
        T_1**2 * (n - m) / (m * n**2),
        "the training error of one bag exceeds what cross-validation takes it for",
    )
