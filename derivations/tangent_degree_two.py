r"""Tangent features given the weights: degree two, where neurons are about as many as dimensions.

**Statement.** On homogeneous polynomials of degree two the tangent features of neurons with directions $\hat w_j$
have the operator $\tfrac12(M\otimes 1 + 1\otimes M)$, $M = \frac dp\sum_j\hat w_j\hat w_j^\top$, up to a factor: two
copies that commute. Its eigenvalues $(m_i + m_j)/2$ follow the classical convolution of the law of $M$ with itself;
independent features would have the free one. It is of rank $pd - p(p-1)/2$. Given the weights, with everything of
higher degree isotropic of size $v$ in the parameters, ridge regression is kernel ridge regression with the levels $q
+ v$ and the target powers $\beta^2q/(q+v)$; the rest of the target is noise.

The staircase of [@Ghorbani2021] is its limit for many and for few neurons.
"""

import random

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.models.derive import derive
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    dyson_equation,
    norm2,
    slope,
)
from asymptotics.verification import Derivation, check

from ._pairings import power_of_gram, product_of_traces

derivation = Derivation(
    id="tangent-degree-two",
    title="Tangent features given the weights",
    uses=["ridge-covariance", "neural-tangent"],
    references=["Ghorbani2021", "HuLu2023", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "Given the weights, features are Gaussian with their covariance, of which degrees above two are isotropic.",
    ],
)

MOMENTS = 4

lam, noise, rest = symbol("lam"), symbol("noise"), symbol("v")


@derivation.step("The operator of degree two")
def operator():
    r"""For a symmetric polynomial $\langle x, Bx\rangle$ the tangent features of a neuron see $B\hat w$: the
    operator is $B \mapsto \tfrac12(MB + BM)$. In the eigenbasis of $M$ it is diagonal, and its kernel are the
    $B$ that vanish on the span of the neurons.
    """
    d, p = 5, 2
    rng = random.Random(1)
    W = sp.Matrix(d, p, lambda *_: sp.Rational(rng.randint(-9, 9), 4))
    M = W * W.T
    basis = [(i, j) for i in range(d) for j in range(i, d)]

    def unit(i, j):
        return sp.Matrix(d, d, lambda a, b: sp.Integer(int({a, b} == {i, j} and (a != b) == (i != j))))

    images = []
    for i, j in basis:
        image = (M * unit(i, j) + unit(i, j) * M) / 2
        images.append([image[a, b] for a, b in basis])
    matrix = sp.Matrix(images).T
    rank = matrix.rank()
    yield check.same_object(rank, p * d - p * (p - 1) // 2, "the rank is pd - p(p-1)/2")
    features = sp.Matrix([[(unit(i, j) * W)[a, k] for k in range(p) for a in range(d)] for i, j in basis])
    yield check.same_object(features.rank(), rank, "it is that of the tangent features")
    for k in range(1, 4):
        powers = sum((M**a).trace() * (M ** (k - a)).trace() * sp.binomial(k, a) for a in range(k + 1)) / 2**k
        moment = (powers + (M**k).trace()) / 2
        yield check.identity(
            (matrix**k).trace(), moment, f"moment {k} is that of the sums of two eigenvalues of M"
        )


@derivation.step("The law of its eigenvalues")
def law(operator):
    r"""Another route, which knows of no eigenvalues: moments of the Gram matrix of the features themselves, in Gaussian
    weights, as sums over pairings, exactly in $d$ and $p$. They are those of sums of two eigenvalues of $M$; in the
    limit $p = \rho d$ those of $(m + m')/2$ with independent $m, m'$ whose moments solve the equation of
    Marchenko and Pastur. The fourth one tells the classical convolution from the free one, which independent
    features would have.
    """
    d, p, ratio = symbol("d"), symbol("p"), symbol("rho")
    single, double = [sp.S.One], []
    for k in range(1, MOMENTS + 1):
        gram = sp.expand(power_of_gram(k, d, p))
        sums = sum(sp.binomial(k, a) * product_of_traces(a, k - a, d, p) for a in range(k + 1))
        whole = (sums + 2**k * product_of_traces(k, 0, d, p) / d) / 2
        yield check.identity(gram, sp.expand(whole), f"moment {k}: features, and sums of two eigenvalues")
        lead = sp.Poly(gram.subs(p, ratio * d), d)
        double.append(sp.expand(2 * lead.coeff_monomial(d ** (k + 2)) / (2 * ratio) ** k))
        lead = sp.Poly(sp.expand(product_of_traces(k, 0, d, p) / d).subs(p, ratio * d), d)
        single.append(sp.expand(lead.coeff_monomial(d ** (k + 1)) / ratio**k))
        classical = sum(sp.binomial(k, a) * single[a] * single[k - a] for a in range(k + 1)) / 2**k
        yield check.identity(double[-1], sp.expand(classical), f"limit {k}: of two independent eigenvalues")
    t = symbol("t")
    g = sum((-1) ** a * moment * t ** (a + 1) for a, moment in enumerate(single))
    residual = sp.Poly(sp.expand(g * (1 + g / ratio) + t * g - t * (1 + g / ratio)), t)
    seen = {sp.expand(residual.coeff_monomial(t**k)) for k in range(MOMENTS + 2)}
    yield check.same_object(seen, {sp.S.Zero}, "moments of one eigenvalue solve the equation of its law")
    free = [moment.subs(ratio, 2 * ratio) for moment in single[1:]]
    apart = [sp.expand(one - other) for one, other in zip(double, free, strict=True)]
    yield check.same_object(
        apart, [0, 0, 0, 1 / (8 * ratio**2)], "independent features have the same three, and not the fourth"
    )


@derivation.step("The learning problem given the weights")
def program():
    r"""With $u = S^{1/2}a - \beta$ and $r = Au + Ga - \varepsilon$, $G$ of variance $v$ for what is of higher
    degree, the energy is $t|r|^2 + \lambda|a|^2 + q(|u|^2 + v|a|^2)$.
    """
    n, D = Dimension("n"), SpectralDimension("D")
    S = SpectralMatrix(D)
    a, u, r = Variable("a", D), Variable("u", D), Variable("r", n)
    t, q = symbol("t"), symbol("q")
    A, G = GaussianMatrix("A", n, D), GaussianMatrix("G", n, D, variance=rest)
    written = QuadraticProgram(
        t * norm2(r) + lam * norm2(a) + q * norm2(u) + q * rest * norm2(a),
        {
            u: S ** sp.Rational(1, 2) @ a - DeterministicVector("beta", D),
            r: A @ u + G @ a - GaussianVector("epsilon", n, variance=noise),
        },
        {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam) / n.size},
        "tangent-given-weights",
    )
    yield check.assumes(
        "given the weights, errors are to leading order those of Gaussian features of the same covariance",
        "HuLu2023",
    )
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.shapes(written)
    yield check.represents(written)
    yield check.inverts(dyson_equation(written.pencil()))
    return written


