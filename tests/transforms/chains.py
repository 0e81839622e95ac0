"""Systems written by hand with one unknown per layer or group, for tests of limits."""

import mpmath as mp
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
    Unknown,
)
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
    slope,
)
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

S = sp.Symbol("s")
T = symbol("T")


def trace(nu):
    return SpectralAverage(S / (S + nu), S, T)


def layers(count):
    """Deep random features: effective ridge and degrees of freedom of every layer, inputs with a spectrum."""
    lam, n = symbol("lam"), symbol("n")
    kappa = [symbol(f"kappa{k}") for k in range(count + 1)]
    df = [symbol(f"df{k}") for k in range(count + 1)]
    sizes = [symbol("d"), *(symbol(f"p{k}") for k in range(1, count + 1))]
    mu = [symbol(f"mu{k}") for k in range(count + 1)]
    star = [symbol(f"star{k}") for k in range(count + 1)]
    equations = [Equation(df[0], symbol("df_inputs"))]
    for k in range(1, count + 1):
        inner = mu[k] ** 2 * kappa[k - 1] * (sizes[k] - df[k - 1]) / sizes[k - 1]
        equations.append(Equation(kappa[k], inner - star[k] ** 2))
        equations.append(
            Equation(df[k], (kappa[k] * df[k - 1] + star[k] ** 2 * sizes[k]) / (kappa[k] + star[k] ** 2))
        )
    equations.append(Equation(n - lam * sizes[-1] / kappa[-1], df[-1]))
    used = [*sizes, *mu[1:], *star[1:], n, lam]
    return FixedPointSystem(
        name=f"{count} layers",
        parameters=tuple(Parameter(s) for s in used),
        unknowns=tuple(Unknown(s) for s in [*kappa, *df]),
        definitions=(Definition(symbol("df_inputs"), trace(kappa[0])),),
        equations=tuple(equations),
        observables=(Observable("df", df[-1]),),
        measures=(Measure(T, S),),
    )


def groups(count):
    """Groups of features with their own constants: the effective ridge, one unknown per group, tau and the slack."""
    lam, n, d = symbol("lam"), symbol("n"), symbol("d")
    kappa, nu, df = symbol("kappa"), symbol("nu"), symbol("df")
    h = [symbol(f"h{g}") for g in range(count)]
    p = [symbol(f"p{g}") for g in range(count)]
    mu = [symbol(f"mu{g}") for g in range(count)]
    star = [symbol(f"star{g}") for g in range(count)]
    tau = nu * symbol("df_inputs") / d
    equations = [Equation(h[g], kappa + star[g] ** 2 + mu[g] ** 2 * tau) for g in range(count)]
    equations.append(Equation(sp.Add(*(p[g] * mu[g] ** 2 / h[g] for g in range(count))), d / nu))
    equations.append(Equation(df, sp.Add(*(p[g] * (h[g] - kappa) / h[g] for g in range(count)))))
    equations.append(Equation(n - lam / kappa, df))
    return FixedPointSystem(
        name=f"{count} groups",
        parameters=tuple(Parameter(s) for s in [*p, *mu, *star, n, d, lam]),
        unknowns=tuple(Unknown(s) for s in [kappa, nu, df, *h]),
        definitions=(Definition(symbol("df_inputs"), trace(nu)),),
        equations=tuple(equations),
        observables=(Observable("df", df),),
        measures=(Measure(T, S),),
    )


EIGENVALUES = [mp.mpf(v) for v in ("2.3", "1.1", "0.6", "0.25")]
WEIGHTS = {"T": [1, 2, 3, 4], "B": [mp.mpf("0.7"), mp.mpf("0.2"), mp.mpf("0.5"), mp.mpf("0.3")]}


def numeric(system, expression, tails=None, eigenvalues=EIGENVALUES, weights=WEIGHTS):
    """An expression of a system with averages written out over a few levels and a tail."""
    expression = sp.sympify(system.expand(expression))
    rule = {}
    for node in expression.atoms(SpectralAverage):
        name = node.measure.name
        pairs = zip(eigenvalues, weights[name])
        terms = [sp.Float(w, 60) * node.function.xreplace({node.variable: sp.Float(s, 60)}) for s, w in pairs]
        if tails and name in tails:
            order = 1 if name == "T" else 0
            value = sp.cancel(node.function / node.variable**order).subs(node.variable, 0)
            terms += [] if value.is_infinite else [tails[name] * value]
        rule[node] = sp.Add(*terms)
    return expression.xreplace(rule)


