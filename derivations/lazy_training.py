r"""Limits of lazy training: quadratic targets, infinitely many samples, as many neurons as dimensions.

**Statement.** Inputs are standard Gaussian, the target is $\langle x, Bx\rangle - \mathrm{tr}\,B$, errors are relative
to $2|B|^2$, and there are $\rho$ neurons per dimension.

*Random features* with weights of covariance $\Gamma$, $\mathrm{tr}\,\Gamma = 1$, see of the target its component
along $\Gamma$: they are random features in the spectrum $\mu_1^2\Gamma$ with the power above degree one as a tail, and
one more direction, of eigenvalue $\mu_2^2|\Gamma|^2$, which carries $\langle\Gamma,B\rangle^2/|\Gamma|^2$.

*Tangent features* with isotropic weights leave $R$ of $B$, with $r_j = \langle\hat w_j, R\hat w_j\rangle$ and $M =
\sum_j\hat w_j\hat w_j^\top$,
$$ B = R + \frac{b_1^2}{v}(MR + RM) + \Big(\frac{2\beta^2}{v_\parallel} - \frac{2b_1^2}v\Big)\sum_j r_j\hat
w_j\hat w_j^\top , $$
$b_k$ the coefficients of $\sigma'$, $v = \sum_{k\ge2}b_k^2$; $\sqrt2\beta$ and $v_\parallel$ are the coefficient
of degree two and the power above of $t\,\sigma'(t)$. On traceless targets the last term is negligible. On the trace
the error is $(G\varphi + v_\parallel)/(G(\varphi + \rho) + v_\parallel)$ with $G = 2\beta^2$ and $\varphi$ what linear
random features of strength $2b_1^2$ and cost $v$ leave.

For quadratic activations these are the risks of [@Ghorbani2019]; that a network leaves $\sum_{i>p}\lambda_i(B)^2$ is
the theorem of [@EckartYoung1936].
"""

import random

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.models import lazy_trace_equations as lazy
from asymptotics.models.derive import derive_chart
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from .published import ghorbani

derivation = Derivation(
    id="lazy-training",
    title="Limits of lazy training",
    uses=["random-features", "tangent-degree-two"],
    references=["Ghorbani2019", "EckartYoung1936", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "Above degree two features of different neurons are orthogonal to leading order; in degree two random "
        "features differ from their mean by what is orthogonal too.",
        "Of tangent features degrees zero and one cost nothing: there is an intercept, and the slope has a mean or no "
        "degree two.",
    ],
)


def gaussian_mean(polynomial, variables):
    """Mean of a polynomial over independent standard Gaussian variables."""
    terms = sp.Poly(polynomial, *variables).terms()
    return sum(c * sp.prod([sp.factorial2(k - 1) * int(k % 2 == 0) for k in powers]) for powers, c in terms)


def hermite(degree, x):
    """Normalized Hermite polynomial."""
    monic, before = sp.S.One, sp.S.Zero
    for k in range(degree):
        monic, before = sp.expand(x * monic - k * before), monic
    return monic / sp.sqrt(sp.factorial(degree))


def rational(rng):
    """A positive rational number."""
    return sp.Rational(rng.randint(1, 9), rng.randint(1, 9))


@derivation.step("Degree two of random features")
def second_degree():
    r"""The Gram matrix of $h_2(\langle w_j,x\rangle)$ has the mean $|\Gamma|^2$ off its diagonal, and the overlap with
    the target the mean $\sqrt2\langle\Gamma,B\rangle$: a rank one that all features share. What is left after it is
    optimized is linear in that rank one.
    """
    d = 3
    x, z, w = (sp.symbols(f"{name}0:{d}") for name in "xzw")
    g, b = sp.symbols(f"g0:{d}", positive=True), sp.symbols(f"b0:{d}")
    target = sum(c * (t**2 - 1) for c, t in zip(b, x, strict=True))
    inner = sum(s * t for s, t in zip(w, x, strict=True))
    square = (inner**2 - sum(t**2 for t in w)) / sp.sqrt(2)
    overlap = gaussian_mean(sp.expand(target * square), x)
    form = sum(c * t**2 for c, t in zip(b, w, strict=True))
    yield check.identity(overlap, sp.sqrt(2) * form, "the overlap of a feature with the target")
    weighed = sum(c * v * t**2 for c, v, t in zip(b, g, z, strict=True))
    aligned = sum(c * v for c, v in zip(b, g, strict=True))
    yield check.identity(gaussian_mean(weighed, z), aligned, "its mean over weights is <Gamma, B>")
    pair = sp.expand(sum(v * s * t for v, s, t in zip(g, x, z, strict=True)) ** 2)
    yield check.identity(
        gaussian_mean(pair, (*x, *z)), sum(v**2 for v in g), "the mean of <w, w'>^2 is |Gamma|^2"
    )
    rng = random.Random(3)
    K = sp.diag(*(rational(rng) for _ in range(d)))
    ones, s, beta = sp.ones(d, 1), rational(rng), rational(rng)
    load = (ones.T * K.inv() * ones)[0] * s
    left = beta**2 * (1 - s * (ones.T * (K + s * ones * ones.T).inv() * ones)[0])
    yield check.same_object(left, beta**2 / (1 + load), "what is left of the rank one is 1/(1 + psi) of it")