def value(expression, levels, known):
    """An expression at levels, in exact numbers."""
    rule = {}
    for average in averages_in(expression):
        at = [average.function.xreplace({symbol("s"): x["s"]}).xreplace(known) for x in levels]
        rule[average] = sum(x[average.measure.name] * f for x, f in zip(levels, at, strict=True))
    return sp.cancel(expression.xreplace(rule).xreplace(known))


def solved(system, levels, known):
    """Residuals and observables of a system at levels."""
    known = dict(known)
    for definition in system.definitions:
        known[definition.symbol] = value(definition.expression, levels, known)
    residuals = {value(e.residual, levels, known) for e in system.equations}
    return residuals, {o.name: value(o.expression, levels, known) for o in system.observables}


def in_units(system, given):
    """Values of the unknowns by which a system names traces in other units, from those of the traces."""
    defined = [d for d in system.definitions if d.symbol in given]
    units = [(d, s) for d in defined for s in d.expression.free_symbols - set(given)]
    return {s: given[d.symbol] * (s / d.expression).xreplace(given) for d, s in units}


@derivation.step("Kernel ridge regression in its levels")
def comparison(program):
    r"""In exact numbers, at random solutions: the effective ridge and the errors of the program are those of kernel
    ridge regression with levels $q + v$, in which a part of the target has no eigenvalue.
    """
    derived = program.deterministic_equivalent()
    kernel = derive("kernel-ridge")
    for seed in range(4):
        rng = random.Random(seed)

        def draw(rng=rng):
            return sp.Rational(rng.randint(1, 9), rng.randint(1, 9))

        levels = [{"s": draw() ** 2, "T": draw(), "B": draw()} for _ in range(3)]
        v, nu, c = draw(), draw(), draw()
        freedom = sum(x["T"] * (x["s"] + v) / (x["s"] + v + nu) for x in levels)
        common = {symbol("nu"): nu, symbol("c"): c, lam: c * nu, symbol("n"): c + freedom, noise: draw()}
        traces = {
            "tau_u": sum(x["T"] * x["s"] / (x["s"] + v + nu) for x in levels) / c,
            "tau_a": sum(x["T"] / (x["s"] + v + nu) for x in levels) / c,
        }
        given = common | {rest: v, symbol("nu"): nu + v} | {symbol(k): trace for k, trace in traces.items()}
        given |= in_units(derived, given)
        residuals, errors = solved(derived, levels, given)
        shifted = [{"s": x["s"] + v, "T": x["T"], "B": x["B"] * x["s"] / (x["s"] + v)} for x in levels]
        lost = sum(x["B"] * v / (x["s"] + v) for x in levels)
        own, found = solved(kernel, [*shifted, {"s": sp.S.Zero, "T": sp.S.Zero, "B": lost}], common)
        yield check.same_object(own, {sp.S.Zero}, f"point {seed}: a solution of kernel ridge regression")
        yield check.same_object(residuals, {sp.S.Zero}, f"point {seed}: of the program given the weights")
        names = ("test", "train", "norm")
        same = {name: errors[name] for name in names}
        yield check.same_object(
            {name: found[name] for name in names}, same, f"point {seed}: the errors agree"
        )
    return kernel


@derivation.step("The result")
def system(comparison):
    """The equations that are solved."""
    return comparison
