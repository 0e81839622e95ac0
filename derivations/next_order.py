r"""The next order in one over the sizes: half the log-determinant of the Jacobian of the Dyson fixed-point map.

**Statement.** For a self-adjoint pencil $L$ in independent real Gaussian matrices, the mean of $\log|\det L|$ is
$\Phi_0 + \Phi_1$ up to terms that vanish with the sizes, where $\Phi_0$ is stationary in the overlaps $Q$ of
its random vectors and
$$ \Phi_1 = \tfrac12 \log\det(1 - T_+) - \tfrac12 \log\det(1 - T_-), $$
$T_\pm$ being the derivative of the map $Q \mapsto F(Q)$ whose fixed point the Dyson equation is, on overlaps that
are symmetric and antisymmetric in the places of a matrix (the second kind exists only where a matrix occurs more than
once). For a design of $n$ rows, $\det(1 - T) = 1 - \mathrm{Tr}\,S^2(S+\nu)^{-2}/n$; for random features it is
$(1-\Upsilon)(1 - D_{11}/p)$ with $D_{11} = \mathrm{Tr}\,S^2(S+\nu)^{-2}$ and the $\Upsilon$ of the cross-risk.
Every observable is a slope of $\Phi_0 + \Phi_1$ in a source.

The integral over replicas from which this comes is not rigorous. What follows from it is compared with the mean of
linear statistics in [@BaiSilverstein2004], and with exact moments at finite size: the inverse Wishart matrix, the
pairings of traces that are one loop short of planar, and copies that share all their randomness.
"""

import itertools

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import kernel_ridge_equations, random_features_equations
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    norm2,
    replicate,
    slope,
)
from asymptotics.symbolic.one_loop import one_loop
from asymptotics.verification import Derivation, check

from .published import bai_silverstein

derivation = Derivation(
    id="next-order",
    title="The next order in one over the sizes, for any Gaussian program",
    uses=["random-features", "ridge-covariance"],
    references=["BaiSilverstein2004"],
    concludes="features",
    assumptions=[
        "The expansion of the replica integral around its saddle point counts powers of the sizes correctly."
    ],
)

n, p, lam, nu, c, s = (symbol(name) for name in ("n", "p", "lam", "nu", "c", "s"))


def trace(function):
    """Trace of a function of the spectrum."""
    return SpectralAverage(function, s, symbol("T"))


def gathered(expression):
    """Averages with scalar factors taken out of them, so that equal ones look equal."""

    def simple(node):
        scalar, function = sp.factor(sp.cancel(node.function)).as_independent(s, as_Add=False)
        return scalar * SpectralAverage(function, s, node.measure)

    return expression.replace(lambda node: isinstance(node, SpectralAverage), simple)


D11, D01 = symbol("D11"), symbol("D01")


def in_effective_ridge(loop, rule):
    """The determinant at a solution, in the traces of ``S^2/(S+nu)^2`` and ``S/(S+nu)^2``."""
    found = gathered(loop.determinant().subs(rule))
    basis = {trace(s**2 / (s + nu) ** 2): D11, trace(s / (s + nu) ** 2): D01}
    return found.xreplace({gathered(average): name for average, name in basis.items()})


@derivation.step("A design of Gaussian rows")
def design():
    r"""Ridge regression on rows $x = S^{1/2}g$ has one random matrix, hence two overlaps: of the multipliers of the
    residuals, and of the errors in the eigenbasis. The Jacobian is two by two. On the solution $\lambda = c\nu$, $c +
    \mathrm{Tr}\,S(S+\nu)^{-1} = n$ its determinant is $1 - \mathrm{Tr}\,S^2(S+\nu)^{-2}/n$.
    """
    yield check.assumes(
        "fluctuations of the overlaps of replicas around the saddle point are Gaussian to leading order",
        "BaiSilverstein2004",
    )
    loop = one_loop(kernel_ridge_equations.program())
    tau = symbol("tau_r_dual")
    rule = {lam: tau * nu, symbol("tau_u"): (n - tau) / tau}
    found = in_effective_ridge(loop, rule)
    yield check.identity(found, 1 - D11 / n, statement="one minus the second degrees of freedom over n")
    return found


