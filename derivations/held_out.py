r"""Ridge regression with a kernel on rows drawn without replacement from a pool.

**Statement.** A pool has $N$ rows, a kernel matrix with eigenvalues $s$, and labels with coordinates $\beta$ along its
eigenvectors. Ridge regression with ridge $\lambda$ on $n$ rows, drawn without replacement, has on the rows left out a
mean squared error that is deterministic to leading order: with $\kappa > \lambda$ the unique solution of
$\lambda (N - \mathrm{df}) = \kappa (n - \mathrm{df})$, $\mathrm{df} = \mathrm{Tr}\,S(S+\kappa)^{-1}$,

$$E_{\text{held out}} = \frac{n \lambda^2 \kappa'(\lambda)}{(n - \mathrm{df})^2}
\sum_k \frac{\beta_k^2}{(s_k+\kappa)^2}, \qquad
E_{\text{train}} = \Bigl(1 - \frac{\mathrm{df}}{n}\Bigr)^2 E_{\text{held out}} .$$

Assumed is that the rows drawn are asymptotically free of the kernel matrix, as they are where its eigenvectors are in
uniformly random position [@Voiculescu1991]; sketches that are free of the data in this sense are those of
[@PatilLeJeune2024]. The second formula is then generalized cross-validation [@CravenWahba1979], exact at any ridge. For
$N \to \infty$ both become kernel ridge regression on independent samples.
"""

import random

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import held_out_equations
from asymptotics.models.derive import derive
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

