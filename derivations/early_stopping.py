r"""Early stopping against ridge regression, on isotropic inputs.

**Statement.** On isotropic inputs, $\gamma = d/n$, two linear methods that leave the shares $h_a(s), h_b(s)$ of the
labels at the eigenvalues $s$ of $X^\top X/n$ have the cross-risk
$$ R_{ab} = \sigma^2\gamma\int\Big[\alpha_0h_ah_b + \frac{(1-h_a)(1-h_b)}{s}\Big]dF(s), \qquad \alpha_0 =
\frac{r^2}{\sigma^2\gamma}, $$
with the law $F$ of Marchenko and Pastur: for two ridges, $h = \lambda/(\lambda+s)$, it is the cross-risk of the
population pair, and every other method is a combination of ridges. Gradient flow, $h = e^{-ts}$, is the inverse Laplace
transform of the ridge path. Then
$$ \alpha_0h^2 + \frac{(1-h)^2}{s} = \frac{\alpha_0}{1+\alpha_0s} + \Big(\alpha_0+\frac1s\Big)\Big(h -
\frac{1}{1+\alpha_0s}\Big)^2 : $$
the ridge $\lambda_\star = 1/\alpha_0$ is best among all spectral methods, and stopping is worse by the average of the
square. Stopped at time $t$ the flow has at most 1.69 times the risk of the ridge $1/t$ [@AliKolterTibshirani2019].
With finitely many random features neither holds: stopping can beat every ridge.
"""

from types import SimpleNamespace

import mpmath
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.models.pair_two_ridges import copied
from asymptotics.verification import Derivation, check

from .published import ali_kolter_tibshirani, hastie

derivation = Derivation(
    id="early-stopping",
    title="Early stopping against ridge regression",
    uses=["pair-of-ridges", "ridge", "marchenko-pastur"],
    references=["AliKolterTibshirani2019", "Hastie2022", "MarchenkoPastur1967"],
    concludes="pair",
)

n, gamma, noise, r2, s, t, alpha0 = (
    symbol(name) for name in ("n", "gamma", "noise", "r^2", "s", "t", "alpha_0")
)
kappas, lams, ms, lefts = (copied(name) for name in ("kappa", "lam", "m", "left"))
PRIOR = r2 / (noise * gamma)


def form(first, second, alpha=alpha0):
    """The integrand of the cross-risk, over noise times gamma, from the shares that are left."""
    return alpha * first * second + (1 - first) * (1 - second) / s


@derivation.step("The flow is a transform of the ridge path")
def transform():
    r"""Along an eigenvector the residual obeys $\dot v = -sv$ from one. Its Laplace transform at $\lambda$ is the
    residual of the ridge $\lambda$, over $\lambda$: it solves the transformed equation.
    """
    (lam, _) = lams
    left = lam / (lam + s)
    yield check.identity(
        lam * (left / lam) - 1, -s * (left / lam), "the transformed equation, started at one"
    )
    return left / lam


@derivation.step("Two ridges on isotropic inputs")
def pair(pair_of_ridges, ridge, marchenko_pastur):
    r"""In the cross-risk of the population pair every eigenvalue is one, $df = \gamma n/(1+\kappa)$, and the penalty
    per sample is $\lambda = \kappa(1-\gamma/(1+\kappa))$. The average of the form over the eigenvalues of the samples
    is, in partial fractions, a sum of resolvents $m = \kappa/(\lambda(1+\kappa))$: the same.
    """
    (kappa_a, kappa_b), (lam_a, lam_b), (m_a, m_b) = kappas, lams, ms
    isotropic = {}
    for mark, kappa in zip("ab", kappas, strict=True):
        isotropic |= {
            symbol(f"df_{mark}"): gamma * n / (1 + kappa),
            symbol(f"objective_{mark}"): r2 * kappa / (1 + kappa),
        }
    rule = pair_of_ridges
    derived = rule.expand(rule.observable("test")).xreplace(isotropic)
    (nu,) = ridge.unknown_symbols()
    (resolvent,) = marchenko_pastur.unknown_symbols()
    equations = [ridge.equations[0].residual.xreplace({nu: kappa, symbol("lam"): lam})
                 for kappa, lam in zip(kappas, lams, strict=True)]  # fmt: skip
    traces = [m - kappa / (lam * (1 + kappa)) for m, kappa, lam in zip(ms, kappas, lams, strict=True)]
    yield check.in_ideal(
        marchenko_pastur.equations[0].residual.xreplace({resolvent: m_a, symbol("lam"): lam_a}),
        [equations[0], traces[0]], "the resolvent solves the equation of Marchenko and Pastur", eliminate=[m_a, lam_a],
    )  # fmt: skip
    shares = [lam / (lam + s) for lam in lams]
    weights = [sp.cancel(form(*shares) * (s + lam)).subs(s, -lam) for lam in lams]
    yield check.identity(
        form(*shares),
        sum(w / (s + lam) for w, lam in zip(weights, lams, strict=True)),
        "partial fractions of the form",
    )
    found = sum(w * m for w, m in zip(weights, ms, strict=True))
    yield check.identity(
        noise * gamma * found.xreplace({alpha0: PRIOR}), derived, modulo=[*equations, *traces],
        eliminate=[m_a, m_b, lam_a, lam_b], nonzero=[kappa_a - kappa_b, lam_a - lam_b],
        statement="the average over the eigenvalues of the samples is the cross-risk of the population pair",
    )  # fmt: skip
    return noise * gamma * found