@derivation.step("The slope at vanishing ridge: the inverse Wishart moment")
def wishart(design):
    r"""With more samples than dimensions and ridge zero, $\nu = 0$ and the test error per unit of noise is $-\partial_q
    \partial_\epsilon\Phi$, where $q$ adds a test set and $\epsilon$ adds to the noise block. For $D$ equal
    eigenvalues all is explicit: a source $q$ changes $\det(1-T)$ through the overlap of the errors alone. Its
    slope gives $D/(n-D)^2$ beside the leading $D/(n-D)$, the first two terms of the exact $D/(n-D-1)$, which
    integration by parts gives: $1 = nm - (D+1)m$ for the mean $m$ of the inverse.
    """
    size, m, x = symbol("D"), symbol("m"), symbol("x")
    exact = size / (n - size - 1)
    yield check.identity(
        (n * m - (size + 1) * m - 1).subs(m, 1 / (n - size - 1)), statement="integration by parts"
    )
    scaled = exact.subs({n: n / x, size: size / x})
    numerator, denominator = sp.fraction(sp.cancel(scaled))
    first, second = size / (n - size), x * size / (n - size) ** 2
    remainder = sp.cancel(numerator / denominator - first - second)
    yield check.identity(
        sp.cancel(remainder / x**2).subs(x, 0),
        size / (n - size) ** 3,
        statement="the exact moment expanded: D/(n-D) + D/(n-D)^2 + ...",
    )
    q, e = symbol("q"), symbol("e")
    loop, tau_u, tau_r = one_loop(kernel_ridge_equations.program()), symbol("tau_u"), symbol("tau_r_dual")
    # Sources in the deterministic part: q s on the errors, e on the multipliers, at ridge zero and s = 1. The two
    # overlaps are a = D/(b + q), b = n/(1 + a - e); the Jacobian's determinant is 1 - a^2 b^2/(n D).
    a, b = symbol("a"), symbol("b")
    at_one = loop.determinant().replace(
        lambda node: isinstance(node, SpectralAverage), lambda node: size * node.function.subs(s, 1)
    )
    plain = at_one.subs({lam: 0, tau_u: a, tau_r: b})
    yield check.identity(
        plain, 1 - size * n / ((1 + a) ** 2 * b**2), statement="the determinant without sources"
    )
    slopes = _mixed_slope(sp.log(1 - size * n / ((1 + a - e) ** 2 * (b + q) ** 2)) / 2, a, b, q, e, size)
    yield check.identity(
        -slopes, size / (n - size) ** 2, statement="minus the mixed slope is the second term"
    )
    return slopes


def _mixed_slope(potential, a, b, q, e, size):
    """Mixed slope in q and e at zero of a function of overlaps that solve a = D/(b + q), b = n/(1 + a - e)."""
    maps, overlaps = (size / (b + q), n / (1 + a - e)), (a, b)
    here = {q: 0, e: 0, a: size / (n - size), b: n - size}

    def at(function, *variables):
        """A derivative at the solution."""
        return sp.cancel(sp.diff(function, *variables).subs(here, simultaneous=True))

    inverse = (sp.eye(2) - sp.Matrix(2, 2, [at(f, v) for f in maps for v in overlaps])).inv()
    by_q, by_e = (inverse * sp.Matrix([at(f, source) for f in maps]) for source in (q, e))

    def mixed(function):
        """Second derivative at fixed motion of the overlaps."""
        total = at(function, q, e)
        for v, to_q, to_e in zip(overlaps, by_q, by_e, strict=True):
            total += at(function, v, q) * to_e + at(function, v, e) * to_q
            total += sum(at(function, v, w) * to_q * other for w, other in zip(overlaps, by_e, strict=True))
        return total

    by_both = inverse * sp.Matrix([mixed(f) for f in maps])
    moved = sum(at(potential, v) * motion for v, motion in zip(overlaps, by_both, strict=True))
    return sp.cancel(mixed(potential) + moved)


