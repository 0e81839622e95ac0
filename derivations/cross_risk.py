r"""Two predictors at once: cross-risk, ensembles, and where the variance comes from.

**Statement.** Let $\hat f_1, \hat f_2$ be two random-features ridge predictors, with ridges $\lambda_1,
\lambda_2$, that share their data, their features, both, or neither. The cross-risk $E\langle f_\star - \hat
f_1, f_\star - \hat f_2\rangle$ is deterministic to leading order and explicit in the two effective ridges. It
gives the risk of every ensemble, and splits the variance into the parts of features, data, label noise and
their interactions.

The forms agree with those of [@Defilippis2024] (two ridges on the same data), [@Ruben2024] (ensembles),
[@AdlamPennington2020] and [@dAscoli2020] (variance).
"""

import itertools

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
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
    inner,
    norm2,
)
from asymptotics.verification import Derivation, check

from .published import dascoli, defilippis, ruben

derivation = Derivation(
    id="cross-risk",
    title="Cross-risk of two predictors, ensembles, and the parts of the variance",
    uses=["random-features"],
    references=[
        "Defilippis2024",
        "Ruben2024",
        "AdlamPennington2020",
        "dAscoli2020",
        "LatourelleVigeantPaquette2023",
    ],
    concludes="cross_risks",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, lam, noise, q = (symbol(name) for name in ("n", "p", "lam", "noise", "q"))
nu, c, s = symbol("nu"), symbol("c"), symbol("s")
lams, nus, cs = ([symbol(f"{name}_{k}") for k in (1, 2)] for name in ("lambda", "nu", "c"))
CASES = tuple(itertools.product((True, False), repeat=2))  # (features shared, data shared)
NAMES = {
    (True, True): "same features, same data",
    (False, True): "independent features, same data",
    (True, False): "same features, independent data",
    (False, False): "independent features, independent data",
}


def trace(function):
    """Trace of a function of the spectrum."""
    return SpectralAverage(function, s, symbol("T"))


def target(function):
    """Sum of the squared target coordinates times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


@derivation.step("Coupled programs")
def programs():
    r"""Two copies of the learning problem, with errors $u_k = B_k a_k - S^{-1/2}\beta$ and residuals $r_k = A_k
    u_k - \varepsilon_k$, and a source $2q\,u_1^\top S u_2$. Half the derivative of the minimum in $q$ at $q =
    0$ is the cross-risk. What the predictors share is the same matrix in both copies; label noise goes with the
    data.
    """
    found = {}
    for features, data in CASES:
        N, P, D = Dimension("n"), Dimension("p"), SpectralDimension("D")
        S, beta = SpectralMatrix(D), DeterministicVector("beta", D)
        energy, constraints, errors = 0, {}, []
        for k in (1, 2):
            own_data, own_features = ("" if data else str(k)), ("" if features else str(k))
            A = GaussianMatrix(f"A{own_data}", N, D, column_covariance="s")
            B = GaussianMatrix(f"B{own_features}", D, P, variance=1 / P.size)
            epsilon = GaussianVector(f"epsilon{own_data}", N, variance=noise)
            a, u, r = Variable(f"a{k}", P), Variable(f"u{k}", D), Variable(f"r{k}", N)
            part = norm2(r) + lams[k - 1] * norm2(a)
            energy = part if k == 1 else energy + part
            constraints |= {u: B @ a - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon}
            errors.append(u)
        found[features, data] = QuadraticProgram(
            energy=energy + 2 * q * inner(errors[0], errors[1], S),
            constraints=constraints,
            sources={q: 0},
            name=NAMES[features, data],
        )
        yield check.shapes(found[features, data])
        yield check.represents(found[features, data], trials=2)
    return found


@derivation.step("Dyson equations")
def equations(programs):
    r"""At $q = 0$ the copies decouple; the blocks of the mean inverse that join them vanish there and are the
    unknowns of the response.
    """
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    found = {case: dyson_equation(program.pencil()) for case, program in programs.items()}
    for equation in found.values():
        yield check.inverts(equation)
    return found


def joins_copies(name):
    """Whether a trace is of a block between the two copies."""
    return "1" in name and "2" in name


def base_values(equation, k):
    """Traces of copy k at q = 0 in its effective ridge nu_k and weight c_k."""
    tau = {unknown.symbol.name: unknown.symbol for unknown in equation.unknowns}
    residuals = {u.symbol.name: e for u, e in zip(equation.unknowns, equation.equations(), strict=True)}
    rule = {tau[f"tau_a{k}"]: 1 / (nus[k - 1] * cs[k - 1]), tau[f"tau_r{k}_dual"]: cs[k - 1]}
    quiet = {symbol_: 0 for name, symbol_ in tau.items() if joins_copies(name)} | {q: 0}
    for unknown, source in ((f"tau_u{k}", f"tau_r{k}_dual"), (f"tau_u{k}_dual", f"tau_a{k}")):
        (value,) = sp.solve(residuals[source].subs(quiet).subs(rule), tau[unknown])
        rule[tau[unknown]] = value
    remaining = [residuals[name].subs(quiet).subs(rule) for name in (f"tau_u{k}", f"tau_u{k}_dual")]
    return rule, remaining, quiet


def copy_of(system, k):
    """Residuals of the random-features system for predictor k."""
    rule = {lam: lams[k - 1], nu: nus[k - 1], c: cs[k - 1]}
    return [equation.residual.subs(rule) for equation in system.expanded().equations]


@derivation.step("Linear response")
def cross_risks(programs, equations, random_features):
    r"""Differentiating the Dyson equation at $q = 0$ gives a linear system for the response of the joining
    traces; the other traces do not respond to first order. The derivative of the minimum follows by the chain
    rule.
    """
    found = {}
    for case, equation in equations.items():
        residuals = equation.equations()
        minimum = sum(potential.value(equation) for potential in programs[case].potentials())
        joining = [u.symbol for u in equation.unknowns if joins_copies(u.symbol.name)]
        rows = [k for k, u in enumerate(equation.unknowns) if u.symbol in joining]
        rule, quiet = {}, {q: 0}
        for k in (1, 2):
            values, remaining, still = base_values(equation, k)
            rule, quiet = rule | values, quiet | still
            yield check.equivalent(
                remaining,
                copy_of(random_features, k),
                eliminate=[lams[k - 1], cs[k - 1]],
                statement=f"{NAMES[case]}: copy {k} alone is the random-features system",
            )

        def at_rest(expression, rule=rule, quiet=quiet):
            return expression.subs(quiet).subs(rule)

        other = [residuals[k] for k in range(len(residuals)) if k not in rows]
        cold = all(at_rest(sp.diff(residual, x)) == 0 for residual in other for x in (*joining, q))
        yield check.same_object(cold, True, f"{NAMES[case]}: the other traces do not respond")
        slope = at_rest(sp.diff(minimum, q))
        if joining:
            matrix = sp.Matrix([[at_rest(sp.diff(residuals[k], x)) for x in joining] for k in rows])
            forcing = sp.Matrix([at_rest(sp.diff(residuals[k], q)) for k in rows])
            response = -(matrix.adjugate() * forcing) / matrix.det()
            slope += sum(at_rest(sp.diff(minimum, x)) * response[i] for i, x in enumerate(joining))
        found[case] = slope / 2
    return found


def pair_traces():
    """Traces and target sums with one resolvent of each copy: d11, d10, b_rr, b_srr."""
    product = (s + nus[0]) * (s + nus[1])
    return trace(s**2 / product), trace(s / product), target(1 / product), target(s / product)


@derivation.step("Comparison: two ridges on the same data")
def two_ridges(cross_risks, random_features):
    r"""For the same features and the same data the published two-point function comes out; for independent
    features the terms through the feature matrix are absent.
    """
    both = [*copy_of(random_features, 1), *copy_of(random_features, 2)]
    d11, d10, b_rr, b_srr = pair_traces()
    published = defilippis.cross_risk(
        n, p, lams[0] / cs[0], nus[0], lams[1] / cs[1], nus[1], d11, d10, b_rr, b_srr, noise
    )
    yield check.identity(
        cross_risks[True, True], published, modulo=both, eliminate=[*lams, *cs],
        statement="same features, same data: the cross-risk is the published one",
    )  # fmt: skip
    without = (nus[0] * nus[1] * b_rr + noise * d11 / n) / (1 - d11 / n)
    yield check.identity(
        cross_risks[False, True], without, modulo=both, eliminate=[*lams, *cs],
        statement="independent features, same data: the feature terms are absent",
    )  # fmt: skip
    shared = nus[0] * nus[1] * (b_rr + d10 / (p - d11) * b_srr)
    yield check.identity(
        cross_risks[True, False], shared, modulo=both, eliminate=[*lams, *cs],
        statement="same features, independent data: no noise, no feedback through the data",
    )  # fmt: skip
    yield check.identity(
        cross_risks[False, False], nus[0] * nus[1] * b_rr, modulo=both, eliminate=[*lams, *cs],
        statement="nothing shared: the product of the biases",
    )  # fmt: skip


@derivation.step("Equal ridges: the risk itself")
def diagonal(cross_risks, random_features):
    r"""With $\lambda_1 = \lambda_2$ and everything shared the cross-risk is the test error that came out as the
    derivative of the energy of one copy: two routes to the same number.
    """
    rule = {lams[0]: lam, lams[1]: lam, nus[0]: nu, nus[1]: nu, cs[0]: c, cs[1]: c}
    equal = {case: value.subs(rule) for case, value in cross_risks.items()}
    yield check.identity(
        equal[True, True],
        random_features.observable("test"),
        modulo=random_features,
        statement="the cross-risk at equal ridges is the test error",
    )
    return equal


@derivation.step("Comparison: ensembles")
def ensembles(diagonal, random_features):
    r"""Averaging $K$ predictors with independent features on the same data has risk $R_\infty + (R_1 -
    R_\infty)/K$ with $R_\infty$ the cross-risk of two of them, which is kernel ridge regression at the
    effective ridge $\nu$.
    """
    df2 = trace(s**2 / (s + nu) ** 2)
    b, size = nu**2 * target(1 / (s + nu) ** 2), symbol("K")
    single, infinite = diagonal[True, True], diagonal[False, True]
    average = (size * single + size * (size - 1) * infinite) / size**2
    yield check.identity(
        average,
        ruben.ensemble(single, ruben.infinite_ensemble(b, df2 / n, noise), size),
        modulo=random_features,
        statement="the risk of an ensemble is the published one",
    )


@derivation.step("Comparison: the parts of the variance")
def variance(diagonal, random_features):
    r"""Inclusion and exclusion over what two predictors share splits the variance into features $W$, data $X$,
    label noise $\varepsilon$ and their interactions; the parts due to noise are those proportional to
    $\sigma_\varepsilon^2$.
    """
    parts = {case: sp.expand_mul(value.subs(noise, 0)) for case, value in diagonal.items()}
    noisy = {case: (diagonal[case] - diagonal[case].subs(noise, 0)) for case in CASES}
    df2, tr12 = trace(s**2 / (s + nu) ** 2), trace(s / (s + nu) ** 2)
    b, g2, nu1 = nu**2 * target(1 / (s + nu) ** 2), df2 / n, lam / c
    chi = defilippis.chi(p, df2, tr12)
    upsilon = defilippis.upsilon(n, p, nu1, nu, df2)
    everything = defilippis.bias(
        n, p, nu1, nu, df2, tr12, target(1 / (s + nu) ** 2), target(s / (s + nu) ** 2)
    )
    features = parts[True, False] - parts[False, False]
    data = parts[False, True] - parts[False, False]
    interaction = parts[True, True] - parts[True, False] - parts[False, True] + parts[False, False]
    v_features = ruben.variance_features(chi, nu, target(s / (s + nu) ** 2))
    v_data = ruben.variance_data(b, g2)
    table = {
        "squared bias": (parts[False, False], b),
        "V_W": (features, v_features),
        "V_X": (data, v_data),
        "V_WX": (interaction, everything - b - v_features - v_data),
        "V_Xe": (noisy[False, True], ruben.variance_data_noise(g2, noise)),
        "V_WXe": (noisy[True, True] - noisy[False, True], ruben.variance_all(upsilon, g2, noise)),
        "V_e + V_We": (noisy[False, False] + noisy[True, False], sp.S.Zero),
    }
    for name, (derived, published) in table.items():
        yield check.identity(
            derived, published, modulo=random_features, statement=f"{name} is the published one"
        )


@derivation.step("Comparison: the proportional regime")
def proportional(diagonal):
    r"""On the proportional spectrum (one eigenvalue $\mu_1^2/d$ of multiplicity $d$ and a tail of mass
    $\mu_\star^2$) with $u = \mu_1^2/(\mu_1^2 + \nu)$ the closed forms of [@dAscoli2020] come out for a linear
    target.
    """
    mu1, mu_star, power, psi2 = (symbol(name) for name in ("mu1sq", "mu_starsq", "F1sq", "psi2"))
    d = symbol("d")

    def on_spectrum(node):
        tail = sp.diff(node.function, s).subs(s, 0)
        level = node.function.subs(s, mu1 / d)
        return d * level + mu_star * tail if node.measure.name == "T" else power * level

    def limit(expression):
        written = expression.replace(lambda node: isinstance(node, SpectralAverage), on_spectrum)
        return sp.cancel(written.subs({nu: nu / d, n: psi2 * d, p: symbol("psi1") * d, c: c * d}))

    u = mu1 / (mu1 + nu)
    without = limit(diagonal[False, True])
    yield check.identity(
        limit(diagonal[False, False]),
        power * (1 - 2 * dascoli.psi1(u) + dascoli.psi2_independent(u)),
        statement="nothing shared: the squared bias",
    )
    yield check.identity(
        without.subs(noise, 0),
        power * dascoli.bias_ensemble(u, psi2),
        statement="independent features: target part",
    )
    yield check.identity(
        sp.diff(without, noise), dascoli.noise_ensemble(u, psi2), statement="independent features: noise part"
    )