derivation = Derivation(
    id="held-out",
    title="Ridge regression on rows of a pool, judged on the rows left out",
    uses=["ridge-covariance"],
    references=["Voiculescu1991", "PatilLeJeune2024", "CravenWahba1979", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[held_out_equations.FREENESS],
)

n, lam, nu, c, s = (symbol(name) for name in ("n", "lam", "nu", "c", "s"))
N, t, w, v, g = (symbol(name) for name in ("N", "share", "weight", "other", "mean"))


def trace(function):
    """Sum over the pool of a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("T"))


def power(function):
    """Sum of the squared coordinates of the labels times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


df, everything = trace(s / (s + nu)), trace(sp.S.One)


def _draw(seed, rows, columns):
    """Random rational entries."""
    generator = random.Random(f"{seed} {rows} {columns}")
    return [sp.Rational(generator.randint(-9, 9), 3) for _ in range(rows * columns)]


@derivation.step("The learning problem as a quadratic program")
def program():
    r"""A projection $P$ in uniformly random position is $A^\top(AA^\top)^{-1}A$ with a Gaussian $A$, and $|Pu|^2 =
    |u|^2 - \min_c |u - A^\top c|^2$. So the squared error on the rows drawn enters the energy with one more variable,
    in which it is stationary, and the error on the whole pool as a source.
    """
    written = held_out_equations.program()
    yield check.shapes(written)
    for seed in range(3):
        A, u = (sp.Matrix(rows, columns, _draw(seed, rows, columns)) for rows, columns in ((2, 4), (4, 1)))
        projected = A.T * (A * A.T).inv() * A * u
        best = (A * A.T).inv() * A * u
        left = u - A.T * best
        yield check.same_object(
            (u.T * u - left.T * left)[0],
            (projected.T * projected)[0],
            "the bracket is the squared norm of Pu",
        )
    equation = dyson_equation(written.pencil())
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    return written


@derivation.step("The scalar system")
def raw(program):
    r"""One unknown remains. Its equation has the factor $\nu - \lambda$, which vanishes only where the whole pool is
    drawn, and the equation of the statement. Written as $\sum (s+\lambda)/(s+\nu) = n$ its left side falls in
    $\nu$, from $N$ at $\nu = \lambda$ to zero.
    """
    found = held_out_equations.equivalent()
    whole = found.expand(found.equations[0].residual)
    yield check.identity(
        whole,
        (nu - lam) * (nu * df + lam * (everything - df) - n * nu),
        statement="the equation is that of the statement, times nu - lam",
    )
    yield check.identity(
        nu * df + lam * (everything - df),
        nu * trace((s + lam) / (s + nu)),
        statement="as one sum over the pool",
    )
    one, other = symbol("T11"), symbol("T20")
    named = {one: trace(nu * s / (s + nu) ** 2), other: trace(nu**2 / (s + nu) ** 2)}
    falls = one / nu + lam * other / nu**2
    yield check.identity(
        -sp.diff(trace((s + lam) / (s + nu)), nu), falls.subs(named), statement="how fast the sum falls in nu"
    )
    yield check.positive(falls, statement="it does fall")
    return found


@derivation.step("The same equation from freeness alone")
def subordination():
    r"""The sum of two free elements is subordinated to each: $P + \lambda K^{-1}$ has the mean trace $g$ of
    $(w + \lambda K^{-1})^{-1}$ and of $(P + v)^{-1}$, with $v + w = 1/g$. A projection of rank $n$ has
    $g = \frac{n/N}{1+v} + \frac{1 - n/N}{v}$,
    and with $w = \lambda/\nu$ the first trace is $\mathrm{df}/(Nw)$. Nothing here is Gaussian.
    """
    freedom = symbol("df")
    relations = [
        g * (v + w) - 1,
        g * v * (1 + v) - t * v - (1 - t) * (1 + v),
        g * w * N - freedom,
        N * t - n,
        w * nu - lam,
    ]
    # The root v = 0 is that of a pool that is drawn as a whole.
    solved = {t: n / N, w: lam / nu, g: freedom * nu / (N * lam), v: lam * (N - freedom) / (nu * freedom)}
    equation = lam * (N - freedom) - nu * (n - freedom)
    for relation in relations:
        left = sp.numer(sp.together(relation.subs(solved, simultaneous=True)))
        yield check.identity(
            left, 0, modulo=[equation], statement="a relation of free elements holds at the solution"
        )


@derivation.step("Errors per row")
def system(raw):
    r"""The squared error on the pool, less that on the rows drawn, is that on the rows left out. Both errors come out
    as sums of positive terms. Eigenvalue zero is counted apart, in $N_0$ directions: there $\nu^2/(s+\nu)^2 = 1$.
    """
    found = derive("held-out")
    held, train = (found.expand(found.observable(name)) for name in ("test", "train"))
    none = {held_out_equations.NULL: 0, held_out_equations.NULL_POWER: 0}
    held, train = held.subs(none), train.subs(none)
    slack = n - df
    on_shell = [nu * slack - lam * (everything - df)]
    yield check.identity(
        (everything - n) * held + n * train,
        raw.expand(raw.observable("pool")),
        modulo=on_shell,
        statement="together they are the error on the pool",
    )
    yield check.identity(
        train, (slack / n) ** 2 * held, modulo=on_shell, statement="generalized cross-validation is exact"
    )
    rate = 1 / sp.diff(nu * slack / (everything - df), nu)
    formula = n * lam**2 * rate / slack**2 * power(1 / (s + nu) ** 2)
    yield check.identity(
        held, formula, modulo=on_shell, statement="the held-out error is that of the statement"
    )
    return found


@derivation.step("A pool without end")
def endless(system, ridge_covariance):
    r"""With $N_0 = N$ directions more, of eigenvalue zero, every eigenvalue and power in units of $N$: as $N$ grows the
    error is that of kernel ridge regression on independent samples.
    """
    zero = symbol("zero")
    whole = system.observable("test")
    scaled = {
        symbol("B20"): symbol("B20") / zero,
        held_out_equations.NULL_POWER: 0,
        held_out_equations.NULL: 1 / zero,
    }
    limit = sp.cancel(whole.subs(scaled)).subs(zero, 0)
    own = system.expand(limit.subs(c, n - df))
    kernel = ridge_covariance.expand(ridge_covariance.observable("test.theta"))
    in_beta = kernel.replace(
        lambda node: isinstance(node, SpectralAverage) and node.measure == symbol("B"),
        lambda node: power(node.function / s),
    )
    yield check.identity(own, in_beta, modulo=[nu * (n - df) - lam], statement="kernel ridge regression")