@derivation.step("Random features")
def features(random_features):
    r"""Two random matrices, four overlaps, a chain: multipliers of residuals, errors in the eigenbasis, their
    multipliers, coefficients. With $c\nu(1-T/p) = \lambda$ and $c + T = n$ the determinant factors into that of
    the features alone and that of the samples given the features, $\Upsilon$ being the trace of the cross-risk.
    """
    loop = one_loop(random_features_equations.program())
    tau = {name: symbol(f"tau_{name}") for name in ("a", "u", "u_dual", "r_dual")}
    rule = {
        tau["r_dual"]: c,
        tau["a"]: 1 / (c * nu),
        tau["u"]: (n - c) / c,
        tau["u_dual"]: c * nu - lam,
    }
    found = in_effective_ridge(loop, rule)
    upsilon = (D11 + nu**2 * D01**2 / (p - D11)) / n
    yield check.identity(
        found, (1 - upsilon) * (1 - D11 / p), statement="samples given features, and features alone"
    )
    return found


@derivation.step("Two random layers")
def layers():
    r"""Features of features: $Z = G S^{1/2} B_1 B_2$, six overlaps. With infinitely many features in the last layer the
    determinant is that of one layer: checked at rational points of the traces.
    """
    N, P, Q, inputs = Dimension("n"), Dimension("p"), Dimension("p2"), SpectralDimension("D")
    S = SpectralMatrix(inputs)
    A = GaussianMatrix("A", N, inputs, column_covariance="s")
    B, C = GaussianMatrix("B", inputs, P, variance=1 / P.size), GaussianMatrix("C", P, Q, variance=1 / Q.size)
    a, v, u, r = Variable("a", Q), Variable("v", P), Variable("u", inputs), Variable("r", N)
    beta, noise = DeterministicVector("beta", inputs), GaussianVector("epsilon", N, variance=symbol("noise"))
    t, q = symbol("t"), symbol("q")
    written = QuadraticProgram(
        t * norm2(r) + lam * norm2(a) + q * norm2(u, S),
        {u: B @ v - S ** sp.Rational(-1, 2) @ beta, v: C @ a, r: A @ u - noise},
        {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / n},
        "two layers",
    )
    deep, shallow = one_loop(written), one_loop(random_features_equations.program())
    yield check.represents(written)
    at = {u.symbol: sp.Rational(k + 2, 7) for k, u in enumerate(deep.equation.unknowns)}
    at |= {n: 11, p: 13, lam: sp.Rational(1, 5)}
    x = symbol("x")
    jacobian = deep.jacobian().applyfunc(lambda entry: sp.cancel(_over_levels(entry).subs(at)))
    limit = jacobian.subs(symbol("p2"), 1 / x).applyfunc(sp.cancel).subs(x, 0).det()
    names = {u.symbol.name: u.symbol for u in deep.equation.unknowns}
    one = {"tau_a": "tau_v", "tau_u": "tau_u", "tau_u_dual": "tau_u_dual", "tau_r_dual": "tau_r_dual"}
    rule = {symbol(k): at[names[v]] for k, v in one.items()} | {n: 11, p: 13}
    rule[lam] = 1 / at[names["tau_a"]]  # what the last layer leaves of the ridge
    yield check.identity(
        limit,
        _over_levels(shallow.determinant()).subs(rule),
        statement="with infinitely many features in the last layer it is the determinant of one",
    )
    return deep.jacobian()


@derivation.step("Comparison: Bai and Silverstein")
def published_mean(design):
    r"""For sample covariance matrices the mean of linear statistics is a contour integral in [@BaiSilverstein2004]. Its
    density is minus the derivative in $z$ of $\tfrac12\log(1 - df_2/n)$ at $m = 1/\nu$, where the companion transform
    solves $z = -1/m + y\int t/(1 + tm)$: shown for a spectrum of two levels with any weights.
    """
    m, y, w, t = (symbol(name) for name in ("m", "y", "w", "t"))

    def average(function):
        return w * function.subs(t, 2) + (1 - w) * function.subs(t, sp.Rational(1, 3))

    second = average(t**2 / (t + nu) ** 2).subs(nu, 1 / m)
    place = -1 / m + y * average(t / (1 + t * m))
    slope_in_z = sp.diff(sp.log(1 - y * second) / 2, m) / sp.diff(place, m)
    yield check.identity(design.subs({D11: n * y * second}), 1 - y * second, statement="the determinant in m")
    yield check.identity(
        sp.cancel(slope_in_z),
        -bai_silverstein.mean_density(m, y, average, t),
        statement="its slope is the published density",
    )


LEVELS = ((sp.Integer(2), 3), (sp.Rational(1, 3), 5))


def _over_levels(expression):
    """Averages over a few levels."""
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: sum(m * node.function.subs(s, value) for value, m in LEVELS),
    )