def solved(system, values, orders, scale, tails=None, digits=50, **spectrum):
    """The solution next to leading orders, and their values: Newton's method in logarithms, in many digits."""
    with mp.workdps(digits):
        values = {s: mp.mpf(v) for s, v in values.items()}
        start = {}
        for unknown, (coefficient, exponent) in orders.items():
            number = numeric(system, coefficient, tails, **spectrum)
            start[unknown] = _at(number, values) * scale ** (
                mp.mpf(exponent.numerator) / exponent.denominator
            )
        names = list(start)
        residuals = [e.residual for e in system.equations]
        written = [numeric(system, r, tails, **spectrum) for r in residuals]
        functions = [
            sp.lambdify(names, r.xreplace({s: sp.Float(v, digits) for s, v in values.items()}), "mpmath")
            for r in written
        ]

        def residual(*logs):
            point = [start[u] * mp.exp(t) for u, t in zip(names, logs)]
            return [f(*point) for f in functions]

        if len(names) == 1:
            logs = [
                mp.findroot(
                    lambda t: residual(t)[0], (mp.mpf(0), mp.mpf("1e-6")), tol=mp.mpf(10) ** (-digits)
                )
            ]
        else:
            logs = mp.findroot(
                residual, [mp.mpf(0)] * len(names), tol=mp.mpf(10) ** (10 - digits), maxsteps=30
            )
        return {u: start[u] * mp.exp(t) for u, t in zip(names, logs)}, start


def _at(expression, values):
    names = sorted(expression.free_symbols, key=str)
    return mp.mpf(1) * sp.lambdify(names, expression, "mpmath")(*(values[s] for s in names))


def followed(system, values, ridge, last, tails=None, digits=40, start=14):
    """Solutions at ridges 10^start, ..., 10^last, one after the other: unknowns at the last two."""
    with mp.workdps(digits):
        names = list(system.unknown_symbols())
        known = {s: sp.Float(mp.mpf(v), digits) for s, v in values.items()}
        written = [numeric(system, e.residual, tails).xreplace(known) for e in system.equations]
        functions = [sp.lambdify([ridge, *names], r, "mpmath") for r in written]
        orders = at_infinite_ridge(system, [ridge.name])
        at = [
            mp.log(_at(numeric(system, c, tails), values)) + start * float(e) * mp.log(10)
            for c, e in (orders[u] for u in names)
        ]
        before = None
        for power in range(start, last - 1, -1):
            guess = at if before is None else [2 * a - b for a, b in zip(at, before)]
            before, at = at, _newton(functions, mp.mpf(10) ** power, guess)
        return [{u: mp.exp(v) for u, v in zip(names, logs)} for logs in (before, at)]


def _newton(functions, ridge, logs, steps=30):
    """Newton's method in logarithms, each equation relative to its gradient."""
    size = len(logs)
    for _ in range(steps):
        point = [mp.exp(v) for v in logs]
        residual = mp.matrix([f(ridge, *point) for f in functions])
        jacobian = mp.matrix(size, size)
        for k in range(size):
            small = mp.mpf(10) ** (-mp.mp.dps // 2)
            moved = [v * (1 + small) if i == k else v for i, v in enumerate(point)]
            for i, f in enumerate(functions):
                jacobian[i, k] = (f(ridge, *moved) - residual[i]) / small
        for i in range(size):
            scale = max(abs(jacobian[i, k]) for k in range(size))
            residual[i] /= scale
            jacobian[i, :] = jacobian[i, :] / scale
        step = mp.lu_solve(jacobian, -residual)
        largest = max(abs(s) for s in step)
        shorten = min(1, 1 / largest) if largest else 1
        logs = [v + s * shorten for v, s in zip(logs, step)]
        if largest < mp.mpf(10) ** (-mp.mp.dps // 2 + 2):
            return logs
    raise AssertionError(f"no convergence at ridge {mp.nstr(ridge, 3)}")


def features_program(count):
    """Groups of random features with their own activations on the same inputs with a spectrum."""
    n, spectrum = Dimension("n"), SpectralDimension("D")
    sizes = [Dimension(f"p{g}") for g in range(count)]
    X = GaussianMatrix("X", n, spectrum, column_covariance="s")
    u, r = Variable("u", spectrum), Variable("r", n)
    noise = GaussianVector("epsilon", n, variance=symbol("noise"))
    learned, rest = -DeterministicVector("beta", spectrum), X @ u - noise
    t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    energy = t * norm2(r) + q * norm2(u, SpectralMatrix(spectrum))
    for g, size in enumerate(sizes):
        a, mu, star = Variable(f"a{g}", size), symbol(f"mu{g}"), symbol(f"star{g}")
        learned = learned + mu * (GaussianMatrix(f"W{g}", spectrum, size) @ a)
        rest = rest + star * (GaussianMatrix(f"Omega{g}", n, size) @ a)
        energy = energy + lam * norm2(a) + q * star**2 * norm2(a)
    observables = {"test": slope(q), "train": slope(t) / n.size}
    return QuadraticProgram(
        energy, {u: learned, r: rest}, {t: 1, q: 0}, observables, f"{count} groups of features"
    )