@derivation.step("Comparison: the flow and the ridge by integrals")
def flow(pair, transform):
    r"""The form is linear in the share that each predictor leaves. Its Laplace transform in both times, term by term
    $1\to1/\lambda$ and $e^{-ts}\to1/(\lambda+s)$, is that of two ridges over $\lambda_a\lambda_b$; at equal times and
    at equal ridges it is the published integrand.
    """
    both = form(*lefts)
    found = sp.Poly(sp.expand(both), *lefts)
    images = [(1 / lam, 1 / (lam + s)) for lam in lams]
    transformed = sum(c * images[0][i] * images[1][j] for (i, j), c in found.terms())
    yield check.identity(images[0][1], transform, "the transform of an exponential is that of the flow")
    yield check.identity(
        transformed, form(*(lam / (lam + s) for lam in lams)) / (lams[0] * lams[1]),
        "two flows are the transform of two ridges",
    )  # fmt: skip
    yield check.identity(
        both.xreplace({lefts[1]: lefts[0]}), ali_kolter_tibshirani.flow(s, alpha0, lefts[0]),
        "the published integrand of the flow",
    )  # fmt: skip
    share = lams[0] / (lams[0] + s)
    yield check.identity(
        form(share, share),
        ali_kolter_tibshirani.ridge(s, alpha0, lams[0]),
        "the published integrand of the ridge",
    )
    return both.xreplace({lefts[1]: lefts[0]})


@derivation.step("Ridge is best")
def best(flow):
    r"""The form is a square around the share that the ridge $1/\alpha_0$ leaves, with a positive factor, at every
    eigenvalue: no spectral method, stopped or not, is better. It is the optimal ridge of [@Hastie2022].
    """
    (left, _) = lefts
    least = 1 / (1 + alpha0 * s)
    factor = alpha0 + 1 / s
    yield check.identity(
        flow, alpha0 * least + factor * (left - least) ** 2, "a square, and what no method removes"
    )
    yield check.positive(factor, "its factor is positive")
    yield check.identity(
        (1 / alpha0) / (1 / alpha0 + s), least, "the best share is left by the ridge 1/alpha_0"
    )
    yield check.identity(
        1 / PRIOR, hastie.optimal_ridge(gamma, r2, noise), "which is the published optimal ridge"
    )
    return factor * (left - least) ** 2


@derivation.step("Comparison: at most 1.69 times the ridge 1/t")
def bound(flow):
    r"""With $x = ts$ bias and variance of the flow are those of the ridge $1/t$ times $((1+x)e^{-x})^2$ and
    $((1+x)(1-e^{-x})/x)^2$, at every eigenvalue. The first is at most one, as it decreases from one; the
    second at most 1.686: on intervals $1+1/x$ decreases and $1-e^{-x}$ increases.
    """
    x, (left, _) = symbol("x"), lefts
    ridge = ali_kolter_tibshirani.ridge(s, alpha0, 1 / t)
    bias, variance = ((1 + x) * left) ** 2, ((1 + x) * (1 - left) / x) ** 2
    at = {x: t * s}
    parts = ridge.xreplace({alpha0: sp.S.Zero}), ridge - ridge.xreplace({alpha0: sp.S.Zero})
    yield check.identity(
        flow,
        parts[1] * bias.xreplace(at) + parts[0] * variance.xreplace(at),
        "bias and variance, each times its factor",
    )
    slope = sp.diff((1 + x) * left, x) - (1 + x) * left  # the exponential falls at the rate of itself
    yield check.identity(slope, -x * left, "the first factor decreases")
    low, high = _largest()
    ball = SimpleNamespace(mid=(low + high) / 2, rad=(high - low) / 2)
    peak = mpmath.findroot(lambda at: mpmath.exp(-at) * (1 + at + at**2) - 1, 1.8)
    largest = ((1 + peak) * (1 - mpmath.exp(-peak)) / peak) ** 2
    yield check.enclosed(
        sp.Rational(str(largest)), ball, "the second is at most 1.686, and so large where its slope is 0"
    )
    published = mpmath.mpf(ali_kolter_tibshirani.ALONG_THE_PATH)
    yield check.positive(sp.Rational(str(published - high)), "which is below the published 1.69")
    return bias, variance


def _largest():
    """Proved bounds of the largest value of ``((1 + x)(1 - exp(-x))/x)^2`` on the positive axis.

    Below 1/10 it is at most ``(1 + x)^2``, above 10 at most ``(1 + 1/x)^2``; on ``[a, b]`` at most ``((1 + 1/a)(1 -
    exp(-b)))^2``.
    """
    iv = mpmath.iv

    def bound(first, last):
        return ((1 + 1 / iv.mpf(first)) * (1 - iv.exp(-iv.mpf(last)))) ** 2

    cells, edges = [], [(100, 1700, 1000), (17000, 19000, 10000), (1900, 10000, 1000)]
    for start, stop, unit in edges:
        cells += [bound(iv.mpf(k) / unit, iv.mpf(k + 1) / unit).b for k in range(start, stop)]
    peak = iv.mpf(17933) / 10000
    return mpmath.mpf(bound(peak, peak).a), mpmath.mpf(max(cells))