@derivation.step("Random features, infinitely many samples")
def population(second_degree, random_features):
    r"""Weights are Gaussian, so that the vector of ones may be turned into one of random direction: the rank one is
    one more direction of the spectrum, of which the traces see nothing. In exact numbers at random solutions of the
    equations of random features at $1/n = 0$: the errors are $1 - a\,\psi/(1+\psi)$ with $\psi = \mu_2^2|\Gamma|^2ps$
    and $1/s = v + \mu_1^2\mathrm{Tr}\,\Gamma(1 + \mu_1^2ps\Gamma)^{-1}$; without a linear part and above degree two
    $\psi$ is the published one.
    """
    tall = derive_chart("random-features", "general", "tall").system
    for seed in range(3):
        rng = random.Random(seed)
        nu, share, second = (rational(rng) for _ in range(3))
        aligned, linear = share / (share + rational(rng)), rational(rng) * int(seed > 0)
        rest = second + rational(rng) * int(seed > 0)
        raw = [rational(rng) for _ in range(3)]
        gamma = [value / sum(raw) for value in raw]
        norm = sum(value**2 for value in gamma)
        levels = [{"s": linear * value, "T": sp.S.One, "B": sp.S.Zero} for value in gamma if linear]
        levels.append({"s": second * norm, "T": sp.S.Zero, "B": aligned})
        p = sum(x["T"] * x["s"] / (x["s"] + nu) for x in levels) + rest / nu
        known = {"nu": nu, "h": 0, "p": p, "inv_n": 0, "gap": 1, "lam_n": 0, "noise": 0}
        error = at_levels(
            tall, levels, (rest, 1 - aligned), {symbol(k): sp.sympify(v) for k, v in known.items()}
        )
        s = 1 / (nu * p)
        own = rest + linear * sum(v / (1 + linear * p * s * v) for v in gamma)
        yield check.same_object(1 / s, own, f"point {seed}: the equation for s")
        expected = ghorbani.random_features(aligned, second * norm * p * s)
        yield check.same_object(error, expected, f"point {seed}: the error")
        if not linear:
            yield check.same_object(second * s, sp.S.One, f"point {seed}: psi is N |Gamma|^2")


def at_levels(system, levels, tails, known):
    """The bias at levels, in exact numbers; ``tails`` are the power of features and target in what is not resolved."""
    s = symbol("s")

    def value(expression):
        rule = {}
        for average in averages_in(expression):
            function = average.function.xreplace(known)
            total = sum(x[average.measure.name] * function.xreplace({s: x["s"]}) for x in levels)
            first = {"T": sp.diff(function, s), "B": function}[average.measure.name].subs(s, 0)
            rule[average] = total + dict(zip("TB", tails, strict=True))[average.measure.name] * first
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    known = dict(known)
    for definition in system.definitions:
        known[definition.symbol] = value(definition.expression)
    return value(system.observable("bias"))


@derivation.step("Features along a neuron")
def along():
    r"""$t\,\sigma'(t)$ has the coefficient $\sqrt\ell\,b_{\ell-1} + \sqrt{\ell+1}\,b_{\ell+1}$ in degree $\ell$: along
    its neuron a tangent feature has another strength, and another cost, than across.
    """
    t, b = sp.Symbol("t"), sp.symbols("b0:6")
    slope = sum(c * hermite(k, t) for k, c in enumerate(b))
    for degree in range(5):
        found = gaussian_mean(sp.expand(t * slope * hermite(degree, t)), (t,))
        below = sp.sqrt(degree) * b[degree - 1] if degree else 0
        title = f"the coefficient of degree {degree}"
        yield check.same_object(
            sp.expand(found - below - sp.sqrt(degree + 1) * b[degree + 1]), sp.S.Zero, title
        )


