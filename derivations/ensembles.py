r"""Ensembles of any kind: predictors that share samples and features, parts of them, or nothing.

**Statement.** Let two random-features ridge predictors weigh samples $i$ by $w_i, v_i$ and features $j$ by $g_j, h_j$
(zero: not used), with degrees of freedom $T_k$ and $c_k = \lambda_k$ over the effective ridge on the features. With the
shares $y_i = w_i/(c_1 + w_iT_1)$ and likewise $x_j$, which sum to one in each predictor, and the overlaps
$$ \omega_n = \sum_i y_i^{(1)}y_i^{(2)}, \qquad \omega_p = \sum_j x_j^{(1)}x_j^{(2)}, \qquad P = \frac{\omega_p
D_{10}}{1 - \omega_pD_{11}}, \qquad \Upsilon = \omega_n\,(D_{11} + \nu_1\nu_2D_{10}P), $$
with $D_{11} = \mathrm{Tr}\frac{S^2}{(S+\nu_1)(S+\nu_2)}$ and $D_{10} = \mathrm{Tr}\frac{S}{(S+\nu_1)(S+\nu_2)}$, their
cross-risk is
$$ R_{12} = \frac{\nu_1\nu_2\sum_k\beta_k^2\frac{1 + s_kP}{(s_k+\nu_1)(s_k+\nu_2)} + \sigma_\varepsilon^2\Upsilon}{1 -
\Upsilon}. $$
Subsets of $n_1, n_2$ samples with $n_{12}$ in common have $\omega_n = n_{12}/(n_1n_2)$, and features likewise. The
average of $K$ predictors has the risk $R_\infty + (R_1 - R_\infty)/K$.

For independent features on the same data these are the ensembles of [@Ruben2024].
"""

import sympy as sp

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, HALF, INV_N, INV_P, LEFT, ONE, OTHER
from asymptotics.ensembles.forms import part_forms
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

from .published import ruben