@derivation.step("Matrices that occur twice")
def copies():
    r"""Two copies of a problem on the same randomness, not coupled: $\log|\det L|$ is twice that of one. The overlaps
    between copies fluctuate all the same, symmetrically and antisymmetrically in the copies, with equal Jacobians; that
    the antisymmetric ones count negatively makes them cancel.
    """
    program = random_features_equations.program()
    single, double = one_loop(program), one_loop(replicate(program, ["A", "B", "beta", "epsilon"]))
    at = {u.symbol: sp.Rational(k + 2, 7) for k, u in enumerate(single.equation.unknowns)}
    at |= {n: 11, p: 13, lam: sp.Rational(1, 5)}
    names = {u.symbol.name: at[u.symbol] for u in single.equation.unknowns}
    both = {
        u.symbol: names[u.symbol.name.replace("1", "").replace("2", "")] for u in double.equation.unknowns
    }
    even, odd = (_over_levels(double.determinant(kind)).subs({**at, **both}) for kind in (False, True))
    yield check.identity(
        sp.nsimplify(even / odd),
        sp.nsimplify(_over_levels(single.determinant()).subs(at) ** 2),
        statement="even over odd is the square of one copy",
    )


@derivation.step("Exact moments at finite size")
def moments(design):
    r"""At large ridge $\lambda\,\partial_\lambda\Phi$ is a series of traces $\mathrm{Tr}(XX^\top)^k$, whose means are
    sums over all pairings of letters. Pairings with the most index loops are the planar order; those with one loop less
    are $\Phi_1$: the slope of $\tfrac12\log(1 - df_2/n)$ in $\log\lambda$, expanded at the solution of $\nu(1 -
    df/n) = \lambda/n$, term by term.
    """
    order = 4
    x, t = symbol("x"), sp.symbols("t1:6")
    series = _inverse_ridge_series(order, x, t)
    for k in range(1, order + 1):
        planar_next = _pairings(k, t)
        yield check.identity(
            sp.expand(series.coeff(x, k)),
            sp.expand((-1) ** k * planar_next),
            statement=f"pairings of {2 * k} letters with one loop less than planar",
        )


def _inverse_ridge_series(order, x, t):
    """``lam d/dlam`` of half the log of one minus df2/n, in ``x = 1/lam``, with ``t_k`` the trace of ``S^k``."""

    def cut(expression):
        return sum(sp.expand(expression).coeff(x, k) * x**k for k in range(order + 1))

    # y = 1/nu solves y = x (n - df), df = sum_k (-1)^(k+1) t_k y^k; df2 = sum_k (-1)^k (k - 1) t_k y^k.
    y = x * n
    for _ in range(order):
        y = cut(x * (n - sum((-1) ** (k + 1) * t[k - 1] * y**k for k in range(1, order + 1))))
    inside = cut(sum((-1) ** k * (k - 1) * t[k - 1] * y**k for k in range(2, order + 1)) / n)
    half_log = cut(-sum(inside**k / k for k in range(1, order + 1)) / 2)
    return sp.expand(-x * sp.diff(half_log, x))


def _pairings(k, t):
    """Mean of ``Tr (X X')^k``: pairings of its 2k letters with one index loop less than the most."""
    rows, columns = [((m + 1) // 2) % k for m in range(2 * k)], [m // 2 for m in range(2 * k)]
    total = sp.S.Zero
    for pairing in _matchings(tuple(range(2 * k))):
        row, column = _joined(k, rows, pairing), _joined(k, columns, pairing)
        powers = [sum(column[columns[a]] == loop for a, _ in pairing) for loop in set(column)]
        if len(set(row)) + len(powers) == k:
            total += n ** len(set(row)) * sp.Mul(*(t[power - 1] for power in powers))
    return total


def _matchings(letters):
    if not letters:
        yield ()
        return
    for partner in letters[1:]:
        for inner in _matchings(tuple(m for m in letters[1:] if m != partner)):
            yield ((letters[0], partner), *inner)


def _joined(count, index, pairing):
    """The loop of every index, when paired letters share theirs."""
    loop = list(range(count))
    for a, b in itertools.chain(pairing):
        first, second = loop[index[a]], loop[index[b]]
        loop = [first if one == second else one for one in loop]
    return loop