@derivation.step("What tangent features leave")
def residual(along):
    r"""With costs $v|a_j^\perp|^2 + v_\parallel c_j^2$ the best coefficients of $\langle a_j,x\rangle\sigma'(\langle
    \hat w_j,x\rangle)$, $a_j = a_j^\perp + c_j\hat w_j$, leave the matrix $R$ of the statement and the error
    $\langle R,B\rangle$: exact for any neurons. Where $r_j = r$ and $B$ is the identity, $R$ is a function of $M$.
    """
    d, directions = 3, [sp.Matrix([3, 4, 0]) / 5, sp.Matrix([2, -1, 2]) / 3]
    rng = random.Random(5)
    b1, beta, v, w = (rational(rng) for _ in range(4))
    B = sp.Matrix(d, d, lambda i, j: rng.randint(-4, 4))
    B = B + B.T
    columns, costs = [], []
    for n in directions:
        orthogonal = sp.Matrix(sp.Matrix([n.T]).nullspace()).reshape(d - 1, d)
        for k in range(d - 1):
            a = orthogonal[k, :].T
            columns.append(b1 * (a * n.T + n * a.T) / 2)
        gram = orthogonal * orthogonal.T
        costs.append(sp.diag(v * gram, sp.Matrix([[w]])))
        columns.append(beta * n * n.T)
    cost, X = sp.diag(*costs), sp.Matrix([[c[i] for c in columns] for i in range(d * d)])
    best = (2 * X.T * X + cost).inv() * 2 * X.T * B.reshape(d * d, 1)
    R = B - (X * best).reshape(d, d)
    M = sum((n * n.T for n in directions), sp.zeros(d, d))
    parallel = sum(((n.T * R * n)[0] * n * n.T for n in directions), sp.zeros(d, d))
    own = R + b1**2 / v * (M * R + R * M) + 2 * (beta**2 / w - b1**2 / v) * parallel
    yield check.same_object(own, B, "the equation for what is left")
    error = 2 * (R * R).trace() + (best.T * cost * best)[0]
    yield check.same_object(error, 2 * (R * B).trace(), "the error is 2 <R, B>")


@derivation.step("Traceless targets")
def traceless(residual, tangent_degree_two):
    r"""Without the last term $B$ is multiplied by $(1 + 2b_1^2\rho x/v)^{-1}$, $x = (m + m')/2$: the kernel ridge
    regression of degree two given the weights, at infinitely many samples. Where $v = 0$ what is left is the kernel of
    the operator, of weight $(1-\rho)_+^2$.
    """
    rho, m, other, b1, v = sp.symbols("rho m m' b1 v", positive=True)
    x, z = (m + other) / 2, v / (2 * rho * b1**2)
    multiplied = 1 + b1**2 / v * rho * (m + other)
    yield check.identity(1 / multiplied, z / (x + z), "what is left at an eigenvalue of the operator")
    published = ghorbani.tangent_features(1 - rho, 0)
    yield check.identity((1 - rho) ** 2, published, "the weight of the atom at zero is the published risk")


@derivation.step("The learning problem of the trace")
def program(residual):
    r"""For $B = 1$ each row of the coefficients solves a problem of its own; features along the neurons, with equal
    coefficients, add a share of $WW^\top$ to it, and so does the multiplier that keeps the others across.
    """
    written = lazy.program()
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.shapes(written)
    yield check.represents(written)
    yield check.inverts(dyson_equation(written.pencil()))
    return written


@derivation.step("The trace")
def trace(program, residual):
    r"""The shares are stationary. With $r = E[mR]$ the equation for $R$ gives the same: $R = (1 - \kappa\rho rm)/(1 +
    am)$, $a = 2b_1^2\rho/v$, averaged over the law of $m$, of mean one; only $\varphi = E(1 + am)^{-1}$ is needed.
    """
    system = lazy.equivalent()
    p, left = symbol("p"), lazy.LEFT
    a, kappa = lazy.ACROSS * p / lazy.COST_ACROSS, lazy.ALONG * p / lazy.COST_ALONG
    kappa = kappa - a
    first = (1 - left) / a
    second = (1 - first) / a
    found = left - kappa * first**2 / (1 + kappa * second)
    yield check.identity(
        system.observable("test"), found, "the error is the mean of R over the law of M", modulo=system
    )
    (equation,) = system.equations
    level = lazy.ACROSS / (lazy.ACROSS + symbol("nu")) + lazy.COST_ACROSS / symbol("nu") - p
    nu = lazy.ACROSS * left / (1 - left)
    yield check.equivalent(
        [equation.residual],
        [sp.numer(sp.together(level.xreplace({symbol("nu"): nu})))],
        statement="left is nu/(across + nu) of random features in one level with a tail, infinitely many samples",
    )
    return system


@derivation.step("Quadratic activations")
def quadratic(trace):
    r"""Nothing is above degree two: costs vanish, $\varphi = 1 - \rho$ for $\rho < 1$, and so is the error."""
    rho = symbol("p")
    free = {lazy.COST_ACROSS: sp.S.Zero, lazy.COST_ALONG: sp.S.Zero, lazy.LEFT: 1 - rho}
    (equation,) = trace.equations
    yield check.identity(equation.residual.xreplace(free), sp.S.Zero, "what linear features leave")
    error = trace.observable("test").xreplace(free)
    yield check.identity(error, ghorbani.tangent_features(1 - rho, 1), "the published risk of the trace")


@derivation.step("The network itself")
def network():
    r"""With a quadratic activation and a free second layer the functions of $p$ neurons are the quadratic forms of rank
    at most $p$, with a constant.
    """
    yield check.assumes(
        "the best approximation of a symmetric matrix by one of rank p keeps its p largest eigenvalues by modulus",
        "EckartYoung1936",
    )


@derivation.step("The result")
def system(trace, population, traceless, quadratic, network):
    """The error on the trace; the others are in the equations that it uses."""
    return trace