derivation = Derivation(
    id="ensembles",
    title="Ensembles: one formula for all that predictors share",
    uses=["cross-risk", "random-features"],
    references=["Ruben2024", "LatourelleVigeantPaquette2023"],
    concludes="formula",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, lam, noise, q, s, nu, c = (symbol(name) for name in ("n", "p", "lam", "noise", "q", "s", "nu", "c"))
lams, nus, cs = ([symbol(f"{name}_{k}") for k in (1, 2)] for name in ("lam", "nu", "c"))
omega_n, omega_p = symbol("omega_n"), symbol("omega_p")
D11, D10, B00, B10 = (symbol(name) for name in ("D11", "D10", "B00", "B10"))


def stated(samples, features):
    """The formula of the statement, at given overlaps."""
    P = features * D10 / (1 - features * D11)
    feedback = samples * (D11 + nus[0] * nus[1] * D10 * P)
    return (nus[0] * nus[1] * (B00 + P * B10) + noise * feedback) / (1 - feedback)


def averages():
    """What the names of the statement stand for."""
    product = (s + nus[0]) * (s + nus[1])
    trace, target = symbol("T"), symbol("B")
    return {
        D11: SpectralAverage(s**2 / product, s, trace),
        D10: SpectralAverage(s / product, s, trace),
        B00: SpectralAverage(1 / product, s, target),
        B10: SpectralAverage(s / product, s, target),
    }


@derivation.step("Two weighted predictors")
def program():
    r"""The same data, the same features; every predictor weighs them in its own way: $\sum_i w_ir_i^2 + \lambda\sum_j
    a_j^2/g_j$, where a weight of zero leaves out a sample or a feature. Weights are eigenvalues of two commuting
    matrices over the samples, with any joint law, and so are those of the features, which carry their normalization.
    """
    D = SpectralDimension("D")
    N = SpectralDimension("n", spectrum="w", measure="N", companions=("v",))
    P = SpectralDimension("p", spectrum="g", measure="P", companions=("h",))
    S, beta = SpectralMatrix(D), DeterministicVector("beta", D)
    A, B = GaussianMatrix("A", N, D, column_covariance="s"), GaussianMatrix("B", D, P)
    epsilon = GaussianVector("epsilon", N, variance=noise)
    energy, constraints, errors = 0, {}, []
    for k in (0, 1):
        a, u, r = Variable(f"a{k + 1}", P), Variable(f"u{k + 1}", D), Variable(f"r{k + 1}", N)
        rows, columns = SpectralMatrix(N, N.eigenvalues[k]), SpectralMatrix(P, 1 / P.eigenvalues[k])
        part = norm2(r, rows) + lams[k] * norm2(a, columns)
        energy = part if k == 0 else energy + part
        constraints |= {u: B @ a - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon}
        errors.append(u)
    written = QuadraticProgram(
        energy + 2 * q * inner(errors[0], errors[1], S), constraints, {q: 0}, {"test": slope(q) / 2},
        "two weighted predictors",
    )  # fmt: skip
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    return written


@derivation.step("The scalar system")
def system(program):
    r"""The engine's system in the joint laws of the weights."""
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(dyson_equation(program.pencil()))
    return program.deterministic_equivalent()


class Names:
    """What the engine called the quantities of a system of weighted predictors."""

    def __init__(self, system):
        self.system = system
        known = {d.symbol: d.expression for d in system.definitions}
        self.averages = {k: e for k, e in known.items() if isinstance(e, SpectralAverage)}
        self.rest = [d for d in system.definitions if d.symbol not in self.averages]

    def poles(self, letter):
        """Poles of the mean inverse in an eigenvalue."""
        return [u.symbol for u in self.system.unknowns if u.meaning.endswith(f"at {letter} = -{u.symbol}")]

    def average(self, measure, numerator):
        """Name of the average with two poles and a given numerator."""
        (found,) = (
            name for name, e in self.averages.items()
            if e.measure.name == measure and sp.fraction(e.function)[0] == numerator
        )  # fmt: skip
        return found

    def written(self, expression):
        """An expression in averages and unknowns only."""
        for definition in reversed(self.rest):
            expression = expression.xreplace({definition.symbol: definition.expression})
        return expression


@derivation.step("Overlaps")
def formula(system):
    r"""Shares are what the equations say they are: with the pole $-\nu_w$ of the weights $c_1 = \nu_wT_1$, hence $y_i =
    w_i/(c_1 + w_iT_1) = w_i/(T_1(\nu_w + w_i))$, and the sum of the shares is one. In them the page of factors that the
    engine finds is the formula of the statement.
    """
    names = Names(system)
    w, v, g, h = (symbol(name) for name in "wvgh")
    (pole_w,), (pole_g,), spectral = names.poles("w"), names.poles("g"), names.poles("s")
    first, second = (symbol(f"tau_r{k}_dual") for k in (1, 2))
    T11, T10 = names.average("T", s**2), names.average("T", s)
    traces = [T11 + spectral[1] * T10, T11 + spectral[0] * T10]
    samples, features = names.average("N", v * w), names.average("P", g * h)
    written = [names.written(e.residual) for e in system.equations]
    spread, filled = symbol("tau_u2"), symbol("tau_u2_dual")
    facts = {
        "c_1 is the pole of the weights times T_1": pole_w * traces[0] - first,
        "the samples of the first predictor have shares that sum to one": (
            names.average("N", w) + spread * samples - traces[0]
        ),
        "the samples of the second have": pole_w * names.average("N", v) + samples - second,
        "and its weights carry T_2/c_2": traces[1] - second * spread,
        "the features of the first have shares that sum to one": (
            lams[1] * names.average("P", g) + filled * features - traces[0]
        ),
        "its ridge is c_1 times both poles": pole_g * spectral[0] * first - lams[0] / traces[0],
        "the features of the second have": spectral[1] * second * (features + pole_g * names.average("P", h))
        - 1,
        "and its weights carry the pole times c_2 T_2": spectral[1] * second * traces[1] - filled,
    }
    order = [
        *lams,
        first,
        second,
        spread,
        filled,
        pole_w,
        pole_g,
        names.average("P", g),
        names.average("N", w),
    ]
    for statement, fact in facts.items():
        yield check.in_ideal(fact, written, statement, eliminate=order)
    overlaps = {
        samples: omega_n * traces[0] * second,
        features: omega_p * traces[0] / (spectral[1] * second),
    }
    known = {lams[0]: pole_g * spectral[0] * first * traces[0], pole_w: first / traces[0]}
    letters = {T11: D11, T10: D10, names.average("B", sp.S.One): B00, names.average("B", s): B10}
    letters |= dict(zip(spectral, nus, strict=True))
    risk = names.written(system.observable("test")).xreplace(overlaps).xreplace(known)
    yield check.identity(
        risk.xreplace(letters),
        stated(omega_n, omega_p),
        "the cross-risk in the overlaps is that of the statement",
    )
    return stated(omega_n, omega_p)


@derivation.step("Subsets")
def subsets():
    r"""Weights of one on $n_k$ samples and of zero elsewhere: then $c_k = n_k - T_k$, and $\omega_n = n_{12}/(n_1n_2)$.
    Weights of $1/p_k$ on $p_k$ features: $\lambda_k = c_k\nu_k(1 - T_k/p_k)$, and $\omega_p = p_{12}/(p_1p_2)$. Both
    are what one predictor on them has.
    """
    size, common, other = symbol("m"), symbol("m_12"), symbol("m_2")
    T, T2, c_1, c_2 = symbol("T_1"), symbol("T_2"), symbol("c_1"), symbol("c_2")
    share, second = 1 / (c_1 + T), 1 / (c_2 + T2)
    ones = [size * share - 1, other * second - 1]
    yield check.identity(
        c_1, size - T, "c is the number of samples less the degrees of freedom", ones, [size]
    )
    yield check.identity(
        common * share * second, common / (size * other), "the overlap of the samples", ones, [size, other]
    )
    pole = symbol("nu_g")
    weight, its = 1 / size, 1 / other
    filled = [size * weight / (weight + pole) - T, other * its / (its + symbol("nu_h")) - T2]
    x, y = weight / (T * (weight + pole)), its / (T2 * (its + symbol("nu_h")))
    yield check.identity(
        common * x * y, common / (size * other), "the overlap of the features", filled, [T, T2]
    )
    yield check.identity(
        pole * T,
        1 - T / size,
        "the ridge over c and the effective ridge is one less T over the features",
        filled,
        [T],
    )


@derivation.step("All shared, or nothing")
def cases(formula, cross_risk, random_features):
    r"""With overlaps of one over the sizes, or zero, the formula is the cross-risk of predictors that share features
    and data, one of them, or neither, as derived from a program for each.
    """
    inside = averages()
    old = {symbol(f"lambda_{k}"): value for k, value in zip((1, 2), lams, strict=True)}
    both = []
    for k in (0, 1):
        rule = {lam: lams[k], nu: nus[k], c: cs[k]}
        both += [e.residual.subs(rule) for e in random_features.expanded().equations]
    for (features, data), known in cross_risk.items():
        at = {omega_n: 1 / n if data else sp.S.Zero, omega_p: 1 / p if features else sp.S.Zero}
        words = " and ".join(name for name, shared in (("features", features), ("data", data)) if shared)
        yield check.identity(
            formula.xreplace(at).xreplace(inside), known.xreplace(old), modulo=both, eliminate=[*lams, *cs],
            statement=f"shared: {words or 'nothing'}",
        )  # fmt: skip


@derivation.step("The form that is evaluated")
def evaluated(formula):
    r"""In averages of $a_k = \nu_k/(s+\nu_k)$ and $b_k = s/(s+\nu_k)$ and the slacks $\gamma = 1 - \omega_nT$ and
    $\eta = 1 - \omega_pT$, nothing is subtracted.
    """
    form = part_forms()
    missed, feedback = (form[name] + form[f"{name}_more"] for name in ("missed", "feedback"))
    slacks = {GAMMA[0]: 1 - INV_N * (BOTH + OTHER), ETA[1]: 1 - INV_P * (BOTH + ONE)}
    names = {INV_N: omega_n, INV_P: omega_p, BOTH: D11, ONE: nus[0] * D10, OTHER: nus[1] * D10}
    names |= {LEFT: nus[0] * nus[1] * B00, HALF: nus[1] * B10}
    for name, value in form.items():
        yield check.positive(value, f"{name} is free of subtractions")
    yield check.identity(
        ((missed + noise * feedback) / form["rest_more"]).xreplace(slacks).xreplace(names), formula,
        "predictors that share features",
    )  # fmt: skip
    yield check.identity(
        ((form["missed"] + noise * form["feedback"]) / form["rest"]).xreplace(slacks).xreplace(names),
        formula.xreplace({omega_p: sp.S.Zero}), "predictors with features of their own",
    )  # fmt: skip


@derivation.step("Comparison: averages over features")
def average(formula):
    r"""The error of an average is a mean over pairs, $1/K$ of which are equal; with features of their own on the same
    data two predictors have the published risk of infinitely many.
    """
    count, single = symbol("K"), symbol("R_1")
    infinite = ruben.infinite_ensemble(nus[0] * nus[1] * B00, D11 / n, noise)
    pair = formula.xreplace({omega_n: 1 / n, omega_p: sp.S.Zero})
    yield check.identity(pair, infinite, "two predictors on the same data: the published ensemble")
    yield check.identity(
        (count * single + count * (count - 1) * pair) / count**2,
        ruben.ensemble(single, infinite, count),
        "the average of K predictors",
    )
